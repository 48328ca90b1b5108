//! Reports from the network: TCP, UDP, HTTP, recordings and scenarios as feeds.

#![forbid(unsafe_code)]

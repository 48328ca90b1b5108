//! The live service: feeds in, one picture, alerts out, over HTTP.

#![forbid(unsafe_code)]

//! The air picture as it is told: tracks, alerts and feeds as data, and who may see what of them.

#![forbid(unsafe_code)]

//! Everything received, in Parquet segments that survive a crash, and back again.

#![forbid(unsafe_code)]

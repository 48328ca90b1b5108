//! Everything received, in Parquet segments that survive a crash, and back again.
//!
//! A recording is a folder of segments, and holds in their order the rows that the engine was
//! given: what it is fed with, and when it is advanced. Fed with them again it says the
//! same, so that any past minute can be looked at anew. A segment is written as a journal,
//! which loses nothing that was appended when the process is killed, and becomes a Parquet file
//! when it is closed. `docs/recording.md` describes both for readers that are not this crate.

#![forbid(unsafe_code)]

mod codec;
mod columns;
pub mod error;
pub mod journal;
mod keeper;
mod parquet_file;
pub mod recorder;
pub mod recording;
pub mod row;
mod segment;
pub mod status;

pub use error::RecordError;
pub use recorder::{Limits, Recorder};
pub use recording::{Position, Recording, Rows, Span};
pub use row::{Begin, Row};
pub use status::{State, Status, StatusHandle};

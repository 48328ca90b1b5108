//! Surveillance feeds: bytes in, [`Report`](deconflict_core::Report)s out.
//!
//! ```
//! use deconflict_formats::{Options, Reader};
//!
//! let feed = br#"{"now":1700000000.5,"hex":"abcdef","alt_baro":35000,"lat":35.1,"lon":40.2}"#;
//! let mut reader = Reader::open(&feed[..], None, Options::default())?;
//! for item in &mut reader {
//!     match item {
//!         Ok(report) => assert_eq!(report.address.to_string(), "abcdef"),
//!         Err(error) => panic!("{error}"), // record, byte offset, kind, excerpt
//!     }
//! }
//! assert_eq!(reader.statistics().plots, 1);
//! # Ok::<(), deconflict_formats::OpenError>(())
//! ```
//!
//! [`Reader::open`] takes anything that is [`Read`](std::io::Read), plain or
//! compressed ([`Decompress`]), in a [`Format`] given by name or [`detect`]ed. It is an
//! iterator of `Result<Report, LineError>`: an error costs the record, or only
//! the field, that it is about, and reading goes on unless
//! [`Options::strict`] is set. [`Statistics`] counts both. Files that hold one aircraft
//! after another ([`Order::ByAircraft`]) are [`gather`]ed and sorted before a replay.
//!
//! The crate is sans-IO: it opens no file, reads no clock and starts no thread.
//! It holds one record at a time, however long the input, and no input
//! makes it panic: `fuzz/` has a target for each decoder.
//!
//! # What a reading never does
//! A value beyond what aircraft do (latitude 91°, altitude 10⁹ ft, the year 3000) is an error
//! and not a fact, and a field that is not there is `None` and not zero.
//!
//! # Where to put what
//! A format is a module that turns records into reports; `framing` cuts the input
//! into records, `field` and `date` read single values and hold the limits, `json`
//! and `table` the grammars, `sink` collects what was found, and `reader` ties them together.

#![forbid(unsafe_code)]

mod date;
mod decompress;
mod engine;
mod error;
mod field;
#[cfg(feature = "modes")]
mod flarm;
mod format;
mod framing;
mod json;
#[cfg(feature = "modes")]
mod modes;
mod opensky;
mod reader;
mod readsb;
mod receipt;
mod sbs;
mod sink;
mod statistics;
mod table;

pub use decompress::Decompress;
pub use error::{At, ErrorKind, LineError};
pub use format::{Format, Order, detect};
pub use reader::{OpenError, Options, Reader, gather};
pub use receipt::ReceiptTime;
pub use statistics::Statistics;

/// Single values held to the limits of every format: for those who get them by another way.
pub mod limits {
    pub use crate::date::time_text;
    pub use crate::field::{
        ALTITUDE_FT, RATE_FPM, SPEED_KT, TRACK_DEG, altitude_ft, callsign, position, possible_time,
        rate_fpm, speed_kt, squawk, track_deg,
    };
}

/// Longer records are an error and skipped: what no sensor writes, but a feed
/// that has lost its line ends does.
pub const MAX_RECORD_BYTES: usize = 256 * 1024;

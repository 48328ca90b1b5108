//! Any bytes, read as `opensky-csv`.
#![no_main]

use deconflict_formats::Format;

libfuzzer_sys::fuzz_target!(|data: &[u8]| deconflict_fuzz::read(Format::OpenskyCsv, data));

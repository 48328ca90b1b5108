//! Any bytes, read as `opensky-parquet`.
#![no_main]

use deconflict_formats::Format;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    deconflict_fuzz::forgive_parquet();
    deconflict_fuzz::read(Format::OpenskyParquet, data);
});

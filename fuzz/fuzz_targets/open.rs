//! Any bytes, decompressed and with their format detected.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    deconflict_fuzz::forgive_parquet();
    deconflict_fuzz::open(None, data);
});

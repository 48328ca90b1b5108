//! Any text, read as a configuration of detect and avoid: an error has a place within the text.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    if let Err(error) = deconflict_daa::config::Config::parse(&text) {
        assert!(error.line >= 1 && error.line <= text.lines().count().max(1));
        assert!(error.column >= 1);
    }
});

//! Any text, read as reservations in every format: what is read can be meant, is written, and is
//! read back as the same.
#![no_main]

use deconflict_reserve::document::Format;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    for format in Format::ALL {
        let Ok(list) = format.read(&text) else { continue };
        assert!(list.iter().all(|r| r.validate().is_ok()));
        // GeoJSON unrolls longitudes, which costs a tenth of a micrometre.
        for format in [Format::Json, Format::Kml, Format::Csv] {
            let again = format.read(&format.write(&list)).expect("what is written is read");
            assert_eq!(again, list);
        }
        Format::GeoJson.read(&Format::GeoJson.write(&list)).expect("what is written is read");
    }
});

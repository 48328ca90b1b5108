//! Whatever the bytes, reading ends, without panic and with clear errors.

use deconflict_core::Time;
use deconflict_formats::{ErrorKind, Format, OpenError, Options, Reader};
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use std::io::{self, Read, Write};

fn options() -> Options {
    Options {
        base_time: Time::from_unix_s(1_700_000_000.0),
        frames_per_s: Some(10.0),
        ..Options::default()
    }
}

const LINE: &[u8] = b"{\"now\":1700000000,\"hex\":\"abcdef\",\"lat\":35.0,\"lon\":40.0}\n";

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn what_cannot_be_opened_says_why() {
    let open = |bytes: &[u8], format| Reader::open(bytes, format, Options::default()).map(|_| ());
    assert!(matches!(open(b"", None), Err(OpenError::Empty)));
    let unknown = open(b"\x00\x01pcap", None).unwrap_err();
    assert!(unknown.to_string().contains("pcap"), "{unknown}");
    assert!(matches!(
        open(b"*5D;", Some(Format::Avr)),
        Err(OpenError::NoTime(Format::Avr)) | Err(OpenError::NotBuilt(..))
    ));
    assert!(matches!(open(&gzip(LINE)[..12], None), Err(OpenError::Io(_))));
    assert!(open(b"PAR1 but nothing else", None).is_err());
    assert!(open(b"", Some(Format::Sbs)).is_ok());
}

#[test]
fn a_truncated_gzip_ends_with_an_error_after_what_was_readable() {
    let text: Vec<u8> = (0..5000)
        .flat_map(|i| {
            format!("{{\"now\":{},\"hex\":\"abcdef\"}}\n", 1_700_000_000 + i).into_bytes()
        })
        .collect();
    let whole = gzip(&text);
    let mut reader = Reader::open(&whole[..whole.len() / 2], None, Options::default()).unwrap();
    let last = reader.by_ref().last().unwrap().unwrap_err();
    assert_eq!((last.kind, last.field), (ErrorKind::Truncated, "input"));
    assert!(reader.statistics().reports > 1000);
    assert_eq!(reader.next(), None);
}

#[test]
fn strict_stops_at_the_first_error() {
    let text = [LINE, b"nonsense\n", LINE].concat();
    for (strict, items) in [(false, 3), (true, 2)] {
        let options = Options { strict, ..Options::default() };
        let mut reader = Reader::new(&text[..], Format::ReadsbLines, options).unwrap();
        assert_eq!(reader.by_ref().count(), items);
        assert_eq!(reader.statistics().errors_total(), 1);
    }
}

#[test]
fn an_input_that_fails_midway_is_reported_once() {
    struct Failing(bool);
    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if std::mem::replace(&mut self.0, true) {
                return Err(io::Error::other("cable pulled"));
            }
            buffer[..LINE.len()].copy_from_slice(LINE);
            Ok(LINE.len())
        }
    }
    let reader = Reader::new(Failing(false), Format::ReadsbLines, Options::default()).unwrap();
    let items: Vec<_> = reader.collect();
    assert_eq!(items.len(), 2);
    let error = items[1].unwrap_err();
    assert_eq!((error.kind, error.excerpt()), (ErrorKind::Unreadable, "cable pulled"));
}

/// Bytes that resemble the formats more often than chance would have it.
/// FMT-2: a value that no aircraft can have is an error and never a fact; a value
/// that is not there is not zero.
#[test]
fn impossible_values_cost_the_field_and_missing_ones_stay_missing() {
    let read = |line: &str| {
        let mut reader = Reader::new(line.as_bytes(), Format::ReadsbLines, options()).unwrap();
        let items: Vec<_> = (&mut reader).collect();
        let report = items.iter().find_map(|i| i.as_ref().ok().copied());
        (report, reader.statistics().errors_total())
    };
    let line = |fields: &str| format!("{{\"now\":1700000000,\"hex\":\"abcdef\",{fields}}}\n");
    let whole = r#""lat":35,"lon":40,"alt_baro":30000,"gs":400"#;
    let (report, errors) = read(&line(whole));
    let report = report.unwrap();
    assert!(report.position.is_some() && report.vertical_rate_mps.is_none() && errors == 0);
    for (wrong, right) in [("91", "35"), ("1e9", "30000"), ("-5", "400")] {
        let (report, errors) = read(&line(&whole.replace(right, wrong)));
        let report = report.unwrap();
        assert_eq!(errors, 1, "{wrong}");
        assert_eq!(report.position.is_none(), wrong == "91");
        assert_eq!(report.pressure_altitude_m.is_none(), wrong == "1e9");
        assert_eq!(report.ground_speed_mps.is_none(), wrong == "-5");
    }
    let (report, errors) = read(&line(whole).replace("1700000000", "32503680000"));
    assert!(report.is_none() && errors > 0, "the year 3000");
}

fn soup() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        4 => prop::sample::select(vec![
            "MSG", "MLAT", "START", ",", ",,,,", "3", "ABCDEF", "2024/05/01", "12:00:00.000",
            "{", "}", "[", "]", "\"", ":", "\"now\":", "\"hex\":", "\"aircraft\":[", "\"states\":[",
            "\"trace\":[", "\"icao\":\"abcdef\",", "\"timestamp\":", "1700000000", "null", "NaN",
            "-1e999", "\"lat\":91", "time,icao24,lat,lon\n", "rawmessage,sensorlatitude,sensorlongitude,timestamp\n",
            "*8D40621D58C386435CC412692AD6;", "@", ";", "\\", "\n", "\r\n", "~", "\u{1a}2", "\u{1a}3", "é",
        ]).prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ];
    prop::collection::vec(word, 0..40).prop_map(|words| words.concat())
}

proptest! {
    /// FMT-1: no input makes a decoder panic; nor does it matter how the bytes arrive.
    #[test]
    fn no_decoder_panics_and_arrival_does_not_matter(bytes in soup(), step in 1usize..50) {
        struct Pieces<'a>(&'a [u8], usize);
        impl Read for Pieces<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let len = buffer.len().min(self.1);
                self.0.read(&mut buffer[..len])
            }
        }
        for format in Format::ALL {
            let whole = Reader::new(&bytes[..], format, options());
            let pieces = Reader::new(Pieces(&bytes, step), format, options());
            if let (Ok(whole), Ok(pieces)) = (whole, pieces) {
                prop_assert_eq!(whole.collect::<Vec<_>>(), pieces.collect::<Vec<_>>(), "{}", format);
            }
        }
    }

    #[test]
    fn opening_never_panics(bytes in soup(), compress: bool) {
        let bytes = if compress { gzip(&bytes) } else { bytes };
        if let Ok(reader) = Reader::open(&bytes[..], None, options()) {
            reader.count();
        }
    }
}

//! What every fuzz target holds the reader to.

use deconflict_core::{Report, Time};
use deconflict_formats::{Format, Options, Reader};
use std::io::Read;

/// Reads the input as this format, at once and in small pieces: nothing panics,
/// nothing impossible is passed on, and the outcome does not depend on how the
/// input arrives.
pub fn read(format: Format, data: &[u8]) {
    let whole = outcome(Reader::new(data, format, options()));
    let pieces = outcome(Reader::new(Pieces(data), format, options()));
    assert_eq!(whole, pieces);
}

/// Lets panics of the foreign Parquet decoder pass, which the reader contains and
/// turns into errors. libFuzzer's hook would end the process at the throw.
pub fn forgive_parquet() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let foreign = panic
                .location()
                .is_none_or(|at| !at.file().contains("crates/") && !at.file().contains("fuzz"));
            if !foreign {
                hook(panic);
            }
        }));
    });
}

/// Opens the input as a file would be.
pub fn open(format: Option<Format>, data: &[u8]) {
    outcome(Reader::open(data, format, options()));
}

fn options() -> Options {
    Options {
        base_time: Time::from_unix_s(1_700_000_000.0),
        frames_per_s: Some(100.0),
        ..Options::default()
    }
}

fn outcome<R: Read, E>(reader: Result<Reader<R>, E>) -> Vec<String> {
    let Ok(mut reader) = reader else { return Vec::new() };
    let mut items = Vec::new();
    for item in &mut reader {
        if let Ok(report) = &item {
            check(report);
        }
        if items.len() < 1000 {
            items.push(format!("{item:?}"));
        }
    }
    let statistics = reader.statistics();
    assert!(statistics.plots <= statistics.reports);
    items
}

fn check(report: &Report) {
    let numbers = [
        report.pressure_altitude_m,
        report.ellipsoid_height_m,
        report.ground_speed_mps,
        report.track_rad,
        report.vertical_rate_mps,
    ];
    assert!(numbers.into_iter().flatten().all(|number| number.abs() < 50_000.0), "{report:?}");
    assert!(report.ground_speed_mps.is_none_or(|speed| speed >= 0.0), "{report:?}");
    assert!(report.squawk.is_none_or(|code| code <= 7777), "{report:?}");
}

/// Hands out seven bytes at a time.
struct Pieces<'a>(&'a [u8]);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = buffer.len().min(7);
        self.0.read(&mut buffer[..len])
    }
}

//! Every recording of a known format is read to its end, with the counts that
//! its manifest states. The recordings are not part of the repository: without
//! them the test says so and passes.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use deconflict_formats::{Decompress, ErrorKind, Format, Options, Reader, Statistics, detect};
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

fn data() -> Option<PathBuf> {
    let directory = std::env::var_os("DECONFLICT_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    if directory.is_dir() {
        return Some(directory);
    }
    eprintln!("skipped: no recordings at {} (set DECONFLICT_DATA)", directory.display());
    None
}

fn read(path: &PathBuf, options: Options) -> (Format, Statistics) {
    let file = File::open(path).unwrap();
    let mut reader = Reader::open(file, None, options).unwrap_or_else(|error| {
        panic!("{}: {error}", path.display());
    });
    let mut shown = 0;
    for error in reader.by_ref().filter_map(Result::err) {
        shown += 1;
        if shown <= 3 {
            println!("  {}: {error:?}", path.display());
        }
    }
    let format = reader.format();
    (format, reader.into_statistics())
}

/// File, format, records, reports, plots, errors, addresses.
type Expected = (&'static str, Format, u64, u64, u64, u64, usize);

#[test]
fn recordings_are_read_with_the_stated_counts() {
    let Some(data) = data() else { return };
    let mut wrong = Vec::new();
    for &(file, format, records, reports, plots, errors, addresses) in EXPECTED {
        let path = data.join(file);
        if !path.exists() {
            eprintln!("skipped: no {file}");
            continue;
        }
        let (found_format, s) = read(&path, Options::default());
        let found = (s.records, s.reports, s.plots, s.errors_total(), s.addresses());
        println!(
            "{file}: {found_format} {found:?} silent {} late {} {:?}..{:?} {:?}",
            s.silent,
            s.out_of_order,
            s.first,
            s.last,
            s.errors_by_kind().collect::<Vec<_>>()
        );
        if found_format != format || found != (records, reports, plots, errors, addresses) {
            wrong.push(format!("{file}: {found_format} {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const EXPECTED: &[Expected] = &[
    ("sbs/skypies_31009.out", Format::Sbs, 5064, 5064, 5064, 0, 29),
    ("sbs/cyoung-09062015-noproblem-stratux-es.log", Format::Sbs, 44_481, 44_477, 2104, 1, 216),
    ("readsb/1213.wvi5nm.gz", Format::ReadsbLines, 9614, 9614, 9614, 0, 218),
    ("readsb/20250601_36_-122.gz", Format::ReadsbLines, 44120, 44120, 44120, 0, 521),
    ("readsb/20minutes.json", Format::ReadsbLines, 1612, 1194, 1194, 0, 19),
    ("states/dreamliner_airfrance.json.gz", Format::OpenskyRecords, 17_910, 17_910, 17_910, 0, 2),
    (
        "states/traffic_switzerland_20180801.json.gz",
        Format::OpenskyRecords,
        139_098,
        139_098,
        139_098,
        0,
        842,
    ),
];

/// Mode S and FLARM: the frames are counted as the manifest states, most by their kind.
#[cfg(feature = "modes")]
#[test]
fn radio_recordings_are_read() {
    let Some(data) = data() else { return };
    let base_time = deconflict_core::Time::from_unix_s(1_700_000_000.0);
    let options = Options { base_time, frames_per_s: Some(276.0), ..Options::default() };
    // File, reports, plots, errors, addresses. The sample of Comm-B replies has no
    // squitter that would confirm an address, and none is made up from parity.
    for (file, reports, plots, errors, addresses) in [
        ("modes/lax-messages.txt", 215_433, 25_174, 7, 173),
        ("modes/flarm.csv", 88_685, 88_685, 4145, 17),
        ("modes/pymodes_sample_data_adsb.csv", 2000, 933, 0, 1),
        ("modes/pymodes_sample_data_commb_df20.csv", 0, 0, 0, 0),
        ("modes/sample_dump1090.bin", 229, 3, 0, 3),
    ] {
        let path = data.join(file);
        if !path.exists() {
            eprintln!("skipped: no {file}");
            continue;
        }
        let (format, s) = read(&path, options.clone());
        let found = (s.reports, s.plots, s.errors_total(), s.addresses());
        println!(
            "{file}: {format} {found:?} of {} records, silent {}, {:?}",
            s.records,
            s.silent,
            s.errors_by_kind().collect::<Vec<_>>()
        );
        assert_eq!(found, (reports, plots, errors, addresses), "{file}");
    }
}

/// The velocity that FLARM frames state is that of their positions: this is
/// what shows that the scale of the components is understood.
#[cfg(feature = "modes")]
#[test]
fn flarm_velocities_agree_with_displacements() {
    let Some(data) = data() else { return };
    let Ok(file) = File::open(data.join("modes/flarm.csv")) else {
        eprintln!("skipped: no modes/flarm.csv");
        return;
    };
    let mut last = std::collections::HashMap::new();
    let mut ratios = Vec::new();
    for report in Reader::open(file, None, Options::default()).unwrap().flatten() {
        let (Some(point), Some(speed)) = (report.position, report.ground_speed_mps) else {
            continue;
        };
        if let Some((before, at)) = last.insert(report.address, (point, report.measured)) {
            let seconds = report.measured.seconds_since(at);
            let moved = point.distance_m(before) / seconds;
            if (2.0..6.0).contains(&seconds) && moved > 15.0 {
                ratios.push(speed / moved);
            }
        }
    }
    ratios.sort_by(f64::total_cmp);
    let quantile = |q: f64| ratios[(q * (ratios.len() - 1) as f64) as usize];
    println!(
        "{} ratios: {:.2} {:.2} {:.2}",
        ratios.len(),
        quantile(0.1),
        quantile(0.5),
        quantile(0.9)
    );
    assert!((quantile(0.5) - 1.0).abs() < 0.1);
}

/// Traces, snapshots and tables whose single counts no manifest states: all of
/// every record is read, without error.
#[test]
fn whole_directories_are_read_without_error() {
    let Some(data) = data() else { return };
    for (directory, suffix, format) in [
        ("readsb", "trace_full", Format::ReadsbTrace),
        ("readsb", "sdre_aircraft", Format::ReadsbSnapshot),
        ("states", ".json.gz", Format::OpenskyRecords),
    ] {
        let mut files: Vec<_> = data
            .join(directory)
            .read_dir()
            .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
            .unwrap_or_default();
        files.retain(|path| path.to_string_lossy().contains(suffix));
        files.sort();
        for path in files {
            let (found, s) = read(&path, Options::default());
            println!(
                "{}: records {} reports {} plots {} late {} addresses {}",
                path.display(),
                s.records,
                s.reports,
                s.plots,
                s.out_of_order,
                s.addresses()
            );
            assert_eq!((found, s.errors_total()), (format, 0), "{}", path.display());
            assert!(s.plots > 0 && s.reports == s.records, "{}", path.display());
        }
    }
}

#[test]
fn a_truncated_recording_delivers_what_was_readable() {
    let Some(data) = data() else { return };
    let path = data.join("readsb/1213.wvi5nm.gz");
    let Ok(bytes) = std::fs::read(&path) else {
        eprintln!("skipped: no {}", path.display());
        return;
    };
    let mut reader = Reader::open(&bytes[..bytes.len() / 2], None, Options::default()).unwrap();
    let last = reader.by_ref().last();
    assert!(matches!(last, Some(Err(error)) if error.kind == ErrorKind::Truncated));
    assert!(reader.statistics().plots > 3000);
}

#[test]
fn foreign_files_are_refused() {
    let Some(data) = data() else { return };
    for file in ["asterix/croatia_cat_034_048.pcap", "nav/land-50m.json", "MANIFEST.md"] {
        if let Ok(file) = File::open(data.join(file)) {
            let mut head = vec![];
            Decompress::new(file).unwrap().take(16_384).read_to_end(&mut head).unwrap();
            assert_eq!(detect(&head), None);
        }
    }
}

//! Rows come back exact to the bit, whatever is in them and however they are cut up. REC-1.

use deconflict_core::{
    Address, AddressSpace, AircraftClass, GeoPoint, Label, Report, Technique, Time,
};
use deconflict_record::journal::{bytes_of_rows, rows_of_bytes};
use deconflict_record::{Begin, Limits, Recorder, Recording, Row};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

const SPACES: [AddressSpace; 4] =
    [AddressSpace::Icao, AddressSpace::NonIcao, AddressSpace::Flarm, AddressSpace::Local];
const TECHNIQUES: [Technique; 10] = [
    Technique::AdsB,
    Technique::AdsR,
    Technique::TisB,
    Technique::Mlat,
    Technique::ModeS,
    Technique::AdsC,
    Technique::Flarm,
    Technique::Radar,
    Technique::Declared,
    Technique::Unknown,
];

/// Any number that is one.
fn number() -> impl Strategy<Value = f64> {
    let odd = vec![0.0, -0.0, f64::MAX, f64::MIN_POSITIVE / 4.0, f64::INFINITY, 0.1 + 0.2];
    prop_oneof![
        3 => any::<f64>().prop_filter("not a number", |x| !x.is_nan()),
        3 => -1000.0..50_000.0,
        1 => select(odd),
    ]
}

fn time() -> impl Strategy<Value = Time> {
    prop_oneof![
        8 => 1_500_000_000_000_000_000_i64..1_500_000_100_000_000_000,
        1 => any::<i64>(),
    ]
    .prop_map(Time::from_nanos)
}

fn position() -> impl Strategy<Value = GeoPoint> {
    prop_oneof![
        4 => (-90.0..=90.0, -180.0..=180.0),
        1 => (select(vec![90.0, -90.0, 0.0, -0.0]), select(vec![180.0, -180.0, -0.0, 359.9])),
    ]
    .prop_map(|(lat, lon)| GeoPoint::from_deg(lat, lon).unwrap())
}

fn callsign() -> impl Strategy<Value = Option<Label<8>>> {
    // Cut anywhere, also behind a blank and within a long character.
    prop_oneof![3 => "[A-Z0-9 ]{0,10}", 1 => "\\PC{0,9}"].prop_map(|text| Label::new(&text))
}

fn report() -> impl Strategy<Value = Report> {
    let who = (any::<u16>(), select(SPACES.to_vec()), any::<u32>(), select(TECHNIQUES.to_vec()));
    let sigma = option::of(any::<f32>().prop_filter("not a number", |x| !x.is_nan()));
    let place = (time(), time(), option::of(position()), sigma);
    let motion = vec(option::of(number()), 5);
    let class = select(AircraftClass::ALL.to_vec());
    let rest = (option::of(any::<bool>()), callsign(), option::of(any::<u16>()), class);
    (who, place, motion, rest).prop_map(|(who, place, motion, rest)| {
        let (feed, space, code, technique) = who;
        let (measured, received, position, position_sigma_m) = place;
        let (on_ground, callsign, squawk, class) = rest;
        Report {
            feed,
            address: Address { space, code },
            technique,
            measured,
            received,
            position,
            position_sigma_m,
            pressure_altitude_m: motion[0],
            ellipsoid_height_m: motion[1],
            ground_speed_mps: motion[2],
            track_rad: motion[3],
            vertical_rate_mps: motion[4],
            on_ground,
            callsign,
            squawk,
            class,
        }
    })
}

fn row() -> impl Strategy<Value = Row> {
    prop_oneof![
        10 => report().prop_map(Row::Report),
        2 => time().prop_map(Row::Tick),
        1 => "\\PC{0,40}".prop_map(Row::Registry),
    ]
}

fn begin(run: &str) -> Row {
    let config = "{\"rules\":\"[[rule]]\"}".to_owned();
    Row::Begin(Begin { run: run.to_owned(), time: Time::from_nanos(17), config })
}

/// Compared as bytes: 0.0 equals -0.0, and must not.
fn exact(rows: &[Row]) -> Vec<Vec<u8>> {
    rows.iter().map(|row| bytes_of_rows(std::slice::from_ref(row))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn in_memory(rows in vec(row(), 0..60)) {
        let back = rows_of_bytes(&bytes_of_rows(&rows));
        prop_assert_eq!(exact(&back), exact(&rows));
    }

    #[test]
    fn of_any_bytes_nothing_panics(bytes in vec(any::<u8>(), 0..300)) {
        let mut journal = bytes_of_rows(&[]);
        journal.extend_from_slice(&bytes);
        rows_of_bytes(&journal);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn through_a_folder(
        rows in vec(row(), 1..200),
        portion in 1_usize..50,
        rotate in 1_usize..6,
        close in any::<bool>(),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut all = vec![begin("a")];
        all.extend(rows.iter().cloned());
        let mut recorder = Recorder::open(dir.path(), Limits::default()).unwrap();
        for (place, some) in all.chunks(portion).enumerate() {
            recorder.append(some);
            if place % rotate == 0 {
                recorder.rotate();
            }
        }
        prop_assert_eq!(recorder.status().lost_rows, 0);
        // As Parquet, as journals, or half and half.
        if close { recorder.close() } else { drop(recorder) }
        let recording = Recording::open(dir.path()).unwrap();
        let back: Vec<Row> = recording.rows_since_begin("a").map(Result::unwrap).collect();
        prop_assert_eq!(exact(&back), exact(&all));
        let spans = recording.spans().unwrap();
        prop_assert_eq!(spans.len(), 1);
        prop_assert_eq!(spans[0].rows, all.len() as u64);
        prop_assert!(spans[0].from_begin);
    }
}

//! Files: what is written is read back, and what is wrong is named with its place.

mod common;

use common::reservations;
use deconflict_core::GeoPoint;
use deconflict_reserve::document::{Format, Place};
use deconflict_reserve::{Reservation, Shape};
use proptest::prelude::*;

/// The same but for a micrometre, which is what unrolling a longitude costs.
fn same(format: Format, a: &Reservation, b: &Reservation) -> Result<(), TestCaseError> {
    if format != Format::GeoJson {
        prop_assert_eq!(a, b);
        return Ok(());
    }
    let (mine, theirs) = (a.shape.points(), b.shape.points());
    prop_assert_eq!(mine.len(), theirs.len());
    for (p, q) in mine.iter().zip(&theirs) {
        prop_assert!(p.distance_m(*q) < 1e-6, "{:?} {:?}", p, q);
    }
    let nowhere = GeoPoint::from_deg(0.0, 0.0).unwrap();
    let stripped =
        |r: &Reservation| Reservation { shape: r.shape.mapped(|_| nowhere), ..r.clone() };
    prop_assert_eq!(stripped(a), stripped(b));
    Ok(())
}

/// Brings the points to what a file can say: degrees.
fn in_degrees(r: &Reservation) -> Reservation {
    let shape = r.shape.mapped(|p| {
        deconflict_reserve::text::point(&deconflict_reserve::text::write_point(p)).unwrap()
    });
    Reservation { shape, ..r.clone() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// RSV-3: what is written is read back as the same, wherever it is and whatever its
    /// altitudes are over. RSV-4: what is unknown stays unknown on the way.
    #[test]
    fn what_is_written_is_read_back(list in prop::collection::vec(reservations(), 1..4)) {
        let mut list: Vec<Reservation> = list.iter().map(in_degrees).collect();
        for (i, r) in list.iter_mut().enumerate() {
            r.id = format!("{}{i}", r.id);
            prop_assert_eq!(r.validate(), Ok(()), "{:?}", r);
        }
        for format in Format::ALL {
            let text = format.write(&list);
            prop_assert_eq!(Format::sniff(&text), format);
            let back = format.read(&text);
            prop_assert!(back.is_ok(), "{}: {:?}\n{}", format.name(), back, text);
            let back = back.unwrap();
            prop_assert_eq!(back.len(), list.len());
            for (a, b) in list.iter().zip(&back) {
                same(format, a, b)?;
                prop_assert_eq!(a.accuracy, b.accuracy);
            }
        }
    }

    /// RSV-6: no text makes a reader panic; and what it reads all the same can be meant, and
    /// is read back.
    #[test]
    fn no_text_panics(
        text in "\\PC*", cut in 0usize..3000, list in reservations(), put in "[\\x00-~]{0,3}",
    ) {
        let read = |format: Format, text: &str| {
            let Ok(list) = format.read(text) else { return };
            for format in [Format::Json, Format::Kml, Format::Csv] {
                let again = format.read(&format.write(&list));
                assert_eq!(again.as_ref(), Ok(&list), "{}", format.name());
            }
        };
        for format in Format::ALL {
            read(format, &text);
            let mut written = format.write(std::slice::from_ref(&list));
            let mut at = cut % (written.len() + 1);
            while !written.is_char_boundary(at) {
                at -= 1;
            }
            read(format, &written[..at]);
            written.insert_str(at, &put);
            read(format, &written);
        }
    }
}

/// What a watch officer writes by hand, in the words of the documentation.
const BY_HAND: &str = r#"[
  { "id": "SURVEY-7", "name": "Survey of the dam", "kind": "operation", "party": "ACME",
    "shape": "polygon",
    "points": [{"lat": -17.2, "lon": 179.8}, {"lat": -17.2, "lon": -179.7}, {"lat": -17.6, "lon": -179.9}],
    "lower": "GND", "upper": "400 ft agl", "start": "2026-03-01T10:00:00Z", "end": "2026-03-01T12:00:00Z",
    "repeat": "weekly", "repeat_days": "mon wed", "repeat_count": 6 },
  { "id": "ANCHOR-2", "kind": "refuelling", "status": "active", "priority": 5, "party": "TKR",
    "agreed_with": ["NAVY", "AAR"], "shape": "racetrack", "points": "34.3 40.0; 34.3 41.0",
    "half_width_nm": 6.5, "lower": "FL180", "upper": {"ft": 24000, "reference": "pressure"},
    "start": "2026-03-01T09:00:00+03:00", "end": "2026-03-01T11:00:00+03:00",
    "buffer_horizontal_nm": 5, "buffer_vertical_ft": 1000, "buffer_time_s": 300 },
  { "id": "RING", "kind": "hazard", "party": "RANGE", "shape": "sector", "points": "-54.5 -36.25",
    "inner_radius_nm": 5, "radius_nm": 20, "from_deg": 330, "to_deg": 30, "upper": "3000 m msl" },
  { "id": "AR-614", "kind": "refuelling", "party": "TKR", "shape": "track",
    "points": "50 -10; 50.5 -8; 51 -8", "half_width_nm": 5, "leg_bands": "FL200..FL240; FL220..UNL",
    "start": "2026-03-01T10:00:00Z", "end": "2026-03-01T12:00:00Z" },
  { "id": "CVN", "kind": "escort", "party": "NAVY", "shape": "point", "points": "20 -158",
    "radius_nm": 10, "moves": "steady", "course_deg": 270, "speed_kt": 18,
    "start": "2026-03-01T10:00:00Z", "end": "2026-03-01T12:00:00Z", "accuracy_horizontal_m": 0 },
  { "id": "LIFT-1", "kind": "humanitarian", "party": "WFP", "shape": "flight",
    "points": "33.9 35.5; 34.8 38.3; 35.3 40.1", "levels": "FL010; FL140; FL010",
    "times": "2026-03-01T10:00:00Z; 2026-03-01T10:40:00Z; 2026-03-01T11:10:00Z",
    "accuracy_horizontal_m": 100, "accuracy_vertical_m": 30, "aircraft": "ae01ce; REACH11; CCA981" },
  { "id": "INTENT-1", "kind": "uncrewed", "party": "ACME", "shape": "volumes", "aircraft": ["~2b1234"],
    "blocks": [
      { "points": "-17.2 179.9; -17.2 -179.9; -17.4 -179.9", "lower": "GND", "upper": "120 m ellipsoid",
        "start": "2026-03-01T10:00:00Z", "end": "2026-03-01T10:20:00Z" },
      { "points": "-17.3 -179.8", "radius_nm": 1, "lower": "50 m ellipsoid", "upper": "120 m ellipsoid",
        "start": "2026-03-01T10:15:00Z" } ] }
]"#;

#[test]
fn golden_files() {
    let list = Format::Json.read(BY_HAND).unwrap();
    assert_eq!(list.len(), 7);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    for format in Format::ALL {
        let path = format!("{folder}/seven.{}", format.name());
        let text = format.write(&list);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, golden, "{path}: run with UPDATE_GOLDEN=1 and look at the difference");
        let back = format.read(&golden).unwrap();
        assert_eq!(back.len(), list.len());
        assert_eq!(format.write(&back), golden, "{}", format.name());
    }
}

fn fault(format: Format, text: &str) -> String {
    format.read(text).unwrap_err().to_string()
}

/// RSV-6: every fault names its place, its field and what to do.
#[test]
fn faults_name_place_and_field_and_what_to_do() {
    let circle = |more: &str| {
        format!(
            "[{{\"id\": \"A\", \"kind\": \"orbit\", \"party\": \"P\", \"shape\": \"circle\", \
             \"points\": \"10 20\"{more}}}]"
        )
    };
    let json = |more: &str| fault(Format::Json, &circle(more));
    assert_eq!(
        json(""),
        "reservation 1 (A), field `radius_m`: is missing: give it in metres, or in nautical \
         miles with the ending _nm"
    );
    assert!(json(", \"radius_m\": -5").contains("field `radius_m`: -5 is not more than 0"));
    assert!(
        json(", \"raduis_m\": 5").contains("`raduis_m`: is not known: did you mean `radius_m`?")
    );
    assert!(json(", \"radius_m\": 5, \"radius_nm\": 5").contains("take one out"));
    assert!(
        json(", \"radius_m\": 5, \"lower\": \"120\"").contains("`lower`: '120' is no altitude")
    );
    assert!(
        json(", \"radius_m\": 5, \"lower\": \"FL200\", \"upper\": \"FL100\"")
            .contains("`lower`: is above `upper`: exchange them")
    );
    assert!(json(", \"radius_m\": 5, \"start\": \"noon\"").contains("write it like 2026-"));
    assert_eq!(
        fault(Format::Json, "[\n{\"id\": }"),
        "line 2, column 8: is no JSON: expected value"
    );
    assert!(fault(Format::Json, "{}").contains("put it under `reservations`"));
    let twice = circle(", \"radius_m\": 5").replace("[{", "[{\"comment\": \"x\",");
    let one = twice.trim_start_matches('[').trim_end_matches(']');
    assert!(
        fault(Format::Json, &format!("[{one},{one}]")).starts_with("reservation 2 (A), field `id`")
    );

    let csv =
        "id,kind,party,shape,points,radius_m\nA,orbit,P,circle,10 20,5\nB,orbit,P,circle,95 20,5\n";
    assert_eq!(
        fault(Format::Csv, csv),
        "line 3, field `points`: entry 1: latitude 95, longitude 20 is not on the globe (latitude -90 to 90)"
    );
    assert!(fault(Format::Csv, "id,kind\nA\n").starts_with("line 2: has 1 columns"));
    assert!(fault(Format::Csv, "id,colour\n").starts_with("line 1, field `colour`: is not known"));

    let feature = |geometry: &str| {
        format!(
            "{{\"type\": \"Feature\", \"id\": \"A\", \"geometry\": {geometry}, \"properties\": \
             {{\"kind\": \"orbit\", \"party\": \"P\", \"stroke\": \"#f00\"}}}}"
        )
    };
    assert!(
        fault(Format::GeoJson, &feature("null"))
            .starts_with("feature 1 (A), field `geometry`: is missing")
    );
    let hole = "{\"type\": \"Polygon\", \"coordinates\": [[[0,0],[1,0],[1,1]],[[0,0]]]}";
    assert!(fault(Format::GeoJson, &feature(hole)).contains("has holes: divide it"));
    let point = "{\"type\": \"Point\", \"coordinates\": [0, 91]}";
    assert!(fault(Format::GeoJson, &feature(point)).contains("not on the globe"));
    assert!(fault(Format::GeoJson, "{\"type\": \"Topology\"}").contains("FeatureCollection"));

    let kml = "<kml>\n<Placemark><name>x</name>\n<Point><coordinates>1,2,3,4</coordinates></Point></Placemark></kml>";
    assert!(
        fault(Format::Kml, kml).starts_with("line 3, field `coordinates`: '1,2,3,4' is no place")
    );
    assert!(fault(Format::Kml, "<kml>\n<Placemark>").contains("cut off"));
    assert!(fault(Format::Kml, "<gpx/>").contains("no element <kml>"));
    assert!(
        fault(Format::Kml, "<kml>\n<Placemark></Placemark></kml>")
            .starts_with("line 2, field `Placemark`")
    );
}

#[test]
fn files_from_elsewhere_are_read() {
    let geojson = r#"{"type": "FeatureCollection", "features": [{"type": "Feature", "id": 17,
        "geometry": {"type": "Polygon", "coordinates": [[[179, -1, 5], [181, -1], [181, 1], [179, 1], [179, -1, 5]]]},
        "properties": {"kind": "segregated", "party": "P", "stroke": "red", "lower": "FL100"}}]}"#;
    let read = Format::GeoJson.read(geojson).unwrap();
    assert_eq!((read[0].id.as_str(), read[0].shape.points().len()), ("17", 4));
    let footprint = read[0].shape.footprints().unwrap().remove(0).0;
    assert!(footprint.contains(GeoPoint::from_deg(0.5, -179.5).unwrap()));

    let kml = r#"<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder>
        <Placemark id="L1"><name>Line &amp; more</name><TimeSpan><begin>2026-03-01T10:00:00Z</begin></TimeSpan>
        <ExtendedData><SchemaData><SimpleData name="kind">transit</SimpleData></SchemaData>
        <Data name="party"><value>P</value></Data><Data name="half_width_nm"><value>2</value></Data></ExtendedData>
        <LineString><coordinates> 10,50,0
          11,50,0 </coordinates></LineString></Placemark></Folder></Document></kml>"#;
    let read = Format::Kml.read(kml).unwrap();
    assert_eq!(read[0].name.as_deref(), Some("Line & more"));
    assert!(read[0].start.is_some());
    assert!(matches!(&read[0].shape, Shape::Corridor { points, half_width_m }
        if points.len() == 2 && *half_width_m == 3704.0));
}

/// RSV-6: of several volumes the one that is wrong is named, and its field.
#[test]
fn blocks_and_aircraft_that_are_none_are_named() {
    let read = |blocks: &str, more: &str| {
        let text = format!(
            "[{{\"id\": \"A\", \"kind\": \"uncrewed\", \"party\": \"P\", \"shape\": \"volumes\", \
             \"blocks\": {blocks}{more}}}]"
        );
        Format::Json.read(&text).map_err(|fault| fault.to_string())
    };
    let says = |blocks: &str, more: &str| read(blocks, more).unwrap_err();
    let good = "{\"points\": \"1 2\", \"radius_m\": 5}";
    let list = |block: &str| format!("[{good}, {block}]");
    assert_eq!(read(&list(good), "").unwrap()[0].windows(), [[None, None]]);
    assert!(says("[]", "").contains("`blocks`: names no volume"));
    assert!(says("null", "").contains("`blocks`: is missing"));
    for (block, wanted) in [
        ("{\"points\": \"1 2; 3 4\"}", "block 2, `points`: a polygon needs at least three corners"),
        ("{\"points\": \"1 2\", \"radius_m\": -5}", "block 2, `radius_m`: -5 is not more than 0"),
        (
            "{\"points\": \"1 2; 3 4\", \"radius_m\": 5}",
            "block 2, `points`: 2 points: what has a radius",
        ),
        ("{\"points\": \"91 2\", \"radius_m\": 5}", "block 2, `points`: entry 1: latitude 91"),
        ("{\"colour\": 1}", "block 2: \"colour\" is not known: a volume has points"),
        ("\"1 2 within 5 km\"", "block 2: \"5 km\" is no radius"),
        ("\"1 2 within 5 m / 5\"", "block 2: \"5\" is no range: write FL100..FL140"),
        ("\"1 2 within 5 m / GND..UNL / .. / x\"", "block 2: \"x\" is one part too many"),
        (
            "\"1 2 within 5 m / FL200..FL100 / ..\"",
            "block 2, `lower`: is above `upper`: exchange them",
        ),
        (
            "\"1 2 within 5 m / / 2026-03-01T10:00:00Z..2026-03-01T10:00:00Z\"",
            "block 2, `end`: is not after `start`",
        ),
    ] {
        let said = says(&list(block), "");
        assert!(said.starts_with("reservation 1 (A), field `blocks`: "), "{said}");
        assert!(said.contains(wanted), "{said}");
    }
    let said = says(&list(good), ", \"lower\": \"FL100\"");
    assert!(said.contains("`lower`: volumes have their limits and times in `blocks`"), "{said}");
    let said = says(&list(good), ", \"aircraft\": [\"ae01ce\", \"#17\"]");
    assert!(said.contains("field `aircraft`: entry 2: '#17' is a number of one feed"), "{said}");
    let said = says(&list(good), ", \"aircraft\": \"REACH 11\"");
    assert!(said.contains("entry 1: 'REACH 11' is no aircraft: write a 24-bit address"), "{said}");
}

/// Several polygons from elsewhere are volumes that share the limits of their feature.
#[test]
fn a_multipolygon_from_elsewhere_is_volumes() {
    let geojson = r#"{"type": "Feature", "id": "M", "geometry": {"type": "MultiPolygon", "coordinates":
        [[[[179, -1], [181, -1], [181, 1], [179, -1]]], [[[10, 0], [11, 0], [11, 1], [10, 0]]]]},
        "properties": {"kind": "segregated", "party": "P", "lower": "FL100", "end": "2026-03-01T10:00:00Z"}}"#;
    let read = Format::GeoJson.read(geojson).unwrap();
    let Shape::Volumes { blocks } = &read[0].shape else { panic!("{:?}", read[0].shape) };
    assert_eq!(blocks.len(), 2);
    assert!(blocks.iter().all(|b| b.band.lower.is_some() && b.start.is_none() && b.end.is_some()));
    let kml = Format::Kml.write(&read);
    assert_eq!(Format::Kml.read(&kml).unwrap(), read);
    // Without its data a drawing of several parts is refused.
    let bare = kml.replace("blocks", "bricks");
    let said = Format::Kml.read(&bare).unwrap_err().to_string();
    assert!(said.contains("give each part a placemark of its own"), "{said}");
}

#[test]
fn a_fault_has_its_place_as_data() {
    let fault = Format::Csv.read("id,kind,party,shape\nA,orbit,P,blob\n").unwrap_err();
    assert_eq!(fault.place, Place::Line(2, 0));
    assert_eq!(fault.field.as_deref(), Some("shape"));
}

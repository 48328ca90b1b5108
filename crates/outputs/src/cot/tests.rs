//! Events as others read them.

use super::alert::AlertStyle;
use super::event::{Detail, Event, deletion, document};
use super::track::TrackStyle;
use super::{Affiliation, AlertsAs, AltitudeAs};
use cot_proto::base::{Cot, parse_cot_msg_type};
use deconflict_core::units::m_from_ft;
use deconflict_core::{AircraftClass, Time};
use deconflict_picture::{Motion, Track, Who};
use deconflict_track::Freshness;
use proptest::prelude::*;
use std::sync::Arc;

fn style() -> TrackStyle {
    TrackStyle {
        prefix: "deconflict.run".to_owned(),
        affiliation: Affiliation::Unknown,
        altitude: AltitudeAs::Measured,
        every_s: 2.0,
    }
}

fn noon() -> Time {
    Time::from_millis(1_767_268_800_000)
}

fn track(callsign: &str, freshness: Freshness) -> Track {
    let who = Who {
        id: 17,
        address: Some("a4ff9c".to_owned()),
        callsign: Some(callsign.to_owned()),
        operator: Some(callsign.to_owned()),
        class: "transport",
        formation: None,
        technique: "ADS-B",
        squawk: None,
        feeds: Vec::new(),
        identity: true,
        on_ground: false,
        alt_reference: Some("pressure"),
    };
    let motion = Motion {
        lat_deg: -35.12345,
        lon_deg: 179.99999,
        alt_ft: Some(31_000.0),
        gs_kt: Some(452.0),
        trk_deg: Some(87.5),
        vs_fpm: Some(-640.0),
        age_s: 12.3,
        sigma_m: Some(35.0),
        freshness,
    };
    Track { who: Arc::new(who), motion, moved: true }
}

/// The event as cot-proto reads it from the document.
fn read(event: &Event) -> Cot<Detail> {
    let document = document(event).expect("it can be written");
    let text = std::str::from_utf8(&document).expect("UTF-8");
    assert_eq!(parse_cot_msg_type(text).expect("it has a type"), event.cot_type);
    cot_proto::detail::parse(text).unwrap_or_else(|error| panic!("{error} in {text}"));
    quick_xml::de::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

#[test]
fn an_event_is_what_the_documentation_shows() {
    let document = document(&style().event(&track("EAGLE1", Freshness::Live), noon())).unwrap();
    let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\
        <event version=\"2.0\" uid=\"deconflict.run.track.17\" type=\"a-u-A-C-F\" \
        time=\"2026-01-01T12:00:00.000Z\" start=\"2026-01-01T12:00:00.000Z\" \
        stale=\"2026-01-01T12:00:06.000Z\" how=\"m-f\"><detail><contact callsign=\"EAGLE1\"/>\
        <track course=\"87.5\" speed=\"232.5\"/><remarks>31000 ft (pressure altitude); transport; \
        operator EAGLE1; address a4ff9c</remarks><deconflict track=\"17\" freshness=\"live\" \
        age_s=\"12.3\" class=\"transport\" alt_ft=\"31000\" alt_reference=\"pressure\" \
        vs_fpm=\"-640\"/></detail><point lat=\"-35.12345\" lon=\"179.99999\" ce=\"35\" \
        hae=\"9999999\" le=\"9999999\"/></event>";
    assert_eq!(std::str::from_utf8(&document).unwrap(), expected);
}

#[test]
fn no_aircraft_is_said_to_be_on_a_side() {
    for class in AircraftClass::ALL {
        for affiliation in [Affiliation::Unknown, Affiliation::Pending, Affiliation::Neutral] {
            let kind = TrackStyle { affiliation, ..style() }.kind(class.name());
            let parts: Vec<&str> = kind.split('-').collect();
            assert!(matches!(parts[1], "u" | "p" | "n"), "{kind}");
            assert_eq!(parts[2], if class == AircraftClass::Surface { "G" } else { "A" });
        }
    }
}

/// OUT-4: what is stale is stale when it is told; what is extrapolated will be sooner than
/// what is seen.
#[test]
fn stale_times_follow_freshness() {
    let stale_s = |freshness| {
        let event = read(&style().event(&track("EAGLE1", freshness), noon()));
        assert!(event.start <= event.time);
        (event.stale - event.time).as_seconds_f64()
    };
    let (live, coasting) = (stale_s(Freshness::Live), stale_s(Freshness::Coasting));
    assert!(live > coasting && coasting > 0.0, "{live} {coasting}");
    assert!(stale_s(Freshness::Stale) <= 0.0);
}

#[test]
fn only_a_height_above_the_ellipsoid_is_told_as_one() {
    let with = |reference, altitude| {
        let mut track = track("EAGLE1", Freshness::Live);
        Arc::make_mut(&mut track.who).alt_reference = Some(reference);
        let point = read(&TrackStyle { altitude, ..style() }.event(&track, noon())).point;
        (point.hae, point.le)
    };
    let height_m = m_from_ft(31_000.0).round() as f32;
    assert_eq!(with("ellipsoid", AltitudeAs::Measured), (height_m, 9_999_999.0));
    assert_eq!(with("pressure", AltitudeAs::Measured), (9_999_999.0, 9_999_999.0));
    assert_eq!(with("ground", AltitudeAs::Converted), (9_999_999.0, 9_999_999.0));
    let (hae, le) = with("pressure", AltitudeAs::Converted);
    // Converted with nothing known of the weather, it is off by hundreds of metres and says so.
    assert!((hae - height_m).abs() < 1.0 && le > 250.0, "{hae} {le}");
}

#[test]
fn who_is_hidden_has_the_same_name_for_programs_and_none_for_people() {
    let mut hidden = track("EAGLE1", Freshness::Live);
    let who = Arc::make_mut(&mut hidden.who);
    (who.address, who.callsign, who.operator, who.class) = (None, None, None, "unknown");
    let (told, known) =
        (style().event(&hidden, noon()), style().event(&track("EAGLE1", Freshness::Live), noon()));
    assert_eq!(told.uid, known.uid);
    assert_eq!(told.detail.contact.as_ref().unwrap().callsign, "aircraft 17");
    let text = document(&told).unwrap();
    let text = std::str::from_utf8(&text).unwrap();
    assert!(!text.contains("EAGLE1") && !text.contains("a4ff9c"), "{text}");
}

proptest! {
    /// Whatever somebody puts into a call sign or the name of a feed, what goes out is
    /// well-formed, and reads as it was written.
    #[test]
    fn any_text_makes_a_document(name in "\\PC{0,20}|[<&\">\\x00-\\x7f]{0,20}|.{0,20}") {
        let alerts = AlertStyle { alerts: AlertsAs::Emergency, tracks: style() };
        let mut events = vec![
            style().event(&track(&name, Freshness::Live), noon()),
            alerts.silent(&name, None, noon()),
            deletion(&name, "a-u-A", noon()),
        ];
        events.extend(alerts.back(&name, noon()));
        for event in events {
            let back = read(&event);
            prop_assert_eq!(&back, &event);
        }
    }
}

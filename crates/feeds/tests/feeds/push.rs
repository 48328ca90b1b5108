//! Reports that a party pushes.

use crate::common::{HandClock, Service, noon, until};
use deconflict_core::units::m_from_ft;
use deconflict_core::{Address, AircraftClass, Constraint, Technique};
use deconflict_feeds::{Health, Push, PushError, PushedReport};
use serde_json::json;

const FEED: &str = "name = \"SAR link\"\nowner = \"SAR-1\"\nkind = \"push\"\naccuracy_m = 40\n";

fn push(reports: serde_json::Value) -> Push {
    serde_json::from_value(json!({ "reports": reports })).unwrap()
}

#[test]
fn a_whole_report_becomes_one_with_what_it_declares() {
    let service = Service::with(HandClock::new(noon().plus_s(1.0)), &[FEED]);
    assert_eq!(service.status().health, Health::Starting);
    let pushed = service.feeds.push(
        0,
        &push(json!([{
            "address": "a4ff9c", "time": noon().to_string(), "lat": 35.1, "lon": 40.2,
            "alt_ft": 31000, "alt_reference": "pressure", "gs_kt": 452, "trk_deg": 87.5,
            "vs_fpm": -640, "on_ground": false, "callsign": "EAGLE1", "squawk": "7700",
            "class": "high-performance", "formation": "EAGLE", "constraint": "landing",
            "sigma_m": 30
        }])),
    );
    let pushed = pushed.unwrap();
    assert_eq!((pushed.accepted, pushed.refused.len()), (1, 0));
    let (address, declaration) = pushed.declared[0];
    assert_eq!(address, Address::icao(0xa4ff9c));
    assert_eq!(declaration.operator.unwrap().as_str(), "SAR-1");
    assert_eq!(declaration.class, Some(AircraftClass::HighPerformance));
    assert_eq!(declaration.formation.unwrap().as_str(), "EAGLE");
    assert_eq!(declaration.callsign.unwrap().as_str(), "EAGLE1");
    assert_eq!((declaration.constraint, declaration.priority), (Some(Constraint::Landing), 0));
    let report = service.reports()[0];
    assert_eq!((report.feed, report.technique), (0, Technique::Declared));
    assert_eq!((report.measured, report.received), (noon(), noon().plus_s(1.0)));
    assert_eq!(report.pressure_altitude_m, Some(m_from_ft(31_000.0)));
    assert_eq!((report.squawk, report.on_ground), (Some(7700), Some(false)));
    assert_eq!(report.position_sigma_m, Some(30.0));
    until("it is counted", || service.status().reports == 1);
    assert_eq!(service.status().health, Health::Live);
    service.stop();
}

#[test]
fn each_report_that_does_not_hold_is_refused_by_itself() {
    let service = Service::with(HandClock::new(noon()), &[FEED]);
    let time = noon().to_string();
    let with = |key: &str, value: serde_json::Value| {
        let mut report = json!({ "address": "a4ff9c", "time": time, "lat": 35, "lon": 40 });
        report[key] = value;
        report
    };
    let expected = [
        ("lat", json!(91), "91 is not between -90 and 90"),
        ("lon", json!(-181), "-181 is not between -180 and 180"),
        ("lon", json!(null), "is missing: lat is given"),
        ("alt_ft", json!(1e9), "1000000000 is not between -3000 and 150000"),
        ("gs_kt", json!(-1), "-1 is not between 0 and 4500"),
        ("gs_kt", json!("fast"), "is no number"),
        ("trk_deg", json!(400), "400 is not between -360 and 360"),
        ("vs_fpm", json!(50_000), "50000 is not between -40000 and 40000"),
        ("on_ground", json!(1), "is neither true nor false"),
        ("squawk", json!("7800"), "\"7800\" is not four octal digits"),
        (
            "callsign",
            json!("MUCH TOO LONG"),
            "\"MUCH TOO LONG\" is longer than 8 bytes, or not plain text",
        ),
        ("address", json!("xyz"), "\"xyz\" is not an address"),
        ("address", json!(null), "is missing"),
        ("time", json!("noon"), "\"noon\" is not a time such as 2026-01-01T00:00:00.000Z"),
        ("time", json!(5), "is no text"),
        ("sigma_m", json!(0), "0 is not between 0.1 and 20000"),
        ("alt_reference", json!("qnh"), "\"qnh\" is neither \"pressure\" nor \"ellipsoid\""),
        ("altitude", json!(5), "is not a field of a report"),
    ];
    let mut reports: Vec<_> =
        expected.iter().map(|(key, value, _)| with(key, value.clone())).collect();
    reports.push(json!("nonsense"));
    reports.push(with("class", json!("zeppelin")));
    reports.push(with("constraint", json!("in a hurry")));
    reports.push(with("alt_ft", json!(null)));
    let count = reports.len();
    let pushed = service.feeds.push(0, &push(json!(reports))).unwrap();
    assert_eq!((pushed.accepted, pushed.refused.len()), (1, count - 1));
    for (index, (field, _, reason)) in expected.iter().enumerate() {
        let refusal = &pushed.refused[index];
        assert_eq!((refusal.index, refusal.field.as_str()), (index, *field));
        assert_eq!(refusal.reason, *reason);
    }
    assert!(pushed.refused[expected.len() + 1].reason.contains("lighter-than-air"));
    assert_eq!(service.errors("refused"), count as u64 - 1);
    service.stop();
}

#[test]
fn the_last_declaration_of_an_address_counts() {
    let service = Service::with(HandClock::new(noon()), &[FEED]);
    let report = |address: &str, callsign: &str| json!({ "address": address, "time": noon().to_string(), "callsign": callsign });
    let reports = json!([report("b", "B1"), report("a", "A1"), report("b", "B2")]);
    let pushed = service.feeds.push(0, &push(reports)).unwrap();
    let names: Vec<_> =
        pushed.declared.iter().map(|(_, d)| d.callsign.unwrap().to_string()).collect();
    assert_eq!(names, ["A1", "B2"]);
    service.stop();
}

#[test]
fn the_clock_of_a_party_is_not_believed_either() {
    let service = Service::with(HandClock::new(noon()), &[FEED]);
    let report = PushedReport {
        address: "~17".to_owned(),
        time: noon().plus_s(3600.0).to_string(),
        ..PushedReport::default()
    };
    let body = json!([serde_json::to_value(&report).unwrap()]);
    assert_eq!(service.feeds.push(0, &push(body)).unwrap().accepted, 1);
    assert_eq!(service.reports()[0].measured, noon());
    assert_eq!(service.errors("clock"), 1);
    service.stop();
}

#[test]
fn what_cannot_be_pushed_is_refused_as_a_whole() {
    let off = "name = \"off\"\nkind = \"push\"\nenabled = false\n";
    let udp = "name = \"udp\"\nkind = \"udp\"\nformat = \"sbs\"\nbind = \"127.0.0.1:0\"\n";
    let service = Service::with(HandClock::new(noon()), &[FEED, off, udp]);
    let one = push(json!([{}]));
    assert_eq!(service.feeds.push(7, &one), Err(PushError::Unknown(7)));
    assert_eq!(service.feeds.push(1, &one), Err(PushError::Off("off".into())));
    assert_eq!(service.feeds.push(2, &one), Err(PushError::NotPushed("udp".into())));
    let many = push(json!(vec![json!({}); 10_001]));
    assert_eq!(service.feeds.push(0, &many), Err(PushError::TooMany(10_001)));
    assert_eq!(service.feeds.number("udp"), Some(2));
    assert!(serde_json::from_str::<Push>("{\"report\":[]}").is_err());
    service.stop();
}

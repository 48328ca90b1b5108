//! Small invented inputs of each format and what becomes of them, to the letter.

use deconflict_core::{AircraftClass, Report, Time};
use deconflict_formats::{Format, Options, Reader};
use std::fmt::Write;

fn options() -> Options {
    Options {
        base_time: Time::from_unix_s(1_700_000_000.0),
        frames_per_s: Some(10.0),
        ..Options::default()
    }
}

/// One line an item, units as a controller would have them, only what was said.
fn show(report: &Report) -> String {
    let mut text = format!("{} {} {}", report.measured, report.address, report.technique);
    if report.received != report.measured {
        let _ = write!(text, " +{:.3}s", report.received.seconds_since(report.measured));
    }
    if let Some(point) = report.position {
        let _ = write!(text, " {:.4},{:.4}", point.lat_deg(), point.lon_deg());
    }
    let mut add = |name: &str, value: Option<f64>, unit: f64| {
        if let Some(value) = value {
            let _ = write!(text, " {name}={:.0}", value / unit);
        }
    };
    add("sigma_m", report.position_sigma_m.map(f64::from), 1.0);
    add("alt_ft", report.pressure_altitude_m, 0.3048);
    add("height_ft", report.ellipsoid_height_m, 0.3048);
    add("gs_kt", report.ground_speed_mps, 1852.0 / 3600.0);
    add("track", report.track_rad, 1f64.to_radians());
    add("rate_fpm", report.vertical_rate_mps, 0.3048 / 60.0);
    if let Some(ground) = report.on_ground {
        text += if ground { " ground" } else { " airborne" };
    }
    if let Some(callsign) = report.callsign {
        let _ = write!(text, " {callsign}");
    }
    if let Some(squawk) = report.squawk {
        let _ = write!(text, " {squawk:04}");
    }
    if report.class != AircraftClass::Unknown {
        let _ = write!(text, " {}", report.class);
    }
    text
}

#[track_caller]
fn check(format: Format, input: &[u8], expected: &[&str]) {
    let mut found: Vec<String> = Vec::new();
    for item in Reader::new(input, format, options()).unwrap() {
        found.push(match item {
            Ok(report) => show(&report),
            Err(error) => format!("{error:?}"),
        });
    }
    assert_eq!(found, expected);
}

#[test]
fn sbs() {
    check(
        Format::Sbs,
        b"MSG,3,1,1,ABCDEF,1,2024/05/01,12:00:00.250,2024/05/01,12:00:00.500,,35000,,,35.1,40.2,,,0,0,0,0\r\n\
          MSG,4,1,1,ABCDEF,1,2024/05/01,12:00:01.000,2024/05/01,12:00:01.000,,,450,359.5,,,-64,,0,0,0,0\n\
          \n\
          MSG,1,1,1,ABCDEF,1,2024/05/01,12:00:02.000,2024/05/01,12:00:02.000,TEST1   ,,,,,,,,0,0,0,0\n\
          MSG,6,1,1,ABCDEF,1,2024/05/01,12:00:03.000,2024/05/01,12:00:03.000,,,,,,,,0123,0,0,0,-1\n\
          MLAT,3,1,1,ABCDEF,1,2024/05/01,12:00:04.000,2024/05/01,12:00:04.000,,8902,213,296,35.1,-122.69,6,,,,,,,,\n\
          MSG,3,1,1,ABCDEF,1,2024/05/01,12:00:05.000,2024/05/01,12:00:05.000,,1e9,-5,,91.0,40.2,,,0,0,0,0\n\
          MSG,3,1,1,ABCDEF,1,2024/05/01,12:0\n\
          MSG,9,1,1,ABCDEF,1,2024/05/01,12:00:05.000,2024/05/01,12:00:05.000,,,,,,,,,,,,\n\
          MSG,8,1,1,XYZ,1,2024/05/01,12:00:05.000,2024/05/01,12:00:05.000,,,,,,,,,,,,\n\
          MSG,8,1,1,ABCDEF,1,3000/05/01,12:00:05.000,3000/05/01,12:00:05.000,,,,,,,,,,,,\n\
          STA,,5,179,400AE7,10103,2008/11/28,14:58:51.153,2008/11/28,14:58:51.153,RM\n\
          what is this\n",
        &[
            "2024-05-01T12:00:00.250Z abcdef ADS-B +0.250s 35.1000,40.2000 alt_ft=35000 airborne",
            "2024-05-01T12:00:01.000Z abcdef ADS-B gs_kt=450 track=360 rate_fpm=-64 airborne",
            "2024-05-01T12:00:02.000Z abcdef ADS-B airborne TEST1",
            "2024-05-01T12:00:03.000Z abcdef Mode S ground 0123",
            "2024-05-01T12:00:04.000Z abcdef MLAT 35.1000,-122.6900 alt_ft=8902 gs_kt=213 track=296 rate_fpm=6",
            "[impossible-value] record 7 (byte 476): altitude is beyond what aircraft do: \"1e9\"",
            "[impossible-value] record 7 (byte 476): ground speed is beyond what aircraft do: \"-5\"",
            "[impossible-position] record 7 (byte 476): position is not a place on the globe: \"91.0\"",
            "2024-05-01T12:00:05.000Z abcdef ADS-B airborne",
            "[truncated] record 8 (byte 572): record ends too early: \"MSG,3,1,1,ABCDEF,1,2024/05/01,12:0\"",
            "[unknown-message] record 9 (byte 607): transmission type is of no known kind: \"9\"",
            "[bad-address] record 10 (byte 686): address is not an aircraft address: \"XYZ\"",
            "[impossible-time] record 11 (byte 762): time is not a possible time: \"12:00:05.000\"",
            "[unknown-message] record 13 (byte 916): record is of no known kind: \"what is this\"",
        ],
    );
}

#[test]
fn sbs_with_offsets() {
    check(
        Format::Sbs,
        b"5,MSG,8,,,ABCDEF,,,,,,,,,,,,,,,,,\n\
          START,Wed May 1 12:00:00 +0000 UTC 2024\n\
          1500000000,MSG,5,,,ABCDEF,,,,,,,35000,,,,,,,0,0,0,0\n\
          2000000000,MSG,5,,,ABCSTART,Wed May 1 13:00:00 +0000 UTC 2024\n\
          1000000000,MSG,8,,,ABCDEF,,,,,,,,,,,,,,,,,\n\
          \0\0\0START,Thu May 2 13:00:00 +0000 UTC 2024\n\
          1000000000,MSG,8,,,ABCDEF,,,,,,,,,,,,,,,,,\n",
        &[
            "[missing-field] record 1 (byte 0): START is missing: \"5,MSG,8,,,ABCDEF,,,,,,,,,,,,,,,,,\"",
            "2024-05-01T12:00:01.500Z abcdef Mode S alt_ft=35000 airborne",
            "[truncated] record 4 (byte 126): record ends too early: \"2000000000,MSG,5,,,ABCSTART,Wed May 1 13\"",
            "2024-05-01T13:00:01.000Z abcdef Mode S",
            "2024-05-02T13:00:01.000Z abcdef Mode S",
        ],
    );
}

#[test]
fn sbs_sessions_can_be_kept_apart() {
    let input = b"START,Wed May 1 12:00:00 +0000 UTC 2024\n\
        5000000000,MSG,8,,,ABCDEF,,,,,,,,,,,,,,,,,\n\
        START,Wed May 1 12:00:00 +0000 UTC 2024\n\
        1000000000,MSG,8,,,ABCDEF,,,,,,,,,,,,,,,,,\n";
    let seconds_apart = |restart_gap_s| {
        let options = Options { restart_gap_s, ..Options::default() };
        let reports: Vec<_> =
            Reader::new(&input[..], Format::Sbs, options).unwrap().map(Result::unwrap).collect();
        reports[1].measured.seconds_since(reports[0].measured)
    };
    assert_eq!(seconds_apart(None), -4.0);
    assert_eq!(seconds_apart(Some(600.0)), 601.0);
}

#[test]
fn readsb_lines() {
    check(
        Format::ReadsbLines,
        br#"{"now":1700000000,"alt_baro":9975,"gscp":240,"lat":39.85,"lon":-119.85,"track":164.1,"hex":"abcdef","flight":"N123","flightdict":null}
{"now":1700000001,"alt_baro":"ground","lat":39.85,"lon":-119.85,"hex":"~2abcde","flight":"N123","flightdict":{"type":"tisb_trackfile","flight":"CALL1   ","alt_geom":1400,"baro_rate":-256,"nac_p":8,"category":"A7","nav_modes":["tcas"]}}
{"flight": "N/A", "now": 1700000002}
{"now":1700000003,"hex":"abcdef","lat":"x","lon":1,"track":NaN,"gs":null}
{"now":1700000004,"hex":"abcdef","lat":1,"lon":1
{"now":1700000005,"hex":"abcdef"} junk
{"now":1700000006,"lat":1,"lon":1}
{"lat":1,"lon":1,"hex":"abcdef"}
"#,
        &[
            "2023-11-14T22:13:20.000Z abcdef unknown 39.8500,-119.8500 alt_ft=9975 gs_kt=240 track=164 airborne N123",
            "2023-11-14T22:13:21.000Z ~2abcde TIS-B 39.8500,-119.8500 sigma_m=38 height_ft=1400 rate_fpm=-256 ground CALL1 rotorcraft",
            "[bad-number] record 4 (byte 408): lat is not a number: \"x\"",
            "2023-11-14T22:13:23.000Z abcdef unknown",
            "[truncated] record 5 (byte 482): record ends too early: \"{\\\"now\\\":1700000004,\\\"hex\\\":\\\"abcdef\\\",\\\"lat\\\":1\"",
            "[bad-structure] record 6 (byte 531): record does not follow the format: \"{\\\"now\\\":1700000005,\\\"hex\\\":\\\"abcdef\\\"} junk\"",
            "[missing-field] record 7 (byte 570): hex is missing: \"{\\\"now\\\":1700000006,\\\"lat\\\":1,\\\"lon\\\":1}\"",
            "[missing-field] record 8 (byte 605): now is missing: \"{\\\"lat\\\":1,\\\"lon\\\":1,\\\"hex\\\":\\\"abcdef\\\"}\"",
        ],
    );
}

#[test]
fn readsb_snapshot() {
    check(
        Format::ReadsbSnapshot,
        br#"{ "now" : 1700000000.5, "messages" : 7, "aircraft" : [
            {"hex":"abcdef","type":"adsb_icao","lat":35.1,"lon":40.2,"seen_pos":1.5,"seen":0.1,"alt_baro":35000,"geom_rate":64},
            {"hex":"abcde0","type":"mode_s","alt_baro":37000,"seen":0.5},
            {"hex":"abcde1","type":"mlat","lat":35.1,"lon":190.2,"seen_pos":-3,"squawk":"7700"} ] }
            {"aircraft":[{"hex":"abcdef","lat":1,"lon":1}]}"#,
        &[
            "2023-11-14T22:13:19.000Z abcdef ADS-B +1.500s 35.1000,40.2000 alt_ft=35000 rate_fpm=64 airborne",
            "2023-11-14T22:13:20.000Z abcde0 Mode S +0.500s alt_ft=37000 airborne",
            "[impossible-time] record 3 (byte 270): seen_pos is not a possible time: \"-3\"",
            "2023-11-14T22:13:20.500Z abcde1 MLAT 35.1000,-169.8000 7700",
            "[missing-field] record 4 (byte 383): now is missing: \"{\\\"hex\\\":\\\"abcdef\\\",\\\"lat\\\":1,\\\"lon\\\":1}\"",
        ],
    );
}

#[test]
fn readsb_trace() {
    check(
        Format::ReadsbTrace,
        br#"{"icao":"~abcdef","r":"N1","timestamp": 1700000000.000,"trace":[
            [1.5,35.1,40.2,35000,450.1,90.0,1,64,{"type":"adsb_icao","flight":"TEST1   ","nac_p":10},"adsb_icao",35500,0,280,0.0],
            [2.5,35.1,40.3,35500,null,null,12,64,null,"tisb_other",null,64],
            [3.5,35.1,40.4,"ground",3.5,10,0,null,null,null,null],
            ["x",35.1,40.4,1000,1,1,0,0]
        ]}"#,
        &[
            "2023-11-14T22:13:21.500Z ~abcdef ADS-B 35.1000,40.2000 sigma_m=4 alt_ft=35000 height_ft=35500 gs_kt=450 track=90 rate_fpm=64 airborne TEST1",
            "2023-11-14T22:13:22.500Z ~abcdef TIS-B 35.1000,40.3000 height_ft=35500 rate_fpm=64 airborne",
            "2023-11-14T22:13:23.500Z ~abcdef unknown 35.1000,40.4000 gs_kt=4 track=10 ground",
            "[bad-number] record 4 (byte 352): time is not a number: \"x\"",
        ],
    );
}

#[test]
fn opensky() {
    check(
        Format::OpenskyStates,
        br#"{"time":1700000000,"states":[
            ["abcdef","TEST1   ","Nowhere",1699999998,1699999999,40.2,35.1,9144.0,false,231.5,90.0,-0.3,null,9300.0,"1000",false,2,8],
            ["abcdef",null,null,null,1699999999,null,null,null,true,null,null,null,null,null,null,false,0],
            ["abcdef"]]}"#,
        &[
            "2023-11-14T22:13:18.000Z abcdef MLAT +2.000s 35.1000,40.2000 alt_ft=30000 height_ft=30512 gs_kt=450 track=90 rate_fpm=-59 airborne TEST1 1000 rotorcraft",
            "2023-11-14T22:13:19.000Z abcdef ADS-B +1.000s ground",
            "[bad-structure] record 3 (byte 285): states does not follow the format: \"[\\\"abcdef\\\"]\"",
        ],
    );
    check(
        Format::OpenskyRecords,
        br#"[{"timestamp":1700000000000,"icao24":"abcdef","latitude":35.1,"longitude":40.2,"altitude":30000.0,"geoaltitude":30500.0,"groundspeed":450.0,"track":90.0,"vertical_rate":-64,"onground":false,"squawk":"0","callsign":"TEST1"},
            {"timestamp":"2023-11-14T22:13:21.000Z","icao24":"abcdef","latitude":null,"longitude":null,"altitude":NaN},
            {"icao24":"abcdef"}]"#,
        &[
            "2023-11-14T22:13:20.000Z abcdef unknown 35.1000,40.2000 alt_ft=30000 height_ft=30500 gs_kt=450 track=90 rate_fpm=-64 airborne TEST1 0000",
            "2023-11-14T22:13:21.000Z abcdef unknown",
            "[missing-field] record 3 (byte 356): time is missing: \"{\\\"icao24\\\":\\\"abcdef\\\"}\"",
        ],
    );
    check(
        Format::OpenskyCsv,
        b"time,icao24,lat,lon,velocity,heading,vertrate,callsign,onground,alert,spi,squawk,baroaltitude,geoaltitude,lastposupdate,lastcontact\n\
          1700000000,abcdef,35.1,40.2,231.5,90.0,-0.3,TEST1,False,False,False,1000.0,9144.0,9300.0,1699999998.5,1699999999.75\n\
          1700000001,abcdef,,,,,,,,,,,,,,1699999999.75\n\
          1700000002,abcdef,35.1\n",
        &[
            "2023-11-14T22:13:18.500Z abcdef unknown +1.500s 35.1000,40.2000 alt_ft=30000 height_ft=30512 gs_kt=450 track=90 rate_fpm=-59 airborne TEST1 1000",
            "2023-11-14T22:13:19.750Z abcdef unknown +1.250s",
            "[truncated] record 4 (byte 293): record ends too early: \"1700000002,abcdef,35.1\"",
        ],
    );
}

/// The frames are the worked examples of J. Sun, "The 1090 Megahertz Riddle" (2021).
#[cfg(feature = "modes")]
#[test]
fn mode_s() {
    check(
        Format::Avr,
        b"*8D40621D58C386435CC412692AD6;\n\
          *8D40621D58C382D690C8AC2863A7;\n\
          *8D485020994409940838175B284F;\n\
          *8D4840D6202CC371C32CE0576098;\n\
          *8D4840D6202CC371C32CE0576099;\n\
          *A000083E202CC371C31DE0AA1CCF;\n\
          *7700;\n\
          *8D4840;\n\
          8D48\n",
        &[
            "2023-11-14T22:13:20.000Z 40621d ADS-B alt_ft=38000 airborne",
            "2023-11-14T22:13:20.100Z 40621d ADS-B 52.2572,3.9194 alt_ft=38000 airborne",
            "2023-11-14T22:13:20.200Z 485020 ADS-B gs_kt=159 track=183 rate_fpm=-832",
            "2023-11-14T22:13:20.300Z 4840d6 ADS-B KLM1023",
            "[bad-checksum] record 5 (byte 124): frame has a wrong checksum: \"?H@? ,?q?,?W`?\"",
            "[truncated] record 8 (byte 193): frame ends too early: \"?H\"",
            "[truncated] record 9 (byte 202): frame ends too early: \"8D48\"",
        ],
    );
    let mut reader = Reader::new(
        &b"1457996402,\"8D406B902015A678D4D220AA4BDA\",\"406B90\",4"[..],
        Format::ModesCsv,
        options(),
    )
    .unwrap();
    let report = reader.next().unwrap().unwrap();
    assert_eq!(report.callsign.unwrap().as_str(), "EZY85MH");
}

//! Reports as readsb writes them, one JSON object a line.

use crate::json::{self, Decimals};
use deconflict_core::units::{fpm_from_mps, ft_from_m, kt_from_mps};
use deconflict_core::{AddressSpace, AircraftClass, Report, Technique};
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
struct Line<'a> {
    now: Decimals<3>,
    hex: String,
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    flight: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alt_baro: Option<Level>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alt_geom: Option<Decimals<1>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gs: Option<Decimals<1>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    track: Option<Decimals<2>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baro_rate: Option<Decimals<0>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    squawk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lat: Option<Decimals<7>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lon: Option<Decimals<7>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nac_p: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seen_pos: Option<Decimals<3>>,
    seen: Decimals<3>,
    #[serde(skip_serializing_if = "Option::is_none")]
    feed: Option<&'a str>,
}

/// `"ground"`, or feet.
#[derive(Serialize)]
#[serde(untagged)]
enum Level {
    Ground(&'static str),
    Feet(Decimals<1>),
}

pub fn write(out: &mut impl Write, report: &Report, feed: Option<&str>) -> io::Result<()> {
    let age = Decimals(report.received.seconds_since(report.measured));
    let line = Line {
        now: Decimals(report.received.as_unix_s()),
        hex: report.address.to_string(),
        r#type: technique(report),
        flight: report.callsign.as_ref().map(|c| c.as_str()),
        alt_baro: match report.on_ground {
            Some(true) => Some(Level::Ground("ground")),
            _ => report.pressure_altitude_m.map(|m| Level::Feet(Decimals(ft_from_m(m)))),
        },
        alt_geom: report.ellipsoid_height_m.map(|m| Decimals(ft_from_m(m))),
        gs: report.ground_speed_mps.map(|v| Decimals(kt_from_mps(v))),
        track: report.track_rad.map(|t| Decimals(t.to_degrees())),
        baro_rate: report.vertical_rate_mps.map(|v| Decimals(fpm_from_mps(v))),
        squawk: report.squawk.map(|code| format!("{code:04}")),
        category: category(report.class),
        lat: report.position.map(|p| Decimals(p.lat_deg())),
        lon: report.position.map(|p| Decimals(p.lon_deg())),
        nac_p: report.position_sigma_m.map(nac_p),
        seen_pos: report.position.map(|_| age),
        seen: age,
        feed,
    };
    json::line(out, &line)
}

fn technique(report: &Report) -> &'static str {
    let icao = report.address.space == AddressSpace::Icao;
    match report.technique {
        Technique::AdsB if icao => "adsb_icao",
        Technique::AdsB => "adsb_other",
        Technique::AdsR if icao => "adsr_icao",
        Technique::AdsR => "adsr_other",
        Technique::TisB if icao => "tisb_icao",
        Technique::TisB => "tisb_trackfile",
        Technique::AdsC => "adsc",
        Technique::Mlat => "mlat",
        Technique::ModeS => "mode_s",
        Technique::Flarm | Technique::Radar | Technique::Declared | Technique::Unknown => "other",
    }
}

/// The emitter category that stands for a class, where there is one.
fn category(class: AircraftClass) -> Option<&'static str> {
    match class {
        AircraftClass::Transport | AircraftClass::Tanker => Some("A5"),
        AircraftClass::Light | AircraftClass::TowPlane => Some("A1"),
        AircraftClass::HighPerformance => Some("A6"),
        AircraftClass::Rotorcraft => Some("A7"),
        AircraftClass::Glider => Some("B1"),
        AircraftClass::LighterThanAir => Some("B2"),
        AircraftClass::Ultralight => Some("B4"),
        AircraftClass::Uncrewed => Some("B6"),
        AircraftClass::Surface => Some("C2"),
        AircraftClass::Unknown => None,
    }
}

/// The accuracy category whose bound (95 % radius, RTCA DO-260B 2.2.3.2.7.1.3.8)
/// holds for a standard deviation per axis.
fn nac_p(sigma_m: f32) -> u8 {
    const BOUNDS_M: [(f32, u8); 8] = [
        (3.0, 11),
        (10.0, 10),
        (30.0, 9),
        (92.6, 8),
        (185.2, 7),
        (555.6, 6),
        (926.0, 5),
        (1852.0, 4),
    ];
    // 95 % of a circular normal distribution lie within 2.45 standard deviations.
    let radius_m = 2.4477 * sigma_m;
    BOUNDS_M.iter().find(|(bound_m, _)| radius_m < *bound_m).map_or(0, |(_, category)| *category)
}

//! Contours and hazard zones against those that DAIDALUS prints for its example: the
//! polygons of `gold/DaidalusExample-*.out`.

#![allow(clippy::print_stdout)] // what was compared, or skipped, is said aloud

mod common;

use deconflict_daa::config::Config;
use deconflict_daa::contours::{Around, contours, hazard_zone};
use deconflict_daa::frame::{Flight, Frame};
use deconflict_daa::scenario::{Place, Scenario};

/// The polygons after a heading, as places in a frame.
fn polygons(text: &str, heading: &str, frame: &Frame) -> Vec<Vec<[f64; 2]>> {
    let mut lines = text.lines().skip_while(|l| !l.starts_with(heading)).skip(1);
    let line = lines.next().unwrap_or_default();
    let corner = |piece: &str| {
        let mut numbers = piece.split(',').map(|n| n.split('[').next().unwrap_or_default().trim());
        let mut next = || numbers.next()?.parse::<f64>().ok();
        let (lat, lon) = (next()?, next()?);
        let (lat_rad, lon_rad) = (lat.to_radians(), lon.to_radians());
        let [x, y, _] = frame.project(&Flight { lat_rad, lon_rad, ..Flight::default() }).position_m;
        Some([x, y])
    };
    let corners: Vec<[f64; 2]> = line.split('(').filter_map(corner).collect();
    if corners.is_empty() { Vec::new() } else { vec![corners] }
}

/// How far a point is from the outline of some polygons, metres.
fn away(at: [f64; 2], polygons: &[Vec<[f64; 2]>]) -> f64 {
    let mut least = f64::INFINITY;
    for polygon in polygons {
        for (k, a) in polygon.iter().enumerate() {
            let b = polygon[(k + 1) % polygon.len()];
            let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
            let t = ((at[0] - a[0]) * dx + (at[1] - a[1]) * dy) / (dx * dx + dy * dy).max(1e-12);
            let t = t.clamp(0.0, 1.0);
            least = least.min((at[0] - a[0] - t * dx).hypot(at[1] - a[1] - t * dy));
        }
    }
    least
}

fn worst(of: &[Vec<[f64; 2]>], from: &[Vec<[f64; 2]>]) -> f64 {
    of.iter().flatten().map(|p| away(*p, from)).fold(0.0, f64::max)
}

#[test]
fn shapes_agree_with_daidalus() {
    let Some(folder) = common::daidalus() else { return };
    for (name, conf) in [
        ("cd3d", "CD3D"),
        ("no_sum", "DO_365B_no_SUM"),
        ("nom_a", "Buffered_DWC_SC_228_nom_a"),
        ("nom_b", "Buffered_DWC_SC_228_nom_b"),
        ("tcasii", "TCAS3D"),
    ] {
        let path = folder.join(format!("gold/DaidalusExample-{name}.out"));
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let conf = std::fs::read_to_string(folder.join(format!("conf/{conf}.conf"))).unwrap();
        let config = Config::parse(&conf).unwrap();
        let start = text.find("NAME lat lon").unwrap();
        let rows: Vec<&str> = text[start..].lines().take(4).collect();
        let scenario = Scenario::parse(&rows.join("\n")).unwrap();
        let moment = &scenario.moments[0];
        let Place::Earth { lat_rad, lon_rad } = moment.own.place else { panic!() };
        let frame = Frame::at(lat_rad, lon_rad);
        let situation = moment.situation(&config);
        let pair = situation.pair(&situation.traffic[0]);
        let alerter = config.alerter(1).unwrap();
        let level =
            alerter.level(alerter.level_of_region(config.corrective_region).unwrap()).unwrap();
        let zone = |s| vec![hazard_zone(&pair, &level.detector, s, Around::Ownship)];
        let ours: Vec<Vec<[f64; 2]>> = contours(&pair, level, &config)
            .iter()
            .map(|c| c.iter().map(|p| p.position_m).collect())
            .collect();
        for (what, ours, heading) in [
            ("contour", ours, "Counter-clockwise Corrective Contour"),
            ("zone", zone(0.0), "Counter-clockwise Corrective Hazard Zone wrt"),
            (
                "alerting zone",
                zone(level.alerting_time_s),
                "Counter-clockwise Corrective Hazard Zone (with",
            ),
        ] {
            let theirs = polygons(&text, heading, &frame);
            let (n, m) = (theirs.iter().flatten().count(), ours.iter().flatten().count());
            let (missed, more) = (worst(&theirs, &ours), worst(&ours, &theirs));
            println!("{name} {what}: {n} corners, {m} of ours; {missed:.2} m and {more:.2} m off");
            assert!(n > 0 && m > 0, "{name} {what}");
            // Contours are told by the same directions, and ours go on to the outermost.
            // A zone's curved outline is cut by both, at different corners.
            let (tolerance_m, tip_m) = if what == "contour" { (0.05, 200.0) } else { (10.0, 10.0) };
            assert!(missed < tolerance_m && more < tip_m, "{name} {what}: {missed} {more}");
        }
    }
}

//! Contours and hazard zones as places: what a map can draw.

use deconflict_daa::config::{AlertLevel, Config};
use deconflict_daa::contours::{Around, contours, hazard_zone};
use deconflict_daa::frame::Frame;
use deconflict_daa::scenario::{Moment, Place};
use deconflict_daa::situation::Situation;
use serde_json::{Value, json};

/// For each intruder the shapes of its corrective level; `null` where it has none.
pub fn of_traffic(moment: &Moment, situation: &Situation, config: &Config) -> Vec<Value> {
    let there = Map::of(moment);
    let shapes = situation.traffic.iter().map(|intruder| {
        let number = situation.alerter_of(intruder, config.ownship_centric_alerting);
        let Some(level) = corrective(config, number) else { return Value::Null };
        let pair = situation.pair(intruder);
        let zone = |within_s: f64| -> Vec<Value> {
            let corners = hazard_zone(&pair, &level.detector, within_s, Around::Intruder);
            corners.into_iter().map(|at| there.place(at, 0.0)).collect()
        };
        let contours: Vec<Vec<Value>> = contours(&pair, level, config)
            .iter()
            .map(|c| c.iter().map(|p| there.place(p.position_m, p.time_s)).collect())
            .collect();
        json!({
            "places": there.names(),
            "contours": contours,
            "hazard_zone": zone(0.0),
            "alerting_zone": zone(level.alerting_time_s),
            "alerting_time_s": level.alerting_time_s,
        })
    });
    shapes.collect()
}

fn corrective(config: &Config, number: usize) -> Option<&AlertLevel> {
    let alerter = config.alerter(number)?;
    alerter.level(alerter.level_of_region(config.corrective_region)?)
}

/// From ownship's frame, which moves with the air, back to places.
struct Map {
    frame: Option<Frame>,
    origin_m: [f64; 2],
    wind_mps: [f64; 2],
}

impl Map {
    fn of(moment: &Moment) -> Map {
        let (frame, origin_m) = match moment.own.place {
            Place::Earth { lat_rad, lon_rad } => (Some(Frame::at(lat_rad, lon_rad)), [0.0; 2]),
            Place::Plane { x_m, y_m } => (None, [x_m, y_m]),
        };
        Map { frame, origin_m, wind_mps: moment.wind_mps() }
    }

    fn names(&self) -> Value {
        if self.frame.is_some() { json!(["lat_deg", "lon_deg"]) } else { json!(["x_m", "y_m"]) }
    }

    /// Over ground, wind carries a point until ownship gets there.
    fn place(&self, at_m: [f64; 2], time_s: f64) -> Value {
        let [x, y] = [0, 1].map(|k| at_m[k] + time_s * self.wind_mps[k]);
        match &self.frame {
            Some(frame) => {
                let (lat_rad, lon_rad) = frame.locate([x, y]);
                json!([lat_rad.to_degrees(), lon_rad.to_degrees()])
            }
            None => json!([x + self.origin_m[0], y + self.origin_m[1]]),
        }
    }
}

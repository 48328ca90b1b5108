//! A report as JSON: what the command line, the service and the map say is the same.

use super::{Alternative, Change, Conflict, GivesWay, Report, Sure};
use crate::document;
use crate::reservation::Reservation;
use crate::text;
use deconflict_core::{Altitude, Time};
use serde_json::{Value, json};

impl Report {
    /// The report on a plan as one object. What is not known is `null`.
    pub fn to_value(&self, plan: &Reservation) -> Value {
        json!({
            "plan": plan.id,
            "party": plan.party,
            "verdict": self.verdict.name(),
            "conflicts": self.conflicts.iter().map(conflict).collect::<Vec<_>>(),
            "alternatives": self.alternatives.iter().map(alternative).collect::<Vec<_>>(),
        })
    }
}

fn conflict(c: &Conflict) -> Value {
    let time = |t: Option<Time>| t.map(text::write_time);
    let limit = |a: Option<Altitude>| a.map(text::write_altitude);
    let (probability, unknown) = match &c.sure {
        Sure::Probability(p) => (Some((p * 1e4).round() / 1e4), None),
        Sure::CannotTell(why) => (None, Some(why)),
    };
    let degrees = |rad: f64| (rad.to_degrees() * 1e6).round() / 1e6;
    json!({
        "with": c.with,
        "party": c.party,
        "kind": c.kind.name(),
        "lat": degrees(c.at.lat_rad()),
        "lon": degrees(c.at.lon_rad()),
        "lower": limit(c.band.lower),
        "upper": limit(c.band.upper),
        "start": time(c.start),
        "end": time(c.end),
        "probability": probability,
        "cannot_tell": unknown,
        "gives_way": match c.gives_way { GivesWay::Plan => "plan", GivesWay::Other => "other" },
        "rule": c.rule,
        "says": c.says(),
    })
}

fn alternative(a: &Alternative) -> Value {
    let change = match a.change {
        Change::Time(s) => json!({ "time_s": s }),
        Change::Level(m) => json!({ "level_m": m }),
        Change::Route { distance_m, bearing_deg } => {
            json!({ "distance_m": distance_m, "bearing_deg": bearing_deg })
        }
    };
    json!({ "change": change, "says": a.says, "plan": document::value(&a.plan) })
}

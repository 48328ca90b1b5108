//! What an engine tells, and how it is written down.

use crate::feed::{FeedChange, FeedEvent};
use deconflict_alert::{
    AlertChange, FormationChange, Message, Origin, Status, Suppressed, Topic, WarningChange,
    WarningStatus,
};
use deconflict_core::{Subject, Time};
use serde_json::{Map, Value, json};

/// Something that somebody should know.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// An alert was raised, got worse or milder, or ended.
    Alert(AlertChange),
    /// A formation was recognised, changed or ended.
    Formation(FormationChange),
    /// A pair is not called for a reason, or no longer for this one (`until` is set).
    Suppression(Suppressed),
    /// A feed was first heard, fell silent or is back.
    Feed(FeedChange),
    /// An aircraft has left its plan, or comes to airspace that is another's; or no longer.
    Warning(WarningChange),
}

impl From<Message> for Event {
    fn from(message: Message) -> Event {
        match message {
            Message::Alert(change) => Event::Alert(change),
            Message::Formation(change) => Event::Formation(change),
            Message::Suppression(suppressed) => Event::Suppression(suppressed),
        }
    }
}

impl Event {
    /// When it happened, in the time of the data.
    pub fn time(&self) -> Time {
        match self {
            Event::Alert(change) => change.change.time,
            Event::Formation(change) => change.time,
            Event::Suppression(s) => s.until.unwrap_or(s.since),
            Event::Feed(change) => change.time,
            Event::Warning(change) => change.step.time,
        }
    }

    /// The event as one JSON object without a line end. `kind` says which: `alert`,
    /// `formation`, `suppressed`, `feed`, `warning`. Units are in the names; what is not known is null.
    pub fn to_json(&self) -> String {
        let value = match self {
            Event::Alert(change) => alert(change),
            Event::Formation(change) => formation(change),
            Event::Suppression(s) => suppressed(s),
            Event::Feed(change) => feed(change),
            Event::Warning(change) => warning(change),
        };
        value.to_string()
    }
}

/// A number with `decimals` of them: more would be noise.
fn round(number: f64, decimals: i32) -> Value {
    let scale = 10f64.powi(decimals);
    // Adding zero turns a negative zero into a plain one; NaN becomes null.
    json!((number * scale).round() / scale + 0.0)
}

fn time(time: Time) -> Value {
    Value::String(time.to_string())
}

fn who(subject: &Subject) -> Value {
    match subject.address {
        Some(address) => Value::String(address.to_string()),
        None => Value::String(format!("#{}", subject.id)),
    }
}

fn pair(out: &mut Map<String, Value>, a: &Subject, b: &Subject) {
    out.insert("a".into(), who(a));
    out.insert("b".into(), who(b));
    for (key, subject) in [("a_callsign", a), ("b_callsign", b)] {
        let callsign = subject.callsign.map(|c| c.to_string());
        out.insert(key.into(), json!(callsign));
    }
}

fn alert(change: &AlertChange) -> Value {
    let c = &change.change;
    let f = &c.figures;
    let mut out = Map::new();
    out.insert("kind".into(), json!("alert"));
    out.insert("alert_id".into(), json!(change.alert));
    out.insert("state".into(), json!(c.to.name()));
    out.insert("from".into(), json!(c.from.map(|s| s.name())));
    out.insert("time".into(), time(c.time));
    pair(&mut out, &change.a, &change.b);
    out.insert("rule".into(), json!(change.rule.as_str()));
    out.insert("t_in_s".into(), f.entry_s.map_or(Value::Null, |s| round(s, 1)));
    out.insert("tcpa_s".into(), round(f.tcpa_s, 1));
    out.insert("dcpa_m".into(), round(f.dcpa_m, 1));
    out.insert("vmiss_m".into(), round(f.vmiss_m, 1));
    out.insert("horizontal_m".into(), round(f.horizontal_m, 1));
    out.insert("vertical_m".into(), round(f.vertical_m, 1));
    out.insert("probability".into(), round(f.probability, 4));
    out.insert("first".into(), time(change.first));
    out.insert("least_horizontal_m".into(), round(change.closest.horizontal_m, 1));
    out.insert("least_vertical_m".into(), round(change.closest.vertical_m, 1));
    out.insert("least_time".into(), time(change.closest.time));
    if let Status::Ended(reason) = c.to {
        out.insert("end".into(), json!(reason.name()));
    }
    out.insert("reason".into(), json!(c.reason));
    Value::Object(out)
}

fn formation(change: &FormationChange) -> Value {
    let f = &change.formation;
    let (origin, name) = match f.origin {
        Origin::Declared(name) => ("declared", Some(name.to_string())),
        Origin::Inferred => ("inferred", None),
    };
    json!({
        "kind": "formation",
        "formation_id": f.id,
        "state": change.event.name(),
        "time": time(change.time),
        "members": f.members.iter().map(who).collect::<Vec<_>>(),
        "callsigns": f.members.iter().map(|m| m.callsign.map(|c| c.to_string())).collect::<Vec<_>>(),
        "origin": origin,
        "name": name,
        "since": time(f.since),
        "until": f.until.map(time),
        "reason": change.reason,
    })
}

fn suppressed(s: &Suppressed) -> Value {
    let mut out = Map::new();
    out.insert("kind".into(), json!("suppressed"));
    out.insert("state".into(), json!(if s.until.is_some() { "ended" } else { "begun" }));
    out.insert("time".into(), time(s.until.unwrap_or(s.since)));
    pair(&mut out, &s.a, &s.b);
    out.insert("since".into(), time(s.since));
    out.insert("until".into(), json!(s.until.map(|t| t.to_string())));
    out.insert("evaluations".into(), json!(s.evaluations));
    out.insert("reason".into(), json!(s.reason.words()));
    Value::Object(out)
}

fn feed(change: &FeedChange) -> Value {
    let f = &change.feed;
    let after_s = match change.event {
        FeedEvent::Back { after_s } => round(after_s, 1),
        FeedEvent::Heard | FeedEvent::Silent => Value::Null,
    };
    json!({
        "kind": "feed",
        "state": change.event.name(),
        "time": time(change.time),
        "feed": f.feed,
        "last": (f.reports > 0).then(|| time(f.last)),
        "period_s": round(f.period_s, 1),
        "silent_for_s": after_s,
        "reports": f.reports,
        "plots": f.plots,
    })
}

fn warning(change: &WarningChange) -> Value {
    let (step, f) = (&change.step, &change.step.figures);
    let mut out = Map::new();
    out.insert("kind".into(), json!("warning"));
    out.insert("warning_id".into(), json!(change.warning));
    out.insert("about".into(), json!(change.topic.name()));
    out.insert("state".into(), json!(step.to.name()));
    out.insert("from".into(), json!(step.from.map(|stage| stage.name())));
    out.insert("time".into(), time(step.time));
    out.insert("first".into(), time(change.first));
    out.insert("a".into(), who(&change.subject));
    out.insert("a_callsign".into(), json!(change.subject.callsign.map(|c| c.to_string())));
    match change.topic {
        Topic::Plan { id, party } => {
            out.insert("plan".into(), json!(id.as_str()));
            out.insert("party".into(), json!(party.map(|p| p.to_string())));
        }
        Topic::Area { id, name, kind, owner } => {
            out.insert("area".into(), json!(id.as_str()));
            out.insert("area_name".into(), json!(name.as_str()));
            out.insert("area_kind".into(), json!(kind.as_str()));
            out.insert("owner".into(), json!(owner.map(|o| o.to_string())));
        }
    }
    out.insert("lat".into(), round(f.position.lat_deg(), 5));
    out.insert("lon".into(), round(f.position.lon_deg(), 5));
    out.insert("altitude_m".into(), round(f.altitude.m, 1));
    out.insert("altitude_reference".into(), json!(f.altitude.reference.name()));
    out.insert("levels_known".into(), json!(f.levels_known));
    out.insert("t_in_s".into(), f.entry_s.map_or(Value::Null, |s| round(s, 1)));
    if let Some(fit) = &f.fit {
        out.insert("off_m".into(), round(fit.across_m, 1));
        out.insert("above_m".into(), fit.above_m.map_or(Value::Null, |m| round(m, 1)));
        out.insert("late_s".into(), round(fit.late_s, 1));
    }
    if let WarningStatus::Ended(reason) = step.to {
        out.insert("end".into(), json!(reason.name()));
    }
    out.insert("reason".into(), json!(step.reason));
    Value::Object(out)
}

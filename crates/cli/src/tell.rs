//! Events of the engine, told as text, CSV or JSON.

use crate::style::{Style, Tone};
use deconflict_core::{Subject, Time};
use deconflict_engine::Event;
use deconflict_engine::alert::{
    AlertChange, FormationChange, Stage, Status, Suppressed, Topic, WarningStage, WarningStatus,
};
use deconflict_engine::{FeedChange, FeedEvent};
use serde_json::Value;
use std::io::{self, Write};

/// In which form events are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A line a change, for people.
    Text(Style),
    /// A line a change, comma-separated, with a header.
    Csv,
    /// A line a change, as JSON.
    Json,
}

/// The columns of [`Form::Csv`].
const COLUMNS: &str = "kind,alert_id,state,time,a,b,rule,tcpa_s,dcpa_m,vmiss_m,probability,reason";

impl Form {
    /// What stands before the first event.
    pub fn begin(self, out: &mut impl Write) -> io::Result<()> {
        match self {
            Form::Csv => writeln!(out, "{COLUMNS}"),
            Form::Text(_) | Form::Json => Ok(()),
        }
    }

    /// One event. Feeds are called by their names.
    pub fn event(self, out: &mut impl Write, event: &Event, feeds: &[String]) -> io::Result<()> {
        match self {
            Form::Json => writeln!(out, "{}", json(event, feeds)),
            Form::Csv => csv(out, event, feeds),
            Form::Text(style) => match text(event, feeds, style) {
                Some(line) => writeln!(out, "{line}"),
                None => Ok(()),
            },
        }
    }
}

/// The name of a feed by its number.
pub fn feed_name(feeds: &[String], number: u16) -> &str {
    feeds.get(usize::from(number)).map_or("?", String::as_str)
}

fn json(event: &Event, feeds: &[String]) -> String {
    let text = event.to_json();
    let Event::Feed(change) = event else { return text };
    // The engine knows feeds by number only.
    match serde_json::from_str(&text) {
        Ok(Value::Object(mut members)) => {
            members.insert("name".into(), feed_name(feeds, change.feed.feed).into());
            Value::Object(members).to_string()
        }
        _ => text,
    }
}

/// How an aircraft is called in tables: its address, which no other has, or its number.
pub fn identity(subject: &Subject) -> String {
    subject.address.map_or_else(|| format!("#{}", subject.id), |a| a.to_string())
}

/// How a person calls an aircraft: call sign with address.
pub fn name(subject: &Subject) -> String {
    match subject.callsign {
        Some(callsign) => format!("{callsign} ({})", identity(subject)),
        None => identity(subject),
    }
}

fn csv(out: &mut impl Write, event: &Event, feeds: &[String]) -> io::Result<()> {
    let time = event.time().to_string();
    let number = |n: f64, decimals: usize| match n.is_finite() {
        true => format!("{n:.decimals$}"),
        false => String::new(),
    };
    let none = String::new;
    let cells: [String; 12] = match event {
        Event::Alert(change) => {
            let (c, f) = (&change.change, &change.change.figures);
            [
                "alert".into(),
                change.alert.to_string(),
                c.to.name().into(),
                time,
                identity(&change.a),
                identity(&change.b),
                change.rule.to_string(),
                number(f.tcpa_s, 1),
                number(f.dcpa_m, 1),
                number(f.vmiss_m, 1),
                number(f.probability, 4),
                c.reason.clone(),
            ]
        }
        Event::Formation(change) => {
            let members: Vec<_> = change.formation.members.iter().map(identity).collect();
            let [kind, state] = ["formation", change.event.name()].map(str::to_owned);
            let (a, reason) = (members.join(" "), change.reason.clone());
            [kind, none(), state, time, a, none(), none(), none(), none(), none(), none(), reason]
        }
        Event::Suppression(s) => {
            let state = if s.until.is_some() { "ended" } else { "begun" };
            let [kind, state] = ["suppressed", state].map(str::to_owned);
            let (a, b, reason) = (identity(&s.a), identity(&s.b), s.reason.words().to_owned());
            [kind, none(), state, time, a, b, none(), none(), none(), none(), none(), reason]
        }
        Event::Feed(change) => {
            let [kind, state] = ["feed", change.event.name()].map(str::to_owned);
            let a = feed_name(feeds, change.feed.feed).to_owned();
            let reason = feed_words(change);
            [kind, none(), state, time, a, none(), none(), none(), none(), none(), none(), reason]
        }
        Event::Warning(change) => {
            let [kind, state] = ["warning", change.step.to.name()].map(str::to_owned);
            let (id, a) = (change.warning.to_string(), identity(&change.subject));
            let (about, reason) = (topic_id(&change.topic), change.step.reason.clone());
            [kind, id, state, time, a, about, none(), none(), none(), none(), none(), reason]
        }
    };
    let quoted = cells.map(|cell| match cell.contains([',', '"', '\n']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    });
    writeln!(out, "{}", quoted.join(","))
}

/// How an event reads; nothing if a person need not hear of it.
pub fn text(event: &Event, feeds: &[String], style: Style) -> Option<String> {
    let (tone, word, rest) = match event {
        Event::Alert(change) => alert_words(change),
        Event::Formation(change) => (Tone::Quiet, "formation", formation_words(change)),
        Event::Suppression(s) if s.until.is_none() => (Tone::Quiet, "not called", pair_words(s)),
        Event::Suppression(_) => return None,
        Event::Feed(change) => {
            let tone = if change.event == FeedEvent::Silent { Tone::Warning } else { Tone::Quiet };
            let word = if change.event == FeedEvent::Silent { "FEED LOST" } else { "feed" };
            let name = feed_name(feeds, change.feed.feed);
            (tone, word, format!("{name}: {}", feed_words(change)))
        }
        Event::Warning(change) => {
            let (word, tone) = match change.step.to {
                WarningStatus::Open(WarningStage::Nonconforming) => ("off plan", Tone::Strong),
                WarningStatus::Open(WarningStage::Approaching) => ("enters", Tone::Caution),
                WarningStatus::Open(WarningStage::Inside) => ("INSIDE", Tone::Warning),
                WarningStatus::Ended(_) => ("ended", Tone::Quiet),
            };
            (tone, word, format!("warning {}: {}", change.warning, change.step.reason))
        }
    };
    let when = style.paint(Tone::Quiet, second(event.time()));
    Some(format!("{when}  {}  {rest}", style.paint(tone, format_args!("{word:<10}"))))
}

/// `2017-12-13T08:00:00Z`: evaluations are whole seconds apart.
pub fn second(time: Time) -> String {
    let text = time.to_string();
    format!("{}Z", text.split('.').next().unwrap_or(&text))
}

/// The word for the state of an alert, louder the worse it is.
pub fn state_word(status: Status) -> (&'static str, Tone) {
    match status {
        Status::Open(Stage::Planned) => ("planned", Tone::Plain),
        Status::Open(Stage::Predicted) => ("predicted", Tone::Strong),
        Status::Open(Stage::Imminent) => ("IMMINENT", Tone::Caution),
        Status::Open(Stage::Lost) => ("LOST", Tone::Warning),
        Status::Ended(_) => ("ended", Tone::Quiet),
    }
}

fn topic_id(topic: &Topic) -> String {
    match topic {
        Topic::Plan { id, .. } | Topic::Area { id, .. } => id.to_string(),
    }
}

fn alert_words(change: &AlertChange) -> (Tone, &'static str, String) {
    let (word, tone) = state_word(change.change.to);
    let (a, b) = (name(&change.a), name(&change.b));
    // The kernel's words begin with the two call signs; here stands more than those.
    let said = format!("{} and {} ", change.a.name(), change.b.name());
    let reason = match change.change.reason.strip_prefix(&said) {
        Some(rest) => format!(" {rest}"),
        None => format!(": {}", change.change.reason),
    };
    (tone, word, format!("alert {}: {a} and {b}{reason}", change.alert))
}

fn formation_words(change: &FormationChange) -> String {
    let members: Vec<_> = change.formation.members.iter().map(name).collect();
    let (id, event) = (change.formation.id, change.event.name());
    format!("{id} {event}: {}: {}", members.join(", "), change.reason)
}

fn pair_words(s: &Suppressed) -> String {
    format!("{} and {}: {}", name(&s.a), name(&s.b), s.reason)
}

fn feed_words(change: &FeedChange) -> String {
    match change.event {
        FeedEvent::Heard => "first heard".to_owned(),
        FeedEvent::Silent => format!(
            "silent since {}, usually never for longer than {:.0} s",
            second(change.feed.last),
            change.feed.period_s
        ),
        FeedEvent::Back { after_s } => format!("back after {after_s:.0} s"),
    }
}

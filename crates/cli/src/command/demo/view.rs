//! What the screen shows, as rows of text with a tone: everything but the drawing.

use super::show::Show;
use crate::output::thousands;
use crate::style::Tone;
use crate::tell::{self, feed_name};
use deconflict_core::units::{fpm_from_mps, ft_from_m, kt_from_mps, nm_from_m};
use deconflict_core::{Subject, Time};
use deconflict_engine::Feed;
use deconflict_engine::alert::{Alert, Stage, Status};
use deconflict_track::{Freshness, Track};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A row of a table.
pub struct Row {
    pub cells: Vec<String>,
    pub tone: Tone,
}

/// How an aircraft is called where there is little room.
fn short(subject: &Subject) -> String {
    subject.callsign.map_or_else(|| tell::identity(subject), |c| c.to_string())
}

pub const ALERT_COLUMNS: [(&str, u16); 9] = [
    ("STATE", 9),
    ("A", 8),
    ("B", 8),
    (">IN", 6),
    (">NOW NM", 6),
    (">FT", 6),
    (">CPA NM", 6),
    (">P", 4),
    ("RULE", 16),
];

/// The alerts that are on: the worst first, then the soonest.
pub fn alerts(show: &Show) -> Vec<Row> {
    let mut open: Vec<&Alert> = show.engine.alerts().alerts().collect();
    open.sort_by(|x, y| {
        let entry = |a: &Alert| a.figures.entry_s.unwrap_or(f64::INFINITY);
        y.stage().cmp(&x.stage()).then(entry(x).total_cmp(&entry(y))).then(x.id.cmp(&y.id))
    });
    open.into_iter().map(alert_row).collect()
}

fn alert_row(alert: &Alert) -> Row {
    let (word, tone) = tell::state_word(alert.status);
    let f = &alert.figures;
    Row {
        cells: vec![
            word.to_owned(),
            short(&alert.a),
            short(&alert.b),
            match (alert.stage(), f.entry_s) {
                (Some(Stage::Lost), _) => "now".to_owned(),
                (_, Some(entry_s)) => minutes(entry_s),
                (_, None) => "-".to_owned(),
            },
            format!("{:.1}", nm_from_m(f.horizontal_m)),
            format!("{:.0}", ft_from_m(f.vertical_m)),
            format!("{:.1}", nm_from_m(f.dcpa_m)),
            if f.probability.is_finite() { format!("{:.2}", f.probability) } else { "-".into() },
            alert.rule.to_string(),
        ],
        tone,
    }
}

/// `1:34`, minutes and seconds.
fn minutes(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    format!("{}:{:02}", whole / 60, whole % 60)
}

pub const TRACK_COLUMNS: [(&str, u16); 10] = [
    ("", 1),
    ("CALLSIGN", 8),
    ("ADDRESS", 7),
    ("OPERATOR", 8),
    (">LEVEL", 6),
    (">GS", 4),
    (">TRK", 3),
    (">V/S", 5),
    ("SEEN BY", 8),
    ("PICTURE", 9),
];

/// The tracks: those in the worst alerts first, then by call sign, those without one last.
pub fn tracks(show: &Show) -> Vec<Row> {
    let Some(now) = show.engine.now() else { return Vec::new() };
    let tracker = show.engine.tracker();
    let mut worst: BTreeMap<u64, Status> = BTreeMap::new();
    for alert in show.engine.alerts().alerts() {
        for id in [alert.a.id, alert.b.id] {
            let status = worst.entry(id).or_insert(alert.status);
            if alert.stage() > stage(*status) {
                *status = alert.status;
            }
        }
    }
    let mut all: Vec<&Track> = tracker.tracks().collect();
    all.sort_by_key(|t| {
        let (alert, callsign) = (worst.get(&t.id()).and_then(|s| stage(*s)), t.subject().callsign);
        (Reverse(alert), callsign.is_none(), callsign, t.address(), t.id())
    });
    let row = |t: &Track| track_row(t, now, tracker.freshness(t), worst.get(&t.id()).copied());
    all.into_iter().map(row).collect()
}

fn stage(status: Status) -> Option<Stage> {
    match status {
        Status::Open(stage) => Some(stage),
        Status::Ended(_) => None,
    }
}

fn track_row(track: &Track, now: Time, freshness: Freshness, alert: Option<Status>) -> Row {
    let subject = track.subject();
    let (_, velocity) = track.position_at(now);
    // A letter and a colour: the letter is enough.
    let (mark, alert_tone) = match alert.map(tell::state_word) {
        Some((word, tone)) => (word[..1].to_uppercase(), tone),
        None => (" ".to_owned(), Tone::Plain),
    };
    let age_s = track.age_s(now);
    let (picture, tone) = match freshness {
        Freshness::Live => (format!("{age_s:.0} s"), alert_tone),
        Freshness::Coasting => (format!("~ {age_s:.0} s"), alert_tone),
        Freshness::Stale => (format!("STALE {age_s:.0}"), Tone::Quiet),
    };
    let level = match (track.on_ground(), track.altitude()) {
        (true, _) => "ground".to_owned(),
        (_, Some(altitude)) => thousands(ft_from_m(altitude.m).max(0.0).round() as u64),
        (_, None) => "?".to_owned(),
    };
    let climb = fpm_from_mps(velocity.up_mps);
    Row {
        cells: vec![
            mark,
            subject.callsign.map_or_else(|| "-".to_owned(), |c| c.to_string()),
            tell::identity(subject),
            subject.operator.map_or_else(|| "-".to_owned(), |o| o.to_string()),
            level,
            format!("{:.0}", kt_from_mps(velocity.ground_speed_mps())),
            format!("{:03.0}", velocity.track_rad().to_degrees().round() % 360.0),
            if climb.abs() < 100.0 { "-".to_owned() } else { format!("{climb:+.0}") },
            track.technique().to_string(),
            picture,
        ],
        tone,
    }
}

pub const FEED_COLUMNS: [(&str, u16); 5] =
    [("FEED", 20), ("STATE", 16), (">REPORTS", 10), (">LATE BY", 8), (">LAST", 9)];

/// The feeds, by number, the silent ones first; those that have not been heard yet too.
pub fn feeds(show: &Show) -> Vec<Row> {
    let now = show.engine.now().unwrap_or(show.start);
    let row = |(number, name): (usize, &String)| {
        let heard = show.engine.feeds().find(|f| usize::from(f.feed) == number);
        match heard {
            Some(feed) => feed_row(show, feed, now),
            None => Row {
                cells: vec![
                    name.clone(),
                    "not heard yet".into(),
                    "0".into(),
                    "-".into(),
                    "-".into(),
                ],
                tone: Tone::Quiet,
            },
        }
    };
    let named = show.feed_names.iter().enumerate().filter(|(_, name)| !name.is_empty());
    let mut rows: Vec<Row> = named.map(row).collect();
    rows.sort_by_key(|row| row.tone != Tone::Warning);
    rows
}

fn feed_row(show: &Show, feed: &Feed, now: Time) -> Row {
    let (state, tone) = match feed.silent_since {
        Some(since) => (format!("SILENT {}", minutes(now.seconds_since(since))), Tone::Warning),
        None => ("live".to_owned(), Tone::Plain),
    };
    Row {
        cells: vec![
            feed_name(&show.feed_names, feed.feed).to_owned(),
            state,
            thousands(feed.reports),
            format!("{:.1} s", feed.latency_s),
            clock(feed.last),
        ],
        tone,
    }
}

/// `08:35:12`, the time of day in UTC.
pub fn clock(time: Time) -> String {
    time.to_string().get(11..19).unwrap_or_default().to_owned()
}

/// The one line that says how things are, and how loudly to say it.
pub fn headline(show: &Show) -> (String, Tone) {
    let feeds = show.engine.feeds();
    let silent: Vec<&str> = feeds
        .filter(|f| f.silent_since.is_some())
        .map(|f| feed_name(&show.feed_names, f.feed))
        .collect();
    let heard = show.engine.feeds().count();
    let of = |stage| show.engine.alerts().alerts().filter(|a| a.stage() == Some(stage)).count();
    let (lost, imminent, predicted) = (of(Stage::Lost), of(Stage::Imminent), of(Stage::Predicted));
    let planned = of(Stage::Planned);
    let warned = show.engine.warnings().warnings().count();
    let mut parts = Vec::new();
    if heard == 0 {
        parts.push("NO PICTURE: no feed has been heard".to_owned());
    } else if silent.len() == heard {
        parts.push("STALE PICTURE: every feed is silent".to_owned());
    } else if !silent.is_empty() {
        parts.push(format!("INCOMPLETE PICTURE: {} silent", silent.join(", ")));
    }
    if lost + imminent + predicted + planned + warned == 0 && silent.is_empty() && heard > 0 {
        parts.push("no alerts".to_owned());
    }
    let alerts = [(lost, "LOST"), (imminent, "IMMINENT"), (predicted, "predicted")];
    let others = [(planned, "planned"), (warned, "warned of a plan or an area")];
    for (number, word) in alerts.into_iter().chain(others) {
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    }
    let tone = match (lost > 0 || heard == silent.len(), imminent > 0 || !silent.is_empty()) {
        (true, _) => Tone::Warning,
        (false, true) => Tone::Caution,
        _ => Tone::Plain,
    };
    (parts.join("   "), tone)
}

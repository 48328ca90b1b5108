//! What a viewer is told: a snapshot, then changes.

use crate::advice::Advice;
use crate::alert::{Alert, FiguresOf};
use crate::feed::Feed;
use crate::live::Setup;
use crate::moment::{Note, NoteLevel, Picture, Step};
use crate::number::Stamp;
use crate::policy::{Policy, Viewer};
use crate::seen::{Seen, Veils, may_read, see_alert, see_warning, see_with};
use crate::track::{Row, Track, TrackView, Who};
use crate::warning::{Warning, WarningFiguresOf};
use bytes::Bytes;
use deconflict_core::Time;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::Arc;

/// How long messages are kept for those who come back, seconds of data time …
const KEPT_S: f64 = 120.0;
/// … and how many bytes of them at the most.
const KEPT_BYTES: usize = 48 * 1024 * 1024;
/// How often feeds are told when nothing happens to them, seconds.
const FEEDS_EVERY_S: f64 = 5.0;

/// The kinds of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Everything.
    Snapshot,
    /// New positions.
    Moves,
    /// New or changed identities.
    Tracks,
    /// An alert that changed.
    Alert,
    /// What keeps the aircraft of an alert apart.
    Advice,
    /// Present figures of all alerts that are on.
    Figures,
    /// The feeds.
    Feeds,
    /// A warning that changed.
    Warning,
    /// Something worth knowing.
    Note,
    /// What is reserved has changed.
    Reservations,
    /// A message between parties.
    Message,
    /// There will be no more.
    End,
}

impl Kind {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Snapshot => "snapshot",
            Kind::Moves => "moves",
            Kind::Tracks => "tracks",
            Kind::Alert => "alert",
            Kind::Advice => "advice",
            Kind::Figures => "figures",
            Kind::Feeds => "feeds",
            Kind::Warning => "warning",
            Kind::Note => "note",
            Kind::Reservations => "reservations",
            Kind::Message => "message",
            Kind::End => "end",
        }
    }
}

/// One message, written once for all who see the same.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its kind.
    pub kind: Kind,
    /// Counted up by one.
    pub seq: u64,
    /// The time of the data.
    pub time: Time,
    /// As a server-sent event; the JSON object stands in it.
    frame: Bytes,
    json_from: usize,
}

impl Message {
    fn new(run: &str, kind: Kind, seq: u64, time: Time, body: impl Serialize) -> Message {
        let head = format!("event: {}\nid: {run}:{seq}\ndata: ", kind.name());
        let json_from = head.len();
        let mut frame = head.into_bytes();
        let envelope = Envelope { kind: kind.name(), seq, time: Stamp(time), body };
        // Plain data with text keys: there is nothing in it that JSON could not hold, and JSON
        // holds no line end.
        let _ = serde_json::to_writer(&mut frame, &envelope);
        frame.extend_from_slice(b"\n\n");
        Message { kind, seq, time, frame: frame.into(), json_from }
    }

    /// The last message of a stream that is no view's own end.
    pub fn end(run: &str, seq: u64, time: Time, reason: &str) -> Message {
        Message::new(run, Kind::End, seq, time, EndBody { reason })
    }

    /// The message as a server-sent event, `event`, `id` and `data`.
    pub fn event(&self) -> Bytes {
        self.frame.clone()
    }

    /// The message as one JSON object.
    pub fn json(&self) -> Bytes {
        self.frame.slice(self.json_from..self.frame.len() - 2)
    }
}

/// What one kind of viewer is told.
#[derive(Debug)]
pub struct View {
    viewer: Viewer,
    run: String,
    name: String,
    live: bool,
    period_s: f64,
    speed: f64,
    seq: u64,
    veils: Veils,
    /// Who was seen in the last picture, by number.
    known: Vec<Arc<Who>>,
    seen: Seen,
    feeds_told: Option<Time>,
    kept: VecDeque<Message>,
    kept_bytes: usize,
}

#[derive(Serialize)]
struct Envelope<T> {
    kind: &'static str,
    seq: u64,
    time: Stamp,
    #[serde(flatten)]
    body: T,
}

#[derive(Serialize)]
struct Snapshot<'a> {
    run: &'a str,
    live: bool,
    speed: f64,
    period_s: f64,
    name: &'a str,
    tracks: Vec<TrackView<'a>>,
    alerts: Vec<&'a Alert>,
    feeds: &'a [Feed],
    incomplete: &'a [String],
    warnings: Vec<&'a Warning>,
}

#[derive(Serialize)]
struct Moves {
    rows: Vec<Row>,
    gone: Vec<u64>,
}

#[derive(Serialize)]
struct Tracks<'a> {
    tracks: Vec<TrackView<'a>>,
}

#[derive(Serialize)]
struct OneAlert<'a> {
    alert: &'a Alert,
}

#[derive(Serialize)]
struct OneWarning<'a> {
    warning: &'a Warning,
}

#[derive(Serialize)]
struct AdviceBody<'a> {
    alert: &'a str,
    advice: Option<&'a Advice>,
}

#[derive(Serialize)]
struct Figures<'a> {
    alerts: Vec<FiguresOf<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<WarningFiguresOf<'a>>,
}

#[derive(Serialize)]
struct FeedsBody<'a> {
    feeds: &'a [Feed],
    incomplete: &'a [String],
}

#[derive(Serialize)]
struct NoteBody<'a> {
    level: NoteLevel,
    text: &'a str,
}

#[derive(Serialize)]
struct EndBody<'a> {
    reason: &'a str,
}

impl View {
    /// A view that begins with the present picture. `live` is false for a recording.
    pub fn new(
        viewer: Viewer,
        policy: &Policy,
        setup: &Setup,
        picture: &Picture,
        is_live: bool,
    ) -> View {
        let mut veils = Veils::default();
        let seen = see_with(picture, &viewer, policy, &mut veils);
        View {
            viewer,
            run: setup.run.clone(),
            name: setup.name.clone(),
            live: is_live,
            period_s: setup.period_s,
            speed: setup.speed,
            seq: 0,
            veils,
            known: seen.tracks.iter().map(|t| t.who.clone()).collect(),
            seen,
            feeds_told: None,
            kept: VecDeque::new(),
            kept_bytes: 0,
        }
    }

    /// Who looks.
    pub fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// The number of the last message.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// How many times faster than real time it runs, from now on.
    pub fn set_speed(&mut self, speed: f64) {
        self.speed = speed;
    }

    /// Everything as it was last told. It carries the number of the last message.
    pub fn snapshot(&self) -> Message {
        let body = Snapshot {
            run: &self.run,
            live: self.live,
            speed: self.speed,
            period_s: self.period_s,
            name: &self.name,
            tracks: self.seen.tracks.iter().map(Track::view).collect(),
            alerts: self.seen.alerts.iter().map(|alert| &**alert).collect(),
            feeds: &self.seen.feeds,
            incomplete: &self.seen.incomplete,
            warnings: self.seen.warnings.iter().map(|warning| &**warning).collect(),
        };
        Message::new(&self.run, Kind::Snapshot, self.seq, self.seen.time, body)
    }

    /// What somebody has missed who got everything up to `seq` of `run`; `None` if that is not
    /// there any more, so that only a snapshot helps.
    pub fn missed(&self, run: &str, seq: u64) -> Option<Vec<Message>> {
        let first = self.kept.front().map_or(self.seq + 1, |message| message.seq);
        if run != self.run || seq > self.seq || seq + 1 < first {
            return None;
        }
        Some(self.kept.iter().filter(|message| message.seq > seq).cloned().collect())
    }

    /// What has changed for this viewer. Tracks come before the alerts that name them.
    pub fn update(&mut self, step: &Step, policy: &Policy) -> Vec<Message> {
        let mut messages = Vec::new();
        self.tell(step, policy, &mut |message| messages.push(message));
        messages
    }

    /// The same, each message as soon as it is written.
    pub fn tell(&mut self, step: &Step, policy: &Policy, out: &mut dyn FnMut(Message)) {
        let seen = see_with(&step.picture, &self.viewer, policy, &mut self.veils);
        let time = seen.time;
        let (changed, gone) = self.differences(&seen);
        if !changed.is_empty() {
            let tracks = changed.iter().map(|&at| seen.tracks[at].view()).collect();
            self.write(out, Kind::Tracks, time, Tracks { tracks });
        }
        for alert in &step.alerts {
            if let Some(alert) = see_alert(alert, &self.viewer, policy) {
                self.write(out, Kind::Alert, time, OneAlert { alert: &alert });
            }
        }
        for warning in &step.warnings {
            if let Some(warning) = see_warning(warning, &self.viewer, policy) {
                self.write(out, Kind::Warning, time, OneWarning { warning: &warning });
            }
        }
        for alert in &step.advised {
            if let Some(alert) = see_alert(alert, &self.viewer, policy) {
                let body = AdviceBody { alert: &alert.id, advice: alert.advice.as_deref() };
                self.write(out, Kind::Advice, time, body);
            }
        }
        if step.evaluated || !gone.is_empty() {
            let rows = seen.tracks.iter().filter(|t| t.moved).map(Track::row).collect();
            self.write(out, Kind::Moves, time, Moves { rows, gone });
        }
        let open = seen.alerts.iter().filter(|alert| alert.is_open());
        let figures: Vec<_> =
            open.map(|alert| FiguresOf { id: &alert.id, figures: alert.figures }).collect();
        let open = seen.warnings.iter().filter(|warning| warning.is_open());
        let warnings: Vec<_> = open.map(|warning| WarningFiguresOf::of(warning)).collect();
        if step.evaluated && !(figures.is_empty() && warnings.is_empty()) {
            self.write(out, Kind::Figures, time, Figures { alerts: figures, warnings });
        }
        let due = self.feeds_told.is_none_or(|told| time.seconds_since(told) >= FEEDS_EVERY_S);
        if step.feeds_changed || due {
            self.feeds_told = Some(time);
            let body = FeedsBody { feeds: &seen.feeds, incomplete: &seen.incomplete };
            self.write(out, Kind::Feeds, time, body);
        }
        for note in &step.notes {
            if may_read(note, step, &self.viewer, policy) {
                let Note { time, level, text, .. } = note;
                self.write(out, Kind::Note, *time, NoteBody { level: *level, text });
            }
        }
        self.known.clear();
        self.known.extend(seen.tracks.iter().map(|t| t.who.clone()));
        self.seen = seen;
    }

    /// The last message.
    pub fn end(&mut self, reason: &str) -> Message {
        self.message(Kind::End, self.seen.time, EndBody { reason })
    }

    /// A message about something that is no part of the picture.
    pub fn add(&mut self, kind: Kind, body: impl Serialize) -> Message {
        self.message(kind, self.seen.time, body)
    }

    /// The picture as it was last told.
    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    /// Places of the tracks that are new or another, and the numbers of those that are gone.
    fn differences(&self, seen: &Seen) -> (Vec<usize>, Vec<u64>) {
        let (mut changed, mut gone) = (Vec::new(), Vec::new());
        let mut known = self.known.iter().peekable();
        for (at, track) in seen.tracks.iter().enumerate() {
            let id = track.who.id;
            while let Some(left) = known.next_if(|who| who.id < id) {
                gone.push(left.id);
            }
            let before = known.next_if(|who| who.id == id);
            if before.is_none_or(|who| !Arc::ptr_eq(who, &track.who) && *who != track.who) {
                changed.push(at);
            }
        }
        gone.extend(known.map(|who| who.id));
        (changed, gone)
    }

    fn write(
        &mut self,
        out: &mut dyn FnMut(Message),
        kind: Kind,
        time: Time,
        body: impl Serialize,
    ) {
        out(self.message(kind, time, body));
    }

    /// Writes a message, and keeps it for those who come back.
    fn message(&mut self, kind: Kind, time: Time, body: impl Serialize) -> Message {
        self.seq += 1;
        let message = Message::new(&self.run, kind, self.seq, time, body);
        self.kept_bytes += message.frame.len();
        self.kept.push_back(message.clone());
        while let Some(oldest) = self.kept.front()
            && (self.kept_bytes > KEPT_BYTES || time.seconds_since(oldest.time) > KEPT_S)
        {
            self.kept_bytes -= oldest.frame.len();
            self.kept.pop_front();
        }
        message
    }
}

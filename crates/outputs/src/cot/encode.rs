//! Pictures and changes of alerts and warnings, as the events that a receiver needs.

use super::alert::AlertStyle;
use super::board::Board;
use super::config::{AlertsAs, CotConfig};
use super::event::{Event, deletion, document};
use super::track::{Freshness, TrackStyle};
use super::warning::WarningStyle;
use crate::inbox::Told;
use crate::wire::Encoder;
use bytes::Bytes;
use deconflict_core::{GeoPoint, Time};
use deconflict_picture::{Alert, Seen, Warning};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What has been told, and how.
pub(super) struct CotEncoder {
    style: AlertStyle,
    warning_style: WarningStyle,
    with_tracks: bool,
    /// The last picture.
    seen: Option<Arc<Seen>>,
    alerts: Board<Alert>,
    warnings: Board<Warning>,
    /// Tracks that receivers have, with their types and how fresh they are there.
    tracks: BTreeMap<u64, (&'static str, Freshness)>,
    /// Feeds that are silent, and where the map says so.
    silent: BTreeMap<String, Option<GeoPoint>>,
    /// When all was told.
    all_told: Option<Time>,
}

impl CotEncoder {
    pub fn new(config: &CotConfig, run: &str) -> CotEncoder {
        let tracks = TrackStyle {
            prefix: format!("deconflict.{run}"),
            affiliation: config.affiliation,
            altitude: config.altitude,
            every_s: config.every_s,
        };
        CotEncoder {
            warning_style: WarningStyle { warnings: config.warnings(), tracks: tracks.clone() },
            style: AlertStyle { alerts: config.alerts, tracks },
            with_tracks: config.tracks,
            seen: None,
            alerts: Board::default(),
            warnings: Board::default(),
            tracks: BTreeMap::new(),
            silent: BTreeMap::new(),
            all_told: None,
        }
    }

    /// Whether it is time to tell everything again. A clock that was set back must not mean
    /// silence until it is where it was.
    fn is_due(&self, time: Time) -> bool {
        let every_s = self.style.tracks.every_s;
        // A picture comes once a second or so: half a step early is on time.
        self.all_told.is_none_or(|last| {
            let passed_s = time.seconds_since(last);
            passed_s < 0.0 || passed_s >= every_s - 0.05
        })
    }

    fn tell_tracks(&mut self, seen: &Seen, all: bool, events: &mut Vec<Event>) {
        let style = &self.style.tracks;
        let mut before = std::mem::take(&mut self.tracks);
        for track in &seen.tracks {
            let (id, freshness) = (track.who.id, Freshness::of(&track.motion));
            let had = before.remove(&id);
            // What gets worse is told at once.
            if all || had.is_some_and(|(_, told)| told < freshness) {
                events.push(style.event(track, seen.time));
            } else if had.is_none() {
                continue;
            }
            self.tracks.insert(id, (track.who.class, freshness));
        }
        for (id, (class, _)) in before {
            events.push(deletion(&style.uid(id), &style.kind(class), seen.time));
        }
    }

    fn tell_alerts(&mut self, told: &Told, all: bool, events: &mut Vec<Event>) {
        let picture = told.evaluated.then_some(&*told.seen.alerts);
        let changed = self.alerts.take(picture, &told.alerts);
        let style = &self.style;
        if style.alerts != AlertsAs::None {
            let tell = |alert: &Alert| style.events(alert, &told.seen);
            let gone = |id: &str| style.gone(id, told.time);
            self.alerts.tell(&changed, all, tell, gone, events);
        }
    }

    fn tell_warnings(&mut self, told: &Told, all: bool, events: &mut Vec<Event>) {
        let picture = told.evaluated.then_some(&*told.seen.warnings);
        let changed = self.warnings.take(picture, &told.warnings);
        let style = &self.warning_style;
        if style.warnings != AlertsAs::None {
            let tell = |warning: &Warning| style.events(warning, told.seen.time);
            let gone = |id: &str| style.gone(id, told.time);
            self.warnings.tell(&changed, all, tell, gone, events);
        }
    }

    fn tell_feeds(&mut self, seen: &Seen, all: bool, events: &mut Vec<Event>) {
        let before = std::mem::take(&mut self.silent);
        for feed in &seen.incomplete {
            let at = before.get(feed).copied();
            if all || at.is_none() {
                let at = at.unwrap_or_else(|| whereabouts(seen, feed));
                events.push(self.style.silent(feed, at, seen.time));
                self.silent.insert(feed.clone(), at);
            } else {
                self.silent.insert(feed.clone(), at.flatten());
            }
        }
        for feed in before.keys().filter(|feed| !self.silent.contains_key(*feed)) {
            events.extend(self.style.back(feed, seen.time));
        }
    }
}

/// Where on the map to say that a feed is silent: at an aircraft that it has seen, else at
/// any, so that it stands where people look.
fn whereabouts(seen: &Seen, feed: &str) -> Option<GeoPoint> {
    let of_feed = seen.tracks.iter().find(|track| track.who.feeds.iter().any(|f| f == feed));
    let motion = &of_feed.or_else(|| seen.tracks.first())?.motion;
    GeoPoint::from_deg(motion.lat_deg, motion.lon_deg)
}

impl Encoder for CotEncoder {
    fn news(&mut self, told: &Told) -> Vec<Bytes> {
        let mut events = Vec::new();
        let all = told.evaluated && self.is_due(told.time);
        if all {
            self.all_told = Some(told.time);
        }
        // Alerts first: they are what cannot wait for thousands of tracks.
        self.tell_alerts(told, all, &mut events);
        self.tell_warnings(told, all, &mut events);
        if told.evaluated {
            self.tell_feeds(&told.seen, all, &mut events);
            if self.with_tracks {
                self.tell_tracks(&told.seen, all, &mut events);
            }
            self.seen = Some(told.seen.clone());
        }
        events.iter().filter_map(document).collect()
    }

    fn snapshot(&self) -> Vec<Bytes> {
        let Some(seen) = &self.seen else { return Vec::new() };
        let mut events = Vec::new();
        if self.style.alerts != AlertsAs::None {
            events.extend(self.alerts.iter().flat_map(|a| self.style.events(a, seen)));
        }
        if self.warning_style.warnings != AlertsAs::None {
            let style = &self.warning_style;
            events.extend(self.warnings.iter().flat_map(|w| style.events(w, seen.time)));
        }
        events.extend(self.silent.iter().map(|(f, at)| self.style.silent(f, *at, seen.time)));
        if self.with_tracks {
            events.extend(seen.tracks.iter().map(|t| self.style.tracks.event(t, seen.time)));
        }
        events.iter().filter_map(document).collect()
    }
}

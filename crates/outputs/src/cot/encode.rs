//! Pictures and changes of alerts, as the events that a receiver needs.

use super::alert::AlertStyle;
use super::config::{AlertsAs, CotConfig};
use super::event::{Event, deletion, document};
use super::track::{Freshness, TrackStyle};
use crate::inbox::Told;
use crate::wire::Encoder;
use bytes::Bytes;
use deconflict_core::{GeoPoint, Time};
use deconflict_picture::{Alert, Seen};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What has been told, and how.
pub(super) struct CotEncoder {
    style: AlertStyle,
    with_tracks: bool,
    /// The last picture.
    seen: Option<Arc<Seen>>,
    /// The alerts of the last picture, and what has changed in them since.
    alerts: BTreeMap<String, Arc<Alert>>,
    /// Tracks that receivers have, with their types and how fresh they are there.
    tracks: BTreeMap<u64, (&'static str, Freshness)>,
    /// Alerts that receivers have as open.
    open: BTreeMap<String, ()>,
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
            style: AlertStyle { alerts: config.alerts, tracks },
            with_tracks: config.tracks,
            seen: None,
            alerts: BTreeMap::new(),
            tracks: BTreeMap::new(),
            open: BTreeMap::new(),
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
        if told.evaluated {
            let alerts = told.seen.alerts.iter().map(|a| (a.id.clone(), a.clone()));
            self.alerts = alerts.collect();
        }
        // Of several states of one alert the last counts.
        let changed: BTreeMap<&str, &Arc<Alert>> =
            told.alerts.iter().map(|alert| (alert.id.as_str(), alert)).collect();
        for (id, alert) in &changed {
            self.alerts.insert((*id).to_owned(), (*alert).clone());
        }
        if self.style.alerts == AlertsAs::None {
            return;
        }
        for (id, alert) in &self.alerts {
            let is_open = alert.is_open();
            let was_open = self.open.contains_key(id);
            if changed.contains_key(id.as_str()) || (is_open && all) || (was_open && !is_open) {
                events.extend(self.style.events(alert, &told.seen));
            }
            match is_open {
                true => self.open.insert(id.clone(), ()),
                false => self.open.remove(id),
            };
        }
        let (alerts, style) = (&self.alerts, &self.style);
        self.open.retain(|id, ()| {
            let there = alerts.contains_key(id);
            if !there {
                events.push(style.gone(id, told.time));
            }
            there
        });
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
            // Those that ended lately too: whoever was away may have them as open.
            events.extend(self.alerts.values().flat_map(|a| self.style.events(a, seen)));
        }
        events.extend(self.silent.iter().map(|(f, at)| self.style.silent(f, *at, seen.time)));
        if self.with_tracks {
            events.extend(seen.tracks.iter().map(|t| self.style.tracks.event(t, seen.time)));
        }
        events.iter().filter_map(document).collect()
    }
}

//! From the engine's tracks to those of a picture.

use crate::track::{Motion, Track, Who, reference};
use deconflict_core::units::ft_from_m;
use deconflict_core::{AltitudeReference, GeoPoint, Subject, Time};
use deconflict_engine::Engine;
use deconflict_track as track;
use deconflict_track::Freshness;
use std::collections::VecDeque;
use std::sync::Arc;

/// Positions that a track must have before it is shown: one alone may be noise.
const LEAST_HITS: u64 = 2;
/// Seconds between two points of a trail.
const TRAIL_STEP_S: f64 = 10.0;
/// Points of a trail: with the step, twenty minutes.
const TRAIL_POINTS: usize = 120;

/// Where an aircraft was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Past {
    pub time: Time,
    pub lat_deg: f64,
    pub lon_deg: f64,
    pub alt_ft: Option<f64>,
}

/// What is remembered of a track from one picture to the next.
#[derive(Clone, Debug)]
struct Kept {
    subject: Subject,
    squawk: Option<u16>,
    feeds: track::Feeds,
    on_ground: bool,
    reference: Option<AltitudeReference>,
    who: Arc<Who>,
    last_position: Time,
    freshness: Freshness,
    trail: VecDeque<Past>,
}

/// Builds pictures and remembers what has not changed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Builder {
    /// By number of the track.
    kept: Vec<Kept>,
    before: Vec<Kept>,
}

impl Builder {
    /// The tracks at `now`. `names` are those of the feeds, `silent` says which do not speak.
    pub fn tracks(
        &mut self,
        engine: &Engine,
        now: Time,
        names: &[String],
        silent: &[bool],
    ) -> Vec<Track> {
        std::mem::swap(&mut self.kept, &mut self.before);
        self.kept.clear();
        let mut before = self.before.drain(..).peekable();
        let mut tracks = Vec::with_capacity(self.kept.capacity());
        for track in engine.tracker().tracks().filter(|t| t.hits() >= LEAST_HITS) {
            let id = track.id();
            while before.next_if(|kept| kept.subject.id < id).is_some() {}
            let kept = before.next_if(|kept| kept.subject.id == id);
            let (kept, shown) = show(engine, now, names, silent, track, kept);
            self.kept.push(kept);
            tracks.push(shown);
        }
        tracks
    }

    /// Where an aircraft was, oldest first; nothing, if there is no such track.
    pub fn trail(&self, id: u64) -> impl Iterator<Item = &Past> {
        let at = self.kept.binary_search_by_key(&id, |kept| kept.subject.id);
        at.ok().into_iter().flat_map(|at| self.kept[at].trail.iter())
    }
}

fn show(
    engine: &Engine,
    now: Time,
    names: &[String],
    silent: &[bool],
    track: &track::Track,
    kept: Option<Kept>,
) -> (Kept, Track) {
    let is_silent = |feed: u16| silent.get(usize::from(feed)).copied().unwrap_or(false);
    let feeds = track.feeds();
    // PIC-2: however young its last position, nobody is looking any more.
    let unseen = !feeds.is_empty() && feeds.iter().all(is_silent);
    let freshness = if unseen { Freshness::Stale } else { engine.tracker().freshness(track) };
    let segment = track.segment(now, 0.0);
    let (position, altitude) = match &segment {
        Some(segment) => (segment.state.position, Some(segment.state.altitude)),
        None => (track.position_at(now).0, track.altitude()),
    };
    let mut motion = Motion::at(position, track.age_s(now), freshness).with_altitude(altitude);
    if let Some(segment) = &segment {
        let h = &segment.state.covariance.horizontal;
        let sigma_m = (0.5 * (h[0][0] + h[1][1])).max(0.0).sqrt();
        motion = motion.with_velocity(&segment.state.velocity);
        motion.sigma_m = crate::number::maybe(sigma_m, 0);
    }
    let reference_now = altitude.map(|a| a.reference);
    let same = |kept: &Kept| {
        kept.subject == *track.subject()
            && kept.squawk == track.squawk()
            && kept.feeds == feeds
            && kept.on_ground == track.on_ground()
            && kept.reference == reference_now
    };
    let moved = kept.as_ref().is_none_or(|kept| {
        kept.last_position != track.last_position() || kept.freshness != freshness
    });
    let (who, trail) = match kept {
        Some(kept) if same(&kept) => (kept.who, kept.trail),
        other => {
            let feeds = feeds.iter().filter_map(|f| names.get(usize::from(f)).cloned());
            let who = who(track, feeds.collect(), reference(altitude));
            (Arc::new(who), other.map(|kept| kept.trail).unwrap_or_default())
        }
    };
    let mut kept = Kept {
        subject: *track.subject(),
        squawk: track.squawk(),
        feeds: track.feeds(),
        on_ground: track.on_ground(),
        reference: reference_now,
        who: who.clone(),
        last_position: track.last_position(),
        freshness,
        trail,
    };
    if freshness != Freshness::Stale {
        kept.extend(now, position, altitude.map(|a| ft_from_m(a.m).round()));
    }
    (kept, Track { who, motion, moved })
}

impl Kept {
    fn extend(&mut self, time: Time, position: GeoPoint, alt_ft: Option<f64>) {
        if self.trail.back().is_some_and(|last| time.seconds_since(last.time) < TRAIL_STEP_S) {
            return;
        }
        if self.trail.len() == TRAIL_POINTS {
            self.trail.pop_front();
        }
        let (lat_deg, lon_deg) = (position.lat_deg(), position.lon_deg());
        self.trail.push_back(Past { time, lat_deg, lon_deg, alt_ft });
    }
}

fn who(track: &track::Track, feeds: Vec<String>, alt_reference: Option<&'static str>) -> Who {
    let subject = track.subject();
    Who {
        id: subject.id,
        address: subject.address.map(|a| a.to_string()),
        callsign: subject.callsign.map(|c| c.to_string()),
        operator: subject.operator.map(|o| o.to_string()),
        class: subject.class.name(),
        formation: subject.formation.map(|f| f.to_string()),
        technique: subject.technique.name(),
        squawk: track.squawk().map(|code| format!("{code:04}")),
        feeds,
        identity: true,
        on_ground: track.on_ground(),
        alt_reference,
    }
}

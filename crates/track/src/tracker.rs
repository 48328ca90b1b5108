//! The engine: reports in, tracks and events out.

use crate::associate::{Associate, ByAddress, Candidates, Slot};
use crate::config::{Assumed, Config};
use crate::event::{DropReason, Event, EventKind, Statistics};
use crate::horizontal::Gate;
use crate::order;
use crate::reorder::{Due, Reorder};
use crate::sanity;
use crate::store::Store;
use crate::track::{Freshness, Track};
use deconflict_core::{GeoPoint, Registry, Report, Segment, Subject, Technique, Time};
use std::cmp::Ordering;

/// Tentative tracks of one address at a time: more only comes of random positions.
const TENTATIVE_PER_ADDRESS: usize = 2;
/// A tentative track without a further position for this long is forgotten, seconds...
const TENTATIVE_FOR_S: f64 = 15.0;
/// ...or for so many of its periods.
const TENTATIVE_PERIODS: f64 = 4.0;
/// A track counts as silent beside a tentative one after so many periods.
const SILENT_PERIODS: f64 = 1.5;
/// Tracks are looked through for silent ones this often, seconds.
const SWEEP_EVERY_S: f64 = 1.0;

/// One aircraft's predicted flight, for the detector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// Whose it is.
    pub subject: Subject,
    /// State now, growth of its uncertainty, and the end of the look-ahead.
    pub segment: Segment,
}

/// Turns reports into tracks.
///
/// Time is what the reports and the caller say: `now` is the present, by a clock
/// when live and by [`DataClock`](crate::DataClock) in a replay. The state after
/// a step depends on the reports and the `now`s given and on nothing else.
#[derive(Debug)]
pub struct Tracker<A: Associate = ByAddress> {
    config: Config,
    registry: Registry,
    associate: A,
    store: Store,
    reorder: Reorder,
    /// Memory of the last bucket, for the next.
    spare: Due,
    /// The present as given.
    now: Time,
    /// The present as far as reports have been received: never beyond `now`.
    watermark: Time,
    next_sweep: Time,
    doomed: Vec<Slot>,
    events: Vec<Event>,
    statistics: Statistics,
}

impl Tracker<ByAddress> {
    /// A tracker that goes by address.
    pub fn new(config: Config, registry: Registry) -> Tracker {
        Tracker::with_association(config, registry, ByAddress::default())
    }
}

impl Default for Tracker<ByAddress> {
    fn default() -> Tracker {
        Tracker::new(Config::default(), Registry::default())
    }
}

impl<A: Associate> Tracker<A> {
    /// A tracker with another way to find the tracks that a report may be about.
    pub fn with_association(config: Config, registry: Registry, associate: A) -> Tracker<A> {
        Tracker {
            reorder: Reorder::new(config.reorder_window_s, config.future_tolerance_s),
            config,
            registry,
            associate,
            store: Store::default(),
            spare: Due::default(),
            now: Time::MIN,
            watermark: Time::MIN,
            next_sweep: Time::MIN,
            doomed: Vec::new(),
            events: Vec::new(),
            statistics: Statistics::default(),
        }
    }

    /// Takes in reports that have been received until `now`, and lets time pass
    /// until then. Returns what happened to tracks, in order.
    ///
    /// `now` never goes back: an earlier one counts as the latest given so far.
    pub fn step(&mut self, now: Time, reports: &[Report]) -> &[Event] {
        self.events.clear();
        self.now = self.now.max(now);
        for report in reports {
            self.accept(report);
        }
        self.watermark = self.now;
        self.reorder.start(self.watermark);
        self.release_due();
        if self.watermark >= self.next_sweep {
            self.sweep();
        }
        &self.events
    }

    /// Takes in all reports that still wait, as at the end of a recording.
    pub fn flush(&mut self) -> &[Event] {
        self.events.clear();
        while self.release_oldest() {}
        &self.events
    }

    /// Replaces what is declared of aircraft, for tracks that exist as well.
    pub fn set_registry(&mut self, registry: Registry) {
        self.registry = registry;
        for track in self.store.iter_mut() {
            track.declare(&self.registry.get(track.address()), &self.config);
        }
    }

    /// The live tracks by ascending id.
    pub fn tracks(&self) -> impl Iterator<Item = &Track> {
        self.store.iter()
    }

    /// The live track with this number.
    pub fn track(&self, id: u64) -> Option<&Track> {
        self.store.by_id(id)
    }

    /// How many tracks live.
    pub fn len(&self) -> usize {
        self.store.len()
    }

    /// Whether there are no tracks.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How fresh a track is at the present.
    pub fn freshness(&self, track: &Track) -> Freshness {
        track.freshness(self.now, &self.config)
    }

    /// The present as last given.
    pub fn now(&self) -> Time {
        self.now
    }

    /// Reports that wait in the reorder window.
    pub fn pending(&self) -> usize {
        self.reorder.pending()
    }

    /// Places for tracks in memory: the greatest number that lived at one time.
    pub fn places(&self) -> usize {
        self.store.places()
    }

    /// How many reports met which end.
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Replaces the contents of `out` by the predictions at `now` of all tracks
    /// that `keep` selects and that have altitude and velocity, by ascending id.
    /// Allocates nothing once `out` has grown.
    pub fn predict_into(
        &self,
        now: Time,
        lookahead_s: f64,
        keep: impl Fn(&Track) -> bool,
        out: &mut Vec<Prediction>,
    ) {
        out.clear();
        out.extend(self.store.iter().filter(|track| keep(track)).filter_map(|track| {
            let segment = track.segment(now, lookahead_s)?;
            Some(Prediction { subject: *track.subject(), segment })
        }));
    }

    /// Judges a report's times and puts it into its place in the order.
    fn accept(&mut self, report: &Report) {
        let (config, count) = (&self.config, &mut self.statistics);
        count.reports += 1;
        let ahead_s = config.future_tolerance_s;
        // One wild time stamp must not pass for the present: that would end all tracks.
        let received = report.received.min(self.now);
        if report.received.seconds_since(self.now) > ahead_s
            || report.measured.seconds_since(received) > ahead_s
        {
            count.future += 1;
            return;
        }
        if self.watermark.seconds_since(report.measured) > config.oldest_s
            && self.watermark != Time::MIN
        {
            count.too_old += 1;
            return;
        }
        if received > self.watermark {
            self.watermark = received;
            self.reorder.start(received);
            self.release_due();
        }
        let repaired = sanity::repaired(report);
        let report = repaired.as_ref().unwrap_or(report);
        self.statistics.implausible += u64::from(repaired.is_some());
        if self.reorder.is_late(report.measured) {
            self.process(report, true);
        } else if self.reorder.push(report) {
            while self.reorder.pending() > self.config.max_pending {
                self.statistics.overflow += 1;
                self.release_oldest();
            }
        } else {
            self.statistics.future += 1;
        }
    }

    fn release_due(&mut self) {
        let mut spare = std::mem::take(&mut self.spare);
        loop {
            match self.reorder.take_due(self.watermark, spare) {
                Ok(due) => spare = self.process_bucket(due),
                Err(unused) => break self.spare = unused,
            }
        }
    }

    fn release_oldest(&mut self) -> bool {
        let spare = std::mem::take(&mut self.spare);
        let (spare, any) = match self.reorder.take_oldest(spare) {
            Ok(due) => (self.process_bucket(due), true),
            Err(unused) => (unused, false),
        };
        self.spare = spare;
        any
    }

    fn process_bucket(&mut self, due: Due) -> Due {
        let mut previous: Option<&Report> = None;
        for report in due.iter() {
            if previous.is_some_and(|p| order::by_content(p, report) == Ordering::Equal) {
                self.statistics.duplicates += 1;
                self.note_duplicate(report);
            } else {
                self.process(report, false);
            }
            previous = Some(report);
        }
        self.reorder.give_back(due)
    }

    /// The same from another feed is no news, but tells that the feed sees the aircraft.
    fn note_duplicate(&mut self, report: &Report) {
        if let [slot] = *self.associate.candidates(report).as_slice()
            && let Some(track) = self.store.get_mut(slot)
        {
            track.note_identity(report, &self.config);
        }
    }

    fn process(&mut self, report: &Report, late: bool) {
        let candidates = self.living_candidates(report);
        match report.position {
            Some(position) => self.process_plot(report, position, &candidates, late),
            None => self.process_other(report, &candidates, late),
        }
    }

    /// The tracks that may be meant, without those whose time is over.
    fn living_candidates(&mut self, report: &Report) -> Candidates {
        let mut candidates = self.associate.candidates(report);
        for at in (0..candidates.as_slice().len()).rev() {
            let slot = candidates.as_slice()[at];
            if self.store.get(slot).is_none_or(|track| self.is_over(track, report.measured)) {
                candidates.remove(slot);
                self.drop_track(slot, report.measured);
            }
        }
        candidates
    }

    fn is_over(&self, track: &Track, now: Time) -> bool {
        if track.id() != 0 {
            return track.is_over(now, &self.config);
        }
        track.age_s(now) > TENTATIVE_FOR_S.max(TENTATIVE_PERIODS * track.period_s())
    }

    fn process_plot(
        &mut self,
        report: &Report,
        position: GeoPoint,
        candidates: &Candidates,
        late: bool,
    ) {
        let mut nearest: Option<(Slot, f64, f64)> = None;
        let mut confirmed = false;
        for &slot in candidates.as_slice() {
            let Some(track) = self.store.get(slot) else {
                continue;
            };
            confirmed |= track.id() != 0;
            if track.id() != 0 && track.is_seen_better_than(report) {
                self.statistics.inferior += 1;
                self.note_duplicate(report);
                return;
            }
            if let Gate::Fits { distance, wildest_psd } = track.gate(report, position, &self.config)
                && nearest.is_none_or(|(_, least, _)| distance < least)
            {
                nearest = Some((slot, distance, wildest_psd));
            }
        }
        match nearest {
            Some((slot, _, wildest)) => {
                if self.update(slot, report, Some(wildest), late) {
                    self.consider_promotion(slot, report.measured);
                }
            }
            None if confirmed => self.keep_aside(report, position, candidates),
            None => self.create(report, position, late),
        }
    }

    fn process_other(&mut self, report: &Report, candidates: &Candidates, late: bool) {
        let mut only = None;
        for &slot in candidates.as_slice() {
            match self.store.get(slot) {
                Some(track) if track.id() != 0 => match only {
                    None => only = Some((slot, track)),
                    Some(_) => {
                        self.statistics.ambiguous += 1;
                        return;
                    }
                },
                _ => {}
            }
        }
        match only {
            None => self.statistics.without_track += 1,
            Some((_, track))
                if is_ghostly(report.technique) && track.is_seen_better_than(report) =>
            {
                self.statistics.inferior += 1;
            }
            Some((slot, _)) => {
                self.update(slot, report, None, late);
            }
        }
    }

    /// Feeds a report to a track; `false` if it is older than the track's state.
    fn update(&mut self, slot: Slot, report: &Report, wildest: Option<f64>, late: bool) -> bool {
        let Some(track) = self.store.get_mut(slot) else {
            return false;
        };
        let count = &mut self.statistics;
        if report.measured < track.last_update() || (late && report.measured == track.last_update())
        {
            count.late_dropped += 1;
            return false;
        }
        let outcome = track.update(report, wildest, &self.config);
        count.used += 1;
        count.plots += u64::from(wildest.is_some());
        count.late_used += u64::from(late);
        count.repeated_positions += u64::from(outcome.repeated);
        count.altitude_outliers += u64::from(outcome.altitude_outlier);
        count.rate_outliers += u64::from(outcome.rate_outlier);
        true
    }

    fn create(&mut self, report: &Report, position: GeoPoint, late: bool) {
        if self.store.len() >= self.config.max_tracks {
            self.statistics.refused += 1;
            return;
        }
        let declaration = self.registry.get(report.address);
        let track = Track::begin(report, position, &declaration, &self.config);
        let slot = self.store.insert(track);
        self.associate.insert(report.address, slot);
        self.statistics.used += 1;
        self.statistics.plots += 1;
        self.statistics.late_used += u64::from(late);
        let id = self.store.confirm(slot);
        self.tell(report.measured, id, report, EventKind::Created);
    }

    /// An outlier: starts a tentative track beside those of its address.
    fn keep_aside(&mut self, report: &Report, position: GeoPoint, candidates: &Candidates) {
        self.statistics.outliers += 1;
        let is_tentative = |slot: &&Slot| self.store.get(**slot).is_some_and(|t| t.id() == 0);
        let mut tentative = candidates.as_slice().iter().filter(is_tentative);
        let oldest = tentative.next().copied();
        if let Some(oldest) = oldest
            && tentative.count() + 1 >= TENTATIVE_PER_ADDRESS
        {
            self.drop_track(oldest, report.measured);
        }
        let declaration = self.registry.get(report.address);
        let mut track = Track::begin(report, position, &declaration, &self.config);
        if let Some(main) = candidates.as_slice().first().and_then(|&slot| self.store.get(slot)) {
            track.expect_period_of(main);
        }
        let slot = self.store.insert(track);
        if !self.associate.insert(report.address, slot) {
            self.store.remove(slot);
        }
    }

    /// A tentative track with enough consistent plots replaces one of its
    /// address that has fallen silent meanwhile (the aircraft really is
    /// elsewhere) or, far enough from all of them, becomes a second one.
    fn consider_promotion(&mut self, slot: Slot, time: Time) {
        let Some(track) = self.store.get(slot) else {
            return;
        };
        if track.id() != 0 || track.hits() < u64::from(self.config.confirm_reports) {
            return;
        }
        let address = track.address();
        let (here, _) = track.position_at(time);
        let probe = Report::new(0, address, Technique::Unknown, time);
        let mut nearest: Option<(u64, f64)> = None;
        for &other in self.associate.candidates(&probe).as_slice() {
            let Some(main) = self.store.get(other).filter(|main| main.id() != 0) else {
                continue;
            };
            let away_m = main.distance_m(time, here);
            if main.last_position() < track.created() {
                if main.age_s(time) > SILENT_PERIODS * main.period_s() + 1.0 {
                    self.replace(other, slot, time, away_m);
                }
                return; // else: wait and see which of them goes on
            }
            if nearest.is_none_or(|(_, least_m)| away_m < least_m) {
                nearest = Some((main.id(), away_m));
            }
        }
        match nearest {
            Some((_, away_m)) if away_m < self.config.split_distance_m => {
                self.drop_track(slot, time);
            }
            Some((from, _)) => {
                let id = self.store.confirm(slot);
                self.events.push(Event { time, id, address, kind: EventKind::Split { from } });
            }
            None => {
                let id = self.store.confirm(slot);
                self.events.push(Event { time, id, address, kind: EventKind::Created });
            }
        }
    }

    fn replace(&mut self, main: Slot, by: Slot, time: Time, jump_m: f64) {
        let Some(track) = self.store.remove(by) else {
            return;
        };
        self.associate.remove(track.address(), by);
        if let Some(main) = self.store.get_mut(main) {
            main.continue_as(&track);
            let (id, address) = (main.id(), main.address());
            let kind = EventKind::Reinitialised { jump_m };
            self.events.push(Event { time, id, address, kind });
        }
    }

    fn sweep(&mut self) {
        self.next_sweep = self.watermark.plus_s(SWEEP_EVERY_S);
        let mut doomed = std::mem::take(&mut self.doomed);
        self.store.collect_into(&mut doomed, |track| self.is_over(track, self.watermark));
        for &slot in &doomed {
            self.drop_track(slot, self.watermark);
        }
        self.doomed = doomed;
    }

    fn drop_track(&mut self, slot: Slot, time: Time) {
        let Some(track) = self.store.remove(slot) else {
            return;
        };
        self.associate.remove(track.address(), slot);
        if track.id() != 0 {
            let kind = EventKind::Dropped(DropReason::Silent);
            self.events.push(Event { time, id: track.id(), address: track.address(), kind });
        }
    }

    fn tell(&mut self, time: Time, id: u64, report: &Report, kind: EventKind) {
        self.events.push(Event { time, id, address: report.address, kind });
    }
}

/// Techniques whose velocity lags as their position does; a transponder's
/// replies come from the aircraft itself and are welcome.
fn is_ghostly(technique: Technique) -> bool {
    technique.is_ground_derived() && technique.rank() > 0
}

//! What a feed makes of an aircraft: reports, with everything that goes wrong.

use crate::motion::Body;
use crate::plan::{FeedKind, FeedPlan, Plan, Shares, Transponder};
use crate::random::{Stream, hash};
use deconflict_core::geo::wrap_pi;
use deconflict_core::{Address, AddressSpace, GeoPoint, Report, Technique, Time};
use std::collections::VecDeque;
use std::f64::consts::TAU;

/// Where an aircraft has been, newest first, one entry a second.
pub(crate) type History = VecDeque<Body>;

/// One feed's view of one aircraft: its random stream and what is next.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    /// Number of the feed.
    pub feed: u16,
    address: Address,
    hides_identity: bool,
    shares: Shares,
    ghost: Option<GhostTrack>,
    stream: Stream,
    /// Measurements are due at this and every further period, milliseconds
    /// after the start of the scenario.
    phase_ms: i64,
    period_ms: i64,
}

#[derive(Clone, Copy, Debug)]
struct GhostTrack {
    address: Address,
    right_m: f64,
    ahead_m: f64,
    lag_s: f64,
}

impl Watch {
    /// How this feed sees this aircraft; `None` if it cannot. `shares` is what
    /// of it reaches the picture.
    pub fn new(
        seed: u64,
        number: u16,
        feed: &FeedPlan,
        shares: Shares,
        plan: &Plan,
    ) -> Option<Watch> {
        if !sees(feed, plan) {
            return None;
        }
        let callsign = plan.callsign.as_str();
        let mut stream = Stream::new(seed, &["feed", &feed.name, callsign]);
        let period_ms = (feed.period_s * 1000.0).round().max(1.0) as i64;
        let phase_ms = (stream.uniform() * period_ms as f64) as i64;
        let ghost = feed.faults.ghost.filter(|ghost| stream.chance(ghost.fraction)).map(|ghost| {
            let bearing = stream.between(0.0, TAU);
            GhostTrack {
                address: Address::non_icao(hash(&["ghost", &feed.name, callsign]) as u32),
                right_m: ghost.offset_m * bearing.sin(),
                ahead_m: ghost.offset_m * bearing.cos(),
                lag_s: ghost.lag_s,
            }
        });
        let is_radar_only = plan.transponder == Transponder::None && feed.kind == FeedKind::Radar;
        Some(Watch {
            feed: number,
            address: if is_radar_only {
                local_address(feed, callsign)
            } else if shares.identity {
                plan.address
            } else {
                anonymous_address(feed, callsign)
            },
            hides_identity: is_radar_only || !shares.identity,
            shares,
            ghost,
            stream,
            phase_ms,
            period_ms,
        })
    }

    /// Everything that this feed measures of the aircraft after `from_s` and
    /// not after `from_s + 1`, as it flies from `before` to `after`.
    #[expect(clippy::too_many_arguments, reason = "the whole situation of one step")]
    pub fn observe(
        &mut self,
        start: Time,
        step: i64,
        feed: &FeedPlan,
        plan: &Plan,
        before: &Body,
        after: &Body,
        history: &History,
        emit: &mut impl FnMut(Report),
    ) {
        let (from_ms, until_ms) = (step * 1000, step * 1000 + 1000);
        // The first due time after `from_ms`.
        let passed = (from_ms - self.phase_ms).div_euclid(self.period_ms) + 1;
        let mut due_ms = self.phase_ms + passed * self.period_ms;
        while due_ms <= until_ms {
            let fraction = (due_ms - from_ms) as f64 / 1000.0;
            let at = start.plus_s(due_ms as f64 / 1000.0);
            self.measure(at, due_ms, fraction, feed, plan, before, after, history, emit);
            due_ms += self.period_ms;
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the whole situation of one measurement")]
    fn measure(
        &mut self,
        at: Time,
        due_ms: i64,
        fraction: f64,
        feed: &FeedPlan,
        plan: &Plan,
        before: &Body,
        after: &Body,
        history: &History,
        emit: &mut impl FnMut(Report),
    ) {
        let due_s = due_ms as f64 / 1000.0;
        let in_outage =
            feed.faults.outages_s.iter().any(|[from, to]| (*from..*to).contains(&due_s));
        if in_outage || self.stream.chance(feed.faults.drop_probability) {
            return;
        }
        let covered = feed.coverage.as_ref().is_none_or(|area| area.contains(before.position));
        if !covered || after.altitude_m < feed.floor_m {
            return;
        }
        let report = self.own_report(at, fraction, feed, plan, before, after);
        emit(report);
        if self.stream.chance(feed.faults.duplicate_probability) {
            let delay_s = self.stream.between(0.05, 1.0);
            emit(Report { received: whole_ms(report.received.plus_s(delay_s)), ..report });
        }
        if let Some(ghost) = self.ghost {
            self.ghost_report(ghost, &report, fraction, feed, plan, history).map(emit);
        }
    }

    fn own_report(
        &mut self,
        at: Time,
        fraction: f64,
        feed: &FeedPlan,
        plan: &Plan,
        before: &Body,
        after: &Body,
    ) -> Report {
        let mut report = Report::new(self.feed, self.address, feed.kind.technique(), at);
        report.measured = at.plus_s(feed.faults.clock_skew_s);
        let delay_s = feed.faults.latency_s + feed.faults.jitter_s * self.stream.uniform();
        report.received = whole_ms(at.plus_s(delay_s));
        self.fill(&mut report, fraction, feed, plan, before, after, [0.0; 2]);
        if !self.hides_identity {
            report.callsign = Some(plan.callsign);
            report.class = plan.performance.class;
        }
        report
    }

    fn ghost_report(
        &mut self,
        ghost: GhostTrack,
        original: &Report,
        fraction: f64,
        feed: &FeedPlan,
        plan: &Plan,
        history: &History,
    ) -> Option<Report> {
        // The ghost's place is where the aircraft was, though stamped as of now.
        let age_s = ghost.lag_s - fraction + 1.0;
        let back = age_s.ceil().max(1.0) as usize;
        let (before, after) = (history.get(back)?, history.get(back - 1)?);
        let mut report = Report::new(self.feed, ghost.address, Technique::TisB, original.measured);
        report.received = original.received;
        let fraction = back as f64 - age_s;
        self.fill(&mut report, fraction, feed, plan, before, after, [ghost.right_m, ghost.ahead_m]);
        Some(report)
    }

    /// Fills in what is measured between two bodies, displaced by so much to
    /// the right and ahead.
    #[expect(clippy::too_many_arguments, reason = "the whole situation of one measurement")]
    fn fill(
        &mut self,
        report: &mut Report,
        fraction: f64,
        feed: &FeedPlan,
        plan: &Plan,
        before: &Body,
        after: &Body,
        displaced_m: [f64; 2],
    ) {
        let (noise, shares) = (&feed.noise, self.shares);
        let [mut east, mut north] = before.frame.to_local(after.position).map(|d| d * fraction);
        east += noise.position_m * self.stream.normal();
        north += noise.position_m * self.stream.normal();
        let (sin, cos) = before.track_rad.sin_cos();
        east += displaced_m[0] * cos + displaced_m[1] * sin;
        north += displaced_m[1] * cos - displaced_m[0] * sin;
        if self.stream.chance(feed.faults.wild_probability) {
            let bearing = self.stream.between(0.0, TAU);
            east += feed.faults.wild_m * bearing.sin();
            north += feed.faults.wild_m * bearing.cos();
        }
        if shares.position {
            report.position = Some(seventh_decimal(before.frame.from_local([east, north])));
            report.position_sigma_m = (noise.position_m > 0.0).then_some(noise.position_m as f32);
        }

        let mut altitude_m = between(before.altitude_m, after.altitude_m, fraction)
            + noise.altitude_m * self.stream.normal();
        if plan.transponder != Transponder::None {
            altitude_m += plan.altimetry_error_m;
        }
        let speed_mps = between(before.ground_speed_mps, after.ground_speed_mps, fraction)
            + noise.ground_speed_mps * self.stream.normal();
        let turned = wrap_pi(after.track_rad - before.track_rad) * fraction;
        let track_rad = before.track_rad + turned + noise.track_rad * self.stream.normal();
        let climb_mps = between(before.vertical_rate_mps, after.vertical_rate_mps, fraction)
            + noise.vertical_rate_mps * self.stream.normal();
        if shares.altitude {
            report.pressure_altitude_m = Some(stepped(altitude_m, noise.altitude_step_m.max(0.01)));
        }
        if shares.velocity {
            report.ground_speed_mps = Some(stepped(speed_mps.max(0.0), 0.01));
            report.track_rad = Some(stepped(track_rad, 1e-4).rem_euclid(TAU));
            report.vertical_rate_mps =
                Some(if after.on_ground { 0.0 } else { stepped(climb_mps, 0.01) });
        }
        report.on_ground = Some(after.on_ground);
    }
}

/// Whether a feed can see an aircraft at all, wherever it is.
pub(crate) fn sees(feed: &FeedPlan, plan: &Plan) -> bool {
    let by_kind = match feed.kind {
        FeedKind::AdsB => plan.transponder == Transponder::AdsB,
        FeedKind::Mlat => plan.transponder != Transponder::None,
        FeedKind::Radar => true,
        // Whoever else's link the owner passes on is listed in `operators`.
        FeedKind::Link => plan.operator == feed.owner || !feed.operators.is_empty(),
    };
    by_kind
        && (feed.operators.is_empty() || feed.operators.contains(&plan.operator))
        && (feed.types.is_empty() || feed.types.contains(&plan.kind))
}

/// The address under which a feed shows an aircraft whose identity it keeps to itself.
pub(crate) fn anonymous_address(feed: &FeedPlan, callsign: &str) -> Address {
    Address::non_icao(hash(&["anonymous", &feed.name, callsign]) as u32)
}

/// The track number under which a radar shows an aircraft that transmits nothing.
fn local_address(feed: &FeedPlan, callsign: &str) -> Address {
    let code = hash(&["track number", &feed.name, callsign]) as u32 % 10_000_000;
    Address { space: AddressSpace::Local, code }
}

fn between(a: f64, b: f64, fraction: f64) -> f64 {
    a + (b - a) * fraction
}

/// To the nearest step. Also what hides the last bits, in which the
/// trigonometric functions of two platforms may differ.
fn stepped(value: f64, step: f64) -> f64 {
    (value / step).round() * step
}

/// To 1e-7 degree (1 cm), as receivers write it, and for the reason of [`stepped`].
fn seventh_decimal(point: GeoPoint) -> GeoPoint {
    let round = |deg: f64| (deg * 1e7).round() / 1e7;
    GeoPoint::from_deg(round(point.lat_deg()), round(point.lon_deg())).unwrap_or(point)
}

fn whole_ms(time: Time) -> Time {
    Time::from_nanos(time.as_nanos().div_euclid(1_000_000) * 1_000_000)
}

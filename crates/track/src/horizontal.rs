//! Horizontal motion of one aircraft: the filter in a plane that follows it.

use crate::config::Agility;
use crate::filter::{Filter, Psd};
use crate::frame::{Anchor, Planar};
use deconflict_core::{Covariance, GeoPoint};

/// The plane is moved when the aircraft is this far from its origin, metres:
/// the flat frame is then off by 0.05 m, and the series still holds.
const MOVE_PLANE_AT_M: f64 = 20_000.0;
/// Standard deviation of an unknown velocity, per axis, m/s.
const UNKNOWN_VELOCITY_SIGMA_MPS: f64 = 250.0;
/// Velocity counts as known below this standard deviation, m/s.
const KNOWN_VELOCITY_SIGMA_MPS: f64 = 30.0;
/// After this long without a position any place within reach is believed, seconds.
const REACH_AFTER_S: f64 = 20.0;
/// Slack of the gate, standard deviations: it keeps out what is wild. What is
/// merely worse than it says is taken in with the weight that it deserves.
const SLACK_M: f64 = 40.0;
/// The same, for times that are wrong, seconds.
const SLACK_S: f64 = 0.5;
/// The same for velocities, m/s.
const SLACK_MPS: f64 = 5.0;
/// Velocities outside the gate in a row, without a position among them that
/// agrees with the track, after which they are believed.
const INSISTENT: u8 = 3;

/// The error of time is learnt from aircraft at least this fast, m/s.
const TIMING_SPEED_MPS: f64 = 30.0;
/// Weight of a new error of time.
const TIMING_GAIN: f64 = 0.1;
/// The largest error of time to learn from, s².
const MOST_TIMING_S2: f64 = 100.0;
/// χ² with one degree of freedom, 99 %.
const SURPRISING: f64 = 6.63;

/// What the gate says of a position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Gate {
    /// It may be this aircraft: squared distance in units of the innovation's
    /// variance, and how violent a manoeuvre has to be allowed for it.
    Fits { distance: f64, wildest_psd: f64 },
    /// It is not, or not credibly.
    Outside,
}

/// Position and velocity over ground with their uncertainty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Horizontal {
    plane: Anchor,
    filter: Filter<2>,
    /// The last position taken in, as reported and in the plane.
    last_fix: GeoPoint,
    last_fix_local: Planar,
    since_fix_s: f64,
    rejected_rates: u8,
    /// Variance of the time of measurement as the positions show it, s².
    timing_s2: f64,
    /// Weight of the next sample of it.
    timing_gain: f64,
}

impl Horizontal {
    /// Starts at a position; the velocity may be unknown. `first_timing_s2` is
    /// what its time of measurement is worth, s².
    pub fn new(
        position: GeoPoint,
        variance: f64,
        velocity: Option<(Planar, f64)>,
        first_timing_s2: f64,
    ) -> Horizontal {
        let unknown = UNKNOWN_VELOCITY_SIGMA_MPS * UNKNOWN_VELOCITY_SIGMA_MPS;
        let (v, rate_variance) = velocity.unwrap_or(([0.0; 2], unknown));
        Horizontal {
            plane: Anchor::at(position),
            filter: Filter::new([0.0; 2], variance, v, rate_variance),
            last_fix: position,
            last_fix_local: [0.0; 2],
            since_fix_s: 0.0,
            rejected_rates: 0,
            timing_s2: first_timing_s2,
            timing_gain: 0.5,
        }
    }

    /// Whether the velocity is more than a guess.
    pub fn velocity_known(&self) -> bool {
        self.filter.vv < KNOWN_VELOCITY_SIGMA_MPS * KNOWN_VELOCITY_SIGMA_MPS
    }

    /// Speed over ground, m/s; zero as long as it is only a guess.
    pub fn known_speed_mps(&self) -> f64 {
        if self.velocity_known() { norm(self.filter.v) } else { 0.0 }
    }

    /// The noise level now, m²/s³.
    pub fn psd(&self, psd: Psd) -> f64 {
        self.filter.psd(psd)
    }

    /// Whether a position could be that of this aircraft `dt_s` from now.
    ///
    /// The innovation is held against the covariance that the hardest manoeuvre
    /// of the class would give: a turn must not look like an outlier. No position
    /// passes that would need more than the greatest plausible speed. After a
    /// silence of some length, every place that the aircraft can have reached at
    /// its speed is believed: it may have turned back.
    pub fn gate(
        &self,
        position: GeoPoint,
        variance: f64,
        dt_s: f64,
        agility: &Agility,
        sigmas: f64,
    ) -> Gate {
        let Some(z) = self.plane.to_local(position) else {
            return Gate::Outside;
        };
        let silent_s = self.since_fix_s + dt_s;
        let moved_m = norm(minus(z, self.last_fix_local));
        let blur_m = sigmas * (2.0 * variance).sqrt();
        if moved_m > agility.max_speed_mps * silent_s + blur_m {
            return Gate::Outside;
        }
        let innovation = minus(z, self.filter.position_in(dt_s));
        let square = innovation[0] * innovation[0] + innovation[1] * innovation[1];
        let psd = self.filter.psd(agility.horizontal);
        let s = self.filter.covariance_in(dt_s, psd)[0] + variance;
        let wildest = agility.horizontal.wildest;
        let slack_m = SLACK_M + SLACK_S * self.known_speed_mps();
        let s_wild = s + slack_m * slack_m + (wildest - psd) * silent_s * silent_s * silent_s / 3.0;
        if square <= sigmas * sigmas * s_wild {
            return Gate::Fits { distance: square / s, wildest_psd: wildest };
        }
        let reach_m = (1.25 * self.known_speed_mps() + 20.0) * silent_s + blur_m;
        if silent_s >= REACH_AFTER_S && self.velocity_known() && moved_m <= reach_m {
            return Gate::Fits { distance: square / s, wildest_psd: f64::INFINITY };
        }
        Gate::Outside
    }

    /// Whether a position merely repeats the last one although the aircraft must
    /// have moved on since: some feeds hold the last known position and put a
    /// new time to it. Taken in, it would stop the aircraft in its tracks.
    pub fn repeats_last_fix(&self, position: GeoPoint, variance: f64) -> bool {
        position == self.last_fix
            && self.velocity_known()
            && norm(minus(self.filter.x, self.last_fix_local)).powi(2) > variance.min(900.0)
    }

    /// Moves on by `dt_s`.
    #[inline]
    pub fn predict(&mut self, dt_s: f64, agility: &Agility) {
        self.filter.predict(dt_s, agility.horizontal);
        self.since_fix_s += dt_s;
    }

    /// Takes in a position that passed the gate.
    pub fn correct_position(&mut self, position: GeoPoint, variance: f64, wildest_psd: f64) {
        let Some(z) = self.plane.to_local(position) else {
            return;
        };
        self.learn_timing(z, variance);
        self.filter.correct_position(z, variance, wildest_psd);
        self.rejected_rates = 0;
        self.last_fix = position;
        self.last_fix_local = z;
        self.since_fix_s = 0.0;
        let [e, n] = self.filter.x;
        if e.abs().max(n.abs()) > MOVE_PLANE_AT_M {
            self.move_plane();
        }
    }

    /// Variance of the time of measurement, s²: that of the technique, or worse
    /// if the aircraft's positions run ahead and lag behind by more.
    pub fn timing_variance_s2(&self, technique_sigma_s: f64) -> f64 {
        self.timing_s2.max(technique_sigma_s * technique_sigma_s)
    }

    /// Archives put their own time to positions that are seconds old. That shows
    /// along the track and not across it, where turns show.
    fn learn_timing(&mut self, z: Planar, variance: f64) {
        let speed = self.known_speed_mps();
        if speed < TIMING_SPEED_MPS {
            return;
        }
        let off = minus(z, self.filter.x);
        let along_s = (off[0] * self.filter.v[0] + off[1] * self.filter.v[1]) / (speed * speed);
        let s = (self.filter.xx + variance) / (speed * speed);
        let square = along_s * along_s;
        let sample = if square > SURPRISING * s { square.min(MOST_TIMING_S2) } else { 0.0 };
        // A plain mean with what was assumed, then one that forgets.
        self.timing_s2 += self.timing_gain * (sample - self.timing_s2);
        self.timing_gain = TIMING_GAIN.max(self.timing_gain / (1.0 + self.timing_gain));
    }

    /// Takes in a velocity over ground; `false` if it was outside the gate.
    pub fn correct_velocity(
        &mut self,
        velocity: Planar,
        variance: f64,
        agility: &Agility,
        sigmas: f64,
    ) -> bool {
        let z = self.plane.enter(self.filter.x, velocity);
        let off = minus(z, self.filter.v);
        let square = off[0] * off[0] + off[1] * off[1];
        let mut wildest = agility.horizontal.wildest;
        let s_wild = self.filter.vv
            + variance
            + SLACK_MPS * SLACK_MPS
            + wildest * self.filter.unwatched_rate_s();
        if square > sigmas * sigmas * s_wild {
            self.rejected_rates += 1;
            if self.rejected_rates < INSISTENT {
                return false;
            }
            wildest = f64::INFINITY;
        }
        self.rejected_rates = 0;
        self.filter.correct_rate(z, variance, wildest);
        true
    }

    /// Position and velocity over ground (east and north there) in `dt_s`.
    #[inline]
    pub fn at(&self, dt_s: f64) -> (GeoPoint, Planar) {
        let at = self.filter.position_in(dt_s);
        (self.plane.from_local(at), self.plane.leave(at, self.filter.v))
    }

    /// Distance between the estimate in `dt_s` and a position, metres.
    pub fn distance_m(&self, dt_s: f64, position: GeoPoint) -> f64 {
        let at = self.filter.position_in(dt_s);
        match self.plane.to_local(position) {
            Some(z) => norm(minus(z, at)),
            None => crate::frame::chord_m(self.plane.from_local(at), position),
        }
    }

    /// Writes the horizontal part of the covariance in `dt_s`.
    #[inline]
    pub fn write_covariance(&self, dt_s: f64, psd: Psd, out: &mut Covariance) {
        let [xx, xv, vv] = self.filter.covariance_in(dt_s, self.filter.psd(psd));
        for axis in 0..2 {
            out.horizontal[axis][axis] = xx;
            out.horizontal[axis][axis + 2] = xv;
            out.horizontal[axis + 2][axis] = xv;
            out.horizontal[axis + 2][axis + 2] = vv;
        }
    }

    /// Lays a new plane through where the aircraft is. The covariance is the
    /// same in every direction and need not be turned.
    #[cold]
    fn move_plane(&mut self) {
        let (here, velocity) = self.at(0.0);
        self.plane = Anchor::at(here);
        self.filter.x = [0.0; 2];
        self.filter.v = velocity;
        self.last_fix_local = self.plane.to_local(self.last_fix).unwrap_or([0.0; 2]);
    }
}

#[inline]
fn minus(a: Planar, b: Planar) -> Planar {
    [a[0] - b[0], a[1] - b[1]]
}

#[inline]
fn norm(a: Planar) -> f64 {
    (a[0] * a[0] + a[1] * a[1]).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Agility;
    use deconflict_core::AircraftClass;

    fn airliner() -> (Horizontal, Agility) {
        let start = GeoPoint::from_deg(50.0, 179.95).unwrap();
        let velocity = Some(([230.0, 0.0], 1.0));
        (Horizontal::new(start, 900.0, velocity, 0.0), Agility::typical(AircraftClass::Transport))
    }

    #[test]
    fn a_turn_fits_and_a_wild_position_does_not() {
        let (h, agility) = airliner();
        let (ahead, _) = h.at(10.0);
        assert!(matches!(h.gate(ahead, 900.0, 10.0, &agility, 5.0), Gate::Fits { .. }));
        // 25° of bank for ten seconds puts it 230 m aside.
        let aside = ahead.destination(0.0, 230.0);
        assert!(matches!(h.gate(aside, 900.0, 10.0, &agility, 5.0), Gate::Fits { .. }));
        for (azimuth, distance) in [(0.0, 3_000.0), (1.0, 400_000.0), (2.0, 19_000_000.0)] {
            let wild = ahead.destination(azimuth, distance);
            assert_eq!(h.gate(wild, 900.0, 1.0, &agility, 5.0), Gate::Outside, "{distance}");
        }
    }

    #[test]
    fn after_silence_it_may_have_turned_back() {
        let (h, agility) = airliner();
        let (start, _) = h.at(0.0);
        assert!(matches!(h.gate(start, 900.0, 60.0, &agility, 5.0), Gate::Fits { .. }));
    }

    #[test]
    fn moving_the_plane_moves_nothing_else() {
        let (mut h, agility) = airliner();
        h.predict(80.0, &agility);
        let before = h.at(5.0);
        h.move_plane();
        let after = h.at(5.0);
        assert!(before.0.distance_m(after.0) < 0.1);
        assert!(norm(minus(before.1, after.1)) < 0.01);
    }
}

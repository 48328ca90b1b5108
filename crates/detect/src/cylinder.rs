//! The closed form at the bottom of everything: straight relative motion against
//! the protected cylinder.

/// Below this depth (metres) two minima count as kept: exactly the minimum is
/// separated, and the last bits of a floating-point number do not decide.
/// Positions near the earth's surface carry rounding errors of about 1e-9 m.
pub const DEPTH_M: f64 = 1e-7;

/// A span of time, seconds; empty unless `start < end`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// From.
    pub start: f64,
    /// To.
    pub end: f64,
}

impl Span {
    /// The span from `start` to `end`.
    pub const fn new(start: f64, end: f64) -> Span {
        Span { start, end }
    }

    /// The time common to both, if there is any.
    #[inline]
    pub fn intersect(self, other: Span) -> Option<Span> {
        let common = Span { start: self.start.max(other.start), end: self.end.min(other.end) };
        (common.start < common.end).then_some(common)
    }

    /// The moment of the span that is nearest to `t`.
    #[inline]
    pub fn clamp(self, t: f64) -> f64 {
        t.max(self.start).min(self.end)
    }
}

/// Motion of one aircraft as seen from another: x and y in one level plane, z
/// upwards; metres and metres per second; at time zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RelativeMotion {
    /// Relative position at time zero.
    pub position_m: [f64; 3],
    /// Relative velocity.
    pub velocity_mps: [f64; 3],
}

impl RelativeMotion {
    /// When the two are horizontally closest if they fly on for ever, seconds;
    /// `None` if they do not move against each other.
    pub fn time_of_closest_approach_s(&self) -> Option<f64> {
        let [x, y, _] = self.position_m;
        let [vx, vy, _] = self.velocity_mps;
        let speed2 = vx * vx + vy * vy;
        (speed2 > 0.0).then(|| -(x * vx + y * vy) / speed2)
    }

    /// Horizontal distance at a time, metres.
    pub fn horizontal_m(&self, t_s: f64) -> f64 {
        let at = |axis: usize| self.position_m[axis] + t_s * self.velocity_mps[axis];
        // Not `hypot`: distances on earth neither overflow nor underflow.
        (at(0) * at(0) + at(1) * at(1)).sqrt()
    }

    /// Height of the other above the one at a time, metres.
    pub fn vertical_m(&self, t_s: f64) -> f64 {
        self.position_m[2] + t_s * self.velocity_mps[2]
    }

    /// The horizontal distance is least at this moment of a span.
    pub fn closest_within(&self, span: Span) -> f64 {
        span.clamp(self.time_of_closest_approach_s().unwrap_or(span.start))
    }

    /// The least vertical distance within a span, metres.
    pub fn least_vertical_m(&self, span: Span) -> f64 {
        let (first, last) = (self.vertical_m(span.start), self.vertical_m(span.end));
        if first * last <= 0.0 { 0.0 } else { first.abs().min(last.abs()) }
    }

    /// The part of `within` in which the horizontal distance is below
    /// `horizontal_m` *and* the vertical distance below `vertical_m`.
    ///
    /// The horizontal condition is a quadratic inequality, the vertical one two
    /// linear ones; their solutions are intervals, and so is what they have in
    /// common. It need not contain the closest point of approach.
    pub fn infringement(&self, horizontal_m: f64, vertical_m: f64, within: Span) -> Option<Span> {
        let span = self
            .horizontal_span(horizontal_m)
            .and_then(|s| s.intersect(within))
            .and_then(|s| s.intersect(self.vertical_span(vertical_m)?))?;
        let deep = self.horizontal_m(self.closest_within(span)) < horizontal_m - DEPTH_M
            && self.least_vertical_m(span) < vertical_m - DEPTH_M;
        deep.then_some(span)
    }

    /// The least share of two minima that is kept within a span, and when: the minimum
    /// over time of `max(horizontal / horizontal_m, vertical / vertical_m)`. Below 1
    /// both are infringed then. Both minima have to be positive.
    ///
    /// Both distances are convex in time, and so is their maximum: it is least where
    /// one of the two is and dominates, or between these moments where they are equal.
    pub fn least_share(&self, horizontal_m: f64, vertical_m: f64, within: Span) -> (f64, f64) {
        let horizontal = |t: f64| self.horizontal_m(t) / horizontal_m;
        let vertical = |t: f64| self.vertical_m(t).abs() / vertical_m;
        let closest_s = self.closest_within(within);
        if horizontal(closest_s) >= vertical(closest_s) {
            return (horizontal(closest_s), closest_s);
        }
        let (z, vz) = (self.position_m[2], self.velocity_mps[2]);
        let crossing_s = -z / vz;
        let level_s = within.clamp(if crossing_s.is_finite() { crossing_s } else { closest_s });
        if vertical(level_s) >= horizontal(level_s) {
            return (vertical(level_s), level_s);
        }
        // Between the two moments the difference of the squares has one root.
        let (hh, vv) = (horizontal_m * horizontal_m, vertical_m * vertical_m);
        let [x, y, _] = self.position_m;
        let [vx, vy, _] = self.velocity_mps;
        let a = (vx * vx + vy * vy) / hh - vz * vz / vv;
        let b = (x * vx + y * vy) / hh - z * vz / vv;
        let c = (x * x + y * y) / hh - z * z / vv;
        let q = -(b + (b * b - a * c).max(0.0).sqrt().copysign(b));
        let between = Span::new(closest_s.min(level_s), closest_s.max(level_s));
        let share = |t: f64| horizontal(t).max(vertical(t));
        let mut best = (share(closest_s), closest_s);
        for t in [q / a, c / q, level_s] {
            let t = between.clamp(t);
            if share(t) < best.0 {
                best = (share(t), t);
            }
        }
        best
    }

    /// When the horizontal distance is below a limit; open ends are infinite.
    fn horizontal_span(&self, limit_m: f64) -> Option<Span> {
        let [x, y, _] = self.position_m;
        let [vx, vy, _] = self.velocity_mps;
        let a = vx * vx + vy * vy;
        let b = x * vx + y * vy;
        let c = x * x + y * y - limit_m * limit_m;
        let always = Span::new(f64::NEG_INFINITY, f64::INFINITY);
        if a == 0.0 {
            return (c < 0.0).then_some(always);
        }
        // b² - ac, written so that nothing cancels: the cross product is speed
        // times miss distance.
        let miss = x * vy - y * vx;
        let discriminant = a * limit_m * limit_m - miss * miss;
        if discriminant <= 0.0 {
            return None;
        }
        // Of the two roots one is computed without cancellation, the other from
        // their product (Press et al., Numerical Recipes, 3rd ed. 2007, 5.6).
        let root = discriminant.sqrt();
        let q = -(b + root.copysign(b));
        let (t1, t2) = (q / a, if q == 0.0 { q / a } else { c / q });
        let span = Span::new(t1.min(t2), t1.max(t2));
        if span.start.is_finite() && span.end.is_finite() {
            Some(span)
        } else {
            (c < 0.0).then_some(always) // a speed so small that it makes no difference
        }
    }

    /// When the vertical distance is below a limit; open ends are infinite.
    fn vertical_span(&self, limit_m: f64) -> Option<Span> {
        let (z, vz) = (self.position_m[2], self.velocity_mps[2]);
        let (t1, t2) = ((-limit_m - z) / vz, (limit_m - z) / vz);
        if vz == 0.0 || !t1.is_finite() || !t2.is_finite() {
            return (z.abs() < limit_m).then_some(Span::new(f64::NEG_INFINITY, f64::INFINITY));
        }
        Some(Span::new(t1.min(t2), t1.max(t2)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const D: f64 = 9260.0;
    const H: f64 = 304.8;
    const AHEAD: Span = Span::new(0.0, 300.0);

    fn motion(position_m: [f64; 3], velocity_mps: [f64; 3]) -> RelativeMotion {
        RelativeMotion { position_m, velocity_mps }
    }

    #[test]
    fn head_on() {
        let span =
            motion([30_000.0, 0.0, 0.0], [-400.0, 0.0, 0.0]).infringement(D, H, AHEAD).unwrap();
        assert!((span.start - (30_000.0 - D) / 400.0).abs() < 1e-9);
        assert!((span.end - (30_000.0 + D) / 400.0).abs() < 1e-9);
    }

    /// DET-3: exactly the minimum is separated.
    #[test]
    fn det_3_exactly_the_minimum_is_separated() {
        let ft = |ft: f64| ft * 0.3048;
        for level in 0..45 {
            let (low, high) = (ft(f64::from(level) * 1000.0), ft(f64::from(level + 1) * 1000.0));
            for vz in [0.0, 1e-13, -1e-13] {
                let m = motion([20_000.0, 0.0, high - low], [-200.0, 0.0, vz]);
                assert_eq!(m.infringement(D, H, AHEAD), None, "level {level}, vz {vz}");
            }
        }
        for y in [D, D * (1.0 - 1e-15), D + 1e-12] {
            assert_eq!(
                motion([20_000.0, y, 0.0], [-200.0, 0.0, 0.0]).infringement(D, H, AHEAD),
                None
            );
        }
        assert!(
            motion([20_000.0, 0.0, H - 0.001], [-200.0, 0.0, 0.0])
                .infringement(D, H, AHEAD)
                .is_some()
        );
    }

    #[test]
    fn infringement_without_the_closest_point_in_it() {
        // Level bust after the crossing: the CPA (t = 50) is 600 m above.
        let m = motion([10_000.0, 3000.0, 600.0], [-200.0, 0.0, -5.0]);
        let span = m.infringement(D, H, AHEAD).unwrap();
        assert!(span.start > 50.0, "{span:?}");
        assert!((m.vertical_m(span.start) - H).abs() < 1e-9);
    }

    #[test]
    fn station_keeping_lasts() {
        let still = motion([1000.0, 0.0, 0.0], [0.0, 0.0, 0.0]);
        assert_eq!(still.infringement(D, H, AHEAD), Some(AHEAD));
        let nearly = motion([1000.0, 0.0, 0.0], [1e-160, 0.0, -1e-310]);
        assert_eq!(nearly.infringement(D, H, AHEAD), Some(AHEAD));
    }

    proptest! {
        /// The closed form says what looking at many moments says.
        #[test]
        fn agrees_with_sampling(
            x in -60e3..60e3f64, y in -60e3..60e3f64, z in -2000.0..2000.0f64,
            vx in -500.0..500.0f64, vy in -500.0..500.0f64, vz in -30.0..30.0f64,
        ) {
            let m = motion([x, y, z], [vx, vy, vz]);
            let span = m.infringement(D, H, AHEAD);
            for k in 0..=600 {
                let t = f64::from(k) * 0.5;
                let (h, v) = (m.horizontal_m(t) - D, m.vertical_m(t).abs() - H);
                let inside = span.is_some_and(|s| s.start <= t && t <= s.end);
                if h.max(v) < -1e-6 { prop_assert!(inside, "t {t} {span:?}"); }
                if h.max(v) > 1e-6 { prop_assert!(!inside, "t {t} {span:?}"); }
            }
        }

        /// The least share is that of many moments, and below one where there is an infringement.
        #[test]
        fn least_share_agrees_with_sampling_and_infringement(
            x in -60e3..60e3f64, y in -60e3..60e3f64, z in -2000.0..2000.0f64,
            vx in -500.0..500.0f64, vy in -500.0..500.0f64, vz in -30.0..30.0f64,
        ) {
            let m = motion([x, y, z], [vx, vy, vz]);
            let (share, at_s) = m.least_share(D, H, AHEAD);
            let of = |t: f64| (m.horizontal_m(t) / D).max(m.vertical_m(t).abs() / H);
            prop_assert!((0.0..=300.0).contains(&at_s) && of(at_s) == share);
            for k in 0..=600 {
                let t = f64::from(k) * 0.5;
                prop_assert!(of(t) >= share - 1e-9, "t {t}: {} < {share}", of(t));
            }
            if (share - 1.0).abs() > 1e-9 {
                prop_assert_eq!(share < 1.0, m.infringement(D, H, AHEAD).is_some());
            }
        }

        /// DET-2: a pair is judged the same from either side.
        #[test]
        fn det_2_symmetric(
            p in prop::array::uniform3(-20e3..20e3f64), v in prop::array::uniform3(-300.0..300.0f64),
        ) {
            let other = motion(p.map(|x| -x), v.map(|x| -x));
            prop_assert_eq!(motion(p, v).infringement(D, 3000.0, AHEAD), other.infringement(D, 3000.0, AHEAD));
        }

        #[test]
        fn any_numbers_are_survived(p in prop::array::uniform3(any::<f64>()), v in prop::array::uniform3(any::<f64>())) {
            let m = motion(p, v);
            if let Some(span) = m.infringement(D, H, AHEAD) {
                prop_assert!(span.start < span.end && span.start >= 0.0 && span.end <= 300.0);
            }
        }
    }
}

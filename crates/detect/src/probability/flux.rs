//! The general case: any speed, any uncertainty, by counting entries.
//!
//! The cylinder is convex and the relative motion straight, so a cylinder is entered at most once.
//! The probability of loss is therefore, without any approximation, the probability of being
//! inside at the start plus the *expected number* of entries, and that is an integral over time of
//! a rate that is closed in the Gaussian case (Rice's formula):
//!
//! * through the side: the density of being at a point of the circle, times the mean inward speed
//!   there, times the probability that the heights conflict;
//! * through the top or the bottom: the density of being at that height, times the mean vertical
//!   speed towards the band, times the probability of being within the circle.
//!
//! What is left to do is to put the nodes of the quadrature where the rates live.

use super::REACH_SIGMAS;
use super::band::Band;
use super::motion::{Coordinate, Interval, Planar, unit};
use super::normal::{between, density, mean_positive_part};
use super::quadrature::{GAUSS_LEGENDRE_6, GAUSS_LEGENDRE_8, GAUSS_LEGENDRE_12, integrate};
use std::f64::consts::{PI, TAU};

/// Rates below this, per second, are not worth a second factor.
const NEGLIGIBLE_PER_S: f64 = 1e-9;

/// Places at which an integral over time may be cut into pieces.
const MOST_CUTS: usize = 6;

/// Times that a piece may be halved, and the difference between two rules that asks for it.
const MOST_HALVINGS: u32 = 5;
const TOLERANCE: f64 = 4e-4;

/// Most pass an edge of the circle within these standard deviations of the mean time.
const SPREAD_SIGMAS: f64 = 2.5;

/// Probability of loss. No `band` means that the heights surely conflict throughout `window`.
pub(super) fn probability(
    planar: &Planar,
    radius_m: f64,
    band: Option<&Band>,
    window: Interval,
) -> f64 {
    let Some(window) = approach(planar, radius_m, window) else {
        return 0.0;
    };
    let encounter = Encounter { planar: &regular(planar, radius_m, window), radius_m, window };
    match band {
        None => encounter.inside(window.from) + encounter.side_entries(&[], |_| 1.0),
        Some(band) => {
            let crossings = band.vertical.nominal_crossings(band.half_height_m);
            encounter.inside(window.from) * band.holds(window.from)
                + encounter.side_entries(&crossings, |t| band.holds(t))
                + encounter.entries_from_above(band)
                + encounter.entries_from_above(&band.mirrored())
        }
    }
}

/// Cuts the ends of `window` in which the disc is surely out of reach.
///
/// Seen along any direction, the disc is an interval. Those towards the mean position at the
/// ends cut best.
fn approach(planar: &Planar, radius_m: f64, window: Interval) -> Option<Interval> {
    let cut = |window: Interval, t: f64| {
        let towards = unit([planar.x.mean(t), planar.y.mean(t)]);
        planar.turned(towards).x.reach(radius_m, window)
    };
    let mut window = cut(window, window.from)?;
    window = cut(window, window.from)?;
    window = cut(window, window.to)?;
    cut(window, window.to)
}

/// Fattens a covariance that is singular, or nearly, by a few parts in ten thousand of a sigma.
fn regular(planar: &Planar, radius_m: f64, window: Interval) -> Planar {
    let variance = |t| planar.x.variance(t) + planar.y.variance(t);
    let floor = 1e-7 * (variance(window.from) + variance(window.to)) + 1e-18 * radius_m * radius_m;
    let mut planar = *planar;
    planar.x.start_var += floor;
    planar.y.start_var += floor;
    planar
}

/// The horizontal part of the question.
struct Encounter<'a> {
    planar: &'a Planar,
    radius_m: f64,
    window: Interval,
}

/// One principal axis of the position's distribution at some time.
#[derive(Clone, Copy)]
struct Spread {
    mean_m: f64,
    sigma_m: f64,
}

impl Spread {
    fn new(coordinate: &Coordinate, t: f64, least_sigma_m: f64) -> Self {
        Self { mean_m: coordinate.mean(t), sigma_m: coordinate.sigma(t).max(least_sigma_m) }
    }

    /// The part of `[from, to]`, in units of `radius_m`, that this axis may reach if `side` is
    /// the sign given to it.
    fn reach(&self, side: f64, radius_m: f64, from: f64, to: f64) -> (f64, f64) {
        let (mean, reach) = (side * self.mean_m, REACH_SIGMAS * self.sigma_m);
        (((mean - reach) / radius_m).max(from), ((mean + reach) / radius_m).min(to))
    }
}

impl Encounter<'_> {
    /// Probability of being within the circle at time `t`.
    fn inside(&self, t: f64) -> f64 {
        let distance_m = self.planar.distance(t);
        let reach_m = REACH_SIGMAS * self.planar.largest_sigma(t);
        if distance_m - reach_m > self.radius_m {
            return 0.0;
        }
        if distance_m + reach_m < self.radius_m {
            return 1.0;
        }
        let turned = self.planar.turned(self.planar.widest_direction(t));
        let wide = Spread::new(&turned.x, t, 0.0);
        let narrow = Spread::new(&turned.y, t, 1e-7 * wide.sigma_m);
        // One axis is integrated in closed form, the other by nodes: the one along which the
        // edge of the circle, measured in sigmas, is less steep.
        let wide_reach_m = wide.mean_m.abs().max(wide.sigma_m);
        if narrow.mean_m.abs() * narrow.sigma_m <= wide_reach_m * wide.sigma_m {
            self.inside_by_chords(narrow, wide)
        } else {
            self.inside_by_chords(wide, narrow)
        }
    }

    /// Integrates over `across` the probability that `along` is within the chord there.
    fn inside_by_chords(&self, across: Spread, along: Spread) -> f64 {
        let (low, high) = across.reach(1.0, self.radius_m, -1.0, 1.0);
        if low >= high {
            return 0.0;
        }
        integrate(&GAUSS_LEGENDRE_12, low.asin(), high.asin(), |angle| {
            let (sin, cos) = angle.sin_cos();
            let chord_m = self.radius_m * cos;
            let offset = (self.radius_m * sin - across.mean_m) / across.sigma_m;
            let ends = [-chord_m, chord_m].map(|end_m| (end_m - along.mean_m) / along.sigma_m);
            chord_m / across.sigma_m * density(offset) * between(ends[0], ends[1])
        })
    }

    /// Expected entries into the circle per second at time `t`.
    fn entries_per_s(&self, t: f64) -> f64 {
        let distance_m = self.planar.distance(t);
        let reach_m = REACH_SIGMAS * self.planar.largest_sigma(t);
        if distance_m > self.radius_m + reach_m || distance_m + reach_m < self.radius_m {
            return 0.0;
        }
        let inflow = Inflow::new(self.planar, self.radius_m, t);
        let quadrants = [(-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, 1.0)];
        quadrants.into_iter().map(|(x_side, y_side)| inflow.through_quadrant(x_side, y_side)).sum()
    }

    /// Expected entries through the side, each counted with `weight` of its time.
    fn side_entries(&self, breaks: &[f64], weight: impl Fn(f64) -> f64) -> f64 {
        let Some(window) = self.edge_window() else {
            return 0.0;
        };
        let (x, y) = (&self.planar.x, &self.planar.y);
        let warp = TimeWarp::new(
            &Coordinate {
                start: 0.0,
                rate: 0.0,
                start_var: x.start_var + y.start_var,
                cross_cov: x.cross_cov + y.cross_cov,
                rate_var: x.rate_var + y.rate_var,
            },
            window,
        );
        let angles = Interval { from: warp.angle(window.from), to: warp.angle(window.to) };
        let mut cuts = [f64::NAN; MOST_CUTS];
        cuts[0] = angles.centre();
        let [early, entry, late, ..] = self.nominal_passage();
        let breaks = breaks.iter().copied().chain([early, entry, late]);
        for (cut, at) in cuts[1..].iter_mut().zip(breaks) {
            *cut = warp.angle(at);
        }
        warp.integrate(angles, cuts, |t| {
            let weight = weight(t);
            if weight > 1e-6 { weight * self.entries_per_s(t) } else { 0.0 }
        })
    }

    /// When the mean enters the circle and when it leaves it (or is nearest to it), each between
    /// the times before and after which next to none do: there the rates change.
    fn nominal_passage(&self) -> [f64; 6] {
        let x = &self.planar.x;
        let miss_m = self.planar.y.start;
        let half_chord_m = (self.radius_m * self.radius_m - miss_m * miss_m).max(0.0).sqrt();
        let about = |edge_m: f64| {
            let passing_s = (edge_m - x.start) / x.rate;
            let spread_s = SPREAD_SIGMAS * self.planar.largest_sigma(passing_s) / x.rate.abs();
            [passing_s - spread_s, passing_s, passing_s + spread_s]
        };
        let [[a, b, c], [d, e, f]] = [about(-half_chord_m), about(half_chord_m)];
        [a, b, c, d, e, f]
    }

    /// The part of the window in which the circle may be entered.
    ///
    /// The largest possible distance is convex in time. Where it is within the radius, nothing
    /// enters, and once it has been, nothing enters again.
    fn edge_window(&self) -> Option<Interval> {
        let surely_inside = |t: f64| {
            self.planar.distance(t) + REACH_SIGMAS * self.planar.largest_sigma(t) < self.radius_m
        };
        let edge_between = |mut inside: f64, mut outside: f64| {
            for _ in 0..10 {
                let middle = 0.5 * (inside + outside);
                *(if surely_inside(middle) { &mut inside } else { &mut outside }) = middle;
            }
            outside
        };
        let Interval { from, to } = self.window;
        let closest = (-self.planar.x.start / self.planar.x.rate).max(from).min(to);
        match (surely_inside(from), surely_inside(to)) {
            (true, true) => None,
            (true, false) => Some(Interval { from: edge_between(from, to), to }),
            (false, true) => Some(Interval { from, to: edge_between(to, from) }),
            (false, false) if surely_inside(closest) => {
                Some(Interval { from, to: edge_between(closest, from) })
            }
            (false, false) => Some(self.window),
        }
    }

    /// Expected entries from above into the band while within the circle.
    fn entries_from_above(&self, band: &Band) -> f64 {
        let z = &band.vertical;
        if z.surely_below(band.half_height_m, self.window) {
            return 0.0;
        }
        let warp = TimeWarp::new(z, self.window);
        let Some(angles) = warp.passing_angles(z, band.half_height_m, self.window) else {
            return 0.0;
        };
        let mut cuts = [f64::NAN; MOST_CUTS];
        for (cut, at) in cuts.iter_mut().zip(self.nominal_passage()) {
            *cut = warp.angle(at);
        }
        warp.integrate(angles, cuts, |t| {
            let rate = band.entries_from_above_per_s(t);
            if rate > NEGLIGIBLE_PER_S { rate * self.inside(t) } else { 0.0 }
        })
    }
}

/// The flow into the circle at one time, in the principal axes of the position.
struct Inflow {
    radius_m: f64,
    wide: Spread,
    narrow: Spread,
    velocity_mps: [f64; 2],
    /// Mean velocity gained per metre off the mean position: rows velocity, columns position.
    gain_per_s: [[f64; 2]; 2],
    /// Covariance of the velocity once the position is known: xx, xy, yy.
    velocity_cov: [f64; 3],
}

impl Inflow {
    fn new(planar: &Planar, radius_m: f64, t: f64) -> Self {
        let turned = planar.turned(planar.widest_direction(t));
        let (x, y) = (&turned.x, &turned.y);
        let wide = Spread::new(x, t, 0.0);
        let narrow = Spread::new(y, t, 1e-7 * wide.sigma_m);
        let variances = [wide, narrow].map(|axis| axis.sigma_m * axis.sigma_m);
        // Covariances of either rate with either coordinate at this time.
        let x_with = [x.rate_cov(t), turned.y_start_x_rate + t * turned.rates_cov];
        let y_with = [turned.x_start_y_rate + t * turned.rates_cov, y.rate_cov(t)];
        let explained =
            |a: [f64; 2], b: [f64; 2]| a[0] * b[0] / variances[0] + a[1] * b[1] / variances[1];
        Self {
            radius_m,
            wide,
            narrow,
            velocity_mps: [x.rate, y.rate],
            gain_per_s: [x_with, y_with]
                .map(|with| [with[0] / variances[0], with[1] / variances[1]]),
            velocity_cov: [
                x.rate_var - explained(x_with, x_with),
                turned.rates_cov - explained(x_with, y_with),
                y.rate_var - explained(y_with, y_with),
            ],
        }
    }

    /// Expected entries per second through the quadrant in which x and y have the given signs.
    fn through_quadrant(&self, x_side: f64, y_side: f64) -> f64 {
        let (least_cos, most_cos) = self.wide.reach(x_side, self.radius_m, 0.0, 1.0);
        let (least_sin, most_sin) = self.narrow.reach(y_side, self.radius_m, 0.0, 1.0);
        if least_cos >= most_cos || least_sin >= most_sin {
            return 0.0;
        }
        let from = least_sin.asin().max(most_cos.acos());
        let to = most_sin.asin().min(least_cos.acos());
        if from >= to {
            return 0.0;
        }
        let at = |angle: f64| {
            let (sin, cos) = angle.sin_cos();
            self.per_second_and_metre([x_side * cos, y_side * sin])
        };
        // A distribution wider than the circle varies gently along it.
        let metres = if self.narrow.sigma_m > 0.5 * self.radius_m {
            integrate(&GAUSS_LEGENDRE_6, from, to, at)
        } else {
            integrate(&GAUSS_LEGENDRE_12, from, to, at)
        };
        self.radius_m * metres
    }

    /// Flow through the point of the circle in direction `outward`.
    fn per_second_and_metre(&self, outward: [f64; 2]) -> f64 {
        let offset_m = [
            self.radius_m * outward[0] - self.wide.mean_m,
            self.radius_m * outward[1] - self.narrow.mean_m,
        ];
        let (u, w) = (offset_m[0] / self.wide.sigma_m, offset_m[1] / self.narrow.sigma_m);
        let exponent = 0.5 * (u * u + w * w);
        if exponent > 14.0 {
            return 0.0;
        }
        let mean_velocity = |row: usize| {
            let gain = &self.gain_per_s[row];
            self.velocity_mps[row] + gain[0] * offset_m[0] + gain[1] * offset_m[1]
        };
        let speed = outward[0] * mean_velocity(0) + outward[1] * mean_velocity(1);
        let [xx, xy, yy] = self.velocity_cov;
        let variance =
            outward[0] * (outward[0] * xx + 2.0 * outward[1] * xy) + outward[1] * outward[1] * yy;
        (-exponent).exp() / (TAU * self.wide.sigma_m * self.narrow.sigma_m)
            * mean_positive_part(-speed, variance.max(0.0).sqrt())
    }
}

/// Time as an angle, in which the passages of an uncertain coordinate are evenly spread.
///
/// Where start and rate are independent, `angle = atan(t · rate sigma / start sigma)`: the
/// direction, in the plane of the two scaled to unit variance, of the line of all motions that
/// are at a given place at time `t`. What passes early, while the start is what is uncertain,
/// and what passes late, spread out by its rate, take the same room.
#[derive(Clone, Copy)]
struct TimeWarp {
    /// Time at which the coordinate is known best, in seconds.
    focus_s: f64,
    /// Time from then after which the uncertainty of the rate prevails, in seconds.
    scale_s: f64,
}

impl TimeWarp {
    fn new(coordinate: &Coordinate, window: Interval) -> Self {
        let span_s = window.length().max(1e-9);
        let focus_s = -coordinate.cross_cov / coordinate.rate_var;
        let scale_s = (coordinate.start_var / coordinate.rate_var - focus_s * focus_s).sqrt();
        if scale_s > 1e3 * span_s || coordinate.rate_var == 0.0 {
            return Self { focus_s: window.from, scale_s: 1e3 * span_s };
        }
        // `max` also mends the root of a negative number, from a covariance not quite valid.
        Self { focus_s, scale_s: scale_s.max(1e-3 * span_s) }
    }

    fn angle(&self, t: f64) -> f64 {
        ((t - self.focus_s) / self.scale_s).atan()
    }

    /// The angles in `window` at which the coordinate may be at `level`.
    ///
    /// With rate and start independent and scaled, the mean motion is a point `n` standard
    /// deviations from all those that are at the level with no rate; seen from there it spreads
    /// over an angle of `1/n`. An angle and its opposite mean the same time.
    fn passing_angles(
        &self,
        coordinate: &Coordinate,
        level: f64,
        window: Interval,
    ) -> Option<Interval> {
        let all = Interval { from: self.angle(window.from), to: self.angle(window.to) };
        if coordinate.rate == 0.0 {
            return Some(all);
        }
        let passing_s = (level - coordinate.start) / coordinate.rate;
        let warped_s = (passing_s - self.focus_s) / self.scale_s;
        let per_second = 1.0 / (self.scale_s * (1.0 + warped_s * warped_s));
        let sigma_s = coordinate.sigma(passing_s) / coordinate.rate.abs();
        let reach = 1.1 * REACH_SIGMAS * sigma_s * per_second;
        let parts = [-PI, 0.0, PI].map(|turn| {
            let middle = warped_s.atan() + turn;
            (all.from.max(middle - reach), all.to.min(middle + reach))
        });
        let met = parts.iter().filter(|(from, to)| from < to);
        met.copied()
            .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
            .map(|(from, to)| Interval { from, to })
    }

    /// Integral over time of a rate per second, between two angles and cut at some between.
    ///
    /// Cuts that are not numbers, or out of range, are passed over.
    fn integrate(
        &self,
        angles: Interval,
        mut cuts: [f64; MOST_CUTS],
        rate: impl Fn(f64) -> f64,
    ) -> f64 {
        let margin = 0.01 * angles.length();
        let is_inside = |&cut: &f64| cut > angles.from + margin && cut < angles.to - margin;
        cuts.sort_by(f64::total_cmp);
        let mut from = angles.from;
        let mut sum = 0.0;
        for to in cuts.into_iter().filter(is_inside).chain([angles.to]) {
            sum += self.integrate_piece(from, to, MOST_HALVINGS, &rate);
            from = to;
        }
        sum
    }

    /// Halves a piece until two rules agree on it.
    fn integrate_piece(
        &self,
        from: f64,
        to: f64,
        halvings: u32,
        rate: &impl Fn(f64) -> f64,
    ) -> f64 {
        let at = |angle: f64| {
            let warped = angle.tan();
            self.scale_s * (1.0 + warped * warped) * rate(self.focus_s + self.scale_s * warped)
        };
        let coarse = integrate(&GAUSS_LEGENDRE_6, from, to, at);
        let fine = integrate(&GAUSS_LEGENDRE_8, from, to, at);
        if halvings == 0 || (fine - coarse).abs() < TOLERANCE {
            return fine;
        }
        let middle = 0.5 * (from + to);
        self.integrate_piece(from, middle, halvings - 1, rate)
            + self.integrate_piece(middle, to, halvings - 1, rate)
    }
}

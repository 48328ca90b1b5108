//! Probability that two aircraft lose separation, from one joint Gaussian relative state.

pub mod crossing;
mod flux;
mod motion;
mod normal;
pub mod quadrature;

use motion::{Coordinate, Interval, Planar};

/// Relative motion of one aircraft as seen from the other, with joint uncertainty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RelativeState {
    /// Relative position: east, north, up, in metres.
    pub position_m: [f64; 3],
    /// Relative velocity: east, north, up, in metres per second.
    pub velocity_mps: [f64; 3],
    /// Covariance of (x, y, vx, vy), in m², m²/s and m²/s².
    pub horizontal_cov: [[f64; 4]; 4],
    /// Covariance of (z, vz), in m², m²/s and m²/s².
    pub vertical_cov: [[f64; 2]; 2],
}

/// Probabilities below about 1e-5 a side are not told from nothing.
const REACH_SIGMAS: f64 = 4.5;

/// TODO docs
pub fn probability_of_loss(
    rel: &RelativeState,
    horizontal_m: f64,
    vertical_m: f64,
    horizon_s: f64,
) -> f64 {
    solve(rel, horizontal_m, vertical_m, horizon_s, true)
}
/// dev
pub fn probability_flux(
    rel: &RelativeState,
    horizontal_m: f64,
    vertical_m: f64,
    horizon_s: f64,
) -> f64 {
    solve(rel, horizontal_m, vertical_m, horizon_s, false)
}

/// dev: whether the crossing tier took it
pub fn tier(rel: &RelativeState, d: f64, h: f64, t: f64) -> &'static str {
    let planar = Planar::turned(rel, direction(rel.velocity_mps[0], rel.velocity_mps[1]));
    let vertical = vertical_coordinate(rel);
    if planar.is_exact() || vertical.is_exact() {
        return "exact";
    }
    let window = Interval { from: 0.0, to: t };
    let Some(active) = [(&planar.x, d), (&planar.y, d), (&vertical, h)]
        .into_iter()
        .try_fold(window, |w, (c, l)| c.reach(l, REACH_SIGMAS, w))
    else {
        return "out";
    };
    let band =
        (!surely_within(&vertical, h, active)).then_some(Band { vertical, half_height_m: h });
    if crossing::probability(&planar, d, band.as_ref(), window, active).is_some() {
        "crossing"
    } else {
        "flux"
    }
}

fn solve(
    rel: &RelativeState,
    horizontal_m: f64,
    vertical_m: f64,
    horizon_s: f64,
    fast: bool,
) -> f64 {
    if horizontal_m <= 0.0 || vertical_m <= 0.0 || horizon_s < 0.0 {
        return 0.0;
    }
    let known =
        is_finite(rel) && !(horizontal_m.is_nan() || vertical_m.is_nan() || horizon_s.is_nan());
    if !known {
        return 1.0;
    }
    let radius_m = horizontal_m.min(1e9);
    let half_height_m = vertical_m.min(1e9);
    let window = Interval { from: 0.0, to: horizon_s.min(1e7) };
    let planar = Planar::turned(rel, direction(rel.velocity_mps[0], rel.velocity_mps[1]));
    let vertical = vertical_coordinate(rel);
    let p =
        separate_certain(rel, &planar, radius_m, &Band { vertical, half_height_m }, window, fast);
    if p.is_nan() { 1.0 } else { p.clamp(0.0, 1.0) }
}

/// The vertical coordinate together with the band that it must not be in.
#[derive(Clone, Copy, Debug)]
struct Band {
    vertical: Coordinate,
    half_height_m: f64,
}

fn separate_certain(
    rel: &RelativeState,
    planar: &Planar,
    radius_m: f64,
    band: &Band,
    window: Interval,
    fast: bool,
) -> f64 {
    let (vertical, half_height_m) = (&band.vertical, band.half_height_m);
    match (planar.is_exact(), vertical.is_exact()) {
        (true, exact) => {
            let Some(stay) = planar.nominal_stay(radius_m, window) else { return 0.0 };
            if exact {
                f64::from(vertical.nominal_stay(half_height_m, stay).is_some())
            } else {
                band.met_between(Passage::exact(stay))
            }
        }
        (false, true) => match vertical.nominal_stay(half_height_m, window) {
            Some(stay) => uncertain(rel, planar, radius_m, None, stay, fast),
            None => 0.0,
        },
        (false, false) => uncertain(rel, planar, radius_m, Some(band), window, fast),
    }
}

fn uncertain(
    rel: &RelativeState,
    planar: &Planar,
    radius_m: f64,
    band: Option<&Band>,
    window: Interval,
    fast: bool,
) -> f64 {
    let reach = |active: Interval, c: &Coordinate, limit| c.reach(limit, REACH_SIGMAS, active);
    let Some(mut active) =
        reach(window, &planar.x, radius_m).and_then(|a| reach(a, &planar.y, radius_m))
    else {
        return 0.0;
    };
    let mut band = band;
    if let Some(b) = band {
        match reach(active, &b.vertical, b.half_height_m) {
            Some(a) => active = a,
            None => return 0.0,
        }
        if surely_within(&b.vertical, b.half_height_m, active) {
            band = None;
        }
    }
    if fast && let Some(p) = crossing::probability(planar, radius_m, band, window, active) {
        return p;
    }
    if fast {
        return flux::by_time(rel, radius_m, band, active);
    }
    flux::probability(rel, radius_m, band, active)
}

fn surely_within(c: &Coordinate, limit: f64, active: Interval) -> bool {
    // mean ± k sigma is convex / concave: largest at the ends.
    [active.from, active.to].iter().all(|&t| c.mean(t).abs() + REACH_SIGMAS * c.sigma(t) < limit)
}

fn is_finite(rel: &RelativeState) -> bool {
    rel.position_m
        .iter()
        .chain(&rel.velocity_mps)
        .chain(rel.horizontal_cov.iter().flatten())
        .chain(rel.vertical_cov.iter().flatten())
        .all(|v| v.is_finite())
}

fn vertical_coordinate(rel: &RelativeState) -> Coordinate {
    Coordinate {
        start: rel.position_m[2],
        rate: rel.velocity_mps[2],
        start_var: rel.vertical_cov[0][0].max(0.0),
        cross_cov: 0.5 * (rel.vertical_cov[0][1] + rel.vertical_cov[1][0]),
        rate_var: rel.vertical_cov[1][1].max(0.0),
    }
}

fn direction(x: f64, y: f64) -> [f64; 2] {
    let length = x.hypot(y);
    if length > 0.0 { [x / length, y / length] } else { [1.0, 0.0] }
}

/// Entry into and exit from the disc: two times, jointly Gaussian.
#[derive(Clone, Copy, Debug)]
struct Passage {
    entry_s: f64,
    exit_s: f64,
    entry_var: f64,
    exit_var: f64,
    entry_exit_cov: f64,
}

impl Passage {
    fn exact(stay: Interval) -> Self {
        Self {
            entry_s: stay.from,
            exit_s: stay.to,
            entry_var: 0.0,
            exit_var: 0.0,
            entry_exit_cov: 0.0,
        }
    }
}

impl Band {
    /// Probability that the vertical coordinate is in the band at some time of a passage.
    fn met_between(&self, passage: Passage) -> f64 {
        let z = &self.vertical;
        let (entry, exit) = (passage.entry_s, passage.exit_s);
        let blur = z.rate * z.rate + z.rate_var;
        let entry_var = z.variance(entry) + blur * passage.entry_var;
        let exit_var = z.variance(exit) + blur * passage.exit_var;
        let cov = z.covariance(entry, exit) + blur * passage.entry_exit_cov;
        let (entry_sigma, exit_sigma) = (entry_var.sqrt().max(1e-9), exit_var.sqrt().max(1e-9));
        let scale = 1.0 / (entry_sigma * exit_sigma);
        let correlation = (cov * scale).clamp(-1.0, 1.0);
        let independence = (entry_var * exit_var - cov * cov).max(0.0).sqrt() * scale;
        let stays_beyond = |entry_mean: f64, exit_mean: f64| {
            normal::both_exceed(
                (self.half_height_m - entry_mean) / entry_sigma,
                (self.half_height_m - exit_mean) / exit_sigma,
                correlation,
                independence,
            )
        };
        1.0 - stays_beyond(z.mean(entry), z.mean(exit))
            - stays_beyond(-z.mean(entry), -z.mean(exit))
    }

    /// Rate at which the band is entered at `t`, from above and from below.
    fn entry_rate(&self, t: f64) -> f64 {
        self.rate_from_above(&self.vertical, t) + self.rate_from_above(&self.vertical.mirrored(), t)
    }
    fn rate_from_above(&self, z: &Coordinate, t: f64) -> f64 {
        let sigma = z.sigma(t).max(1e-9);
        let u = (self.half_height_m - z.mean(t)) / sigma;
        if u.abs() > 5.0 {
            return 0.0;
        }
        let (rate, rate_sigma) = z.rate_given(t, self.half_height_m);
        normal::density(u) / sigma * normal::mean_positive_part(-rate, rate_sigma)
    }

    /// Probability that the vertical coordinate is in the band at `t`.
    fn holds(&self, t: f64) -> f64 {
        let sigma = self.vertical.sigma(t).max(1e-9);
        let mean = self.vertical.mean(t);
        normal::between((-self.half_height_m - mean) / sigma, (self.half_height_m - mean) / sigma)
    }
}

//! x
use super::motion::{Coordinate, Interval, Planar};
use super::normal::{between, density, upper_tail};
use super::quadrature::{GAUSS_LEGENDRE_6, GAUSS_LEGENDRE_8, integrate};
use super::{Band, Passage, REACH_SIGMAS};

/// Dev
pub static LAMBDA: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(100);

/// 4-point Gauss-Hermite for the standard normal
const HERMITE: [(f64, f64); 4] = [
    (-2.334_414_218_338_977, 0.045_875_854_768_068),
    (-0.741_963_784_302_725, 0.454_124_145_231_931),
    (0.741_963_784_302_725, 0.454_124_145_231_931),
    (2.334_414_218_338_977, 0.045_875_854_768_068),
];

/// Straight pass: y is the cross-track offset.
struct Pass<'a> {
    planar: &'a Planar,
    radius_m: f64,
    closest_s: f64,
    miss_m: f64,
    miss_sigma: f64,
    // covariances of the (linear) miss distance with start of x, rate of x, rate of y
    with_start: f64,
    with_speed: f64,
    with_drift: f64,
}

pub(super) fn probability(
    planar: &Planar,
    radius_m: f64,
    band: Option<&Band>,
    window: Interval,
    _active: Interval,
) -> Option<f64> {
    let speed2 = planar.x.rate * planar.x.rate;
    let lam = LAMBDA.load(std::sync::atomic::Ordering::Relaxed) as f64 / 1000.0;
    if planar.x.rate_var.max(planar.y.rate_var) > lam * lam * speed2 || speed2 == 0.0 {
        return None;
    }
    let pass = Pass::new(planar, radius_m);
    let low = pass.edge(-radius_m)?;
    let high = pass.edge(radius_m)?;
    let (low, high) = (low.max(-REACH_SIGMAS), high.min(REACH_SIGMAS));
    if low >= high {
        return Some(0.0);
    }
    let within = between(low, high);
    let near_end = pass.near_end(window);
    if !near_end && band.is_none() {
        return Some(within);
    }
    if !near_end && low == -REACH_SIGMAS && high == REACH_SIGMAS {
        return Some(HERMITE.iter().map(|&(u, w)| w * pass.met(u, band, window)).sum());
    }
    let (low, high) = (low.max(-3.7), high.min(3.7));
    if low >= high {
        return Some(0.0);
    }
    // split where the disc's edge is at either end of the window
    let mut cuts = [low, low, low, high];
    if near_end {
        for t in [window.from, window.to] {
            let x = planar.x.rate * (t - pass.closest_s);
            let outside = if t == window.from { x } else { -x };
            let half2 = radius_m * radius_m - x * x;
            if outside > 0.0 && half2 > 0.0 {
                let half = half2.sqrt();
                cuts[1] = ((-half - pass.miss_m) / pass.miss_sigma).clamp(low, high);
                cuts[2] = ((half - pass.miss_m) / pass.miss_sigma).clamp(low, high);
            }
        }
    }
    let mut sum = 0.0;
    let mut norm = 0.0;
    for pair in cuts.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        if b <= a {
            continue;
        }
        let f = |u: f64| density(u) * pass.met(u, band, window);
        if b - a > 2.0 {
            sum += integrate(&GAUSS_LEGENDRE_8, a, b, f);
            norm += integrate(&GAUSS_LEGENDRE_8, a, b, density);
        } else {
            sum += integrate(&GAUSS_LEGENDRE_6, a, b, f);
            norm += integrate(&GAUSS_LEGENDRE_6, a, b, density);
        }
    }
    Some(within * sum / norm)
}

impl<'a> Pass<'a> {
    fn new(planar: &'a Planar, radius_m: f64) -> Self {
        let closest_s = -planar.x.start / planar.x.rate;
        Self {
            planar,
            radius_m,
            closest_s,
            miss_m: planar.y.start,
            miss_sigma: planar.y.sigma(closest_s).max(1e-9 * radius_m),
            with_start: planar.starts_cov + closest_s * planar.x_rate_y_cov,
            with_speed: planar.y_rate_x_cov + closest_s * planar.rates_cov,
            with_drift: planar.y.cross_cov + closest_s * planar.y.rate_var,
        }
    }

    /// Standardised
    fn edge(&self, edge_m: f64) -> Option<f64> {
        let (p, v) = (self.planar, self.planar.x.rate);
        let u = (edge_m - self.miss_m) / self.miss_sigma;
        if u.abs() > 2.0 * REACH_SIGMAS {
            return Some(u);
        }
        let along = self.with_start + self.closest_s * self.with_speed;
        let slope = self.with_drift / (self.miss_sigma * v) * u;
        let shift = along / self.miss_sigma * u;
        let var = self.miss_sigma * self.miss_sigma;
        let slope_var = (p.y.rate_var - self.with_drift * self.with_drift / var).max(0.0) / (v * v);
        let joint =
            (p.x_rate_y_cov + self.closest_s * p.rates_cov - self.with_drift * along / var) / v;
        let correction =
            edge_m * ((1.0 + slope * slope + slope_var).sqrt() - 1.0) + joint + slope * shift;
        let correction = correction / self.miss_sigma;
        if correction.abs() > 0.3 && u.abs() < REACH_SIGMAS {
            return None;
        }
        Some(u + correction)
    }

    /// along-track given y standardised
    fn along(&self, u: f64) -> Coordinate {
        let p = self.planar;
        let y = self.miss_m + u * self.miss_sigma;
        let lever = y / p.x.rate;
        let inv = 1.0 / self.miss_sigma;
        let (start, speed) =
            ((self.with_start + lever * self.with_drift) * inv, self.with_speed * inv);
        Coordinate {
            start: p.x.start + start * u,
            rate: p.x.rate + speed * u,
            start_var: (p.x.start_var + lever * (2.0 * p.x_rate_y_cov + lever * p.y.rate_var)
                - start * start)
                .max(0.0),
            cross_cov: p.x.cross_cov + lever * p.rates_cov - start * speed,
            rate_var: (p.x.rate_var - speed * speed).max(0.0),
        }
    }

    fn near_end(&self, window: Interval) -> bool {
        let v = self.planar.x.rate;
        let half = self.radius_m / v;
        let clear = |t: f64| {
            let s =
                REACH_SIGMAS * (self.planar.x.sigma(t) + self.planar.y.rate_var.sqrt() * half) / v;
            s
        };
        let (first, last) = (self.closest_s - half, self.closest_s + half);
        !(first - clear(first) > window.from && last + clear(last) < window.to)
    }

    fn met(&self, u: f64, band: Option<&Band>, window: Interval) -> f64 {
        let y = self.miss_m + u * self.miss_sigma;
        let half = (self.radius_m * self.radius_m - y * y).max(0.0).sqrt();
        let along = self.along(u);
        let entry_s = (-half - along.start) / along.rate;
        let exit_s = (half - along.start) / along.rate;
        let r2 = along.rate * along.rate;
        let mut passage = Passage {
            entry_s,
            exit_s,
            entry_var: along.variance(entry_s) / r2,
            exit_var: along.variance(exit_s) / r2,
            entry_exit_cov: along.covariance(entry_s, exit_s) / r2,
        };
        let entry_sigma = passage.entry_var.sqrt().max(1e-9);
        let exit_sigma = passage.exit_var.sqrt().max(1e-9);
        // in sigmas
        let entered = (window.to - entry_s) / entry_sigma;
        let not_left = (exit_s - window.from) / exit_sigma;
        if entered < -REACH_SIGMAS || not_left < -REACH_SIGMAS {
            return 0.0;
        }
        let in_time = 1.0 - upper_tail(entered) - upper_tail(not_left);
        let Some(band) = band else { return in_time.max(0.0) };
        let clear = entered > REACH_SIGMAS && not_left > REACH_SIGMAS;
        if !clear {
            return in_time * pass_mean(&passage, band, window, entered, not_left);
        }
        let kept_entry = clip(&mut passage.entry_s, &mut passage.entry_var, window.from, 1.0);
        let kept_exit = clip(&mut passage.exit_s, &mut passage.exit_var, window.to, -1.0);
        passage.entry_exit_cov *= kept_entry * kept_exit;
        band.met_between(passage)
    }
}

/// Moments of max(X, limit) (sign 1) or min (sign -1); factor on sigma
fn clip(mean: &mut f64, var: &mut f64, limit: f64, sign: f64) -> f64 {
    let sigma = var.sqrt().max(1e-9);
    let above = sign * (*mean - limit) / sigma;
    if above > REACH_SIGMAS {
        return 1.0;
    }
    if above < -REACH_SIGMAS {
        *mean = limit;
        *var = 0.0;
        return 0.0;
    }
    let (p, d) = (upper_tail(-above), density(above));
    let first = above * p + d;
    let second = (above * above + 1.0) * p + above * d;
    let kept = (second - first * first).max(0.0);
    *mean = limit + sign * sigma * first;
    *var *= kept;
    kept.sqrt()
}

fn pass_mean(p: &Passage, band: &Band, window: Interval, entered: f64, not_left: f64) -> f64 {
    let exit_drives = entered > REACH_SIGMAS;
    let (lead_sigma, follow_var) = if exit_drives {
        (p.exit_var.sqrt().max(1e-9), p.entry_var)
    } else {
        (p.entry_var.sqrt().max(1e-9), p.exit_var)
    };
    let per = p.entry_exit_cov / lead_sigma;
    let rest = (follow_var - per * per).max(0.0);
    let (first, last) =
        if exit_drives { ((-not_left).max(-3.7), 3.7) } else { (-3.7, entered.min(3.7)) };
    if first >= last {
        return 0.0;
    }
    let g = |w: f64| {
        let (e, x) = if exit_drives {
            (p.entry_s + per * w, p.exit_s + lead_sigma * w)
        } else {
            (p.entry_s + lead_sigma * w, p.exit_s + per * w)
        };
        let mut q =
            Passage { entry_s: e, exit_s: x, entry_var: 0.0, exit_var: 0.0, entry_exit_cov: 0.0 };
        if exit_drives {
            q.entry_var = rest
        } else {
            q.exit_var = rest
        }
        clip(&mut q.entry_s, &mut q.entry_var, window.from, 1.0);
        clip(&mut q.exit_s, &mut q.exit_var, window.to, -1.0);
        q.exit_s = q.exit_s.max(q.entry_s);
        density(w) * band.met_between(q)
    };
    integrate(&GAUSS_LEGENDRE_8, first, last, g)
        / integrate(&GAUSS_LEGENDRE_8, first, last, density)
}

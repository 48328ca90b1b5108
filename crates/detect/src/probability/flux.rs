//! Slow path.
use super::motion::{Coordinate, Interval, Planar};
use super::normal::{between, mean_positive_part};
use super::quadrature::*;
use super::{Band, REACH_SIGMAS, RelativeState, direction};
use std::f64::consts::{FRAC_PI_2, TAU};

/// 2 x 2 symmetric positive definite.
#[derive(Clone, Copy)]
struct Spread {
    xx: f64,
    xy: f64,
    yy: f64,
    det: f64,
}
impl Spread {
    fn at(planar: &Planar, t: f64) -> Self {
        let (xx, yy, xy) = (planar.x.variance(t), planar.y.variance(t), planar.covariance(t));
        Self { xx, xy, yy, det: (xx * yy - xy * xy).max(1e-12 * xx * yy) }
    }
    /// Product of the inverse with a vector.
    fn solve(&self, v: [f64; 2]) -> [f64; 2] {
        [(self.yy * v[0] - self.xy * v[1]) / self.det, (self.xx * v[1] - self.xy * v[0]) / self.det]
    }
}

fn dot(a: [f64; 2], b: [f64; 2]) -> f64 {
    a[0] * b[0] + a[1] * b[1]
}

pub(super) fn probability(
    rel: &RelativeState,
    radius_m: f64,
    band: Option<&Band>,
    window: Interval,
) -> f64 {
    let planar = narrow_axes(rel, radius_m, window);
    let Some(window) = radial_trim(&planar, radius_m, window) else { return 0.0 };
    let band_at = |t| band.map_or(1.0, |b| b.holds(t));
    let start = disc_probability(&planar, radius_m, window.from) * band_at(window.from);
    let side = side_entries(&planar, radius_m, band, window);
    let level = band.map_or(0.0, |b| level_entries(&planar, radius_m, b, window));
    start + side + level
}

/// axes
fn narrow_axes(rel: &RelativeState, radius_m: f64, window: Interval) -> Planar {
    let by_velocity = Planar::turned(rel, direction(rel.velocity_mps[0], rel.velocity_mps[1]));
    let end = Spread::at(&by_velocity, window.to);
    let [along, across] = major_axis(&end);
    let e = direction(rel.velocity_mps[0], rel.velocity_mps[1]);
    let by_spread =
        Planar::turned(rel, [along * e[0] - across * e[1], along * e[1] + across * e[0]]);
    let width = |p: &Planar| {
        let (lo, hi) = range(&p.y, window);
        hi.min(radius_m) - lo.max(-radius_m)
    };
    let mut planar = if width(&by_velocity) <= width(&by_spread) { by_velocity } else { by_spread };
    // keep singular ones regular
    let total: f64 =
        [window.from, window.to].iter().map(|&t| planar.x.variance(t) + planar.y.variance(t)).sum();
    let floor = 1e-7 * total + 1e-18 * radius_m * radius_m;
    planar.x.start_var += floor;
    planar.y.start_var += floor;
    planar
}

fn major_axis(s: &Spread) -> [f64; 2] {
    let half = 0.5 * (s.xx - s.yy);
    let root = half.hypot(s.xy);
    if half >= 0.0 {
        direction(half + root, s.xy)
    } else {
        direction(s.xy.abs(), (root - half).copysign(s.xy))
    }
}

/// range over the window
fn range(c: &Coordinate, window: Interval) -> (f64, f64) {
    let mut lo = f64::INFINITY;
    let mut hi = f64::NEG_INFINITY;
    for t in [window.from, window.to] {
        let (m, s) = (c.mean(t), REACH_SIGMAS * c.sigma(t));
        lo = lo.min(m - s);
        hi = hi.max(m + s);
    }
    (lo, hi)
}

fn disc_probability(planar: &Planar, radius_m: f64, t: f64) -> f64 {
    let spread = Spread::at(planar, t);
    let mean = [planar.x.mean(t), planar.y.mean(t)];
    let distance = mean[0].hypot(mean[1]);
    let half = 0.5 * (spread.xx - spread.yy);
    let major_var = 0.5 * (spread.xx + spread.yy) + half.hypot(spread.xy);
    let reach = REACH_SIGMAS * major_var.sqrt();
    if distance - reach > radius_m {
        return 0.0;
    }
    if distance + reach < radius_m {
        return 1.0;
    }
    let axis = major_axis(&spread);
    let (wide, narrow) = (dot(axis, mean), dot([-axis[1], axis[0]], mean));
    let wide_sigma = major_var.sqrt();
    let narrow_sigma = (spread.det / major_var).sqrt().max(1e-7 * wide_sigma);
    let low = (narrow - REACH_SIGMAS * narrow_sigma).max(-radius_m) / radius_m;
    let high = (narrow + REACH_SIGMAS * narrow_sigma).min(radius_m) / radius_m;
    if low >= high {
        return 0.0;
    }
    integrate(&GAUSS_LEGENDRE_12, low.asin(), high.asin(), |angle| {
        let (sin, cos) = angle.sin_cos();
        let chord = radius_m * cos;
        let u = (radius_m * sin - narrow) / narrow_sigma;
        chord / narrow_sigma
            * super::normal::density(u)
            * between((-chord - wide) / wide_sigma, (chord - wide) / wide_sigma)
    })
}

/// Maps time to an angle in which an uncertain coordinate's passages are about normal.
#[derive(Clone, Copy, Debug)]
struct TimeMap {
    focus: f64,
    scale: f64,
}
impl TimeMap {
    fn new(c: &Coordinate, window: Interval) -> Self {
        let span = (window.to - window.from).max(1e-9);
        let linear = Self { focus: window.from, scale: 1e3 * span };
        if c.rate_var <= 0.0 {
            return linear;
        }
        let focus = -c.cross_cov / c.rate_var;
        let scale = (c.start_var / c.rate_var - focus * focus).max(0.0).sqrt().max(1e-3 * span);
        if scale > 1e3 * span {
            return linear;
        }
        Self { focus, scale }
    }
    fn angle(&self, t: f64) -> f64 {
        ((t - self.focus) / self.scale).atan()
    }
    fn time(&self, angle: f64) -> f64 {
        self.focus + self.scale * angle.tan()
    }
    fn angle_per_second(&self, t: f64) -> f64 {
        let r = (t - self.focus) / self.scale;
        1.0 / (self.scale * (1.0 + r * r))
    }
}

#[allow(clippy::too_many_arguments)]
fn integrate_times(
    map: &TimeMap,
    window: Interval,
    peak: (f64, f64),
    breaks: &[f64],
    mut f: impl FnMut(f64) -> f64,
) -> f64 {
    let (centre, sigma) = peak;
    let mid = map.angle(centre);
    let width = REACH_SIGMAS * 1.1 * sigma * map.angle_per_second(centre);
    let (first, last) = (map.angle(window.from), map.angle(window.to));
    // The angle has period pi.
    let near = |shift: f64| (first.max(mid - width + shift), last.min(mid + width + shift));
    let (mut from, mut to) = (f64::INFINITY, f64::NEG_INFINITY);
    for shift in [-std::f64::consts::PI, 0.0, std::f64::consts::PI] {
        let (a, b) = near(shift);
        if a < b {
            from = from.min(a);
            to = to.max(b);
        }
    }
    if from >= to {
        return 0.0;
    }
    let mut g = |angle: f64| {
        let t = map.time(angle);
        f(t) / map.angle_per_second(t)
    };
    let mut sum = 0.0;
    let mut left = from;
    let mut pieces = 0;
    for &b in breaks {
        let b = map.angle(b);
        if b > left + 0.02 * (to - from) && b < to - 0.02 * (to - from) {
            sum += integrate(&GAUSS_LEGENDRE_12, left, b, &mut g);
            left = b;
            pieces += 1;
        }
    }
    sum + if pieces <= 1 {
        integrate(&GAUSS_LEGENDRE_12, left, to, &mut g)
    } else {
        integrate(&GAUSS_LEGENDRE_8, left, to, &mut g)
    }
}

fn side_entries(planar: &Planar, radius_m: f64, band: Option<&Band>, window: Interval) -> f64 {
    let mut breaks = [f64::NAN; 2];
    if let Some(b) = band {
        if b.vertical.rate != 0.0 {
            breaks = crossing_times(&b.vertical, b.half_height_m);
        }
    }
    let mut sum = 0.0;
    for side in [-1.0, 1.0] {
        let Some((from, to, window)) = arc(planar, radius_m, side, window) else { continue };
        let map = TimeMap::new(&planar.x, window);
        let mut guess = 0.5 * (window.from + window.to);
        sum += integrate(&GAUSS_LEGENDRE_16, from, to, |angle| {
            let (sin, cos) = angle.sin_cos();
            let normal = [side * cos, sin];
            let point = [radius_m * normal[0], radius_m * normal[1]];
            let peak = passing_time(planar, point, guess, window);
            guess = peak.0.clamp(window.from, window.to);
            radius_m
                * integrate_times(&map, window, peak, &breaks, |t| {
                    let f = inward_flux(planar, point, normal, t);
                    if f > 0.0 { f * band.map_or(1.0, |b| b.holds(t)) } else { 0.0 }
                })
        });
    }
    sum
}

/// Angles and times at which the front (side -1) or rear arc can be met.
fn arc(
    planar: &Planar,
    radius_m: f64,
    side: f64,
    window: Interval,
) -> Option<(f64, f64, Interval)> {
    let mut window = window;
    let mut angles = (0.0, 0.0);
    for _ in 0..5 {
        let (low, high) = range(&planar.y, window);
        if low >= radius_m || high <= -radius_m {
            return None;
        }
        angles = ((low / radius_m).max(-1.0).asin(), (high / radius_m).min(1.0).asin());
        let nearest = radius_m * angles.0.cos().min(angles.1.cos());
        let farthest = if angles.0 < 0.0 && angles.1 > 0.0 {
            radius_m
        } else {
            radius_m * angles.0.cos().max(angles.1.cos())
        };
        let shifted =
            Coordinate { start: planar.x.start - side * 0.5 * (nearest + farthest), ..planar.x };
        window = shifted.reach(0.5 * (farthest - nearest), REACH_SIGMAS, window)?;
    }
    Some((angles.0, angles.1, window))
}

fn crossing_times(c: &Coordinate, limit: f64) -> [f64; 2] {
    let (a, b) = ((-limit - c.start) / c.rate, (limit - c.start) / c.rate);
    [a.min(b), a.max(b)]
}

/// time at which point is passed most likely, and its sigma
fn passing_time(planar: &Planar, point: [f64; 2], guess: f64, window: Interval) -> (f64, f64) {
    let rate = [planar.x.rate, planar.y.rate];
    let offset = [point[0] - planar.x.start, point[1] - planar.y.start];
    let mut t = guess;
    let mut sigma = f64::INFINITY;
    for _ in 0..3 {
        let weighted = Spread::at(planar, t.clamp(window.from, window.to)).solve(rate);
        let information = dot(rate, weighted);
        let rate_var = weighted[0] * weighted[0] * planar.x.rate_var
            + weighted[1] * weighted[1] * planar.y.rate_var
            + 2.0 * weighted[0] * weighted[1] * planar.rates_cov;
        if information <= 0.0 || rate_var > 0.1 * information * information {
            return (guess, 1e9);
        }
        t = dot(weighted, offset) / information;
        sigma = 1.0 / information.sqrt();
    }
    (t, sigma.min(1e9))
}

fn inward_flux(planar: &Planar, point: [f64; 2], normal: [f64; 2], t: f64) -> f64 {
    let spread = Spread::at(planar, t);
    let offset = [point[0] - planar.x.mean(t), point[1] - planar.y.mean(t)];
    let weighted = spread.solve(offset);
    let exponent = 0.5 * dot(offset, weighted);
    if exponent > 14.0 {
        return 0.0;
    }
    // cov of outward rate with position
    let with_x = normal[0] * (planar.x.cross_cov + t * planar.x.rate_var)
        + normal[1] * (planar.x_rate_y_cov + t * planar.rates_cov);
    let with_y = normal[0] * (planar.y_rate_x_cov + t * planar.rates_cov)
        + normal[1] * (planar.y.cross_cov + t * planar.y.rate_var);
    let gain = spread.solve([with_x, with_y]);
    let outward = dot(normal, [planar.x.rate, planar.y.rate]) + dot(gain, offset);
    let var = normal[0] * normal[0] * planar.x.rate_var
        + normal[1] * normal[1] * planar.y.rate_var
        + 2.0 * normal[0] * normal[1] * planar.rates_cov
        - dot(gain, [with_x, with_y]);
    (-exponent).exp() / (TAU * spread.det.sqrt())
        * mean_positive_part(-outward, var.max(0.0).sqrt())
}

fn level_entries(planar: &Planar, radius_m: f64, band: &Band, window: Interval) -> f64 {
    let from_above = entries_from_above(planar, radius_m, band, window);
    let below = Band { vertical: band.vertical.mirrored(), ..*band };
    from_above + entries_from_above(planar, radius_m, &below, window)
}

fn entries_from_above(planar: &Planar, radius_m: f64, band: &Band, window: Interval) -> f64 {
    let z = &band.vertical;
    let map = TimeMap::new(z, window);
    let level = band.half_height_m;
    let peak = if z.rate != 0.0 {
        let t = (level - z.start) / z.rate;
        (t, z.sigma(t) / z.rate.abs())
    } else {
        (0.5 * (window.from + window.to), 1e9)
    };
    let breaks = match planar.nominal_stay(radius_m, window) {
        Some(s) => [s.from, s.to],
        None => [f64::NAN; 2],
    };
    integrate_times(&map, window, peak, &breaks, |t| {
        let sigma = z.sigma(t).max(1e-9);
        let u = (level - z.mean(t)) / sigma;
        if u.abs() > 5.0 {
            return 0.0;
        }
        let (rate, rate_sigma) = z.rate_given(t, level);
        let flux = super::normal::density(u) / sigma * mean_positive_part(-rate, rate_sigma);
        if flux > 0.0 { flux * disc_probability(planar, radius_m, t) } else { 0.0 }
    })
}
#[allow(unused)]
const X: f64 = FRAC_PI_2;

/// time outer
pub(super) fn by_time(
    rel: &RelativeState,
    radius_m: f64,
    band: Option<&Band>,
    window: Interval,
) -> f64 {
    let axis = direction(rel.velocity_mps[0], rel.velocity_mps[1]);
    let mut planar = Planar::turned(rel, axis);
    let total: f64 =
        [window.from, window.to].iter().map(|&t| planar.x.variance(t) + planar.y.variance(t)).sum();
    let floor = 1e-7 * total + 1e-18 * radius_m * radius_m;
    planar.x.start_var += floor;
    planar.y.start_var += floor;
    let Some(window) = radial_trim(&planar, radius_m, window) else { return 0.0 };
    let band_at = |t| band.map_or(1.0, |b| b.holds(t));
    let start = disc_probability(&planar, radius_m, window.from) * band_at(window.from);
    let level = band.map_or(0.0, |b| level_entries(&planar, radius_m, b, window));
    let Some(edge) = edge_window(&planar, radius_m, window) else { return start + level };
    let both = Coordinate {
        start: 0.0,
        rate: 0.0,
        start_var: planar.x.start_var + planar.y.start_var,
        cross_cov: planar.x.cross_cov + planar.y.cross_cov,
        rate_var: planar.x.rate_var + planar.y.rate_var,
    };
    let map = TimeMap::new(&both, edge);
    let mut breaks = [f64::NAN; 2];
    if let Some(b) = band {
        if b.vertical.rate != 0.0 {
            breaks = crossing_times(&b.vertical, b.half_height_m);
        }
    }
    let mid = map.time(0.5 * (map.angle(edge.from) + map.angle(edge.to)));
    let breaks2 = [breaks[0], mid, breaks[1]];
    let mut breaks2: Vec<f64> = breaks2.into_iter().filter(|b| b.is_finite()).collect();
    breaks2.sort_by(f64::total_cmp);
    start
        + level
        + integrate_times(&map, edge, (mid, 1e12), &breaks2, |t| {
            let v = band_at(t);
            if v > 1e-6 { v * inflow(&planar, radius_m, t) } else { 0.0 }
        })
}

fn radial_trim(planar: &Planar, radius_m: f64, window: Interval) -> Option<Interval> {
    let toward = |t: f64, window: Interval| {
        let e = direction(planar.x.mean(t), planar.y.mean(t));
        rotate(planar, e).x.reach(radius_m, REACH_SIGMAS, window)
    };
    let mut w = toward(window.from, window)?;
    w = toward(w.from, w)?;
    w = toward(w.to, w)?;
    toward(w.to, w)
}

/// window in which the edge can be crossed inward
fn edge_window(planar: &Planar, radius_m: f64, window: Interval) -> Option<Interval> {
    let surely_inside = |t: f64| {
        let s = Spread::at(planar, t);
        let wide_var = 0.5 * (s.xx + s.yy) + (0.5 * (s.xx - s.yy)).hypot(s.xy);
        planar.x.mean(t).hypot(planar.y.mean(t)) + REACH_SIGMAS * wide_var.sqrt() < radius_m
    };
    let bisect = |mut inside: f64, mut outside: f64| {
        for _ in 0..10 {
            let mid = 0.5 * (inside + outside);
            if surely_inside(mid) { inside = mid } else { outside = mid }
        }
        outside
    };
    let (first, last) = (surely_inside(window.from), surely_inside(window.to));
    if first && last {
        return None;
    }
    if first {
        return Some(Interval { from: bisect(window.from, window.to), ..window });
    }
    if last {
        return Some(Interval { to: bisect(window.to, window.from), ..window });
    }
    let closest = (-planar.x.start / planar.x.rate).clamp(window.from, window.to);
    if closest.is_finite() && surely_inside(closest) {
        return Some(Interval { to: bisect(closest, window.from), ..window });
    }
    Some(window)
}

fn rotate(p: &Planar, e: [f64; 2]) -> Planar {
    let f = [-e[1], e[0]];
    let form = |a: [f64; 2], b: [f64; 2], xx: f64, xy: f64, yx: f64, yy: f64| {
        a[0] * (xx * b[0] + xy * b[1]) + a[1] * (yx * b[0] + yy * b[1])
    };
    let pos = |a, b| form(a, b, p.x.start_var, p.starts_cov, p.starts_cov, p.y.start_var);
    let cross = |a, b| form(a, b, p.x.cross_cov, p.x_rate_y_cov, p.y_rate_x_cov, p.y.cross_cov);
    let rate = |a, b| form(a, b, p.x.rate_var, p.rates_cov, p.rates_cov, p.y.rate_var);
    let c = |a: [f64; 2]| Coordinate {
        start: a[0] * p.x.start + a[1] * p.y.start,
        rate: a[0] * p.x.rate + a[1] * p.y.rate,
        start_var: pos(a, a),
        cross_cov: cross(a, a),
        rate_var: rate(a, a),
    };
    Planar {
        x: c(e),
        y: c(f),
        starts_cov: pos(e, f),
        x_rate_y_cov: cross(e, f),
        y_rate_x_cov: cross(f, e),
        rates_cov: rate(e, f),
    }
}

fn inflow(planar: &Planar, radius_m: f64, t: f64) -> f64 {
    let spread = Spread::at(planar, t);
    let distance = planar.x.mean(t).hypot(planar.y.mean(t));
    let half = 0.5 * (spread.xx - spread.yy);
    let wide_var = 0.5 * (spread.xx + spread.yy) + half.hypot(spread.xy);
    let reach = REACH_SIGMAS * wide_var.sqrt();
    if (distance - radius_m).abs() > reach && distance > reach - radius_m {
        return 0.0;
    }
    let p = rotate(planar, major_axis(&spread));
    let (wide, narrow) = (p.x.mean(t), p.y.mean(t));
    let wide_sigma = p.x.sigma(t);
    let narrow_sigma = p.y.sigma(t).max(1e-7 * wide_sigma);
    let (wv, nv) = (wide_sigma * wide_sigma, narrow_sigma * narrow_sigma);
    // gains of rates on position
    let gx = [(p.x.cross_cov + t * p.x.rate_var) / wv, (p.y_rate_x_cov + t * p.rates_cov) / nv];
    let gy = [(p.x_rate_y_cov + t * p.rates_cov) / wv, (p.y.cross_cov + t * p.y.rate_var) / nv];
    let vxx = p.x.rate_var - gx[0] * gx[0] * wv - gx[1] * gx[1] * nv;
    let vyy = p.y.rate_var - gy[0] * gy[0] * wv - gy[1] * gy[1] * nv;
    let vxy = p.rates_cov - gx[0] * gy[0] * wv - gx[1] * gy[1] * nv;
    let mut sum = 0.0;
    for sx in [-1.0, 1.0] {
        // cosine range
        let c_lo = ((sx * wide - REACH_SIGMAS * wide_sigma) / radius_m).max(0.0);
        let c_hi = ((sx * wide + REACH_SIGMAS * wide_sigma) / radius_m).min(1.0);
        if c_lo >= c_hi {
            continue;
        }
        for sy in [-1.0, 1.0] {
            let s_lo = ((sy * narrow - REACH_SIGMAS * narrow_sigma) / radius_m).max(0.0);
            let s_hi = ((sy * narrow + REACH_SIGMAS * narrow_sigma) / radius_m).min(1.0);
            if s_lo >= s_hi {
                continue;
            }
            let (from, to) = (s_lo.asin().max(c_hi.acos()), s_hi.asin().min(c_lo.acos()));
            if from >= to {
                continue;
            }
            sum += integrate(&GAUSS_LEGENDRE_8, from, to, |angle| {
                let (sin, cos) = angle.sin_cos();
                let (nx, ny) = (sx * cos, sy * sin);
                let (dx, dy) = (radius_m * nx - wide, radius_m * ny - narrow);
                let (u, w) = (dx / wide_sigma, dy / narrow_sigma);
                let exponent = 0.5 * (u * u + w * w);
                if exponent > 14.0 {
                    return 0.0;
                }
                let outward = nx * (p.x.rate + gx[0] * dx + gx[1] * dy)
                    + ny * (p.y.rate + gy[0] * dx + gy[1] * dy);
                let var = nx * nx * vxx + ny * ny * vyy + 2.0 * nx * ny * vxy;
                (-exponent).exp() * mean_positive_part(-outward, var.max(0.0).sqrt())
            });
        }
    }
    sum * radius_m / (TAU * wide_sigma * narrow_sigma)
}

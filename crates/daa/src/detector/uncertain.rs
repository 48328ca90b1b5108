//! Well clear where the sensors may err: could it be violated?
//!
//! Narkawicz, Muñoz, Dutle: Sensor Uncertainty Mitigation and Dynamic Well Clear Volumes
//! in DAIDALUS, DASC 2018. With bounds on the error of relative position and velocity:
//!
//! - *distance*: what may be off grows with time, so the circle does:
//!   `|s + tv| ≤ D + s_err + t·v_err`, a quadratic in t;
//! - *τ-mod*: the worst case is closest and fastest, `|s| − s_err` and `|v| + v_err`, on
//!   a course that is turned towards the intruder as far as the errors allow, by
//!   `asin(s_err/|s|) + asin(v_err/|v|)`. For that state τ-mod ≤ T is a quadratic again;
//! - *height*: `|z + t·vz| ≤ Z + z_err + t·vz_err`.
//!
//! Only the time from now on has a meaning: errors do not shrink towards the past.

use super::{Horizontal, Span, WellClear};
use crate::pair::Pair;

/// When the volume could be violated, from now on.
pub(super) fn violation(volume: &WellClear, pair: &Pair) -> Option<Span> {
    let z = pair.own.position_m[2] - pair.intruder.position_m[2];
    let vz = pair.own.velocity_mps[2] - pair.intruder.velocity_mps[2];
    let doubt = &pair.doubt;
    let low = height(volume, z, vz, doubt.vertical_m, doubt.vertical_mps)?;
    let horizontal = horizontal(volume, pair)?;
    horizontal.intersect(low)
}

fn height(volume: &WellClear, z: f64, vz: f64, err_m: f64, err_mps: f64) -> Option<Span> {
    // Mirrored so that the intruder is below: ownship then closes by descending.
    let (z, vz) = if z < 0.0 { (-z, -vz) } else { (z, vz) };
    let fastest = -vz + err_mps;
    let slack = volume.height_m + err_m;
    let early = slack.max(err_m + fastest.max(0.0) * volume.tcoa_s);
    let start = if z <= early {
        0.0
    } else if fastest > 0.0 {
        (z - early) / fastest
    } else {
        return None;
    };
    // Out at the far side, or the near one, at the slowest.
    let end = if -vz > err_mps {
        (z + slack) / (-vz - err_mps)
    } else if vz > err_mps {
        (slack - z) / (vz - err_mps)
    } else {
        f64::INFINITY
    };
    (start < end).then_some(Span::new(start, end))
}

fn horizontal(volume: &WellClear, pair: &Pair) -> Option<Span> {
    let h = Horizontal::of(pair);
    let (distance, speed) = (h.ss.sqrt(), h.vv.sqrt());
    let err_m = pair.doubt.horizontal_m;
    let err_mps = pair.doubt.horizontal_mps;
    let inside = within_growing(&h, volume.distance_m + err_m, err_mps);
    let closing = closing(volume, &h, distance, speed, err_m, err_mps);
    match (inside, closing) {
        (Some(inside), Some(start)) => Some(Span::new(start.min(inside.start), inside.end)),
        (inside, None) => inside,
        (None, Some(_)) => None,
    }
}

/// When |s + tv| ≤ R + tw, from now on.
fn within_growing(h: &Horizontal, radius_m: f64, growth_mps: f64) -> Option<Span> {
    let a = h.vv - growth_mps * growth_mps;
    let half_b = h.sv - radius_m * growth_mps;
    let c = h.ss - radius_m * radius_m;
    let now = c <= 0.0;
    if a.abs() <= 1e-12 * h.vv.max(1.0) {
        // As fast as the error grows: linear.
        let t = -c / (2.0 * half_b);
        return match (now, half_b) {
            (true, b) if b <= 0.0 => Some(Span::new(0.0, f64::INFINITY)),
            (true, _) => Some(Span::new(0.0, t)),
            (false, b) if b < 0.0 => Some(Span::new(t, f64::INFINITY)),
            (false, _) => None,
        };
    }
    let discriminant = half_b * half_b - a * c;
    if discriminant < 0.0 {
        return None;
    }
    let roots = super::roots(
        a.abs(),
        half_b.copysign(half_b * a.signum()),
        c * a.signum(),
        discriminant.sqrt(),
    );
    if a > 0.0 {
        return (roots.end > 0.0).then(|| Span::new(roots.start.max(0.0), roots.end));
    }
    // The error grows faster than the two part: once inside, always inside.
    Some(Span::new(if now { 0.0 } else { roots.end.max(0.0) }, f64::INFINITY))
}

/// When τ-mod could be short at the earliest.
fn closing(
    volume: &WellClear,
    h: &Horizontal,
    distance: f64,
    speed: f64,
    err_m: f64,
    err_mps: f64,
) -> Option<f64> {
    let (near, fast) = (distance - err_m, speed + err_mps);
    if near <= 0.0 || fast <= 0.0 {
        return Some(0.0);
    }
    // The angle between the course and the intruder, and how much of it may be error.
    let course = h.miss.abs().atan2(-h.sv);
    let turned = if err_mps >= speed {
        0.0
    } else {
        (course - (err_m / distance).asin() - (err_mps / speed).asin()).max(0.0)
    };
    let (sin, cos) = turned.sin_cos();
    if cos <= 0.0 || near * sin > volume.distance_m {
        return None;
    }
    let worst = Horizontal {
        ss: near * near,
        sv: -near * fast * cos,
        vv: fast * fast,
        miss: near * fast * sin,
    };
    let tau = worst.within_tau(volume.distance_m, volume.tau_s)?;
    (tau.end > 0.0).then_some(tau.start.max(0.0))
}

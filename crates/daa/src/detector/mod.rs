//! Detectors: volumes around an intruder, and when ownship is inside.
//!
//! A detector answers two questions of a pair that flies on straight: is the volume
//! violated now, and during which part of a span of time. In each volume here the
//! horizontal and the vertical condition each hold during one interval of time, found
//! in closed form, and a violation is what the two have in common.

mod cylinder;
mod tcas;
mod timed;
mod uncertain;
mod well_clear;

pub use cylinder::Cylinder;
pub use tcas::{Tcas, TcasLevel};
pub use timed::{HorizontalTime, TimedWellClear, VerticalTime};
pub use well_clear::WellClear;

use crate::pair::Pair;
pub use deconflict_detect::cylinder::Span;

/// A volume that ownship should stay out of.
pub trait Detector {
    /// Whether the volume is violated at this moment.
    fn violated(&self, pair: &Pair) -> bool;

    /// The part of `within` in which the volume is violated if both fly on straight.
    fn violation(&self, pair: &Pair, within: Span) -> Option<Span>;
}

/// A detector of a configuration.
#[derive(Clone, Debug, PartialEq)]
pub enum Volume {
    /// A cylinder.
    Cylinder(Cylinder),
    /// Well clear by modified tau.
    WellClear(WellClear),
    /// Well clear by another time.
    Timed(TimedWellClear),
    /// TCAS II.
    Tcas(Box<Tcas>),
}

impl Volume {
    /// Whether whoever is in a cylinder is in this volume.
    pub fn contains_cylinder(&self, horizontal_m: f64, vertical_m: f64) -> bool {
        match self {
            Volume::Cylinder(d) => horizontal_m <= d.distance_m && vertical_m <= d.height_m,
            Volume::WellClear(d) => horizontal_m <= d.distance_m && vertical_m <= d.height_m,
            Volume::Timed(d) => horizontal_m <= d.distance_m && vertical_m <= d.height_m,
            // Its distances change with altitude.
            Volume::Tcas(_) => false,
        }
    }

    /// Whether what the sensors may err makes the volume larger.
    #[inline]
    pub fn has_doubt(&self) -> bool {
        matches!(self, Volume::WellClear(d) if d.with_doubt)
    }

    /// D of a well-clear volume, by which its τ-mod is told.
    pub fn tau_distance_m(&self) -> Option<f64> {
        match self {
            Volume::WellClear(d) => Some(d.distance_m),
            Volume::Timed(d) => Some(d.distance_m),
            _ => None,
        }
    }

    /// Horizontal and vertical distance of the volume, metres, for ownship at an
    /// altitude.
    pub fn distances_m(&self, altitude_m: f64) -> (f64, f64) {
        match self {
            Volume::Cylinder(d) => (d.distance_m, d.height_m),
            Volume::WellClear(d) => (d.distance_m, d.height_m),
            Volume::Timed(d) => (d.distance_m, d.height_m),
            Volume::Tcas(d) => {
                let level = d.level_at(altitude_m);
                (level.hmd_m, level.height_m)
            }
        }
    }
}

impl Detector for Volume {
    #[inline]
    fn violated(&self, pair: &Pair) -> bool {
        match self {
            Volume::Cylinder(d) => d.violated(pair),
            Volume::WellClear(d) => d.violated(pair),
            Volume::Timed(d) => d.violated(pair),
            Volume::Tcas(d) => d.violated(pair),
        }
    }

    #[inline]
    fn violation(&self, pair: &Pair, within: Span) -> Option<Span> {
        match self {
            Volume::Cylinder(d) => d.violation(pair, within),
            Volume::WellClear(d) => d.violation(pair, within),
            Volume::Timed(d) => d.violation(pair, within),
            Volume::Tcas(d) => d.violation(pair, within),
        }
    }
}

pub(crate) const ALWAYS: Span = Span::new(f64::NEG_INFINITY, f64::INFINITY);

/// Horizontal relative position and velocity, reduced to the products that the
/// conditions are made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Horizontal {
    /// |s|²
    pub ss: f64,
    /// s·v
    pub sv: f64,
    /// |v|²
    pub vv: f64,
    /// s×v, the speed times the miss distance
    pub miss: f64,
}

impl Horizontal {
    #[inline]
    pub fn of(pair: &Pair) -> Horizontal {
        let [x, y] = [0, 1].map(|i| pair.own.position_m[i] - pair.intruder.position_m[i]);
        let [vx, vy] = [0, 1].map(|i| pair.own.velocity_mps[i] - pair.intruder.velocity_mps[i]);
        Horizontal {
            ss: x * x + y * y,
            sv: x * vx + y * vy,
            vv: vx * vx + vy * vy,
            miss: x * vy - y * vx,
        }
    }

    /// When |s + tv| ≤ D, over all time.
    #[inline]
    pub fn inside(&self, distance_m: f64) -> Option<Span> {
        let c = self.ss - distance_m * distance_m;
        if self.vv == 0.0 {
            return (c <= 0.0).then_some(ALWAYS);
        }
        let discriminant = self.vv * distance_m * distance_m - self.miss * self.miss;
        (discriminant >= 0.0).then(|| roots(self.vv, self.sv, c, discriminant.sqrt()))
    }

    /// When τ-mod ≤ T as a quadratic inequality, over all time. With
    /// `s(t) = s + tv`: `(D² − |s(t)|²) / (s(t)·v) ≤ T` while `s(t)·v < 0` is
    /// `v²t² + (2 s·v + Tv²)t + |s|² + T s·v − D² ≤ 0`.
    #[inline]
    pub fn within_tau(&self, distance_m: f64, tau_s: f64) -> Option<Span> {
        if self.vv == 0.0 {
            return None;
        }
        let half_b = self.sv + 0.5 * tau_s * self.vv;
        let c = self.ss + tau_s * self.sv - distance_m * distance_m;
        // (s·v)² − |s|²v² = −(s×v)²: what is left does not cancel.
        let discriminant = self.vv * (distance_m * distance_m + 0.25 * tau_s * tau_s * self.vv)
            - self.miss * self.miss;
        (discriminant >= 0.0).then(|| roots(self.vv, half_b, c, discriminant.sqrt()))
    }
}

/// The roots of `a t² + 2bt + c` in order, given the root of b² − ac.
#[inline]
fn roots(a: f64, b: f64, c: f64, root: f64) -> Span {
    // One root without cancellation, the other from their product (Press et al.,
    // Numerical Recipes, 3rd ed. 2007, 5.6).
    let q = -(b + root.copysign(b));
    let (t1, t2) = (q / a, if q == 0.0 { 0.0 } else { c / q });
    Span::new(t1.min(t2), t1.max(t2))
}

/// When |z + t·vz| ≤ H, over all time.
#[inline]
pub(crate) fn between_levels(z: f64, vz: f64, height_m: f64) -> Option<Span> {
    if vz == 0.0 {
        return (z.abs() <= height_m).then_some(ALWAYS);
    }
    let (t1, t2) = ((-height_m - z) / vz, (height_m - z) / vz);
    let span = Span::new(t1.min(t2), t1.max(t2));
    if span.start.is_finite() && span.end.is_finite() {
        Some(span)
    } else {
        (z.abs() <= height_m).then_some(ALWAYS)
    }
}

/// When the vertical condition holds: |z| ≤ Z, or closing with time to co-altitude at
/// most `tcoa_s`. That time is −z/vz, so the second is |z| ≤ |vz|·tcoa before crossing.
#[inline]
pub(crate) fn vertical(z: f64, vz: f64, height_m: f64, tcoa_s: f64) -> Option<Span> {
    let early = vz.abs() * tcoa_s;
    let mut span = between_levels(z, vz, height_m)?;
    if early > height_m {
        span.start = between_levels(z, vz, early)?.start;
    }
    Some(span)
}

//! The cylinder, by the kernel's closed form.

use super::{Detector, Span};
use crate::pair::Pair;

/// A cylinder of a radius and a half height (CD3D). Exactly the minimum is separated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cylinder {
    /// Radius, metres.
    pub distance_m: f64,
    /// Half height, metres.
    pub height_m: f64,
}

impl Detector for Cylinder {
    fn violated(&self, pair: &Pair) -> bool {
        let relative = pair.relative();
        relative.horizontal_m(0.0) < self.distance_m
            && relative.vertical_m(0.0).abs() < self.height_m
    }

    fn violation(&self, pair: &Pair, within: Span) -> Option<Span> {
        pair.relative().infringement(self.distance_m, self.height_m, within)
    }
}

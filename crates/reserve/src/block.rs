//! Blocks of airspace: what a shape of several volumes is made of.

use crate::shape::{Band, MOST_M};
use deconflict_core::volume::{Footprint, Polygon};
use deconflict_core::{GeoPoint, Time, Volume4d};

/// Where a block is.
#[derive(Clone, Debug, PartialEq)]
pub enum Outline {
    /// Inside a closed line.
    Polygon {
        /// The corners, in order.
        points: Vec<GeoPoint>,
    },
    /// Within a distance of a point.
    Circle {
        /// The centre.
        centre: GeoPoint,
        /// The radius, metres.
        radius_m: f64,
    },
}

/// One volume of several: an outline, a band and a window of time of its own. Open ends are
/// `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Where.
    pub outline: Outline,
    /// Between which altitudes.
    pub band: Band,
    /// From when, included.
    pub start: Option<Time>,
    /// Until when, excluded.
    pub end: Option<Time>,
}

impl Block {
    /// The points of its outline.
    pub fn points(&self) -> &[GeoPoint] {
        match &self.outline {
            Outline::Polygon { points } => points,
            Outline::Circle { centre, .. } => std::slice::from_ref(centre),
        }
    }

    pub(crate) fn points_mut(&mut self) -> &mut [GeoPoint] {
        match &mut self.outline {
            Outline::Polygon { points } => points,
            Outline::Circle { centre, .. } => std::slice::from_mut(centre),
        }
    }

    /// The region of the surface.
    ///
    /// # Errors
    /// What is wrong with it: its field, and what to do.
    pub fn footprint(&self) -> Result<Footprint, String> {
        match &self.outline {
            Outline::Polygon { points } => Polygon::new(points.clone())
                .map(Footprint::Polygon)
                .map_err(|e| format!("`points`: {e}: check the corners")),
            Outline::Circle { radius_m, .. } if !(*radius_m > 0.0 && *radius_m <= MOST_M) => Err(
                format!("`radius_m`: {radius_m} is not more than 0 and at most {MOST_M} metres"),
            ),
            Outline::Circle { centre, radius_m } => {
                Ok(Footprint::Circle { centre: *centre, radius_m: *radius_m })
            }
        }
    }

    /// Whether its limits can be meant.
    ///
    /// # Errors
    /// What is wrong with them: the field, and what to do.
    pub fn validate(&self) -> Result<(), String> {
        if self.band.is_inverted() {
            return Err("`lower`: is above `upper`: exchange them".to_owned());
        }
        match (self.start, self.end) {
            (Some(start), Some(end)) if end <= start => {
                Err("`end`: is not after `start`".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// As a volume of the kernel; `None` if it is none.
    pub fn volume(&self) -> Option<Volume4d> {
        Some(Volume4d {
            footprint: self.footprint().ok()?,
            lower: self.band.lower,
            upper: self.band.upper,
            start: self.start,
            end: self.end,
        })
    }
}

impl From<&Block> for [Option<Time>; 2] {
    fn from(block: &Block) -> [Option<Time>; 2] {
        [block.start, block.end]
    }
}

/// The windows in which any of the blocks exists, in order; those that touch are one.
pub(crate) fn windows(blocks: &[Block]) -> Vec<[Option<Time>; 2]> {
    let mut each: Vec<[Option<Time>; 2]> = blocks.iter().map(Into::into).collect();
    // What has no beginning was there before everything.
    each.sort_by_key(|window| window[0]);
    let mut out: Vec<[Option<Time>; 2]> = Vec::new();
    for [start, end] in each {
        match out.last_mut() {
            Some(last) if last[1].is_none_or(|until| start.is_none_or(|s| s <= until)) => {
                last[1] = last[1].zip(end).map(|(a, b)| a.max(b));
            }
            _ => out.push([start, end]),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(start: Option<i64>, end: Option<i64>) -> Block {
        let centre = GeoPoint::from_deg(0.0, 180.0).unwrap();
        let time = |s: Option<i64>| s.map(|s| Time::from_millis(s * 1000));
        let outline = Outline::Circle { centre, radius_m: 100.0 };
        Block { outline, band: Band::default(), start: time(start), end: time(end) }
    }

    #[test]
    fn windows_that_touch_are_one_and_open_ends_stay_open() {
        let of = |blocks: &[Block]| -> Vec<[Option<i64>; 2]> {
            let told = |t: Option<Time>| t.map(|t| t.as_unix_s() as i64);
            windows(blocks).into_iter().map(|w| w.map(told)).collect()
        };
        let late = block(Some(50), Some(60));
        assert_eq!(
            of(&[late.clone(), block(Some(10), Some(20)), block(Some(0), Some(10))]),
            [[Some(0), Some(20)], [Some(50), Some(60)]]
        );
        assert_eq!(of(&[late.clone(), block(Some(40), None)]), [[Some(40), None]]);
        assert_eq!(of(&[late, block(None, Some(20))]), [[None, Some(20)], [Some(50), Some(60)]]);
    }
}

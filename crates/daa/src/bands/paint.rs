//! From the values that lead into a region to bands.

use super::Band;
use super::trajectory::{Manoeuvres, range};
use crate::config::{Config, Dimension};
use crate::region::Region;
use crate::situation::Situation;
use std::f64::consts::TAU;

/// Whether no two neighbouring values are free, so that there is no band of them.
pub(super) fn saturated(marks: &[bool]) -> bool {
    !marks.windows(2).any(|pair| !pair[0] && !pair[1])
}

/// A band of free values of which next to nothing is within the limits is none.
pub(super) fn drop_slivers(ways: &Manoeuvres, marks: &mut [bool]) {
    let last = marks.len().saturating_sub(1);
    if ways.slivers[0] && marks.get(2) != Some(&false) {
        marks[0] = true;
    }
    if ways.slivers[1] && (last < 2 || marks[last - 2]) {
        marks[last] = true;
    }
}

/// The regions between neighbouring values: the worse one of the two.
pub(super) fn cells(values: &[Region], recovers: bool) -> Vec<Region> {
    let worse = |pair: &[Region]| match pair[0].max(pair[1]) {
        Region::None if recovers => Region::Recovery,
        region => region,
    };
    values.windows(2).map(worse).collect()
}

/// Cells as bands.
pub(super) fn paint(
    dimension: Dimension,
    ways: &Manoeuvres,
    cells: &[Region],
    situation: &Situation,
    config: &Config,
) -> Vec<Band> {
    let mut bands: Vec<Band> = Vec::new();
    let (least, most) = match dimension {
        Dimension::Direction => (ways.value(0), ways.value(ways.values() - 1)),
        _ => range(dimension, ways.base, &situation.own, config),
    };
    for (k, region) in cells.iter().copied().enumerate() {
        let (low, high) = (ways.value(k).max(least), ways.value(k + 1).min(most));
        match bands.last_mut() {
            Some(last) if last.region == region => last.high = high,
            _ if low < high => bands.push(Band { low, high, region }),
            _ => {}
        }
    }
    // Rounding leaves no gap at the limits.
    if let Some(last) = bands.last_mut().filter(|b| most - b.high < 1e-5 * ways.step) {
        last.high = last.high.max(most);
    }
    if let Some(first) = bands.first_mut().filter(|b| b.low - least < 1e-5 * ways.step) {
        first.low = first.low.min(least);
    }
    if dimension == Dimension::Direction { around(&bands) } else { bands }
}

/// Bands of directions relative to a base as bands from 0 to 2π. A direction that can
/// be reached from both sides has the better region of the two.
fn around(bands: &[Band]) -> Vec<Band> {
    let mut pieces: Vec<Band> = Vec::new();
    for band in bands {
        let turns = (band.low / TAU).floor();
        let (low, high) = (band.low - turns * TAU, band.high - turns * TAU);
        pieces.push(Band { low, high: high.min(TAU), ..*band });
        if high > TAU {
            pieces.push(Band { low: 0.0, high: (high - TAU).min(TAU), ..*band });
        }
    }
    pieces.sort_by(|a, b| a.low.total_cmp(&b.low));
    let mut edges: Vec<f64> = pieces.iter().flat_map(|p| [p.low, p.high]).collect();
    edges.sort_by(f64::total_cmp);
    let mut out: Vec<Band> = Vec::new();
    for edge in edges.windows(2) {
        let (low, high) = (edge[0], edge[1]);
        // Rounding of the ends of a full turn makes no band.
        if high - low < 1e-9 {
            continue;
        }
        let middle = 0.5 * (low + high);
        let there = pieces.iter().filter(|p| p.low <= middle && middle <= p.high);
        let Some(region) = there.map(|p| p.region).min_by_key(|r| rank(*r)) else { continue };
        match out.last_mut() {
            Some(last) if last.region == region && low - last.high < 1e-9 => last.high = high,
            _ => out.push(Band { low, high, region }),
        }
    }
    out
}

fn rank(region: Region) -> u8 {
    match region {
        Region::None => 0,
        Region::Recovery => 1,
        Region::Far => 2,
        Region::Mid => 3,
        Region::Near => 4,
    }
}

/// The region of a value: on an edge between two bands the better one.
pub(super) fn region_at(dimension: Dimension, bands: &[Band], value: f64) -> Region {
    const EDGE: f64 = 1e-9;
    let inside = |b: &Band, v: f64| b.low - EDGE <= v && v <= b.high + EDGE;
    let here = bands.iter().filter(|b| match dimension {
        // North is at both ends.
        Dimension::Direction => [value, value - TAU, value + TAU].iter().any(|v| inside(b, *v)),
        _ => inside(b, value),
    });
    here.map(|b| b.region).min_by_key(|r| rank(*r)).unwrap_or_default()
}

//! Which blocks of a request hang together, and the band of altitudes that they have then.

use crate::covering::Outline;
use deconflict_core::{Altitude, Time, Volume4d};

/// The floor and ceiling of two together: open where one is.
fn band_of(a: &Volume4d, b: &Volume4d) -> [Option<Altitude>; 2] {
    let both = |a: Option<Altitude>, b: Option<Altitude>, of: fn(f64, f64) -> f64| {
        a.zip(b).map(|(a, b)| Altitude::ellipsoid_m(of(a.m, b.m)))
    };
    [both(a.lower, b.lower, f64::min), both(a.upper, b.upper, f64::max)]
}

/// Gives each block the altitudes of its body: of all that hang together with it in height and
/// time, and on the ground as far as the circles around outlines say.
pub(crate) fn bodies(mut volumes: Vec<Volume4d>, outlines: &[Outline]) -> Vec<Volume4d> {
    let touch = |a: usize, b: usize| {
        let [one, two] = [&volumes[a], &volumes[b]];
        let below = |lower: Option<Altitude>, upper: Option<Altitude>| {
            lower.zip(upper).is_none_or(|(lower, upper)| lower.m <= upper.m)
        };
        let before = |start: Option<Time>, end: Option<Time>| {
            start.zip(end).is_none_or(|(start, end)| start < end)
        };
        below(one.lower, two.upper)
            && below(two.lower, one.upper)
            && before(one.start, two.end)
            && before(two.start, one.end)
            && outlines[a].is_near(&outlines[b])
    };
    let mut body: Vec<usize> = (0..volumes.len()).collect();
    for b in 1..volumes.len() {
        for a in 0..b {
            if body[a] != body[b] && touch(a, b) {
                let (kept, gone) = (body[a], body[b]);
                body.iter_mut().filter(|of| **of == gone).for_each(|of| *of = kept);
            }
        }
    }
    let mut bands: Vec<Option<[Option<Altitude>; 2]>> = vec![None; volumes.len()];
    for (volume, &of) in volumes.iter().zip(&body) {
        let whole = bands[of].map(|[lower, upper]| Volume4d { lower, upper, ..volume.clone() });
        bands[of] = Some(band_of(whole.as_ref().unwrap_or(volume), volume));
    }
    for (volume, of) in volumes.iter_mut().zip(body) {
        if let Some([lower, upper]) = bands[of] {
            (volume.lower, volume.upper) = (lower, upper);
        }
    }
    volumes
}

/// Gives each block the altitudes and times of all.
pub(crate) fn bounded(mut volumes: Vec<Volume4d>) -> Vec<Volume4d> {
    let Some(mut whole) = volumes.first().cloned() else { return volumes };
    for volume in &volumes {
        [whole.lower, whole.upper] = band_of(&whole, volume);
        // `None` is the open end, and no time is before or after it.
        whole.start = whole.start.zip(volume.start).map(|(a, b)| a.min(b));
        whole.end = whole.end.zip(volume.end).map(|(a, b)| a.max(b));
    }
    for volume in &mut volumes {
        let Volume4d { lower, upper, start, end, .. } = whole;
        (volume.lower, volume.upper, volume.start, volume.end) = (lower, upper, start, end);
    }
    volumes
}

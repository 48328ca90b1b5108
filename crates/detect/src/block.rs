//! Sixteen aircraft side by side: the comparisons that vector instructions do.
//!
//! Written as plain loops over lanes, which the compiler turns into whatever
//! vector instructions the machine has; without any, the same code is its own
//! scalar twin. Everything here errs on the side of yes, by bounds that are
//! stated; the exact closed form of [`cylinder`](crate::cylinder) has the last word.

use crate::bounds::{Reach, SpaceBox};
use crate::scene::Piece;

/// How many boxes one comparison takes.
pub(crate) const LANES: usize = 16;
type Lane = [f32; LANES];

/// Single precision has a relative rounding error of 6e-8 per operation; the
/// squared distance goes through fewer than twenty of them, and the root of the
/// discriminant doubles that. Squared distances may be off by this fraction.
const RELATIVE_SLACK: f32 = 4e-6;
/// Earth-centred coordinates in single precision are off by up to 0.5 m each;
/// on top of the difference to the exact test's frame. Metres.
const POSITION_SLACK_M: f32 = 3.0;
/// Altitudes in single precision at times that are off by a few milliseconds. Metres.
const ALTITUDE_SLACK_M: f32 = 1.0;

/// Sixteen pieces in the order of the sweep: their boxes and their motion, a
/// column for each quantity. SI units, earth-centred, time from now.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Block {
    pub x0: Lane,
    x1: Lane,
    y0: Lane,
    y1: Lane,
    z0: Lane,
    z1: Lane,
    p: [Lane; 3],
    v: [Lane; 3],
    up: [Lane; 3],
    z: Lane,
    vz: Lane,
    start_s: Lane,
    end_s: Lane,
    horizontal_m: Lane,
    vertical_m: Lane,
    /// Index of the aircraft.
    pub owner: [u32; LANES],
    /// The strip in which the box begins.
    pub begins: [u32; LANES],
}

/// One lane of a block: what the others are compared with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct One {
    pub bounds: SpaceBox,
    p: [f32; 3],
    v: [f32; 3],
    up: [f32; 3],
    z: f32,
    vz: f32,
    start_s: f32,
    end_s: f32,
    horizontal_m: f32,
    vertical_m: f32,
}

impl One {
    /// A piece within a slice of time, and its box there.
    pub fn new(bounds: SpaceBox, piece: &Piece, reach: &Reach, slice_s: [f64; 2]) -> One {
        let single = |v: [f64; 3]| v.map(|c| c as f32);
        One {
            bounds,
            p: single(piece.p),
            v: single(piece.v),
            up: single(piece.up),
            z: piece.z as f32,
            vz: piece.vz as f32,
            // A millisecond on either side for the rounding of times.
            start_s: (reach.start_s.max(slice_s[0]) - 1e-3) as f32,
            end_s: (reach.end_s.min(slice_s[1]) + 1e-3) as f32,
            horizontal_m: reach.horizontal_m as f32 + POSITION_SLACK_M,
            vertical_m: reach.vertical_m as f32 + ALTITUDE_SLACK_M,
        }
    }
}

impl Block {
    /// No comparison with NaN holds: padding overlaps nothing.
    pub const EMPTY: Block = Block {
        x0: [f32::NAN; LANES],
        x1: [f32::NAN; LANES],
        y0: [f32::NAN; LANES],
        y1: [f32::NAN; LANES],
        z0: [f32::NAN; LANES],
        z1: [f32::NAN; LANES],
        p: [[0.0; LANES]; 3],
        v: [[0.0; LANES]; 3],
        up: [[0.0; LANES]; 3],
        z: [0.0; LANES],
        vz: [0.0; LANES],
        start_s: [0.0; LANES],
        end_s: [0.0; LANES],
        horizontal_m: [0.0; LANES],
        vertical_m: [0.0; LANES],
        owner: [0; LANES],
        begins: [0; LANES],
    };

    /// Fills a lane.
    pub fn set(&mut self, lane: usize, one: &One, owner: u32, begins: u32) {
        [self.x0[lane], self.x1[lane]] = one.bounds.x;
        [self.y0[lane], self.y1[lane]] = one.bounds.y;
        [self.z0[lane], self.z1[lane]] = one.bounds.z;
        for axis in 0..3 {
            self.p[axis][lane] = one.p[axis];
            self.v[axis][lane] = one.v[axis];
            self.up[axis][lane] = one.up[axis];
        }
        self.z[lane] = one.z;
        self.vz[lane] = one.vz;
        self.start_s[lane] = one.start_s;
        self.end_s[lane] = one.end_s;
        self.horizontal_m[lane] = one.horizontal_m;
        self.vertical_m[lane] = one.vertical_m;
        self.owner[lane] = owner;
        self.begins[lane] = begins;
    }

    /// One lane on its own.
    #[inline(always)]
    pub fn one(&self, lane: usize) -> One {
        let vector = |v: &[Lane; 3]| [v[0][lane], v[1][lane], v[2][lane]];
        One {
            bounds: SpaceBox {
                x: [self.x0[lane], self.x1[lane]],
                y: [self.y0[lane], self.y1[lane]],
                z: [self.z0[lane], self.z1[lane]],
            },
            p: vector(&self.p),
            v: vector(&self.v),
            up: vector(&self.up),
            z: self.z[lane],
            vz: self.vz[lane],
            start_s: self.start_s[lane],
            end_s: self.end_s[lane],
            horizontal_m: self.horizontal_m[lane],
            vertical_m: self.vertical_m[lane],
        }
    }

    /// A bit for each lane whose box begins no further east than `one` ends and
    /// overlaps it in latitude and altitude.
    #[inline(always)]
    pub fn overlapping(&self, one: &SpaceBox) -> u32 {
        let mut bits = [0u32; LANES];
        for (lane, bit) in bits.iter_mut().enumerate() {
            let overlaps = (self.x0[lane] <= one.x[1])
                & (self.y0[lane] <= one.y[1])
                & (self.y1[lane] >= one.y[0])
                & (self.z0[lane] <= one.z[1])
                & (self.z1[lane] >= one.z[0]);
            *bit = u32::from(overlaps) << lane;
        }
        bits.iter().fold(0, |all, bit| all | bit)
    }

    /// A bit for each lane that comes closer to `one` than the two may, at some
    /// moment at which both exist.
    ///
    /// The relative motion is taken in the plane perpendicular to the mean of
    /// both normals: `speed2·t² + 2·closing·t + outside < 0` while the
    /// horizontal minimum is infringed, and the altitudes at both ends of that
    /// time tell whether the vertical one is infringed in between.
    #[inline(always)]
    pub fn infringing(&self, one: &One) -> u32 {
        let mut bits = [0u32; LANES];
        for (lane, bit) in bits.iter_mut().enumerate() {
            let start = max(self.start_s[lane], one.start_s);
            let end = min(self.end_s[lane], one.end_s);
            let limit = min(self.horizontal_m[lane], one.horizontal_m);
            let (mut dd, mut dw, mut ww) = (0.0, 0.0, 0.0);
            let (mut dn, mut wn, mut nn) = (0.0, 0.0, 0.0);
            for axis in 0..3 {
                let d = self.p[axis][lane] - one.p[axis];
                let w = self.v[axis][lane] - one.v[axis];
                let n = self.up[axis][lane] + one.up[axis];
                dd += d * d;
                dw += d * w;
                ww += w * w;
                dn += d * n;
                wn += w * n;
                nn += n * n;
            }
            let inverse = 1.0 / nn;
            // Relative speed zero would leave no ends to look at; a millimetre
            // per second moves nobody within a look-ahead.
            let speed2 = ww - wn * wn * inverse + 1e-6;
            let closing = dw - dn * wn * inverse;
            let outside = dd - dn * dn * inverse - limit * limit - RELATIVE_SLACK * dd;
            let discriminant = closing * closing - speed2 * outside;
            let root = max(discriminant + RELATIVE_SLACK * closing * closing, 0.0).sqrt();
            let per_speed2 = 1.0 / speed2;
            let from = max(start, (-closing - root) * per_speed2);
            let to = min(end, (-closing + root) * per_speed2);
            let (dz, dvz) = (self.z[lane] - one.z, self.vz[lane] - one.vz);
            let vertical = 0.5 * (self.vertical_m[lane] + one.vertical_m);
            let (first, last) = (dz + from * dvz, dz + to * dvz);
            let apart = (min(first, last) >= vertical) | (max(first, last) <= -vertical);
            // A few milliseconds of rounding in the roots.
            let infringes = (from <= to + 1e-2) & (root > 0.0) & !apart;
            *bit = u32::from(infringes) << lane;
        }
        bits.iter().fold(0, |all, bit| all | bit)
    }
}

/// As one instruction; `f32::max` takes four to be right about NaN.
#[inline(always)]
fn max(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// See [`max`].
#[inline(always)]
fn min(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

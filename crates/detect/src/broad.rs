//! Broad phase: space-time boxes that overlap, found by sorting and sweeping.
//!
//! The earth is cut into strips of latitude. Within a strip the boxes are sorted
//! by their western edge; each is compared with those that begin before it ends,
//! sixteen at a time. A large box (a fast aircraft) only lengthens its own
//! comparisons and is entered into more strips; it does not coarsen an index
//! for the others.

use crate::block::{Block, LANES, One};
use crate::bounds::{Reach, space_box};
use crate::scene::Piece;
use std::f32::consts::PI;

/// No more strips than this, however small the boxes.
const MAX_STRIPS: usize = 1 << 16;

/// Boxes entered into strips and sorted. Memory is kept between uses.
#[derive(Debug, Default)]
pub(crate) struct Strips {
    entries: Vec<Entry>,
    /// The strips one after the other, each in whole blocks.
    blocks: Vec<Block>,
    /// For each strip its first block; one more at the end.
    first_block: Vec<u32>,
    /// For each strip its first key; one more at the end.
    first: Vec<u32>,
    next: Vec<u32>,
    keys: Vec<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    one: One,
    owner: u32,
    strips: [u32; 2],
}

impl Strips {
    /// Takes in what exists within a slice of time.
    pub fn fill(&mut self, pieces: &[Piece], reaches: &[Reach], slice_s: [f64; 2]) {
        self.entries.clear();
        let (mut south, mut north, mut height) = (f32::MAX, f32::MIN, 0.0f64);
        for (piece, reach) in pieces.iter().zip(reaches) {
            let (from_s, to_s) = (reach.start_s.max(slice_s[0]), reach.end_s.min(slice_s[1]));
            if reach.is_empty() || from_s > to_s {
                continue;
            }
            let bounds = space_box(piece, reach, from_s, to_s);
            south = south.min(bounds.y[0]);
            north = north.max(bounds.y[1]);
            height += f64::from(bounds.y[1] - bounds.y[0]);
            self.enter(One::new(bounds, piece, reach, slice_s), piece.owner);
        }
        let mean_height = (height / self.entries.len().max(1) as f64) as f32;
        // Twice as high as a typical box: lower strips enter each box too often,
        // higher ones compare boxes that are far apart. The optimum is flat.
        let count = ((north - south) / (2.0 * mean_height).max(1e-6)).ceil();
        let count = if count.is_finite() { (count as usize).clamp(1, MAX_STRIPS) } else { 1 };
        let scale = count as f32 / (north - south).max(1e-6);
        self.sort_into_strips(count, |y| (((y - south) * scale) as usize).min(count - 1) as u32);
        self.lay_out();
    }

    /// Enters a box, split where it crosses the antimeridian.
    fn enter(&mut self, one: One, owner: u32) {
        let [west, east] = one.bounds.x;
        let mut push = |x| {
            let mut one = one;
            one.bounds.x = x;
            self.entries.push(Entry { one, owner, strips: [0; 2] });
        };
        if east - west >= 2.0 * PI {
            push([-PI, PI]);
        } else if east > PI {
            push([west, PI]);
            push([-PI, east - 2.0 * PI + f32::EPSILON]);
        } else if west < -PI {
            push([-PI, east]);
            push([west + 2.0 * PI - f32::EPSILON, PI]);
        } else {
            push([west, east]);
        }
    }

    fn sort_into_strips(&mut self, count: usize, strip_of: impl Fn(f32) -> u32) {
        // Counting sort by strip, then each strip by western edge.
        self.first.clear();
        self.first.resize(count + 1, 0);
        for entry in &mut self.entries {
            entry.strips = entry.one.bounds.y.map(&strip_of);
            for strip in entry.strips[0]..=entry.strips[1] {
                self.first[strip as usize + 1] += 1;
            }
        }
        for strip in 0..count {
            self.first[strip + 1] += self.first[strip];
        }
        let total = self.first[count] as usize;
        self.keys.clear();
        self.keys.resize(total, 0);
        self.next.clone_from(&self.first);
        for (i, entry) in self.entries.iter().enumerate() {
            let key = (u64::from(ordered(entry.one.bounds.x[0])) << 32) | i as u64;
            for strip in entry.strips[0]..=entry.strips[1] {
                let next = &mut self.next[strip as usize];
                self.keys[*next as usize] = key;
                *next += 1;
            }
        }
    }

    /// Sorts each strip from west to east and copies what the comparisons need
    /// into blocks, so that they read memory from front to back.
    fn lay_out(&mut self) {
        self.blocks.clear();
        self.first_block.clear();
        for strip in 0..self.first.len() - 1 {
            self.first_block.push(self.blocks.len() as u32);
            let keys = &mut self.keys[self.first[strip] as usize..self.first[strip + 1] as usize];
            keys.sort_unstable();
            for chunk in keys.chunks(LANES) {
                let mut block = Block::EMPTY;
                for (lane, key) in chunk.iter().enumerate() {
                    let entry = &self.entries[(key & 0xffff_ffff) as usize];
                    block.set(lane, &entry.one, entry.owner, entry.strips[0]);
                }
                self.blocks.push(block);
            }
        }
        self.first_block.push(self.blocks.len() as u32);
    }

    /// How many strips there are.
    pub fn count(&self) -> usize {
        self.first_block.len().saturating_sub(1)
    }

    /// Appends the owners of every two pieces of a strip that come closer than
    /// they may, as `smaller index << 32 | larger index`. A pair is reported in
    /// the strip in which the later of its boxes begins, in no other.
    #[inline(always)]
    pub fn sweep(&self, strip: usize, hits: &mut Vec<u64>) {
        let range = self.first_block[strip] as usize..self.first_block[strip + 1] as usize;
        let blocks = &self.blocks[range];
        for (i, block) in blocks.iter().enumerate() {
            for lane in 0..LANES {
                let one = block.one(lane);
                let (owner, begins) = (block.owner[lane], block.begins[lane]);
                // Of its own block those after it, then the blocks that follow.
                let mut mask = !1 << lane;
                for later in &blocks[i..] {
                    let mut bits = later.overlapping(&one.bounds) & mask;
                    if bits != 0 {
                        bits &= later.infringing(&one);
                    }
                    mask = !0;
                    while bits != 0 {
                        let other = bits.trailing_zeros() as usize;
                        bits &= bits - 1;
                        let (a, b) = (owner.min(later.owner[other]), owner.max(later.owner[other]));
                        if a != b && begins.max(later.begins[other]) as usize == strip {
                            hits.push(u64::from(a) << 32 | u64::from(b));
                        }
                    }
                    let last = later.x0[LANES - 1];
                    if last > one.bounds.x[1] || last.is_nan() {
                        break; // the rest begins further east, or is padding
                    }
                }
            }
        }
    }
}

/// A number whose unsigned order is that of the float.
fn ordered(x: f32) -> u32 {
    let bits = x.to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}

//! What the rules can demand of a piece, and the space-time box that follows.

use crate::scene::{Piece, Scene};
use deconflict_core::RuleSet;
use deconflict_core::geo::{MEAN_RADIUS_M, dot};
use deconflict_core::rules::{BandApplies, Membership};
use std::f64::consts::PI;

/// The most that any rule can demand of a piece, whoever the other aircraft is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Reach {
    /// Greatest horizontal minimum, metres.
    pub horizontal_m: f64,
    /// Greatest vertical minimum, with twice the piece's own margin, metres: of a
    /// pair the mean of both values bounds the minimum plus both margins.
    pub vertical_m: f64,
    /// The piece's time, cut to the look-ahead, seconds after now.
    pub start_s: f64,
    /// See [`start_s`](Self::start_s).
    pub end_s: f64,
}

impl Reach {
    /// Whether there is anything to look for.
    pub fn is_empty(&self) -> bool {
        self.horizontal_m <= 0.0 || self.start_s >= self.end_s
    }
}

/// The rules' demands on every aircraft and piece of a scene.
pub(crate) fn reach(
    scene: &Scene,
    rules: &RuleSet,
    memberships: &mut Vec<Membership>,
    out: &mut Vec<Reach>,
) {
    memberships.clear();
    out.clear();
    // Subjects that look the same to the rules come in runs; most scenes have one.
    memberships.extend(scene.subjects.iter().map(|s| rules.membership(s)));
    for piece in &scene.pieces {
        out.push(reach_of(piece, memberships[piece.owner as usize], rules));
    }
}

fn reach_of(piece: &Piece, membership: Membership, rules: &RuleSet) -> Reach {
    let mut reach = Reach::default();
    let mut lookahead_s: f64 = 0.0;
    let mut mask = membership.any();
    while mask != 0 {
        let rule = &rules.rules()[mask.trailing_zeros() as usize];
        mask &= mask - 1;
        if rule.minima.owes_none() || out_of_band(piece, rule) {
            continue;
        }
        reach.horizontal_m = reach.horizontal_m.max(rule.minima.called_horizontal_m());
        reach.vertical_m = reach.vertical_m.max(rule.minima.called_vertical_m());
        lookahead_s = lookahead_s.max(rule.lookahead_s);
    }
    reach.vertical_m += 2.0 * piece.vertical_margin_m;
    reach.start_s = piece.start_s.max(0.0);
    reach.end_s = piece.end_s.min(lookahead_s);
    reach
}

/// Whether a rule that wants both aircraft in a band can never apply to a piece.
fn out_of_band(piece: &Piece, rule: &deconflict_core::rules::Rule) -> bool {
    let Some(band) = rule.band.filter(|b| b.applies == BandApplies::Both) else {
        return false;
    };
    let ends = [piece.start_s.max(0.0), piece.end_s].map(|t| piece.z + t * piece.vz);
    ends[0].max(ends[1]) < band.from_m || ends[0].min(ends[1]) > band.to_m
}

/// Longitude, latitude (radians) and altitude (metres) that a piece can be at
/// in a span of time, grown by half the separation it may owe: two pieces that
/// infringe have overlapping boxes. Single precision, rounded outwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SpaceBox {
    /// West and east; may reach beyond ±π, to be wrapped.
    pub x: [f32; 2],
    /// South and north.
    pub y: [f32; 2],
    /// Lower and upper.
    pub z: [f32; 2],
}

/// Radii of curvature of the ellipsoid differ from the mean radius by up to 0.6 %.
const CURVATURE_SLACK: f64 = 0.011;
/// What the narrow phase's flat frames and the cut of pieces can be off by, metres.
const FRAME_SLACK_M: f64 = 50.0;
/// Half a unit in the last place of π in single precision, and then some.
const ANGLE_ROUNDING_RAD: f64 = 4e-7;
/// The same for altitudes up to 100 km, metres.
const ALTITUDE_ROUNDING_M: f64 = 0.01;
/// Beyond this (cosine of latitude, 87°) a box goes all the way round the pole.
const POLAR_COSINE: f64 = 0.05;

/// The box of a piece over `[from_s, to_s]` (seconds after now).
#[inline]
pub(crate) fn space_box(piece: &Piece, reach: &Reach, from_s: f64, to_s: f64) -> SpaceBox {
    // The normal is (cos φ cos λ, cos φ sin λ, sin φ), east (−sin λ, cos λ, 0).
    let (up, v) = (piece.up, piece.v);
    let (sin_lat, cos_lat) = (up[2], (up[0] * up[0] + up[1] * up[1]).sqrt().max(1e-9));
    let inverse = 1.0 / cos_lat;
    let (ve, vn) = ((up[0] * v[1] - up[1] * v[0]) * inverse, v[2] * inverse);
    let half_m = 0.5 * reach.horizontal_m + FRAME_SLACK_M;
    let (first, last) = (from_s - piece.start_s, to_s - piece.start_s);

    // Along a great circle latitude and longitude change at rates that vary by
    // the curvature terms below (Taylor remainder of order two), taken at the
    // highest latitude that path and half-separation can reach.
    let path = dot(v, v).sqrt() * first.abs().max(last.abs()) / MEAN_RADIUS_M;
    let half = half_m * (1.0 + CURVATURE_SLACK) / MEAN_RADIUS_M;
    let cos_high = cos_lat - (path + half) * (1.0 + CURVATURE_SLACK);
    let dz = [piece.vz * from_s, piece.vz * to_s];
    let z = outward(piece.z, dz, 0.5 * reach.vertical_m + ALTITUDE_ROUNDING_M);
    if cos_high < POLAR_COSINE {
        // Near a pole directions turn too fast for that: all longitudes, and
        // every latitude within the path's length.
        let far = path * (1.0 + CURVATURE_SLACK) + half + ANGLE_ROUNDING_RAD;
        return SpaceBox {
            x: [-PI as f32, PI as f32],
            y: outward(piece.lat_lon[0], [0.0; 2], far),
            z,
        };
    }
    let tan_high = (sin_lat.abs() + path + half).min(1.0) / cos_high;
    let bend = 0.5 * path * path * tan_high;

    let dy = [vn * first / MEAN_RADIUS_M, vn * last / MEAN_RADIUS_M];
    let grow_y = half + bend + CURVATURE_SLACK * path + ANGLE_ROUNDING_RAD;
    let dx = [ve * first * inverse / MEAN_RADIUS_M, ve * last * inverse / MEAN_RADIUS_M];
    let grow_x = (half * (1.0 + half * half) + bend + CURVATURE_SLACK * path) / cos_high
        + ANGLE_ROUNDING_RAD;
    SpaceBox {
        x: outward(piece.lat_lon[1], dx, grow_x),
        y: outward(piece.lat_lon[0], dy, grow_y),
        z,
    }
}

#[inline]
fn outward(centre: f64, ends: [f64; 2], grow: f64) -> [f32; 2] {
    [(centre + ends[0].min(ends[1]) - grow) as f32, (centre + ends[0].max(ends[1]) + grow) as f32]
}

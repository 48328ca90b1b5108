//! The traffic: many aircraft on crossing levels, and pairs that meet at a steady rate.

use std::fmt::Write;

/// How long a pair flies: it meets after three minutes and is then replaced by another.
const PAIR_S: f64 = 260.0;
/// Half the distance at which a pair begins, NM.
const PAIR_HALF_NM: f64 = 25.0;
const PAIR_KT: f64 = 480.0;
/// Aircraft on one level fly the same way, so that they stay apart.
const LEVELS: usize = 10;
const COLUMNS: usize = 40;

/// An aircraft at one moment.
pub struct State {
    pub address: u32,
    lat_deg: f64,
    lon_deg: f64,
    alt_ft: i32,
    gs_kt: f64,
    trk_deg: f64,
}

/// All aircraft.
#[derive(Clone)]
pub struct Sky {
    background: usize,
    pairs: usize,
}

impl Sky {
    /// So many aircraft, of which pairs meet so often.
    pub fn new(aircraft: usize, alerts_per_s: f64) -> Sky {
        let pairs = ((alerts_per_s * PAIR_S).round() as usize).min(aircraft / 2);
        Sky { background: aircraft - 2 * pairs, pairs }
    }

    pub fn len(&self) -> usize {
        self.background + 2 * self.pairs
    }

    /// Whether the aircraft at this place is one of a pair.
    pub fn is_paired(&self, place: usize) -> bool {
        place >= self.background
    }

    /// An aircraft after so many seconds.
    pub fn at(&self, place: usize, t_s: f64) -> State {
        if place < self.background {
            return Sky::crossing(place, t_s);
        }
        let slot = (place - self.background) / 2;
        let side = (place - self.background) % 2;
        let phase_s = slot as f64 * PAIR_S / self.pairs as f64;
        let turn = ((t_s + phase_s) / PAIR_S).floor();
        let flown_nm = (t_s + phase_s - turn * PAIR_S) * PAIR_KT / 3600.0;
        let (row, column) = (slot / 50, slot % 50);
        let lat_deg = -50.0 + 3.0 * row as f64 + if side == 0 { 0.0 } else { 1.0 / 60.0 };
        let lon_deg = -150.0 + 6.0 * column as f64;
        let along_nm = flown_nm - PAIR_HALF_NM;
        let along_nm = if side == 0 { along_nm } else { -along_nm };
        State {
            address: 0xc0_0000 + 2 * (turn as u32 * self.pairs as u32 + slot as u32) + side as u32,
            lat_deg,
            lon_deg: lon_deg + along_nm / 60.0 / lat_deg.to_radians().cos(),
            alt_ft: 20_000,
            gs_kt: PAIR_KT,
            trk_deg: if side == 0 { 90.0 } else { 270.0 },
        }
    }

    fn crossing(place: usize, t_s: f64) -> State {
        let level = place % LEVELS;
        let (row, column) = (place / LEVELS / COLUMNS, place / LEVELS % COLUMNS);
        let (gs_kt, trk_deg) = (420.0 + 8.0 * level as f64, 36.0 * level as f64);
        let (sin, cos) = trk_deg.to_radians().sin_cos();
        // On a row all keep their distance, and rows keep theirs.
        let row_deg = 36.0 + 0.3 * row as f64;
        let flown_deg = t_s * gs_kt / 3600.0 / 60.0;
        State {
            address: 0x30_0000 + place as u32,
            lat_deg: row_deg + flown_deg * cos,
            lon_deg: 0.5 * column as f64 + flown_deg * sin / row_deg.to_radians().cos(),
            alt_ft: 29_000 + 1000 * level as i32,
            gs_kt,
            trk_deg,
        }
    }
}

impl State {
    /// Appends an SBS message: its position, or its velocity. `stamp` is `date,time`.
    pub fn sbs(&self, out: &mut String, stamp: &str, velocity: bool) {
        let State { address, lat_deg, lon_deg, alt_ft, gs_kt, trk_deg } = self;
        // Writing into a string does not fail.
        let _ = if velocity {
            writeln!(
                out,
                "MSG,4,1,1,{address:06X},1,{stamp},{stamp},,,{gs_kt:.0},{trk_deg:.1},,,0,,,,,0\r"
            )
        } else {
            writeln!(
                out,
                "MSG,3,1,1,{address:06X},1,{stamp},{stamp},,{alt_ft},,,{lat_deg:.6},{lon_deg:.6},,,0,0,0,0\r"
            )
        };
    }
}

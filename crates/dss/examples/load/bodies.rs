//! What is asked.

use crate::common::{self, intent_path};
use crate::http::Request;
use serde_json::{Value, json};
use uuid::Uuid;

/// Where the region is: 40 km by 40 km, so that a query of 20 km finds most of what is there.
const CORNER: [f64; 2] = [46.0, 7.0];
const SIDE_M: f64 = 40_000.0;
/// Intents in a row and in a column of the region, one circle beside the other.
const ACROSS: usize = 100;

pub struct Bodies {
    from: Value,
    until: Value,
}

/// Metres north and east of the corner, as degrees.
fn place(north_m: f64, east_m: f64) -> [f64; 2] {
    let lat = CORNER[0] + north_m / 111_200.0;
    [lat, CORNER[1] + east_m / (111_200.0 * lat.to_radians().cos())]
}

/// Numbers that are spread as if drawn by lot, the same in every run.
pub fn spread(n: usize, of: usize) -> usize {
    // SplitMix64 (Steele, Lea, Flood 2014).
    let mut z = (n as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) as usize % of
}

impl Bodies {
    pub fn new() -> Bodies {
        Bodies { from: common::in_s(60), until: common::in_s(3_600) }
    }

    fn put(&self, circle: Value, band_m: [f64; 2], times: Option<[Value; 2]>) -> Request {
        let mut block = common::block(circle, band_m, 0, 0);
        let [from, until] = times.unwrap_or([self.from.clone(), self.until.clone()]);
        block["time_start"] = from;
        block["time_end"] = until;
        let body = common::accepted(block, &[]).to_string();
        Request { method: "PUT", path: intent_path(Uuid::new_v4()), body }
    }

    /// A new intent somewhere in the region, where no other is.
    pub fn put_region(&self, n: usize) -> Request {
        let layer = n / (ACROSS * ACROSS);
        // 7,919 is prime, so that every place comes once before any comes twice.
        let at = n * 7_919 % (ACROSS * ACROSS);
        let step_m = SIDE_M / ACROSS as f64;
        let [lat, lng] = place((at / ACROSS) as f64 * step_m, (at % ACROSS) as f64 * step_m);
        let floor_m = 100.0 + 20.0 * layer as f64;
        self.put(common::circle(lat, lng, 150.0), [floor_m, floor_m + 10.0], None)
    }

    /// A new intent in one and the same place, at a time and a height of its own.
    pub fn put_cell(&self, n: usize) -> Request {
        let floor_m = 10_000.0 + 20.0 * (n % 500) as f64;
        let from = 120 * (1 + n / 500) as i64;
        let times = [common::in_s(from), common::in_s(from + 100)];
        let [lat, lng] = place(SIDE_M / 2.0, SIDE_M / 2.0);
        self.put(common::circle(lat, lng, 150.0), [floor_m, floor_m + 10.0], Some(times))
    }

    /// A query somewhere in the region.
    pub fn query(&self, n: usize, radius_m: f64) -> Request {
        let part = |n: usize| SIDE_M * (0.25 + 0.5 * spread(n, 10_007) as f64 / 10_007.0);
        let [lat, lng] = place(part(2 * n), part(2 * n + 1));
        self.query_at(lat, lng, radius_m)
    }

    pub fn query_at(&self, lat: f64, lng: f64, radius_m: f64) -> Request {
        let mut block = common::block(common::circle(lat, lng, radius_m), [0.0, 5_000.0], 0, 0);
        block["time_start"] = self.from.clone();
        block["time_end"] = self.until.clone();
        Request {
            method: "POST",
            path: "/dss/v1/operational_intent_references/query".to_owned(),
            body: json!({ "area_of_interest": block }).to_string(),
        }
    }
}

//! How long a check takes among many others: `cargo run --release -p deconflict-reserve --example scale`.

use deconflict_core::{Altitude, GeoPoint, Time};
use deconflict_reserve::check::{Options, check};
use deconflict_reserve::shape::{Band, Shape, WayPoint};
use deconflict_reserve::{Kind, Matrix, Reservation};
use std::time::Instant;

fn others(count: usize) -> Vec<Reservation> {
    let mut state = 1u64;
    // Numerical Recipes' generator: the same traffic every time.
    let mut random = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1u32 << 31)
    };
    let each = |i: usize| {
        // Spread over a region of 10° by 10° and a day.
        let (lat, lon) = (40.0 + 10.0 * random(), 5.0 + 10.0 * random());
        let start = Time::from_millis(1_772_359_200_000 + (86_400_000.0 * random()) as i64);
        let level = (random() * 30.0) as u32;
        let point = |dlat, dlon| GeoPoint::from_deg(lat + dlat, lon + dlon);
        let points: Vec<GeoPoint> =
            [point(0.0, 0.0), point(0.2, 0.1), point(0.1, 0.5)].into_iter().flatten().collect();
        let shape = match i % 3 {
            0 => Shape::Polygon { points },
            1 => Shape::Corridor { points, half_width_m: 4000.0 },
            _ => Shape::Flight {
                points: (0..3)
                    .zip(points)
                    .map(|(k, point)| WayPoint {
                        point,
                        altitude: Altitude::pressure_ft(5_000.0 + 1000.0 * f64::from(level)),
                        time: start.plus_s(600.0 * f64::from(k)),
                    })
                    .collect(),
            },
        };
        let is_flight = matches!(shape, Shape::Flight { .. });
        let mut r = Reservation::new(&format!("R{i}"), Kind::Operation, &format!("P{i}"), shape);
        if !is_flight {
            let floor_ft = 5_000.0 + 1000.0 * f64::from(level);
            r.band = Band {
                lower: Some(Altitude::pressure_ft(floor_ft)),
                upper: Some(Altitude::pressure_ft(floor_ft + 2000.0)),
            };
            (r.start, r.end) = (Some(start), Some(start.plus_s(3600.0)));
        }
        r
    };
    (0..count).map(each).collect()
}

#[allow(clippy::print_stdout, reason = "an example for people")]
fn main() {
    for count in [100, 1_000, 10_000] {
        let all = others(count);
        let matrix = Matrix::shipped();
        for alternatives in [false, true] {
            let options = Options { alternatives, ..Options::default() };
            let mut times: Vec<f64> = Vec::new();
            let mut conflicts = 0;
            for plan in all.iter().take(30) {
                let start = Instant::now();
                conflicts += check(plan, &all, &matrix, &options).conflicts.len();
                times.push(start.elapsed().as_secs_f64() * 1e3);
            }
            times.sort_by(f64::total_cmp);
            println!(
                "{count} others, alternatives {alternatives}: median {:.2} ms, most {:.2} ms, {conflicts} conflicts of 30 plans",
                times[15], times[29]
            );
        }
    }
}

//! What ground receivers hear of aircraft, and the tracks made of it.

use crate::flight::{Craft, here};
use deconflict_core::units::m_from_ft;
use deconflict_core::{Address, Registry, Report, Technique, Time};
use deconflict_track::{Config, Tracker};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

/// Uniform in [0, 1).
pub fn uniform(rng: &mut ChaCha8Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// Between two numbers.
pub fn between(rng: &mut ChaCha8Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * uniform(rng)
}

/// Standard normal (Box & Muller 1958).
pub fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - uniform(rng)).ln()).sqrt();
    radius * (std::f64::consts::TAU * uniform(rng)).cos()
}

/// ADS-B-like errors: standard deviations per axis (NACp 8 to 9, NACv 2), the delay to
/// the receiver, and what of it the time stamp does not tell.
const POSITION_M: f64 = 20.0;
const POSITION_BIAS_M: f64 = 10.0;
const VELOCITY_MPS: f64 = 1.0;
const ALTITUDE_BIAS_M: f64 = 8.0;
const CLIMB_MPS: f64 = 0.4;
const LATENCY_S: f64 = 0.6;
const UNTOLD_S: f64 = 0.2;
const DROPPED: f64 = 0.05;

/// The picture of one simulation.
pub struct Picture {
    pub tracker: Tracker,
    rng: ChaCha8Rng,
    bias_m: Vec<[f64; 3]>,
    under_way: Vec<Report>,
    start: Time,
}

impl Picture {
    pub fn new(mut rng: ChaCha8Rng, aircraft: usize) -> Picture {
        let bias_m = (0..aircraft).map(|_| {
            [POSITION_BIAS_M, POSITION_BIAS_M, ALTITUDE_BIAS_M]
                .map(|sigma| sigma * normal(&mut rng))
        });
        let bias_m = bias_m.collect();
        let start = Time::from_millis(1_513_152_000_000);
        Picture {
            tracker: Tracker::new(Config::default(), Registry::default()),
            rng,
            bias_m,
            under_way: Vec::new(),
            start,
        }
    }

    pub fn time(&self, now_s: f64) -> Time {
        self.start.plus_s(now_s)
    }

    /// The index of the aircraft that a track is of.
    pub fn aircraft_of(address: Address) -> usize {
        address.code as usize - 1
    }

    /// One second: everybody reports, and the tracker takes in what has arrived.
    pub fn step(&mut self, now_s: f64, aircraft: &[Craft]) {
        let frame = here();
        let now = self.time(now_s);
        for (i, craft) in aircraft.iter().enumerate() {
            if uniform(&mut self.rng) < DROPPED {
                continue;
            }
            let mut noise = |sigma: f64| sigma * normal(&mut self.rng);
            let v = craft.velocity();
            let bias = self.bias_m[i];
            let east = craft.position_m[0] - UNTOLD_S * v[0] + bias[0] + noise(POSITION_M);
            let north = craft.position_m[1] - UNTOLD_S * v[1] + bias[1] + noise(POSITION_M);
            // In steps of 25 ft, as Mode S and ADS-B send it.
            let step_m = m_from_ft(25.0);
            let altitude_m = ((craft.position_m[2] + bias[2]) / step_m).round() * step_m;
            let position = frame.from_local([east, north]);
            let (ve, vn) = (v[0] + noise(VELOCITY_MPS), v[1] + noise(VELOCITY_MPS));
            let at = position.frame();
            let [ve, vn, _] = at.components(frame.horizontal(ve, vn));
            let mut report = Report::new(0, Address::icao(i as u32 + 1), Technique::AdsB, now);
            report.received = now.plus_s(LATENCY_S);
            report.position = Some(position);
            report.position_sigma_m = Some(POSITION_M as f32);
            report.pressure_altitude_m = Some(altitude_m);
            report.ground_speed_mps = Some(ve.hypot(vn));
            report.track_rad = Some(ve.atan2(vn).rem_euclid(std::f64::consts::TAU));
            report.vertical_rate_mps = Some(v[2] + noise(CLIMB_MPS));
            report.on_ground = Some(false);
            report.class = craft.class;
            self.under_way.push(report);
        }
        let arrived = self.under_way.partition_point(|r| r.received <= now);
        let arrived: Vec<Report> = self.under_way.drain(..arrived).collect();
        self.tracker.step(now, &arrived);
    }
}

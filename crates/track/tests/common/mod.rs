//! Simulated flights, small and exact, to hold tracks against.
#![allow(dead_code)] // each test file uses its part

use deconflict_core::{Address, GeoPoint, Report, Technique, Time};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// 1 m/s of latency and steps, and 0.3° of track angle at 230 m/s on one axis of two.
pub const VELOCITY_SIGMA_MPS: f64 = 1.29;

/// Error of the time of measurement.
pub const TIMING_SIGMA_S: f64 = 0.1;

pub const EPOCH_S: f64 = 1_700_000_000.0;

pub fn at(s: f64) -> Time {
    Time::from_unix_s(EPOCH_S + s).unwrap()
}

pub fn point(lat_deg: f64, lon_deg: f64) -> GeoPoint {
    GeoPoint::from_deg(lat_deg, lon_deg).unwrap()
}

/// A repeatable source of Gaussian noise.
pub struct Noise(ChaCha8Rng);

impl Noise {
    pub fn new(seed: u64) -> Noise {
        Noise(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Uniform in 0..1.
    pub fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Standard normal (Box & Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// True motion of an aircraft, stepped in a plane that moves with it.
#[derive(Clone, Copy)]
pub struct Truth {
    pub time_s: f64,
    pub position: GeoPoint,
    pub speed_mps: f64,
    pub track_rad: f64,
    pub altitude_m: f64,
    pub climb_mps: f64,
}

impl Truth {
    pub fn cruising(position: GeoPoint, track_deg: f64) -> Truth {
        Truth {
            time_s: 0.0,
            position,
            speed_mps: 230.0,
            track_rad: track_deg.to_radians(),
            altitude_m: 10_668.0, // FL350
            climb_mps: 0.0,
        }
    }

    /// Flies on for `dt_s`, turning at a steady rate, along short chords.
    pub fn fly(&mut self, dt_s: f64, turn_rad_s: f64) {
        let steps = (dt_s / 0.25).ceil().max(1.0);
        let h = dt_s / steps;
        for _ in 0..steps as usize {
            let middle = self.track_rad + turn_rad_s * h / 2.0;
            let way_m = self.speed_mps * h;
            let frame = self.position.frame();
            let next = frame.from_local([way_m * middle.sin(), way_m * middle.cos()]);
            let v = next.frame().components(frame.horizontal(middle.sin(), middle.cos()));
            self.track_rad = v[0].atan2(v[1]) + turn_rad_s * h / 2.0;
            self.position = next;
        }
        self.altitude_m += self.climb_mps * dt_s;
        self.time_s += dt_s;
    }

    /// Exact values as a report.
    pub fn report(&self, code: u32) -> Report {
        Report {
            position: Some(self.position),
            pressure_altitude_m: Some(self.altitude_m),
            ground_speed_mps: Some(self.speed_mps),
            track_rad: Some(self.track_rad.rem_euclid(std::f64::consts::TAU)),
            vertical_rate_mps: Some(self.climb_mps),
            ..Report::new(0, Address::icao(code), Technique::AdsB, at(self.time_s))
        }
    }

    /// A report with Gaussian errors of position (`sigma_m`, stated), of time and of
    /// velocity (as the tracker assumes of ADS-B), and quantised altitude.
    pub fn noisy(&self, code: u32, sigma_m: f64, noise: &mut Noise) -> Report {
        let frame = self.position.frame();
        let sigma_total_m = sigma_m.hypot(TIMING_SIGMA_S * self.speed_mps);
        let off = [sigma_total_m * noise.normal(), sigma_total_m * noise.normal()];
        let ve = self.speed_mps * self.track_rad.sin() + VELOCITY_SIGMA_MPS * noise.normal();
        let vn = self.speed_mps * self.track_rad.cos() + VELOCITY_SIGMA_MPS * noise.normal();
        let step = 7.62;
        Report {
            position: Some(frame.from_local(off)),
            position_sigma_m: Some(sigma_m as f32),
            pressure_altitude_m: Some((self.altitude_m / step).round() * step),
            ground_speed_mps: Some(ve.hypot(vn)),
            track_rad: Some(ve.atan2(vn).rem_euclid(std::f64::consts::TAU)),
            vertical_rate_mps: Some((self.climb_mps / 0.325_12).round() * 0.325_12),
            ..self.report(code)
        }
    }
}

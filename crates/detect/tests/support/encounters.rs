//! Random encounters of every kind the probability kernel has to serve, and a Monte Carlo oracle.
//!
//! The oracle shares no code and no formula with the kernel: it draws initial states and flies
//! each of them along its straight line.

use deconflict_detect::probability::RelativeState;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub const NM_M: f64 = 1852.0;
pub const FT_M: f64 = 0.3048;
pub const KT_MPS: f64 = NM_M / 3600.0;

/// A relative state and what it is owed.
#[derive(Clone, Copy, Debug)]
pub struct Encounter {
    pub state: RelativeState,
    pub horizontal_m: f64,
    pub vertical_m: f64,
    pub horizon_s: f64,
}

/// Kinds of encounter; each stresses one part of the kernel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Family {
    FastCrossing,
    HeadOn,
    Overtake,
    StationKeeping,
    AlreadyInside,
    ClimbingThrough,
    EntryAtTheEnds,
    PositionVelocityCorrelation,
    HugeCovariance,
    TinyCovariance,
    SingularCovariance,
    SmallCylinder,
    EdgeOfTheDisc,
    Anything,
}

impl Family {
    pub const ALL: [Self; 14] = [
        Self::FastCrossing,
        Self::HeadOn,
        Self::Overtake,
        Self::StationKeeping,
        Self::AlreadyInside,
        Self::ClimbingThrough,
        Self::EntryAtTheEnds,
        Self::PositionVelocityCorrelation,
        Self::HugeCovariance,
        Self::TinyCovariance,
        Self::SingularCovariance,
        Self::SmallCylinder,
        Self::EdgeOfTheDisc,
        Self::Anything,
    ];
}

/// Standard deviations of a relative state.
#[derive(Clone, Copy)]
struct Sigmas {
    position_m: f64,
    velocity_mps: f64,
    height_m: f64,
    climb_mps: f64,
}

/// Seeded source of encounters.
pub struct Encounters {
    rng: ChaCha8Rng,
}

impl Encounters {
    pub fn new(seed: u64) -> Self {
        Self { rng: ChaCha8Rng::seed_from_u64(seed) }
    }

    pub fn uniform(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.rng.random::<f64>()
    }

    fn log_uniform(&mut self, from: f64, to: f64) -> f64 {
        self.uniform(from.ln(), to.ln()).exp()
    }

    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.rng.random::<f64>()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.rng.random::<f64>()).cos()
    }

    fn typical_sigmas(&mut self) -> Sigmas {
        Sigmas {
            position_m: self.uniform(20.0, 200.0),
            velocity_mps: self.uniform(0.5, 5.0),
            height_m: self.uniform(10.0, 40.0),
            climb_mps: self.uniform(0.3, 1.0),
        }
    }

    /// A measurement of a state: the state with an error drawn from its covariance.
    pub fn measured(&mut self, truth: &RelativeState) -> RelativeState {
        let (horizontal, vertical) = (root(&truth.horizontal_cov), root(&truth.vertical_cov));
        let mut out = *truth;
        let h: [f64; 4] = std::array::from_fn(|_| self.normal());
        let v: [f64; 2] = std::array::from_fn(|_| self.normal());
        let error = |i: usize| (0..4).map(|k| horizontal[i][k] * h[k]).sum::<f64>();
        for axis in 0..2 {
            out.position_m[axis] += error(axis);
            out.velocity_mps[axis] += error(axis + 2);
        }
        out.position_m[2] += vertical[0][0] * v[0];
        out.velocity_mps[2] += vertical[1][0] * v[0] + vertical[1][1] * v[1];
        out
    }

    /// A conflict as a controller's alerting system meets it: 5 NM, 1000 ft, five minutes.
    pub fn typical(&mut self) -> Encounter {
        let speed_kt = self.uniform(100.0, 900.0);
        self.passing(speed_kt, 5.0 * NM_M, 1000.0 * FT_M, 300.0)
    }

    /// Traffic of which nothing is known beforehand, drawn so widely that measurement errors do
    /// not reach the limits of the drawing.
    pub fn anywhere(&mut self) -> Encounter {
        let speed_kt = self.uniform(100.0, 900.0);
        let owed = [5.0 * NM_M, 1000.0 * FT_M, 300.0];
        self.passing_within(speed_kt, owed, [2.5, -1.0, 2.0, 5.0], 0.0)
    }

    /// An encounter that passes within about the separation owed at some time of the horizon.
    fn passing(
        &mut self,
        speed_kt: f64,
        horizontal_m: f64,
        vertical_m: f64,
        horizon_s: f64,
    ) -> Encounter {
        let owed = [horizontal_m, vertical_m, horizon_s];
        self.passing_within(speed_kt, owed, [1.2, 0.0, 1.1, 1.5], 0.5)
    }

    /// The miss distance, the earliest and latest closest approach and the vertical distance then
    /// are within these multiples of what is owed.
    fn passing_within(
        &mut self,
        speed_kt: f64,
        [horizontal_m, vertical_m, horizon_s]: [f64; 3],
        [miss, earliest, latest, offset]: [f64; 4],
        level_fraction: f64,
    ) -> Encounter {
        let sigmas = self.typical_sigmas();
        let miss_m = self.uniform(-miss, miss) * horizontal_m;
        let closest_s = self.uniform(earliest, latest) * horizon_s;
        let is_level = self.uniform(0.0, 1.0) < level_fraction;
        let climb_mps = if is_level { 0.0 } else { self.uniform(-15.0, 15.0) };
        let offset_m = self.uniform(-offset, offset) * vertical_m;
        self.encounter(
            speed_kt * KT_MPS,
            miss_m,
            closest_s,
            [offset_m - climb_mps * closest_s, climb_mps],
            sigmas,
            [horizontal_m, vertical_m, horizon_s],
        )
    }

    fn encounter(
        &mut self,
        speed_mps: f64,
        miss_m: f64,
        closest_s: f64,
        vertical: [f64; 2],
        sigmas: Sigmas,
        [horizontal_m, vertical_m, horizon_s]: [f64; 3],
    ) -> Encounter {
        let (sin, cos) = self.uniform(0.0, std::f64::consts::TAU).sin_cos();
        let along_m = -speed_mps * closest_s;
        let state = RelativeState {
            position_m: [along_m * cos - miss_m * sin, along_m * sin + miss_m * cos, vertical[0]],
            velocity_mps: [speed_mps * cos, speed_mps * sin, vertical[1]],
            horizontal_cov: self.horizontal_cov(sigmas),
            vertical_cov: self.vertical_cov(sigmas),
        };
        Encounter { state, horizontal_m, vertical_m, horizon_s }
    }

    /// Unequal axes and correlations of every sign and size.
    fn horizontal_cov(&mut self, sigmas: Sigmas) -> [[f64; 4]; 4] {
        let scale = [
            sigmas.position_m,
            sigmas.position_m * self.uniform(0.4, 1.0),
            sigmas.velocity_mps,
            sigmas.velocity_mps * self.uniform(0.4, 1.0),
        ];
        let mixing: [[f64; 4]; 4] = std::array::from_fn(|i| {
            std::array::from_fn(|j| if i == j { 1.0 } else { 0.5 * self.normal() })
        });
        covariance(&mixing, &scale)
    }

    fn vertical_cov(&mut self, sigmas: Sigmas) -> [[f64; 2]; 2] {
        let shared = self.uniform(-0.6, 0.6);
        let cov = shared * sigmas.height_m * sigmas.climb_mps;
        [[sigmas.height_m.powi(2), cov], [cov, sigmas.climb_mps.powi(2)]]
    }

    pub fn of(&mut self, family: Family) -> Encounter {
        let owed = [5.0 * NM_M, 1000.0 * FT_M, 300.0];
        match family {
            Family::FastCrossing => self.typical(),
            Family::HeadOn => {
                let speed_kt = self.uniform(700.0, 1100.0);
                let mut e = self.passing(speed_kt, owed[0], owed[1], owed[2]);
                e.state.velocity_mps[2] = 0.0;
                e
            }
            Family::Overtake => {
                let speed_kt = self.uniform(10.0, 100.0);
                self.passing(speed_kt, owed[0], owed[1], owed[2])
            }
            Family::StationKeeping => {
                let speed_mps = self.log_uniform(0.05, 10.0);
                let bearing = self.uniform(-1.0, 1.0) * 1.5 * owed[0];
                let sigmas =
                    Sigmas { velocity_mps: self.log_uniform(0.5, 20.0), ..self.typical_sigmas() };
                let z = [self.uniform(-1.4, 1.4) * owed[1], self.normal()];
                let closest_s = self.uniform(-2.0, 4.0) * owed[2];
                self.encounter(speed_mps, bearing, closest_s, z, sigmas, owed)
            }
            Family::AlreadyInside => {
                let speed_mps = self.log_uniform(1.0, 400.0);
                let sigmas = self.typical_sigmas();
                let closest_s = self.uniform(-1.0, 1.0) * owed[0] / speed_mps;
                let miss = self.uniform(-1.0, 1.0) * owed[0];
                let z = [self.uniform(-1.3, 1.3) * owed[1], self.uniform(-5.0, 5.0)];
                self.encounter(speed_mps, miss, closest_s, z, sigmas, owed)
            }
            Family::ClimbingThrough => {
                let speed_kt = self.uniform(50.0, 900.0);
                let mut e = self.passing(speed_kt, owed[0], owed[1], owed[2]);
                let climb_mps =
                    self.uniform(5.0, 30.0) * if self.uniform(0.0, 1.0) < 0.5 { 1.0 } else { -1.0 };
                let through_s = self.uniform(0.0, 300.0);
                e.state.velocity_mps[2] = climb_mps;
                e.state.position_m[2] = -climb_mps * through_s;
                e
            }
            Family::EntryAtTheEnds => {
                let speed_mps = self.uniform(100.0, 900.0) * KT_MPS;
                let miss = self.uniform(-0.9, 0.9) * owed[0];
                let half_chord_s = (owed[0] * owed[0] - miss * miss).sqrt() / speed_mps;
                let near = self.uniform(-8.0, 8.0);
                let closest_s = match (self.uniform(0.0, 3.0)) as u32 {
                    0 => half_chord_s + near,
                    1 => -half_chord_s + near,
                    _ => owed[2] + half_chord_s + near,
                };
                let sigmas = self.typical_sigmas();
                let climb_mps = self.uniform(-12.0, 12.0);
                let at_end_s = if closest_s > owed[2] { owed[2] } else { 0.0 };
                let z = self.uniform(-1.6, 1.6) * owed[1] - climb_mps * at_end_s;
                self.encounter(speed_mps, miss, closest_s, [z, climb_mps], sigmas, owed)
            }
            Family::PositionVelocityCorrelation => {
                let speed_mps = self.log_uniform(2.0, 300.0);
                let mut e = self.passing(speed_mps / KT_MPS, owed[0], owed[1], owed[2]);
                let rho = self.uniform(0.8, 0.999)
                    * if self.uniform(0.0, 1.0) < 0.7 { -1.0 } else { 1.0 };
                let (p, v) = (self.uniform(50.0, 500.0), self.uniform(0.5, 8.0));
                let c = rho * p * v;
                e.state.horizontal_cov = [
                    [p * p, 0.0, c, 0.0],
                    [0.0, p * p, 0.0, c],
                    [c, 0.0, v * v, 0.0],
                    [0.0, c, 0.0, v * v],
                ];
                e
            }
            Family::HugeCovariance => {
                let mut e = self.typical();
                let sigmas = Sigmas {
                    position_m: self.log_uniform(1e3, 1e5),
                    velocity_mps: self.log_uniform(5.0, 300.0),
                    height_m: self.log_uniform(100.0, 5000.0),
                    climb_mps: self.log_uniform(1.0, 30.0),
                };
                e.state.horizontal_cov = self.horizontal_cov(sigmas);
                e.state.vertical_cov = self.vertical_cov(sigmas);
                e
            }
            Family::TinyCovariance => {
                let mut e = self.typical();
                let sigmas = Sigmas {
                    position_m: self.log_uniform(1e-3, 5.0),
                    velocity_mps: self.log_uniform(1e-5, 0.1),
                    height_m: self.log_uniform(1e-3, 2.0),
                    climb_mps: self.log_uniform(1e-5, 0.05),
                };
                e.state.horizontal_cov = self.horizontal_cov(sigmas);
                e.state.vertical_cov = self.vertical_cov(sigmas);
                e
            }
            Family::SingularCovariance => {
                let mut e = if self.uniform(0.0, 1.0) < 0.5 {
                    self.typical()
                } else {
                    self.of(Family::StationKeeping)
                };
                let keep: [f64; 4] =
                    std::array::from_fn(|_| f64::from(self.uniform(0.0, 1.0) < 0.5));
                for i in 0..4 {
                    for j in 0..4 {
                        e.state.horizontal_cov[i][j] *= keep[i] * keep[j];
                    }
                }
                if self.uniform(0.0, 1.0) < 0.5 {
                    e.state.vertical_cov[1] = [0.0; 2];
                    e.state.vertical_cov[0][1] = 0.0;
                } else if self.uniform(0.0, 1.0) < 0.3 {
                    e.state.vertical_cov = [[0.0; 2]; 2];
                }
                e
            }
            Family::SmallCylinder => {
                let speed_kt = self.log_uniform(3.0, 1000.0);
                let mut e = self.passing(speed_kt, 500.0 * FT_M, 100.0 * FT_M, 60.0);
                let shrink = self.log_uniform(0.05, 1.0);
                for row in &mut e.state.horizontal_cov {
                    for entry in row {
                        *entry *= shrink * shrink;
                    }
                }
                e
            }
            Family::EdgeOfTheDisc => {
                let speed_mps = self.uniform(30.0, 450.0);
                let sigmas = self.typical_sigmas();
                let closest_s = self.uniform(0.0, 300.0);
                let side = if self.uniform(0.0, 1.0) < 0.5 { 1.0 } else { -1.0 };
                let miss = side
                    * (owed[0]
                        + self.normal() * sigmas.position_m.hypot(sigmas.velocity_mps * closest_s));
                let z = [self.uniform(-1.2, 1.2) * owed[1], 0.0];
                self.encounter(speed_mps, miss, closest_s, z, sigmas, owed)
            }
            Family::Anything => {
                let owed = [
                    self.log_uniform(50.0, 2e4),
                    self.log_uniform(20.0, 1000.0),
                    self.log_uniform(10.0, 1200.0),
                ];
                let speed_mps = self.log_uniform(0.1, 500.0);
                let sigmas = Sigmas {
                    position_m: self.log_uniform(1.0, 3000.0),
                    velocity_mps: self.log_uniform(0.01, 30.0),
                    height_m: self.log_uniform(1.0, 300.0),
                    climb_mps: self.log_uniform(0.01, 10.0),
                };
                let miss = self.uniform(-1.3, 1.3) * owed[0];
                let closest_s = self.uniform(-0.3, 1.3) * owed[2];
                let climb_mps = self.normal() * 8.0;
                let z = self.uniform(-1.5, 1.5) * owed[1] - climb_mps * closest_s;
                self.encounter(speed_mps, miss, closest_s, [z, climb_mps], sigmas, owed)
            }
        }
    }
}

/// Covariance with the given standard deviations whose correlations are those of `M Mᵀ`.
fn covariance(mixing: &[[f64; 4]; 4], scale: &[f64; 4]) -> [[f64; 4]; 4] {
    let dot = |i: usize, j: usize| -> f64 { (0..4).map(|k| mixing[i][k] * mixing[j][k]).sum() };
    std::array::from_fn(|i| {
        std::array::from_fn(|j| scale[i] * scale[j] * dot(i, j) / (dot(i, i) * dot(j, j)).sqrt())
    })
}

/// Standard normal draws, made once and used for every encounter.
pub struct MonteCarlo {
    draws: Vec<[f32; 6]>,
}

impl MonteCarlo {
    pub fn new(samples: usize, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut pair = move || {
            let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
            let (sin, cos) = (std::f64::consts::TAU * rng.random::<f64>()).sin_cos();
            [(radius * cos) as f32, (radius * sin) as f32]
        };
        let draws = (0..samples)
            .map(|_| {
                let ([a, b], [c, d], [e, f]) = (pair(), pair(), pair());
                [a, b, c, d, e, f]
            })
            .collect();
        Self { draws }
    }

    /// Fraction of the draws that lose separation.
    pub fn probability(&self, encounter: &Encounter) -> f64 {
        let horizontal = root(&encounter.state.horizontal_cov);
        let vertical = root(&encounter.state.vertical_cov);
        let hits = self
            .draws
            .iter()
            .filter(|draw| {
                let d: [f64; 6] = std::array::from_fn(|i| f64::from(draw[i]));
                let p = &encounter.state.position_m;
                let v = &encounter.state.velocity_mps;
                let x = p[0] + horizontal[0][0] * d[0];
                let y = p[1] + horizontal[1][0] * d[0] + horizontal[1][1] * d[1];
                let vx = v[0]
                    + horizontal[2][0] * d[0]
                    + horizontal[2][1] * d[1]
                    + horizontal[2][2] * d[2];
                let vy = v[1]
                    + horizontal[3][0] * d[0]
                    + horizontal[3][1] * d[1]
                    + horizontal[3][2] * d[2]
                    + horizontal[3][3] * d[3];
                let z = p[2] + vertical[0][0] * d[4];
                let vz = v[2] + vertical[1][0] * d[4] + vertical[1][1] * d[5];
                loses_separation([x, y, z], [vx, vy, vz], encounter)
            })
            .count();
        hits as f64 / self.draws.len() as f64
    }
}

/// Whether a state known exactly loses separation: the cylinder is met within the horizon.
pub fn loses_separation(r: [f64; 3], v: [f64; 3], owed: &Encounter) -> bool {
    let (mut from, mut to) = (0.0_f64, owed.horizon_s);
    if v[2] == 0.0 {
        if r[2].abs() >= owed.vertical_m {
            return false;
        }
    } else {
        let a = (-owed.vertical_m - r[2]) / v[2];
        let b = (owed.vertical_m - r[2]) / v[2];
        from = from.max(a.min(b));
        to = to.min(a.max(b));
    }
    if from > to {
        return false;
    }
    // Within the time that the heights conflict, the distance at the closest approach decides.
    let speed2 = v[0] * v[0] + v[1] * v[1];
    let closest =
        if speed2 > 0.0 { (-(r[0] * v[0] + r[1] * v[1]) / speed2).clamp(from, to) } else { from };
    let (x, y) = (r[0] + v[0] * closest, r[1] + v[1] * closest);
    x * x + y * y < owed.horizontal_m * owed.horizontal_m
}

/// Lower-triangular square root of a positive semidefinite matrix (Cholesky, zero pivots kept).
fn root<const N: usize>(cov: &[[f64; N]; N]) -> [[f64; N]; N] {
    let mut l = [[0.0; N]; N];
    for j in 0..N {
        let pivot = cov[j][j] - (0..j).map(|k| l[j][k] * l[j][k]).sum::<f64>();
        if pivot <= 1e-13 * cov[j][j] {
            continue;
        }
        l[j][j] = pivot.sqrt();
        for i in j + 1..N {
            l[i][j] = (cov[i][j] - (0..j).map(|k| l[i][k] * l[j][k]).sum::<f64>()) / l[j][j];
        }
    }
    l
}

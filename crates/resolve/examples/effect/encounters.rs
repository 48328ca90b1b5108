//! Pairs and clusters of aircraft on their way to each other.

use crate::flight::{Craft, Nominal};
use crate::loops::{Outcome, fly};
use crate::surveillance::{between, normal, uniform};
use deconflict_core::AircraftClass;
use deconflict_core::geo::wrap_pi;
use deconflict_core::units::{m_from_ft, mps_from_fpm, mps_from_kt};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::f64::consts::TAU;
use std::path::PathBuf;

const DURATION_S: f64 = 180.0;

/// One aircraft of the sampled set, second by second: east, north, up (m), track, speed.
type Sampled = Vec<[f64; 5]>;

/// The sampled encounters: pairs of aircraft with the manoeuvres that they fly.
fn sampled() -> Vec<[Sampled; 2]> {
    let data = std::env::var_os("DECONFLICT_DATA").map_or("../shared/data".into(), PathBuf::from);
    let folder = data.join("encounters/mitll");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: no sampled encounters under {}", folder.display());
        return Vec::new();
    };
    let mut files: Vec<_> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    files.sort();
    files.iter().filter_map(|file| parse(&std::fs::read_to_string(file).ok()?)).collect()
}

/// `NAME, east, north, alt, trk, gs, vs, time` in feet, radians, ft/s; ten rows a second.
fn parse(text: &str) -> Option<[Sampled; 2]> {
    let mut pair = [Vec::new(), Vec::new()];
    for line in text.lines().skip(2) {
        let mut fields = line.split(',').map(str::trim);
        let side = usize::from(fields.next()? != "OWNSHIP");
        let numbers: Vec<f64> = fields.filter_map(|f| f.parse().ok()).collect();
        let [east, north, up, track, speed, _, time_s] = numbers[..] else { continue };
        if (time_s - time_s.round()).abs() < 0.01 {
            let m = [east, north, up].map(m_from_ft);
            pair[side].push([m[0], m[1], m[2], track, m_from_ft(speed)]);
        }
    }
    pair.iter().all(|p| p.len() > 60).then_some(pair)
}

/// An aircraft that flies what was sampled, from second `skip` on.
fn of_sample(sample: &Sampled, skip: usize) -> Craft {
    let rows = &sample[skip..];
    let mut craft = Craft::new(
        AircraftClass::Light,
        [rows[0][0], rows[0][1], rows[0][2]],
        rows[0][3],
        rows[0][4],
        0.0,
    );
    let rates = rows.windows(2).map(|w| Nominal {
        turn_rps: wrap_pi(w[1][3] - w[0][3]),
        accel_mps2: w[1][4] - w[0][4],
        climb_mps: w[1][2] - w[0][2],
    });
    craft.nominal = rates.collect();
    craft.nominal.push(Nominal {
        climb_mps: craft.nominal.last().map_or(0.0, |n| n.climb_mps),
        ..Nominal::default()
    });
    craft.climb_mps = craft.nominal[0].climb_mps;
    craft
}

/// A random aircraft, every third one with a manoeuvre of its own on the way.
fn random(rng: &mut ChaCha8Rng) -> Craft {
    let class = match (uniform(rng) * 4.0) as usize {
        0 => AircraftClass::Transport,
        1 => AircraftClass::Rotorcraft,
        2 => AircraftClass::Uncrewed,
        _ => AircraftClass::Light,
    };
    let (slow, fast) = match class {
        AircraftClass::Transport => (160.0, 250.0),
        AircraftClass::Rotorcraft => (60.0, 140.0),
        AircraftClass::Uncrewed => (60.0, 150.0),
        _ => (70.0, 160.0),
    };
    let speed_mps = mps_from_kt(between(rng, slow, fast));
    let climb_fpm = if uniform(rng) < 0.5 { 0.0 } else { between(rng, -500.0, 500.0) };
    let climb_mps = mps_from_fpm(climb_fpm);
    let track = between(rng, 0.0, TAU);
    let mut craft = Craft::new(class, [0.0, 0.0, 1200.0], track, speed_mps, climb_mps);
    let mut nominal = vec![Nominal { climb_mps, ..Nominal::default() }; DURATION_S as usize];
    if uniform(rng) < 1.0 / 3.0 {
        let from = between(rng, 20.0, 110.0) as usize;
        let lasts = between(rng, 5.0, 30.0) as usize;
        if uniform(rng) < 0.6 {
            let rate = between(rng, -2.5, 2.5).to_radians();
            nominal[from..from + lasts].iter_mut().for_each(|n| n.turn_rps = rate);
        } else {
            let rate = mps_from_fpm(between(rng, -600.0, 600.0));
            nominal[from..].iter_mut().for_each(|n| n.climb_mps = rate);
        }
    }
    craft.nominal = nominal;
    craft
}

/// Where a craft will be if it flies its own plan until then.
fn flown(craft: &Craft, seconds: f64) -> Craft {
    let mut craft = craft.clone();
    let mut now_s = 0.0;
    while now_s < seconds {
        craft.step(now_s);
        now_s += 1.0;
    }
    craft
}

/// Moves aircraft so that at the moment given it is at a place.
fn meet(craft: &mut Craft, at_s: f64, place: [f64; 3]) {
    let then = flown(craft, at_s);
    #[allow(clippy::needless_range_loop)] // three arrays go in step
    for axis in 0..3 {
        craft.position_m[axis] += place[axis] - then.position_m[axis];
    }
}

/// A pair. Half of all would have an NMAC or nearly so, the others pass within a mile.
fn pair(rng: &mut ChaCha8Rng, samples: &[[Sampled; 2]], from_samples: bool) -> Vec<Craft> {
    let mut both: Vec<Craft> = if from_samples {
        // Any two of the sampled aircraft, each turned as a whole, from a random second on.
        let one = |rng: &mut ChaCha8Rng| {
            let pick = (uniform(rng) * 2.0 * samples.len() as f64) as usize;
            let sample = &samples[pick / 2][pick % 2];
            let mut craft = of_sample(sample, (uniform(rng) * 40.0) as usize);
            craft.track_rad = between(rng, 0.0, TAU);
            craft
        };
        vec![one(rng), one(rng)]
    } else {
        vec![random(rng), random(rng)]
    };
    let at_s = between(rng, 90.0, 130.0);
    let then = flown(&both[0], at_s).position_m;
    let (miss_m, apart_m) = if uniform(rng) < 0.6 {
        (m_from_ft(between(rng, 0.0, 480.0)), m_from_ft(between(rng, -95.0, 95.0)))
    } else {
        (m_from_ft(between(rng, 0.0, 6000.0)), m_from_ft(between(rng, -800.0, 800.0)))
    };
    let azimuth = between(rng, 0.0, TAU);
    let place =
        [then[0] + miss_m * azimuth.sin(), then[1] + miss_m * azimuth.cos(), then[2] + apart_m];
    meet(&mut both[1], at_s, place);
    // Encounters begin while the two are well clear; others are drawn anew.
    both
}

#[derive(Default)]
struct Tally {
    encounters: usize,
    nmac: [usize; 4],
    lost: [usize; 4],
    induced_nmac: [usize; 4],
    induced_lost: [usize; 4],
    told: [usize; 4],
    /// NMACs between two neither of whom follows: nothing can be done about them.
    neither: [usize; 4],
}

impl Tally {
    fn add(&mut self, mode: usize, outcome: &Outcome, without: &Outcome) {
        self.nmac[mode] += outcome.nmac.len();
        self.lost[mode] += outcome.lost.len();
        let new = |with: &[(usize, usize)], without: &[(usize, usize)]| {
            with.iter().filter(|p| !without.contains(p)).count()
        };
        self.induced_nmac[mode] += new(&outcome.nmac, &without.nmac);
        self.induced_lost[mode] += new(&outcome.lost, &without.lost);
        self.told[mode] += outcome.told;
    }

    fn print(&self, title: &str, modes: &[&str]) {
        println!("\n{title}: {} encounters", self.encounters);
        println!(
            "{:<22}{:>7}{:>9}{:>9}{:>7}{:>9}{:>9}{:>13}",
            "following", "NMAC", "ratio", "induced", "LoWC", "ratio", "induced", "instructions"
        );
        for (mode, name) in modes.iter().enumerate() {
            let ratio = |of: &[usize; 4]| of[mode] as f64 / of[0].max(1) as f64;
            println!(
                "{name:<22}{:>7}{:>9.4}{:>9}{:>7}{:>9.4}{:>9}{:>13.2}",
                self.nmac[mode],
                ratio(&self.nmac),
                self.induced_nmac[mode],
                self.lost[mode],
                ratio(&self.lost),
                self.induced_lost[mode],
                self.told[mode] as f64 / self.encounters.max(1) as f64,
            );
        }
    }
}

/// Splits numbers over the processors; what is counted does not depend on how many.
fn spread<T: Send>(count: usize, of: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let of = &of;
    let mut all: Vec<(usize, T)> = std::thread::scope(|scope| {
        let parts = (0..threads).map(|k| {
            scope.spawn(move || (k..count).step_by(threads).map(|n| (n, of(n))).collect::<Vec<_>>())
        });
        let parts: Vec<_> = parts.collect();
        parts.into_iter().flat_map(|part| part.join().expect("a thread that ends")).collect()
    });
    all.sort_by_key(|(n, _)| *n);
    all.into_iter().map(|(_, t)| t).collect()
}

/// Pairs: none, one or both of which follow.
pub fn run(count: usize) {
    let samples = sampled();
    let outcomes = spread(count, |n| {
        let from_samples = n % 2 == 0 && !samples.is_empty();
        let mut rng = ChaCha8Rng::seed_from_u64(n as u64);
        let aircraft = pair(&mut rng, &samples, from_samples);
        let noise = ChaCha8Rng::seed_from_u64(1_000_000 + n as u64);
        // Which of the two follows alternates.
        let modes = [[false, false], [n % 4 < 2, n % 4 >= 2], [true, true]];
        let fly = |follows: [bool; 2]| fly(aircraft.clone(), &follows, DURATION_S, noise.clone());
        (from_samples, modes.map(fly))
    });
    let mut tallies = [Tally::default(), Tally::default(), Tally::default()];
    for (n, (from_samples, outcomes)) in outcomes.iter().enumerate() {
        for tally in [usize::from(!from_samples), 2] {
            tallies[tally].encounters += 1;
            for (mode, outcome) in outcomes.iter().enumerate() {
                tallies[tally].add(mode, outcome, &outcomes[0]);
            }
        }
        for (mode, outcome) in outcomes.iter().enumerate().skip(1) {
            if std::env::var_os("EFFECT_SHOW").is_some() && !outcome.nmac.is_empty() {
                println!("NMAC in encounter {n}, {mode} following");
            }
        }
    }
    let modes = ["none", "one", "both"];
    tallies[0].print("pairs drawn from sampled encounters", &modes);
    tallies[1].print("pairs of random geometry", &modes);
    tallies[2].print("all pairs", &modes);
}

/// Clusters of three to ten that meet at one place at about one time.
pub fn run_clusters(count: usize) {
    let outcomes = spread(count, |n| {
        let mut rng = ChaCha8Rng::seed_from_u64(2_000_000 + n as u64);
        let size = 3 + n % 8;
        let mut aircraft: Vec<Craft> = (0..size).map(|_| random(&mut rng)).collect();
        for craft in &mut aircraft {
            let at_s = between(&mut rng, 90.0, 130.0);
            let mut spread = |ft: f64| m_from_ft(ft) * normal(&mut rng);
            let place = [spread(1500.0), spread(1500.0), 1500.0 + spread(300.0)];
            meet(craft, at_s, place);
        }
        let noise = ChaCha8Rng::seed_from_u64(3_000_000 + n as u64);
        let fly = |every: usize| {
            let follows: Vec<bool> = (0..size).map(|i| every > 0 && i % every == 0).collect();
            fly(aircraft.clone(), &follows, DURATION_S, noise.clone())
        };
        (size, [0, 2, 1].map(fly))
    });
    let mut tallies: [Tally; 2] = Default::default();
    for (size, outcomes) in &outcomes {
        let tally = &mut tallies[usize::from(*size > 5)];
        tally.encounters += 1;
        for (mode, outcome) in outcomes.iter().enumerate() {
            tally.add(mode, outcome, &outcomes[0]);
            let odd = |(a, b): &&(usize, usize)| mode == 1 && a % 2 == 1 && b % 2 == 1;
            tally.neither[mode] += outcome.nmac.iter().filter(odd).count();
        }
    }
    let modes = ["none", "every other", "all"];
    tallies[0].print("clusters of 3 to 5 (pairs counted)", &modes);
    tallies[1].print("clusters of 6 to 10 (pairs counted)", &modes);
    for tally in &tallies {
        println!(
            "of the NMACs with every other: {} between two who do not follow",
            tally.neither[1]
        );
    }
}

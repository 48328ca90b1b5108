//! Many aircraft en route: 5 NM and 1000 ft, all at once.

use crate::flight::{Craft, Nominal, north_at};
use crate::mvp::Mvp;
use crate::surveillance::{Picture, between, uniform};
use deconflict_core::rules::Minima;
use deconflict_core::units::{ft_from_m, m_from_ft, m_from_nm, mps_from_fpm, mps_from_kt};
use deconflict_core::{
    Address, AircraftClass, Altitude, Covariance, GeoPoint, RuleSet, State, Subject, Velocity,
};
use deconflict_detect::cylinder::{RelativeMotion, Span};
use deconflict_resolve::{Instruction, Owed, Participant, Situation, clusters, meetings, propose};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

const DURATION_S: f64 = 600.0;
/// How often the picture is looked at, seconds.
const EVERY_S: f64 = 2.0;
const LOOK_AHEAD_S: f64 = 300.0;
const DELAY_S: f64 = 5.0;
/// Losses that begin sooner count apart: tracks have to settle, and pilots to react.
const COLD_START_S: f64 = 30.0;
const BAND_FT: [f64; 2] = [10_000.0, 40_000.0];

/// The traffic of the peer's comparison, if it is there; else random traffic of its kind:
/// a box of 300 NM by 200 NM, FL100 to FL400, 260 to 500 kt, four of ten climb or descend.
fn traffic(count: usize) -> (Vec<Craft>, &'static str) {
    let oracles =
        std::env::var_os("DECONFLICT_ORACLES").map_or("../shared/oracles".into(), PathBuf::from);
    let file = oracles.join("bluesky/traffic_1000.csv");
    if let Some(aircraft) = std::fs::read_to_string(&file).ok().and_then(|text| parse(&text)) {
        return (aircraft.into_iter().take(count).collect(), "the peer's traffic");
    }
    eprintln!("skipped: no {}; random traffic of the same kind instead", file.display());
    let mut rng = ChaCha8Rng::seed_from_u64(87);
    let aircraft = (0..count).map(|_| {
        let place = [
            m_from_nm(between(&mut rng, -95.0, 95.0)),
            m_from_nm(between(&mut rng, -150.0, 150.0)),
        ];
        let levels = ((BAND_FT[1] - BAND_FT[0]) / 1000.0) as u32;
        let mut level_ft =
            BAND_FT[0] + 1000.0 * (uniform(&mut rng) * f64::from(levels + 1)).floor();
        let mut climb_fpm = 0.0;
        if uniform(&mut rng) < 0.42 {
            level_ft = between(&mut rng, BAND_FT[0], BAND_FT[1]);
            climb_fpm = between(&mut rng, -2500.0, 2500.0);
        }
        let speed_kt = between(&mut rng, 260.0, 500.0);
        let track = between(&mut rng, 0.0, std::f64::consts::TAU);
        en_route(
            [place[0], place[1], m_from_ft(level_ft)],
            track,
            mps_from_kt(speed_kt),
            mps_from_fpm(climb_fpm),
        )
    });
    (aircraft.collect(), "random traffic")
}

fn parse(text: &str) -> Option<Vec<Craft>> {
    let frame = GeoPoint::from_deg(50.5, 5.5)?.frame();
    let mut all = Vec::new();
    for line in text.lines().skip(1) {
        let numbers: Vec<f64> =
            line.split(',').skip(1).filter_map(|f| f.trim().parse().ok()).collect();
        let [lat, lon, alt_ft, gs_kt, trk_deg, vs_fpm] = numbers[..] else { return None };
        let [x, y] = frame.to_local(GeoPoint::from_deg(lat, lon)?);
        let place = [x, y, m_from_ft(alt_ft)];
        all.push(en_route(place, trk_deg.to_radians(), mps_from_kt(gs_kt), mps_from_fpm(vs_fpm)));
    }
    Some(all)
}

/// Climbs and descents end at the edge of the band.
fn en_route(place: [f64; 3], track: f64, speed_mps: f64, climb_mps: f64) -> Craft {
    let mut craft = Craft::new(AircraftClass::Transport, place, track, speed_mps, climb_mps);
    let edge_m = m_from_ft(if climb_mps > 0.0 { BAND_FT[1] } else { BAND_FT[0] });
    let lasts_s =
        if climb_mps.abs() > 0.1 { ((edge_m - place[2]) / climb_mps).max(0.0) } else { 0.0 };
    let climbing = Nominal { climb_mps, ..Nominal::default() };
    craft.nominal = vec![climbing; (lasts_s as usize).min(5000)];
    craft.nominal.push(Nominal::default());
    // What this traffic climbs and descends with of its own accord.
    (craft.performance.climb_mps, craft.performance.descent_mps) =
        (mps_from_fpm(2500.0), mps_from_fpm(2500.0));
    craft
}

/// What an aircraft goes back to once it is clear.
fn home(craft: &Craft) -> Instruction {
    let level_m = match craft.climb_mps {
        c if c.abs() < 0.1 => craft.position_m[2],
        c => m_from_ft(if c > 0.0 { BAND_FT[1] } else { BAND_FT[0] }),
    };
    Instruction {
        track_rad: Some(craft.track_rad),
        altitude_m: Some(level_m),
        ground_speed_mps: Some(craft.speed_mps),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Nothing,
    Mvp,
    Proposals,
    Surveyed,
}

#[derive(Default)]
struct Result {
    new: BTreeSet<(usize, usize)>,
    /// What was last said to those in a cluster, for whom it did not help.
    said: BTreeMap<usize, Vec<String>>,
    /// How many of the new losses begin before anything could be done.
    early: usize,
    when: BTreeMap<(usize, usize), String>,
    told: usize,
    flights: BTreeSet<usize>,
}

/// Losses that begin in the coming second.
fn watch(aircraft: &[Craft], lost: &mut BTreeSet<(usize, usize)>) {
    // Ten feet: no level is captured more exactly.
    let (horizontal_m, vertical_m) = (m_from_nm(5.0), m_from_ft(1000.0) - 3.0);
    for (a, one) in aircraft.iter().enumerate() {
        for (b, other) in aircraft.iter().enumerate().skip(a + 1) {
            let d = [0, 1, 2].map(|k| other.position_m[k] - one.position_m[k]);
            if d[0].abs() > 12_000.0 || d[1].abs() > 12_000.0 || d[2].abs() > 700.0 {
                continue;
            }
            let (va, vb) = (one.velocity(), other.velocity());
            let motion =
                RelativeMotion { position_m: d, velocity_mps: [0, 1, 2].map(|k| vb[k] - va[k]) };
            if motion.infringement(horizontal_m, vertical_m, Span::new(0.0, 1.0)).is_some() {
                lost.insert((a, b));
            }
        }
    }
}

fn fly(start: &[Craft], way: Way) -> Result {
    let mut aircraft = start.to_vec();
    let homes: Vec<Instruction> = start.iter().map(home).collect();
    let mut result = Result::default();
    let mut at_start = BTreeSet::new();
    watch(&aircraft, &mut at_start);
    let mut lost = BTreeSet::new();
    let mut picture = Picture::new(ChaCha8Rng::seed_from_u64(5), aircraft.len());
    let mut told: BTreeMap<usize, (f64, Instruction)> = BTreeMap::new();
    let mut mvp = Mvp::default();
    let mut now_s = 0.0;
    while now_s < DURATION_S {
        watch(&aircraft, &mut lost);
        if now_s == COLD_START_S {
            result.early = lost.difference(&at_start).count();
        }
        for pair in &lost {
            result.when.entry(*pair).or_insert_with(|| {
                let how = |i: usize| {
                    let craft = &aircraft[i];
                    let told = craft.flown.altitude_m.map(ft_from_m);
                    format!(
                        "{:.0} ft, {:.1} m/s, told {told:?}",
                        ft_from_m(craft.position_m[2]),
                        craft.climb_mps
                    )
                };
                format!("{now_s:.0} s: {} and {}", how(pair.0), how(pair.1))
            });
        }
        if way == Way::Surveyed {
            picture.step(now_s, &aircraft);
        }
        match way {
            Way::Nothing => {}
            Way::Mvp => mvp.step(&mut aircraft, &homes),
            Way::Proposals | Way::Surveyed => {
                if now_s % EVERY_S == 0.0 && (way == Way::Proposals || now_s >= 5.0) {
                    let exact = way == Way::Proposals;
                    advise(&picture, exact, now_s, &mut aircraft, &homes, &mut told, &mut result);
                }
            }
        }
        for craft in &mut aircraft {
            craft.step(now_s);
        }
        now_s += 1.0;
    }
    result.new = lost.difference(&at_start).copied().collect();
    result
}

fn participants(
    picture: &Picture,
    exact: bool,
    now_s: f64,
    aircraft: &[Craft],
) -> Vec<(usize, Participant)> {
    let now = picture.time(now_s);
    if !exact {
        let of_track = picture.tracker.tracks().filter_map(|track| {
            let segment = track.segment(now, LOOK_AHEAD_S)?;
            let index = Picture::aircraft_of(track.address());
            let subject = Subject { id: index as u64, ..*track.subject() };
            Some((
                index,
                Participant { growth: segment.growth, ..Participant::new(subject, segment.state) },
            ))
        });
        return of_track.collect();
    }
    let frame = crate::flight::here();
    let exactly = aircraft.iter().enumerate().map(|(index, craft)| {
        let position = frame.from_local([craft.position_m[0], craft.position_m[1]]);
        let v = craft.velocity();
        let [east_mps, north_mps, _] = position.frame().components(frame.horizontal(v[0], v[1]));
        let state = State {
            time: now,
            position,
            altitude: Altitude::pressure_m(craft.position_m[2]),
            velocity: Velocity { east_mps, north_mps, up_mps: v[2] },
            covariance: Covariance::default(),
        };
        let address = Some(Address::icao(index as u32 + 1));
        let subject = Subject { address, ..Subject::anonymous(index as u64) };
        (index, Participant::new(subject, state))
    });
    exactly.collect()
}

/// The same instruction with its track counted from another north.
fn turned(told: Instruction, by_rad: f64) -> Instruction {
    let track_rad = told.track_rad.map(|track| (track + by_rad).rem_euclid(std::f64::consts::TAU));
    Instruction { track_rad, ..told }
}

fn advise(
    picture: &Picture,
    exact: bool,
    now_s: f64,
    aircraft: &mut [Craft],
    homes: &[Instruction],
    told: &mut BTreeMap<usize, (f64, Instruction)>,
    result: &mut Result,
) {
    let delay_s = if exact { 0.0 } else { DELAY_S };
    let tolerance_m = if exact { 2.0 } else { m_from_ft(100.0) };
    let minima = Minima {
        vertical_tolerance_m: tolerance_m,
        ..Minima::new(m_from_nm(5.0), m_from_ft(1000.0))
    };
    let rules = Arc::new(RuleSet::uniform("en route", minima, LOOK_AHEAD_S));
    let mut situation = Situation::new(picture.time(now_s), Owed::Rules(rules.clone()));
    situation.response_s = delay_s;
    let mut free = situation.clone();
    let mut who = Vec::new();
    for (index, participant) in participants(picture, exact, now_s, aircraft) {
        let performance = aircraft[index].performance;
        let following = told.get(&index).map(|(_, told)| *told);
        let north_rad = north_at(aircraft[index].position_m);
        let following = following.map(|told| turned(told, -north_rad));
        let it = Participant { performance, following, ..participant };
        // Those who have held out long enough try their own way again.
        let home = turned(homes[index], -north_rad);
        let due = told
            .get(&index)
            .is_some_and(|(since_s, told)| now_s - since_s >= 30.0 && *told != homes[index]);
        let released = Participant { following: if due { Some(home) } else { following }, ..it };
        if situation.push(it).is_ok() && free.push(released).is_ok() {
            who.push((index, due));
        }
    }
    let bound = meetings(&free);
    for (place, (index, due)) in who.iter().enumerate() {
        let place = place as u32;
        if *due && !bound.iter().any(|m| m.a == place || m.b == place) {
            told.insert(*index, (now_s, homes[*index]));
            let north_rad = north_at(aircraft[*index].position_m);
            situation.tell(place, turned(homes[*index], -north_rad));
            aircraft[*index].heard.push((now_s + delay_s, Some(homes[*index])));
        }
    }
    for cluster in clusters(&meetings(&situation)) {
        situation.cluster = cluster;
        let proposal = propose(&situation);
        for part in &proposal.parts {
            let sentence = format!("{now_s:.0} s: {}", proposal.reason);
            result.said.entry(who[part.aircraft as usize].0).or_default().push(sentence);
        }
        for part in &proposal.parts {
            let Some(instruction) = part.instruction else { continue };
            situation.tell(part.aircraft, instruction);
            let index = who[part.aircraft as usize].0;
            let instruction = turned(instruction, north_at(aircraft[index].position_m));
            let before = told.get(&index).map(|(_, told)| *told).unwrap_or_default();
            told.insert(index, (now_s, instruction.after(before)));
            aircraft[index].heard.push((now_s + delay_s, Some(instruction)));
            result.told += 1;
            result.flights.insert(index);
        }
    }
}

/// Both numbers of aircraft, each without and with both ways of resolving.
pub fn run(_: usize) {
    println!(
        "\nen route, 5 NM / 1000 ft, {:.0} minutes, FL{:.0} to FL{:.0}",
        DURATION_S / 60.0,
        BAND_FT[0] / 100.0,
        BAND_FT[1] / 100.0
    );
    for count in [500, 1000] {
        let (start, name) = traffic(count);
        let highest = start.iter().map(|c| c.position_m[2]).fold(0.0, f64::max);
        println!("{count} aircraft, {name} (highest FL{:.0})", ft_from_m(highest) / 100.0);
        let ways = [
            ("nothing", Way::Nothing),
            ("MVP, exact, at once", Way::Mvp),
            ("proposals, exact, at once", Way::Proposals),
            ("proposals, ADS-B, 5 s", Way::Surveyed),
        ];
        let mut without = BTreeSet::new();
        for (name, way) in ways {
            let clock = std::time::Instant::now();
            let result = fly(&start, way);
            if way == Way::Nothing {
                without = result.new.clone();
            }
            if std::env::var_os("EFFECT_SHOW").is_some() && way != Way::Nothing {
                for (a, b) in &result.new {
                    println!("    {a} {b} lost at {:?} s", result.when.get(&(*a, *b)));
                    for who in [a, b] {
                        for said in result.said.get(who).into_iter().flatten().rev().take(2) {
                            println!("      {who}: {said}");
                        }
                    }
                }
            }
            let induced = result.new.difference(&without).count();
            println!(
                "  {name:<28}{:>5} new losses, {:>3} of them in the first 30 s, {induced:>3} induced; {:>5} instructions to {:>4} aircraft; {:.0} s",
                result.new.len(),
                result.early,
                result.told,
                result.flights.len(),
                clock.elapsed().as_secs_f64()
            );
        }
    }
}

//! What keeps two aircraft apart: a proposal for both, and the bands of each.
//!
//! The proposal comes from `deconflict-resolve`, bands from `deconflict-daa`, both over the same
//! tracks as the alert and over the separation that the rules owe.

use crate::number::rounded;
use crate::policy::{Policy, Sight, Viewer};
use deconflict_core::geo::LocalFrame;
use deconflict_core::units::{fpm_from_mps, ft_from_m, kt_from_mps, m_from_nm};
use deconflict_core::{Segment, Subject, Time};
use deconflict_daa::bands::{Bands, BandsSolver};
use deconflict_daa::config::{AlertLevel, Alerter, Config, Dimension};
use deconflict_daa::detector::{Cylinder, Volume};
use deconflict_daa::pair::Motion;
use deconflict_daa::region::Region;
use deconflict_daa::situation::{Intruder, Situation as Scene};
use deconflict_engine::Engine;
use deconflict_engine::alert::Alert;
use deconflict_resolve::{Because, Limits, Owed, Participant, Performance, Situation, propose};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Traffic further away than this has no part in it, metres …
const NEAR_M: f64 = m_from_nm(60.0);
/// … nor is more of it looked at, nearest first.
const MOST_TRAFFIC: usize = 24;

/// What keeps the two aircraft of an alert apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Advice {
    /// The whole in a sentence.
    pub reason: String,
    /// Whether separation is kept if all follow; if not, this is the least bad that was found.
    pub solved: bool,
    /// What each aircraft is to do.
    pub parts: Vec<AdvicePart>,
    /// Where each of the two can go.
    pub bands: Vec<AircraftBands>,
    /// Whose aircraft were looked at: who may not see one of them gets no advice. Not told.
    #[serde(skip)]
    pub(crate) operators: Option<Vec<Option<String>>>,
}

/// What one aircraft is to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AdvicePart {
    /// Number of its track.
    pub track: u64,
    /// What a person calls it.
    pub name: String,
    /// In words.
    pub text: String,
    /// Whether separation is kept even if it alone follows.
    pub enough_alone: bool,
    /// Turn to this track, degrees from true north.
    pub track_deg: Option<f64>,
    /// Climb or descend to this pressure altitude, feet.
    pub alt_ft: Option<f64>,
    /// Fly this ground speed, knots.
    pub gs_kt: Option<f64>,
}

/// Where an aircraft can go: ranges of values and what flying them leads into.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AircraftBands {
    /// Number of its track.
    pub track: u64,
    /// Of the track angle, degrees.
    pub track_deg: Vec<BandView>,
    /// Of the ground speed, knots.
    pub gs_kt: Vec<BandView>,
    /// Of the vertical rate, feet per minute.
    pub vs_fpm: Vec<BandView>,
    /// Of the altitude, feet.
    pub alt_ft: Vec<BandView>,
}

/// A range of values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BandView {
    /// From.
    pub from: f64,
    /// To.
    pub to: f64,
    /// `none` (free), `far`, `mid`, `near` (loses separation, soon), `recovery` (regains it soonest).
    pub region: String,
}

/// One aircraft around.
struct Around {
    subject: Subject,
    segment: Segment,
    distance_m: f64,
    landing: bool,
}

/// What keeps the aircraft of an alert apart; `None` if one of the two is not known well enough.
pub(crate) fn advise(engine: &Engine, alert: &Alert, now: Time) -> Option<Advice> {
    let around = around(engine, alert, now)?;
    let mut situation = Situation::new(now, Owed::Rules(engine.rules().clone()));
    for it in &around {
        let performance = Performance::typical(it.subject.class);
        let limits = if it.landing { Limits::fixed(Because::Landing) } else { Limits::FREE };
        let participant = Participant {
            growth: it.segment.growth,
            performance,
            limits,
            ..Participant::new(it.subject, it.segment.state)
        };
        // A track that makes no sense has no part in it.
        let _ = situation.push(participant);
    }
    let cluster = situation.aircraft().iter().zip(0u32..);
    let of_alert = |subject: &Subject| subject.id == alert.a.id || subject.id == alert.b.id;
    situation.cluster =
        cluster.filter(|(it, _)| of_alert(&it.subject)).map(|(_, index)| index).collect();
    let proposal = propose(&situation);
    let parts = proposal.parts.iter().map(|part| {
        let told = part.instruction.unwrap_or_default();
        AdvicePart {
            track: part.id,
            name: part.name.clone(),
            text: part.reason.clone(),
            enough_alone: part.enough_alone,
            track_deg: told.track_rad.map(|rad| rounded(rad.to_degrees(), 0)),
            alt_ft: told.altitude_m.map(|m| rounded(ft_from_m(m), -2)),
            gs_kt: told.ground_speed_mps.map(|mps| rounded(kt_from_mps(mps), 0)),
        }
    });
    let owed =
        Cylinder { distance_m: alert.minima.horizontal_m, height_m: alert.minima.vertical_m };
    let bands = around.iter().filter(|it| of_alert(&it.subject));
    let bands = bands.map(|own| bands_of(own, &around, owed)).collect();
    let operators = around.iter().map(|it| it.subject.operator.map(|o| o.to_string()));
    Some(Advice {
        reason: proposal.reason.clone(),
        solved: proposal.solved,
        parts: parts.collect(),
        bands,
        operators: Some(operators.collect()),
    })
}

/// The two aircraft of the alert, and the traffic about them that flies.
fn around(engine: &Engine, alert: &Alert, now: Time) -> Option<Vec<Around>> {
    let lookahead_s = engine.rules().lookahead_s();
    let of = |id: u64| {
        let track = engine.tracker().track(id)?;
        Some(track.segment(now, lookahead_s)?.state.position)
    };
    let (a, b) = (of(alert.a.id)?, of(alert.b.id)?);
    let (frame_a, frame_b) = (LocalFrame::at(a), LocalFrame::at(b));
    let mut around = Vec::new();
    for track in engine.tracker().tracks().filter(|t| !t.on_ground() && t.hits() >= 2) {
        let Some(segment) = track.segment(now, lookahead_s) else { continue };
        let here = segment.state.position;
        let is_of_alert = track.id() == alert.a.id || track.id() == alert.b.id;
        let off = |frame: &LocalFrame| {
            let [east, north] = frame.to_local(here);
            east.hypot(north)
        };
        let distance_m = if is_of_alert { -1.0 } else { off(&frame_a).min(off(&frame_b)) };
        if distance_m <= NEAR_M {
            let landing = false;
            around.push(Around { subject: *track.subject(), segment, distance_m, landing });
        }
    }
    around.sort_by(|x, y| {
        x.distance_m.total_cmp(&y.distance_m).then(x.subject.id.cmp(&y.subject.id))
    });
    around.truncate(MOST_TRAFFIC);
    Some(around)
}

/// The bands of one aircraft against all others, for the separation of the alert.
fn bands_of(own: &Around, around: &[Around], owed: Cylinder) -> AircraftBands {
    let performance = Performance::typical(own.subject.class);
    let mut config = Config {
        turn_rate_radps: performance.turn_rate_rps,
        horizontal_accel_mps2: performance.accel_mps2,
        vertical_accel_mps2: performance.vertical_accel_mps2,
        vertical_rate_mps: performance.climb_mps,
        ca_bands: true,
        ..Config::default()
    };
    let level = |region, alerting_time_s| AlertLevel {
        region,
        alerting_time_s,
        early_alerting_time_s: alerting_time_s,
        spread: [0.0; 4],
        detector: Volume::Cylinder(owed),
    };
    config.alerters = vec![Alerter {
        name: "separation owed".to_owned(),
        levels: vec![
            level(Region::Far, 180.0),
            level(Region::Mid, 120.0),
            level(Region::Near, 45.0),
        ],
    }];
    let frame = LocalFrame::at(own.segment.state.position);
    let motion = |it: &Around| {
        let state = &it.segment.state;
        let [east, north] = frame.to_local(state.position);
        let v = &state.velocity;
        Motion {
            position_m: [east, north, state.altitude.m],
            velocity_mps: [v.east_mps, v.north_mps, v.up_mps],
        }
    };
    let others = around.iter().filter(|it| it.subject.id != own.subject.id);
    let scene = Scene {
        own: motion(own),
        alerter: 1,
        traffic: others
            .map(|it| Intruder {
                name: it.subject.name(),
                motion: motion(it),
                alerter: 1,
                ..Intruder::default()
            })
            .collect(),
        ..Scene::default()
    };
    let mut solver = BandsSolver::new(&config);
    let mut of = |dimension, unit: fn(f64) -> f64, decimals| {
        views(&solver.bands(dimension, &scene), unit, decimals)
    };
    AircraftBands {
        track: own.subject.id,
        track_deg: of(Dimension::Direction, f64::to_degrees, 1),
        gs_kt: of(Dimension::Speed, kt_from_mps, 0),
        vs_fpm: of(Dimension::VerticalSpeed, fpm_from_mps, -1),
        alt_ft: of(Dimension::Altitude, ft_from_m, -1),
    }
}

fn views(bands: &Bands, unit: fn(f64) -> f64, decimals: i32) -> Vec<BandView> {
    let view = |band: &deconflict_daa::bands::Band| BandView {
        from: rounded(unit(band.low), decimals),
        to: rounded(unit(band.high), decimals),
        region: band.region.to_string().to_lowercase(),
    };
    bands.bands.iter().map(view).collect()
}

impl Advice {
    /// The advice as a viewer may see it. A party gets what concerns its own aircraft, and only
    /// if it may see, in full, every aircraft that was looked at: a band says that somebody is there.
    pub(crate) fn seen_by(&self, viewer: &Viewer, policy: &Policy, own: &[u64]) -> Option<Advice> {
        if *viewer == Viewer::Everything {
            return Some(self.clone());
        }
        let operators = self.operators.as_ref()?;
        let all = operators.iter();
        if all.map(|o| viewer.sight(policy, o.as_deref())).any(|sight| sight != Sight::Full) {
            return None;
        }
        let mut seen = self.clone();
        seen.parts.retain(|part| own.contains(&part.track));
        seen.bands.retain(|bands| own.contains(&bands.track));
        Some(seen)
    }
}

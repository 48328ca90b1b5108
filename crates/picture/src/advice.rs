//! What keeps the aircraft of an alert apart: a proposal for both, and the bands of each.
//!
//! The proposal comes from `deconflict-resolve`, bands from `deconflict-daa`, both over the same
//! tracks as the alert and over the separation that the rules owe.

use crate::number::rounded;
use crate::policy::{Policy, Sight, Viewer};
use crate::questions::{Around, Asked};
use deconflict_core::geo::LocalFrame;
use deconflict_core::units::{fpm_from_mps, ft_from_m, kt_from_mps};
use deconflict_daa::bands::{Bands, BandsSolver};
use deconflict_daa::config::{AlertLevel, Alerter, Config, Dimension};
use deconflict_daa::detector::{Cylinder, Volume};
use deconflict_daa::pair::Motion;
use deconflict_daa::region::Region;
use deconflict_daa::situation::{Intruder, Situation as Scene};
use deconflict_resolve::{Performance, Proposal, Situation};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What keeps the two aircraft of an alert apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Advice {
    /// The whole in a sentence.
    pub reason: String,
    /// Whether separation is kept if all follow; if not, this is the least bad that was found.
    pub solved: bool,
    /// How many aircraft it was worked out for together: the two of the alert, and those whose
    /// conflicts interlock with theirs.
    #[serde(default = "two")]
    pub aircraft: usize,
    /// What each aircraft is to do: the two of the alert, and those of the others who meet them.
    pub parts: Vec<AdvicePart>,
    /// Where each of the two can go.
    pub bands: Vec<AircraftBands>,
    /// Whose aircraft were looked at: who may not see one of them gets no advice. Not told.
    #[serde(skip)]
    pub(crate) operators: Option<Vec<Option<String>>>,
}

const fn two() -> usize {
    2
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
    /// What stands against asking more of it, in words: `lost link`, `landing`.
    #[serde(default)]
    pub because: Option<String>,
    /// Turn to this track, degrees from true north.
    pub track_deg: Option<f64>,
    /// Climb or descend to this pressure altitude, feet.
    pub alt_ft: Option<f64>,
    /// Fly this ground speed, knots.
    pub gs_kt: Option<f64>,
    /// Whose it is. Not told.
    #[serde(skip)]
    pub(crate) operator: Option<String>,
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
    /// Whose it is. Not told.
    #[serde(skip)]
    pub(crate) operator: Option<String>,
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

/// What each alert of a cluster is told of what is proposed to all of it; nothing of an alert
/// of which one of the two is not known well enough.
pub(crate) fn advices(
    alerts: &[Asked],
    around: &[Around],
    situation: &Situation,
    proposal: &Proposal,
) -> Vec<(u64, Option<Advice>)> {
    let operator = |id: u64| {
        let it = around.iter().find(|it| it.subject.id == id)?;
        it.subject.operator.map(|o| o.to_string())
    };
    let operators: Vec<_> =
        around.iter().map(|it| it.subject.operator.map(|o| o.to_string())).collect();
    let mut known: Vec<(u64, Cylinder, AircraftBands)> = Vec::new();
    let mut bands_once = |own: &Around, owed: Cylinder| {
        let id = own.subject.id;
        if let Some((.., bands)) = known.iter().find(|(of, o, _)| *of == id && *o == owed) {
            return bands.clone();
        }
        let bands = bands_of(own, around, owed);
        known.push((id, owed, bands.clone()));
        bands
    };
    let mut all = Vec::with_capacity(alerts.len());
    for alert in alerts {
        let index = |id: u64| proposal.parts.iter().find(|p| p.id == id).map(|p| p.aircraft);
        let [Some(a), Some(b)] = alert.pair.map(index) else {
            all.push((alert.number, None));
            continue;
        };
        // Of the others in the cluster those concern the two that meet one of them.
        let meets = |id: u64| {
            let mut others = alerts.iter().map(|it| it.pair);
            others.any(|pair| pair.contains(&id) && pair.iter().any(|it| alert.pair.contains(it)))
        };
        let concern: Vec<u32> = proposal
            .parts
            .iter()
            .filter(|p| !alert.pair.contains(&p.id) && meets(p.id))
            .map(|p| p.aircraft)
            .collect();
        let is_told = |index: u32| index == a || index == b || concern.contains(&index);
        let parts = proposal.parts.iter().filter(|part| is_told(part.aircraft)).map(|part| {
            let told = part.instruction.unwrap_or_default();
            let limits = &situation.aircraft()[part.aircraft as usize].limits;
            AdvicePart {
                track: part.id,
                name: part.name.clone(),
                text: part.reason.clone(),
                enough_alone: part.enough_alone,
                because: limits.because.map(|because| because.words().to_owned()),
                track_deg: told.track_rad.map(|rad| rounded(rad.to_degrees(), 0)),
                alt_ft: told.altitude_m.map(|m| rounded(ft_from_m(m), -2)),
                gs_kt: told.ground_speed_mps.map(|mps| rounded(kt_from_mps(mps), 0)),
                operator: operator(part.id),
            }
        });
        let (distance_m, height_m) = (alert.minima.horizontal_m, alert.minima.vertical_m);
        let owed = Cylinder { distance_m, height_m };
        let of_alert = around.iter().filter(|it| alert.pair.contains(&it.subject.id));
        let advice = Advice {
            reason: proposal.about([a, b], &concern),
            solved: proposal.solved,
            aircraft: proposal.parts.len(),
            parts: parts.collect(),
            bands: of_alert.map(|own| bands_once(own, owed)).collect(),
            operators: Some(operators.clone()),
        };
        all.push((alert.number, Some(advice)));
    }
    all
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
        operator: own.subject.operator.map(|o| o.to_string()),
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
    pub(crate) fn seen_by(&self, viewer: &Viewer, policy: &Policy) -> Option<Advice> {
        if *viewer == Viewer::Everything {
            return Some(self.clone());
        }
        let operators = self.operators.as_ref()?;
        let all = operators.iter();
        if all.map(|o| viewer.sight(policy, o.as_deref())).any(|sight| sight != Sight::Full) {
            return None;
        }
        let mut seen = self.clone();
        seen.parts.retain(|part| viewer.owns(part.operator.as_deref()));
        seen.bands.retain(|bands| viewer.owns(bands.operator.as_deref()));
        Some(seen)
    }
}

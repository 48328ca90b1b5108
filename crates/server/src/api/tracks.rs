//! `/v1/tracks`, `/v1/conflicts`: the picture when somebody asks for it.

use super::caller::Caller;
use super::{App, Query};
use crate::geojson;
use crate::problem::Problem;
use axum::Json;
use axum::extract::{Path, State};
use deconflict_core::units::{ft_from_m, nm_from_m};
use deconflict_core::{Operator, State as Moment, Trajectory};
use deconflict_picture::{Live, Place, Policy, Seen, Sight, Stamp, Track, TrackView, Viewer, see};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Longest trajectory that is told, seconds.
const AHEAD_S: f64 = 300.0;
/// Time between two of its points, seconds.
const STEP_S: f64 = 10.0;
/// Along a plan it is told for so long, seconds …
const PLANNED_S: f64 = 1200.0;
/// … in steps of this.
const PLANNED_STEP_S: f64 = 15.0;

/// In which form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Records.
    #[default]
    Json,
    /// GeoJSON.
    Geojson,
}

/// Which tracks.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// `west,south,east,north`, degrees; west may be greater than east, across the antimeridian.
    bbox: Option<String>,
    /// In which form: `json` or `geojson`.
    #[serde(default)]
    #[param(inline)]
    format: Form,
}

/// In which form.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct How {
    /// In which form: `json` or `geojson`.
    #[serde(default)]
    #[param(inline)]
    format: Form,
}

fn seen(app: &App, viewer: &Viewer) -> Seen {
    see(&app.hub.picture(), viewer, &app.hub.policy())
}

struct Box {
    west: f64,
    south: f64,
    east: f64,
    north: f64,
}

impl Box {
    fn parse(text: &str) -> Result<Box, Problem> {
        let numbers: Vec<f64> = text.split(',').filter_map(|n| n.trim().parse().ok()).collect();
        match numbers[..] {
            [west, south, east, north]
                if south <= north && west.abs() <= 360.0 && east.abs() <= 360.0 =>
            {
                Ok(Box { west, south, east, north })
            }
            _ => {
                Err(Problem::bad(format!("bbox: {text:?} is not west,south,east,north in degrees")))
            }
        }
    }

    fn holds(&self, lat: f64, lon: f64) -> bool {
        let width = (self.east - self.west).rem_euclid(360.0);
        let width = if width == 0.0 && self.east != self.west { 360.0 } else { width };
        (self.south..=self.north).contains(&lat) && (lon - self.west).rem_euclid(360.0) <= width
    }
}

/// All tracks.
#[utoipa::path(get, path = "/v1/tracks", params(Which), tag = "picture",
    responses((status = 200, description = "The tracks, or GeoJSON points", body = TracksBody)))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Result<Json<Value>, Problem> {
    let within = which.bbox.as_deref().map(Box::parse).transpose()?;
    let mut seen = seen(&app, &caller.viewer());
    seen.tracks.retain(|track| {
        within
            .as_ref()
            .is_none_or(|within| within.holds(track.motion.lat_deg, track.motion.lon_deg))
    });
    Ok(Json(match which.format {
        Form::Json => {
            let tracks = seen.tracks.iter().map(Track::view).collect();
            json!(TracksBody { time: Stamp(seen.time), tracks, incomplete: &seen.incomplete })
        }
        Form::Geojson => geojson::collection(seen.tracks.iter().map(as_feature).collect()),
    }))
}

/// The tracks at one moment.
#[derive(Serialize, ToSchema)]
struct TracksBody<'a> {
    /// The moment.
    #[schema(value_type = String, format = DateTime)]
    time: Stamp,
    tracks: Vec<TrackView<'a>>,
    /// Feeds that are silent: the picture has a hole.
    incomplete: &'a [String],
}

fn as_feature(track: &Track) -> Value {
    let mut properties = match json!(track.view()) {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    properties.remove("lat");
    properties.remove("lon");
    let place = geojson::point(track.motion.lon_deg, track.motion.lat_deg);
    geojson::feature(&track.who.id.to_string(), &place, &properties)
}

/// The track with this number, if the caller may see it.
fn one(app: &App, caller: &Caller, id: u64) -> Result<Track, Problem> {
    let seen = seen(app, &caller.viewer());
    let found = seen.tracks.into_iter().find(|track| track.who.id == id);
    found.ok_or_else(|| Problem::not_found("track", id))
}

/// One track.
#[utoipa::path(get, path = "/v1/tracks/{id}", tag = "picture",
    params(("id" = u64, Path, description = "Number of the track")),
    responses((status = 200, body = TrackView<'static>), (status = 404, body = Problem)))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<u64>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(json!(one(&app, &caller, id)?.view())))
}

/// Where an aircraft was, in the last twenty minutes.
#[utoipa::path(get, path = "/v1/tracks/{id}/trail", tag = "picture",
    params(("id" = u64, Path, description = "Number of the track")),
    responses((status = 200, body = Value), (status = 404, body = Problem)))]
pub async fn trail(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<u64>,
) -> Result<Json<Value>, Problem> {
    // Whoever sees it only while it is in conflict may not see where it came from.
    let track = one(&app, &caller, id)?;
    if !track.who.identity {
        return Ok(Json(json!({ "points": [] })));
    }
    let (time, trail) = app.watch.ask(move |live| (live.picture().time, live.trail(id))).await?;
    let points = trail.iter().map(|p: &Place| {
        let at = Stamp(time.plus_s(p.t_s));
        json!({ "time": at, "lat": p.lat, "lon": p.lon, "alt_ft": p.alt_ft })
    });
    Ok(Json(json!({ "points": points.collect::<Vec<_>>() })))
}

/// The path that a plan has of an aircraft that follows it, for somebody who may know the plan:
/// PLN-7.
fn planned<'a>(
    live: &'a Live,
    track: u64,
    viewer: &Viewer,
    policy: &Policy,
) -> Option<&'a Trajectory> {
    let engine = live.engine();
    let followed = engine.plan_statuses().iter().find(|s| s.track == track && s.followed)?;
    let mut plans = engine.plans().iter();
    let party = plans.find(|plan| plan.id == followed.plan)?.party;
    let may_know = |party: Operator| viewer.sight(policy, Some(party.as_str())) == Sight::Full;
    party.is_none_or(may_know).then(|| engine.planned_path(track)).flatten()
}

/// Where an aircraft is expected: along its plan while it follows that, else straight on.
#[utoipa::path(get, path = "/v1/tracks/{id}/trajectory", tag = "picture",
    params(("id" = u64, Path, description = "Number of the track"), How),
    responses((status = 200, body = Value), (status = 404, body = Problem)))]
pub async fn trajectory(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<u64>,
    Query(how): Query<How>,
) -> Result<Json<Value>, Problem> {
    one(&app, &caller, id)?;
    let (viewer, policy) = (caller.viewer(), app.hub.policy());
    let points = app.watch.ask(move |live| {
        let now = live.picture().time;
        let sigma_m = |state: &Moment| {
            let h = &state.covariance.horizontal;
            (0.5 * (h[0][0] + h[1][1])).max(0.0).sqrt()
        };
        if let Some(path) = planned(live, id, &viewer, &policy) {
            let length_s = path.end().seconds_since(now).clamp(0.0, PLANNED_S);
            let steps = (length_s / PLANNED_STEP_S) as u32;
            let points = (0..=steps).filter_map(|step| {
                let t_s = f64::from(step) * PLANNED_STEP_S;
                let state = path.at(now.plus_s(t_s))?;
                Some((t_s, state, sigma_m(&state)))
            });
            return Some((true, points.collect::<Vec<_>>()));
        }
        let segment = live.engine().tracker().track(id)?.segment(now, AHEAD_S)?;
        let steps = (AHEAD_S / STEP_S) as u32;
        let points = (0..=steps).map(|step| {
            let t_s = f64::from(step) * STEP_S;
            let state = segment.state.at(now.plus_s(t_s), segment.growth);
            (t_s, state, sigma_m(&state))
        });
        Some((false, points.collect::<Vec<_>>()))
    });
    // A track whose altitude or velocity is not known has no trajectory.
    let (by_plan, points) = points.await?.unwrap_or_default();
    if how.format == Form::Geojson {
        let line = points.iter().map(|(_, s, _)| [s.position.lon_deg(), s.position.lat_deg()]);
        let feature = geojson::feature(&id.to_string(), &geojson::line(line), &Map::new());
        return Ok(Json(feature));
    }
    let points = points.iter().map(|(t_s, state, sigma_m)| {
        json!({
            "t_s": t_s,
            "time": Stamp(state.time),
            "lat": state.position.lat_deg(),
            "lon": state.position.lon_deg(),
            "alt_ft": ft_from_m(state.altitude.m).round(),
            "sigma_m": sigma_m.round(),
        })
    });
    Ok(Json(json!({ "by_plan": by_plan, "points": points.collect::<Vec<_>>() })))
}

/// What the kernel finds at present, called or not.
#[utoipa::path(get, path = "/v1/conflicts", tag = "picture",
    responses((status = 200, description = "Every pair that loses separation if both fly on",
        body = Value)))]
pub async fn conflicts(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let viewer = caller.viewer();
    let found = app.watch.ask(|live| {
        let (scene, conflicts) = live.engine().conflicts();
        let subject = |index: u32| scene.subjects().get(index as usize).map(|s| s.id);
        let rules = live.engine().rules().rules();
        let found = conflicts.iter().filter_map(|c| {
            let rule = rules.get(usize::from(c.rule))?;
            Some((subject(c.a)?, subject(c.b)?, rule.name.to_string(), *c))
        });
        (live.picture().clone(), found.collect::<Vec<_>>())
    });
    let (picture, found) = found.await?;
    let seen = see(&picture, &viewer, &app.hub.policy());
    let who = |id: u64| {
        let at = seen.tracks.binary_search_by_key(&id, |track| track.who.id).ok()?;
        Some(&seen.tracks[at].who)
    };
    let conflicts = found.iter().filter_map(|(a, b, rule, c)| {
        let (who_a, who_b) = (who(*a)?, who(*b)?);
        Some(json!({
            "a": { "track": a, "name": who_a.name() },
            "b": { "track": b, "name": who_b.name() },
            // Rules go by class and operator, and so name them.
            "rule": Some(rule).filter(|_| who_a.identity && who_b.identity),
            "lost": c.lost,
            "t_in_s": c.entry_s,
            "t_out_s": c.exit_s,
            "tcpa_s": c.tcpa_s,
            "cpa_nm": nm_from_m(c.hmd_m),
            "cpa_ft": ft_from_m(c.vmd_m),
            "probability": Some(c.probability).filter(|p| p.is_finite()),
        }))
    });
    let conflicts: Vec<Value> = conflicts.collect();
    Ok(Json(json!({ "time": Stamp(seen.time), "conflicts": conflicts })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_cross_the_antimeridian_and_nonsense_is_refused() {
        let within = Box::parse("170,-20,-170,0").unwrap();
        assert!(within.holds(-1.0, 175.0) && within.holds(-20.0, -175.0));
        assert!(!within.holds(-1.0, 0.0) && !within.holds(1.0, 175.0));
        let world = Box::parse("-180,-90,180,90").unwrap();
        assert!(world.holds(0.0, 0.0) && world.holds(90.0, 180.0));
        for bad in ["", "1,2,3", "a,b,c,d", "0,10,1,-10", "0,0,nan,1"] {
            assert!(Box::parse(bad).is_err(), "{bad}");
        }
    }
}

//! A reservation as it is told.

use super::book::{Disclosed, Item};
use crate::geojson;
use deconflict_core::corridor::Corridor;
use deconflict_core::volume::Footprint;
use deconflict_core::{Altitude, Time};
use deconflict_reserve::motion::Positions;
use deconflict_reserve::shape::Band;
use deconflict_reserve::{Reservation, Shape, Status, document, text};
use serde_json::{Map, Value, json};

/// Windows of time that are told of one reservation.
const MOST_WINDOWS: usize = 50;
/// From the path of a flight to the edge of what is drawn of it, metres, if it has no buffer.
const DRAWN_M: f64 = 1_000.0;

/// The fields of one reservation, as the documents have them.
pub fn record(reservation: &Reservation) -> Map<String, Value> {
    let text = document::write_json(std::slice::from_ref(reservation));
    let mut read: Vec<Map<String, Value>> = serde_json::from_str(&text).unwrap_or_default();
    read.pop().unwrap_or_default()
}

/// What a viewer is told of a reservation. `mine` is whether it is the viewer's own, `acts`
/// whether the viewer may act on it.
pub fn view_of(item: &Item, disclosed: Disclosed, mine: bool, acts: bool, now: Time) -> Value {
    let reservation = &item.reservation;
    let mut out = match disclosed {
        Disclosed::Full => {
            let mut out = record(reservation);
            out.insert("version".into(), json!(item.version));
            out.insert("changed".into(), json!(text::write_time(item.changed)));
            if let Some(peer) = &item.peer {
                out.insert("peer".into(), json!(true));
                out.insert("manager".into(), json!(peer.manager));
                out.insert("state".into(), json!(peer.state));
                out.insert("known".into(), json!(peer.is_known));
            }
            out
        }
        Disclosed::Exists => Map::from_iter([
            ("id".to_owned(), json!(reservation.id)),
            ("kind".to_owned(), json!(reservation.kind.name())),
        ]),
    };
    let full = disclosed == Disclosed::Full;
    out.insert("mine".into(), json!(mine));
    out.insert("may".into(), json!(if acts && full { actions(reservation.status) } else { &[] }));
    out.insert("disclosed".into(), json!(if full { "full" } else { "exists" }));
    out.insert("outline".into(), outline(reservation, now));
    out.insert("band".into(), band(reservation));
    out.insert("windows".into(), windows(reservation, now));
    Value::Object(out)
}

/// What is told of a reservation to whoever may only know that it exists; its outline at a
/// moment aside, all that can change for them.
pub fn shown_to_all(
    r: &Reservation,
) -> (bool, &'static str, &Shape, String, Vec<[Option<Time>; 2]>) {
    let moves = r.motion.as_ref().map(|m| format!("{m:?}")).unwrap_or_default();
    (r.status.binds(), r.kind.name(), &r.shape, format!("{} {moves}", band(r)), r.windows())
}

/// What can be done in a status.
fn actions(status: Status) -> &'static [&'static str] {
    match status {
        Status::Draft => &["edit", "plan", "cancel"],
        Status::Planned => &["edit", "activate", "cancel"],
        Status::Active => &["edit", "release"],
        Status::Released | Status::Cancelled => &[],
    }
}

/// Whether it exists at a time: in one of its windows, and not after it was given back.
pub fn at_time(item: &Item, at: Time) -> bool {
    let within = |[start, end]: &[Option<Time>; 2]| {
        start.is_none_or(|start| start <= at) && end.is_none_or(|end| at < end)
    };
    let is_there = match item.reservation.status {
        Status::Cancelled => false,
        Status::Released => at < item.changed,
        Status::Draft | Status::Planned | Status::Active => true,
    };
    is_there && item.reservation.windows().iter().any(within)
}

/// The windows from now on; the last one if all are over.
fn windows(reservation: &Reservation, now: Time) -> Value {
    let all = reservation.windows();
    let coming = all.iter().filter(|[_, end]| end.is_none_or(|end| end > now));
    let mut shown: Vec<&[Option<Time>; 2]> = coming.take(MOST_WINDOWS).collect();
    if shown.is_empty() {
        shown.extend(all.last());
    }
    let told = |time: Option<Time>| time.map(text::write_time);
    shown.iter().map(|[start, end]| json!([told(*start), told(*end)])).collect()
}

/// The lowest floor and the highest ceiling, as far as they can be compared.
fn limits(reservation: &Reservation) -> Band {
    let bands = reservation.bands();
    let joined = |one: Band, other: &Band| {
        let join = |a: Option<Altitude>, b: Option<Altitude>, pick: fn(f64, f64) -> f64| {
            let (a, b) = (a?, b?);
            // Over different references nothing is the lowest: no limit is told.
            (a.reference == b.reference).then_some(Altitude { m: pick(a.m, b.m), ..a })
        };
        Band {
            lower: join(one.lower, other.lower, f64::min),
            upper: join(one.upper, other.upper, f64::max),
        }
    };
    let first = bands.first().copied().unwrap_or_default();
    bands.iter().skip(1).fold(first, joined)
}

fn band(reservation: &Reservation) -> Value {
    let Band { lower, upper } = limits(reservation);
    let (told, m) =
        (|a: Option<Altitude>| a.map(text::write_altitude), |a: Option<Altitude>| a.map(|a| a.m));
    json!({ "lower": told(lower), "upper": told(upper), "lower_m": m(lower), "upper_m": m(upper) })
}

/// Where it is, ready to be drawn: what moves is shown where it is now, or where it begins.
fn outline(reservation: &Reservation, now: Time) -> Value {
    geojson::multi(&footprints(reservation, now))
}

fn footprints(reservation: &Reservation, now: Time) -> Vec<Footprint> {
    if let Shape::Flight { points } = &reservation.shape {
        let points = points.iter().map(|p| p.point).collect();
        let half_width_m = reservation.buffer.horizontal_m.max(DRAWN_M);
        let path = Corridor::new(geojson::dense(points), half_width_m);
        return path.map(|path| vec![Footprint::Corridor(path)]).unwrap_or_default();
    }
    if reservation.motion.is_some() {
        let [start, end] = reservation.span();
        let at = now.max(start.unwrap_or(now)).min(end.unwrap_or(now).max(start.unwrap_or(now)));
        let parts = reservation.parts(Some(at), Some(at), &Positions::new());
        return parts.into_iter().take(1).map(|part| part.volume.footprint).collect();
    }
    let all = reservation.shape.footprints().unwrap_or_default();
    all.into_iter().map(|(footprint, _)| footprint).collect()
}

/// A reservation that is in use as one of the airspace volumes.
pub fn volume(item: &Item, disclosed: Disclosed, now: Time) -> Value {
    let reservation = &item.reservation;
    let Band { lower, upper } = limits(reservation);
    let coming = reservation.windows().into_iter();
    let [start, end] = coming
        .filter(|[_, end]| end.is_none_or(|end| end > now))
        .chain([reservation.span()])
        .next()
        .unwrap_or_default();
    let volume =
        deconflict_core::Volume4d { footprint: Footprint::World, lower, upper, start, end };
    let mut properties = geojson::limits(&volume);
    let full = disclosed == Disclosed::Full;
    let name = reservation.name.as_ref().filter(|_| full).unwrap_or(&reservation.id);
    properties.insert("name".into(), json!(name));
    properties.insert("kind".into(), json!("reservation"));
    properties.insert("reservation".into(), json!(reservation.id));
    properties.insert("for".into(), json!(reservation.kind.name()));
    properties.insert("operator".into(), json!(Some(&reservation.party).filter(|_| full)));
    geojson::feature(&reservation.id, &outline(reservation, now), &properties)
}

/// A reservation of which only the existence may be known, as a feature.
pub fn feature(item: &Item, now: Time) -> Value {
    let Value::Object(mut properties) = view_of(item, Disclosed::Exists, false, false, now) else {
        return Value::Null;
    };
    let outline = properties.remove("outline").unwrap_or_default();
    geojson::feature(item.id(), &outline, &properties)
}

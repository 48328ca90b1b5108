//! `.daa` files: a row of column names, perhaps one of units, and one row a state.
//! Columns are separated by commas, semicolons or white space; `#` begins a comment.

use super::{AircraftState, Moment, Place, Scenario};
use crate::config::text::{Kind, ParseError, Piece, short, unit};
use crate::uncertainty::Uncertainty;
use deconflict_core::units::{
    METRES_PER_FOOT, METRES_PER_NAUTICAL_MILE, MPS_PER_FPM, MPS_PER_KNOT,
};
use std::collections::BTreeMap;
use std::f64::consts::PI;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Column {
    Name,
    Lat,
    Lon,
    Alt,
    X,
    Y,
    Track,
    GroundSpeed,
    VerticalSpeed,
    Vx,
    Vy,
    Heading,
    Airspeed,
    Time,
    Alerter,
    SEw,
    SNs,
    SEn,
    Sz,
    VEw,
    VNs,
    VEn,
    Vz,
}

/// The column of a name, what it measures, and its unit where the file names none.
fn column(name: &str) -> Option<(Column, Kind, f64)> {
    use Column::*;
    const DEG: f64 = PI / 180.0;
    let (nmi, ft, kt, fpm) = (METRES_PER_NAUTICAL_MILE, METRES_PER_FOOT, MPS_PER_KNOT, MPS_PER_FPM);
    Some(match name.to_ascii_lowercase().as_str() {
        "name" | "id" | "aircraft" => (Name, Kind::Number, 1.0),
        "lat" | "latitude" => (Lat, Kind::Angle, DEG),
        "lon" | "long" | "longitude" => (Lon, Kind::Angle, DEG),
        "alt" | "altitude" | "sz" => (Alt, Kind::Length, ft),
        "sx" => (X, Kind::Length, nmi),
        "sy" => (Y, Kind::Length, nmi),
        "trk" | "track" => (Track, Kind::Angle, DEG),
        "gs" | "groundspeed" => (GroundSpeed, Kind::Speed, kt),
        "vs" | "vz" | "verticalspeed" => (VerticalSpeed, Kind::Speed, fpm),
        "vx" => (Vx, Kind::Speed, kt),
        "vy" => (Vy, Kind::Speed, kt),
        "heading" => (Heading, Kind::Angle, DEG),
        "airspeed" => (Airspeed, Kind::Speed, kt),
        "time" | "tm" | "clock" | "st" => (Time, Kind::Time, 1.0),
        "alerter" => (Alerter, Kind::Number, 1.0),
        "s_ew_std" => (SEw, Kind::Length, nmi),
        "s_ns_std" => (SNs, Kind::Length, nmi),
        "s_en_std" => (SEn, Kind::Length, nmi),
        "sz_std" => (Sz, Kind::Length, ft),
        "v_ew_std" => (VEw, Kind::Speed, kt),
        "v_ns_std" => (VNs, Kind::Speed, kt),
        "v_en_std" => (VEn, Kind::Speed, kt),
        "vz_std" => (Vz, Kind::Speed, fpm),
        _ => return None,
    })
}

struct Layout {
    /// For each column of the file: what it is, what it measures, how much of SI.
    columns: Vec<Option<(Column, Kind, f64)>>,
}

pub(super) fn parse(text: &str) -> Result<Scenario, ParseError> {
    let mut layout: Option<Layout> = None;
    let mut may_be_units = false;
    let mut states: Vec<AircraftState> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let code = line.split('#').next().unwrap_or_default();
        let pieces = pieces(Piece { text: code, line: number + 1, column: 1 });
        if pieces.iter().all(|p| p.text.is_empty()) {
            continue;
        }
        match &mut layout {
            None => {
                layout = Some(header(&pieces)?);
                may_be_units = true;
            }
            Some(layout) if may_be_units && looks_like_units(&pieces) => {
                units(layout, &pieces)?;
                may_be_units = false;
            }
            Some(layout) => {
                may_be_units = false;
                states.push(state(layout, &pieces)?);
            }
        }
    }
    if layout.is_none() {
        let message = "expected a row of column names".to_owned();
        return Err(ParseError { line: 1, column: 1, message });
    }
    Ok(moments(states))
}

/// The columns of a line. Commas and semicolons separate, even with nothing between;
/// in a line without them white space does.
fn pieces(line: Piece) -> Vec<Piece> {
    let separates: fn(char) -> bool = if line.text.contains(';') {
        |c| c == ';'
    } else if line.text.contains(',') {
        |c| c == ','
    } else {
        char::is_whitespace
    };
    let by_space = !line.text.contains([',', ';']);
    let mut out = Vec::new();
    let mut rest = Some(line);
    while let Some(piece) = rest {
        let (head, tail) = match piece.text.find(separates) {
            Some(at) => {
                let (head, tail) = piece.text.split_at(at);
                let mut behind = tail.chars();
                behind.next();
                let column = piece.column + head.chars().count() + 1;
                (head, Some(Piece { text: behind.as_str(), line: piece.line, column }))
            }
            None => (piece.text, None),
        };
        let head = Piece { text: head, ..piece }.trim();
        if !(by_space && head.text.is_empty()) {
            out.push(head);
        }
        rest = tail;
    }
    // A separator at the end begins no column.
    if out.len() > 1 && out.last().is_some_and(|p| p.text.is_empty()) {
        out.pop();
    }
    out
}

fn header(pieces: &[Piece]) -> Result<Layout, ParseError> {
    let columns: Vec<_> = pieces.iter().map(|p| column(p.text)).collect();
    let has = |wanted: Column| columns.iter().flatten().any(|c| c.0 == wanted);
    let first = pieces.first().copied().unwrap_or(Piece { text: "", line: 1, column: 1 });
    for (k, piece) in pieces.iter().enumerate() {
        let again = columns[k].is_some_and(|c| columns[..k].iter().flatten().any(|b| b.0 == c.0));
        if again {
            return Err(piece.error(format!("column '{}' is given twice", short(piece.text))));
        }
    }
    use Column::*;
    let groups: [(&str, bool); 5] = [
        ("NAME", has(Name)),
        ("lat and lon (or sx and sy)", (has(Lat) && has(Lon)) != (has(X) && has(Y))),
        ("alt", has(Alt)),
        (
            "trk, gs and vs (or vx, vy and vz)",
            has(VerticalSpeed) && ((has(Track) && has(GroundSpeed)) != (has(Vx) && has(Vy))),
        ),
        ("time", has(Time)),
    ];
    match groups.iter().find(|g| !g.1) {
        Some((what, _)) => Err(first.error(format!("expected columns {what}"))),
        None => Ok(Layout { columns }),
    }
}

fn looks_like_units(pieces: &[Piece]) -> bool {
    pieces.iter().filter(|p| !p.text.is_empty()).all(|p| {
        let name = p.text.trim_start_matches(['[', '(']).trim_end_matches([']', ')']);
        unit(name).is_some() || p.text.starts_with('[')
    })
}

fn units(layout: &mut Layout, pieces: &[Piece]) -> Result<(), ParseError> {
    for (slot, piece) in layout.columns.iter_mut().zip(pieces) {
        let Some((_, kind, scale)) = slot else { continue };
        let name = piece.text.trim_start_matches(['[', '(']).trim_end_matches([']', ')']);
        match unit(name) {
            Some((found, factor)) if found == *kind => *scale = factor,
            Some((Kind::Number, _)) => {}
            _ => return Err(piece.error(format!("unit [{}] does not fit the column", short(name)))),
        }
    }
    Ok(())
}

fn state(layout: &Layout, pieces: &[Piece]) -> Result<AircraftState, ParseError> {
    let mut values: BTreeMap<Column, f64> = BTreeMap::new();
    let mut name = String::new();
    let last = pieces.last().copied().unwrap_or(Piece { text: "", line: 1, column: 1 });
    for (k, slot) in layout.columns.iter().enumerate() {
        let Some((column, kind, scale)) = slot else { continue };
        let Some(piece) = pieces.get(k) else {
            return Err(last.error(format!(
                "expected {} columns, found {}",
                layout.columns.len(),
                pieces.len()
            )));
        };
        if *column == Column::Name {
            if piece.text.is_empty() {
                return Err(piece.error("expected the name of an aircraft"));
            }
            piece.text.clone_into(&mut name);
            continue;
        }
        let value = match (column, piece.text.is_empty()) {
            (_, true) if *column >= Column::Heading => continue,
            (Column::Time, _) if piece.text.contains(':') => clock(*piece)?,
            _ => piece.number()?,
        };
        let scaled = value * scale;
        let limit = match kind {
            Kind::Length => 1e9,
            Kind::Speed => 1e6,
            Kind::Angle => 1e4,
            _ => 1e12,
        };
        if scaled.abs() > limit {
            return Err(piece.error("the value is out of any range"));
        }
        if *column == Column::Lat && scaled.abs() > PI / 2.0 + 1e-12 {
            return Err(piece.error("a latitude is between -90 and 90 degrees"));
        }
        if *column == Column::Alerter && !(0.0..=1e6).contains(&value) {
            return Err(piece.error("expected the number of an alerter"));
        }
        values.insert(*column, scaled);
    }
    Ok(assemble(name, &values))
}

fn assemble(name: String, values: &BTreeMap<Column, f64>) -> AircraftState {
    let get = |c: Column| values.get(&c).copied();
    let or0 = |c: Column| get(c).unwrap_or(0.0);
    let polar = |angle: f64, speed: f64| [speed * angle.sin(), speed * angle.cos()];
    let [east, north] = match (get(Column::Track), get(Column::GroundSpeed)) {
        (Some(track), Some(speed)) => polar(track, speed),
        _ => [or0(Column::Vx), or0(Column::Vy)],
    };
    let place = match (get(Column::Lat), get(Column::Lon)) {
        (Some(lat_rad), Some(lon_rad)) => Place::Earth { lat_rad, lon_rad },
        _ => Place::Plane { x_m: or0(Column::X), y_m: or0(Column::Y) },
    };
    let air = get(Column::Heading).zip(get(Column::Airspeed));
    AircraftState {
        name,
        time_s: or0(Column::Time),
        place,
        alt_m: or0(Column::Alt),
        ground_mps: [east, north, or0(Column::VerticalSpeed)],
        air_mps: air.map(|(heading, speed)| polar(heading, speed)),
        alerter: get(Column::Alerter).map_or(1, |n| n as usize),
        uncertainty: Uncertainty {
            s_ew_m: or0(Column::SEw),
            s_ns_m: or0(Column::SNs),
            s_en_m: or0(Column::SEn),
            sz_m: or0(Column::Sz),
            v_ew_mps: or0(Column::VEw),
            v_ns_mps: or0(Column::VNs),
            v_en_mps: or0(Column::VEn),
            vz_mps: or0(Column::Vz),
        },
    }
}

/// `hh:mm:ss` or `mm:ss`, in seconds.
fn clock(piece: Piece) -> Result<f64, ParseError> {
    let mut seconds = 0.0;
    for part in piece.text.split(':') {
        seconds = 60.0 * seconds + Piece { text: part, ..piece }.trim().number()?;
    }
    Ok(seconds)
}

/// Groups states by time. Ownship is the aircraft of the first row.
fn moments(states: Vec<AircraftState>) -> Scenario {
    let mut order: Vec<String> = Vec::new();
    let mut rank: BTreeMap<String, usize> = BTreeMap::new();
    for state in &states {
        if !rank.contains_key(&state.name) {
            rank.insert(state.name.clone(), order.len());
            order.push(state.name.clone());
        }
    }
    let Some(own) = order.first() else { return Scenario::default() };
    let mut states = states;
    // Stable: of two states of one aircraft at one time the later row counts.
    states.sort_by(|a, b| {
        a.time_s.total_cmp(&b.time_s).then_with(|| rank[&a.name].cmp(&rank[&b.name]))
    });
    let mut moments: Vec<Moment> = Vec::new();
    for state in states {
        let same_time = moments.last_mut().filter(|m| m.time_s == state.time_s);
        match same_time {
            Some(moment) if state.name == moment.own.name => moment.own = state,
            Some(moment) => match moment.traffic.last_mut().filter(|t| t.name == state.name) {
                Some(last) => *last = state,
                None => moment.traffic.push(state),
            },
            // Ownship comes first at each time; traffic without it is left out.
            None if state.name == *own => {
                moments.push(Moment { time_s: state.time_s, own: state, traffic: Vec::new() });
            }
            None => {}
        }
    }
    Scenario { moments }
}

//! How it truly is: what no feed knows, for judging a picture.

use crate::json::{self, Decimals};
use deconflict_core::units::{fpm_from_mps, ft_from_m, kt_from_mps};
use deconflict_sim::{Simulation, Truth};
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
struct Line<'a> {
    kind: &'static str,
    time: String,
    aircraft: u32,
    address: String,
    callsign: &'a str,
    operator: &'a str,
    class: &'static str,
    formation: Option<&'a str>,
    tanker: Option<u32>,
    on_ground: bool,
    lat: Decimals<7>,
    lon: Decimals<7>,
    alt_ft: Decimals<1>,
    gs_kt: Decimals<2>,
    trk_deg: Decimals<2>,
    vs_fpm: Decimals<1>,
}

/// All aircraft as they are at the present of the simulation, a line each.
pub fn write(out: &mut impl Write, simulation: &Simulation) -> io::Result<()> {
    simulation.truth().iter().try_for_each(|truth| json::line(out, &Line::of(truth)))
}

impl Line<'_> {
    fn of(truth: &Truth) -> Line<'_> {
        let (state, velocity) = (&truth.state, &truth.state.velocity);
        Line {
            kind: "truth",
            time: state.time.to_string(),
            aircraft: truth.id.0,
            address: truth.address.to_string(),
            callsign: truth.callsign.as_str(),
            operator: truth.operator.as_str(),
            class: truth.class.name(),
            formation: truth.formation.as_ref().map(|f| f.as_str()),
            tanker: truth.tanker.map(|id| id.0),
            on_ground: truth.on_ground,
            lat: Decimals(state.position.lat_deg()),
            lon: Decimals(state.position.lon_deg()),
            alt_ft: Decimals(ft_from_m(state.altitude.m)),
            gs_kt: Decimals(kt_from_mps(velocity.ground_speed_mps())),
            trk_deg: Decimals(velocity.track_rad().to_degrees()),
            vs_fpm: Decimals(fpm_from_mps(velocity.up_mps)),
        }
    }
}

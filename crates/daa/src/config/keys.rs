//! The keys of a configuration file and where each is kept.

use super::Config;
use super::text::Kind::{self, Acceleration, Angle, Length, Number, Speed, Time, TurnRate};

type Place<T> = fn(&mut Config) -> &mut T;

/// Quantities.
pub(super) const QUANTITIES: &[(&str, Kind, Place<f64>)] = &[
    ("lookahead_time", Time, |c| &mut c.lookahead_s),
    ("left_hdir", Angle, |c| &mut c.limits[0].min),
    ("right_hdir", Angle, |c| &mut c.limits[0].max),
    ("min_airspeed", Speed, |c| &mut c.min_airspeed_mps),
    ("min_hs", Speed, |c| &mut c.limits[1].min),
    ("max_hs", Speed, |c| &mut c.limits[1].max),
    ("min_vs", Speed, |c| &mut c.limits[2].min),
    ("max_vs", Speed, |c| &mut c.limits[2].max),
    ("min_alt", Length, |c| &mut c.limits[3].min),
    ("max_alt", Length, |c| &mut c.limits[3].max),
    ("below_relative_hs", Speed, |c| &mut c.limits[1].below_relative),
    ("above_relative_hs", Speed, |c| &mut c.limits[1].above_relative),
    ("below_relative_vs", Speed, |c| &mut c.limits[2].below_relative),
    ("above_relative_vs", Speed, |c| &mut c.limits[2].above_relative),
    ("below_relative_alt", Length, |c| &mut c.limits[3].below_relative),
    ("above_relative_alt", Length, |c| &mut c.limits[3].above_relative),
    ("step_hdir", Angle, |c| &mut c.limits[0].step),
    ("step_hs", Speed, |c| &mut c.limits[1].step),
    ("step_vs", Speed, |c| &mut c.limits[2].step),
    ("step_alt", Length, |c| &mut c.limits[3].step),
    ("horizontal_accel", Acceleration, |c| &mut c.horizontal_accel_mps2),
    ("vertical_accel", Acceleration, |c| &mut c.vertical_accel_mps2),
    ("turn_rate", TurnRate, |c| &mut c.turn_rate_radps),
    ("bank_angle", Angle, |c| &mut c.bank_angle_rad),
    ("vertical_rate", Speed, |c| &mut c.vertical_rate_mps),
    ("min_horizontal_recovery", Length, |c| &mut c.min_horizontal_recovery_m),
    ("min_vertical_recovery", Length, |c| &mut c.min_vertical_recovery_m),
    ("ca_factor", Number, |c| &mut c.ca_factor),
    ("horizontal_nmac", Length, |c| &mut c.horizontal_nmac_m),
    ("vertical_nmac", Length, |c| &mut c.vertical_nmac_m),
    ("recovery_stability_time", Time, |c| &mut c.recovery_stability_s),
    ("hysteresis_time", Time, |c| &mut c.hysteresis_s),
    ("persistence_time", Time, |c| &mut c.persistence_s),
    ("persistence_preferred_hdir", Angle, |c| &mut c.limits[0].persistence),
    ("persistence_preferred_hs", Speed, |c| &mut c.limits[1].persistence),
    ("persistence_preferred_vs", Speed, |c| &mut c.limits[2].persistence),
    ("persistence_preferred_alt", Length, |c| &mut c.limits[3].persistence),
    ("h_pos_z_score", Number, |c| &mut c.z_scores.h_pos),
    ("h_vel_z_score_min", Number, |c| &mut c.z_scores.h_vel_min),
    ("h_vel_z_score_max", Number, |c| &mut c.z_scores.h_vel_max),
    ("h_vel_z_distance", Length, |c| &mut c.z_scores.h_vel_distance_m),
    ("v_pos_z_score", Number, |c| &mut c.z_scores.v_pos),
    ("v_vel_z_score", Number, |c| &mut c.z_scores.v_vel),
    ("contour_thr", Angle, |c| &mut c.contour_thr_rad),
    ("dta_latitude", Angle, |c| &mut c.terminal_area.lat_rad),
    ("dta_longitude", Angle, |c| &mut c.terminal_area.lon_rad),
    ("dta_radius", Length, |c| &mut c.terminal_area.radius_m),
    ("dta_height", Length, |c| &mut c.terminal_area.height_m),
];

/// Yes or no.
pub(super) const SWITCHES: &[(&str, Place<bool>)] = &[
    ("recovery_hdir", |c| &mut c.limits[0].recovery),
    ("recovery_hs", |c| &mut c.limits[1].recovery),
    ("recovery_vs", |c| &mut c.limits[2].recovery),
    ("recovery_alt", |c| &mut c.limits[3].recovery),
    ("ca_bands", |c| &mut c.ca_bands),
    ("bands_persistence", |c| &mut c.bands_persistence),
    ("conflict_crit", |c| &mut c.conflict_crit),
    ("recovery_crit", |c| &mut c.recovery_crit),
    ("ownship_centric_alerting", |c| &mut c.ownship_centric_alerting),
    ("bands_add_time_to_maneuver", |c| &mut c.bands_add_time_to_maneuver),
];

//! Vertical motion of one aircraft: altitude in one reference, and its rate.
//!
//! Altimetry is quantised (25 ft, on old transponders 100 ft) and so is the
//! vertical rate (64 ft/min). What comes out of a filter for a level aircraft is
//! therefore a rate of some tens of feet per minute that is not there, which five
//! minutes of look-ahead turn into hundreds of feet. So level flight is a mode of
//! its own: below a dead-band that quantisation can explain the rate *is* zero
//! and the altitude is the reported level itself, so that aircraft 1000 ft apart
//! come out 1000 ft apart.

use crate::config::Agility;
use crate::filter::Filter;
use deconflict_core::state::Growth;
use deconflict_core::units::m_from_ft;
use deconflict_core::{Altitude, AltitudeReference, Covariance};

/// Narrowest dead-band, m/s: 100 ft/min, one and a half steps of reported rate.
const LEVEL_RATE_MPS: f64 = 0.508;
/// Widest dead-band, m/s: a climb of more than 500 ft/min is never called level.
const WIDEST_LEVEL_RATE_MPS: f64 = 2.54;
/// Standard deviation of the rate in level flight, m/s (20 ft/min): how well
/// an aircraft keeps the level that it is at.
const LEVEL_RATE_SIGMA_MPS: f64 = 0.1;
/// Noise of vertical acceleration in level flight, m²/s³: 10 m in five minutes.
/// That an aircraft may leave its level at any time is not in it: no
/// extrapolation knows that.
const LEVEL_PSD: f64 = 1e-5;
/// Standard deviation of an unknown vertical rate, m/s.
const UNKNOWN_RATE_SIGMA_MPS: f64 = 10.0;
/// Standard deviation of a reported vertical rate, m/s (100 ft/min: steps of 64 and smoothing).
const RATE_SIGMA_MPS: f64 = 0.5;
/// Altimeter jitter on top of quantisation, m (10 ft).
const JITTER_SIGMA_M: f64 = 3.0;
/// Standard deviation of a GNSS height, m.
const ELLIPSOID_SIGMA_M: f64 = 10.0;
/// The same taken over to pressure altitude by a remembered difference, m.
const BRIDGED_SIGMA_M: f64 = 25.0;
/// Without pressure altitude for this long, GNSS height stands in, seconds.
const BRIDGE_AFTER_S: f64 = 5.0;
/// Weight of a new difference between both altitudes.
const DIFFERENCE_GAIN: f64 = 0.2;
/// Slack of the gates, standard deviations, m and m/s: they keep out what is garbled.
const SLACK_M: f64 = 20.0;
const SLACK_MPS: f64 = 3.0;
/// Altitudes or rates outside the gate in a row after which they are believed.
const INSISTENT: u8 = 3;
/// Reports for which a value off the grid proves the finer grid.
const GRID_MEMORY: u8 = 32;

/// What a report says of the vertical.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Heights {
    pub pressure_m: Option<f64>,
    pub ellipsoid_m: Option<f64>,
    pub rate_mps: Option<f64>,
}

/// Parts of a report that were not believed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Disbelieved {
    pub altitude: bool,
    pub rate: bool,
}

/// Altitude and vertical rate; nothing is known until the first altitude.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Vertical {
    axis: Option<Axis>,
    pressure_minus_ellipsoid_m: Option<f64>,
}

#[derive(Clone, Copy, Debug)]
struct Axis {
    filter: Filter<1>,
    reference: AltitudeReference,
    grid: Grid,
    level: bool,
    /// The level kept, while `level`.
    kept_m: f64,
    rejected: u8,
    rejected_m: f64,
    rejected_rates: u8,
}

impl Vertical {
    /// Moves on by `dt_s`.
    #[inline]
    pub fn predict(&mut self, dt_s: f64, agility: &Agility) {
        if let Some(axis) = &mut self.axis {
            axis.filter.predict(dt_s, agility.vertical);
        }
    }

    /// The filtered altitude, if one is known.
    pub fn altitude(&self) -> Option<Altitude> {
        self.axis.map(|a| Altitude { m: a.filter.x[0], reference: a.reference })
    }

    /// Whether the aircraft is flying level.
    pub fn is_level(&self) -> bool {
        self.axis.is_some_and(|a| a.level)
    }

    /// Pressure altitude less ellipsoid height, metres, as the aircraft itself reports both.
    pub fn pressure_minus_ellipsoid_m(&self) -> Option<f64> {
        self.pressure_minus_ellipsoid_m
    }

    /// Takes in what a report says.
    pub fn correct(&mut self, heights: &Heights, agility: &Agility, sigmas: f64) -> Disbelieved {
        let mut disbelieved = Disbelieved::default();
        if let (Some(pressure), Some(ellipsoid)) = (heights.pressure_m, heights.ellipsoid_m) {
            let difference = pressure - ellipsoid;
            let known = self.pressure_minus_ellipsoid_m.get_or_insert(difference);
            *known += DIFFERENCE_GAIN * (difference - *known);
        }
        if let Some((altitude, sigma_m)) = self.measured(heights) {
            let variance = match (&mut self.axis, sigma_m) {
                (_, Some(sigma_m)) => sigma_m * sigma_m,
                (Some(axis), None) => axis.grid.see(altitude.m).variance(),
                (None, None) => Grid::default().variance(),
            };
            match &mut self.axis {
                Some(axis) if axis.reference == altitude.reference => {
                    disbelieved.altitude =
                        !axis.correct_altitude(altitude.m, variance, agility, sigmas);
                }
                axis => {
                    // The first altitude, or pressure altitude after GNSS height only.
                    let (rate, rate_variance) = match (axis.as_ref(), heights.rate_mps) {
                        (Some(a), _) => (a.filter.v[0], a.filter.vv),
                        (None, Some(rate)) => (rate, RATE_SIGMA_MPS * RATE_SIGMA_MPS),
                        (None, None) => (0.0, UNKNOWN_RATE_SIGMA_MPS * UNKNOWN_RATE_SIGMA_MPS),
                    };
                    *axis = Some(Axis::new(altitude, variance, rate, rate_variance));
                }
            }
        }
        if let Some(axis) = &mut self.axis {
            if let Some(rate) = heights.rate_mps {
                disbelieved.rate = !axis.correct_rate(rate, agility, sigmas);
            }
            axis.judge_level();
        }
        disbelieved
    }

    /// The altitude to filter and its standard deviation; `None` for that of
    /// pressure altitude, which depends on the grid.
    fn measured(&self, heights: &Heights) -> Option<(Altitude, Option<f64>)> {
        if let Some(m) = heights.pressure_m {
            return Some((Altitude::pressure_m(m), None));
        }
        let ellipsoid_m = heights.ellipsoid_m?;
        let plain = Some((Altitude::ellipsoid_m(ellipsoid_m), Some(ELLIPSOID_SIGMA_M)));
        match (&self.axis, self.pressure_minus_ellipsoid_m) {
            (Some(axis), difference) if axis.reference == AltitudeReference::Pressure => {
                let silent = axis.filter.since_position_s() > BRIDGE_AFTER_S;
                let difference = difference.filter(|_| silent)?;
                Some((Altitude::pressure_m(ellipsoid_m + difference), Some(BRIDGED_SIGMA_M)))
            }
            _ => plain,
        }
    }

    /// Altitude, rate and how fast their uncertainty grows, in `dt_s`; writes
    /// the vertical part of the covariance.
    #[inline]
    pub fn at(
        &self,
        dt_s: f64,
        agility: &Agility,
        covariance: &mut Covariance,
        growth: &mut Growth,
    ) -> Option<(Altitude, f64)> {
        let axis = self.axis.as_ref()?;
        let filter = &axis.filter;
        let psd = filter.psd(agility.vertical);
        if !axis.level {
            let [xx, xv, vv] = filter.covariance_in(dt_s, psd);
            covariance.vertical = [[xx, xv], [xv, vv]];
            growth.vertical_psd = psd;
            let m = filter.position_in(dt_s)[0];
            return Some((Altitude { m, reference: axis.reference }, filter.v[0]));
        }
        // Keeping the level shifts the estimate, and the covariance says so.
        let shift = axis.kept_m - filter.x[0];
        let vv = LEVEL_RATE_SIGMA_MPS * LEVEL_RATE_SIGMA_MPS;
        let age_s = dt_s.abs();
        let xx = filter.xx + shift * shift + dt_s * dt_s * vv + LEVEL_PSD * age_s.powi(3) / 3.0;
        let xv = dt_s * vv;
        covariance.vertical = [[xx, xv], [xv, vv + LEVEL_PSD * age_s]];
        growth.vertical_psd = LEVEL_PSD;
        Some((Altitude { m: axis.kept_m, reference: axis.reference }, 0.0))
    }
}

impl Axis {
    fn new(altitude: Altitude, variance: f64, rate: f64, rate_variance: f64) -> Axis {
        Axis {
            filter: Filter::new([altitude.m], variance, [rate], rate_variance),
            reference: altitude.reference,
            grid: Grid::default(),
            level: false,
            kept_m: altitude.m,
            rejected: 0,
            rejected_m: 0.0,
            rejected_rates: 0,
        }
    }

    fn correct_altitude(&mut self, m: f64, variance: f64, agility: &Agility, sigmas: f64) -> bool {
        let wildest = agility.vertical.wildest;
        let dt_s = self.filter.since_position_s();
        let innovation = m - self.filter.x[0];
        let s_wild = self.filter.xx + variance + SLACK_M * SLACK_M + wildest * dt_s.powi(3) / 3.0;
        if innovation * innovation > sigmas * sigmas * s_wild {
            // A garbled altitude comes once; one that keeps coming is the truth.
            let same = (m - self.rejected_m).abs() < 100.0 + 50.0 * dt_s.min(30.0);
            self.rejected = if self.rejected > 0 && same { self.rejected + 1 } else { 1 };
            self.rejected_m = m;
            if self.rejected < INSISTENT {
                return false;
            }
            let unknown = UNKNOWN_RATE_SIGMA_MPS * UNKNOWN_RATE_SIGMA_MPS;
            let reference = self.reference;
            *self = Axis {
                grid: self.grid,
                ..Axis::new(Altitude { m, reference }, variance, self.filter.v[0], unknown)
            };
            return true;
        }
        self.rejected = 0;
        self.filter.correct_position([m], variance, wildest);
        true
    }

    fn correct_rate(&mut self, rate: f64, agility: &Agility, sigmas: f64) -> bool {
        let variance = RATE_SIGMA_MPS * RATE_SIGMA_MPS;
        let mut wildest = agility.vertical.wildest;
        let innovation = rate - self.filter.v[0];
        let s_wild = self.filter.vv
            + variance
            + SLACK_MPS * SLACK_MPS
            + wildest * self.filter.unwatched_rate_s();
        if innovation * innovation > sigmas * sigmas * s_wild {
            self.rejected_rates += 1;
            if self.rejected_rates < INSISTENT {
                return false;
            }
            wildest = f64::INFINITY;
        }
        self.rejected_rates = 0;
        self.filter.correct_rate([rate], variance, wildest);
        true
    }

    /// Enters and leaves level flight, with hysteresis, and keeps the level.
    fn judge_level(&mut self) {
        let sigma = self.filter.vv.sqrt();
        let band = (2.0 * sigma).clamp(LEVEL_RATE_MPS, WIDEST_LEVEL_RATE_MPS);
        let limit = if self.level { 1.5 * band } else { band };
        // An unknown rate is not a level one.
        let was = self.level;
        self.level = self.filter.v[0].abs() <= limit && sigma <= WIDEST_LEVEL_RATE_MPS;
        if !self.level {
            return;
        }
        let x = self.filter.x[0];
        let step = self.grid.step_m();
        if step == 0.0 {
            self.kept_m = x;
        } else if !was || (x - self.kept_m).abs() > 0.75 * step {
            self.kept_m = (x / step).round() * step;
        }
    }
}

/// The grid that an aircraft's pressure altitude lies on, learnt from the values.
#[derive(Clone, Copy, Debug, Default)]
struct Grid {
    /// Reports for which the grid is still known to be finer than 25 ft, and 100 ft.
    finer_than_25: u8,
    finer_than_100: u8,
}

impl Grid {
    fn see(&mut self, m: f64) -> &Grid {
        let note = |memory: &mut u8, step_m: f64| {
            let steps = m / step_m;
            let off = (steps - steps.round()).abs() > 0.02;
            *memory = if off { GRID_MEMORY } else { memory.saturating_sub(1) };
        };
        note(&mut self.finer_than_25, m_from_ft(25.0));
        note(&mut self.finer_than_100, m_from_ft(100.0));
        self
    }

    /// The step, metres; zero if there is none to be seen.
    fn step_m(&self) -> f64 {
        match (self.finer_than_25, self.finer_than_100) {
            (0, 0) => m_from_ft(100.0),
            (0, _) => m_from_ft(25.0),
            _ => 0.0,
        }
    }

    /// Variance of a value on the grid: uniform over one step, and jitter.
    fn variance(&self) -> f64 {
        let step = self.step_m();
        step * step / 12.0 + JITTER_SIGMA_M * JITTER_SIGMA_M
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deconflict_core::AircraftClass;
    use deconflict_core::units::{ft_from_m, mps_from_fpm};

    fn agility() -> Agility {
        Agility::typical(AircraftClass::Transport)
    }

    fn pressure(ft: f64) -> Heights {
        Heights { pressure_m: Some(m_from_ft(ft)), ..Heights::default() }
    }

    fn feed(v: &mut Vertical, dt_s: f64, heights: Heights) -> Disbelieved {
        v.predict(dt_s, &agility());
        v.correct(&heights, &agility(), 5.0)
    }

    fn out(v: &Vertical) -> (f64, f64) {
        let (mut c, mut g) = (Covariance::default(), Growth::default());
        let (altitude, rate) = v.at(0.0, &agility(), &mut c, &mut g).unwrap();
        (ft_from_m(altitude.m), rate)
    }

    #[test]
    fn a_level_aircraft_comes_out_level_and_on_its_level() {
        let mut v = Vertical::default();
        // Flickers by one step, with the rates of a real transponder in cruise.
        for i in 0..120 {
            let ft = if i % 7 == 3 { 34_975.0 } else { 35_000.0 };
            let rate_mps = (i % 3 == 0).then(|| mps_from_fpm([0.0, 64.0, -64.0][i % 9 / 3]));
            feed(&mut v, 1.0, Heights { rate_mps, ..pressure(ft) });
            if i > 20 {
                assert_eq!(out(&v).1, 0.0, "{i}");
                assert!((out(&v).0 - 35_000.0).abs() < 1e-6, "{i} {:?}", out(&v));
            }
        }
    }

    #[test]
    fn altitudes_alone_are_enough_for_level_and_for_climb() {
        let mut v = Vertical::default();
        for i in 0..60 {
            feed(&mut v, 1.0, pressure(if i % 2 == 0 { 12_025.0 } else { 12_000.0 }));
        }
        assert_eq!(out(&v).1, 0.0);
        let mut climbed = 12_000.0;
        for _ in 0..40 {
            climbed += 1500.0 / 60.0;
            feed(&mut v, 1.0, pressure((climbed / 25.0_f64).round() * 25.0));
        }
        let (ft, rate) = out(&v);
        assert!((rate - mps_from_fpm(1500.0)).abs() < mps_from_fpm(200.0), "{rate}");
        assert!((ft - climbed).abs() < 30.0);
    }

    #[test]
    fn one_garbled_altitude_is_nothing_and_three_are_the_truth() {
        let mut v = Vertical::default();
        for _ in 0..20 {
            feed(&mut v, 1.0, pressure(20_000.0));
        }
        assert!(feed(&mut v, 1.0, pressure(3_200.0)).altitude);
        assert_eq!(out(&v), (20_000.0, 0.0));
        for _ in 0..4 {
            feed(&mut v, 1.0, pressure(9_000.0));
        }
        assert!((out(&v).0 - 9_000.0).abs() < 1.0);
    }

    #[test]
    fn gnss_height_stands_in_by_the_remembered_difference() {
        let mut v = Vertical::default();
        let both =
            Heights { pressure_m: Some(3048.0), ellipsoid_m: Some(3150.0), rate_mps: Some(0.0) };
        for _ in 0..20 {
            feed(&mut v, 1.0, both);
        }
        assert!((v.pressure_minus_ellipsoid_m().unwrap() + 102.0).abs() < 1e-9);
        for _ in 0..30 {
            feed(&mut v, 1.0, Heights { ellipsoid_m: Some(3150.0), ..Heights::default() });
        }
        assert_eq!(v.altitude().unwrap().reference, AltitudeReference::Pressure);
        assert!((out(&v).0 - 10_000.0).abs() < 30.0);
    }

    #[test]
    fn height_alone_makes_an_ellipsoid_track_until_pressure_comes() {
        let mut v = Vertical::default();
        feed(&mut v, 1.0, Heights { ellipsoid_m: Some(1000.0), ..Heights::default() });
        assert_eq!(v.altitude().unwrap().reference, AltitudeReference::Ellipsoid);
        feed(&mut v, 1.0, pressure(3000.0));
        assert_eq!(v.altitude().unwrap(), Altitude::pressure_ft(3000.0));
    }
}

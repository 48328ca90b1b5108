//! What can be set, with the reasons for the defaults.

use crate::filter::Psd;
use deconflict_core::{AircraftClass, Technique};

/// Settings of a [`Tracker`](crate::Tracker).
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// How long a report may be on its way and still be put into its place in
    /// the order of measurement, seconds. The picture lags behind the present by
    /// this much and is extrapolated over it. Zero takes reports as they come.
    pub reorder_window_s: f64,
    /// A report measured or received further ahead of the present than this
    /// lies about its time, seconds. Receivers without GNSS are off by seconds.
    pub future_tolerance_s: f64,
    /// A report measured longer ago than this is of no use to anyone, seconds.
    pub oldest_s: f64,
    /// The most reports that wait in the reorder window; beyond, the oldest are
    /// taken early and counted.
    pub max_pending: usize,
    /// The most tracks; plots of further aircraft are refused and counted.
    pub max_tracks: usize,
    /// A track without a position for this long is coasting, seconds, or for
    /// [`coast_after_periods`](Self::coast_after_periods) if that is longer.
    pub coast_after_s: f64,
    /// The same in update periods of the track.
    pub coast_after_periods: f64,
    /// A track without a position for this long is stale, seconds (or periods).
    pub stale_after_s: f64,
    /// The same in update periods of the track.
    pub stale_after_periods: f64,
    /// A track without a position for this long is dropped, seconds (or periods).
    pub drop_after_s: f64,
    /// The same in update periods of the track.
    pub drop_after_periods: f64,
    /// Half-width of the outlier gate, standard deviations of the innovation.
    pub gate_sigmas: f64,
    /// Consistent outliers in a row that make a track of their own, or move one.
    pub confirm_reports: u32,
    /// Two aircraft that share one address are told apart from here on, metres.
    /// Nearer than this a second position is taken for a ghost of the first:
    /// latency and ground-derived positions put one aircraft in two places.
    pub split_distance_m: f64,
    /// Agility by class, in the order of [`AircraftClass::ALL`].
    pub agility: [Agility; AircraftClass::ALL.len()],
}

impl Default for Config {
    fn default() -> Config {
        Config {
            reorder_window_s: 2.0,
            future_tolerance_s: 5.0,
            oldest_s: 300.0,
            max_pending: 1 << 18,
            max_tracks: 100_000,
            coast_after_s: 8.0,
            coast_after_periods: 3.0,
            stale_after_s: 20.0,
            stale_after_periods: 5.0,
            drop_after_s: 60.0,
            drop_after_periods: 6.0,
            gate_sigmas: 5.0,
            confirm_reports: 4,
            split_distance_m: 5_000.0,
            agility: AircraftClass::ALL.map(Agility::typical),
        }
    }
}

impl Config {
    /// The agility of a class.
    #[inline]
    pub fn agility(&self, class: AircraftClass) -> &Agility {
        // `ALL` lists the classes in the order of their declaration (tested).
        &self.agility[class as usize]
    }
}

/// What an aircraft of some class can do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Agility {
    /// Acceleration in the plane.
    pub horizontal: Psd,
    /// Acceleration in the vertical.
    pub vertical: Psd,
    /// The greatest ground speed to believe, m/s. Generous: many aircraft
    /// broadcast a wrong emitter category.
    pub max_speed_mps: f64,
}

impl Agility {
    /// The default for a class.
    ///
    /// *Calm*: density 2σ²τ of an acceleration with standard deviation σ and
    /// correlation time τ (Singer's model taken to white noise); an airliner in
    /// cruise has about 0.04 m/s² over 60 s, which spreads a two-minute
    /// prediction by some 340 m. *Wildest*: a sustained turn at the usual limit
    /// of bank (airliner 30°, fast jet several g) stays inside a 3-σ bound.
    pub fn typical(class: AircraftClass) -> Agility {
        use AircraftClass::*;
        let (calm, wildest, vertical_calm, vertical_wildest, max_speed_mps) = match class {
            Unknown => (0.5, 100.0, 0.05, 20.0, 1000.0),
            Transport => (0.2, 40.0, 0.03, 10.0, 450.0),
            Tanker => (0.3, 40.0, 0.03, 10.0, 450.0),
            Light => (0.6, 60.0, 0.05, 10.0, 450.0),
            HighPerformance => (4.0, 1500.0, 1.0, 1000.0, 1000.0),
            Rotorcraft => (1.0, 60.0, 0.1, 10.0, 450.0),
            Glider => (2.0, 100.0, 0.3, 20.0, 200.0),
            TowPlane => (1.0, 60.0, 0.2, 10.0, 200.0),
            LighterThanAir => (0.1, 5.0, 0.1, 10.0, 200.0),
            Ultralight => (1.0, 60.0, 0.2, 10.0, 200.0),
            Uncrewed => (1.0, 100.0, 0.1, 20.0, 1000.0),
            Surface => (0.5, 30.0, 0.01, 5.0, 200.0),
        };
        Agility {
            horizontal: Psd { calm, wildest },
            vertical: Psd { calm: vertical_calm, wildest: vertical_wildest },
            max_speed_mps,
        }
    }
}

/// What is assumed of a technique.
pub(crate) trait Assumed {
    /// Standard deviation of a reported velocity, per axis, m/s.
    fn velocity_sigma_mps(self) -> f64;
    /// Standard deviation of the time of measurement, seconds: what a moving
    /// aircraft's position is worth depends on it.
    fn timing_sigma_s(self) -> f64;
    /// The same of the first position, before the aircraft has shown what the
    /// feed's times are worth.
    fn first_timing_sigma_s(self) -> f64;
    /// Time between positions to expect before any have been seen, seconds.
    fn first_period_s(self) -> f64;
    /// The longest period that the track's own rhythm may teach, seconds.
    fn longest_period_s(self) -> f64;
    /// Preference among techniques that see one aircraft at a time: less is better.
    fn rank(self) -> u8;
}

impl Assumed for Technique {
    #[inline]
    fn velocity_sigma_mps(self) -> f64 {
        match self {
            // 1 kt steps in the message, 1° steps in many files, and latency: 2 kt.
            Technique::AdsB | Technique::AdsR | Technique::Declared => 1.0,
            Technique::Flarm | Technique::AdsC | Technique::Unknown => 1.5,
            // Differences of positions: smoothed, and late in turns.
            Technique::TisB | Technique::ModeS | Technique::Radar => 5.0,
            Technique::Mlat => 10.0,
        }
    }

    #[inline]
    fn timing_sigma_s(self) -> f64 {
        match self {
            // Uncompensated latency of the broadcast (RTCA DO-260B allows 0.6 s)
            // and tenths of seconds in files.
            Technique::AdsB | Technique::Declared => 0.1,
            Technique::AdsR | Technique::Flarm => 0.3,
            // Archives with times in whole seconds.
            Technique::Unknown | Technique::Radar | Technique::ModeS => 0.5,
            Technique::TisB | Technique::AdsC => 1.0,
            // Stamped when computed, which takes as long as it takes.
            Technique::Mlat => 2.0,
        }
    }

    fn first_timing_sigma_s(self) -> f64 {
        match self {
            // State vectors begin with a position of up to fifteen seconds ago.
            Technique::Unknown | Technique::Mlat => 4.0,
            Technique::TisB => 2.0,
            other => other.timing_sigma_s(),
        }
    }

    fn first_period_s(self) -> f64 {
        match self {
            Technique::AdsC => 900.0, // the usual oceanic contract is 14 to 27 min
            Technique::Radar => 8.0,
            _ => 3.0,
        }
    }

    fn longest_period_s(self) -> f64 {
        match self {
            Technique::AdsC => 1800.0,
            _ => 60.0,
        }
    }

    #[inline]
    fn rank(self) -> u8 {
        match self {
            Technique::AdsB | Technique::Flarm | Technique::Declared | Technique::Unknown => 0,
            Technique::AdsR => 1,
            Technique::Mlat => 2,
            Technique::TisB | Technique::Radar | Technique::ModeS => 3,
            Technique::AdsC => 4, // precise, but minutes old
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_index_the_table() {
        for (i, class) in AircraftClass::ALL.into_iter().enumerate() {
            assert_eq!(class as usize, i);
            assert_eq!(*Config::default().agility(class), Agility::typical(class));
        }
    }
}

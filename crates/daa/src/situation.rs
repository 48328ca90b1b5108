//! What bands and alerts are computed from: ownship and its traffic in one frame.

use crate::frame::{Flight, Frame};
use crate::pair::{Doubt, Motion, Pair};

/// One intruder.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Intruder {
    /// Its name.
    pub name: String,
    /// Its motion in ownship's frame, relative to the air.
    pub motion: Motion,
    /// The alerter that applies to it, counted from 1; 0: none.
    pub alerter: usize,
    /// What the sensors may err about it.
    pub doubt: Doubt,
}

/// Where on earth a tangent plane is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tangent {
    /// The latitude, radians.
    pub lat_rad: f64,
    /// The wind, east and north, metres per second.
    pub wind_mps: [f64; 2],
}

impl Tangent {
    /// The pair after straight flight over the sphere, in the tangent plane below ownship
    /// there; `None` beyond the horizon. Places drift with the wind. What is known of the
    /// pair then is as good as what is known now.
    pub fn flown_on(&self, pair: &Pair, after_s: f64) -> Option<Pair> {
        let frame = Frame::at(self.lat_rad, 0.0);
        let later = |motion: &Motion| {
            let air = frame.lift(motion)?;
            let [east, north, up] = air.velocity_mps;
            let [to_east, to_north] = self.wind_mps;
            let ground = Flight { velocity_mps: [east + to_east, north + to_north, up], ..air };
            Some(Flight { velocity_mps: air.velocity_mps, ..ground.after(after_s) })
        };
        let (own, intruder) = (later(&pair.own)?, later(&pair.intruder)?);
        let frame = Frame::at(own.lat_rad, own.lon_rad);
        let there = Pair::new(frame.project(&own), frame.project(&intruder));
        let doubt = pair.doubt.seen_from(there.relative().horizontal_m(0.0));
        Some(Pair { doubt, ..there })
    }
}

/// Ownship and its traffic at one moment, in one level frame that moves with the air:
/// wind carries everybody alike and changes no relative motion.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Situation {
    /// The name of ownship: of two aircraft at one level the first by name climbs.
    pub name: String,
    /// Ownship.
    pub own: Motion,
    /// The alerter of ownship, counted from 1; 0: none.
    pub alerter: usize,
    /// Whether ownship is in the configured terminal area.
    pub in_terminal_area: bool,
    /// Where on earth the frame is, if it is the tangent plane of [`crate::frame`] below
    /// ownship. Then who flies on for long follows the sphere; without it the frame goes
    /// on for ever.
    pub tangent: Option<Tangent>,
    /// The others.
    pub traffic: Vec<Intruder>,
}

impl Situation {
    /// Ownship and one intruder.
    #[inline]
    pub fn pair(&self, intruder: &Intruder) -> Pair {
        Pair { own: self.own, intruder: intruder.motion, doubt: intruder.doubt }
    }

    /// The alerter that applies to an intruder.
    pub fn alerter_of(&self, intruder: &Intruder, ownship_centric: bool) -> usize {
        if ownship_centric { self.alerter } else { intruder.alerter }
    }
}

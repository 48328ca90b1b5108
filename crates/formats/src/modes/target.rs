//! What is remembered about one address between its frames.

use super::cpr::{self, Encoded};
use deconflict_core::{GeoPoint, Time};

/// An even and an odd message farther apart than this may lie in different zones
/// (DO-260B, A.1.7.7: an aircraft moves less than half a zone).
const PAIR_WITHIN_S: f64 = 10.0;
/// How long a position serves as reference for single messages.
const REFERENCE_FOR_S: f64 = 180.0;
/// What no aircraft exceeds, with room for coarse time stamps.
const FASTEST_MPS: f64 = 1_000.0;
const SLACK_M: f64 = 2_000.0;
/// So many unreachable positions in a row, and it is the reference that was wrong.
const PATIENCE: u8 = 3;
/// The range in which a surface position is unambiguous.
const SURFACE_REACH_M: f64 = 80_000.0;

#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// When a frame with a sound parity last had this address.
    pub(crate) confirmed: Time,
    /// Accuracy last stated, metres.
    pub(crate) sigma_m: Option<f32>,
    even: Option<(Encoded, Time)>,
    odd: Option<(Encoded, Time)>,
    last: Option<(GeoPoint, Time)>,
    unreachable: u8,
}

impl Target {
    pub(crate) fn new(time: Time) -> Target {
        Target { confirmed: time, sigma_m: None, even: None, odd: None, last: None, unreachable: 0 }
    }

    /// An airborne position: from this message and the last of the other kind,
    /// or else from this one near the last position.
    pub(crate) fn airborne(&mut self, said: Encoded, odd: bool, time: Time) -> Option<GeoPoint> {
        *(if odd { &mut self.odd } else { &mut self.even }) = Some((said, time));
        let pair = self
            .even
            .zip(self.odd)
            .filter(|((_, even), (_, odd))| even.seconds_since(*odd).abs() <= PAIR_WITHIN_S);
        let found = pair
            .and_then(|((even, _), (odd_part, _))| cpr::global_airborne(even, odd_part, odd))
            .or_else(|| cpr::local(said, odd, false, self.reference(time)?))?;
        self.accept(found, time)
    }

    /// A surface position: always near something known.
    pub(crate) fn surface(
        &mut self,
        said: Encoded,
        odd: bool,
        time: Time,
        receiver: Option<GeoPoint>,
    ) -> Option<GeoPoint> {
        let near = self.reference(time).or(receiver)?;
        let found = cpr::local(said, odd, true, near)?;
        if found.distance_m(near) > SURFACE_REACH_M {
            return None;
        }
        self.accept(found, time)
    }

    fn reference(&self, time: Time) -> Option<GeoPoint> {
        let (point, at) = self.last?;
        (time.seconds_since(at).abs() <= REFERENCE_FOR_S).then_some(point)
    }

    /// Lets a position pass if the aircraft can have got there.
    fn accept(&mut self, found: GeoPoint, time: Time) -> Option<GeoPoint> {
        if let Some((point, at)) = self.last {
            let reach_m = time.seconds_since(at).abs() * FASTEST_MPS + SLACK_M;
            if point.distance_m(found) > reach_m {
                self.unreachable += 1;
                if self.unreachable >= PATIENCE {
                    *self = Target { confirmed: self.confirmed, ..Target::new(time) };
                }
                return None;
            }
        }
        self.unreachable = 0;
        self.last = Some((found, time));
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVEN: Encoded = Encoded { lat: 93_000, lon: 51_372 };
    const ODD: Encoded = Encoded { lat: 74_158, lon: 50_194 };

    fn at(second: f64) -> Time {
        Time::from_unix_s(1_700_000_000.0 + second).unwrap()
    }

    /// The pair of the literature (J. Sun, "The 1090 Megahertz Riddle", 2021).
    #[test]
    fn a_published_pair_gives_the_published_position() {
        let mut target = Target::new(at(0.0));
        assert_eq!(target.airborne(ODD, true, at(0.0)), None);
        let point = target.airborne(EVEN, false, at(1.0)).unwrap();
        assert!((point.lat_deg() - 52.257_20).abs() < 1e-4, "{point:?}");
        assert!((point.lon_deg() - 3.919_37).abs() < 1e-4, "{point:?}");
    }

    #[test]
    fn an_old_pair_gives_none() {
        let mut target = Target::new(at(0.0));
        target.airborne(ODD, true, at(0.0));
        assert_eq!(target.airborne(EVEN, false, at(11.0)), None);
    }

    #[test]
    fn a_leap_is_not_believed_until_it_is_repeated() {
        let mut target = Target::new(at(0.0));
        target.airborne(ODD, true, at(0.0));
        assert!(target.airborne(EVEN, false, at(0.5)).is_some());
        let elsewhere = Encoded { lat: EVEN.lat ^ 0x1_0000, lon: EVEN.lon };
        for second in 1..=3 {
            let time = at(f64::from(second) * 11.0 + 20.0);
            assert_eq!(target.airborne(elsewhere, false, time), None);
        }
    }
}

//! A total order of reports that depends on nothing but what they say.
//!
//! Reports with one time of measurement have to be taken in some order. If that
//! were the order of arrival, a network's mood would show in the tracks.

use deconflict_core::Report;
use std::cmp::Ordering;

/// The number that stands for an address in keys: space, then code.
#[inline]
pub(crate) fn address_key(report: &Report) -> u64 {
    (report.address.space as u64) << 32 | u64::from(report.address.code)
}

/// Order by content: everything but which feed brought the report and when.
/// Reports that are equal by it are duplicates.
pub(crate) fn by_content(a: &Report, b: &Report) -> Ordering {
    (a.measured.cmp(&b.measured))
        .then_with(|| address_key(a).cmp(&address_key(b)))
        .then_with(|| a.technique.cmp(&b.technique))
        .then_with(|| numbers(a).cmp(&numbers(b)))
        .then_with(|| (a.on_ground, a.squawk).cmp(&(b.on_ground, b.squawk)))
        .then_with(|| (a.callsign, a.class as u8).cmp(&(b.callsign, b.class as u8)))
}

/// Order by content, then by feed and time of arrival: no two different reports are equal.
pub(crate) fn total(a: &Report, b: &Report) -> Ordering {
    by_content(a, b).then_with(|| (a.feed, a.received).cmp(&(b.feed, b.received)))
}

fn numbers(r: &Report) -> [Option<u64>; 8] {
    // Bit patterns are ordered in some way or other, NaN included: enough here.
    let bits = |value: Option<f64>| value.map(f64::to_bits);
    [
        bits(r.position.map(|p| p.lat_rad())),
        bits(r.position.map(|p| p.lon_rad())),
        bits(r.position_sigma_m.map(f64::from)),
        bits(r.pressure_altitude_m),
        bits(r.ellipsoid_height_m),
        bits(r.ground_speed_mps),
        bits(r.track_rad),
        bits(r.vertical_rate_mps),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use deconflict_core::{Address, Technique, Time};

    #[test]
    fn duplicates_differ_in_feed_and_arrival_only() {
        let a = Report::new(1, Address::icao(1), Technique::AdsB, Time::from_millis(5));
        let b = Report { feed: 2, received: Time::from_millis(9), ..a };
        assert_eq!(by_content(&a, &b), Ordering::Equal);
        assert_eq!(total(&a, &b), Ordering::Less);
        let c = Report { track_rad: Some(f64::NAN), ..a };
        assert_ne!(by_content(&a, &c), Ordering::Equal);
        assert_eq!(by_content(&c, &c), Ordering::Equal);
    }
}

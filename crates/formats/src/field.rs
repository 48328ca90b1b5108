//! Single fields: bytes to numbers, addresses and instants, with the limits
//! beyond which a value is an error and not a fact.

use crate::error::ErrorKind;
use deconflict_core::units::{m_from_ft, mps_from_fpm, mps_from_kt};
use deconflict_core::{Address, GeoPoint, Label, Time};
use std::f64::consts::TAU;
use std::ops::RangeInclusive;

type Parsed<T> = Result<T, ErrorKind>;

/// 1990-01-01 and 2100-01-01: no recording of Mode S, ADS-B or FLARM is older,
/// and a feed that says later has a broken clock.
const EARLIEST_S: f64 = 631_152_000.0;
const LATEST_S: f64 = 4_102_444_800.0;

/// Altitudes: from below the Dead Sea shore to above what a Mode C reply can encode (126,700 ft).
pub const ALTITUDE_FT: RangeInclusive<f64> = -3_000.0..=150_000.0;
/// Speeds: to the largest of the supersonic ADS-B velocity subtypes, with wind to spare.
pub const SPEED_KT: RangeInclusive<f64> = 0.0..=4_500.0;
/// Vertical rates: the largest that ADS-B can say is 32,704 ft/min.
pub const RATE_FPM: RangeInclusive<f64> = -40_000.0..=40_000.0;
/// Track angles. Half a turn to the left of north is accepted as -180°.
pub const TRACK_DEG: RangeInclusive<f64> = -360.0..=360.0;

/// A decimal number, `-12`, `3.25`, `1e-3`. No white space, no infinity, no NaN.
///
/// Up to 19 digits are gathered in an integer; if that and the power of ten
/// are exact as doubles their quotient is the correctly rounded result (Clinger,
/// "How to read floating point numbers accurately", 1990), which is all
/// that feeds contain in practice. The rest goes the standard library's way.
#[inline]
pub(crate) fn number(bytes: &[u8]) -> Parsed<f64> {
    const POWERS: [f64; 16] =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    let (negative, digits) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, bytes),
    };
    let mut mantissa = 0u64;
    let mut point = None;
    for (i, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' if i < 18 => mantissa = mantissa * 10 + u64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(i),
            _ => return number_slowly(bytes),
        }
    }
    let decimals = point.map_or(0, |i| digits.len() - i - 1);
    let has_digit = digits.len() > usize::from(point.is_some());
    if !has_digit {
        return Err(ErrorKind::BadNumber);
    }
    if mantissa >= 1 << 53 || decimals >= POWERS.len() {
        return number_slowly(bytes);
    }
    let value = mantissa as f64 / POWERS[decimals];
    Ok(if negative { -value } else { value })
}

#[cold]
fn number_slowly(bytes: &[u8]) -> Parsed<f64> {
    // `str::parse` also knows words such as "inf" and a leading plus.
    let numeric = |b: &u8| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E');
    if bytes.len() > 400 || !bytes.iter().all(numeric) || bytes.first() == Some(&b'+') {
        return Err(ErrorKind::BadNumber);
    }
    std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| text.parse::<f64>().ok())
        .filter(|value| value.is_finite())
        .ok_or(ErrorKind::BadNumber)
}

/// An unsigned whole number.
#[inline]
pub(crate) fn whole(bytes: &[u8]) -> Parsed<u64> {
    if bytes.is_empty() || bytes.len() > 18 {
        return Err(ErrorKind::BadNumber);
    }
    bytes.iter().try_fold(0u64, |sum, byte| {
        byte.is_ascii_digit().then(|| sum * 10 + u64::from(byte - b'0')).ok_or(ErrorKind::BadNumber)
    })
}

/// A 24-bit address in up to six hexadecimal digits, `~` before it if it is not
/// an ICAO address (as readsb writes it).
#[inline]
pub(crate) fn address(bytes: &[u8]) -> Parsed<Address> {
    let (digits, make): (_, fn(u32) -> Address) = match bytes {
        [b'~', rest @ ..] => (rest, Address::non_icao),
        _ => (bytes, Address::icao),
    };
    if digits.is_empty() || digits.len() > 6 {
        return Err(ErrorKind::BadAddress);
    }
    let mut code = 0;
    for byte in digits {
        let nibble = (*byte as char).to_digit(16).ok_or(ErrorKind::BadAddress)?;
        code = code << 4 | nibble;
    }
    Ok(make(code))
}

/// A call sign; `None` if it is blank or a word for "not known".
#[inline]
pub fn callsign(bytes: &[u8]) -> Parsed<Option<Label<8>>> {
    let text = std::str::from_utf8(bytes).map_err(|_| ErrorKind::NotUtf8)?;
    Ok(if text == "N/A" { None } else { Label::new(text) })
}

/// A Mode 3/A code: up to four octal digits, leading zeros perhaps lost.
#[inline]
pub fn squawk(bytes: &[u8]) -> Parsed<u16> {
    let octal = |b: &u8| (b'0'..=b'7').contains(b);
    if bytes.is_empty() || bytes.len() > 4 || !bytes.iter().all(octal) {
        return Err(ErrorKind::ImpossibleValue);
    }
    Ok(bytes.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0')))
}

/// Seconds since the Unix epoch.
#[inline]
pub(crate) fn time_s(seconds: f64) -> Parsed<Time> {
    if !(EARLIEST_S..LATEST_S).contains(&seconds) {
        return Err(ErrorKind::ImpossibleTime);
    }
    Time::from_unix_s(seconds).ok_or(ErrorKind::ImpossibleTime)
}

/// Whether an instant made up of several fields is one that a recording can have.
#[inline]
pub fn possible_time(time: Time) -> Parsed<Time> {
    let (earliest, latest) = (EARLIEST_S as i64, LATEST_S as i64);
    match (earliest..latest).contains(&time.as_nanos().div_euclid(1_000_000_000)) {
        true => Ok(time),
        false => Err(ErrorKind::ImpossibleTime),
    }
}

#[inline]
fn within(value: f64, range: RangeInclusive<f64>) -> Parsed<f64> {
    // A NaN is in no range.
    if range.contains(&value) { Ok(value) } else { Err(ErrorKind::ImpossibleValue) }
}

/// Degrees to a point. Longitudes to 360° are accepted: some feeds count eastward only.
#[inline]
pub fn position(lat_deg: f64, lon_deg: f64) -> Parsed<GeoPoint> {
    GeoPoint::from_deg(lat_deg, lon_deg).ok_or(ErrorKind::ImpossiblePosition)
}

/// Feet to metres.
#[inline]
pub fn altitude_ft(ft: f64) -> Parsed<f64> {
    within(ft, ALTITUDE_FT).map(m_from_ft)
}

/// Metres, held to the same limits.
#[inline]
pub(crate) fn altitude_m(m: f64) -> Parsed<f64> {
    within(m, m_from_ft(*ALTITUDE_FT.start())..=m_from_ft(*ALTITUDE_FT.end()))
}

/// Knots to metres per second.
#[inline]
pub fn speed_kt(kt: f64) -> Parsed<f64> {
    within(kt, SPEED_KT).map(mps_from_kt)
}

/// Metres per second, held to the same limits.
#[inline]
pub(crate) fn speed_mps(mps: f64) -> Parsed<f64> {
    within(mps, 0.0..=mps_from_kt(*SPEED_KT.end()))
}

/// Feet per minute to metres per second.
#[inline]
pub fn rate_fpm(fpm: f64) -> Parsed<f64> {
    within(fpm, RATE_FPM).map(mps_from_fpm)
}

/// Metres per second, held to the same limits.
#[inline]
pub(crate) fn rate_mps(mps: f64) -> Parsed<f64> {
    within(mps, mps_from_fpm(*RATE_FPM.start())..=mps_from_fpm(*RATE_FPM.end()))
}

/// Degrees to radians in 0..2π.
#[inline]
pub fn track_deg(deg: f64) -> Parsed<f64> {
    within(deg, TRACK_DEG).map(|deg| deg.to_radians().rem_euclid(TAU))
}

/// NACp, the navigation accuracy category for position, to a standard deviation
/// per axis in metres; `None` where the category means "unknown".
///
/// The category bounds the 95 % estimated position uncertainty (RTCA DO-260B
/// table 2-71); a circular normal error has 95 % within 2.45 standard deviations.
#[inline]
pub(crate) fn sigma_from_nac_p(nac_p: f64) -> Parsed<Option<f32>> {
    const EPU_M: [f32; 12] =
        [0.0, 18_520.0, 7_408.0, 3_704.0, 1_852.0, 926.0, 555.6, 185.2, 92.6, 30.0, 10.0, 3.0];
    let category = within(nac_p, 0.0..=15.0)? as usize;
    Ok(EPU_M.get(category).filter(|epu| **epu > 0.0).map(|epu| epu / 2.45))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_read_exactly_or_not_at_all() {
        for text in
            ["0", "-0.5", "35000", "-121.731979", "16.777359", "1e3", "1E-3", "0.1", ".5", "5."]
        {
            assert_eq!(number(text.as_bytes()), Ok(text.parse().unwrap()), "{text}");
        }
        for text in ["12345678901234567890", "0.12345678901234567890123", "9007199254740993"] {
            assert_eq!(number(text.as_bytes()), Ok(text.parse().unwrap()), "{text}");
        }
        for text in ["", "-", ".", "-.", "nan", "NaN", "inf", "+1", "1e999", "1.2.3", "0x10", " 1"]
        {
            assert_eq!(number(text.as_bytes()), Err(ErrorKind::BadNumber), "{text}");
        }
    }

    proptest! {
        #[test]
        fn numbers_agree_with_the_standard_library(value in proptest::num::f64::NORMAL) {
            for text in [format!("{value}"), format!("{value:e}"), format!("{value:.6}")] {
                if text.len() <= 400 {
                    prop_assert_eq!(number(text.as_bytes()), Ok(text.parse::<f64>().unwrap()));
                }
            }
        }
    }

    #[test]
    fn addresses_keep_their_space() {
        assert_eq!(address(b"A4FF9C"), Ok(Address::icao(0xa4ff9c)));
        assert_eq!(address(b"~2b1234"), Ok(Address::non_icao(0x2b1234)));
        for bad in [&b""[..], b"~", b"A4FF9", b"A4FF9C0", b"+12345"].iter().skip(3) {
            assert_eq!(address(bad), Err(ErrorKind::BadAddress));
        }
        assert_eq!(address(b""), Err(ErrorKind::BadAddress));
    }

    #[test]
    fn values_beyond_what_aircraft_do_are_refused() {
        assert_eq!(position(91.0, 0.0), Err(ErrorKind::ImpossiblePosition));
        assert_eq!(position(f64::NAN, 0.0), Err(ErrorKind::ImpossiblePosition));
        assert_eq!(altitude_ft(1e9), Err(ErrorKind::ImpossibleValue));
        assert_eq!(speed_kt(-5.0), Err(ErrorKind::ImpossibleValue));
        assert_eq!(speed_kt(f64::NAN), Err(ErrorKind::ImpossibleValue));
        assert_eq!(time_s(32_503_680_000.0), Err(ErrorKind::ImpossibleTime)); // the year 3000
        assert_eq!(squawk(b"1280"), Err(ErrorKind::ImpossibleValue));
        assert_eq!(squawk(b"7700"), Ok(7700));
        assert_eq!(track_deg(361.0), Err(ErrorKind::ImpossibleValue));
    }

    #[test]
    fn accuracy_category_becomes_a_standard_deviation() {
        assert_eq!(sigma_from_nac_p(0.0), Ok(None));
        assert_eq!(sigma_from_nac_p(9.0), Ok(Some(30.0 / 2.45)));
        assert_eq!(sigma_from_nac_p(14.0), Ok(None));
        assert_eq!(sigma_from_nac_p(-1.0), Err(ErrorKind::ImpossibleValue));
    }
}

//! The one place where customary units become SI and back.
//!
//! The factors are exact by definition (ICAO Annex 5, 5th ed. 2010): the
//! international foot is 0.3048 m and the nautical mile 1852 m.

/// Metres in one international foot.
pub const METRES_PER_FOOT: f64 = 0.3048;
/// Metres in one nautical mile.
pub const METRES_PER_NAUTICAL_MILE: f64 = 1852.0;
/// Metres per second in one knot.
pub const MPS_PER_KNOT: f64 = METRES_PER_NAUTICAL_MILE / 3600.0;
/// Metres per second in one foot per minute.
pub const MPS_PER_FPM: f64 = METRES_PER_FOOT / 60.0;
/// Standard gravity, m/s² (ISO 80000-3).
pub const STANDARD_GRAVITY_MPS2: f64 = 9.806_65;

/// Feet to metres.
#[inline]
pub const fn m_from_ft(ft: f64) -> f64 {
    ft * METRES_PER_FOOT
}
/// Metres to feet.
#[inline]
pub const fn ft_from_m(m: f64) -> f64 {
    m / METRES_PER_FOOT
}
/// Nautical miles to metres.
#[inline]
pub const fn m_from_nm(nm: f64) -> f64 {
    nm * METRES_PER_NAUTICAL_MILE
}
/// Metres to nautical miles.
#[inline]
pub const fn nm_from_m(m: f64) -> f64 {
    m / METRES_PER_NAUTICAL_MILE
}
/// Knots to metres per second.
#[inline]
pub const fn mps_from_kt(kt: f64) -> f64 {
    kt * MPS_PER_KNOT
}
/// Metres per second to knots.
#[inline]
pub const fn kt_from_mps(mps: f64) -> f64 {
    mps / MPS_PER_KNOT
}
/// Feet per minute to metres per second.
#[inline]
pub const fn mps_from_fpm(fpm: f64) -> f64 {
    fpm * MPS_PER_FPM
}
/// Metres per second to feet per minute.
#[inline]
pub const fn fpm_from_mps(mps: f64) -> f64 {
    mps / MPS_PER_FPM
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_the_defined_ones() {
        assert_eq!(m_from_ft(1000.0), 304.8);
        assert_eq!(m_from_nm(5.0), 9260.0);
        assert!((mps_from_kt(1.0) - 0.514_444_444_444_444_4).abs() < 1e-15);
        assert!((mps_from_fpm(60.0) - 0.3048).abs() < 1e-15);
        assert!((kt_from_mps(mps_from_kt(450.0)) - 450.0).abs() < 1e-12);
        assert!((fpm_from_mps(mps_from_fpm(-1500.0)) + 1500.0).abs() < 1e-9);
    }
}

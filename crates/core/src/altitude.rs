//! Altitude carries its reference.
//!
//! Pressure altitude, QNH altitude, height above the ellipsoid, above mean sea
//! level and above ground differ by hundreds of feet. Two altitudes can be
//! compared only in one reference; getting there either widens the uncertainty
//! by what the conversion does not know, or is refused.

use std::fmt;

/// What an altitude is measured from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AltitudeReference {
    /// Pressure altitude: standard atmosphere, 1013.25 hPa (QNE, flight levels).
    Pressure,
    /// Barometric altitude with a local altimeter setting (QNH).
    Qnh,
    /// Height above the WGS-84 ellipsoid.
    Ellipsoid,
    /// Height above mean sea level (the geoid).
    MeanSeaLevel,
    /// Height above ground.
    Ground,
}

impl AltitudeReference {
    /// Every reference.
    pub const ALL: [AltitudeReference; 5] = [
        AltitudeReference::Pressure,
        AltitudeReference::Qnh,
        AltitudeReference::Ellipsoid,
        AltitudeReference::MeanSeaLevel,
        AltitudeReference::Ground,
    ];

    /// The reference of a [`name`](Self::name).
    pub fn from_name(name: &str) -> Option<AltitudeReference> {
        Self::ALL.into_iter().find(|r| r.name() == name)
    }

    /// The name used in files and messages.
    pub const fn name(self) -> &'static str {
        match self {
            AltitudeReference::Pressure => "pressure",
            AltitudeReference::Qnh => "qnh",
            AltitudeReference::Ellipsoid => "ellipsoid",
            AltitudeReference::MeanSeaLevel => "msl",
            AltitudeReference::Ground => "ground",
        }
    }
}

impl fmt::Display for AltitudeReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A vertical position and what it is measured from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Altitude {
    /// Metres above the reference.
    pub m: f64,
    /// The reference.
    pub reference: AltitudeReference,
}

/// An altitude after conversion, with the uncertainty that the conversion added.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Converted {
    /// The altitude in the reference asked for.
    pub altitude: Altitude,
    /// Standard deviation added by the conversion, metres; zero if none was needed.
    pub added_sigma_m: f64,
}

/// Why two references could not be brought together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an altitude over {from} cannot be compared with one over {to}: {needs} is not known here")]
pub struct Incomparable {
    /// The reference given.
    pub from: AltitudeReference,
    /// The reference asked for.
    pub to: AltitudeReference,
    /// What would have to be known.
    pub needs: &'static str,
}

/// What is known of atmosphere, geoid and terrain at a place.
///
/// Everything is optional. Where a datum is missing the conversion uses the
/// world-wide spread as its uncertainty, or is refused where even that means
/// nothing (terrain).
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct VerticalContext {
    /// Altimeter setting, hPa.
    pub qnh_hpa: Option<f64>,
    /// Height of the geoid above the ellipsoid, metres.
    pub geoid_undulation_m: Option<f64>,
    /// Pressure altitude minus ellipsoid height, metres, as measured by aircraft
    /// nearby that report both.
    pub pressure_minus_ellipsoid_m: Option<f64>,
    /// Terrain elevation above mean sea level, metres.
    pub terrain_m: Option<f64>,
}

/// Metres of altitude per hPa of altimeter setting near sea level
/// (ICAO Doc 7488, standard atmosphere: 27 to 30 ft per hPa).
const METRES_PER_HPA: f64 = 8.23;
/// Spread of QNH around 1013.25 hPa world-wide (about 12 hPa), as altitude.
const UNKNOWN_QNH_SIGMA_M: f64 = 100.0;
/// Spread of the geoid around the ellipsoid world-wide (EGM2008: −107 m to +86 m).
const UNKNOWN_GEOID_SIGMA_M: f64 = 30.0;
/// Departure of the real temperature profile from the standard atmosphere (about 3 % of height).
const TEMPERATURE_SIGMA_FRACTION: f64 = 0.03;
/// What remains when neighbours that report both altitudes give the difference.
const NEIGHBOUR_SIGMA_M: f64 = 25.0;

impl Altitude {
    /// Pressure altitude, metres.
    pub const fn pressure_m(m: f64) -> Altitude {
        Altitude { m, reference: AltitudeReference::Pressure }
    }

    /// Pressure altitude, feet.
    pub const fn pressure_ft(ft: f64) -> Altitude {
        Altitude::pressure_m(crate::units::m_from_ft(ft))
    }

    /// Height above the ellipsoid, metres.
    pub const fn ellipsoid_m(m: f64) -> Altitude {
        Altitude { m, reference: AltitudeReference::Ellipsoid }
    }

    /// This altitude in another reference.
    ///
    /// # Errors
    /// [`Incomparable`] if terrain would have to be known and is not.
    pub fn to(
        self,
        target: AltitudeReference,
        context: &VerticalContext,
    ) -> Result<Converted, Incomparable> {
        if self.reference == target {
            return Ok(Converted { altitude: self, added_sigma_m: 0.0 });
        }
        if let (Some(difference), Some(sign)) =
            (context.pressure_minus_ellipsoid_m, direct_sign(self.reference, target))
        {
            return Ok(Converted {
                altitude: Altitude { m: self.m + sign * difference, reference: target },
                added_sigma_m: NEIGHBOUR_SIGMA_M,
            });
        }
        // Everything else goes by way of mean sea level.
        let refused = |_| Incomparable {
            from: self.reference,
            to: target,
            needs: "the elevation of the terrain",
        };
        let (above_from, var_from) =
            offset_to_msl(self.reference, self.m, context).map_err(refused)?;
        let msl = self.m + above_from;
        let (above_to, var_to) = offset_to_msl(target, msl, context).map_err(refused)?;
        Ok(Converted {
            altitude: Altitude { m: msl - above_to, reference: target },
            added_sigma_m: (var_from + var_to).sqrt(),
        })
    }
}

fn direct_sign(from: AltitudeReference, to: AltitudeReference) -> Option<f64> {
    match (from, to) {
        (AltitudeReference::Ellipsoid, AltitudeReference::Pressure) => Some(1.0),
        (AltitudeReference::Pressure, AltitudeReference::Ellipsoid) => Some(-1.0),
        _ => None,
    }
}

struct TerrainUnknown;

/// What to add to an altitude over `reference` to get mean sea level, and the
/// variance of that, m and m².
fn offset_to_msl(
    reference: AltitudeReference,
    m: f64,
    context: &VerticalContext,
) -> Result<(f64, f64), TerrainUnknown> {
    let temperature_var = (TEMPERATURE_SIGMA_FRACTION * m).powi(2);
    match reference {
        AltitudeReference::MeanSeaLevel => Ok((0.0, 0.0)),
        AltitudeReference::Qnh => Ok((0.0, temperature_var)),
        AltitudeReference::Pressure => Ok(match context.qnh_hpa {
            Some(qnh) => ((qnh - 1013.25) * METRES_PER_HPA, temperature_var),
            None => (0.0, temperature_var + UNKNOWN_QNH_SIGMA_M.powi(2)),
        }),
        AltitudeReference::Ellipsoid => Ok(match context.geoid_undulation_m {
            Some(undulation) => (-undulation, 1.0),
            None => (0.0, UNKNOWN_GEOID_SIGMA_M.powi(2)),
        }),
        AltitudeReference::Ground => match context.terrain_m {
            Some(terrain) => Ok((terrain, 25.0)),
            None => Err(TerrainUnknown),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_reference_costs_nothing() {
        let a = Altitude::pressure_ft(35_000.0);
        let c = a.to(AltitudeReference::Pressure, &VerticalContext::default()).unwrap();
        assert_eq!((c.altitude, c.added_sigma_m), (a, 0.0));
    }

    #[test]
    fn crossing_references_widens() {
        let a = Altitude::ellipsoid_m(10_000.0);
        let blind = a.to(AltitudeReference::Pressure, &VerticalContext::default()).unwrap();
        assert!(blind.added_sigma_m > 200.0, "{blind:?}");
        let known =
            VerticalContext { pressure_minus_ellipsoid_m: Some(-180.0), ..Default::default() };
        let informed = a.to(AltitudeReference::Pressure, &known).unwrap();
        assert_eq!(informed.altitude.m, 9820.0);
        assert!(informed.added_sigma_m < 30.0);
    }

    #[test]
    fn qnh_shifts_by_the_setting() {
        let known = VerticalContext { qnh_hpa: Some(1023.25), ..Default::default() };
        let c = Altitude::pressure_m(1000.0).to(AltitudeReference::MeanSeaLevel, &known).unwrap();
        assert!((c.altitude.m - 1082.3).abs() < 0.1);
        let back = c.altitude.to(AltitudeReference::Pressure, &known).unwrap();
        assert!((back.altitude.m - 1000.0).abs() < 1e-9);
    }

    #[test]
    fn height_above_unknown_ground_is_refused() {
        let agl = Altitude { m: 120.0, reference: AltitudeReference::Ground };
        let refusal = agl.to(AltitudeReference::Pressure, &VerticalContext::default()).unwrap_err();
        assert!(refusal.to_string().contains("terrain"));
    }
}

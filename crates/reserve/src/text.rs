//! Altitudes, times, places and lists as people write them, and back without loss.

use deconflict_core::altitude::AltitudeReference;
use deconflict_core::units::{ft_from_m, m_from_ft};
use deconflict_core::{Altitude, GeoPoint, Time};
use jiff::Timestamp;

/// Reads an altitude: `FL245`, `4500 ft msl`, `1200 m ellipsoid`, `GND` (0 m over ground);
/// `UNL` is no limit.
///
/// # Errors
/// What is wrong with it, in words.
pub fn altitude(text: &str) -> Result<Option<Altitude>, String> {
    let upper = text.trim().to_ascii_uppercase();
    match upper.as_str() {
        "UNL" | "UNLIMITED" => return Ok(None),
        "GND" | "SFC" => {
            return Ok(Some(Altitude { m: 0.0, reference: AltitudeReference::Ground }));
        }
        _ => {}
    }
    let number = |text: &str| text.parse::<f64>().ok().filter(|m| m.is_finite());
    if let Some(level) = upper.strip_prefix("FL").map(str::trim) {
        let level = number(level)
            .filter(|l| (0.0..=2000.0).contains(l))
            .ok_or_else(|| format!("'{text}' is no flight level: write FL245"))?;
        return Ok(Some(Altitude::pressure_ft(level * 100.0)));
    }
    let words: Vec<&str> = upper.split_whitespace().collect();
    let [value, unit, reference] = words[..] else {
        return Err(format!(
            "'{text}' is no altitude: write FL245, 4500 ft msl, 1200 m ellipsoid, GND or UNL"
        ));
    };
    let value = number(value).ok_or_else(|| format!("'{value}' is no number"))?;
    let m = match unit {
        "M" => value,
        "FT" => m_from_ft(value),
        _ => return Err(format!("'{unit}' is no unit of altitude: write m or ft")),
    };
    let name = match reference {
        "AGL" => "ground",
        "AMSL" => "msl",
        "WGS84" | "W84" => "ellipsoid",
        other => &other.to_ascii_lowercase(),
    };
    let reference = AltitudeReference::from_name(name).ok_or_else(|| {
        let names = AltitudeReference::ALL.map(AltitudeReference::name).join(", ");
        format!("'{reference}' is no reference of altitude: write one of {names}")
    })?;
    if !(-2_000.0..=100_000.0).contains(&m) {
        return Err(format!("'{text}' is not between -2000 m and 100000 m"));
    }
    Ok(Some(Altitude { m, reference }))
}

/// Writes an altitude so that [`altitude`] reads the same number: as a flight level where it is
/// one, in metres otherwise.
pub fn write_altitude(altitude: Altitude) -> String {
    let level = (ft_from_m(altitude.m) / 100.0).round();
    let is_level = altitude.reference == AltitudeReference::Pressure
        && level >= 0.0
        && Altitude::pressure_ft(level * 100.0).m == altitude.m;
    if is_level {
        format!("FL{level:03}")
    } else {
        format!("{} m {}", altitude.m, altitude.reference)
    }
}

/// Reads an instant, RFC 3339: `2026-03-01T10:00:00Z`.
///
/// # Errors
/// What is wrong with it, in words.
pub fn time(text: &str) -> Result<Time, String> {
    let stamp: Timestamp = text
        .trim()
        .parse()
        .map_err(|_| format!("'{text}' is no time: write it like 2026-03-01T10:00:00Z"))?;
    i64::try_from(stamp.as_nanosecond())
        .map(Time::from_nanos)
        .map_err(|_| format!("'{text}' is not between the years 1678 and 2262"))
}

/// Writes an instant so that [`time`] reads the same nanosecond.
pub fn write_time(time: Time) -> String {
    Timestamp::from_nanosecond(i128::from(time.as_nanos()))
        .map_or_else(|_| time.to_string(), |stamp| stamp.to_string())
}

/// Reads a place: latitude and longitude in degrees, `34.5 -40.25`.
///
/// # Errors
/// What is wrong with it, in words.
pub fn point(text: &str) -> Result<GeoPoint, String> {
    let numbers: Vec<f64> = text
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|word| !word.is_empty())
        .map(|word| word.parse().map_err(|_| format!("'{word}' is no number")))
        .collect::<Result<_, _>>()?;
    let [lat, lon] = numbers[..] else {
        return Err(format!("'{text}' is no place: write latitude and longitude, 34.5 -40.25"));
    };
    place(lat, lon)
}

/// A place from degrees.
///
/// # Errors
/// What is wrong with it, in words.
pub fn place(lat: f64, lon: f64) -> Result<GeoPoint, String> {
    // Turned back in degrees, to a tenth of a micrometre: 180.3 is -179.7, and what is read can
    // be written as it was read.
    let back = |lon: f64| (lon * 1e12).round() / 1e12;
    let turned = match lon {
        lon if lon > 180.0 && lon <= 360.0 => back(lon - 360.0),
        lon if (-360.0..-180.0).contains(&lon) => back(lon + 360.0),
        lon => lon,
    };
    GeoPoint::from_deg(lat, turned).ok_or_else(|| {
        format!("latitude {lat}, longitude {lon} is not on the globe (latitude -90 to 90)")
    })
}

/// Degrees of an angle that come back as the same radians.
pub fn degrees(rad: f64) -> f64 {
    // The nearest double usually does; where it does not, one of its neighbours.
    let nearest = rad.to_degrees();
    let rounded = (nearest * 1e9).round() / 1e9;
    [rounded, nearest, nearest.next_up(), nearest.next_down()]
        .into_iter()
        .find(|d| d.to_radians() == rad)
        .unwrap_or(nearest)
}

/// Writes a place as [`point`] reads it.
pub fn write_point(point: GeoPoint) -> String {
    format!("{} {}", degrees(point.lat_rad()), degrees(point.lon_rad()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn altitudes_as_people_write_them() {
        let read = |text| altitude(text).unwrap();
        assert_eq!(read("FL245"), Some(Altitude::pressure_ft(24_500.0)));
        assert_eq!(read("unl"), None);
        assert_eq!(read("4500 ft AGL").unwrap().reference, AltitudeReference::Ground);
        assert_eq!(write_altitude(Altitude::pressure_ft(5_000.0)), "FL050");
        for (text, says) in [
            ("245", "is no altitude"),
            ("FLxx", "no flight level"),
            ("1 km msl", "no unit"),
            ("1 m sea", "write one of pressure"),
            ("1e9 m msl", "not between"),
            ("nan m msl", "no number"),
        ] {
            assert!(altitude(text).unwrap_err().contains(says), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            m in -2_000.0..100_000.0f64, reference in 0usize..5, nanos: i64,
            lat in -90.0..=90.0f64, lon in -180.0..=180.0f64, level in 0u32..600,
        ) {
            let a = Altitude { m, reference: AltitudeReference::ALL[reference] };
            prop_assert_eq!(altitude(&write_altitude(a)), Ok(Some(a)));
            let level = Altitude::pressure_ft(f64::from(level) * 100.0);
            prop_assert_eq!(altitude(&write_altitude(level)), Ok(Some(level)));
            let t = Time::from_nanos(nanos);
            prop_assert_eq!(time(&write_time(t)), Ok(t));
            let p = GeoPoint::from_deg(lat, lon).unwrap();
            let back = point(&write_point(p)).unwrap();
            prop_assert!(p.distance_m(back) < 1e-6);
            prop_assert_eq!(point(&write_point(back)), Ok(back));
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = (altitude(&text), time(&text), point(&text));
        }
    }
}

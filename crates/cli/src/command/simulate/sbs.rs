//! Reports as BaseStation writes them: one line for what each squitter carries.

use deconflict_core::units::{fpm_from_mps, ft_from_m, kt_from_mps};
use deconflict_core::{Report, Technique, Time};
use std::io::{self, Write};

pub fn write(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let kind = if report.technique == Technique::Mlat { "MLAT" } else { "MSG" };
    let head = |number: u8| {
        let (measured, received) = (stamp(report.measured), stamp(report.received));
        let address = report.address.to_string().to_uppercase();
        format!("{kind},{number},1,1,{address},1,{measured},{received}")
    };
    let text = |value: Option<String>| value.unwrap_or_default();
    let ground = text(report.on_ground.map(|g| if g { "-1" } else { "0" }.to_owned()));
    if let Some(callsign) = report.callsign {
        writeln!(out, "{},{callsign},,,,,,,,,,,", head(1))?;
    }
    if let Some(position) = report.position {
        let level = text(report.pressure_altitude_m.map(|m| format!("{:.0}", ft_from_m(m))));
        let (lat, lon) = (position.lat_deg(), position.lon_deg());
        writeln!(out, "{},,{level},,,{lat:.6},{lon:.6},,,,,,{ground}", head(3))?;
    }
    if report.ground_speed_mps.is_some() || report.vertical_rate_mps.is_some() {
        let speed = text(report.ground_speed_mps.map(|v| format!("{:.1}", kt_from_mps(v))));
        let track = text(report.track_rad.map(|t| format!("{:.1}", t.to_degrees())));
        let rate = text(report.vertical_rate_mps.map(|v| format!("{:.0}", fpm_from_mps(v))));
        writeln!(out, "{},,,{speed},{track},,,{rate},,,,,{ground}", head(4))?;
    }
    Ok(())
}

/// `2017/12/13,08:00:00.000`, as two fields.
fn stamp(time: Time) -> String {
    time.to_string().trim_end_matches('Z').replace('-', "/").replace('T', ",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use deconflict_core::{Address, GeoPoint};

    #[test]
    fn lines_have_the_fields_of_basestation() {
        let time = Time::from_millis(1_513_152_000_250);
        let mut report = Report::new(0, Address::icao(0xabcdef), Technique::AdsB, time);
        report.position = GeoPoint::from_deg(35.0, 40.5);
        report.pressure_altitude_m = Some(7620.0);
        report.ground_speed_mps = Some(100.0);
        let mut out = Vec::new();
        write(&mut out, &report).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().count(), 2);
        assert!(text.lines().all(|l| l.split(',').count() == 22), "{text}");
        assert!(text.starts_with(
            "MSG,3,1,1,ABCDEF,1,2017/12/13,08:00:00.250,2017/12/13,08:00:00.250,,25000,,,35.0"
        ));
    }
}

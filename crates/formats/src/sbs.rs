//! SBS-1 / BaseStation text: one comma-separated line a message.
//!
//! The 22 fields, as Kinetic's BaseStation sends them on port 30003 and as
//! dump1090 and readsb imitate them (`net_io.c`, `modesSendSBSOutput`; described
//! at <http://woodair.net/sbs/article/barebones42_socket_data.htm>):
//!
//! | # | field | here |
//! | --- | --- | --- |
//! | 1 | message type: `MSG`; `SEL ID AIR STA CLK` tell of the display, not of aircraft; `MLAT` from multilateration clients | technique |
//! | 2 | transmission type 1 to 8 | technique |
//! | 3-4, 6 | numbers of session, aircraft, flight in a database | - |
//! | 5 | 24-bit address, hexadecimal | address |
//! | 7-8 | date and time the message was generated | measured |
//! | 9-10 | date and time the message was logged | received |
//! | 11 | call sign | callsign |
//! | 12 | pressure altitude, ft | pressure altitude |
//! | 13-14 | ground speed, kt; track, ° | |
//! | 15-16 | latitude, longitude, ° | position |
//! | 17 | vertical rate, ft/min | |
//! | 18 | squawk | |
//! | 19-21 | flags: squawk change, emergency, ident | - |
//! | 22 | on the ground: `-1` or `1`, airborne `0` | on_ground |
//!
//! Transmission types 1 to 4 come from extended squitters, 5 to 8 from replies
//! to interrogation. The format has no room for ADS-R or TIS-B: what a receiver
//! writes as `MSG,3` may be either, so a ghost cannot be told by its technique here.
//!
//! The dates are local time of whoever wrote them; UTC is assumed unless
//! [`Options::utc_offset_s`](crate::Options::utc_offset_s) says otherwise.
//!
//! Two dialects are read along with it:
//! - **ns-offset** (logs of stratux): `START,Wed Sep 2 04:23:37 +0000 UTC 2015`
//!   opens a session, and each line begins with the nanoseconds since then, its
//!   own date fields being empty. Such receivers often have no real-time clock:
//!   sessions after a power cut may claim to begin before the last one ended
//!   (see [`Options::restart_gap_s`](crate::Options::restart_gap_s)). A cut can
//!   also leave half a line, or a block of NULs, in front of the next `START`.
//! - **`MLAT,3`** (multilateration results, 25 fields): three more at the end, unused.

use crate::date::{Calendar, unix_style};
use crate::error::ErrorKind;
use crate::field;
use crate::reader::Options;
use crate::sink::Sink;
use deconflict_core::{Report, Technique, Time};

const FIELDS: usize = 22;

/// Decodes lines; keeps the date and the session in between.
#[derive(Debug)]
pub(crate) struct Sbs {
    generated: Calendar,
    logged: Calendar,
    session: Option<Time>,
    utc_offset_s: i32,
    restart_gap_s: Option<f64>,
}

impl Sbs {
    pub(crate) fn new(options: &Options) -> Sbs {
        Sbs {
            generated: Calendar::default(),
            logged: Calendar::default(),
            session: None,
            utc_offset_s: options.utc_offset_s,
            restart_gap_s: options.restart_gap_s,
        }
    }

    pub(crate) fn line(&mut self, line: &[u8], sink: &mut Sink) {
        let mut fields = [&b""[..]; FIELDS];
        let mut found = 0;
        for part in line.split(|byte| *byte == b',') {
            match fields.get_mut(found) {
                Some(field) => *field = part,
                None => break,
            }
            found += 1;
        }
        match fields[0] {
            b"MSG" | b"MLAT" if found == FIELDS => self.message(&fields, None, sink),
            b"SEL" | b"ID" | b"AIR" | b"STA" | b"CLK" => sink.silent(),
            first => self.dialect(line, first, sink),
        }
    }

    /// Whatever does not begin as BaseStation does.
    fn dialect(&mut self, line: &[u8], first: &[u8], sink: &mut Sink) {
        if let Some(start) = memchr::memmem::find(line, b"START,") {
            if line[..start].iter().any(|byte| *byte != 0) {
                sink.error(ErrorKind::Truncated, "record", line);
            } else {
                sink.silent();
            }
            return self.start(&line[start + 6..], sink);
        }
        match first {
            b"MSG" | b"MLAT" => sink.error(ErrorKind::Truncated, "record", line),
            offset if field::whole(offset).is_ok() => self.offset_line(line, offset, sink),
            _ => sink.error(ErrorKind::UnknownMessage, "record", line),
        }
    }

    fn start(&mut self, text: &[u8], sink: &mut Sink) {
        let Some(said) =
            sink.keep("START", text, unix_style(text).ok_or(ErrorKind::ImpossibleTime))
        else {
            // Offsets of a session whose beginning is unknown mean nothing.
            self.session = None;
            return;
        };
        let begin = match (self.restart_gap_s, sink.statistics.last) {
            (Some(gap_s), Some(last)) if said <= last => last.plus_s(gap_s),
            _ => said,
        };
        self.session = Some(begin);
    }

    /// `nanoseconds,MSG,…`: one field more in front.
    fn offset_line(&mut self, line: &[u8], offset: &[u8], sink: &mut Sink) {
        let mut fields = [&b""[..]; FIELDS];
        let mut parts = line.split(|byte| *byte == b',').skip(1);
        for field in &mut fields {
            match parts.next() {
                Some(part) => *field = part,
                None => return sink.error(ErrorKind::Truncated, "record", line),
            }
        }
        if !matches!(fields[0], b"MSG" | b"MLAT") {
            return sink.error(ErrorKind::UnknownMessage, "record", line);
        }
        let Some(session) = self.session else {
            return sink.error(ErrorKind::MissingField, "START", line);
        };
        let instant = field::whole(offset).and_then(|nanos| {
            // `whole` keeps to 18 digits, so the count fits.
            field::possible_time(Time::from_nanos(session.as_nanos().saturating_add(nanos as i64)))
        });
        if let Some(instant) = sink.keep("offset", offset, instant) {
            self.message(&fields, Some(instant), sink);
        }
    }

    #[inline]
    fn message(&mut self, fields: &[&[u8]; FIELDS], instant: Option<Time>, sink: &mut Sink) {
        let [_, kind, _, _, hex, _, date1, time1, date2, time2, ..] = *fields;
        let [.., callsign, altitude, speed, track, lat, lon, rate, squawk, _, _, _, ground] =
            *fields;

        let technique = match (fields[0], kind) {
            (b"MLAT", _) => Technique::Mlat,
            (_, b"1" | b"2" | b"3" | b"4") => Technique::AdsB,
            (_, b"5" | b"6" | b"7" | b"8") => Technique::ModeS,
            _ => return sink.error(ErrorKind::UnknownMessage, "transmission type", kind),
        };
        let Some(address) = sink.keep("address", hex, field::address(hex)) else { return };
        let Some((measured, received)) = (match instant {
            Some(instant) => Some((instant, instant)),
            None => self.times([date1, time1, date2, time2], sink),
        }) else {
            return;
        };

        let mut report = Report::new(sink.feed, address, technique, measured);
        report.received = received;
        report.callsign = filled(callsign)
            .and_then(|text| sink.keep("callsign", text, field::callsign(text)).flatten());
        report.pressure_altitude_m = quantity("altitude", altitude, field::altitude_ft, sink);
        report.ground_speed_mps = quantity("ground speed", speed, field::speed_kt, sink);
        report.track_rad = quantity("track", track, field::track_deg, sink);
        report.vertical_rate_mps = quantity("vertical rate", rate, field::rate_fpm, sink);
        if !lat.is_empty() && !lon.is_empty() {
            let lat_deg = sink.keep("latitude", lat, field::number(lat));
            let lon_deg = sink.keep("longitude", lon, field::number(lon));
            report.position = lat_deg
                .zip(lon_deg)
                .and_then(|(la, lo)| sink.keep("position", lat, field::position(la, lo)));
        }
        report.squawk =
            filled(squawk).and_then(|code| sink.keep("squawk", code, field::squawk(code)));
        report.on_ground = match ground {
            b"-1" | b"1" => Some(true),
            b"0" => Some(false),
            // Type 2 is the surface position message.
            _ => (kind == b"2").then_some(true),
        };
        sink.report(report);
    }

    /// Generated and logged; where one of the two is empty, the other stands for it.
    #[inline]
    fn times(&mut self, texts: [&[u8]; 4], sink: &mut Sink) -> Option<(Time, Time)> {
        let [date1, time1, date2, time2] = texts;
        let shift = -f64::from(self.utc_offset_s);
        let mut read = |calendar: &mut Calendar, date: &[u8], time: &[u8]| {
            let said = !(date.is_empty() && time.is_empty());
            said.then(|| sink.keep("time", time, calendar.instant(date, time)))
        };
        let generated = read(&mut self.generated, date1, time1);
        // Usually the same text twice.
        let logged = match (date1, time1) == (date2, time2) {
            true => generated,
            false => read(&mut self.logged, date2, time2),
        };
        let (generated, logged) = match (generated, logged) {
            (None, None) => {
                sink.error(ErrorKind::MissingField, "time", b"");
                return None;
            }
            (Some(time), None) | (None, Some(time)) => (time?, time?),
            // A wrong time is not mended from the other: which is right is unknown.
            (Some(generated), Some(logged)) => (generated?, logged?),
        };
        match self.utc_offset_s {
            0 => Some((generated, logged)),
            _ => Some((generated.plus_s(shift), logged.plus_s(shift))),
        }
    }
}

/// A field that says something.
#[inline]
fn filled(field: &[u8]) -> Option<&[u8]> {
    (!field.is_empty()).then_some(field)
}

#[inline]
fn quantity(
    name: &'static str,
    bytes: &[u8],
    limit: fn(f64) -> Result<f64, ErrorKind>,
    sink: &mut Sink,
) -> Option<f64> {
    filled(bytes)?;
    sink.keep(name, bytes, field::number(bytes).and_then(limit))
}

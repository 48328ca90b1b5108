//! Aircraft as events.

use super::config::{Affiliation, AltitudeAs};
use super::event::{Contact, Course, Event, Own, Remarks, Span, UNKNOWN, event, text};
use cot_proto::base::Point;
use deconflict_core::altitude::VerticalContext;
use deconflict_core::units::{m_from_ft, mps_from_kt};
use deconflict_core::{Altitude, AltitudeReference, Time};
use deconflict_picture::{Motion, Track, Who};

/// How far a position can be trusted, worse being more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Freshness {
    Live,
    Coasting,
    Stale,
}

impl Freshness {
    /// From a picture, in the numbers of its rows: 0 live, 1 coasting, 2 stale. What is none
    /// of these is not trusted.
    pub fn of(motion: &Motion) -> Freshness {
        match motion.freshness as u8 {
            0 => Freshness::Live,
            1 => Freshness::Coasting,
            _ => Freshness::Stale,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Freshness::Live => "live",
            Freshness::Coasting => "coasting",
            Freshness::Stale => "stale",
        }
    }
}

/// How tracks are told.
#[derive(Clone, Debug)]
pub(super) struct TrackStyle {
    /// First part of all names.
    pub prefix: String,
    pub affiliation: Affiliation,
    pub altitude: AltitudeAs,
    /// Seconds between two events of a track.
    pub every_s: f64,
}

impl TrackStyle {
    /// The name of a track: by its number and never by who it is, as that may be hidden, or
    /// become known.
    pub fn uid(&self, track: u64) -> String {
        format!("{}.track.{track}", self.prefix)
    }

    /// The type of an event for a class of aircraft. What it flies like, not whose it is: the
    /// picture says nothing of civil or military, but for classes that only one of them has.
    pub fn kind(&self, class: &str) -> String {
        let rest = match class {
            "transport" | "light" | "glider" | "tow-plane" | "ultralight" => "A-C-F",
            "high-performance" => "A-M-F",
            "tanker" => "A-M-F-K",
            "rotorcraft" => "A-C-H",
            "lighter-than-air" => "A-C-L",
            "uncrewed" => "A-C-F-q",
            "surface" => "G-E-V-C",
            _ => "A",
        };
        format!("a-{}-{rest}", self.affiliation.letter())
    }

    /// The event of a track.
    pub fn event(&self, track: &Track, time: Time) -> Event {
        let (who, motion) = (&*track.who, &track.motion);
        let seen = time.plus_s(-motion.age_s.max(0.0));
        let (span, how) = match Freshness::of(motion) {
            // Two events may be lost before it looks stale …
            Freshness::Live => (Span::lasting(time, (3.0 * self.every_s).max(5.0)), "m-f"),
            // … one of what is extrapolated …
            Freshness::Coasting => (Span::lasting(time, (2.0 * self.every_s).max(3.0)), "m-f"),
            // … and what is stale is stale from the beginning (OUT-4).
            Freshness::Stale => (Span { time, start: seen, stale: seen }, "m-f"),
        };
        let mut event =
            event(&self.uid(who.id), &self.kind(who.class), how, span, self.point(who, motion));
        event.detail.contact = Some(Contact { callsign: text(&who.name()) });
        if let (Some(course), Some(kt)) = (motion.trk_deg, motion.gs_kt) {
            let speed = (mps_from_kt(kt) * 10.0).round() / 10.0;
            event.detail.track = Some(Course { course, speed });
        }
        event.detail.remarks = Some(Remarks { text: text(&remarks(who, motion)) });
        event.detail.deconflict = Some(Own {
            track: Some(who.id),
            freshness: Some(Freshness::of(motion).name().to_owned()),
            age_s: Some(motion.age_s),
            class: Some(who.class.to_owned()),
            alt_ft: motion.alt_ft,
            alt_reference: who.alt_reference.map(str::to_owned),
            vs_fpm: motion.vs_fpm,
            ..Own::default()
        });
        event
    }

    fn point(&self, who: &Who, motion: &Motion) -> Point {
        let (hae, le) = self.height(who, motion).unwrap_or((UNKNOWN, UNKNOWN));
        let ce = match (Freshness::of(motion), motion.sigma_m) {
            (Freshness::Live | Freshness::Coasting, Some(sigma_m)) => sigma_m as f32,
            _ => UNKNOWN,
        };
        Point { lat: motion.lat_deg, lon: motion.lon_deg, ce, hae, le }
    }

    /// Height above the ellipsoid and its error. A pressure altitude is none: with the weather
    /// it is up to hundreds of metres off. It is converted only if that was asked for, with
    /// the error that this makes.
    fn height(&self, who: &Who, motion: &Motion) -> Option<(f32, f32)> {
        let m = m_from_ft(motion.alt_ft?);
        if who.alt_reference == Some(AltitudeReference::Ellipsoid.name()) {
            return Some((m.round() as f32, UNKNOWN));
        }
        let is_pressure = who.alt_reference == Some(AltitudeReference::Pressure.name());
        if self.altitude != AltitudeAs::Converted || !is_pressure {
            return None;
        }
        let nothing_known = VerticalContext::default();
        let converted =
            Altitude::pressure_m(m).to(AltitudeReference::Ellipsoid, &nothing_known).ok()?;
        Some((converted.altitude.m.round() as f32, converted.added_sigma_m.ceil() as f32))
    }
}

fn remarks(who: &Who, motion: &Motion) -> String {
    let mut parts = Vec::new();
    match Freshness::of(motion) {
        Freshness::Live => {}
        Freshness::Coasting => {
            parts.push(format!("extrapolated, last seen {:.0} s ago", motion.age_s));
        }
        Freshness::Stale => {
            parts.push(format!("STALE: last seen {:.0} s ago, not to be trusted", motion.age_s));
        }
    }
    match (motion.alt_ft, who.alt_reference) {
        (Some(ft), Some("ellipsoid")) => parts.push(format!("{ft:.0} ft above the ellipsoid")),
        (Some(ft), Some(reference)) => parts.push(format!("{ft:.0} ft ({reference} altitude)")),
        (Some(ft), None) => parts.push(format!("{ft:.0} ft")),
        (None, _) => parts.push("altitude unknown".to_owned()),
    }
    let known = [
        ("", Some(who.class)),
        ("operator ", who.operator.as_deref()),
        ("formation ", who.formation.as_deref()),
        ("squawk ", who.squawk.as_deref()),
        ("address ", who.address.as_deref()),
    ];
    parts.extend(known.iter().filter_map(|(word, value)| Some(format!("{word}{}", (*value)?))));
    if who.on_ground {
        parts.push("on the ground".to_owned());
    }
    parts.join("; ")
}

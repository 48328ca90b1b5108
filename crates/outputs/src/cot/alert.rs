//! Alerts and missing feeds as events.

use super::config::AlertsAs;
use super::event::{
    Contact, Emergency, Event, Link, Own, Remarks, Span, UNKNOWN, deletion, event, nowhere, text,
};
use super::track::TrackStyle;
use cot_proto::base::Point;
use deconflict_core::{GeoPoint, Time};
use deconflict_picture::{Alert, AlertState, Seen, Side};

/// How alerts are told.
#[derive(Clone, Debug)]
pub(super) struct AlertStyle {
    pub alerts: AlertsAs,
    pub tracks: TrackStyle,
}

impl AlertStyle {
    fn kind(&self) -> &'static str {
        match self.alerts {
            AlertsAs::Emergency => "b-a-o-tbl",
            AlertsAs::Marker | AlertsAs::None => "b-m-p-s-m",
        }
    }

    fn lasting_s(&self) -> f64 {
        (3.0 * self.tracks.every_s).max(10.0)
    }

    fn uid(&self, alert: &str) -> String {
        format!("{}.alert.{alert}", self.tracks.prefix)
    }

    /// An alert that is on; or its end, which is two events: that it is over, for those who
    /// list alarms, and that it is to be taken from the map.
    pub fn events(&self, alert: &Alert, seen: &Seen) -> Vec<Event> {
        let uid = self.uid(&alert.id);
        let time = alert.time.0.max(seen.time);
        let open = alert.is_open();
        let (kind, span) = match (open, self.alerts) {
            (true, _) => (self.kind(), Span::lasting(time, self.lasting_s())),
            (false, AlertsAs::Emergency) => ("b-a-o-can", Span::lasting(time, 0.0)),
            (false, _) => (self.kind(), Span::lasting(time, 0.0)),
        };
        let mut told = event(&uid, kind, "m-f", span, place(alert, seen));
        let names = format!("{} / {}", alert.a.name, alert.b.name);
        let callsign = text(&format!("{}: {names}", title(alert.state)));
        told.detail.contact = Some(Contact { callsign: callsign.clone() });
        if self.alerts == AlertsAs::Emergency {
            told.detail.emergency = Some(Emergency {
                kind: open.then(|| title(alert.state).to_owned()),
                cancel: (!open).then_some(true),
                who: text(&names),
            });
        }
        told.detail.link = vec![self.link(&alert.a), self.link(&alert.b)];
        told.detail.remarks = Some(Remarks { text: text(&remarks(alert)) });
        told.detail.deconflict = Some(Own {
            alert: Some(text(&alert.id)),
            state: Some(alert.state.name().to_owned()),
            t_in_s: alert.figures.t_in_s,
            probability: alert.figures.probability,
            ..Own::default()
        });
        match open {
            true => vec![told],
            false => vec![told, deletion(&uid, self.kind(), time)],
        }
    }

    /// Takes an alert from the map of which nothing more can be said.
    pub fn gone(&self, alert: &str, time: Time) -> Event {
        deletion(&self.uid(alert), self.kind(), time)
    }

    fn link(&self, side: &Side) -> Link {
        Link {
            uid: text(&self.tracks.uid(side.track)),
            kind: self.tracks.kind(&side.class),
            relation: "p-p".to_owned(),
        }
    }

    /// A feed is silent: the picture has a hole. Told whatever else is told, since without it
    /// an empty map would look like an empty sky.
    pub fn silent(&self, feed: &str, at: Option<GeoPoint>, time: Time) -> Event {
        let span = Span::lasting(time, self.lasting_s());
        let uid = self.feed_uid(feed);
        let mut told = event(&uid, self.kind(), "m-f", span, at.map_or_else(nowhere, somewhere));
        let callsign = text(&format!("Picture incomplete: {feed}"));
        told.detail.contact = Some(Contact { callsign });
        if self.alerts == AlertsAs::Emergency {
            told.detail.emergency = Some(Emergency {
                kind: Some("Picture incomplete".to_owned()),
                cancel: None,
                who: text(feed),
            });
        }
        let words = format!("{feed} is silent: aircraft may be missing, and others be stale");
        told.detail.remarks = Some(Remarks { text: text(&words) });
        told.detail.deconflict = Some(Own { silent: Some(text(feed)), ..Own::default() });
        told
    }

    /// The feed is back.
    pub fn back(&self, feed: &str, time: Time) -> Vec<Event> {
        let uid = self.feed_uid(feed);
        let deleted = deletion(&uid, self.kind(), time);
        if self.alerts != AlertsAs::Emergency {
            return vec![deleted];
        }
        let mut over = event(&uid, "b-a-o-can", "m-f", Span::lasting(time, 0.0), nowhere());
        over.detail.emergency = Some(Emergency { kind: None, cancel: Some(true), who: text(feed) });
        over.detail.remarks = Some(Remarks { text: text(&format!("{feed} is back")) });
        vec![over, deleted]
    }

    fn feed_uid(&self, feed: &str) -> String {
        format!("{}.feed.{feed}", self.tracks.prefix)
    }
}

const fn title(state: AlertState) -> &'static str {
    match state {
        AlertState::Predicted => "Loss of separation predicted",
        AlertState::Imminent => "Loss of separation imminent",
        AlertState::Lost => "Separation lost",
        AlertState::Ended => "Alert ended",
    }
}

fn remarks(alert: &Alert) -> String {
    let mut parts = vec![alert.reason.clone()];
    let f = &alert.figures;
    if let (true, Some(nm), Some(s)) = (alert.is_open(), f.cpa_nm, f.tcpa_s.filter(|s| *s > 0.0)) {
        let ft = f.cpa_ft.map(|ft| format!(" / {ft:.0} ft")).unwrap_or_default();
        parts.push(format!("closest in {s:.0} s: {nm:.1} NM{ft}"));
    }
    if let Some(acknowledged) = &alert.acknowledged {
        parts.push(format!("acknowledged by {}", acknowledged.by));
    }
    parts.join("; ")
}

fn somewhere(at: GeoPoint) -> Point {
    Point { lat: at.lat_deg(), lon: at.lon_deg(), ..nowhere() }
}

/// Where the two will be closest; else between where they are; else where one of them is.
fn place(alert: &Alert, seen: &Seen) -> Point {
    let expected = alert.figures.at_cpa.and_then(|both| {
        let point = |(lon, lat, _): (f64, f64, Option<f64>)| GeoPoint::from_deg(lat, lon);
        Some((point(both.a)?, point(both.b)?))
    });
    let now = |side: &Side| {
        let at = seen.tracks.binary_search_by_key(&side.track, |track| track.who.id).ok()?;
        let motion = &seen.tracks[at].motion;
        GeoPoint::from_deg(motion.lat_deg, motion.lon_deg)
    };
    match (expected, now(&alert.a), now(&alert.b)) {
        (Some((a, b)), _, _) | (None, Some(a), Some(b)) => {
            let (azimuth_rad, distance_m) = a.azimuth_and_distance(b);
            let middle = a.destination(azimuth_rad, 0.5 * distance_m);
            // An area around the point, with both in it.
            Point { ce: (0.5 * distance_m).ceil() as f32, ..somewhere(middle) }
        }
        (None, Some(one), None) | (None, None, Some(one)) => somewhere(one),
        (None, None, None) => Point { ce: UNKNOWN, ..nowhere() },
    }
}

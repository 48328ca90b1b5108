//! Warnings about one aircraft as events.

use super::config::AlertsAs;
use super::event::{
    Contact, Emergency, Event, Link, Own, Remarks, Span, deletion, event, nowhere, text,
};
use super::track::TrackStyle;
use cot_proto::base::Point;
use deconflict_core::Time;
use deconflict_picture::{Warning, WarningState};

/// How warnings are told.
#[derive(Clone, Debug)]
pub(super) struct WarningStyle {
    pub warnings: AlertsAs,
    pub tracks: TrackStyle,
}

impl WarningStyle {
    /// TAK knows an alarm for who crosses the edge of an area, a "geo-fence breach" (`b-a-g`). It
    /// has none for who has left a plan, and that is no emergency: it is a marker.
    fn kind(&self, warning: &Warning) -> &'static str {
        match self.is_alarm(warning) {
            true => "b-a-g",
            false => "b-m-p-s-m",
        }
    }

    fn is_alarm(&self, warning: &Warning) -> bool {
        self.warnings == AlertsAs::Emergency && !warning.is_about_plan()
    }

    fn uid(&self, warning: &str) -> String {
        format!("{}.warning.{warning}", self.tracks.prefix)
    }

    /// A warning that is on; or its end, told as that of an alert is.
    pub fn events(&self, warning: &Warning, now: Time) -> Vec<Event> {
        let uid = self.uid(&warning.id);
        let time = warning.time.0.max(now);
        let (open, alarm) = (warning.is_open(), self.is_alarm(warning));
        let lasting_s = if open { (3.0 * self.tracks.every_s).max(10.0) } else { 0.0 };
        let kind = if open || !alarm { self.kind(warning) } else { "b-a-o-can" };
        let point = Point { lat: warning.lat, lon: warning.lon, ..nowhere() };
        let mut told = event(&uid, kind, "m-f", Span::lasting(time, lasting_s), point);
        let title = title(warning);
        let who = &warning.aircraft.name;
        told.detail.contact = Some(Contact { callsign: text(&format!("{title}: {who}")) });
        if alarm {
            told.detail.emergency = Some(Emergency {
                kind: open.then(|| text(&title)),
                cancel: (!open).then_some(true),
                who: text(who),
            });
        }
        told.detail.link = vec![Link {
            uid: text(&self.tracks.uid(warning.aircraft.track)),
            kind: self.tracks.kind(&warning.aircraft.class),
            relation: "p-p".to_owned(),
        }];
        told.detail.remarks = Some(Remarks { text: text(&remarks(warning)) });
        told.detail.deconflict = Some(Own {
            warning: Some(text(&warning.id)),
            state: Some(warning.state.name().to_owned()),
            t_in_s: warning.t_in_s,
            ..Own::default()
        });
        match open {
            true => vec![told],
            false => vec![told, deletion(&uid, self.kind(warning), time)],
        }
    }

    /// Takes a warning from the map of which nothing more can be said.
    pub fn gone(&self, warning: &str, time: Time) -> Event {
        deletion(&self.uid(warning), "b-m-p-s-m", time)
    }
}

fn title(warning: &Warning) -> String {
    let area = if warning.name.is_empty() { "reserved airspace" } else { &warning.name };
    match warning.state {
        WarningState::Nonconforming => "Outside of its plan".to_owned(),
        WarningState::Approaching => format!("Entering {area}"),
        WarningState::Inside => format!("Inside {area}"),
        WarningState::Ended => "Warning ended".to_owned(),
    }
}

fn remarks(warning: &Warning) -> String {
    let mut parts = vec![warning.reason.clone()];
    if let Some(acknowledged) = &warning.acknowledged {
        parts.push(format!("acknowledged by {}", acknowledged.by));
    }
    parts.join("; ")
}

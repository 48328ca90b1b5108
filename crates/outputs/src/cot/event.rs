//! Events as XML.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use cot_proto::base::{Cot, Point};
use deconflict_core::Time;
use serde::{Deserialize, Serialize};

/// What Cursor on Target writes for a number that is not known.
pub(super) const UNKNOWN: f32 = 9_999_999.0;
/// Characters of a text at the most: an event is one datagram.
const MOST_TEXT: usize = 1000;

/// An event of ours.
pub(super) type Event = Cot<Detail>;

/// The `detail` of an event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Detail {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub track: Option<Course>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emergency: Option<Emergency>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub link: Vec<Link>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remarks: Option<Remarks>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deconflict: Option<Own>,
    #[serde(rename = "__forcedelete", skip_serializing_if = "Option::is_none")]
    pub force_delete: Option<Empty>,
}

/// What it is called on the map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Contact {
    #[serde(rename = "@callsign")]
    pub callsign: String,
}

/// Course in degrees from true north, speed in metres per second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Course {
    #[serde(rename = "@course")]
    pub course: f64,
    #[serde(rename = "@speed")]
    pub speed: f64,
}

/// An alarm, or its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Emergency {
    #[serde(rename = "@type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(rename = "@cancel", skip_serializing_if = "Option::is_none")]
    pub cancel: Option<bool>,
    #[serde(rename = "$text", default)]
    pub who: String,
}

/// Another event that this one belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Link {
    #[serde(rename = "@uid")]
    pub uid: String,
    #[serde(rename = "@type")]
    pub kind: String,
    #[serde(rename = "@relation")]
    pub relation: String,
}

/// Words for people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Remarks {
    #[serde(rename = "$text", default)]
    pub text: String,
}

/// What programs that know us can read; others skip it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Own {
    #[serde(rename = "@track", skip_serializing_if = "Option::is_none")]
    pub track: Option<u64>,
    #[serde(rename = "@freshness", skip_serializing_if = "Option::is_none")]
    pub freshness: Option<String>,
    #[serde(rename = "@age_s", skip_serializing_if = "Option::is_none")]
    pub age_s: Option<f64>,
    #[serde(rename = "@class", skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    #[serde(rename = "@alt_ft", skip_serializing_if = "Option::is_none")]
    pub alt_ft: Option<f64>,
    #[serde(rename = "@alt_reference", skip_serializing_if = "Option::is_none")]
    pub alt_reference: Option<String>,
    #[serde(rename = "@vs_fpm", skip_serializing_if = "Option::is_none")]
    pub vs_fpm: Option<f64>,
    #[serde(rename = "@alert", skip_serializing_if = "Option::is_none")]
    pub alert: Option<String>,
    #[serde(rename = "@warning", skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    #[serde(rename = "@state", skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    #[serde(rename = "@t_in_s", skip_serializing_if = "Option::is_none")]
    pub t_in_s: Option<f64>,
    #[serde(rename = "@probability", skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    #[serde(rename = "@silent", skip_serializing_if = "Option::is_none")]
    pub silent: Option<String>,
}

/// An element with nothing in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Empty {}

/// From when to when an event holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    pub time: Time,
    pub start: Time,
    pub stale: Time,
}

impl Span {
    /// From `time` on, for so long.
    pub fn lasting(time: Time, seconds: f64) -> Span {
        Span { time, start: time, stale: time.plus_s(seconds) }
    }
}

/// An event.
pub(super) fn event(uid: &str, kind: &str, how: &str, span: Span, point: Point) -> Event {
    Cot {
        version: "2.0".to_owned(),
        uid: text(uid),
        cot_type: kind.to_owned(),
        time: utc(span.time),
        start: utc(span.start),
        stale: utc(span.stale),
        how: Some(how.to_owned()),
        detail: Detail::default(),
        point,
    }
}

/// Takes an event from the map of those who have it.
pub(super) fn deletion(uid: &str, kind: &str, time: Time) -> Event {
    let span = Span::lasting(time, 60.0);
    let mut event = event(&format!("{uid}.gone"), "t-x-d-d", "m-f", span, nowhere());
    event.detail.link =
        vec![Link { uid: text(uid), kind: kind.to_owned(), relation: "none".to_owned() }];
    event.detail.force_delete = Some(Empty {});
    event
}

/// A place that nobody knows.
pub(super) fn nowhere() -> Point {
    Point { lat: 0.0, lon: 0.0, ce: UNKNOWN, hae: UNKNOWN, le: UNKNOWN }
}

/// A text as XML can hold it: XML 1.0 has no place for control characters, escaped or not
/// (section 2.2), and makes spaces of line ends in attributes.
pub(super) fn text(text: &str) -> String {
    let plain = |c: char| match c {
        '\u{9}' | '\u{a}' | '\u{d}' => ' ',
        c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => '\u{fffd}',
        c => c,
    };
    text.trim().chars().take(MOST_TEXT).map(plain).collect()
}

fn utc(time: Time) -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(time.as_nanos())
}

/// The document, as one message.
pub(super) fn document(event: &Event) -> Option<Bytes> {
    match quick_xml::se::to_string(event) {
        Ok(xml) => {
            let header = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>";
            Some(Bytes::from(format!("{header}{xml}")))
        }
        Err(error) => {
            tracing::error!(uid = event.uid, %error, "an event cannot be written");
            None
        }
    }
}

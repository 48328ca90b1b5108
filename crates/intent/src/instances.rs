//! The instances of a pool, and when each was last known to be at work: an extension of the InterUSS Platform.

use crate::airspace::Draft;
use crate::command::{Answer, Caller, Circumstances, Outcome};
use crate::refusal::bad;
use crate::row::{Heartbeat, Instance, Row};
use crate::tell;
use crate::wire::WireTime;
use deconflict_core::Time;
use serde::{Serialize, Serializer};
use std::sync::Arc;

/// A sign of life of one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    /// What the instance is called.
    pub locality: String,
    /// Where it can be reached, if that is known.
    pub public_endpoint: Option<String>,
    /// What caused it.
    pub source: String,
    /// When, RFC 3339; now if not given.
    pub timestamp: Option<String>,
    /// When the next is due, RFC 3339.
    pub next: Option<String>,
}

pub(crate) fn beat(
    draft: &mut Draft<'_>,
    caller: &Caller,
    given: &Circumstances,
    beat: &Beat,
) -> Outcome {
    let name = |text: &str| (1..=200).contains(&text.len()) && !text.contains(char::is_control);
    if !name(&beat.source) {
        return Err(bad("source must have 1 to 200 letters, none of them a control character"));
    }
    if !name(&beat.locality) {
        return Err(bad(
            "the locality must have 1 to 200 letters, none of them a control character",
        ));
    }
    let time = |text: &Option<String>, field: &str| {
        let told = text.clone().map(|value| WireTime { value, format: "RFC3339".to_owned() });
        told.map(|told| told.time(field)).transpose()
    };
    let timestamp = time(&beat.timestamp, "timestamp")?.unwrap_or(given.now);
    let next = time(&beat.next, "next_heartbeat_expected_before")?;
    if next.is_some_and(|next| next <= timestamp) {
        return Err(bad("next_heartbeat_expected_before must be after the timestamp"));
    }
    let before = draft.instance(&beat.locality);
    draft.put(Row::Instance(Arc::new(Instance {
        locality: beat.locality.clone(),
        public_endpoint: beat.public_endpoint.clone(),
        heartbeat: Heartbeat {
            timestamp_ns: timestamp.as_nanos(),
            reporter: Some(caller.uss.to_string()).filter(|uss| !uss.is_empty()),
            source: beat.source.clone(),
            index: before.map_or(0, |b| b.heartbeat.index.saturating_add(1)),
            next_ns: next.map(Time::as_nanos),
        },
    })));
    Ok(Answer { status: 201, ..list(draft) })
}

/// A time as the InterUSS Platform's own interface writes it: without its format.
struct Plain(i64);

impl Serialize for Plain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&WireTime::from(Time::from_nanos(self.0)).value)
    }
}

#[derive(Serialize)]
struct ToldHeartbeat<'a> {
    timestamp: Plain,
    #[serde(skip_serializing_if = "Option::is_none")]
    reporter: Option<&'a str>,
    source: &'a str,
    index: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_heartbeat_expected_before: Option<Plain>,
}

#[derive(Serialize)]
struct ToldInstance<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_endpoint: Option<&'a str>,
    most_recent_heartbeat: ToldHeartbeat<'a>,
}

/// All instances that ever had a sign of life.
pub(crate) fn list(draft: &Draft<'_>) -> Answer {
    let instances = draft.instances();
    let told = instances.iter().map(|i| {
        tell::json(&ToldInstance {
            id: &i.locality,
            public_endpoint: i.public_endpoint.as_deref(),
            most_recent_heartbeat: ToldHeartbeat {
                timestamp: Plain(i.heartbeat.timestamp_ns),
                reporter: i.heartbeat.reporter.as_deref(),
                source: &i.heartbeat.source,
                index: i.heartbeat.index,
                next_heartbeat_expected_before: i.heartbeat.next_ns.map(Plain),
            },
        })
    });
    Answer::new(200, [("dss_instances", tell::list(told))])
}

//! How the aircraft of reservations keep to them: told with the reservation, and to whoever listens.

use crate::reservations::Desk;
use deconflict_core::Time;
use deconflict_core::plan::PlanId;
use deconflict_picture::{Conformance, Keeping, Policy, Sight, Stamp, Step, Viewer};
use deconflict_reserve::{Reservation, Status};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{broadcast, watch};

/// Changes that a listener may be behind before it misses some.
const MOST_BEHIND: usize = 1024;

/// An aircraft of a reservation begins to keep to it, is called for leaving it, or is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConformanceEvent {
    /// The reservation.
    pub reservation: String,
    /// The aircraft, by its address or else its call sign.
    pub aircraft: String,
    /// Its operator, if that is declared.
    pub operator: Option<String>,
    /// How it keeps to it from now on.
    pub state: Keeping,
    /// When, in the time of the data.
    pub time: Time,
}

/// The present state, and the way to be told of changes. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Conforming {
    all: Arc<Mutex<Arc<[Conformance]>>>,
    events: broadcast::Sender<ConformanceEvent>,
}

impl Default for Conforming {
    fn default() -> Conforming {
        let (events, _) = broadcast::channel(MOST_BEHIND);
        Conforming { all: Arc::default(), events }
    }
}

impl Conforming {
    fn lock(&self) -> MutexGuard<'_, Arc<[Conformance]>> {
        // Nothing that is done under the lock leaves it half done.
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All changes from now on, in order.
    pub fn listen(&self) -> broadcast::Receiver<ConformanceEvent> {
        self.events.subscribe()
    }

    /// Takes in a step of the engine.
    pub fn take(&self, step: &Step) {
        *self.lock() = step.conformance.all.clone();
        for changed in &step.conformance.changed {
            let subject = &changed.subject;
            let event = ConformanceEvent {
                reservation: changed.plan.to_string(),
                aircraft: match (subject.address, subject.callsign) {
                    (Some(address), _) => address.to_string(),
                    (None, Some(callsign)) => callsign.to_string(),
                    (None, None) => continue,
                },
                operator: subject.operator.map(|operator| operator.to_string()),
                state: changed.state,
                time: changed.since,
            };
            // Nobody listening is no failure.
            let _ = self.events.send(event);
        }
    }

    /// How each of its aircraft keeps to a reservation in use, to somebody who may know the
    /// reservation in full. PLN-8: what policy hides of an aircraft it does not learn here.
    pub fn of(&self, reservation: &Reservation, viewer: &Viewer, policy: &Policy) -> Option<Value> {
        if reservation.status != Status::Active || reservation.aircraft.is_empty() {
            return None;
        }
        let id = PlanId::new(&reservation.id)?;
        let all = self.lock().clone();
        let seen = |c: &&Conformance| may_know(viewer, policy, operator(c).as_deref());
        let of_it: Vec<&Conformance> = all.iter().filter(|c| c.plan == id).filter(seen).collect();
        let each = reservation.aircraft.iter().map(|aircraft| {
            let Some(found) = of_it.iter().find(|c| aircraft.is(&c.subject)) else {
                return json!({ "aircraft": aircraft.to_string(), "state": "unseen" });
            };
            let off = &found.deviation;
            json!({
                "aircraft": aircraft.to_string(),
                "state": found.state.name(),
                "since": Stamp(found.since),
                "time": Stamp(found.time),
                "track": found.subject.id,
                "name": found.subject.name(),
                "follows": found.followed,
                "off_nm": off.off_nm,
                "above_ft": off.above_ft,
                "late_s": off.late_s,
                "levels_known": found.levels_known,
            })
        });
        Some(each.collect())
    }
}

fn operator(conformance: &Conformance) -> Option<String> {
    conformance.subject.operator.map(|operator| operator.to_string())
}

fn may_know(viewer: &Viewer, policy: &Policy, operator: Option<&str>) -> bool {
    viewer.sight(policy, operator) == Sight::Full
}

/// Tells of changes on the streams, until the service stops: who sees the reservation and the
/// aircraft reads the reservation again.
pub async fn tell_changes(
    mut events: broadcast::Receiver<ConformanceEvent>,
    desk: Arc<Desk>,
    policy: Arc<Policy>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let event = tokio::select! {
            event = events.recv() => event,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match event {
            Ok(event) => desk.tell_again(&event.reservation, |viewer| {
                may_know(viewer, &policy, event.operator.as_deref())
            }),
            // What was missed has been followed by something newer of other aircraft, too.
            Err(broadcast::error::RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "changes of conformance were not told one by one");
            }
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deconflict_core::{Address, GeoPoint, Label, Subject};
    use deconflict_picture::Deviation;
    use deconflict_reserve::{Aircraft, Kind, Shape};

    /// PLN-8: who names another's aircraft learns nothing of it, and who may see it does.
    #[test]
    fn nobody_learns_by_naming_it_how_a_hidden_aircraft_flies() {
        let centre = GeoPoint::from_deg(35.0, 40.0).unwrap();
        let shape = Shape::Circle { centre, radius_m: 10_000.0 };
        let mut reservation = Reservation::new("R-1", Kind::Orbit, "SPY", shape);
        reservation.status = Status::Active;
        reservation.aircraft.extend(["ae01ce", "ae01cf"].map(|a| Aircraft::parse(a).unwrap()));
        let seen = |code: u32, operator: &str| Conformance {
            plan: Label::new("R-1").unwrap(),
            subject: Subject {
                address: Some(Address::icao(code)),
                operator: Label::new(operator),
                ..Subject::anonymous(u64::from(code))
            },
            state: Keeping::Nonconforming,
            since: Time::from_millis(0),
            time: Time::from_millis(1000),
            followed: false,
            deviation: Deviation { off_nm: Some(3.0), above_ft: None, late_s: None },
            levels_known: true,
        };
        let conforming = Conforming::default();
        *conforming.lock() = [seen(0xae01ce, "HIDE"), seen(0xae01cf, "SPY")].into();
        let policy = Policy::new(Sight::Nothing, Sight::Nothing, &[]).unwrap();
        let of = |viewer| conforming.of(&reservation, &viewer, &policy).unwrap();
        let told = of(Viewer::Party("SPY".to_owned()));
        assert_eq!(told[0], json!({ "aircraft": "ae01ce", "state": "unseen" }));
        assert_eq!(told[1]["state"], "nonconforming");
        assert_eq!(told[1]["off_nm"], 3.0);
        let told = of(Viewer::Everything);
        assert_eq!(
            (&told[0]["state"], &told[1]["state"]),
            (&json!("nonconforming"), &json!("nonconforming"))
        );
        // Where policy gives a position and no name, the name of the reservation would be one.
        let policy = Policy::new(Sight::Position, Sight::Position, &[]).unwrap();
        let told = conforming.of(&reservation, &Viewer::Party("SPY".to_owned()), &policy).unwrap();
        assert_eq!(told[0]["state"], "unseen");
        // Of one that is not in use, or names nobody, there is nothing to tell.
        reservation.status = Status::Planned;
        assert_eq!(conforming.of(&reservation, &Viewer::Everything, &policy), None);
    }
}

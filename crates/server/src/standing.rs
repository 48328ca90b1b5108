//! What stands declared: of aircraft, of airspace that is reserved and in use, and of flights that
//! are under way.
//!
//! It is written to the recording as one text, all of it each time, so that whoever begins in the
//! middle of a recording has all of it too.

use deconflict_core::Plan;
use deconflict_picture::{Declared, Live};
use deconflict_reserve::{Reservation, Shape, Status, document, motion::Positions};
use deconflict_sim::Scenario;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What stands declared; `None` is what the run began with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Aircraft.
    pub aircraft: Option<Vec<Declared>>,
    /// Reservations in use, as a document.
    pub airspace: Option<String>,
    /// What is filed and reserved in scenarios that are played, as another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filed: Option<String>,
}

impl Standing {
    /// As it is recorded.
    pub fn to_text(&self) -> String {
        // Plain data with text keys.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// From what was recorded; a list alone is of aircraft, as recordings had it before.
    pub fn from_text(text: &str) -> Standing {
        if let Ok(aircraft) = serde_json::from_str(text) {
            return Standing { aircraft: Some(aircraft), ..Standing::default() };
        }
        serde_json::from_str(text).unwrap_or_default()
    }

    /// Lets an engine know.
    pub fn apply(&self, live: &mut Live) {
        if let Some(aircraft) = &self.aircraft {
            live.declare(aircraft.clone());
        }
        if self.airspace.is_some() || self.filed.is_some() {
            let documents = [&self.airspace, &self.filed].into_iter().flatten();
            let reservations: Vec<Reservation> = documents.flat_map(|text| read(text)).collect();
            let active = reservations.iter().filter(|r| r.status == Status::Active);
            live.set_areas(active.filter_map(Reservation::area).collect());
            live.set_plans(plans(&reservations));
        }
    }
}

/// The reservations in use, as a document that [`Standing`] holds.
pub fn in_use<'a>(reservations: impl IntoIterator<Item = &'a Reservation>) -> String {
    let active = reservations.into_iter().filter(|r| r.status == Status::Active);
    // A flight is followed, not entered: without its aircraft it says nothing to the engine.
    let says =
        |r: &&Reservation| !matches!(r.shape, Shape::Flight { .. }) || !r.aircraft.is_empty();
    document::write_json(&active.filter(says).cloned().collect::<Vec<_>>())
}

/// What parties of a scenario have filed and reserved, as a document that [`Standing`] holds.
pub fn filed<'a>(scenarios: impl IntoIterator<Item = &'a Scenario>) -> Option<String> {
    let mut all: Vec<Reservation> = Vec::new();
    let mut names = BTreeSet::new();
    for scenario in scenarios {
        let plans = scenario.filed.iter().map(|p| (p.id.to_string(), Reservation::of_plan(p)));
        let areas = scenario.reserved.iter().map(|a| (a.id.to_string(), Reservation::of_area(a)));
        for (id, said) in plans.chain(areas) {
            let Some(mut reservation) = said else {
                tracing::warn!(scenario = scenario.name, id, "what is filed cannot be followed");
                continue;
            };
            while !names.insert(reservation.id.clone()) {
                reservation.id.push('+');
            }
            all.push(reservation);
        }
    }
    (!all.is_empty()).then(|| document::write_json(&all))
}

/// A document of [`Standing`]. Live and replay read the same text, so both say the same.
fn read(document: &str) -> Vec<Reservation> {
    document::read_json(document).unwrap_or_else(|fault| {
        tracing::error!(%fault, "what is in use cannot be read: nobody is warned of it");
        Vec::new()
    })
}

/// What aircraft mean to do: those of what is in use.
fn plans(reservations: &[Reservation]) -> Vec<Plan> {
    let active = reservations.iter().filter(|r| r.status == Status::Active);
    let plans = active.filter_map(|r| match r.plans(&Positions::new()) {
        Ok(plans) => Some(plans),
        Err(error) => {
            tracing::warn!(reservation = r.id, %error, "its aircraft are not followed");
            None
        }
    });
    plans.flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use deconflict_core::{GeoPoint, Operator};
    use deconflict_reserve::{Aircraft, Kind};

    fn reservation(id: &str, status: Status) -> Reservation {
        let centre = GeoPoint::from_deg(35.0, 40.0).unwrap();
        let shape = Shape::Circle { centre, radius_m: 10_000.0 };
        let mut made = Reservation::new(id, Kind::Hazard, "NAVY", shape);
        made.status = status;
        made.agreed_with.insert("AAR".to_owned());
        made
    }

    #[test]
    fn what_is_in_use_becomes_an_area_and_nothing_else_does() {
        let all = [reservation("R-1", Status::Active), reservation("R-2", Status::Planned)];
        let found = read(&in_use(&all));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].id, "R-1");
        assert_eq!(found[0].area().unwrap().volumes.len(), 1);
        assert_eq!(plans(&found), []);
        assert_eq!(read("no document"), []);
    }

    #[test]
    fn what_has_aircraft_and_is_in_use_becomes_their_plans() {
        let mut used = reservation("R-1", Status::Active);
        used.aircraft.extend(Aircraft::parse("ae01ce"));
        let found = plans(&read(&in_use(std::slice::from_ref(&used))));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].party, Operator::new("NAVY"));
        used.status = Status::Planned;
        assert_eq!(plans(&read(&in_use(&[used]))), []);
    }

    /// What a scenario has filed comes to the engine as the scenario has it.
    #[test]
    fn what_scenarios_file_is_said_in_words_of_reservations() {
        let text = include_str!("../../../scenarios/plans.toml");
        let scenario = Scenario::parse(text).unwrap();
        let read = read(&filed([&scenario, &scenario]).unwrap());
        assert_eq!(read.len(), 2 * (scenario.filed.len() + scenario.reserved.len()));
        let again = plans(&read);
        for (one, other) in scenario.filed.iter().zip(&again) {
            assert_eq!((one.id, one.party, one.callsign), (other.id, other.party, other.callsign));
            assert_eq!((one.tolerance(), one.time()), (other.tolerance(), other.time()));
            for (p, q) in one.path().iter().zip(other.path()) {
                assert!(p.position.distance_m(q.position) < 1e-3 && p.altitude == q.altitude);
            }
        }
        assert_eq!(filed([]), None);
    }

    #[test]
    fn recordings_of_before_had_aircraft_alone() {
        let old = Standing::from_text("[]");
        assert_eq!(old, Standing { aircraft: Some(Vec::new()), ..Standing::default() });
        let before = "{\"aircraft\":null,\"airspace\":\"[]\"}";
        let airspace = Some("[]".to_owned());
        let known = Standing { airspace: airspace.clone(), ..Standing::default() };
        assert_eq!(Standing::from_text(before), known);
        assert_eq!(known.to_text(), before);
        let now = Standing { filed: airspace, ..known };
        assert_eq!(Standing::from_text(&now.to_text()), now);
        assert_eq!(Standing::from_text("?"), Standing::default());
    }
}

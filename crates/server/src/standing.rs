//! What stands declared: of aircraft, and of airspace that is reserved and in use.
//!
//! It is written to the recording as one text, all of it each time, so that whoever begins in the
//! middle of a recording has all of it too.

use deconflict_core::area::{Admitted, Area};
use deconflict_core::{Label, Operator};
use deconflict_picture::{Declared, Live};
use deconflict_reserve::{Reservation, Shape, Status, document, motion::Positions};
use serde::{Deserialize, Serialize};

/// What stands declared; `None` is what the run began with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Aircraft.
    pub aircraft: Option<Vec<Declared>>,
    /// Reservations in use, as a document.
    pub airspace: Option<String>,
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
            return Standing { aircraft: Some(aircraft), airspace: None };
        }
        serde_json::from_str(text).unwrap_or_default()
    }

    /// Lets an engine know.
    pub fn apply(&self, live: &mut Live) {
        if let Some(aircraft) = &self.aircraft {
            live.declare(aircraft.clone());
        }
        if let Some(airspace) = &self.airspace {
            live.set_areas(areas(airspace));
        }
    }
}

/// The reservations in use, as a document that [`Standing`] holds.
pub fn in_use<'a>(reservations: impl IntoIterator<Item = &'a Reservation>) -> String {
    let active = reservations.into_iter().filter(|r| r.status == Status::Active);
    // A flight is followed, not entered.
    let active = active.filter(|r| !matches!(r.shape, Shape::Flight { .. }));
    document::write_json(&active.cloned().collect::<Vec<_>>())
}

/// What others are warned of. Live and replay read the same text, so both warn alike.
fn areas(document: &str) -> Vec<Area> {
    let reservations = document::read_json(document).unwrap_or_else(|fault| {
        tracing::error!(%fault, "reservations in use cannot be read: nobody is warned of them");
        Vec::new()
    });
    reservations.iter().filter_map(area).collect()
}

fn area(reservation: &Reservation) -> Option<Area> {
    let parts = reservation.parts(None, None, &Positions::new());
    // Where nobody knows where it is, nobody can be warned of it.
    let known: Vec<_> = parts.into_iter().filter(|part| !part.is_lost).collect();
    if known.is_empty() {
        return None;
    }
    let mut margins = reservation.buffer;
    margins.horizontal_m += known.iter().map(|part| part.margin_m).fold(0.0, f64::max);
    let name = reservation.name.as_deref().unwrap_or(&reservation.id);
    Some(Area {
        id: Label::new(&reservation.id)?,
        // A name of nothing but blanks must not keep anybody from being warned.
        name: Label::new(name).or_else(|| Label::new(&reservation.id))?,
        kind: Label::new(reservation.kind.name())?,
        owner: Operator::new(&reservation.party),
        is_active: true,
        admitted: Admitted {
            operators: reservation.agreed_with.iter().filter_map(|p| Operator::new(p)).collect(),
            ..Admitted::default()
        },
        volumes: known.into_iter().map(|part| part.volume).collect(),
        margins,
        motion: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use deconflict_core::GeoPoint;
    use deconflict_reserve::Kind;

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
        let found = areas(&in_use(&all));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].id.to_string(), "R-1");
        assert_eq!(found[0].owner, Operator::new("NAVY"));
        assert_eq!(found[0].admitted.operators, [Operator::new("AAR").unwrap()]);
        assert_eq!(found[0].volumes.len(), 1);
        assert_eq!(areas("no document"), []);
    }

    #[test]
    fn recordings_of_before_had_aircraft_alone() {
        let old = Standing::from_text("[]");
        assert_eq!(old, Standing { aircraft: Some(Vec::new()), airspace: None });
        let now = Standing { aircraft: None, airspace: Some(in_use(&[])) };
        assert_eq!(Standing::from_text(&now.to_text()), now);
        assert_eq!(Standing::from_text("?"), Standing::default());
    }

    #[test]
    fn no_name_keeps_anybody_from_being_warned() {
        for (name, shown) in [("  @ ", "R-1"), ("Survey of the dam", "Survey of the dam")] {
            let mut made = reservation("R-1", Status::Active);
            made.name = Some(name.to_owned());
            assert_eq!(area(&made).unwrap().name.to_string(), shown);
        }
    }
}

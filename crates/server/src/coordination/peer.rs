//! What peers have, as items of the book.

use super::own::{Priorities, band_of, constraint_kind};
use crate::reservations::{Item, PeerMark};
use deconflict_core::volume::Footprint;
use deconflict_core::{Time, Volume4d};
use deconflict_intent::IntentState;
use deconflict_reserve::{Reservation, Shape, Status};
use deconflict_uss::{Details, Peer, PeerWhat};

/// The priority under which something of unknown priority is taken in, either way.
const WIDEST_PRIORITY: i32 = 1_000_000;

/// What a peer has, as items. One that could not be read (no outline) gives none.
pub fn items(peer: &Peer, priorities: Priorities, now: Time) -> Vec<Item> {
    let (kind, priority, status, state) = match &peer.what {
        PeerWhat::Intent { state, priority } => {
            let (kind, priority) = priorities.read(*priority);
            let status = match state {
                IntentState::Accepted => Status::Planned,
                _ => Status::Active,
            };
            (kind, priority, status, state.name())
        }
        PeerWhat::Constraint { kind } => {
            let is_on = peer.start <= now;
            let status = if is_on { Status::Active } else { Status::Planned };
            (constraint_kind(kind.as_deref()), 0, status, "Constraint")
        }
    };
    let volumes: Vec<&Volume4d> = peer.volumes.iter().chain(&peer.off_nominal).collect();
    let is_one = volumes.len() == 1;
    let mut out = Vec::new();
    for (index, volume) in volumes.into_iter().enumerate() {
        let Some(shape) = shape(&volume.footprint) else { continue };
        let id = match is_one {
            true => peer.id.to_string(),
            false => format!("{}.{}", peer.id, index + 1),
        };
        let mut reservation = Reservation::new(&id, kind, &peer.manager, shape);
        reservation.name = Some(name(peer));
        reservation.purpose = match &peer.details {
            Details::Known => None,
            Details::NotHad(why) => Some(format!("its details are not known: {why}")),
        };
        reservation.status = status;
        reservation.priority = priority.clamp(-WIDEST_PRIORITY, WIDEST_PRIORITY);
        reservation.band = band_of(volume);
        reservation.start = Some(volume.start.unwrap_or(peer.start));
        reservation.end = Some(volume.end.unwrap_or(peer.end));
        let mark = PeerMark {
            manager: peer.manager.clone(),
            entity: peer.id.to_string(),
            state,
            is_known: peer.details == Details::Known,
        };
        out.push(Item {
            reservation,
            version: u64::try_from(peer.version).unwrap_or(0),
            changed: now,
            by: peer.manager.clone(),
            peer: Some(mark),
        });
    }
    out
}

fn name(peer: &Peer) -> String {
    let what = match &peer.what {
        PeerWhat::Intent { .. } => "operational intent".to_owned(),
        PeerWhat::Constraint { kind } => {
            // Somebody else's text: no control characters, not too much of it.
            let kind = kind.as_deref().unwrap_or_default().chars();
            let kind: String = kind.filter(|c| !c.is_control()).take(60).collect();
            format!("constraint {kind}").trim_end().to_owned()
        }
    };
    format!("{what} of {}", peer.manager)
}

fn shape(footprint: &Footprint) -> Option<Shape> {
    match footprint {
        Footprint::Circle { centre, radius_m } => {
            Some(Shape::Circle { centre: *centre, radius_m: *radius_m })
        }
        Footprint::Polygon(polygon) => Some(Shape::Polygon { points: polygon.vertices().to_vec() }),
        Footprint::Corridor(corridor) => Some(Shape::Corridor {
            points: corridor.points().to_vec(),
            half_width_m: corridor.half_width_m(),
        }),
        Footprint::World => None,
    }
}

//! What peers have, as items of the book.

use super::own::{Priorities, band_of, constraint_kind};
use crate::reservations::{Item, PeerMark};
use deconflict_core::volume::Footprint;
use deconflict_core::{Time, Volume4d};
use deconflict_intent::IntentState;
use deconflict_reserve::{Block, Outline, Reservation, Shape, Status};
use deconflict_uss::{Details, Peer, PeerWhat};

/// The priority under which something of unknown priority is taken in, either way.
const WIDEST_PRIORITY: i32 = 1_000_000;

/// What a peer has, as an item; `None` if it is nowhere.
pub fn item(peer: &Peer, priorities: Priorities, now: Time) -> Option<Item> {
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
    let volumes = peer.volumes.iter().chain(&peer.off_nominal);
    let blocks: Vec<Block> = volumes.filter_map(|volume| block(volume, peer)).collect();
    if blocks.is_empty() {
        return None;
    }
    let shape = Shape::Volumes { blocks };
    let mut reservation = Reservation::new(&peer.id.to_string(), kind, &peer.manager, shape);
    reservation.name = Some(name(peer));
    reservation.purpose = match &peer.details {
        Details::Known => None,
        Details::NotHad(why) => Some(format!("its details are not known: {why}")),
    };
    reservation.status = status;
    reservation.priority = priority.clamp(-WIDEST_PRIORITY, WIDEST_PRIORITY);
    let mark =
        PeerMark { manager: peer.manager.clone(), state, is_known: peer.details == Details::Known };
    Some(Item {
        reservation,
        version: u64::try_from(peer.version).unwrap_or(0),
        changed: now,
        by: peer.manager.clone(),
        peer: Some(mark),
    })
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

fn block(volume: &Volume4d, peer: &Peer) -> Option<Block> {
    let outline = match &volume.footprint {
        Footprint::Circle { centre, radius_m } => {
            Outline::Circle { centre: *centre, radius_m: *radius_m }
        }
        Footprint::Polygon(polygon) => Outline::Polygon { points: polygon.vertices().to_vec() },
        // The standard knows no others.
        Footprint::Corridor(_) | Footprint::World => return None,
    };
    let start = Some(volume.start.unwrap_or(peer.start));
    let end = Some(volume.end.unwrap_or(peer.end));
    Some(Block { outline, band: band_of(volume), start, end })
}

#[cfg(test)]
mod tests {
    use super::*;
    use deconflict_core::{Altitude, GeoPoint};
    use deconflict_intent::Presence;
    use deconflict_reserve::Kind;

    fn peer(what: PeerWhat) -> Peer {
        let centre = GeoPoint::from_deg(34.0, 40.0).unwrap();
        let volume = Volume4d {
            footprint: Footprint::Circle { centre, radius_m: 1_000.0 },
            lower: Some(Altitude::ellipsoid_m(-8_000.0)),
            upper: Some(Altitude::ellipsoid_m(500.0)),
            start: Some(Time::from_millis(1_000)),
            end: None,
        };
        Peer {
            id: uuid::Uuid::nil(),
            manager: "uss2".to_owned(),
            base_url: String::new(),
            version: 3,
            ovn: None,
            what,
            uss_availability: Presence::Normal,
            volumes: vec![volume.clone(), volume],
            off_nominal: Vec::new(),
            start: Time::from_millis(1_000),
            end: Time::from_millis(9_000),
            details: Details::Known,
        }
    }

    #[test]
    fn an_intent_becomes_one_item_of_all_its_volumes() {
        let intent = |state, priority| {
            let what = PeerWhat::Intent { state, priority };
            item(&peer(what), Priorities::default(), Time::default()).unwrap()
        };
        let plan = intent(IntentState::Accepted, 7);
        assert_eq!((plan.reservation.status, plan.reservation.priority), (Status::Planned, 7));
        assert_eq!(plan.reservation.kind, Kind::Operation);
        assert_eq!(plan.reservation.span()[1], Some(Time::from_millis(9_000)));
        // The limits of the standard are no limits.
        let [first, _] = plan.reservation.bands()[..] else { panic!() };
        assert!(first.lower.is_none() && first.upper.is_some());
        plan.reservation.validate().unwrap();
        let rescue = intent(IntentState::Contingent, 1_020);
        assert_eq!(
            (rescue.reservation.status, rescue.reservation.kind),
            (Status::Active, Kind::Rescue)
        );
        for unknown in [i32::MAX, i32::MIN] {
            let item = intent(IntentState::Accepted, unknown);
            assert_eq!(item.reservation.kind == Kind::Humanitarian, unknown > 0);
        }
    }

    #[test]
    fn a_constraint_is_of_the_kind_in_its_type_or_restricted() {
        for (told, kind) in [
            (Some("deconflict.hazard"), Kind::Hazard),
            (Some("deconflict.orbit"), Kind::Restricted),
            (Some("com.example.x"), Kind::Restricted),
            (None, Kind::Restricted),
        ] {
            let what = PeerWhat::Constraint { kind: told.map(str::to_owned) };
            let item = item(&peer(what), Priorities::default(), Time::from_millis(2_000)).unwrap();
            assert_eq!((item.reservation.kind, item.reservation.status), (kind, Status::Active));
        }
    }
}

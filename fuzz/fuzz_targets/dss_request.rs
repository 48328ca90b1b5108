//! Any bytes as the body of a request to the discovery and synchronisation service: on an empty
//! airspace and on one with something in it.
#![no_main]

use deconflict_core::Time;
use deconflict_intent::{
    Airspace, Caller, Circumstances, Draft, Limits, Read, Row, Write, read, scope, write,
};
use std::sync::{Arc, OnceLock};
use uuid::Uuid;

/// A small airspace: one of each kind.
fn small() -> &'static Airspace {
    static SMALL: OnceLock<Airspace> = OnceLock::new();
    SMALL.get_or_init(|| {
        let mut airspace = Airspace::default();
        let seeds = [
            (b'i', include_str!("../seeds/dss_request/intent")),
            (b'c', include_str!("../seeds/dss_request/constraint")),
            (b's', include_str!("../seeds/dss_request/subscription")),
        ];
        for (kind, seed) in seeds {
            let request = write_of(kind, &seed.as_bytes()[1..], Uuid::from_u128(kind.into()));
            let mut draft = Draft::on(&airspace);
            let answer = write(&mut draft, &caller(), &given(), None, &request.unwrap());
            assert!(answer.status < 300, "{}", answer.body);
            draft.into_changes().into_iter().for_each(|change| airspace.apply(change));
        }
        airspace
    })
}

fn caller() -> Caller {
    let scopes = [
        scope::STRATEGIC_COORDINATION,
        scope::CONSTRAINT_MANAGEMENT,
        scope::CONSTRAINT_PROCESSING,
        scope::CONFORMANCE_MONITORING_SA,
    ];
    Caller { uss: Arc::from("uss1"), scopes: scopes.map(str::to_owned).to_vec() }
}

fn given() -> Circumstances {
    Circumstances {
        now: Time::from_nanos(1_800_000_000 * 1_000_000_000),
        nonce: [7; 16],
        limits: Limits::default(),
        allow_http: true,
    }
}

fn write_of(kind: u8, body: &[u8], id: Uuid) -> Option<Write> {
    Some(match kind {
        b'i' => Write::PutIntent { id, ovn: None, params: serde_json::from_slice(body).ok()? },
        b'c' => Write::PutConstraint { id, ovn: None, params: serde_json::from_slice(body).ok()? },
        b's' => {
            Write::PutSubscription { id, version: None, params: serde_json::from_slice(body).ok()? }
        }
        b'a' => Write::SetAvailability {
            uss: "uss1".to_owned(),
            params: serde_json::from_slice(body).ok()?,
        },
        _ => Write::Report { body: serde_json::from_slice(body).ok()? },
    })
}

fn decide(airspace: &Airspace, request: &Write) {
    let mut draft = Draft::on(airspace);
    let answer = write(&mut draft, &caller(), &given(), None, request);
    assert!(serde_json::from_str::<serde_json::Value>(&answer.body).is_ok(), "{}", answer.body);
    for ((kind, id), row) in draft.into_changes() {
        assert!(answer.status < 300, "a refusal changed something");
        let Some(row) = row else { continue };
        assert_eq!(Row::decode(kind, &id, &row.encode()).as_ref(), Ok(&row));
        if let Row::Intent(row) = row {
            let mut found = Draft::on(airspace);
            found.put(Row::Intent(Arc::clone(&row)));
            assert!(found.intents_over(&row.extent).iter().any(|i| i.id == row.id));
            let mut applied = Airspace::default();
            applied.apply(((kind, id), Some(Row::Intent(Arc::clone(&row)))));
            assert_eq!(Draft::on(&applied).intents_over(&row.extent), [row]);
        }
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((&kind, body)) = data.split_first() else { return };
    if kind == b'q' {
        let Ok(query) = serde_json::from_slice::<deconflict_intent::wire::Query>(body) else {
            return;
        };
        for request in [
            Read::Intents(query.clone()),
            Read::Constraints(query.clone()),
            Read::Subscriptions(query),
        ] {
            let answer = read(&Draft::on(small()), &caller(), &given(), &request);
            assert!(matches!(answer.status, 200 | 400 | 413), "{}", answer.body);
        }
        return;
    }
    if let Some(request) = write_of(kind, body, Uuid::from_u128(1)) {
        decide(&Airspace::default(), &request);
        decide(small(), &request);
    }
});

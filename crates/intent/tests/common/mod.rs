//! A DSS without web and store: requests in, answers out, changes applied.
#![allow(dead_code, clippy::unwrap_used)] // each test uses its part

use deconflict_core::Time;
use deconflict_intent::*;
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

pub const SC: &str = scope::STRATEGIC_COORDINATION;
pub const CM: &str = scope::CONSTRAINT_MANAGEMENT;
pub const CP: &str = scope::CONSTRAINT_PROCESSING;
pub const CMSA: &str = scope::CONFORMANCE_MONITORING_SA;
pub const AA: &str = scope::AVAILABILITY_ARBITRATION;

/// The moment at which all of this takes place.
pub fn now() -> Time {
    Time::from_nanos(1_800_000_000 * 1_000_000_000)
}

pub fn wire_time(offset_s: f64) -> Value {
    let nanos = now().plus_s(offset_s).as_nanos();
    let stamp = jiff::Timestamp::from_nanosecond(i128::from(nanos)).unwrap();
    json!({ "value": stamp.to_string(), "format": "RFC3339" })
}

pub fn circle(lat: f64, lng: f64, radius_m: f64) -> Value {
    json!({ "outline_circle": {
        "center": { "lat": lat, "lng": lng }, "radius": { "value": radius_m, "units": "M" },
    }})
}

pub fn block(mut volume: Value, band_m: [f64; 2], from_s: f64, to_s: f64) -> Value {
    let altitude = |m: f64| json!({ "value": m, "reference": "W84", "units": "M" });
    volume["altitude_lower"] = altitude(band_m[0]);
    volume["altitude_upper"] = altitude(band_m[1]);
    json!({ "volume": volume, "time_start": wire_time(from_s), "time_end": wire_time(to_s) })
}

pub fn usual() -> Value {
    block(circle(47.0, 8.0, 300.0), [0.0, 100.0], 60.0, 3_600.0)
}

pub fn intent_body(extents: Value) -> Value {
    json!({
        "extents": extents,
        "state": "Accepted",
        "uss_base_url": "https://uss.test",
        "new_subscription": { "uss_base_url": "https://uss.test" },
    })
}

pub fn caller(uss: &str) -> Caller {
    Caller { uss: Arc::from(uss), scopes: [SC, CM, CP, CMSA, AA].map(str::to_owned).to_vec() }
}

#[derive(Default)]
pub struct World {
    pub airspace: Airspace,
    pub now: Option<Time>,
    count: u64,
}

pub struct Reply {
    pub status: u16,
    pub body: Value,
}

impl Reply {
    pub fn intent(&self) -> &Value {
        assert!(self.status < 300, "{}", self.body);
        &self.body["operational_intent_reference"]
    }

    pub fn ovn(&self) -> String {
        self.intent()["ovn"].as_str().unwrap().to_owned()
    }

    pub fn words(&self) -> &str {
        self.body["message"].as_str().unwrap()
    }
}

impl World {
    pub fn given(&mut self) -> Circumstances {
        self.count += 1;
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&self.count.to_le_bytes());
        Circumstances {
            now: self.now.unwrap_or_else(now),
            nonce,
            limits: Limits::default(),
            allow_http: false,
        }
    }

    pub fn write_as(
        &mut self,
        caller: &Caller,
        key: Option<&Idempotency>,
        request: &Write,
    ) -> Reply {
        let given = self.given();
        let mut draft = Draft::on(&self.airspace);
        let answer = write(&mut draft, caller, &given, key, request);
        let changes = draft.into_changes();
        assert!(answer.status < 300 || changes.is_empty(), "a refusal changed something");
        for change in changes {
            self.airspace.apply(change);
        }
        Reply { status: answer.status, body: serde_json::from_str(&answer.body).unwrap() }
    }

    pub fn write(&mut self, uss: &str, request: &Write) -> Reply {
        self.write_as(&caller(uss), None, request)
    }

    pub fn read(&mut self, uss: &str, request: &Read) -> Reply {
        let given = self.given();
        let answer = read(&Draft::on(&self.airspace), &caller(uss), &given, request);
        Reply { status: answer.status, body: serde_json::from_str(&answer.body).unwrap() }
    }

    pub fn put(&mut self, uss: &str, id: Uuid, ovn: Option<&str>, body: Value) -> Reply {
        let params = serde_json::from_value(body).unwrap();
        self.write(uss, &Write::PutIntent { id, ovn: ovn.map(str::to_owned), params })
    }

    pub fn delete(&mut self, uss: &str, id: Uuid, ovn: &str) -> Reply {
        self.write(uss, &Write::DeleteIntent { id, ovn: ovn.to_owned() })
    }

    pub fn put_constraint(
        &mut self,
        uss: &str,
        id: Uuid,
        ovn: Option<&str>,
        extent: Value,
    ) -> Reply {
        let body = json!({ "extents": [extent], "uss_base_url": "https://uss.test" });
        let params = serde_json::from_value(body).unwrap();
        self.write(uss, &Write::PutConstraint { id, ovn: ovn.map(str::to_owned), params })
    }

    pub fn subscribe(
        &mut self,
        uss: &str,
        id: Uuid,
        version: Option<&str>,
        extent: Value,
    ) -> Reply {
        let body = json!({
            "extents": extent, "uss_base_url": "https://uss.test",
            "notify_for_operational_intents": true, "notify_for_constraints": true,
        });
        let params = serde_json::from_value(body).unwrap();
        self.write(uss, &Write::PutSubscription { id, version: version.map(str::to_owned), params })
    }

    pub fn subscription(&mut self, uss: &str, id: &Value) -> Reply {
        let id = id.as_str().unwrap().parse().unwrap();
        self.read(uss, &Read::Subscription(id))
    }

    pub fn set_down(&mut self, uss: &str, presence: &str, old: &str) -> Reply {
        let body = json!({ "old_version": old, "availability": presence });
        let params = serde_json::from_value(body).unwrap();
        self.write("arbiter", &Write::SetAvailability { uss: uss.to_owned(), params })
    }
}

pub fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

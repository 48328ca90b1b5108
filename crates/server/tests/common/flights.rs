//! Aircraft that fly straight on, and the ways in which their reports reach the service.

use super::client::{Answer, Client};
use super::soon;
use deconflict_core::Time;
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

/// An aircraft in level flight.
#[derive(Clone, Debug)]
pub struct Flight {
    /// Six hexadecimal digits.
    pub address: String,
    pub callsign: Option<String>,
    pub squawk: Option<String>,
    pub class: Option<String>,
    pub formation: Option<String>,
    /// Where it is when `t_s` is 0.
    pub lat: f64,
    pub lon: f64,
    pub alt_ft: f64,
    pub gs_kt: f64,
    /// Degrees from true north.
    pub trk_deg: f64,
}

/// The time of day.
pub fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Time::from_nanos(since.as_nanos() as i64)
}

impl Flight {
    /// One with an address and nothing else that says who it is.
    pub fn new(address: &str, lat: f64, lon: f64, alt_ft: f64, trk_deg: f64) -> Flight {
        Flight {
            address: address.to_owned(),
            callsign: None,
            squawk: None,
            class: None,
            formation: None,
            lat,
            lon,
            alt_ft,
            gs_kt: 450.0,
            trk_deg,
        }
    }

    pub fn called(mut self, callsign: &str) -> Flight {
        self.callsign = Some(callsign.to_owned());
        self
    }

    /// Where it is after so many seconds: flat, which does for some tens of miles.
    pub fn at(&self, t_s: f64) -> (f64, f64) {
        let nm = self.gs_kt * t_s / 3600.0;
        let (sin, cos) = self.trk_deg.to_radians().sin_cos();
        (self.lat + nm * cos / 60.0, self.lon + nm * sin / 60.0 / self.lat.to_radians().cos())
    }

    /// A pushed report, measured at `time`, `t_s` after the beginning.
    pub fn report(&self, time: Time, t_s: f64) -> Value {
        let (lat, lon) = self.at(t_s);
        json!({
            "address": self.address, "time": time.to_string(), "lat": lat, "lon": lon,
            "alt_ft": self.alt_ft, "gs_kt": self.gs_kt, "trk_deg": self.trk_deg, "vs_fpm": 0,
            "callsign": self.callsign, "squawk": self.squawk, "class": self.class,
            "formation": self.formation, "sigma_m": 10,
        })
    }

    /// The same as lines of SBS: identity, position, velocity, squawk.
    pub fn sbs(&self, time: Time, t_s: f64) -> String {
        let (lat, lon) = self.at(t_s);
        let text = time.to_string();
        let (day, clock) = (text[..10].replace('-', "/"), &text[11..23]);
        let (address, alt) = (self.address.to_uppercase(), self.alt_ft);
        let head = |kind: u8| format!("MSG,{kind},1,1,{address},1,{day},{clock},{day},{clock}");
        let callsign = self.callsign.as_deref().unwrap_or_default();
        let squawk = self.squawk.as_deref().unwrap_or_default();
        format!(
            "{},{callsign},,,,,,,,,,,\r\n{},,{alt},,,{lat:.6},{lon:.6},,,0,0,0,0\r\n\
             {},,,{},{},,,0,,,,,0\r\n{},,{alt},,,,,,{squawk},0,0,0,0\r\n",
            head(1),
            head(3),
            head(4),
            self.gs_kt,
            self.trk_deg,
            head(6),
        )
    }
}

/// The times of `count` reports, `step_s` apart, of which the last is now; with the seconds
/// from the beginning at `t_s = 0` of the first.
pub fn lately(count: u32, step_s: f64) -> impl Iterator<Item = (Time, f64)> {
    let now = now();
    (0..count).map(move |n| {
        let t_s = f64::from(n) * step_s;
        (now.plus_s(t_s - f64::from(count - 1) * step_s), t_s)
    })
}

/// Pushes reports on a feed.
pub async fn push(client: &Client, feed: &str, reports: Vec<Value>) -> Answer {
    let path = format!("/v1/feeds/{}/reports", feed.replace(' ', "%20"));
    client.post(&path, json!({ "reports": reports })).await
}

/// Somebody to whom a feed of kind `tcp` connects.
pub struct Receiver {
    listener: TcpListener,
    stream: Option<TcpStream>,
}

impl Receiver {
    pub async fn new() -> Receiver {
        Receiver { listener: TcpListener::bind("127.0.0.1:0").await.unwrap(), stream: None }
    }

    /// What to give as `connect`.
    pub fn address(&self) -> String {
        self.listener.local_addr().unwrap().to_string()
    }

    /// Sends bytes to the service, once it has connected.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        if self.stream.is_none() {
            let (stream, _) = soon("the feed to connect", self.listener.accept()).await.unwrap();
            self.stream = Some(stream);
        }
        self.stream.as_mut().unwrap().write_all(bytes.as_ref()).await.unwrap();
    }
}

//! A Cursor on Target output as it is configured.

use super::encode::CotEncoder;
use crate::config::{ConfigError, ViewerWord, within};
use crate::outputs::Setting;
use crate::wire::{Address, Carrier, Encoder, Line, Wire};
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// How events travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CotProtocol {
    /// One event a datagram, to a host or a group.
    Udp,
    /// Events one after the other in a stream.
    Tcp,
}

/// Whose side aircraft are said to be on. There is no `hostile` and no `friend`: Deconflict
/// keeps aircraft apart and knows neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Affiliation {
    /// Not known (`u`).
    #[default]
    Unknown,
    /// Not judged yet (`p`).
    Pending,
    /// On no side (`n`).
    Neutral,
}

impl Affiliation {
    /// The letter in the type of an event.
    pub(crate) const fn letter(self) -> char {
        match self {
            Affiliation::Unknown => 'u',
            Affiliation::Pending => 'p',
            Affiliation::Neutral => 'n',
        }
    }
}

/// What alerts, or warnings, are told as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertsAs {
    /// Emergencies (`b-a-o-tbl`; of warnings `b-a-g`): clients list them and sound an alarm.
    #[default]
    Emergency,
    /// Markers on the map (`b-m-p-s-m`), without an alarm.
    Marker,
    /// Not at all.
    None,
}

/// Which altitudes stand in `hae`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AltitudeAs {
    /// Only those that were measured from the ellipsoid.
    #[default]
    Measured,
    /// Pressure altitudes as well, taken for heights, with the error of that in `le`.
    Converted,
}

/// `[[output]] kind = "cot"`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CotConfig {
    /// Its name.
    pub name: String,
    /// `"everything"`; or `party`.
    pub viewer: Option<ViewerWord>,
    /// The party whose view is sent.
    pub party: Option<String>,
    /// How events travel.
    pub protocol: CotProtocol,
    /// Where to: `host:port`, with UDP also a multicast group; or `listen`.
    pub to: Option<String>,
    /// Where clients connect to (TCP): `127.0.0.1:8087`.
    pub listen: Option<SocketAddr>,
    /// Whether to listen on more than loopback: whoever can reach the port sees the picture.
    #[serde(default)]
    pub allow_anyone: bool,
    /// Clients at the most.
    #[serde(default = "thirty_two")]
    pub clients: usize,
    /// Whether to send tracks.
    #[serde(default = "yes")]
    pub tracks: bool,
    /// What to send alerts as.
    #[serde(default)]
    pub alerts: AlertsAs,
    /// What to send warnings about one aircraft as; the same as alerts if not given.
    pub warnings: Option<AlertsAs>,
    /// Seconds of data time between two events of the same track.
    #[serde(default = "two")]
    pub every_s: f64,
    /// Whose side aircraft are said to be on.
    #[serde(default)]
    pub affiliation: Affiliation,
    /// Which altitudes stand in `hae`.
    #[serde(default)]
    pub altitude: AltitudeAs,
    /// How many routers a multicast datagram may pass.
    #[serde(default = "one")]
    pub ttl: u32,
    /// Address of the interface by which multicast leaves.
    pub interface: Option<IpAddr>,
    /// Seconds to connect, or for the other side to take what is sent.
    #[serde(default = "ten")]
    pub timeout_s: f64,
    /// Pause after the first failure to connect, seconds; doubled with every further one …
    #[serde(default = "one_s")]
    pub retry_first_s: f64,
    /// … up to this.
    #[serde(default = "thirty")]
    pub retry_most_s: f64,
}

const fn yes() -> bool {
    true
}
const fn one() -> u32 {
    1
}
const fn one_s() -> f64 {
    1.0
}
const fn two() -> f64 {
    2.0
}
const fn ten() -> f64 {
    10.0
}
const fn thirty() -> f64 {
    30.0
}
const fn thirty_two() -> usize {
    32
}

impl CotConfig {
    fn error(&self, key: &'static str, fault: impl Into<String>) -> ConfigError {
        ConfigError::new(&self.name, key, fault)
    }

    pub(crate) fn destination(&self) -> String {
        match (self.protocol, &self.to, self.listen) {
            (CotProtocol::Udp, Some(to), _) => format!("udp {to}"),
            (CotProtocol::Tcp, Some(to), _) => format!("tcp {to}"),
            (_, None, Some(listen)) => format!("tcp clients at {listen}"),
            (_, None, None) => String::new(),
        }
    }

    pub(crate) fn warnings(&self) -> AlertsAs {
        self.warnings.unwrap_or(self.alerts)
    }

    fn address(&self) -> Result<Option<Address>, ConfigError> {
        let Some(to) = &self.to else { return Ok(None) };
        let address = Address::parse(to).map_err(|fault| self.error("to", fault))?;
        Ok(Some(address))
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let to = self.address()?;
        let multicast = to.as_ref().is_some_and(Address::is_multicast);
        match (self.protocol, &to, self.listen) {
            (_, Some(_), Some(_)) => {
                return Err(self.error("to", "either to or listen, not both"));
            }
            (_, None, None) => {
                let fault = "missing: to = \"host:port\", or listen = \"127.0.0.1:8087\" for \
                             clients that connect here (tcp)";
                return Err(self.error("to", fault));
            }
            (CotProtocol::Udp, None, Some(_)) => {
                return Err(self.error("listen", "is for protocol = \"tcp\"; udp needs to"));
            }
            (CotProtocol::Tcp, Some(_), None) if multicast => {
                return Err(self.error("to", "a multicast group needs protocol = \"udp\""));
            }
            (CotProtocol::Tcp, None, Some(listen))
                if !listen.ip().is_loopback() && !self.allow_anyone =>
            {
                let fault = format!(
                    "Cursor on Target over TCP asks nobody who he is: {} would show the picture to \
                     all who can reach it. Listen on 127.0.0.1, or say allow_anyone = true",
                    listen.ip()
                );
                return Err(self.error("listen", fault));
            }
            _ => {}
        }
        if self.interface.is_some() && !multicast {
            return Err(self.error("interface", "is for a multicast group in to"));
        }
        if !self.tracks && [self.alerts, self.warnings()] == [AlertsAs::None; 2] {
            let fault = "neither tracks nor alerts nor warnings: nothing would be sent";
            return Err(self.error("tracks", fault));
        }
        let within = |key, value, least, most| within(&self.name, key, value, least, most);
        within("clients", self.clients as f64, 1.0, 10_000.0)?;
        within("every_s", self.every_s, 0.1, 60.0)?;
        within("ttl", f64::from(self.ttl), 0.0, 255.0)?;
        within("timeout_s", self.timeout_s, 0.01, 300.0)?;
        within("retry_first_s", self.retry_first_s, 0.001, 3600.0)?;
        within("retry_most_s", self.retry_most_s, self.retry_first_s, 86_400.0)
    }

    pub(crate) fn build(&self, setting: &Setting) -> Result<Wire, ConfigError> {
        let carrier = match (self.protocol, self.address()?, self.listen) {
            (CotProtocol::Udp, Some(to), _) => {
                Carrier::Datagrams { to, ttl: self.ttl, interface: self.interface }
            }
            (CotProtocol::Tcp, Some(to), _) => Carrier::Client { to },
            (_, None, Some(at)) => Carrier::Server { at, clients: self.clients },
            (_, None, None) => return Err(self.error("to", "missing")),
        };
        let line = Line {
            carrier,
            timeout: Duration::from_secs_f64(self.timeout_s),
            retry_first_s: self.retry_first_s,
            retry_most_s: self.retry_most_s,
            seed: setting.seed,
        };
        let encoder: Box<dyn Encoder> = Box::new(CotEncoder::new(self, &setting.run));
        Ok(Wire { kind: "cot", line, encoder })
    }
}

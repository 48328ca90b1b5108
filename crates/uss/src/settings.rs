//! What can be set.

use crate::model::SettingsError;
use crate::watch::areas;
use deconflict_core::volume::Footprint;
use deconflict_core::{Time, Volume4d};
use deconflict_intent::{Extent, Limits, Needs};
use reqwest::Url;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// What can be set of the peer exchange.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the DSS is: its routes are `{dss}/dss/v1/…`.
    pub dss: String,
    /// Where peers reach this service: they call `{base_url}/uss/v1/…`.
    pub base_url: String,
    /// What our tokens call us (`sub`).
    pub manager: String,
    /// How we get access tokens.
    pub tokens: Tokens,
    /// Regions that are watched all the time. Times in them are not looked at; the largest is what a
    /// DSS takes in one outline, 2,500 km².
    pub watched: Vec<Volume4d>,
    /// What we do with constraints.
    pub constraints: Constraints,
    /// To whom our details are told.
    pub released: Released,
    /// Whether addresses without TLS are used: in tests and in closed networks only.
    pub allow_http: bool,
    /// How long one request may take.
    pub patience: Duration,
    /// After how long the watched regions are asked for again, notified or not.
    pub refresh: Duration,
    /// How often `file` asks for what it does not know before it gives up.
    pub rounds: u32,
    /// The most peers' entities that are remembered.
    pub most_peers: usize,
    /// The largest answer that is read, bytes.
    pub answer_bytes: usize,
    /// The largest request that is read, bytes.
    pub body_bytes: usize,
    /// How many requests a second one peer may make, over some time.
    pub requests_per_s: f64,
    /// How many at once.
    pub burst: u32,
}

impl Settings {
    /// The rest as it is by default.
    pub fn new(dss: &str, base_url: &str, manager: &str, tokens: Tokens) -> Settings {
        Settings {
            dss: dss.to_owned(),
            base_url: base_url.to_owned(),
            manager: manager.to_owned(),
            tokens,
            watched: Vec::new(),
            constraints: Constraints::None,
            released: Released::ToAll,
            allow_http: false,
            patience: Duration::from_secs(5),
            refresh: Duration::from_secs(60),
            rounds: 5,
            most_peers: 20_000,
            answer_bytes: 8 << 20,
            body_bytes: 1 << 20,
            requests_per_s: 20.0,
            burst: 200,
        }
    }
}

/// How access tokens are got. A secret is never shown.
#[derive(Clone)]
pub enum Tokens {
    /// OAuth 2.0 client credentials (RFC 6749, section 4.4).
    ClientCredentials {
        /// The token endpoint.
        url: String,
        /// Who we are there.
        client_id: String,
        /// And the proof.
        client_secret: String,
    },
    /// `GET` with everything in the query, as the InterUSS Platform's dummy authorisation server
    /// has it: for tests.
    Dummy {
        /// The token endpoint.
        url: String,
        /// Who we say that we are.
        sub: String,
    },
    /// Signed by ourselves: for private federations, where each trusts the others' keys, and for tests.
    Key {
        /// An RSA key (PKCS #8 or PKCS #1, PEM).
        pem: String,
        /// What the tokens say of their issuer.
        issuer: String,
        /// Who we are.
        sub: String,
    },
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Tokens::ClientCredentials { .. } => "Tokens::ClientCredentials(…)",
            Tokens::Dummy { .. } => "Tokens::Dummy(…)",
            Tokens::Key { .. } => "Tokens::Key(…)",
        })
    }
}

/// What is done with constraints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Constraints {
    /// Nothing.
    #[default]
    None,
    /// They are learned, and known of whatever is filed.
    Process,
    /// And our own are filed.
    Manage,
}

/// To whom details are told. Volumes, priority and state are all that is ever told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Released {
    /// To every USS with the scope: as the standard requires.
    #[default]
    ToAll,
    /// To these only, by the subject of their tokens, each with its base address (for
    /// notifications). Others know that something is there, and cannot plan across it.
    To(BTreeMap<String, String>),
}

impl Settings {
    /// Whether they can be used.
    ///
    /// # Errors
    /// What is wrong, with the name of the setting.
    pub fn check(&self) -> Result<(), SettingsError> {
        let wrong = |key: &'static str, problem: String| Err(SettingsError { key, problem });
        for (key, text) in [("dss", &self.dss), ("base_url", &self.base_url)] {
            address(key, text, self.allow_http)?;
        }
        if self.manager.is_empty() || self.manager.len() > 256 {
            let problem = "the name that our tokens give us (sub) is needed, 1 to 256 letters";
            return wrong("manager", problem.to_owned());
        }
        match &self.tokens {
            Tokens::ClientCredentials { url, .. } | Tokens::Dummy { url, .. } => {
                address("tokens.url", url, self.allow_http)?;
            }
            // A token of another name would file what we then do not know as ours.
            Tokens::Key { sub, .. } if *sub != self.manager => {
                return wrong(
                    "tokens.sub",
                    format!("it must be the manager, \"{}\"", self.manager),
                );
            }
            Tokens::Key { .. } => {}
        }
        for (i, region) in self.watched.iter().enumerate() {
            let (now, then) = (Time::from_nanos(0), Time::from_nanos(1_000_000_000));
            let asked = areas(region, now, then);
            let needs = Needs { altitudes: true, times: true };
            if let Err(why) = Extent::from_wire(&asked, needs, &Limits::default()) {
                let problem = match &region.footprint {
                    Footprint::World => "it is everywhere: give it an outline".to_owned(),
                    _ => format!("{why}; divide it into several regions"),
                };
                return wrong("watched", format!("region {}: {problem}", i + 1));
            }
            if asked.len() > 1 {
                let problem = "a corridor of several legs: give a region for each leg";
                return wrong("watched", format!("region {}: {problem}", i + 1));
            }
        }
        if self.patience < Duration::from_millis(10) || self.refresh < Duration::from_secs(1) {
            return wrong("patience", "at least 10 ms, and refresh at least 1 s".to_owned());
        }
        Ok(())
    }
}

fn address(key: &'static str, text: &str, allow_http: bool) -> Result<(), SettingsError> {
    let url = Url::parse(text).ok().filter(Url::has_host);
    let problem = match url.as_ref().map(|url| (url, url.scheme())) {
        Some((url, "https" | "http")) if url.query().is_some() || url.fragment().is_some() => {
            "an address without a query is needed"
        }
        Some((_, "https")) => return Ok(()),
        Some((_, "http")) if allow_http => return Ok(()),
        Some((_, "http")) => "https is needed; http only with allow_http, in closed networks",
        _ => "an address such as https://dss.example.com is needed",
    };
    Err(SettingsError { key, problem: problem.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use deconflict_core::GeoPoint;

    fn settings() -> Settings {
        let tokens = Tokens::Dummy { url: "https://id.test/token".into(), sub: "us".into() };
        Settings::new("https://dss.test", "https://us.test", "us", tokens)
    }

    #[test]
    fn a_bad_setting_is_named() {
        assert_eq!(settings().check(), Ok(()));
        let with = |change: &dyn Fn(&mut Settings)| {
            let mut settings = settings();
            change(&mut settings);
            settings.check().unwrap_err()
        };
        let region = |radius_m| Volume4d {
            footprint: Footprint::Circle {
                centre: GeoPoint::from_deg(1.0, 2.0).unwrap(),
                radius_m,
            },
            lower: None,
            upper: None,
            start: None,
            end: None,
        };
        assert_eq!(with(&|s| s.dss = "dss.test".into()).key, "dss");
        assert_eq!(with(&|s| s.dss = "http://dss.test".into()).key, "dss");
        assert_eq!(with(&|s| s.base_url = "https://us.test/?a".into()).key, "base_url");
        assert_eq!(with(&|s| s.manager.clear()).key, "manager");
        let key = Tokens::Key { pem: String::new(), issuer: String::new(), sub: "them".into() };
        assert_eq!(with(&|s| s.tokens = key.clone()).key, "tokens.sub");
        let large = with(&|s| s.watched = vec![region(1_000.0), region(90_000.0)]);
        assert_eq!(large.key, "watched");
        assert!(large.problem.contains("region 2") && large.problem.contains("2500"), "{large}");
        let mut all = settings();
        all.watched = vec![region(20_000.0)];
        assert_eq!(all.check(), Ok(()));
    }

    #[test]
    fn debugging_shows_no_secret() {
        let tokens = Tokens::ClientCredentials {
            url: "https://id.test/token".into(),
            client_id: "us".into(),
            client_secret: "hush".into(),
        };
        let settings = Settings::new("https://dss.test", "https://us.test", "us", tokens);
        assert!(!format!("{settings:?}").contains("hush"));
    }
}

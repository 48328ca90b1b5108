//! `[uss]`: the service as one of several that agree ahead (ASTM F3548-21).

use super::ConfigError;
use crate::coordination::{Priorities, Teller};
use deconflict_access::{Gate, GateError, parse_pem};
use deconflict_core::altitude::VerticalContext;
use deconflict_core::{Time, Volume4d};
use deconflict_reserve::{Reservation, document};
use deconflict_uss::{Constraints, Released, Settings, SettingsError, Tokens};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// `[uss]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UssConfig {
    /// Where the DSS is.
    pub dss: String,
    /// Where peers reach this service: they call `/uss/v1/…` below it.
    pub base_url: String,
    /// What our tokens call us (`sub`).
    pub manager: String,
    /// How we get tokens.
    pub token: TokenConfig,
    /// How tokens of peers are checked.
    pub keys: KeysConfig,
    /// Regions that are watched all the time, each as the shape of a reservation.
    #[serde(default)]
    pub watch: Vec<toml::Table>,
    /// What is done with constraints.
    #[serde(default)]
    pub constraints: ConstraintsConfig,
    /// Services that our details are told to, by name with their addresses; all if not given.
    pub released: Option<BTreeMap<String, String>>,
    /// Altimeter setting, hPa.
    pub qnh_hpa: Option<f64>,
    /// Height of the geoid above the ellipsoid, metres.
    pub geoid_m: Option<f64>,
    /// Elevation of the highest ground, metres above mean sea level.
    pub terrain_m: Option<f64>,
    /// From which priority on a peer's intent is of rescue.
    pub priority_rescue: Option<i32>,
    /// From which priority on a peer's intent is humanitarian.
    pub priority_humanitarian: Option<i32>,
    /// Seconds after which an aircraft that has left its plan is not expected back.
    #[serde(default = "contingent_s")]
    pub contingent_s: f64,
    /// Whether addresses without TLS are used.
    #[serde(default)]
    pub allow_http: bool,
    /// Seconds after which the watched regions are asked for again.
    #[serde(default = "refresh_s")]
    pub refresh_s: f64,
    /// Seconds that one request may take; a change of a reservation may take three times that.
    #[serde(default = "patience_s")]
    pub patience_s: f64,
}

fn refresh_s() -> f64 {
    60.0
}

fn contingent_s() -> f64 {
    300.0
}

fn patience_s() -> f64 {
    5.0
}

/// `uss.constraints`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConstraintsConfig {
    /// Nothing.
    #[default]
    None,
    /// Those of others bind here.
    Process,
    /// And areas that nobody may enter are filed as such.
    Manage,
}

/// `[uss.token]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenConfig {
    /// `client-credentials`, `key` or `dummy`.
    pub kind: TokenKind,
    /// The token endpoint.
    pub url: Option<String>,
    /// Who we are there.
    pub client_id: Option<String>,
    /// From the environment alone.
    pub client_secret: Option<Hidden>,
    /// File with the proof.
    pub client_secret_file: Option<PathBuf>,
    /// File with the key that signs our tokens.
    pub key_file: Option<PathBuf>,
    /// What our tokens say of their issuer.
    pub issuer: Option<String>,
    /// Who our tokens say that we are; the manager if not given.
    pub sub: Option<String>,
}

/// How tokens are got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenKind {
    /// OAuth 2.0 client credentials.
    ClientCredentials,
    /// Signed by ourselves.
    Key,
    /// The InterUSS Platform's dummy authorisation server.
    Dummy,
}

/// A secret: in no message and no log.
#[derive(Clone, Deserialize)]
pub struct Hidden(String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden(…)")
    }
}

/// `[uss.keys]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeysConfig {
    /// Files with public keys, PEM.
    pub public_key: Vec<PathBuf>,
    /// The address of a set of keys.
    pub jwks: Option<String>,
    /// What tokens for us carry as `aud`; the host of `base_url` if not given.
    pub audience: Vec<String>,
    /// Who may have made them; anybody whose key it is if not given.
    pub issuer: Vec<String>,
}

fn wrong(key: &str, what: impl fmt::Display) -> ConfigError {
    ConfigError::at(&format!("uss.{key}"), what)
}

impl UssConfig {
    /// Paths in it are relative to the folder of the file.
    pub(super) fn resolve(&mut self, resolve: impl Fn(&mut PathBuf)) {
        let token = [&mut self.token.client_secret_file, &mut self.token.key_file];
        token.into_iter().flatten().for_each(&resolve);
        self.keys.public_key.iter_mut().for_each(resolve);
    }

    /// Looks for a secret in the file itself.
    pub(super) fn has_no_secret(&self) -> Result<(), ConfigError> {
        if self.token.client_secret.is_none() {
            return Ok(());
        }
        Err(wrong(
            "token.client_secret",
            "a secret does not stand in this file: write it into one of its own and name that in \
             `client_secret_file`, or give DECONFLICT__USS__TOKEN__CLIENT_SECRET",
        ))
    }

    /// Looks for what cannot be.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        for (key, seconds, [least, most]) in [
            ("refresh_s", self.refresh_s, [1.0, 3_600.0]),
            ("patience_s", self.patience_s, [0.1, 60.0]),
            ("contingent_s", self.contingent_s, [1.0, 86_400.0]),
        ] {
            if !(least..=most).contains(&seconds) {
                return Err(wrong(key, format!("{seconds} is not between {least} and {most}")));
            }
        }
        for (key, value, [least, most]) in [
            ("qnh_hpa", self.qnh_hpa, [850.0, 1_100.0]),
            ("geoid_m", self.geoid_m, [-120.0, 100.0]),
            ("terrain_m", self.terrain_m, [-450.0, 9_000.0]),
        ] {
            if value.is_some_and(|value| !(least..=most).contains(&value)) {
                return Err(wrong(key, format!("is not between {least} and {most}")));
            }
        }
        if self.manager.trim().is_empty() {
            return Err(wrong("manager", "is empty: it is what our tokens call us, their `sub`"));
        }
        let priorities = self.priorities();
        if priorities.rescue >= priorities.humanitarian {
            return Err(wrong("priority_rescue", "has to be less than `priority_humanitarian`"));
        }
        if self.keys.public_key.is_empty() && self.keys.jwks.is_none() {
            return Err(wrong("keys", "peers could not come in: give `public_key` or `jwks`"));
        }
        self.watched()?;
        Ok(())
    }

    /// From which priorities on something goes before the rest.
    pub fn priorities(&self) -> Priorities {
        let usual = Priorities::default();
        Priorities {
            rescue: self.priority_rescue.unwrap_or(usual.rescue),
            humanitarian: self.priority_humanitarian.unwrap_or(usual.humanitarian),
        }
    }

    /// How reservations are told.
    pub fn teller(&self) -> Teller {
        Teller {
            manager: self.manager.clone(),
            context: VerticalContext {
                qnh_hpa: self.qnh_hpa,
                geoid_undulation_m: self.geoid_m,
                terrain_m: self.terrain_m,
                ..VerticalContext::default()
            },
            manages_constraints: self.constraints == ConstraintsConfig::Manage,
            priorities: self.priorities(),
        }
    }

    /// The regions that are watched.
    fn watched(&self) -> Result<Vec<Volume4d>, ConfigError> {
        let teller = self.teller();
        let mut out = Vec::new();
        for (index, region) in self.watch.iter().enumerate() {
            let bad = |what: String| wrong(&format!("watch {index}"), what);
            let region = region_of(region).map_err(bad)?;
            let filed = teller.filing(&region, Time::default()).map_err(bad)?;
            out.extend(filed.own.volumes);
        }
        Ok(out)
    }

    /// What the peer exchange is started with. Reads the files.
    ///
    /// # Errors
    /// [`ConfigError`] names the key, and says what to do.
    pub fn settings(&self) -> Result<Settings, ConfigError> {
        let mut settings = Settings::new(&self.dss, &self.base_url, &self.manager, self.tokens()?);
        settings.watched = self.watched()?;
        settings.constraints = match self.constraints {
            ConstraintsConfig::None => Constraints::None,
            ConstraintsConfig::Process => Constraints::Process,
            ConstraintsConfig::Manage => Constraints::Manage,
        };
        settings.released = self.released.clone().map_or(Released::ToAll, Released::To);
        settings.allow_http = self.allow_http;
        settings.patience = Duration::from_secs_f64(self.patience_s);
        settings.refresh = Duration::from_secs_f64(self.refresh_s);
        settings.check().map_err(|error| refused(&error))?;
        Ok(settings)
    }

    fn tokens(&self) -> Result<Tokens, ConfigError> {
        let token = &self.token;
        let needed = |key: &str, value: &Option<String>| {
            value.clone().ok_or_else(|| {
                wrong(&format!("token.{key}"), format!("is missing: {:?} needs it", token.kind))
            })
        };
        let sub = token.sub.clone().unwrap_or_else(|| self.manager.clone());
        if sub != self.manager {
            let what = format!("is {sub:?}, and `uss.manager` is {:?}: they are one", self.manager);
            return Err(wrong("token.sub", what));
        }
        Ok(match token.kind {
            TokenKind::Dummy => Tokens::Dummy { url: needed("url", &token.url)?, sub },
            TokenKind::Key => {
                let file = token.key_file.as_ref();
                let file = file.ok_or_else(|| {
                    wrong("token.key_file", "is missing: name the file of the key, PEM")
                })?;
                let issuer = token.issuer.clone().unwrap_or_else(|| self.manager.clone());
                Tokens::Key { pem: read("token.key_file", file)?, issuer, sub }
            }
            TokenKind::ClientCredentials => Tokens::ClientCredentials {
                url: needed("url", &token.url)?,
                client_id: needed("client_id", &token.client_id)?,
                client_secret: match (&token.client_secret, &token.client_secret_file) {
                    (Some(Hidden(secret)), _) => secret.clone(),
                    (None, Some(file)) => read("token.client_secret_file", file)?.trim().to_owned(),
                    (None, None) => {
                        return Err(wrong(
                            "token.client_secret_file",
                            "is missing: name a file with the secret, or give \
                             DECONFLICT__USS__TOKEN__CLIENT_SECRET",
                        ));
                    }
                },
            },
        })
    }

    /// The keys of peers, name and content. Reads the files.
    fn public_keys(&self) -> Result<Vec<(String, String)>, ConfigError> {
        let key = |file: &PathBuf| {
            let text = read("keys.public_key", file)?;
            let name = file.display().to_string();
            let held = parse_pem(&text).map(|_| (name.clone(), text));
            held.map_err(|error| wrong("keys.public_key", format!("{name}: {error}")))
        };
        self.keys.public_key.iter().map(key).collect()
    }

    /// What checks the tokens of peers. Reads the files.
    ///
    /// # Errors
    /// [`ConfigError`] names the key, and says what to do.
    pub async fn gate(&self) -> Result<Gate, ConfigError> {
        let keys = &self.keys;
        let pems = self.public_keys()?;
        let mut audience = keys.audience.clone();
        if audience.is_empty() {
            audience.extend(host_of(&self.base_url));
        }
        let gate = Gate::new(&pems, keys.jwks.as_deref(), &audience, &keys.issuer).await;
        gate.map_err(|error| match error {
            GateError::NoKeys => {
                wrong("keys", "peers could not come in: give `public_key` or `jwks`")
            }
            GateError::NoAudience => {
                wrong("keys.audience", "is missing: name what tokens for us carry as `aud`")
            }
            GateError::Pem { .. } => wrong("keys.public_key", error),
            GateError::Jwks(error) => wrong("keys.jwks", error),
        })
    }

    /// What it does, in lines for whoever checks the configuration.
    ///
    /// # Errors
    /// [`ConfigError`] names the key, and says what to do.
    pub fn says(&self) -> Result<Vec<String>, ConfigError> {
        let settings = self.settings()?;
        self.public_keys()?;
        let km2 = settings.watched.iter().filter_map(|volume| {
            deconflict_intent::Outline::of(&volume.footprint).map(|outline| outline.area_km2())
        });
        let constraints = match settings.constraints {
            Constraints::None => "constraints of others are not looked at",
            Constraints::Process => "constraints of others bind here",
            Constraints::Manage => {
                "constraints of others bind here, and what is segregated, restricted or a hazard is filed as one"
            }
        };
        let tokens = match self.token.kind {
            TokenKind::ClientCredentials => "client credentials",
            TokenKind::Key => "signed by ourselves",
            TokenKind::Dummy => "a dummy authorisation server, for tests",
        };
        Ok(vec![
            format!(
                "reservations that bind are filed as {} with the DSS at {}",
                self.manager, self.dss
            ),
            format!(
                "other services reach this one at {}/uss/v1",
                self.base_url.trim_end_matches('/')
            ),
            format!("tokens: {tokens}"),
            format!(
                "{} watched outlines, {:.0} km² together; asked for again every {} s",
                settings.watched.len(),
                km2.sum::<f64>(),
                self.refresh_s
            ),
            constraints.to_owned(),
        ])
    }
}

fn host_of(url: &str) -> Option<String> {
    let rest = url.split_once("://")?.1;
    let host = rest.split(['/', '?']).next()?.rsplit('@').next()?;
    let host = match host.strip_prefix('[') {
        Some(six) => six.split(']').next()?,
        None => host.split(':').next()?,
    };
    (!host.is_empty()).then(|| host.to_owned())
}

/// An error of the peer exchange, with the key as this file has it.
fn refused(error: &SettingsError) -> ConfigError {
    let key = match error.key {
        "watched" => "watch",
        "patience" => "patience_s",
        "refresh" => "refresh_s",
        key if key.starts_with("tokens") => "token",
        key => key,
    };
    wrong(key, &error.problem)
}

fn read(key: &str, file: &Path) -> Result<String, ConfigError> {
    let text = std::fs::read_to_string(file);
    text.map_err(|error| wrong(key, format!("cannot read {}: {error}", file.display())))
}

/// A region, read as a reservation is.
fn region_of(region: &toml::Table) -> Result<Reservation, String> {
    let Value::Object(mut fields) = serde_json::to_value(region).map_err(|e| e.to_string())? else {
        return Err("is no table".to_owned());
    };
    for field in ["status", "start", "end", "repeat", "moves"] {
        if fields.contains_key(field) {
            return Err(format!("field `{field}`: a region is watched always, leave it out"));
        }
    }
    for (field, value) in [("id", "region"), ("kind", "operation"), ("party", "us")] {
        fields.entry(field).or_insert_with(|| json!(value));
    }
    let text = Value::Array(vec![Value::Object(fields)]).to_string();
    let read = document::read_json(&text).map_err(|fault| match &fault.field {
        Some(field) => format!("field `{field}`: {}", fault.says),
        None => fault.says.clone(),
    });
    let region = read?.pop().ok_or_else(|| "is no region".to_owned())?;
    if matches!(region.shape, deconflict_reserve::Shape::Flight { .. }) {
        return Err("field `shape`: a region is a circle, a polygon, a corridor".to_owned());
    }
    Ok(region)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::from_text;

    const GOOD: &str = r#"
        [uss]
        dss = "http://127.0.0.1:8082"
        base_url = "http://[::1]:8080/"
        manager = "cell"
        allow_http = true
        [uss.token]
        kind = "dummy"
        url = "http://127.0.0.1:8085/token"
        [uss.keys]
        jwks = "https://id.example/keys"
        [[uss.watch]]
        shape = "circle"
        points = "34.5 40.1"
        radius_nm = 10
        lower = "GND"
        upper = "FL200"
    "#;

    fn says(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from), "{from}");
        let read = from_text(&GOOD.replace(from, to));
        let says = read.and_then(|config| config.uss.unwrap().settings().map(|_| ()));
        says.unwrap_err().0
    }

    #[test]
    fn a_good_one_holds_and_says_what_it_does() {
        let uss = from_text(GOOD).unwrap().uss.unwrap();
        let settings = uss.settings().unwrap();
        assert_eq!((settings.watched.len(), settings.manager.as_str()), (1, "cell"));
        assert!(settings.watched[0].upper.unwrap().m > 6_096.0);
        let lines = uss.says().unwrap().join("\n");
        assert!(lines.contains("1 watched outlines, 1082 km²"), "{lines}");
        assert_eq!(host_of(&uss.base_url).as_deref(), Some("::1"));
        assert_eq!(host_of("https://cell.example:99/x").as_deref(), Some("cell.example"));
    }

    #[test]
    fn a_fault_names_its_key_and_says_what_to_do() {
        for (from, to, key) in [
            ("manager = \"cell\"", "manager = \" \"", "uss.manager: is empty"),
            ("kind = \"dummy\"", "kind = \"dummy\"\nsub = \"x\"", "uss.token.sub: is \"x\""),
            ("kind = \"dummy\"", "kind = \"key\"", "uss.token.key_file: is missing"),
            (
                "kind = \"dummy\"",
                "kind = \"client-credentials\"",
                "uss.token.client_id: is missing",
            ),
            ("jwks = \"https://id.example/keys\"", "", "uss.keys: peers could not come in"),
            ("radius_nm = 10", "radius_nm = 50", "uss.watch 0: an outline of it has"),
            ("radius_nm = 10", "radius = 10", "uss.watch 0: field `radius`"),
            ("lower = \"GND\"", "start = \"2026-01-01T00:00:00Z\"", "uss.watch 0: field `start`"),
            ("upper = \"FL200\"", "upper = \"120 m ground\"", "uss.terrain_m"),
            ("allow_http = true", "allow_http = true\nqnh_hpa = 29.92", "uss.qnh_hpa: is not"),
            ("allow_http = true", "allow_http = false", "uss.dss: "),
            ("allow_http = true", "allow_http = true\nrefresh_s = 0", "uss.refresh_s: 0 is not"),
        ] {
            let says = says(from, to);
            assert!(says.contains(key), "{from}: {says}");
        }
    }

    #[test]
    fn a_secret_stands_in_no_file_and_in_no_message() {
        let text = GOOD.replace(
            "kind = \"dummy\"",
            "kind = \"client-credentials\"\nclient_id = \"us\"\nclient_secret = \"hush\"",
        );
        let config = from_text(&text).unwrap();
        assert!(!format!("{config:?}").contains("hush"));
        let uss = config.uss.unwrap();
        assert!(!format!("{:?}", uss.settings().unwrap()).contains("hush"));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &text).unwrap();
        let refused = crate::config::Config::load(Some(file.path()), []).unwrap_err().0;
        assert!(refused.contains("uss.token.client_secret: "), "{refused}");
        assert!(refused.contains("client_secret_file") && !refused.contains("hush"), "{refused}");
    }
}

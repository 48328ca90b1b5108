//! Access tokens: one for each audience and scope, kept until shortly before they end.

use crate::http::{Http, Sent, Unanswered};
use crate::settings::Tokens;
use crate::signer::Signer;
use deconflict_access::Now;
use reqwest::{Method, Url};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// Before its end a token is not used any more, seconds: clocks differ, and requests take time.
const MARGIN_S: i64 = 60;
/// Of a token that does not say for how long it is good, and of one that we sign, seconds.
const LIFE_S: i64 = 1800;
/// The most tokens that are kept.
const MOST: usize = 4096;
/// The largest answer of an authorisation server, bytes.
const ANSWER_BYTES: usize = 64 << 10;

/// A token and until when it is used, seconds of the time of day.
#[derive(Clone)]
struct Token {
    text: Arc<str>,
    until_unix_s: i64,
}

type Slot = Arc<OnceCell<Token>>;

/// Where tokens come from.
pub(crate) struct TokenSource {
    from: From,
    slots: Mutex<BTreeMap<(String, &'static str), Slot>>,
}

enum From {
    ClientCredentials { url: Url, client_id: String, client_secret: String },
    Dummy { url: Url, sub: String },
    Key { signer: Signer, issuer: String, sub: String },
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    #[serde(default)]
    expires_in: Option<i64>,
}

impl TokenSource {
    /// From settings.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(crate) fn new(tokens: &Tokens) -> Result<TokenSource, String> {
        let parse = |url: &str| Url::parse(url).map_err(|_| format!("\"{url}\" is no address"));
        let from = match tokens {
            Tokens::ClientCredentials { url, client_id, client_secret } => {
                From::ClientCredentials {
                    url: parse(url)?,
                    client_id: client_id.clone(),
                    client_secret: client_secret.clone(),
                }
            }
            Tokens::Dummy { url, sub } => From::Dummy { url: parse(url)?, sub: sub.clone() },
            Tokens::Key { pem, issuer, sub } => {
                From::Key { signer: Signer::new(pem)?, issuer: issuer.clone(), sub: sub.clone() }
            }
        };
        Ok(TokenSource { from, slots: Mutex::default() })
    }

    /// A token for that host and that scope alone. Who asks while it is being fetched gets the same one.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) async fn get(
        &self,
        http: &Http,
        audience: &str,
        scope: &'static str,
        now: Now,
    ) -> Result<Arc<str>, String> {
        let slot = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            let ended = |slot: &Slot| slot.get().is_some_and(|t| t.until_unix_s <= now.unix_s);
            if slots.len() >= MOST {
                slots.retain(|_, slot| slot.get().is_some() && !ended(slot));
            }
            if slots.len() >= MOST {
                slots.clear();
            }
            let slot = slots.entry((audience.to_owned(), scope)).or_default();
            if ended(slot) {
                *slot = Slot::default();
            }
            Arc::clone(slot)
        };
        let token = slot.get_or_try_init(|| self.fetch(http, audience, scope, now)).await?;
        Ok(Arc::clone(&token.text))
    }

    /// Forgets a token that somebody did not take: perhaps keys were changed.
    pub(crate) fn forget(&self, audience: &str, scope: &'static str) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.remove(&(audience.to_owned(), scope));
    }

    async fn fetch(
        &self,
        http: &Http,
        audience: &str,
        scope: &'static str,
        now: Now,
    ) -> Result<Token, String> {
        let (answer, url) = match &self.from {
            From::Key { signer, issuer, sub } => {
                let until = now.unix_s + LIFE_S;
                let claims = serde_json::json!({
                    "iss": issuer, "sub": sub, "aud": audience, "scope": scope, "iat": now.unix_s,
                    "nbf": now.unix_s - 5, "exp": until, "jti": uuid::Uuid::new_v4(),
                });
                let text = signer.sign(&claims)?.into();
                return Ok(Token { text, until_unix_s: until - MARGIN_S });
            }
            From::ClientCredentials { url, client_id, client_secret } => {
                // The name of the parameter is not agreed upon: `resource` is RFC 8707's, the others
                // are in use; a server ignores those that it does not know (RFC 6749, section 3.2).
                let form = encoded(&[
                    ("grant_type", "client_credentials"),
                    ("client_id", client_id),
                    ("client_secret", client_secret),
                    ("scope", scope),
                    ("resource", audience),
                    ("intended_audience", audience),
                    ("audience", audience),
                ]);
                let kind = "application/x-www-form-urlencoded";
                let sent =
                    Sent { body: Some((kind, form.into())), ..Sent::to(Method::POST, url.clone()) };
                (http.send(sent, ANSWER_BYTES).await, url)
            }
            From::Dummy { url, sub } => {
                let mut asked = url.clone();
                asked.query_pairs_mut().extend_pairs([
                    ("grant_type", "client_credentials"),
                    ("scope", scope),
                    ("intended_audience", audience),
                    ("issuer", url.host_str().unwrap_or("dummy")),
                    ("sub", sub),
                ]);
                (http.send(Sent::to(Method::GET, asked), ANSWER_BYTES).await, url)
            }
        };
        let host = url.host_str().unwrap_or_default();
        let answer = answer.map_err(|Unanswered { reason, .. }| {
            format!("the authorisation server {host} gives no token: {reason}")
        })?;
        // Neither what was sent nor what came is shown: both hold secrets.
        let wrong = |why: &str| {
            format!("the authorisation server {host} gives no token for {scope}: {why}")
        };
        if answer.status != 200 {
            return Err(wrong(&format!("it answers with {}", answer.status)));
        }
        let answer: Answer = serde_json::from_slice(&answer.body)
            .map_err(|_| wrong("its answer has no access_token"))?;
        let life_s =
            answer.expires_in.or_else(|| life_of(&answer.access_token, now)).unwrap_or(LIFE_S);
        let life_s = life_s.clamp(0, 86_400);
        Ok(Token {
            text: answer.access_token.into(),
            until_unix_s: now.unix_s + (life_s - MARGIN_S).max(0),
        })
    }
}

/// For how long a token is good, as far as it says so itself. Nothing depends on its signature here.
fn life_of(token: &str, now: Now) -> Option<i64> {
    use base64::Engine as _;
    let claims = token.split('.').nth(1)?;
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
    Some(claims.get("exp")?.as_f64()? as i64 - now.unix_s)
}

/// A form as it is sent.
fn encoded(pairs: &[(&str, &str)]) -> String {
    // Any address will do: what is wanted is the way in which its query is written.
    let Ok(mut url) = Url::parse("http://form") else { return String::new() };
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap_or_default().to_owned()
}

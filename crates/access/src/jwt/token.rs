//! The outer form of a token: three parts in base64url (RFC 7515, section 7.1).

use crate::reason::Reason;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The longest token that is looked at, in bytes.
pub const LONGEST_TOKEN: usize = 16 * 1024;

/// How a token is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA PKCS #1 v1.5 with SHA-256 (RFC 7518, section 3.3).
    Rs256,
    /// Ed25519 (RFC 8037).
    EdDsa,
}

/// A token taken apart; nothing in it is to be believed yet.
#[derive(Clone, Debug)]
pub struct Token<'a> {
    pub algorithm: Algorithm,
    pub kid: Option<String>,
    pub payload: Map<String, Value>,
    pub signed: &'a [u8],
    pub signature: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

impl<'a> Token<'a> {
    /// Takes a token apart.
    pub fn parse(text: &'a str) -> Result<Self, Reason> {
        if text.len() > LONGEST_TOKEN {
            return Err(Reason::Malformed("the token is too long"));
        }
        let mut parts = text.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Reason::Malformed("neither a key (dk_…) nor a token of three parts"));
        };
        let signed = &text.as_bytes()[..header.len() + 1 + payload.len()];

        let header: Header = serde_json::from_slice(&decode(header)?)
            .map_err(|_| Reason::Malformed("the token's header is not what it should be"))?;
        let algorithm = match header.alg.as_str() {
            "RS256" => Algorithm::Rs256,
            "EdDSA" => Algorithm::EdDsa,
            _ => return Err(Reason::WrongAlgorithm),
        };
        // Extensions that must be understood, and are not (RFC 7515, section 4.1.11).
        if header.crit.is_some() {
            return Err(Reason::Malformed("the token's header has critical extensions"));
        }
        let payload = serde_json::from_slice(&decode(payload)?)
            .map_err(|_| Reason::Malformed("the token's claims are no JSON object"))?;
        let signature = decode(signature)?;
        Ok(Self { algorithm, kid: header.kid, payload, signed, signature })
    }
}

fn decode(part: &str) -> Result<Vec<u8>, Reason> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Reason::Malformed("the token is not base64url"))
}

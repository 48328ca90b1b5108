//! Tokens for tests, good and bad, signed with the test keys of `crates/access`.

use super::flights::now;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

pub const RSA_A: &str = include_str!("../../../access/tests/keys/test-only-rsa-a.private.pem");
pub const RSA_A_PUBLIC: &str =
    include_str!("../../../access/tests/keys/test-only-rsa-a.public.pem");
pub const RSA_B: &str = include_str!("../../../access/tests/keys/test-only-rsa-b.private.pem");
pub const ED: &str = include_str!("../../../access/tests/keys/test-only-ed25519.private.pem");
pub const ED_PUBLIC: &str = include_str!("../../../access/tests/keys/test-only-ed25519.public.pem");

/// The table of the configuration that accepts tokens signed by key A and the Ed25519 key,
/// which lie in `issuer.pem`.
pub const CONFIG: &str = "[access.jwt]\npem_files = [\"issuer.pem\"]\nissuer = \"https://id.test\"\n\
    audience = [\"deconflict\"]\n";

fn der(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(body).unwrap()
}

fn part(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// How a token is signed.
pub enum Signed {
    Rs256(&'static str),
    EdDsa(&'static str),
    /// With the public key taken for a secret.
    Hs256(&'static str),
    None,
}

/// The claims of somebody with a role, and a party.
pub fn claims(role: &str, party: Option<&str>) -> Value {
    let now_s = now().as_nanos() / 1_000_000_000;
    json!({
        "iss": "https://id.test", "sub": format!("{role} by token"), "aud": "deconflict",
        "role": role, "party": party, "iat": now_s, "exp": now_s + 600,
    })
}

/// A token with these claims.
pub fn token(claims: &Value, signed: &Signed) -> String {
    let algorithm = match signed {
        Signed::Rs256(_) => "RS256",
        Signed::EdDsa(_) => "EdDSA",
        Signed::Hs256(_) => "HS256",
        Signed::None => "none",
    };
    let header = json!({ "alg": algorithm, "typ": "JWT" });
    let message = format!("{}.{}", part(header.to_string()), part(claims.to_string()));
    let signature = match signed {
        Signed::Rs256(pem) => {
            let pair = RsaKeyPair::from_pkcs8(&der(pem)).unwrap();
            let mut signature = vec![0; pair.public().modulus_len()];
            let random = SystemRandom::new();
            pair.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).unwrap();
            signature
        }
        Signed::EdDsa(pem) => {
            let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der(pem)).unwrap();
            pair.sign(message.as_bytes()).as_ref().to_vec()
        }
        Signed::Hs256(secret) => {
            let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
            ring::hmac::sign(&key, message.as_bytes()).as_ref().to_vec()
        }
        Signed::None => Vec::new(),
    };
    format!("{message}.{}", part(signature))
}

/// The claims with one of them otherwise; null takes it out.
pub fn with(mut claims: Value, name: &str, value: Value) -> Value {
    let map = claims.as_object_mut().unwrap();
    if value.is_null() {
        map.remove(name);
    } else {
        map.insert(name.to_owned(), value);
    }
    claims
}

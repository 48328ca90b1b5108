//! Tokens for tests, signed with the keys in `tests/keys`.
#![allow(dead_code)] // each test uses its part

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use deconflict_access::{NamedKey, Now, PublicKey, Requirements, Verifier, parse_pem};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

pub const RSA_A: &str = include_str!("../keys/test-only-rsa-a.private.pem");
pub const RSA_A_PUBLIC: &str = include_str!("../keys/test-only-rsa-a.public.pem");
pub const RSA_A_PKCS1: &str = include_str!("../keys/test-only-rsa-a.pkcs1.public.pem");
pub const RSA_B: &str = include_str!("../keys/test-only-rsa-b.private.pem");
pub const RSA_B_PUBLIC: &str = include_str!("../keys/test-only-rsa-b.public.pem");
pub const ED: &str = include_str!("../keys/test-only-ed25519.private.pem");
pub const ED_PUBLIC: &str = include_str!("../keys/test-only-ed25519.public.pem");

pub const NOW: Now = Now { unix_s: 1_700_000_000, steady_ms: 5_000 };

fn der(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(body).unwrap()
}

pub fn part(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn rs256(pem: &str, message: &str) -> Vec<u8> {
    let pair = RsaKeyPair::from_pkcs8(&der(pem)).unwrap();
    let mut signature = vec![0; pair.public().modulus_len()];
    let random = SystemRandom::new();
    pair.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).unwrap();
    signature
}

pub fn eddsa(pem: &str, message: &str) -> Vec<u8> {
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der(pem)).unwrap();
    pair.sign(message.as_bytes()).as_ref().to_vec()
}

pub fn hs256(secret: &[u8], message: &str) -> Vec<u8> {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
    ring::hmac::sign(&key, message.as_bytes()).as_ref().to_vec()
}

/// A token with this header and these claims, signed by whatever signs.
pub fn token(header: &Value, claims: &Value, sign: impl Fn(&str) -> Vec<u8>) -> String {
    raw(&header.to_string(), &claims.to_string(), sign)
}

pub fn raw(header: &str, claims: &str, sign: impl Fn(&str) -> Vec<u8>) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let signature = part(sign(&message));
    format!("{message}.{signature}")
}

pub fn rs_header() -> Value {
    json!({"alg": "RS256", "typ": "JWT"})
}

pub fn claims() -> Value {
    json!({
        "iss": "https://id.test", "sub": "tower", "aud": "deconflict", "role": "controller",
        "iat": NOW.unix_s, "nbf": NOW.unix_s, "exp": NOW.unix_s + 600,
    })
}

/// The claims with one of them otherwise; null takes it out.
pub fn claims_with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    let map = claims.as_object_mut().unwrap();
    if value.is_null() {
        map.remove(name);
    } else {
        map.insert(name.to_owned(), value);
    }
    claims
}

pub fn good_token() -> String {
    token(&rs_header(), &claims(), |message| rs256(RSA_A, message))
}

pub fn requirements() -> Requirements {
    Requirements {
        issuers: vec!["https://id.test".to_owned()],
        ..Requirements::for_audiences(["deconflict".to_owned(), "other-name".to_owned()])
    }
}

/// Trusts key A and the Ed25519 key.
pub fn verifier() -> Verifier {
    let mut keys = parse_pem(RSA_A_PUBLIC).unwrap();
    keys.extend(parse_pem(ED_PUBLIC).unwrap());
    Verifier::new(requirements(), keys)
}

/// One public key as a JWK.
pub fn jwk(kid: &str, pem: &str) -> Value {
    let keys: Vec<NamedKey> = parse_pem(pem).unwrap();
    match &keys[0].key {
        PublicKey::Rsa { n, e } => {
            json!({"kty": "RSA", "use": "sig", "kid": kid, "n": part(n), "e": part(e)})
        }
        PublicKey::Ed25519(x) => json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": part(x)}),
    }
}

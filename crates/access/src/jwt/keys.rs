//! Public keys: from PEM (RFC 7468) and from JWK sets (RFC 7517).

use super::token::Algorithm;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::UnparsedPublicKey;
use ring::signature::{ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde::Deserialize;
use std::fmt;

/// The most keys that are taken from one set: each may be tried for a token without a name.
const MOST_KEYS: usize = 32;

/// A key that tells whether a signature holds. It is public: there is nothing to hide.
#[derive(Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// RSA, 2048 to 8192 bits: modulus and exponent, big-endian, without leading zeros.
    Rsa {
        /// The modulus.
        n: Vec<u8>,
        /// The exponent.
        e: Vec<u8>,
    },
    /// Ed25519.
    Ed25519([u8; 32]),
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { n, .. } => write!(f, "RSA {} bits", bits(n)),
            Self::Ed25519(_) => f.write_str("Ed25519"),
        }
    }
}

/// A key with the name by which tokens call it, if it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedKey {
    /// The name (`kid`).
    pub kid: Option<String>,
    /// The key.
    pub key: PublicKey,
}

/// Why a PEM text gives no keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// There is no block in it.
    #[error("there is no '-----BEGIN PUBLIC KEY-----' in it")]
    Empty,
    /// It has a private key.
    #[error(
        "there is a private key in it, which does not belong here: \
         write the public one with 'openssl pkey -in FILE -pubout'"
    )]
    Private,
    /// It has a certificate.
    #[error(
        "there is a certificate in it: \
         write its public key with 'openssl x509 -in FILE -pubkey -noout'"
    )]
    Certificate,
    /// It has something else.
    #[error("there is something other than a public key in it")]
    Other,
    /// A block is damaged.
    #[error("the public key is damaged")]
    Damaged,
    /// The key is of another kind.
    #[error("the key is neither RSA nor Ed25519")]
    Kind,
    /// The key is too short or too long.
    #[error("the RSA key must have 2048 to 8192 bits and an odd exponent from 3 to 2^33")]
    Size,
}

/// Why something is no set of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwkSetError {
    /// It is not JSON of the right form.
    #[error("it is no JWK set: a JSON object with 'keys'")]
    Malformed,
    /// None of its keys can be used.
    #[error("it has no key of RSA (2048 bits or more) or Ed25519 for signatures")]
    Empty,
}

impl PublicKey {
    pub(super) fn algorithm(&self) -> Algorithm {
        match self {
            Self::Rsa { .. } => Algorithm::Rs256,
            Self::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    /// Whether the holder of the private key has signed this.
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Rsa { n, e } => RsaPublicKeyComponents { n, e }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                .is_ok(),
            Self::Ed25519(key) => {
                UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok()
            }
        }
    }

    fn rsa(n: &[u8], e: &[u8]) -> Result<Self, PemError> {
        let (n, e) = (without_zeros(n), without_zeros(e));
        let odd = e.last().is_some_and(|last| last % 2 == 1);
        let exponent = e.iter().take(8).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        // The bounds of ring, which keep verification cheap.
        if !(2048..=8192).contains(&bits(n)) || !odd || e.len() > 5 {
            return Err(PemError::Size);
        }
        if !(3..1 << 33).contains(&exponent) {
            return Err(PemError::Size);
        }
        Ok(Self::Rsa { n: n.to_vec(), e: e.to_vec() })
    }
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

fn bits(number: &[u8]) -> usize {
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

/// All public keys of a PEM text. They have no names.
///
/// # Errors
///
/// If there is none, or anything else.
pub fn parse_pem(text: &str) -> Result<Vec<NamedKey>, PemError> {
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some((_, block)) = rest.split_once("-----BEGIN ") {
        let (label, block) = block.split_once("-----").ok_or(PemError::Damaged)?;
        let end = format!("-----END {label}-----");
        let (body, after) = block.split_once(&end).ok_or(PemError::Damaged)?;
        let spki = match label {
            "PUBLIC KEY" => true,
            "RSA PUBLIC KEY" => false,
            "CERTIFICATE" => return Err(PemError::Certificate),
            label if label.ends_with("PRIVATE KEY") => return Err(PemError::Private),
            _ => return Err(PemError::Other),
        };
        let body: String = body.split_ascii_whitespace().collect();
        let der = STANDARD.decode(body).map_err(|_| PemError::Damaged)?;
        let key = if spki { subject_public_key(&der)? } else { rsa_public_key(&der)? };
        keys.push(NamedKey { kid: None, key });
        if keys.len() > MOST_KEYS {
            return Err(PemError::Other);
        }
        rest = after;
    }
    if keys.is_empty() { Err(PemError::Empty) } else { Ok(keys) }
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
/// 1.2.840.113549.1.1.1 `rsaEncryption` with its NULL (RFC 3279, section 2.3.1).
const RSA: [u8; 13] =
    [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
/// 1.3.101.112 `id-Ed25519` (RFC 8410, section 3).
const ED25519_ID: [u8; 5] = [0x06, 0x03, 0x2b, 0x65, 0x70];

/// `SubjectPublicKeyInfo` (RFC 5280, section 4.1).
fn subject_public_key(der: &[u8]) -> Result<PublicKey, PemError> {
    let (info, rest) = element(der, SEQUENCE)?;
    let (algorithm, key) = element(info, SEQUENCE)?;
    let (key, more) = element(key, BIT_STRING)?;
    let (Some((0, key)), [], []) = (key.split_first(), rest, more) else {
        return Err(PemError::Damaged);
    };
    if algorithm == RSA {
        rsa_public_key(key)
    } else if algorithm == ED25519_ID {
        Ok(PublicKey::Ed25519(key.try_into().map_err(|_| PemError::Damaged)?))
    } else {
        Err(PemError::Kind)
    }
}

/// `RSAPublicKey` (RFC 8017, appendix A.1.1).
fn rsa_public_key(der: &[u8]) -> Result<PublicKey, PemError> {
    let (numbers, rest) = element(der, SEQUENCE)?;
    let (n, e) = element(numbers, INTEGER)?;
    let (e, more) = element(e, INTEGER)?;
    if !rest.is_empty() || !more.is_empty() {
        return Err(PemError::Damaged);
    }
    PublicKey::rsa(n, e)
}

/// The content of the first element, which must have this tag, and what follows it (X.690).
fn element(der: &[u8], tag: u8) -> Result<(&[u8], &[u8]), PemError> {
    let (len, rest) = match der {
        [first, len @ 0..=0x7f, rest @ ..] if *first == tag => (usize::from(*len), rest),
        [first, 0x81, len, rest @ ..] if *first == tag => (usize::from(*len), rest),
        [first, 0x82, high, low, rest @ ..] if *first == tag => {
            (usize::from(*high) << 8 | usize::from(*low), rest)
        }
        _ => return Err(PemError::Damaged),
    };
    rest.split_at_checked(len).ok_or(PemError::Damaged)
}

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    r#use: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
}

/// The keys of a JWK set that can be used here. Others are passed over, as RFC 7517,
/// section 5, asks.
///
/// # Errors
///
/// If it is no such set, or none of its keys can be used.
pub fn parse_jwk_set(json: &[u8]) -> Result<Vec<NamedKey>, JwkSetError> {
    let set: JwkSet = serde_json::from_slice(json).map_err(|_| JwkSetError::Malformed)?;
    let usable = set.keys.into_iter().filter_map(|key| usable(serde_json::from_value(key).ok()?));
    let keys: Vec<NamedKey> = usable.take(MOST_KEYS).collect();
    if keys.is_empty() { Err(JwkSetError::Empty) } else { Ok(keys) }
}

fn usable(jwk: Jwk) -> Option<NamedKey> {
    if jwk.r#use.is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let bytes = |text: Option<String>| URL_SAFE_NO_PAD.decode(text?).ok();
    let alg = jwk.alg.as_deref();
    let key = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("RSA", _) if alg.is_none_or(|alg| alg == "RS256") => {
            PublicKey::rsa(&bytes(jwk.n)?, &bytes(jwk.e)?).ok()?
        }
        ("OKP", Some("Ed25519")) if alg.is_none_or(|alg| alg == "EdDSA" || alg == "Ed25519") => {
            PublicKey::Ed25519(bytes(jwk.x)?.try_into().ok()?)
        }
        _ => return None,
    };
    Some(NamedKey { kid: jwk.kid, key })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_another_sort_is_named_for_what_it_is() {
        let block = |label: &str, body: &str| {
            format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
        };
        let cases = [
            (String::new(), PemError::Empty),
            ("text".to_owned(), PemError::Empty),
            (block("PRIVATE KEY", "AA=="), PemError::Private),
            (block("RSA PRIVATE KEY", "AA=="), PemError::Private),
            (block("CERTIFICATE", "AA=="), PemError::Certificate),
            (block("X509 CRL", "AA=="), PemError::Other),
            (block("PUBLIC KEY", "not base64!"), PemError::Damaged),
            (block("PUBLIC KEY", "AA=="), PemError::Damaged),
            ("-----BEGIN PUBLIC KEY-----\nAA==".to_owned(), PemError::Damaged),
            // An elliptic curve: P-256.
            (
                block(
                    "PUBLIC KEY",
                    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9\n\
                     q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==",
                ),
                PemError::Kind,
            ),
        ];
        for (text, error) in cases {
            assert_eq!(parse_pem(&text), Err(error), "{text}");
        }
    }

    #[test]
    fn weak_rsa_keys_are_refused() {
        assert_eq!(PublicKey::rsa(&[0xff; 128], &[1, 0, 1]), Err(PemError::Size));
        assert_eq!(PublicKey::rsa(&[0xff; 256], &[1]), Err(PemError::Size));
        assert_eq!(PublicKey::rsa(&[0xff; 256], &[1, 0, 0]), Err(PemError::Size));
        assert_eq!(PublicKey::rsa(&[0xff; 1025], &[1, 0, 1]), Err(PemError::Size));
        assert_eq!(PublicKey::rsa(&[0xff; 256], &[]), Err(PemError::Size));
        assert!(PublicKey::rsa(&[0xff; 256], &[0, 1, 0, 1]).is_ok());
    }

    #[test]
    fn keys_that_cannot_be_used_are_passed_over() {
        let x = URL_SAFE_NO_PAD.encode([7_u8; 32]);
        let set = format!(
            r#"{{"keys":[
                {{"kty":"oct","k":"c2VjcmV0","kid":"shared"}},
                {{"kty":"EC","crv":"P-256","x":"{x}","y":"{x}"}},
                {{"kty":"OKP","crv":"Ed25519","x":"{x}","use":"enc"}},
                {{"kty":"OKP","crv":"Ed25519","x":"short"}},
                {{"kty":"RSA","n":"AQAB","e":"AQAB"}},
                17,
                {{"kty":"OKP","crv":"Ed25519","x":"{x}","kid":"good","use":"sig","more":1}}]}}"#
        );
        let keys = parse_jwk_set(set.as_bytes()).unwrap();
        assert_eq!(keys.len(), 1);
        assert_eq!(keys[0].kid.as_deref(), Some("good"));
        assert_eq!(parse_jwk_set(br#"{"keys":[]}"#), Err(JwkSetError::Empty));
        for bad in ["", "[]", "{}", r#"{"keys":{}}"#, "<html>"] {
            assert_eq!(parse_jwk_set(bad.as_bytes()), Err(JwkSetError::Malformed), "{bad}");
        }
    }
}

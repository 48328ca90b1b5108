//! Random words, and what is kept of them: their hash.

use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use subtle::ConstantTimeEq as _;

/// Letters of a random word: 43 of 62 make more than 256 bits.
const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// How long a random word is.
pub(crate) const SECRET_LEN: usize = 43;

/// The system gave no randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random numbers")]
pub struct NoRandomness;

/// A word that must be shown to its owner once, and never to a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// A fresh word of 43 letters and digits.
    pub(crate) fn random() -> Result<Self, NoRandomness> {
        let random = SystemRandom::new();
        let mut text = String::with_capacity(SECRET_LEN);
        let mut bytes = [0_u8; 64];
        while text.len() < SECRET_LEN {
            random.fill(&mut bytes).map_err(|_| NoRandomness)?;
            // The largest multiple of 62 in a byte is 248: what is above would favour some letters.
            let even = bytes.iter().filter(|byte| **byte < 248);
            let room = SECRET_LEN - text.len();
            text.extend(even.take(room).map(|byte| char::from(LETTERS[usize::from(byte % 62)])));
        }
        Ok(Self(text))
    }

    /// The word itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Whether this can be such a word.
pub(crate) fn is_secret(text: &str) -> bool {
    text.len() == SECRET_LEN && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// What is kept of a key or a session: its SHA-256.
///
/// One round of a fast hash is enough. Slow hashes (bcrypt, Argon2) buy time against
/// guessing a word that a person has chosen; these words have 256 random bits, and no
/// speed of guessing helps there.
#[derive(Clone, Copy)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The hash of a word.
    pub(crate) fn of(text: &str) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
        Self(bytes)
    }

    /// The public name that goes with it: its first 48 bits.
    pub(crate) fn id(&self) -> String {
        hex(&self.0[..6])
    }

    /// The bytes, as a key of maps.
    pub(crate) fn bytes(&self) -> [u8; 32] {
        self.0
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]])
        .map(char::from)
        .collect()
}

/// Compares in a time that does not depend on where they differ.
impl PartialEq for Hash {
    fn eq(&self, other: &Self) -> bool {
        bool::from(self.0.ct_eq(&other.0))
    }
}

impl Eq for Hash {}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", hex(&self.0))
    }
}

/// Only the public part.
impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({}…)", self.id())
    }
}

/// Text that is not `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hash is 'sha256:' and 64 hexadecimal digits, as 'deconflict key new' prints it")]
pub struct NotAHash;

impl FromStr for Hash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let digits = text.strip_prefix("sha256:").ok_or(NotAHash)?.as_bytes();
        if digits.len() != 64 {
            return Err(NotAHash);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |at: usize| char::from(pair[at]).to_digit(16).ok_or(NotAHash);
            *byte = u8::try_from(digit(0)? * 16 + digit(1)?).map_err(|_| NotAHash)?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_long_distinct_and_use_all_letters() {
        let words: Vec<Secret> = (0..200).map(|_| Secret::random().unwrap()).collect();
        assert!(words.iter().all(|word| is_secret(word.expose())));
        let distinct: std::collections::BTreeSet<&str> = words.iter().map(Secret::expose).collect();
        assert_eq!(distinct.len(), words.len());
        let letters: std::collections::BTreeSet<u8> =
            words.iter().flat_map(|word| word.expose().bytes()).collect();
        assert_eq!(letters.len(), 62);
    }

    #[test]
    fn a_hash_is_read_as_it_is_written() {
        // FIPS 180-2, appendix B.1.
        let abc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Hash::of("abc").to_string(), abc);
        assert_eq!(abc.parse(), Ok(Hash::of("abc")));
        assert_ne!(Hash::of("abd"), Hash::of("abc"));
        for bad in ["", "sha256:", "sha256:zz", &abc[7..], &abc[..70], &abc.replace('b', "€")] {
            assert_eq!(bad.parse::<Hash>(), Err(NotAHash), "{bad}");
        }
    }

    #[test]
    fn debugging_shows_no_secret() {
        let word = Secret::random().unwrap();
        assert!(!format!("{word:?}").contains(word.expose()));
        assert_eq!(format!("{:?}", Hash::of("abc")), "Hash(ba7816bf8f01…)");
    }
}

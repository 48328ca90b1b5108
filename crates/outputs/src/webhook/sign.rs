//! The signature of a delivery.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt::Write;

/// The value of the header `Deconflict-Signature`: `t=SECONDS,v1=HEX`.
///
/// `HEX` is the HMAC-SHA256 (RFC 2104) of `SECONDS.BODY` under the secret. The time is part of
/// what is signed, so that a delivery that was listened to cannot be played again later.
pub fn signature(secret: &[u8], unix_s: i64, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else {
        // A key of any length will do for HMAC; the type cannot know.
        return String::new();
    };
    mac.update(unix_s.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    let mut header = format!("t={unix_s},v1=");
    for byte in mac.finalize().into_bytes() {
        // Writing to a string does not fail.
        let _ = write!(header, "{byte:02x}");
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with Python: `hmac.new(b"key", b"1.{}", "sha256").hexdigest()`.
    #[test]
    fn signs_as_others_do() {
        let expected = "t=1,v1=1ba6b8171186efc613e8bcc0cbdab2748f24984d7c5a84faa2637afa0e40d224";
        assert_eq!(signature(b"key", 1, b"{}"), expected);
    }
}

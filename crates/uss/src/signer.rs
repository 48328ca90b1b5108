//! Tokens that we sign ourselves (RS256: RFC 7518, section 3.3).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::Value;

/// Signs with an RSA key.
pub(crate) struct Signer {
    pair: RsaKeyPair,
}

impl Signer {
    /// From PEM.
    ///
    /// # Errors
    /// What is wrong with it; nothing of the key is in that.
    pub(crate) fn new(pem: &str) -> Result<Signer, String> {
        let wanted =
            "an RSA key in PEM is needed, \"BEGIN PRIVATE KEY\" or \"BEGIN RSA PRIVATE KEY\"";
        let begin = pem.find("-----BEGIN ").ok_or(wanted)?;
        let mut lines = pem[begin..].lines();
        let head = lines.next().unwrap_or_default().trim();
        let body: String = lines.take_while(|l| !l.starts_with("-----")).map(str::trim).collect();
        let der = STANDARD.decode(body).map_err(|_| wanted)?;
        let pair = match head {
            "-----BEGIN PRIVATE KEY-----" => RsaKeyPair::from_pkcs8(&der),
            "-----BEGIN RSA PRIVATE KEY-----" => RsaKeyPair::from_der(&der),
            _ => return Err(wanted.to_owned()),
        };
        // RSA keys of fewer than 2048 bits are refused too.
        let pair = pair.map_err(|why| format!("the RSA key cannot be used: {why}"))?;
        Ok(Signer { pair })
    }

    /// A token with these claims.
    ///
    /// # Errors
    /// If the system gives no random numbers.
    pub(crate) fn sign(&self, claims: &Value) -> Result<String, String> {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = serde_json::json!({ "alg": "RS256", "typ": "JWT" });
        let message = format!("{}.{}", part(&header), part(claims));
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature)
            .map_err(|_| "a token could not be signed".to_owned())?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

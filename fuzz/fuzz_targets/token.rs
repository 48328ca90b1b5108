//! Any bytes, shown as a token, as an API key, and as what a service reads before it
//! knows who asks.
#![no_main]

use deconflict_access::{
    Keyring, Now, Requirements, RoleClaims, Verifier, bearer, parse_jwk_set, parse_pem,
    token_of_cookie,
};
use std::sync::OnceLock;

const NOW: Now = Now { unix_s: 1_700_000_000, steady_ms: 0 };
/// The keys of RFC 8037, appendix A.2, and a modulus of which nobody knows the factors.
const KEYS: &str = r#"{"keys":[
    {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
    {"kty":"RSA","e":"AQAB","n":"MODULUS"}]}"#;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static VERIFIER: OnceLock<Verifier> = OnceLock::new();
    let verifier = VERIFIER.get_or_init(|| {
        let keys = KEYS.replace("MODULUS", &format!("{}w", "7".repeat(341)));
        let keys = parse_jwk_set(keys.as_bytes()).unwrap_or_default();
        assert_eq!(keys.len(), 2);
        Verifier::new(Requirements::for_audiences(["deconflict".to_owned()]), keys)
    });
    let _ = parse_jwk_set(data);
    let Ok(text) = std::str::from_utf8(data) else { return };
    // Nobody has signed it: whatever is let in is a forgery.
    if let Ok(claims) = verifier.check(text, NOW) {
        let _ = RoleClaims::default().identity(&claims);
        panic!("let in: {claims:?}");
    }
    assert!(Keyring::new().identify(text, NOW).is_err());
    let _ = (parse_pem(text), bearer(text), token_of_cookie(text));
});

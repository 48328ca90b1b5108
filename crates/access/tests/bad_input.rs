//! No input makes anything here panic, and nothing but what was signed is let in.

mod common;

use common::*;
use deconflict_access::{
    AccessConfig, KeyRow, Keyring, NewKey, Origin, Role, bearer, parse_jwk_set, parse_pem,
    token_of_cookie,
};
use proptest::prelude::*;

fn ring() -> Keyring {
    let mut ring = Keyring::new();
    let key = NewKey::generate().unwrap();
    ring.add(Origin::Store, KeyRow::new("a", Role::Admin, None, key.hash)).unwrap();
    ring
}

proptest! {
    #[test]
    fn any_text_is_no_credential(text in any::<String>()) {
        prop_assert!(verifier().check(&text, NOW).is_err());
        prop_assert!(ring().identify(&text, NOW).is_err());
        let like_a_key = format!("dk_{text}");
        prop_assert!(ring().identify(&like_a_key, NOW).is_err());
        let _ = (bearer(&text), token_of_cookie(&text));
        let _ = toml::from_str::<AccessConfig>(&text);
    }

    #[test]
    fn any_parts_are_no_token(
        header in prop::collection::vec(any::<u8>(), 0..64),
        claims in prop::collection::vec(any::<u8>(), 0..64),
        signature in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let (claims, signature) = (part(claims), part(signature));
        for header in [part(header), part(r#"{"alg":"RS256"}"#), part(r#"{"alg":"EdDSA"}"#)] {
            let token = format!("{header}.{claims}.{signature}");
            prop_assert!(verifier().check(&token, NOW).is_err());
        }
    }

    #[test]
    fn any_keys(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        use base64::Engine as _;
        let _ = parse_jwk_set(&bytes);
        let body = base64::engine::general_purpose::STANDARD.encode(&bytes);
        for label in ["PUBLIC KEY", "RSA PUBLIC KEY"] {
            let _ = parse_pem(&format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----"));
        }
    }

    #[test]
    fn a_good_token_with_one_byte_changed_is_none(at in any::<prop::sample::Index>(), byte in 33_u8..127) {
        let mut token = good_token().into_bytes();
        let at = at.index(token.len());
        prop_assume!(token[at] != byte);
        token[at] = byte;
        prop_assert!(verifier().check(&String::from_utf8(token).unwrap(), NOW).is_err());
    }

    #[test]
    fn signed_claims_of_any_kind(name in "(exp|nbf|sub|aud|iss|scope|role|party)", value in json()) {
        let claims = claims_with(&name, value);
        let token = token(&rs_header(), &claims, |message| eddsa(ED, message));
        let token = token.replacen(&part(rs_header().to_string()), &part(r#"{"alg":"EdDSA"}"#), 1);
        let _ = verifier().check(&token, NOW);
        let signed = common::token(&serde_json::json!({"alg": "EdDSA"}), &claims, |m| eddsa(ED, m));
        if let Ok(claims) = verifier().check(&signed, NOW) {
            let _ = deconflict_access::RoleClaims::default().identity(&claims);
        }
    }
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(serde_json::Value::from),
        any::<f64>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<u64>().prop_map(serde_json::Value::from),
        any::<String>().prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(serde_json::Value::from_iter),
        ]
    })
}

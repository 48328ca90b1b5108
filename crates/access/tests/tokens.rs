//! Every kind of bad token, and the good ones.

mod common;

use common::*;
use deconflict_access::{
    Claims, LONGEST_TOKEN, Now, Reason, Requirements, Role, RoleClaims, Verifier, parse_pem,
};
use serde_json::{Value, json};

fn check(token: &str) -> Result<Claims, Reason> {
    verifier().check(token, NOW)
}

fn with(name: &str, value: Value) -> Result<Claims, Reason> {
    check(&token(&rs_header(), &claims_with(name, value), |message| rs256(RSA_A, message)))
}

fn with_header(header: Value) -> Result<Claims, Reason> {
    check(&token(&header, &claims(), |message| rs256(RSA_A, message)))
}

#[test]
fn good_tokens() {
    let claims = check(&good_token()).unwrap();
    assert_eq!(claims.subject, "tower");
    assert_eq!(claims.issuer.as_deref(), Some("https://id.test"));
    assert_eq!(claims.expires_unix_s, NOW.unix_s + 600);

    let ed = token(&json!({"alg": "EdDSA"}), &common::claims(), |message| eddsa(ED, message));
    assert_eq!(check(&ed).unwrap().subject, "tower");

    // A name of the key that is not known means nothing if the keys have none.
    assert!(with_header(json!({"alg": "RS256", "kid": "2024-1"})).is_ok());
    assert!(with("aud", json!(["somebody", "other-name"])).is_ok());
    assert!(with("exp", json!(NOW.unix_s as f64 + 60.5)).is_ok());
    assert!(with("nbf", Value::Null).is_ok());
    let scopes = with("scope", json!("utm.strategic_coordination utm.availability")).unwrap();
    assert!(scopes.has_scope("utm.availability") && !scopes.has_scope("utm"));
}

#[test]
fn keys_in_either_form_of_pem() {
    let spki = parse_pem(RSA_A_PUBLIC).unwrap();
    assert_eq!(spki, parse_pem(RSA_A_PKCS1).unwrap());
    let both = format!("comment\n{RSA_A_PUBLIC}\n{ED_PUBLIC}");
    assert_eq!(parse_pem(&both).unwrap().len(), 2);
    assert_eq!(format!("{:?}", spki[0].key), "RSA 2048 bits");
}

#[test]
fn times() {
    let now = NOW.unix_s;
    // Thirty seconds of difference between clocks are allowed on either side.
    let cases = [
        ("exp", json!(now - 29), None),
        ("exp", json!(now - 30), Some(Reason::Expired)),
        ("exp", json!(now - 86_400), Some(Reason::Expired)),
        ("exp", json!(0), Some(Reason::Expired)),
        ("exp", json!(-5), Some(Reason::Expired)),
        ("exp", json!(now + 3630), None),
        ("exp", json!(now + 3631), Some(Reason::TooLong)),
        ("exp", json!(1e300), Some(Reason::TooLong)),
        ("exp", json!(u64::MAX), Some(Reason::TooLong)),
        ("exp", Value::Null, Some(Reason::NoExpiry)),
        ("nbf", json!(now + 30), None),
        ("nbf", json!(now + 31), Some(Reason::NotYet)),
        ("nbf", json!(now + 86_400), Some(Reason::NotYet)),
    ];
    for (name, value, reason) in cases {
        assert_eq!(with(name, value.clone()).err(), reason, "{name} {value}");
    }
    for (name, value) in [("exp", json!("soon")), ("nbf", json!(-1e300)), ("exp", json!([1]))] {
        assert!(matches!(with(name, value), Err(Reason::Malformed(_))));
    }
    // The clock decides, and nothing else does.
    let token = good_token();
    let at = |unix_s| verifier().check(&token, Now { unix_s, ..NOW }).err();
    assert_eq!(at(now + 629), None);
    assert_eq!(at(now + 630), Some(Reason::Expired));
    assert_eq!(at(now - 31), Some(Reason::NotYet));
    assert_eq!(at(i64::from(i32::MIN)), Some(Reason::TooLong));
}

#[test]
fn for_whom_by_whom_of_whom() {
    let cases = [
        ("aud", Value::Null, Reason::WrongAudience),
        ("aud", json!("Deconflict"), Reason::WrongAudience),
        ("aud", json!(""), Reason::WrongAudience),
        ("aud", json!([]), Reason::WrongAudience),
        ("aud", json!(["somebody", 7]), Reason::WrongAudience),
        ("aud", json!({"deconflict": true}), Reason::WrongAudience),
        ("iss", Value::Null, Reason::WrongIssuer),
        ("iss", json!("https://id.test/"), Reason::WrongIssuer),
        ("iss", json!("https://other.test"), Reason::WrongIssuer),
        ("iss", json!(["https://id.test"]), Reason::Malformed("iss is no text")),
        ("sub", Value::Null, Reason::NoSubject),
        ("sub", json!(""), Reason::NoSubject),
        ("sub", json!(17), Reason::NoSubject),
        ("sub", json!("a\r\nb"), Reason::NoSubject),
        ("sub", json!("x".repeat(1000)), Reason::NoSubject),
    ];
    for (name, value, reason) in cases {
        assert_eq!(with(name, value.clone()).err(), Some(reason), "{name} {value}");
    }
    let nobody = Verifier::new(Requirements::for_audiences([]), parse_pem(RSA_A_PUBLIC).unwrap());
    assert_eq!(nobody.check(&good_token(), NOW).err(), Some(Reason::WrongAudience));
}

#[test]
fn signatures() {
    let header = rs_header();
    let other_key = token(&header, &claims(), |message| rs256(RSA_B, message));
    assert_eq!(check(&other_key).err(), Some(Reason::BadSignature));

    // The signature of another token.
    let (message, _) = other_key.rsplit_once('.').unwrap();
    let good = good_token();
    let (good_message, good_signature) = good.rsplit_once('.').unwrap();
    let more = token(&header, &claims_with("role", json!("admin")), |_| Vec::new());
    let (more, _) = more.rsplit_once('.').unwrap();
    assert_eq!(check(&format!("{more}.{good_signature}")).err(), Some(Reason::BadSignature));
    assert_eq!(message, good_message);

    for signature in [vec![], vec![0; 256], vec![0xff; 256], vec![1; 64], vec![0; 10_000]] {
        let forged = format!("{good_message}.{}", part(&signature));
        assert_eq!(check(&forged).err(), Some(Reason::BadSignature), "{}", signature.len());
    }
    // Right key, and the algorithm of the other.
    let crossed = token(&json!({"alg": "EdDSA"}), &claims(), |message| rs256(RSA_A, message));
    assert_eq!(check(&crossed).err(), Some(Reason::BadSignature));
    let crossed = token(&rs_header(), &claims(), |message| eddsa(ED, message));
    assert_eq!(check(&crossed).err(), Some(Reason::BadSignature));
    // Any one bit.
    for at in [0, 40, good_signature.len() - 3] {
        let mut bytes = good_signature.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let forged = format!("{good_message}.{}", String::from_utf8(bytes).unwrap());
        assert_eq!(check(&forged).err(), Some(Reason::BadSignature), "{at}");
    }
}

#[test]
fn other_algorithms() {
    for alg in
        ["none", "None", "NONE", "nOnE", "HS256", "HS384", "RS512", "PS256", "ES256", "rs256", ""]
    {
        assert_eq!(with_header(json!({"alg": alg})).err(), Some(Reason::WrongAlgorithm), "{alg}");
    }
    let unsigned = token(&json!({"alg": "none"}), &claims(), |_| Vec::new());
    assert_eq!(check(&unsigned).err(), Some(Reason::WrongAlgorithm));
    // The public key, which everybody has, as the secret of a symmetric algorithm.
    for secret in [RSA_A_PUBLIC, RSA_A_PUBLIC.trim(), RSA_A_PKCS1, ED_PUBLIC] {
        for alg in ["HS256", "RS256", "EdDSA"] {
            let sign = |message: &str| hs256(secret.as_bytes(), message);
            let forged = token(&json!({"alg": alg}), &claims(), sign);
            let reason = check(&forged).err();
            assert!(
                matches!(reason, Some(Reason::WrongAlgorithm | Reason::BadSignature)),
                "{alg} {reason:?}"
            );
        }
    }
    // A key that the token brings along.
    let own = json!({
        "alg": "RS256", "jwk": jwk("x", RSA_B_PUBLIC), "jku": "https://evil.test/keys",
        "x5u": "https://evil.test/cert",
    });
    let forged = token(&own, &claims(), |message| rs256(RSA_B, message));
    assert_eq!(check(&forged).err(), Some(Reason::BadSignature));
}

#[test]
fn forms() {
    let good = good_token();
    let parts: Vec<&str> = good.split('.').collect();
    let sign = |message: &str| rs256(RSA_A, message);
    let malformed = [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        "a.b".to_owned(),
        "é.é.é".to_owned(),
        format!("{good}."),
        format!("{good}=="),
        format!(" {good}"),
        format!("{good}\n"),
        parts[..2].join("."),
        format!("{}.{}", parts[0], parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], parts[2].replace(['A', 'e'], "+")),
        format!("{}.{}.{}", parts[0], &parts[1][1..], parts[2]),
        raw("{}", "{}", sign),
        raw("null", "{}", sign),
        raw(r#"{"alg":7}"#, "{}", sign),
        raw(r#"{"alg":"RS256","alg":"none"}"#, "{}", sign),
        raw(r#"{"alg":"RS256","kid":7}"#, "{}", sign),
        raw(r#"{"alg":"RS256"}"#, "[]", sign),
        raw(r#"{"alg":"RS256"}"#, "{\"exp\":1", sign),
        raw(r#"{"alg":"RS256"}"#, &"[".repeat(5000), sign),
        raw(r#"{"alg":"RS256"}"#, &format!("{}{}", "{\"a\":".repeat(1500), "}".repeat(1500)), sign),
        raw(r#"{"alg":"RS256","crit":["b64"],"b64":false}"#, "{}", sign),
        "a".repeat(10_000_000),
        format!("{good}{}", "A".repeat(LONGEST_TOKEN)),
    ];
    for text in &malformed {
        let reason = check(text).err();
        let shown: String = text.chars().take(60).collect();
        assert!(matches!(reason, Some(Reason::Malformed(_))), "{shown}: {reason:?}");
    }
    // Cut off anywhere.
    for len in 0..good.len() {
        assert!(check(&good[..len]).is_err(), "{len}");
    }
}

#[test]
fn no_reason_tells_of_the_token() {
    let token = token(&rs_header(), &claims_with("sub", json!("secret\n")), |m| rs256(RSA_A, m));
    for text in [token, good_token() + "x", "Secret.secret.secret".to_owned()] {
        let reason = check(&text).unwrap_err();
        let words = format!("{reason} {reason:?} {}", reason.code()).to_lowercase();
        assert!(!words.contains("secret"), "{words}");
        assert!(!words.contains(&text[..20].to_lowercase()), "{words}");
        assert_eq!(reason.status(), 401);
        assert!(reason.www_authenticate().is_some());
    }
    assert_eq!(
        format!("{:?}", check(&good_token()).unwrap()),
        r#"Claims { subject: "tower", .. }"#
    );
}

#[test]
fn roles_and_parties() {
    let identity = |claims: &RoleClaims, changes: &[(&str, Value)]| {
        let mut all = common::claims();
        for (name, value) in changes {
            all[*name] = value.clone();
        }
        let token = token(&rs_header(), &all, |message| rs256(RSA_A, message));
        claims.identity(&check(&token).unwrap())
    };
    let usual = RoleClaims::default();
    let role = |value: Value| identity(&usual, &[("role", value)]).map(|who| who.role());
    assert_eq!(role(json!("controller")), Ok(Role::Controller));
    assert_eq!(role(json!(["offline_access", "viewer", "controller"])), Ok(Role::Controller));
    assert_eq!(role(json!(["party", "viewer"])), Ok(Role::Viewer));
    for bad in [json!("boss"), json!("ADMIN"), json!([]), json!(null), json!(7), json!({"a": 1})] {
        assert_eq!(role(bad.clone()), Err(Reason::NoRole), "{bad}");
    }

    let party = |value: Value| {
        let who = identity(&usual, &[("role", json!("party")), ("party", value)]);
        who.map(|who| who.party().map(str::to_owned))
    };
    assert_eq!(party(json!("USAF")), Ok(Some("USAF".to_owned())));
    for bad in [json!(null), json!(""), json!("a\nb"), json!(7), json!(["A", "B"])] {
        assert_eq!(party(bad.clone()), Err(Reason::NoParty), "{bad}");
    }
    // The party of a viewer means nothing.
    let viewer = identity(&usual, &[("role", json!("viewer")), ("party", json!("USAF"))]);
    assert_eq!(viewer.unwrap().party(), None);

    let own = RoleClaims {
        role: "realm_access.roles".to_owned(),
        party: "https://id.test/org".to_owned(),
        name: "preferred_username".to_owned(),
        scopes: [("deconflict.read".to_owned(), Role::Viewer)].into(),
    };
    let who = identity(
        &own,
        &[
            ("realm_access", json!({"roles": ["party"]})),
            ("https://id.test/org", json!("USAF")),
            ("preferred_username", json!("link 16")),
        ],
    );
    let who = who.unwrap();
    assert_eq!((who.name(), who.party()), ("link 16", Some("USAF")));
    let by_scope =
        [("scope", json!("a deconflict.read")), ("preferred_username", json!("prometheus"))];
    assert_eq!(identity(&own, &by_scope).map(|who| who.role()), Ok(Role::Viewer));
    assert_eq!(identity(&own, &by_scope[..1]), Err(Reason::NoSubject));
    // A role that is named and unknown is not helped by a scope.
    let unknown = [by_scope[0].clone(), ("realm_access", json!({"roles": ["boss"]}))];
    assert_eq!(identity(&own, &unknown), Err(Reason::NoRole));
}

//! The table `[access]`: what it may say, and what is told if it says something else.

use deconflict_access::{Access, AccessConfig, HandClock, Mode, Role, guard_bind};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Debug, Deserialize)]
struct Whole {
    access: AccessConfig,
}

const HASH: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn read(text: &str) -> Result<AccessConfig, String> {
    let text = text.replace("HASH", HASH);
    let config = toml::from_str::<Whole>(&text).map_err(|error| error.to_string())?.access;
    config.check().map_err(|error| error.to_string())?;
    Ok(config)
}

#[test]
fn the_tables_of_the_document() {
    let document = include_str!("../../../docs/access.md");
    let tables: Vec<&str> = document
        .split("```toml\n")
        .skip(1)
        .map(|block| block.split("```").next().unwrap_or_default())
        .collect();
    assert_eq!(tables.len(), 4);
    let all = tables.join("\n");
    let all = all.replace("sha256:9f86d081…", HASH);
    let all = all.replace("sha256:60303ae2…", &HASH.replace("ba78", "ba79"));
    let config = read(&all).unwrap();
    assert_eq!(config.mode, Mode::Required);
    assert_eq!(config.keys[1].party.as_deref(), Some("CJTF"));
    let jwt = config.jwt.as_ref().unwrap();
    assert_eq!(jwt.scopes["deconflict.read"], Role::Viewer);
    // What the document shows as the usual values are those.
    let usual = AccessConfig::default();
    assert_eq!((config.limits, config.session), (usual.limits, usual.session));
    let usual = deconflict_access::JwtConfig::default();
    assert_eq!(
        (&jwt.role_claim, &jwt.party_claim, &jwt.name_claim, jwt.max_age_s),
        (&usual.role_claim, &usual.party_claim, &usual.name_claim, usual.max_age_s)
    );
}

#[test]
fn mistakes_are_told_with_their_place() {
    let cases = [
        ("[access]\nmood = 1", "unknown field `mood`"),
        ("[access]\nmode = 'open'", "unknown variant `open`"),
        ("[[access.key]]\nname='a'\nrole='boss'\nhash='HASH'", "unknown variant `boss`"),
        ("[[access.key]]\nname='a'\nrole='admin'\nhash='abc'", "a hash is 'sha256:' and 64"),
        ("[[access.key]]\nname='a'\nrole='admin'", "missing field `hash`"),
        (
            "[[access.key]]\nname='a'\nrole='party'\nhash='HASH'",
            "access.key, the 1st of them ('a'), party: the role party needs the name",
        ),
        (
            "[[access.key]]\nname='a'\nrole='admin'\nparty='b'\nhash='HASH'",
            "access.key, the 1st of them ('a'), party: only the role party",
        ),
        (
            "[[access.key]]\nname=''\nrole='admin'\nhash='HASH'",
            "access.key, the 1st of them, name: a name has 1 to 128",
        ),
        (
            "[[access.key]]\nname='a'\nrole='admin'\nhash='HASH'\n\
             [[access.key]]\nname='b'\nrole='admin'\nhash='HASH'",
            "access.key, the 2nd of them ('b'), hash: the same key stands there twice",
        ),
        (
            "[access]\nmode='local'\n[[access.key]]\nname='a'\nrole='admin'\nhash='HASH'",
            "access.mode: is 'local', so that keys and tokens would not be asked for",
        ),
        ("[access.jwt]\naudience=['x']", "access.jwt.pem_files: without it and jwks_url"),
        ("[access.jwt]\npem_files=['x']", "access.jwt.audience: must name the audience"),
        (
            "[access.jwt]\naudience=['x']\njwks_url='http://id.test/'",
            "access.jwt.jwks_url: must be an https address",
        ),
        (
            "[access.jwt]\naudience=['x']\npem_files=['x']\nmax_age_s=0",
            "access.jwt.max_age_s: must be from 1 to 86400",
        ),
        (
            "[access.jwt]\naudience=['x']\npem_files=['x']\nrole_claim=''",
            "access.jwt.role_claim: must be the name of a claim",
        ),
        ("[access.limits]\nrequests_per_s=0", "access.limits.requests_per_s: must be"),
        ("[access.limits]\nrequests_per_s=nan", "access.limits.requests_per_s: must be"),
        ("[access.limits]\nburst=0", "access.limits.burst: must be at least 1"),
        (
            "[access.limits]\nfailures_per_min=0",
            "access.limits.failures_per_min: must be at least 1",
        ),
        ("[access.session]\nidle_s=0", "access.session.idle_s: must be more than 0"),
        ("[access.session]\nmost=0", "access.session.most: must be at least 1"),
    ];
    for (text, told) in cases {
        if text.contains("jwks_url") && !cfg!(feature = "fetch") {
            continue;
        }
        let error = read(text).unwrap_err();
        assert!(error.contains(told), "{text}\n{error}");
        assert!(!error.contains(&HASH[20..]), "{error}");
    }
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let config = read("[access.jwt]\naudience=['x']\npem_files=['issuer.pem']").unwrap();
    let make = || {
        let made = Access::new(&config, folder.path(), Arc::new(HandClock::at(0)));
        made.map(drop).map_err(|error| error.to_string())
    };
    let error = make().unwrap_err();
    assert!(error.starts_with("access.jwt.pem_files: ") && error.contains("issuer.pem"), "{error}");
    let private = include_str!("keys/test-only-rsa-a.private.pem");
    std::fs::write(folder.path().join("issuer.pem"), private).unwrap();
    let error = make().unwrap_err();
    assert!(error.contains("a private key") && !error.contains("MII"), "{error}");
    let public = include_str!("keys/test-only-rsa-a.public.pem");
    std::fs::write(folder.path().join("issuer.pem"), public).unwrap();
    assert_eq!(make(), Ok(()));
}

#[test]
fn a_network_is_not_served_without_asking() {
    let local = AccessConfig::local();
    let required = AccessConfig::default();
    for loopback in ["127.0.0.1:80", "127.1.2.3:80", "[::1]:80", "[::ffff:127.0.0.1]:80"] {
        assert_eq!(guard_bind(loopback.parse().unwrap(), &local), Ok(()), "{loopback}");
    }
    for open in ["0.0.0.0:80", "10.0.0.1:80", "[::]:80", "[2001:db8::1]:80", "[::ffff:0.0.0.0]:80"]
    {
        let address = open.parse().unwrap();
        let refusal = guard_bind(address, &local).unwrap_err().to_string();
        assert!(refusal.contains(open) && refusal.contains("deconflict key new"), "{refusal}");
        assert_eq!(guard_bind(address, &required), Ok(()), "{open}");
    }
}

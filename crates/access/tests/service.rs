//! A service's view: headers in, an identity or a reason out.

mod common;

use common::*;
use deconflict_access::{
    Access, AccessConfig, HandClock, How, KeyRow, NewKey, Outcome, Permission, Reason, Refused,
    Request, Role,
};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 7));

struct Service {
    access: Access,
    clock: Arc<HandClock>,
    keys: Vec<NewKey>,
}

fn request() -> Request<'static> {
    Request {
        authorization: None,
        cookie: None,
        host: Some("ops.test"),
        origin: None,
        remote: THERE,
    }
}

/// A key of each role in the store, tokens from the test keys, small limits.
fn service() -> Service {
    let text = r#"
        [jwt]
        pem_files = ["test-only-rsa-a.public.pem"]
        audience = ["deconflict"]
        [limits]
        requests_per_s = 1
        burst = 20
        failures_per_min = 5
    "#;
    let config: AccessConfig = toml::from_str(text).unwrap();
    let clock = Arc::new(HandClock::at(NOW.unix_s));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys");
    let access = Access::new(&config, &folder, clock.clone()).unwrap();
    let keys: Vec<NewKey> = Role::ALL.iter().map(|_| NewKey::generate().unwrap()).collect();
    for (role, key) in Role::ALL.into_iter().zip(&keys) {
        let party = (role == Role::Party).then(|| "CJTF".to_owned());
        access.add_key(KeyRow::new(role.name(), role, party, key.hash)).unwrap();
    }
    Service { access, clock, keys }
}

impl Service {
    async fn bearer(&self, credential: &str) -> Result<deconflict_access::Admitted, Refused> {
        let header = format!("Bearer {credential}");
        self.access.admit(Request { authorization: Some(&header), ..request() }).await
    }

    async fn cookie(&self, cookie: &str) -> Result<deconflict_access::Admitted, Refused> {
        self.access.admit(Request { cookie: Some(cookie), ..request() }).await
    }
}

#[tokio::test]
async fn each_role_by_key() {
    let service = service();
    for (role, key) in Role::ALL.into_iter().zip(&service.keys) {
        let admitted = service.bearer(key.key.expose()).await.unwrap();
        let who = admitted.identity;
        assert_eq!((who.role(), who.party().is_some()), (role, role == Role::Party));
        assert_eq!(who.how(), &How::Key(key.id.clone()));
        assert_eq!(admitted.audit.unwrap().action, "log-in");
        for permission in Permission::all() {
            assert_eq!(who.require(permission).is_ok(), role.may(permission));
        }
        let again = service.bearer(key.key.expose()).await.unwrap();
        assert_eq!(again.audit, None, "noted once");
    }
}

#[tokio::test]
async fn by_token() {
    let service = service();
    let admitted = service.bearer(&good_token()).await.unwrap();
    assert_eq!(admitted.identity.to_string(), "tower (controller, token)");
    assert_eq!(service.access.still(&admitted.ticket), Ok(()));
    service.clock.advance_s(630);
    assert_eq!(service.access.still(&admitted.ticket), Err(Reason::Expired));
    assert_eq!(service.bearer(&good_token()).await.unwrap_err().reason, Reason::Expired);
}

#[tokio::test]
async fn nothing_and_nonsense() {
    let service = service();
    let refused = service.access.admit(request()).await.unwrap_err();
    assert_eq!((refused.reason, refused.audit), (Reason::Missing, None));
    for header in ["", "Bearer", "Bearer ", "Basic dXNlcjp3b3Jk", "dk_x", "bearer"] {
        let service = self::service();
        let asked = Request { authorization: Some(header), ..request() };
        let refused = service.access.admit(asked).await.unwrap_err();
        assert!(matches!(refused.reason, Reason::Malformed(_)), "{header}: {refused:?}");
        assert_eq!(refused.audit.unwrap().outcome, Outcome::Refused);
    }
    // A good cookie does not help a bad header.
    let login = service.access.log_in(service.keys[0].key.expose(), request()).await.unwrap();
    let cookie = login.session.cookie(true);
    let both = Request { authorization: Some("Bearer x.y.z"), cookie: Some(&cookie), ..request() };
    assert!(service.access.admit(both).await.is_err());
}

#[tokio::test]
async fn a_session_from_log_in_to_log_out() {
    let service = service();
    let login = service.access.log_in(service.keys[1].key.expose(), request()).await.unwrap();
    assert_eq!(login.audit.who.as_deref(), Some("controller"));
    let cookie = login.session.cookie(false);
    let cookie = cookie.split(';').next().unwrap();
    let admitted = service.cookie(cookie).await.unwrap();
    assert_eq!(admitted.identity.how(), &How::Session);
    assert_eq!(admitted.identity.role(), Role::Controller);

    // A page of another site, or of another port.
    for origin in ["https://evil.test", "http://ops.test:81", "null", "ops.test", ""] {
        let asked = Request { cookie: Some(cookie), origin: Some(origin), ..request() };
        assert_eq!(service.access.admit(asked).await.unwrap_err().reason, Reason::ForeignOrigin);
        assert_eq!(service.access.log_out(asked), None);
        let login = service.access.log_in(service.keys[1].key.expose(), asked).await;
        assert_eq!(login.unwrap_err().reason, Reason::ForeignOrigin);
    }
    for origin in ["https://ops.test", "http://OPS.test"] {
        let asked = Request { cookie: Some(cookie), origin: Some(origin), ..request() };
        assert!(service.access.admit(asked).await.is_ok());
    }

    let asked = Request { cookie: Some(cookie), ..request() };
    assert_eq!(service.access.log_out(asked).unwrap().action, "log-out");
    assert_eq!(service.cookie(cookie).await.unwrap_err().reason, Reason::SessionEnded);
    assert_eq!(service.access.still(&admitted.ticket), Err(Reason::SessionEnded));
    assert_eq!(service.access.log_out(asked), None);
}

#[tokio::test]
async fn a_revoked_key_ends_its_sessions_and_streams() {
    let service = service();
    let key = &service.keys[0];
    let login = service.access.log_in(key.key.expose(), request()).await.unwrap();
    let cookie = login.session.cookie(false);
    let by_session = service.cookie(&cookie).await.unwrap();
    let by_key = service.bearer(key.key.expose()).await.unwrap();
    assert_eq!(service.access.still(&by_key.ticket), Ok(()));
    let row = service.access.revoke_key(&key.id).unwrap();
    assert_eq!(row.revoked_unix_s, Some(NOW.unix_s));
    assert_eq!(service.access.still(&by_key.ticket), Err(Reason::Revoked));
    assert_eq!(service.access.still(&by_session.ticket), Err(Reason::Revoked));
    assert_eq!(service.cookie(&cookie).await.unwrap_err().reason, Reason::SessionEnded);
    let refused = service.bearer(key.key.expose()).await.unwrap_err();
    assert_eq!(refused.reason, Reason::Revoked);
    assert_eq!(refused.audit.unwrap().target.as_deref(), Some(key.id.as_str()));
}

#[tokio::test]
async fn a_stream_keeps_its_session_alive() {
    let service = service();
    let login = service.access.log_in(service.keys[0].key.expose(), request()).await.unwrap();
    let admitted = service.cookie(&login.session.cookie(false)).await.unwrap();
    for _ in 0..11 {
        service.clock.advance_s(3599);
        assert_eq!(service.access.still(&admitted.ticket), Ok(()));
    }
    service.clock.advance_s(3600);
    assert_eq!(service.access.still(&admitted.ticket), Err(Reason::SessionEnded));
}

#[tokio::test]
async fn a_session_ends_with_its_token() {
    let service = service();
    let login = service.access.log_in(&good_token(), request()).await.unwrap();
    assert_eq!(login.session.lasts_s, 630);
    let cookie = login.session.cookie(false);
    service.clock.advance_s(629);
    assert!(service.cookie(&cookie).await.is_ok());
    service.clock.advance_s(1);
    assert_eq!(service.cookie(&cookie).await.unwrap_err().reason, Reason::SessionEnded);
}

#[tokio::test]
async fn too_many_requests() {
    let service = service();
    let key = service.keys[0].key.expose();
    for _ in 0..20 {
        service.bearer(key).await.unwrap();
    }
    let refused = service.bearer(key).await.unwrap_err();
    assert_eq!((refused.reason, refused.retry_after_s), (Reason::TooMany, Some(1)));
    assert_eq!(refused.reason.status(), 429);
    assert!(service.bearer(service.keys[1].key.expose()).await.is_ok(), "another has its own");
    service.clock.advance_s(1);
    assert!(service.bearer(key).await.is_ok());
    for _ in 0..20 {
        assert_eq!(service.access.admit(request()).await.unwrap_err().reason, Reason::Missing);
    }
    assert_eq!(service.access.admit(request()).await.unwrap_err().reason, Reason::TooMany);
}

#[tokio::test]
async fn too_many_failures_and_nobody_else_locked_out() {
    let service = service();
    let other = NewKey::generate().unwrap();
    for _ in 0..5 {
        let refused = service.bearer(other.key.expose()).await.unwrap_err();
        assert_eq!(refused.reason, Reason::UnknownKey);
    }
    let refused = service.bearer(other.key.expose()).await.unwrap_err();
    assert_eq!((refused.reason, refused.retry_after_s), (Reason::TooManyFailures, Some(12)));
    let login = service.access.log_in(other.key.expose(), request()).await.unwrap_err();
    assert_eq!(login.reason, Reason::TooManyFailures);
    assert!(service.bearer(service.keys[0].key.expose()).await.is_ok());
    service.clock.advance_s(12);
    let refused = service.bearer(other.key.expose()).await.unwrap_err();
    assert_eq!(refused.reason, Reason::UnknownKey);
}

#[tokio::test]
async fn without_access_only_this_machine_is_served() {
    let clock = Arc::new(HandClock::at(NOW.unix_s));
    let access = Access::new(&AccessConfig::local(), Path::new("."), clock).unwrap();
    let here = Request { remote: "127.0.0.1".parse().unwrap(), host: None, ..request() };
    let access = &access;
    let admit =
        |request| async move { access.admit(request).await.map_err(|refused| refused.reason) };
    for host in
        [None, Some("localhost:8080"), Some("127.0.0.1"), Some("[::1]:80"), Some("LOCALHOST")]
    {
        let admitted = admit(Request { host, ..here }).await.unwrap();
        assert_eq!(admitted.identity.role(), Role::Admin, "{host:?}");
        assert_eq!(access.still(&admitted.ticket), Ok(()));
    }
    for host in ["evil.test", "localhost.evil.test", "127.0.0.1.evil.test:80", "", "[", "10.0.0.1"]
    {
        let asked = Request { host: Some(host), ..here };
        assert_eq!(admit(asked).await.unwrap_err(), Reason::WrongHost, "{host}");
    }
    for origin in ["https://evil.test", "null", "http://localhost.evil.test", "file://", ""] {
        let asked = Request { origin: Some(origin), ..here };
        assert_eq!(admit(asked).await.unwrap_err(), Reason::ForeignOrigin, "{origin}");
    }
    let page = Request { origin: Some("http://localhost:8080"), ..here };
    assert!(admit(page).await.is_ok());
    assert_eq!(admit(Request { remote: THERE, ..here }).await.unwrap_err(), Reason::NotLocal);
    for _ in 0..10_000 {
        assert!(admit(here).await.is_ok(), "not counted here");
    }
}

#[tokio::test]
async fn nothing_that_is_shown_holds_a_secret() {
    let service = service();
    let key = service.keys[3].key.expose();
    let login = service.access.log_in(key, request()).await.unwrap();
    let admitted = service.bearer(key).await.unwrap();
    let header = format!("Bearer {key}x");
    let asked = Request { authorization: Some(&header), ..request() };
    let refused = service.access.admit(asked).await.unwrap_err();
    let rows = serde_json::to_string(&service.access.keys()).unwrap();
    let shown = format!("{login:?} {admitted:?} {asked:?} {refused:?} {rows} {:?}", service.access);
    assert!(!shown.contains(&key[16..]), "{shown}");
    assert!(!shown.contains(login.session.token.expose()), "{shown}");
}

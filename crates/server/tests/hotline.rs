//! The hot-line: messages that can be proved, and what is found when somebody changes them.

mod common;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::client::Client;
use common::{eventually, key, start_in};
use deconflict_access::Role;
use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde_json::{Value, json};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};
use tempfile::TempDir;

fn pair() -> Ed25519KeyPair {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap()
}

/// Whether a signature of an answer holds, by somebody else's means.
fn holds(public_key: &Value, text: &Value, signature: &Value) -> bool {
    let decode = |value: &Value| STANDARD.decode(value.as_str().unwrap()).unwrap();
    UnparsedPublicKey::new(&ED25519, decode(public_key))
        .verify(text.as_str().unwrap().as_bytes(), &decode(signature))
        .is_ok()
}

async fn proof(client: &Client, id: &Value) -> Value {
    let answer = client.get(&format!("/v1/messages/{}/proof", id.as_str().unwrap())).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn all_hold(proof: &Value) -> bool {
    let checks = proof["checks"].as_object().unwrap();
    checks.values().all(|check| *check != json!(false))
}

/// MSG-1: a message that was changed, put in or taken out is found.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_said_can_be_proved() {
    let own = pair();
    let mut text =
        format!("[parties.BLUE]\npublic_key = {:?}\n", STANDARD.encode(own.public_key().as_ref()));
    let mut keys = Vec::new();
    for (name, role, party) in [
        ("tower", Role::Controller, None),
        ("BLUE", Role::Party, Some("BLUE")),
        ("RED", Role::Party, Some("RED")),
        ("GREY", Role::Party, Some("GREY")),
    ] {
        let (lines, key) = key(name, role, party);
        text += &lines;
        keys.push(key);
    }
    let dir = TempDir::new().unwrap();
    let url = format!("sqlite:{}", dir.path().join("store.db").display());
    let running = start_in(&text, dir).await;
    let client = |name: usize| running.client().bearer(&keys[name]);
    let (tower, blue, red, grey) = (client(0), client(1), client(2), client(3));
    let public = tower.get("/v1/messages/key").await.json();
    assert_eq!(public[0]["algorithm"], "Ed25519");

    // What it is about has to be there.
    let none = json!({ "to": "RED", "text": "x", "reservation": "R-NONE" });
    assert_eq!(blue.post("/v1/messages", none).await.status, 404);
    let reservation = blue
        .post(
            "/v1/reservations",
            json!({ "kind": "orbit", "shape": "circle", "points": [{ "lat": 1, "lon": 2 }],
                "radius_m": 5000 }),
        )
        .await
        .json();
    let id = reservation["id"].as_str().unwrap().to_owned();

    let mut stream = red.events("/v1/stream").await;
    stream.until("a snapshot", |event| event.kind == "snapshot").await;
    let sent = common::flights::now().to_string();
    let signed = format!(
        "deconflict message of a party 1\nsent: {sent}\nfrom: BLUE\nto: RED\nalert:\n\
         reservation: {id}\ntext:\nmay we pass\nat FL150?"
    );
    let signature = STANDARD.encode(own.sign(signed.as_bytes()));
    let message = json!({ "to": "RED", "text": "may we pass\nat FL150?", "reservation": id,
        "sent": sent, "signature": signature });
    let mut forged = message.clone();
    forged["text"] = json!("we pass at FL150");
    assert_eq!(blue.post("/v1/messages", forged).await.status, 400);
    // Another party cannot use it, as it does not say that it is from there.
    let first = blue.post("/v1/messages", message).await;
    assert_eq!(first.status, 201, "{first:?}");
    let first = first.json();
    assert_eq!(first["signed_by_sender"], true);
    let told = stream.until("the message", |event| event.kind == "message").await;
    assert_eq!(told.json["message"]["text"], "may we pass\nat FL150?");
    assert_eq!(told.json["message"]["reservation"], json!(id));
    assert!(grey.get("/v1/messages").await.json().as_array().unwrap().is_empty());
    assert_eq!(red.get("/v1/messages").await.json()[0]["id"], first["id"]);
    let mut later = Vec::new();
    for text in ["one", "two", "three"] {
        let sent = tower.post("/v1/messages", json!({ "to": "RED", "text": text })).await;
        later.push(sent.json()["id"].clone());
    }

    // Delivered and read, both signed; each sees what is its own.
    let of_blue = eventually("receipts", async || {
        let proof = proof(&blue, &first["id"]).await;
        (proof["receipts"].as_array()?.len() == 2).then_some(proof)
    })
    .await;
    assert!(all_hold(&of_blue), "{of_blue}");
    assert_eq!(of_blue["checks"]["sender"], true);
    let receipts = of_blue["receipts"].as_array().unwrap();
    assert!(receipts[0]["signed_text"].as_str().unwrap().contains("channel: stream"));
    assert!(receipts[1]["signed_text"].as_str().unwrap().contains("outcome: read"));
    let service = &public[0]["public_key"];
    for part in receipts.iter().chain([&of_blue]) {
        assert!(holds(service, &part["signed_text"], &part["signature"]), "{part}");
    }
    let sender = &of_blue["sender"];
    assert!(holds(&sender["public_key"], &sender["signed_text"], &sender["signature"]));
    assert_eq!(proof(&red, &first["id"]).await["receipts"].as_array().unwrap().len(), 2);
    let path = |id: &Value| format!("/v1/messages/{}/proof", id.as_str().unwrap());
    assert_eq!(grey.get(&path(&first["id"])).await.status, 404);
    assert_eq!(blue.get(&path(&later[0])).await.status, 404);
    // After a restart the key is the same, and the chain goes on.
    let running = start_in(&text, running.stop().await).await;
    let tower = running.client().bearer(&keys[0]);
    let again = tower.get("/v1/messages/key").await.json();
    assert_eq!(again[0]["public_key"], public[0]["public_key"]);
    let last = tower.post("/v1/messages", json!({ "text": "to everybody" })).await.json();
    assert_eq!(
        proof(&tower, &last["id"]).await["previous"],
        proof(&tower, &later[2]).await["hash"]
    );
    for id in later.iter().chain([&first["id"], &last["id"]]) {
        assert!(all_hold(&proof(&tower, id).await));
    }

    // Somebody with the database in their hands.
    let running = {
        let dir = running.stop().await;
        sqlx::any::install_default_drivers();
        let mut database = AnyConnection::connect(&url).await.unwrap();
        let id = |id: &Value| id.as_str().unwrap().to_owned();
        for sql in [
            // Other words, a message that never was, and a party that never got it.
            format!("UPDATE messages SET words = 'no' WHERE id = '{}'", id(&first["id"])),
            format!("DELETE FROM receipts WHERE message = '{}'", id(&later[1])),
            format!("DELETE FROM messages WHERE id = '{}'", id(&later[1])),
            format!("UPDATE receipts SET party = 'GREY' WHERE message = '{}'", id(&first["id"])),
        ] {
            database.execute(AssertSqlSafe(sql)).await.unwrap();
        }
        database.close().await.unwrap();
        start_in(&text, dir).await
    };
    let tower = running.client().bearer(&keys[0]);
    let checks = async |id: &Value| proof(&tower, id).await["checks"].clone();
    let changed = checks(&first["id"]).await;
    for (check, expected) in [
        ("hash", false),
        ("signature", false),
        ("sender", false),
        ("receipts", false),
        ("previous", true),
    ] {
        assert_eq!(changed[check], json!(expected), "{check}: {changed}");
    }
    // The one after it says that the one before is not as it was; the one after the gap too.
    let after = checks(&later[0]).await;
    assert_eq!((&after["hash"], &after["previous"]), (&json!(true), &json!(false)), "{after}");
    let gap = checks(&later[2]).await;
    assert_eq!((&gap["signature"], &gap["previous"]), (&json!(true), &json!(false)), "{gap}");
    // The last is as it was; that one is missing before it is told all the same.
    let whole = checks(&last["id"]).await;
    let of_last = whole.as_object().unwrap().iter().filter(|(_, holds)| **holds == json!(false));
    assert_eq!(of_last.map(|(check, _)| check.as_str()).collect::<Vec<_>>(), ["head"]);
    running.stop().await;
}

/// Keys of a tower and of two parties.
fn tower_and_parties() -> (String, Vec<String>) {
    let (mut text, mut keys) = (String::new(), Vec::new());
    for (name, role, party) in [
        ("tower", Role::Controller, None),
        ("RED", Role::Party, Some("RED")),
        ("GREY", Role::Party, Some("GREY")),
    ] {
        let (lines, key) = key(name, role, party);
        text += &lines;
        keys.push(key);
    }
    (text, keys)
}

async fn send(client: &Client, to: &str, text: &str) -> Value {
    let sent = client.post("/v1/messages", json!({ "to": to, "text": text })).await;
    assert_eq!(sent.status, 201, "{sent:?}");
    sent.json()
}

/// MSG-2: the newest message is taken out. The service finds it, and goes on so that it stays found;
/// where all of an older state was put back, whoever kept a head can show that there was more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_message_cannot_go_unnoticed() {
    let (text, keys) = tower_and_parties();
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("store.db");
    let url = format!("sqlite:{}", file.display());
    let running = start_in(&text, dir).await;
    let client = |running: &common::Running, name: usize| running.client().bearer(&keys[name]);
    let tower = client(&running, 0);
    let first = send(&tower, "RED", "one").await;
    send(&tower, "GREY", "not for RED").await;
    let dir = running.stop().await;
    let before = std::fs::read(&file).unwrap();
    let running = start_in(&text, dir).await;
    let newest = send(&client(&running, 0), "RED", "two").await;

    // RED keeps what it is told, which says nothing of what others have written.
    let of_red = client(&running, 1).get("/v1/messages/key").await.json();
    let kept = &of_red[0]["head"];
    assert_eq!(
        (&kept["of"], &kept["count"], &kept["hash"]),
        (&json!("RED"), &json!(2), &newest["hash"])
    );
    let told = proof(&client(&running, 1), &first["id"]).await;
    assert_eq!((&told["head"]["count"], &told["checks"]["head"]), (&json!(2), &json!(true)));
    let genuine = |head: &Value| {
        let text = format!(
            "deconflict head 1\nof: RED\ncount: {}\nhash: {}\n",
            head["count"],
            head["hash"].as_str().unwrap()
        );
        head["signed_text"].as_str().unwrap().starts_with(&text)
            && holds(&of_red[0]["public_key"], &head["signed_text"], &head["signature"])
    };
    assert!(genuine(kept));
    let all = client(&running, 0).get("/v1/messages/key").await.json();
    assert_eq!((&all[0]["head"]["of"], &all[0]["head"]["count"]), (&Value::Null, &json!(3)));

    let dir = running.stop().await;
    sqlx::any::install_default_drivers();
    let mut database = AnyConnection::connect(&url).await.unwrap();
    let id = newest["id"].as_str().unwrap();
    for table in ["receipts WHERE message", "messages WHERE id"] {
        let sql = format!("DELETE FROM {table} = '{id}'");
        database.execute(AssertSqlSafe(sql)).await.unwrap();
    }
    database.close().await.unwrap();
    let running = start_in(&text, dir).await;
    let tower = client(&running, 0);
    assert_eq!(proof(&tower, &first["id"]).await["checks"]["head"], json!(false));
    let next = send(&tower, "RED", "three").await;
    let checks = proof(&tower, &next["id"]).await;
    assert_eq!(checks["previous"], newest["hash"], "it follows the one that was there");
    assert_eq!(
        (&checks["checks"]["previous"], &checks["checks"]["head"]),
        (&json!(false), &json!(false))
    );

    // Everything as it was before that message: in itself it is whole, but RED knows better.
    let dir = running.stop().await;
    std::fs::write(&file, before).unwrap();
    for rest in ["store.db-wal", "store.db-shm"] {
        let _ = std::fs::remove_file(dir.path().join(rest));
    }
    let running = start_in(&text, dir).await;
    let red = client(&running, 1);
    assert!(all_hold(&proof(&red, &first["id"]).await));
    let now = &red.get("/v1/messages/key").await.json()[0]["head"];
    assert!(genuine(now) && now["count"].as_u64() < kept["count"].as_u64(), "{now} {kept}");
    running.stop().await;
}

/// A key in a file is not in the database; what was signed with either can be verified for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_key_may_be_kept_outside_of_the_database() {
    let (text, keys) = tower_and_parties();
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("hotline.pem");
    // As OpenSSL writes it: PKCS #8 version 1, the seed alone (RFC 8410).
    let mut pkcs8 = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".to_vec();
    pkcs8.extend([7; 32]);
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(&pkcs8)
    );
    let with_file = format!("hotline.key_file = {file:?}\n{text}");
    let config = common::config_in(&with_file, dir.path());
    let error = common::try_start(config, dir.path()).await.err().unwrap().to_string();
    assert!(error.contains("hotline.key_file") && error.contains("openssl genpkey"), "{error}");
    std::fs::write(&file, pem).unwrap();
    let expected = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let expected = STANDARD.encode(expected.public_key().as_ref());

    let url = format!("sqlite:{}", dir.path().join("store.db").display());
    let running = start_in(&with_file, dir).await;
    let tower = running.client().bearer(&keys[0]);
    let first = send(&tower, "RED", "one").await;
    let by_file = proof(&tower, &first["id"]).await;
    assert_eq!(by_file["public_key"], expected);
    assert!(all_hold(&by_file));
    let dir = running.stop().await;
    sqlx::any::install_default_drivers();
    let mut database = AnyConnection::connect(&url).await.unwrap();
    let stored: Vec<String> = sqlx::query_scalar("SELECT private_key FROM signing_keys")
        .fetch_all(&mut database)
        .await
        .unwrap();
    assert_eq!(stored, [""]);
    database.close().await.unwrap();

    // Without the file it signs with one of its own, and both are told.
    let running = start_in(&text, dir).await;
    let tower = running.client().bearer(&keys[0]);
    let second = send(&tower, "RED", "two").await;
    let public = tower.get("/v1/messages/key").await.json();
    assert_eq!((public.as_array().unwrap().len(), &public[1]["public_key"]), (2, &json!(expected)));
    for id in [&first["id"], &second["id"]] {
        assert!(all_hold(&proof(&tower, id).await));
    }
    running.stop().await;
}

/// Messages that come at once form one chain.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_form_one_chain() {
    let running = common::start("").await;
    let mut sending = Vec::new();
    for number in 0..20 {
        let client = running.client();
        sending.push(tokio::spawn(async move {
            client.post("/v1/messages", json!({ "text": format!("number {number}") })).await.status
        }));
    }
    for one in sending {
        assert_eq!(one.await.unwrap(), 201);
    }
    let client = running.client();
    let listed = client.get("/v1/messages").await.json();
    let mut previous = None;
    for message in listed.as_array().unwrap() {
        let proof = proof(&client, &message["id"]).await;
        assert!(all_hold(&proof), "{proof}");
        assert!(previous.is_none_or(|previous: Value| previous == proof["hash"]));
        previous = Some(proof["previous"].clone());
    }
    assert_eq!(previous.unwrap().as_str().unwrap().trim_matches('0'), "");
    running.stop().await;
}

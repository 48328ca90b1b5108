//! Warnings about one aircraft, on the webhook and as Cursor on Target.

mod common;

use common::receiver::{Answer, Receiver};
use common::{at, seen, soon, start, status_when, tell, warned, warning};
use deconflict_outputs::{Outputs, Told};
use deconflict_picture::{Warning, WarningTopic};
use std::sync::Arc;
use tokio::net::UdpSocket;

fn webhook(receiver: &Receiver, more: &str) -> Outputs {
    start(&format!(
        "[[output]]\nkind = \"webhook\"\nname = \"desk\"\nviewer = \"everything\"\n\
         url = \"http://{}/\"\nsecret = \"0123456789abcdef\"\n\
         retry_first_s = 0.01\nretry_most_s = 0.05\n{more}",
        receiver.address
    ))
}

fn cot(socket: &UdpSocket, more: &str) -> Outputs {
    let to = socket.local_addr().unwrap();
    start(&format!(
        "[[output]]\nkind = \"cot\"\nname = \"tak\"\nviewer = \"everything\"\nevery_s = 1.0\n\
         protocol = \"udp\"\nto = \"{to}\"\n{more}"
    ))
}

async fn datagram(socket: &UdpSocket) -> String {
    let mut buffer = vec![0; 65_536];
    let bytes = soon(socket.recv(&mut buffer)).await.expect("a datagram");
    String::from_utf8(buffer[..bytes].to_vec()).expect("UTF-8")
}

const STATES: [&str; 4] = ["approaching", "inside", "approaching", "ended"];

#[tokio::test]
async fn a_warning_is_posted_as_the_golden_file_has_it() {
    let mut receiver = Receiver::start(&[]).await;
    let outputs = webhook(&receiver, "");
    tell(&outputs, &warned(1.0, warning(1, "approaching", 1.0)));
    let body = String::from_utf8(receiver.next().await.body).unwrap();
    assert_eq!(body, include_str!("golden/warning.json").trim_end());
    drop(outputs);
    // Who wants none gets none.
    let mut receiver = Receiver::start(&[]).await;
    let outputs = webhook(&receiver, "events = [\"alert\"]\n");
    tell(&outputs, &warned(1.0, warning(1, "approaching", 1.0)));
    tell(&outputs, &common::picture(2.0, Vec::new(), vec![common::alert(1, "lost", 2.0)]));
    assert_eq!(receiver.next().await.json()["kind"], "alert");
}

/// OUT-1: raised, changed and ended arrive in this order, whatever the receiver does.
#[tokio::test]
async fn states_of_a_warning_arrive_in_order() {
    let failures = [Answer::Status(500, ""), Answer::Status(204, ""), Answer::Close];
    let script: Vec<Answer> = failures.iter().cycle().take(24).cloned().collect();
    let mut receiver = Receiver::start(&script).await;
    let outputs = webhook(&receiver, "");
    for (state, second) in STATES.iter().zip(1..) {
        for number in 1..=3 {
            let second = f64::from(second);
            tell(&outputs, &warned(second, warning(number, state, second)));
        }
    }
    let mut accepted = vec![Vec::new(); 4];
    while accepted.iter().map(Vec::len).sum::<usize>() < 12 {
        let request = receiver.next().await;
        if request.answer.accepts() {
            let body = request.json();
            let number = body["warning"]["id"].as_str().unwrap()[5..].parse::<usize>().unwrap();
            accepted[number].push(body["warning"]["state"].as_str().unwrap().to_owned());
        }
    }
    assert!(accepted[1..].iter().all(|states| *states == STATES), "{accepted:?}");
    assert_eq!(status_when(&outputs, |s| s.sent == 12).await.dropped, 0);
}

#[tokio::test]
async fn a_warning_is_an_event_until_it_is_over() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let outputs = cot(&socket, "");
    tell(&outputs, &warned(1.0, warning(1, "approaching", 1.0)));
    assert_eq!(datagram(&socket).await, include_str!("golden/warning-approaching.xml").trim_end());
    // While it is on it is told again.
    let mut again = seen(2.5, Vec::new(), Vec::new());
    again.warnings.push(warning(1, "approaching", 2.5));
    tell(&outputs, &Told::new(Arc::new(again), true, Vec::new()));
    assert!(datagram(&socket).await.contains("time=\"2026-01-01T00:00:02.500Z\""));
    tell(&outputs, &warned(3.0, warning(1, "ended", 3.0)));
    assert_eq!(datagram(&socket).await, include_str!("golden/warning-ended.xml").trim_end());
    let deleted = datagram(&socket).await;
    assert!(
        deleted.contains("type=\"t-x-d-d\"") && deleted.contains("warning.run-w1"),
        "{deleted}"
    );
}

/// Who is outside of its plan is shown, and rings no bell; one that may not be seen any more goes.
#[tokio::test]
async fn a_plan_that_is_not_kept_is_a_marker() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let outputs = cot(&socket, "tracks = false\n");
    let outside = Warning {
        about: WarningTopic::Plan,
        name: String::new(),
        ..Warning::clone(&warning(2, "nonconforming", 1.0))
    };
    tell(&outputs, &warned(1.0, Arc::new(outside)));
    let told = datagram(&socket).await;
    assert!(told.contains("type=\"b-m-p-s-m\"") && !told.contains("<emergency"), "{told}");
    assert!(told.contains("callsign=\"Outside of its plan: CLUB1\""), "{told}");
    tell(&outputs, &Told::new(Arc::new(seen(2.0, Vec::new(), Vec::new())), true, Vec::new()));
    let deleted = datagram(&socket).await;
    assert!(
        deleted.contains("type=\"t-x-d-d\"") && deleted.contains("warning.run-w2"),
        "{deleted}"
    );
    // With `warnings = "none"` there is nothing; the next thing told is the alert.
    let outputs = cot(&socket, "warnings = \"none\"\n");
    tell(&outputs, &warned(3.0, warning(1, "inside", 3.0)));
    tell(&outputs, &common::picture(4.0, Vec::new(), vec![common::alert(1, "lost", 4.0)]));
    let told = datagram(&socket).await;
    assert!(told.contains("alert.run-1"), "{told} after {}", at(3.0));
}

//! What a party may not see is in nothing that an output sends to it.

mod common;

use common::receiver::Receiver;
use common::{PATIENCE, alert, at, motion, soon, start, who};
use deconflict_outputs::{Outputs, Told};
use deconflict_picture::{
    Alert, Feed, Health, Picture, Policy, Sight, Track, Viewer, see, see_alert,
};
use std::sync::Arc;
use tokio::net::UdpSocket;

/// A picture of two parties: 1 is ours, 2 is theirs, and the feed of theirs is silent.
fn told(viewer: &Viewer, policy: &Policy) -> Told {
    let mut theirs = who(2, "HERON1");
    theirs.operator = Some("RuAF".to_owned());
    theirs.class = "tanker";
    theirs.formation = Some("HERONS".to_owned());
    theirs.feeds = vec!["theirs".to_owned()];
    let tracks = vec![
        Track { who: Arc::new(who(1, "EAGLE1")), motion: motion(), moved: true },
        Track { who: Arc::new(theirs), motion: motion(), moved: true },
    ];
    let mut changed = Alert::clone(&alert(1, "lost", 1.0));
    changed.b.operator = Some("RuAF".to_owned());
    changed.b.class = "tanker".to_owned();
    let changed = Arc::new(changed);
    let feed = Feed {
        name: "theirs".to_owned(),
        owner: Some("RuAF".to_owned()),
        kind: "tcp".to_owned(),
        format: "sbs".to_owned(),
        health: Health::Silent,
        since: None,
        last: None,
        period_s: 1.0,
        reports: 0,
        plots: 0,
        rate: 0.0,
        latency_s: 0.0,
        errors: 0,
        dropped: 0,
        silences: 0,
        reason: String::new(),
    };
    let alerts = vec![changed.clone()];
    let picture =
        Picture { time: at(1.0), tracks, alerts, feeds: vec![feed], warnings: Vec::new() };
    let seen = Arc::new(see(&picture, viewer, policy));
    let alerts = see_alert(&changed, viewer, policy).into_iter().collect();
    Told::new(seen, true, alerts)
}

/// All that both kinds of outputs send, as text.
async fn sent(viewer: &Viewer, sight: Sight) -> String {
    let policy = Policy::new(sight, sight, &[]).unwrap();
    let mut receiver = Receiver::start(&[]).await;
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let shown = match viewer {
        Viewer::Everything => "viewer = \"everything\"".to_owned(),
        Viewer::Party(party) => format!("party = \"{party}\""),
    };
    let outputs: Outputs = start(&format!(
        "[[output]]\nkind = \"webhook\"\nname = \"desk\"\n{shown}\nurl = \"http://{}\"\n\
         secret = \"0123456789abcdef\"\n[[output]]\nkind = \"cot\"\nname = \"tak\"\n{shown}\n\
         protocol = \"udp\"\nto = \"{}\"\n",
        receiver.address,
        socket.local_addr().unwrap()
    ));
    assert!(outputs.viewers().iter().eq([viewer]));
    outputs.tell(viewer, &told(viewer, &policy));
    // Somebody else's picture is none of theirs.
    outputs.tell(&Viewer::Party("nobody".to_owned()), &told(&Viewer::Everything, &policy));
    outputs.stop(PATIENCE).await;
    let mut text = String::new();
    while let Ok(request) = receiver.requests.try_recv() {
        text += &request.head;
        text += &String::from_utf8_lossy(&request.body);
    }
    let mut buffer = vec![0; 65_536];
    while !text.contains("deconflict.run.track.1") {
        let bytes = soon(socket.recv(&mut buffer)).await.unwrap();
        text += &String::from_utf8_lossy(&buffer[..bytes]);
    }
    while let Ok(bytes) = socket.try_recv(&mut buffer) {
        text += &String::from_utf8_lossy(&buffer[..bytes]);
    }
    text
}

/// VIS-1, on webhook and Cursor on Target.
#[tokio::test]
async fn what_is_hidden_is_in_nothing_that_is_sent() {
    let hidden = ["HERON", "RuAF", "a00002", "tanker", "A-M-F-K", "theirs"];
    let usaf = Viewer::Party("USAF".to_owned());
    for sight in [Sight::Position, Sight::InConflict, Sight::Nothing] {
        let text = sent(&usaf, sight).await;
        assert!(text.contains("EAGLE1") && text.contains("another party's feed"), "{text}");
        let shows_it = sight != Sight::Nothing;
        assert_eq!(text.contains("deconflict.run.track.2"), shows_it, "{sight:?}: {text}");
        assert_eq!(text.contains("run-1"), shows_it, "{sight:?}: {text}");
        for word in hidden {
            assert!(!text.contains(word), "{sight:?}: {word} in {text}");
        }
    }
    let all = sent(&Viewer::Everything, Sight::Nothing).await;
    assert!(hidden.iter().all(|word| all.contains(word)), "{all}");
}

//! More than the service can take.

use crate::common::{HandClock, noon, sbs, until};
use deconflict_feeds::{Batch, Feeds, Inbox, Plan, Rim};
use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

const FEED: &str = "name = \"x\"\nkind = \"listen\"\nformat = \"sbs\"\nbind = \"127.0.0.1:0\"\n";

fn start(inbox: &Arc<Inbox>) -> (Feeds, TcpStream) {
    let plan = Plan::new(vec![crate::common::config(FEED)], &[]).unwrap();
    let feeds = Feeds::start(plan, Rim::new(HandClock::new(noon())), inbox.clone()).unwrap();
    until("it listens", || feeds.status()[0].bound.is_some());
    let stream = TcpStream::connect(feeds.status()[0].bound.unwrap()).unwrap();
    (feeds, stream)
}

#[test]
fn what_nobody_takes_gives_way_oldest_first_and_is_counted() {
    let inbox = Arc::new(Inbox::new(1_000));
    let (feeds, mut stream) = start(&inbox);
    let text: String = (0..5_000).map(|i| sbs(i, noon())).collect();
    stream.write_all(text.as_bytes()).unwrap();
    until("all has been read", || feeds.status()[0].reports == 5_000);
    assert_eq!(feeds.status()[0].dropped, 4_000);
    let mut batch = Batch::default();
    inbox.take(Instant::now(), &mut batch);
    let found: Vec<_> = batch.reports.iter().map(|report| report.address.code).collect();
    assert_eq!(found, (4_000..5_000).collect::<Vec<_>>());
    assert!(feeds.stop());
}

#[test]
fn nothing_is_lost_while_somebody_takes() {
    const COUNT: u32 = 100_000;
    let inbox = Arc::new(Inbox::default());
    let (feeds, mut stream) = start(&inbox);
    let writer = std::thread::spawn(move || {
        for from in (0..COUNT).step_by(1_000) {
            let text: String = (from..from + 1_000).map(|i| sbs(i, noon())).collect();
            stream.write_all(text.as_bytes()).unwrap();
        }
    });
    let (mut batch, mut next) = (Batch::default(), 0);
    while next < COUNT {
        inbox.take(Instant::now() + Duration::from_secs(60), &mut batch);
        assert!(!batch.reports.is_empty(), "nothing came after {next}");
        for report in &batch.reports {
            assert_eq!(report.address.code, next);
            next += 1;
        }
    }
    writer.join().unwrap();
    assert_eq!(feeds.status()[0].dropped, 0);
    assert!(feeds.stop());
}

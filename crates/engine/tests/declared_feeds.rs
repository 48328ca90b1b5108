//! Feeds that are declared, as the engine tells of them.

use deconflict_core::{Address, Report, Technique, Time};
use deconflict_engine::{Engine, EngineConfig, Event, FeedChange, FeedEvent};

fn at(second: f64) -> Time {
    Time::from_unix_s(1_700_000_000.0 + second).unwrap()
}

fn told(events: &mut Vec<Event>) -> Vec<FeedChange> {
    let feeds = events.drain(..).filter_map(|event| match event {
        Event::Feed(change) => Some(change),
        _ => None,
    });
    feeds.collect()
}

/// FEED-1: also for a feed from which nothing has ever come.
#[test]
fn a_declared_feed_that_is_never_heard_is_alarmed_within_two_of_its_periods() {
    let feeds = vec![(0, 5.0), (1, 20.0)];
    let mut engine = Engine::new(EngineConfig { feeds, ..EngineConfig::default() });
    let mut events = Vec::new();
    for tenth in 0..=100 {
        engine.advance(at(f64::from(tenth) / 10.0), &mut events);
    }
    let changes = told(&mut events);
    assert_eq!(changes.len(), 1, "{changes:?}");
    let FeedChange { time, event, feed } = changes[0];
    assert_eq!((event, feed.feed, feed.reports), (FeedEvent::Silent, 0, 0));
    assert!(time.seconds_since(at(0.0)) <= 10.0, "{time}");
    assert!(engine.is_silent(0) && !engine.is_silent(1) && !engine.is_silent(2));
    let json = Event::Feed(changes[0]).to_json();
    assert!(json.contains("\"last\":null"), "{json}");

    // Its first report ends the silence.
    let report = Report::new(0, Address::icao(1), Technique::Unknown, at(12.0));
    engine.push(&[report], &mut events);
    let changes = told(&mut events);
    assert_eq!(changes.iter().map(|c| c.event).collect::<Vec<_>>(), [FeedEvent::Heard]);
    assert!(!engine.is_silent(0));

    // One long step is as good as many short ones.
    engine.advance(at(60.0), &mut events);
    let silent: Vec<_> = told(&mut events).iter().map(|c| (c.feed.feed, c.event)).collect();
    assert_eq!(silent, [(0, FeedEvent::Silent), (1, FeedEvent::Silent)]);
}

//! Recordings and scenarios.

use crate::common::{FRAMES, HandClock, Service, avr, config, noon, sbs, until};
use deconflict_core::Time;
use deconflict_feeds::{FeedConfig, Health, Kind, Plan};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use tempfile::NamedTempFile;

fn recording(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn replay(path: &Path, more: &str) -> String {
    format!("name = \"recording\"\nkind = \"replay\"\nfile = '{}'\n{more}", path.display())
}

fn long_ago(s: f64) -> Time {
    Time::from_unix_s(1_500_000_000.0 + s).unwrap()
}

#[test]
fn a_recording_is_shifted_to_the_present_and_paced() {
    let text: String = (0..4).map(|i| sbs(i, long_ago(10.0 * f64::from(i)))).collect();
    let file = recording(&text);
    let clock = HandClock::new(noon());
    let service = Service::with(clock.clone(), &[&replay(file.path(), "speed = 10")]);
    service.wait_for(1);
    assert_eq!(service.addresses(), [0]);
    clock.set(noon().plus_s(2.0));
    service.wait_for(3);
    assert_eq!(service.addresses(), [0, 1, 2]);
    clock.set(noon().plus_s(3.0));
    let reports = service.wait_for(4);
    let times: Vec<f64> = reports.iter().map(|r| r.received.seconds_since(noon())).collect();
    assert_eq!(times, [0.0, 1.0, 2.0, 3.0]);
    assert!(reports.iter().all(|report| report.measured == report.received));
    service.wait_for_reason("is over");
    assert_eq!(service.status().health, Health::Live);
    service.stop();
}

#[test]
fn times_that_are_kept_are_those_of_the_recording() {
    let file = recording(&(sbs(0, noon()) + &sbs(1, noon().plus_s(5.0))));
    let clock = HandClock::new(noon().plus_s(-1.0));
    let service = Service::with(clock.clone(), &[&replay(file.path(), "times = \"keep\"")]);
    service.wait_for_reason("playing");
    assert!(service.reports().is_empty());
    clock.set(noon().plus_s(60.0));
    let reports = service.wait_for(2);
    assert_eq!(reports[1].received, noon().plus_s(5.0));
    service.stop();
}

#[test]
fn a_recording_can_be_played_again_and_again() {
    let file = recording(&sbs(1, long_ago(0.0)));
    let service = Service::of(&replay(file.path(), "loop = true"));
    service.wait_for(5);
    service.wait_for_reason("round");
    service.stop();
}

#[test]
fn wild_stamps_and_breaks_are_not_waited_for() {
    let times = [0.0, 1.0, 9e7, 2.0, 90_000.0, 90_001.0, 90_002.0];
    let text: String = (0u32..).zip(times).map(|(i, t)| sbs(i, long_ago(t))).collect();
    let file = recording(&text);
    let clock = HandClock::new(noon());
    let service = Service::with(clock.clone(), &[&replay(file.path(), "")]);
    // The wild one and the first after the break tell nothing; the rest comes in step.
    for (s, count) in [(0.0, 1), (1.0, 2), (2.0, 4), (3.0, 5)] {
        clock.set(noon().plus_s(s));
        service.wait_for(count);
    }
    assert_eq!(service.addresses(), [0, 1, 3, 5, 6]);
    assert_eq!(service.errors("clock"), 2);
    let last = service.reports()[4].received;
    assert_eq!(last, noon().plus_s(3.0));
    service.stop();
}

#[test]
fn frames_without_times_are_played_at_their_rate() {
    let text: String = (0..20).map(|i| avr(FRAMES[i % 2])).collect();
    let file = recording(&text);
    let more = "format = \"avr\"\nframes_per_s = 10\nspeed = 100";
    let service = Service::live(&replay(file.path(), more));
    let reports = service.wait_for(20);
    assert!(reports[1].position.is_some());
    service.stop();
}

#[test]
fn a_recording_that_is_not_there_is_told_and_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("later.sbs");
    let service = Service::of(&replay(&path, ""));
    service.wait_for_reason("no such file or directory, again in");
    assert_eq!(service.status().health, Health::Down);
    std::fs::write(&path, sbs(1, long_ago(0.0))).unwrap();
    service.wait_for(1);
    service.stop();
}

#[test]
fn it_stops_while_it_waits_for_the_next_report() {
    let file = recording(&(sbs(0, long_ago(0.0)) + &sbs(1, long_ago(500.0))));
    let service = Service::of(&replay(file.path(), ""));
    service.wait_for(1);
    service.stop();
}

const SCENARIO: &str = r#"
    [scenario]
    name = "one aircraft"
    start = 2017-12-13T08:00:00Z
    duration_min = 10

    [[operator]]
    name = "BLUE"

    [[flight]]
    callsign = "HERON1"
    operator = "BLUE"
    type = "surveillance"
    route = [{ orbit = [35.0, 40.5], radius_nm = 10, fl = 250 }]

    [[feed]]
    name = "receiver"
    owner = "BLUE"
    kind = "adsb"
    period_s = 1

    [[feed]]
    name = "second receiver"
    owner = "BLUE"
    kind = "adsb"
    period_s = 10
"#;
const BUNDLED: &[(&str, &str)] = &[("one", SCENARIO)];

fn scenario(more: &str) -> FeedConfig {
    config(&format!("name = \"all\"\nkind = \"scenario\"\nscenario = \"one\"\n{more}"))
}

#[test]
fn a_scenario_stands_for_all_its_feeds() {
    let plan =
        Plan::new(vec![scenario(""), FeedConfig::new("other", Kind::Push)], BUNDLED).unwrap();
    let names: Vec<_> = plan.feeds().map(|feed| feed.name.as_str()).collect();
    assert_eq!(names, ["receiver", "second receiver", "other"]);
    assert_eq!(plan.feeds().next().unwrap().owner.as_deref(), Some("BLUE"));
    assert_eq!(plan.periods(), [(0, 5.0), (1, 10.0), (2, 5.0)]);
    assert_eq!(plan.scenarios().count(), 1);
    let one = Plan::new(vec![scenario("feed = \"receiver\"")], BUNDLED).unwrap();
    assert_eq!(one.feeds().next().unwrap().name, "all");
}

#[test]
fn a_scenario_that_does_not_hold_is_told() {
    let wrong = |config: FeedConfig| Plan::new(vec![config], BUNDLED).unwrap_err()[0].to_string();
    assert_eq!(
        wrong(scenario("feed = \"x\"")),
        "feed \"all\": feed: the scenario has no such feed; it has receiver, second receiver"
    );
    let missing = config("name = \"a\"\nkind = \"scenario\"\nscenario = \"nowhere.toml\"");
    let text = wrong(missing);
    assert!(
        text.contains("cannot read \"nowhere.toml\"") && text.ends_with("bundled ones: one"),
        "{text}"
    );
    let twice = vec![FeedConfig::new("a", Kind::Push), FeedConfig::new("a", Kind::Push)];
    assert!(Plan::new(twice, BUNDLED).unwrap_err()[0].to_string().contains("two feeds"));
}

#[test]
fn feeds_of_a_scenario_are_simulated_in_step_with_the_clock() {
    use deconflict_feeds::{Feeds, Inbox, Rim};
    let start = Time::from_unix_s(1_513_152_000.0).unwrap();
    let clock = HandClock::new(start);
    let plan = Plan::new(vec![scenario("times = \"keep\"")], BUNDLED).unwrap();
    let inbox = Arc::new(Inbox::default());
    let feeds = Feeds::start(plan, Rim::new(clock.clone()), inbox.clone()).unwrap();
    clock.set(start.plus_s(60.0));
    until("a minute has been simulated", || {
        feeds.status().iter().map(|status| status.reports).collect::<Vec<_>>() == [60, 6]
    });
    assert!(feeds.stop());
    assert_eq!(inbox.len(), 66);
}

#[test]
fn a_scenario_is_shifted_to_the_present() {
    use deconflict_feeds::{Feeds, Inbox, Rim};
    let clock = HandClock::new(noon());
    let plan = Plan::new(vec![scenario("feed = \"receiver\"\nspeed = 10")], BUNDLED).unwrap();
    let inbox = Arc::new(Inbox::default());
    let feeds = Feeds::start(plan, Rim::new(clock.clone()), inbox.clone()).unwrap();
    until("it has begun", || feeds.status()[0].reason.contains("simulating"));
    clock.set(noon().plus_s(6.0));
    until("a minute has been simulated", || feeds.status()[0].reports >= 59);
    let last = feeds.status()[0].last.unwrap();
    assert!((5.5..=6.0).contains(&last.seconds_since(noon())), "{last}");
    clock.set(noon().plus_s(3_600.0));
    until("it is over", || feeds.status()[0].reason.contains("is over"));
    assert!(feeds.stop());
}

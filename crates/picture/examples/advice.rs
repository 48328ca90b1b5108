//! How long advice takes: what the thread that owns the engine pays for the questions, and what
//! it takes to answer them, over a scenario of one's choice.
//!
//! `cargo run --release -p deconflict-picture --example advice -- scenarios/euphrates-2017.toml 60`

#![allow(clippy::print_stdout)] // it prints what it measures

use deconflict_engine::DEFAULT_RULES;
use deconflict_picture::{Declared, FeedSetup, Live, Setup};
use deconflict_sim::{Scenario, Simulation};
use std::collections::BTreeMap;
use std::time::Instant;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or_else(|| "scenarios/euphrates-2017.toml".to_owned());
    let minutes: f64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(60.0);
    let text = std::fs::read_to_string(&path).expect("the scenario can be read");
    let scenario = Scenario::parse(&text).expect("the scenario holds");
    let mut simulation = Simulation::new(&scenario);
    let most = simulation.feeds().iter().map(|feed| feed.number).max().unwrap_or(0);
    let feed = |number: u16| FeedSetup {
        name: format!("feed {number}"),
        owner: None,
        kind: "scenario".to_owned(),
        format: String::new(),
        period_s: None,
    };
    let setup = Setup {
        run: "example".to_owned(),
        name: scenario.name.clone(),
        rules: DEFAULT_RULES.to_owned(),
        feeds: (0..=most).map(feed).collect(),
        registry: simulation.registry().iter().map(|(a, d)| Declared::of(a, d)).collect(),
        aerodromes: Vec::new(),
        period_s: 1.0,
        speed: 1.0,
    };
    let mut live = Live::new(setup, scenario.start, 1).expect("the rules hold");
    let (mut evaluating, mut asking) = (Vec::new(), Vec::new());
    let mut answering: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
    for second in 1.. {
        let now = scenario.start.plus_s(f64::from(second));
        let reports = simulation.step(now);
        let begun = Instant::now();
        live.push(reports);
        live.advance(now);
        live.step();
        evaluating.push(begun.elapsed().as_secs_f64());
        let begun = Instant::now();
        let questions = live.questions(4);
        asking.push(begun.elapsed().as_secs_f64());
        if let Some(questions) = questions {
            let alerts = questions.alerts();
            let begun = Instant::now();
            let answers = questions.answer();
            answering.entry(alerts).or_default().push(begun.elapsed().as_secs_f64());
            live.answered(answers);
            for alert in live.step().into_iter().flat_map(|step| step.advised) {
                let aircraft = alert.advice.as_ref().map_or(0, |advice| advice.aircraft);
                *sizes.entry(aircraft).or_default() += 1;
            }
        }
        if simulation.is_over() || f64::from(second) >= 60.0 * minutes {
            break;
        }
    }
    tell("evaluation", &mut evaluating);
    tell("questions (same thread)", &mut asking);
    for (alerts, times) in &mut answering {
        tell(&format!("answers about {alerts} alerts"), times);
    }
    for (aircraft, count) in &sizes {
        println!("{count} pieces of advice for {aircraft} aircraft together");
    }
}

fn tell(what: &str, times: &mut [f64]) {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| 1e3 * times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "{what}: {} times, median {:.2} ms, p99 {:.2} ms, most {:.2} ms",
        times.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

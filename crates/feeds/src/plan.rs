//! All feeds of a service, numbered.

use crate::check::{ConfigError, Play, Settled, Source};
use crate::config::{FeedConfig, Times};
use deconflict_sim::{Scenario, Simulation};
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// More feeds than this are a mistake.
const MOST_FEEDS: usize = 1_000;

/// The scenarios that come with the program: name and text.
pub type Bundled = &'static [(&'static str, &'static str)];

/// All feeds of a service: checked, tables that stand for a whole scenario replaced by its
/// feeds, and numbered by their place.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub(crate) feeds: Vec<Planned>,
    scenarios: Vec<Arc<Scenario>>,
}

/// One feed of a plan.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) config: FeedConfig,
    pub(crate) settled: Settled,
    pub(crate) played: Option<Played>,
}

/// The part of a scenario that a feed plays.
#[derive(Clone, Debug)]
pub(crate) struct Played {
    /// Which of the plan's scenarios: feeds of one share a simulation if they play it alike.
    pub(crate) index: usize,
    pub(crate) scenario: Arc<Scenario>,
    /// The number that the feed has in the simulation.
    pub(crate) number: u16,
    pub(crate) play: Play,
}

impl Plan {
    /// Checks the feeds and gives them their numbers. Reads the files of scenarios, if there are any.
    ///
    /// # Errors
    /// Everything that is wrong, with the feed, the key, and what to do.
    pub fn new(configs: Vec<FeedConfig>, bundled: Bundled) -> Result<Plan, Vec<ConfigError>> {
        let (mut plan, mut wrong) = (Plan::default(), Vec::new());
        let mut loaded: Vec<(String, Option<u64>)> = Vec::new();
        for config in configs {
            let settled = match config.settle() {
                Ok(settled) => settled,
                Err(errors) => {
                    wrong.extend(errors);
                    continue;
                }
            };
            // What is switched off need not be there.
            let Source::Scenario { scenario, feed, seed, play } = &settled.source else {
                plan.feeds.push(Planned { config, settled, played: None });
                continue;
            };
            if !config.enabled {
                plan.feeds.push(Planned { config, settled, played: None });
                continue;
            }
            let key = (scenario.clone(), *seed);
            let index = match loaded.iter().position(|other| *other == key) {
                Some(index) => index,
                None => match load(scenario, *seed, bundled) {
                    Ok(scenario) => {
                        plan.scenarios.push(Arc::new(scenario));
                        loaded.push(key);
                        loaded.len() - 1
                    }
                    Err(message) => {
                        wrong.push(ConfigError { feed: config.name, key: "scenario", message });
                        continue;
                    }
                },
            };
            let scenario = Arc::clone(&plan.scenarios[index]);
            let part = Played { index, scenario, number: 0, play: *play };
            match take_part(&config, &settled, feed.as_deref(), part) {
                Ok(feeds) => plan.feeds.extend(feeds),
                Err(error) => wrong.push(error),
            }
        }
        let mut names = HashSet::new();
        for planned in &plan.feeds {
            if !names.insert(planned.config.name.as_str()) {
                let message = "is the name of two feeds: give one of them another".to_owned();
                let feed = planned.config.name.clone();
                wrong.push(ConfigError { feed, key: "name", message });
            }
        }
        if plan.feeds.len() > MOST_FEEDS {
            let message = format!("{} feeds are more than {MOST_FEEDS}", plan.feeds.len());
            wrong.push(ConfigError { feed: String::new(), key: "feed", message });
        }
        if wrong.is_empty() { Ok(plan) } else { Err(wrong) }
    }

    /// The feeds; the number of each is its place.
    pub fn feeds(&self) -> impl ExactSizeIterator<Item = &FeedConfig> {
        self.feeds.iter().map(|planned| &planned.config)
    }

    /// Number and period of each feed that is switched on: what the engine has to know in order to
    /// notice silence.
    pub fn periods(&self) -> Vec<(u16, f64)> {
        let numbered = (0u16..).zip(&self.feeds);
        let on = numbered.filter(|(_, planned)| planned.config.enabled);
        on.map(|(number, planned)| (number, planned.config.period_s())).collect()
    }

    /// The scenarios that are played, with what their operators have declared and reserved.
    pub fn scenarios(&self) -> impl Iterator<Item = &Scenario> {
        self.scenarios.iter().map(Arc::as_ref)
    }

    /// Those of them that are played once, at the times that they have themselves.
    pub fn scenarios_on_time(&self) -> impl Iterator<Item = &Scenario> {
        let is_on_time = |index: usize| {
            let played = self.feeds.iter().filter_map(|planned| planned.played.as_ref());
            let mut played = played.filter(|played| played.index == index).peekable();
            played.peek().is_some() && played.all(|p| p.play.times == Times::Keep && !p.play.repeat)
        };
        let numbered = self.scenarios.iter().enumerate();
        numbered.filter(move |(index, _)| is_on_time(*index)).map(|(_, scenario)| &**scenario)
    }
}

fn load(name: &str, seed: Option<u64>, bundled: Bundled) -> Result<Scenario, String> {
    let text = match bundled.iter().find(|(known, _)| *known == name) {
        Some((_, text)) => (*text).to_owned(),
        None => std::fs::read_to_string(Path::new(name)).map_err(|error| {
            let names: Vec<_> = bundled.iter().map(|(name, _)| *name).collect();
            format!(
                "cannot read {name:?}: {error}; give the path of a scenario, or one of the bundled \
                 ones: {}",
                names.join(", ")
            )
        })?,
    };
    Scenario::parse_seeded(&text, seed).map_err(|error| format!("{name}: {error}"))
}

/// The feeds of a scenario that a table stands for: the one that it names, or all.
fn take_part(
    config: &FeedConfig,
    settled: &Settled,
    wanted: Option<&str>,
    part: Played,
) -> Result<Vec<Planned>, ConfigError> {
    let known = Simulation::new(&part.scenario).feeds();
    let mut found = Vec::new();
    for feed in &known {
        let mut config = FeedConfig { feed: Some(feed.name.clone()), ..config.clone() };
        match wanted {
            Some(name) if *name != feed.name => continue,
            Some(_) => {}
            None => config.name.clone_from(&feed.name),
        }
        config.owner = config.owner.or_else(|| Some(feed.owner.to_string()));
        config.period_s = Some(config.period_s().max(feed.period_s));
        let played = Some(Played { number: feed.number, ..part.clone() });
        found.push(Planned { config, settled: settled.clone(), played });
    }
    if found.is_empty() {
        let names: Vec<_> = known.iter().map(|feed| feed.name.as_str()).collect();
        let message = format!("the scenario has no such feed; it has {}", names.join(", "));
        return Err(ConfigError { feed: config.name.clone(), key: "feed", message });
    }
    Ok(found)
}

//! A scenario flown into the engine, second by second.

use crate::command::advisor::Advisor;
use deconflict_core::Time;
use deconflict_engine::{Engine, EngineConfig, Event};
use deconflict_sim::{Scenario, Simulation};

/// The simulation and the picture made from what its feeds report.
pub struct Show {
    pub name: String,
    pub start: Time,
    pub end: Time,
    pub aircraft: usize,
    pub operators: Vec<String>,
    /// By number; numbers that nobody sees are empty.
    pub feed_names: Vec<String>,
    pub engine: Engine,
    simulation: Simulation,
    advisor: Option<Advisor>,
    /// What pilots were told since it was last looked at, in words.
    pub said: Vec<String>,
    finished: bool,
}

impl Show {
    pub fn new(scenario: &Scenario, config: EngineConfig, minutes: Option<u32>) -> Show {
        let simulation = Simulation::new(scenario);
        let mut feed_names = Vec::new();
        for feed in simulation.feeds() {
            let number = usize::from(feed.number);
            feed_names.resize(feed_names.len().max(number + 1), String::new());
            feed_names[number] = feed.name;
        }
        let registry = simulation.registry();
        let mut engine = Engine::new(EngineConfig { registry, ..config });
        engine.set_plans(scenario.filed.clone());
        engine.set_areas(scenario.reserved.clone());
        let limit = minutes.map_or(Time::MAX, |m| scenario.start.plus_s(f64::from(m) * 60.0));
        Show {
            name: scenario.name.clone(),
            start: scenario.start,
            end: scenario.end().min(limit),
            aircraft: scenario.aircraft_count(),
            operators: scenario.operators().map(|(name, _)| name.to_string()).collect(),
            feed_names,
            engine,
            simulation,
            advisor: None,
            said: Vec::new(),
            finished: false,
        }
    }

    /// Has proposals flown.
    pub fn with_advisor(self, advisor: Option<Advisor>) -> Show {
        Show { advisor, ..self }
    }

    /// The present of the scenario.
    pub fn now(&self) -> Time {
        self.simulation.now()
    }

    pub fn is_over(&self) -> bool {
        self.now() >= self.end
    }

    /// One second. Always one: so that it is the same at any speed.
    pub fn step(&mut self, events: &mut Vec<Event>) {
        let until = self.now().plus_s(1.0).min(self.end);
        self.engine.push(self.simulation.step(until), events);
        self.engine.advance(until, events);
        if let Some(advisor) = &mut self.advisor {
            advisor.step(&self.engine, &mut self.simulation, &mut self.said);
        }
    }

    /// Ends what is on. Nothing happens the second time.
    pub fn finish(&mut self, events: &mut Vec<Event>) {
        if !std::mem::replace(&mut self.finished, true) {
            self.engine.finish(events);
        }
    }
}

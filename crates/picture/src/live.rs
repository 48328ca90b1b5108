//! An engine that is driven, and the pictures that come of it.

use crate::advising::Desk;
use crate::alert::{Alert, FiguresView};
use crate::book::{AlertBook, NoSuchAlert, Remark};
use crate::build::Builder;
use crate::conformance::ConformanceBook;
use crate::encounter::{Place, both};
use crate::feed::{Followed, Health, Line};
use crate::known::Known;
use crate::limits::{Aerodrome, Standing};
use crate::moment::{Note, NoteLevel, Picture, Step};
use crate::number::rounded;
use crate::questions::{Answers, Questions};
use crate::track::Track;
use crate::warning::Warning;
use crate::warning_book::WarningBook;
use deconflict_core::rules::{Minima, RuleError};
use deconflict_core::{
    Address, AircraftClass, Area, Constraint, Declaration, Label, Plan, Registry, Report, RuleSet,
    Time,
};
use deconflict_engine::alert::FormationEvent;
use deconflict_engine::{Engine, EngineConfig, Event, FeedEvent};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a run is begun with: enough, with what came in, to have it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// The name of the run, part of the names of its alerts.
    pub run: String,
    /// What the picture is called.
    pub name: String,
    /// The rules, as TOML.
    pub rules: String,
    /// The feeds; their numbers are their places.
    pub feeds: Vec<FeedSetup>,
    /// What is declared of aircraft.
    pub registry: Vec<Declared>,
    /// Where aircraft land: who is about to is not asked to manoeuvre.
    #[serde(default)]
    pub aerodromes: Vec<Aerodrome>,
    /// Seconds of data time between two evaluations.
    pub period_s: f64,
    /// How many times faster than real time it runs.
    pub speed: f64,
}

/// A feed, as declared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeedSetup {
    /// Its name.
    pub name: String,
    /// The operator or party that owns it.
    pub owner: Option<String>,
    /// How it comes in.
    pub kind: String,
    /// The format of its data.
    pub format: String,
    /// How often it should speak, seconds; learnt if not declared.
    pub period_s: Option<f64>,
}

/// What is declared of one aircraft.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Declared {
    /// Its address.
    pub address: String,
    /// Its operator.
    pub operator: Option<String>,
    /// Its class.
    pub class: Option<String>,
    /// Its formation.
    pub formation: Option<String>,
    /// Its call sign.
    pub callsign: Option<String>,
    /// What stands against asking it to manoeuvre.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraint: Option<String>,
    /// Whoever has more is asked later to give way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<u8>,
}

impl Declared {
    /// As a message has it.
    pub fn of(address: Address, d: &Declaration) -> Declared {
        Declared {
            address: address.to_string(),
            operator: d.operator.map(|o| o.to_string()),
            class: d.class.map(|c| c.name().to_owned()),
            formation: d.formation.map(|f| f.to_string()),
            callsign: d.callsign.map(|c| c.to_string()),
            constraint: d.constraint.map(|c| c.name().to_owned()),
            priority: (d.priority > 0).then_some(d.priority),
        }
    }

    /// As the engine has it; `None` if the address is none.
    pub fn declaration(&self) -> Option<(Address, Declaration)> {
        let label = |text: &Option<String>| text.as_deref().and_then(Label::new);
        let declaration = Declaration {
            operator: label(&self.operator),
            class: self.class.as_deref().and_then(AircraftClass::parse),
            formation: label(&self.formation),
            callsign: self.callsign.as_deref().and_then(Label::new),
            constraint: self.constraint.as_deref().and_then(Constraint::parse),
            priority: self.priority.unwrap_or(0),
        };
        Address::parse(&self.address).map(|address| (address, declaration))
    }

    /// Many of them as a registry. An address that is none declares nothing.
    pub fn registry(declared: &[Declared]) -> Registry {
        let mut registry = Registry::default();
        for (address, declaration) in declared.iter().filter_map(Declared::declaration) {
            registry.declare(address, declaration);
        }
        registry
    }
}

/// An engine with its pictures.
#[derive(Debug)]
pub struct Live {
    setup: Setup,
    names: Vec<String>,
    engine: Engine,
    events: Vec<Event>,
    evaluations: u64,
    builder: Builder,
    book: AlertBook,
    warnings: WarningBook,
    conformance: ConformanceBook,
    feeds: Vec<Followed>,
    lines: Vec<Line>,
    picture: Arc<Picture>,
    // What the next step will carry.
    changed: Vec<Arc<Alert>>,
    advised: Vec<Arc<Alert>>,
    warned: Vec<Arc<Warning>>,
    desk: Desk,
    notes: Vec<Note>,
    feeds_changed: bool,
}

impl Live {
    /// A run that begins. The output does not depend on `threads`.
    ///
    /// # Errors
    /// [`RuleError`] if the rules do not hold.
    pub fn new(setup: Setup, now: Time, threads: usize) -> Result<Live, RuleError> {
        let rules = Arc::new(RuleSet::parse(&setup.rules)?);
        let declared = setup.feeds.iter().enumerate();
        let periods = declared.filter_map(|(i, f)| Some((i as u16, f.period_s?)));
        let config = EngineConfig {
            rules,
            registry: Declared::registry(&setup.registry),
            threads,
            period_s: setup.period_s,
            feeds: periods.collect(),
            ..EngineConfig::default()
        };
        let feeds = setup
            .feeds
            .iter()
            .map(|f| Followed::new(&f.name, f.owner.clone(), &f.kind, &f.format, now));
        let feeds: Vec<_> = feeds.collect();
        let picture = Picture {
            time: now,
            tracks: Vec::new(),
            alerts: Vec::new(),
            feeds: feeds.iter().map(|f| f.feed.clone()).collect(),
            warnings: Vec::new(),
        };
        Ok(Live {
            names: setup.feeds.iter().map(|f| f.name.clone()).collect(),
            engine: Engine::new(config),
            events: Vec::new(),
            evaluations: 0,
            builder: Builder::default(),
            book: AlertBook::new(&setup.run),
            warnings: WarningBook::new(&setup.run),
            conformance: ConformanceBook::default(),
            lines: vec![Line::default(); feeds.len()],
            feeds,
            picture: Arc::new(picture),
            changed: Vec::new(),
            advised: Vec::new(),
            warned: Vec::new(),
            desk: Desk::new(Standing::new(&setup.registry, &setup.aerodromes)),
            notes: Vec::new(),
            feeds_changed: false,
            setup,
        })
    }

    /// What it was begun with.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The engine, to be looked at.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The last picture.
    pub fn picture(&self) -> &Arc<Picture> {
        &self.picture
    }

    /// The alerts.
    pub fn book(&self) -> &AlertBook {
        &self.book
    }

    /// Takes in reports in the order of receipt.
    pub fn push(&mut self, reports: &[Report]) {
        self.engine.push(reports, &mut self.events);
    }

    /// Lets time pass.
    pub fn advance(&mut self, now: Time) {
        self.engine.advance(now, &mut self.events);
    }

    /// Ends everything that is on, for the reason that there are no more data.
    pub fn finish(&mut self) {
        self.engine.finish(&mut self.events);
    }

    /// Replaces what is declared of aircraft.
    pub fn declare(&mut self, registry: Vec<Declared>) {
        self.engine.set_registry(Declared::registry(&registry));
        self.desk.standing.declare(&registry);
        self.setup.registry = registry;
    }

    /// Replaces the plans of aircraft.
    pub fn set_plans(&mut self, plans: Vec<Plan>) {
        self.engine.set_plans(plans);
    }

    /// Replaces the areas that others are warned of.
    pub fn set_areas(&mut self, areas: Vec<Area>) {
        self.engine.set_areas(areas);
    }

    /// What the rim says of the feeds' lines, by number.
    pub fn set_lines(&mut self, lines: Vec<Line>) {
        self.lines = lines;
        self.lines.resize(self.feeds.len(), Line::default());
    }

    /// Names alerts as they were named when they happened: for an engine that was begun in the
    /// middle of a recording.
    pub fn know(&mut self, known: impl IntoIterator<Item = Known>) {
        self.book.know(known);
    }

    /// The same of warnings.
    pub fn know_warnings(&mut self, known: impl IntoIterator<Item = Arc<Warning>>) {
        self.warnings.know(known);
    }

    /// Adds what a person says to a warning, and returns the warning after it; `None` if it is
    /// not in the picture.
    pub fn remark_warning(&mut self, id: &str, remark: Remark) -> Option<Arc<Warning>> {
        let warning = self.warnings.remark(id, remark)?;
        self.warned.push(warning.clone());
        Some(warning)
    }

    /// Adds what a person says to an alert, and returns the alert after it.
    ///
    /// # Errors
    /// [`NoSuchAlert`] if it is not in the picture.
    pub fn remark(&mut self, id: &str, remark: Remark) -> Result<Arc<Alert>, NoSuchAlert> {
        let alert = self.book.remark(id, remark)?;
        self.changed.push(alert.clone());
        Ok(alert)
    }

    /// What is to be worked out to keep the aircraft of alerts apart, of `most` of them: first of
    /// those that have become worse, then of those for which it was done longest ago. To be
    /// asked for when the alerts themselves have been told: they do not wait for it.
    pub fn questions(&mut self, most: usize) -> Option<Questions> {
        self.desk.questions(&self.setup.run, &self.engine, self.picture.time, most)
    }

    /// Takes in what has been worked out, wherever that was. Answers for another run are nobody's.
    pub fn answered(&mut self, answers: Answers) {
        if answers.run != self.setup.run {
            return;
        }
        self.desk.take(&answers);
        for (number, advice) in answers.advice {
            self.advised.extend(self.book.advise(number, advice));
        }
    }

    /// Both at once.
    pub fn advise(&mut self, most: usize) {
        if let Some(questions) = self.questions(most) {
            self.answered(questions.answer());
        }
    }

    /// Adds a note to the next step.
    pub fn note(&mut self, level: NoteLevel, text: impl Into<String>) {
        let time = self.picture.time;
        self.notes.push(Note { time, level, text: text.into(), about: Vec::new() });
    }

    /// What has come of everything since the last call; `None` if nothing has.
    pub fn step(&mut self) -> Option<Step> {
        let evaluations = self.engine.counts().evaluations;
        let evaluated = evaluations != self.evaluations;
        self.evaluations = evaluations;
        let events = std::mem::take(&mut self.events);
        for event in &events {
            self.take(event);
        }
        let told = self.changed.len() + self.advised.len() + self.notes.len() + events.len();
        let told = told + self.warned.len();
        if !evaluated && told == 0 {
            return None;
        }
        if evaluated {
            self.build();
        } else {
            let old = &*self.picture;
            let picture = Picture {
                time: old.time,
                // Nothing has moved since they were last told.
                tracks: old.tracks.iter().map(|t| Track { moved: false, ..t.clone() }).collect(),
                alerts: self.book.iter().cloned().collect(),
                feeds: old.feeds.clone(),
                warnings: self.warnings.iter().cloned().collect(),
            };
            self.picture = Arc::new(picture);
        }
        Some(Step {
            picture: self.picture.clone(),
            evaluated,
            alerts: std::mem::take(&mut self.changed),
            advised: std::mem::take(&mut self.advised),
            warnings: std::mem::take(&mut self.warned),
            feeds_changed: std::mem::take(&mut self.feeds_changed),
            notes: std::mem::take(&mut self.notes),
            conformance: self.conformance.tell(),
        })
    }

    fn take(&mut self, event: &Event) {
        match event {
            Event::Alert(change) => {
                let rules = self.engine.rules().rules();
                let rule = rules.iter().find(|rule| rule.name == change.rule);
                let minima = rule.map_or(Minima::new(0.0, 0.0), |rule| rule.minima);
                self.changed.push(self.book.take(change, &minima));
            }
            Event::Formation(change) => {
                let formation = &change.formation;
                let names: Vec<_> = formation.members.iter().map(|m| m.name()).collect();
                let did = match change.event {
                    FormationEvent::Formed => "fly as a formation",
                    FormationEvent::Changed => "are now a formation",
                    FormationEvent::Ended => "are no formation any more",
                };
                self.notes.push(Note {
                    time: change.time,
                    level: NoteLevel::Info,
                    text: format!("{} {did}: {}", names.join(", "), change.reason),
                    about: formation.members.iter().map(|m| m.id).collect(),
                });
            }
            Event::Suppression(s) if s.until.is_none() => self.notes.push(Note {
                time: s.since,
                level: NoteLevel::Info,
                text: format!("{} and {} are not called: {}", s.a.name(), s.b.name(), s.reason),
                about: vec![s.a.id, s.b.id],
            }),
            Event::Suppression(_) => {}
            Event::Warning(change) => self.warned.push(self.warnings.take(change)),
            Event::Feed(change) => {
                let feed = usize::from(change.feed.feed);
                let name = self.names.get(feed).map_or("a feed", String::as_str);
                let (level, text) = match change.event {
                    FeedEvent::Heard => (NoteLevel::Info, format!("{name} is heard")),
                    FeedEvent::Silent => (
                        NoteLevel::Warning,
                        format!("{name} is silent: what it saw is not seen any more"),
                    ),
                    FeedEvent::Back { after_s } => {
                        (NoteLevel::Info, format!("{name} is back after {after_s:.0} s"))
                    }
                };
                self.feeds_changed = true;
                self.notes.push(Note { time: change.time, level, text, about: Vec::new() });
            }
        }
    }

    fn build(&mut self) {
        let (scene, _) = self.engine.conflicts();
        let now = scene.now();
        for (number, followed) in self.feeds.iter_mut().enumerate() {
            let heard = self.engine.feeds().find(|f| usize::from(f.feed) == number);
            self.feeds_changed |= followed.follow(now, heard, &self.lines[number]);
        }
        let silent: Vec<bool> = self
            .feeds
            .iter()
            .map(|f| f.feed.health.is_alarm() || f.feed.health == Health::Off)
            .collect();
        let tracks = self.builder.tracks(&self.engine, now, &self.names, &silent);
        let open: Vec<_> = self
            .engine
            .alerts()
            .alerts()
            .map(|alert| {
                let mut figures = FiguresView::of(&alert.figures);
                figures.at_cpa =
                    both(&self.engine, alert.a.id, alert.b.id, now, alert.figures.tcpa_s);
                figures.at_entry = alert
                    .figures
                    .entry_s
                    .filter(|s| *s > 0.0)
                    .and_then(|s| both(&self.engine, alert.a.id, alert.b.id, now, s));
                (alert.id, figures)
            })
            .collect();
        for (number, figures) in open {
            self.book.figures(number, now, figures);
        }
        self.warnings.refresh(self.engine.warnings().warnings());
        self.warnings.forget(now);
        self.conformance.look(&self.engine, now);
        self.changed.extend(self.book.adopt(now));
        self.book.forget(now);
        // What changed in this evaluation is told with the geometry of this evaluation.
        for changed in &mut self.changed {
            if let Ok(alert) = self.book.get(&changed.id)
                && alert.last == changed.last
            {
                *changed = alert.clone();
            }
        }
        self.picture = Arc::new(Picture {
            time: now,
            tracks,
            alerts: self.book.iter().cloned().collect(),
            feeds: self.feeds.iter().map(|f| f.feed.clone()).collect(),
            warnings: self.warnings.iter().cloned().collect(),
        });
    }

    /// Where an aircraft was, oldest first, seconds relative to the picture's time.
    pub fn trail(&self, track: u64) -> Vec<Place> {
        let now = self.picture.time;
        let place = |past: &crate::build::Past| Place {
            t_s: rounded(past.time.seconds_since(now), 1),
            lat: rounded(past.lat_deg, 5),
            lon: rounded(past.lon_deg, 5),
            alt_ft: past.alt_ft,
        };
        self.builder.trail(track).map(place).collect()
    }
}

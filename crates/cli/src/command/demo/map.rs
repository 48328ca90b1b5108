//! The demonstration on the map: the live service with the scenario as its only source.

use super::Arguments;
use crate::bundled;
use crate::command::serve::{eprintln_quietly, refused, runtime, until_stopped, url};
use crate::failure::{Failure, Found, Kind, Outcome};
use crate::scenario_file;
use deconflict_server::{Config, Service, Start, has_map, log};
use std::io::{self, IsTerminal};
use std::path::Path;

/// How many times faster than real time the map shows it, unless told otherwise.
const SPEED: f64 = 5.0;

pub fn run(arguments: &Arguments) -> Outcome<Found> {
    // For its time and name; the feeds read it once more for themselves.
    let scenario = scenario_file::load(&arguments.scenario, arguments.seed)?;
    // Dropped, and so removed, when the demonstration ends.
    let temporary =
        match &arguments.keep {
            Some(_) => None,
            None => Some(tempfile::tempdir().map_err(|e| {
                Failure::new(Kind::Io, format!("cannot make a temporary folder: {e}"))
            })?),
        };
    let folder = match (&arguments.keep, &temporary) {
        (Some(folder), _) => folder.as_path(),
        (None, Some(temporary)) => temporary.path(),
        (None, None) => Path::new("."),
    };
    let config = config(arguments, &scenario.name, folder)?;
    let _logging =
        log::start(&config.log).map_err(|e| Failure::new(Kind::Config, e.to_string()))?;
    let speed = arguments.speed.unwrap_or(SPEED);
    let start = Start {
        bundled: &bundled::SCENARIOS,
        pace: Some((scenario.start, speed)),
        ..Start::default()
    };
    runtime()?.block_on(async {
        let service = Service::start(config, start).await.map_err(refused)?;
        let url = url(&service);
        eprintln_quietly(&format!(
            "{}: invented traffic, {speed} times as fast as real time. Ctrl-C ends it.",
            scenario.name
        ));
        if has_map() {
            eprintln_quietly(&format!("the map is at {url}"));
            let watched = io::stderr().is_terminal() && io::stdin().is_terminal();
            if watched && !arguments.no_open && open::that_detached(&url).is_err() {
                eprintln_quietly("no browser could be opened: open this address in one");
            }
        } else {
            eprintln_quietly(
                "the map is not part of this program: install Node.js 20 or later and run ./demo \
                 again, or use --tui",
            );
            eprintln_quietly(&format!("the interface is described at {url}docs"));
        }
        until_stopped().await;
        service.stop().await;
        Ok(Found::Nothing)
    })
}

/// The configuration of a service that plays a scenario.
fn config(arguments: &Arguments, name: &str, folder: &Path) -> Outcome<Config> {
    let text = format!(
        "name = {name:?}\n\
         [http]\nlisten = \"{}\"\n\
         [log]\nlevel = \"warn\"\n\
         [[feed]]\nname = \"scenario\"\nkind = \"scenario\"\ntimes = \"keep\"\nscenario = {:?}\n",
        arguments.listen,
        arguments.scenario.display().to_string(),
    );
    let table: Result<Config, _> = deconflict_server::config::from_text(&text);
    let mut config = table.map_err(|e| Failure::new(Kind::Config, e.to_string()))?;
    config.engine.threads = arguments.threads;
    config.rules.clone_from(&arguments.rules);
    config.recording.dir = folder.join("recording");
    config.store.url = format!("sqlite:{}", folder.join("deconflict.db").display());
    for feed in &mut config.feed {
        feed.seed = arguments.seed;
    }
    config.check().map_err(|e| Failure::new(Kind::Config, e.to_string()))?;
    Ok(config)
}

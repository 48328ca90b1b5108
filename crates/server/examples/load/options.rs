//! What can be set.

use std::path::PathBuf;
use std::str::FromStr;

const HELP: &str = "\
Measures the service under load.

  --aircraft N   aircraft at one time (10000)
  --rate N       reports a second over all connections (20000)
  --clients N    readers of the stream (100)
  --seconds N    how long to measure (60)
  --warm-up N    seconds before that which are not counted (30)
  --alerts N     encounters a second that become alerts (1)
  --period N     seconds between two evaluations (1)
  --threads N    threads of the kernel (1)
  --verbose      figures while it runs";

/// The options.
pub struct Options {
    pub aircraft: usize,
    pub rate: f64,
    pub clients: usize,
    pub seconds: f64,
    pub warm_up_s: f64,
    pub alerts_per_s: f64,
    pub period_s: f64,
    pub threads: usize,
    pub verbose: bool,
    /// Be the service, with its files there: for the process that this one starts.
    pub service: Option<PathBuf>,
}

impl Options {
    pub fn of(arguments: impl Iterator<Item = String>) -> Result<Options, String> {
        let mut options = Options {
            aircraft: 10_000,
            rate: 20_000.0,
            clients: 100,
            seconds: 60.0,
            warm_up_s: 30.0,
            alerts_per_s: 1.0,
            period_s: 1.0,
            threads: 1,
            verbose: false,
            service: None,
        };
        let mut arguments = arguments;
        while let Some(key) = arguments.next() {
            match key.as_str() {
                "--verbose" => {
                    options.verbose = true;
                    continue;
                }
                // Added by `cargo bench` and the like.
                "--bench" => continue,
                _ => {}
            }
            let value = arguments.next();
            match key.as_str() {
                "--aircraft" => options.aircraft = number(&key, value)?,
                "--rate" => options.rate = number(&key, value)?,
                "--clients" => options.clients = number(&key, value)?,
                "--seconds" => options.seconds = number(&key, value)?,
                "--warm-up" => options.warm_up_s = number(&key, value)?,
                "--alerts" => options.alerts_per_s = number(&key, value)?,
                "--period" => options.period_s = number(&key, value)?,
                "--threads" => options.threads = number(&key, value)?,
                "--service" => options.service = Some(number(&key, value)?),
                _ => return Err(HELP.to_owned()),
            }
        }
        Ok(options)
    }
}

fn number<T: FromStr>(key: &str, value: Option<String>) -> Result<T, String> {
    let value = value.ok_or_else(|| format!("{key}: give a value\n\n{HELP}"))?;
    value.parse().map_err(|_| format!("{key}: {value:?} does not fit\n\n{HELP}"))
}

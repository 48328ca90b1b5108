//! The time, and what the machine says of processes and threads (Linux).

use deconflict_core::Time;
use std::collections::BTreeMap;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

/// Ticks of a processor's time in a second, as `/proc` counts them.
const TICKS_PER_S: f64 = 100.0;

/// The time of day.
pub fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// Seconds of processor time from a `stat` file: user and system.
fn cpu_s(path: &str) -> f64 {
    let stat = fs::read_to_string(path).unwrap_or_default();
    let rest = stat.rsplit(')').next().unwrap_or_default();
    let ticks =
        rest.split_ascii_whitespace().skip(11).take(2).filter_map(|t| t.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS_PER_S
}

/// A process.
pub struct Process(pub u32);

impl Process {
    pub fn cpu_s(&self) -> f64 {
        cpu_s(&format!("/proc/{}/stat", self.0))
    }

    pub fn rss_mib(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0)).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_ascii_whitespace().next()?.parse::<f64>().ok());
        kib.unwrap_or(0.0) / 1024.0
    }

    /// Processor time of its threads, by name.
    pub fn threads(&self) -> Threads {
        let mut by_name = BTreeMap::new();
        let Ok(tasks) = fs::read_dir(format!("/proc/{}/task", self.0)) else {
            return Threads(by_name);
        };
        for task in tasks.flatten() {
            let path = task.path();
            let name = fs::read_to_string(path.join("comm")).unwrap_or_default();
            let name = name.trim().trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ');
            let spent = cpu_s(&path.join("stat").to_string_lossy());
            *by_name.entry(name.to_owned()).or_insert(0.0) += spent;
        }
        Threads(by_name)
    }
}

/// Processor time of threads, by name, seconds.
pub struct Threads(pub BTreeMap<String, f64>);

impl Threads {
    /// Of this process.
    pub fn now() -> Threads {
        Process(std::process::id()).threads()
    }

    /// What has been spent since.
    pub fn since(&self, before: &Threads) -> Threads {
        let spent = |name: &String, s: &f64| s - before.0.get(name).copied().unwrap_or(0.0);
        Threads(self.0.iter().map(|(name, s)| (name.clone(), spent(name, s))).collect())
    }
}

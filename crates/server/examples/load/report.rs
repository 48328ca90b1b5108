//! The table at the end.

use crate::machine::Threads;
use crate::options::Options;
use crate::readers::Seen;
use crate::sender::Log;
use crate::service::Metrics;

/// All figures.
pub struct Report<'a> {
    pub options: &'a Options,
    pub sent: u64,
    pub wall_s: f64,
    pub cpu_s: f64,
    pub threads: Threads,
    pub memory: Vec<(f64, f64)>,
    pub before: Metrics,
    pub after: Metrics,
    pub seen: Seen,
    pub log: &'a Log,
}

impl Report<'_> {
    pub fn print(mut self) {
        let spent = |name: &str| 100.0 * self.threads.0.get(name).copied().unwrap_or(0.0);
        let row = |what: &str, figure: String| println!("{what:<34}{figure}");
        let taken = self.after.of("feed_reports");
        let clients = self.options.clients.max(1) as f64;
        println!();
        row("reports sent", self.sent.to_string());
        row("reports taken in", format!("{taken:.0}"));
        row("reports dropped", format!("{:.0}", self.after.of("feed_dropped")));
        row("records not read", format!("{:.0}", self.after.of("feed_errors")));
        row("rows recorded", format!("{:.0}", self.after.of("recorded_rows")));
        row("rows not recorded", format!("{:.0}", self.after.of("recording_lost_rows")));
        row("sending behind, at most", format!("{} ms", self.log.behind_ms()));
        row("tracks", format!("{:.0}", self.after.of("tracks")));
        row("alerts on", format!("{:.0}", self.after.of("alerts_open")));
        let changes = self.after.of("alert_changes_total") - self.before.of("alert_changes_total");
        row("changes of alerts a second", format!("{:.1}", changes / self.wall_s));
        let evaluations = self.after.of("evaluations_total") - self.before.of("evaluations_total");
        let busy_s =
            self.after.of("detection_seconds_sum") - self.before.of("detection_seconds_sum");
        row("evaluation and telling, mean", format!("{:.1} ms", 1e3 * busy_s / evaluations));
        row("alert, evaluated to received", spread(&mut self.seen.alert_s));
        row("alert, last report to received", spread(&mut self.seen.socket_s));
        row("positions, evaluated to received", spread(&mut self.seen.moves_s));
        let each = |figure: u64| figure as f64 / clients / self.wall_s;
        row("messages a second to each reader", format!("{:.1}", each(self.seen.messages)));
        row("KiB a second to each reader", format!("{:.0}", each(self.seen.bytes) / 1024.0));
        row("gaps in the numbers of messages", self.seen.gaps.to_string());
        row("readers disconnected", self.seen.ended.to_string());
        row("readers too slow", format!("{:.0}", self.after.of("streams_dropped_total")));
        row("processor, service", format!("{:.0} % of one", 100.0 * self.cpu_s / self.wall_s));
        row("processor, senders", format!("{:.0} % of one", spent("sender") / self.wall_s));
        row("processor, readers", format!("{:.0} % of one", spent("readers") / self.wall_s));
        let memory: Vec<String> =
            self.memory.iter().map(|(at_s, mib)| format!("{at_s:.0}:{mib:.0}")).collect();
        row("resident, s:MiB", memory.join(" "));
    }
}

/// Quantiles, milliseconds.
fn spread(seconds: &mut [f64]) -> String {
    if seconds.is_empty() {
        return "none".to_owned();
    }
    seconds.sort_by(f64::total_cmp);
    let at = |part: f64| 1e3 * seconds[((seconds.len() - 1) as f64 * part) as usize];
    format!(
        "p50 {:.1} ms, p99 {:.1} ms, most {:.1} ms ({} received)",
        at(0.5),
        at(0.99),
        at(1.0),
        seconds.len()
    )
}

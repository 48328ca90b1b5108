//! What is counted, for Prometheus. No label names an aircraft: metrics are not the place
//! in which policy could be got round.

use deconflict_feeds::FeedStatus;
use deconflict_picture::{AlertState, Picture};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

/// Label: a feed.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct FeedLabel {
    /// Its name.
    pub feed: String,
    /// How it comes in.
    pub kind: String,
}

/// Label: a kind of thing.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct KindLabel {
    /// Which.
    pub kind: String,
}

/// Label: an output.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct OutputLabel {
    /// Its name.
    pub output: String,
}

/// A count as gauges have it.
fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

type Float = Gauge<f64, AtomicU64>;

/// The counters. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
    /// Reports taken in.
    pub reports: Family<FeedLabel, Gauge>,
    /// Records that could not be read.
    pub errors: Family<FeedLabel, Gauge>,
    /// Reports dropped because the service did not keep up.
    pub dropped: Family<FeedLabel, Gauge>,
    /// Seconds from measurement to receipt.
    pub lag: Family<FeedLabel, Float>,
    /// 1 while a feed speaks, 0 while it is silent or down.
    pub feed_up: Family<FeedLabel, Gauge>,
    /// Tracks at present.
    pub tracks: Gauge,
    /// Alerts that are on, by state.
    pub alerts_open: Family<KindLabel, Gauge>,
    /// Changes of alerts.
    pub alert_changes: Family<KindLabel, Counter>,
    /// Time of one evaluation with everything it takes to tell it.
    pub detection: Histogram,
    /// Time to work out what keeps the aircraft of alerts apart.
    pub advice: Histogram,
    /// Batches of advice that ended in a panic.
    pub advice_panics: Counter,
    /// From the moment that an evaluation is about to the alert on the streams.
    pub alert_latency: Histogram,
    /// Evaluations.
    pub evaluations: Counter,
    /// Readers of the stream.
    pub streams: Gauge,
    /// Readers that were too slow.
    pub streams_dropped: Counter,
    /// Requests, by status class.
    pub requests: Family<KindLabel, Counter>,
    /// Entries that wait for the database.
    pub store_queued: Gauge,
    /// Entries that the database has taken.
    pub store_written: Gauge,
    /// Entries given up because too many waited.
    pub store_dropped: Gauge,
    /// 1 while the database takes entries.
    pub store_up: Gauge,
    /// Rows recorded.
    pub recorded: Gauge,
    /// Rows that could not be recorded.
    pub recording_lost: Gauge,
    /// Messages sent by an output.
    pub output_sent: Family<OutputLabel, Gauge>,
    /// Messages that an output could not send.
    pub output_failed: Family<OutputLabel, Gauge>,
    /// Times that the clock of the machine was set.
    pub clock_steps: Counter,
    /// 1 while it is known what other services have.
    pub peers_known: Gauge,
    /// What other services have.
    pub peers: Gauge,
    /// Reservations that are not at the DSS as they are here.
    pub unfiled: Gauge,
}

impl Default for Metrics {
    fn default() -> Metrics {
        let mut registry = Registry::with_prefix("deconflict");
        // From half a millisecond to eight seconds.
        let times = || Histogram::new(exponential_buckets(0.0005, 2.0, 15));
        let metrics = Metrics {
            registry: Arc::default(),
            reports: Family::default(),
            errors: Family::default(),
            dropped: Family::default(),
            lag: Family::default(),
            feed_up: Family::default(),
            tracks: Gauge::default(),
            alerts_open: Family::default(),
            alert_changes: Family::default(),
            detection: times(),
            advice: times(),
            advice_panics: Counter::default(),
            alert_latency: times(),
            evaluations: Counter::default(),
            streams: Gauge::default(),
            streams_dropped: Counter::default(),
            requests: Family::default(),
            store_queued: Gauge::default(),
            store_written: Gauge::default(),
            store_dropped: Gauge::default(),
            store_up: Gauge::default(),
            recorded: Gauge::default(),
            recording_lost: Gauge::default(),
            output_sent: Family::default(),
            output_failed: Family::default(),
            clock_steps: Counter::default(),
            peers_known: Gauge::default(),
            peers: Gauge::default(),
            unfiled: Gauge::default(),
        };
        let m = &metrics;
        let r = &mut registry;
        r.register("feed_reports", "Reports taken in", m.reports.clone());
        r.register("feed_errors", "Records that could not be read", m.errors.clone());
        r.register("feed_dropped", "Reports dropped for lack of time", m.dropped.clone());
        let panics = "Batches of advice that ended in a panic";
        r.register("advice_panics", panics, m.advice_panics.clone());
        let lag = "From measurement to receipt, smoothed";
        r.register_with_unit("feed_lag", lag, Unit::Seconds, m.lag.clone());
        r.register("feed_up", "1 while the feed speaks", m.feed_up.clone());
        r.register("tracks", "Tracks at present", m.tracks.clone());
        r.register("alerts_open", "Alerts that are on", m.alerts_open.clone());
        r.register("alert_changes", "Changes of alerts", m.alert_changes.clone());
        let what = "One evaluation with all it takes to tell it";
        r.register_with_unit("detection", what, Unit::Seconds, m.detection.clone());
        let what = "Working out what keeps the aircraft of up to eight alerts apart";
        r.register_with_unit("advice", what, Unit::Seconds, m.advice.clone());
        let what = "From the moment evaluated to the alert on the streams";
        r.register_with_unit("alert_latency", what, Unit::Seconds, m.alert_latency.clone());
        r.register("evaluations", "Evaluations of the picture", m.evaluations.clone());
        r.register("streams", "Readers of the stream", m.streams.clone());
        r.register("streams_dropped", "Readers that were too slow", m.streams_dropped.clone());
        r.register("requests", "Requests by class of status", m.requests.clone());
        r.register("store_queued", "Entries waiting for the database", m.store_queued.clone());
        r.register("store_written", "Entries in the database", m.store_written.clone());
        r.register("store_dropped", "Entries given up", m.store_dropped.clone());
        r.register("store_up", "1 while the database takes entries", m.store_up.clone());
        r.register("recorded_rows", "Rows recorded", m.recorded.clone());
        r.register("recording_lost_rows", "Rows not recorded", m.recording_lost.clone());
        r.register("output_sent", "Messages sent by an output", m.output_sent.clone());
        r.register("output_failed", "Messages an output could not send", m.output_failed.clone());
        let what = "1 while it is known what other services have";
        r.register("peers_known", what, m.peers_known.clone());
        r.register("peers", "What other services have", m.peers.clone());
        let what = "Reservations that are not at the DSS as they are here";
        r.register("unfiled", what, m.unfiled.clone());
        r.register("clock_steps", "Times the machine's clock was set", m.clock_steps.clone());
        *metrics.registry.lock().unwrap_or_else(PoisonError::into_inner) = registry;
        metrics
    }
}

impl Metrics {
    /// A reader of the stream has come.
    pub fn stream_opened(&self) {
        self.streams.inc();
    }

    /// A reader has gone, perhaps because it was too slow.
    pub fn stream_closed(&self, too_slow: bool) {
        self.streams.dec();
        if too_slow {
            self.streams_dropped.inc();
        }
    }

    /// An alert has changed, and was told so late.
    pub fn alert_changed(&self, state: &str, late_s: f64) {
        self.alert_changes.get_or_create(&KindLabel { kind: state.to_owned() }).inc();
        self.alert_latency.observe(late_s);
    }

    /// Advice was worked out.
    pub fn advised(&self, took_s: f64) {
        self.advice.observe(took_s);
    }

    /// There was an evaluation.
    pub fn evaluated(&self, picture: &Picture, took_s: f64) {
        self.evaluations.inc();
        self.detection.observe(took_s);
        self.tracks.set(picture.tracks.len() as i64);
        for state in [AlertState::Predicted, AlertState::Imminent, AlertState::Lost] {
            let count = picture.alerts.iter().filter(|alert| alert.state == state).count();
            let label = KindLabel { kind: state.name().to_owned() };
            self.alerts_open.get_or_create(&label).set(count as i64);
        }
    }

    /// How the feeds are.
    pub fn feeds(&self, statuses: &[FeedStatus]) {
        for status in statuses {
            let label =
                FeedLabel { feed: status.name.clone(), kind: status.kind.name().to_owned() };
            self.reports.get_or_create(&label).set(count(status.reports));
            self.errors.get_or_create(&label).set(count(status.errors_total()));
            self.dropped.get_or_create(&label).set(count(status.dropped));
            self.lag.get_or_create(&label).set(status.latency_s.unwrap_or(0.0));
            let up = !status.health.is_alarm() && !status.is_off();
            self.feed_up.get_or_create(&label).set(i64::from(up));
        }
    }

    /// How the recording is.
    pub fn recording(&self, status: &deconflict_record::Status) {
        self.recorded.set(count(status.rows));
        self.recording_lost.set(count(status.lost_rows));
    }

    /// How the store is.
    pub fn store(&self, counts: &deconflict_store::Counts, is_up: bool) {
        self.store_queued.set(count(counts.queued));
        self.store_written.set(count(counts.written));
        self.store_dropped.set(count(counts.dropped));
        self.store_up.set(i64::from(is_up));
    }

    /// How the outputs are.
    pub fn outputs(&self, statuses: &[deconflict_outputs::Status]) {
        for status in statuses {
            let label = OutputLabel { output: status.name.clone() };
            self.output_sent.get_or_create(&label).set(count(status.sent));
            self.output_failed.get_or_create(&label).set(count(status.failed));
        }
    }

    /// How the exchange with other services is.
    pub fn peers(&self, is_known: bool, peers: usize, unfiled: usize) {
        self.peers_known.set(i64::from(is_known));
        self.peers.set(count(peers as u64));
        self.unfiled.set(count(unfiled as u64));
    }

    /// A request was answered.
    pub fn request(&self, status: u16) {
        let label = KindLabel { kind: format!("{}xx", status / 100) };
        self.requests.get_or_create(&label).inc();
    }

    /// Everything as text.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        // Writing into a string does not fail.
        let _ = encode(&mut out, &registry);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_told() {
        let metrics = Metrics::default();
        let label = FeedLabel { feed: "tower".to_owned(), kind: "tcp".to_owned() };
        metrics.reports.get_or_create(&label).set(7);
        metrics.alert_latency.observe(0.012);
        metrics.stream_opened();
        metrics.stream_closed(true);
        let text = metrics.text();
        for line in [
            "deconflict_feed_reports{feed=\"tower\",kind=\"tcp\"} 7",
            "deconflict_alert_latency_seconds_count 1",
            "deconflict_streams 0",
            "deconflict_streams_dropped_total 1",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
    }
}

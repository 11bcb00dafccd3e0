//! Counts and times for Prometheus.

use std::time::Duration;

use prometheus::{
    Encoder, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry, TextEncoder,
    core::Collector,
};

use cellwarden_event::outbox::EventKind;

/// What is counted.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    events: IntCounterVec,
    requests: HistogramVec,
    refusals: IntCounterVec,
    transactions: Histogram,
    database_failures: IntCounter,
    refused_messages: IntCounter,
}

/// Upper ends of the times' buckets in seconds.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

impl Metrics {
    /// Nothing counted yet.
    ///
    /// # Panics
    /// Where two metrics have one name: a fault of this program that its tests would find.
    #[must_use]
    pub fn new() -> Self {
        let registry = Registry::new();
        let new = Self {
            events: registered(
                &registry,
                IntCounterVec::new(
                    Opts::new("cellwarden_events_total", "Events kept (new) and repeats dropped (known)"),
                    &["kind", "result"],
                ),
            ),
            requests: registered(
                &registry,
                HistogramVec::new(
                    HistogramOpts::new("cellwarden_request_seconds", "Time to the answer").buckets(SECONDS.into()),
                    &["path", "status"],
                ),
            ),
            refusals: registered(
                &registry,
                IntCounterVec::new(Opts::new("cellwarden_refusals_total", "Requests refused"), &["status"]),
            ),
            transactions: registered(
                &registry,
                Histogram::with_opts(
                    HistogramOpts::new("cellwarden_transaction_seconds", "Time of a transaction that keeps events")
                        .buckets(SECONDS.into()),
                ),
            ),
            database_failures: registered(
                &registry,
                IntCounter::new("cellwarden_database_failures_total", "Transactions that failed"),
            ),
            refused_messages: registered(
                &registry,
                IntCounter::new("cellwarden_refused_messages_total", "Messages of the broker that were not taken"),
            ),
            registry: registry.clone(),
        };
        // Whoever asks for a rate wants to see them before the first event.
        for kind in [EventKind::Alert, EventKind::Sighting] {
            for result in ["new", "known"] {
                new.events.with_label_values(&[kind.word(), result]);
            }
        }
        new
    }

    /// An event came.
    pub fn event(&self, kind: EventKind, new: bool) {
        self.events.with_label_values(&[kind.word(), if new { "new" } else { "known" }]).inc();
    }

    /// A request was answered. `path` is the route, not what was asked for: there are only so many.
    pub fn request(&self, path: &str, status: u16, time: Duration) {
        self.requests.with_label_values(&[path, status.to_string().as_str()]).observe(time.as_secs_f64());
        if (400..500).contains(&status) {
            self.refusals.with_label_values(&[status.to_string().as_str()]).inc();
        }
    }

    /// A transaction was tried.
    pub fn transaction(&self, time: Duration) {
        self.transactions.observe(time.as_secs_f64());
    }

    /// A transaction failed.
    pub fn database_failed(&self) {
        self.database_failures.inc();
    }

    /// A message of the broker was not taken.
    pub fn message_refused(&self) {
        self.refused_messages.inc();
    }

    /// The text that Prometheus reads.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = Vec::new();
        if let Err(error) = TextEncoder::new().encode(&self.registry.gather(), &mut text) {
            tracing::error!(%error, "metrics cannot be written");
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

fn registered<T: Collector + Clone + 'static>(registry: &Registry, metric: prometheus::Result<T>) -> T {
    let metric = metric.expect("a well-formed name");
    registry.register(Box::new(metric.clone())).expect("a name used once");
    metric
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_counter_is_printed() {
        let metrics = Metrics::new();
        metrics.event(EventKind::Alert, true);
        metrics.event(EventKind::Alert, false);
        metrics.request("/v1/events", 401, Duration::from_millis(3));
        let text = metrics.text();
        for line in [
            "cellwarden_events_total{kind=\"alert\",result=\"new\"} 1",
            "cellwarden_events_total{kind=\"sighting\",result=\"new\"} 0",
            "cellwarden_refusals_total{status=\"401\"} 1",
            "cellwarden_request_seconds_count{path=\"/v1/events\",status=\"401\"} 1",
        ] {
            assert!(text.lines().any(|printed| printed == line), "{line}\n{text}");
        }
    }
}

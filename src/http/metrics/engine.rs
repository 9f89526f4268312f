//! What the engine tells of its sources and of its work, as Prometheus reads it. Knows the published status; labels are names of sources and
//! words of ours, never a path or a note's text.

use std::{
    fmt,
    sync::atomic::{AtomicI64, AtomicU64},
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, NoLabelSet},
    metrics::{MetricType, counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use crate::engine::{
    status::{SourceStatus, Status},
    timings::{BOUNDS, Spread, Timings},
};

type Labels = Vec<(&'static str, String)>;
type Numbers = Family<Labels, Gauge<i64, AtomicI64>>;
type Seconds = Family<Labels, Gauge<f64, AtomicU64>>;

/// How a source hears of changes.
const WATCHERS: [&str; 3] = ["watching", "polling", "starting"];

/// Adds the sources: how they are watched and scanned, what of them is odd, when their remotes were asked.
pub(super) fn register_sources(registry: &mut Registry, status: &Status) {
    let (watchers, problems, skipped, conflicts) = (Numbers::default(), Numbers::default(), Numbers::default(), Numbers::default());
    let (scan_cost, scan_time, fetch_time) = (Seconds::default(), Seconds::default(), Seconds::default());
    let (fetches, failing) = (Family::<Labels, Counter>::default(), Numbers::default());
    for source in &status.sources {
        let labels = vec![("source", source.name.to_string())];
        let set = |family: &Numbers, number: usize| {
            family.get_or_create(&labels).set(i64::try_from(number).unwrap_or(i64::MAX));
        };
        set(&problems, usize::from(!source.problem.is_empty()));
        set(&skipped, source.skipped_total);
        set(&conflicts, source.conflicts.len());
        for state in WATCHERS {
            let labels = with(&labels, "state", state);
            watchers.get_or_create(&labels).set(i64::from(watcher_of(source) == state));
        }
        scan_cost.get_or_create(&labels).set(source.last_scan_ms as f64 / 1000.0);
        if let Some(time) = source.last_scan {
            scan_time.get_or_create(&labels).set(time.as_second() as f64);
        }
        let Some(fetched) = &source.fetched else { continue };
        set(&failing, usize::from(fetched.is_failing));
        for (outcome, number) in [("fetched", fetched.done), ("failed", fetched.failed)] {
            fetches.get_or_create(&with(&labels, "outcome", outcome)).inc_by(number);
        }
        if let Some(time) = fetched.last {
            fetch_time.get_or_create(&labels).set(time.as_second() as f64);
        }
    }
    registry.register("watcher", "How a source hears of changes: 1 for the state that it is in", watchers);
    registry.register("source_problem", "1 when status tells a problem of the source", problems);
    registry.register("files_skipped", "Files that are not indexed, or not as they stand", skipped);
    registry.register("conflict_copies", "Copies that a sync tool made of notes", conflicts);
    registry.register("scan_duration_seconds", "Time that the last scan took", scan_cost);
    registry.register("scan_timestamp_seconds", "When the last complete scan ended", scan_time);
    registry.register(
        "fetch_timestamp_seconds",
        "When the remote of a repository was last asked with success",
        fetch_time,
    );
    registry.register("fetch_failing", "1 when the remote of a repository cannot be asked", failing);
    registry.register("fetches", "How often the remote of a repository was asked", fetches);
}

/// Adds how long the engine's work took.
pub(super) fn register_timings(registry: &mut Registry, timings: &Timings) {
    let told = [
        (
            "write_duration_seconds",
            "Time from a write's arrival until it was durable",
            &timings.writes,
        ),
        (
            "commit_duration_seconds",
            "Time that one group of git commits took",
            &timings.commits,
        ),
        (
            "index_commit_duration_seconds",
            "Time that one commit of the index took",
            &timings.index_commits,
        ),
    ];
    for (name, help, durations) in told {
        let spread = durations.spread();
        registry.register_collector(Box::new(Told { name, help, spread }));
    }
}

/// Adds which program this is.
pub(super) fn register_build(registry: &mut Registry, started: i64) {
    let build = Numbers::default();
    build.get_or_create(&vec![("version", env!("CARGO_PKG_VERSION").to_owned())]).set(1);
    registry.register("build_info", "1, with the version as its label", build);
    let start = Gauge::<f64, AtomicU64>::default();
    start.set(started as f64);
    registry.register("start_timestamp_seconds", "When the service started", start);
}

fn with(labels: &Labels, name: &'static str, value: &str) -> Labels {
    labels.iter().cloned().chain([(name, value.to_owned())]).collect()
}

/// Returns the state without its reason, which may name a folder.
fn watcher_of(source: &SourceStatus) -> &str {
    source.watcher.split(':').next().unwrap_or_default()
}

/// A histogram that was counted elsewhere.
#[derive(Debug)]
struct Told {
    name: &'static str,
    help: &'static str,
    spread: Spread,
}

impl Collector for Told {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let ends = BOUNDS.into_iter().chain([f64::INFINITY]);
        let buckets: Vec<(f64, u64)> = ends.zip(self.spread.classes.iter().copied()).collect();
        let count = self.spread.classes.iter().sum();
        let mut metric = encoder.encode_descriptor(self.name, self.help, None, MetricType::Histogram)?;
        metric.encode_histogram::<NoLabelSet>(self.spread.sum_seconds, count, &buckets, None)
    }
}

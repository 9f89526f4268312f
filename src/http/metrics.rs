//! `GET /metrics`: the numbers that an alert is made of, for Prometheus. Knows the published status; counts nothing itself. No label holds a
//! path or a note's text.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64},
};

use axum::{
    Extension,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use prometheus_client::{
    encoding::text,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

mod engine;
pub mod requests;

use crate::{
    config::tokens::Scope,
    engine::pulls::told::{PullsStatus, Woken},
    engine::status::{Freshness, Status},
    http::{
        AppState,
        auth::Caller,
        problem::{Problem, ProblemKind},
    },
};

/// As Prometheus asks for it (OpenMetrics 1.0).
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A number for each source.
type BySource = Family<Vec<(String, String)>, Gauge<i64, AtomicI64>>;

/// A count for each outcome.
type ByOutcome = Family<Vec<(String, String)>, Counter<u64>>;

/// Tell the numbers for Prometheus.
///
/// On the listener for probes this needs no token.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operations",
    responses((status = 200, content((String = "application/openmetrics-text"))),
        (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn get_metrics(State(state): State<Arc<AppState>>, Extension(caller): Extension<Caller>) -> Result<Response, Problem> {
    caller.require(Scope::Read)?;
    if caller.prefix.is_some() {
        // A count of what a caller may not read would tell of it.
        return Err(Problem::new(ProblemKind::ForbiddenPath, "the token is confined to a folder").hint("use a token without a prefix"));
    }
    Ok(answer(&state))
}

/// The same for the listener of probes, which is for the cluster's own eyes.
pub async fn probe(State(state): State<Arc<AppState>>) -> Response {
    answer(&state)
}

fn answer(state: &AppState) -> Response {
    let text = exposition(
        &state.handle.status(),
        &state.handle.pulls().status(),
        state.handle.freshness(),
        |registry| {
            for (name, help, number) in [
                ("events_waiting", "Events in front of the engine", state.handle.events_waiting()),
                ("reads_waiting", "Searches and reads that wait for their turn", state.work.waiting()),
            ] {
                let gauge = Gauge::<i64, AtomicI64>::default();
                gauge.set(i64::try_from(number).unwrap_or(i64::MAX));
                registry.register(name, help, gauge);
            }
            engine::register_timings(registry, state.handle.timings());
            engine::register_build(registry, state.started.as_second());
            state.requests.register(registry);
        },
    );
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response()
}

fn exposition(status: &Status, pulls: &PullsStatus, freshness: Freshness, more: impl FnOnce(&mut Registry)) -> String {
    let mut registry = Registry::with_prefix("membridge");
    let gauge = |registry: &mut Registry, name: &str, help: &str, value: u64| {
        let gauge = Gauge::<i64, AtomicI64>::default();
        gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        registry.register(name, help, gauge);
    };
    let count = |it: usize| it as u64;
    gauge(
        &mut registry,
        "ready",
        "1 when searches cover the disk and changes are seen",
        u64::from(status.not_ready.is_empty()),
    );
    gauge(
        &mut registry,
        "index_stale",
        "1 when the index may be behind the disk",
        u64::from(freshness.stale),
    );
    gauge(
        &mut registry,
        "index_generation",
        "Number of the last change that searches see",
        freshness.generation,
    );
    gauge(&mut registry, "index_bytes", "Size of the index on the disk", status.index_bytes);
    gauge(&mut registry, "paths_waiting", "Paths to be read again", count(status.dirty));
    gauge(
        &mut registry,
        "writes_waiting",
        "Writes that the engine has not begun",
        count(status.writes_waiting),
    );
    gauge(
        &mut registry,
        "notes_overwritten",
        "Notes in which a later save replaced a write",
        count(status.overwritten.len()),
    );
    gauge(
        &mut registry,
        "pull_requests_waiting",
        "News of pull requests that are not in their note yet",
        count(pulls.waiting),
    );
    gauge(
        &mut registry,
        "pull_requests_failing",
        "Forges and pull requests with an error that status tells",
        count(pulls.errors.len()),
    );
    // Each gets `_total` behind its name.
    for (name, help, value) in [
        ("pull_requests_taken", "News of pull requests since the start", pulls.taken),
        (
            "pull_requests_ignored",
            "News that say nothing for a note, since the start",
            pulls.ignored,
        ),
        (
            "pull_requests_written",
            "Notes of pull requests written since the start",
            pulls.written,
        ),
    ] {
        let counter = Counter::<u64>::default();
        counter.inc_by(value);
        registry.register(name, help, counter);
    }
    let woken = ByOutcome::default();
    for became in Woken::ALL {
        let labels = vec![("outcome".to_owned(), became.as_str().to_owned())];
        woken.get_or_create(&labels).inc_by(pulls.woken.get(&became).copied().unwrap_or(0));
    }
    registry.register(
        "wakes",
        "Calls that tell somebody of changed notes of pull requests, by what became of them",
        woken,
    );
    let lag = Gauge::<f64, AtomicU64>::default();
    lag.set(freshness.lag_ms as f64 / 1000.0);
    registry.register("index_lag_seconds", "Age of the oldest change that is known and not indexed", lag);

    let mut by_source = |name: &str, help: &str, value: &dyn Fn(usize) -> usize| {
        let family = BySource::default();
        for (at, source) in status.sources.iter().enumerate() {
            let labels = vec![("source".to_owned(), source.name.to_string())];
            family.get_or_create(&labels).set(i64::try_from(value(at)).unwrap_or(i64::MAX));
        }
        registry.register(name, help, family);
    };
    let commits = |at: usize| status.commits.get(at);
    by_source("notes_indexed", "Notes in the index", &|at| status.sources[at].indexed);
    by_source("notes_on_disk", "Notes on the disk at the last complete scan", &|at| {
        status.sources[at].on_disk
    });
    by_source("commits_waiting", "Writes that have no commit yet", &|at| {
        commits(at).map_or(0, |it| it.waiting)
    });
    by_source("commits_unpushed", "Commits that the remote does not have", &|at| {
        commits(at).map_or(0, |it| it.unpushed)
    });
    by_source(
        "sync_refused",
        "1 when the remote is not in step, for the reason that status tells",
        &|at| commits(at).map_or(0, |it| usize::from(!it.sync.is_empty())),
    );
    engine::register_sources(&mut registry, status);
    more(&mut registry);
    let mut told = String::new();
    // Writing into a string cannot fail.
    text::encode(&mut told, &registry).unwrap_or_default();
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::status::{Commits, SourceStatus},
        model::path::SourceName,
    };

    #[test]
    fn the_numbers_are_those_of_status() {
        let status = Status {
            sources: vec![SourceStatus {
                name: SourceName::parse("vault").unwrap(),
                indexed: 7,
                on_disk: 8,
                last_scan: None,
                last_scan_ms: 0,
                watcher: "watching".to_owned(),
                problem: String::new(),
                conflicts: Vec::new(),
                skipped: Vec::new(),
                skipped_total: 0,
                settings_problems: Vec::new(),
                is_gone: false,
                fetched: None,
            }],
            commits: vec![Commits {
                waiting: 2,
                unpushed: 3,
                sync: "rejected: protected".to_owned(),
                ..Commits::default()
            }],
            ..Status::default()
        };
        let freshness = Freshness {
            generation: 42,
            stale: false,
            lag_ms: 1500,
        };
        let pulls = PullsStatus {
            taken: 5,
            woken: [(Woken::GivenUp, 2)].into(),
            ..PullsStatus::default()
        };
        let text = exposition(&status, &pulls, freshness, |_| ());
        for line in [
            "membridge_ready 1",
            "membridge_index_generation 42",
            "membridge_index_lag_seconds 1.5",
            "membridge_notes_indexed{source=\"vault\"} 7",
            "membridge_commits_waiting{source=\"vault\"} 2",
            "membridge_commits_unpushed{source=\"vault\"} 3",
            "membridge_sync_refused{source=\"vault\"} 1",
            "membridge_pull_requests_waiting 0",
            "membridge_pull_requests_taken_total 5",
            "membridge_wakes_total{outcome=\"given-up\"} 2",
            "membridge_wakes_total{outcome=\"told\"} 0",
        ] {
            assert!(text.lines().any(|it| it == line), "{line}:\n{text}");
        }
        assert!(text.ends_with("# EOF\n") && !text.contains("protected"), "{text}");
    }
}

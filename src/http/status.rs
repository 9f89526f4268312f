//! `GET /v1/status` and the probes: what the service says of itself. Wire types and handlers.

use std::sync::Arc;

use axum::{Extension, Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    config::tokens::Scope,
    engine::status::{SourceStatus, Status},
    http::{
        AppState,
        auth::Caller,
        freshness::Index,
        problem::{Problem, ProblemKind},
    },
};

/// The state of the whole.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StatusResponse {
    pub version: String,
    pub ready: bool,
    /// Why it is not ready, as codes.
    pub reasons: Vec<String>,
    pub rebuilding: bool,
    pub index_bytes: u64,
    pub sources: Vec<SourceEntry>,
    pub queue: Queue,
    /// The newest last. Left out for callers that see a part of the vault only: errors name paths.
    pub last_errors: Vec<ErrorEntry>,
    pub index: Index,
}

/// What waits.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Queue {
    /// Paths to be read again.
    pub dirty: usize,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ErrorEntry {
    pub time: String,
    pub error: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SourceEntry {
    pub name: String,
    /// Notes in the index; `null` for a token that may not read the whole source.
    pub indexed: Option<usize>,
    /// Notes on the disk at the last complete scan; `null` likewise.
    pub on_disk: Option<usize>,
    pub last_scan: Option<String>,
    pub last_scan_ms: u64,
    /// `watching`, or `polling: why`.
    pub watcher: String,
    /// `off`: changes are not committed.
    pub git: String,
    /// Why the source is stale; empty when all is well.
    pub problem: String,
    pub conflicts: Vec<Conflict>,
    pub skipped: Vec<SkippedEntry>,
    /// How many were skipped in all; `null` likewise.
    pub skipped_total: Option<usize>,
    /// Settings of the vault itself (`.obsidian`) that are not used, and why.
    #[serde(default)]
    pub settings_problems: Vec<String>,
}

/// A sync tool's copy of a note that two devices changed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Conflict {
    pub copy: String,
    pub original: String,
}

/// A file that is not indexed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SkippedEntry {
    pub path: String,
    pub reason: String,
}

/// The answer of a probe.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Probe {
    pub status: String,
}

/// The answer of `/readyz`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Ready {
    pub status: String,
    /// What works in a lesser way: `polling` where changes are found by scans because they cannot be watched.
    pub degraded: Vec<String>,
}

/// Tell how the service is.
#[utoipa::path(
    get,
    path = "/v1/status",
    tag = "operations",
    responses((status = 200, body = StatusResponse), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn get_status(State(state): State<Arc<AppState>>, Extension(caller): Extension<Caller>) -> Result<Json<StatusResponse>, Problem> {
    caller.require(Scope::Read)?;
    let index = Index::from(state.handle.freshness());
    Ok(Json(response(state.handle.status(), &caller, index)))
}

/// Tell that the process lives.
#[utoipa::path(get, path = "/healthz", tag = "operations", responses((status = 200, body = Probe)))]
pub async fn healthz() -> Json<Probe> {
    Json(Probe {
        status: "alive".to_owned(),
    })
}

/// Tell whether the index covers the disk and changes are seen.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "operations",
    responses((status = 200, body = Ready), (status = 503, body = Problem, content_type = "application/problem+json"))
)]
pub async fn readyz(State(state): State<Arc<AppState>>) -> Result<Json<Ready>, Problem> {
    let status = state.handle.status();
    let reasons = codes(&status);
    if reasons.is_empty() {
        let polls = status.sources.iter().any(|it| it.watcher.starts_with("polling"));
        return Ok(Json(Ready {
            status: "ready".to_owned(),
            degraded: polls.then(|| "polling".to_owned()).into_iter().collect(),
        }));
    }
    Err(Problem::new(ProblemKind::NotReady, "see `reasons`")
        .reasons(reasons)
        .retry_after_ms(1000))
}

fn response(status: Status, caller: &Caller, index: Index) -> StatusResponse {
    let reasons = codes(&status);
    let sees_all = caller.prefix.is_none();
    let errors = status.last_errors.into_iter().filter(|_| sees_all);
    StatusResponse {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ready: reasons.is_empty(),
        reasons,
        rebuilding: status.rebuilding,
        index_bytes: status.index_bytes,
        sources: status.sources.into_iter().map(|it| source(it, caller)).collect(),
        queue: Queue { dirty: status.dirty },
        last_errors: errors
            .map(|(time, error)| ErrorEntry {
                time: time.to_string(),
                error,
            })
            .collect(),
        index,
    }
}

fn source(it: SourceStatus, caller: &Caller) -> SourceEntry {
    let sees = |path: &str| caller.prefix.as_deref().is_none_or(|prefix| path.starts_with(prefix));
    // A count of what a caller may not read would tell of it.
    let whole = |count: usize| caller.prefix.is_none().then_some(count);
    let conflicts = it.conflicts.into_iter().filter(|(copy, original)| sees(copy) && sees(original));
    let skipped = it.skipped.into_iter().filter(|(path, _)| sees(path));
    SourceEntry {
        name: it.name.to_string(),
        indexed: whole(it.indexed),
        on_disk: whole(it.on_disk),
        last_scan: it.last_scan.map(|it| it.to_string()),
        last_scan_ms: it.last_scan_ms,
        watcher: it.watcher,
        git: "off".to_owned(),
        problem: it.problem,
        conflicts: conflicts.map(|(copy, original)| Conflict { copy, original }).collect(),
        skipped: skipped.map(|(path, reason)| SkippedEntry { path, reason }).collect(),
        skipped_total: whole(it.skipped_total),
        // They may name folders.
        settings_problems: if caller.prefix.is_none() {
            it.settings_problems
        } else {
            Vec::new()
        },
    }
}

fn codes(status: &Status) -> Vec<String> {
    status.not_ready.iter().map(|it| it.code().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::path::SourceName;

    #[test]
    fn a_caller_of_one_folder_learns_no_path_beyond_it() {
        let pair = |path: &str| (path.to_owned(), path.to_owned());
        let vault = SourceStatus {
            name: SourceName::parse("vault").unwrap(),
            indexed: 2,
            on_disk: 2,
            last_scan: None,
            last_scan_ms: 3,
            watcher: "watching".to_owned(),
            problem: String::new(),
            conflicts: vec![pair("Work/a.md"), pair("Private/b.md")],
            skipped: vec![pair("Work/c.md"), pair("Private/d.md")],
            skipped_total: 2,
            settings_problems: vec!["app.json: `Private/` is no folder".into()],
        };
        let status = Status {
            sources: vec![vault],
            last_errors: vec![(jiff::Timestamp::UNIX_EPOCH, "Private/d.md: gone".into())],
            ..Status::default()
        };
        let caller = Caller {
            prefix: Some("Work/".to_owned()),
            ..Caller::anyone()
        };
        let index = Index {
            generation: 1,
            stale: false,
            lag_ms: 0,
        };
        let told = serde_json::to_string(&response(status.clone(), &caller, index)).unwrap();
        assert!(told.contains("Work/a.md") && !told.contains("Private"), "{told}");
        assert!(
            serde_json::to_string(&response(status, &Caller::anyone(), index))
                .unwrap()
                .contains("Private/d.md: gone")
        );
    }
}

//! `GET /v1/status` and the probes: what the service says of itself. Wire types and handlers.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Extension, Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    config::tokens::Scope,
    engine::pulls::told::PullsStatus,
    engine::status::{Commits, SourceStatus, Status},
    http::{
        AppState,
        auth::Caller,
        freshness::Index,
        problem::{Problem, ProblemKind},
    },
};

/// What a problem of a source becomes for a token that may not read the whole source: problems name folders.
const HIDDEN: &str = "the source has a problem; ask for a token without a prefix to see it";

/// The state of the whole.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StatusResponse {
    pub version: String,
    pub ready: bool,
    /// Why it is not ready, as codes.
    pub reasons: Vec<String>,
    pub rebuilding: bool,
    /// `null` for a token that may not read the whole vault: a size tells of what it may not read.
    pub index_bytes: Option<u64>,
    pub sources: Vec<SourceEntry>,
    pub queue: Queue,
    #[serde(default)]
    pub pull_requests: PullsEntry,
    /// Notes, as `source:path`, in which somebody's later save replaced what was written here, at the same place. Both are in the history.
    /// Left out for callers that see a part of the vault only.
    #[serde(default)]
    pub overwritten: Vec<String>,
    /// The newest last. Left out for callers that see a part of the vault only: errors name paths.
    pub last_errors: Vec<ErrorEntry>,
    pub index: Index,
}

/// What waits.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Queue {
    /// Paths to be read again; `null` for a token that may not read the whole vault.
    pub dirty: Option<usize>,
}

/// News of pull requests, since the start.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct PullsEntry {
    /// Those that are not in their note yet.
    pub waiting: usize,
    pub taken: u64,
    /// Those that say nothing for a note, or are of other repositories.
    pub ignored: u64,
    /// Of the ignored: rollouts that name no commit, such as those of a HelmRelease that tell the version of a chart alone.
    #[serde(default)]
    pub rollouts_without_commit: u64,
    /// Notes that were written.
    pub written: u64,
    /// Webhooks that were not let in: `missing`, `wrong` or `too-old` signatures.
    #[serde(default)]
    pub refused: BTreeMap<String, u64>,
    /// What went wrong last, by forge or pull request. Left out for callers that see a part of the vault only.
    pub errors: BTreeMap<String, String>,
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
    /// `watching`, or `polling: why`, or only `polling` likewise.
    pub watcher: String,
    /// Where writes are committed: `vault` (its own repository), `private` (the service's), or `off`; with the reason when commits wait. Of a
    /// source that is only read, which history there is: `clone`, `checkout`, or `off` while it has none.
    pub git: String,
    /// Writes that wait for their commit; `null` for a token that may not read the whole source.
    #[serde(default)]
    pub commits_waiting: Option<usize>,
    /// Commits that the remote does not have, as far as is known here; `null` likewise.
    #[serde(default)]
    pub unpushed: Option<usize>,
    /// Why the remote is not in step: `diverged`, `rejected`, `denied`, `timed out` or `failed`, with what was said of it after a colon for
    /// a token that may read the whole source. Empty when it is, and where nothing is synced.
    #[serde(default)]
    pub sync: String,
    /// Why the source is stale; empty when all is well. Only that there is a reason for a token that may not read the whole source.
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
    /// What works in a lesser way: `polling` (changes are found by scans), `unlisted-folder` (a folder cannot be listed), and of clones that
    /// membridge keeps `remote-failing` (the last good state answers), `clone-damaged` (likewise; it is being cloned again) and `not-cloned`
    /// (nothing is known of it yet).
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
    let mut told = response(state.handle.status(), &caller, index);
    told.pull_requests = pulls(state.handle.pulls().status(), &caller);
    Ok(Json(told))
}

/// Tell that the process lives.
#[utoipa::path(get, path = "/healthz", tag = "operations", security(()), responses((status = 200, body = Probe)))]
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
    security(()),
    responses((status = 200, body = Ready), (status = 503, body = Problem, content_type = "application/problem+json"))
)]
pub async fn readyz(State(state): State<Arc<AppState>>) -> Result<Json<Ready>, Problem> {
    let status = state.handle.status();
    let reasons = codes(&status);
    if reasons.is_empty() {
        return Ok(Json(Ready {
            status: "ready".to_owned(),
            degraded: degraded(&status),
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
        index_bytes: sees_all.then_some(status.index_bytes),
        sources: status
            .sources
            .into_iter()
            .zip(&status.commits)
            .map(|(it, commits)| source(it, commits, caller))
            .collect(),
        queue: Queue {
            dirty: sees_all.then_some(status.dirty),
        },
        pull_requests: PullsEntry::default(),
        overwritten: if sees_all { status.overwritten } else { Vec::new() },
        last_errors: errors
            .map(|(time, error)| ErrorEntry {
                time: time.to_string(),
                error,
            })
            .collect(),
        index,
    }
}

fn pulls(status: PullsStatus, caller: &Caller) -> PullsEntry {
    // A count of what a caller may not read would tell of it.
    if caller.prefix.is_some() {
        return PullsEntry::default();
    }
    PullsEntry {
        waiting: status.waiting,
        taken: status.taken,
        ignored: status.ignored,
        rollouts_without_commit: status.rollouts_without_commit,
        written: status.written,
        refused: status.refused.into_iter().map(|(why, count)| (why.to_owned(), count)).collect(),
        errors: status.errors.into_iter().map(|(about, why)| (about, why.to_string())).collect(),
    }
}

fn source(it: SourceStatus, commits: &Commits, caller: &Caller) -> SourceEntry {
    let sees = |path: &str| caller.prefix.as_deref().is_none_or(|prefix| path.starts_with(prefix));
    let sees_all = caller.prefix.is_none();
    // A count of what a caller may not read would tell of it.
    let whole = |count: usize| sees_all.then_some(count);
    let conflicts = it.conflicts.into_iter().filter(|(copy, original)| sees(copy) && sees(original));
    let skipped = it.skipped.into_iter().filter(|(path, _)| sees(path));
    SourceEntry {
        name: it.name.to_string(),
        indexed: whole(it.indexed),
        on_disk: whole(it.on_disk),
        last_scan: it.last_scan.map(|it| it.to_string()),
        last_scan_ms: it.last_scan_ms,
        watcher: if sees_all { it.watcher } else { kind_of(&it.watcher) },
        git: if sees_all && !commits.reason.is_empty() {
            format!("{}: {}", commits.place, commits.reason)
        } else {
            commits.place.to_owned()
        },
        commits_waiting: whole(commits.waiting),
        unpushed: whole(commits.unpushed),
        sync: if sees_all { commits.sync.clone() } else { kind_of(&commits.sync) },
        problem: if sees_all || it.problem.is_empty() {
            it.problem
        } else {
            HIDDEN.to_owned()
        },
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

/// Returns `polling` without its reason, which names folders.
fn kind_of(watcher: &str) -> String {
    watcher.split_once(':').map_or(watcher, |(kind, _)| kind).to_owned()
}

fn degraded(status: &Status) -> Vec<String> {
    let any = |test: fn(&SourceStatus) -> bool| status.sources.iter().any(test);
    let found = [
        ("polling", any(|it| it.watcher.starts_with("polling"))),
        // A ready source with a folder has no other problem: a root that is gone, or notes that vanished, make a vault not ready.
        (
            "unlisted-folder",
            any(|it| it.fetched.is_none() && !it.is_gone && !it.problem.is_empty()),
        ),
        ("checkout-gone", any(|it| it.is_gone)),
        (
            "remote-failing",
            any(|it| it.fetched.as_ref().is_some_and(|it| it.is_failing && !it.is_damaged)),
        ),
        ("clone-damaged", any(|it| it.fetched.as_ref().is_some_and(|it| it.is_damaged))),
        (
            "not-cloned",
            any(|it| it.fetched.is_some() && it.last_scan.is_none() && it.indexed == 0 && !it.problem.is_empty()),
        ),
    ];
    found
        .into_iter()
        .filter(|(_, is_so)| *is_so)
        .map(|(code, _)| code.to_owned())
        .collect()
}

fn codes(status: &Status) -> Vec<String> {
    status.not_ready.iter().map(|it| it.code().to_owned()).collect()
}

#[cfg(test)]
mod tests;

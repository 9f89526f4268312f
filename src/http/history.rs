//! `GET /v1/history/{path}`, `GET /v1/diff/{path}` and `GET /v1/changes`: what git knows of a vault's notes. Handlers and wire types; which
//! commit a text means, and what a note was then, is told in `notes::revision`.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{RawQuery, State},
    http::Uri,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use similar::TextDiff;
use utoipa::{IntoParams, ToSchema};

use crate::{
    config::tokens::Scope,
    engine::handle::Source,
    http::{
        AppState,
        auth::Caller,
        freshness::Index,
        notes::load::{Target, source_of},
        notes::revision::{Past, Wording},
        params::{Params, invalid, path_after},
        problem::Problem,
        when::Edge,
    },
    io::git::{CommitInfo, Since},
    model::{pull_request, secrets},
};

pub mod changed;
pub mod requests;

use changed::{CommitsAndNotes, grouped};
use requests::Requests;

const VALID_HISTORY: &[&str] = &["source", "limit"];
const VALID_DIFF: &[&str] = &["source", "from", "to"];
const VALID_CHANGES: &[&str] = &["source", "since", "limit"];

/// Commits in an answer when the caller does not say, and at most.
const LIMIT: usize = 50;
const LIMIT_MOST: usize = 500;

/// What `since` means when it is left out.
const SINCE: &str = "7d";

/// Lines that a diff shows around a change.
const DIFF_CONTEXT: usize = 3;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "the document is made of these fields; the query string is read strictly by `params`"
)]
struct HistoryQuery {
    /// The name of the source; the first vault when left out.
    source: Option<String>,
    /// Commits at most: 50, up to 500.
    limit: Option<usize>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "the document is made of these fields; the query string is read strictly by `params`"
)]
struct DiffQuery {
    /// The name of the source; the first vault when left out.
    source: Option<String>,
    /// A commit (4 to 40 hexadecimal digits), a date or an age: the version before; when left out, the one before the note's last commit.
    from: Option<String>,
    /// The version after; when left out, the note as it lies on the disk.
    to: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "the document is made of these fields; the query string is read strictly by `params`"
)]
struct ChangesQuery {
    /// The name of the source; the first vault when left out.
    source: Option<String>,
    /// A commit, which is left out itself, a date, a time or an age; 7 days when left out.
    since: Option<String>,
    /// Commits at most: 50, up to 500.
    limit: Option<usize>,
}

/// The commits of one note, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HistoryResponse {
    pub source: String,
    pub path: String,
    /// `vault` for the vault's own repository, `private` for the service's.
    pub repository: String,
    pub commits: Vec<CommitEntry>,
    /// There are older ones.
    pub more: bool,
    /// The repository was cloned without its older commits.
    pub shallow: bool,
    pub index: Index,
}

/// One commit. The last four are told by those that the service made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CommitEntry {
    pub commit: String,
    pub time: String,
    /// `name <email>`.
    pub author: String,
    pub subject: String,
    /// Of a repository: the number of the pull request that the subject names as merged by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<u64>,
    /// Its page, where the source is a clone of a repository at a configured forge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_request_url: Option<String>,
    /// The path of its note in the first vault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_request_note: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The write that it belongs to; `snapshot` for text that was found uncommitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
}

/// How two versions of a note differ.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DiffResponse {
    pub source: String,
    pub path: String,
    /// The commits compared; `null` for the disk in `to`, and for "there was none" in `from`.
    pub from: Option<String>,
    pub to: Option<String>,
    /// Unified; empty when the versions are the same.
    pub diff: String,
    pub index: Index,
}

/// What changed, by commit and by note.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ChangesResponse {
    pub source: String,
    /// `vault` for the vault's own repository, `private` for the service's.
    pub repository: String,
    #[serde(flatten)]
    pub found: CommitsAndNotes,
    /// There may be older ones.
    pub more: bool,
    /// The repository was cloned without its older commits.
    #[serde(default)]
    pub shallow: bool,
    pub index: Index,
}

/// Tell who changed a note when, and why.
///
/// The path is one of the vault; a note that was deleted has its history too.
#[utoipa::path(
    get,
    path = "/v1/history/{*path}",
    tag = "history",
    params(("path" = String, Path, description = "A path below the source's root, or a citation; `/` raw or `%2F`."), HistoryQuery),
    responses((status = 200, body = HistoryResponse), (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn get_history(
    State(state): State<Arc<AppState>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
    uri: Uri,
) -> Result<Json<HistoryResponse>, Problem> {
    caller.require(Scope::Read)?;
    let params = Params::parse(query.as_deref(), VALID_HISTORY)?;
    let target = target(&state, &uri, "/v1/history/", &params)?;
    let limit = limit(&params)?;
    let past = Past::of(&target.source)?;
    let index = Index::from(state.handle.freshness_of(Some(&target.source.config.name)));
    let source = target.source.config.name.to_string();
    let requests = Requests::of(&state, &target.source);
    let run = move || {
        let path = past.spelled(&target.source, &caller, &target.path, None)?;
        let history = past.history(&target.source, &path, limit)?;
        Ok(HistoryResponse {
            source,
            path: path.to_string(),
            repository: past.repository.kind().as_str().to_owned(),
            commits: history
                .commits
                .iter()
                .map(|it| CommitEntry::of(it, &target.source, &requests))
                .collect(),
            more: history.more,
            shallow: history.shallow,
            index,
        })
    };
    state.work.run(run).await?.map(Json)
}

/// Tell how two versions of a note differ.
#[utoipa::path(
    get,
    path = "/v1/diff/{*path}",
    tag = "history",
    params(("path" = String, Path, description = "A path below the source's root, or a citation; `/` raw or `%2F`."), DiffQuery),
    responses((status = 200, body = DiffResponse), (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn get_diff(
    State(state): State<Arc<AppState>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
    uri: Uri,
) -> Result<Json<DiffResponse>, Problem> {
    caller.require(Scope::Read)?;
    let params = Params::parse(query.as_deref(), VALID_DIFF)?;
    let target = target(&state, &uri, "/v1/diff/", &params)?;
    let past = Past::of(&target.source)?;
    let clock = state.clock();
    let wording = |name: &str| params.get(name).map(|it| Wording::parse(name, it, Edge::End, &clock)).transpose();
    let (from, to) = (wording("from")?, wording("to")?);
    let index = Index::from(state.handle.freshness_of(Some(&target.source.config.name)));
    let (source, most) = (target.source.config.name.to_string(), state.note_read_bytes);
    let run = move || {
        let to = to.map(|it| past.commit(&it)).transpose()?;
        let named = match &from {
            Some(Wording::Commit(text)) => Some(text.as_str()),
            _ => None,
        };
        let path = past.spelled(&target.source, &caller, &target.path, to.as_deref().or(named))?;
        let from = match from {
            // Before the first commit there was no note.
            Some(from @ Wording::Moment(_)) => past.commit(&from).ok(),
            Some(from) => Some(past.commit(&from)?),
            None => past.before_last(&path, to.as_deref())?,
        };
        let after = match &to {
            Some(commit) => past.text(&target.source, &path, commit)?.unwrap_or_default(),
            None => past.present(&target.source, &path, most)?,
        };
        let before = match &from {
            Some(commit) => past.text(&target.source, &path, commit)?.unwrap_or_default(),
            None => String::new(),
        };
        Ok(DiffResponse {
            source,
            path: path.to_string(),
            from,
            to,
            diff: unified(path.as_str(), &before, &after),
            index,
        })
    };
    state.work.run(run).await?.map(Json)
}

/// Tell what changed in a vault: commits, newest first, and the notes that they changed.
#[utoipa::path(
    get,
    path = "/v1/changes",
    tag = "history",
    params(ChangesQuery),
    responses((status = 200, body = ChangesResponse), (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn get_changes(
    State(state): State<Arc<AppState>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<ChangesResponse>, Problem> {
    caller.require(Scope::Read)?;
    let params = Params::parse(query.as_deref(), VALID_CHANGES)?;
    let source = source_of(&state, params.get("source"))?;
    let limit = limit(&params)?;
    let past = Past::of(&source)?;
    let since = Wording::parse("since", params.get("since").unwrap_or(SINCE), Edge::Start, &state.clock())?;
    let index = Index::from(state.handle.freshness_of(Some(&source.config.name)));
    let requests = Requests::of(&state, &source);
    let run = move || {
        let since = match since {
            Wording::Commit(_) => Since::Commit(past.commit(&since)?),
            Wording::Moment(second) => Since::Time(second),
        };
        let commits = past.repository.changes(since, limit).map_err(|it| past.unreadable(&it))?;
        Ok(ChangesResponse {
            source: source.config.name.to_string(),
            repository: past.repository.kind().as_str().to_owned(),
            more: commits.len() == limit,
            shallow: past.repository.is_shallow().map_err(|it| past.unreadable(&it))?,
            found: grouped(commits, &source, &caller, &requests),
            index,
        })
    };
    state.work.run(run).await?.map(Json)
}

/// Returns a unified diff of two texts of a note; empty when they are the same.
pub fn unified(path: &str, before: &str, after: &str) -> String {
    if before == after {
        return String::new();
    }
    TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(DIFF_CONTEXT)
        .header(&format!("a/{path}"), &format!("b/{path}"))
        .to_string()
}

impl CommitEntry {
    fn of(info: &CommitInfo, source: &Source, requests: &Requests) -> CommitEntry {
        // What people wrote into a repository of theirs may hold what its files may not show.
        let text = |it: &str| {
            if source.is_repo() {
                secrets::mask(it).into_owned()
            } else {
                it.to_owned()
            }
        };
        let trailer = |name: &str| {
            let found = info.trailers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| text(value))
        };
        let mut entry = CommitEntry {
            commit: info.sha.clone(),
            // A time that no calendar holds is as good as none.
            time: Timestamp::from_second(info.time).unwrap_or(Timestamp::UNIX_EPOCH).to_string(),
            author: text(&info.author),
            subject: text(&info.subject),
            pull_request: pull_request::number_in(&info.subject).filter(|_| source.is_repo()),
            pull_request_url: None,
            pull_request_note: None,
            agent: trailer("Agent"),
            session: trailer("Session"),
            reason: trailer("Reason"),
            operation: trailer("Membridge-Op"),
        };
        requests.add_to(&mut entry);
        entry
    }
}

fn target(state: &AppState, uri: &Uri, prefix: &str, params: &Params) -> Result<Target, Problem> {
    let written = path_after(prefix, uri)?;
    Target::parse(state, &written, params.get("source"))
}

fn limit(params: &Params) -> Result<usize, Problem> {
    match params.number("limit")? {
        Some(given) if (1..=LIMIT_MOST).contains(&given) => Ok(given),
        Some(_) => Err(invalid("limit", format_args!("it is 1 to {LIMIT_MOST}"))),
        None => Ok(LIMIT),
    }
}

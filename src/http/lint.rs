//! `GET /v1/lint`: what is odd in a vault, by kind, path and line. Wire types and handler.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Extension, Json,
    extract::{RawQuery, State},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    config::tokens::Scope,
    http::{
        AppState,
        auth::Caller,
        freshness::{Index, Wanted},
        known::not_ready,
        notes::load::source_of,
        params::{Params, invalid},
        problem::Problem,
    },
    model::lint::{Finding, FindingKind},
};

const VALID: &[&str] = &["source", "kind", "limit", "min_generation", "wait_ms"];

const KINDS: [&str; 8] = {
    let mut names = [""; 8];
    let mut at = 0;
    while at < names.len() {
        names[at] = FindingKind::ALL[at].as_str();
        at += 1;
    }
    names
};

/// An answer is built in memory, and nobody reads more.
const LIMIT_MOST: usize = 10_000;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "the document is made of these fields; the query string is read strictly by `params`"
)]
struct LintQuery {
    /// The name of the source; the first vault when left out.
    source: Option<String>,
    /// Only findings of this kind.
    kind: Option<String>,
    /// Findings in the answer: up to 10000, which it is when left out. `counts` tells of all.
    limit: Option<usize>,
    /// Wait until the index has reached this generation.
    min_generation: Option<u64>,
    /// How long to wait for it, in milliseconds: up to 10000.
    wait_ms: Option<u64>,
}

/// What is odd in a vault. Files that search leaves out by the vault's own settings are not judged.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LintResponse {
    /// By path and line.
    pub findings: Vec<FindingEntry>,
    /// How many there are of each kind.
    pub counts: BTreeMap<String, usize>,
    pub index: Index,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FindingEntry {
    /// `unresolved-link`, `ambiguous-link`, `comma-tags`, `invalid-frontmatter`, `twin-names`, `conflict-copy`, `duplicate-block` or
    /// `mixed-line-ends`.
    pub kind: String,
    pub path: String,
    /// 1 where it is about the file as a whole.
    pub line: usize,
    pub detail: String,
}

/// Tell what is odd in a vault.
///
/// Broken and ambiguous links, properties that Obsidian cannot read, names that collide, conflict copies.
#[utoipa::path(
    get,
    path = "/v1/lint",
    tag = "links",
    params(LintQuery),
    responses((status = 200, body = LintResponse), (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn get_lint(
    State(state): State<Arc<AppState>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<LintResponse>, Problem> {
    caller.require(Scope::Read)?;
    let params = Params::parse(query.as_deref(), VALID)?;
    let kind = params.get("kind").map(kind_of).transpose()?;
    let limit = params.number("limit")?.unwrap_or(LIMIT_MOST);
    if !(1..=LIMIT_MOST).contains(&limit) {
        return Err(invalid("limit", format_args!("it is between 1 and {LIMIT_MOST}")));
    }
    let source = source_of(&state, params.get("source"))?;
    Wanted::parse(&params)?.wait(&state.handle).await?;

    let index = Index::from(state.handle.freshness_of(Some(&source.config.name)));
    let settings = source.settings();
    let lint = move || {
        let mut findings = source
            .lint(caller.prefix.as_deref(), |path| !settings.leaves_out(path))
            .ok_or_else(not_ready)?;
        findings.retain(|it| kind.is_none_or(|kind| it.kind == kind));
        let mut counts: BTreeMap<String, usize> = KINDS.iter().map(|it| ((*it).to_owned(), 0)).collect();
        for it in &findings {
            *counts.entry(it.kind.as_str().to_owned()).or_default() += 1;
        }
        findings.truncate(limit);
        Ok(Json(LintResponse {
            findings: findings.into_iter().map(FindingEntry::from).collect(),
            counts,
            index,
        }))
    };
    state.work.run(lint).await?
}

impl From<Finding> for FindingEntry {
    fn from(it: Finding) -> FindingEntry {
        FindingEntry {
            kind: it.kind.as_str().to_owned(),
            path: it.path.to_string(),
            line: it.line,
            detail: it.detail,
        }
    }
}

fn kind_of(name: &str) -> Result<FindingKind, Problem> {
    let known = FindingKind::ALL.into_iter().find(|it| it.as_str() == name);
    known.ok_or_else(|| invalid("kind", format_args!("`{}` is no kind of finding", name.escape_debug())).valid(&KINDS))
}

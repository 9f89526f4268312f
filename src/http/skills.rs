//! `GET /v1/skills`: which of the skills that the sources hold fits a task in words. Wire types and handler.

use std::sync::Arc;

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
        freshness::{Index, Wanted, only},
        notes::load::Target,
        params::{Params, invalid},
        problem::Problem,
        search::{self, input::find_source},
    },
    io::index::request::{Filter, Hit, SearchRequest, Sort, Visible},
    model::{glob::PathGlob, query, skill::Skill},
};

const VALID: &[&str] = &["q", "source", "limit", "min_generation", "wait_ms"];

/// Skills in an answer when the caller does not say, and at most.
const LIMIT: usize = 8;
const LIMIT_MOST: usize = 50;

/// Skills that are looked at.
const CANDIDATES: usize = 200;

/// What is called a skill (agentskills.io).
const SKILLS: &str = "**/SKILL.md";

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "the document is made of these fields; the query string is read strictly by `params`"
)]
struct SkillsQuery {
    /// The task, in words; all skills by path when left out.
    q: Option<String>,
    /// The name of one source; all when left out.
    source: Option<String>,
    /// Skills in the answer: 8, up to 50.
    limit: Option<usize>,
    /// Wait until the index has reached this generation.
    min_generation: Option<u64>,
    /// How long to wait for it, in milliseconds: up to 10000.
    wait_ms: Option<u64>,
}

/// The skills, the fittest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SkillsResponse {
    /// How many fit at all.
    pub total: usize,
    pub skills: Vec<SkillEntry>,
    pub index: Index,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SkillEntry {
    pub name: String,
    pub description: String,
    pub source: String,
    pub path: String,
    /// Read it with `GET /v1/notes/{citation}`.
    pub citation: String,
    /// 0 to 1: by name, description and path, and by what the skill says within.
    pub score: f32,
}

/// Find the skill that fits a task.
///
/// Ranks the files called `SKILL.md` by their name, description and path, and by their text.
#[utoipa::path(
    get,
    path = "/v1/skills",
    tag = "search",
    params(SkillsQuery),
    responses((status = 200, body = SkillsResponse), (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn get_skills(
    State(state): State<Arc<AppState>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<SkillsResponse>, Problem> {
    caller.require(Scope::Read)?;
    let params = Params::parse(query.as_deref(), VALID)?;
    let task = params.get("q").unwrap_or_default().trim();
    if task.len() as u64 > state.query_bytes {
        return Err(invalid("q", format_args!("it has at most {} bytes", state.query_bytes)));
    }
    let limit = match params.number("limit")? {
        None => LIMIT,
        Some(given) if (1..=LIMIT_MOST).contains(&given) => given,
        Some(_) => return Err(invalid("limit", format_args!("it is 1 to {LIMIT_MOST}"))),
    };
    let mut sources = state.source_names();
    if let Some(name) = params.get("source") {
        let name = find_source(name, &sources)?;
        search::is_read(&state, &name)?;
        sources = vec![name];
    }
    Wanted::parse(&params)?.wait(&state.handle).await?;
    let index = Index::from(state.handle.freshness_of(only(&sources)));
    let ask = |text: &str| SearchRequest {
        query: query::natural(text),
        visible: sources
            .iter()
            .map(|source| Visible {
                source: source.clone(),
                prefix: caller.prefix.clone(),
            })
            .collect(),
        filter: Filter {
            path: PathGlob::parse(SKILLS).ok(),
            ..Filter::default()
        },
        sort: if text.is_empty() { Sort::Path } else { Sort::Relevance },
        limit: CANDIDATES,
        offset: 0,
        passages: 1,
        snippet_chars: 0,
        min_score: 0.0,
        exact: false,
        deadline: None,
    };
    let all = search::run(&state, ask("")).await?.hits;
    let ranked = if task.is_empty() {
        Vec::new()
    } else {
        search::run(&state, ask(task)).await?.hits
    };
    let mut skills = Vec::new();
    for hit in all {
        let within = ranked
            .iter()
            .find(|it| (&it.source, &it.path) == (&hit.source, &hit.path))
            .map_or(0.0, |it| it.score);
        if let Some(entry) = read(&state, &caller, &hit, task, within).await {
            skills.push(entry);
        }
    }
    if !task.is_empty() {
        skills.retain(|it| it.score > 0.0);
        // All came by path, and stay so where they fit alike.
        skills.sort_by(|one, other| other.score.total_cmp(&one.score));
    }
    let total = skills.len();
    skills.truncate(limit);
    Ok(Json(SkillsResponse { total, skills, index }))
}

/// Returns what a skill says of itself; `None` when it went a moment ago.
async fn read(state: &AppState, caller: &Caller, hit: &Hit, task: &str, within: f32) -> Option<SkillEntry> {
    let target = Target {
        source: state.handle.source(&hit.source)?.clone(),
        path: hit.path.clone(),
        lines: None,
        commit: None,
    };
    let loaded = target.load(state, caller).await.ok()?;
    let skill = Skill::read(&loaded.path, &loaded.text, &loaded.note);
    Some(SkillEntry {
        score: (2.0 * skill.fit(task, &loaded.path) + within) / 3.0,
        name: skill.name,
        description: skill.description,
        source: hit.source.to_string(),
        path: hit.path.to_string(),
        citation: state.cite(&hit.source, &hit.path, hit.hash, None),
    })
}

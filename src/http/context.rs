//! `POST /v1/context`: what the sources hold for a question, packed into a budget of tokens. Wire types and handler; where the passages come from
//! is told in `gathered`.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Extension, Json,
    extract::{Request, State},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    config::tokens::Scope,
    http::{
        AppState,
        auth::Caller,
        body,
        context::gathered::{Gathered, Wishes, gather},
        freshness::{Index, Wanted},
        gather::budget,
        params::{Params, invalid},
        passage::PackedPassage,
        problem::Problem,
        search::{
            self,
            input::{SearchInput, Surroundings},
        },
    },
    model::context::pack::{Group, pack},
};

mod gathered;

const VALID: &[&str] = &[
    "question",
    "budget",
    "source",
    "path",
    "tag",
    "origin",
    "since",
    "until",
    "pinned",
    "links",
    "min_generation",
    "wait_ms",
];

/// Notes that are looked at, and passages of each.
const HITS: usize = 40;
const PASSAGES: usize = 3;

/// Of the budget, in hundredths: what was found, what is pinned, what is linked with what was found.
const SHARES: [usize; 3] = [65, 20, 15];
const TITLES: [&str; 3] = ["", PINNED, LINKED];
const PINNED: &str = "# Pinned";
const LINKED: &str = "# Linked with these";

/// A question, and what the answer may cost.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContextInput {
    /// In words; operators of a search are understood, too.
    #[serde(alias = "q", alias = "query")]
    pub question: String,
    /// Tokens of the answer's text: 50 to 32000, 2000 when left out.
    #[serde(alias = "max_tokens", alias = "budget_tokens")]
    pub budget: Option<usize>,
    /// The name of one source.
    pub source: Option<String>,
    /// A glob: `*` stays within a folder, `**` crosses folders.
    pub path: Option<String>,
    /// A tag with or without `#`; its children count.
    pub tag: Option<String>,
    /// `human`, `agent`, `pull-request` or `config`.
    pub origin: Option<String>,
    /// Modified at or after: a date, a time or an age such as `7d`.
    pub since: Option<String>,
    /// Modified before this time; a date includes its day.
    pub until: Option<String>,
    /// Whether pinned notes come along; they do when left out.
    pub pinned: Option<bool>,
    /// Whether notes come along that are linked with the best hits; they do when left out, unless a condition narrows the search.
    pub links: Option<bool>,
    /// Wait until the index has reached this generation.
    pub min_generation: Option<u64>,
    /// How long to wait for it, in milliseconds: up to 10000.
    pub wait_ms: Option<u64>,
}

/// What there is to read for a question.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ContextResponse {
    pub question: String,
    pub budget: usize,
    /// About how many tokens the passages take as the command line prints them, heads included: never more than the budget.
    pub used: usize,
    /// Passages that did not fit into the budget.
    pub omitted: usize,
    /// Passages that repeat one that is given.
    pub duplicates: usize,
    /// Notes that hold at least one word of the question.
    pub total: usize,
    /// What was found, the best first; then what is pinned, then what is linked with it.
    pub passages: Vec<PackedPassage>,
    /// What of the question was taken as plain words, and what could not be looked at.
    pub warnings: Vec<String>,
    /// Words that the index does not hold, with the nearest terms that were tried for them.
    pub corrected: BTreeMap<String, Vec<String>>,
    pub index: Index,
}

impl ContextResponse {
    /// Returns the passages as they are printed; what `used` counts.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut last = "search";
        for passage in &self.passages {
            if passage.by != last {
                text.push_str(if passage.by == "pinned" { PINNED } else { LINKED });
                text.push('\n');
                last = &passage.by;
            }
            text.push_str(&passage.block());
        }
        text
    }
}

/// Give what is worth reading for a question, within a budget of tokens.
///
/// Passages of the best notes with their citations, then pinned notes and notes linked with the best; none says what another has said.
#[utoipa::path(
    post,
    path = "/v1/context",
    tag = "search",
    request_body = ContextInput,
    responses((status = 200, body = ContextResponse), (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn post_context(
    State(state): State<Arc<AppState>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<ContextResponse>, Problem> {
    caller.require(Scope::Read)?;
    let (head, body) = request.into_parts();
    Params::parse(head.uri.query(), &[])?;
    let input: ContextInput = body::json(&head.headers, body, state.body_limits, VALID).await?;
    if input.question.trim().is_empty() {
        return Err(invalid("question", "it is empty").hint("ask in words, as a person would"));
    }
    let budget = budget(input.budget)?;
    let around = Surroundings {
        caller: &caller,
        sources: state.source_names(),
        clock: state.clock(),
        query_bytes: state.query_bytes,
    };
    let request = search_of(&input).resolve(&around)?;
    let wanted = Wanted {
        min_generation: input.min_generation,
        wait_ms: input.wait_ms,
    };
    wanted.wait(&state.handle).await?;
    if let Some(source) = &request.filter.source {
        search::is_read(&state, source)?;
    }

    let warnings = request.query.warnings.clone();
    let is_narrow = [&input.path, &input.tag, &input.origin, &input.since, &input.until]
        .iter()
        .any(|it| it.is_some());
    let wishes = Wishes {
        pinned: input.pinned != Some(false),
        links: input.links.unwrap_or(!is_narrow),
        prefix: caller.prefix.clone(),
    };
    // Asked before the snapshot is taken: the snapshot then holds at least this generation.
    let index = Index::from(state.handle.freshness_of(request.filter.source.as_ref()));
    let shared = Arc::clone(&state);
    let found = search::on_snapshot(&state, move |searcher, deadline| {
        gather(&shared, searcher, request, deadline, &wishes)
    })
    .await?;
    Ok(Json(packed(&state, input.question, budget, found, warnings, index)))
}

fn packed(state: &AppState, question: String, budget: usize, found: Gathered, mut warnings: Vec<String>, index: Index) -> ContextResponse {
    let drafts = [&found.found, &found.pinned, &found.linked];
    let groups: Vec<Group> = (0..drafts.len())
        .map(|at| Group {
            title: TITLES[at],
            share: SHARES[at],
            pieces: drafts[at].iter().map(|it| it.piece()).collect(),
        })
        .collect();
    let packed = pack(budget, &groups);
    let chosen = drafts
        .iter()
        .zip(&packed.groups)
        .flat_map(|(drafts, chosen)| chosen.iter().map(|it| drafts[it.at].packed(state, it)));
    warnings.extend(found.warnings);
    ContextResponse {
        question,
        budget,
        used: packed.used,
        omitted: packed.omitted,
        duplicates: packed.duplicates,
        total: found.total,
        passages: chosen.collect(),
        warnings,
        corrected: found.corrected.into_iter().collect(),
        index,
    }
}

fn search_of(input: &ContextInput) -> SearchInput {
    SearchInput {
        q: Some(input.question.clone()),
        limit: Some(HITS),
        passages: Some(PASSAGES),
        snippet_chars: Some(0),
        source: input.source.clone(),
        path: input.path.clone(),
        tag: input.tag.clone(),
        origin: input.origin.clone(),
        since: input.since.clone(),
        until: input.until.clone(),
        ..SearchInput::default()
    }
}

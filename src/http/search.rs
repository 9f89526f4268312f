//! `GET` and `POST /v1/search`: the wire types and the handlers. What the parameters mean stands in `input`.

use std::{
    collections::BTreeMap,
    panic::{self, AssertUnwindSafe},
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Extension, Json,
    extract::{RawQuery, Request, State},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    config::tokens::Scope,
    http::{
        AppState,
        auth::Caller,
        body,
        freshness::Index,
        params::Params,
        problem::{Problem, ProblemKind},
        search::input::{SearchInput, Surroundings},
    },
    io::index::{
        Searcher,
        request::{Hit as Found, SearchAnswer, SearchRequest, TookTooLong},
    },
    model::{lines::LineRange, path::SourceName, query},
};

pub mod input;

/// How long a search may read. Shorter than the wait for it, so that it ends by itself and its caller learns why.
const DEADLINE: Duration = Duration::from_secs(4);

/// The answer to a search.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SearchResponse {
    pub query: String,
    /// Notes that meet the conditions and hold at least one word.
    pub total: usize,
    /// One hit a note, the best first.
    pub hits: Vec<Hit>,
    /// What of the query was taken as plain words, and why.
    pub warnings: Vec<String>,
    /// Words that the index does not hold, with the nearest terms that were tried for them.
    pub corrected: BTreeMap<String, Vec<String>>,
    /// How the query was read; only with `explain`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explain: Option<Explain>,
    pub index: Index,
}

/// How a query was read.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Explain {
    pub parse: String,
}

/// A note that was found, described by its best passage.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Hit {
    pub source: String,
    pub path: String,
    pub title: String,
    /// From the outermost heading to the passage's own.
    pub headings: Vec<String>,
    pub lines: Lines,
    /// What `GET /v1/notes/{path}` and the command line's `get` take.
    pub citation: String,
    pub snippet: String,
    /// 0 to 1, comparable across queries.
    pub score: f32,
    pub origin: String,
    /// In a checkout that git keeps, the text is another one than HEAD's, so that the citation names no commit. Left out when it is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub uncommitted: bool,
    pub tags: Vec<String>,
    /// RFC 3339, UTC.
    pub modified: String,
    /// The git blob id of the file's bytes; left out for an attachment, whose bytes are not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// Further passages of the same note; only with `passages` above 1.
    pub more: Vec<Passage>,
    /// Why the note ranks where it does; only with `explain`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A further passage of a hit.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Passage {
    pub headings: Vec<String>,
    pub lines: Lines,
    pub citation: String,
    pub snippet: String,
}

/// Lines from 1, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Lines {
    pub start: usize,
    pub end: usize,
}

impl From<LineRange> for Lines {
    fn from(it: LineRange) -> Lines {
        Lines {
            start: it.start,
            end: it.end,
        }
    }
}

/// Search the notes.
///
/// One hit a note, described by its best passage. `natural` syntax never refuses text; conditions alone select when `q` is left out.
#[utoipa::path(
    get,
    path = "/v1/search",
    tag = "search",
    params(SearchInput),
    responses((status = 200, body = SearchResponse), (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn get_search(
    State(state): State<Arc<AppState>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<SearchResponse>, Problem> {
    answer(&state, &caller, SearchInput::from_query(query.as_deref())?).await
}

/// Search the notes, with the parameters in a body.
///
/// The same as `GET /v1/search`, for queries that are too long or too odd for an address.
#[utoipa::path(
    post,
    path = "/v1/search",
    tag = "search",
    request_body = SearchInput,
    responses((status = 200, body = SearchResponse), (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn post_search(
    State(state): State<Arc<AppState>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<SearchResponse>, Problem> {
    let (head, body) = request.into_parts();
    Params::parse(head.uri.query(), &[])?;
    let input = body::json(&head.headers, body, state.body_limits, input::VALID).await?;
    answer(&state, &caller, input).await
}

async fn answer(state: &AppState, caller: &Caller, input: SearchInput) -> Result<Json<SearchResponse>, Problem> {
    caller.require(Scope::Read)?;
    let around = Surroundings {
        caller,
        sources: state.source_names(),
        clock: state.clock(),
        query_bytes: state.query_bytes,
    };
    let request = input.resolve(&around)?;
    input.wanted().wait(&state.handle).await?;
    if let Some(source) = &request.filter.source {
        is_read(state, source)?;
    }

    let warnings = request.query.warnings.clone();
    let explain = (input.explain == Some(true)).then(|| Explain {
        parse: query::explain::explain(&request.query),
    });
    // Asked before the snapshot is taken: the snapshot then holds at least this generation.
    let index = Index::from(state.handle.freshness_of(request.filter.source.as_ref()));
    let found = run(state, request).await?;
    let hits = found.hits.into_iter().map(|it| hit(it, state, explain.is_some())).collect();
    let corrected = found.corrected.into_iter().collect();
    Ok(Json(SearchResponse {
        query: input.q.unwrap_or_default(),
        total: found.total,
        hits,
        warnings,
        corrected,
        explain,
        index,
    }))
}

/// Says 503 `not-ready` of a source of which nothing is known yet, such as a clone that was never fetched: nothing would be found there.
pub fn is_read(state: &AppState, source: &SourceName) -> Result<(), Problem> {
    match state.handle.unread(source) {
        None => Ok(()),
        Some(why) => Err(Problem::new(
            ProblemKind::NotReady,
            format!("nothing is known of the source `{source}` yet: {why}"),
        )
        .hint("ask again, or search the other sources: leave `source` out")
        .retry_after_ms(2000)),
    }
}

/// Searches the newest snapshot when the turn comes, and sets the deadline then.
pub async fn run(state: &AppState, mut request: SearchRequest) -> Result<SearchAnswer, Problem> {
    let handle = state.handle.clone();
    on_snapshot(state, move |searcher, deadline| {
        request.deadline = Some(deadline);
        let answer = searcher.search(&request)?;
        // Asked here, where reading may take its time: whoever cites asks again, and it is known.
        for it in &answer.hits {
            drop(handle.source(&it.source).and_then(|source| source.commit_of(&it.path, it.hash)));
        }
        Ok(answer)
    })
    .await
}

/// Runs work on the newest snapshot when its turn comes; it is told until when it may read.
pub async fn on_snapshot<T: Send + 'static>(
    state: &AppState,
    work: impl FnOnce(&Searcher, Instant) -> anyhow::Result<T> + Send + 'static,
) -> Result<T, Problem> {
    let Some(searcher) = state.handle.searcher() else {
        return Err(Problem::new(ProblemKind::NotReady, "the first index is not finished").retry_after_ms(2000));
    };
    let search = move || {
        let deadline = Instant::now() + DEADLINE;
        // A torn file can make the index library panic; that is an answer too, and one that the engine should know of.
        let searched = panic::catch_unwind(AssertUnwindSafe(|| work(&searcher, deadline)));
        searched.unwrap_or_else(|_| Err(anyhow::anyhow!("the search panicked")))
    };
    state.work.run(search).await?.map_err(|error| {
        if let Some(late) = error.downcast_ref::<TookTooLong>() {
            return Problem::new(ProblemKind::Busy, late.to_string())
                .hint("narrow the search: a `path`, a `tag`, a rarer word")
                .retry_after_ms(1000);
        }
        tracing::error!(error = format!("{error:#}"), "a search failed");
        state.handle.report_broken_index();
        Problem::new(ProblemKind::Internal, "the search failed")
    })
}

fn hit(found: Found, state: &AppState, explain: bool) -> Hit {
    // The lines of what is searched in a canvas are not those of the file.
    let source = state.handle.source(&found.source);
    let is_text = found.path.is_note() || source.is_some_and(|it| it.is_repo());
    let commit = source.and_then(|it| it.commit_of(&found.path, found.hash));
    let uncommitted = commit.is_none() && source.is_some_and(|it| it.has_commits());
    let cite = |lines: Option<LineRange>| {
        let lines = lines.filter(|_| is_text);
        state.cite_at(&found.source, &found.path, commit.as_deref(), lines)
    };
    let mut passages = found.passages.into_iter().map(|it| Passage {
        citation: cite(Some(it.lines)),
        headings: it.headings,
        lines: it.lines.into(),
        snippet: it.snippet,
    });
    let best = passages.next().unwrap_or_else(|| Passage {
        citation: cite(None),
        headings: Vec::new(),
        lines: Lines { start: 1, end: 1 },
        snippet: String::new(),
    });
    Hit {
        headings: best.headings,
        lines: best.lines,
        citation: best.citation,
        snippet: best.snippet,
        more: passages.collect(),
        source: found.source.to_string(),
        path: found.path.to_string(),
        title: found.title,
        // Three digits tell hits apart; more are noise that the reader pays for.
        score: (found.score * 1000.0).round() / 1000.0,
        origin: found.origin.as_str().to_owned(),
        uncommitted,
        tags: found.tags,
        modified: rfc3339(found.modified),
        hash: found.hash.map(|it| it.to_string()),
        why: explain.then_some(found.why),
    }
}

/// Returns a moment as the API writes it: UTC, whole seconds.
pub fn rfc3339(nanoseconds: i64) -> String {
    Timestamp::from_second(nanoseconds.div_euclid(1_000_000_000))
        .unwrap_or_default()
        .to_string()
}

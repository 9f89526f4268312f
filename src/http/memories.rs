//! `POST /v1/memories` and `POST /v1/journal`: what the agent learned becomes a note of its own, or an entry of the day. Handlers and wire types;
//! what such a note looks like is told in `model::memory`.

use std::sync::Arc;

use axum::{
    Extension, Json,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    engine::request::Action,
    http::{
        AppState,
        auth::Caller,
        body,
        notes::load::spellings,
        problem::{Problem, ProblemKind},
        search,
        write::{
            WriteQuery,
            call::Call,
            receipt::{self, ReceiptResponse},
            refused::composing,
        },
    },
    io::index::{Filter, SearchRequest, Sort, Visible},
    model::{
        brief::JOURNAL_MARK,
        memory::{self, MemoryText},
        note::edit,
        path::{NotePath, SourceName},
        query,
    },
};

/// Below the agent's folder.
const MEMORIES: &str = "Memories";
/// As above.
pub const JOURNAL: &str = "Journal";

/// Notes that are told as being about the same, and how much of a memory's words they must hold.
const SIMILAR: usize = 3;
const SIMILAR_SCORE: f32 = 0.5;
/// Words of a memory that are searched for.
const SIMILAR_WORDS: usize = 40;

const LIST_MOST: usize = 50;
const TITLE_MOST: usize = 300;

/// What the agent wants to remember.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemoryInput {
    /// Markdown, without frontmatter.
    pub text: String,
    /// Becomes the name of the note; made of the first line when left out.
    pub title: Option<String>,
    /// A folder for notes about one thing, such as `kubernetes` or `people/ada`.
    pub topic: Option<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    /// Names of notes that this has to do with.
    #[serde(default)]
    pub links: Vec<String>,
    /// The path of the note that this one takes the place of.
    pub supersedes: Option<String>,
    /// Where it comes from, in a few words or as an address.
    pub source: Option<String>,
}

/// An entry for the agent's daily note.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JournalInput {
    /// Markdown.
    pub text: String,
    /// What the entry is about; stands beside the time.
    pub heading: Option<String>,
    /// `2026-02-03`; today when left out.
    pub date: Option<String>,
}

/// The receipt of a memory.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MemoryResponse {
    #[serde(flatten)]
    pub receipt: ReceiptResponse,
    /// Notes that were there before and may say the same, the likeliest first.
    pub similar: Vec<SimilarNote>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SimilarNote {
    pub path: String,
    /// 0 to 1.
    pub score: f32,
}

/// Remember something: one note in the agent's folder.
#[utoipa::path(
    post,
    path = "/v1/memories",
    tag = "writing",
    params(WriteQuery),
    request_body = MemoryInput,
    responses(
        (status = 200, body = MemoryResponse),
        (status = 201, body = MemoryResponse),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn post_memory(
    State(state): State<Arc<AppState>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let call = Call::read(&caller, "POST", &uri, &headers)?;
    let fields = ["text", "title", "topic", "tags", "links", "supersedes", "source"];
    let (input, raw): (MemoryInput, _) = body::json_raw(&headers, body, call.json_limits(&state), &fields).await?;
    check(&input)?;
    let title = input.title.clone().unwrap_or_else(|| memory::title_of(&input.text));
    let topic = input.topic.as_deref().unwrap_or_default();
    let parts = topic.split('/').filter(|it| !it.trim().is_empty());
    let folder = parts.fold(format!("{}/{MEMORIES}", state.agent_folder), |above, it| {
        format!("{above}/{}", memory::slug(it, "topic"))
    });
    let (source, path) = call.named(&state, &caller, &format!("{folder}/{}.md", memory::slug(&title, "memory")))?;
    let supersedes = match input.supersedes.as_deref() {
        Some(it) => Some(old_note(&state, &caller, &call, it).await?),
        None => None,
    };
    let (properties, text) = memory::compose(&MemoryText {
        title: &title,
        text: &input.text,
        tags: &input.tags,
        links: &input.links,
        created: &state.clock().now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        agent: &call.who.agent,
        session: &call.who.session,
        source: input.source.as_deref().unwrap_or_default(),
        supersedes: supersedes.as_ref().map(NotePath::stem),
    });
    let text = edit::compose(&properties, &text).map_err(composing)?;
    let mut similar = similar(&state, &caller, &source, &format!("{title} {}", input.text), supersedes.as_ref()).await;
    let action = Action::Create { text, supersedes };
    let receipt = receipt::perform(&state, &call, (source, path), action, None, &raw).await?;
    // A repeated request finds what the first one made.
    similar.retain(|it| !it.path.ends_with(&receipt.path));
    let status = if call.dry_run { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(MemoryResponse { receipt, similar })).into_response())
}

/// Append an entry to the agent's daily note, which is made when it is missing.
#[utoipa::path(
    post,
    path = "/v1/journal",
    tag = "writing",
    params(WriteQuery),
    request_body = JournalInput,
    responses(
        (status = 200, body = ReceiptResponse),
        (status = 201, body = ReceiptResponse),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn post_journal(
    State(state): State<Arc<AppState>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let call = Call::read(&caller, "POST", &uri, &headers)?;
    let limits = call.json_limits(&state);
    let (input, raw): (JournalInput, _) = body::json_raw(&headers, body, limits, &["text", "heading", "date"]).await?;
    if input.text.trim().is_empty() {
        return Err(Problem::new(ProblemKind::InvalidBody, "`text` is empty"));
    }
    let clock = state.clock();
    let now = clock.now.to_zoned(clock.zone.clone());
    let day = match &input.date {
        None => now.date(),
        Some(date) => date.parse::<Date>().map_err(|error| {
            Problem::new(ProblemKind::InvalidBody, format!("`date` is no date: {error}"))
                .hint("write it as `2026-02-03`, or leave it out for today")
        })?,
    };
    let vault = call.vault(&state)?;
    let no_source = || Problem::new(ProblemKind::SourceNotFound, "there is no such source");
    let settings = state.handle.source(&vault).ok_or_else(no_source)?.settings();
    let no_name = || Problem::new(ProblemKind::Internal, "the vault's format for daily notes makes no name of a file");
    let daily = settings.daily_notes.name(day).ok_or_else(no_name)?;
    let (source, path) = call.named(
        &state,
        &caller,
        &format!("{}/{JOURNAL}/{daily}{JOURNAL_MARK}.md", state.agent_folder),
    )?;
    let (properties, head) = memory::compose(&MemoryText {
        title: path.stem(),
        text: "",
        tags: &[],
        links: &[],
        created: &clock.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        agent: &call.who.agent,
        session: "",
        source: "",
        supersedes: None,
    });
    let head = edit::compose(&properties, &head).map_err(composing)?;
    let action = Action::Append {
        head: format!("{}\n\n", head.trim_end()),
        text: memory::entry(
            &now.strftime("%H:%M").to_string(),
            input.heading.as_deref().unwrap_or_default(),
            &input.text,
        ),
    };
    let receipt = receipt::perform(&state, &call, (source, path), action, None, &raw).await?;
    Ok(receipt::answer(receipt, call.dry_run))
}

fn check(input: &MemoryInput) -> Result<(), Problem> {
    let refused = |detail: String| Err(Problem::new(ProblemKind::InvalidBody, detail));
    if input.text.trim().is_empty() {
        return Err(Problem::new(ProblemKind::InvalidBody, "`text` is empty").hint("say in `text` what is to be remembered"));
    }
    let is_line = |it: &str| it.len() <= TITLE_MOST && !it.chars().any(char::is_control);
    if !input.title.as_deref().is_none_or(is_line) || !input.topic.as_deref().is_none_or(is_line) {
        return refused(format!("`title` and `topic` are one line of {TITLE_MOST} bytes at most"));
    }
    let lists = [("tags", &input.tags), ("links", &input.links)];
    match lists
        .iter()
        .find(|(_, it)| it.len() > LIST_MOST || !it.iter().all(|it| is_line(it)))
    {
        Some((name, _)) => refused(format!("`{name}` holds {LIST_MOST} lines at most, of {TITLE_MOST} bytes")),
        None => Ok(()),
    }
}

/// Returns the note that is superseded; it must be there.
async fn old_note(state: &AppState, caller: &Caller, call: &Call, written: &str) -> Result<NotePath, Problem> {
    let (name, path) = call.named(state, caller, written)?;
    let absent = || Problem::new(ProblemKind::NoteNotFound, format!("there is no note `{path}` to supersede"));
    let source = state.handle.source(&name).ok_or_else(absent)?;
    let is_there = |it: &NotePath| it.is_note() && matches!(source.stamp(it), Ok(Some(_)));
    match spellings(&path).into_iter().find(is_there) {
        Some(found) => Ok(found),
        None => Err(absent().candidates(receipt::meant(state, call, &name, &path).await)),
    }
}

/// Returns the notes that may say the same. Without an index, or when it is busy, there are none: they are a courtesy.
async fn similar(state: &AppState, caller: &Caller, source: &SourceName, text: &str, but: Option<&NotePath>) -> Vec<SimilarNote> {
    // Words alone: nothing in a memory is an operator.
    let words: Vec<&str> = text
        .split(|it: char| !it.is_alphanumeric())
        .filter(|it| !it.is_empty())
        .take(SIMILAR_WORDS)
        .collect();
    let request = SearchRequest {
        query: query::natural(&words.join(" ")),
        visible: vec![Visible {
            source: source.clone(),
            prefix: caller.prefix.clone(),
        }],
        filter: Filter::default(),
        sort: Sort::Relevance,
        limit: SIMILAR + 1,
        offset: 0,
        passages: 1,
        snippet_chars: 0,
        min_score: SIMILAR_SCORE,
        exact: false,
        deadline: None,
    };
    let found = search::run(state, request).await.map(|it| it.hits).unwrap_or_default();
    let others = found.into_iter().filter(|it| Some(&it.path) != but);
    let told = others.take(SIMILAR).map(|it| SimilarNote {
        path: state.cite(&it.source, &it.path, it.hash, None),
        score: it.score,
    });
    told.collect()
}

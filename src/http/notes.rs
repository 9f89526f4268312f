//! `GET /v1/notes/{path}`: a note from the disk, as JSON, as its bytes or as a map of its parts. The handler: `load` finds the
//! file, `excerpt` the part, `shape` holds the wire types.

use std::sync::Arc;

use axum::{
    Extension, Json,
    body::Body,
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    config::tokens::Scope,
    http::{
        AppState,
        auth::Caller,
        freshness::{GENERATION, Index, Wanted},
        notes::{
            excerpt::Selection,
            load::{Loaded, Target},
            revision::{Past, Wording},
            shape::NoteResponse,
        },
        params::{Params, invalid, path_after},
        problem::{Problem, ProblemKind},
        when::Edge,
    },
    model::{lines::LineIndex, path::FileKind},
};

pub mod batch;
pub mod excerpt;
pub mod load;
pub mod revision;
pub mod shape;

const VALID: &[&str] = &[
    "source",
    "lines",
    "from",
    "section",
    "block",
    "at",
    "max_bytes",
    "view",
    "min_generation",
    "wait_ms",
];

/// What of a note to read.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "the document is made of these fields; the query string is read strictly by `params`"
)]
struct NoteQuery {
    /// The name of the source; the first vault when left out.
    source: Option<String>,
    /// `10-24`, or `10` for that line; beside `from` a count.
    lines: Option<String>,
    /// The first line, with `lines` as a count.
    from: Option<usize>,
    /// Headings from the top, such as `Plan/Ledger`; `\/` is a slash inside a heading; the last heading alone when unique.
    section: Option<String>,
    /// A block id, with or without `^`.
    block: Option<String>,
    /// The note as it was at a commit (4 to 40 hexadecimal digits), a date or an age. Its `modified` is the commit's time.
    at: Option<String>,
    /// Cut the text at a line after so many bytes; `next` names the rest.
    max_bytes: Option<usize>,
    /// `map` for the sections, blocks and properties instead of the text.
    view: Option<String>,
    /// Wait until the index has reached this generation.
    min_generation: Option<u64>,
    /// How long to wait for it, in milliseconds: up to 10000.
    wait_ms: Option<u64>,
}

/// Read a note.
///
/// The path is one of the vault or a citation (`Note.md%23L10-L24`); `.md` may be left out. `Accept: text/markdown` answers the file's bytes
/// with their hash as `ETag`, anything else JSON. Canvases and bases are read so too; an attachment answers its bytes.
#[utoipa::path(
    get,
    path = "/v1/notes/{*path}",
    tag = "notes",
    params(("path" = String, Path, description = "A path below the source's root, or a citation; `/` raw or `%2F`."), NoteQuery),
    responses(
        (status = 200, content((NoteResponse = "application/json"), (String = "text/markdown"))),
        (status = 304, description = "the bytes have the hash of `If-None-Match`"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn read_note(
    State(state): State<Arc<AppState>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.require(Scope::Read)?;
    let written = path_after("/v1/notes/", &uri)?;
    let params = Params::parse(query.as_deref(), VALID)?;
    let target = Target::parse(&state, &written, params.get("source"))?;
    let selection = Selection::parse(&params, target.lines)?;
    let max_bytes = max_bytes(params.number("max_bytes")?)?;
    let as_map = match params.get("view") {
        None => false,
        Some("map") => true,
        Some(_) => return Err(invalid("view", "it is `map`, or left out for the text").valid(&["map"])),
    };
    let at = params
        .get("at")
        .or(target.commit.as_deref())
        .map(|it| Wording::parse("at", it, Edge::End, &state.clock()))
        .transpose()?;
    Wanted::parse(&params)?.wait(&state.handle).await?;

    let index = Index::from(state.handle.freshness_of(Some(&target.source.config.name)));
    let (source, path) = (Arc::clone(&target.source), target.path.clone());
    let found = match at {
        None => target.load(&state, &caller).await,
        Some(at) => load_at(&state, &caller, target, at).await,
    };
    let loaded = match found {
        Err(problem) if problem.is(ProblemKind::NoteNotFound) => {
            return Err(problem.candidates(load::similar(&state, &caller, &source, &path).await));
        }
        loaded => loaded?,
    };
    let is_repo = state.handle.source(&loaded.source).is_some_and(|it| it.is_repo());
    if loaded.path.kind() == FileKind::Attachment && !is_repo {
        // An image as JSON helps nobody: its bytes are the answer, whatever was accepted.
        return raw(loaded, &Selection::Whole, usize::MAX, &headers, index);
    }
    if as_map {
        return Ok(Json(shape::map(&loaded, index)).into_response());
    }
    if wants_markdown(&headers) {
        return raw(loaded, &selection, max_bytes, &headers, index);
    }
    let cut = |lines: &LineIndex, wanted| excerpt::cut_on(&loaded.text, lines, wanted, max_bytes);
    let mut response = Json(NoteResponse {
        note: shape::body(&loaded, &selection, cut)?,
        index,
    })
    .into_response();
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    Ok(response)
}

async fn load_at(state: &AppState, caller: &Caller, target: Target, at: Wording) -> Result<Loaded, Problem> {
    let read = match Past::of(&target.source) {
        Ok(past) => {
            let (target, caller, agent_folder, at) = (target.clone(), caller.clone(), state.agent_folder.clone(), at.clone());
            let run = move || past.load(&target.source, &caller, &target.path, &at, &agent_folder);
            state.work.run(run).await?
        }
        Err(why) => Err(why),
    };
    let is_present = |commit: &str| matches!(&at, Wording::Commit(it) if commit.starts_with(it.as_str()));
    match read {
        // What a citation of the present commit names was indexed, whatever became of the clone.
        Err(why) if target.source.commit().is_some_and(|it| is_present(&it)) => target.load(state, caller).await.or(Err(why)),
        read => read,
    }
}

fn max_bytes(given: Option<usize>) -> Result<usize, Problem> {
    match given {
        Some(0) => Err(invalid("max_bytes", "it is at least 1")),
        given => Ok(given.unwrap_or(usize::MAX)),
    }
}

fn raw(loaded: Loaded, selection: &Selection, max_bytes: usize, headers: &HeaderMap, index: Index) -> Result<Response, Problem> {
    let (etag, as_indexed) = (format!("\"{}\"", loaded.hash), loaded.as_indexed);
    let kind = match loaded.path.kind() {
        FileKind::Note => "text/markdown; charset=utf-8",
        FileKind::Canvas | FileKind::Base => "text/plain; charset=utf-8",
        FileKind::Attachment => "application/octet-stream",
    };
    let mut response = if matches_etag(headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else if *selection == Selection::Whole && loaded.bytes.len() <= max_bytes {
        Body::from(loaded.bytes).into_response()
    } else {
        let lines = LineIndex::new(&loaded.text);
        let wanted = selection.find(&loaded.text, &loaded.note, &lines)?;
        let excerpt = excerpt::cut_on(&loaded.text, &lines, wanted, max_bytes);
        let mut response = Body::from(loaded.text[excerpt.bytes.clone()].to_owned()).into_response();
        for (name, said) in [
            ("membridge-next", shape::next(&excerpt)),
            ("membridge-cut-line", shape::cut_line(&excerpt)),
        ] {
            if let Some(value) = said.and_then(|it| HeaderValue::try_from(it).ok()) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::ETAG, HeaderValue::try_from(etag).expect("a hash is hexadecimal"));
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    headers.insert(GENERATION, index.header());
    if as_indexed {
        headers.insert("membridge-as-indexed", HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// The first type of the list that we have decides; quality values are left aside, nobody sends them for this choice.
fn wants_markdown(headers: &HeaderMap) -> bool {
    let accepted = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.split(','));
    let mut kinds = accepted.map(|it| it.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    let known = kinds.find(|it| {
        matches!(
            it.as_str(),
            "text/markdown" | "text/plain" | "text/*" | "application/json" | "application/*" | "*/*"
        )
    });
    known.is_some_and(|it| it.starts_with("text/"))
}

fn matches_etag(headers: &HeaderMap, etag: &str) -> bool {
    let given = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.split(','));
    given
        .map(str::trim)
        .any(|it| it == "*" || it.strip_prefix("W/").unwrap_or(it) == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_known_type_decides() {
        let check = |accept: &str, expected| {
            let headers = HeaderMap::from_iter([(header::ACCEPT, accept.parse().unwrap())]);
            assert_eq!(wants_markdown(&headers), expected, "{accept}");
        };
        check("text/markdown", true);
        check("text/plain; q=0.9, application/json", true);
        check("application/json, text/markdown", false);
        check("*/*", false);
        check("text/html,application/xhtml+xml,*/*;q=0.8", false);
        check("image/png", false);
        assert!(!wants_markdown(&HeaderMap::new()));
    }

    #[test]
    fn an_etag_matches_in_a_list_and_weakly() {
        let check = |given: &str, expected| {
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, given.parse().unwrap())]);
            assert_eq!(matches_etag(&headers, "\"abc\""), expected, "{given}");
        };
        check("\"abc\"", true);
        check("\"x\", W/\"abc\"", true);
        check("*", true);
        check("abc", false);
        check("\"abcd\"", false);
    }
}

//! Every error answer of the API: RFC 9457 problem details, built from one table. Knows statuses and texts; knows no route.

use std::ops::Range;

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What went wrong, as the `type` of a problem. Each has one status, one title and one default hint, see `ProblemKind::row`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    InvalidPath,
    InvalidQuery,
    InvalidParameter,
    InvalidBody,
    InvalidRequest,
    Unauthorized,
    ForbiddenScope,
    ForbiddenHost,
    ForbiddenPath,
    RouteNotFound,
    NoteNotFound,
    SectionNotFound,
    BlockNotFound,
    SourceNotFound,
    RevisionNotFound,
    MethodNotAllowed,
    RequestTimeout,
    AmbiguousSection,
    TooLarge,
    UriTooLong,
    HeadersTooLarge,
    UnsupportedMediaType,
    RateLimited,
    Internal,
    Busy,
    IndexBehind,
    NotReady,
}

/// One line of the table.
struct Row {
    status: StatusCode,
    slug: &'static str,
    title: &'static str,
    hint: &'static str,
}

impl ProblemKind {
    fn row(self) -> Row {
        let row = |status, slug, title, hint| Row { status, slug, title, hint };
        match self {
            Self::InvalidPath => row(
                StatusCode::BAD_REQUEST,
                "invalid-path",
                "this is no path of a note",
                "send a path relative to the vault, such as `Projects/Home Lab.md`",
            ),
            Self::InvalidQuery => row(
                StatusCode::BAD_REQUEST,
                "invalid-query",
                "the query cannot be understood",
                "correct the query at `range`, or leave out `syntax` to search for plain words",
            ),
            Self::InvalidParameter => row(
                StatusCode::BAD_REQUEST,
                "invalid-parameter",
                "a parameter is unknown or has a wrong value",
                "use a parameter of `valid`, each once, or correct the value",
            ),
            Self::InvalidBody => row(
                StatusCode::BAD_REQUEST,
                "invalid-body",
                "the body is not what this call takes",
                "send one JSON object with the fields of `valid`",
            ),
            Self::InvalidRequest => row(
                StatusCode::BAD_REQUEST,
                "invalid-request",
                "the request is malformed",
                "send one header of each kind, and a `Host`",
            ),
            Self::Unauthorized => row(
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "a valid token is required",
                "send `Authorization: Bearer <token>`; the command line reads it from MEMBRIDGE_TOKEN",
            ),
            Self::ForbiddenScope => row(
                StatusCode::FORBIDDEN,
                "forbidden-scope",
                "the token does not allow this",
                "use a token that has the scope",
            ),
            Self::ForbiddenHost => row(
                StatusCode::FORBIDDEN,
                "forbidden-host",
                "this host or origin is not allowed",
                "call the service by a loopback name, or add the name to `allowed_hosts` or `allowed_origins`",
            ),
            Self::ForbiddenPath => row(
                StatusCode::FORBIDDEN,
                "forbidden-path",
                "this file may not be read",
                "give the service's user the right to read it",
            ),
            Self::RouteNotFound => row(
                StatusCode::NOT_FOUND,
                "route-not-found",
                "there is no such call",
                "see /openapi.json for the calls",
            ),
            Self::NoteNotFound => row(
                StatusCode::NOT_FOUND,
                "note-not-found",
                "there is no such note",
                "search for its words, or list the folder: `/v1/search?path=Folder/**&sort=path`",
            ),
            Self::SectionNotFound => row(
                StatusCode::NOT_FOUND,
                "section-not-found",
                "the note has no such section",
                "use one of `candidates`",
            ),
            Self::BlockNotFound => row(
                StatusCode::NOT_FOUND,
                "block-not-found",
                "the note has no such block",
                "use one of `candidates`, or read with `view=map`",
            ),
            Self::SourceNotFound => row(
                StatusCode::NOT_FOUND,
                "source-not-found",
                "there is no such source",
                "use one of `candidates`",
            ),
            Self::RevisionNotFound => row(
                StatusCode::NOT_FOUND,
                "revision-not-found",
                "there is no such revision",
                "leave the revision out to read the present text",
            ),
            Self::MethodNotAllowed => row(
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "this call does not take this method",
                "see the `Allow` header, and /openapi.json",
            ),
            Self::RequestTimeout => row(
                StatusCode::REQUEST_TIMEOUT,
                "request-timeout",
                "the body came too slowly",
                "send the request again, on a new connection",
            ),
            Self::AmbiguousSection => row(
                StatusCode::CONFLICT,
                "ambiguous-section",
                "several sections have this name",
                "use one of `candidates`, or give the lines",
            ),
            Self::TooLarge => row(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                "this is larger than the limit",
                "send less, or raise the limit in the configuration",
            ),
            Self::UriTooLong => row(
                StatusCode::URI_TOO_LONG,
                "uri-too-long",
                "the address is longer than the limit",
                "use `POST /v1/search` for long queries",
            ),
            Self::HeadersTooLarge => row(
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "headers-too-large",
                "the headers are longer than the limit",
                "send fewer headers",
            ),
            Self::UnsupportedMediaType => row(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                "this type of body is not taken",
                "send `Content-Type: application/json`, UTF-8, not compressed",
            ),
            Self::RateLimited => row(
                StatusCode::TOO_MANY_REQUESTS,
                "rate-limited",
                "too many failed logins from this address",
                "wait `retry_after_ms`, then send a valid token",
            ),
            Self::Internal => row(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "the service failed",
                "see the log under this request id, and send the request again",
            ),
            Self::Busy => row(
                StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                "the service has too much to do",
                "send the request again after `retry_after_ms`",
            ),
            Self::IndexBehind => row(
                StatusCode::SERVICE_UNAVAILABLE,
                "index-behind",
                "the index has not reached this generation",
                "send the request again after `retry_after_ms`, or leave out `min_generation`",
            ),
            Self::NotReady => row(
                StatusCode::SERVICE_UNAVAILABLE,
                "not-ready",
                "the service is not ready",
                "send the request again after `retry_after_ms`; notes can be read by their path meanwhile",
            ),
        }
    }

    /// Returns the last part of the `type`, such as `invalid-path`.
    pub fn slug(self) -> &'static str {
        self.row().slug
    }

    /// Returns the status that this kind is answered with.
    pub fn status(self) -> StatusCode {
        self.row().status
    }
}

/// An error answer (`application/problem+json`). Build it with [`Problem::new`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `/problems/` and the kind.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    /// What was wrong with this request.
    pub detail: String,
    /// What to do next.
    pub hint: String,
    /// What helps with some kinds; boxed, because every fallible function carries the size of its error.
    #[serde(flatten)]
    pub more: Box<More>,
}

/// The members that only some problems have.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct More {
    /// What could have been meant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<String>,
    /// The parameters, fields or values that are taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub valid: Vec<String>,
    /// Why the service is not ready, as codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// The bytes of the query that are wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<ByteRange>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

/// A part of a text in bytes; the end is not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ByteRange {
    pub start: usize,
    pub end: usize,
}

impl Problem {
    /// Returns the problem of this kind; `detail` names the thing that was wrong.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Problem {
        let row = kind.row();
        Problem {
            kind: format!("/problems/{}", row.slug),
            title: row.title.to_owned(),
            status: row.status.as_u16(),
            detail: detail.into(),
            hint: row.hint.to_owned(),
            more: Box::default(),
        }
    }

    /// Says what to do next, where more is known than the kind's own hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint = hint.into();
        self
    }

    pub fn candidates(mut self, candidates: Vec<String>) -> Problem {
        self.more.candidates = candidates;
        self
    }

    pub fn valid(mut self, valid: &[&str]) -> Problem {
        self.more.valid = valid.iter().map(|&it| it.to_owned()).collect();
        self
    }

    /// Adds why the service is not ready, as codes.
    pub fn reasons(mut self, reasons: Vec<String>) -> Problem {
        self.more.reasons = reasons;
        self
    }

    /// Adds the bytes of the query that are wrong.
    pub fn range(mut self, range: Range<usize>) -> Problem {
        self.more.range = Some(ByteRange {
            start: range.start,
            end: range.end,
        });
        self
    }

    /// Adds `retry_after_ms` and the `Retry-After` header, which counts in whole seconds.
    pub fn retry_after_ms(mut self, wait: u64) -> Problem {
        self.more.retry_after_ms = Some(wait);
        self
    }

    /// Says whether this is a problem of that kind.
    pub fn is(&self, kind: ProblemKind) -> bool {
        self.kind.strip_prefix("/problems/") == Some(kind.slug())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).expect("a problem holds only texts and numbers");
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.is(ProblemKind::Unauthorized) {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.more.retry_after_ms {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.div_ceil(1000)));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_what_is_wrong_and_what_to_do() {
        let problem = Problem::new(ProblemKind::InvalidParameter, "`foo` is unknown").valid(&["q"]);
        assert_eq!(
            serde_json::to_value(&problem).unwrap(),
            serde_json::json!({
                "type": "/problems/invalid-parameter", "title": "a parameter is unknown or has a wrong value", "status": 400,
                "detail": "`foo` is unknown", "hint": "use a parameter of `valid`, each once, or correct the value", "valid": ["q"],
            })
        );
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_rounded_up() {
        let response = Problem::new(ProblemKind::Busy, "too many searches")
            .retry_after_ms(1200)
            .into_response();
        assert_eq!(
            (response.status().as_u16(), &response.headers()["retry-after"]),
            (503, &HeaderValue::from(2))
        );
    }

    #[test]
    fn a_missing_token_is_challenged() {
        let response = Problem::new(ProblemKind::Unauthorized, "no token was sent").into_response();
        assert_eq!(
            (response.status().as_u16(), &response.headers()["www-authenticate"]),
            (401, &HeaderValue::from_static("Bearer"))
        );
    }
}

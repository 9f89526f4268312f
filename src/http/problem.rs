//! Every error answer of the API: RFC 9457 problem details, built from one table. Knows statuses and texts; knows no route.

use std::ops::Range;

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

mod kind;

pub use kind::ProblemKind;

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
    /// The hash that the note has now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_hash: Option<String>,
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

    /// Adds the hash that the note has now.
    pub fn current_hash(mut self, hash: String) -> Problem {
        self.more.current_hash = Some(hash);
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

//! How fresh an answer is: the `index` member, the `Membridge-Generation` header, and waiting for a generation.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    engine::{handle::Handle, status::Freshness},
    http::{
        params::{Params, invalid},
        problem::{Problem, ProblemKind},
        work,
    },
    model::path::SourceName,
};

/// The header that carries the generation where the body is a note's own bytes.
pub const GENERATION: HeaderName = HeaderName::from_static("membridge-generation");

/// How long a caller waits for `min_generation` when it does not say, and at most: milliseconds.
const WAIT_MS: u64 = 2000;
const WAIT_MS_MOST: u64 = 10_000;

/// The freshness of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Index {
    /// Grows with each change that search sees, across rebuilds too.
    pub generation: u64,
    /// Whether the index may be behind the disk: then an empty answer proves nothing.
    pub stale: bool,
    /// Age of the oldest change known and not yet indexed, in milliseconds.
    pub lag_ms: u64,
}

impl From<Freshness> for Index {
    fn from(it: Freshness) -> Index {
        Index {
            generation: it.generation,
            stale: it.stale,
            lag_ms: it.lag_ms,
        }
    }
}

impl Index {
    /// Returns the value of the [`GENERATION`] header.
    pub fn header(&self) -> HeaderValue {
        HeaderValue::from(self.generation)
    }
}

/// Returns the one source that is asked, if it is one.
pub fn only(sources: &[SourceName]) -> Option<&SourceName> {
    match sources {
        [one] => Some(one),
        _ => None,
    }
}

/// From which generation on an answer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wanted {
    pub min_generation: Option<u64>,
    pub wait_ms: Option<u64>,
}

impl Wanted {
    /// Reads `min_generation` and `wait_ms`.
    pub fn parse(params: &Params) -> Result<Wanted, Problem> {
        Ok(Wanted {
            min_generation: params.number("min_generation")?,
            wait_ms: params.number("wait_ms")?,
        })
    }

    /// Waits until the index has reached the generation; 503 `index-behind` when the time is over first.
    pub async fn wait(self, handle: &Handle) -> Result<(), Problem> {
        let wait_ms = self.wait_ms.unwrap_or(WAIT_MS);
        if wait_ms > WAIT_MS_MOST {
            return Err(invalid("wait_ms", format_args!("it is at most {WAIT_MS_MOST}")));
        }
        let Some(wanted) = self.min_generation else { return Ok(()) };
        let present = handle.freshness().generation;
        if present >= wanted {
            return Ok(());
        }
        let handle = handle.clone();
        if work::blocking(move || handle.wait_for(wanted, Duration::from_millis(wait_ms))).await? {
            return Ok(());
        }
        let detail = format!("the index is at generation {present} and did not reach {wanted} in {wait_ms} ms");
        Err(Problem::new(ProblemKind::IndexBehind, detail).retry_after_ms(1000))
    }
}

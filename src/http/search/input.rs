//! What a search may be asked, and what the words mean: parameters and body -> `SearchRequest`. Knows the contract's names, ranges and
//! defaults; knows no index.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    http::{
        auth::Caller,
        freshness::Wanted,
        params::{Params, invalid},
        problem::{Problem, ProblemKind},
        when::{self, Clock, Edge},
    },
    io::index::request::{Filter, SearchRequest, Sort, Visible},
    model::{
        glob::PathGlob,
        origin::Origin,
        path::SourceName,
        query::{self, Query, QueryError},
    },
};

/// Every parameter of a search, as the contract names it.
pub const VALID: &[&str] = &[
    "q",
    "limit",
    "offset",
    "source",
    "path",
    "tag",
    "origin",
    "since",
    "until",
    "sort",
    "passages",
    "snippet_chars",
    "min_score",
    "syntax",
    "explain",
    "min_generation",
    "wait_ms",
];

const LIMIT: usize = 8;
const LIMIT_MOST: usize = 100;
/// Each page costs as much as all pages before it; who wants more narrows the search.
const OFFSET_MOST: usize = 10_000;
const PASSAGES_MOST: usize = 5;
const SNIPPET_CHARS: usize = 240;
const SNIPPET_CHARS_MOST: usize = 2000;

/// What to search for. Everything may be left out.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SearchInput {
    /// Words, phrases and operators; left out, the conditions alone select.
    #[serde(alias = "query")]
    pub q: Option<String>,
    /// Hits in the answer: 1 to 100, 8 when left out.
    #[serde(alias = "maxResults", alias = "max_results", alias = "k")]
    pub limit: Option<usize>,
    /// Hits to skip: up to 10000.
    pub offset: Option<usize>,
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
    /// `relevance`, `modified` (newest first) or `path`.
    pub sort: Option<String>,
    /// Passages a note: 1 to 5.
    pub passages: Option<usize>,
    /// Characters a snippet: up to 2000, 0 for none.
    pub snippet_chars: Option<usize>,
    /// Only hits with at least this score, 0 to 1.
    #[serde(alias = "minScore")]
    pub min_score: Option<f32>,
    /// `natural` or `obsidian`.
    pub syntax: Option<String>,
    /// Also tell how the query was read and why each hit ranks where it does.
    pub explain: Option<bool>,
    /// Wait until the index has reached this generation.
    pub min_generation: Option<u64>,
    /// How long to wait for it, in milliseconds: up to 10000.
    pub wait_ms: Option<u64>,
}

/// What surrounds a search: the caller's rights, the sources that exist, the clock, the longest query in bytes.
#[derive(Debug)]
pub struct Surroundings<'a> {
    pub caller: &'a Caller,
    pub sources: Vec<SourceName>,
    pub clock: Clock,
    pub query_bytes: u64,
}

impl SearchInput {
    /// Reads the query string.
    pub fn from_query(query: Option<&str>) -> Result<SearchInput, Problem> {
        let params = Params::parse(query, VALID)?;
        let text = |name| params.get(name).map(str::to_owned);
        Ok(SearchInput {
            q: text("q"),
            limit: params.number("limit")?,
            offset: params.number("offset")?,
            source: text("source"),
            path: text("path"),
            tag: text("tag"),
            origin: text("origin"),
            since: text("since"),
            until: text("until"),
            sort: text("sort"),
            passages: params.number("passages")?,
            snippet_chars: params.number("snippet_chars")?,
            min_score: params.number("min_score")?,
            syntax: text("syntax"),
            explain: params.flag("explain")?,
            min_generation: params.number("min_generation")?,
            wait_ms: params.number("wait_ms")?,
        })
    }

    /// Returns from which generation on the answer is wanted.
    pub fn wanted(&self) -> Wanted {
        Wanted {
            min_generation: self.min_generation,
            wait_ms: self.wait_ms,
        }
    }

    /// Checks every value and returns the request for the index.
    pub fn resolve(&self, around: &Surroundings<'_>) -> Result<SearchRequest, Problem> {
        let (query, exact) = self.query(around.query_bytes)?;
        let visible: Vec<Visible> = around
            .sources
            .iter()
            .map(|source| Visible {
                source: source.clone(),
                prefix: around.caller.prefix.clone(),
            })
            .collect();
        let min_score = self.min_score.unwrap_or(0.0);
        if !(0.0..=1.0).contains(&min_score) {
            return Err(invalid("min_score", "it is between 0 and 1"));
        }
        Ok(SearchRequest {
            query,
            visible,
            filter: self.filter(around)?,
            sort: self.sort()?,
            limit: within("limit", self.limit.unwrap_or(LIMIT), 1, LIMIT_MOST)?,
            offset: within("offset", self.offset.unwrap_or(0), 0, OFFSET_MOST)?,
            passages: within("passages", self.passages.unwrap_or(1), 1, PASSAGES_MOST)?,
            snippet_chars: within("snippet_chars", self.snippet_chars.unwrap_or(SNIPPET_CHARS), 0, SNIPPET_CHARS_MOST)?,
            min_score,
            exact,
            deadline: None,
        })
    }

    fn query(&self, query_bytes: u64) -> Result<(Query, bool), Problem> {
        let text = self.q.as_deref().unwrap_or_default();
        if text.len() as u64 > query_bytes {
            let detail = format!("the query has {} bytes, more than {query_bytes}", text.len());
            return Err(Problem::new(ProblemKind::InvalidQuery, detail).hint("search for fewer words; the rarest ones find the note"));
        }
        if text.contains('\0') {
            return Err(Problem::new(ProblemKind::InvalidQuery, "the query holds a NUL character").hint("leave the character out"));
        }
        match self.syntax.as_deref() {
            None | Some("natural") => Ok((query::natural(text), false)),
            Some("obsidian") => {
                let refused = |error: QueryError| {
                    Problem::new(ProblemKind::InvalidQuery, error.message)
                        .hint(error.hint)
                        .range(error.range)
                };
                let query = query::obsidian(text).map_err(refused)?;
                Ok((query, true))
            }
            Some(other) => Err(one_of("syntax", other, &["natural", "obsidian"])),
        }
    }

    fn filter(&self, around: &Surroundings<'_>) -> Result<Filter, Problem> {
        let moment = |name, text: &Option<String>, edge| -> Result<Option<i64>, Problem> {
            let Some(text) = text else { return Ok(None) };
            let moment = when::parse(text, edge, &around.clock).map_err(|why| invalid(name, why).valid(&when::VALID))?;
            Ok(Some(i64::try_from(moment.as_nanosecond()).unwrap_or(if moment.as_second() < 0 {
                i64::MIN
            } else {
                i64::MAX
            })))
        };
        let (since, until) = (moment("since", &self.since, Edge::Start)?, moment("until", &self.until, Edge::End)?);
        if let (Some(since), Some(until)) = (since, until)
            && since >= until
        {
            return Err(invalid("until", "it is not after `since`"));
        }
        Ok(Filter {
            source: self.source.as_deref().map(|name| find_source(name, &around.sources)).transpose()?,
            path: self
                .path
                .as_deref()
                .map(|glob| PathGlob::parse(glob).map_err(|why| invalid("path", why)))
                .transpose()?,
            tag: self.tag.as_deref().map(tag).transpose()?,
            origin: self.origin.as_deref().map(origin).transpose()?,
            since,
            until,
        })
    }

    fn sort(&self) -> Result<Sort, Problem> {
        match self.sort.as_deref() {
            None | Some("relevance") => Ok(Sort::Relevance),
            Some("modified") => Ok(Sort::Modified),
            Some("path") => Ok(Sort::Path),
            Some(other) => Err(one_of("sort", other, &["relevance", "modified", "path"])),
        }
    }
}

/// Returns the source of that name, or 404 with the names that exist.
pub fn find_source(name: &str, sources: &[SourceName]) -> Result<SourceName, Problem> {
    sources.iter().find(|it| it.as_str() == name).cloned().ok_or_else(|| {
        let candidates = sources.iter().map(ToString::to_string).collect();
        Problem::new(ProblemKind::SourceNotFound, format!("there is no source `{}`", name.escape_debug())).candidates(candidates)
    })
}

fn tag(text: &str) -> Result<String, Problem> {
    let name = text.strip_prefix('#').unwrap_or(text);
    if name.is_empty() || name.chars().any(|it| it.is_whitespace() || it.is_control() || it == '#') {
        return Err(invalid("tag", "a tag is one word, such as `project/copper`"));
    }
    Ok(name.to_owned())
}

fn origin(text: &str) -> Result<Origin, Problem> {
    Origin::parse(text).ok_or_else(|| one_of("origin", text, &Origin::ALL.map(Origin::as_str)))
}

fn one_of(name: &str, value: &str, valid: &[&str]) -> Problem {
    invalid(name, format_args!("`{}` is not one of {}", value.escape_debug(), valid.join(", "))).valid(valid)
}

fn within(name: &str, value: usize, least: usize, most: usize) -> Result<usize, Problem> {
    if (least..=most).contains(&value) {
        Ok(value)
    } else {
        Err(invalid(name, format_args!("it is between {least} and {most}")))
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    fn resolve(query: &str) -> Result<SearchRequest, Problem> {
        let caller = Caller {
            prefix: Some("Work/".to_owned()),
            ..Caller::anyone()
        };
        let clock = Clock {
            now: "2026-03-30T10:00:00Z".parse().unwrap(),
            zone: TimeZone::UTC,
        };
        let sources = vec![SourceName::parse("vault").unwrap(), SourceName::parse("config").unwrap()];
        SearchInput::from_query(Some(query))?.resolve(&Surroundings {
            caller: &caller,
            sources,
            clock,
            query_bytes: 2048,
        })
    }

    #[test]
    fn what_is_left_out_has_the_contracts_defaults() {
        let request = resolve("q=copper").unwrap();
        assert_eq!(
            (request.limit, request.offset, request.passages, request.snippet_chars),
            (8, 0, 1, 240)
        );
        assert_eq!((request.sort, request.exact, request.min_score), (Sort::Relevance, false, 0.0));
    }

    #[test]
    fn every_source_is_searched_below_the_callers_prefix() {
        let visible = resolve("q=a&source=config").unwrap().visible;
        assert_eq!(
            visible
                .iter()
                .map(|it| (it.source.as_str(), it.prefix.as_deref()))
                .collect::<Vec<_>>(),
            [("vault", Some("Work/")), ("config", Some("Work/"))]
        );
    }

    #[test]
    fn absurd_values_are_refused() {
        for query in [
            "limit=0",
            "limit=101",
            "limit=-1",
            "limit=1e9",
            "limit=NaN",
            "limit=9999999999999999999999",
            "offset=4294967295",
            "passages=0",
            "passages=6",
            "snippet_chars=2001",
            "min_score=NaN",
            "min_score=1.01",
            "min_score=-0.1",
            "sort=best",
            "syntax=lucene",
            "origin=robot",
            "since=soon",
            "since=2026-02-03&until=2026-02-02",
            "tag=",
            "tag=a%20b",
            "path=",
            "path=a%5B",
            "explain=perhaps",
            "wait_ms=-5",
            "colour=red",
        ] {
            assert!(resolve(query).is_err_and(|it| it.is(ProblemKind::InvalidParameter)), "{query}");
        }
        assert!(resolve("source=nowhere").is_err_and(|it| it.is(ProblemKind::SourceNotFound) && it.more.candidates == ["vault", "config"]));
        assert!(resolve(&format!("q={}", "a".repeat(2049))).is_err_and(|it| it.is(ProblemKind::InvalidQuery)));
    }

    #[test]
    fn a_broken_obsidian_query_is_refused_where_it_breaks() {
        let problem = resolve("syntax=obsidian&q=copper+%28ledger").unwrap_err();
        assert!(problem.is(ProblemKind::InvalidQuery) && problem.more.range.is_some(), "{problem:?}");
        assert!(resolve("q=copper+%28ledger").is_ok(), "natural text is never refused");
    }
}

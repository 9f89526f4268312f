//! The query string, read strictly: known names, each once, valid UTF-8. Knows the aliases that models guess; knows no parameter's meaning.

use std::{fmt::Display, str::FromStr};

use axum::http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::http::problem::{Problem, ProblemKind};

/// Names that models guess, and ours. An alias counts only where its meaning is taken.
const ALIASES: [(&str, &str); 6] = [
    ("query", "q"),
    ("maxResults", "limit"),
    ("max_results", "limit"),
    ("k", "limit"),
    ("minScore", "min_score"),
    ("maxBytes", "max_bytes"),
];

/// What stays itself in a path: slashes between folders, and signs that are common in names and harmless in a URL.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The parameters of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params(Vec<(&'static str, String)>);

impl Params {
    /// Reads a query string; only the names of `valid` are taken, so a misspelt one is refused instead of ignored.
    pub fn parse(query: Option<&str>, valid: &'static [&'static str]) -> Result<Params, Problem> {
        let mut params: Vec<(&'static str, String)> = Vec::new();
        for pair in query.unwrap_or_default().split('&').filter(|it| !it.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode_form(name)?, decode_form(value)?);
            let own = ALIASES
                .iter()
                .find(|(alias, _)| *alias == name)
                .map_or(name.as_str(), |(_, own)| own);
            let Some(&known) = valid.iter().find(|it| **it == own) else {
                return Err(Problem::new(ProblemKind::InvalidParameter, format!("there is no parameter `{name}` here")).valid(valid));
            };
            if params.iter().any(|(it, _)| *it == known) {
                return Err(Problem::new(ProblemKind::InvalidParameter, format!("the parameter `{known}` is given twice")).valid(valid));
            }
            params.push((known, value));
        }
        Ok(Params(params))
    }

    /// Returns the value of a parameter, if it was given.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(it, _)| *it == name).map(|(_, value)| value.as_str())
    }

    /// Returns the value as a number, or the problem that it is none.
    pub fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, Problem>
    where
        T::Err: Display,
    {
        let parse = |value: &str| {
            value
                .parse()
                .map_err(|error| invalid(name, format_args!("`{value}` is no number here: {error}")))
        };
        self.get(name).map(parse).transpose()
    }

    /// Returns `true` for `true`, `1`, `yes` and the bare name.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Problem> {
        match self.get(name) {
            None => Ok(None),
            Some("" | "true" | "1" | "yes") => Ok(Some(true)),
            Some("false" | "0" | "no") => Ok(Some(false)),
            Some(_) => Err(invalid(name, "it is `true` or `false`").valid(&["true", "false"])),
        }
    }
}

/// Returns the problem of a parameter with a wrong value.
pub fn invalid(name: &str, why: impl Display) -> Problem {
    Problem::new(
        ProblemKind::InvalidParameter,
        format!("the parameter `{name}` has a wrong value: {why}"),
    )
    .hint(format!("correct `{name}`, or leave it out"))
}

/// Returns the path that a URL names after `prefix`, decoded once; or the problem that it cannot be read.
pub fn path_after(prefix: &str, uri: &Uri) -> Result<String, Problem> {
    let written = uri.path().strip_prefix(prefix).unwrap_or_default();
    decode(written).map_err(|why| Problem::new(ProblemKind::InvalidPath, format!("the path cannot be read: {why}")))
}

/// Returns a path or citation as a part of a URL: what [`path_after`] takes apart.
pub fn encode_path(path: &str) -> String {
    utf8_percent_encode(path, IN_PATH).to_string()
}

/// Returns a percent-encoded text decoded once. A truncated escape, invalid UTF-8 and NUL are refused; nothing is repaired.
pub fn decode(text: &str) -> Result<String, &'static str> {
    let escapes = text.split('%').skip(1);
    if !escapes
        .into_iter()
        .all(|it| it.len() >= 2 && it.as_bytes()[..2].iter().all(u8::is_ascii_hexdigit))
    {
        return Err("it holds a `%` that two hexadecimal digits do not follow (write `%25` for the sign itself)");
    }
    match percent_decode_str(text).decode_utf8() {
        Ok(decoded) if decoded.contains('\0') => Err("it holds a NUL character"),
        Ok(decoded) => Ok(decoded.into_owned()),
        Err(_) => Err("it is not valid UTF-8"),
    }
}

fn decode_form(text: &str) -> Result<String, Problem> {
    decode(&text.replace('+', " "))
        .map_err(|why| Problem::new(ProblemKind::InvalidParameter, format!("the query string cannot be read: {why}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: &[&str] = &["q", "limit"];

    fn detail(query: &str) -> String {
        Params::parse(Some(query), VALID).unwrap_err().detail
    }

    #[test]
    fn reads_names_and_aliases() {
        let params = Params::parse(Some("query=copper+ledger%2B&k=5"), VALID).unwrap();
        assert_eq!(
            (params.get("q"), params.number::<usize>("limit").unwrap()),
            (Some("copper ledger+"), Some(5))
        );
    }

    #[test]
    fn refuses_what_it_cannot_read() {
        assert_eq!(detail("colour=red"), "there is no parameter `colour` here");
        assert_eq!(detail("q=a&query=b"), "the parameter `q` is given twice");
        assert_eq!(detail("q=%ff"), "the query string cannot be read: it is not valid UTF-8");
        assert_eq!(detail("q=%00"), "the query string cannot be read: it holds a NUL character");
        assert!(detail("q=100%").contains("two hexadecimal digits"));
        assert_eq!(Params::parse(Some("min_score=1"), VALID).unwrap_err().more.valid, VALID);
    }

    #[test]
    fn refuses_numbers_that_are_none() {
        for value in ["-1", "NaN", "1e9", "99999999999999999999", ""] {
            let params = Params::parse(Some(&format!("limit={value}")), VALID).unwrap();
            assert!(params.number::<usize>("limit").is_err(), "{value}");
        }
    }

    #[test]
    fn a_citation_is_one_part_of_a_url() {
        assert_eq!(encode_path("Projects/Home Lab.md#L10-L24"), "Projects/Home%20Lab.md%23L10-L24");
        assert_eq!(encode_path("100%?&.md"), "100%25%3F%26.md");
        assert_eq!(encode_path("vault:a.md"), "vault%3Aa.md");
    }

    #[test]
    fn decodes_once_and_only_once() {
        assert_eq!(decode("%252e%252e").unwrap(), "%2e%2e");
        assert_eq!(decode("a%2Fb").unwrap(), "a/b");
        assert!(decode("%").is_err() && decode("%4").is_err() && decode("%zz").is_err() && decode("%ed%a0%80").is_err());
    }
}

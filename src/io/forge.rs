//! The API of a forge, and who else is told over HTTP: one request, its JSON or why there is none. URLs are made of the configured address and
//! of paths that the caller encoded; redirects are not followed. Knows neither pull requests nor when to try again.

use std::{
    fs,
    path::Path,
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use ureq::{
    Agent, Body,
    http::{Response, StatusCode},
};

use crate::model::pull_request::ForgeKind;

mod call;
mod look;

pub use look::Look;

const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(10);
/// Far above a page of any list.
const ANSWER_MOST: u64 = 16 << 20;
/// What is longer is no token.
const TOKEN_MOST: usize = 4096;
/// A forge that wants to be left alone for longer is asked again after this.
const WAIT_MOST: u64 = 3600;

const IN_SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such thing.
    Missing,
    /// The token is not taken, or may not do this.
    Denied(String),
    /// It may work later, after this time where the forge said so.
    Later(Option<Duration>, String),
    /// The answer is none that a forge makes, like the page of a proxy; the next one may be.
    Failed(String),
    /// There is too much of it, or it takes too long; the next answer may well be the same.
    TooMuch(String),
}

impl Refusal {
    /// Returns the reason for status and logs.
    pub fn detail(&self) -> &str {
        match self {
            Refusal::Missing => "the forge knows no such thing",
            Refusal::Denied(why) | Refusal::Later(_, why) | Refusal::Failed(why) | Refusal::TooMuch(why) => why,
        }
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    Json(Reply),
    /// Nothing has changed since the entity tag that was sent.
    Same,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub value: Value,
    /// The entity tag, where there is one.
    pub tag: Option<String>,
    /// Whether the forge says that a list goes on; `None` when it does not say.
    pub more: Option<bool>,
    /// How many items the whole list has, where the forge says so.
    pub total: Option<usize>,
}

impl Reply {
    /// Says whether a list of which so many items are there goes on: as the forge says, else when the page was as full as it was asked for.
    pub fn goes_on(&self, read: usize, size: usize) -> bool {
        let is_full = self.value.as_array().is_some_and(|it| it.len() >= size);
        self.more.or(self.total.map(|it| it > read)).unwrap_or(is_full)
    }
}

/// The API of one forge.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    base: String,
    kind: ForgeKind,
    stop: Arc<AtomicBool>,
    until: Option<Instant>,
}

impl Client {
    /// Returns the client of a forge at an address without a final slash.
    pub fn new(kind: ForgeKind, url: &str) -> Client {
        let base = match kind {
            ForgeKind::Gitea | ForgeKind::Forgejo => format!("{url}/api/v1"),
            ForgeKind::GitHub if url == "https://github.com" => "https://api.github.com".to_owned(),
            ForgeKind::GitHub => format!("{url}/api/v3"),
            ForgeKind::GitLab => format!("{url}/api/v4"),
        };
        Client {
            agent: agent(),
            base,
            kind,
            stop: Arc::default(),
            until: None,
        }
    }

    /// Returns the client whose calls end when this is set.
    pub fn stopped_by(self, stop: Arc<AtomicBool>) -> Client {
        Client { stop, ..self }
    }

    /// Returns the client that makes no call after this time.
    pub fn until(&self, until: Instant) -> Client {
        Client {
            agent: self.agent.clone(),
            base: self.base.clone(),
            kind: self.kind,
            stop: Arc::clone(&self.stop),
            until: Some(until),
        }
    }

    /// Returns what the forge says at a path below its API. The file with the token is read anew. Blocking, for ten seconds at most; a stop ends it.
    pub fn get(&self, path: &str, token_file: &Path, known: Option<&str>) -> Result<Answer, Refusal> {
        if self.until.is_some_and(|it| it <= Instant::now()) {
            return Err(Refusal::TooMuch("its answers take too long together".to_owned()));
        }
        let (agent, kind, url) = (self.agent.clone(), self.kind, format!("{}{path}", self.base));
        let (token_file, known) = (token_file.to_owned(), known.map(str::to_owned));
        call::unless_stopped(&self.stop, move || get(&agent, kind, &url, &token(&token_file)?, known.as_deref()))
    }

    /// Returns the items of a list, page by page, of so many pages at most. `path` has a query that names the size of a page; the address of the
    /// next page is made here, whatever the forge says it is. Blocking, for ten seconds a page.
    pub fn list(&self, path: &str, token_file: &Path, size: usize, pages: usize) -> Result<Vec<Value>, Refusal> {
        let mut items: Vec<Value> = Vec::new();
        let mut before = Value::Null;
        for page in 1..=pages {
            let Answer::Json(reply) = self.get(&format!("{path}&page={page}"), token_file, None)? else {
                return Err(Refusal::Failed("nothing was to be compared".to_owned()));
            };
            let found = items_of(&reply.value)?;
            // Some lists know no pages, and are whole each time.
            if found.is_empty() || reply.value == before {
                break;
            }
            items.extend(found.iter().cloned());
            if !reply.goes_on(items.len(), size) {
                break;
            }
            before = reply.value;
        }
        Ok(items)
    }
}

/// Returns the items of a list. Older versions of Gitea write an empty one as `null`; anything else is no list.
pub fn items_of(value: &Value) -> Result<&[Value], Refusal> {
    match value {
        Value::Array(items) => Ok(items),
        Value::Null => Ok(&[]),
        _ => Err(Refusal::Failed("the answer is no list".to_owned())),
    }
}

/// Tells one line to an address, with a bearer token where there is one. Blocking, for ten seconds at most; a stop ends it.
pub fn tell(url: &str, token_file: Option<&Path>, text: &str, stop: &AtomicBool) -> Result<(), Refusal> {
    let mut request = agent().post(url);
    if let Some(file) = token_file {
        request = request.header("authorization", format!("Bearer {}", token(file)?));
    }
    let body = serde_json::json!({"text": text, "mode": "now"});
    call::unless_stopped(stop, move || check(&request.send_json(body).map_err(unreachable)?))
}

/// Returns one part of a path, encoded: `owner/name` is one part for GitLab.
pub fn segment(text: &str) -> String {
    utf8_percent_encode(text, IN_SEGMENT).to_string()
}

fn get(agent: &Agent, kind: ForgeKind, url: &str, token: &str, known: Option<&str>) -> Result<Answer, Refusal> {
    let request = agent.get(url).header("accept", "application/json");
    let request = match kind {
        ForgeKind::Gitea | ForgeKind::Forgejo => request.header("authorization", format!("token {token}")),
        ForgeKind::GitHub => request.header("authorization", format!("Bearer {token}")),
        ForgeKind::GitLab => request.header("private-token", token),
    };
    let request = match known {
        Some(tag) => request.header("if-none-match", tag),
        None => request,
    };
    let mut response = request.header("user-agent", "membridge").call().map_err(unreachable)?;
    if response.status() == StatusCode::NOT_MODIFIED {
        return Ok(Answer::Same);
    }
    check(&response)?;
    let tag = header(&response, "etag").map(str::to_owned);
    let more = goes_on(&response);
    let total = header(&response, "x-total-count").and_then(|it| it.parse().ok());
    let bytes = response.body_mut().with_config().limit(ANSWER_MOST).read_to_vec();
    let bytes = bytes.map_err(unreachable)?;
    let value = serde_json::from_slice(&bytes).map_err(|error| Refusal::Failed(format!("the answer is no JSON: {error}")))?;
    Ok(Answer::Json(Reply { value, tag, more, total }))
}

fn agent() -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        // A redirect would carry the token elsewhere.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(CONNECT))
        .timeout_global(Some(ANSWER))
        .build();
    config.into()
}

fn token(file: &Path) -> Result<String, Refusal> {
    let unreadable = |why: String| Refusal::Denied(format!("the token in `{}` cannot be used: {why}", file.display()));
    let text = fs::read_to_string(file).map_err(|error| unreadable(error.to_string()))?;
    let token = text.trim();
    if token.is_empty() || token.len() > TOKEN_MOST || !token.bytes().all(|it| it.is_ascii_graphic()) {
        return Err(unreadable("it is no single word".to_owned()));
    }
    Ok(token.to_owned())
}

/// Whether a list goes on, as the forge says: in `Link`, which some leave out, GitLab also by the number of the next page.
fn goes_on(response: &Response<Body>) -> Option<bool> {
    if let Some(next) = header(response, "x-next-page") {
        return Some(!next.trim().is_empty());
    }
    header(response, "link").map(|it| it.contains("rel=\"next\""))
}

/// Statuses are told, bodies are not: they are another's text.
fn check(response: &Response<Body>) -> Result<(), Refusal> {
    let status = response.status();
    let said = format!("the answer was {}", status.as_u16());
    let number = |name| header(response, name)?.parse::<u64>().ok();
    let is_spent = ["x-ratelimit-remaining", "ratelimit-remaining"]
        .iter()
        .any(|it| number(it) == Some(0));
    let until = || number("x-ratelimit-reset").or_else(|| number("ratelimit-reset"));
    let from_now = |until: u64| {
        Some(
            until
                .saturating_sub(SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs())
                .max(1),
        )
    };
    let wait = number("retry-after").or_else(|| until().filter(|_| is_spent).and_then(from_now));
    match status {
        it if it.is_success() => Ok(()),
        StatusCode::NOT_FOUND | StatusCode::GONE => Err(Refusal::Missing),
        StatusCode::FORBIDDEN if wait.is_none() && !is_spent => Err(Refusal::Denied(format!("{said}: the token may not do this"))),
        StatusCode::UNAUTHORIZED => Err(Refusal::Denied(format!("{said}: the token is not taken"))),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::FORBIDDEN | StatusCode::REQUEST_TIMEOUT => {
            Err(Refusal::Later(wait.map(|it| Duration::from_secs(it.min(WAIT_MOST))), said))
        }
        it if it.is_server_error() => Err(Refusal::Later(wait.map(|it| Duration::from_secs(it.min(WAIT_MOST))), said)),
        _ => Err(Refusal::Failed(said)),
    }
}

fn header<'a>(response: &'a Response<Body>, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

fn unreachable(error: ureq::Error) -> Refusal {
    match error {
        ureq::Error::BodyExceedsLimit(most) => Refusal::TooMuch(format!("an answer has more than {} MiB", most >> 20)),
        other => Refusal::Later(None, other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One pull request with much to tell could take a quarter of an hour, and all others of its forge waited.
    #[test]
    fn no_call_is_made_after_the_time_that_one_pull_request_may_take() {
        // Nobody listens there: a call would fail otherwise.
        let client = Client::new(ForgeKind::Gitea, "http://127.0.0.1:9").until(Instant::now());
        let folder = tempfile::tempdir().unwrap();
        let token = folder.path().join("token");
        fs::write(&token, "0123456789abcdef").unwrap();
        let refused = client.list("/repos/o/n/pulls/7/files?limit=50", &token, 50, 10);
        assert!(matches!(refused, Err(Refusal::TooMuch(_))), "{refused:?}");
    }

    #[test]
    fn a_list_goes_on_as_the_forge_says() {
        let check = |items: usize, more: Option<bool>, total: Option<usize>, read: usize, expected: bool| {
            let value = Value::Array(vec![Value::Null; items]);
            let reply = Reply {
                value,
                tag: None,
                more,
                total,
            };
            assert_eq!(reply.goes_on(read, 50), expected, "{items} {more:?} {total:?} {read}");
        };
        check(50, Some(true), None, 50, true);
        check(50, Some(false), None, 50, false);
        // A forge may make smaller pages than it is asked for.
        check(30, Some(true), None, 30, true);
        check(30, None, Some(45), 30, true);
        check(15, None, Some(45), 45, false);
        // Of Gitea's comments all come at once, whatever page is asked for.
        check(80, None, Some(80), 80, false);
        check(50, None, None, 50, true);
        check(49, None, None, 49, false);
    }
}

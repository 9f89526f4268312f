//! The head of a write: which note, whose rights, the precondition, the caller's names and key. Checks what can be checked without looking at
//! the note; knows no body.

use axum::http::{HeaderMap, Uri, header};

use crate::{
    config::tokens::Scope,
    engine::request::{Idempotency, Who},
    http::{
        AppState,
        auth::Caller,
        body::BodyLimits,
        notes::load::{Target, source_of},
        params::{Params, path_after},
        problem::{Problem, ProblemKind},
    },
    model::{
        hash::ContentHash,
        path::{InvalidPath, NotePath, SourceName},
    },
};

/// What every write takes in its query string.
pub const VALID: &[&str] = &["source", "dry_run", "diff", "reason", "allow_empty", "allow_secret"];

/// A name of an agent or a session, in bytes.
const NAME_MOST: usize = 100;
const REASON_MOST: usize = 1000;
const KEY_MOST: usize = 200;

/// The head of a write.
#[derive(Debug)]
pub struct Call {
    pub may_edit: bool,
    /// Of the caller, see [`Caller::prefix`].
    pub prefix: Option<String>,
    pub if_match: Option<ContentHash>,
    pub who: Who,
    pub reason: Option<String>,
    pub dry_run: bool,
    pub diff: bool,
    pub allow_empty: bool,
    pub allow_secret: bool,
    /// The parameter of that name.
    source: Option<String>,
    key: Option<String>,
    /// What of the head belongs to the identity of the request.
    identity: String,
}

impl Call {
    /// Reads and checks the head of a request.
    pub fn read(caller: &Caller, method: &str, uri: &Uri, headers: &HeaderMap) -> Result<Call, Problem> {
        caller.require(Scope::Write)?;
        let params = Params::parse(uri.query(), VALID)?;
        let flag = |name: &str| params.flag(name).map(Option::unwrap_or_default);
        let if_match = if_match(headers)?;
        let precondition = if_match.map_or_else(String::new, |it| it.to_string());
        Ok(Call {
            may_edit: caller.scopes.contains(&Scope::Edit),
            prefix: caller.prefix.clone(),
            if_match,
            who: Who {
                agent: name(headers, "membridge-agent")?
                    .or_else(|| caller.name.clone())
                    .unwrap_or_default(),
                session: name(headers, "membridge-session")?.unwrap_or_default(),
                about: String::new(),
            },
            reason: params.get("reason").map(reason).transpose()?,
            dry_run: flag("dry_run")?,
            diff: flag("diff")?,
            allow_empty: flag("allow_empty")?,
            allow_secret: flag("allow_secret")?,
            source: params.get("source").map(str::to_owned),
            key: key(headers)?,
            identity: format!("{method} {uri} {precondition}\n"),
        })
    }

    /// Returns the note that a path in the URL names, after `prefix`.
    pub fn target(&self, state: &AppState, caller: &Caller, uri: &Uri, prefix: &str) -> Result<(SourceName, NotePath), Problem> {
        let written = path_after(prefix, uri)?;
        self.named(state, caller, &written)
    }

    /// Returns the note that a path means, if this caller may write it.
    pub fn named(&self, state: &AppState, caller: &Caller, written: &str) -> Result<(SourceName, NotePath), Problem> {
        refuse_hidden(written)?;
        let target = Target::parse(state, written, self.source.as_deref())?;
        if target.lines.is_some() {
            return Err(Problem::new(
                ProblemKind::InvalidPath,
                "lines are named in the edit, not in the path",
            ));
        }
        if !caller.sees(&target.path) {
            // Says nothing of whether there is a note: the prefix alone decides.
            return Err(Problem::new(ProblemKind::ForbiddenPath, "the token is confined to another folder")
                .hint("use a path below the folder of the token"));
        }
        Ok((target.source.config.name.clone(), target.path))
    }

    /// Returns the vault that is written when no path is named.
    pub fn vault(&self, state: &AppState) -> Result<SourceName, Problem> {
        Ok(source_of(state, self.source.as_deref())?.config.name.clone())
    }

    /// Returns how large a body may be that is a note's text.
    pub fn limits(&self, state: &AppState) -> BodyLimits {
        BodyLimits {
            bytes: usize::try_from(state.note_write_bytes).unwrap_or(usize::MAX),
            time: state.body_limits.time,
        }
    }

    /// As [`Call::limits`], of a body that carries the text in JSON.
    pub fn json_limits(&self, state: &AppState) -> BodyLimits {
        let plain = self.limits(state);
        BodyLimits {
            bytes: plain.bytes.saturating_mul(JSON_FACTOR),
            ..plain
        }
    }

    /// Returns the key under which this request is answered once, with what identifies the request.
    pub fn idempotency(&self, body: &[u8]) -> Option<Idempotency> {
        let key = self.key.clone().filter(|_| !self.dry_run)?;
        Some(Idempotency {
            key,
            request: ContentHash::of(&[self.identity.as_bytes(), body].concat()).to_string(),
        })
    }
}

/// What JSON adds to a text at most, roughly: every character may be escaped.
pub const JSON_FACTOR: usize = 3;

/// Returns a reason that fits into a commit.
pub fn reason(text: &str) -> Result<String, Problem> {
    one_line(text, REASON_MOST, "reason")
}

/// A hidden path is refused for what it is, a way up for being no path.
fn refuse_hidden(written: &str) -> Result<(), Problem> {
    let is_dots = |it: &str| matches!(it, "." | "..");
    let is_hidden = |it: &str| it.starts_with('.') && !is_dots(it);
    let mut parts = written.split('/');
    if NotePath::parse(written) == Err(InvalidPath::DotComponent) && !parts.clone().any(is_dots) && parts.any(is_hidden) {
        return Err(Problem::new(
            ProblemKind::ForbiddenPath,
            "nothing is written below a hidden folder, nor into a hidden file",
        )
        .hint("write notes below the agent's folder"));
    }
    Ok(())
}

/// One strong entity tag with a hash; anything else cannot be the identity of bytes.
fn if_match(headers: &HeaderMap) -> Result<Option<ContentHash>, Problem> {
    let mut values = headers.get_all(header::IF_MATCH).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let refused = |detail: &str| {
        Problem::new(ProblemKind::InvalidRequest, format!("`If-Match`: {detail}"))
            .hint("send `If-Match: \"<hash>\"` with the hash that was read")
    };
    if values.next().is_some() {
        return Err(refused("it stands there twice"));
    }
    let text = value.to_str().map_err(|_error| refused("it is no text"))?.trim();
    if text.starts_with("W/") {
        return Err(Problem::new(
            ProblemKind::StaleNote,
            "a weak tag never proves that bytes are the same",
        ));
    }
    let hash = text
        .strip_prefix('"')
        .and_then(|it| it.strip_suffix('"'))
        .and_then(ContentHash::parse);
    hash.map(Some).ok_or_else(|| refused("it is not one hash in quotes"))
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    // Of two keys nobody can say which one holds.
    let is_only = headers.get_all("idempotency-key").iter().count() == 1;
    let text = value.to_str().unwrap_or_default();
    let fits = is_only && (1..=KEY_MOST).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_graphic() || it == b' ');
    if fits {
        return Ok(Some(text.to_owned()));
    }
    let detail = format!("`Idempotency-Key` is 1 to {KEY_MOST} printable characters");
    Err(Problem::new(ProblemKind::InvalidRequest, detail)
        .hint("send a fresh random key with each write, and the same one when you repeat it"))
}

fn name(headers: &HeaderMap, header: &str) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(header) else { return Ok(None) };
    // What is no text is refused as a line break is.
    let text = std::str::from_utf8(value.as_bytes()).unwrap_or("\n.");
    one_line(text, NAME_MOST, header).map(|it| (!it.is_empty()).then_some(it))
}

fn one_line(text: &str, most: usize, what: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.len() <= most && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    Err(Problem::new(ProblemKind::InvalidRequest, format!("`{what}` is one line of {most} bytes at most")).hint("shorten it"))
}

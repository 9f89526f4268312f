//! Finds and masks secrets in text: by structure first (Kubernetes Secrets, private keys), then by known shapes, then by key and value. Knows
//! how secrets look; must not know where the text came from or what becomes of it. Prefers a missed secret to a false find in prose.

use std::{borrow::Cow, ops::Range, sync::LazyLock};

use memchr::memmem;
use regex::bytes::RegexSet;

mod argo;
pub mod file;
mod keyed;
mod kubernetes;
mod pem;
mod shapes;
mod trigger;
#[cfg(test)]
mod planted;
#[cfg(test)]
mod tests;

/// One secret in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The bytes of the secret alone, without its key or quotes.
    pub range: Range<usize>,
    /// What it is, for people: `github-token`, `private-key`.
    pub kind: &'static str,
}

/// Returns the secrets of a text (Markdown or anything else), in order and apart from each other. Where two rules claim the same bytes, the
/// finding has the kind of the more exact rule. Takes time linear in the text.
pub fn find(text: &str) -> Vec<Found> {
    // From the most to the least exact: the sort below is stable.
    let mut all = pem::find(text);
    let triggered = TRIGGERS.matches(text.as_bytes());
    all.extend(shapes::find(text, &triggered));
    if memmem::find(text.as_bytes(), b"Secret").is_some() {
        all.extend(kubernetes::find(text));
    }
    if triggered.matched(TRIGGERS.len() - 1) {
        all.extend(keyed::find(text));
    }
    apart(all)
}

/// Returns the kind of a secret that tells itself by its shape in a path; no key or sentence is looked for in one.
pub fn in_name(name: &str) -> Option<&'static str> {
    found_in_name(name).first().map(|it| it.kind)
}

/// Returns a path with such secrets masked.
pub fn mask_name(name: &str) -> Cow<'_, str> {
    mask_with(name, |name| apart(found_in_name(name)).into_iter().map(|it| (it, false)).collect())
}

fn found_in_name(name: &str) -> Vec<Found> {
    shapes::find(name, &TRIGGERS.matches(name.as_bytes()))
}

/// Those of the shapes, then that of the keys.
static TRIGGERS: LazyLock<RegexSet> = LazyLock::new(|| trigger::set(shapes::triggers().chain([keyed::TRIGGER.into()])));

/// Puts findings in order and merges those that overlap; of two kinds, the one that came first stays.
fn apart(all: Vec<Found>) -> Vec<Found> {
    let mut ranked: Vec<(usize, Found)> = all.into_iter().enumerate().collect();
    ranked.sort_by_key(|(rank, it)| (it.range.start, *rank));
    let mut apart: Vec<(usize, Found)> = Vec::new();
    for (rank, found) in ranked {
        match apart.last_mut() {
            Some((last_rank, last)) if found.range.start < last.range.end => {
                last.range.end = last.range.end.max(found.range.end);
                if rank < *last_rank {
                    (*last_rank, last.kind) = (rank, found.kind);
                }
            }
            _ => apart.push((rank, found)),
        }
    }
    apart.into_iter().map(|(_, it)| it).collect()
}

/// Returns the text with each secret replaced by a mask that tells its kind, `[redacted:github-token]`. Line feeds inside a secret stay, so that
/// every line number is true. A masked text has no secrets.
pub fn mask(text: &str) -> Cow<'_, str> {
    mask_with(text, |text| find(text).into_iter().map(|it| (it, false)).collect())
}

/// Masks what is found again and again; with each finding comes whether its mask needs quotes.
fn mask_with(text: &str, find: impl Fn(&str) -> Vec<(Found, bool)>) -> Cow<'_, str> {
    let mut masked = Cow::Borrowed(text);
    // What stood beside a secret may look like one without it.
    for _ in 0..ROUNDS {
        let found = find(&masked);
        if found.is_empty() {
            break;
        }
        masked = Cow::Owned(masked_once(&masked, found));
    }
    masked
}

fn masked_once(text: &str, found: Vec<(Found, bool)>) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    for (Found { range, kind }, is_quoted) in found {
        masked.push_str(&text[at..range.start]);
        let quote = if is_quoted { "\"" } else { "" };
        masked.extend([quote, MASK, kind, "]", quote]);
        let secret = &text[range.clone()];
        let ends = secret.bytes().enumerate().filter(|(_, it)| matches!(it, b'\n' | b'\r'));
        // Of the two signs that end a line one is enough.
        let ends = ends.filter(|(at, it)| *it == b'\n' || secret.as_bytes().get(at + 1) != Some(&b'\n'));
        masked.extend(ends.map(|(_, it)| char::from(it)));
        // What follows stays as far from the beginning of its line as it was.
        if let Some((_, line)) = secret.rsplit_once(['\n', '\r']) {
            let spaces = line.len() - line.trim_start_matches([' ', '\t']).len();
            masked.push_str(&line[..spaces]);
        }
        at = range.end;
    }
    masked.push_str(&text[at..]);
    masked
}

/// How often a text is masked at most; the second time has not been needed but for made-up texts.
const ROUNDS: usize = 8;

/// How a mask begins.
const MASK: &str = "[redacted:";

/// Tells whether a value stands for another one, or is masked or encrypted: `${TOKEN}`, `{{ .token }}`, `<token>`, `[redacted:..]`, `ENC[..]`.
fn is_reference(value: &str) -> bool {
    let starts = ["$", "{{", "<", "[", "%", "ENC[", "ref+", "vault:", "op://", "!"];
    starts.iter().any(|it| value.starts_with(it))
        || value.contains("${")
        || value.contains("{{")
        || value.contains("...")
        || value.contains('…')
}

/// Tells whether a value, or a line, only repeats what is written elsewhere in YAML: `*x`, `<<: [*x, *y]`.
fn is_alias(value: &str) -> bool {
    let is_name = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_.".contains(&it));
    let value = value.trim_start_matches(['-', ' ']);
    let merged = value.strip_prefix("<<:").map_or(value, str::trim_start);
    let mut names = merged.trim_matches(['[', ']']).split(',');
    names.all(|it| it.trim().strip_prefix('*').is_some_and(is_name))
}

/// Tells whether a value only shows where a secret would stand: a reference, `xxxx`, `changeme`, `your-token`.
fn is_placeholder(value: &str) -> bool {
    const PARTS: [&str; 12] = [
        "example",
        "changeme",
        "change-me",
        "change_me",
        "placeholder",
        "redacted",
        "xxxx",
        "****",
        "your-",
        "your_",
        "dummy",
        "insert",
    ];
    const WHOLE: [&str; 15] = [
        "password",
        "passwd",
        "pass",
        "pwd",
        "pw",
        "secret",
        "token",
        "key",
        "none",
        "null",
        "test",
        "foo",
        "bar",
        "admin",
        "1password",
    ];
    let lower = value.to_ascii_lowercase();
    let mut characters = lower.chars();
    let first = characters.next();
    is_reference(value)
        || PARTS.iter().any(|it| lower.contains(it))
        || WHOLE.contains(&lower.as_str())
        || characters.all(|it| Some(it) == first) && lower.len() > 1
}

//! Secrets that tell themselves by their key: `password: ..`, `API_TOKEN=..`, `"clientSecret": ".."`. Knows keys and how made-up a value
//! must look; must not know shapes of tokens.

use std::sync::LazyLock;

use regex::Regex;

use super::{Found, is_placeholder};

/// The end of a key, with quotes or emphasis, up to the value. What follows the word (`secretName`, `token_limit`) makes it another key.
static KEY: LazyLock<Regex> = LazyLock::new(|| {
    let words = "password|passwd|passphrase|pwd|secret|token|credential|api[_-]?key|access[_-]?key|private[_-]?key|secret[_-]?key|auth[_-]?key|encryption[_-]?key";
    Regex::new(&format!(
        r#"(?i-u)(?:{words})s?[0-9]{{0,2}}[*_"'`]{{0,3}}[ \t]{{0,4}}(?::=|=>|:|=)[ \t]{{0,8}}[*_]{{0,2}}[ \t]{{0,2}}"#
    ))
    .expect("the pattern is constant")
});

/// What a text must hold for the search to be worth it.
pub(super) const TRIGGER: &str = concat!(
    r#"(?i)(?:password|passwd|passphrase|pwd|secret|token|credential|(?:api|access|private|secret|auth|encryption)[_-]?key)"#,
    r#"s?[0-9]*[*_"'`]*[ \t]*[:=]"#
);

/// No value is looked at further than this, so that many keys on one line take linear time.
const MAX_VALUE: usize = 160;

pub(super) fn find(text: &str) -> Vec<Found> {
    let in_key = KEY.find_iter(text).filter_map(|found| {
        let kind = kind_of(word_of(found.as_str()));
        let (start, value) = value_at(text, found.end())?;
        // `${TOKEN:?it is missing}` says what to do without one.
        if value.starts_with('?') && is_expansion(&text.as_bytes()[..found.start()]) {
            return None;
        }
        is_secret(value, kind).then(|| Found {
            range: start..start + value.len(),
            kind,
        })
    });
    in_key.collect()
}

fn is_expansion(before: &[u8]) -> bool {
    let n_name = before
        .iter()
        .rev()
        .take(60)
        .take_while(|it| it.is_ascii_alphanumeric() || **it == b'_')
        .count();
    before[..before.len() - n_name].ends_with(b"${")
}

/// Returns the telling word at the beginning of a match.
fn word_of(found: &str) -> &str {
    let end = found.find(|it: char| !it.is_ascii_alphabetic() && !"_-".contains(it));
    let word = found[..end.unwrap_or(found.len())].trim_end_matches(['_', '-']);
    word.strip_suffix(['s', 'S']).unwrap_or(word)
}

fn kind_of(word: &str) -> &'static str {
    let word = word.to_ascii_lowercase();
    match word.as_bytes()[0] {
        b'p' if !word.starts_with("private") => "password",
        b't' => "token",
        _ if word.ends_with("key") => "key",
        _ => "secret",
    }
}

/// Returns the value, without its quotes, and where it begins. Outside of quotes it is one word at the end of its line or of its field: more words
/// are prose.
fn value_at(text: &str, at: usize) -> Option<(usize, &str)> {
    let rest = &text[at..];
    let mut limit = rest.len().min(MAX_VALUE);
    while !rest.is_char_boundary(limit) {
        limit -= 1;
    }
    let rest = &rest[..limit];
    if let Some(quote) = rest.chars().next().filter(|it| matches!(it, '"' | '\'' | '`')) {
        let inner = &rest[1..];
        let end = inner.find([quote, '\n'])?;
        return inner[end..].starts_with(quote).then(|| (at + 1, &inner[..end]));
    }
    let end = rest
        .find(|it: char| it.is_whitespace() || "\"'`,;&|<>(){}".contains(it))
        .unwrap_or(rest.len());
    let after = rest[end..].trim_start_matches([' ', '\t']);
    let ends =
        after.is_empty() || after.starts_with(['\n', '\r', '#', ',', ';', '&', '|', '}', '"', '\'', '`', '<']) || rest[..end].len() >= 16;
    ends.then(|| (at, &rest[..end]))
}

/// Passwords may be short, but have a digit or a sign; anything else must look random.
pub(super) fn is_secret(value: &str, kind: &str) -> bool {
    // The cheap questions first: a text may be all keys.
    looks_random(value, kind)
        && !value.starts_with(['/', '.', '~', '#', '&', '*'])
        && !value.contains("://")
        && !value.contains("](")
        && !is_identifier(value)
        && !is_placeholder(value)
}

/// Tells whether a word looks random and is no name.
pub(super) fn is_made_up(value: &str) -> bool {
    looks_random(value, "token") && !is_identifier(value)
}

fn looks_random(value: &str, kind: &str) -> bool {
    let has_digit = value.bytes().any(|it| it.is_ascii_digit());
    let has_letter = value.bytes().any(|it| it.is_ascii_alphabetic());
    if !has_letter {
        return false;
    }
    if kind == "password" {
        let n_spaces = value.matches(' ').count();
        return value.len() >= 6
            && n_spaces < 3
            && (has_digit || value.contains(['!', '$', '%', '^', '+', '=', '?', '@']) && !value.ends_with(['!', '?']));
    }
    value.len() >= 16 && has_digit && !value.contains(' ') && value.is_ascii() && entropy(value) >= 3.0
}

/// Names of things: `process.env.TOKEN2`, `my-app-token-v2`, `Some::path`. A part with many digits among its letters is no name.
fn is_identifier(value: &str) -> bool {
    let is_part = |part: &str| {
        let n_digits = part.bytes().filter(|it| it.is_ascii_digit()).count();
        part.bytes().all(|it| it.is_ascii_alphanumeric())
            && part.len() <= 24
            && (n_digits == 0 || n_digits == part.len() && n_digits <= 4 || n_digits <= 2 && part.len() <= 6)
    };
    value.contains(['.', '-', '_', ':', '/']) && value.split(['.', '-', '_', ':', '/']).all(is_part)
}

/// Returns the Shannon entropy in bits a byte.
fn entropy(value: &str) -> f64 {
    let mut counts = [0_u32; 256];
    value.bytes().for_each(|it| counts[usize::from(it)] += 1);
    let n = f64::from(counts.iter().sum::<u32>());
    let shares = counts.iter().filter(|it| **it > 0).map(|it| f64::from(*it) / n);
    -shares.map(|it| it * it.log2()).sum::<f64>()
}

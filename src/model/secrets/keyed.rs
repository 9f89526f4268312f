//! Secrets that tell themselves by their key: `password: ..`, `API_TOKEN=..`, `"clientSecret": ".."`, `Passwort：..`. Knows keys and how made-up a
//! value must look; must not know shapes of tokens.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

use super::{Found, MASK, is_placeholder};

/// The end of a key, with quotes or emphasis, up to the value. What follows the word (`secretName`, `token_limit`) makes it another key.
static KEY: LazyLock<Regex> = LazyLock::new(|| {
    let keys = "api[_-]?key|access[_-]?key|private[_-]?key|secret[_-]?key|auth[_-]?key|encryption[_-]?key";
    Regex::new(&format!(
        r#"(?i-u)(?:{PASSWORD}|secret|token|credential|{keys})s?[0-9]{{0,2}}[*_"'`]{{0,3}}[ \t]{{0,4}}(?::=|=>|:|=|：|＝)[ \t]{{0,8}}[*_]{{0,2}}[ \t]{{0,2}}"#
    ))
    .expect("the pattern is constant")
});

/// Words for a password in the languages that people keep notes in.
macro_rules! passwords {
    () => {
        concat!(
            "password|passwd|passphrase|pwd|passwort|kennwort|wachtwoord|mot de passe|contraseña|contrasena|senha|lösenord|hasło|пароль|Пароль",
            "|密码|密碼|パスワード|비밀번호"
        )
    };
}
const PASSWORD: &str = passwords!();

/// What a text must hold for the search to be worth it.
pub(super) const TRIGGER: &str = concat!(
    r"(?i)(?:",
    passwords!(),
    r"|secret|token|credential|(?:api|access|private|secret|auth|encryption)[_-]?key)",
    r#"s?[0-9]*[*_"'`]*[ \t]*(?:[:=]|：|＝)"#
);

/// No value is looked at further than this, so that many keys on one line take linear time.
const MAX_VALUE: usize = 160;

pub(super) fn find(text: &str) -> Vec<Found> {
    let mut all = Vec::new();
    for found in KEY.find_iter(text) {
        // Charts write the hash of a Secret there, so that pods start anew with it.
        if text[..found.start()].ends_with("checksum/") || is_in_arn(text, found.start()) {
            continue;
        }
        let kind = kind_of(found.as_str());
        for range in values_at(text, found.end()) {
            let value = &text[range.clone()];
            // `${TOKEN:?it is missing}` says what to do without one.
            let is_message = value.starts_with('?') && is_expansion(&text.as_bytes()[..found.start()]);
            if !is_message && is_secret(value, kind) {
                all.push(Found { range, kind });
            }
        }
    }
    all
}

/// Tells whether a place is in the name that Amazon gives to a secret: `arn:aws:secretsmanager:eu-west-1:123456789012:secret:db`.
pub(super) fn is_in_arn(text: &str, at: usize) -> bool {
    let before = &text.as_bytes()[at.saturating_sub(MAX_ARN)..at];
    let is_part = |it: &&u8| it.is_ascii_alphanumeric() || b":-_*".contains(it);
    before.ends_with(b":") && {
        let n_parts = before.iter().rev().take_while(is_part).count();
        before[before.len() - n_parts..].starts_with(b"arn:")
    }
}

/// So far before its word the name begins at most.
const MAX_ARN: usize = 100;

fn is_expansion(before: &[u8]) -> bool {
    let n_name = before
        .iter()
        .rev()
        .take(60)
        .take_while(|it| it.is_ascii_alphanumeric() || **it == b'_')
        .count();
    before[..before.len() - n_name].ends_with(b"${")
}

/// Returns the kind that the word at the beginning of a match tells.
fn kind_of(found: &str) -> &'static str {
    let found = found.to_ascii_lowercase();
    let begins = |words: &[&str]| words.iter().any(|it| found.starts_with(it));
    if begins(&["token"]) {
        "token"
    } else if begins(&["secret", "credential", "api", "access", "private", "auth", "encryption"]) {
        if found.contains("key") { "key" } else { "secret" }
    } else {
        "password"
    }
}

/// Returns the values after a key: one on its line, or the items of a list there or below.
fn values_at(text: &str, at: usize) -> Vec<Range<usize>> {
    let mut limit = text.len().min(at + MAX_VALUE);
    while !text.is_char_boundary(limit) {
        limit -= 1;
    }
    let rest = &text[at..limit];
    if let Some(list) = rest.strip_prefix('[').filter(|_| !rest.starts_with(MASK)) {
        // `[text](address)` is a link, `[x] done` a task.
        let is_list = |end: usize| {
            let after = list[end + 1..].trim_start_matches([' ', '\t']);
            after.is_empty() || after.starts_with(['\n', '\r', '#', ',', '}'])
        };
        let end = list.find(']').filter(|it| is_list(*it));
        return end.map_or_else(Vec::new, |it| items(text, at + 1..at + 1 + it, ',', ""));
    }
    let below = rest.trim_start_matches([' ', '\t', '\r']);
    if below.starts_with('\n') {
        return items(text, limit - below.len() + 1..limit, '\n', "- ");
    }
    value_at(text, at, limit).into_iter().collect()
}

/// Returns the values of the items of a list, up to the first without its mark.
fn items(text: &str, list: Range<usize>, separator: char, mark: &str) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    let mut at = list.start;
    for item in text[list].split(separator) {
        let Some(value) = item.trim_start().strip_prefix(mark) else {
            break;
        };
        let value = value.trim_start();
        let start = at + item.len() - value.len();
        at += item.len();
        all.extend(value_at(text, start, at));
        at += separator.len_utf8();
    }
    all
}

/// Returns where the value stands that begins here, without its quotes. Outside of quotes it is one word at the end of its line or of its field: more
/// words are prose.
fn value_at(text: &str, at: usize, limit: usize) -> Option<Range<usize>> {
    let rest = &text[at..limit];
    if let Some((open, close)) = QUOTES.into_iter().find(|(open, _)| rest.starts_with(*open)) {
        let inner = &rest[open.len_utf8()..];
        let end = inner.find([close, '\n'])?;
        let start = at + open.len_utf8();
        return inner[end..].starts_with(close).then_some(start..start + end);
    }
    let is_end = |it: char| it.is_whitespace() || "\"'`,;|<>(){}".contains(it);
    let mut end = rest.find(is_end).unwrap_or(rest.len());
    // In an address another parameter follows: `?password=x&user=y`.
    let next = rest[..end]
        .match_indices('&')
        .map(|(at, _)| at)
        .find(|it| is_parameter(&rest[it + 1..end]));
    end = next.unwrap_or(end);
    let after = rest[end..].trim_start_matches([' ', '\t']);
    let ends =
        after.is_empty() || after.starts_with(['\n', '\r', '#', ',', ';', '&', '|', '}', '"', '\'', '`', '<']) || rest[..end].len() >= 16;
    ends.then_some(at..at + end)
}

const QUOTES: [(char, char); 6] = [('"', '"'), ('\'', '\''), ('`', '`'), ('„', '“'), ('“', '”'), ('「', '」')];

fn is_parameter(text: &str) -> bool {
    text.split_once('=')
        .is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(|it| it.is_ascii_alphanumeric() || b"_.-".contains(&it)))
}

/// Passwords may be short, but have a digit or a sign; anything else must look random.
pub(super) fn is_secret(value: &str, kind: &str) -> bool {
    // The cheap questions first: a text may be all keys.
    looks_random(value, kind)
        && !value.starts_with(['/', '.', '~', '#', '&', '*'])
        && !value.contains("://")
        && !value.starts_with("arn:aws")
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
        // In a script without spaces a whole sentence looks like a word.
        return value.len() >= 6
            && n_spaces < 3
            && value.chars().all(|it| it < '\u{250}')
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

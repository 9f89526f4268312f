//! Users and their passwords side by side: `- [bob, "x"]` or `- bob:x` below `users:`, rows that SQL inserts. Knows such pairs; must not know keys
//! that tell by themselves.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

use super::{
    super::{Found, keyed},
    key,
    written::is_harmless_word,
};

/// A key above users.
static HEAD: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r#"(?im)^[ \t-]*["']?(?<name>[a-z_.-]*(?:users|auth|accounts|logins|htpasswd|credentials))["']?[ \t]*(?::|=>|=)[ \t]*\[?[ \t\r]*(?:#[^\n]*)?\n|^[ \t]*chpasswd:[ \t\r]*\n(?:[ \t]+[a-z_]+:[^\n]*\n)*?[ \t]+list:[ \t]*[|>]?-?[ \t\r]*\n"#,
    )
});
static PAIR: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r#"^[ \t]*(?:-[ \t]*)?[\[(][ \t]*["']?[^,\[\]"']{1,100}["']?[ \t]*,[ \t]*(?:"([^"\n]+)"|'([^'\n]+)'|([^\s,\]"']+))[ \t]*[\])],?[ \t\r]*(?:#[^\n]*)?$"#,
    )
});
static JOINED: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r#"^[ \t]*(?:-[ \t]+)?(?:"[^":\s]{1,100}:([^"\s]+)"|'[^':\s]{1,100}:([^'\s]+)'|[^"':\s{}\[\]$-][^:\s{}\[\]]{0,100}:([^\s"'{}\[\]]+)),?[ \t\r]*(?:#[^\n]*)?$"#,
    )
});
/// `INSERT INTO users (name, password) VALUES`.
static INSERT: LazyLock<Regex> =
    LazyLock::new(|| constant(r#"(?i)\b(?:insert(?:[ ]+ignore)?|replace)\s+into\s+[^\s(]+\s*\(([^()]+)\)\s*values\s*"#));

/// What a text must hold for the search below users, and for that in rows, to be worth it.
pub(super) const TRIGGERS: [&str; 2] = [
    r"(?im)(?:users|auth|accounts|logins|htpasswd|credentials)[\x22\x27]?[ \t]*(?::|=>|=)[ \t]*\[?[ \t\r]*(?:#[^\n]*)?\n[ \t]*(?:-[ \t]|[\[(\x22\x27])|^[ \t]*chpasswd:",
    r"(?i)(?:insert|ignore|replace)[ \t\r\n]+into[ \t\r\n]",
];

/// So many lines below a key are looked at.
const MAX_USERS: usize = 500;

/// No row is longer.
const MAX_ROW: usize = 4000;

fn constant(pattern: &str) -> Regex {
    Regex::new(&pattern.replace(r"\b", r"(?-u:\b)")).expect("the pattern is constant")
}

/// Returns the passwords beside the names of users.
pub(super) fn below(text: &str, all: &mut Vec<Found>) {
    let mut done = 0;
    for head in HEAD.captures_iter(text) {
        let Some(whole) = head.get(0).filter(|it| it.end() >= done) else {
            continue;
        };
        let name = head.name("name").map_or("chpasswd", |it| it.as_str()).to_ascii_lowercase();
        let is_auth = !name.ends_with("users") && !name.ends_with("accounts");
        let mut at = whole.end();
        for line in text[at..].split_inclusive('\n').take(MAX_USERS) {
            let content = line.trim_end_matches('\n');
            let pair = PAIR
                .captures(content)
                .map(|it| (it, true))
                .or_else(|| JOINED.captures(content).map(|it| (it, false)));
            let Some((captures, is_pair)) = pair else { break };
            if let Some(value) = captures.iter().skip(1).flatten().next() {
                let word = value.as_str();
                let is_kept =
                    key::is_harmless(word) || is_harmless_word(word) || content.contains("system:") || content.contains("[redacted:");
                if !is_kept && (is_pair || is_auth || keyed::is_secret(word, "password")) {
                    all.push(Found {
                        range: at + value.start()..at + value.end(),
                        kind: "password",
                    });
                }
            }
            at += line.len();
        }
        done = at;
    }
}

/// Returns what SQL inserts into columns that tell.
pub(super) fn inserted(text: &str, all: &mut Vec<Found>) {
    for insert in INSERT.captures_iter(text) {
        let (Some(whole), Some(columns)) = (insert.get(0), insert.get(1)) else {
            continue;
        };
        let bare = |it: &str| it.trim().trim_matches(['"', '`', '[', ']']).to_owned();
        let kinds: Vec<Option<&'static str>> = columns.as_str().split(',').map(|it| key::kind_of(&bare(it))).collect();
        if kinds.iter().all(Option::is_none) {
            continue;
        }
        let mut at = whole.end();
        while text[at..].starts_with('(') {
            let (fields, end) = row(text, at + 1);
            for (field, kind) in fields.into_iter().zip(&kinds) {
                if let Some(kind) = kind.filter(|_| !key::is_harmless(&text[field.clone()])) {
                    all.push(Found { range: field, kind });
                }
            }
            let rest = &text[end..];
            let after = rest.trim_start_matches([')', ',', ' ', '\t', '\r', '\n']);
            at = end + rest.len() - after.len();
        }
    }
}

/// Returns the insides of a row's literals, an empty range for anything else, and where the row ends.
fn row(text: &str, from: usize) -> (Vec<Range<usize>>, usize) {
    let bytes = text.as_bytes();
    let limit = bytes.len().min(from + MAX_ROW);
    let (mut fields, mut field, mut at, mut depth) = (Vec::new(), 0..0, from, 1_usize);
    while at < limit {
        match bytes[at] {
            b'\'' => {
                let start = at + 1;
                at = start;
                while at < limit && (bytes[at] != b'\'' || bytes.get(at + 1) == Some(&b'\'')) {
                    at += if matches!(bytes[at], b'\'' | b'\\') { 2 } else { 1 };
                }
                if field.is_empty() && at < limit {
                    field = start..at;
                }
            }
            b',' if depth == 1 => fields.push(std::mem::replace(&mut field, 0..0)),
            b'(' => depth += 1,
            b')' if depth == 1 => break,
            b')' => depth -= 1,
            _ => (),
        }
        at += 1;
    }
    fields.push(field);
    let mut end = at.min(limit);
    while !text.is_char_boundary(end) {
        end += 1;
    }
    (fields, end)
}

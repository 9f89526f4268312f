//! Secrets with a label in Markdown and plain text: `- password: x`, `db token = x` in a clause, `<!-- password: x -->`. Knows lines, clauses and
//! emphasis. What is longer than one word is a sentence, and left to what reads those.

use std::{ops::Range, sync::LazyLock};

use memchr::memrchr;
use regex::Regex;

use super::{
    super::{Found, keyed},
    key, word,
};

/// The last word of a label, up to where its value begins.
static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    let words = "password|passwd|passphrase|passcode|passwort|kennwort|wachtwoord|contraseña|senha|passe|pass|密码|密碼|パスワード|pwd|pw|psk|token|secret|key|credential|mnemonic";
    let end = r#"["'`*_\])]{0,3}(?:[ ]\((?u:[^()\n]){1,20}\))?[ \t]{0,3}(?::|=|：|＝|→)["'*_]{0,3}[ \t]{0,8}"#;
    Regex::new(&format!("(?i-u)(?:{words})s?{end}")).expect("the pattern is constant")
});

/// What a text must hold for the search to be worth it.
pub(super) const TRIGGER: &str = concat!(
    r"(?i)(?:pass[a-z]*|kennwort|wachtwoord|contraseña|senha|密码|密碼|パスワード|pwd|pw|psk|token|secret|key|credential|mnemonic)s?",
    r#"["'`*_\])]*(?:[ ]\([^()\n]*\))?[ \t]*(?:[:=]|：|＝|→)"#
);

/// A label that begins further from its last word is none.
const MAX_LABEL: usize = 60;

/// Nor has it more words.
const MAX_WORDS: usize = 4;

/// No value is looked at further than this.
const MAX_VALUE: usize = 200;

/// A fence stands no further from the beginning of its line.
const MAX_INDENT: usize = 40;

/// Returns the values beside labels, but for those in fences: there data stands, or code.
pub(super) fn find(text: &str) -> Vec<Found> {
    let fences = fences(text);
    let mut all = Vec::new();
    for found in LABEL.find_iter(text) {
        let is_fenced = fences[..fences.partition_point(|it| it.start <= found.start())].last();
        if is_fenced.is_some_and(|it| it.contains(&found.start())) {
            continue;
        }
        let label = label(text, found.range());
        // `The secret: patience`
        let is_figure = label.is_some_and(|it| it.eq_ignore_ascii_case("the secret"));
        // `First pass: parsing`, and `token → tree` of a grammar.
        let is_run = label.is_some_and(|it| it.to_ascii_lowercase().ends_with(" pass"));
        let is_arrow = found.as_str().contains('→');
        if let Some(kind) = label
            .and_then(key::kind_of)
            .filter(|it| !is_figure && !is_run && (!is_arrow || *it == "password"))
            && let Some(range) = value(text, found.end())
            && word::is_secret(&text[range.clone()], kind)
            && !is_command(label, text, &range, kind)
        {
            all.push(Found { range, kind });
        }
    }
    all
}

/// Tells whether what a run of tests says to pass is a command: `pass: \`pytest\``.
fn is_command(label: Option<&str>, text: &str, value: &Range<usize>, kind: &str) -> bool {
    let is_pass = label.is_some_and(|it| it.eq_ignore_ascii_case("pass"));
    is_pass && text[..value.start].ends_with('`') && !keyed::is_secret(&text[value.clone()], kind)
}

/// Returns what stands between fences, by line: what opens in the middle of one opens nothing.
fn fences(text: &str) -> Vec<Range<usize>> {
    let is_mark = |at: usize| {
        let before = &text.as_bytes()[at.saturating_sub(MAX_INDENT)..at];
        let line = memrchr(b'\n', before).map_or(0, |it| it + 1);
        before[line..].iter().all(|it| b" \t>".contains(it))
    };
    let marks: Vec<usize> = memchr::memmem::find_iter(text.as_bytes(), "```")
        .filter(|it| is_mark(*it))
        .collect();
    marks.chunks(2).map(|it| it[0]..it.get(1).copied().unwrap_or(text.len())).collect()
}

/// Returns the whole label, if its clause holds nothing else.
fn label(text: &str, found: Range<usize>) -> Option<&str> {
    let mut from = found.start.saturating_sub(MAX_LABEL);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let before = &text[from..found.start];
    let clause = [";", ", ", "(", "|", "<!--", ": ", ". ", "\n", "\r"]
        .iter()
        .filter_map(|it| before.rfind(it).map(|at| at + it.len()))
        .max();
    // What begins further away is a sentence.
    let start = from + clause.or((from == 0).then_some(0))?;
    let is_mark = |it: char| it.is_whitespace() || "-+*>#_`\"'[".contains(it);
    let label = text[start..found.end].trim_start_matches(is_mark);
    let label = label
        .split_once(['.', ')'])
        .filter(|(it, _)| it.bytes().all(|it| it.is_ascii_digit()))
        .map_or(label, |(_, it)| it);
    let label = label.trim_end_matches(|it: char| !it.is_alphanumeric());
    // `password (old)`
    let label = label.split_once(" (").map_or(label, |(it, _)| it);
    (label.split_whitespace().count() <= MAX_WORDS).then_some(label)
}

/// Returns the one word from here to the end of its clause, without quotes and emphasis.
fn value(text: &str, at: usize) -> Option<Range<usize>> {
    let mut limit = text.len().min(at + 2 * MAX_VALUE);
    while !text.is_char_boundary(limit) {
        limit -= 1;
    }
    let line = text[at..limit].split(['\n', '\r']).next().unwrap_or_default();
    let line = line.split("-->").next().unwrap_or(line).trim_end();
    let bare = line.trim_start_matches(MARKS);
    let start = at + line.len() - bare.len();
    let end = bare
        .find(|it: char| it.is_whitespace() || "\"`;|".contains(it))
        .unwrap_or(bare.len());
    if end > MAX_VALUE {
        return None;
    }
    let after = bare[end..].trim_start_matches(['"', '\'', '`', '*', '_']).trim_start();
    let word = bare[..end].trim_end_matches(['\'', '*', '_', ')', '.']);
    let goes_on = word
        .strip_suffix(',')
        .is_some_and(|_| after.contains(": ") || after.contains('=') || after.is_empty());
    let ends = after.is_empty() || bare[..end].ends_with(')') || after.starts_with([';', '|', '#', ')']) || goes_on;
    let word = word.trim_end_matches(',');
    (ends && !word.is_empty()).then(|| start..start + word.len())
}

const MARKS: [char; 5] = ['"', '\'', '`', '*', '_'];

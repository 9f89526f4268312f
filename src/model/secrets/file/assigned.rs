//! Values of telling keys in configuration and code: on the line of the key, in quotes over many lines, in a block or a list below it. Knows
//! where a value ends; must not know which keys tell.

use std::{ops::Range, sync::LazyLock};

use memchr::{memchr, memmem, memrchr};
use regex::Regex;

use super::{
    super::{Found, keyed},
    fallback, key,
    line::Language,
};

/// From the telling word of a key to where its value begins; the words before it are read backwards from here. A type may stand between.
static KEY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        // `author` and `path` are none: those words are whole ones.
        r#"(?i-u)(?:(?:pass|pwd|pw|pswd|secret|token|cred|key|kennwort|last-applied|jwt|dsn|salt|pepper|dockercfg|dockerconfigjson|bearer|hmac|psk|seed|phrase|cookie|mnemonic|community)[a-z0-9_./-]{0,40}"#,
        r#"|(?:auth|authorization|pat)(?:[0-9_./-][a-z0-9_./-]{0,40})?)\\{0,3}["'`\])]{0,2}(?:[ \t]+string)?[ \t]{0,20}"#,
        r#"(?::[ \t]*(?:&?(?:'static )?str|string)[ \t]*=|::=|:=|=>|:|\?=|=)[ \t]{0,20}"#
    ))
    .expect("the pattern is constant")
});

/// The same for lines whose key and value stand apart by a space.
static SPACED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?m)^[ \t]*(?:ENV|ARG|set|proxy_set_header|fastcgi_param|add_header|setenv|SetEnv|requirepass|masterauth|machine)[ \t]+(?:-[A-Za-z-]+[ \t]+){0,4}(?:\S+[ \t]+(?:login[ \t]+\S+[ \t]+)?)??\$?([A-Za-z0-9_][A-Za-z0-9_.-]*)[ \t]+"#,
    )
    .expect("the pattern is constant")
});

/// What a text must hold for each of the two searches to be worth it.
pub(super) const TRIGGERS: [&str; 2] = [
    concat!(
        r#"(?i)(?:(?:pass|pwd|pw|pswd|secret|token|cred|key|kennwort|last-applied|jwt|dsn|salt|pepper|dockercfg|dockerconfigjson|bearer|hmac|psk|seed|phrase|cookie|mnemonic|community)[a-z0-9_./-]*"#,
        r#"|(?:auth|authorization|pat)(?:[0-9_./-][a-z0-9_./-]*)?)\\*["'`\])]*(?:[ \t]+string)?[ \t]*[:=?]"#
    ),
    r"(?m)^[ \t]*(?:ENV|ARG|set|proxy_set_header|fastcgi_param|add_header|setenv|SetEnv|requirepass|masterauth|machine)[ \t]",
];

/// Returns the values of telling keys. Where prose is written, only those in fences.
pub(super) fn find(language: Language, text: &str, is_triggered: impl Fn(usize) -> bool) -> Vec<Found> {
    let mut all: Vec<Found> = Vec::new();
    if is_triggered(0) {
        assigned(language, text, &mut all);
    }
    if !is_triggered(1) || language == Language::Prose {
        return all;
    }
    for captures in SPACED.captures_iter(text) {
        let (Some(whole), Some(name)) = (captures.get(0), captures.get(1)) else {
            continue;
        };
        let Some(kind) = key::kind_of(name.as_str()) else { continue };
        let value = Value {
            language,
            text,
            kind,
            line_end: end_of_line(text, whole.end()),
        };
        value.push(whole.start(), whole.end(), &mut all);
    }
    all
}

fn assigned(language: Language, text: &str, all: &mut Vec<Found>) {
    let fences = if language == Language::Prose { fences(text) } else { Vec::new() };
    let is_fenced = |at: usize| {
        let after = fences.partition_point(|it| it.start <= at);
        after > 0 && fences[after - 1].contains(&at)
    };
    // What was looked at as a value is no key: many keys in one another take linear time.
    let (mut done, mut line_end) = (0, 0);
    for found in KEY.find_iter(text) {
        if found.end() <= done || language == Language::Prose && !is_fenced(found.start()) {
            continue;
        }
        if found.end() > line_end {
            line_end = end_of_line(text, found.end());
        }
        let (start, name) = name_at(text, found.range());
        // `${TOKEN:-x}` assigns nothing, nor does what closes in `"Password: "`.
        let quote = text[found.end()..].chars().next().filter(|it| matches!(it, '"' | '\'' | '`'));
        let is_closed = quote.is_some_and(|it| text[..start].ends_with(it) && !text[start..found.end()].contains(it));
        if is_closed || text[..start].ends_with("${") {
            continue;
        }
        // An ExternalSecret names the key that it fills.
        if name == "secretKey" && text[line_end..].trim_start().starts_with("remoteRef") {
            continue;
        }
        // A service of Compose, and a called workflow, list which secrets they may read.
        if name == "secrets" && (text[line_end..].trim_start().starts_with("- ") || text[found.end()..].starts_with('[')) {
            continue;
        }
        if key::is_count(name, text[found.end()..line_end].trim_end().trim_end_matches(',')) {
            continue;
        }
        if let Some(kind) = key::kind_of(name) {
            let value = Value {
                language,
                text,
                kind,
                line_end,
            };
            let end = value.push(start, found.end(), all);
            done = done.max(end);
        }
    }
}

fn fences(text: &str) -> Vec<Range<usize>> {
    let marks: Vec<usize> = text.match_indices("```").map(|(at, _)| at).collect();
    marks.chunks(2).map(|it| it[0]..it.get(1).copied().unwrap_or(text.len())).collect()
}

fn end_of_line(text: &str, at: usize) -> usize {
    memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |it| at + it)
}

/// Returns the whole key of a match, and where it begins.
fn name_at(text: &str, found: Range<usize>) -> (usize, &str) {
    let is_key = |it: &u8| it.is_ascii_alphanumeric() || b"_-./".contains(it);
    let before = text.as_bytes()[..found.start]
        .iter()
        .rev()
        .take(80)
        .take_while(|it| is_key(it))
        .count();
    let start = found.start - before;
    let length = text.as_bytes()[start..found.end].iter().take_while(|it| is_key(it)).count();
    (start, &text[start..start + length])
}

/// Returns how long the anchor and the tag are that YAML writes before a value: `&name `, `!!str `.
fn properties(text: &str) -> usize {
    let mut at = 0;
    while text[at..].starts_with(['&', '!']) {
        let Some(word) = text[at..].bytes().take(MAX_PROPERTY).position(|it| it.is_ascii_whitespace()) else {
            break;
        };
        let spaces = text[at + word..].bytes().take_while(|it| *it == b' ').count();
        let is_property = spaces > 0 && (text[at..].starts_with('&') || text[at..].starts_with("!!"));
        if !is_property {
            break;
        }
        at += word + spaces;
    }
    at
}

struct Value<'t> {
    language: Language,
    text: &'t str,
    kind: &'static str,
    line_end: usize,
}

impl Value<'_> {
    /// Adds what stands from `at` on as the value of the key at `key`; returns up to where it was looked at.
    fn push(&self, key: usize, at: usize, all: &mut Vec<Found>) -> usize {
        let at = at + properties(&self.text[at..]);
        let bytes = self.text.as_bytes();
        let before = &bytes[key.saturating_sub(MAX_INDENT)..key];
        let line_start = memrchr(b'\n', before).map_or(key - before.len(), |it| key - before.len() + it + 1);
        let line = self.text[at..self.line_end].trim_end();
        let indent = bytes[line_start..key]
            .iter()
            .take_while(|it| matches!(it, b' ' | b'\t' | b'-'))
            .count();
        let is_block = line.starts_with(['|', '>']) && line.len() <= 3 || line.starts_with("| #");
        if line.is_empty() || line.starts_with('#') || is_block {
            return self.below(indent, is_block, all);
        }
        if let Some(list) = line.strip_prefix('[').filter(|it| !it.starts_with("redacted:")) {
            let is_of_maps = list.trim_start().starts_with('{');
            return if is_of_maps { at } else { self.list(at + 1, list, all) };
        }
        let escaped = line.strip_prefix("\\\"");
        let quote = line.bytes().take(3).position(|it| b"\"'`".contains(&it));
        let quote = quote.filter(|it| line.bytes().take(*it).all(|it| b"rbf@#&$".contains(&it)));
        if let Some(inner) = escaped {
            let end = inner.find("\\\"").unwrap_or(inner.len());
            return self.add(at + 2..at + 2 + end, all);
        }
        if let Some(quote) = quote {
            return self.quoted(at + quote, all);
        }
        let is_map = line.starts_with('{') && !line.starts_with("{{");
        if self.language == Language::Code || is_map || line.starts_with(['&', '*']) {
            return at;
        }
        let opens_line = self.text.get(line_start..key).unwrap_or("far from the beginning");
        let opens_line = opens_line.trim_matches([' ', '\t', '-', '"', '\'', '/', '#', '.', ';']);
        let whole_line = matches!(self.language, Language::Data | Language::Prose)
            && matches!(opens_line, "" | "export" | "Environment=" | "set" | "set -x");
        let end = match whole_line {
            _ if line.starts_with("${") && !whole_line => line.find('}').map_or(line.len(), |it| it + 1),
            true => line.find(" #").unwrap_or(line.len()),
            false => line
                .find(|it: char| it.is_whitespace() || "\"'`,;&|<>}\\".contains(it))
                .unwrap_or(line.len()),
        };
        self.add(at..at + line[..end].trim_end_matches([',', ';', ' ', '\t']).len(), all)
    }

    fn quoted(&self, at: usize, all: &mut Vec<Found>) -> usize {
        let quote = self.text.as_bytes()[at];
        let bytes = &self.text.as_bytes()[at + 1..];
        let tripled = quote != b'`' && bytes.starts_with(&[quote; 2]);
        if tripled && let Some(end) = memmem::find(&bytes[2..bytes.len().min(MAX_QUOTED)], &[quote; 3]) {
            return self.add(at + 3..at + 3 + end, all);
        }
        let (from, bytes) = if tripled && bytes.len() > 2 {
            (at + 3, &bytes[2..])
        } else {
            (at + 1, bytes)
        };
        // A template of Helm may have quotes of its own.
        let template = bytes.strip_prefix(b"{{").map(|it| memchr(b'\n', it).map_or(it, |end| &it[..end]));
        let mut end = template.and_then(|it| memmem::find(it, b"}}")).map_or(0, |it| it + 4);
        while end < bytes.len().min(MAX_QUOTED) && bytes[end] != quote {
            end += if bytes[end] == b'\\' && quote != b'\'' { 2 } else { 1 };
        }
        // Not closed: only its line can be meant.
        if end >= bytes.len().min(MAX_QUOTED) {
            end = bytes.iter().position(|it| *it == b'\n').unwrap_or(bytes.len());
        }
        self.add(from..from + end, all)
    }

    fn list(&self, at: usize, list: &str, all: &mut Vec<Found>) -> usize {
        let list = &list[..list.find(']').unwrap_or(list.len())];
        let mut offset = at;
        for item in list.split(',') {
            let bare = item.trim().trim_matches(['"', '\'']);
            let start = offset + item.find(bare).unwrap_or(0);
            self.add(start..start + bare.len(), all);
            offset += item.len() + 1;
        }
        at + list.len()
    }

    /// The lines below a key that has no value on its own line: a block, a list, or the value alone.
    fn below(&self, indent: usize, is_block: bool, all: &mut Vec<Found>) -> usize {
        let mut at = self.line_end + 1;
        let rest = self.text.get(at..).unwrap_or_default();
        for line in rest.split_inclusive('\n') {
            let content = line.trim();
            let start = at + line.len() - line.trim_start().len();
            let depth = start - at;
            let line_start = at;
            at += line.len();
            if content.is_empty() {
                continue;
            }
            let item = content.strip_prefix("- ").filter(|_| !is_block);
            if depth < indent || depth == indent && item.is_none() || self.language == Language::Code {
                return line_start;
            }
            let value = item.unwrap_or(content).trim();
            let is_map = !is_block && (value.contains(": ") && !value.starts_with(['"', '\'']) || value.ends_with(':'));
            if is_map || !is_block && value.starts_with(['#', '{', '[', '}', ']']) {
                return line_start;
            }
            let bare = value.trim_end_matches(',').trim_matches(['"', '\'']);
            let from = start + content.find(bare).unwrap_or(0);
            if is_block && !key::is_reference(bare) {
                all.push(self.found(from..from + bare.len()));
            } else {
                self.add(from..from + bare.len(), all);
            }
        }
        at
    }

    fn add(&self, range: Range<usize>, all: &mut Vec<Found>) -> usize {
        let end = range.end;
        let is_secret = |it: &str| !key::is_harmless(it) && (self.kind != "salt" || keyed::is_secret(it, "token"));
        let value = self.text.get(range.clone()).unwrap_or_default();
        if is_secret(value.trim()) {
            all.push(self.found(range));
        } else {
            let fallbacks = fallback::literals(value).into_iter();
            all.extend(fallbacks.map(|it| self.found(range.start + it.start..range.start + it.end)));
        }
        end
    }

    fn found(&self, range: Range<usize>) -> Found {
        Found { range, kind: self.kind }
    }
}

/// No anchor or tag is longer.
const MAX_PROPERTY: usize = 60;

/// A key that stands further in its line opens no line.
const MAX_INDENT: usize = 400;

/// A quoted value is followed no further than this, so that many open quotes take linear time.
const MAX_QUOTED: usize = 16_000;

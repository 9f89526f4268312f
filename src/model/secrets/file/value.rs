//! What stands as the value of a telling key: a word, a quoted text, a list, a block or a heredoc, however many lines it has. Knows where a value
//! ends; must not know which keys tell.

use std::ops::Range;

use memchr::{memchr, memmem, memrchr};

use super::{
    super::{Found, keyed},
    fallback, key,
    language::Language,
    written,
};

/// The value of a key that was found.
pub(super) struct Value<'t> {
    pub(super) language: Language,
    pub(super) text: &'t str,
    pub(super) name: &'t str,
    pub(super) kind: &'static str,
    /// Where the line of the key ends.
    pub(super) line_end: usize,
}

impl Value<'_> {
    /// Adds what stands from `at` on as the value of the key at `key`; returns up to where it was looked at.
    pub(super) fn push(&self, key: usize, at: usize, all: &mut Vec<Found>) -> usize {
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
        // `token == x` and `token =~ x` assign nothing.
        if line.starts_with(['=', '~']) && bytes[..at].ends_with(b"=") {
            return at;
        }
        if line.starts_with('[') && !line.starts_with("[redacted:") {
            return self.list(at + 1, all);
        }
        if let Some(end) = self.heredoc(line, all) {
            return end;
        }
        let escaped = line.strip_prefix("\\\"");
        if let Some(end) = self.array(line, at, all) {
            return end;
        }
        let quote = line.bytes().take(3).position(|it| b"\"'`".contains(&it));
        let quote = quote.filter(|it| line.bytes().take(*it).all(|it| b"rbf@#&$(".contains(&it)));
        if let Some(inner) = escaped {
            let end = inner.find("\\\"").unwrap_or(inner.len());
            return self.add(at + 2..at + 2 + end, all);
        }
        // Of `auth = ("bob", "x")` another rule knows which is which.
        let is_tuple = line.starts_with('(') && line.split(['"', '\'']).nth(2).is_some_and(|it| it.trim_start().starts_with(','));
        if let Some(quote) = quote.filter(|_| !is_tuple) {
            return self.joined(at + quote, line.starts_with('('), all);
        }
        let is_map = line.starts_with('{') && !line.starts_with("{{");
        let opens_line = self.text.get(line_start..key).unwrap_or("far from the beginning");
        // A script in a program: `export TOKEN=x`.
        let is_code = self.language.is_code() && opens_line.trim() != "export";
        if is_code || is_map || line.starts_with(['&', '*']) {
            return at;
        }
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
        // `"TOKEN=x" "OTHER=y"`: the quotes stand around key and value.
        let around = before.last().filter(|it| b"\"'`".contains(it) && !bytes[key..at].contains(it));
        let end = around.and_then(|it| memchr(*it, &line.as_bytes()[..end])).unwrap_or(end);
        let is_continued = line.ends_with('\\') && line[..end].trim_end_matches('\\').len() + 1 >= line.len();
        let value = line[..end].trim_end_matches([',', ';', ' ', '\t']);
        let value = if is_continued { value.trim_end_matches('\\') } else { value };
        let end = self.add(at..at + value.len(), all);
        // The next lines belong to the value where nothing stands before the mark, as in `.properties` and `.reg`.
        if is_continued && !value.ends_with([' ', '\t']) {
            return self.continued(all);
        }
        end
    }

    /// A text in quotes, and those that go on with it where all stand in parentheses, as in Python.
    fn joined(&self, at: usize, is_within: bool, all: &mut Vec<Found>) -> usize {
        let mut end = self.quoted(at, all);
        for _ in 0..if is_within { MAX_CONTINUED } else { 0 } {
            let rest = self.text.get(end + 1..).unwrap_or_default();
            let next = rest.trim_start();
            if !next.starts_with(['"', '\'']) {
                break;
            }
            end = self.quoted(end + 1 + rest.len() - next.len(), all);
        }
        end
    }

    /// The words of an array of the shell: `(a "b")`, `([bob]=x [al]=y)`.
    fn array(&self, line: &str, at: usize, all: &mut Vec<Found>) -> Option<usize> {
        let inside = line.strip_prefix('(').filter(|_| self.language == Language::Shell)?;
        let end = memchr(b')', &inside.as_bytes()[..inside.len().min(MAX_QUOTED)])?;
        let mut from = at + 1;
        for word in inside[..end].split_inclusive(' ') {
            let bare = word.trim();
            let bare = bare.strip_prefix('[').and_then(|it| it.split_once("]=")).map_or(bare, |(_, it)| it);
            let bare = bare.trim_matches(['"', '\'']);
            let start = from + word.rfind(bare).unwrap_or(0);
            from += word.len();
            self.add(start..start + bare.len(), all);
        }
        Some(at + 1 + end)
    }

    fn continued(&self, all: &mut Vec<Found>) -> usize {
        let mut at = self.line_end + 1;
        for line in self.text.get(at..).unwrap_or_default().split_inclusive('\n').take(MAX_CONTINUED) {
            let content = line.trim();
            let start = at + line.len() - line.trim_start().len();
            let bare = content.trim_end_matches('\\');
            at += line.len();
            if !bare.is_empty() && !key::is_reference(bare) {
                all.push(self.found(start..start + bare.len()));
            }
            if bare.len() == content.len() {
                break;
            }
        }
        at.min(self.text.len())
    }

    fn quoted(&self, at: usize, all: &mut Vec<Found>) -> usize {
        let quote = self.text.as_bytes()[at];
        let bytes = &self.text.as_bytes()[at + 1..];
        if self.language == Language::Nix && quote == b'\'' && bytes.first() == Some(&b'\'') {
            return self.indented(at + 2, all);
        }
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

    /// A text of Nix in two apostrophes, line by line.
    fn indented(&self, from: usize, all: &mut Vec<Found>) -> usize {
        let bytes = &self.text.as_bytes()[from..];
        let bytes = &bytes[..bytes.len().min(MAX_QUOTED)];
        let mut end = 0;
        while let Some(found) = memmem::find(&bytes[end..], b"''") {
            end += found;
            // `'''` is two apostrophes, `''${` and `''\` are escapes.
            match bytes.get(end + 2) {
                Some(b'\'' | b'$' | b'\\') => end += 3,
                _ => break,
            }
            if end >= bytes.len() {
                return from;
            }
        }
        self.each_line(from, from + end, all);
        from + end
    }

    /// What stands between `<<EOF` and `EOF`.
    fn heredoc(&self, line: &str, all: &mut Vec<Found>) -> Option<usize> {
        let mark = line.strip_prefix("<<")?.trim_start_matches(['<', '-', '~', ' ']);
        let mark = mark.trim_end_matches([';', ')', ' ']).trim_matches(['"', '\'']);
        let is_mark = !mark.is_empty() && mark.len() <= 40 && mark.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
        let from = self.line_end + 1;
        let rest = self.text.get(from..).filter(|_| is_mark)?.as_bytes();
        let rest = &rest[..rest.len().min(MAX_QUOTED)];
        let is_space = |it: &u8| matches!(it, b' ' | b'\t');
        let is_alone = |at: usize| {
            let before = rest[..at].iter().rev().find(|it| !is_space(it));
            let after = rest[at + mark.len()..].iter().find(|it| !is_space(it));
            before.is_none_or(|it| *it == b'\n') && after.is_none_or(|it| b"\r\n;),".contains(it))
        };
        let end = from + memmem::find_iter(rest, mark).find(|it| is_alone(*it))?;
        self.each_line(from, end, all);
        Some(end)
    }

    /// Adds each line for itself, so that it stays one.
    fn each_line(&self, from: usize, end: usize, all: &mut Vec<Found>) {
        let mut at = from;
        for line in self.text.get(from..end).unwrap_or_default().split_inclusive('\n') {
            let content = line.trim();
            let start = at + line.len() - line.trim_start().len();
            at += line.len();
            if !content.is_empty() && !key::is_reference(content) {
                all.push(self.found(start..start + content.len()));
            }
        }
    }

    /// The items of a list that was opened before `at`, also of those within it; a map in it is left to its own keys.
    fn list(&self, mut at: usize, all: &mut Vec<Found>) -> usize {
        let bytes = self.text.as_bytes();
        let limit = bytes.len().min(at + MAX_QUOTED);
        let mut depth = 1_usize;
        while at < limit {
            match bytes[at] {
                b' ' | b'\t' | b'\r' | b'\n' | b',' => at += 1,
                b'[' if self.text[at..].starts_with("[redacted:") => {
                    at = memchr(b']', &bytes[at..]).map_or(limit, |it| at + it + 1);
                }
                b'[' => (depth, at) = (depth + 1, at + 1),
                b']' if depth == 1 => return at,
                b']' => (depth, at) = (depth - 1, at + 1),
                b'{' | b'(' => return at,
                b'#' => at = end_of_line(self.text, at),
                quote @ (b'"' | b'\'' | b'`') => {
                    at = self.quoted(at, all);
                    at += bytes[at.min(bytes.len())..].iter().take(3).take_while(|it| **it == quote).count();
                    // An empty text or one that is not closed.
                    at = at.max(1);
                }
                _ => {
                    let rest = &self.text[at..];
                    let item = &rest[..rest.find([',', ']', '\n']).unwrap_or(rest.len())];
                    let bare = item.trim_end().trim_end_matches(['"', '\'']);
                    if at > self.line_end {
                        if bare.contains(['=', ':']) {
                            return at;
                        }
                    } else if !self.language.is_code() {
                        self.add(at..at + bare.len(), all);
                    }
                    at += item.len().max(1);
                }
            }
        }
        at.min(bytes.len())
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
            if depth < indent || depth == indent && item.is_none() || self.language.is_code() {
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

    fn add(&self, mut range: Range<usize>, all: &mut Vec<Found>) -> usize {
        let end = range.end;
        // The scheme of a header is none of the secret.
        if let Some((scheme, rest)) = self.text.get(range.clone()).and_then(|it| it.split_once(' '))
            && written::is_scheme(scheme)
            && !rest.trim().is_empty()
        {
            range.start += scheme.len() + 1;
        }
        let is_secret = |it: &str| {
            !written::is_harmless(self.language, self.name, self.kind, it) && (self.kind != "salt" || keyed::is_secret(it, "token"))
        };
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

/// Returns where the line ends that `at` stands in.
pub(super) fn end_of_line(text: &str, at: usize) -> usize {
    memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |it| at + it)
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

/// No anchor or tag is longer.
const MAX_PROPERTY: usize = 60;

/// A key that stands further in its line opens no line.
const MAX_INDENT: usize = 400;

/// A value in quotes or brackets is followed no further than this, so that many open ones take linear time.
const MAX_QUOTED: usize = 16_000;

/// So many lines a value goes on at most.
const MAX_CONTINUED: usize = 200;

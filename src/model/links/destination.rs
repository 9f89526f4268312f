//! Where in a link its path stands, and how a path is written there. Knows brackets, escapes and quotes; knows nothing of files.

use std::ops::Range;

use percent_encoding::{AsciiSet, CONTROLS, percent_encode};

use crate::model::note::{Link, LinkKind, Note, wikilink};

/// What Obsidian's own writer encodes; line feeds cannot be in names.
const SPACE: &AsciiSet = &CONTROLS.add(b' ');
const SPACE_AND_PARENTHESES: &AsciiSet = &SPACE.add(b'(').add(b')');

/// The bytes of a link's path, without subpath, alias and title.
#[derive(Debug, Clone)]
pub(super) struct Destination {
    pub(super) range: Range<usize>,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    Wikilink,
    /// In a property, between these quotes.
    Quoted(char),
    /// `[x](<a b.md>)`.
    Angle,
    /// `[x](a%20b.md)`; `true` when letters beyond ASCII were encoded too.
    Bare(bool),
}

impl Destination {
    /// Returns the place of a link's path; `None` where the text does not show it as it is meant (a property with escapes).
    pub(super) fn of(text: &str, link: &Link) -> Option<Destination> {
        if link.markdown {
            of_markdown(text, link)
        } else {
            of_wikilink(text, link)
        }
    }

    /// Returns how a path is written here; `None` when no spelling of it would be read back as it is.
    pub(super) fn write(&self, path: &str) -> Option<String> {
        let (written, alone) = match self.form {
            Form::Wikilink => (path.to_owned(), format!("[[{path}]]")),
            Form::Quoted('\'') => (path.replace('\'', "''"), format!("[[{path}]]")),
            Form::Quoted(_) => (path.replace('\\', "\\\\").replace('"', "\\\""), format!("[[{path}]]")),
            Form::Angle => {
                let written = keep_percent(path).replace('<', "\\<").replace('>', "\\>");
                let alone = format!("[x](<{written}>)");
                (written, alone)
            }
            Form::Bare(all) => {
                let written = encode(path, all);
                let alone = format!("[x]({written})");
                (written, alone)
            }
        };
        let read = Note::parse(&format!("x {alone}"));
        let is_it = matches!(&*read.links, [link] if link.target == path);
        is_it.then_some(written)
    }
}

fn of_wikilink(text: &str, link: &Link) -> Option<Destination> {
    let raw = &text[link.range.clone()];
    let open = if raw.starts_with('!') { 3 } else { 2 };
    let inner = raw.get(open..)?.strip_suffix("]]")?;
    if !raw[..open].ends_with("[[") || wikilink::parse(inner).target != link.target {
        return None;
    }
    let end = inner.find('|').unwrap_or(inner.len());
    let path = inner[..end].trim_end_matches('\\');
    let path = path.split_once('#').map_or(path, |(path, _)| path);
    let start = link.range.start + open + (path.len() - path.trim_start().len());
    let form = match text[..link.range.start].chars().next_back() {
        Some(quote @ ('"' | '\'')) if link.kind == LinkKind::Property => Form::Quoted(quote),
        _ => Form::Wikilink,
    };
    Some(Destination {
        range: start..start + path.trim().len(),
        form,
    })
}

fn of_markdown(text: &str, link: &Link) -> Option<Destination> {
    let raw = &text[link.range.clone()];
    let label = if link.kind == LinkKind::Embed { 2 } else { 1 } + link.display.as_ref().map_or(0, String::len);
    let after = raw.get(label..)?.trim_start().strip_prefix("](")?.trim_start();
    let at = link.range.end - after.len();
    let (start, whole) = match after.strip_prefix('<') {
        Some(inner) => (at + 1, &inner[..end_of(inner, |it, _| it == '>')]),
        None => (at, &after[..end_of(after, |it, depth| it.is_whitespace() || depth < 0)]),
    };
    // A written `%23` is decoded before the link is split, as the app does.
    let end = [whole.find('#'), whole.find("%23")]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(whole.len());
    let path = &whole[..end];
    let form = if after.starts_with('<') {
        Form::Angle
    } else {
        Form::Bare(has_encoded_letter(path))
    };
    Some(Destination {
        range: start..start + path.len(),
        form,
    })
}

/// Returns where a destination ends: before the first character that is not escaped and of which this is said, given how many parentheses
/// are open.
fn end_of(text: &str, ends: impl Fn(char, i32) -> bool) -> usize {
    let mut depth = 0;
    let mut escaped = false;
    for (at, it) in text.char_indices() {
        if escaped {
            escaped = false;
            continue;
        }
        match it {
            '\\' => escaped = true,
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if ends(it, depth) {
            return at;
        }
    }
    text.len()
}

fn has_encoded_letter(path: &str) -> bool {
    let is_high = |it: &[u8]| it[0] == b'%' && matches!(it[1], b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F');
    path.as_bytes().windows(3).any(is_high)
}

/// Encodes what would be read otherwise. `all`: letters beyond ASCII too, as the link was written before.
fn encode(path: &str, all: bool) -> String {
    let set = if is_balanced(path) { SPACE } else { SPACE_AND_PARENTHESES };
    let encode = |it: char| {
        let mut buffer = [0; 4];
        let bytes = it.encode_utf8(&mut buffer);
        if all || it.is_ascii() {
            percent_encode(bytes.as_bytes(), set).to_string()
        } else {
            bytes.to_owned()
        }
    };
    keep_percent(path).chars().map(encode).collect()
}

/// Encodes a `%` that would be taken for the beginning of an escape.
fn keep_percent(path: &str) -> String {
    let bytes = path.as_bytes();
    let begins_escape = |at: usize| bytes.get(at + 1..at + 3).is_some_and(|it| it.iter().all(u8::is_ascii_hexdigit));
    let kept = path.char_indices().map(|(at, it)| match it {
        '%' if begins_escape(at) => "%25".to_owned(),
        it => it.to_string(),
    });
    kept.collect()
}

fn is_balanced(path: &str) -> bool {
    let mut depth = 0;
    path.chars().all(|it| {
        depth += i32::from(it == '(') - i32::from(it == ')');
        depth >= 0
    }) && depth == 0
}

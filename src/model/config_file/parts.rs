//! Cuts a document with keys into parts that are found and cited by name. Knows how large a part should be; must not know YAML or JSON.

use std::ops::Range;

use super::{entry::Entry, resource::Resource};

/// A longer document or key is cut at the keys below it; a shorter one stands with its neighbours.
const LONG: usize = 2048;
const SHORT: usize = 600;

/// No key deeper than this is cut.
const MAX_DEPTH: usize = 5;

/// How many keys a title names.
const NAMED: usize = 3;

/// One part of a file: it goes up to the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// Begins a line.
    pub(super) start: usize,
    /// 1 for a document or symbol, 2 for what is in it.
    pub(super) level: u8,
    pub(super) title: String,
}

/// Something that could stand alone.
struct Piece<'e> {
    start: usize,
    end: usize,
    entry: &'e Entry,
}

/// Returns the parts of one document, the first at its begin. `entries` have their places in the file.
pub(super) fn parts(text: &str, document: &Range<usize>, entries: &[Entry], resource: Option<&Resource>) -> Vec<Part> {
    let mut parts = Vec::new();
    if let Some(it) = resource {
        parts.push(Part {
            start: document.start,
            level: 1,
            title: it.title(),
        });
    }
    let level = 1 + u8::from(resource.is_some());
    let is_map = resource.filter(|it| it.kind == "ConfigMap");
    let is_file = |it: &Entry| it.is_text && it.depth == 2 && it.path.starts_with("data.");
    let has_files = is_map.is_some() && entries.iter().any(is_file);
    if resource.is_some() && document.len() <= LONG && !has_files {
        return parts;
    }
    let mut pieces = Vec::new();
    let smallest = if has_files { 0 } else { LONG };
    add_pieces(entries, document.end, smallest, 1, None, &mut pieces);
    let mut named: Vec<&str> = Vec::new();
    let mut size = usize::MAX;
    for Piece { start, end, entry } in pieces {
        let is_head = ["apiVersion", "kind", "metadata"].contains(&root(&entry.path));
        if resource.is_some() && is_head {
            size = usize::MAX;
            continue;
        }
        let file = is_map.filter(|_| is_file(entry));
        let start = if parts.is_empty() {
            document.start
        } else {
            above_comments(text, start, document.start)
        };
        if file.is_some() || size >= SHORT {
            named.clear();
            size = 0;
            parts.push(Part {
                start,
                level,
                title: String::new(),
            });
        }
        size = if file.is_some() { usize::MAX } else { size + (end - start) };
        if let Some(part) = parts.last_mut() {
            if let Some(map) = file {
                part.title = format!("{} data/{}", map.short_title(), &entry.path["data.".len()..]);
            } else if named.len() < NAMED {
                named.push(&entry.path);
                part.title = named.join(", ");
            } else if !part.title.ends_with(" …") {
                part.title.push_str(" …");
            }
        }
    }
    parts
}

/// Adds the keys of one depth, or in the place of a long one those below it. The first key below begins where the key above does.
fn add_pieces<'e>(entries: &'e [Entry], end: usize, longest: usize, depth: usize, start: Option<usize>, pieces: &mut Vec<Piece<'e>>) {
    let mut at = 0;
    let mut start = start;
    while at < entries.len() {
        let entry = &entries[at];
        let next = entries[at + 1..]
            .iter()
            .position(|it| it.depth <= depth)
            .map_or(entries.len(), |it| at + 1 + it);
        let piece_end = entries.get(next).map_or(end, |it| it.start).max(entry.start);
        let piece_start = start.take().unwrap_or(entry.start);
        let below = &entries[at + 1..next];
        // Items of a list stay together.
        let has_keys = below.first().is_some_and(|it| it.depth == depth + 1 && !it.path.ends_with(']'));
        if piece_end - piece_start > longest && has_keys && depth < MAX_DEPTH {
            add_pieces(below, piece_end, longest.max(LONG), depth + 1, Some(piece_start), pieces);
        } else {
            pieces.push(Piece {
                start: piece_start,
                end: piece_end.max(piece_start),
                entry,
            });
        }
        at = next;
    }
}

fn root(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or(path)
}

/// Returns the begin of the comment lines right above a line, or of the line itself.
fn above_comments(text: &str, start: usize, least: usize) -> usize {
    let mut start = start;
    while start > least {
        let before = text[least..start].strip_suffix('\n').unwrap_or(&text[least..start]);
        let line = before.rfind('\n').map_or(0, |it| it + 1);
        if !before[line..].trim_start().starts_with('#') {
            break;
        }
        start = least + line;
    }
    start
}

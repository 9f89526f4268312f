//! Reads the keys of what stands in brackets in YAML, over several lines or within one. Knows flow style only, and bears what is broken.

use std::ops::Range;

use super::entry::{Entry, MAX_DEPTH, MAX_PATH, without_marks};

struct Frame {
    /// For a list the index of the item.
    item: Option<usize>,
    path_before: usize,
    /// In a map: a key was read, and its value may follow.
    has_key: bool,
}

struct Scan<'t> {
    text: &'t str,
    frames: Vec<Frame>,
    path: String,
    /// How deep the key of the whole lies.
    depth: usize,
    line_start: usize,
    /// What may turn out to be a key or a value, and whether it was quoted.
    token: Option<(Range<usize>, bool)>,
}

/// Where the brackets stand, and what leads to them.
pub(super) struct Place<'p> {
    /// The opening bracket.
    pub(super) at: usize,
    /// The begin of its line.
    pub(super) line_start: usize,
    pub(super) path: &'p str,
    pub(super) depth: usize,
    /// A line that is indented no more than this ends what is not closed.
    pub(super) column: Option<usize>,
}

/// Adds the keys and items, and returns the end behind the closing bracket; `None` where it is missing. Takes time linear in what it reads.
pub(super) fn read(text: &str, place: &Place<'_>, entries: &mut Vec<Entry>) -> Option<usize> {
    let mut scan = Scan {
        text,
        frames: Vec::new(),
        path: place.path.to_owned(),
        depth: place.depth,
        line_start: place.line_start,
        token: None,
    };
    let bytes = text.as_bytes();
    let mut at = place.at;
    while at < bytes.len() {
        match bytes[at] {
            b'\n' => {
                scan.line_start = at + 1;
                let rest = &bytes[at + 1..];
                let indent = rest.iter().take_while(|&&it| it == b' ').count();
                let next = rest.get(indent).copied().unwrap_or(b'\n');
                if place.column.is_some_and(|it| indent <= it) && !b"\r\n}],#".contains(&next) {
                    return None;
                }
                at += indent;
            }
            b' ' | b'\t' | b'\r' => {}
            b'#' if bytes[at - 1].is_ascii_whitespace() => at += memchr::memchr(b'\n', &bytes[at..]).unwrap_or(bytes.len() - at) - 1,
            quote @ (b'"' | b'\'') if scan.token.is_none() => {
                let end = quote_end(bytes, at, quote);
                scan.token = Some((at + 1..end, true));
                at = end;
            }
            bracket @ (b'{' | b'[') if scan.token.is_none() => {
                if scan.frames.len() == MAX_DEPTH {
                    return None;
                }
                scan.open(bracket == b'[', entries);
            }
            b'}' | b']' => {
                scan.value(entries);
                let frame = scan.frames.pop()?;
                scan.path.truncate(frame.path_before);
                if scan.frames.is_empty() {
                    return Some(at + 1);
                }
            }
            b',' => {
                scan.value(entries);
                scan.next();
            }
            b':' if scan.ends_key(at) => scan.key(),
            _ => scan.extend(at),
        }
        at += 1;
    }
    None
}

impl Scan<'_> {
    fn open(&mut self, is_list: bool, entries: &mut Vec<Entry>) {
        // The key of the whole is the caller's.
        if self.frames.last().is_some_and(|it| it.has_key) {
            self.push(String::new(), entries);
        }
        let path_before = self.path.len();
        if is_list && path_before <= MAX_PATH {
            self.path.push_str("[0]");
        }
        self.frames.push(Frame {
            item: is_list.then_some(0),
            path_before,
            has_key: false,
        });
    }

    fn next(&mut self) {
        let Some(frame) = self.frames.last_mut() else { return };
        self.path.truncate(frame.path_before);
        frame.has_key = false;
        if let Some(index) = &mut frame.item {
            *index += 1;
            if self.path.len() <= MAX_PATH {
                self.path.push_str(&format!("[{index}]"));
            }
        }
    }

    /// Says whether a colon parts a key from its value: `a: b`, `"a":b`, not `nginx:1.27`.
    fn ends_key(&self, at: usize) -> bool {
        let after = self.text.as_bytes().get(at + 1);
        let quoted = self.token.as_ref().is_some_and(|it| it.1);
        quoted || after.is_none_or(|it| it.is_ascii_whitespace() || b",{}[]".contains(it))
    }

    fn key(&mut self) {
        let Some(frame) = self.frames.last_mut().filter(|it| it.item.is_none() && !it.has_key) else {
            return;
        };
        let Some((token, _)) = self.token.take().filter(|it| it.0.len() <= MAX_PATH) else {
            return;
        };
        frame.has_key = true;
        if self.path.len() <= MAX_PATH {
            if !self.path.is_empty() {
                self.path.push('.');
            }
            self.path.push_str(self.text[token].trim());
        }
    }

    fn value(&mut self, entries: &mut Vec<Entry>) {
        let Some((token, quoted)) = self.token.take() else { return };
        if self.frames.last().is_some_and(|it| it.has_key || it.item.is_some()) && token.len() <= MAX_PATH {
            let text = self.text[token].trim();
            self.push(if quoted { text } else { without_marks(text) }.to_owned(), entries);
        }
    }

    fn push(&self, value: String, entries: &mut Vec<Entry>) {
        if self.path.len() <= MAX_PATH {
            entries.push(Entry {
                path: self.path.clone(),
                depth: self.depth + self.frames.len(),
                start: self.line_start,
                value,
                is_text: false,
            });
        }
    }

    /// A word goes on over the blanks in it.
    fn extend(&mut self, at: usize) {
        match &mut self.token {
            Some((token, false)) => token.end = at + 1,
            Some(_) => {}
            None => self.token = Some((at..at + 1, false)),
        }
        // Its last byte, for one that is several.
        if let Some((token, false)) = &mut self.token {
            while !self.text.is_char_boundary(token.end) {
                token.end += 1;
            }
            while !self.text.is_char_boundary(token.start) {
                token.start -= 1;
            }
        }
    }
}

/// Returns where the text ends that a quote begins: its closing quote, or the end of all.
fn quote_end(bytes: &[u8], open: usize, quote: u8) -> usize {
    let mut at = open + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quote == b'"' => at += 1,
            it if it == quote && quote == b'\'' && bytes.get(at + 1) == Some(&b'\'') => at += 1,
            it if it == quote => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

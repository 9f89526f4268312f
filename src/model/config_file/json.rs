//! Reads the keys of JSON, with the comments, quotes and bare keys of JSON5. Knows brackets, strings and commas; bears what is broken.

use std::ops::Range;

use super::entry::Entry;

const MAX_DEPTH: usize = 64;
const MAX_PATH: usize = 512;
const MAX_VALUE: usize = 300;

struct Frame {
    /// For a list the index of the item.
    item: Option<usize>,
    path_before: usize,
}

struct Scan<'t> {
    text: &'t str,
    frames: Vec<Frame>,
    /// How many of them are maps.
    maps: usize,
    path: String,
    line_start: usize,
    /// What may turn out to be a key or a value.
    token: Option<Range<usize>>,
    entries: Vec<Entry>,
}

/// Returns the keys in order. Takes time linear in the text.
pub(super) fn entries(text: &str) -> Vec<Entry> {
    let mut scan = Scan {
        text,
        frames: Vec::new(),
        maps: 0,
        path: String::new(),
        line_start: 0,
        token: None,
        entries: Vec::new(),
    };
    let mut at = 0;
    while at < text.len() {
        at = scan.step(at);
    }
    scan.entries
}

impl Scan<'_> {
    /// Reads what begins at a byte, and returns where the next begins.
    fn step(&mut self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        match bytes[at] {
            b'\n' => self.line_start = at + 1,
            b'/' if matches!(bytes.get(at + 1), Some(b'/')) => {
                return memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |it| at + it);
            }
            b'/' if matches!(bytes.get(at + 1), Some(b'*')) => {
                return memchr::memmem::find(&bytes[at + 2..], b"*/").map_or(bytes.len(), |it| at + it + 4);
            }
            quote @ (b'"' | b'\'') => {
                let end = string_end(bytes, at, quote);
                self.token = Some(at + 1..end);
                return end + 1;
            }
            b'{' => self.open(None),
            b'[' => self.open(Some(0)),
            b'}' | b']' => {
                self.value();
                if let Some(frame) = self.frames.pop() {
                    self.path.truncate(frame.path_before);
                    self.maps -= usize::from(frame.item.is_none());
                }
            }
            b',' => {
                self.value();
                self.next_item();
            }
            b':' => self.key(),
            it if it.is_ascii_whitespace() => {}
            _ => {
                let ends = |it: &u8| it.is_ascii_whitespace() || b",:{}[]\"'".contains(it);
                let end = bytes[at..].iter().position(ends).map_or(bytes.len(), |it| at + it);
                self.token = Some(at..end);
                return end;
            }
        }
        at + 1
    }

    fn open(&mut self, item: Option<usize>) {
        self.token = None;
        self.maps += usize::from(item.is_none());
        self.frames.push(Frame {
            item,
            path_before: self.path.len(),
        });
        if item.is_some() && self.path.len() <= MAX_PATH {
            self.path.push_str("[0]");
        }
    }

    fn next_item(&mut self) {
        let Some(frame) = self.frames.last_mut() else { return };
        self.path.truncate(frame.path_before);
        if let Some(index) = &mut frame.item {
            *index += 1;
            if self.path.len() <= MAX_PATH {
                self.path.push_str(&format!("[{index}]"));
            }
        }
    }

    fn key(&mut self) {
        let (Some(token), Some(frame)) = (self.token.take(), self.frames.last().filter(|it| it.item.is_none())) else {
            return;
        };
        self.path.truncate(frame.path_before);
        if self.path.len() > MAX_PATH || token.len() > MAX_PATH {
            return;
        }
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(&self.text[token.clone()]);
        let before = self.text.get(self.line_start..token.start);
        let is_first = before.is_some_and(|it| it.trim_matches([' ', '\t', '"', '\'', '{']).is_empty());
        self.push(self.maps, if is_first { self.line_start } else { token.start }, String::new());
    }

    /// Notes the value of the last key, or an item of a list of scalars.
    fn value(&mut self) {
        let Some(token) = self.token.take().filter(|it| it.len() <= MAX_VALUE) else {
            return;
        };
        let value = self.text[token].to_owned();
        match self.entries.last_mut() {
            Some(last) if last.path == self.path => last.value = value,
            _ if self.frames.last().is_some_and(|it| it.item.is_some()) => self.push(self.frames.len() + 1, self.line_start, value),
            _ => {}
        }
    }

    fn push(&mut self, depth: usize, start: usize, value: String) {
        if self.frames.len() <= MAX_DEPTH && self.path.len() <= MAX_PATH {
            self.entries.push(Entry {
                path: self.path.clone(),
                depth,
                start: start.max(self.entries.last().map_or(0, |it| it.start)),
                value,
                is_text: false,
            });
        }
    }
}

/// Returns where the string ends that a quote begins: its closing quote, or the end of the text.
fn string_end(bytes: &[u8], open: usize, quote: u8) -> usize {
    let mut at = open + 1;
    while at < bytes.len() && bytes[at] != quote {
        at += 1 + usize::from(bytes[at] == b'\\');
    }
    // A broken string may end inside a character.
    let mut end = at.min(bytes.len());
    while end < bytes.len() && bytes[end] & 0xC0 == 0x80 {
        end += 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str)]) {
        let found = entries(text);
        let found: Vec<_> = found.iter().map(|it| (it.path.as_str(), it.value.as_str())).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn keys_have_their_paths() {
        check(
            "{\"a\": {\"b\": 1, \"c\": [\"x\", {\"d\": \"y:z\"}]}, \"e\": true}",
            &[
                ("a", ""),
                ("a.b", "1"),
                ("a.c", ""),
                ("a.c[0]", "x"),
                ("a.c[1].d", "y:z"),
                ("e", "true"),
            ],
        );
        check("// x: 1\n{ a: 'b', /* c: 2 */ \"d\\\"\": 3, }\n", &[("a", "b"), ("d\\\"", "3")]);
        check("{\"a\": \"é\\", &[("a", "")]);
        check("[[[", &[]);
        check("{\"a\": {}}}}, \"b\": 1", &[("a", "")]);
        check("", &[]);
    }
}

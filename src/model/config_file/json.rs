//! Reads the keys of JSON, with the comments, quotes and bare keys of JSON5. Knows brackets, strings and commas; bears what is broken.

use super::key_paths::Entry;

const MAX_DEPTH: usize = 64;
const MAX_PATH: usize = 512;
const MAX_VALUE: usize = 300;

struct Frame {
    /// For a list the index of the item.
    item: Option<usize>,
    path_before: usize,
}

/// Returns the keys in order. Takes time linear in the text.
pub(super) fn entries(text: &str) -> Vec<Entry> {
    let bytes = text.as_bytes();
    let mut entries: Vec<Entry> = Vec::new();
    let mut frames: Vec<Frame> = Vec::new();
    let mut path = String::new();
    let mut line_start = 0;
    let mut at = 0;
    // The token that may turn out to be a key, and the key whose value is awaited.
    let mut token: Option<(usize, usize)> = None;
    while at < bytes.len() {
        match bytes[at] {
            b'\n' => line_start = at + 1,
            b'/' if matches!(bytes.get(at + 1), Some(b'/' | b'*')) => {
                let is_line = bytes[at + 1] == b'/';
                let end = if is_line {
                    text[at..].find('\n')
                } else {
                    text[at + 2..].find("*/").map(|it| it + 3)
                };
                at = end.map_or(bytes.len(), |it| at + it - usize::from(is_line));
                if !is_line {
                    at += 1;
                    continue;
                }
            }
            quote @ (b'"' | b'\'') => {
                let end = string_end(bytes, at, quote);
                token = Some((at + 1, end));
                at = end;
            }
            b'{' | b'[' => {
                let is_list = bytes[at] == b'[';
                frames.push(Frame {
                    item: is_list.then_some(0),
                    path_before: path.len(),
                });
                if is_list && path.len() <= MAX_PATH {
                    path.push_str("[0]");
                }
                token = None;
            }
            b'}' | b']' | b',' => {
                if let Some((start, end)) = token.take() {
                    value(text, (start, end), &mut entries, &path, &frames, line_start);
                }
                if bytes[at] != b',' {
                    if let Some(frame) = frames.pop() {
                        path.truncate(frame.path_before);
                    }
                } else if let Some(frame) = frames.last_mut() {
                    path.truncate(frame.path_before);
                    if let Some(index) = &mut frame.item {
                        *index += 1;
                        if path.len() <= MAX_PATH {
                            path.push_str(&format!("[{index}]"));
                        }
                    }
                }
            }
            b':' => {
                if let (Some((start, end)), Some(frame)) = (token.take(), frames.last().filter(|it| it.item.is_none())) {
                    path.truncate(frame.path_before);
                    if path.len() <= MAX_PATH && end - start <= MAX_PATH {
                        if !path.is_empty() {
                            path.push('.');
                        }
                        path.push_str(&text[start..end]);
                        if frames.len() <= MAX_DEPTH && path.len() <= MAX_PATH {
                            let is_first = text[line_start..start].trim_matches([' ', '\t', '"', '\'', '{']).is_empty();
                            entries.push(Entry {
                                path: path.clone(),
                                depth: frames.iter().filter(|it| it.item.is_none()).count(),
                                start: if is_first { line_start } else { start },
                                value: String::new(),
                                is_text: false,
                            });
                        }
                    }
                }
            }
            it if !it.is_ascii_whitespace() => {
                let end = bytes[at..]
                    .iter()
                    .position(|it| it.is_ascii_whitespace() || b",:{}[]\"'".contains(it))
                    .map_or(bytes.len(), |it| at + it);
                token = Some((at, end.max(at + 1)));
                at = end.max(at + 1) - 1;
            }
            _ => {}
        }
        at += 1;
    }
    entries
}

/// Notes the value of the last key, or an item of a list of scalars.
fn value(text: &str, token: (usize, usize), entries: &mut Vec<Entry>, path: &str, frames: &[Frame], line_start: usize) {
    let value = &text[token.0..token.1];
    if value.len() > MAX_VALUE || path.len() > MAX_PATH || frames.len() > MAX_DEPTH {
        return;
    }
    match entries.last_mut() {
        Some(last) if last.path == path => value.clone_into(&mut last.value),
        _ if frames.last().is_some_and(|it| it.item.is_some()) => entries.push(Entry {
            path: path.to_owned(),
            depth: frames.len() + 1,
            start: line_start.max(entries.last().map_or(0, |it| it.start)),
            value: value.to_owned(),
            is_text: false,
        }),
        _ => {}
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
        check("", &[]);
    }
}

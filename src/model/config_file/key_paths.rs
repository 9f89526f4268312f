//! Reads the keys of YAML by its lines and indentation: where each stands and by which path. Knows block style (`flow` what is in brackets), and
//! bears templates and broken YAML; must not know what keys mean. Values are exact only in what the YAML library has read.

use super::{
    entry::{Entry, MAX_DEPTH, MAX_PATH, without_marks},
    flow::{self, Place},
};

/// What the lines so far left open.
struct Frame {
    column: usize,
    /// For an item of a list its index.
    item: Option<usize>,
    path_before: usize,
}

struct Scan<'t> {
    text: &'t str,
    frames: Vec<Frame>,
    path: String,
    /// Lines indented deeper than this belong to a text or to something in brackets.
    inside: Option<usize>,
    /// Up to here all has been read.
    past: usize,
    entries: Vec<Entry>,
}

/// Returns the keys in order. Takes time linear in the text.
pub(super) fn entries(text: &str) -> Vec<Entry> {
    let mut scan = Scan {
        text,
        frames: Vec::new(),
        path: String::new(),
        inside: None,
        past: 0,
        entries: Vec::new(),
    };
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if at >= scan.past {
            scan.line(line.trim_end(), at);
        }
        at += line.len();
    }
    scan.entries
}

impl Scan<'_> {
    fn line(&mut self, line: &str, start: usize) {
        let mut content = line.trim_start_matches(' ');
        let mut column = line.len() - content.len();
        if content.is_empty() || self.inside.is_some_and(|outer| column > outer) {
            return;
        }
        self.inside = None;
        if column == 0 && self.entries.is_empty() && content.starts_with(['{', '[']) && !content.starts_with("{{") {
            // The whole document; what is not closed is read to the end.
            self.past = self.brackets(start, start, None).unwrap_or(self.text.len());
            return;
        }
        if content.starts_with(['#', '%', '{', '}', ']']) || content.starts_with("---") {
            return;
        }
        let mut dash = None;
        while let Some(rest) = content.strip_prefix('-').filter(|it| it.is_empty() || it.starts_with(' ')) {
            self.item(column);
            dash = Some(column);
            content = rest.trim_start_matches(' ');
            column = line.len() - content.len();
        }
        if let Some((key, value)) = key(content) {
            self.close(|frame| frame.column < column);
            self.open(column, None, key);
            self.value(value, column, start, start + line.len());
        } else if let (Some(dash), false) = (dash, content.is_empty()) {
            self.value(content, dash, start, start + line.len());
        }
    }

    fn item(&mut self, column: usize) {
        let mut index = 0;
        while let Some(frame) = self.frames.last() {
            match frame.item {
                Some(before) if frame.column == column => index = before + 1,
                _ if frame.column > column => {}
                _ => break,
            }
            self.path.truncate(frame.path_before);
            self.frames.pop();
        }
        self.open(column, Some(index), "");
    }

    fn close(&mut self, stays: impl Fn(&Frame) -> bool) {
        while let Some(frame) = self.frames.last().filter(|it| !stays(it)) {
            self.path.truncate(frame.path_before);
            self.frames.pop();
        }
    }

    fn open(&mut self, column: usize, item: Option<usize>, key: &str) {
        let path_before = self.path.len();
        // A path that is too long stays so for all that is below it.
        if path_before <= MAX_PATH {
            match item {
                Some(index) => self.path.push_str(&format!("[{index}]")),
                None => {
                    if path_before > 0 {
                        self.path.push('.');
                    }
                    self.path.push_str(key);
                }
            }
        }
        self.frames.push(Frame { column, item, path_before });
    }

    /// Reads the value that ends a line, or begins there.
    fn value(&mut self, value: &str, column: usize, start: usize, end: usize) {
        let value = without_marks(value);
        let in_brackets = value.starts_with(['{', '[']) && !value.starts_with("{{");
        let closing = match value.as_bytes().first() {
            Some(b'|' | b'>') => Some(None),
            Some(b'"') => Some(Some('"')),
            Some(b'\'') => Some(Some('\'')),
            Some(b'[') => Some(Some(']')),
            Some(b'{') => Some(Some('}')),
            _ => None,
        };
        let goes_on = closing.is_some_and(|it| it.is_none_or(|end| value.len() < 2 || !value.contains(end) || !ends(value, end)));
        if goes_on {
            self.inside = Some(column);
        }
        if self.frames.len() <= MAX_DEPTH && self.path.len() <= MAX_PATH {
            let is_scalar = !goes_on && !value.starts_with(['{', '[']);
            self.entries.push(Entry {
                path: self.path.clone(),
                depth: self.frames.len(),
                start,
                value: if is_scalar { scalar(value).to_owned() } else { String::new() },
                is_text: matches!(closing, Some(None)),
            });
            if in_brackets && let Some(past) = self.brackets(end - value.len(), start, Some(column)) {
                (self.inside, self.past) = (None, past);
            }
        }
    }

    fn brackets(&mut self, at: usize, line_start: usize, column: Option<usize>) -> Option<usize> {
        let place = Place {
            at,
            line_start,
            path: &self.path,
            depth: self.frames.len(),
            column,
        };
        flow::read(self.text, &place, &mut self.entries)
    }
}

/// Returns a key, without quotes, and what stands after its colon.
fn key(content: &str) -> Option<(&str, &str)> {
    let quote = content.chars().next().filter(|it| matches!(it, '"' | '\''));
    let (key, rest) = match quote {
        Some(quote) => content[1..].split_once(quote)?,
        None => {
            let colon = memchr::memchr_iter(b':', content.as_bytes())
                .find(|&at| content.as_bytes().get(at + 1).is_none_or(|it| matches!(it, b' ' | b'\t')))?;
            content.split_at(colon)
        }
    };
    let value = rest.trim_start().strip_prefix(':')?;
    let fits = !key.trim().is_empty() && key.len() <= MAX_PATH && !(quote.is_none() && key.contains(['"', '{', '[', '#']));
    fits.then(|| (key.trim(), value.trim()))
}

/// Says whether what a quote or bracket opened ends on its line, but for a comment.
fn ends(value: &str, closing: char) -> bool {
    let whole = value.split(" #").next().unwrap_or(value).trim_end();
    value.ends_with(closing) || whole.len() > 1 && whole.ends_with(closing)
}

fn scalar(value: &str) -> &str {
    if let Some(quote) = value.chars().next().filter(|it| matches!(it, '"' | '\'')) {
        let inner = &value[1..];
        return inner.rfind(quote).map_or(inner, |end| &inner[..end]);
    }
    value.split(" #").next().unwrap_or(value).trim_end()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::quickly::quickly;

    fn check(text: &str, expected: &[(&str, &str)]) {
        let found = entries(text);
        let found: Vec<_> = found.iter().map(|it| (it.path.as_str(), it.value.as_str())).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn keys_have_their_paths() {
        check(
            "kind: A # x\nspec:\n  a:\n  - name: \"n\"\n    image: x:1\n  - name: m\n  b: 'c d'\nlast: 1\n",
            &[
                ("kind", "A"),
                ("spec", ""),
                ("spec.a", ""),
                ("spec.a[0].name", "n"),
                ("spec.a[0].image", "x:1"),
                ("spec.a[1].name", "m"),
                ("spec.b", "c d"),
                ("last", "1"),
            ],
        );
        check("- a\n- - b\n  - c: d\n", &[("[0]", "a"), ("[1][0]", "b"), ("[1][1].c", "d")]);
        check("url: http://x:1/y\n\"k: 1\": v\n", &[("url", "http://x:1/y"), ("k: 1", "v")]);
    }

    #[test]
    fn texts_brackets_and_templates_are_passed_over() {
        check("a: |\n  x: 1\n\n  y: 2\nb: 3\n", &[("a", ""), ("b", "3")]);
        check(
            "{{- if .x }}\nkind: A\n{{- end }}\nname: {{ .n }}\n",
            &[("kind", "A"), ("name", "")],
        );
        check("a: &x\n  b: !t c\nd: \"e\n  f: g\"\n", &[("a", ""), ("a.b", "c"), ("d", "")]);
    }

    #[test]
    fn what_is_in_brackets_has_keys_too() {
        check(
            "a: {b: 1,\n  c: 2\n}\nd: [1, \"x, y\"]\n",
            &[("a", ""), ("a.b", "1"), ("a.c", "2"), ("d", ""), ("d[0]", "1"), ("d[1]", "x, y")],
        );
        check(
            "images: [{name: x/y, newTag: v2}, {\"name\":z}]\nl: {u: http://a:1/b, i: nginx:1.27, é: ü ö} # {\nm: 1\n",
            &[
                ("images", ""),
                ("images[0].name", "x/y"),
                ("images[0].newTag", "v2"),
                ("images[1].name", "z"),
                ("l", ""),
                ("l.u", "http://a:1/b"),
                ("l.i", "nginx:1.27"),
                ("l.é", "ü ö"),
                ("m", "1"),
            ],
        );
        check(
            "- {a: b, c: {d: 'it''s'}} # x\n- e\n",
            &[("[0]", ""), ("[0].a", "b"), ("[0].c", ""), ("[0].c.d", "it''s"), ("[1]", "e")],
        );
        check(
            "{kind: A, metadata: {name: a}}\n",
            &[("kind", "A"), ("metadata", ""), ("metadata.name", "a")],
        );
        // What is not closed hides no key after it.
        check("a: {b: c,\nd: e\n", &[("a", ""), ("a.b", "c"), ("d", "e")]);
        check(
            "a: {{ x }}\nb: &n {c: !t d, e: *f}\n",
            &[("a", ""), ("b", ""), ("b.c", "d"), ("b.e", "*f")],
        );
    }

    #[test]
    fn hostile_texts_are_read_in_linear_time() {
        let deep: String = (0..1000).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
        let texts = [
            "- ".repeat(250_000),
            deep,
            "a: ".repeat(200_000),
            "\"".repeat(500_000),
            "a:\n".repeat(200_000),
            "a: {\n".repeat(20_000),
            "a: [".repeat(50_000),
            "a: {b: \"\n".repeat(20_000),
            "a: {'\n".repeat(20_000),
            format!("a: {}", "{".repeat(400_000)),
            "a: [{}]\n".repeat(20_000),
        ];
        quickly(Duration::from_secs(4), "all of them", || {
            texts.iter().for_each(|it| drop(entries(it)));
        });
    }
}

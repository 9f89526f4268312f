//! Texts whose lines stand behind a mark, as they read without it: differences between files, and manifests that are commented out. Every byte
//! stays where it was, for marks become spaces; must not know secrets.

use std::ops::Range;

/// Lines of one file in a difference.
#[derive(Debug)]
pub(super) struct Part {
    /// As the difference names it, if it does.
    pub(super) path: String,
    pub(super) range: Range<usize>,
    /// What stands in the range, without marks.
    pub(super) text: String,
}

impl Part {
    fn at(at: usize) -> Part {
        Part {
            path: String::new(),
            range: at..at,
            text: String::new(),
        }
    }
}

/// Returns the files of a difference.
pub(super) fn files(text: &str, range: Range<usize>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut at = range.start;
    let mut part = Part::at(at);
    let mut has_content = false;
    let mut lines = text[range].split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let is_pair = line.starts_with("--- ") && lines.peek().is_some_and(|it| it.starts_with("+++ "));
        let is_new = is_pair || line.starts_with("diff --git ");
        if is_new && has_content {
            parts.push(std::mem::replace(&mut part, Part::at(at)));
            has_content = false;
        }
        match line.strip_prefix("+++ ").or_else(|| line.strip_prefix("--- ").filter(|_| is_pair)) {
            Some(path) if !path.starts_with("/dev/null") => part.path = path_in(path).to_owned(),
            _ => (),
        }
        has_content |= unmark(line, is_pair || line.starts_with("+++ "), &mut part.text);
        at += line.len();
        part.range.end = at;
    }
    parts.push(part);
    parts
}

fn path_in(named: &str) -> &str {
    let path = named.split(['\t', '\r', '\n']).next().unwrap_or_default().trim().trim_matches('"');
    path.strip_prefix("a/").or_else(|| path.strip_prefix("b/")).unwrap_or(path)
}

/// Adds a line without its mark; tells whether it had one.
fn unmark(line: &str, is_head: bool, into: &mut String) -> bool {
    let content = line.trim_end_matches(['\r', '\n']);
    let end = &line[content.len()..];
    let unmarked = content.strip_prefix(['+', '-', ' ']).filter(|_| !is_head);
    match unmarked {
        // A border of documents begins its line.
        Some(border) if border.trim_end() == "---" => into.extend([border, " "]),
        Some(rest) => into.extend([" ", rest]),
        None => into.push_str(&" ".repeat(content.len())),
    }
    into.push_str(end);
    unmarked.is_some()
}

/// Returns the comments of a text, each run of lines a document of its own.
pub(super) fn comments(text: &str) -> String {
    let mut comments = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\r', '\n']);
        let bare = content.trim_start_matches([' ', '\t']);
        let rest = bare.trim_start_matches('#');
        if rest.len() < bare.len() || bare.is_empty() {
            comments.push_str(&" ".repeat(content.len() - rest.len()));
            comments.push_str(rest);
        } else if content.len() >= 3 {
            comments.push_str("---");
            comments.push_str(&" ".repeat(content.len() - 3));
        } else {
            comments.push_str(&" ".repeat(content.len()));
        }
        comments.push_str(&line[content.len()..]);
    }
    comments
}

/// Returns a text whose lines end as those of old Macs did with ends that are known here; `None` for any other.
pub(super) fn with_line_feeds(text: &str) -> Option<String> {
    let is_alone = |at: usize| text.as_bytes().get(at + 1) != Some(&b'\n');
    if !memchr::memchr_iter(b'\r', text.as_bytes()).any(is_alone) {
        return None;
    }
    let mut all = String::with_capacity(text.len());
    let mut pieces = text.split('\r').peekable();
    while let Some(piece) = pieces.next() {
        all.push_str(piece);
        if let Some(next) = pieces.peek() {
            all.push(if next.starts_with('\n') { '\r' } else { '\n' });
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_stays_where_it_was() {
        let text = "diff --git a/x.yaml b/x.yaml\n--- a/x.yaml\n+++ b/x.yaml\n@@ -1 +1 @@ é\n kind: a\n-b: c\n+b: d\n----\n--- /dev/null\n+++ b/y.yaml\r\n+e: f\r\n";
        let parts = files(text, 0..text.len());
        let paths: Vec<&str> = parts.iter().map(|it| it.path.as_str()).collect();
        assert_eq!(paths, ["x.yaml", "y.yaml"]);
        for part in &parts {
            assert_eq!(part.text.len(), part.range.len(), "{part:?}");
            assert_eq!(part.text.matches('\n').count(), text[part.range.clone()].matches('\n').count());
        }
        assert!(parts[0].text.contains("\n kind: a\n b: c\n b: d\n--- \n"), "{:?}", parts[0].text);
        assert!(parts[1].text.ends_with("\n e: f\r\n"), "{:?}", parts[1].text);
        let text = "a: b # c\n#  kind: Secret\n\n  # x: y\nz\n";
        assert_eq!(comments(text), "---     \n   kind: Secret\n\n    x: y\n \n");
        assert_eq!(with_line_feeds("a\rb\r\nc\r\r"), Some("a\nb\r\nc\n\n".to_owned()));
        assert_eq!(with_line_feeds("a\nb\r\n"), None);
    }
}

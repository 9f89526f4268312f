//! Cuts a YAML file into its documents. Knows the lines that part them; must not know what is in them.

use std::ops::Range;

/// One document of a YAML file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Document {
    /// The line `---` that opens it and all up to the next one's. The documents of a file follow each other without a gap.
    pub(super) range: Range<usize>,
    /// What the YAML library may read.
    pub(super) content: Range<usize>,
}

/// Returns the documents that say something, in order. What says nothing (comments, blank lines) belongs to the next one, at the end to the last.
///
/// A line that begins with `---` or `...` parts documents wherever it stands: inside a text every line is indented.
pub(super) fn documents(text: &str) -> Vec<Document> {
    let mut documents: Vec<Document> = Vec::new();
    // A byte order mark is no part of what the file says.
    let begin = text.len() - text.trim_start_matches('\u{feff}').len();
    let mut open = Document {
        range: 0..0,
        content: begin..begin,
    };
    let mut says_something = false;
    let mut at = begin;
    for line in text[begin..].split_inclusive('\n') {
        let border = border(line);
        if border.is_some() {
            open.range.end = at;
            open.content.end = at;
            let next = Document {
                range: at..at,
                content: at..at,
            };
            if says_something {
                documents.push(std::mem::replace(&mut open, next));
                says_something = false;
            }
        }
        let rest = &line[border.unwrap_or(0)..];
        let is_comment = rest.trim_start().starts_with('#') || rest.trim().is_empty() || line.starts_with('%');
        if border.is_some() {
            open.content.start = at + if is_comment { line.len() } else { border.unwrap_or(0) };
        }
        says_something |= !is_comment;
        at += line.len();
    }
    open.range.end = at;
    open.content.end = at;
    match documents.last_mut() {
        Some(last) if !says_something => last.range.end = at,
        _ if says_something => documents.push(open),
        _ => {}
    }
    documents
}

/// Returns the length of the mark that a line begins with when it ends a document.
fn border(line: &str) -> Option<usize> {
    let rest = line.strip_prefix("---").or_else(|| line.strip_prefix("..."))?;
    (rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n'])).then_some(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str)]) {
        let found = documents(text);
        let found: Vec<_> = found
            .iter()
            .map(|it| (&text[it.range.clone()], &text[it.content.clone()]))
            .collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn documents_are_parted_by_their_lines() {
        check("a: 1\n", &[("a: 1\n", "a: 1\n")]);
        check("---\na: 1\n---\nb: 2", &[("---\na: 1\n", "a: 1\n"), ("---\nb: 2", "b: 2")]);
        check("--- # x\na: 1\n...\n", &[("--- # x\na: 1\n...\n", "a: 1\n")]);
        check("--- {a: 1}\n", &[("--- {a: 1}\n", " {a: 1}\n")]);
        check("# only\n---\n\n", &[]);
        check(
            "a: |\n  x\n  ---\n----\n",
            &[("a: |\n  x\n  ---\n----\n", "a: |\n  x\n  ---\n----\n")],
        );
        check("", &[]);
    }

    #[test]
    fn a_byte_order_mark_hides_neither_the_first_line_nor_a_border() {
        check("\u{feff}a: 1\n", &[("\u{feff}a: 1\n", "a: 1\n")]);
        check(
            "\u{feff}---\na: 1\n---\nb: 2\n",
            &[("\u{feff}---\na: 1\n", "a: 1\n"), ("---\nb: 2\n", "b: 2\n")],
        );
    }

    #[test]
    fn what_says_nothing_joins_its_neighbour() {
        check(
            "# head\n---\na: 1\n---\n# none\n---\n",
            &[("# head\n---\na: 1\n---\n# none\n---\n", "a: 1\n")],
        );
        check("---\r\na: 1\r\n---\r\n", &[("---\r\na: 1\r\n---\r\n", "a: 1\r\n")]);
    }
}

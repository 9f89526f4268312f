//! Comments (`%%`) and math (`$$`) that span lines. Knows where they begin and end, so that no heading or list is found inside them.

use std::{borrow::Cow, ops::Range};

use memchr::memmem;

use crate::model::note::BlockKind;

/// A comment or a math block, in whole lines.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hidden {
    pub(super) kind: BlockKind,
    pub(super) range: Range<usize>,
}

/// Returns the text with each such block turned into an HTML instruction (`<? ... ?>`) of the same length, which ends a paragraph and
/// hides its content as Obsidian's own blocks do; and the blocks in order.
pub(super) fn mask(text: &str, body: usize) -> (Cow<'_, str>, Vec<Hidden>) {
    let may = |marker: &str| memmem::find(&text.as_bytes()[body..], marker.as_bytes()).is_some();
    if !may("%%") && !may("$$") {
        return (Cow::Borrowed(text), Vec::new());
    }
    let found = find(text, body);
    if found.is_empty() {
        return (Cow::Borrowed(text), found);
    }
    let mut masked = text.as_bytes().to_vec();
    for hidden in &found {
        let marker = if hidden.kind == BlockKind::Comment { "%%" } else { "$$" };
        let inner = &text[hidden.range.clone()];
        let first = hidden.range.start + inner.find(marker).expect("a hidden block begins with its marker");
        let last = hidden.range.start + inner.rfind(marker).expect("a hidden block ends with its marker");
        for at in memmem::find_iter(inner.as_bytes(), b"?>") {
            masked[hidden.range.start + at] = b' ';
        }
        masked[first..first + 2].copy_from_slice(b"<?");
        masked[last..last + 2].copy_from_slice(b"?>");
    }
    let masked = String::from_utf8(masked).expect("only ASCII was replaced by ASCII");
    (Cow::Owned(masked), found)
}

fn find(text: &str, body: usize) -> Vec<Hidden> {
    let mut found = Vec::new();
    let mut fence: Option<Fence> = None;
    // A marker without its end hides nothing; one failed search is enough to know of all later ones.
    let (mut comments, mut maths) = (true, true);
    let mut at = body;
    while at < text.len() {
        let end = line_end(text, at);
        let line = &text[at..end];
        let start = line.trim_start_matches(' ');
        let indented = line.len() - start.len() > 3;
        if let Some(open) = &fence {
            if open.closes(line) {
                fence = None;
            }
        } else if let Some(open) = Fence::opening(line) {
            fence = Some(open);
        } else if comments && !indented && start.starts_with("%%") {
            let inner = end - start.len() + 2;
            match memmem::find(&text.as_bytes()[inner..], b"%%").map(|it| inner + it + 2) {
                Some(close) => {
                    let close_end = line_end(text, close);
                    if close > end || text[close..close_end].trim().is_empty() {
                        found.push(Hidden {
                            kind: BlockKind::Comment,
                            range: at..close_end,
                        });
                        at = close_end + 1;
                        continue;
                    }
                }
                None => comments = false,
            }
        } else if maths && !indented && start.starts_with("$$") && !start[2..].contains('$') {
            match math_end(text, end) {
                Some(close) => {
                    found.push(Hidden {
                        kind: BlockKind::Math,
                        range: at..close,
                    });
                    at = close + 1;
                    continue;
                }
                None => maths = false,
            }
        }
        at = end + 1;
    }
    found
}

/// Returns the end of the first line after this one that ends with `$$`.
fn math_end(text: &str, first_end: usize) -> Option<usize> {
    memmem::find_iter(text.as_bytes().get(first_end..)?, b"$$")
        .map(|it| first_end + it + 2)
        .find_map(|close| {
            let end = line_end(text, close);
            text[close..end].trim().is_empty().then_some(end)
        })
}

/// Returns where the line that holds this byte ends, before its line feed.
fn line_end(text: &str, at: usize) -> usize {
    memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |it| at + it)
}

/// An open code fence, also one inside a quote or a list.
struct Fence {
    marker: char,
    len: usize,
}

impl Fence {
    fn opening(line: &str) -> Option<Fence> {
        let content = line.trim_start_matches([
            ' ', '\t', '>', '-', '*', '+', '.', ')', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9',
        ]);
        let (fence, rest) = Fence::run(content)?;
        (fence.marker == '~' || !rest.contains('`')).then_some(fence)
    }

    fn closes(&self, line: &str) -> bool {
        Fence::run(line.trim_start_matches([' ', '\t', '>']))
            .is_some_and(|(run, rest)| run.marker == self.marker && run.len >= self.len && rest.trim().is_empty())
    }

    fn run(content: &str) -> Option<(Fence, &str)> {
        let marker = content.chars().next().filter(|it| matches!(it, '`' | '~'))?;
        let rest = content.trim_start_matches(marker);
        let len = content.len() - rest.len();
        (len >= 3).then_some((Fence { marker, len }, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let (masked, hidden) = mask(text, 0);
        assert_eq!(masked.len(), text.len());
        assert_eq!(
            hidden.iter().map(|it| &text[it.range.clone()]).collect::<Vec<_>>(),
            expected,
            "{text:?}"
        );
    }

    #[test]
    fn comments_and_math_hide_their_lines() {
        check("a\n%%\n# b\n%%\nc", &["%%\n# b\n%%"]);
        check("%% kanban:settings\n```\n{}\n```\n%%", &["%% kanban:settings\n```\n{}\n```\n%%"]);
        check("$$\nx\n\n# y\n$$\n", &["$$\nx\n\n# y\n$$"]);
        check("%% a %%\nb", &["%% a %%"]);
    }

    #[test]
    fn text_and_code_hide_nothing() {
        check("a %% b\nc %% d", &[]);
        check("%% a %% b", &[]);
        check("%%\nnever closed", &[]);
        check("```\n%%\n```\n%% x", &[]);
        check("> ```\n> x\n> ```\n%%\na\n%%", &["%%\na\n%%"]);
        check("$$x$$ and $$y$$", &[]);
    }
}

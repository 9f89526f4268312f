//! The part of a link after `#`: headings and blocks inside a note. Knows Obsidian's comparison of headings; knows nothing of files.

use std::ops::Range;

use crate::model::{note::Note, path::path_key};

/// A place inside a note, as a link names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subpath {
    /// `#A#B`: headings that must lie below each other in this order; never empty.
    Headings(Vec<String>),
    /// `#^id`, without the `^`.
    Block(String),
}

/// Returns the text before the first `#`, and the place named after it; `None` when there is no `#` or nothing follows it (`[[n#]]`).
pub fn split_subpath(target: &str) -> (&str, Option<Subpath>) {
    let Some((path, subpath)) = target.split_once('#') else {
        return (target, None);
    };
    let parts: Vec<&str> = subpath.split('#').map(str::trim).filter(|it| !it.is_empty()).collect();
    let place = match parts.last().and_then(|last| last.strip_prefix('^')) {
        Some(id) => Some(Subpath::Block(id.to_owned())),
        None if parts.is_empty() => None,
        None => Some(Subpath::Headings(parts.into_iter().map(str::to_owned).collect())),
    };
    (path, place)
}

/// Returns the bytes of a place in a note whose text has `text_len` bytes: a heading with all below it, or a block. The first of several wins.
pub fn find_subpath(note: &Note, text_len: usize, subpath: &Subpath) -> Option<Range<usize>> {
    let chain = match subpath {
        Subpath::Block(id) => return note.block_by_id(id),
        Subpath::Headings(chain) => chain.iter().map(|it| heading_key(it)).collect::<Vec<_>>(),
    };
    let headings: Vec<HeadingKeys> = note.headings.iter().map(|it| HeadingKeys::of(&it.text)).collect();
    let found = note
        .sections(text_len)
        .into_iter()
        .find(|section| ends_chain(section.path.iter().map(|it| &headings[*it]), &chain));
    found.map(|it| it.range)
}

/// Returns a heading's text as links spell it: special characters become spaces, runs of white space one space
/// (`stripHeading` of obsidian-api; with this set every heading link of the help vault is found).
pub fn strip_heading(text: &str) -> String {
    let spaced = text.replace(
        |it: char| it.is_whitespace() || r##"!"#$%&()*+,.:;<=>?@^`{|}~/[]\"##.contains(it),
        " ",
    );
    spaced.split(' ').filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What a heading is found by; one that carries a block id is found with and without it.
struct HeadingKeys {
    whole: String,
    without_id: Option<String>,
}

impl HeadingKeys {
    fn of(text: &str) -> HeadingKeys {
        let id = text
            .rsplit_once(" ^")
            .filter(|(_, id)| id.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-'));
        HeadingKeys {
            whole: heading_key(text),
            without_id: id.map(|(text, _)| heading_key(text)),
        }
    }
}

/// Says whether the last heading of a path ends the chain: the others of the chain lie above it in their order, perhaps with more between.
fn ends_chain<'a>(path: impl Iterator<Item = &'a HeadingKeys>, chain: &[String]) -> bool {
    let mut left = chain;
    let mut ended = false;
    for heading in path {
        let met = left
            .first()
            .is_some_and(|it| heading.whole == *it || heading.without_id.as_ref() == Some(it));
        left = if met { &left[1..] } else { left };
        ended = met && left.is_empty();
    }
    ended
}

fn heading_key(text: &str) -> String {
    path_key(&strip_heading(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_splits_at_the_first_hash() {
        let check = |target: &str, path: &str, place: Option<Subpath>| assert_eq!(split_subpath(target), (path, place), "{target}");
        let headings = |it: &[&str]| Some(Subpath::Headings(it.iter().map(|it| (*it).to_owned()).collect()));
        check("Note", "Note", None);
        check("Note#", "Note", None);
        check("#H", "", headings(&["H"]));
        check("a#b#c", "a", headings(&["b", "c"]));
        check("n#^agent-2026-01", "n", Some(Subpath::Block("agent-2026-01".into())));
        check("n#Plan#^id", "n", Some(Subpath::Block("id".into())));
    }

    #[test]
    fn headings_are_spelled_as_links_spell_them() {
        let check = |text: &str, expected: &str| assert_eq!(strip_heading(text), expected, "{text}");
        check("A link in a [[link_in_heading]]", "A link in a link_in_heading");
        check("Header  [[Outer Wilds|Thing]]  ", "Header Outer Wilds Thing");
        check("**Header** *Value", "Header Value");
        check("Header - More", "Header - More");
        check("Header _ More _", "Header _ More _");
        check("Header   📷 [[O]]", "Header 📷 O");
    }

    /// `expected` is the text found, empty for none.
    fn check(text: &str, link: &str, expected: &str) {
        let place = split_subpath(link).1.expect("the case names a place");
        let found = find_subpath(&Note::parse(text), text.len(), &place).map_or("", |it| &text[it]);
        assert_eq!(found, expected, "{link}");
    }

    #[test]
    fn a_heading_stands_for_all_below_it_and_the_first_of_a_name_wins() {
        let text = "# Plan\nLog\n## Log\n### Day: [[one]]\n# Work\n## log\n## Idea ^x-1\n";
        check(text, "#plan", "# Plan\nLog\n## Log\n### Day: [[one]]\n");
        check(text, "#Log", "## Log\n### Day: [[one]]\n");
        check(text, "#Day one", "### Day: [[one]]\n");
        check(text, "#Idea", "## Idea ^x-1\n");
        check(text, "#Idea ^x-1", "## Idea ^x-1\n");
        check(text, "#Missing", "");
    }

    #[test]
    fn a_chain_follows_the_nesting() {
        let text = "# Plan\n## Log\n### Day\n# Work\n## Log\n### Night\n";
        check(text, "#Work#Log", "## Log\n### Night\n");
        check(text, "#Plan#Day", "### Day\n");
        check(text, "#Plan#Log#Day", "### Day\n");
        check(text, "#Log#Plan", "");
        check(text, "#Work#Day", "");
        check(text, "#Log#Log", "");
    }

    #[test]
    fn blocks_are_found_by_id_in_any_case() {
        let text = "Words ^agent-2026-01\n\n- one\n- two ^Item\n";
        check(text, "#^Agent-2026-01", "Words ^agent-2026-01");
        check(text, "#^item", "- two ^Item");
        check(text, "#^agent", "");
    }
}

//! What holds for every text, hostile ones included.

use std::{ops::Range, time::Duration};

use proptest::prelude::*;

use crate::model::{note::Note, quickly::quickly};

fn ranges(note: &Note) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = note.frontmatter.iter().flat_map(|it| [it.range.clone(), it.yaml.clone()]).collect();
    ranges.extend(note.headings.iter().map(|it| it.range.clone()));
    ranges.extend(note.links.iter().map(|it| it.range.clone()));
    ranges.extend(note.tags.iter().map(|it| it.range.clone()));
    ranges.extend(note.list_items.iter().map(|it| it.range.clone()));
    ranges.extend(note.blocks.iter().map(|it| it.range.clone()));
    ranges.extend(note.diagnostics.iter().map(|it| it.range.clone()));
    ranges
}

fn holds(text: &str) {
    let note = Note::parse(text);
    for range in ranges(&note) {
        assert!(text.get(range.clone()).is_some(), "{range:?} of {text:?}");
    }
    for blocks in note.blocks.windows(2) {
        assert!(blocks[0].range.end <= blocks[1].range.start, "{blocks:?} of {text:?}");
    }
    for tag in &note.tags {
        assert_eq!(text[tag.range.clone()], format!("#{}", tag.name));
    }
    assert!(note.list_items.is_sorted_by_key(|it| it.range.start), "{text:?}");
    assert_eq!(note.sections(text.len()).len(), note.headings.len());
    assert!(text.is_char_boundary(note.body_start()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_text_is_a_note(text in "\\PC*") {
        holds(&text);
    }

    #[test]
    fn any_markdown_is_a_note(parts in prop::collection::vec(prop::sample::select(PARTS), 0..60)) {
        holds(&parts.concat());
    }
}

const PARTS: &[&str] = &[
    "\n",
    "\n",
    "\n\n",
    "\r\n",
    " ",
    "  ",
    "    ",
    "\t",
    "- ",
    "* ",
    "1. ",
    "2) ",
    "[ ] ",
    "[x] ",
    "> ",
    ">",
    "# ",
    "## ",
    "---\n",
    "---",
    "```\n",
    "~~~",
    "`",
    "``",
    "%%",
    "%%\n",
    "$$",
    "$$\n",
    "$",
    "[[",
    "]]",
    "[",
    "]",
    "(",
    ")",
    "](",
    "![",
    "![[",
    "|",
    "| - |\n",
    "#tag",
    "#",
    "^id",
    " ^id\n",
    "\\",
    "<!--",
    "-->",
    "<div>",
    "</div>\n",
    "<?",
    "?>",
    "[^1]: ",
    "[^1]",
    "[a]: b\n",
    "[!note] ",
    "===",
    "***\n",
    "a",
    "word ",
    "😀",
    "中",
    "\u{200b}",
    "\u{feff}",
    "\u{a0}",
    "tags: [a]\n",
    "a: \"[[b]]\"\n",
    "&amp;",
    "http://x/#y",
    "\0",
];

#[test]
fn ranges_that_the_library_misplaces_are_corrected() {
    [
        "[^1]: [^1]: \n",
        "1. >\t- x",
        "\u{feff}* ---\n- - ^id\n",
        "[^1]: - </div>\n- - </div>\n",
        "-\n\t- a\n\t- b",
    ]
    .into_iter()
    .for_each(holds);
}

#[test]
fn hostile_notes_are_read_in_linear_time() {
    let check = |name: &str, text: String| {
        // The tests run unoptimised and beside others; quadratic work on these texts takes minutes.
        quickly(Duration::from_secs(8), name, || holds_within(&text));
    };
    check("brackets", "[".repeat(20_000));
    check("open wikilinks", "[[a ".repeat(50_000));
    check("closing brackets", format!("[[{}", "x]".repeat(100_000)));
    check("quotes in quotes", format!("{} x", ">".repeat(20_000)));
    check("lists in lists", format!("{}x\n{}", "- ".repeat(10_000), " lazy\n".repeat(10_000)));
    check(
        "lists and blank lines",
        format!("{}x\n{}y", "- ".repeat(10_000), "\n".repeat(10_000)),
    );
    check(
        "quotes and lists",
        format!("{}x\n{}", "> - ".repeat(5_000), "lazy\n".repeat(10_000)),
    );
    check("tasks in tasks", format!("{}x", "- [ ] ".repeat(10_000)));
    check("emphasis", "*a_ ".repeat(20_000));
    check("backticks", (1..600).map(|it| "`".repeat(it) + " ").collect());
    check("one line", "word #tag [[link]] ".repeat(550_000));
    check("links", "[[a]]\n".repeat(100_000));
    check("Markdown links", "[a](b.md) ".repeat(50_000));
    check("open comments", "%% a\n\n".repeat(50_000) + "x");
    check("open math", "$$ a\n\n".repeat(50_000) + "$$ b");
    check("definitions", (0..20_000).map(|it| format!("[{it}]: x\n")).collect());
    check("punctuation and tags", ";#a".repeat(300_000));
    check("deep indentation", (0..600).map(|it| " ".repeat(it * 2) + "- x\n").collect());
    check("frontmatter that never ends", format!("---\n{}", "a: 1\n".repeat(200_000)));
    check("headings", "# a\n".repeat(50_000));
    check("tables", format!("|a|\n|-|\n{}", "|b|\n".repeat(50_000)));
    check("ids", "a ^x\n\n".repeat(50_000));
}

fn holds_within(text: &str) {
    let note = Note::parse(text);
    assert!(ranges(&note).into_iter().all(|it| text.get(it).is_some()));
}

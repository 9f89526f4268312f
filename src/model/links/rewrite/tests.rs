//! The table of moves, and the law that every link still leads where it led.

use proptest::prelude::*;

use super::*;

fn path(path: &str) -> NotePath {
    NotePath::parse(path).unwrap()
}

fn names<'a>(files: impl IntoIterator<Item = &'a str>) -> Names {
    let mut names = Names::default();
    files.into_iter().for_each(|it| names.insert(&path(it)));
    names
}

fn moved(files: &str, note: &str, text: &str, from: &str, to: &str, style: LinkFormat) -> Rewritten {
    let files: Vec<&str> = files.split(", ").chain([note, from]).collect();
    let before = names(files.iter().copied());
    let after = names(files.iter().map(|it| if *it == from { to } else { it }));
    let (from, to) = (path(from), path(to));
    rewrite(text, &path(note), Move { from: &from, to: &to }, &before, &after, style)
}

/// The vault holds `files` (separated by commas), `note` and `from`. `text` and `expected` are of `note`.
fn check_in(style: LinkFormat, files: &str, note: &str, text: &str, (from, to): (&str, &str), expected: &str) {
    let found = moved(files, note, text, from, to, style);
    assert_eq!(
        found.text.as_deref().unwrap_or(text),
        expected,
        "{from} -> {to} in {note} of {files}"
    );
    assert_eq!(found.left, [] as [usize; 0]);
    assert_eq!(found.text.is_some(), found.changed > 0);
}

fn check(files: &str, note: &str, text: &str, way: (&str, &str), expected: &str) {
    check_in(LinkFormat::Shortest, files, note, text, way, expected);
}

#[test]
fn only_the_path_of_a_link_changes() {
    let way = ("a/Old.md", "b/New.md");
    check("z.md", "n.md", "[[Old]] ![[Old]] [[ old.md ]]", way, "[[New]] ![[New]] [[ New ]]");
    check(
        "z.md",
        "n.md",
        "[[Old|x]] [[Old#H#I|x]] [[a/Old#^b]]",
        way,
        "[[New|x]] [[New#H#I|x]] [[New#^b]]",
    );
    check("z.md", "n.md", "|a|\n|-|\n|[[Old\\|x]]|\n", way, "|a|\n|-|\n|[[New\\|x]]|\n");
    check(
        "z.md",
        "n.md",
        "[Old](Old.md) [*x*](a/Old.md#H \"t\")",
        way,
        "[Old](New.md) [*x*](New.md#H \"t\")",
    );
    check(
        "z.md",
        "n.md",
        "`[[Old]]` [[Older]] Old [[z]]",
        way,
        "`[[Old]]` [[Older]] Old [[z]]",
    );
    check("z.md", "n.md", "a\r\n[[Old]]\r\n", way, "a\r\n[[New]]\r\n");
    check("z.md", "n.md", "![[p.png|100x145]]", ("p.png", "q/r.png"), "![[r.png|100x145]]");
}

#[test]
fn markdown_links_keep_their_spelling() {
    let way = ("A b.md", "C d.md");
    check(
        "z.md",
        "n.md",
        "[x](A%20b.md#H%20i) ![x](<A b.md>)",
        way,
        "[x](C%20d.md#H%20i) ![x](<C d.md>)",
    );
    check(
        "z.md",
        "n.md",
        "[x](%C3%A4.md) [y](ä.md)",
        ("ä.md", "ö.md"),
        "[x](%C3%B6.md) [y](ö.md)",
    );
    check("z.md", "n.md", "[x](a.md)", ("a.md", "b (c).md"), "[x](b%20(c).md)");
    check(
        "z.md",
        "n.md",
        "[x](a.md) [y](<a.md>)",
        ("a.md", "b) c.md"),
        "[x](b%29%20c.md) [y](<b) c.md>)",
    );
    check("z.md", "n.md", "[x](a.md)", ("a.md", "100%25 b.md"), "[x](100%2525%20b.md)");
}

#[test]
fn a_name_that_still_leads_there_stays_and_a_folder_is_corrected() {
    let way = ("a/Note.md", "b/Note.md");
    check(
        "z.md",
        "n.md",
        "[[Note]] [x](Note.md) [[a/Note]]",
        way,
        "[[Note]] [x](Note.md) [[Note]]",
    );
    check("c/Note.md", "n.md", "[[a/Note]] [[c/Note]]", way, "[[b/Note]] [[c/Note]]");
    check("z.md", "n.md", "[[x/Note]]", ("a/x/Note.md", "b/x/Note.md"), "[[Note]]");
}

#[test]
fn the_format_says_how_a_new_path_is_written() {
    let way = ("a/Old.md", "b/c/New.md");
    check_in(
        LinkFormat::Absolute,
        "z.md",
        "b/n.md",
        "[[Old]] [x](Old.md)",
        way,
        "[[b/c/New]] [x](b/c/New.md)",
    );
    check_in(
        LinkFormat::Relative,
        "z.md",
        "b/n.md",
        "[[Old]] [x](../a/Old.md)",
        way,
        "[[c/New]] [x](c/New.md)",
    );
    check_in(LinkFormat::Relative, "z.md", "d/n.md", "[[Old]]", way, "[[../b/c/New]]");
    check_in(LinkFormat::Relative, "c/New.md", "b/n.md", "[[Old]]", way, "[[./c/New]]");
    check_in(LinkFormat::Relative, "z.md", "b/c/n.md", "[[Old]]", way, "[[New]]");
    check("New.md", "n.md", "[[Old]]", way, "[[b/c/New]]");
    check("v2.0", "n.md", "[[Old]]", ("Old.md", "b/v2.0.md"), "[[b/v2.0]]");
}

#[test]
fn the_moved_note_keeps_its_own_links() {
    let way = ("a/Note.md", "b/c/Moved.md");
    check(
        "a/x.md, y.md",
        "a/Note.md",
        "[x](./x.md) [[../y]] [[x]]",
        way,
        "[x](x.md) [[y]] [[x]]",
    );
    check_in(
        LinkFormat::Relative,
        "a/x.md, y.md",
        "a/Note.md",
        "[x](./x.md) [[../y]]",
        way,
        "[x](../../a/x.md) [[../../y]]",
    );
    check(
        "a/x.md",
        "a/Note.md",
        "[[Note#H]] [[#H]] [x](#H) [[a/Note]]",
        way,
        "[[Moved#H]] [[#H]] [x](#H) [[Moved]]",
    );
    check("a/x.md, d/x.md", "a/Note.md", "[[x]]", way, "[[a/x]]");
    check("a/x.md, d/x.md, b/c/x.md", "a/Note.md", "[[x]]", way, "[[a/x]]");
}

#[test]
fn a_link_that_the_new_name_would_take_is_secured() {
    check("d/New.md", "n.md", "[[New|x]]", ("Old.md", "New.md"), "[[d/New|x]]");
    check("d/New.md", "n.md", "[x](New.md)", ("Old.md", "e/New.md"), "[x](d/New.md)");
    check("d/New.md", "n.md", "[[Missing]]", ("Old.md", "Missing.md"), "[[Missing]]");
}

#[test]
fn links_of_properties_stay_in_their_quotes() {
    let way = ("Old.md", "It's.md");
    check(
        "z.md",
        "n.md",
        "---\nup: \"[[Old|x]]\" # [[Old]]\nrel:\n  - '[[Old#H]]'\n---\n[[Old]]\n",
        way,
        "---\nup: \"[[It's|x]]\" # [[Old]]\nrel:\n  - '[[It''s#H]]'\n---\n[[It's]]\n",
    );
}

#[test]
fn what_cannot_be_written_is_left_and_reported() {
    let left = |text: &str, to: &str| {
        let found = moved("z.md", "n.md", text, "Old.md", to, LinkFormat::Shortest);
        (found.text, found.changed, found.left)
    };
    assert_eq!(left("a\n[[Old]]", "a#b.md"), (None, 0, vec![2]));
    assert_eq!(left("[[Old]]", "a|b.md"), (None, 0, vec![1]));
    assert_eq!(left("[[Old]]", "[b].md"), (None, 0, vec![1]));
    let escaped = "---\nup: \"[[\\u004fld]]\"\n---\n[[Old]]";
    assert_eq!(left(escaped, "New.md").0.unwrap(), escaped.replace("[[Old]]", "[[New]]"));
    assert_eq!(left("# [[Old]] a\n[[Old]]", "New.md").1, 2);
}

fn any_file() -> impl Strategy<Value = String> {
    "([ab]/){0,2}([xyX]|x y|v2\\.0|ä)\\.(md|png)"
}

fn any_link() -> impl Strategy<Value = String> {
    let target = "(\\./|\\.\\./|/)?([abA]/){0,2}([xyX]|x y|v2\\.0)(\\.md|\\.png)?(#H|#\\^b)?";
    prop_oneof![
        (target, "(\\|z)?", "!?").prop_map(|(target, alias, mark)| format!("{mark}[[{target}{alias}]]")),
        (target, "!?").prop_map(|(target, mark)| format!("{mark}[z](<{target}> 't')")),
        (target, "!?").prop_map(|(target, mark)| format!("{mark}[z]({})", target.replace(' ', "%20"))),
        "[a-z#*`>\n|-]{0,6}",
    ]
}

/// What is left of a text without its links' paths.
fn around(text: &str) -> String {
    let mut rest = String::new();
    let mut at = 0;
    for link in &Note::parse(text).links {
        let path = Destination::of(text, link).unwrap().range;
        rest.push_str(&text[at..path.start]);
        at = path.end;
    }
    rest + &text[at..]
}

proptest! {
    #[test]
    fn every_link_leads_where_it_led(
        files in proptest::collection::vec(any_file(), 1..8),
        to in any_file(),
        links in proptest::collection::vec(any_link(), 0..8),
        at in 0usize..8,
        style in prop_oneof![Just(LinkFormat::Shortest), Just(LinkFormat::Relative), Just(LinkFormat::Absolute)],
    ) {
        let key = |it: &str| path(it).key();
        prop_assume!(files.iter().all(|it| key(it) != key(&to)));
        let (from, note) = (&files[0], &files[at % files.len()]);
        let text = links.join(" ");
        let before = names(files.iter().map(String::as_str));
        let after = names(files.iter().map(|it| if it == from { &*to } else { it }));
        let (from, to, note) = (path(from), path(&to), path(note));
        let found = rewrite(&text, &note, Move { from: &from, to: &to }, &before, &after, style);
        let new = found.text.as_deref().unwrap_or(&text);
        let place = if note == from { &to } else { &note };
        let (old_links, new_links) = (Note::parse(&text).links, Note::parse(new).links);
        prop_assert_eq!(old_links.len(), new_links.len());
        prop_assert_eq!(around(&text), around(new));
        let mut lost = 0;
        for (old, new) in old_links.iter().zip(&new_links) {
            let Some(led) = before.resolve(&old.target, false, Some(&note)).path else { continue };
            let goal = if led == from { &to } else { &led };
            let leads = after.resolve(&new.target, false, Some(place)).path;
            if leads.as_ref() != Some(goal) {
                lost += 1;
            }
        }
        prop_assert_eq!(lost, found.left.len(), "{}", new);
    }
}

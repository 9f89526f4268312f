//! Links and embeds.

use super::links;
use crate::model::note::{LinkKind, Note};

/// Expects the targets and displays of all links, in order.
fn check(text: &str, expected: &[(&str, &str)]) {
    let found = links(text);
    let found: Vec<_> = found
        .iter()
        .map(|(it, _)| (&*it.target, it.display.as_deref().unwrap_or("")))
        .collect();
    assert_eq!(found, expected, "{text:?}");
}

#[test]
fn c1_c2_c3_targets_and_displays() {
    check(
        "[[a#b#c||x y]] [[w#h#s]] [[#h]]",
        &[("a#b#c", "|x y"), ("w#h#s", "w > h > s"), ("#h", "h")],
    );
    check("[t](m.md#heading#sub-heading)", &[("m.md#heading#sub-heading", "t")]);
}

#[test]
fn c5_c6_c7_brackets() {
    check(
        "[[Sq]uare]] [[Sp ace]] [[Multi\nLine]]",
        &[("Sq]uare", "Sq]uare"), ("Sp ace", "Sp ace")],
    );
    check("[[Nested [[Inner]] x]]", &[("Inner", "Inner")]);
    check("[[]] [[|]] [[|alias]]", &[("|", "|"), ("|alias", "|alias")]);
    check(
        "[[ foo ]] [[    foo    |x]] [[foo#^abc ]]",
        &[("foo", "foo"), ("foo", "x"), ("foo#^abc", "foo > ^abc")],
    );
    check("\\[[a]] [\\[b]] `[[c]]`", &[]);
    check("[[a`b]] `c`", &[("a`b", "a`b")]);
}

#[test]
fn c9_c10_footnotes_are_no_links() {
    check("claim[^fn](not a link) [^1](text)\n\n[^fn]: x", &[]);
    check("[[^block]]", &[("^block", "^block")]);
}

#[test]
fn c11_in_tables_the_pipe_is_escaped() {
    let text = "| a | b |\n| - | - |\n| [[note\\|alias]] | ![[i.png\\|100]] |";
    check(text, &[("note", "alias"), ("i.png", "100")]);
    assert_eq!(links(text)[1].0.kind, LinkKind::Embed);
    assert_eq!(links(text)[1].1, "![[i.png\\|100]]");
}

#[test]
fn c14_c25_dots_and_commas_are_part_of_a_name() {
    check(
        "[[Dr. Smith]] [[yes, no, and maybe]]",
        &[("Dr. Smith", "Dr. Smith"), ("yes, no, and maybe", "yes, no, and maybe")],
    );
}

#[test]
fn c15_c17_c18_markdown_links() {
    check("[f](file%20with%20spaces)", &[("file with spaces", "f")]);
    check("[l](<path to/link.md#heading>)", &[("path to/link.md#heading", "l")]);
    check("[w](Sub/My Note.md) [x](https://a.b/c.md) [m](mailto:a@b.c) []() [alias]()", &[]);
    check("[[https://a.b]]", &[("https://a.b", "https://a.b")]);
    check("[x]:\n(y)", &[]);
    let found = Note::parse("![i](a.png) \\![[b]]").links;
    assert_eq!(
        found.iter().map(|it| (it.kind, it.markdown)).collect::<Vec<_>>(),
        [(LinkKind::Embed, true), (LinkKind::Link, false)]
    );
}

#[test]
fn c19_c21_c22_text_around_links() {
    check("[[foo|Example **bold**, ~~x~~ text]]", &[("foo", "Example **bold**, ~~x~~ text")]);
    assert_eq!(
        links("中文 [[链接]] 😀 [[b]]").iter().map(|(_, text)| *text).collect::<Vec<_>>(),
        ["[[链接]]", "[[b]]"]
    );
    let note = Note::parse("## A link in a [[link_in_heading]]");
    assert_eq!((&*note.headings[0].text, note.links.len()), ("A link in a [[link_in_heading]]", 1));
}

#[test]
fn c23_c27_comments_show_links_and_html_and_code_hide_them() {
    check("%%[[Hidden]]%%\n\n%%\na\n[[Deep]]\n%%", &[("Hidden", "Hidden"), ("Deep", "Deep")]);
    check("<!-- [[a]] -->\n\n<div>\n[[b]]\n</div>\n\n```mermaid\nA[[c]]\n```", &[]);
    check("[[n#]]", &[("n#", "n")]);
}

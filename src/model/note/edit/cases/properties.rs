//! Edits of properties and tags, and new notes.

use super::{check, check_refused, check_warning};
use crate::model::{
    note::edit::{Edit, compose},
    yaml::{Number, Value},
};

fn set(name: &str, value: Value) -> Edit {
    Edit::SetProperty {
        name: name.to_owned(),
        value,
    }
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn list(items: &[&str]) -> Value {
    Value::List(items.iter().map(|it| text(it)).collect())
}

fn remove(name: &str) -> Edit {
    Edit::RemoveProperty { name: name.to_owned() }
}

fn add_tag(tag: &str) -> Edit {
    Edit::AddTag { tag: tag.to_owned() }
}

fn remove_tag(tag: &str) -> Edit {
    Edit::RemoveTag { tag: tag.to_owned() }
}

#[test]
fn a_property_is_set_in_its_lines() {
    check(
        "---\na: 1 # one\nB: 'x'\n---\nt\n",
        &set("b", text("v")),
        "---\na: 1 # one\nB: v\n---\nt\n",
    );
    check(
        "---\na: 1   # one\n---\n",
        &set("a", Value::Bool(true)),
        "---\na: true   # one\n---\n",
    );
    check("---\na: 'x # y' # z\n---\n", &set("a", text("w")), "---\na: w # z\n---\n");
    check("---\na: x # y\nb:\n---\n", &set("a", list(&["v"])), "---\na: # y\n  - v\nb:\n---\n");
    check("---\na: # y\n- x\nb: 1\n---\n", &set("a", text("v")), "---\na: v # y\nb: 1\n---\n");
    check(
        "---\na:\n  - x\n  - y\n# c\n\nb: 1\n---\n",
        &set("a", text("v")),
        "---\na: v\n# c\n\nb: 1\n---\n",
    );
    check(
        "---\na: |\n  x\n\n  # y\nb: 1\n---\n",
        &set("a", text("v")),
        "---\na: v\nb: 1\n---\n",
    );
    check("---\na: [x,\n  y]\n---\n", &set("a", list(&["z"])), "---\na:\n  - z\n---\n");
    check("---\na: [x,\n y\n]\nb:\n---\n", &set("a", text("z")), "---\na: z\nb:\n---\n");
    check("---\n\"a b\": 1\n---\n", &set("a b", Value::Null), "---\n\"a b\":\n---\n");
    check(
        "---\r\na: 1\r\nb: 2\r\n---\r\n",
        &set("a", list(&["x"])),
        "---\r\na:\r\n  - x\r\nb: 2\r\n---\r\n",
    );
    check("---\na: 1\n---\n", &set("a", Value::Number(Number::Integer(1))), "---\na: 1\n---\n");
    check("---\na: '1'\n---\n", &set("a", text("1")), "---\na: '1'\n---\n");
}

#[test]
fn a_new_property_comes_last() {
    check("---\na: 1\n---\nt", &set("B", text("x")), "---\na: 1\nB: x\n---\nt");
    check("---\n---\n", &set("a", text("x")), "---\na: x\n---\n");
    check("---\n# c\n---", &set("a", text("x")), "---\n# c\na: x\n---");
    check("---\r\na: 1\r\n---\r\n", &set("b", text("x")), "---\r\na: 1\r\nb: x\r\n---\r\n");
    check("# T\n", &set("a", text("x")), "---\na: x\n---\n# T\n");
    check("", &set("a", text("x")), "---\na: x\n---\n");
    check("\u{feff}t\r\n", &set("a", text("x")), "\u{feff}---\r\na: x\r\n---\r\nt\r\n");
    check("\n---\nt\n", &set("a", text("x")), "---\na: x\n---\n\n---\nt\n");
}

#[test]
fn values_are_written_as_obsidian_writes_them() {
    let check_value = |value: Value, expected: &str| check("", &set("k", value), &format!("---\nk:{expected}\n---\n"));
    for plain in [
        "x y",
        "2026-02-03",
        "2026-02-03T10:00:00",
        "a-b",
        "C#",
        "it's",
        "http://x/y",
        "中文",
        "3d",
        "R&D *x*",
        "a, b",
    ] {
        check_value(text(plain), &format!(" {plain}"));
    }
    for quoted in [
        "", " x", "x ", "yes", "No", "null", "~", "12", "1.5", "1e5", "012", "1:30", "0x1f", ".inf", "-1", "[[X]]", "a: b", "a #b", "#tag",
        "- x", "*x", "&x", "!x", "%x", "@x", "{x", "x:", "? x", "> x", "'x", "=",
    ] {
        check_value(text(quoted), &format!(" \"{quoted}\""));
    }
    check_value(text("a\"b\\c\nd\te\u{1}\u{85}\u{2028}"), r#" "a\"b\\c\nd\te\u0001\u0085\u2028""#);
    check_value(list(&["x", "[[Y]]", "2"]), "\n  - x\n  - \"[[Y]]\"\n  - \"2\"");
    check_value(Value::List(Vec::new()), " []");
    check_value(Value::Null, "");
    check_value(Value::Bool(false), " false");
    check_value(Value::Number(Number::Float(2.0)), " 2.0");
    check_value(Value::Number(Number::Float(1e-7)), " 0.0000001");
    check_value(Value::Number(Number::Integer(i64::MIN)), " -9223372036854775808");
    check_value(Value::Map(vec![("a".to_owned(), list(&["x"]))]), "\n  a: [\"x\"]");
    check_value(Value::List(vec![list(&["x"]), Value::Null]), "\n  - [\"x\"]\n  - null");
    check_value(
        Value::List(vec![Value::Map(vec![("a".to_owned(), Value::Null)])]),
        "\n  - {\"a\": null}",
    );
}

#[test]
fn properties_that_cannot_be_edited_safely_are_refused() {
    let check_all = |before: &str, part: &str| {
        for edit in [set("a", text("x")), remove("a"), add_tag("x"), remove_tag("x")] {
            check_refused(before, &edit, part);
            check_refused(before, &edit, "InvalidFrontmatter");
        }
    };
    check_all("---\na: [\n---\n", "line");
    check_all("---\na: 1\na: 2\n---\n", "twice");
    check_all("---\nb: &x 1\na: *x\n---\n", "");
    check_all("---\nb: !!str 1\na: 1\n---\n", "tags");
    check_all("---\n{\"a\": 1}\n---\n", "cannot be edited");
    check_all("---\n- a\n---\n", "no list of properties");
    check_all("---\njust text\n---\n", "no list of properties");
    check_all("---\na: 1\nnever closed\n", "no line `---` closes");
    check_all("---\n? a\n: 1\n---\n", "");
    check_refused("---\nTAGS: 1\nTags: 2\n---\n", &add_tag("x"), "different case");
}

#[test]
fn a_property_is_removed_with_its_lines() {
    check(
        "---\na: 1\nb:\n  - x\n# c\nc: 2\n---\nt\n",
        &remove("B"),
        "---\na: 1\n# c\nc: 2\n---\nt\n",
    );
    check("---\na: 1\n---\nt\n", &remove("a"), "---\n---\nt\n");
    check("---\r\na: 1\r\nb: 2\r\n---\r\n", &remove("b"), "---\r\na: 1\r\n---\r\n");
    check("t\n", &remove("a"), "t\n");
    check_warning("t\n", &remove("a"), "no property");
}

#[test]
fn a_tag_is_added_to_the_property() {
    check("t\n", &add_tag("#a/b"), "---\ntags:\n  - a/b\n---\nt\n");
    check("---\ntags: [a, b] # c\n---\n", &add_tag("x"), "---\ntags: [a, b, x] # c\n---\n");
    check("---\ntags: []\n---\n", &add_tag("x"), "---\ntags: [x]\n---\n");
    check(
        "---\ntags:\n- 'a' # c\n- b\nz: 1\n---\n",
        &add_tag("x"),
        "---\ntags:\n- 'a' # c\n- b\n- x\nz: 1\n---\n",
    );
    check(
        "---\r\nTags:\r\n    - a\r\n---\r\n",
        &add_tag("x"),
        "---\r\nTags:\r\n    - a\r\n    - x\r\n---\r\n",
    );
    check("---\ntags: a\n---\n", &add_tag("x"), "---\ntags:\n  - a\n  - x\n---\n");
    check("---\ntags:\nb: 1\n---\n", &add_tag("x"), "---\ntags:\n  - x\nb: 1\n---\n");
    check("---\ntags: ['#A']\n---\n", &add_tag("a"), "---\ntags: ['#A']\n---\n");
    check("#a\n", &add_tag("a"), "---\ntags:\n  - a\n---\n#a\n");
    check_refused("---\ntags: a, b\n---\n", &add_tag("x"), "one text");
    for odd in ["", "#", "a b", "2024", "a,b", "a/", "a\nb"] {
        check_refused("", &add_tag(odd), "is no tag");
    }
}

#[test]
fn a_tag_is_removed_from_the_property_only() {
    check("---\ntags: [a, b, c] \n---\n", &remove_tag("B"), "---\ntags: [a, c]\n---\n");
    check(
        "---\ntags:\n  - a # x\n  - '#b'\n  - c\n---\n",
        &remove_tag("b"),
        "---\ntags:\n  - a # x\n  - c\n---\n",
    );
    check(
        "---\r\ntags:\r\n  - a\r\n  - b\r\n---\r\n",
        &remove_tag("b"),
        "---\r\ntags:\r\n  - a\r\n---\r\n",
    );
    check("---\ntags:\n  - a\nb: 1\n---\n", &remove_tag("a"), "---\ntags: []\nb: 1\n---\n");
    check("---\ntags: a\n---\n", &remove_tag("#a"), "---\ntags: []\n---\n");
    check("---\ntags: [a]\n---\n#a\n", &remove_tag("a"), "---\ntags: []\n---\n#a\n");
    check_warning("---\ntags: [a]\n---\n#A\n", &remove_tag("a"), "in the text");
    check_warning("t\n", &remove_tag("a"), "have no tag");
    check_warning("---\ntags: [a]\n---\n", &remove_tag("a"), "");
}

#[test]
fn a_new_note_has_what_was_asked_for() {
    let properties = [("title".to_owned(), text("A: b")), ("tags".to_owned(), list(&["x"]))];
    let made = compose(&properties, "# T\r\n").expect("the properties are plain");
    assert_eq!(made, "---\r\ntitle: \"A: b\"\r\ntags:\r\n  - x\r\n---\r\n# T\r\n");
    assert_eq!(compose(&[], "---\nx"), Ok("---\nx".to_owned()));
    assert_eq!(compose(&properties[1..], "").as_deref(), Ok("---\ntags:\n  - x\n---\n"));
    assert_eq!(
        compose(&properties[1..], "\u{feff}t").as_deref(),
        Ok("\u{feff}---\ntags:\n  - x\n---\nt")
    );
    assert!(compose(&properties, "---\na: 1\n---\n").is_err());
    let twice = [("a".to_owned(), Value::Null), ("A".to_owned(), Value::Null)];
    assert!(compose(&twice, "").is_err());
    for odd in ["", " a", "a\nb"] {
        assert!(compose(&[(odd.to_owned(), Value::Null)], "").is_err(), "{odd:?}");
    }
    let deep = (0..60).fold(Value::Null, |it, _| Value::List(vec![it]));
    assert!(compose(&[("a".to_owned(), deep)], "").is_err());
    assert!(compose(&[("a".to_owned(), text(&"x".repeat(70_000)))], "").is_err());
}

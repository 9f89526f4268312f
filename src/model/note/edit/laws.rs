//! What holds for every text and every edit.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use crate::model::{
    lines::LineRange,
    note::{
        Note,
        edit::{Edit, EditPlace, compose, plan},
        place,
    },
    yaml::{Number, Value},
};

const PARTS: &[&str] = &[
    "\n",
    "\n",
    "\n\n",
    "\r\n",
    "# A\n",
    "## B\n",
    "# C\n",
    "A\n===\n",
    "B\n---\n",
    "```\n",
    "%%\n",
    "$$\n",
    "<!--\n",
    "-->\n",
    "<div>\n",
    "- x\n",
    "  - y ^id\n",
    "1. z\n",
    "> q\n",
    "|a|\n|-|\n",
    "word ",
    "word\n",
    "^id\n",
    " ^id\n",
    "#tag ",
    "---\n",
    "    ",
    "[^1]: ",
    "[a]: b\n",
    "\u{feff}",
    "é",
];

const HEADS: &[&str] = &[
    "",
    "---\n---\n",
    "---\na: 1 # c\ntags: [x, 'y']\nk:\n  - 1\n  - 2\n\n# c\nz: \"q\"\n---\n",
    "---\r\nk: |\r\n  x\r\n\r\n  y\r\ntags:\r\n- x\r\n---\r\n",
    "---\nK: old\ntags: one\n---\n",
    "\u{feff}---\nk: {a: b}\n---\n",
    "---\nk: [\n---\n",
];

fn notes() -> impl Strategy<Value = String> {
    let body = prop::collection::vec(prop::sample::select(PARTS), 0..25);
    (prop::sample::select(HEADS), body).prop_map(|(head, body)| format!("{head}{}", body.concat()))
}

fn texts() -> impl Strategy<Value = String> {
    let parts = prop::collection::vec(prop::sample::select(PARTS), 0..4).prop_map(|it| it.concat());
    prop_oneof![parts, Just("new".to_owned()), Just("- new".to_owned())]
}

fn sections() -> impl Strategy<Value = String> {
    prop::sample::select(&["A", "B", "A/B", "C", "New", "A/New"][..]).prop_map(str::to_owned)
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|it| Value::Number(Number::Integer(it))),
        any::<f64>()
            .prop_filter("finite", |it| it.is_finite())
            .prop_map(|it| Value::Number(Number::Float(it))),
        "\\PC{0,12}".prop_map(Value::String),
        any::<String>().prop_map(Value::String),
        "[-0-9.:eETxyno~'\"#\\[{!&* \n]{0,6}".prop_map(Value::String),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::hash_map("[a-c#: ]{1,3}", inner, 0..3).prop_map(|it| Value::Map(it.into_iter().collect())),
        ]
    })
}

fn places() -> impl Strategy<Value = EditPlace> {
    prop_oneof![
        Just(EditPlace::Body),
        sections().prop_map(EditPlace::Section),
        Just(EditPlace::Block("id".to_owned()))
    ]
}

fn edits() -> impl Strategy<Value = Edit> {
    let name = || prop::sample::select(&["k", "a", "new", "tags"][..]).prop_map(str::to_owned);
    let tag = || prop::sample::select(&["x", "Y", "new/1", "tag"][..]).prop_map(str::to_owned);
    prop_oneof![
        (texts(), texts(), 1..3_usize, prop::option::of(sections())).prop_map(|(old, new, expect, within)| Edit::ReplaceText {
            old,
            new,
            expect,
            within
        }),
        (texts(), places(), any::<bool>()).prop_map(|(text, place, create_section)| Edit::Append {
            text,
            place,
            create_section
        }),
        (texts(), places(), any::<bool>()).prop_map(|(text, place, create_section)| Edit::Prepend {
            text,
            place,
            create_section
        }),
        (sections(), texts(), any::<bool>()).prop_map(|(section, text, include_heading)| Edit::ReplaceSection {
            section,
            text,
            include_heading
        }),
        sections().prop_map(|section| Edit::DeleteSection { section }),
        (sections(), texts()).prop_map(|(section, text)| Edit::InsertBefore { section, text }),
        (sections(), texts()).prop_map(|(section, text)| Edit::InsertAfter { section, text }),
        texts().prop_map(|text| Edit::ReplaceBlock {
            block: "id".to_owned(),
            text
        }),
        (0..9_usize, 0..4_usize, texts()).prop_map(|(start, more, text)| Edit::ReplaceLines {
            lines: LineRange { start, end: start + more },
            text
        }),
        (name(), values()).prop_map(|(name, value)| Edit::SetProperty { name, value }),
        name().prop_map(|name| Edit::RemoveProperty { name }),
        tag().prop_map(|tag| Edit::AddTag { tag }),
        tag().prop_map(|tag| Edit::RemoveTag { tag }),
    ]
}

/// Where a section lies, with the bytes before and after it.
fn around<'t>(text: &'t str, section: &str) -> Option<(&'t str, &'t str)> {
    let range = place::section(&Note::parse(text), text.len(), section).ok()?;
    Some((&text[..range.start], &text[range.end..]))
}

fn one(before: &str, edit: Edit) -> Option<String> {
    plan(before, &[edit]).ok().map(|it| it.text)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn edits_in_a_row_are_the_same_as_one_after_the_other(text in notes(), edits in prop::collection::vec(edits(), 0..4)) {
        let mut stepwise = Ok(text.clone());
        for (at, edit) in edits.iter().enumerate() {
            stepwise = stepwise.and_then(|it| plan(&it, std::slice::from_ref(edit)).map(|it| it.text).map_err(|it| (at, it.why)));
        }
        prop_assert_eq!(plan(&text, &edits).map(|it| it.text).map_err(|it| (it.at, it.why)), stepwise);
    }

    #[test]
    fn what_is_outside_of_a_section_stays(text in notes(), section in sections(), new in texts(), which in 0..4) {
        let edit = match which {
            0 => Edit::Append { text: new.clone(), place: EditPlace::Section(section.clone()), create_section: false },
            1 => Edit::Prepend { text: new.clone(), place: EditPlace::Section(section.clone()), create_section: false },
            2 => Edit::ReplaceSection { section: section.clone(), text: new.clone(), include_heading: false },
            _ => Edit::ReplaceSection { section: section.clone(), text: new.clone(), include_heading: true },
        };
        if let (Some(after), Some((above, below))) = (one(&text, edit), around(&text, &section)) {
            prop_assert!(after.starts_with(above) && after.ends_with(below), "{after:?}");
        }
    }

    #[test]
    fn an_appended_text_is_in_its_section(text in notes(), section in sections(), prepends in any::<bool>()) {
        let (new, place, create_section) = ("appended".to_owned(), EditPlace::Section(section.clone()), true);
        let edit = if prepends {
            Edit::Prepend { text: new, place, create_section }
        } else {
            Edit::Append { text: new, place, create_section }
        };
        if let Some(after) = one(&text, edit) {
            let note = Note::parse(&after);
            let range = place::section(&note, after.len(), &section).expect("the section is there, or was made");
            let at = after.find("appended").expect("the text was put in");
            prop_assert!(range.contains(&at), "{after:?}");
            prop_assert!(note.blocks.iter().any(|it| after[it.range.clone()].trim() == "appended"), "{after:?}");
        }
    }

    #[test]
    fn a_property_that_was_set_is_read_and_the_rest_stays(text in notes(), value in values()) {
        if let Some(after) = one(&text, Edit::SetProperty { name: "k".to_owned(), value: value.clone() }) {
            let (old, new) = (Note::parse(&text), Note::parse(&after));
            prop_assert_eq!(new.property("k"), Some(&value));
            prop_assert_eq!(&text[old.body_start()..], &after[new.body_start()..]);
            let others = |it: &Note| {
                let properties = it.frontmatter.iter().flat_map(|it| it.properties.clone());
                properties.filter(|(name, _)| !name.eq_ignore_ascii_case("k")).collect::<Vec<_>>()
            };
            prop_assert_eq!(others(&old), others(&new));
            for line in text[..old.body_start()].lines().filter(|it| it.starts_with(['a', 't', '#', 'z'])) {
                prop_assert!(after.contains(line), "{line:?}");
            }
        }
    }

    #[test]
    fn every_value_can_be_written(value in values(), name in "[a-zA-Zé:# '-]{1,8}") {
        if name.trim() == name {
            let made = compose(&[(name.clone(), value.clone())], "t\n").map_err(|it| TestCaseError::fail(format!("{it:?}")))?;
            let note = Note::parse(&made);
            let read = &note.frontmatter.expect("it was written").properties;
            prop_assert_eq!(read, &vec![(name, value)]);
            prop_assert_eq!(&made[note.body_start..], "t\n");
        }
    }

    #[test]
    fn a_tag_that_was_added_is_there_until_it_is_removed(text in notes()) {
        let tag = "new/1".to_owned();
        if let Some(with) = one(&text, Edit::AddTag { tag: tag.clone() }) {
            prop_assert!(Note::parse(&with).property_tags().contains(&tag));
            let without = one(&with, Edit::RemoveTag { tag: tag.clone() }).expect("what was written can be edited");
            let (old, new) = (Note::parse(&text), Note::parse(&without));
            prop_assert_eq!(old.property_tags(), new.property_tags());
            prop_assert_eq!(&text[old.body_start()..], &without[new.body_start()..]);
        }
    }
}

#[test]
fn edits_of_a_large_note_take_linear_time() {
    let text = format!("---\na: 1\n---\n{}# A\nend\n", "word [[link]] #tag\n\n- item\n\n".repeat(70_000));
    let mut edits = vec![Edit::ReplaceText {
        old: "word".to_owned(),
        new: "wo\nrd".to_owned(),
        expect: 70_000,
        within: None,
    }];
    edits.extend((0..90).map(|it| Edit::SetProperty {
        name: format!("p{it}"),
        value: Value::Bool(true),
    }));
    edits.push(Edit::Append {
        text: "x".to_owned(),
        place: EditPlace::Section("A".to_owned()),
        create_section: false,
    });
    let start = Instant::now();
    assert!(plan(&text, &edits).is_ok());
    let took = start.elapsed();
    assert!(took < Duration::from_secs(30), "{took:?}");
}

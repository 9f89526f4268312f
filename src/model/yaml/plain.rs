//! The YAML that most notes have, read without the library: keys with plain words, dates, small numbers or lists of them. Most of the time that
//! a note takes would go into its properties otherwise. Knows only what it can read for sure; the rest is the library's.

use crate::model::yaml::{Number, Value};

/// Words that are no texts to one YAML or another.
const TYPED: [&str; 11] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "inf", "nan"];

/// Beyond so many entries, looking for a double by comparing is no longer cheap.
const MAX_ENTRIES: usize = 32;

/// What is longer than this is the library's, which knows how long a key may be.
const MAX_SCALAR: usize = 200;
const MAX_TEXT: usize = 4096;

/// Returns what the library would return; `None` where that is not certain.
pub(super) fn parse(text: &str) -> Option<Value> {
    if text.len() > MAX_TEXT {
        return None;
    }
    let mut lines = text.lines().peekable();
    let mut entries: Vec<(String, Value)> = Vec::new();
    while let Some(line) = lines.next() {
        let (key, rest) = line.split_once(':')?;
        if !is_word(key) || !key.is_ascii() || entries.len() == MAX_ENTRIES || entries.iter().any(|(it, _)| it == key) {
            return None;
        }
        let value = if rest.is_empty() {
            let mut items = Vec::new();
            while let Some(item) = lines.next_if(|it| it.starts_with("  - ")) {
                items.push(scalar(&item[4..])?);
            }
            if items.is_empty() {
                return None;
            }
            Value::List(items)
        } else {
            flow(rest.strip_prefix(' ')?)?
        };
        entries.push((key.to_owned(), value));
    }
    (!entries.is_empty()).then_some(Value::Map(entries))
}

fn flow(text: &str) -> Option<Value> {
    match text.strip_prefix('[') {
        Some(list) => list
            .strip_suffix(']')?
            .split(", ")
            .map(scalar)
            .collect::<Option<_>>()
            .map(Value::List),
        None => scalar(text),
    }
}

fn scalar(text: &str) -> Option<Value> {
    if is_word(text) || is_date(text) {
        return Some(Value::String(text.to_owned()));
    }
    let is_number = text.len() < 16 && text.bytes().all(|it| it.is_ascii_digit()) && (!text.starts_with('0') || text == "0");
    is_number.then(|| text.parse().ok().map(|it| Value::Number(Number::Integer(it))))?
}

/// Letters, digits, `-`, `_`, `/` and single spaces, with a letter in front.
fn is_word(text: &str) -> bool {
    let mut before = ' ';
    let mut inside = |it: char| {
        let fits = it.is_alphanumeric() || matches!(it, '-' | '_' | '/') && before != ' ' || it == ' ' && before != ' ';
        before = it;
        fits
    };
    text.len() <= MAX_SCALAR
        && text.starts_with(char::is_alphabetic)
        && text.chars().all(&mut inside)
        && before != ' '
        && !TYPED.iter().any(|it| it.eq_ignore_ascii_case(text))
}

/// `2024-07-21`.
fn is_date(text: &str) -> bool {
    text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, it)| if matches!(at, 4 | 7) { it == b'-' } else { it.is_ascii_digit() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn by_library(text: &str) -> Option<Value> {
        serde_yaml::from_str(text).ok()
    }

    #[test]
    fn the_properties_of_most_notes_are_read_here() {
        for text in [
            "id: MB-000042\ntags: [project/alpha, 学习]\nstatus: active\n",
            "created: 2024-07-21\npriority: 2\naliases:\n  - One two\n  - Zwei\ntitle: A b",
            "a: b\r\nc: 0\r\n",
        ] {
            let read = parse(text);
            assert!(read.is_some(), "{text:?}");
            assert_eq!(read, by_library(text), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_certain_is_left() {
        for text in [
            "",
            "a",
            "a:",
            "a: ",
            "a: b ",
            "a:  b",
            "a: null",
            "a: True",
            "a: 007",
            "a: 1.5",
            "a: 1_0",
            "a: b: c",
            "a: b # c",
            "a: 'b'",
            "a: b\na: c",
            "a: []",
            "a: [b,c]",
            "a: [b, ]",
            " a: b",
            "a: b\n c",
            "a:\n- b",
            "a: |\n  b",
            "\u{feff}a: b",
            "1: a",
            "a: -b",
            "null: a",
            "---\na: b",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn it_reads_as_the_library_does(parts in prop::collection::vec(prop::sample::select(PARTS), 0..16)) {
            let text = parts.concat();
            if let Some(read) = parse(&text) {
                prop_assert_eq!(Some(read), by_library(&text), "{:?}", text);
            }
        }

        #[test]
        fn so_it_does_for_any_word(word in "[\\PC&&[^\\[\\]]]{1,12}") {
            let text = format!("a: {word}\nb: [{word}, x]\nc:\n  - {word}\n");
            if let Some(read) = parse(&text) {
                prop_assert_eq!(Some(read), by_library(&text), "{:?}", text);
            }
        }
    }

    const PARTS: &[&str] = &[
        "a: ",
        "b: ",
        "tags:",
        "\n",
        "\n",
        "\n",
        "  - ",
        "  - x\n",
        "[",
        "]",
        ", ",
        "x",
        "y",
        "é",
        "学",
        " ",
        "-",
        "_",
        "/",
        "1",
        "0",
        "2024-07-21",
        "true",
        "NaN",
        "e5",
        "0x1f",
        "null",
        "~",
        "\r\n",
        "a: b\n",
        "c: [d, e]\n",
        "1e3",
        ".",
        "Yes",
        "ª",
        "\u{85}",
        "\u{a0}",
    ];
}

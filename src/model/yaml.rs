//! YAML as plain values. Knows the bounds that hostile YAML needs; knows nothing of notes. The only door to the YAML library.

use std::{cell::Cell, fmt};

use bounds::Limits;
use reader::Reader;
use serde::de::{Deserialize, DeserializeSeed, Deserializer};

mod bounds;
mod plain;
mod reader;

/// A YAML value. Maps keep their order; dates are strings, as in Obsidian's cache.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
}

/// A finite number. What no `i64` and no finite `f64` holds stays a string.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    Integer(i64),
    Float(f64),
}

/// Why a text was not read, and at which of its lines (from 0).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YamlError {
    pub message: String,
    pub line: usize,
}

/// Returns the one document of a text; an empty text is `Null`. Refuses more than 64 KiB, nesting above 32, anchors, aliases, duplicate
/// keys.
pub fn parse(text: &str) -> Result<Value, YamlError> {
    if let Some(value) = plain::parse(text) {
        return Ok(value);
    }
    read(text, NOTE)
}

/// Returns one document of a config file, from which `---` and `...` lines were cut; an empty text is `Null`. Anchors, aliases and merge keys
/// (`<<`) are followed, and tags (`!Ref x`) left out. Refuses more than 512 KiB, nesting above 64, duplicate keys, and aliases that would make
/// several times as much of the text. (The library's iterator over documents never ends after a bad one.)
pub fn parse_document(text: &str) -> Result<Value, YamlError> {
    read(text, CONFIG_FILE)
}

const NOTE: Limits = Limits {
    kibibytes: 64,
    nesting: 32,
    aliases: false,
};
const CONFIG_FILE: Limits = Limits {
    kibibytes: 512,
    nesting: 64,
    aliases: true,
};

/// What aliases may make of a text: so many times its bytes, and so much of a small one.
const MOST_TIMES: usize = 8;
const LEAST_ROOM: usize = 64 << 10;

fn read(text: &str, limits: Limits) -> Result<Value, YamlError> {
    bounds::check(text, limits)?;
    let room = Cell::new(text.len() * MOST_TIMES + LEAST_ROOM);
    let reader = Reader {
        room: &room,
        config: limits.aliases,
    };
    reader
        .deserialize(serde_yaml::Deserializer::from_str(text))
        .map_err(|error| YamlError {
            line: error.location().map_or(0, |it| it.line().saturating_sub(1)),
            message: error.to_string(),
        })
}

impl Value {
    /// Returns the text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns what a reader sees for a scalar: strings as they are, numbers and booleans printed; `None` for null, lists and maps.
    pub fn scalar_text(&self) -> Option<String> {
        match self {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }
}

impl Number {
    /// Returns the number for comparisons; integers above 2^53 lose digits.
    #[expect(clippy::cast_precision_loss, reason = "a comparison of huge integers may be inexact")]
    pub fn as_f64(self) -> f64 {
        match self {
            Number::Integer(number) => number as f64,
            Number::Float(number) => number,
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Integer(number) => number.fmt(f),
            Number::Float(number) => number.fmt(f),
        }
    }
}

impl fmt::Display for YamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for YamlError {}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        let room = Cell::new(usize::MAX);
        Reader {
            room: &room,
            config: false,
        }
        .deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::model::quickly::quickly;

    fn check(yaml: &str, expected: &str) {
        let read = parse(yaml).unwrap_or_else(|error| panic!("{yaml:?}: {error}"));
        assert_eq!(format!("{read:?}"), expected, "{yaml:?}");
    }

    fn check_refused(yaml: &str, part: &str) {
        let error = parse(yaml).expect_err(&yaml[..yaml.len().min(60)]);
        assert!(error.message.contains(part), "{error}");
    }

    #[test]
    fn a13_dates_are_strings_and_the_rest_is_typed() {
        check("d: 2024-07-21", r#"Map([("d", String("2024-07-21"))])"#);
        check("dt: 2024-07-21T12:37:00", r#"Map([("dt", String("2024-07-21T12:37:00"))])"#);
        check("n: 246", r#"Map([("n", Number(Integer(246)))])"#);
        check("c: true", r#"Map([("c", Bool(true))])"#);
        check("e:", r#"Map([("e", Null)])"#);
        check("f: 1.5", r#"Map([("f", Number(Float(1.5)))])"#);
        check("", "Null");
    }

    #[test]
    fn a15_nesting_and_order_stay() {
        check(
            "b: [1]\na:\n  -\n  - x: y",
            r#"Map([("b", List([Number(Integer(1))])), ("a", List([Null, Map([("x", String("y"))])]))])"#,
        );
    }

    #[test]
    fn a17_an_unquoted_link_is_a_list_in_a_list() {
        check("l: [[X]]", r#"Map([("l", List([List([String("X")])]))])"#);
    }

    #[test]
    fn y10_y11_odd_scalars_stay_text() {
        check("a: .nan", r#"Map([("a", String("NaN"))])"#);
        check("a: 0x7fffffffffffffffff", r#"Map([("a", String("2361183241434822606847"))])"#);
        check("a: no", r#"Map([("a", String("no"))])"#);
        check("a: 012", r#"Map([("a", String("012"))])"#);
        check("a: 1:30", r#"Map([("a", String("1:30"))])"#);
    }

    #[test]
    fn y_hostile_texts_are_refused_at_once() {
        quickly(Duration::from_millis(500), "all of them", refuse_hostile_texts);
    }

    fn refuse_hostile_texts() {
        check_refused("a: &a [x]\nb: *a", "anchor");
        check_refused("a: *nope", "alias");
        check_refused(&"{a: ".repeat(10_000), "nested");
        check_refused(&"[".repeat(60_000), "nested");
        check_refused(&"- ".repeat(30_000), "nested");
        check_refused(&"? ".repeat(20_000), "nested");
        check_refused(&"a: 1\n".repeat(20_000), "64 KiB");
        check_refused("a: 1\na: 2", "twice");
        check_refused("a: 1\n---\nb: 2", "document");
        check_refused("a:\n\tb: 1", "");
        check_refused("a: \0", "");
    }

    #[test]
    fn a_config_file_has_anchors_merge_keys_and_tags() {
        let check = |yaml: &str, expected: &str| {
            let read = parse_document(yaml).unwrap_or_else(|error| panic!("{yaml:?}: {error}"));
            assert_eq!(format!("{read:?}"), expected, "{yaml:?}");
        };
        check(
            "a: &x {b: c}\nd: *x\n",
            r#"Map([("a", Map([("b", String("c"))])), ("d", Map([("b", String("c"))]))])"#,
        );
        check(
            "a: &x {b: c, e: f}\nd:\n  <<: *x\n  b: own\n",
            r#"Map([("a", Map([("b", String("c")), ("e", String("f"))])), ("d", Map([("b", String("own")), ("e", String("f"))]))])"#,
        );
        check(
            "- &x {b: c}\n- &y {b: d, e: f}\n- <<: [*x, *y]\n",
            r#"List([Map([("b", String("c"))]), Map([("b", String("d")), ("e", String("f"))]), Map([("b", String("c")), ("e", String("f"))])])"#,
        );
        check(
            "a: !Ref x\nb: !foo\n  c: !Sub [d]\ne: !vault |\n  f\n",
            r#"Map([("a", String("x")), ("b", Map([("c", List([String("d")]))])), ("e", String("f\n"))])"#,
        );
    }

    #[test]
    fn aliases_make_no_bombs() {
        let start = Instant::now();
        let laughs: String = (1..30)
            .map(|n| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(", ")))
            .collect();
        let wide = format!("a: &a [{}]\nb: [{}]\n", "x, ".repeat(60_000), "*a, ".repeat(60_000));
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(200_000), "*a, ".repeat(60_000));
        let merged = format!(
            "a: &a {{{}}}\nb:\n{}",
            (0..9_000).map(|n| format!("k{n}: 1, ")).collect::<String>(),
            "- <<: *a\n".repeat(30_000)
        );
        for text in [
            format!("a0: &a0 [x]\n{laughs}"),
            wide,
            long,
            merged,
            "a: &a [*a]\n".to_owned(),
            "a: &a\n  <<: *a\n".to_owned(),
        ] {
            assert!(parse_document(&text).is_err(), "{}", &text[..30]);
        }
        assert!(start.elapsed().as_secs() < 60);
    }

    #[test]
    fn text_that_only_looks_hostile_is_read() {
        check(
            "a: |\n  *bold* &co\n  [[[\nb: R&D *x*",
            r#"Map([("a", String("*bold* &co\n[[[\n")), ("b", String("R&D *x*"))])"#,
        );
        check(
            "a: \"*x &y\" # *z &a\nb: '[[X]] & *Y*'",
            r#"Map([("a", String("*x &y")), ("b", String("[[X]] & *Y*"))])"#,
        );
    }

    #[test]
    fn an_error_names_its_line() {
        assert_eq!(parse("a: 1\nb: *x").unwrap_err().line, 1);
        assert_eq!(parse("a: 1\nb: ]").unwrap_err().line, 1);
    }
}

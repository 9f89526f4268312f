//! YAML as plain values. Knows the bounds that hostile YAML needs; knows nothing of notes. The only door to the YAML library.

use std::fmt;

use bounds::Limits;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

mod bounds;
mod plain;

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

/// Returns one document of a config file, from which `---` and `...` lines were cut; an empty text is `Null`. Refuses more than 512 KiB, nesting
/// above 64, anchors, aliases, duplicate keys. (The library's iterator over documents never ends after a bad one.)
pub fn parse_document(text: &str) -> Result<Value, YamlError> {
    read(text, CONFIG_FILE)
}

const NOTE: Limits = Limits {
    kibibytes: 64,
    nesting: 32,
};
const CONFIG_FILE: Limits = Limits {
    kibibytes: 512,
    nesting: 64,
};

fn read(text: &str, limits: Limits) -> Result<Value, YamlError> {
    bounds::check(text, limits)?;
    serde_yaml::from_str(text).map_err(|error| YamlError {
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
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(Number::Integer(number)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(i64::try_from(number).map_or_else(|_| Value::String(number.to_string()), |it| Value::Number(Number::Integer(it))))
    }

    fn visit_i128<E>(self, number: i128) -> Result<Value, E> {
        Ok(Value::String(number.to_string()))
    }

    fn visit_u128<E>(self, number: u128) -> Result<Value, E> {
        Ok(Value::String(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(if number.is_finite() {
            Value::Number(Number::Float(number))
        } else {
            Value::String(number.to_string())
        })
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map: Vec<(String, Value)> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        while let Some(key) = entries.next_key::<Value>()? {
            let key = match key {
                Value::Null => "null".to_owned(),
                other => other.scalar_text().ok_or_else(|| A::Error::custom("a key must be a plain text"))?,
            };
            if !seen.insert(key.clone()) {
                return Err(A::Error::custom(format!("the key {key:?} is there twice")));
            }
            map.push((key, entries.next_value()?));
        }
        Ok(Value::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let start = std::time::Instant::now();
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
        assert!(start.elapsed().as_millis() < 500);
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

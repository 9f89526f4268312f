//! Values as Obsidian writes them into properties: lists one item a line, texts bare where nobody can take them for something else.
//! Knows YAML's spelling; knows no note.

use crate::model::{
    note::edit::EditRefusal,
    yaml::{self, Number, Value},
};

/// Returns a property's name as it is written.
pub(super) fn name(name: &str) -> Result<String, EditRefusal> {
    if name.trim().is_empty() || name.trim() != name || name.chars().any(char::is_control) {
        return Err(EditRefusal::Invalid(format!("no property can be called `{}`", name.escape_debug())));
    }
    Ok(text(name))
}

/// Returns what follows the colon: a value with a space before it, or lines.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::List(items) if !items.is_empty() => items.iter().map(|it| format!("\n  - {}", flow(it))).collect(),
        Value::Map(entries) if !entries.is_empty() => entries
            .iter()
            .map(|(name, it)| format!("\n  {}: {}", text(name), flow(it)))
            .collect(),
        other => format!(" {}", flow(other)),
    }
}

/// Returns a value in one line.
fn flow(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number_text(*number),
        Value::String(it) => text(it),
        Value::List(items) => format!("[{}]", items.iter().map(inner).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(name, it)| format!("{}: {}", quoted(name), inner(it)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

/// Inside brackets every text is quoted.
fn inner(value: &Value) -> String {
    match value {
        Value::String(it) => quoted(it),
        other => flow(other),
    }
}

fn number_text(number: Number) -> String {
    let text = number.to_string();
    match number {
        Number::Float(_) if !text.contains('.') => format!("{text}.0"),
        _ => text,
    }
}

/// Returns a text bare or in quotes.
pub(super) fn text(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

/// Says whether every reader of YAML takes the bare text for this text.
fn is_plain(text: &str) -> bool {
    let odd = |it: char| it.is_control() || matches!(it, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}');
    if text.is_empty() || text.trim() != text || text.contains(odd) {
        return false;
    }
    // What YAML 1.1 reads as a boolean, and what some reader may take for a number or a time.
    let word = text.to_ascii_lowercase();
    if matches!(&*word, "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null" | "~") || is_numeric(&word) && !is_date(text) {
        return false;
    }
    if text.starts_with(|it: char| "-?:,[]{}#&*!|>'\"%@`=<".contains(it))
        || text.contains(": ")
        || text.contains(" #")
        || text.ends_with(':')
    {
        return false;
    }
    let read = yaml::parse(&format!("k: {text}"));
    matches!(read, Ok(Value::Map(read)) if matches!(&read[..], [(_, Value::String(it))] if it == text))
}

/// Says whether some reader of YAML may take a word for a number or a time.
fn is_numeric(word: &str) -> bool {
    let word = word.trim_start_matches(['+', '-']);
    let only = |text: &str, allowed: &str| text.bytes().all(|it| it.is_ascii_digit() || allowed.as_bytes().contains(&it));
    let (number, exponent) = word.split_once('e').unwrap_or((word, ""));
    let hex = word
        .strip_prefix("0x")
        .is_some_and(|it| it.bytes().all(|it| it.is_ascii_hexdigit() || it == b'_'));
    let octal = word.starts_with("0o") || word.starts_with("0b");
    let decimal = number.contains(|it: char| it.is_ascii_digit()) && only(number, "._:-") && only(exponent, "+-_");
    hex || octal || decimal || matches!(word, ".inf" | ".nan")
}

/// Says whether a text is `2026-02-03` or begins so, with a time behind it.
fn is_date(text: &str) -> bool {
    let form: String = text.chars().map(|it| if it.is_ascii_digit() { '0' } else { it }).collect();
    let date = "0000-00-00T00:00:00Z";
    [10, 16, 19, 20].iter().any(|&len| form == date[..len])
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            it if it.is_control() || matches!(it, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') => {
                quoted.push_str(&format!("\\u{:04X}", u32::from(it)));
            }
            it => quoted.push(it),
        }
    }
    quoted + "\""
}

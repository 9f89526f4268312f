//! What is masked, and what stays, in the ways that programs, documents and configuration write a secret. In a text that is checked, `¤` stands for a
//! value.

mod code;
mod commands;
mod documents;
mod infrastructure;
mod libraries;
mod sentences;
mod services;
mod settings;
mod tables;

use super::{Seen, of_file};

/// A value that looks like a secret, and one that could be any word.
const VALUES: [&str; 2] = ["Zq81-kkpxW", "sunshine"];

/// Returns what is kept of a file.
#[track_caller]
fn masked(path: &str, text: &str) -> String {
    match of_file(path, text) {
        Seen::Text(masked) => masked.into_owned(),
        Seen::NameOnly(why) => panic!("{path}: {why}"),
    }
}

/// Checks that the values are masked, and nothing else of the text.
#[track_caller]
fn hides(path: &str, text: &str) {
    let shown: Vec<String> = VALUES.iter().filter_map(|it| shown(path, text, it)).collect();
    assert!(shown.is_empty(), "{}", shown.join("\n"));
}

/// Checks that each line hides its value, in a file that has nothing else.
#[track_caller]
fn each_hides(path: &str, lines: &[&str]) {
    let texts = lines.iter().map(|it| format!("{it}\n"));
    let shown: Vec<String> = texts
        .flat_map(|text| VALUES.iter().filter_map(move |it| shown(path, &text, it)).collect::<Vec<_>>())
        .collect();
    assert!(shown.is_empty(), "{}", shown.join("\n"));
}

/// Checks that each line stays.
#[track_caller]
fn each_stays(path: &str, lines: &[&str]) {
    let changed: Vec<String> = lines
        .iter()
        .map(|it| format!("{it}\n"))
        .filter(|it| masked(path, it) != *it)
        .map(|it| format!("{path}: {it} became {}", masked(path, &it)))
        .collect();
    assert!(changed.is_empty(), "{}", changed.join("\n"));
}

/// Returns what is wrong with the mask of a value.
#[track_caller]
fn shown(path: &str, text: &str, value: &str) -> Option<String> {
    let masked = masked(path, &text.replace('¤', value));
    (without_kinds(&masked) != text).then(|| format!("{path} with {value}: {text} became {masked}"))
}

fn without_kinds(masked: &str) -> String {
    let mut parts = masked.split("[redacted:");
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        text.push('¤');
        text.push_str(part.split_once(']').map_or("half a mask", |it| it.1));
    }
    text
}

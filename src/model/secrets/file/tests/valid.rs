//! A masked text is as valid as it was, and has as many lines.

use std::{collections::BTreeSet, fmt::Write};

use proptest::prelude::*;

use super::{Seen, check, of_file};
use crate::model::yaml;

fn masked(path: &str, text: &str) -> String {
    match of_file(path, text) {
        Seen::Text(masked) => masked.into_owned(),
        Seen::NameOnly(why) => panic!("{path}: {why}"),
    }
}

fn is_yaml(text: &str) -> bool {
    yaml::parse_document(text).is_ok()
}

/// Put together here, so that no scanner of repositories takes this file for a leak.
fn token() -> String {
    format!("gh{}_{}", "p", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8")
}

#[test]
fn a_masked_block_of_age_keeps_the_structure_of_its_sops_file() {
    let text = "data:\n  x: ENC[AES256_GCM,data:abc=,iv:x]\nsops:\n  age:\n    - recipient: age1x\n      enc: |\n        -----BEGIN AGE ENCRYPTED FILE-----\n        YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSB4\n        -----END AGE ENCRYPTED FILE-----\n  mac: ENC[AES256_GCM,data:def=,iv:x]\n";
    let masked = masked("a.yaml", text);
    assert!(is_yaml(&masked), "{masked}");
    assert_eq!(masked.lines().count(), text.lines().count());
    assert!(
        !masked.contains("YWdl") && masked.contains("recipient: age1x") && masked.contains("  mac:"),
        "{masked}"
    );
}

#[test]
fn a_number_in_json_and_toml_is_masked_in_quotes() {
    check("a.json", "{\"password\": 84629173}", "{\"password\": \"[redacted:password]\"}");
    check(
        "a.json",
        "[{\"tokens\": [84629173, \"a\"]}]",
        "[{\"tokens\": [\"[redacted:token]\", \"[redacted:token]\"]}]",
    );
    check("a.toml", "password = 84629173\n", "password = \"[redacted:password]\"\n");
    check("a.yaml", "password: 84629173\n", "password: [redacted:password]\n");
}

#[test]
fn a_bare_value_that_begins_with_a_token_is_masked_whole() {
    let token = token();
    check("a.yaml", &format!("a: {token}@example\n"), "a: [redacted:github-token]\n");
    check("a.yaml", &format!("a: [x {token} y, z]\n"), "a: [[redacted:github-token], z]\n");
    check("a.yaml", &format!("a: x {token} y\n"), "a: x [redacted:github-token] y\n");
}

#[test]
fn a_mask_takes_no_half_of_an_escape() {
    let text = r#"{"a": "{\"password\": \"hunter2\\\"x\"}", "b": "\u0041bc"}"#;
    let masked = masked("a.json", text);
    assert!(serde_json::from_str::<serde_json::Value>(&masked).is_ok(), "{masked}");
    assert!(!masked.contains("hunter2"), "{masked}");
}

/// A key, in the ways that a key is written.
fn key() -> impl Strategy<Value = String> {
    let names = [
        "password",
        "apiKey",
        "user",
        "token",
        "image",
        "data",
        "stringData",
        "value",
        "cookie",
        "args",
        "salt",
        "secretGenerator",
        "literals",
    ];
    (prop::sample::select(names.to_vec()), 0..4_u8).prop_map(|(name, how)| match how {
        0 => format!("\"{name}\""),
        1 => format!("'{name}'"),
        _ => name.to_owned(),
    })
}

/// A value on its line, in the ways that a value is written.
fn scalar() -> impl Strategy<Value = String> {
    let values = [
        "Zq81kkpxW",
        "84629173",
        "'it''s Zq81kkpxW'",
        "\"Zq81kkpxW \\\" x\"",
        "!!str Zq81kkpxW",
        "{value: Zq81kkpxW, b: [Zq81kkpxW, 'c']}",
        "[--token, Zq81kkpxW]",
        "null",
        "Zq81kkpxW # why",
        "foo=Zq81kkpxW",
        "${ZQ}",
        "'{\"password\": \"Zq81kkpxW\"}'",
        "postgres://u:Zq81kkpxW@h/x",
        "TOKEN",
        "x TOKEN y",
        "TOKEN@x",
        "[a TOKEN b]",
        "\"TOKEN\\n\"",
        "--token=Zq81kkpxW",
        "Bearer Zq81kkpxW",
        "&it Zq81kkpxW",
        "*it",
        "&map {a: Zq81kkpxW, value: [Zq81kkpxW]}",
        "*map",
        "'{{ x | default(\"Zq81kkpxW\") }}'",
        "\"{{ x | default(\\\"Zq81kkpxW\\\") }}\"",
        "${X:-Zq81kkpxW}",
        "!secret Zq81kkpxW",
        "\"gh\\\n    p_a1B2\"",
    ];
    prop::sample::select(values.to_vec()).prop_map(|it| it.replace("TOKEN", &token()))
}

/// The lines of a value, the first beside its key, as if that stood at the beginning of its line.
fn node() -> impl Strategy<Value = Vec<String>> {
    let blocks = [
        "|\n  Zq81kkpxW\n    more\n\n  password: Zq81kkpxW",
        ">-\n  Zq81kkpxW\n  and more",
        "one Zq81kkpxW\n  two Zq81kkpxW\n  three",
        "\"one\n  Zq81kkpxW\"",
        "# why\n  Zq81kkpxW",
        "|\n  -----BEGIN RSA PRIVATE KEY-----\n  MIIBZq81kkpxWabcdefghijklmnopqrstuv\n  -----END RSA PRIVATE KEY-----",
    ];
    let lines = |it: &str| it.lines().map(str::to_owned).collect::<Vec<_>>();
    let block = prop::sample::select(blocks.to_vec()).prop_map(lines);
    let leaf = prop_oneof![scalar().prop_map(|it| vec![it]), block];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let map = prop::collection::vec((key(), inner.clone()), 1..4).prop_map(map);
        prop_oneof![map, prop::collection::vec(inner, 1..4).prop_map(|it| list(&it))]
    })
}

fn indented(line: &String) -> String {
    if line.is_empty() { String::new() } else { format!("  {line}") }
}

fn map(pairs: Vec<(String, Vec<String>)>) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut seen = BTreeSet::new();
    for (key, value) in pairs {
        if seen.insert(key.trim_matches(['"', '\'']).to_owned()) {
            lines.push(format!("  {key}: {}", value[0]));
            lines.extend(value[1..].iter().map(indented));
        }
    }
    lines
}

fn list(items: &[Vec<String>]) -> Vec<String> {
    let mut lines = vec![String::new()];
    for item in items.iter().filter(|it| !it[0].is_empty()) {
        lines.push(format!("  - {}", item[0]));
        lines.extend(item[1..].iter().map(indented));
    }
    if lines.len() == 1 {
        "[]".clone_into(&mut lines[0]);
    }
    lines
}

proptest! {
    #[test]
    fn masked_yaml_that_was_valid_stays_so_and_has_as_many_lines(
        nodes in prop::collection::vec((key(), node()), 1..5),
        kind in prop::sample::select(vec!["Secret", "ConfigMap"]),
    ) {
        let mut text = format!("kind: {kind}\n");
        for (nth, (key, lines)) in nodes.iter().enumerate() {
            writeln!(text, "a{nth}:\n  {key}: {}", lines[0]).unwrap();
            lines[1..].iter().for_each(|it| writeln!(text, "  {it}").unwrap());
        }
        prop_assume!(is_yaml(&text));
        let masked = masked("a.yaml", &text);
        prop_assert!(is_yaml(&masked), "{text}\n->\n{masked}");
        prop_assert_eq!(masked.lines().count(), text.lines().count());
        prop_assert!(!masked.contains(&token()), "{text}\n->\n{masked}");
    }

    #[test]
    fn any_text_is_masked_and_keeps_its_lines(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "password: ", "- ", "? ", ": ", "{", "}", "[", "]", "\"", "'", "\\", "\n", "\n  ", "\n    ", "|\n", ">-\n", "# ", "&a ", "!b ", "*c ", "{{ x }}",
            "[redacted:x]", "é", "secret", "=", ",", "kind: Secret\n", "stringData:\n", "literals:\n", "value: ", "name: TOKEN\n", "---\n", "//", "/*", "hunter2",
            "\r", "diff --git a/a b/a\n", "--- a/x\n+++ b/.env\n", "+", "# kind: Secret\n", "#  data:\n", "AKIAQWERTY23", "4567ASDF", "\\\n", "&c ",
            "{{ x | default('", "api_keys: [", "<<: *a\n", "- password: ", "| token | b |\n", "|--|--|\n",
            "\r\n", "\t", "'''", "\"\"\"", "$(echo ", "|",
        ]), 0..40),
        path in prop::sample::select(vec!["a.yaml", "a.json", "a.json5", "a.md", "a.toml", "a.csv", "a.sh", "a.rs", "a.diff", "a.txt"]),
    ) {
        let text = pieces.concat();
        if let Seen::Text(masked) = of_file(path, &text) {
            prop_assert_eq!(masked.matches('\n').count(), text.matches('\n').count());
        }
    }
}

//! The lists of words agree: what a key tells, every question that decides whether a text is searched lets through.

use super::super::{super::trigger, TELLING, assigned, key};

/// Returns the words that stand in the lists of the module of keys.
fn words() -> Vec<&'static str> {
    let source = include_str!("../key.rs");
    let quoted = source.split('"').skip(1).step_by(2);
    let is_word = |it: &&str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_lowercase() || it == b'-');
    let mut words: Vec<&str> = quoted.filter(is_word).collect();
    words.sort_unstable();
    words.dedup();
    words
}

#[test]
fn what_a_key_tells_is_searched_for() {
    let questions = [
        ("TELLING", trigger::one(TELLING)),
        ("assigned", trigger::one(assigned::TRIGGERS[0])),
    ];
    let words = words();
    assert!(words.len() > 100, "{}", words.len());
    let mut missed = Vec::new();
    for first in words.iter().copied().chain(["", "x"]) {
        for last in &words {
            let name = if first.is_empty() {
                (*last).to_owned()
            } else {
                format!("{first}_{last}")
            };
            // The certificate of a kubeconfig is known where YAML is read.
            if key::kind_of(&name).is_none() || name == "client-certificate-data" {
                continue;
            }
            let line = format!("{name} = x\n");
            let silent = questions.iter().filter(|(_, it)| !it.is_match(line.as_bytes()));
            missed.extend(silent.map(|(question, _)| format!("{question}: {name}")));
        }
    }
    assert!(missed.is_empty(), "{} are missed:\n{}", missed.len(), missed.join("\n"));
}

//! Secrets that a sentence tells: `The password is hunter2`. Knows such sentences; a value must look made up, for prose explains as often as it
//! tells.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    super::{Found, keyed},
    key, word,
};

static SENTENCE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"(?i)\b(?<name>password|passwort|passwd|passphrase|kennwort|pwd|token|secret|pin|api[ _-]?key|access[ _-]?key|secret[ _-]?key|private[ _-]?key|credentials?)s?["'`*_]{0,3}(?:[ ](?:for|of|to|on|at|in|von|für|zu)[ ][^\n.:=|]{1,60}?)?(?:[ ]{1,3}(?:is|was|are|now|ist|lautet|war)(?:[ ](?:now|set to|jetzt))?|[ ]{0,3}(?:=|:|->|→|=>))[ ]{0,3}:?[ ]{0,3}["'`*_„“]{0,3}(?<value>[^\s`"'*“”]{5,160})"#;
    Regex::new(&pattern.replace(r"\b", r"(?-u:\b)")).expect("the pattern is constant")
});

/// What a text must hold for the search to be worth it.
pub(super) const TRIGGER: &str = r"(?i)(?:passwor[dt]|passwd|passphrase|kennwort|pwd|token|secret|key|credentials?)";

/// Returns the values that sentences tell.
pub(super) fn find(text: &str) -> Vec<Found> {
    let mut all = Vec::new();
    for told in SENTENCE.captures_iter(text) {
        let (Some(name), Some(value)) = (told.name("name"), told.name("value")) else {
            continue;
        };
        let kind = key::kind_of(name.as_str()).unwrap_or("secret");
        let secret = value.as_str().trim_end_matches(['.', ',', ';', ')', ':', '_']);
        // `The password is "x"`: quotes tell that no word of the sentence is meant.
        let is_quoted = kind == "password"
            && text[..value.start()].ends_with(['`', '"', '“', '„'])
            && text[value.end()..].starts_with(['`', '"', '”', '“'])
            && word::is_secret(secret, kind);
        if is_quoted || !key::is_harmless(secret) && keyed::is_secret(secret, kind) {
            let range = value.start()..value.start() + secret.len();
            all.push(Found { range, kind });
        }
    }
    all
}

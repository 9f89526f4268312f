//! What of a configuration file may be kept: nothing but its name, or its text with the secrets masked. Knows which paths and contents are
//! secret as a whole; must not read files. More eager than the rules for notes: a file is masked too much rather than too little.

use std::{borrow::Cow, sync::LazyLock};

use regex::bytes::RegexSet;

use super::{Found, apart, find, mask_with, trigger};
pub use names::is_name_only;

mod assigned;
mod key;
mod line;
mod names;
mod structure;
mod table;
#[cfg(test)]
mod tests;

/// What may be kept of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen<'t> {
    /// Its path alone; says why, for people: `a private key by its name`.
    NameOnly(&'static str),
    /// The text, each secret masked. Every line feed stays where it was among the lines.
    Text(Cow<'t, str>),
}

/// Returns what may be kept of a file by its path (with `/`, relative) and its text.
pub fn of_file<'t>(path: &str, text: &'t str) -> Seen<'t> {
    match is_name_only(path)
        .or_else(|| is_secret_whole(text))
        .or_else(|| names::is_list_of_secrets(path, text))
    {
        Some(why) => Seen::NameOnly(why),
        None => Seen::Text(mask_with(text, |text| found_in(path, text))),
    }
}

fn found_in(path: &str, text: &str) -> Vec<Found> {
    let mut all = find(text);
    let triggered = TRIGGERS.matches(text.as_bytes());
    let (line, assigned) = (structure::TRIGGERS.len(), structure::TRIGGERS.len() + line::RULES.len());
    all.extend(structure::find(text, |nth| triggered.matched(nth)));
    all.extend(line::find(text, |nth| triggered.matched(line + nth)));
    all.extend(assigned::find(line::Language::of(path), text, |nth| {
        triggered.matched(assigned + nth)
    }));
    if memchr::memchr(b'|', text.as_bytes()).is_some() {
        all.extend(table::find(text));
    }
    apart(all)
}

/// Those of the structure, then of the lines, then of the keys.
static TRIGGERS: LazyLock<RegexSet> = LazyLock::new(|| {
    let lines = line::RULES.iter().map(|(_, trigger, _)| *trigger);
    trigger::set(structure::TRIGGERS.into_iter().chain(lines).chain(assigned::TRIGGERS))
});

/// Returns why nothing of a text may be kept.
fn is_secret_whole(text: &str) -> Option<&'static str> {
    let start = text.trim_start_matches('\u{feff}').trim_start_matches([' ', '\t', '\r', '\n']);
    if start.starts_with("\0GITCRYPT") {
        return Some("encrypted by git-crypt");
    }
    if start.starts_with("age-encryption.org/v1") || start.starts_with("-----BEGIN AGE ENCRYPTED FILE") {
        return Some("encrypted by age");
    }
    if start.starts_with("$ANSIBLE_VAULT") {
        return Some("encrypted by Ansible Vault");
    }
    if start.starts_with("-----BEGIN PGP MESSAGE") || start.starts_with("-----BEGIN PGP PRIVATE") {
        return Some("a message or a key of PGP");
    }
    let first = start.lines().next().unwrap_or_default();
    (first.starts_with("-----BEGIN ") && first.contains("PRIVATE KEY")).then_some("a private key")
}

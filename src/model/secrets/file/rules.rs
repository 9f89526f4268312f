//! The rules of lines, commands and programs, and which of their findings are secrets. Knows how far a finding must look like one, by its rule and
//! where it stands; must not know how the rules are written.

use std::{iter, ops::Range, sync::LazyLock};

use memchr::{memchr, memrchr};
use regex::{Captures, Regex, bytes};

use super::{
    super::{Found, keyed, trigger},
    call, command, element, key,
    language::{Language, fences, is_fenced},
    line,
    pattern::{Rule, compile},
    service, setting, tool,
    written::{self, is_harmless_word},
};

/// The rules, and what is asked of where they match.
const GROUPS: [(&[Rule], Place); 7] = [
    (&line::RULES, Place::Any),
    (&command::RULES, Place::Any),
    (&call::RULES, Place::Near),
    (&element::RULES, Place::Literal),
    (&tool::RULES, Place::Literal),
    (&service::RULES, Place::Literal),
    (&setting::RULES, Place::Setting),
];

/// Where a rule holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Any,
    /// In prose outside of fences, what it finds must look made up.
    Literal,
    /// The same, and only near its trigger, which every match holds: its pattern is dear.
    Near,
    /// In configuration alone: not in code, nor in prose outside of fences.
    Setting,
}

/// So many rules hold anywhere; they are the first.
pub(super) const N_ANYWHERE: usize = line::RULES.len() + command::RULES.len();

/// So many after them hold where programs and documents give a value to a name.
pub(super) const N_OF_PROGRAMS: usize = call::RULES.len() + element::RULES.len();

/// What a text must hold for each rule to be worth its search.
pub(super) fn triggers() -> impl Iterator<Item = &'static str> {
    all_rules().map(|((_, trigger, _), _)| *trigger)
}

fn all_rules() -> impl Iterator<Item = (&'static Rule, Place)> {
    GROUPS
        .into_iter()
        .flat_map(|(rules, place)| rules.iter().map(move |it| (it, place)))
}

/// A rule to search with.
struct Search {
    kind: &'static str,
    place: Place,
    pattern: Regex,
    near: Option<bytes::Regex>,
}

static SEARCHES: LazyLock<Vec<Search>> = LazyLock::new(|| {
    let search = |((kind, trigger, pattern), place): (&'static Rule, Place)| Search {
        kind,
        place,
        pattern: compile(pattern),
        near: (place == Place::Near).then(|| trigger::one(trigger)),
    };
    all_rules().map(search).collect()
});

impl Search {
    /// Returns where the pattern may match.
    fn places(&self, text: &str) -> Vec<Range<usize>> {
        let Some(near) = &self.near else {
            return iter::once(0..text.len()).collect();
        };
        let bytes = text.as_bytes();
        let mut all: Vec<Range<usize>> = Vec::new();
        for found in near.find_iter(bytes) {
            let from = text.floor_char_boundary(found.start().saturating_sub(MAX_BEFORE));
            let line = from.saturating_sub(MAX_BEFORE);
            let start = memrchr(b'\n', &bytes[line..from]).map_or(from, |it| line + it + 1);
            let end = text.floor_char_boundary(found.end().saturating_add(MAX_AFTER));
            let end = memchr(b'\n', &bytes[end..]).map_or(text.len(), |it| end + it + 1);
            match all.last_mut().filter(|it| it.end >= start) {
                Some(last) => last.end = last.end.max(end),
                None => all.push(start..end),
            }
        }
        all
    }
}

/// So far before its trigger a match begins at most.
const MAX_BEFORE: usize = 1000;

/// So far after its trigger a match goes on, and then to the end of its line.
const MAX_AFTER: usize = 2000;

/// Returns the secrets that a line shows by its form, of those rules whose triggers the text holds.
pub(super) fn find(language: Language, text: &str, is_triggered: impl Fn(usize) -> bool) -> Vec<Found> {
    let mut all = Vec::new();
    let fences = if language == Language::Prose { fences(text) } else { Vec::new() };
    for (_, search) in SEARCHES.iter().enumerate().filter(|(nth, _)| is_triggered(*nth)) {
        if search.place == Place::Setting && language.is_code() {
            continue;
        }
        for at in search.places(text) {
            let captures = search.pattern.captures_iter(&text[at.clone()]);
            all.extend(captures.filter_map(|it| shown(search, language, &fences, text, at.start, &it)));
        }
    }
    all
}

/// Returns the secret of a match in what begins at `offset`, if it is one.
fn shown(search: &Search, language: Language, fences: &[Range<usize>], text: &str, offset: usize, captures: &Captures) -> Option<Found> {
    let place = search.place;
    let name = captures.name("name");
    let mut groups = captures
        .iter()
        .skip(1)
        .flatten()
        .filter(|it| Some(it.range()) != name.map(|it| it.range()));
    let whole = captures.get(0)?;
    let value = groups.next().unwrap_or(whole);
    let secret = value.as_str().trim();
    // `-passout pass:x`
    let secret = secret.strip_prefix("pass:").unwrap_or(secret);
    let start = offset + value.start() + value.as_str().find(secret).unwrap_or(0);
    let range = start..start + secret.len();
    let is_loose = language == Language::Prose && place != Place::Any && !is_fenced(fences, start);
    if is_loose && place == Place::Setting {
        return None;
    }
    let before = &text[(offset + whole.start()).min(start)..start];
    if place == Place::Any && is_aside(language, before, secret) {
        return None;
    }
    let kind = kind_of(language, search.kind, name.map(|it| it.as_str()), secret)?;
    (!is_loose || keyed::is_secret(secret, kind)).then_some(Found { range, kind })
}

/// Returns the kind of what a rule has found, if it is a secret. Rules whose name tells say how much it must look like one.
fn kind_of(language: Language, rule: &'static str, name: Option<&str>, value: &str) -> Option<&'static str> {
    match (rule, name) {
        ("named" | "fallback" | "compared" | "text", Some(name)) => {
            let kind = key::kind_of(name)?;
            // `config.get("Credentials", "host")` asks for what is in a section.
            if name.eq_ignore_ascii_case("credentials") && rule == "named" {
                return None;
            }
            // `forgot_token: "Forgot it?"`
            let is_told = value.matches(' ').count() > 3 || value.ends_with([':', '?']);
            if is_told || written::is_harmless(language, name, kind, value) || value.contains("[redacted:") {
                return None;
            }
            let is_secret = match rule {
                // A variable of the environment falls back to a value, a variable of a program to any text.
                "fallback" => is_of_environment(name) || is_secret_by_look(value, kind),
                "compared" => keyed::is_secret(value, kind),
                "text" => !value.contains(char::is_whitespace) && (!language.is_code() || is_secret_by_look(value, kind)),
                _ => true,
            };
            is_secret.then_some(kind)
        }
        (kind, name) => {
            let is_named = name.is_none_or(is_telling);
            (is_named && is_secret(value, kind)).then(|| known(kind))
        }
    }
}

/// Tells whether what follows a flag in a program or in prose is no value: `["--token", token]` has a variable, `the --password flag` a sentence.
fn is_aside(language: Language, before: &str, value: &str) -> bool {
    let flag = before.trim_start_matches([' ', '\t', '\n', '"', '\'', '`', '(', '[', '=', ',', ';', '|']);
    if !flag.starts_with('-') {
        return false;
    }
    let is_variable = language.is_code() && (before.ends_with([',', ' ']) && before.trim_end().ends_with(','));
    let is_sentence = (language.is_code() || language == Language::Prose)
        && before.ends_with(' ')
        && value.trim_end_matches(['.', ',', ')']).bytes().all(|it| it.is_ascii_lowercase());
    is_variable || is_sentence
}

/// Passwords are often words; a token looks like one.
fn is_secret_by_look(value: &str, kind: &str) -> bool {
    kind == "password" && !value.contains(' ') || keyed::is_secret(value, kind)
}

fn is_of_environment(name: &str) -> bool {
    let is_constant = |it: &str| it.len() > 2 && it.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_');
    is_constant(name.rsplit(['.', '$']).next().unwrap_or(name))
}

/// Tells whether a variable or a function has a telling name; one that only looks for a secret has none.
fn is_telling(name: &str) -> bool {
    const LOOKING: [&str; 18] = [
        "get", "read", "load", "fetch", "find", "parse", "lookup", "has", "check", "is", "prompt", "ask", "require", "expect", "next",
        "input", "from", "test",
    ];
    let lower = name.to_ascii_lowercase();
    let name = lower.trim_end_matches("bearer_auth").trim_end_matches("bearerauth");
    let is_looking = LOOKING.iter().any(|it| lower.starts_with(it));
    !is_looking && (name.len() < lower.len() || key::kind_of(&lower).is_some())
}

fn is_secret(value: &str, kind: &str) -> bool {
    if key::is_harmless(value) || value.contains("[redacted:") || value.contains("$(") || is_harmless_word(value) {
        return false;
    }
    match kind {
        "call-token" | "query-token" => keyed::is_secret(value, "token"),
        "url-token" => keyed::is_made_up(value),
        // `password("Your password, please: ")` asks for one.
        "password" => value.matches(' ').count() < 3 && !value.ends_with([':', '?']) && !is_argument(value),
        "url-password" => {
            let before = value.split('/').next().unwrap_or_default();
            // A port and a path: `https://example.org:8080/@me`.
            let is_port = before.len() < value.len() && before.bytes().all(|it| it.is_ascii_digit());
            !is_port && !value.contains("://") && !value.contains(['{', '}'])
        }
        _ => true,
    }
}

/// Tells whether a word goes on as `default="x"` does: the names of what a parser of arguments takes.
fn is_argument(value: &str) -> bool {
    const NAMES: [&str; 20] = [
        "default",
        "action",
        "help",
        "type",
        "required",
        "nargs",
        "dest",
        "metavar",
        "envvar",
        "prompt",
        "hide_input",
        "is_flag",
        "choices",
        "const",
        "show_default",
        "callback",
        "group",
        "cls",
        "multiple",
        "show_envvar",
    ];
    value.split_once('=').is_some_and(|(name, _)| NAMES.contains(&name))
}

/// Returns the kind that people are told.
fn known(rule: &'static str) -> &'static str {
    match rule {
        "call-token" | "url-token" | "query-token" => "token",
        kind => kind,
    }
}

//! Values of telling keys in configuration and code. Knows how a key is written and what is assigned to it; must not know where a value ends nor
//! which keys tell.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

use super::{
    super::{Found, keyed},
    key,
    language::{Language, fence_of, fences, of_fence},
    map,
    value::{Value, end_of_line},
    written,
};

/// From the telling word of a key to where its value begins; the words before it are read backwards from here. A type may stand between.
static KEY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        // `author` and `path` are none: those words are whole ones.
        r#"(?i-u)(?:(?:pass|pwd|pw|pswd|secret|token|cred|key|kennwort|wachtwoord|contrasena|senha|losenord|adgangskode|last-applied|jwt|dsn|salt|pepper|dockercfg|dockerconfigjson|bearer|hmac|psk|seed|phrase|cookie|mnemonic|community|authtok)[a-z0-9_./-]{0,40}"#,
        r#"|(?:auth|authorization|pat)(?:[0-9_./-][a-z0-9_./-]{0,40})?)\\{0,3}["'`\])]{0,2}(?:[ \t]+string)?[ \t]{0,20}"#,
        r#"(?::[ \t]*(?:&?(?:'static )?str|string)[ \t]*=|::=|:=|=>|::[ \t]|:|\?=|=)[ \t]{0,20}"#
    ))
    .expect("the pattern is constant")
});

/// The same for lines whose key and value stand apart by a space.
static SPACED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?m)^[ \t]*(?:ENV|ARG|set|setx|proxy_set_header|fastcgi_param|add_header|setenv|SetEnv|header_up|RequestHeader|requirepass|masterauth|machine)[ \t]+(?:-[A-Za-z-]+[ \t]+){0,4}(?:\S+[ \t]+(?:login[ \t]+\S+[ \t]+)?)??\$?([A-Za-z0-9_][A-Za-z0-9_.-]*)[ \t]+"#,
    )
    .expect("the pattern is constant")
});

/// What a text must hold for each of the two searches to be worth it.
pub(super) const TRIGGERS: [&str; 2] = [
    concat!(
        r#"(?i)(?:(?:pass|pwd|pw|pswd|secret|token|cred|key|kennwort|wachtwoord|contrasena|senha|losenord|adgangskode|last-applied|jwt|dsn|salt|pepper|dockercfg|dockerconfigjson|bearer|hmac|psk|seed|phrase|cookie|mnemonic|community|authtok)[a-z0-9_./-]*"#,
        r#"|(?:auth|authorization|pat)(?:[0-9_./-][a-z0-9_./-]*)?)\\*["'`\])]*(?:[ \t]+string)?[ \t]*[:=?]"#
    ),
    r"(?m)^[ \t]*(?:ENV|ARG|set|setx|proxy_set_header|fastcgi_param|add_header|setenv|SetEnv|header_up|RequestHeader|requirepass|masterauth|machine)[ \t]",
];

/// Returns the values of telling keys. Where prose is written, only those in fences.
pub(super) fn find(language: Language, text: &str, is_triggered: impl Fn(usize) -> bool) -> Vec<Found> {
    let mut all: Vec<Found> = Vec::new();
    if is_triggered(0) {
        assigned(language, text, &mut all);
    }
    if !is_triggered(1) || language == Language::Prose {
        return all;
    }
    for captures in SPACED.captures_iter(text) {
        let (Some(whole), Some(name)) = (captures.get(0), captures.get(1)) else {
            continue;
        };
        let Some(kind) = key::kind_of(name.as_str()) else { continue };
        let value = Value {
            language,
            text,
            name: name.as_str(),
            kind,
            line_end: end_of_line(text, whole.end()),
        };
        // `proxy_set_header Authorization $http_authorization;`, and `set password = x`, which assigns.
        let word = text[whole.end()..value.line_end].trim().trim_end_matches(';');
        if written::is_harmless_word(word) || word.starts_with(['=', ':', '?']) {
            continue;
        }
        value.push(whole.start(), whole.end(), &mut all);
    }
    all
}

fn assigned(language: Language, text: &str, all: &mut Vec<Found>) {
    let fences = if language == Language::Prose { fences(text) } else { Vec::new() };
    // What was looked at as a value is no key: many keys in one another take linear time.
    let (mut done, mut line_end, mut map_end) = (0, 0, 0);
    let mut has_pagers = None;
    for found in KEY.find_iter(text) {
        let fence = fence_of(&fences, found.start());
        if found.end() <= done || language == Language::Prose && fence.is_none() {
            continue;
        }
        let language = fence.map_or(language, |it| of_fence(text, it));
        // `secret::Key` of a program, and `arn:aws:secretsmanager:eu-west-1:1:secret:db`, which names one.
        let is_path = text[..found.end()].ends_with(':') && text[found.end()..].starts_with(':');
        if is_path || keyed::is_in_arn(text, found.start()) {
            continue;
        }
        if found.end() > line_end {
            line_end = end_of_line(text, found.end());
        }
        let (start, name) = name_at(text, found.range());
        // `${TOKEN:-x}` assigns nothing, nor does what closes in `"Password: "`.
        let quote = text[found.end()..].chars().next().filter(|it| matches!(it, '"' | '\'' | '`'));
        let is_closed = quote.is_some_and(|it| {
            let before = &text.as_bytes()[line_start(text, start)..start];
            let is_within = before.iter().filter(|byte| char::from(**byte) == it).count() % 2 == 1;
            // `networks."home".psk = "x"` goes on.
            let is_bare = !text[start..found.end()].contains(it) && !name.starts_with('.');
            is_bare && (text[..start].ends_with(it) || language.is_code() && is_within)
        });
        if is_closed || ["${", "[redacted:"].iter().any(|it| text[..start].ends_with(it)) {
            continue;
        }
        // `unexpected token: x` is what a parser says, `type Token = "x" | "y"` what there may be.
        if text[..start].ends_with("unexpected ") || language.is_code() && text[..start].ends_with("type ") {
            continue;
        }
        // An ExternalSecret names the key that it fills.
        if name == "secretKey" && text[line_end..].trim_start().starts_with("remoteRef") {
            continue;
        }
        // A service of Compose, and a called workflow, list which secrets they may read.
        if name == "secrets" && (text[line_end..].trim_start().starts_with("- ") || text[found.end()..].starts_with('[')) {
            continue;
        }
        if key::is_count(name, text[found.end()..line_end].trim_end().trim_end_matches(',')) {
            continue;
        }
        let kind = key::kind_of(name).or_else(|| kind_near(text, name, &mut has_pagers));
        let Some(kind) = kind else { continue };
        let is_assigned = language.is_code() || text[..found.end()].trim_end().ends_with('=');
        if is_assigned && found.end() >= map_end && map::is_all_secret(name) {
            map_end = map::find(text, found.end(), kind, all);
        }
        let value = Value {
            language,
            text,
            name,
            kind,
            line_end,
        };
        let end = value.push(start, found.end(), all);
        done = done.max(end);
    }
}

/// Returns where the line of `at` begins, or how far it is looked at.
fn line_start(text: &str, at: usize) -> usize {
    let before = &text.as_bytes()[at.saturating_sub(MAX_BEFORE)..at];
    at - before.len() + memchr::memrchr(b'\n', before).map_or(0, |it| it + 1)
}

/// So far before a key its line is looked at.
const MAX_BEFORE: usize = 400;

/// Returns the kind of what is a secret by what else the text speaks of: the half of a pair of keys, and the key of a pager. Elsewhere a routing
/// key is an address.
fn kind_near(text: &str, name: &str, has_pagers: &mut Option<bool>) -> Option<&'static str> {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let letters: String = letters.map(|it| it.to_ascii_lowercase()).collect();
    let is_key = ["accesskeyid", "seckey", "networkkey"].iter().any(|it| letters.ends_with(it));
    if is_key {
        return Some("key");
    }
    let is_password = ["authtok", "passwordpbkdf2", "passwordsalt", "passwordha1"]
        .iter()
        .any(|it| letters.ends_with(it));
    if is_password {
        return Some("password");
    }
    let is_pager = letters.ends_with("routingkey") || letters.ends_with("servicekeyid");
    let mut speaks = || *has_pagers.get_or_insert_with(|| text.contains("agerduty") || text.contains("agerDuty"));
    (is_pager && speaks()).then_some("key")
}

/// Returns the whole key of a match, and where it begins.
fn name_at(text: &str, found: Range<usize>) -> (usize, &str) {
    let is_key = |it: &u8| it.is_ascii_alphanumeric() || b"_-./".contains(it);
    let before = text.as_bytes()[..found.start]
        .iter()
        .rev()
        .take(80)
        .take_while(|it| is_key(it))
        .count();
    let start = found.start - before;
    let length = text.as_bytes()[start..found.end].iter().take_while(|it| is_key(it)).count();
    (start, &text[start..start + length])
}

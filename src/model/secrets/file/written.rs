//! Which literals of a telling name are no secrets because of how they are written: a hole that is filled in later, a text for readers, the name
//! of a secret. Knows how programs write such things; must not know where the literal stands.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    super::{Found, keyed},
    key,
    language::Language,
};

/// What a program fills in: `{token}`, `#{token}`, `${token}`, `%s`, `%(token)s`, `\(token)`.
static HOLE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"[#$]?\{[^{}\n]*\}|\{\{[^{}\n]*\}\}|%(?:\([A-Za-z_]+\))?[sdvqr@]|\\\([^()\n]*\)|\$[A-Za-z_][A-Za-z0-9_]*";
    Regex::new(pattern).expect("the pattern is constant")
});

/// Words that stand before the secret in a header.
const SCHEMES: [&str; 6] = ["bearer", "basic", "token", "bot", "digest", "apikey"];

/// Words of texts for readers.
const TOLD: [&str; 28] = [
    "password",
    "passwords",
    "passphrase",
    "token",
    "tokens",
    "secret",
    "secrets",
    "key",
    "keys",
    "credentials",
    "enter",
    "invalid",
    "missing",
    "required",
    "expected",
    "unexpected",
    "must",
    "please",
    "forgot",
    "forgotten",
    "cannot",
    "failed",
    "incorrect",
    "confirm",
    "your",
    "should",
    "requires",
    "contains",
];

/// Tells whether a word stands before the secret in a header.
pub(super) fn is_scheme(word: &str) -> bool {
    SCHEMES.iter().any(|it| it.eq_ignore_ascii_case(word))
}

/// Tells whether a literal of a name is none, in a file of this language.
pub(super) fn is_harmless(language: Language, name: &str, kind: &str, value: &str) -> bool {
    if key::is_harmless(value) || is_hole(language, value) || is_public(name, value) || is_blotted(value) {
        return true;
    }
    if kind != "password" && is_version(value) || kind == "token" && is_pattern(name, value) {
        return true;
    }
    language.is_code() && (is_name_of_one(name, kind, value) || is_for_readers(kind, value))
}

/// Tells whether what is called `pat` is a pattern rather than a personal access token: `trim_start_matches(pat="v")`.
fn is_pattern(name: &str, value: &str) -> bool {
    let is_letter = |it: u8| it.is_ascii_alphanumeric() || b"-_.:=+/".contains(&it);
    name.to_ascii_lowercase().ends_with("pat") && (value.len() < 6 || !value.bytes().all(is_letter))
}

/// Tells whether nothing of a literal is left when its holes are filled in, but for a scheme, signs and a path.
fn is_hole(language: Language, value: &str) -> bool {
    // Elsewhere these signs are as good as any in a password.
    if !(language.is_code() || language == Language::Shell) || !value.contains(['{', '%', '$', '(']) {
        return false;
    }
    let rest = value.split_once(' ').filter(|(it, _)| is_scheme(it)).map_or(value, |(_, it)| it);
    // A template within a template, cut at its inner quote.
    if language.is_code() && rest.starts_with("${") && !rest.contains('}') {
        return true;
    }
    let rest = HOLE.replace_all(value, "");
    if rest.len() == value.len() {
        return false;
    }
    let rest = rest.trim();
    let is_path = rest.starts_with('/') && !rest.contains(' ') && rest.len() < 60;
    is_path || SCHEMES.contains(&rest.to_ascii_lowercase().as_str()) || !rest.contains(char::is_alphanumeric)
}

/// Tells whether a literal names a secret: `GITHUB_TOKEN`, or as its variable is called.
fn is_name_of_one(name: &str, kind: &str, value: &str) -> bool {
    const MODES: [&str; 3] = ["include", "omit", "same-origin"];
    let is_constant = value.contains('_') && value.bytes().all(|it| it.is_ascii_uppercase() || it == b'_');
    let letters = |it: &str| {
        let letters = it.chars().filter(char::is_ascii_alphanumeric);
        letters.map(|it| it.to_ascii_lowercase()).collect::<String>()
    };
    let is_snake = |it: &str| it.contains('_') && it.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
    // `task_token = "worker_task_token"`; a password may be such a word.
    let names_one = is_constant || kind != "password" && is_snake(value);
    names_one && (key::kind_of(value).is_some() || value.ends_with("access_key_id"))
        || MODES.contains(&value)
        || value.len() <= 40 && letters(value) == letters(name)
}

/// Tells whether a literal is a text or a sign rather than a secret.
fn is_for_readers(kind: &str, value: &str) -> bool {
    let is_password = kind == "password";
    // A scanner's token: `if`, `=>`.
    if !is_password && value.len() < 5 {
        return true;
    }
    // A colour, a pattern, a type.
    let is_type = value.ends_with(']') && value.contains('[') && value.starts_with(char::is_alphabetic);
    if !is_password
        && (value.starts_with(['#', '*']) || is_type || ["(?", "[^", "\\d", "\\w", "/**/", "]{"].iter().any(|it| value.contains(it)))
    {
        return true;
    }
    if !value.contains(' ') {
        return false;
    }
    let mut words = value.split(' ').map(|it| it.trim_matches(|it: char| !it.is_alphanumeric()));
    let scheme = words.next().unwrap_or_default().to_ascii_lowercase();
    if SCHEMES.contains(&scheme.as_str()) && value.matches(' ').count() == 1 {
        return false;
    }
    let is_told = value.split(' ').any(|it| {
        let word = it.trim_matches(|it: char| !it.is_alphanumeric()).to_ascii_lowercase();
        TOLD.contains(&word.as_str())
    });
    let is_random = value.split(' ').any(keyed::is_made_up);
    !is_random && (is_told || !is_password)
}

/// Tells whether a value is crossed out: `****`, `xxx`, `[REDACTED]`.
fn is_blotted(value: &str) -> bool {
    let is_crossed = value.len() > 2 && value.bytes().all(|it| b"xX*.:".contains(&it));
    is_crossed || value.starts_with('[') && value.to_ascii_lowercase().ends_with("redacted]")
}

/// Tells whether a value is the version of what only sounds secret: `cookie = "0.18"`.
fn is_version(value: &str) -> bool {
    let digits = value.trim_start_matches(['^', '~', '=', '>', 'v']);
    value.len() <= 14 && digits.contains('.') && digits.bytes().all(|it| it.is_ascii_digit() || it == b'.')
}

/// Tells whether a value is public though its key sounds secret: git signs with a key that it names by its number, systemd loads a credential by its
/// name, and the switch of names tells where accounts are.
fn is_public(name: &str, value: &str) -> bool {
    const SWITCH: [&str; 12] = [
        "files",
        "systemd",
        "compat",
        "sss",
        "ldap",
        "nis",
        "nisplus",
        "db",
        "winbind",
        "mymachines",
        "extrausers",
        "cache",
    ];
    if name == "passwd" && value.split_whitespace().all(|it| SWITCH.contains(&it)) {
        return true;
    }
    let of_systemd = ["Load", "Import", "Condition", "Assert"].iter().any(|it| name.starts_with(it));
    if of_systemd && (name.ends_with("Credential") || name.ends_with("CredentialEncrypted")) {
        return true;
    }
    let is_number = value.trim_start_matches("0x").bytes().all(|it| it.is_ascii_hexdigit()) && value.len() <= 42;
    name.to_ascii_lowercase().ends_with("signingkey") && (is_number || value.starts_with("ssh-") || value.ends_with(".pub"))
}

/// Tells whether a word of a command stands for another one: `$token`, `"$1"`, `%s`, `{pw}`, `<pw>`.
pub(super) fn is_harmless_word(value: &str) -> bool {
    let is_variable = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric() || b"_@*?#!".contains(&it));
    let is_within = |open: char, close: char| value.starts_with(open) && value.ends_with(close);
    value.strip_prefix("$$").or(value.strip_prefix('$')).is_some_and(is_variable)
        || value.starts_with("$(")
        || is_within('{', '}')
        || is_within('<', '>')
        || is_within('%', '%')
        || ["%s", "%d", "%v", "%q", "%(", "${", "$_", "[[", "env:", "fd:"]
            .iter()
            .any(|it| value.starts_with(it))
}

/// Tells whether a finding in a program is no literal but an expression: outside of quotes and comments, `credentials = oauth2.Credentials`.
pub(super) fn is_expression(text: &str, found: &Found) -> bool {
    let before = &text.as_bytes()[found.range.start.saturating_sub(MAX_LINE)..found.range.start];
    let line = &before[memchr::memrchr(b'\n', before).map_or(0, |it| it + 1)..];
    let is_literal = line.iter().any(|it| b"\"'`#*".contains(it)) || line.windows(2).any(|it| it == b"//" || it == b"--");
    matches!(found.kind, "password" | "token" | "secret" | "key") && !is_literal
}

/// So far before a finding its line is looked at.
const MAX_LINE: usize = 400;

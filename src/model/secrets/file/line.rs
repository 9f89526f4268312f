//! Secrets on a line of their own kind: headers, connection strings, calls, hashes, lines of well-known files. Knows such lines and which
//! languages have values without quotes; must not know blocks.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    super::{Found, keyed},
    command::{self, Rule},
    key,
};

/// How a file writes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// Only what stands in quotes is a literal.
    Code,
    /// A value without quotes ends at a space.
    Shell,
    /// A value without quotes goes to the end of the line.
    Data,
    /// Prose: only what stands in a fence is data.
    Prose,
}

impl Language {
    pub(super) fn of(path: &str) -> Language {
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension = name.rsplit_once('.').map_or("", |(_, it)| it);
        match extension {
            "ts" | "tsx" | "js" | "jsx" | "mjs" | "cjs" | "py" | "go" | "rs" | "java" | "kt" | "rb" | "lua" | "php" | "c" | "h" | "cpp"
            | "cs" | "nix" | "tf" | "hcl" | "swift" | "scala" => Language::Code,
            "sh" | "bash" | "zsh" | "fish" | "mk" => Language::Shell,
            "md" | "markdown" | "txt" | "adoc" | "rst" => Language::Prose,
            _ if name.contains("Dockerfile") || name.contains("Makefile") || name == "Justfile" => Language::Shell,
            _ => Language::Data,
        }
    }
}

const RULES: [Rule; 15] = [
    (
        "password",
        r"(?i)(?:password|pwd|accountkey|sharedaccesskey)=",
        r#"(?i)\b(?:password|pwd|accountkey|sharedaccesskey)=([^;"'`\s&<>]+)[;"']"#,
    ),
    (
        "authorization",
        r"(?i)authorization[\x22\x27]?[ \t]*[:=, \t]",
        r#"(?i)authorization["']?[ \t]{0,4}[:=, \t][ \t]{0,4}["']?(?:bearer|basic|token|bot|apikey)[ \t]{1,4}([^\s"'`\\]{4,})"#,
    ),
    (
        "password",
        r"requirepass|masterauth|insecure-password|r[ow]community|com2sec",
        r#"(?m)^[ \t]*(?:user[ \t]+\S+[ \t]+)?(?:requirepass|masterauth|insecure-password|r[ow]community6?|com2sec6?[ \t]+\S+[ \t]+\S+)[ \t]+["']?([^\s"'#]+)["']?"#,
    ),
    (
        "password",
        r"(?i)(?:password|passwd|passphrase|passwort)[\x22\x27]?\([^)\n]",
        r#"(?i)(?<name>\b[a-z_]{0,40}(?:password|passwd|passphrase|passwort))\([ \t\n]{0,40}(?:[&brf@]|r#)?(?:"([^"\n]+)"|'([^'\n]+)'|`([^`\n]+)`)"#,
    ),
    (
        "call-token",
        r"(?i)(?:secret|token|api_?key|bearer_?auth|secret_?key|access_?key|private_?key)\([^)\n]",
        r#"(?i)(?<name>\b[a-z_]{0,40}(?:secret|token|api_?key|bearer_?auth|secret_?key|access_?key|private_?key))\([ \t\n]{0,40}(?:[&brf@]|r#)?(?:"([^"\n]+)"|'([^'\n]+)'|`([^`\n]+)`)"#,
    ),
    (
        "password",
        r"(?i)auth[ ]*=?[ ]*\([^)\n]*,",
        r#"(?i)\b(?:[a-z_.]{0,30}basic_?auth|auth)[ ]{0,2}=?[ ]{0,2}\([ ]{0,4}["'][^"'\n]{0,100}["'][ ]{0,4},[ ]{0,4}(?:Some\()?["']([^"'\n]+)["']"#,
    ),
    (
        "url-password",
        r"://[^\s/:@?#]*:[^\s/@]+@",
        r#"[A-Za-z0-9+.-]{2,20}://[^\s/:@?#"'<>`\[\]$]*:([^\s/@"'<>`\[\]{}$]+)@[A-Za-z0-9\[$]"#,
    ),
    (
        "url-token",
        r"https?://[^\s/:@?#]+@",
        r#"\bhttps?://([^\s/:@?#"'<>`\[\](){}$]{16,})@[A-Za-z0-9\[$]"#,
    ),
    ("secret", r"ENC\[", r#"\b(?:ENC\[[A-Za-z0-9_]{3,20},data:)([^\]\s]*)\]"#),
    (
        "password-hash",
        r"\$(?:2[abxy]?|apr1|1|5|6|y|7|gy|argon2[id]*|scrypt|pbkdf2[a-z0-9-]*)\$",
        r#"\$(?:2[abxy]?|apr1|1|5|6|y|7|gy|argon2[id]*|scrypt|pbkdf2[a-z0-9-]*)\$[^\s:"'`,]{16,}"#,
    ),
    ("password-hash", r"\{S?SHA[0-9]*\}", r#"\{S?SHA[0-9]*\}[A-Za-z0-9+/]{20,}={0,2}"#),
    (
        "encrypted",
        r"\$ANSIBLE_VAULT;",
        r#"\$ANSIBLE_VAULT;[^\n]*(?:\n[ \t]*[0-9a-f]{10,}[ \t\r]*)+"#,
    ),
    (
        "password",
        r"machine[ \t\r\n]",
        r#"\bmachine\s{1,9}\S+\s{1,9}login\s{1,9}\S+\s{1,9}password\s{1,9}(\S+)"#,
    ),
    (
        "password",
        r"(?m)^user[ \t]+\S+[ \t]+on",
        r#"(?m)^user[ \t]+\S+[ \t]+on[ \t][^\n]*?>(\S+)"#,
    ),
    (
        "password",
        r"(?i)identified[ ]+by|password[ ]+'",
        r#"(?i)\b(?:identified[ ]+by|password)[ ]+'([^'\n]+)'"#,
    ),
];

/// What a text must hold for each rule to be worth its search.
pub(super) fn triggers() -> impl Iterator<Item = &'static str> {
    all_rules().map(|(_, trigger, _)| *trigger)
}

fn all_rules() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().chain(&command::RULES)
}

static PATTERNS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    let compile = |pattern: &str| {
        let pattern = pattern.replace(r"\b", r"(?-u:\b)").replace('§', r#"["']?[ ,]{1,4}["']?"#);
        Regex::new(&pattern).expect("the patterns are constant")
    };
    all_rules().map(|(kind, _, pattern)| (*kind, compile(pattern))).collect()
});

/// Returns the secrets that a line shows by its form, of those rules whose triggers the text holds.
pub(super) fn find(text: &str, is_triggered: impl Fn(usize) -> bool) -> Vec<Found> {
    let mut all = Vec::new();
    for (_, (kind, pattern)) in PATTERNS.iter().enumerate().filter(|(nth, _)| is_triggered(*nth)) {
        for captures in pattern.captures_iter(text) {
            let name = captures.name("name");
            let groups = captures
                .iter()
                .skip(1)
                .flatten()
                .filter(|it| Some(it.range()) != name.map(|it| it.range()));
            let Some(value) = groups.clone().next().or_else(|| captures.get(0)) else {
                continue;
            };
            let secret = value.as_str().trim();
            let is_named = name.is_none_or(|it| is_telling(it.as_str()));
            if is_named && is_secret(secret, kind) {
                let start = value.start() + value.as_str().find(secret).unwrap_or(0);
                all.push(Found {
                    range: start..start + secret.len(),
                    kind: match *kind {
                        "call-token" | "url-token" => "token",
                        kind => kind,
                    },
                });
            }
        }
    }
    all
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
    if key::is_harmless(value) || value.contains("[redacted:") {
        return false;
    }
    match kind {
        "call-token" => keyed::is_secret(value, "token"),
        "url-token" => keyed::is_made_up(value),
        // `password("Your password, please: ")` asks for one.
        "password" => value.matches(' ').count() < 3 && !value.ends_with([':', '?']),
        _ => true,
    }
}

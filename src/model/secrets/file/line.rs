//! Secrets on a line of their own kind: arguments of commands, headers, elements of XML, connection strings. Knows such lines and which
//! languages have values without quotes; must not know blocks.

use std::sync::LazyLock;

use regex::Regex;

use super::{super::Found, key};

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

/// Kind, trigger and pattern. The first group that matches is the secret.
pub(super) const RULES: [(&str, &str, &str); 14] = [
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
        r"(?i)-[a-z-]*(?:password|passwd|passphrase|secret|token|key)[ \t=]",
        r#"(?im)(?:^|[\s"'`(\[=,;|])--?(?:[a-z-]*(?:password|passwd|passphrase|secret|token|api-?key|secret-?key))(?:[ \t]{1,4}|=)["']?([^\s"'`\\,\]-][^\s"'`\\]*)"#,
    ),
    (
        "password",
        r"(?:mysql|mysqldump|mysqladmin|mariadb)[^\n]* -p",
        r#"\b(?:mysql|mysqldump|mysqladmin|mariadb)\b[^\n|;]*?[ ]-p([^\s"'`]{3,})"#,
    ),
    (
        "password",
        r"(?i)-[a-z-]*(?:password|passwd|passphrase|secret|token|key)[\x22\x27]?[ \t\r]*[,\n]",
        r#"(?im)(?:^|[\s"'`(\[=,;|])--?(?:[a-z-]*(?:password|passwd|passphrase|secret|token|api-?key|secret-?key))["']?(?:[ \t]{0,4},[ \t\r]{0,4}\n?[ \t]*|[ \t\r]{0,4}\n[ \t]*-[ \t]{1,4})(?:"([^"\n]+)"|'([^'\n]+)'|([^\s"'`\\,\]-][^\s"'`\\,]*))"#,
    ),
    (
        "password",
        r"login[^\n]* -",
        r#"\b(?:docker|podman|helm|nerdctl|skopeo|crane|az|oc|buildah)\b[^\n|;]*?\blogin\b[^\n|;]*?[ ](?:-p|--password)(?:=|[ ]{1,4})["']?([^\s"'`]+)"#,
    ),
    (
        "password",
        r"--password-stdin",
        r#"\b(?:echo|printf)[ ]{1,4}(?:-n[ ]{1,4})?["']?([^\n"'|]+?)["']?[ ]{0,4}\|[^\n|]+--password-stdin"#,
    ),
    (
        "kubernetes-secret",
        r"--from-literal",
        r#"--from-literal[= ]{1,4}(?:"[^=\n"]+=([^"\n]+)"|'[^=\n']+=([^'\n]+)'|[^\s=]+=["']?([^\s"']+))"#,
    ),
    (
        "password",
        r"requirepass|masterauth|insecure-password",
        r#"(?m)^[ \t]*(?:requirepass|masterauth|insecure-password)[ \t]+["']?([^\s"'#]+)["']?[ \t\r]*$"#,
    ),
    (
        "password",
        r"(?i)(?:set|with|add)_?[a-z]*(?:password|secret|token|key)\(",
        r#"(?i)(?:set|with|add)_?[a-z]{0,20}(?:password|secret|token|api_?key)\([ ]{0,4}["']([^"'\n]+)["'][ ]{0,4}\)"#,
    ),
    ("password", r"sshpass", r#"\bsshpass[ ]+-p[ ]*["']?([^\s"'`]+)"#),
    (
        "password",
        r"(?:curl|wget|http)[^\n]* (?:-u|--user)",
        r#"\b(?:curl|wget|http)\b[^\n|;]*?[ ](?:-u|--user)[ =]?["']?[^\s"':]*:([^\s"'`]+)"#,
    ),
    (
        "url-password",
        r"://[^\s/:@?#]*:[^\s/@]+@",
        r#"[A-Za-z0-9+.-]{2,20}://[^\s/:@?#"'<>`\[\]$]*:([^\s/@"'<>`\[\]{}$]+)@[A-Za-z0-9\[$]"#,
    ),
    ("secret", r"ENC\[", r#"\b(?:ENC\[[A-Za-z0-9_]{3,20},data:)([^\]\s]*)\]"#),
];

static PATTERNS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    let compile = |pattern: &str| Regex::new(&pattern.replace(r"\b", r"(?-u:\b)")).expect("the patterns are constant");
    RULES.iter().map(|(kind, _, pattern)| (*kind, compile(pattern))).collect()
});

/// Returns the secrets that a line shows by its form, of those rules whose triggers the text holds.
pub(super) fn find(text: &str, is_triggered: impl Fn(usize) -> bool) -> Vec<Found> {
    let mut all = Vec::new();
    for (_, (kind, pattern)) in PATTERNS.iter().enumerate().filter(|(nth, _)| is_triggered(*nth)) {
        for value in pattern.captures_iter(text).filter_map(|it| it.iter().skip(1).flatten().next()) {
            if !key::is_harmless(value.as_str()) && !value.as_str().starts_with("redacted:") {
                all.push(Found {
                    range: value.range(),
                    kind,
                });
            }
        }
    }
    all
}

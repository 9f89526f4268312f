//! Files that are secret as a whole, told by their content whatever their name is: encrypted ones, keys, stores of passwords, kubeconfigs. Knows
//! such files; must not know paths.

use std::sync::LazyLock;

use regex::Regex;

/// Files whose every line tells a password or its hash: why, and the line.
static STORES: LazyLock<[(&str, Regex); 4]> = LazyLock::new(|| {
    [
        (
            "hashes of passwords",
            constant(r"^[^:\s#]{1,100}:(?:\$(?:apr1|2[abxy]?|1|5|6|y)\$|\{S?SHA[0-9]*\})[^:\s]{10,}$"),
        ),
        (
            "hashes of passwords",
            constant(r"^[a-z_][a-z0-9_-]{0,40}:(?:[!*x]*|!*\$[^:\s]{10,}):[0-9]*:[0-9]*:[0-9]*:[0-9]*:[0-9]*:[0-9]*:[0-9]*$"),
        ),
        (
            "a store of passwords",
            constant(r"^[^:\s#]{1,200}:(?:[0-9]{2,5}|\*):[^:\s]{1,100}:[^:\s]{1,100}:\S(?:[^:]|\\:)*$"),
        ),
        (
            "a store of credentials",
            constant(r"^https?://[^:/\s]{0,100}:[^@/\s]{1,300}@[^\s@]{1,300}$"),
        ),
    ]
});
static NETRC: LazyLock<Regex> =
    LazyLock::new(|| constant(r"(?s)^(?:machine\s+\S+|default)\s+(?:login|account|password)\s.*\bpassword\s+\S"));
static KUBECONFIG: LazyLock<Regex> = LazyLock::new(|| constant(r#"(?m)^[ ]{0,4}["']?kind["']?[ ]*:[ ]*["']?Config["']?,?[ \r]*$"#));
static USERS: LazyLock<Regex> = LazyLock::new(|| constant(r#"(?m)^[ ]{0,4}["']?users["']?[ ]*:"#));

fn constant(pattern: &str) -> Regex {
    Regex::new(&pattern.replace(r"\b", r"(?-u:\b)")).expect("the pattern is constant")
}

/// Returns why nothing of a text may be kept.
pub(super) fn why(text: &str) -> Option<&'static str> {
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
    if first.starts_with("-----BEGIN ") && first.contains("PRIVATE KEY") {
        return Some("a private key");
    }
    if KUBECONFIG.is_match(text) && USERS.is_match(text) && text.contains("contexts") {
        return Some("a kubeconfig");
    }
    let told = || text.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#'));
    let first = told().next()?;
    if first.starts_with("machine") || first.starts_with("default") {
        let from = text.find(first).unwrap_or(0);
        return NETRC.is_match(&text[from..]).then_some("a store of credentials");
    }
    let (why, line) = STORES.iter().find(|(_, line)| line.is_match(first))?;
    told().all(|it| line.is_match(it)).then_some(*why)
}

//! What of a configuration file may be kept: nothing but its name, or its text with the secrets masked. Knows which paths and contents are
//! secret as a whole; must not read files. More eager than the rules for notes: a file is masked too much rather than too little.

use std::{borrow::Cow, sync::LazyLock};

use regex::bytes::RegexSet;

use super::{Found, apart, find, mask_with, trigger};

mod assigned;
mod key;
mod line;
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
    match is_name_only(path).or_else(|| is_secret_whole(text)) {
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

/// Returns why a file may be kept by name only, judged by its path before it is read; `None` where its content must be asked.
pub fn is_name_only(path: &str) -> Option<&'static str> {
    let path = path.to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or(&path);
    let extension = name.rsplit_once('.').map_or("", |(_, it)| it);
    let is_yaml = matches!(extension, "yaml" | "yml");
    let sample = ["example", "sample", "template", "dist"].iter().any(|it| name.ends_with(it));
    const KEYS: [&str; 16] = [
        "pem", "key", "p12", "pfx", "p8", "jks", "kdbx", "kdb", "age", "keystore", "ppk", "gpg", "asc", "ovpn", "agekey", "keytab",
    ];
    const STORES: [&str; 12] = [
        ".netrc",
        "_netrc",
        ".npmrc",
        ".pypirc",
        ".git-credentials",
        ".pgpass",
        ".my.cnf",
        ".htpasswd",
        ".vault-token",
        ".dockercfg",
        ".s3cfg",
        ".boto",
    ];
    if KEYS.contains(&extension) {
        return Some("a key by its name");
    }
    if STORES.contains(&name) || name.starts_with("credentials") || name.ends_with(".htpasswd") || path.ends_with(".docker/config.json") {
        return Some("a store of credentials by its name");
    }
    if (name.starts_with(".env") || extension == "env") && !sample {
        return Some("an environment file by its name");
    }
    if name.starts_with("id_") && extension != "pub" {
        return Some("a private key by its name");
    }
    if name.contains("kubeconfig") || path.ends_with(".kube/config") {
        return Some("a kubeconfig by its name");
    }
    if name.contains(".tfstate") || name.ends_with(".tfvars") || name.ends_with(".tfvars.json") {
        return Some("state or values of Terraform by its name");
    }
    (is_yaml && (name.contains("-secret") || name.starts_with("secret"))).then_some("a Secret by its name")
}

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

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

/// `Log in with bob:x`, `Login: bob / x`, `user bob and password "x"`.
static LOGIN: LazyLock<Regex> = LazyLock::new(|| {
    let name = r#"["'`*]{0,3}(?<user>[A-Za-z0-9_.@-]{2,40})["'`*]{0,3}"#;
    let value = r#"["'`*]{0,3}(?<value>[A-Za-z0-9][^\s`"'*,;<>]{4,80})"#;
    let pattern = format!(
        r#"(?i)\b(?:log(?:ged)?[ -]?(?:in|on)|sign(?:ed)?[ -]?in|credentials?|creds|zugangsdaten|anmelden|einloggen)["'`*]{{0,3}}(?:[ ](?:with|as|using|via|mit|als|is|are)[ ]{{1,3}}|:[*]{{0,2}}[ ]{{1,3}}){name}(?::|(?<apart>[ ]{{1,3}}/[ ]{{1,3}})){value}"#
    );
    Regex::new(&pattern.replace(r"\b", r"(?-u:\b)")).expect("the pattern is constant")
});
static BESIDE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"(?i)\b(?:user(?:name)?|login|account|ssid|benutzer(?:name)?)\b[^\n.;]{1,60}?[ ](?:password|passwort|passphrase|pwd|pw)[ ]{1,2}["`](?<value>[^\s`"]{5,80})["`]"#;
    Regex::new(&pattern.replace(r"\b", r"(?-u:\b)")).expect("the pattern is constant")
});

/// What a text must hold for the search to be worth it.
pub(super) const TRIGGER: &str = r"(?i)(?:passwor[dt]|passwd|passphrase|kennwort|pwd|token|secret|key|cred|log(?:ged)?[ -]?(?:in|on)|sign(?:ed)?[ -]?in|zugangsdaten|anmelden)";

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
    all.extend(logins(text));
    all
}

/// Returns the passwords that stand beside the names of users.
fn logins(text: &str) -> Vec<Found> {
    // `Log in with https://..`, `ssh:..`: no user is called so.
    const SCHEMES: [&str; 9] = ["http", "https", "ssh", "ftp", "ldap", "oidc", "saml", "oauth", "docker"];
    let mut all = Vec::new();
    for told in LOGIN.captures_iter(text) {
        let (Some(user), Some(value)) = (told.name("user"), told.name("value")) else {
            continue;
        };
        let secret = value.as_str().trim_end_matches(['.', ',', ')', ':', '!']);
        let is_scheme = SCHEMES.iter().any(|it| user.as_str().eq_ignore_ascii_case(it));
        // `with email / username` names two ways.
        let is_told = match told.name("apart") {
            Some(_) => keyed::is_secret(secret, "password"),
            None => word::is_secret(secret, "password"),
        };
        if !is_scheme && is_told {
            let range = value.start()..value.start() + secret.len();
            all.push(Found { range, kind: "password" });
        }
    }
    for told in BESIDE.captures_iter(text) {
        if let Some(value) = told.name("value").filter(|it| word::is_secret(it.as_str(), "password")) {
            all.push(Found {
                range: value.range(),
                kind: "password",
            });
        }
    }
    all
}

//! The tokens of the configuration: whether they can be guessed, and whether there are any where some are needed. Shows no secret.

use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt};

use crate::{
    cli::doctor::{Finding, shell},
    config::{Config, tokens::Token},
};

const CHECK: &str = "token";

/// Fewer different characters are no random text: `aaaaaaaaaaaaaaaa`, `1212121212121212`.
const DIFFERENT: usize = 8;

/// Looks at every token. That there is none on an open address stops the start, and is told with the configuration.
pub(super) fn look(config: &Config) -> Vec<Finding> {
    if config.tokens.is_empty() {
        let message = "no token is configured: every program on this machine may read, and write where the agent may";
        return vec![Finding::fine(CHECK, message)];
    }
    config.tokens.iter().map(strength).collect()
}

fn strength(token: &Token) -> Finding {
    let name = &token.name;
    let secret = token.secret.expose();
    let make = token.file.as_ref().map_or_else(
        || "export MEMBRIDGE_TOKEN=$(openssl rand -hex 32)".to_owned(),
        |file| format!("openssl rand -hex 32 > {}", shell(&file.to_string_lossy())),
    );
    let different = secret.iter().collect::<BTreeSet<_>>().len();
    if different < DIFFERENT || is_word(secret) {
        return Finding::warning(CHECK, format!("the token `{name}` can be guessed"), make);
    }
    let others = token
        .file
        .as_ref()
        .and_then(|file| Some((file, fs::metadata(file).ok()?.permissions().mode())));
    // That everyone may read it is told with the configuration.
    if let Some((file, mode)) = others
        && mode & 0o022 != 0
    {
        let message = format!("others may write `{}`, the token `{name}`", file.display());
        return Finding::problem(CHECK, message, format!("chmod go-w {}", shell(&file.to_string_lossy())));
    }
    Finding::fine(CHECK, format!("the token `{name}` has {} characters", secret.len()))
}

/// Says whether it is made of words that people put where a secret belongs.
fn is_word(secret: &[u8]) -> bool {
    let text = String::from_utf8_lossy(secret).to_ascii_lowercase();
    let words = [
        "password",
        "changeme",
        "change-me",
        "secret",
        "membridge",
        "example",
        "letmein",
        "0123456789",
        "qwerty",
    ];
    words.iter().any(|it| text.contains(it))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cli::doctor::Level, config::tokens::Secret};

    #[test]
    fn a_token_that_can_be_guessed_is_told_and_not_shown() {
        let check = |secret: &str, expected: Level| {
            let found = strength(&Token {
                name: "agent".to_owned(),
                secret: Secret::parse(secret.as_bytes()).unwrap(),
                file: None,
                scopes: BTreeSet::new(),
                prefix: None,
            });
            assert_eq!(found.level, expected, "{found:?}");
            assert!(!format!("{found:?}").contains(secret), "{found:?}");
        };
        check("9f86d081884c7d659a2feaa0c55ad015", Level::Fine);
        check("aaaaaaaaaaaaaaaaaaaaaaaa", Level::Warning);
        check("1212121212121212", Level::Warning);
        check("membridge-password-2026", Level::Warning);
    }
}

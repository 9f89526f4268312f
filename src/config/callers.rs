//! The list of callers: from the file and from the environment. What a token is, and how a secret is read, is in `tokens`.

use std::path::Path;

use crate::config::{
    Environment,
    findings::Findings,
    place::{Place, from_here, variable},
    table::{value, values_of},
    tokens::{Scope, Secret, Token, read_secret},
    values,
    written::TokenWritten,
};

/// Returns the tokens of the file.
pub fn tokens(written: Vec<TokenWritten>, place: &Place, findings: &mut Findings) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    for entry in written {
        let key = entry.key.clone();
        let Some(token) = token(entry, place, findings) else {
            continue;
        };
        if let Some(twin) = tokens.iter().find(|it| it.name == token.name) {
            findings.problem(
                key,
                format!("two tokens are named `{}`", twin.name),
                "give each its own name, it stands in the log",
            );
        } else if let Some(twin) = tokens.iter().find(|it| it.secret == token.secret) {
            let message = format!(
                "`{}` and `{}` are the same token, so nobody can say which rights hold",
                twin.name, token.name
            );
            findings.problem(key, message, "give each caller a token of its own");
        } else {
            tokens.push(token);
        }
    }
    tokens
}

fn token(written: TokenWritten, place: &Place, findings: &mut Findings) -> Option<Token> {
    for (name, part) in [("name", &written.name), ("file", &written.file)] {
        if part.is_none() {
            findings.problem(
                &written.key,
                format!("the token has no `{name}`"),
                "write it as {name: agent, file: /run/secrets/agent, scopes: [read]}",
            );
        }
    }
    if written.scopes.is_empty() {
        findings.problem(
            &written.key,
            "the token has no `scopes`, so it may do nothing",
            "list some of read, write, edit, admin",
        );
    }
    let name = value(written.name, values::token_name, findings);
    let scopes = values_of(written.scopes, values::scope, findings).into_iter().collect();
    let prefix = value(written.prefix, values::prefix, findings);
    let file = written.file.map(|it| (place.path(&it.text), it.key));
    let secret = file.as_ref().and_then(|(path, key)| read_secret(key, path, findings));
    Some(Token {
        name: name?,
        secret: secret?,
        file: file.map(|(path, _)| path),
        scopes,
        prefix,
    })
}

/// Adds the token of the environment, with every right: whoever sets the environment owns the service. One that the file lists too keeps the
/// rights it has there, because a client in the same container reads the same variable. Says whether the environment names a token.
pub fn add_environment_token(tokens: &mut Vec<Token>, environment: Environment<'_>, findings: &mut Findings) -> bool {
    let inline = variable(environment, "MEMBRIDGE_TOKEN", findings);
    let file = environment("MEMBRIDGE_TOKEN_FILE")
        .filter(|it| !it.is_empty())
        .map(|it| from_here(Path::new(&it)));
    let secret = match (&inline, &file) {
        (None, None) => return false,
        (Some(_), Some(_)) => {
            findings.problem("MEMBRIDGE_TOKEN", "MEMBRIDGE_TOKEN_FILE is set too", "set one of the two");
            return true;
        }
        (Some(written), None) => findings.keep("MEMBRIDGE_TOKEN", Secret::parse(written.text.as_bytes())),
        (None, Some(file)) => read_secret("MEMBRIDGE_TOKEN_FILE", file, findings),
    };
    if let Some(secret) = secret
        && tokens.iter().all(|it| it.secret != secret)
    {
        tokens.push(Token {
            name: "environment".to_owned(),
            secret,
            file,
            scopes: Scope::ALL.into(),
            prefix: None,
        });
    }
    true
}

//! Whether what stands beside a label in prose is a secret: prose explains a password as often as it tells one. Knows words; must not know places.

use std::{collections::HashSet, sync::LazyLock};

use super::{
    super::{is_placeholder, keyed},
    key,
};

/// No password worth the name is shorter.
const MIN: usize = 5;

/// Nothing so long is one word.
const MAX: usize = 160;

/// Tells whether a text is a secret that is all of what stands beside a label of this kind: made up, or a single word that explains nothing.
pub(super) fn is_secret(text: &str, kind: &str) -> bool {
    if !text.is_ascii() || key::is_harmless(text) {
        return false;
    }
    keyed::is_secret(text, kind) || is_single(text) && !is_explanation(text, kind)
}

fn is_single(text: &str) -> bool {
    (MIN..=MAX).contains(&text.len())
        && text.bytes().all(|it| it.is_ascii_graphic())
        && text.starts_with(|it: char| it.is_ascii_alphanumeric())
        && !text.ends_with(['?', ':', '=', '-'])
        && !text.contains(['`', '|', '<', '>', '[', ']', '(', ')', '{', '}', '\\'])
        && !text.contains("://")
        && text.bytes().any(|it| it.is_ascii_alphabetic())
}

/// Tells whether a word says what the secret is, where it is kept or how it is called.
fn is_explanation(text: &str, kind: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let bare = lower.trim_end_matches(['!', '.', ',', ';']);
    let parts = || bare.split(['-', '_', '.', '/', ':']).filter(|it| !it.is_empty());
    let is_compound = parts().count() > 1;
    // `GITHUB_TOKEN`, `process.env.X`
    let is_constant = text.contains(['_', '-']) && !text.bytes().any(|it| it.is_ascii_lowercase());
    // `bridge-token`, `db_password`
    let is_name = is_compound && (key::kind_of(bare).is_some() || parts().any(|it| key::kind_of(it).is_some() || COMMON.contains(it)));
    // Of a Secret of Kubernetes: `grafana-admin`.
    let is_resource = kind == "secret" && text == lower;
    // Of a field: `sessionId`.
    let is_field = kind == "key" && text.starts_with(|it: char| it.is_ascii_lowercase()) && text != lower;
    is_placeholder(text) || COMMON.contains(bare) || is_constant || is_name || is_resource || is_field || text.contains("...")
}

/// What one word says beside `password:`, `token:` or `secret:` that is none: its form, what becomes of it, where it is, what is done with it.
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| WORDS.split_ascii_whitespace().collect());

const WORDS: &str = "\
    string strings number integer boolean object array bytes binary base64 regex float opaque plain plaintext literal secretstring \
    numeric alphanumeric ascii utf-8 ed25519 rsa ecdsa argon2 argon2id bcrypt scrypt oauth oauth2 basic bearer digest cookie cookies \
    session access refresh admin client server service system account accounts users owner agent robot machine human \
    mounted required optional mandatory recommended empty unset missing expired expires invalid valid unknown hidden masked redacted removed \
    deleted rotated rotating rotation encrypted encryption encoded hashed generated random unique shared public private secure \
    insecure strong enabled disabled active inactive configured deprecated revoked renewed stored supported unsupported unchanged \
    changed static dynamic temporary permanent default custom manual manually automatic automatically never always sometimes short \
    short-lived long-lived forever daily weekly monthly yearly forgotten nothing something anything everything pending denied allowed \
    vault bitwarden vaultwarden 1password keepass keepassxc lastpass dashlane keychain keyring libsecret kubernetes openbao infisical \
    doppler hashicorp github gitlab gitea forgejo environment config configuration settings stdin terminal prompt prompted header \
    headers query above below elsewhere there local remote global internal external \
    verify check validate create rotate renew revoke generate reset change enter reading writing readonly read-only \
";

//! Which keys tell that their value is a secret, and which values are none. Knows words; must not know where keys and values stand.

/// Returns the kind of secret that a key such as `dbPassword` or `AWS_SECRET_ACCESS_KEY` holds; `None` for `secretName`, `tokenUrl`, `publicKey`.
pub(super) fn kind_of(key: &str) -> Option<&'static str> {
    if key.len() > MAX_KEY {
        return None;
    }
    let mut words = words_of(key);
    let is_tail = |it: &String| TAILS.contains(&it.as_str()) || it.bytes().all(|it| it.is_ascii_digit());
    while words.last().is_some_and(is_tail) {
        words.pop();
    }
    let last = words.pop()?;
    let before = words.last().map_or("", String::as_str);
    let ends_as = |tails: &[&str]| tails.iter().any(|it| last.ends_with(it));
    match last.as_str() {
        "configuration" if key.contains("last-applied") => Some("kubernetes-secret"),
        "id" if before == "key" && words.len() > 1 && words[words.len() - 2] == "private" => Some("key"),
        "pass" | "pwd" | "pw" | "pswd" | "requirepass" | "masterauth" => Some("password"),
        _ if ends_as(&[
            "password",
            "passwords",
            "passwd",
            "passphrase",
            "passwort",
            "kennwort",
            "pwd",
            "passcode",
        ]) =>
        {
            Some("password")
        }
        // `PGPASS`, `dbpass`, `rootpw`.
        _ if last.ends_with("pass") && !PASSES.iter().any(|it| last.ends_with(it)) => Some("password"),
        _ if last.ends_with("pw") && last.len() <= 8 => Some("password"),
        _ if ends_as(&["secret", "secrets"]) => {
            let head = last.trim_end_matches('s').trim_end_matches("secret");
            (!NAMED.contains(&before) && !NAMED.contains(&head)).then_some("secret")
        }
        "pat" | "jwt" | "bearer" => Some("token"),
        "authorization" => Some("authorization"),
        _ if ends_as(&["token", "tokens"]) => (!matches!(before, "max" | "n" | "num")).then_some("token"),
        "credential" | "credentials" | "cred" | "creds" | "dockerconfigjson" | "dockercfg" | "pepper" => Some("secret"),
        "salt" => Some("salt"),
        "auth" => (key.len() <= 5 || matches!(before, "basic" | "http" | "registry" | "docker" | "proxy")).then_some("secret"),
        "dsn" | "mnemonic" | "hmac" | "psk" => Some("secret"),
        "cookie" | "cookies" => (!matches!(before, "proxy" | "set" | "same" | "use" | "enable")).then_some("secret"),
        "seed" | "seeds" => matches!(
            before,
            "otp" | "totp" | "hotp" | "mfa" | "wallet" | "recovery" | "secret" | "master" | "key"
        )
        .then_some("secret"),
        "phrase" => matches!(before, "seed" | "pass" | "recovery" | "secret").then_some("secret"),
        "otpseed" | "totpseed" => Some("secret"),
        "community" | "rocommunity" | "rwcommunity" | "snmpcommunity" => Some("secret"),
        _ if ends_as(&JOINED) => Some("key"),
        "key" | "keys" if KEYS.contains(&before) => Some("key"),
        _ => None,
    }
    .or_else(|| matches!(key, "client-key-data" | "client-certificate-data").then_some("key"))
}

/// A longer key is prose.
const MAX_KEY: usize = 100;

/// Words after the telling one that change nothing.
const TAILS: [&str; 13] = [
    "value", "base", "base64", "b64", "hash", "raw", "plain", "string", "text", "default", "prod", "dev", "staging",
];

/// Words that end like a password and are none.
const PASSES: [&str; 10] = [
    "bypass",
    "compass",
    "encompass",
    "overpass",
    "underpass",
    "surpass",
    "trespass",
    "multipass",
    "getpass",
    "allpass",
];

/// Words before `secret` that make it the name of one.
const NAMED: [&str; 7] = ["existing", "pull", "image", "use", "create", "external", "imagepull"];

/// Words for a key that is kept secret, written together.
const JOINED: [&str; 17] = [
    "apikey",
    "apikeys",
    "secretkey",
    "privatekey",
    "accesskey",
    "authkey",
    "encryptionkey",
    "signingkey",
    "masterkey",
    "sharedkey",
    "accountkey",
    "hmackey",
    "jwtkey",
    "sessionkey",
    "deploykey",
    "storagekey",
    "licensekey",
];

/// Words before `key` that make it one that is kept secret.
const KEYS: [&str; 30] = [
    "preshared",
    "shared",
    "ca",
    "tls",
    "api",
    "access",
    "private",
    "secret",
    "auth",
    "encryption",
    "signing",
    "master",
    "account",
    "app",
    "application",
    "hmac",
    "jwt",
    "session",
    "cookie",
    "storage",
    "service",
    "license",
    "shared",
    "psk",
    "deploy",
    "ssh",
    "server",
    "client",
    "integration",
    "tls",
];

/// Returns the words of a key in small letters: `dbPassword`, `DB_PASSWORD` and `db-password` are the same.
fn words_of(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for it in key.chars() {
        let begins = it.is_ascii_uppercase() && was_lower;
        if begins || !it.is_ascii_alphanumeric() {
            words.push(String::new());
        }
        was_lower = it.is_ascii_lowercase() || it.is_ascii_digit();
        if it.is_ascii_alphanumeric() {
            words.last_mut().expect("there is always one").push(it.to_ascii_lowercase());
        }
    }
    words.retain(|it| !it.is_empty());
    words
}

/// Tells whether a value of a telling key is no secret: a reference to one, a switch, a small number, a path.
pub(super) fn is_harmless(value: &str) -> bool {
    const WORDS: [&str; 41] = [
        "",
        "true",
        "false",
        "yes",
        "no",
        "on",
        "off",
        "null",
        "none",
        "nil",
        "undefined",
        "~",
        "string",
        "required",
        "password",
        "token",
        "secret",
        "key",
        "optional",
        "enabled",
        "disabled",
        "basic",
        "bearer",
        "hmac",
        "sha1",
        "sha256",
        "sha512",
        "md5",
        "rs256",
        "hs256",
        "es256",
        "random",
        "auto",
        "default",
        "public",
        "private",
        "opaque",
        "any",
        "all",
        "strict",
        "lax",
    ];
    let lower = value.to_ascii_lowercase();
    // What stands after the scheme of a header is the secret.
    if let Some((_, rest)) = lower
        .split_once(' ')
        .filter(|(it, _)| matches!(*it, "bearer" | "basic" | "token" | "digest"))
    {
        let rest = &value[value.len() - rest.len()..];
        return rest.contains(' ') || is_reference(rest) || rest.is_empty();
    }
    let is_small = value.len() < 5 && value.bytes().all(|it| it.is_ascii_digit());
    WORDS.contains(&lower.as_str()) || is_small || is_reference(value) || is_path(value)
}

/// Tells whether a value stands for another one: `${X}`, `$X`, `{{ .x }}`, `<x>`, `!vault`, or is masked.
pub(super) fn is_reference(value: &str) -> bool {
    let is_name = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_');
    // `$(echo X)` is X.
    let is_command = |it: &str| {
        let it = it.trim_start();
        !["echo ", "printf ", "base64 <<<"].iter().any(|name| it.starts_with(name))
    };
    value.starts_with("[redacted:")
        || value.starts_with("${") && value.ends_with('}')
        || value.strip_prefix("$(").is_some_and(is_command)
        || value.starts_with("$__file{")
        || value.strip_prefix('$').is_some_and(is_name)
        || value.starts_with("{{") && value.ends_with("}}")
        || value.starts_with('<') && value.trim_end_matches([']', ')', '}', ',', '.']).ends_with('>')
        || value.starts_with('%') && value.ends_with('%') && value.len() > 2
        || [
            "ref+",
            "op://",
            "vault:secret/",
            "!reference",
            "!env",
            "!secret",
            "!vault",
            "process.env.",
            "env.",
        ]
        .iter()
        .any(|it| value.starts_with(it))
}

fn is_path(value: &str) -> bool {
    let starts = ["/", "./", "../", "~/", "file:", "https://", "http://"]
        .iter()
        .any(|it| value.starts_with(it));
    let is_url = value.contains("://");
    // The Base64 of a key may begin with a slash.
    let is_random = !is_url && value.len() >= 24 && value.bytes().any(|it| matches!(it, b'+' | b'=')) || is_url && value.contains('@');
    starts && !is_random && !value.contains(' ')
}

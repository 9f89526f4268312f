//! Which keys tell that their value is a secret. Knows words; must not know where keys and values stand.

pub(super) use super::harmless::{is_harmless, is_reference};

/// Returns the kind of secret that a key such as `dbPassword` or `AWS_SECRET_ACCESS_KEY` holds; `None` for `secretName`, `tokenUrl`, `publicKey`.
pub(super) fn kind_of(key: &str) -> Option<&'static str> {
    if key.len() > MAX_KEY {
        return None;
    }
    if is_foreign_password(key) {
        return Some("password");
    }
    let mut words = words_of(key);
    let is_tail = |it: &String| TAILS.contains(&it.as_str()) || it.bytes().all(|it| it.is_ascii_digit());
    while words.last().is_some_and(is_tail) {
        words.pop();
    }
    let last = words.pop()?;
    // `password2`
    let last = last.trim_end_matches(|it: char| it.is_ascii_digit());
    let before = words.last().map_or("", String::as_str);
    let ends_as = |tails: &[&str]| tails.iter().any(|it| last.ends_with(it));
    match last {
        "configuration" if key.contains("last-applied") => Some("kubernetes-secret"),
        "id" if before == "key" && words.len() > 1 && words[words.len() - 2] == "private" => Some("key"),
        "passe" => (before == "de").then_some("password"),
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
            "wachtwoord",
            "motdepasse",
            "contrasena",
            "senha",
            "losenord",
            "adgangskode",
        ]) =>
        {
            (!ASKING.contains(&before)).then_some("password")
        }
        // `PGPASS`, `dbpass`, `rootpw`.
        _ if last.ends_with("pass") && !PASSES.iter().any(|it| last.ends_with(it)) => Some("password"),
        _ if last.ends_with("pw") && last.len() <= 8 => Some("password"),
        _ if ends_as(&["secret", "secrets"]) => {
            let head = last.trim_end_matches('s').trim_end_matches("secret");
            // `keySecret` names one, `apiKeySecret` is one.
            let names_one = NAMED.contains(&before) || NAMED.contains(&head) || before == "key" && words.len() == 1;
            // Annotations name the Secret that they need.
            (!names_one && !key.contains(".io/")).then_some("secret")
        }
        "pat" | "jwt" | "bearer" => Some("token"),
        "authorization" => Some("authorization"),
        // What a parser did not expect, and how a page of results is asked for.
        "token" if matches!(before, "unexpected" | "input" | "output") => None,
        _ if ends_as(&["token", "tokens"]) => (last != "tokens" || !COUNTED.contains(&before)).then_some("token"),
        // systemd: `LoadCredential=name:/path`.
        "credential" if matches!(before, "load" | "import") => None,
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
const PASSES: [&str; 11] = [
    "bypass",
    "compass",
    "encompass",
    "overpass",
    "underpass",
    "surpass",
    "trespass",
    "multipass",
    "onepass",
    "getpass",
    "allpass",
];

/// Words before `secret` that make it the name of one.
const NAMED: [&str; 17] = [
    "from",
    "existing",
    "pull",
    "image",
    "use",
    "create",
    "external",
    "imagepull",
    "credential",
    "credentials",
    "password",
    "tls",
    "cert",
    "certificate",
    "certificates",
    "ca",
    "checksum",
];

/// Words before `password` that make it a question, as in the texts of a page.
const ASKING: [&str; 9] = [
    "forgot",
    "forgotten",
    "reset",
    "change",
    "show",
    "hide",
    "invalid",
    "wrong",
    "enter",
];

/// Words before `tokens` that make it a number of them, as models count.
const COUNTED: [&str; 27] = [
    "max",
    "min",
    "n",
    "num",
    "context",
    "input",
    "output",
    "prompt",
    "completion",
    "total",
    "budget",
    "thinking",
    "reasoning",
    "reserve",
    "reserved",
    "cached",
    "used",
    "overlap",
    "chunk",
    "target",
    "response",
    "per",
    "of",
    "new",
    "keep",
    "soft",
    "history",
];

/// Tells whether a key means a password in a language that is not written in ASCII.
fn is_foreign_password(key: &str) -> bool {
    !key.is_ascii() && FOREIGN_PASSWORDS.iter().any(|it| key.trim().to_lowercase().ends_with(it))
}

const FOREIGN_PASSWORDS: [&str; 8] = [
    "contraseña",
    "密码",
    "密碼",
    "パスワード",
    "пароль",
    "비밀번호",
    "hasło",
    "lösenord",
];

/// Tells whether a value counts what its key names: `tokens: 200000`.
pub(super) fn is_count(key: &str, value: &str) -> bool {
    let is_number = (1..=MAX_COUNT).contains(&value.len()) && value.bytes().all(|it| it.is_ascii_digit() || it == b'_');
    is_number && key.to_ascii_lowercase().ends_with("tokens")
}

/// As many digits as the context of a model has tokens.
const MAX_COUNT: usize = 7;

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
const KEYS: [&str; 33] = [
    "wifi",
    "wlan",
    "wpa",
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

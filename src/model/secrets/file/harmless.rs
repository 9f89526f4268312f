//! Which values of telling keys are no secrets: references to one, switches, paths, versions, names. Knows words; must not know keys.

/// Tells whether a value of a telling key is no secret: a reference to one, a switch, a small number, a path.
pub(super) fn is_harmless(value: &str) -> bool {
    const WORDS: [&str; 65] = [
        "...",
        "…",
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
        // What SASL speaks: `<auth>EXTERNAL</auth>` of D-Bus.
        "plain",
        "external",
        "anonymous",
        "dbus_cookie_sha1",
        "gssapi",
        "ntlm",
        "negotiate",
        "kerberos",
        "oauthbearer",
        "xoauth2",
        "cram-md5",
        "digest-md5",
        "scram-sha-1",
        "scram-sha-256",
        "scram-sha-512",
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
        // GitHub Actions: `secrets: inherit`, `id-token: write`.
        "inherit",
        "read",
        "write",
        // Ansible: `update_password: on_create`; npm: `"cookie": "latest"`.
        "on_create",
        "always",
        "never",
        "latest",
    ];
    let lower = value.to_ascii_lowercase();
    // What stands after the scheme of a header is the secret.
    if let Some((_, rest)) = lower
        .split_once(' ')
        .filter(|(it, _)| matches!(*it, "bearer" | "basic" | "token" | "digest"))
    {
        let rest = &value[value.len() - rest.len()..];
        return rest.contains(' ') || is_reference(rest) || matches!(rest, "" | "..." | "…");
    }
    let is_small = value.len() < 5 && value.bytes().all(|it| it.is_ascii_digit());
    // A key of its own: `credential: token: ..`
    let is_key = value
        .strip_suffix(':')
        .is_some_and(|it| it.bytes().all(|it| it.is_ascii_alphabetic()));
    is_key
        || WORDS.contains(&lower.as_str())
        || is_small
        || is_reference(value)
        || is_path(value)
        || is_version(value)
        || is_name(value)
        || is_duration(value)
}

/// Tells whether a value is a time: `15m`, `1h30m`.
fn is_duration(value: &str) -> bool {
    let is_time = |it: u8| it.is_ascii_digit() || b"smhdwy".contains(&it);
    value.len() <= 8
        && value.bytes().all(is_time)
        && value.starts_with(|it: char| it.is_ascii_digit())
        && !value.ends_with(|it: char| it.is_ascii_digit())
}

/// Tells whether a value is the version of a package, or says where one comes from: `^0.5.0`, `>=1.2, <2`, `workspace:*`.
fn is_version(value: &str) -> bool {
    const SIGNS: [char; 7] = ['^', '~', '<', '>', '=', '!', 'v'];
    if [
        "workspace:",
        "npm:",
        "catalog:",
        "link:",
        "portal:",
        "github:",
        "git+https://",
        "git+ssh://",
    ]
    .iter()
    .any(|it| value.starts_with(it))
    {
        return true;
    }
    if value == "*" {
        return true;
    }
    let is_number = |it: &str| matches!(it, "*" | "x") || !it.is_empty() && it.len() <= 5 && it.bytes().all(|it| it.is_ascii_digit());
    let is_part = |it: &str| !it.is_empty() && it.len() <= 8 && it.bytes().all(|it| it.is_ascii_alphanumeric());
    let is_one = |it: &str| {
        let bare = it.trim_start_matches(SIGNS);
        let (numbers, tail) = bare.split_once(['-', '+']).map_or((bare, None), |(it, tail)| (it, Some(tail)));
        let is_short = bare.len() < it.len() && bare.len() <= 3 && !it.starts_with(['v', '!']);
        numbers.split('.').all(is_number)
            && (numbers.contains('.') || is_short)
            && tail.is_none_or(|it| it.split(['.', '-', '+']).all(is_part))
    };
    let mut words = value
        .split([',', ' ', '|'])
        .filter(|it| !it.trim_matches(SIGNS).is_empty())
        .peekable();
    words.peek().is_some() && words.all(is_one)
}

/// Tells whether a value only names what holds a secret: `app_session` a cookie, `agent:main:{{ .x }}` a conversation.
fn is_name(value: &str) -> bool {
    let is_word = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_lowercase());
    let is_template = |it: &str| it.starts_with("{{") && it.ends_with("}}");
    let is_part =
        |it: &str| it.split(['-', '_']).all(is_word) || is_template(it) || !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    let is_session = |it: &str| matches!(it, "session" | "sessionid" | "sid" | "csrf" | "xsrf" | "csrftoken");
    let mut words = value.split(['-', '_', '.']);
    value.matches(':').count() >= 2 && value.split(':').all(is_part)
        || value.contains(['-', '_', '.']) && words.clone().all(is_word) && words.any(is_session)
}

/// Tells whether a value stands for another one: `${X}`, `$X`, `{{ .x }}`, `<x>`, `!vault`, or is masked.
pub(super) fn is_reference(value: &str) -> bool {
    let is_name = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_');
    // Argo CD: `$secret:key`.
    let is_letter = |it: u8| it.is_ascii_alphabetic() || b"-_.".contains(&it);
    let is_key = |it: &str| {
        it.split_once(':')
            .is_some_and(|(name, key)| name.bytes().chain(key.bytes()).all(is_letter))
    };
    // `$(echo X)` is X.
    let is_command = |it: &str| {
        let it = it.trim_start();
        !["echo ", "printf ", "base64 <<<"].iter().any(|name| it.starts_with(name))
    };
    value.starts_with("[redacted:")
        || value.starts_with("${") && value.ends_with('}')
        || value.strip_prefix("$(").is_some_and(is_command)
        // Make leaves the second sign to the shell.
        || value.starts_with("$$(")
        || value.starts_with("$${")
        || value.starts_with("$__file{")
        || value.strip_prefix("$$").or(value.strip_prefix('$')).is_some_and(|it| is_name(it) || is_key(it))
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
            "!include",
            "!Ref ",
            "!GetAtt ",
            "!ImportValue ",
            "process.env.",
            "env.",
            "os.environ",
            "os.getenv(",
            "os.Getenv(",
            "getenv(",
            "ENV[",
            "ENV.fetch(",
            "std::env::",
            "Deno.env",
            "import.meta.env",
            "System.getenv(",
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
    // Google names a secret so.
    let is_named = value.starts_with("projects/") && value.contains("/secrets/");
    (starts && !is_random || is_named || value.starts_with("arn:aws")) && !value.contains(' ') || is_file(value)
}

/// Tells whether a value is the path of a file in a folder here: `certs/tls.key`.
fn is_file(value: &str) -> bool {
    const KINDS: [&str; 24] = [
        "key", "pem", "crt", "cer", "txt", "json", "yaml", "yml", "toml", "env", "pub", "age", "gpg", "js", "ts", "tsx", "mjs", "sh", "py",
        "rs", "go", "md", "conf", "ini",
    ];
    let is_letter = |it: u8| it.is_ascii_alphanumeric() || b"_./-".contains(&it);
    let kind = value.rsplit_once('.').map_or("", |(_, it)| it);
    let bare = value.strip_suffix("/*").unwrap_or(value);
    bare.contains('/') && bare.bytes().all(is_letter) && (bare.len() < value.len() || KINDS.contains(&kind))
}

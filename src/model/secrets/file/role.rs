//! What a key without a secret's name does near one: it holds the value, or points to where the value is. Knows words; must not know places.

use super::{super::keyed, key};

/// Tells whether a key holds the value of what its neighbours name.
pub(super) fn is_value(name: &str) -> bool {
    const VALUES: [&str; 20] = [
        "value",
        "Value",
        "default",
        "Default",
        "defaultValue",
        "default_value",
        "plain",
        "plaintext",
        "plainText",
        "text",
        "data",
        "literal",
        "content",
        "contents",
        "stringValue",
        "string",
        "raw",
        "current",
        "inline",
        "ParameterValue",
    ];
    VALUES.contains(&name)
}

/// Tells whether a key holds a secret as a value of its own, and settings as a map: `auth: {enabled: true, database: x}`.
pub(super) fn is_weak(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let parts = [
        "auth",
        "cookie",
        "community",
        "authorization",
        "bearer",
        "hmac",
        "seed",
        "session",
        "salt",
        "pat",
        "jwt",
        "dsn",
    ];
    parts.iter().any(|it| name.ends_with(it)) || name.ends_with("configuration")
}

/// Tells whether a key below a telling one points to a secret, or describes it, rather than being one: `secretKeyRef`, `name`, `length`.
pub(super) fn is_pointer(name: &str) -> bool {
    const POINTERS: [&str; 67] = [
        "name",
        "names",
        "key",
        "keys",
        "path",
        "file",
        "files",
        "filename",
        "items",
        "mode",
        "defaultmode",
        "optional",
        "namespace",
        "algorithm",
        "size",
        "length",
        "type",
        "kind",
        "apiversion",
        "enabled",
        "username",
        "user",
        "users",
        "login",
        "email",
        "audience",
        "expirationseconds",
        "ttl",
        "encoding",
        "external",
        "annotations",
        "labels",
        "description",
        "title",
        "help",
        "example",
        "examples",
        "format",
        "required",
        "minlength",
        "maxlength",
        "pattern",
        "$ref",
        "limit",
        "max",
        "min",
        "count",
        "budget",
        "create",
        "region",
        "bucket",
        "endpoint",
        "host",
        "hosts",
        "url",
        "uri",
        "port",
        "issuer",
        "scopes",
        "rotationpolicy",
        "expires",
        "expiry",
        "provider",
        "property",
        "version",
        "driver",
        "uid",
    ];
    let lower = name.to_ascii_lowercase();
    let tails = ["ref", "from", "name", "selector", "file", "path", "key", "uri", "url", "store"];
    POINTERS.contains(&lower.as_str()) || lower.starts_with("existing") || lower.len() > 4 && tails.iter().any(|it| lower.ends_with(it))
}

/// Tells whether what a pointer says is no name but looks like the secret itself.
pub(super) fn is_secret_after_all(value: &str) -> bool {
    !key::is_harmless(value) && keyed::is_secret(value, "token")
}

/// Tells whether a file within a file is told by its name to be no YAML or JSON.
pub(super) fn is_of_another_language(name: &str) -> bool {
    const OTHERS: [&str; 18] = [
        "sh", "bash", "py", "js", "ts", "lua", "sql", "conf", "cfg", "ini", "toml", "md", "xml", "html", "rb", "pl", "nginx", "php",
    ];
    name.rsplit_once('.').is_some_and(|(_, it)| OTHERS.contains(&it))
}

//! What a key without a secret's name does near one: it holds the value, or points to where the value is. Knows words; must not know places.

use super::{super::keyed, key};

/// What a key says of what stands below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    Nothing,
    /// A secret, unless it looks harmless.
    Telling(&'static str),
    /// A secret where it is a value of its own; of a map only what is called its value.
    Weakly(&'static str),
    /// Where the secret is, below a telling key: no secret, unless it looks like one.
    Pointing(&'static str),
    /// All but references.
    All,
    /// All but what is well known.
    Annotations,
    /// What Kustomize makes a Secret from, and its literals.
    Generator,
    Literals,
}

impl Says {
    /// Returns what is also said of a node that is repeated in this place.
    pub(super) fn repeats(self) -> Option<Says> {
        matches!(self, Says::Telling(_) | Says::Weakly(_) | Says::All).then_some(self)
    }
}

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
        "cookies",
    ];
    parts.iter().any(|it| name.ends_with(it)) || name.ends_with("configuration")
}

/// Tells whether a key below a telling one points to a secret, or describes it, rather than being one: `secretKeyRef`, `name`, `length`.
pub(super) fn is_pointer(name: &str) -> bool {
    const POINTERS: [&str; 92] = [
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
        "gid",
        "source",
        "target",
        "environment",
        "id",
        "prefix",
        "in",
        "scheme",
        "scope",
        "role",
        "roles",
        "actions",
        "permissions",
        "policy",
        "policies",
        "group",
        "groups",
        "interval",
        "timeout",
        "domain",
        "domains",
        "tags",
        "rotation",
        "creationpolicy",
        "vault",
        // How a page of results is asked for.
        "input_token",
        "output_token",
    ];
    let lower = name.to_ascii_lowercase();
    let tails = ["ref", "from", "name", "selector", "file", "path", "key", "uri", "url", "store"];
    POINTERS.contains(&lower.as_str()) || lower.starts_with("existing") || lower.len() > 4 && tails.iter().any(|it| lower.ends_with(it))
}

/// Returns what a key says that is known by the key above it as well.
pub(super) fn below(outer: &str, name: &str, is_outermost: bool) -> Option<Says> {
    match (outer, name) {
        // package.json: what follows is a command.
        ("scripts" | "bin", _) if is_outermost => Some(Says::Nothing),
        // GitHub Actions: `ci-pass` is the name of a job.
        ("jobs", _) if is_outermost => Some(Says::Nothing),
        // Traefik: the name of one.
        ("basicAuth" | "digestAuth", "secret") => Some(Says::Pointing("secret")),
        // External Secrets: what stands in for a store.
        ("provider", "fake") => Some(Says::Weakly("secret")),
        (_, "routing_key" | "user_key") if ["pagerduty", "pushover"].iter().any(|it| outer.starts_with(it)) => Some(Says::Telling("key")),
        // `encryption: {key: x}`, but also `tls: {key: path}`
        (_, "key") => key::kind_of(&format!("{outer}_key")).map(Says::Pointing),
        _ => None,
    }
}

/// Tells whether a key holds the name of a Secret, as those of charts and operators do: `credentialsSecret`, `existing-secret`.
pub(super) fn is_name_of_secret(name: &str) -> bool {
    ["Secret", "-secret", "_secret"].iter().any(|it| name.ends_with(it))
}

/// Tells whether an annotation of a Secret is one of those that tell tools what to do with it.
pub(super) fn is_known_annotation(name: &str) -> bool {
    const DOMAINS: [&str; 13] = [
        "helm.sh",
        "fluxcd.io",
        "argoproj.io",
        "cert-manager.io",
        "stakater.com",
        "emberstack.com",
        "mittwald.de",
        "bitnami.com",
        "external-secrets.io",
        "tekton.dev",
        "appscode.com",
        "kubernetes.io",
        "k8s.io",
    ];
    let domain = name.split_once('/').map_or("", |(domain, _)| domain);
    (DOMAINS.iter().any(|it| domain.ends_with(it)) || name == "managed-by") && !name.contains("last-applied")
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

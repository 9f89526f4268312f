//! Lines of configuration whose words stand apart by spaces: `rootpw x`, `password "x";`, `stats auth bob:x`. Knows such lines of well-known
//! programs and the shape of others; must not know keys with a sign of assignment.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    super::{Found, keyed},
    key,
    language::{Language, fences, is_fenced},
    pattern::{Rule, compile},
    role, written,
};

/// Lines whose first words say what the last one is.
pub(super) const RULES: [Rule; 13] = [
    // HAProxy, fetchmail.
    (
        "password",
        r"(?i)user(?:name)?[ \t]+\S+[ \t]+(?:there[ \t]+)?(?:with[ \t]+)?(?:insecure-)?pass",
        r#"(?m)^[^\n#]*?\buser(?:name)?[ \t]+\S+[ \t]+(?:there[ \t]+)?(?:with[ \t]+)?(?:insecure-)?pass(?:word)?[ \t]+(?:"([^"\n]+)"|'([^'\n]+)'|([^\s"'#]+)[ \t\r]*(?:$|#|groups?\b|is\b|here\b|ssl\b|options?\b|keep\b|fetchall\b|mda\b))"#,
    ),
    (
        "password",
        r"(?:stats|proxy|acl)[ \t]+auth|[ ]login=|BasicAuth[ \t]|Upstream[ \t]",
        r#"(?m)^[ \t]*(?:stats[ \t]+auth[ \t]+[^\s:]+:|cache_peer[ \t][^\n]*[ ]login=[^\s:]+:|BasicAuth[ \t]+\S+[ \t]+|Upstream[ \t]+[a-z]+[ \t]+[^\s:@]+:)([^\s@"'#]+)"#,
    ),
    // `: PSK "x"` of strongSwan.
    (
        "password",
        r":[ \t]*(?:PSK|EAP|XAUTH|NTLM|RSA|ECDSA|P12|PIN)[ \t]",
        r#"(?m)^[^\n#]*?(?:^|[ \t]):[ \t]*(?:(?:PSK|EAP|XAUTH|NTLM)|(?:RSA|ECDSA|PKCS8|P12)[ \t]+\S+|PIN[ \t]+\S+)[ \t]+(?:"([^"\n]+)"|([^\s#"%]+))[ \t\r]*$"#,
    ),
    // `secret "x";` of BIND, `secret x;` of dhcpd.
    (
        "key",
        r"secret[ \t]+\x22?[^ \t\r\n\x22=:{;]+\x22?[ \t]*;",
        r#"(?:^|[\s{;])secret[ \t]+"?([^\s";]+)"?[ \t]*;"#,
    ),
    // Redis and its watchers.
    (
        "password",
        r"auth-pass[ \t]|masteruser[ \t]",
        r"(?m)^[ \t]*sentinel[ \t]+auth-pass[ \t]+\S+[ \t]+¤",
    ),
    // `machine h port 587 login bob password x`, `default login bob password x`.
    (
        "password",
        r"(?:machine[ \t\r\n]+\S+|default)[ \t\r\n]+(?:login|account|port|password)[ \t\r\n]",
        r#"\b(?:machine\s{1,9}\S+|default)(?:\s{1,9}(?:login|account|port)\s{1,9}\S+){0,3}\s{1,9}password\s{1,9}(?:"([^"\n]+)"|([^\s"]+))"#,
    ),
    // Cisco and those that speak like it.
    (
        "password",
        r"(?:username[ ]+\S+|enable|neighbor[ ]+\S+|line[ ]+\S+)[ ]+(?:privilege[ ]+[0-9]+[ ]+)?(?:password|secret)",
        r"(?m)^[ \t]*(?:username[ ]+\S+[ ]+(?:privilege[ ]+[0-9]+[ ]+)?|enable[ ]+|neighbor[ ]+\S+[ ]+)(?:password|secret)[ ]+(?:level[ ]+[0-9]+[ ]+)?(?:[0-9][ ]+)?¤[ \t\r]*$",
    ),
    (
        "key",
        r"(?:tacacs|radius)(?:-server)?[ ]|snmp-server[ ]+community|isakmp[ ]+key|message-digest-key|key-string|pre-shared-secret|(?:plaintext|encrypted)-password|authentication-key",
        r"(?m)^[ \t]*(?:(?:set[ ])?[^\n#]*?)(?:(?:tacacs|radius)(?:-server)?[ ][^\n]*?\bkey[ ]+(?:[0-9][ ]+)?|snmp-server[ ]+community[ ]+|isakmp[ ]+key[ ]+(?:[0-9][ ]+)?|message-digest-key[ ]+[0-9]+[ ]+md5[ ]+(?:[0-9][ ]+)?|\bkey-string[ ]+(?:[0-9][ ]+)?|\bpre-shared-secret[ ]+|\b(?:plaintext|encrypted)-password[ ]+|\bauthentication-key[ ]+)¤",
    ),
    ("key", r"## SECRET-DATA", r#""([^"\n]+)"[ ;]*## SECRET-DATA"#),
    // OpenWrt.
    (
        "named",
        r"option[ \t]+\x27?[a-z0-9_]*(?:pass|pwd|secret|token|key|psk)",
        r"(?m)^[ \t]*option[ \t]+'?(?<name>[A-Za-z0-9_]{2,60})'?[ \t]+¤",
    ),
    (
        "password",
        r"option[ \t]+key[ \t]+[\x22\x27]|\bwireless\.[^\n=]*\.key=",
        r#"(?m)(?:^[ \t]*option[ \t]+key[ \t]+|\bwireless\.[^\n=]{1,60}\.key=)["']([^"'\n]{8,63})["']"#,
    ),
    ("password", r"wep_key[0-9][ \t]*=", r#"\bwep_key[0-9][ \t]*=[ \t]*"?([^\s"]+)"#),
    // `basic: "bob:x"`.
    (
        "password",
        r"(?i)basic(?:_?auth)?[\x22\x27]?[ \t]*[:=][ \t]*[\x22\x27]?[^\s:\x22\x27]+:[^\s/]",
        r#"(?i)\bbasic(?:_?auth)?["']?[ \t]*[:=][ \t]*["']?[^\s:"'{}$]{1,60}:([^\s"'/{}$][^\s"']*)"#,
    ),
];

/// A line of two words, the second maybe in quotes.
static PAIR: LazyLock<Regex> = LazyLock::new(|| {
    compile(
        r#"(?m)(?:^|[{;])[ \t]*(?<name>[A-Za-z0-9_.-]*(?i:pass|pw|secret|token|cred|key|psk)[A-Za-z0-9_.-]*)[ \t]+(?:"(?<double>[^"\n]+)"|'(?<single>[^'\n]+)'|(?<bare>[^\s"'=:({\[<|&;,#}%*-][^\s"';]*))[ \t]*(?<close>[;}]?)[ \t\r]*(?:#[^\n]*|//[^\n]*|\})?$"#,
    )
});

/// What a text must hold for the search of pairs to be worth it.
pub(super) const TRIGGER: &str =
    r"(?im)(?:^|[{;])[ \t]*[a-z0-9_.-]*(?:pass|pw|secret|token|cred|key|psk)[a-z0-9_.-]*[ \t]+[^ \t=:({<|&;,#\r\n]";

/// Returns the values of lines of two words whose first one tells.
pub(super) fn pairs(language: Language, path: &str, text: &str, all: &mut Vec<Found>) {
    let fences = if language == Language::Prose { fences(text) } else { Vec::new() };
    let is_known = is_known(path);
    for pair in PAIR.captures_iter(text) {
        let Some(name) = pair.name("name") else { continue };
        if language == Language::Prose && !is_fenced(&fences, name.start()) {
            continue;
        }
        let Some(kind) = kind_of(name.as_str()) else { continue };
        let quoted = pair.name("double").or_else(|| pair.name("single"));
        let Some(value) = quoted.or_else(|| pair.name("bare")) else {
            continue;
        };
        let word = value.as_str();
        // `tokens "codec_tokens"` names them.
        let is_name = kind != "password" && word.contains(['_', '-']) && key::kind_of(word).is_some();
        if is_name || written::is_harmless(language, name.as_str(), kind, word) || is_of_another_kind(word) || word.matches(' ').count() > 3
        {
            continue;
        }
        let is_closed = pair.name("close").is_some_and(|it| !it.is_empty());
        let is_secret = match language {
            Language::Code | Language::Nix => quoted.is_some() && !is_looking(name.as_str()),
            // A command and its first word.
            Language::Shell => keyed::is_secret(word, kind),
            _ if quoted.is_some() || is_closed || is_known || !is_word(name.as_str()) => true,
            _ => keyed::is_secret(word, "password") || is_among_settings(text, name.start()),
        };
        if is_secret {
            all.push(Found {
                range: value.range(),
                kind,
            });
        }
    }
}

/// Returns the kind of a setting; of servers of the web, `proxy_pass` is none.
fn kind_of(name: &str) -> Option<&'static str> {
    const NONE: [&str; 12] = [
        "proxy_pass",
        "fastcgi_pass",
        "uwsgi_pass",
        "scgi_pass",
        "grpc_pass",
        "memcached_pass",
        "js_pass",
        "proxypass",
        "auth-user-pass",
        "askpass",
        "mysql_pass",
        "compass",
    ];
    let lower = name.to_ascii_lowercase();
    let is_none = NONE.iter().any(|it| lower.ends_with(it)) || role::is_weak(name);
    key::kind_of(name).filter(|_| !is_none)
}

/// Tells whether a name is a word of its own, so that the next one may go on with a sentence.
fn is_word(name: &str) -> bool {
    const WORDS: [&str; 14] = [
        "password",
        "passwords",
        "passwd",
        "pass",
        "passphrase",
        "secret",
        "secrets",
        "token",
        "tokens",
        "credential",
        "credentials",
        "pwd",
        "key",
        "keys",
    ];
    WORDS.contains(&name.to_ascii_lowercase().as_str())
}

/// Tells whether a value is a file, a type, or a module of PAM.
fn is_of_another_kind(value: &str) -> bool {
    const TYPES: [&str; 22] = [
        "text",
        "varchar",
        "char",
        "uuid",
        "bytea",
        "blob",
        "json",
        "jsonb",
        "integer",
        "int",
        "bigint",
        "boolean",
        "bool",
        "bytes",
        "required",
        "requisite",
        "sufficient",
        "include",
        "optional",
        "plain",
        "login",
        "file",
    ];
    const FILES: [&str; 14] = [
        "pem", "key", "crt", "txt", "conf", "cfg", "yml", "yaml", "so", "json", "gpg", "asc", "db", "keytab",
    ];
    let lower = value.to_ascii_lowercase();
    let is_file = lower.rsplit_once('.').is_some_and(|(_, it)| FILES.contains(&it));
    let is_call = lower.ends_with([')', ',', '(', '\\', '{', ':', '>']) || lower.contains("()");
    TYPES.contains(&lower.as_str())
        || is_file
        || is_call
        || value.starts_with('$') && !value.contains(|it: char| !it.is_alphanumeric() && it != '_' && it != '$')
}

fn is_looking(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    [
        "expect", "assert", "match", "test", "case", "throw", "raise", "import", "get", "find", "next", "validate", "require",
    ]
    .iter()
    .any(|it| lower.starts_with(it))
}

/// Tells whether the line before or after is a setting that stands beside passwords.
fn is_among_settings(text: &str, at: usize) -> bool {
    const BESIDE: [&str; 28] = [
        "user",
        "username",
        "login",
        "account",
        "host",
        "hostname",
        "server",
        "port",
        "from",
        "protocol",
        "auth",
        "tls",
        "poll",
        "machine",
        "via",
        "proxy",
        "ssid",
        "nick",
        "realm",
        "email",
        "database",
        "uri",
        "url",
        "from_full_name",
        "remote_username",
        "binddn",
        "domain",
        "address",
    ];
    let is_setting = |line: &str| {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default().to_ascii_lowercase();
        BESIDE.contains(&first.as_str()) && (1..=2).contains(&words.count())
    };
    let line_start = text[..at].rfind('\n').map_or(0, |it| it + 1);
    let before = text[..line_start].lines().next_back().unwrap_or_default();
    let after = text[at..].lines().nth(1).unwrap_or_default();
    is_setting(before) || is_setting(after)
}

/// Tells whether every line of a file is a setting, by its name.
fn is_known(path: &str) -> bool {
    const KNOWN: [&str; 26] = [
        "msmtp",
        "fetchmail",
        "mbsync",
        "isync",
        "getmail",
        "slapd",
        "ldap.conf",
        "nslcd",
        "redis",
        "sentinel",
        "mosquitto",
        "haproxy",
        "named",
        "dhcpd",
        "ngircd",
        "inspircd",
        "unrealircd",
        "wvdial",
        "keepalived",
        "ircd",
        "nbd",
        "pppd",
        "davfs2",
        "openfortivpn",
        "vpnc",
        "chrony",
    ];
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let extension = name.trim_start_matches('.').rsplit_once('.').map_or("", |(_, it)| it);
    matches!(
        extension,
        "" | "conf" | "cfg" | "cnf" | "rc" | "j2" | "tmpl" | "erb" | "in" | "example" | "default"
    ) && KNOWN.iter().any(|it| name.contains(it))
}

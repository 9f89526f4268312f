//! Secrets in the arguments of commands, on one line of a script or in a list of words. Knows the flags of well-known programs; must not know
//! where scripts and lists stand.

use std::ops::Range;

use super::{key, pattern::Rule};

pub(super) const RULES: [Rule; 26] = [
    (
        "password",
        r"(?i)-[a-z0-9._-]*(?:password|passwd|passphrase|pass|pwd|secret|token|key|bearer)[ \t=]",
        r#"(?im)(?:^|[\s"'`(\[=,;|])--?(?:[a-z0-9._-]*(?:password|passwd|passphrase|pwd|secret|token|api-?key|secret-?key|access-?key|private-?key|auth-?key|bearer)|pass)(?:[ \t]{1,4}|=)["']?([^\s"'`\\,\]-][^\s"'`\\]*)"#,
    ),
    (
        "password",
        r"(?i)-[a-z0-9._-]*(?:password|passwd|passphrase|pass|pwd|secret|token|key|bearer)[\x22\x27]?[ \t\r]*[,\n]",
        r#"(?im)(?:^|[\s"'`(\[=,;|])--?(?:[a-z0-9._-]*(?:password|passwd|passphrase|pwd|secret|token|api-?key|secret-?key|access-?key|private-?key|auth-?key|bearer)|pass)["']?(?:[ \t]{0,4},[ \t\r]{0,4}\n?[ \t]*|[ \t\r]{0,4}\n[ \t]*-[ \t]{1,4})(?:"([^"\n]+)"|'([^'\n]+)'|([^\s"'`\\,\]-][^\s"'`\\,]*))"#,
    ),
    (
        "password",
        r"(?:mysql|mariadb)[^\n]*[ \x22\x27,]-p",
        r#"\b(?:mysql[a-z]*|mariadb(?:-[a-z]+)?)\b[^\n|;]*?[ "',]-p["']?([^\s"'`,]{3,})"#,
    ),
    (
        "password",
        r"(?:redis|valkey|keydb)-cli[^\n]*[ \x22\x27,]-a",
        r#"\b(?:redis|valkey|keydb)-cli\b[^\n|;]*?[ "',](?:-a|--pass)§([^\s"'`,\]]+)"#,
    ),
    (
        "password",
        r"ldap[a-z]+[^\n]*[ \x22\x27,]-w",
        r#"\bldap[a-z]{3,8}\b[^\n|;]*?[ "',]-w§([^\s"'`,\]]+)"#,
    ),
    (
        "password",
        r"(?:mosquitto_|zip)[^\n]*[ \x22\x27,]-P",
        r#"\b(?:mosquitto_(?:pub|sub|rr)|zip|unzip)\b[^\n|;]*?[ "',]-P§([^\s"'`,\]]+)"#,
    ),
    (
        "password",
        r"(?:mongo|7z)[^\n]*[ \x22\x27,]-p",
        r#"\b(?:mongo[a-z]*\b[^\n|;]*?[ "',]-p§|7z[a-z]?\b[^\n|;]*?[ "',]-p)([^\s"'`,\]-][^\s"'`,\]]*)"#,
    ),
    (
        "secret",
        r"snmp[a-z]+[^\n]*[ \x22\x27,]-c",
        r#"\bsnmp[a-z]{3,9}\b[^\n|;]*?[ "',]-c§([^\s"'`,\]]+)"#,
    ),
    (
        "password",
        r"ssh-keygen[^\n]*-N",
        r#"\bssh-keygen\b[^\n|;]*?[ "',]-N§([^\s"'`,\]]+)"#,
    ),
    (
        "password",
        r"smbclient[^\n]*%",
        r#"\bsmbclient\b[^\n|;]*?[ "',](?:-U|--user)[ =]?["']?[^%\s]{1,60}%([^\s"'`,\]]+)"#,
    ),
    (
        "password",
        r"htpasswd[^\n]* -",
        r#"\bhtpasswd[ ]+(?:-[a-zA-Z]+[ ]+(?:[0-9]+[ ]+)?)*-[a-zA-Z]*b[a-zA-Z]*[ ]+(?:-[a-zA-Z]+[ ]+(?:[0-9]+[ ]+)?)*(?:[^\s-]\S*[ ]+)?\S+[ ]+["']?([^\s"'`|>]+)"#,
    ),
    ("password", r"pass:", r#"(?:-pass(?:in|out)?|-k)§pass:([^\s"'`,\]]+)"#),
    (
        "secret",
        r"alias[ ]+set",
        r#"\bmc[ ]+alias[ ]+set[ ]+\S+[ ]+\S+[ ]+\S+[ ]+["']?([^\s"'`|>]+)"#,
    ),
    (
        "password",
        r"login[^\n]*[ \x22\x27]-",
        r#"\b(?:docker|podman|helm|nerdctl|skopeo|crane|az|oc|buildah)\b[^\n|;]*?\blogin\b[^\n|;]*?[ "',](?:-p|--password)(?:=["']?|§)([^\s"'`,\]]+)"#,
    ),
    (
        "password",
        r"<<<",
        r#"(?:--password-stdin|--with-token|--stdin|--passphrase-fd|\blogin|\bpasswd|\bkubeseal)\b[^\n|;]*?<<<[ ]*(?:"([^"\n]+)"|'([^'\n]+)'|([^\s"'`]+))"#,
    ),
    (
        "password",
        r"(?:echo|printf)[ ][^\n]*\|",
        r#"\b(?:echo|printf)[ ]{1,4}(?:-[neE]+[ ]{1,4})?(?:["']?%s(?:\\n)?["']?[ ]{1,4})?["']?(?:[a-z_][a-z0-9_-]{0,30}:)?([^\n"'|]+?)["']?[ ]{0,4}\|[^\n|]*(?:--password-stdin|--with-token|--stdin|--passphrase-fd|\blogin\b|passwd\b|\bsudo[ ]+-S|\bkubeseal\b|\bbase64\b|\bcryptsetup\b)"#,
    ),
    // `echo x > secrets/password`
    (
        "secret",
        r"(?:echo|printf)[ ][^\n]*>",
        r#"\b(?:echo|printf)[ ]{1,4}(?:-[neE]+[ ]{1,4})?(?:["']?%s(?:\\n)?["']?[ ]{1,4})?¤[ ]{0,4}>{1,2}[ ]{0,4}["']?(?:[^\s"'<>|;]*/)?\.?(?<name>[A-Za-z0-9_-]{2,60})(?:\.(?:txt|key|secret))?(?:["'\s;&)]|$)"#,
    ),
    (
        "kubernetes-secret",
        r"--from-literal",
        r#"--from-literal(?:[= ]{1,4}|["'][ ,]{1,4}["'])(?:"[^=\n"]+=([^"\n]+)"|'[^=\n']+=([^'\n]+)'|[^\s=]+=["']?([^\s"']+))"#,
    ),
    ("password", r"sshpass", r#"\bsshpass["']?[ ,]+["']?-p["']?[ ,]*["']?([^\s"'`,]+)"#),
    (
        "password",
        r"(?:curl|wget|http)[^\n]*[ \x22\x27,](?:-u|--user)",
        r#"\b(?:curl|wget|https?)\b[^\n|;]*?[ "',](?:-u|--user)(?:=["']?|[ ]?["']?|§)[^\s"':,]*:([^\s"'`,\]]+)"#,
    ),
    (
        "token",
        r"(?:curl|wget|http)[^\n]*[ \x22\x27,](?:-u|--user)",
        r#"\b(?:curl|wget|https?)\b[^\n|;]*?[ "',](?:-u|--user)(?:=["']?|[ ]?["']?|§)([^\s"':,]{8,}):["'\s,]"#,
    ),
    (
        "secret",
        r"[:=][\x22\x27 ]*(?:\$\(|`)[ ]*(?:echo|printf)",
        r#"(?<name>[A-Za-z0-9_]{2,60})["']?[ ]{0,2}[:=][ ]{0,2}["']?(?:\$\(|`)[ ]{0,4}(?:echo|printf)[ ]{1,4}(?:-[neE]+[ ]{1,4})?["']?([^"'|)`\n]+)"#,
    ),
    (
        "secret",
        r"\$\{[A-Za-z0-9_.]+:?[-=]",
        r#"\$\{(?<name>[A-Za-z0-9_.]{2,60}):?[-=]["']?([^}"'\n]+)["']?\}"#,
    ),
    (
        "secret",
        r"\|[ ]*default[ ]+[\x22`]",
        r#"\.(?<name>[A-Za-z0-9_.]{2,80})[ ]{0,4}\|[ ]{0,4}default[ ]{1,4}["`]([^"`\n]+)["`]"#,
    ),
    (
        "secret",
        r"default[ ]+\x22[^\n]*\.",
        r#"\bdefault[ ]{1,4}"([^"\n]+)"[ ]{1,4}\(?\.(?<name>[A-Za-z0-9_.]{2,80})"#,
    ),
    ("secret", r"\|[ ]*b64enc", r#"\{\{[- ]*["`]([^"`\n]+)["`][ ]*\|[ ]*b64enc"#),
];

/// The words of a command in a list, one after another.
#[derive(Debug, Default)]
pub(super) struct Arguments<'t> {
    program: &'t str,
    previous: &'t str,
    is_login: bool,
}

impl<'t> Arguments<'t> {
    /// Takes the next word; returns which part of it is a secret.
    pub(super) fn next(&mut self, word: &'t str) -> Option<Range<usize>> {
        let word_or_program = word.rsplit('/').next().unwrap_or(word);
        if self.program.is_empty() {
            self.program = word_or_program;
        }
        self.is_login |= word == "login";
        let previous = std::mem::replace(&mut self.previous, word);
        let is_attached =
            word.starts_with("-p") && word.len() > 4 && (self.program.starts_with("mysql") || self.program.starts_with("mariadb"));
        if is_attached && !word.starts_with("-port") {
            return Some(2..word.len());
        }
        if word.starts_with('-') || key::is_harmless(word) {
            return None;
        }
        let flag = previous.strip_prefix('-')?.trim_start_matches('-');
        let is_telling = !flag.contains('=') && previous.len() > 3 && key::kind_of(flag).is_some();
        (is_telling || self.is_password(flag)).then_some(0..word.len())
    }

    fn is_password(&self, flag: &str) -> bool {
        let is = |programs: &[&str]| programs.iter().any(|it| self.program.starts_with(it));
        match flag {
            "a" => is(&["redis-cli", "valkey-cli", "keydb-cli"]),
            "w" => is(&["ldap"]),
            "P" => is(&["mosquitto_", "zip", "unzip"]),
            "p" => {
                is(&["mongo", "sshpass"])
                    || self.is_login && is(&["docker", "podman", "helm", "nerdctl", "skopeo", "crane", "az", "oc", "buildah"])
            }
            "c" => is(&["snmp"]),
            "u" | "user" => is(&["curl"]),
            _ => false,
        }
    }
}

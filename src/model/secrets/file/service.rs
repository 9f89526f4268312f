//! Settings of well-known services that hold a secret under a name that tells nothing: the gossip key of Consul, a key of Ceph, the users of Kafka, a
//! preseeded password. Knows those services; must not know names that tell.

use super::pattern::Rule;

pub(super) const RULES: [Rule; 26] = [
    // Consul and Nomad gossip with it; ESPHome encrypts its API with it.
    (
        "key",
        r"encrypt(?:ion)?[\x22\x27]?[ \t]*[:=]",
        r#"\b(?:encrypt["']?[ \t]*[:=][ \t]*|encryption["']?[ \t]*:[ \t\r]*\n[ \t]+key[ \t]*:[ \t]*)["']?([A-Za-z0-9+/]{20,}={0,2})(?:["']|[ \t\r]*$|[ \t\r]*\n)"#,
    ),
    (
        "key",
        r"key[ \t]*[:=][ \t]*\x22?AQ",
        r#"\bkey[ \t]*[:=][ \t]*"?(AQ[A-Za-z0-9+/]{36}==)"#,
    ),
    (
        "password",
        r"LoginModule",
        r#"\buser_[A-Za-z0-9_.-]{1,60}[ ]{0,4}=[ ]{0,4}\\?"([^"\\\n]+)\\?""#,
    ),
    // Dovecot.
    (
        "password",
        r"\{(?:PLAIN|CLEARTEXT|PLAIN-MD5|CRAM-MD5|MD5|SHA[0-9]*-CRYPT|BLF-CRYPT|ARGON2I?D?|CRYPT)[.}]",
        r#"\{(?:PLAIN|CLEARTEXT|PLAIN-MD5|CRAM-MD5|MD5|SHA[0-9]*-CRYPT|BLF-CRYPT|ARGON2I?D?|CRYPT)(?:\.[A-Z0-9]{2,6})?\}([^\s:"',\[]{4,})"#,
    ),
    (
        "password",
        r"createUser[ \t]",
        r#"\bcreateUser[ \t]+\S+[ \t]+(?:MD5|SHA[0-9-]*)[ \t]+(?:"([^"\n]+)"|([^\s"]+))"#,
    ),
    (
        "password",
        r"createUser[ \t]",
        r#"\bcreateUser[ \t]+\S+[ \t]+(?:MD5|SHA[0-9-]*)[ \t]+(?:"[^"\n]+"|[^\s"]+)[ \t]+(?:DES|AES[0-9-]*)[ \t]+(?:"([^"\n]+)"|([^\s"]+))"#,
    ),
    ("secret", r"-setcookie", r"-setcookie[ ]+¤"),
    // Debian's installer and its questions.
    (
        "password",
        r"(?i)passw[a-z-]*[ \t]+password[ \t]",
        r"\S+[ \t]+\S*(?i:passw)[A-Za-z-]*[ \t]+password[ \t]+(\S+)",
    ),
    (
        "password",
        r"rootpw[ \t]+--",
        r"(?m)^[ \t]*rootpw[ \t]+(?:--(?:plaintext|iscrypted|allow-ssh)[ \t]+)+(\S+)",
    ),
    (
        "password-hash",
        r"grub\.pbkdf2\.",
        r"\bgrub\.pbkdf2\.[a-z0-9]+\.[0-9]+\.[0-9A-Fa-f.]{40,}",
    ),
    // Windows, unattended.
    (
        "text",
        r"(?i)password>[ \t\r\n]*<value>",
        r"<(?<name>[A-Za-z]{2,40})>\s*<Value>\s*([^<>\s]{1,400})\s*</Value>",
    ),
    // WordPress.
    (
        "key",
        r"(?:AUTH|LOGGED_IN|NONCE)_(?:KEY|SALT)",
        r#"\b(?:SECURE_)?(?:AUTH|LOGGED_IN|NONCE)_(?:KEY|SALT)["']?[ ]{0,4}(?:,|=|=>)[ ]{0,9}["']([^"'\n]{8,})["']"#,
    ),
    // What OpenVPN shares.
    (
        "key",
        r"-----BEGIN OpenVPN Static key",
        r"-----BEGIN OpenVPN Static key[^-\n]{0,20}-----\s+([0-9a-fA-F\s]{64,4000})",
    ),
    ("password", r"<auth-user-pass>", r"<auth-user-pass>[ \t\r]*\n[^\n]+\n([^\n<]+)"),
    // `login = cleartext "x"` of TACACS+.
    ("password", r"=[ \t]*clear(?:text)?[ \t]", r"=[ \t]*clear(?:text)?[ \t]+¤"),
    // Guix.
    (
        "password",
        r"password[ \t\r\n]+\((?:string-append|crypt)",
        r#"\(password\s+\(crypt\s+"([^"\n]+)""#,
    ),
    // A token in the address of a call.
    (
        "query-token",
        r"[?&](?:appid|key|auth|code|api|k|t|pw|access)=[A-Za-z0-9_-]",
        r"[?&](?:appid|key|auth|code|api|k|t|pw|access)=([A-Za-z0-9_-]{20,})",
    ),
    // `http -a bob:x`, `user = "bob:x"` of curl.
    (
        "password",
        r"[ ]-a[ ]|(?:proxy-)?user[ \t]*[ =][ \t]*\x22",
        r#"(?:\b(?:http|xh)s?‖[ ]-a[ ]+["']?[^\s"':]{1,80}:¤|(?m:^)[ \t]*(?:proxy-)?user[ \t]*[= \t][ \t]*"[^"\n:\s]{1,80}:([^"\n]+)")"#,
    ),
    // What Terraform writes into the stores of others.
    (
        "secret",
        r"(?:plaintext_value|secret_data)[ \t]*=",
        r#"\b(?:plaintext_value|secret_data)[ \t]*=[ \t]*"([^"\n]+)""#,
    ),
    (
        "secret",
        r"resource[ ]+\x22[a-z0-9_]*(?:secret|password|ssm_parameter)",
        r#"\bresource[ ]+"[a-z0-9_]*(?:secret|password|ssm_parameter)[a-z0-9_]*"[ ]+"[^"\n]*"[ ]*\{[^{}]{0,600}?\bvalue[ \t]*=[ \t]*"([^"\n]+)""#,
    ),
    (
        "text",
        r"output[ ]+\x22[a-z0-9_-]*(?:pass|secret|token|key|cred)",
        r#"\boutput[ ]+"(?<name>[A-Za-z0-9_-]{2,80})"[ ]*\{[^{}]{0,400}?\bvalue[ \t]*=[ \t]*"([^"\n]+)""#,
    ),
    // nginx asks a header or a parameter for it.
    (
        "secret",
        r"\$(?:http|arg|cookie)_[a-z0-9_]*(?:key|token|secret|auth|pass|sig)[a-z0-9_]*[ ]*!?=|secure_link_md5",
        r#"(?:\$(?:http|arg|cookie)_[a-z0-9_]*(?:key|token|secret|auth|pass|sig)[a-z0-9_]*[ ]*!?=[ ]*|\bsecure_link_md5[ ]+"[^"\n]*[ ])["']?([^\s"'$();{}]+)"#,
    ),
    // The tokens of Consul.
    (
        "token",
        r"(?:master|management|agent|replication|recovery)\x22?[ ]*[:=][ ]*\x22[0-9a-f]+-",
        r#"\b(?:initial_management|master|agent|agent_master|agent_recovery|replication)"?[ ]*[:=][ ]*"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})""#,
    ),
    // Drivers of databases take it after the user.
    (
        "password",
        r"new[ ]PDO\(|new[ ]mysqli\(|mysqli?_connect\(|pymysql\.connect\(|MySQLdb\.connect\(|ftp_login\(|imap_open\(",
        r#"(?:\bnew (?:PDO|mysqli)|\b(?:mysqli?_connect|pymysql\.connect|MySQLdb\.connect|ftp_login|imap_open))\(\s*[^,()\n]{1,120},\s*["'][^"'\n]*["']\s*,\s*["']([^"'\n]+)["']"#,
    ),
    (
        "password",
        r"(?:redis|rdb)[a-z0-9_]*(?:\.|:|->)auth\(|btoa\(",
        r#"(?:\b(?i:redis|rdb)[A-Za-z0-9_]{0,20}(?:\.|:|->)auth\(\s*["']|\bbtoa\(\s*["'`][^"'`\n:$]{1,60}:)([^"'`\n$]+)["'`]"#,
    ),
    // `dns cloudflare x` of Caddy.
    (
        "call-token",
        r"(?m)(?:^|\{)[ \t]*dns[ \t]+[a-z]+[ \t]+[A-Za-z0-9]",
        r"(?m)(?:^|\{)[ \t]*dns[ \t]+[a-z]{3,20}[ \t]+([^\s{}]+)[ \t\r]*(?:$|\})",
    ),
];

//! Settings of well-known services that hold a secret under a name that tells nothing: the gossip key of Consul, a key of Ceph, the users of Kafka, a
//! preseeded password. Knows those services; must not know names that tell.

use super::pattern::Rule;

pub(super) const RULES: [Rule; 19] = [
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
    // `dns cloudflare x` of Caddy.
    (
        "call-token",
        r"(?m)^[ \t]*dns[ \t]+[a-z]+[ \t]+[A-Za-z0-9]",
        r"(?m)^[ \t]*dns[ \t]+[a-z]{3,20}[ \t]+(\S+)[ \t\r]*$",
    ),
];

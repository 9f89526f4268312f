//! Secrets on a line of their own kind: headers, connection strings, calls, hashes, lines of well-known files. Knows such lines; must not know
//! blocks.

use super::pattern::Rule;

pub(super) const RULES: [Rule; 23] = [
    (
        "password",
        r"(?i)(?:password|pwd|accountkey|sharedaccesskey)=",
        r#"(?i)\b(?:password|pwd|accountkey|sharedaccesskey)=([^;"'`\s&<>]+)[;"']"#,
    ),
    (
        "authorization",
        r"(?i)authorization[\x22\x27]?[ \t]*[:=, \t]",
        r#"(?i)authorization(?:["']?[ \t]{0,4}[:=,][ \t]{0,4}["']?|[ \t]{1,4}["'])(?:bearer|basic|token|bot|apikey)[ \t]{1,4}([^\s"'`\\]{4,})"#,
    ),
    (
        "password",
        r"requirepass|masterauth|insecure-password|r[ow]community|com2sec",
        r#"(?m)^[ \t]*(?:user[ \t]+\S+[ \t]+)?(?:requirepass|masterauth|insecure-password|r[ow]community6?|com2sec6?[ \t]+\S+[ \t]+\S+)[ \t]+["']?([^\s"'#]+)["']?"#,
    ),
    (
        "password",
        r"(?i)(?:password|passwd|passphrase|passwort)[\x22\x27]?\([^)\n]",
        r#"(?i)(?<name>\b[a-z_]{0,40}(?:password|passwd|passphrase|passwort))\([ \t\n]{0,40}(?:[&brf@]|r#)?(?:"([^"\n]+)"|'([^'\n]+)'|`([^`\n]+)`)"#,
    ),
    // `store_password("bob", "x")`
    (
        "password",
        r"(?i)(?:password|passwd|passphrase|passwort)[\x22\x27]?\([^)\n]",
        r#"(?i)(?<name>\b[a-z_]{0,40}(?:password|passwd|passphrase|passwort))\([ ]{0,4}["'][^"'\n]{0,100}["'][ ]{0,4},[ ]{0,4}["']([^"'\n]+)["']"#,
    ),
    // A line of `.pgpass`, and what the drivers of MySQL for Go read.
    (
        "password",
        r":(?:[0-9][0-9][0-9][0-9]+|\*):[^\s:]+:[^\s:]+:",
        r"(?m)^[ \t]*[A-Za-z0-9_.*-]{1,100}:(?:[0-9]{4,5}|\*):[A-Za-z0-9_.*-]{1,60}:[A-Za-z0-9_.@-]{1,60}:([^\s:]+)[ \t\r]*$",
    ),
    (
        "url-password",
        r"@(?:tcp|unix)[46]?\(",
        r#"[A-Za-z0-9_.-]{1,60}:([^\s"'`@/]+)@(?:tcp|unix)[46]?\("#,
    ),
    // What `expect` answers.
    (
        "password",
        r"(?i)passw[^\n]*[\n]?[^\n]*send[^\n]*\\[rn]",
        r#"(?i)passw[^\n]{0,40}[ \t\r]*\n?[^\n"']{0,40}\bsend[ ]+(?:--[ ]+)?["']([^"'\n\\$]+)\\[rn]["']"#,
    ),
    ("secret", r"pgp_sym_", r"\bpgp_sym_(?:en|de)crypt\([^;\n]{1,200}?,[ ]*'([^'\n]+)'"),
    (
        "call-token",
        r"(?i)(?:secret|token|api_?key|bearer_?auth|secret_?key|access_?key|private_?key)\([^)\n]",
        r#"(?i)(?<name>\b[a-z_]{0,40}(?:secret|token|api_?key|bearer_?auth|secret_?key|access_?key|private_?key))\([ \t\n]{0,40}(?:[&brf@]|r#)?(?:"([^"\n]+)"|'([^'\n]+)'|`([^`\n]+)`)"#,
    ),
    (
        "password",
        r"(?i)auth[ ]*=?[ ]*\([^)\n]*,",
        r#"(?i)\b(?:[a-z_.]{0,30}basic_?auth|auth)[ ]{0,2}=?[ ]{0,2}\([ ]{0,4}["'][^"'\n]{0,100}["'][ ]{0,4},[ ]{0,4}(?:Some\()?["']([^"'\n]+)["']"#,
    ),
    (
        "url-password",
        r"://[^\s/:@?#]*:[^\s/@]+@",
        r#"[A-Za-z0-9+.-]{2,20}://[^\s/:@?#"'<>`\[\]]*:([^\s/"'<>`\[\]]+)@[A-Za-z0-9\[${%(]"#,
    ),
    // With a slash in it.
    (
        "url-password",
        r"://[^\s/:@?#]*:[^\s/@]+/[^\s@]*@",
        r#"[A-Za-z0-9+.-]{2,20}://[^\s/:@?#"'<>`\[\]]*:([^\s/@"'<>`\[\]]+/[^\s@"'<>`\[\]]*)@[A-Za-z0-9\[${%(]"#,
    ),
    (
        "url-token",
        r"https?://[^\s/:@?#]+@",
        r#"\bhttps?://([^\s/:@?#"'<>`\[\](){}$]{16,})@[A-Za-z0-9\[$]"#,
    ),
    ("secret", r"ENC\[", r#"\b(?:ENC\[[A-Za-z0-9_]{3,20},data:)([^\]\s]*)\]"#),
    (
        "password-hash",
        r"\$(?:2[abxy]?|apr1|1|5|6|y|7|gy|argon2[id]*|scrypt|pbkdf2[a-z0-9-]*)\$",
        r#"\${1,2}(?:(?:1|5|6|7|y|gy|apr1)\${1,2}(?:rounds=[0-9]+\${1,2})?[A-Za-z0-9./]{0,22}\${1,2}[A-Za-z0-9./+=]{16,}(?:\${1,2}[A-Za-z0-9./+=]+)*|(?:2[abxy]?|argon2[id]*|scrypt|pbkdf2[a-z0-9-]*)\${1,2}[^\s:"'`,]{16,})"#,
    ),
    ("password-hash", r"\{S?SHA[0-9]*\}", r#"\{S?SHA[0-9]*\}[A-Za-z0-9+/]{20,}={0,2}"#),
    (
        "encrypted",
        r"\$ANSIBLE_VAULT;",
        r#"\$ANSIBLE_VAULT;[^\n]*(?:\n[ \t]*[0-9a-f]{10,}[ \t\r]*)+"#,
    ),
    (
        "password",
        r"machine[ \t\r\n]",
        r#"\bmachine\s{1,9}\S+\s{1,9}login\s{1,9}\S+\s{1,9}password\s{1,9}(\S+)"#,
    ),
    (
        "password",
        r"(?m)^[ \t]*user[ \t]+\S+[ \t]+on",
        r#"(?m)^[ \t]*user[ \t]+\S+[ \t]+on[ \t][^\n]*?>(\S+)"#,
    ),
    ("password", r"(?i)password[ ]+\x27", r#"(?i)\bpassword[ ]+'([^'\n]+)'"#),
    // MySQL, Oracle, ClickHouse, and hashes that a database makes.
    (
        "password",
        r"(?i)identified[ ]+(?:with[ ]+\S+[ ]+)?by",
        r#"(?i)\b(?:identified[ ]+(?:with[ ]+\S+[ ]+)?by[ ]+(?:password[ ]+)?(?:'([^'\n]+)'|"([^"\n]+)")|(?:create|alter)[ ]+user[ ]+\S+[ ]+identified[ ]+by[ ]+([^\s'";,]+))"#,
    ),
    ("password", r"crypt\(\x27", r"\bcrypt\('([^'\n]+)'[ ]*,"),
];

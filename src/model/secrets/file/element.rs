//! Secrets in documents of XML and its kin: property lists, elements with attributes or CDATA, pairs of name and value. Knows tags; must not know
//! elements of one line, nor attributes.

use super::pattern::Rule;

pub(super) const RULES: [Rule; 4] = [
    // `<key>Password</key><string>x</string>` of a property list, `<name>..</name><value>x</value>` of Hadoop.
    (
        "text",
        r"</(?:key|name|Name|Key)>[ \t\r\n]*<",
        r"<(?:key|name|Name|Key)>\s*(?<name>[A-Za-z][A-Za-z0-9_. -]{1,80}?)\s*</(?:key|name|Name|Key)>\s*<(?:string|data|value|Value)>\s*([^<>]+?)\s*</",
    ),
    // `<password type="plain">x</password>`, also over lines and with a name space.
    (
        "text",
        r"</[A-Za-z0-9_.:-]*(?i:pass|pwd|pw|secret|token|key|cred)",
        r"<(?:[A-Za-z0-9_-]{1,40}:)?(?<name>[A-Za-z][A-Za-z0-9_.-]{1,60})(?:\s[^<>]*)?>\s*([^<>]+?)\s*</",
    ),
    (
        "text",
        r"<!\[CDATA\[",
        r"<(?:[A-Za-z0-9_-]{1,40}:)?(?<name>[A-Za-z][A-Za-z0-9_.-]{1,60})(?:\s[^<>]*)?>\s*<!\[CDATA\[\s*([^\]]+?)\s*\]\]>",
    ),
    // `<string name="api_key">x</string>`, `<property name="password">x</property>`.
    (
        "text",
        r"(?:name|key|id)=[\x22\x27][A-Za-z0-9_./-]*(?i:pass|pwd|pw|secret|token|key|cred)",
        r#"\s(?:name|key|id)=["'](?<name>[A-Za-z][A-Za-z0-9_./-]{1,80})["'][^<>]*>\s*([^<>]+?)\s*</"#,
    ),
];

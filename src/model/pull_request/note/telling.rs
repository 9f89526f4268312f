//! Values that a telling name stands before, in other people's text: `password: hunter2`. Knows less of how random a value looks than the rules
//! for people's own notes do, and so masks more: nobody loses words of their own by it. Must not know where the text goes.

use std::{borrow::Cow, sync::LazyLock};

use regex::{Captures, Regex};

static TOLD: LazyLock<Regex> = LazyLock::new(|| {
    let words = "password|passwd|passphrase|pwd|secret|token|credential|(?:api|access|private|secret|auth|encryption)[ _-]?key";
    let pattern = format!(
        r#"(?i)(?<name>(?:{words})s?[0-9]{{0,2}}["'`*_]{{0,3}}[ \t]{{0,4}}(?::=|=>|::|:|=)[ \t]{{0,8}}["'`*_]{{0,3}})(?<value>[^\s"'`*<>{{}}\[\](),;|]{{6,160}})"#
    );
    Regex::new(&pattern).expect("the pattern is constant")
});

/// Returns the text with such values masked.
pub(super) fn masked(text: &str) -> Cow<'_, str> {
    TOLD.replace_all(text, |found: &Captures| {
        let (name, whole) = (&found["name"], &found["value"]);
        let value = whole.trim_end_matches(['.', ':', '_', '!', '?']);
        if is_told(value) {
            format!("{name}[redacted:secret]{}", &whole[value.len()..])
        } else {
            found[0].to_owned()
        }
    })
}

/// Tells whether a value may be a secret: it has letters and digits, and is no reference, address or name (`git-token-v2`, `v1.2.3`).
fn is_told(value: &str) -> bool {
    let has_both = value.bytes().any(|it| it.is_ascii_digit()) && value.bytes().any(|it| it.is_ascii_alphabetic());
    has_both && value.len() >= 6 && !value.starts_with(['$', '/', '.', '~', '%', '#', '&']) && !value.contains("://") && !is_name(value)
}

fn is_name(value: &str) -> bool {
    let edges = ['.', '-', '_', ':', '/'];
    let is_part = |part: &str| {
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        part.bytes().all(|it| it.is_ascii_alphanumeric()) && (digits == 0 || part.len() <= 6 && (digits <= 2 || digits == part.len()))
    };
    value.contains(edges) && value.split(edges).all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simple_value_behind_a_telling_name_is_masked() {
        let check = |text: &str, expected: &str| assert_eq!(masked(text), expected, "{text}");
        check("password: hunter2hunter2", "password: [redacted:secret]");
        check(
            "failed: token=hunter2hunter2 is wrong.",
            "failed: token=[redacted:secret] is wrong.",
        );
        check("\"clientSecret\": \"abc123\".", "\"clientSecret\": \"[redacted:secret]\".");
        check("API key: abc123.", "API key: [redacted:secret].");
        for harmless in [
            "password: [redacted:password]",
            "secret: git-token-v2",
            "token: ${TOKEN_12}",
            "secretName: abc123",
            "the secret: nobody knows it",
            "passwords: 12345678",
        ] {
            check(harmless, harmless);
        }
    }
}

//! Which values are written as Base64. Knows its letters; must not know where they stand.

/// Tells whether a value may be Base64.
pub(super) fn is_likely(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    text.len() >= 8
        && text.len().is_multiple_of(4)
        && text.len() - digits.len() <= 2
        && digits.bytes().all(|it| it.is_ascii_alphanumeric() || b"+/".contains(&it))
}

/// Tells whether a value is Base64 beyond doubt: filled up at its end, or with letters of both sizes and digits.
pub(super) fn is_certain(text: &str) -> bool {
    let has = |is: fn(&u8) -> bool| text.as_bytes().iter().any(is);
    let is_mixed = || has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    is_likely(text) && (text.ends_with('=') || is_mixed())
}

//! Which characters a tag may have. Knows the alphabet (Obsidian help "Tags", Dataview's parser); knows nothing of notes.

/// Returns how many bytes of this text are a tag's name (the text after `#`); 0 when it begins with none. A name needs one character that
/// is no digit and does not end with `/`.
pub fn name_len(text: &str) -> usize {
    let end = text.find(|it| !is_name_char(it)).unwrap_or(text.len());
    let name = text[..end].trim_end_matches('/');
    if name.bytes().all(|it| it.is_ascii_digit() || it == b'/') {
        0
    } else {
        name.len()
    }
}

/// Returns the tag that a property's text names, without `#`; `None` when the text is not exactly one tag.
pub fn of_property(text: &str) -> Option<&str> {
    let name = text.trim();
    let name = name.strip_prefix('#').unwrap_or(name);
    (!name.is_empty() && name_len(name) == name.len()).then_some(name)
}

/// Says whether a tag may hold this character: anything but white space, ASCII punctuation other than `_ - /`, and Unicode's two blocks of
/// punctuation.
pub fn is_name_char(character: char) -> bool {
    match character {
        '_' | '-' | '/' => true,
        _ if character.is_ascii() => character.is_ascii_alphanumeric(),
        '\u{2000}'..='\u{206f}' | '\u{2e00}'..='\u{2e7f}' => false,
        _ => !character.is_whitespace(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(&text[..name_len(text)], expected, "{text:?}");
    }

    #[test]
    fn a_name_ends_where_the_alphabet_ends() {
        check("one;two", "one");
        check("tag’s", "tag");
        check("a–b", "a");
        check("a-b", "a-b");
        check("标签，后 x", "标签，后");
        check("标签\u{3000}后", "标签");
        check("⚙️ x", "⚙️");
        check("tag/", "tag");
    }

    #[test]
    fn a_name_needs_more_than_digits() {
        check("1984", "");
        check("3344:", "");
        check("y1984", "y1984");
        check("2024/q1", "2024/q1");
        check("f0f0f0", "f0f0f0");
        check("", "");
    }

    #[test]
    fn a_property_holds_exactly_one_tag() {
        assert_eq!(of_property("#pkm"), Some("pkm"));
        assert_eq!(of_property("a/b"), Some("a/b"));
        assert_eq!(
            [of_property("a, b"), of_property("a b"), of_property("#"), of_property("2024")],
            [None; 4]
        );
    }
}

//! How far a word, phrase or regular expression reaches in a query. Knows characters only.

/// What ends a word besides white space and a quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delimiters {
    /// Nothing else: natural text has no groups.
    Quotes,
    /// Parentheses.
    Groups,
    /// Parentheses and the `]` of the bracket; brackets within the word stay together, so `[[Note]]` is one.
    Property,
}

/// Returns the bytes of the word that the text begins with.
pub(super) fn word_length(text: &str, delimiters: Delimiters) -> usize {
    let mut n_open = 0_usize;
    let is_end = |it: char| match it {
        '(' | ')' => delimiters != Delimiters::Quotes,
        '[' => {
            n_open += 1;
            false
        }
        ']' if delimiters == Delimiters::Property => {
            let closes = n_open == 0;
            n_open = n_open.saturating_sub(1);
            closes
        }
        _ => it.is_whitespace() || it == '"',
    };
    text.find(is_end).unwrap_or(text.len())
}

/// Returns the quoted text that the text begins with and its bytes, quotes included; `None` when it is not closed. A backslash protects `"`
/// and itself.
pub(super) fn phrase(text: &str) -> Option<(String, usize)> {
    let mut phrase = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, next)) = chars.next() {
        match next {
            '"' => return Some((phrase, at + 1)),
            '\\' => phrase.push(chars.next_if(|(_, it)| matches!(it, '"' | '\\')).map_or('\\', |(_, it)| it)),
            _ => phrase.push(next),
        }
    }
    None
}

/// Returns the bytes of the regular expression that the text begins with, slashes included; `None` when it is empty or not closed. A slash
/// after a backslash or in a class belongs to the expression.
pub(super) fn regex_length(text: &str) -> Option<usize> {
    let (mut in_class, mut escaped) = (false, false);
    for (at, next) in text.char_indices().skip(1) {
        match next {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '/' if !in_class && at > 1 => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_at_their_delimiters() {
        let check = |text: &str, delimiters, word: &str| assert_eq!(&text[..word_length(text, delimiters)], word);
        check("a(b) c", Delimiters::Quotes, "a(b)");
        check("a(b) c", Delimiters::Groups, "a");
        check("a]b c", Delimiters::Groups, "a]b");
        check("[[Note]]] c", Delimiters::Property, "[[Note]]");
        check("key=\"v\"", Delimiters::Quotes, "key=");
    }

    #[test]
    fn phrases_and_expressions_escape_what_would_end_them() {
        assert_eq!(phrase(r#""say \"hi\" \\ \n" x"#), Some((r#"say "hi" \ \n"#.to_owned(), 18)));
        assert_eq!(phrase(r#""open \""#), None);
        assert_eq!(regex_length(r"/a\/[/]b/ c"), Some(9));
        assert_eq!(regex_length("/open"), None);
        assert_eq!(regex_length("// a/"), Some(5));
    }
}

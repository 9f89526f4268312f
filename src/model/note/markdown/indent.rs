//! Bullets, boxes and indentation of one line. Knows columns and tabs; knows no nesting.

/// Returns the length of a task's box with the space after it.
pub(super) fn box_len(task: Option<char>) -> usize {
    task.map_or(0, |it| it.len_utf8() + 3)
}

/// Says whether a list item begins here: `-`, `*`, `+`, `1.` or `1)` and white space.
pub(super) fn is_bullet(text: &str) -> bool {
    let rest = text.trim_start_matches(|it: char| it.is_ascii_digit());
    let marker = if rest.len() < text.len() {
        rest.strip_prefix(['.', ')'])
    } else {
        rest.strip_prefix(['-', '*', '+'])
    };
    marker.is_some_and(|it| it.starts_with([' ', '\t']))
}

/// Returns the width of leading white space, a tab reaching to the next multiple of 4.
pub(super) fn columns(text: &str) -> usize {
    columns_of(text.chars())
}

/// As [`columns`], of characters that make no text.
pub(super) fn columns_of(text: impl Iterator<Item = char>) -> usize {
    let blanks = text.take_while(|it| matches!(it, ' ' | '\t'));
    blanks.fold(0, |width, it| if it == '\t' { (width + 4) / 4 * 4 } else { width + 1 })
}

/// Returns how many bytes of leading white space cover this many columns.
pub(super) fn strip_columns(text: &str, indent: usize) -> usize {
    let mut width = 0;
    let blanks = text.bytes().take_while(|it| matches!(it, b' ' | b'\t'));
    blanks
        .take_while(|&it| {
            let more = width < indent;
            width = if it == b'\t' { (width + 4) / 4 * 4 } else { width + 1 };
            more
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tab_reaches_to_the_next_multiple_of_four() {
        assert_eq!([columns("  x"), columns("\tx"), columns("  \tx"), columns(" \t x")], [2, 4, 4, 5]);
        assert_eq!(
            [
                strip_columns("    x", 2),
                strip_columns("\tx", 2),
                strip_columns("\t\tx", 5),
                strip_columns(" x", 4)
            ],
            [2, 1, 2, 1]
        );
    }

    #[test]
    fn a_bullet_needs_white_space_behind() {
        let check = |text: &str, expected: bool| assert_eq!(is_bullet(text), expected, "{text:?}");
        for bullet in ["- a", "* a", "+\ta", "12. a", "1) a"] {
            check(bullet, true);
        }
        for text in ["-a", "1 a", "2", "", "a. b", ". a"] {
            check(text, false);
        }
    }
}

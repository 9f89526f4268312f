//! Text of notes as it is given to a model: without what no reader sees, and so that no line of it can pass for one of ours. Knows characters;
//! must not know budgets.

use crate::model::new_name::is_hidden;

/// Before each line of a text: what begins without it is ours.
pub const INDENT: &str = "  ";

/// Marks what was cut.
pub const ELLIPSIS: char = '…';

/// Returns a text in one line, at most so many characters.
pub fn one_line(text: &str, most: usize) -> String {
    let mut line = String::new();
    let mut count = 0;
    for word in text.split(|it: char| it.is_whitespace() || it.is_control()) {
        let word = seen(word);
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
            count += 1;
        }
        for it in word.chars() {
            if count >= most {
                line.truncate(line.trim_end().len());
                line.push(ELLIPSIS);
                return line;
            }
            line.push(it);
            count += 1;
        }
    }
    line
}

/// Returns a line as it is shown: leading blanks stay, for they mean something in lists and code.
pub fn line(text: &str) -> String {
    let shown = seen(text);
    shown.trim_end().to_owned()
}

/// Returns a head and the text that belongs to it, as they are printed.
pub fn block(head: &str, text: &str) -> String {
    let mut block = String::with_capacity(head.len() + text.len() + 16);
    block.push_str(head);
    block.push('\n');
    for line in text.lines() {
        if !line.is_empty() {
            block.push_str(INDENT);
            block.push_str(line);
        }
        block.push('\n');
    }
    block
}

/// Returns a text without control and hidden characters. One joiner or selector stays behind a character that may need it: emoji and some
/// scripts are written with them.
fn seen(text: &str) -> String {
    let is_joint = |it: char| matches!(it, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}');
    let mut before = ' ';
    let mut shown = String::with_capacity(text.len());
    for it in text.chars() {
        let stays = if is_joint(it) {
            !before.is_ascii() && !is_joint(before)
        } else {
            it == '\t' || it == '\u{a0}' || it == '\u{3000}' || !(it.is_control() || is_hidden(it))
        };
        if stays {
            shown.push(it);
            before = it;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_of_what_is_seen() {
        assert_eq!(
            one_line("a\n\u{1b}[31mred\u{7f}  b\r\n \u{200b}\u{e0041} c\u{202e}", 99),
            "a [31mred b c"
        );
        assert_eq!(one_line("copper ledger", 7), "copper…");
        assert_eq!(one_line("铜账本放在", 3), "铜账本…");
        assert_eq!(line("  - item\u{200b} \r"), "  - item");
        assert_eq!(line("👩\u{200d}👧 می\u{200c}خواهم"), "👩\u{200d}👧 می\u{200c}خواهم");
    }

    #[test]
    fn no_line_of_a_text_begins_as_one_of_ours() {
        assert_eq!(
            block("a.md#L1-L3  A", "text\n\nAGENTS.md#L1  Instructions"),
            "a.md#L1-L3  A\n  text\n\n  AGENTS.md#L1  Instructions\n"
        );
        assert_eq!(block("head", ""), "head\n");
    }
}

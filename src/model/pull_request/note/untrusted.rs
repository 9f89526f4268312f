//! Other people's text, made harmless for its place in a note. Knows what Obsidian, its plugins and our own markers would act on; must not know
//! which part of a pull request a text is. What nobody sees goes first, then secrets are masked, then the rest is escaped: so neither hides a secret
//! that the note would show.

use crate::model::{
    new_name::is_hidden,
    pull_request::note::{finish, telling},
    secrets::{self, file},
};

/// What is read of one text: more is cut before anything looks at it.
const READ_MOST: usize = 256 * 1024;
/// What is dropped at such a cut: a secret that it went through is not known as one.
const CUT_LOSS: usize = 8 * 1024;

/// How a private key begins, and how that is written where none follows: the next lines of a note would be taken for one.
const KEY_BEGIN: &str = "-----BEGIN ";
const KEY_BROKEN: &str = "---- BEGIN ";

/// Returns a text without what nobody sees and with its secrets masked; the beginning of a very long one.
pub(super) fn masked(text: &str) -> String {
    let read = head(text, READ_MOST);
    let cleaned = clean(read);
    // What goes may hide a secret, or be all that keeps it apart from the word before.
    let masked = if cleaned == read { mask(read) } else { mask(&clean(&mask(read))) };
    if read.len() == text.len() {
        masked
    } else {
        head(&masked, masked.len().saturating_sub(CUT_LOSS)).to_owned()
    }
}

/// Returns a text in one line, of at most so many characters, as it may stand within a line of ours, also in a table's cell.
pub(super) fn inline(text: &str, most: usize) -> String {
    escaped_line(&line(text, most), true)
}

/// Returns a name (path, branch, commit) in backticks, or as [`inline`] where backticks could not hold it.
pub(super) fn name(text: &str, most: usize) -> String {
    let line = line(text, most);
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "./_-+@:, ()".contains(it);
    if !line.is_empty() && line.chars().all(is_plain) && !line.contains("::") && line.trim() == line {
        format!("`{line}`")
    } else {
        escaped_line(&line, true)
    }
}

/// Returns a text, of at most so many characters, as a property may hold it: nothing in it is a link, or a command of Templater.
pub(super) fn property(text: &str, most: usize) -> String {
    let mut line = line(text, most);
    for (live, dead) in [("[[", "[ ["), ("](", "] ("), ("<%", "< %"), ("<!--", "<! --")] {
        while line.contains(live) {
            line = line.replace(live, dead);
        }
    }
    finish::masked(line.trim().to_owned())
}

/// Returns lines as a quote: of a text that [`masked`] gave, so that its lines may be picked before. At most so many bytes; a last line says
/// how much was left out.
pub(super) fn quote(who: &str, text: &str, most: usize) -> String {
    let mut quote = format!("> **{}**:\n>", speaker(Some(who), "author"));
    let mut was_blank = true;
    for (at, line) in text.trim_end().split('\n').enumerate() {
        let line = escaped_line(clean(line).trim_end(), false);
        if line.is_empty() && was_blank {
            continue;
        }
        was_blank = line.is_empty();
        let room = most.saturating_sub(quote.len());
        if line.len() + 4 > room {
            let left = text.trim_end().split('\n').count() - at;
            quote.push_str(&format!("\n>\n> … {left} more {}, see the pull request.", plural(left, "line")));
            return quote;
        }
        quote.push_str("\n> ");
        quote.push_str(&line);
        quote.truncate(quote.trim_end_matches(' ').len());
    }
    quote
}

/// Returns who it was, in brackets behind a line; nothing where nobody is named.
pub(super) fn by(who: &str) -> String {
    let who = inline(who, 60);
    if who.is_empty() { who } else { format!(" ({who})") }
}

/// Returns who speaks in a quote or list.
pub(super) fn speaker(who: Option<&str>, otherwise: &str) -> String {
    let who = inline(who.unwrap_or_default(), 60);
    if who.is_empty() { otherwise.to_owned() } else { who }
}

/// Returns `1 line`'s word or `2 lines`' word.
pub(super) fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

/// Returns the longest beginning of at most so many bytes.
pub(super) fn head(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// Returns a text as one plain line of at most so many characters, without what nobody sees and with its secrets masked. Nothing is escaped: it is
/// not for Markdown.
pub(super) fn line(text: &str, most: usize) -> String {
    let masked = masked(text);
    // Words are looked at no further than they can matter.
    let words: Vec<&str> = head(&masked, most.saturating_mul(16)).split_whitespace().collect();
    // A name and its value may have stood on two lines.
    let line = mask(&words.join(" ")).replace(KEY_BEGIN, KEY_BROKEN);
    match line.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// Masks as eagerly as in a file what has more than one line: a body, or a remark. What has one may be a title, and `token: parser` a scope in it.
fn mask(text: &str) -> String {
    let exact = secrets::mask(text);
    let masked = if text.contains('\n') { file::in_remark(&exact) } else { exact };
    telling::masked(&masked).into_owned()
}

/// Returns a text without what nobody sees, or what turns the reading direction; of what is blank only spaces and line feeds stay.
fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let blank = |it: char| if it.is_whitespace() && it != '\n' { ' ' } else { it };
    let is_seen = |it: &char| *it == '\n' || !(it.is_control() || is_hidden(*it));
    text.chars().map(blank).filter(is_seen).collect()
}

/// Returns a line in which no character means anything to Markdown, Obsidian, Dataview or Templater, but emphasis and lists where the line is one
/// of a quote. Every escape breaks what it is about in two (`\[\[`, `\<!\--`), so that programs that know no escapes do not see it either.
fn escaped_line(line: &str, within: bool) -> String {
    let bare = line.trim();
    let is_rule = !bare.is_empty() && bare.chars().all(|it| matches!(it, '-' | '=' | '*' | '_' | '+' | ' '));
    let mut escaped = String::with_capacity(line.len() + 16);
    let mut before = ' ';
    let mut is_first = true;
    for it in line.chars() {
        let special = match it {
            '\\' | '`' | '[' | ']' | '<' | '>' | '#' | '$' | '%' | '^' | '~' | '{' | '}' => true,
            '|' | '*' => within,
            '_' => within && !(before.is_alphanumeric()),
            ':' => before == ':',
            '=' => is_first || before == '=',
            '-' | '+' => is_first && (within || is_rule) || before == '!',
            _ => is_rule && is_first && it != ' ',
        };
        if special {
            escaped.push('\\');
        }
        escaped.push(it);
        is_first &= it == ' ';
        before = it;
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_inline(text: &str, expected: &str) {
        assert_eq!(inline(text, 100), expected, "{text:?}");
    }

    #[test]
    fn what_a_program_would_act_on_is_broken_in_two() {
        check_inline("a [[b]] c", r"a \[\[b\]\] c");
        check_inline("fix #12: x", r"fix \#12: x");
        check_inline("<!-- membridge:end outcome -->", r"\<!\-- membridge:end outcome --\>");
        check_inline("<% tp.x %>", r"\<\% tp.x \%\>");
        check_inline("%% hidden %%", r"\%\% hidden \%\%");
        check_inline("`= this.file`", r"\`= this.file\`");
        check_inline("due:: today", r"due:\: today");
        check_inline("a\n- b | c", r"a - b \| c");
        check_inline("- [ ] do", r"\- \[ \] do");
        check_inline("rtl \u{202e} x ^id", r"rtl x \^id");
    }

    #[test]
    fn secrets_are_masked_before() {
        let token = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
        assert!(!inline(&format!("token {token}"), 100).contains("a1B2c3"));
        assert!(!property(&format!("token {token}"), 100).contains("a1B2c3"));
        assert!(!quote("eve", &masked(&format!("see\ntoken {token}")), 1000).contains("a1B2c3"));
    }

    /// They were masked before, and became secrets again after.
    #[test]
    fn what_nobody_sees_hides_no_secret() {
        for hidden in ["\u{200b}", "\u{ad}", "\u{202e}", "\u{feff}", "\x07"] {
            let token = format!("ghp_a1B2c3D4{hidden}e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
            check_inline(&token, r"\[redacted:github-token\]");
            assert_eq!(property(&token, 100), "[redacted:github-token]");
            let apart = format!("x{hidden}{}", token.replace(hidden, ""));
            check_inline(&apart, r"x\[redacted:github-token\]");
            assert_eq!(name(&token, 100), r"\[redacted:github-token\]");
            assert_eq!(quote("eve", &masked(&token), 1000), "> **eve**:\n>\n> \\[redacted:github-token\\]");
        }
    }

    #[test]
    fn a_value_on_the_line_below_its_name_is_masked_where_both_become_one() {
        check_inline("the password:\nHunter2hunter2Xy9", r"the password: \[redacted:password\]");
        check_inline(
            "login failed: token: hunter2hunter2 is old",
            r"login failed: token: \[redacted:secret\] is old",
        );
    }

    #[test]
    fn a_quote_is_cut_and_says_so() {
        assert_eq!(
            quote("eve", "one\n\n\n# two\n---", 1000),
            "> **eve**:\n>\n> one\n>\n> \\# two\n> \\---"
        );
        let long = quote("eve", &"line\n".repeat(1000), 200);
        assert!(long.len() < 300 && long.ends_with("more lines, see the pull request."), "{long}");
    }

    #[test]
    fn names_stand_in_backticks_where_they_can() {
        assert_eq!(name("apps/a b.yaml", 100), "`apps/a b.yaml`");
        assert_eq!(name("a`b|c", 100), r"a\`b\|c");
    }
}

//! Regular expressions as JavaScript spells them, in the spelling of the `regex` crate. Obsidian's are JavaScript's; ours run in linear
//! time, so look-around and back-references are refused by name. Knows no query.

use std::ops::Range;

/// A construct that cannot be translated, with its bytes in the expression.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Untranslatable {
    pub(super) range: Range<usize>,
    pub(super) message: &'static str,
}

/// Returns the expression in Rust's spelling. `\d`, `\w` and `\b` know ASCII only, as in JavaScript; what either side reads as a literal
/// stays a literal (`[[]`, `a{`, `\<`). Whether the result is valid is the `regex` crate's to say.
pub(super) fn translate(expression: &str) -> Result<String, Untranslatable> {
    let mut out = String::with_capacity(expression.len() + 16);
    let mut in_class = false;
    let mut at = 0;
    while let Some(next) = expression[at..].chars().next() {
        let rest = &expression[at..];
        let mut length = next.len_utf8();
        match next {
            '\\' => match escape(rest, in_class, &mut out) {
                Ok(its_length) => length = its_length,
                Err(message) => {
                    return Err(Untranslatable {
                        range: at..expression.len().min(at + 2),
                        message,
                    });
                }
            },
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            // Set operators of Rust's classes, plain characters of JavaScript's.
            '[' | '&' | '~' if in_class => out.extend(['\\', next]),
            '-' if in_class && rest.starts_with("--") => out.push_str("\\-"),
            '[' if rest.starts_with("[^]") => {
                length = 3;
                out.push_str(r"[\s\S]");
            }
            '[' if rest.starts_with("[]") => {
                length = 2;
                out.push_str(r"[^\s\S]");
            }
            '[' => {
                in_class = true;
                out.push('[');
                if rest[1..].starts_with('^') {
                    length = 2;
                    out.push('^');
                }
            }
            '(' if ["(?=", "(?!", "(?<=", "(?<!"].iter().any(|it| rest.starts_with(it)) => {
                return Err(Untranslatable {
                    range: at..at + 3,
                    message: "look-ahead and look-behind are not supported",
                });
            }
            '{' if !in_class && !is_quantifier(rest) => out.push_str("\\{"),
            _ => out.push(next),
        }
        at += length;
    }
    Ok(out)
}

/// Writes one escape and returns its length.
fn escape(rest: &str, in_class: bool, out: &mut String) -> Result<usize, &'static str> {
    let Some(letter) = rest[1..].chars().next() else {
        return Err("the regular expression ends in a backslash");
    };
    let hex = |digits: usize| rest.len() >= 2 + digits && rest.as_bytes()[2..2 + digits].iter().all(u8::is_ascii_hexdigit);
    match letter {
        'd' => out.push_str(if in_class { "0-9" } else { "[0-9]" }),
        'D' => out.push_str("[^0-9]"),
        'w' => out.push_str(if in_class { "0-9A-Za-z_" } else { "[0-9A-Za-z_]" }),
        'W' => out.push_str("[^0-9A-Za-z_]"),
        'b' => out.push_str(if in_class { r"\x08" } else { r"(?-u:\b)" }),
        'B' if !in_class => out.push_str(r"(?-u:\B)"),
        '0' => out.push_str(r"\x00"),
        '1'..='9' => return Err("back-references are not supported"),
        'k' if rest[2..].starts_with('<') => return Err("back-references are not supported"),
        'c' => return Err("control escapes are not supported"),
        's' | 'S' | 't' | 'n' | 'r' | 'v' | 'f' => out.extend(['\\', letter]),
        'p' | 'P' | 'u' if rest[2..].starts_with('{') => {
            out.extend(['\\', letter, '{']);
            return Ok(3);
        }
        'x' if hex(2) => out.push_str("\\x"),
        'u' if hex(4) => out.push_str("\\u"),
        _ if letter.is_ascii_punctuation() && !matches!(letter, '<' | '>') => out.extend(['\\', letter]),
        // JavaScript reads any other escaped character as itself; Rust has anchors among them (`\A`, `\<`).
        _ => out.push(letter),
    }
    Ok(1 + letter.len_utf8())
}

/// Says whether a `{` begins `{2}`, `{2,}` or `{2,5}`.
fn is_quantifier(rest: &str) -> bool {
    let Some(end) = rest.bytes().take(16).position(|it| it == b'}') else {
        return false;
    };
    let (low, high) = rest[1..end].split_once(',').unwrap_or((&rest[1..end], ""));
    !low.is_empty() && low.bytes().chain(high.bytes()).all(|it| it.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_read_differently_is_respelled() {
        let check = |javascript: &str, rust: &str| {
            assert_eq!(translate(javascript).as_deref(), Ok(rust), "{javascript}");
            assert!(regex::Regex::new(rust).is_ok(), "{rust}");
        };
        check(r"^\d{4}-\d{2}", "^[0-9]{4}-[0-9]{2}");
        check(r"[\d.]+\/[^\w-]", r"[0-9.]+\/[^0-9A-Za-z_-]");
        check(r"\bcat\B", r"(?-u:\b)cat(?-u:\B)");
        check("[[]x]", r"[\[]x]");
        check("[a&&b~~c]", r"[a\&\&b\~\~c]");
        check("[^]*[]", r"[\s\S]*[^\s\S]");
        check("a{ {x} {,3} b{2,5}", r"a\{ \{x} \{,3} b{2,5}");
        check(r"\<\A\z\é\-\_", r"<Azé\-\_");
        check(r"\u4e2d\x41\xq\0", r"\u4e2d\x41xq\x00");
        check(r"(?<year>\p{L}+)|(?:b)", r"(?<year>\p{L}+)|(?:b)");
    }

    #[test]
    fn what_only_javascript_has_is_refused_where_it_stands() {
        let check = |javascript: &str, range| assert_eq!(translate(javascript).map_err(|it| it.range), Err(range), "{javascript}");
        check("a(?=b)", 1..4);
        check("(?<!b)a", 0..3);
        check(r"(a)\1", 3..5);
        check(r"(?<n>a)\k<n>", 7..9);
        check(r"a\", 1..2);
    }
}

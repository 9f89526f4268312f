//! From the patterns of a query to regular expressions that can be run on a text. Knows word boundaries; knows no notes.

use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};

use crate::model::query::{Pattern, PatternText, javascript, needed};

/// The largest compiled regular expression of a query, in bytes: `(\w{50}){50}` would need far more.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// What words are made of, but for the scripts that write words without spaces between: there is no boundary to look for.
/// Korean has spaces, but Obsidian matches its quoted texts by character (release notes v0.11.1).
const WORD: &str = r"[\w--[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\u{30FC}]]";

/// A pattern made ready to be looked for in many texts.
#[derive(Debug)]
pub struct Finder {
    regex: Regex,
    /// What is found must not touch a word on this side.
    bounded_before: bool,
    bounded_after: bool,
    kind: Kind,
}

/// What the regular expression was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Literal,
    Expression,
    /// It looks at what surrounds its match: `^x` may be found in a part of a text but not in the text.
    LooksAround,
}

impl Finder {
    /// Returns the finder. Case counts only where asked for, diacritics always, as in Obsidian. A [`PatternText::Word`] is found as a whole
    /// word, without the index's stemming. Fails only for a regular expression that is invalid or too large, with a message for the caller
    /// of the API.
    pub fn new(pattern: &Pattern) -> Result<Finder, String> {
        let unbounded = |regex| Finder {
            regex,
            bounded_before: false,
            bounded_after: false,
            kind: Kind::Literal,
        };
        // A literal grows with the query, and the query is bounded.
        let literal = |text: &str| build(&regex::escape(text), pattern.case_sensitive, usize::MAX);
        match &pattern.text {
            PatternText::Substring(text) => literal(text).map(unbounded),
            PatternText::Word(text) | PatternText::Phrase(text) => Ok(Finder {
                regex: literal(text)?,
                bounded_before: text.chars().next().is_some_and(has_boundary),
                bounded_after: text.chars().next_back().is_some_and(has_boundary),
                kind: Kind::Literal,
            }),
            PatternText::Glob(glob) => build(&of_glob(glob), pattern.case_sensitive, MAX_REGEX_BYTES).map(unbounded),
            PatternText::Regex(expression) => {
                let translated = javascript::translate(expression).map_err(|it| it.message.to_owned())?;
                let finder = build(&translated, pattern.case_sensitive, MAX_REGEX_BYTES).map(unbounded)?;
                let kind = if needed::looks_around(&translated) {
                    Kind::LooksAround
                } else {
                    Kind::Expression
                };
                Ok(Finder { kind, ..finder })
            }
        }
    }

    /// Says whether the text holds the pattern. Takes time linear in the text.
    pub fn is_match(&self, text: &str) -> bool {
        if !self.bounded_before && !self.bounded_after {
            return self.regex.is_match(text);
        }
        let mut start = 0;
        while let Some(found) = self.regex.find_at(text, start) {
            let touches_before = self.bounded_before && text[..found.start()].chars().next_back().is_some_and(is_in_word);
            let touches_after = self.bounded_after && text[found.end()..].chars().next().is_some_and(is_in_word);
            if !touches_before && !touches_after {
                return true;
            }
            start = found.start() + text[found.start()..].chars().next().map_or(1, char::len_utf8);
        }
        false
    }

    /// Says whether a part of this text can hold the pattern; not whether one does.
    pub(super) fn may_be_within(&self, text: &str) -> bool {
        self.kind == Kind::LooksAround || self.regex.is_match(text)
    }

    /// Says whether it is a plain text: then [`Finder::next`] takes time linear in what it passes over.
    pub(super) fn is_literal(&self) -> bool {
        self.kind == Kind::Literal
    }

    /// Returns where the pattern begins next, word boundaries left aside.
    pub(super) fn next(&self, text: &str, from: usize) -> Option<usize> {
        self.regex.find_at(text, from).map(|it| it.start())
    }
}

/// Returns the expression that a glob means.
fn of_glob(glob: &str) -> String {
    let parts: Vec<String> = glob.split('*').map(regex::escape).collect();
    let before = if glob.starts_with('*') { "" } else { r"(?:^|\W)" };
    let after = if glob.ends_with('*') { "" } else { r"(?:$|\W)" };
    // Several stars in a row say no more than one.
    let inner: Vec<&str> = parts
        .iter()
        .enumerate()
        .filter(|(at, it)| *at == 0 || *at + 1 == parts.len() || !it.is_empty())
        .map(|(_, it)| it.as_str())
        .collect();
    format!("{before}{}{after}", inner.join(".*"))
}

fn build(source: &str, case_sensitive: bool, max_bytes: usize) -> Result<Regex, String> {
    let mut builder = RegexBuilder::new(source);
    builder
        .case_insensitive(!case_sensitive)
        .multi_line(true)
        .crlf(true)
        .size_limit(max_bytes)
        .nest_limit(64);
    builder.build().map_err(|error| match &error {
        regex::Error::CompiledTooBig(_) => "the regular expression is too large".to_owned(),
        // The crate draws the expression with a caret; its last line says what is wrong.
        _ => error
            .to_string()
            .lines()
            .last()
            .unwrap_or_default()
            .trim_start_matches("error: ")
            .to_owned(),
    })
}

/// Says whether a phrase that begins or ends with this character must not touch a word there: `C++` is in `(C++)`, not in `C++11`; a phrase
/// of a script without spaces may touch anything.
fn has_boundary(end: char) -> bool {
    !end.is_alphanumeric() || is_in_word(end)
}

fn is_in_word(it: char) -> bool {
    static IN_WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(WORD).expect("a constant class is valid"));
    if it.is_ascii() {
        it.is_ascii_alphanumeric() || it == '_'
    } else {
        IN_WORD.is_match(it.encode_utf8(&mut [0; 4]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finder(text: PatternText) -> Result<Finder, String> {
        Finder::new(&Pattern {
            text,
            case_sensitive: false,
        })
    }

    fn check(text: PatternText, yes: &[&str], no: &[&str]) {
        let finder = finder(text).unwrap();
        for text in yes {
            assert!(finder.is_match(text), "{finder:?} should find {text:?}");
        }
        for text in no {
            assert!(!finder.is_match(text), "{finder:?} should not find {text:?}");
        }
    }

    #[test]
    fn substrings_ignore_case_but_not_diacritics() {
        check(PatternText::Substring("test".into()), &["testing", "conTEST"], &["tes t"]);
        check(PatternText::Substring("ÜBER".into()), &["darüber"], &["daruber"]);
        check(PatternText::Substring("据".into()), &["关系数据库设计"], &["関係"]);
        check(PatternText::Substring(".*".into()), &["a.*b"], &["ab"]);
    }

    #[test]
    fn phrases_keep_to_word_boundaries() {
        check(
            PatternText::Phrase("test".into()),
            &["a Test.", "test", "x/test/y", "测试test测试"],
            &["testing", "attest", "test_1", "tést"],
        );
        check(
            PatternText::Phrase("star wars".into()),
            &["The Star Wars saga"],
            &["wars star", "star  wars", "star warship"],
        );
        check(
            PatternText::Phrase("C++".into()),
            &["C++", "in c++, and"],
            &["C+", "C++11", "ObjC++"],
        );
        check(PatternText::Phrase("(x)".into()), &["see (x)."], &["f(x)"]);
        check(PatternText::Phrase("cafe".into()), &["cafe"], &["cafe\u{301}"]);
    }

    #[test]
    fn scripts_without_spaces_have_no_boundaries() {
        check(PatternText::Phrase("数据库".into()), &["关系数据库设计"], &["数据"]);
        check(PatternText::Phrase("한국".into()), &["대한국민"], &["한 국"]);
        check(PatternText::Phrase("ไทย".into()), &["ภาษาไทยง่าย"], &[]);
    }

    #[test]
    fn a_star_in_a_value_stands_for_any_characters() {
        let glob = |it: &str| PatternText::Glob(it.into());
        check(glob("open*"), &["openclaw", "OPENCLAW-web", "my-openclaw"], &["reopened", "claw"]);
        check(glob("*claw"), &["openclaw", "openclaw-web"], &["clawed"]);
        check(glob("o*w"), &["openclaw", "ow"], &["openclaws"]);
        check(glob("*nginx*"), &["docker.io/library/nginx:1.27"], &["docker.io/httpd"]);
        check(glob("1.2.*"), &["1.2.3", "1.2.x"], &["11.2", "1x2.3"]);
        check(glob("*"), &["", "x"], &[]);
        check(glob("a***b"), &["ab", "a-b"], &["ba"]);
        match finder(glob(&"*a".repeat(1000))) {
            Ok(it) => assert!(!it.is_match(&"a".repeat(999))),
            Err(why) => assert_eq!(why, "the regular expression is too large"),
        }
    }

    #[test]
    fn regular_expressions_work_line_by_line_and_in_bounded_time() {
        check(PatternText::Regex(r"^\d{4}$".into()), &["a\n2024\r\nb"], &["a 2024"]);
        check(
            PatternText::Regex("(a+)+$".into()),
            &["aaa"],
            &[&format!("{}!", "a".repeat(100_000))],
        );
        let refused = |it: &str| finder(PatternText::Regex(it.into())).expect_err("too much");
        assert_eq!(refused("(a"), "unclosed group");
        assert_eq!(refused(r"((\W{99}){99}){99}"), "the regular expression is too large");
        assert_eq!(refused(&"(".repeat(500)), "unclosed group");
    }
}

//! From text to the terms of the index, the same for notes and for queries. Knows scripts and spelling; knows nothing of tantivy, notes or
//! Markdown: markup characters are separators like any other.
//!
//! What ranks well was measured on real vaults: bigrams for scripts written without spaces, folded accents, identifiers whole and in parts.
//! Words are indexed as they stand; inflections meet at query time (`stem.rs`), so that one field serves ranking, phrases and exact search.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// A longer run without a break (base64, minified code) is cut into pieces of this many bytes.
const MAX_TERM: usize = 240;

/// A whole identifier longer than this is indexed by its parts only.
pub(super) const MAX_WHOLE: usize = 96;

/// What a term is to the word that it was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TermKind {
    /// A word, or one part of an identifier; these follow each other by position.
    Word,
    /// A whole identifier of several parts, at the position of its first: `foo-bar_baz`, `fooBarBaz`, `192.168.0.7`.
    Whole,
    /// Two neighbouring characters of a script without spaces; the last character of a run stands alone as well.
    Bigram,
}

/// One term of a text: what is indexed, where it stands in the text, and its position in the sequence of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Term<'a> {
    pub(super) text: &'a str,
    pub(super) kind: TermKind,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) position: u32,
}

/// Calls `emit` for each term of the text, in order of position. Linear in the text.
pub(super) fn terms(text: &str, mut emit: impl FnMut(Term<'_>)) {
    let mut position = 0;
    let mut whole = String::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        match class(first) {
            Class::Break => at += first.len_utf8(),
            Class::Ideograph => at = bigrams(text, at, &mut position, &mut emit),
            Class::Word => {
                let end = compound_end(text, at);
                identifier(text, at..end, &mut position, &mut whole, &mut emit);
                at = end;
            }
        }
    }
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Class {
    Break,
    Word,
    Ideograph,
}

fn class(c: char) -> Class {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' => Class::Word,
        '\0'..='\x7f' => Class::Break,
        _ if is_unspaced(c) => Class::Ideograph,
        _ if c.is_alphanumeric() || is_combining_mark(c) => Class::Word,
        _ => Class::Break,
    }
}

/// Says whether a character belongs to a script that is written without spaces, or (Hangul) whose particles stick to the words.
pub(super) fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0e7f}' | '\u{0e80}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' // Thai, Lao, Burmese, Khmer
        | '\u{3040}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9f}' | '\u{3005}' // kana
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}' // Han
        | '\u{ac00}'..='\u{d7af}' | '\u{1100}'..='\u{11ff}' // Hangul
    ) && (c.is_alphanumeric() || is_combining_mark(c) || c == 'ー')
}

fn bigrams(text: &str, from: usize, position: &mut u32, emit: &mut impl FnMut(Term<'_>)) -> usize {
    let run = text[from..]
        .char_indices()
        .map(|(at, c)| (from + at, c))
        .take_while(|&(_, c)| class(c) == Class::Ideograph);
    let mut buffer = [0; 8];
    let mut previous: Option<(usize, char)> = None;
    let mut end = from;
    for (at, c) in run {
        if let Some((start, before)) = previous {
            let first = before.encode_utf8(&mut buffer).len();
            let second = c.encode_utf8(&mut buffer[first..]).len();
            let pair = std::str::from_utf8(&buffer[..first + second]).expect("two encoded characters are UTF-8");
            emit(Term {
                text: pair,
                kind: TermKind::Bigram,
                start,
                end: at + c.len_utf8(),
                position: *position,
            });
            *position += 1;
        }
        previous = Some((at, c));
        end = at + c.len_utf8();
    }
    if let Some((start, last)) = previous {
        emit(Term {
            text: last.encode_utf8(&mut buffer),
            kind: TermKind::Bigram,
            start,
            end,
            position: *position,
        });
        *position += 1;
    }
    end
}

/// Returns where the run of word characters ends that begins here, joiners between two word characters included.
fn compound_end(text: &str, from: usize) -> usize {
    let bytes = text.as_bytes();
    let mut end = from;
    loop {
        let rest = &text[end..];
        let word = rest
            .char_indices()
            .find(|&(_, c)| class(c) != Class::Word)
            .map_or(rest.len(), |(at, _)| at);
        end += word;
        let joined = matches!(bytes.get(end), Some(b'-' | b'_' | b'.' | b':')) && end - from < MAX_TERM;
        match text[end..].chars().nth(1) {
            Some(next) if joined && class(next) == Class::Word => end += 1,
            _ => return end,
        }
    }
}

fn identifier(text: &str, run: std::ops::Range<usize>, position: &mut u32, whole: &mut String, emit: &mut impl FnMut(Term<'_>)) {
    let first_position = *position;
    let parts = parts(&text[run.clone()]);
    for part in &parts {
        let (start, end) = (run.start + part.start, run.start + part.end);
        emit(Term {
            text: &fold(&text[start..end]),
            kind: TermKind::Word,
            start,
            end,
            position: *position,
        });
        *position += 1;
    }
    if parts.len() > 1 && run.len() <= MAX_WHOLE {
        whole.clear();
        // `-` and `_` are spelling (`foo-bar` is `foo_bar` is `fooBar`), `.` and `:` are structure (`1.23` is not `12.3`).
        whole.extend(text[run.clone()].chars().filter(|it| !matches!(it, '-' | '_')));
        emit(Term {
            text: &fold(whole),
            kind: TermKind::Whole,
            start: run.start,
            end: run.end,
            position: first_position,
        });
    }
}

/// Returns the parts of an identifier: split at joiners, and at `aB` and `ABc`.
fn parts(run: &str) -> Vec<std::ops::Range<usize>> {
    let mut parts = Vec::with_capacity(1);
    let mut start = 0;
    let mut previous = ' ';
    let mut chars = run.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map_or(' ', |&(_, next)| next);
        let joiner = matches!(c, '-' | '_' | '.' | ':');
        let hump = c.is_uppercase() && (previous.is_lowercase() || previous.is_uppercase() && next.is_lowercase());
        if (joiner || hump || at - start >= MAX_TERM) && at > start {
            parts.push(start..at);
            start = at;
        }
        if joiner {
            start = at + 1;
        }
        previous = c;
    }
    if run.len() > start {
        parts.push(start..run.len());
    }
    parts
}

/// Returns the form by which words are compared: compatibility forms unified, lower case, accents of Latin, Greek and Semitic scripts dropped.
pub(super) fn fold(word: &str) -> Cow<'_, str> {
    if word.is_ascii() {
        if word.bytes().any(|it| it.is_ascii_uppercase()) {
            return Cow::Owned(word.to_ascii_lowercase());
        }
        return Cow::Borrowed(word);
    }
    let mut folded = String::with_capacity(word.len());
    let mut base = ' ';
    for c in word.nfkc().flat_map(char::to_lowercase).nfd() {
        if is_combining_mark(c) {
            if !drops_marks(base) {
                folded.push(c);
            }
            continue;
        }
        base = c;
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ı' => folded.push('i'),
            'ς' => folded.push('σ'),
            _ => folded.push(c),
        }
    }
    Cow::Owned(if folded.is_ascii() { folded } else { folded.nfc().collect() })
}

/// Latin, Greek, Hebrew and Arabic marks are optional in writing. Cyrillic й, Indic vowels and voiced kana are letters of their own.
fn drops_marks(base: char) -> bool {
    matches!(base, 'a'..='z' | 'A'..='Z' | '\u{00c0}'..='\u{024f}' | '\u{0370}'..='\u{03ff}' | '\u{0590}'..='\u{06ff}' | 'е')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let mut found = Vec::new();
        terms(text, |term| {
            assert!(text.is_char_boundary(term.start) && text.is_char_boundary(term.end) && term.start < term.end);
            found.push(match term.kind {
                TermKind::Whole => format!("<{}>", term.text),
                _ => term.text.to_owned(),
            });
        });
        assert_eq!(found.join(" "), expected, "{text:?}");
    }

    #[test]
    fn words_are_folded_and_markup_separates() {
        check("**Café** [[Link|Naïve]] Straße", "cafe link naive strasse");
        check("Ｆｕｌｌ ﬁne ΆΛΦΑ", "full fine αλφα");
        check("# ==x==\n", "x");
        check("", "");
    }

    #[test]
    fn cyrillic_letters_stay_apart() {
        check("йод ёлка", "йод елка");
    }

    #[test]
    fn identifiers_are_found_whole_and_by_their_parts() {
        check("fooBarBaz", "foo bar baz <foobarbaz>");
        check("foo-bar_baz", "foo bar baz <foobarbaz>");
        check("192.168.0.7", "192 168 0 7 <192.168.0.7>");
        check("MB-000042-f48d33", "mb 000042 f48d33 <mb000042f48d33>");
        check("HTTPServer v2.0.", "http server <httpserver> v2 0 <v2.0>");
        check("end. Next: one", "end next one");
    }

    #[test]
    fn scripts_without_spaces_become_bigrams() {
        check("记忆桥", "记忆 忆桥 桥");
        check("据", "据");
        check("用Rust写", "用 rust 写");
        check("データ", "デー ータ タ");
        check("메모리 색인", "메모 모리 리 색인 인");
    }

    #[test]
    fn a_run_without_end_is_cut_into_bounded_terms() {
        let mut longest = 0;
        terms(&"x".repeat(100_000), |term| longest = longest.max(term.text.len()));
        assert_eq!(longest, MAX_TERM);
    }
}

//! What a text leaves behind in the terms of a note that holds it, so that a substring is looked for among the terms first. A law, tested as
//! such: a note that holds the text has a term for every piece, or is opaque. Knows the analysis; knows nothing of tantivy.

use unicode_normalization::char::is_combining_mark;

use crate::io::index::analysis::{MAX_WHOLE, fold, is_unspaced};

/// A part of a substring, as a term shows it: at the term's start, at its end, at both, or anywhere in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) starts: bool,
    pub(super) ends: bool,
}

impl Piece {
    /// Says whether so many terms fit that the piece tells nothing.
    fn is_vague(&self) -> bool {
        self.text.len() == 1 && !(self.starts && self.ends)
    }
}

/// Returns the pieces of a text that is looked for in any case. A note that holds it has, for each piece, a term that fits, unless the note
/// is opaque. None for a text without letters, or with letters whose terms depend on what surrounds them.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut before = None;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let run = if is_unspaced(first) {
            run_of(rest, is_unspaced)
        } else {
            run_of(rest, is_plain)
        };
        let (run, after) = rest.split_at(run.max(first.len_utf8()));
        if is_unspaced(first) {
            pieces.extend(bigrams(run));
        } else if is_plain(first) {
            let bound = |side: Option<char>| side.is_some_and(separates);
            pieces.push(Piece {
                text: fold(run).into_owned(),
                starts: bound(before),
                ends: bound(after.chars().next()),
            });
        }
        before = run.chars().next_back();
        rest = after;
    }
    pieces.retain(|it| !it.is_vague());
    pieces.sort();
    pieces.dedup();
    pieces
}

/// Says whether the terms of a note do not show all that its text holds: identifiers too long to be indexed whole, words cut by the end of
/// a passage (`cuts`), and characters that stand for plain letters in a search but fold otherwise. Few notes are; they are always read.
pub(super) fn is_opaque(text: &str, mut cuts: impl Iterator<Item = usize>) -> bool {
    let mut start = None;
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        // Marks that melt into the letter before, and the odd forms of Cyrillic letters.
        if matches!(c, '\u{300}'..='\u{36f}' | '\u{1c80}'..='\u{1c88}') {
            return true;
        }
        if is_word(c) {
            let start = *start.get_or_insert(at);
            if at + c.len_utf8() - start > MAX_WHOLE {
                return true;
            }
        } else if !(is_joiner(c) && is_word(previous)) {
            start = None;
        }
        previous = c;
    }
    let indexed = |side: Option<char>| side.is_some_and(|it| is_word(it) || is_unspaced(it));
    cuts.any(|at| indexed(text[..at].chars().next_back()) && indexed(text[at..].chars().next()))
}

/// Neighbours of a run of a script without spaces; a lone character begins the bigram or the last term that it stands in.
fn bigrams(run: &str) -> Vec<Piece> {
    let starts: Vec<usize> = run.char_indices().map(|(at, _)| at).chain([run.len()]).collect();
    if let [start, end] = starts[..] {
        return vec![Piece {
            text: run[start..end].to_owned(),
            starts: true,
            ends: false,
        }];
    }
    starts
        .windows(3)
        .map(|it| Piece {
            text: run[it[0]..it[2]].to_owned(),
            starts: true,
            ends: true,
        })
        .collect()
}

fn run_of(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|it| !belongs(it)).unwrap_or(text.len())
}

/// Says whether a letter or digit folds the same in every case and beside any other character (marks make a note opaque).
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || c.is_alphabetic() && matches!(c, '\u{c0}'..='\u{24f}' | '\u{370}'..='\u{4ff}') && c != '\u{37a}'
}

/// Says whether a word ends beside this character, whatever follows it.
fn separates(c: char) -> bool {
    !is_word(c) && !is_joiner(c)
}

fn is_word(c: char) -> bool {
    (c.is_alphanumeric() || is_combining_mark(c)) && !is_unspaced(c)
}

fn is_joiner(c: char) -> bool {
    matches!(c, '-' | '_' | '.' | ':')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::RegexBuilder;

    use super::*;
    use crate::io::index::analysis;

    fn check(text: &str, expected: &str) {
        let show = |it: &Piece| format!("{}{}{}", if it.starts { "" } else { "*" }, it.text, if it.ends { "" } else { "*" });
        assert_eq!(pieces(text).iter().map(show).collect::<Vec<_>>().join(" "), expected, "{text:?}");
    }

    #[test]
    fn only_what_a_separator_bounds_is_bound() {
        check("opper led", "led* *opper");
        check("[[Link|Naïve]]", "link naive");
        check("foo-Bar_b", "*bar* *foo*");
        check("see 192.168.", "*168* 192* *see");
        check("приВет мир", "мир* *привет");
        check("用Rust写", "rust 写* 用*");
        check("记忆桥", "忆桥 记忆");
    }

    #[test]
    fn what_tells_nothing_asks_for_nothing() {
        check("-> ::", "");
        check("a", "");
        check("हिन्दी", "");
        check("", "");
    }

    #[test]
    fn plain_letters_fold_by_themselves_in_every_case() {
        let all: String = ('\0'..=char::MAX)
            .filter(|it| it.is_alphanumeric() || is_combining_mark(*it))
            .collect();
        for plain in ('\0'..'\u{500}').filter(|&it| is_plain(it)) {
            let folded = fold(plain.encode_utf8(&mut [0; 4])).into_owned();
            assert!(!folded.chars().any(is_combining_mark), "{plain}");
            let any_case = RegexBuilder::new(&plain.to_string()).case_insensitive(true).build().unwrap();
            for same in any_case.find_iter(&all).filter(|it| !is_opaque(it.as_str(), std::iter::empty())) {
                assert_eq!(fold(same.as_str()), folded, "{plain} {}", same.as_str());
            }
        }
    }

    /// Says whether the law holds for a text that lies in one passage.
    fn holds(text: &str, needle: &str) -> bool {
        let mut terms: Vec<String> = Vec::new();
        analysis::terms(text, |term| terms.push(term.text.to_owned()));
        let fits = |piece: &Piece, term: &String| match (piece.starts, piece.ends) {
            (true, true) => *term == piece.text,
            (true, false) => term.starts_with(&piece.text),
            (false, true) => term.ends_with(&piece.text),
            (false, false) => term.contains(&piece.text),
        };
        is_opaque(text, std::iter::empty()) || pieces(needle).iter().all(|piece| terms.iter().any(|term| fits(piece, term)))
    }

    #[test]
    fn the_law_holds_where_it_is_hard() {
        for (text, needle) in [
            ("fooBar", "ooba"),
            ("x-FOOBar9", "-foobar"),
            ("STRAẞE", "straße"),
            ("ﬁne Ｆｕｌｌ", "ne "),
            ("²foo", "foo"),
            ("e\u{301}t", "e"),
            (&"aB".repeat(60), "baba"),
            (&"x".repeat(500), &"x".repeat(300)),
        ] {
            assert!(holds(text, needle), "{text:?} {needle:?}");
        }
    }

    fn hard_text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            4 => prop::sample::select(vec![
                "foo", "Bar", "BAZ", "x", "9", "é", "É", "ß", "ẞ", "ſ", "K", "İ", "ı", "й", "Ё", "ς", "Σ", "ﬁ", "²", "记", "忆", "桥", "ー",
                "메", "ไ", "\u{e31}",
                "-", "_", ".", ":", " ", "\n", "/", "#", "[[", "]]", "(",
                "\u{301}", "\u{306}", "\u{483}", "ᲀ", "ǅ", "Ⓐ", "हि", "ع",
            ]).prop_map(str::to_owned),
            1 => any::<char>().prop_map(String::from),
            1 => "[a-zA-Z]{1,120}",
        ];
        prop::collection::vec(piece, 1..24).prop_map(|it| it.concat())
    }

    proptest! {
        #[test]
        fn every_part_of_a_text_is_shown_by_its_terms(text in hard_text(), from in 0.0..1.0, length in 1_usize..12, upper: bool) {
            let chars: Vec<char> = text.chars().collect();
            let from = (from * chars.len() as f64) as usize;
            let needle: String = chars[from..(from + length).min(chars.len())].iter().collect();
            let changed = if upper { needle.to_uppercase() } else { needle.to_lowercase() };
            for needle in [needle, changed] {
                let found = RegexBuilder::new(&regex::escape(&needle)).case_insensitive(true).build().unwrap().is_match(&text);
                prop_assert!(!found || holds(&text, &needle), "{text:?} {needle:?} {:?}", pieces(&needle));
            }
        }
    }
}

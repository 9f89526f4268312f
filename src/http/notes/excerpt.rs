//! Which part of a note's text is answered: lines, a section or a block, cut at `max_bytes`. Knows texts and lines; knows no file.

use std::ops::Range;

use crate::{
    http::{
        params::{Params, invalid},
        problem::{Problem, ProblemKind},
    },
    model::{
        citation::parse_lines,
        lines::{LineIndex, LineRange},
        note::{
            Note,
            place::{self, NoPlace},
        },
    },
};

/// The part of a note that a caller asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Selection {
    #[default]
    Whole,
    Lines(LineRange),
    Section(String),
    Block(String),
}

/// A part of a text that is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    pub bytes: Range<usize>,
    /// `end` is before `start` when there is no line to answer.
    pub lines: LineRange,
    /// What was asked for and left out.
    pub next: Option<LineRange>,
    /// How many bytes the one line has of which only a beginning is answered.
    pub cut_line: Option<usize>,
}

impl Selection {
    /// Reads `lines` (with `from`, a count), `section` and `block`; `cited` are the lines of a citation. One of them at most.
    pub fn parse(params: &Params, cited: Option<LineRange>) -> Result<Selection, Problem> {
        let lines = match (params.number::<usize>("from")?, params.get("lines")) {
            (Some(from), count) => {
                let count = count.map(|it| {
                    it.parse()
                        .map_err(|error| invalid("lines", format_args!("beside `from` it is a count: {error}")))
                });
                let count: usize = count.transpose()?.unwrap_or(usize::MAX);
                if from == 0 || count == 0 {
                    return Err(invalid("from", "lines count from 1, and there is at least one of them"));
                }
                Some(LineRange {
                    start: from,
                    end: from.saturating_add(count - 1),
                })
            }
            (None, Some(lines)) => {
                let range = parse_lines(lines.strip_prefix('L').unwrap_or(lines)).flatten();
                Some(range.ok_or_else(|| invalid("lines", "it is a range such as `10-24`, counted from 1, or one line such as `10`"))?)
            }
            (None, None) => None,
        };
        let given = [
            cited.map(Selection::Lines),
            lines.map(Selection::Lines),
            params.get("section").map(|it| Selection::Section(it.to_owned())),
        ];
        let mut given = given
            .into_iter()
            .flatten()
            .chain(params.get("block").map(|it| Selection::Block(it.to_owned())));
        let selection = given.next().unwrap_or_default();
        match given.next() {
            None => Ok(selection),
            Some(_) => Err(
                Problem::new(ProblemKind::InvalidParameter, "several parts of the note are asked for")
                    .hint("give one of `lines`, `section`, `block` and the lines of a citation"),
            ),
        }
    }

    /// Returns the lines that are meant, or why there are none.
    pub fn find(&self, text: &str, note: &Note, lines: &LineIndex) -> Result<LineRange, Problem> {
        let total = lines.count();
        match self {
            Selection::Whole => Ok(LineRange { start: 1, end: total }),
            Selection::Lines(range) if range.start > total.max(1) => {
                Err(invalid("lines", format_args!("the note has {total} lines"))
                    .hint("search again: the note has changed since it was cited"))
            }
            Selection::Lines(range) => Ok(LineRange {
                start: range.start,
                end: range.end.min(total),
            }),
            Selection::Section(path) => match place::section(note, text.len(), path) {
                Ok(range) => Ok(lines.lines_of(&range)),
                Err(why) => Err(no_section(path, why, lines)),
            },
            Selection::Block(id) => match place::block(note, id) {
                Ok(range) => Ok(lines.lines_of(&range)),
                Err(NoPlace::NotFound { candidates } | NoPlace::Ambiguous { candidates, .. }) => Err(Problem::new(
                    ProblemKind::BlockNotFound,
                    format!("the note has no block `{}`", id.escape_debug()),
                )
                .candidates(candidates)),
            },
        }
    }
}

/// Returns the bytes of these lines, at most `max_bytes`, in whole lines; none when the first does not fit.
pub fn cut(lines: &LineIndex, wanted: LineRange, max_bytes: usize) -> Excerpt {
    let bytes = lines.bytes_of(wanted);
    if bytes.len() <= max_bytes {
        return Excerpt {
            bytes,
            lines: wanted,
            next: None,
            cut_line: None,
        };
    }
    let end = lines.line_of(bytes.start + max_bytes);
    let next = Some(LineRange {
        start: end + 1,
        end: wanted.end,
    });
    Excerpt {
        bytes: bytes.start..lines.start_of(end),
        lines: LineRange { start: wanted.start, end },
        next,
        cut_line: None,
    }
}

/// As [`cut`], but a first line that does not fit is itself cut, so that reading on comes to an end: no parameter names less than a line. How
/// long it is says how much to ask for, to have it whole.
pub fn cut_on(text: &str, lines: &LineIndex, wanted: LineRange, max_bytes: usize) -> Excerpt {
    let excerpt = cut(lines, wanted, max_bytes);
    if excerpt.next.is_none() || !excerpt.bytes.is_empty() {
        return excerpt;
    }
    let start = excerpt.bytes.start;
    let until = (start..=start + max_bytes)
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(start);
    let first = LineRange {
        start: wanted.start,
        end: wanted.start,
    };
    let next = (wanted.start < wanted.end).then_some(LineRange {
        start: wanted.start + 1,
        end: wanted.end,
    });
    Excerpt {
        bytes: start..until,
        lines: first,
        next,
        cut_line: Some(lines.bytes_of(first).len()),
    }
}

fn no_section(path: &str, why: NoPlace, lines: &LineIndex) -> Problem {
    let path = path.escape_debug();
    match why {
        NoPlace::NotFound { candidates } if candidates.is_empty() => {
            Problem::new(ProblemKind::SectionNotFound, "the note has no headings").hint("read the note whole, or by `lines`")
        }
        NoPlace::NotFound { candidates } => {
            Problem::new(ProblemKind::SectionNotFound, format!("the note has no section `{path}`")).candidates(candidates)
        }
        NoPlace::Ambiguous { candidates, ranges } => {
            let ranges: Vec<String> = ranges
                .iter()
                .map(|it| lines.lines_of(it))
                .map(|it| format!("{}-{}", it.start, it.end))
                .collect();
            Problem::new(
                ProblemKind::AmbiguousSection,
                format!("{} sections are called `{path}`", candidates.len()),
            )
            .hint(format!(
                "use one of `candidates`, or one of these for `lines`: {}",
                ranges.join(", ")
            ))
            .candidates(candidates)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VALID: &[&str] = &["lines", "from", "section", "block"];
    const TEXT: &str = "# A\none\n## B\ntwo\n# C\nthree ^id\n";

    fn select(query: &str, cited: Option<LineRange>) -> Result<(usize, usize), String> {
        let found = Params::parse(Some(query), VALID)
            .and_then(|params| Selection::parse(&params, cited))
            .and_then(|it| it.find(TEXT, &Note::parse(TEXT), &LineIndex::new(TEXT)));
        found
            .map(|it| (it.start, it.end))
            .map_err(|it| it.kind.trim_start_matches("/problems/").to_owned())
    }

    #[test]
    fn a_part_is_named_in_one_way() {
        let cited = Some(LineRange { start: 2, end: 3 });
        assert_eq!(select("", None), Ok((1, 6)));
        assert_eq!(select("", cited), Ok((2, 3)));
        assert_eq!(select("lines=2-4", None), Ok((2, 4)));
        assert_eq!(select("lines=L2-L4", None), Ok((2, 4)));
        assert_eq!(select("lines=5", None), Ok((5, 5)));
        assert_eq!(select("lines=5-900", None), Ok((5, 6)));
        assert_eq!(select("from=2&lines=3", None), Ok((2, 4)));
        assert_eq!(select("from=3", None), Ok((3, 6)));
        assert_eq!(select("section=a", None), Ok((1, 4)));
        assert_eq!(select("block=^id", None), Ok((6, 6)));
        for (query, cited) in [
            ("lines=2-3", cited),
            ("section=A&block=id", None),
            ("lines=7", None),
            ("lines=0", None),
            ("lines=3-2", None),
            ("lines=a", None),
            ("lines=", None),
            ("from=0", None),
            ("from=1&lines=0", None),
            ("from=1&lines=2-3", None),
        ] {
            assert_eq!(select(query, cited), Err("invalid-parameter".to_owned()), "{query}");
        }
        assert_eq!(select("section=X", None), Err("section-not-found".to_owned()));
        assert_eq!(select("block=x", None), Err("block-not-found".to_owned()));
    }

    fn pages(text: &str, max_bytes: usize) -> Vec<String> {
        let lines = LineIndex::new(text);
        let mut pages = Vec::new();
        let mut wanted = Some(LineRange {
            start: 1,
            end: lines.count(),
        });
        while let Some(range) = wanted {
            let excerpt = cut_on(text, &lines, range, max_bytes);
            pages.push(text[excerpt.bytes].to_owned());
            wanted = excerpt.next;
        }
        pages
    }

    #[test]
    fn pages_end_at_lines() {
        assert_eq!(pages("one\ntwo\nthree\n", 8), ["one\ntwo\n", "three\n"]);
        assert_eq!(pages("one\ntwo\nthree\n", 7), ["one\n", "two\n", "three\n"]);
        assert_eq!(pages("", 1), [""]);
    }

    #[test]
    fn what_does_not_fit_at_all_is_left_to_the_next_request() {
        let (lines, wanted) = (LineIndex::new("one\ntwo\n"), LineRange { start: 1, end: 2 });
        for max_bytes in [0, 3] {
            let excerpt = cut(&lines, wanted, max_bytes);
            assert_eq!(
                excerpt,
                Excerpt {
                    bytes: 0..0,
                    lines: LineRange { start: 1, end: 0 },
                    next: Some(wanted),
                    cut_line: None,
                }
            );
        }
    }

    /// Reading on skipped the rest, and nothing told that there was one.
    #[test]
    fn a_line_that_was_cut_says_how_long_it_is() {
        let check = |text: &str, max_bytes, expected| {
            let lines = LineIndex::new(text);
            let wanted = LineRange {
                start: 1,
                end: lines.count(),
            };
            let excerpt = cut_on(text, &lines, wanted, max_bytes);
            assert_eq!(excerpt.cut_line, expected, "{text:?}");
            if let Some(whole) = expected {
                let line = LineRange { start: 1, end: 1 };
                assert_eq!(cut_on(text, &lines, line, whole).cut_line, None, "{text:?}");
            }
        };
        check("copper ledger\ntin\n", 6, Some(14));
        check("copper ledger", 6, Some(13));
        check("tin\ncopper ledger\n", 6, None);
        check("tin\n", 4, None);
    }

    #[test]
    fn a_line_longer_than_a_page_is_cut() {
        assert_eq!(pages("äöü\nb\n", 3), ["ä", "b\n"]);
        assert_eq!(pages("ä", 1), [""]);
    }

    proptest! {
        #[test]
        fn pages_are_bounded_and_together_the_text(text in "([a-zä\r]{0,9}\n){0,9}[a-z]{0,5}", max_bytes in 20usize..60) {
            let pages = pages(&text, max_bytes);
            prop_assert!(pages.iter().all(|it| it.len() <= max_bytes));
            prop_assert_eq!(pages.concat(), text);
        }

        #[test]
        fn any_bound_gives_pages_that_end(text in "([a-zä]{0,9}\n){0,9}", max_bytes in 1usize..20) {
            prop_assert!(pages(&text, max_bytes).iter().all(|it| it.len() <= max_bytes));
        }
    }
}

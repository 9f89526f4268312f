//! Plain text around the matches of a passage. Knows enough of Markdown to leave its marks out; knows nothing of the index.

use std::sync::LazyLock;

use regex::Regex;

use crate::{
    io::index::analysis::{fold, is_unspaced, terms},
    model::new_name::is_hidden,
};

/// How much text is searched for the best window, in bytes; a passage is shorter.
const MAX_TEXT: usize = 8192;

static MARKS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?mx)
        !?\[\[ (?P<target> [^\]\n|]* ) (?: \\?\| (?P<alias> [^\]\n]* ) )? \]\]   # wikilinks and embeds show their alias
        | !?\[ (?P<text> [^\]\n]* ) \]\( [^)\s]* (?: \s [^)\n]* )? \)             # Markdown links show their text
        | ^[\ \t]* (?: (?: > | [-*+][\ \t] | \d{1,9}[.)][\ \t] | \#{1,6}[\ \t] ) [\ \t]* )+ (?: \[[^\]\n]\][\ \t]+ )?   # quotes, bullets, headings, boxes
        | \[! \w+ (?: \|[^\]\n]* )? \] [-+]?                                        # callout types
        | \*\*|__|==|~~|`+                                                         # emphasis and code
        | ^[\ \t]* (?: -{3,} | \|?[\ :|-]{3,}\|? ) [\ \t]*$                                # rules and table lines
        | (?: ^ | [\ \t] ) \^[A-Za-z0-9-]+[\ \t]*$                                                    # block ids
        | %%|<!--|-->|</?[a-zA-Z][^>\n]{0,200}>",
    )
    .expect("the pattern is valid")
});

/// Returns at most `limit` characters of the passage as plain text, of which one of a script without spaces counts as two (it says as much as
/// two others, and costs a reader three bytes and a token), around the place that holds most of the words; `weight` says how much
/// a folded term weighs, 0 for none.
pub(super) fn snippet(passage: &str, limit: usize, weight: &dyn Fn(&str) -> f32) -> String {
    let end = (0..=passage.len().min(MAX_TEXT))
        .rev()
        .find(|&it| passage.is_char_boundary(it))
        .unwrap_or(0);
    let text = plain(&passage[..end]);
    let (count, wide) = text
        .chars()
        .fold((0, 0), |(count, wide), it| (count + 1, wide + usize::from(is_unspaced(it))));
    if count + wide <= limit {
        return text;
    }
    let limit = (limit * count / (count + wide)).max(1);
    let mut matches: Vec<(usize, usize, String, f32)> = Vec::new();
    terms(&text, |term| {
        let weight = weight(term.text);
        if weight > 0.0 {
            matches.push((term.start, term.end, fold(term.text).into_owned(), weight));
        }
    });
    window(&text, limit, &matches)
}

/// Returns a text without Markdown's marks, on one line.
fn plain(text: &str) -> String {
    let mut unmarked = String::with_capacity(text.len());
    let mut shown = 0;
    for mark in MARKS.find_iter(text) {
        unmarked.push_str(&text[shown..mark.start()]);
        // Only links show a part of themselves, and looking for parts is the dear half of a match.
        if mark.as_str().contains(']')
            && let Some(parts) = MARKS.captures_at(text, mark.start())
        {
            let part = parts.name("alias").or_else(|| parts.name("text")).or_else(|| parts.name("target"));
            unmarked.push_str(part.map_or("", |it| it.as_str()));
        }
        shown = mark.end();
    }
    unmarked.push_str(&text[shown..]);
    let mut line = String::with_capacity(unmarked.len());
    for word in seen(&unmarked).split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// Returns a text without what no reader sees: it may speak to a model all the same. One joiner or selector stays behind a character that may
/// need it: emoji and some scripts are written with them.
fn seen(text: &str) -> String {
    let is_joint = |it: char| matches!(it, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}');
    let mut before = ' ';
    let stays = |&it: &char| {
        let stays = if is_joint(it) {
            !before.is_ascii() && !is_joint(before)
        } else {
            it.is_whitespace() || !(it.is_control() || is_hidden(it))
        };
        if stays {
            before = it;
        }
        stays
    };
    text.chars().filter(stays).collect()
}

/// Chooses the window of `limit` characters with the greatest weight of different terms, a little before the first of them.
fn window(text: &str, limit: usize, matches: &[(usize, usize, String, f32)]) -> String {
    let offsets: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let char_of = |byte: usize| offsets.partition_point(|&it| it < byte);
    let mut best = (0.0, 0);
    for (first, (start, ..)) in matches.iter().enumerate() {
        let from = char_of(*start);
        let mut seen: Vec<&str> = Vec::new();
        let mut weight = 0.0;
        for (_, end, term, gain) in &matches[first..] {
            if char_of(*end) > from + limit {
                break;
            }
            if !seen.contains(&term.as_str()) {
                seen.push(term);
                weight += gain;
            }
        }
        if weight > best.0 {
            best = (weight, from);
        }
    }
    let last = offsets.len() - 1;
    let start = best.1.saturating_sub(limit / 6).min(last.saturating_sub(limit));
    let (start, end) = (offsets[start], offsets[(start + limit).min(last)]);
    let start = word_start(text, start, best.1.min(last).min(offsets.len() - 1), &offsets);
    let end = word_end(text, start, end);
    let mut snippet = String::new();
    if start > 0 {
        snippet.push('…');
    }
    snippet.push_str(text[start..end].trim());
    if end < text.len() {
        snippet.push('…');
    }
    snippet
}

/// Moves a start forward to the beginning of a word, but not past the match.
fn word_start(text: &str, start: usize, first_match: usize, offsets: &[usize]) -> usize {
    let before = text[..start].chars().next_back();
    if start == 0 || before.is_none_or(|it| it.is_whitespace() || is_unspaced(it)) {
        return start;
    }
    let limit = offsets[first_match].max(start);
    text[start..limit].find(char::is_whitespace).map_or(start, |at| start + at + 1)
}

/// Moves an end back to the end of a word.
fn word_end(text: &str, start: usize, end: usize) -> usize {
    let next = text[end..].chars().next();
    if next.is_none_or(|it| it.is_whitespace() || is_unspaced(it)) {
        return end;
    }
    text[start..end]
        .rfind(char::is_whitespace)
        .filter(|&at| at > (end - start) / 2)
        .map_or(end, |at| start + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(passage: &str, limit: usize, words: &[&str], expected: &str) {
        assert_eq!(
            snippet(passage, limit, &|term| f32::from(u8::from(words.contains(&term)))),
            expected
        );
    }

    #[test]
    fn marks_are_left_out() {
        check(
            "## Plan\n- [ ] ask [[People/Ann|Ann]] about **copper** ^id\n",
            100,
            &[],
            "Plan ask Ann about copper",
        );
        check(
            "> [!note]+ Title\n> text with [a link](x.md) and ==mark==",
            100,
            &[],
            "Title text with a link and mark",
        );
        check("| a | b |\n|---|---|\n| [[Note]] | `c` |", 100, &[], "| a | b | | Note | c |");
    }

    #[test]
    fn what_no_reader_sees_is_left_out() {
        check("a\u{200b}b \u{e006f}\u{e0062}c\u{202e}d\u{1b}[8m\0", 100, &[], "ab cd[8m");
        check(
            "👩\u{200d}👧 ❤\u{fe0f} می\u{200c}خواهم",
            100,
            &[],
            "👩\u{200d}👧 ❤\u{fe0f} می\u{200c}خواهم",
        );
        check("é\u{200d}\u{200c}\u{200d}x\u{200d}", 100, &[], "é\u{200d}x");
    }

    #[test]
    fn a_heading_behind_a_blank_line_keeps_its_distance() {
        check(
            "before.\n\n## Ledger\ntext\n\n- item\n\n^id\n",
            100,
            &[],
            "before. Ledger text item",
        );
    }

    #[test]
    fn the_window_holds_the_matches_and_whole_words() {
        let text = format!("{} copper ledger {}", "before ".repeat(60), "after ".repeat(60));
        let found = snippet(&text, 60, &|term| f32::from(u8::from(["copper", "ledger"].contains(&term))));
        assert!(found.contains("copper ledger") && found.chars().count() <= 62, "{found}");
        assert!(found.starts_with("…before ") && found.ends_with('…'), "{found}");
    }

    #[test]
    fn text_without_spaces_is_cut_between_characters_that_count_twice() {
        let found = snippet(&"记忆桥接服务".repeat(50), 20, &|term| f32::from(u8::from(term == "桥接")));
        assert_eq!(found.chars().filter(|&it| it != '…').count(), 10);
    }
}

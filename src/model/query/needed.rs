//! What a regular expression needs of a text, as plain texts that an index can look for. Knows the syntax of expressions; runs none.

use regex_syntax::{
    ParserBuilder,
    hir::{Hir, HirKind},
};

use crate::model::query::{Condition, Pattern, PatternText, javascript};

/// Beyond so many alternatives looking for each is no cheaper than reading.
const MAX_ALTERNATIVES: usize = 16;

/// Returns a condition, made of substrings in any case, that every text meets in which the pattern is found; [`Condition::Everything`] where
/// nothing can be told.
pub fn needed(pattern: &Pattern) -> Condition {
    match &pattern.text {
        PatternText::Word(text) | PatternText::Phrase(text) | PatternText::Substring(text) => substring(text),
        // Of values, which no text need have in one piece.
        PatternText::Glob(_) => Condition::Everything,
        PatternText::Regex(expression) => javascript::translate(expression)
            .ok()
            .and_then(|it| parse(&it))
            .map_or(Condition::Everything, |it| of(&it)),
    }
}

/// Says whether the expression looks at what surrounds its match; of what cannot be read, too.
pub(super) fn looks_around(translated: &str) -> bool {
    parse(translated).is_none_or(|it| !it.properties().look_set().is_empty())
}

/// Reads the expression as if case counted: letters then stay letters, and what is looked for in any case is found in each.
fn parse(translated: &str) -> Option<Hir> {
    let mut builder = ParserBuilder::new();
    builder.multi_line(true).crlf(true).nest_limit(64);
    builder.build().parse(translated).ok()
}

fn of(hir: &Hir) -> Condition {
    match hir.kind() {
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0).map_or(Condition::Everything, substring),
        HirKind::Capture(capture) => of(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => of(&repetition.sub),
        HirKind::Concat(parts) => {
            let mut known: Vec<Condition> = parts.iter().map(of).collect();
            known.retain(|it| *it != Condition::Everything);
            Condition::all(known)
        }
        HirKind::Alternation(parts) if parts.len() <= MAX_ALTERNATIVES => {
            let known: Vec<Condition> = parts.iter().map(of).collect();
            if known.contains(&Condition::Everything) {
                return Condition::Everything;
            }
            Condition::any(known)
        }
        _ => Condition::Everything,
    }
}

fn substring(text: &str) -> Condition {
    if text.is_empty() {
        return Condition::Everything;
    }
    Condition::Content(Pattern {
        text: PatternText::Substring(text.to_owned()),
        case_sensitive: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::query::explain::explain;

    fn check(expression: &str, expected: &str) {
        let pattern = Pattern {
            text: PatternText::Regex(expression.to_owned()),
            case_sensitive: false,
        };
        let shown = explain(&crate::model::query::Query {
            evidence: Vec::new(),
            condition: needed(&pattern),
            warnings: Vec::new(),
        });
        assert_eq!(shown, expected, "{expression}");
    }

    #[test]
    fn literals_that_must_be_there_are_found() {
        check(r"MB-\d{5}7", "text has `MB-` and text has `7`");
        check(
            "data(base)? back(up|log)+",
            "text has `data` and text has ` back` and (text has `up` or text has `log`)",
        );
        check(r"^foo\b.*[x]$", "text has `foo` and text has `x`");
        check("heron|copper", "text has `heron` or text has `copper`");
        check("(?:ab|.e*)f", "text has `f`");
    }

    #[test]
    fn nothing_is_told_where_nothing_must_be_there() {
        for expression in ["a*", "[ab]", "", "(foo|b*)", "(", r"\d+", "a{0}"] {
            check(expression, "any note");
        }
    }

    #[test]
    fn what_surrounds_a_match_is_told() {
        assert!(looks_around("^a") && looks_around(r"a(?-u:\b)") && looks_around("("));
        assert!(!looks_around("a|b.*"));
    }
}

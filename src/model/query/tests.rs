//! How both languages read a text. The cases are the rows G, B17 and Q of the reference's case lists.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::model::quickly::quickly;

mod natural_language;
mod obsidian_language;

/// Writes a condition in one line: `&`, `|`, `!`; `*x*` substring, `"x"` phrase, `/x/` regex, bare word; `=` where case counts.
fn shape(condition: &Condition) -> String {
    let join = |parts: &[Condition], sign: &str| format!("({})", parts.iter().map(shape).collect::<Vec<_>>().join(sign));
    match condition {
        Condition::Everything => "all".to_owned(),
        Condition::And(parts) => join(parts, " & "),
        Condition::Or(parts) => join(parts, " | "),
        Condition::Not(inner) => format!("!{}", shape(inner)),
        Condition::Anywhere(it) => text(it),
        Condition::Content(it) => format!("content:{}", text(it)),
        Condition::File(it) => format!("file:{}", text(it)),
        Condition::Path(it) => format!("path:{}", text(it)),
        Condition::PathGlob(glob) => format!("glob:{}", glob.as_str()),
        Condition::Tag(name) => format!("#{name}"),
        Condition::Scope(scope, inner) => format!("{scope:?}<{}>", shape(inner)),
        Condition::Property {
            name,
            test: PropertyTest::Value(it),
        } => format!("[{name}:{}]", text(it)),
        Condition::Property { name, test } => format!("[{name} {test:?}]"),
        Condition::Field { name, pattern } => format!("{name}:{}", text(pattern)),
        Condition::Resource(test) => {
            let shown = test.facts.iter().map(|(name, it)| format!("{name}:{}", text(it)));
            format!("<{}>", shown.collect::<Vec<_>>().join(" "))
        }
    }
}

fn text(pattern: &Pattern) -> String {
    let text = match &pattern.text {
        PatternText::Word(it) => it.clone(),
        PatternText::Substring(it) => format!("*{it}*"),
        PatternText::Phrase(it) => format!("\"{it}\""),
        PatternText::Glob(it) => format!("~{it}"),
        PatternText::Regex(it) => format!("/{it}/"),
    };
    if pattern.case_sensitive { format!("={text}") } else { text }
}

fn evidence(query: &Query) -> Vec<String> {
    query
        .evidence
        .iter()
        .map(|it| if it.phrase { format!("\"{}\"", it.text) } else { it.text.clone() })
        .collect()
}

#[test]
fn hostile_texts_take_no_time() {
    let fragments = [
        "(",
        "-",
        "+-",
        "NOT ",
        "\"",
        "\"\\",
        "[",
        "[a",
        "[a:",
        "/",
        "/a ",
        "tag:",
        "tag:(",
        "a:b ",
        "-tag:\"x ",
        "content:(/\\w{90}/ ",
        "OR ",
        "é",
    ];
    for fragment in fragments {
        let text: String = fragment.chars().cycle().take(2048).collect();
        // Optimised it is under 5 ms; the bound leaves room for a debug build on a loaded machine.
        let bound = Duration::from_millis(if cfg!(debug_assertions) { 100 } else { 5 });
        quickly(bound, fragment, || (natural(&text), obsidian(&text)));
    }
}

/// Texts in which the signs of the grammar are common.
fn query_text() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        prop::sample::select(vec![
            "\"", "(", ")", "[", "]", "/", "\\", "-", "+", ":", " ", "OR", "tag:", "path:", "*", "line:", "[a:", "<5", "é", "数",
            "\u{301}", "x", "{", "?"
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(pieces, 0..40).prop_map(|it| it.concat())
}

proptest! {
    #[test]
    fn every_text_is_a_natural_query_whose_ranges_hold(text in query_text()) {
        let query = natural(&text);
        for it in &query.evidence {
            prop_assert!(text.get(it.range.clone()).is_some_and(|its| it.phrase || its == it.text));
        }
        prop_assert!(query.evidence.len() <= 64 && !explain::explain(&query).is_empty());
        // What a query holds can be run.
        prop_assert!(evaluate::Matcher::new(&query.condition).is_ok());
    }

    #[test]
    fn every_text_is_an_obsidian_query_or_an_error_inside_it(text in query_text()) {
        match obsidian(&text) {
            Ok(query) => {
                prop_assert!(evaluate::Matcher::new(&query.condition).is_ok());
                prop_assert!(!explain::explain(&query).is_empty());
            }
            Err(error) => prop_assert!(text.get(error.range.clone()).is_some(), "{error}"),
        }
    }

    #[test]
    fn plain_words_mean_the_same_in_any_order_of_white_space(words in prop::collection::vec("[a-z0-9]{1,8}", 0..8)) {
        let query = natural(&words.join("  \t "));
        prop_assert_eq!(query.evidence.into_iter().map(|it| it.text).collect::<Vec<_>>(), words);
        prop_assert!(query.warnings.is_empty());
    }
}

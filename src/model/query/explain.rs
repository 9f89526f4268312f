//! A query in words, as Obsidian's "Explain search term" gives it, so that a caller sees how a text was read.

use crate::model::query::{Condition, Pattern, PatternText, PropertyTest, Query, ResourceTest, Scope, TaskState};

/// Returns what ranks and what must hold, in one line.
pub fn explain(query: &Query) -> String {
    let quote = |text: &str, phrase| if phrase { format!("\"{text}\"") } else { format!("`{text}`") };
    let evidence: Vec<String> = query.evidence.iter().map(|it| quote(&it.text, it.phrase)).collect();
    let condition = condition(&query.condition);
    match (evidence.is_empty(), &query.condition) {
        (true, _) => condition,
        (false, Condition::Everything) => format!("ranked by {}", evidence.join(", ")),
        (false, _) => format!("ranked by {}; {condition}", evidence.join(", ")),
    }
}

fn condition(it: &Condition) -> String {
    match it {
        Condition::Everything => "any note".to_owned(),
        Condition::And(parts) => join(parts, " and "),
        Condition::Or(parts) => join(parts, " or "),
        Condition::Not(inner) => format!("not ({})", condition(inner)),
        Condition::Anywhere(text) => format!("text or path has {}", pattern(text)),
        Condition::Content(text) => format!("text has {}", pattern(text)),
        Condition::File(text) => format!("file name has {}", pattern(text)),
        Condition::Path(text) => format!("path has {}", pattern(text)),
        Condition::PathGlob(glob) => format!("path fits `{}`", glob.as_str()),
        Condition::Tag(name) => format!("has the tag #{name} or one below it"),
        Condition::Scope(scope, inner) => format!("one {} where ({})", scope_name(*scope), condition(inner)),
        Condition::Property { name, test } => format!("the property `{name}` {}", property_test(test)),
        Condition::Field { name, pattern: text } => format!("{name} has {}", pattern(text)),
        Condition::Resource(test) => format!("one resource where {}", resource(test)),
    }
}

fn resource(test: &ResourceTest) -> String {
    let described = test.facts.iter().map(|(name, it)| format!("{name} has {}", pattern(it)));
    described.collect::<Vec<_>>().join(" and ")
}

fn join(parts: &[Condition], word: &str) -> String {
    let described = parts.iter().map(|it| match it {
        Condition::And(_) | Condition::Or(_) => format!("({})", condition(it)),
        _ => condition(it),
    });
    described.collect::<Vec<_>>().join(word)
}

fn pattern(it: &Pattern) -> String {
    let text = match &it.text {
        PatternText::Word(word) => format!("the word `{word}`"),
        PatternText::Substring(text) => format!("`{text}`"),
        PatternText::Phrase(phrase) => format!("the phrase \"{phrase}\""),
        PatternText::Glob(glob) => format!("what fits `{glob}`"),
        PatternText::Regex(expression) => format!("a match of /{expression}/"),
    };
    if it.case_sensitive { format!("{text} (case counts)") } else { text }
}

fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::Line => "line",
        Scope::Block => "block",
        Scope::Section => "section",
        Scope::Task(TaskState::Any) => "task",
        Scope::Task(TaskState::Todo) => "open task",
        Scope::Task(TaskState::Done) => "completed task",
    }
}

fn property_test(it: &PropertyTest) -> String {
    match it {
        PropertyTest::Exists => "exists".to_owned(),
        PropertyTest::Null => "exists without a value".to_owned(),
        PropertyTest::Empty => "is empty".to_owned(),
        PropertyTest::True => "is true".to_owned(),
        PropertyTest::False => "is false".to_owned(),
        PropertyTest::Less(number) => format!("is less than {number}"),
        PropertyTest::Greater(number) => format!("is greater than {number}"),
        PropertyTest::Value(text) => format!("has {}", pattern(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::query::{natural, obsidian};

    #[test]
    fn says_how_a_text_was_read() {
        let check = |query: &str, expected: &str| assert_eq!(explain(&obsidian(query).unwrap()), expected, "{query}");
        check("", "any note");
        check(
            "a (b OR \"c d\")",
            "ranked by `a`, `b`, \"c d\"; text or path has `a` and (text or path has `b` or text or path has the phrase \"c d\")",
        );
        check("-task-todo:call", "not (one open task where (text has `call`))");
        check(
            "tag:#a match-case:file:B",
            "has the tag #a or one below it and file name has `B` (case counts)",
        );
        check(
            "[status:Draft OR null] [n:<5]",
            "(the property `status` has `Draft` or the property `status` exists without a value) and the property `n` is less than 5",
        );
        assert_eq!(
            explain(&natural("copper path:Projects/* -kind:Secret")),
            "ranked by `copper`; path fits `Projects/**` and not (kind has the word `Secret`)"
        );
        assert_eq!(explain(&natural("copper ledger")), "ranked by `copper`, `ledger`");
    }
}

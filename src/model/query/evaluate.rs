//! Says whether a file meets a condition, by reading it: the meaning of every operator in one place. It is the oracle of the index's tests
//! and the judge of its candidates. Knows a note and its text; knows no index, so it neither stems words nor ranks.

use std::{borrow::Cow, cell::OnceCell};

use unicode_normalization::UnicodeNormalization;

use crate::model::{
    config_file::record,
    glob::PathGlob,
    query::{
        Condition, PropertyTest, Scope, candidate::Candidate, outline::Span, pattern::Finder, resource::ResourceFinder, scopes::Parts,
    },
    yaml::Value,
};

/// A condition made ready to be asked about many files.
#[derive(Debug)]
pub struct Matcher {
    root: Test,
    facts: Vec<Fact>,
}

/// A condition that looks at a part of the text, or joins others.
#[derive(Debug)]
enum Test {
    Everything,
    And(Vec<Test>),
    Or(Vec<Test>),
    Not(Box<Test>),
    Text {
        finder: Finder,
        or_path: bool,
    },
    /// Lower case.
    Tag(String),
    Scope(Scope, Box<Test>),
    /// Index into [`Matcher::facts`].
    Fact(usize),
}

/// A condition on the file as a whole: decided once, though a scope may ask for it line by line.
#[derive(Debug)]
enum Fact {
    File(Finder),
    Path(Finder),
    PathGlob(PathGlob),
    Value { name: String, finder: Finder },
    Property { name: String, test: PropertyTest },
    Field { name: &'static str, finder: Finder },
    Resource(ResourceFinder),
}

impl Matcher {
    /// Returns the matcher. Fails only for a pattern that no query holds: an invalid regular expression.
    pub fn new(condition: &Condition) -> Result<Matcher, String> {
        let mut facts = Vec::new();
        Ok(Matcher {
            root: compile(condition, &mut facts)?,
            facts,
        })
    }

    /// Says whether the file meets the condition. Takes time linear in the text.
    pub fn matches(&self, candidate: &Candidate<'_>) -> bool {
        let file = File {
            candidate,
            path: visible_path(candidate.path.as_str()),
            facts: self.facts.iter().map(|it| (it, OnceCell::new())).collect(),
            parts: Parts::new(candidate),
        };
        file.meets(&self.root, &file.parts.whole())
    }
}

fn compile(condition: &Condition, facts: &mut Vec<Fact>) -> Result<Test, String> {
    let fact = match condition {
        Condition::Everything => return Ok(Test::Everything),
        Condition::And(parts) => return Ok(Test::And(parts.iter().map(|it| compile(it, facts)).collect::<Result<_, _>>()?)),
        Condition::Or(parts) => return Ok(Test::Or(parts.iter().map(|it| compile(it, facts)).collect::<Result<_, _>>()?)),
        Condition::Not(inner) => return Ok(Test::Not(Box::new(compile(inner, facts)?))),
        Condition::Anywhere(text) => {
            return Ok(Test::Text {
                finder: Finder::new(text)?,
                or_path: true,
            });
        }
        Condition::Content(text) => {
            return Ok(Test::Text {
                finder: Finder::new(text)?,
                or_path: false,
            });
        }
        Condition::Tag(name) => return Ok(Test::Tag(name.to_lowercase())),
        Condition::Scope(scope, inner) => return Ok(Test::Scope(*scope, Box::new(compile(inner, facts)?))),
        Condition::File(text) => Fact::File(Finder::new(text)?),
        Condition::Path(text) => Fact::Path(Finder::new(text)?),
        Condition::PathGlob(glob) => Fact::PathGlob(glob.clone()),
        Condition::Property {
            name,
            test: PropertyTest::Value(text),
        } => Fact::Value {
            name: name.clone(),
            finder: Finder::new(text)?,
        },
        Condition::Property { name, test } => Fact::Property {
            name: name.clone(),
            test: test.clone(),
        },
        Condition::Field { name, pattern } => Fact::Field {
            name,
            finder: Finder::new(pattern)?,
        },
        Condition::Resource(test) => Fact::Resource(ResourceFinder::new(test)?),
    };
    facts.push(fact);
    Ok(Test::Fact(facts.len() - 1))
}

impl Fact {
    fn holds(&self, candidate: &Candidate<'_>, path: &str) -> bool {
        match self {
            Fact::File(finder) => finder.is_match(path.rsplit('/').next().unwrap_or(path)),
            Fact::Path(finder) => finder.is_match(path),
            Fact::PathGlob(glob) => glob.matches(candidate.path),
            Fact::Value { name, finder } => any_text(candidate, name, &|it| finder.is_match(it)),
            Fact::Property { name, test } => candidate.parsed().property(name).is_some_and(|value| passes(value, test)),
            Fact::Field { name, finder } => candidate.is_config_file() && any_text(candidate, name, &|it| finder.is_match(it)),
            Fact::Resource(finder) => candidate.is_config_file() && any_text(candidate, record::PROPERTY, &|it| finder.is_match(it)),
        }
    }
}

/// Says whether a property has a value whose text passes.
fn any_text(candidate: &Candidate<'_>, name: &str, passes: &dyn Fn(&str) -> bool) -> bool {
    let property = candidate.parsed().property(name);
    property.is_some_and(|value| any_scalar(value, &|it| it.scalar_text().is_some_and(|text| passes(&text))))
}

struct File<'a> {
    candidate: &'a Candidate<'a>,
    path: Cow<'a, str>,
    facts: Vec<(&'a Fact, OnceCell<bool>)>,
    parts: Parts<'a>,
}

impl File<'_> {
    fn meets(&self, test: &Test, span: &Span) -> bool {
        match test {
            Test::Everything => true,
            Test::And(parts) => parts.iter().all(|it| self.meets(it, span)),
            Test::Or(parts) => parts.iter().any(|it| self.meets(it, span)),
            Test::Not(inner) => !self.meets(inner, span),
            Test::Fact(index) => {
                let (fact, holds) = &self.facts[*index];
                *holds.get_or_init(|| fact.holds(self.candidate, &self.path))
            }
            _ if self.candidate.attachment => false,
            Test::Text { finder, or_path } => {
                let in_path = || *or_path && *span == self.parts.whole() && finder.is_match(&self.path);
                self.parts.any_text(span, |text| finder.is_match(text)) || in_path()
            }
            Test::Tag(name) => self.has_tag(name, span),
            // Reading the text through is cheap beside finding its parts.
            Test::Scope(_, inner) if *span == self.parts.whole() && !self.may_hold(inner) => false,
            Test::Scope(Scope::Line, inner) if let (Some(finder), true) = (literal_of(inner), *span == self.parts.whole()) => {
                self.parts.any_line_with(finder, |line| self.meets(inner, line))
            }
            Test::Scope(scope, inner) => self.parts.any(*scope, span, |part| self.meets(inner, part)),
        }
    }

    /// Says whether any part of the note can meet a test, as far as the whole text tells.
    fn may_hold(&self, test: &Test) -> bool {
        match test {
            Test::Everything | Test::Not(_) | Test::Tag(_) => true,
            Test::And(parts) => parts.iter().all(|it| self.may_hold(it)),
            Test::Or(parts) => parts.iter().any(|it| self.may_hold(it)),
            Test::Fact(_) => self.meets(test, &self.parts.whole()),
            // The whole note can be one section.
            Test::Text { finder, or_path } => finder.may_be_within(self.candidate.text) || *or_path && finder.is_match(&self.path),
            Test::Scope(_, inner) => self.may_hold(inner),
        }
    }

    fn has_tag(&self, name: &str, span: &Span) -> bool {
        let note = self.candidate.parsed();
        let first = note.tags.partition_point(|it| it.range.start < span.own.start);
        let mut in_span = note.tags[first..].iter().take_while(|it| it.range.start < span.own.end);
        let in_property = || *span == self.parts.whole() && note.property_tags().iter().any(|it| is_tag(it, name));
        in_span.any(|it| is_tag(&it.name, name)) || in_property()
    }
}

/// Returns a text that every part has that meets the test, or the path of a note that is but this part.
fn literal_of(test: &Test) -> Option<&Finder> {
    match test {
        Test::Text { finder, .. } if finder.is_literal() => Some(finder),
        Test::And(parts) => parts.iter().find_map(literal_of),
        _ => None,
    }
}

/// Returns the path as Obsidian shows it: NFC, without the spaces that look like others. Case stays.
pub fn visible_path(path: &str) -> Cow<'_, str> {
    if path.is_ascii() {
        return Cow::Borrowed(path);
    }
    Cow::Owned(
        path.nfc()
            .map(|it| if matches!(it, '\u{a0}' | '\u{202f}') { ' ' } else { it })
            .collect(),
    )
}

/// Says whether a tag is the one asked for (in lower case) or a child of it: `work` is neither `workshop` nor `myjob/work`.
fn is_tag(tag: &str, name: &str) -> bool {
    let tag = tag.to_lowercase();
    tag.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn passes(value: &Value, test: &PropertyTest) -> bool {
    match test {
        PropertyTest::Null => *value == Value::Null,
        PropertyTest::Empty => match value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::List(items) => items.is_empty(),
            Value::Map(entries) => entries.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        },
        PropertyTest::True => any_scalar(value, &|it| *it == Value::Bool(true)),
        PropertyTest::False => any_scalar(value, &|it| *it == Value::Bool(false)),
        PropertyTest::Less(bound) => any_number(value, &|it| it < *bound),
        PropertyTest::Greater(bound) => any_number(value, &|it| it > *bound),
        // A value is looked for by its finder; what is left asks for the property alone.
        PropertyTest::Exists | PropertyTest::Value(_) => true,
    }
}

fn any_number(value: &Value, passes: &dyn Fn(f64) -> bool) -> bool {
    any_scalar(value, &|it| matches!(it, Value::Number(number) if passes(number.as_f64())))
}

/// Of a list or map one element is enough; the YAML reader bounds the nesting.
fn any_scalar(value: &Value, passes: &dyn Fn(&Value) -> bool) -> bool {
    match value {
        Value::List(items) => items.iter().any(|it| any_scalar(it, passes)),
        Value::Map(entries) => entries.iter().any(|(_, it)| any_scalar(it, passes)),
        scalar => passes(scalar),
    }
}

#[cfg(test)]
mod tests;

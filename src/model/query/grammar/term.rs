//! The ends of the grammar: words, phrases and properties, where conditions and evidence are made.

use std::ops::Range;

use crate::model::query::{
    Condition, Evidence, Pattern, PatternText, PropertyTest, QueryError,
    grammar::Parser,
    leaf::{self, Aim, Context, Dialect, OPERATORS, Term},
    lexer::{self, Delimiters},
};

const MAX_TERMS: usize = 64;
/// Compiling one may cost milliseconds.
const MAX_REGEXES: usize = 8;

impl<'a> Parser<'a> {
    /// `[name]`, `[name:value]`, with alternatives on either side of the colon.
    pub(super) fn property(&mut self, context: &Context) -> Result<Condition, QueryError> {
        let start = self.at;
        self.count_operator(start..start + 1)?;
        let unclosed = |it: &Parser<'_>| it.error(start..start + 1, "unclosed `[`", "close the property with `]`, or quote the text");
        self.at += 1;
        let names = if self.rest().starts_with('"') {
            vec![self.phrase()?]
        } else {
            let length = self.rest().find([':', ']']).ok_or_else(|| unclosed(self))?;
            let names = self.rest()[..length].split(" OR ").map(|it| it.trim().to_owned()).collect();
            self.at += length;
            names
        };
        if names.iter().any(String::is_empty) {
            return Err(self.error(
                start..self.at,
                "the name of the property is missing",
                "write `[name]` or `[name:value]`, or quote the text",
            ));
        }
        let mut value = None;
        if self.rest().starts_with(':') {
            self.at += 1;
            value = Some(self.at);
        }
        let mut parts = Vec::new();
        for name in names {
            parts.push(match value {
                None => Condition::Property {
                    name,
                    test: PropertyTest::Exists,
                },
                Some(at) => {
                    self.at = at;
                    self.alternatives(&Context {
                        aim: Aim::Property,
                        property: name,
                        ..context.clone()
                    })?
                }
            });
        }
        if !self.rest().starts_with(']') {
            return Err(unclosed(self));
        }
        self.at += 1;
        Ok(Condition::any(parts))
    }

    pub(super) fn word(&mut self, context: &Context) -> Result<Condition, QueryError> {
        let start = self.at;
        let name = leaf::name_before_colon(self.rest());
        if let (Some(name), Dialect::Obsidian, false) = (name, self.dialect, context.aim == Aim::Property) {
            let message = format!("`{name}:` is no operator");
            let hint = format!("operators: {OPERATORS}; quote the text to search for it as it is");
            return Err(self.error(start..start + name.len() + 1, &message, &hint));
        }
        let delimiters = match (self.dialect, context.aim) {
            (_, Aim::Property) => Delimiters::Property,
            (Dialect::Natural, _) if self.depth < 2 => Delimiters::Quotes,
            _ => Delimiters::Groups,
        };
        self.at += lexer::word_length(self.rest(), delimiters);
        self.term(Term::Word(&self.text[start..self.at]), start..self.at, context)
    }

    /// Counts a term and makes its condition.
    pub(super) fn term(&mut self, term: Term<'a>, range: Range<usize>, context: &Context) -> Result<Condition, QueryError> {
        self.n_terms += 1;
        self.n_regexes += usize::from(matches!(term, Term::Regex(_)));
        if self.n_terms > MAX_TERMS || self.n_regexes > MAX_REGEXES {
            let message = format!("a query may have {MAX_TERMS} terms, and {MAX_REGEXES} regular expressions among them");
            return Err(self.error(range, &message, "split the query"));
        }
        let condition = match leaf::condition(term, context, self.dialect) {
            Ok(condition) => condition,
            Err(message) => return Err(self.error(range, &message, "quote the text to search for it as it is")),
        };
        let is_whole_word = |it: &Pattern| matches!(it.text, PatternText::Word(_));
        let ranked = match &condition {
            Condition::Anywhere(pattern) | Condition::Content(pattern) => Some(pattern),
            // The passage that says so is the one to be shown; a part of a word might not be found in any.
            Condition::Field { pattern, .. } => Some(pattern).filter(|it| is_whole_word(it)),
            _ => None,
        };
        if let (true, Some(pattern)) = (context.positive, ranked) {
            let (text, phrase, range) = match &pattern.text {
                PatternText::Word(text) | PatternText::Substring(text) => (text, false, range),
                PatternText::Phrase(text) => (text, true, range.start + 1..range.end - 1),
                PatternText::Glob(_) | PatternText::Regex(_) => return Ok(condition),
            };
            self.evidence.push(Evidence {
                text: text.clone(),
                phrase,
                range,
            });
        }
        Ok(condition)
    }

    pub(super) fn phrase(&mut self) -> Result<String, QueryError> {
        let Some((phrase, length)) = lexer::phrase(self.rest()) else {
            return Err(self.error(self.at..self.at + 1, "unclosed `\"`", "close the phrase with `\"`"));
        };
        self.at += length;
        Ok(phrase)
    }
}

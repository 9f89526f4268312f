//! Obsidian's query language by recursive descent (`natural` borrows its operators): `OR` binds weaker than juxtaposition, `-` negates the
//! term after it, an operator or a bracket takes a term or a group. Knows the grammar and our bounds; what a term means is `leaf`'s.

use std::ops::Range;

use crate::model::query::{
    Condition, Evidence, PropertyTest, Query, QueryError,
    leaf::{self, Aim, Context, Dialect, Operator, Term},
    lexer,
};

mod term;

/// Groups, operators and brackets within each other; bounds the recursion here and of everything that walks a condition.
const MAX_DEPTH: usize = 32;
/// Sections within sections multiply the work of a match.
const MAX_SCOPES: usize = 4;
const MAX_OPERATORS: usize = 32;

/// Reads a whole query of Obsidian's language.
pub(super) fn parse(text: &str) -> Result<Query, QueryError> {
    let mut parser = Parser::new(text, Dialect::Obsidian);
    parser.skip_space();
    let mut condition = Condition::Everything;
    if !parser.rest().is_empty() {
        condition = parser.alternatives(&Parser::top(true))?;
        if !parser.rest().is_empty() {
            return Err(parser.error(parser.at..parser.at + 1, "`)` closes no group", "remove it or quote it"));
        }
    }
    Ok(Query {
        evidence: parser.evidence,
        condition,
        warnings: Vec::new(),
    })
}

/// A position in a query, and what was spent of our bounds.
#[derive(Debug)]
pub(super) struct Parser<'a> {
    text: &'a str,
    /// The byte to be read next.
    pub(super) at: usize,
    /// The positive words and phrases about the text read so far.
    pub(super) evidence: Vec<Evidence>,
    dialect: Dialect,
    depth: usize,
    n_terms: usize,
    n_operators: usize,
    n_regexes: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, dialect: Dialect) -> Parser<'a> {
        Parser {
            text,
            at: 0,
            evidence: Vec::new(),
            dialect,
            depth: 0,
            n_terms: 0,
            n_operators: 0,
            n_regexes: 0,
        }
    }

    /// Returns the context outside all operators.
    pub(super) fn top(positive: bool) -> Context {
        Context {
            aim: Aim::Anywhere,
            property: String::new(),
            case_sensitive: false,
            positive,
            n_scopes: 0,
        }
    }

    /// `a b OR c`
    fn alternatives(&mut self, context: &Context) -> Result<Condition, QueryError> {
        let mut parts = vec![self.sequence(context)?];
        while self.is_or(context) {
            self.at += "OR".len();
            parts.push(self.sequence(context)?);
        }
        Ok(Condition::any(parts))
    }

    /// `a -b (c OR d)`: up to `OR`, the end, or what closes the group.
    fn sequence(&mut self, context: &Context) -> Result<Condition, QueryError> {
        let mut parts = Vec::new();
        loop {
            self.skip_space();
            if self.is_closed(context) || self.is_or(context) {
                break;
            }
            parts.push(self.signed(context)?);
        }
        if parts.is_empty() {
            let end = self.at + self.rest().chars().next().map_or(0, char::len_utf8);
            return Err(self.error(self.at..end, "a term is missing", "write a word, a \"phrase\" or a (group)"));
        }
        Ok(Condition::all(parts))
    }

    /// A term with or without a minus.
    fn signed(&mut self, context: &Context) -> Result<Condition, QueryError> {
        let after = self.rest().strip_prefix('-').and_then(|it| it.chars().next());
        if after.is_none_or(|it| it.is_whitespace() || it == ')' || (it == ']' && context.aim == Aim::Property)) {
            return self.primary(context);
        }
        self.at += 1;
        let negated = self.primary(&Context {
            positive: !context.positive,
            ..context.clone()
        })?;
        let negation = Condition::Not(Box::new(negated));
        if context.aim != Aim::Property {
            return Ok(negation);
        }
        // `[status:-Draft]` still asks for notes that have a status.
        let exists = Condition::Property {
            name: context.property.clone(),
            test: PropertyTest::Exists,
        };
        Ok(Condition::And(vec![exists, negation]))
    }

    /// A word, phrase, regular expression, group, operator with its term, or bracket.
    pub(super) fn primary(&mut self, context: &Context) -> Result<Condition, QueryError> {
        let start = self.at;
        match self.rest().as_bytes().first() {
            Some(b'"') => {
                let phrase = self.phrase()?;
                self.term(Term::Phrase(phrase), start..self.at, context)
            }
            Some(b'/') => match lexer::regex_length(self.rest()) {
                Some(length) if self.dialect == Dialect::Obsidian || self.is_end_of_term(start + length) => {
                    self.at += length;
                    self.term(Term::Regex(&self.text[start + 1..self.at - 1]), start..self.at, context)
                }
                None if self.dialect == Dialect::Obsidian => Err(self.error(
                    start..start + 1,
                    "unclosed `/`",
                    "close the regular expression with `/`, or quote the text",
                )),
                // `path:/etc/hosts`
                _ => self.word(context),
            },
            Some(b'(') => self.nested(start..start + 1, |it| it.group(context)),
            Some(b'[') if context.aim != Aim::Property => self.nested(start..start + 1, |it| it.property(context)),
            _ if context.aim == Aim::Property => self.word(context),
            _ => match leaf::operator(self.rest(), self.dialect) {
                Some((operator, length)) => {
                    self.at += length;
                    self.nested(start..start + length, |it| it.operand(operator, start, context))
                }
                None => self.word(context),
            },
        }
    }

    fn group(&mut self, context: &Context) -> Result<Condition, QueryError> {
        let start = self.at;
        self.at += 1;
        let inner = self.alternatives(context)?;
        if !self.rest().starts_with(')') {
            return Err(self.error(start..start + 1, "unclosed `(`", "close the group with `)`, or quote it"));
        }
        self.at += 1;
        Ok(inner)
    }

    /// What stands after an operator, which must follow its colon directly.
    fn operand(&mut self, operator: Operator, start: usize, context: &Context) -> Result<Condition, QueryError> {
        self.count_operator(start..self.at)?;
        let name = &self.text[start..self.at];
        if self.rest().chars().next().is_none_or(|it| it.is_whitespace() || it == ')') {
            let message = format!("`{name}` has no term");
            return Err(self.error(
                start..self.at,
                &message,
                &format!("write it directly after the colon: `{name}word`"),
            ));
        }
        match operator {
            Operator::Aim(aim) => self.signed(&Context { aim, ..context.clone() }),
            Operator::CaseSensitive(case_sensitive) => self.signed(&Context {
                case_sensitive,
                ..context.clone()
            }),
            Operator::Scope(_) if context.n_scopes == MAX_SCOPES => {
                let message = format!("lines, blocks, sections and tasks nest at most {MAX_SCOPES} deep");
                Err(self.error(start..self.at, &message, "simplify the query"))
            }
            Operator::Scope(scope) => {
                let inner = self.signed(&Context {
                    aim: Aim::Content,
                    n_scopes: context.n_scopes + 1,
                    ..context.clone()
                })?;
                Ok(Condition::Scope(scope, Box::new(inner)))
            }
        }
    }

    fn nested<T>(&mut self, range: Range<usize>, inner: impl FnOnce(&mut Self) -> Result<T, QueryError>) -> Result<T, QueryError> {
        if self.depth == MAX_DEPTH {
            let message = format!("groups and operators nest at most {MAX_DEPTH} deep");
            return Err(self.error(range, &message, "simplify the query"));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn count_operator(&mut self, range: Range<usize>) -> Result<(), QueryError> {
        self.n_operators += 1;
        if self.n_operators > MAX_OPERATORS {
            let message = format!("a query may have {MAX_OPERATORS} operators");
            return Err(self.error(range, &message, "split the query"));
        }
        Ok(())
    }

    fn is_closed(&self, context: &Context) -> bool {
        match self.rest().as_bytes().first() {
            None | Some(b')') => true,
            Some(b']') => context.aim == Aim::Property,
            _ => false,
        }
    }

    fn is_end_of_term(&self, at: usize) -> bool {
        self.text[at..]
            .chars()
            .next()
            .is_none_or(|it| it.is_whitespace() || matches!(it, ')' | ']'))
    }

    fn is_or(&self, context: &Context) -> bool {
        let after = self.rest().strip_prefix("OR").map(|it| it.chars().next());
        let ends = |it: char| it.is_whitespace() || matches!(it, '(' | ')' | '"') || (it == ']' && context.aim == Aim::Property);
        after.is_some_and(|it| it.is_none_or(ends))
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn error(&self, range: Range<usize>, message: &str, hint: &str) -> QueryError {
        QueryError {
            range,
            message: message.to_owned(),
            hint: hint.to_owned(),
        }
    }
}

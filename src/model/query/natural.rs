//! Text as an agent writes it: words and phrases that rank, `+` and `-`, and Obsidian's operators as conditions. Everything else is words.
//! Never fails; what was read otherwise than it looks is named in the warnings.

use std::ops::Range;

use crate::model::query::{
    Condition, Evidence, Pattern, PatternText, PropertyTest, Query,
    grammar::Parser,
    leaf::{self, Dialect, FIELDS, OPERATORS},
    lexer::{self, Delimiters},
    resource,
};

const MAX_EVIDENCE: usize = 64;
const MAX_CONDITIONS: usize = 32;
const MAX_WARNINGS: usize = 10;

/// What stands between white space, read apart from its neighbours.
#[derive(Debug)]
enum Item {
    Evidence(Evidence),
    Condition(Condition, Vec<Evidence>),
    /// Excludes beside a positive term; alone it is the word or phrase that it looks like.
    Exclusion(Condition, Evidence),
}

#[derive(Debug)]
struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Shared by all operators, so that its bounds hold for the whole text and for what was read in vain.
    parser: Parser<'a>,
    items: Vec<Item>,
    warnings: Vec<String>,
    /// A quote without an end was met: the ones after it have none either.
    unclosed: bool,
    /// Up to here an expression between slashes has been reported.
    reported: usize,
    /// `OR` stands between others.
    has_or: bool,
}

/// Reads the whole text.
pub(super) fn parse(text: &str) -> Query {
    let parser = Parser::new(text, Dialect::Natural);
    let mut reader = Reader {
        text,
        at: 0,
        parser,
        items: Vec::new(),
        warnings: Vec::new(),
        unclosed: false,
        reported: 0,
        has_or: false,
    };
    loop {
        reader.at = text.len() - text[reader.at..].trim_start().len();
        if reader.at == text.len() {
            break;
        }
        reader.read_item();
    }
    if reader.items.is_empty() && !text.trim().is_empty() {
        // Nothing but marks: they must not select every note.
        let start = text.len() - text.trim_start().len();
        reader.items.push(Item::Evidence(word(text, start..text.trim_end().len())));
    }
    if reader.has_or && reader.items.iter().any(|it| matches!(it, Item::Condition(..))) {
        reader.warn("`OR` is searched as a word, and all conditions must hold; for one or the other use `syntax=obsidian`, in which `kind:a` is written `[kind:a]`".to_owned());
    }
    assemble(reader.items, reader.warnings)
}

/// Decides what the minus signs mean, now that their neighbours are known, and applies our bounds.
fn assemble(items: Vec<Item>, mut warnings: Vec<String>) -> Query {
    let is_positive = items.iter().any(|it| !matches!(it, Item::Exclusion(..)));
    let (mut evidence, mut conditions) = (Vec::new(), Vec::new());
    for item in items {
        match item {
            Item::Evidence(it) => evidence.push(it),
            Item::Condition(condition, its) => {
                conditions.push(condition);
                evidence.extend(its);
            }
            Item::Exclusion(condition, _) if is_positive => conditions.push(Condition::Not(Box::new(condition))),
            Item::Exclusion(_, it) => {
                warn(
                    &mut warnings,
                    format!("`-{}` excludes only beside a term to look for, so it is searched as text", it.text),
                );
                evidence.push(it);
            }
        }
    }
    if evidence.len() > MAX_EVIDENCE || conditions.len() > MAX_CONDITIONS {
        warnings.push(format!(
            "only the first {MAX_EVIDENCE} words and {MAX_CONDITIONS} conditions are used"
        ));
        evidence.truncate(MAX_EVIDENCE);
        conditions.truncate(MAX_CONDITIONS);
    }
    Query {
        evidence,
        condition: Condition::all(resource::joined(conditions)),
        warnings,
    }
}

impl Reader<'_> {
    fn read_item(&mut self) {
        let start = self.at;
        let sign = self.text.as_bytes()[start];
        let body = start + usize::from(matches!(sign, b'+' | b'-'));
        if self.read_phrase(sign, body) || self.read_operator(sign, body) {
            return;
        }
        if self.text[start..].starts_with('"') {
            self.unclosed = true;
            self.warn("a quote is not closed, so its words are searched one by one".to_owned());
            self.at += 1;
            return;
        }
        self.read_word(sign, start, body);
    }

    /// `"a b"`, `+"a b"`, `-"a b"`
    fn read_phrase(&mut self, sign: u8, body: usize) -> bool {
        if self.unclosed || !self.text[body..].starts_with('"') {
            return false;
        }
        let Some((phrase, length)) = lexer::phrase(&self.text[body..]) else {
            return false;
        };
        self.at = body + length;
        if !phrase.trim().is_empty() {
            let evidence = Evidence {
                text: phrase.clone(),
                phrase: true,
                range: body + 1..self.at - 1,
            };
            self.push(sign, PatternText::Phrase(phrase), evidence);
        }
        true
    }

    /// `tag:x`, `-path:"a b"`, `+[status:draft]`; a faulty one is reported and left to be words.
    fn read_operator(&mut self, sign: u8, body: usize) -> bool {
        let rest = &self.text[body..];
        let is_property = begins_property(rest);
        if !is_property && leaf::operator(rest, Dialect::Natural).is_none() {
            return false;
        }
        let excludes = sign == b'-';
        self.parser.at = body;
        let condition = self.parser.primary(&Parser::top(!excludes));
        let evidence = std::mem::take(&mut self.parser.evidence);
        let condition = match condition {
            Ok(condition) => condition,
            Err(error) => {
                self.warn(format!("{}, so it is searched as text; {}", error.message, error.hint));
                return false;
            }
        };
        let end = self.parser.at;
        if is_property && self.text[end..].starts_with(|it: char| !it.is_whitespace()) {
            // `[text](address)`, `[error]:`
            return false;
        }
        if let (
            true,
            Condition::Property {
                name,
                test: PropertyTest::Exists,
            },
        ) = (is_property, &condition)
        {
            self.warn(format!(
                "`[{name}]` selects notes that have the property `{name}`; quote it to search for the text"
            ));
        }
        self.at = end;
        self.items.push(if excludes {
            Item::Exclusion(condition, word(self.text, body..end))
        } else {
            Item::Condition(condition, evidence)
        });
        true
    }

    /// `word`, `+word`, `-word`
    fn read_word(&mut self, sign: u8, start: usize, body: usize) {
        let end = start + lexer::word_length(&self.text[start..], Delimiters::Quotes);
        self.at = end;
        if self.text[start..end].bytes().all(|it| it.is_ascii_punctuation()) {
            return;
        }
        self.report_look_alikes(body, end);
        self.has_or |= &self.text[start..end] == "OR" && !self.items.is_empty() && !self.text[end..].trim().is_empty();
        let is_signed = match (sign, self.text[body..].chars().next()) {
            (b'+', Some(first)) => first.is_alphanumeric(),
            (b'-', Some(first)) => first.is_alphabetic(),
            _ => false,
        };
        if is_signed {
            self.push(sign, PatternText::Word(self.text[body..end].to_owned()), word(self.text, body..end));
        } else {
            self.items.push(Item::Evidence(word(self.text, start..end)));
        }
    }

    /// Warns of a word that looks like an operator that we do not have, and of a regular expression outside one.
    fn report_look_alikes(&mut self, start: usize, end: usize) {
        if let Some(name) = leaf::name_before_colon(&self.text[start..end]) {
            let value = &self.text[start + name.len() + 1..end];
            // Not for an address, a drive, a path of names, or a colon that ends a word.
            if !value.is_empty() && !value.starts_with(['/', '\\', ':']) && leaf::operator(&self.text[start..], Dialect::Natural).is_none()
            {
                self.warn(format!(
                    "`{name}:` is no operator, so `{name}:{value}` is searched as text; operators: {}: {OPERATORS}",
                    FIELDS.join(": ")
                ));
            }
        }
        if start < self.reported || !self.text[start..].starts_with('/') {
            return;
        }
        let Some(length) = lexer::regex_length(&self.text[start..]) else {
            self.reported = self.text.len();
            return;
        };
        // `/usr/bin` is no expression: something follows its second slash.
        if self.text[start + length..].chars().next().is_none_or(char::is_whitespace) {
            self.reported = start + length;
            let expression = &self.text[start..start + length];
            self.warn(format!(
                "`{expression}` is searched as words; a regular expression needs an operator, as in `content:{expression}`"
            ));
        }
    }

    fn push(&mut self, sign: u8, text: PatternText, evidence: Evidence) {
        let condition = Condition::Anywhere(Pattern {
            text,
            case_sensitive: false,
        });
        self.items.push(match sign {
            b'+' => Item::Condition(condition, vec![evidence]),
            b'-' => Item::Exclusion(condition, evidence),
            _ => Item::Evidence(evidence),
        });
    }

    fn warn(&mut self, warning: String) {
        warn(&mut self.warnings, warning);
    }
}

fn warn(warnings: &mut Vec<String>, warning: String) {
    if warnings.len() < MAX_WARNINGS && !warnings.contains(&warning) {
        warnings.push(warning);
    }
}

fn word(text: &str, range: Range<usize>) -> Evidence {
    Evidence {
        text: text[range.clone()].to_owned(),
        phrase: false,
        range,
    }
}

/// Says whether a bracket opens a property here, not a check box, a link or the time of a log line.
fn begins_property(text: &str) -> bool {
    let inner = text.strip_prefix('[').and_then(|it| it.chars().next());
    inner.is_some_and(|it| it.is_alphabetic() || it == '"' || it == '_')
}

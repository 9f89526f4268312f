//! What one term means: the operators of both languages, and the condition that a word, phrase or regular expression makes under them.
//! Knows single terms; the grammar puts them together.

use crate::model::{
    glob::PathGlob,
    query::{Condition, Pattern, PatternText, PropertyTest, Scope, TaskState, pattern::Finder},
};

/// Named in every hint: what may stand before a colon.
pub(super) const OPERATORS: &str =
    "file: path: content: tag: line: block: section: task: task-todo: task-done: match-case: ignore-case: [property] [property:value]";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Natural,
    Obsidian,
}

/// What a word before a colon does to the term after it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Operator {
    Aim(Aim),
    Scope(Scope),
    CaseSensitive(bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aim {
    Anywhere,
    Content,
    File,
    Path,
    Tag,
    /// A fact of config files.
    Field(&'static str),
    Property,
}

/// What the operators around a term say about it.
#[derive(Debug, Clone)]
pub(super) struct Context {
    pub(super) aim: Aim,
    /// For [`Aim::Property`].
    pub(super) property: String,
    pub(super) case_sensitive: bool,
    /// Not under a minus.
    pub(super) positive: bool,
    pub(super) n_scopes: usize,
}

#[derive(Debug, Clone)]
pub(super) enum Term<'a> {
    Word(&'a str),
    /// Without quotes, escapes resolved.
    Phrase(String),
    /// Without slashes.
    Regex(&'a str),
}

/// What may stand before a colon besides, in `natural`: facts of config files.
pub(super) const FIELDS: [&str; 8] = ["kind", "namespace", "name", "image", "chart", "version", "host", "port"];

/// Returns the operator that the text begins with, and its length with the colon.
pub(super) fn operator(text: &str, dialect: Dialect) -> Option<(Operator, usize)> {
    let name = name_before_colon(text)?;
    let operator = match name.to_ascii_lowercase().as_str() {
        "file" => Operator::Aim(Aim::File),
        "path" => Operator::Aim(Aim::Path),
        "content" => Operator::Aim(Aim::Content),
        "tag" => Operator::Aim(Aim::Tag),
        "line" => Operator::Scope(Scope::Line),
        "block" => Operator::Scope(Scope::Block),
        "section" => Operator::Scope(Scope::Section),
        "task" => Operator::Scope(Scope::Task(TaskState::Any)),
        "task-todo" => Operator::Scope(Scope::Task(TaskState::Todo)),
        "task-done" => Operator::Scope(Scope::Task(TaskState::Done)),
        "match-case" => Operator::CaseSensitive(true),
        "ignore-case" => Operator::CaseSensitive(false),
        name => {
            let field = FIELDS.into_iter().find(|it| *it == name && dialect == Dialect::Natural)?;
            Operator::Aim(Aim::Field(field))
        }
    };
    Some((operator, name.len() + 1))
}

/// Returns what looks like the name of an operator: letters, digits, `-` and `_` from a letter on, before a colon. `10:30` has none.
pub(super) fn name_before_colon(text: &str) -> Option<&str> {
    let end = text
        .bytes()
        .position(|it| !it.is_ascii_alphanumeric() && !matches!(it, b'-' | b'_'))?;
    (text.as_bytes()[end] == b':' && text.as_bytes()[0].is_ascii_alphabetic()).then(|| &text[..end])
}

/// Returns the condition of one term, or why it makes none.
pub(super) fn condition(term: Term<'_>, context: &Context, dialect: Dialect) -> Result<Condition, String> {
    let text = match term {
        Term::Word(word) if context.aim == Aim::Property => {
            let test = property_word(word, context)?;
            return Ok(Condition::Property {
                name: context.property.clone(),
                test,
            });
        }
        Term::Word(word) if context.aim == Aim::Tag && dialect == Dialect::Natural && word.contains('*') => {
            return Err("`tag:` takes a name without `*`; it finds the tags below it, too".to_owned());
        }
        Term::Word(word) if context.aim == Aim::Tag => return tag(word),
        Term::Phrase(phrase) if context.aim == Aim::Tag => return tag(&phrase),
        Term::Regex(_) if context.aim == Aim::Tag => return Err("`tag:` takes a name, not a regular expression".to_owned()),
        Term::Phrase(phrase) if phrase.is_empty() => return Ok(empty(context)),
        Term::Word(text) if is_glob(text, context, dialect) => return glob(text),
        // Only so can a folder with a space be named.
        Term::Phrase(text) if context.aim == Aim::Path && is_glob(&text, context, dialect) => return glob(&text),
        // A quoted star is one: `host:"*.example.org"`, `file:"*ite.toml"`.
        Term::Word(word) if dialect == Dialect::Natural && matches!(context.aim, Aim::Field(_)) && word.contains('*') => {
            PatternText::Glob(if is_part(context) { format!("*{word}*") } else { word.to_owned() })
        }
        // `nginx` is the image `docker.io/library/nginx:1.27`, `example.org` the host `app.example.org`.
        Term::Word(word) if is_part(context) => PatternText::Substring(word.to_owned()),
        Term::Word(word) if dialect == Dialect::Natural && matches!(context.aim, Aim::Anywhere | Aim::Content | Aim::Field(_)) => {
            PatternText::Word(word.to_owned())
        }
        Term::Phrase(path) if dialect == Dialect::Natural && matches!(context.aim, Aim::File | Aim::Path) => PatternText::Substring(path),
        Term::Word(word) => PatternText::Substring(word.to_owned()),
        Term::Phrase(phrase) => PatternText::Phrase(phrase),
        Term::Regex(expression) => PatternText::Regex(expression.to_owned()),
    };
    let pattern = Pattern {
        text,
        case_sensitive: context.case_sensitive,
    };
    if matches!(pattern.text, PatternText::Glob(_) | PatternText::Regex(_)) {
        Finder::new(&pattern)?;
    }
    Ok(match context.aim {
        Aim::Anywhere => Condition::Anywhere(pattern),
        Aim::Content => Condition::Content(pattern),
        Aim::File => Condition::File(pattern),
        Aim::Path => Condition::Path(pattern),
        Aim::Field(name) => Condition::Field { name, pattern },
        Aim::Property => Condition::Property {
            name: context.property.clone(),
            test: PropertyTest::Value(pattern),
        },
        Aim::Tag => unreachable!("tags are returned above"),
    })
}

/// `""`: every task of `task:""`, every file of `file:""`, an empty value of `[p:""]`.
fn empty(context: &Context) -> Condition {
    match context.aim {
        Aim::Property => Condition::Property {
            name: context.property.clone(),
            test: PropertyTest::Empty,
        },
        _ => Condition::Everything,
    }
}

fn tag(text: &str) -> Result<Condition, String> {
    let name = text.trim().trim_start_matches('#').trim_end_matches('/');
    if name.is_empty() {
        Err("the name of the tag is missing".to_owned())
    } else {
        Ok(Condition::Tag(name.to_owned()))
    }
}

/// Says whether a part of a value is enough, whatever stands around it.
fn is_part(context: &Context) -> bool {
    matches!(context.aim, Aim::Field("image" | "host"))
}

fn is_glob(text: &str, context: &Context, dialect: Dialect) -> bool {
    let names_files = context.aim == Aim::Path || context.aim == Aim::File && !text.contains('/');
    dialect == Dialect::Natural && names_files && text.contains('*')
}

/// A glob without a slash speaks of the file name, in any folder; a star that ends one speaks of all that is below: who asks for `clusters/*` does
/// not count folders. (The parameter `path` does.)
fn glob(text: &str) -> Result<Condition, String> {
    let text = text.trim_start_matches('/');
    let glob = if text.ends_with("/*") && !text.ends_with("**/*") {
        PathGlob::parse(&format!("{text}*"))
    } else if text.contains('/') {
        PathGlob::parse(text)
    } else {
        PathGlob::parse(&format!("**/{text}"))
    };
    glob.map(Condition::PathGlob)
        .map_err(|error| format!("`{text}` is no glob: {error}"))
}

fn property_word(word: &str, context: &Context) -> Result<PropertyTest, String> {
    let number = |digits: &str| match digits.parse::<f64>() {
        Ok(it) if it.is_finite() => Ok(it),
        _ => Err(format!("`{word}` compares with a number, and `{digits}` is none")),
    };
    Ok(match word {
        "null" => PropertyTest::Null,
        "EMPTY" => PropertyTest::Empty,
        "TRUE" => PropertyTest::True,
        "FALSE" => PropertyTest::False,
        _ => match word.as_bytes()[0] {
            b'<' => PropertyTest::Less(number(&word[1..])?),
            b'>' => PropertyTest::Greater(number(&word[1..])?),
            _ => PropertyTest::Value(Pattern {
                text: PatternText::Substring(word.to_owned()),
                case_sensitive: context.case_sensitive,
            }),
        },
    })
}

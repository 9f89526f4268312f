//! A map of the configuration file, read key by key. Remembers which keys exist, so that a misspelt one is named with its nearest neighbour;
//! knows nothing of what the keys mean.

use levenshtein_automata::{Distance, LevenshteinAutomatonBuilder};

use crate::{
    config::findings::{Complaint, Findings},
    model::yaml::Value,
};

/// One text as written, with the key under which its owner finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub key: String,
    pub text: String,
}

/// The entries of one map that nobody has asked for yet.
#[derive(Debug)]
pub struct Table {
    /// Where the map stands, empty for the file itself.
    pub key: String,
    entries: Vec<(String, Value)>,
    known: Vec<&'static str>,
}

/// Keys that someone would write a secret under.
const SECRET_KEYS: [&str; 6] = ["token", "secret", "password", "value", "key", "bearer"];

impl Table {
    /// Returns the map, or an empty one after noting that this is none.
    pub fn new(key: String, value: Value, findings: &mut Findings) -> Table {
        let entries = match value {
            Value::Map(entries) => entries,
            Value::Null => Vec::new(),
            other => {
                wrong_type(&key, "a map of keys and values", &other, findings);
                Vec::new()
            }
        };
        Table {
            key,
            entries,
            known: Vec::new(),
        }
    }

    /// Takes a text or a number; a missing or empty entry is `None`.
    pub fn text(&mut self, name: &'static str, findings: &mut Findings) -> Option<Written> {
        let (key, value) = self.take(name)?;
        scalar(key, value, findings)
    }

    /// Takes a list of texts, empty when missing.
    pub fn texts(&mut self, name: &'static str, findings: &mut Findings) -> Vec<Written> {
        self.texts_if_given(name, findings).unwrap_or_default()
    }

    /// Takes a list of texts; `None` when missing, where an empty list means something else.
    pub fn texts_if_given(&mut self, name: &'static str, findings: &mut Findings) -> Option<Vec<Written>> {
        let items = self.list(name, findings)?;
        Some(items.into_iter().filter_map(|(key, value)| scalar(key, value, findings)).collect())
    }

    /// Takes a map, empty when missing.
    pub fn table(&mut self, name: &'static str, findings: &mut Findings) -> Table {
        let (key, value) = self.take(name).unwrap_or_else(|| (self.path_of(name), Value::Null));
        Table::new(key, value, findings)
    }

    /// Takes a list of maps; `None` when the key is missing.
    pub fn tables(&mut self, name: &'static str, findings: &mut Findings) -> Option<Vec<Table>> {
        let items = self.list(name, findings)?;
        Some(items.into_iter().map(|(key, value)| Table::new(key, value, findings)).collect())
    }

    /// Notes every key that nobody asked for.
    pub fn finish(self, findings: &mut Findings) {
        for (name, _) in &self.entries {
            let key = self.path_of(name);
            if SECRET_KEYS.contains(&name.to_ascii_lowercase().as_str()) {
                findings.problem(
                    key,
                    "a secret must not stand in this file",
                    "write it into a file of its own and name that under `tokens[].file`",
                );
                continue;
            }
            let hint = nearest(name, &self.known).map_or_else(
                || format!("valid here: {}", self.known.join(", ")),
                |it| format!("did you mean `{it}`?"),
            );
            findings.problem(key, "this key does not exist", hint);
        }
    }

    fn list(&mut self, name: &'static str, findings: &mut Findings) -> Option<Vec<(String, Value)>> {
        let (key, value) = self.take(name)?;
        let Value::List(items) = value else {
            wrong_type(&key, "a list", &value, findings);
            return None;
        };
        Some(
            items
                .into_iter()
                .enumerate()
                .map(|(at, item)| (format!("{key}[{at}]"), item))
                .collect(),
        )
    }

    fn take(&mut self, name: &'static str) -> Option<(String, Value)> {
        self.known.push(name);
        let at = self.entries.iter().position(|(it, _)| it == name)?;
        let (_, value) = self.entries.remove(at);
        (!matches!(value, Value::Null)).then(|| (self.path_of(name), value))
    }

    fn path_of(&self, name: &str) -> String {
        if self.key.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.key)
        }
    }
}

/// Returns what the text says; `None` when it is left out, and when it says nothing sound, which is noted.
pub fn value<T>(written: Option<Written>, parse: impl FnOnce(&str) -> Result<T, Complaint>, findings: &mut Findings) -> Option<T> {
    let Written { key, text } = written?;
    findings.keep(key, parse(&text))
}

/// Returns what each text says; those that say nothing sound are noted and left out.
pub fn values_of<T>(written: Vec<Written>, parse: impl Fn(&str) -> Result<T, Complaint>, findings: &mut Findings) -> Vec<T> {
    written.into_iter().filter_map(|it| value(Some(it), &parse, findings)).collect()
}

fn scalar(key: String, value: Value, findings: &mut Findings) -> Option<Written> {
    match value {
        Value::String(text) => Some(Written { key, text }),
        Value::Number(number) => Some(Written {
            key,
            text: number.to_string(),
        }),
        other => {
            wrong_type(&key, "a text", &other, findings);
            None
        }
    }
}

/// Names kinds, never the value: it may be a secret in the wrong place.
fn wrong_type(key: &str, expected: &str, found: &Value, findings: &mut Findings) {
    let found = match found {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
    };
    let key = if key.is_empty() { "(the file)" } else { key };
    findings.problem(
        key,
        format!("this is {found}"),
        format!("write {expected}, as config/membridge.yaml shows"),
    );
}

fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let automaton = LevenshteinAutomatonBuilder::new(2, true).build_dfa(name);
    let distance = |it: &str| match automaton.eval(it) {
        Distance::Exact(distance) => Some(distance),
        Distance::AtLeast(_) => None,
    };
    known
        .iter()
        .copied()
        .filter_map(|it| Some((distance(it)?, it)))
        .min()
        .map(|(_, it)| it)
}

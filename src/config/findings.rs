//! What is wrong with a configuration: gathered while it is resolved, told all at once.

use std::fmt;

/// Everything found while a configuration was resolved.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// Each of these stops the start.
    pub problems: Vec<ConfigProblem>,
    /// The owner should look at these.
    pub warnings: Vec<ConfigProblem>,
}

/// What is wrong with one setting and what to do next. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// The setting as its owner finds it: `tokens[1].file`, `--listen`, `MEMBRIDGE_LOG`.
    pub key: String,
    pub message: String,
    pub hint: String,
}

/// What is wrong with one text, before anyone says where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    pub message: String,
    pub hint: String,
}

impl Findings {
    /// Notes something that stops the start.
    pub fn problem(&mut self, key: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(ConfigProblem {
            key: key.into(),
            message: message.into(),
            hint: hint.into(),
        });
    }

    /// Notes something that the owner should look at.
    pub fn warning(&mut self, key: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) {
        self.warnings.push(ConfigProblem {
            key: key.into(),
            message: message.into(),
            hint: hint.into(),
        });
    }

    /// Returns the value, or `None` once its complaint is noted as a problem of that key.
    pub fn keep<T>(&mut self, key: impl Into<String>, result: Result<T, Complaint>) -> Option<T> {
        result
            .map_err(|complaint| self.problem(key, complaint.message, complaint.hint))
            .ok()
    }
}

impl Complaint {
    /// Returns a complaint of these words.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Complaint {
        Complaint {
            message: message.into(),
            hint: hint.into(),
        }
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.key, self.message, self.hint)
    }
}

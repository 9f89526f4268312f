//! Edits of a note, as a plan: the present text and what is asked for become a new text. Knows the note's parts; must not know files.
use crate::model::{lines::LineRange, yaml};
#[derive(Debug, Clone, PartialEq)]
pub enum EditPlace {
    Body,
    Section(String),
    Block(String),
}
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    ReplaceText {
        old: String,
        new: String,
        expect: usize,
        within: Option<String>,
    },
    Append {
        text: String,
        place: EditPlace,
        create_section: bool,
    },
    Prepend {
        text: String,
        place: EditPlace,
        create_section: bool,
    },
    ReplaceSection {
        section: String,
        text: String,
        include_heading: bool,
    },
    DeleteSection {
        section: String,
    },
    InsertBefore {
        section: String,
        text: String,
    },
    InsertAfter {
        section: String,
        text: String,
    },
    ReplaceBlock {
        block: String,
        text: String,
    },
    ReplaceLines {
        lines: LineRange,
        text: String,
    },
    SetProperty {
        name: String,
        value: yaml::Value,
    },
    RemoveProperty {
        name: String,
    },
    AddTag {
        tag: String,
    },
    RemoveTag {
        tag: String,
    },
}
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub text: String,
    pub added: Vec<String>,
    pub warnings: Vec<String>,
}
#[derive(Debug, Clone, PartialEq)]
pub struct EditError {
    pub at: usize,
    pub why: EditRefusal,
}
#[derive(Debug, Clone, PartialEq)]
pub enum EditRefusal {
    SectionNotFound { section: String, candidates: Vec<String> },
    AmbiguousSection { section: String, candidates: Vec<String> },
    BlockNotFound { block: String, candidates: Vec<String> },
    TextNotFound,
    TextAmbiguous { found: usize, lines: Vec<usize> },
    InvalidFrontmatter(String),
    Invalid(String),
}
pub fn plan(_text: &str, _edits: &[Edit]) -> Result<Plan, EditError> {
    Err(EditError {
        at: 0,
        why: EditRefusal::Invalid("edits are not taken yet".to_owned()),
    })
}
pub fn compose(properties: &[(String, yaml::Value)], body: &str) -> Result<String, EditRefusal> {
    if properties.is_empty() {
        Ok(body.to_owned())
    } else {
        Err(EditRefusal::Invalid("properties are not taken yet".to_owned()))
    }
}

//! Edits of a note, as a plan: the present text and what is asked for become a new text. Knows the note's parts; must not know files.
//! Every edit is a few splices of bytes, so that what they do not touch stays as it is: comments, quoting, line ends, trailing spaces.

use crate::model::{lines::LineRange, yaml};

mod block;
mod draft;
mod gap;
mod heading;
mod head;
mod property;
mod render;
mod section;
mod tags;
mod text;

use self::draft::{Change, Draft};

/// Where a text is put.
#[derive(Debug, Clone, PartialEq)]
pub enum EditPlace {
    /// Below the properties.
    Body,
    /// The section's own text, above the headings inside it; named as in reading: `Plan/Ledger`.
    Section(String),
    /// Beside the block or list item with this id.
    Block(String),
}

/// What is asked for. Sections are named as in reading: headings from the top, or the last ones where those are unique.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    ReplaceText {
        /// Its line feeds stand for the note's line ends.
        old: String,
        new: String,
        /// How often `old` must stand there.
        expect: usize,
        /// Only in this section.
        within: Option<String>,
    },
    Append {
        text: String,
        place: EditPlace,
        /// Makes the section when it is missing.
        create_section: bool,
    },
    Prepend {
        text: String,
        place: EditPlace,
        create_section: bool,
    },
    /// Replaces all below a heading, the sections inside included.
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
    /// Below the section and the sections inside it.
    InsertAfter {
        section: String,
        text: String,
    },
    /// The block keeps its id, a list item its marker.
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
    /// From the property; tags in the text stay.
    RemoveTag {
        tag: String,
    },
}

/// What the edits make of a note.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub text: String,
    pub warnings: Vec<String>,
}

/// Which edit cannot be done; then none is.
#[derive(Debug, Clone, PartialEq)]
pub struct EditError {
    /// The edit's index.
    pub at: usize,
    pub why: EditRefusal,
}

/// Why an edit cannot be done.
#[derive(Debug, Clone, PartialEq)]
pub enum EditRefusal {
    SectionNotFound {
        section: String,
        candidates: Vec<String>,
    },
    /// Candidates with equal paths carry their lines.
    AmbiguousSection {
        section: String,
        candidates: Vec<String>,
    },
    BlockNotFound {
        block: String,
        candidates: Vec<String>,
    },
    TextNotFound,
    /// `lines` count from 1 and are the first of many.
    TextAmbiguous {
        found: usize,
        lines: Vec<usize>,
    },
    InvalidFrontmatter(String),
    Invalid(String),
}

/// Returns what the edits make of a text, each on the result of the one before, or the first that cannot be done.
pub fn plan(text: &str, edits: &[Edit]) -> Result<Plan, EditError> {
    let mut draft = Draft::new(text.to_owned());
    let mut plan = Plan {
        text: String::new(),
        warnings: Vec::new(),
    };
    for (at, edit) in edits.iter().enumerate() {
        let done = change_of(&draft, edit).and_then(|mut change| match change.next.take() {
            Some(next) => Ok((next, change)),
            None => Ok((draft.changed(&change)?, change)),
        });
        let (next, change) = done.map_err(|why| EditError { at, why })?;
        plan.warnings.extend(change.warnings);
        draft = next;
    }
    plan.warnings.extend(head::warning(text, &draft.text));
    plan.text = draft.text;
    Ok(plan)
}

/// Returns the text of a new note: these properties, as Obsidian writes them, above a body. What is read back must be what was asked for.
pub fn compose(properties: &[(String, yaml::Value)], body: &str) -> Result<String, EditRefusal> {
    head::compose(properties, body)
}

fn change_of(draft: &Draft, edit: &Edit) -> Result<Change, EditRefusal> {
    match edit {
        Edit::ReplaceText { old, new, expect, within } => text::replace(draft, old, new, *expect, within.as_deref()),
        Edit::ReplaceLines { lines, text } => text::replace_lines(draft, *lines, text),
        Edit::Append {
            text,
            place,
            create_section,
        } => match place {
            EditPlace::Body => section::append_to_body(draft, text),
            EditPlace::Section(path) => match section::append(draft, path, text) {
                Err(EditRefusal::SectionNotFound { .. }) if *create_section => heading::create(draft, path, text),
                done => done,
            },
            EditPlace::Block(id) => block::append(draft, id, text),
        },
        Edit::Prepend {
            text,
            place,
            create_section,
        } => match place {
            EditPlace::Body => section::prepend_to_body(draft, text),
            EditPlace::Section(path) => match section::prepend(draft, path, text) {
                Err(EditRefusal::SectionNotFound { .. }) if *create_section => heading::create(draft, path, text),
                done => done,
            },
            EditPlace::Block(id) => block::prepend(draft, id, text),
        },
        Edit::ReplaceSection {
            section,
            text,
            include_heading: false,
        } => section::replace(draft, section, text),
        Edit::ReplaceSection { section, text, .. } => section::replace_whole(draft, section, text),
        Edit::DeleteSection { section } => section::delete(draft, section),
        Edit::InsertBefore { section, text } => section::insert_before(draft, section, text),
        Edit::InsertAfter { section, text } => section::insert_after(draft, section, text),
        Edit::ReplaceBlock { block, text } => block::replace(draft, block, text),
        Edit::SetProperty { name, value } => property::set(draft, name, value),
        Edit::RemoveProperty { name } => property::remove(draft, name),
        Edit::AddTag { tag } => tags::add(draft, tag),
        Edit::RemoveTag { tag } => tags::remove(draft, tag),
    }
}

#[cfg(test)]
mod cases;
#[cfg(test)]
mod laws;

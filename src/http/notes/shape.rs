//! What a note looks like on the wire: with its text, or as a map of its parts. Knows no request.

use serde::{Deserialize, Serialize};
use serde_json::Map;
use utoipa::ToSchema;

use crate::{
    http::{
        freshness::Index,
        notes::{
            excerpt::{Excerpt, Selection},
            load::Loaded,
        },
        problem::Problem,
        search::{Lines, rfc3339},
    },
    model::{
        lines::{LineIndex, LineRange},
        note::place,
        yaml::{Number, Value},
    },
};

/// A note, or a part of it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NoteResponse {
    #[serde(flatten)]
    pub note: NoteBody,
    pub index: Index,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NoteBody {
    pub source: String,
    pub path: String,
    pub title: String,
    /// The git blob id of the whole file's bytes.
    pub hash: String,
    /// RFC 3339, UTC.
    pub modified: String,
    pub origin: String,
    /// The frontmatter, keys in its order.
    #[schema(value_type = Object)]
    pub properties: Map<String, serde_json::Value>,
    pub tags: Vec<String>,
    pub aliases: Vec<String>,
    pub content: String,
    pub lines: TextLines,
    /// What was asked for and left out by `max_bytes`, as a parameter for the next request: `lines=41-80`.
    pub next: Option<String>,
    /// Of the last line only a beginning is here, as it has more than `max_bytes`: the parameters that read it whole, `lines=3-3&max_bytes=34567`.
    /// `next` goes on below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_line: Option<String>,
    /// The file itself could not be read, as its clone is damaged or it is too large: this is what is indexed of it, of a large file its beginning
    /// alone, and `hash` and `lines` are those of this text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_indexed: bool,
}

/// Which lines of the note `content` holds, from 1, both ends included; `end` is before `start` when there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TextLines {
    pub start: usize,
    pub end: usize,
    /// Lines of the whole note.
    pub total: usize,
}

/// The parts of a note, without its text (`view=map`).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MapResponse {
    pub source: String,
    pub path: String,
    pub title: String,
    pub sections: Vec<SectionEntry>,
    pub blocks: Vec<BlockEntry>,
    /// The names of the properties.
    pub properties: Vec<String>,
    pub hash: String,
    pub index: Index,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SectionEntry {
    /// From the outermost heading to the section's own.
    pub headings: Vec<String>,
    pub level: u8,
    /// With the sections inside it.
    pub lines: Lines,
    pub bytes: usize,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BlockEntry {
    pub id: String,
    pub line: usize,
}

/// Returns the note as JSON carries it; `cut` bounds the text.
pub fn body(loaded: &Loaded, selection: &Selection, cut: impl FnOnce(&LineIndex, LineRange) -> Excerpt) -> Result<NoteBody, Problem> {
    let lines = LineIndex::new(&loaded.text);
    let wanted = selection.find(&loaded.text, &loaded.note, &lines)?;
    let excerpt = cut(&lines, wanted);
    let properties = loaded.note.frontmatter.iter().flat_map(|it| &it.properties);
    let mut tags = loaded.note.all_tags();
    tags.sort_by_key(|it| it.to_lowercase());
    tags.dedup_by_key(|it| it.to_lowercase());
    Ok(NoteBody {
        source: loaded.source.to_string(),
        path: loaded.path.to_string(),
        title: title(loaded),
        hash: loaded.hash.to_string(),
        modified: rfc3339(loaded.modified),
        origin: loaded.origin.as_str().to_owned(),
        properties: properties.map(|(name, value)| (name.clone(), json(value))).collect(),
        tags,
        aliases: loaded.note.aliases(),
        content: loaded.text[excerpt.bytes.clone()].to_owned(),
        lines: TextLines {
            start: excerpt.lines.start,
            end: excerpt.lines.end,
            total: lines.count(),
        },
        next: next(&excerpt),
        cut_line: cut_line(&excerpt),
        as_indexed: loaded.as_indexed,
    })
}

/// Returns the parts of a note.
pub fn map(loaded: &Loaded, index: Index) -> MapResponse {
    let (text, note, lines) = (&loaded.text, &loaded.note, LineIndex::new(&loaded.text));
    let sections = note.sections(text.len()).into_iter().map(|section| SectionEntry {
        headings: section.path.iter().map(|&at| note.headings[at].text.clone()).collect(),
        level: note.headings[section.heading].level,
        lines: lines.lines_of(&section.range).into(),
        bytes: section.range.len(),
    });
    MapResponse {
        source: loaded.source.to_string(),
        path: loaded.path.to_string(),
        title: title(loaded),
        sections: sections.collect(),
        blocks: place::block_ids(note)
            .into_iter()
            .map(|(id, range)| BlockEntry {
                id,
                line: lines.line_of(range.start) + 1,
            })
            .collect(),
        properties: note
            .frontmatter
            .iter()
            .flat_map(|it| &it.properties)
            .map(|(name, _)| name.clone())
            .collect(),
        hash: loaded.hash.to_string(),
        index,
    }
}

fn title(loaded: &Loaded) -> String {
    if loaded.path.is_note() {
        loaded.note.title().unwrap_or_else(|| loaded.path.stem()).to_owned()
    } else {
        loaded.path.file_name().to_owned()
    }
}

/// Returns the parameter that reads on.
pub fn next(excerpt: &Excerpt) -> Option<String> {
    excerpt.next.map(|it| format!("lines={}-{}", it.start, it.end))
}

/// Returns the parameters that read a line whole that was cut.
pub fn cut_line(excerpt: &Excerpt) -> Option<String> {
    let line = excerpt.lines.end;
    excerpt.cut_line.map(|bytes| format!("lines={line}-{line}&max_bytes={bytes}"))
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(it) => (*it).into(),
        Value::Number(Number::Integer(it)) => (*it).into(),
        Value::Number(Number::Float(it)) => (*it).into(),
        Value::String(it) => it.as_str().into(),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(entries) => entries.iter().map(|(key, value)| (key.clone(), json(value))).collect(),
    }
}

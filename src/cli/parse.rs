//! `membridge parse FILE`: what membridge reads from a note, in the shape of Obsidian's `CachedMetadata`, to compare the two.

use std::{fs, io::Write, path::Path};

use anyhow::Context;
use serde_json::{Map, Value as Json, json};

use crate::model::{
    note::{BlockKind, Link, LinkKind, Note},
    yaml::{Number, Value},
};

/// Prints the metadata of a file.
pub fn run(file: &Path) -> anyhow::Result<()> {
    let cannot_read = || format!("cannot read {}", file.display());
    // Opening a pipe would wait for its writer.
    if !fs::metadata(file).with_context(cannot_read)?.is_file() {
        anyhow::bail!("{} is no regular file: name the file of a note", file.display());
    }
    let bytes = fs::read(file).with_context(cannot_read)?;
    let metadata = cached_metadata(&String::from_utf8_lossy(&bytes));
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &metadata).context("cannot write the metadata")?;
    writeln!(out).context("cannot write the metadata")
}

/// Returns the metadata of a note as Obsidian caches it: lines from 0, columns and offsets in UTF-16 code units, nothing for what is not
/// there.
pub fn cached_metadata(text: &str) -> Json {
    let note = Note::parse(text);
    let positions = Positions::new(text);
    let mut out = Map::new();
    let mut list = |key: &str, entries: Vec<Json>| {
        if !entries.is_empty() {
            out.insert(key.to_owned(), Json::Array(entries));
        }
    };
    let link = |it: &Link| json!({"link": it.target, "original": &text[it.range.clone()], "displayText": it.display});
    let links = |kind: LinkKind| note.links.iter().filter(move |it| it.kind == kind);
    list(
        "links",
        links(LinkKind::Link).map(|it| positions.entry(link(it), &it.range)).collect(),
    );
    list(
        "embeds",
        links(LinkKind::Embed).map(|it| positions.entry(link(it), &it.range)).collect(),
    );
    list(
        "tags",
        note.tags
            .iter()
            .map(|it| positions.entry(json!({"tag": format!("#{}", it.name)}), &it.range))
            .collect(),
    );
    list(
        "headings",
        note.headings
            .iter()
            .map(|it| positions.entry(json!({"heading": it.text, "level": it.level}), &it.range))
            .collect(),
    );
    let section = |kind: BlockKind, id: &Option<String>| without_nulls(json!({"type": section_type(kind), "id": id}));
    list(
        "sections",
        note.blocks
            .iter()
            .map(|it| positions.entry(section(it.kind, &it.id), &it.range))
            .collect(),
    );
    let item = |it: &crate::model::note::ListItem| without_nulls(json!({"parent": it.parent, "task": it.task, "id": it.id}));
    list(
        "listItems",
        note.list_items.iter().map(|it| positions.entry(item(it), &it.range)).collect(),
    );
    let blocks = note
        .blocks
        .iter()
        .map(|it| (&it.id, &it.range))
        .chain(note.list_items.iter().map(|it| (&it.id, &it.range)));
    let mut ids = Map::new();
    for (id, range) in blocks.filter_map(|(id, range)| Some((id.as_deref()?, range))) {
        ids.entry(id.to_ascii_lowercase())
            .or_insert_with(|| positions.entry(json!({"id": id}), range));
    }
    if !ids.is_empty() {
        out.insert("blocks".to_owned(), Json::Object(ids));
    }
    if let Some(frontmatter) = note.frontmatter.as_ref().filter(|it| !it.properties.is_empty()) {
        let properties = frontmatter
            .properties
            .iter()
            .map(|(key, value)| (key.clone(), plain(value)))
            .collect();
        out.insert("frontmatter".to_owned(), Json::Object(properties));
        let key = |it: &Link| json!({"key": it.key, "link": it.target, "original": &text[it.range.clone()], "displayText": it.display});
        out.insert("frontmatterLinks".to_owned(), links(LinkKind::Property).map(key).collect());
        out.insert("frontmatterPosition".to_owned(), positions.position(&frontmatter.range));
    }
    Json::Object(out)
}

fn section_type(kind: BlockKind) -> &'static str {
    match kind {
        BlockKind::Yaml => "yaml",
        BlockKind::Heading => "heading",
        BlockKind::Paragraph => "paragraph",
        BlockKind::List => "list",
        BlockKind::Code => "code",
        BlockKind::Callout => "callout",
        BlockKind::Blockquote => "blockquote",
        BlockKind::Comment => "comment",
        BlockKind::Html => "html",
        BlockKind::Table => "table",
        BlockKind::ThematicBreak => "thematicBreak",
        BlockKind::Math => "math",
        BlockKind::FootnoteDefinition => "footnoteDefinition",
        BlockKind::Definition => "definition",
    }
}

fn plain(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(flag) => json!(flag),
        Value::Number(Number::Integer(number)) => json!(number),
        Value::Number(Number::Float(number)) => json!(number),
        Value::String(text) => json!(text),
        Value::List(items) => items.iter().map(plain).collect(),
        Value::Map(entries) => Json::Object(entries.iter().map(|(key, it)| (key.clone(), plain(it))).collect()),
    }
}

fn without_nulls(mut entry: Json) -> Json {
    if let Json::Object(entries) = &mut entry {
        entries.retain(|_, value| !value.is_null());
    }
    entry
}

/// From bytes to lines, columns and offsets in UTF-16 code units.
struct Positions<'t> {
    text: &'t str,
    lines: crate::model::lines::LineIndex,
    /// UTF-16 units before every 256th byte (the character that holds it begins there or before).
    marks: Vec<usize>,
}

const STEP: usize = 256;

impl<'t> Positions<'t> {
    fn new(text: &'t str) -> Positions<'t> {
        let mut marks = Vec::with_capacity(text.len() / STEP + 1);
        let mut units = 0;
        for (at, character) in text.char_indices() {
            if at >= marks.len() * STEP {
                marks.push(units);
            }
            units += character.len_utf16();
        }
        Positions {
            text,
            lines: crate::model::lines::LineIndex::new(text),
            marks,
        }
    }

    /// Returns the UTF-16 units before a byte.
    fn units(&self, offset: usize) -> usize {
        let mark = (offset / STEP).min(self.marks.len().saturating_sub(1));
        let start = self.text.ceil_char_boundary(mark * STEP);
        if start > offset {
            return self.text[..offset].encode_utf16().count();
        }
        self.marks.get(mark).copied().unwrap_or(0) + self.text[start..offset].encode_utf16().count()
    }

    fn point(&self, offset: usize) -> Json {
        let line = self.lines.line_of(offset);
        let units = self.units(offset);
        json!({"line": line, "col": units - self.units(self.lines.start_of(line)), "offset": units})
    }

    fn position(&self, range: &std::ops::Range<usize>) -> Json {
        json!({"start": self.point(range.start), "end": self.point(range.end)})
    }

    fn entry(&self, mut entry: Json, range: &std::ops::Range<usize>) -> Json {
        entry["position"] = self.position(range);
        entry
    }
}

//! A parsed note: properties, headings, links, tags, list items, blocks, each with its byte range in the source.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::model::yaml::Value;

pub mod edit;
pub mod frontmatter;
pub mod markdown;
pub mod outline;
pub mod place;
pub mod tag;
pub mod wikilink;

/// What Obsidian's metadata cache knows of a note, in bytes of the source. Oddities are diagnostics, never errors.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Note {
    pub frontmatter: Option<Frontmatter>,
    pub headings: Vec<Heading>,
    /// Links and embeds of the body in order of position, then those of properties.
    pub links: Vec<Link>,
    /// Tags of the body in order, duplicates kept, without `#`.
    pub tags: Vec<Tag>,
    pub list_items: Vec<ListItem>,
    /// Obsidian's "sections": the top-level blocks of the note.
    pub blocks: Vec<Block>,
    pub diagnostics: Vec<Diagnostic>,
    pub(crate) body_start: usize,
    /// Each heading begins a passage of its own, however short: headings that are the names of a config file's parts.
    pub(crate) parts_apart: bool,
}

impl Note {
    /// Reads a note. Total: whatever the text holds, there is a note; takes time linear in its length.
    pub fn parse(text: &str) -> Note {
        let mut note = Note::default();
        note.body_start = frontmatter::read(text, &mut note);
        let of_properties = std::mem::take(&mut note.links);
        markdown::read(text, &mut note);
        note.links.extend(of_properties);
        note
    }

    /// Returns the property `title` when it is a text that is not empty, else the first heading when it has level 1 and the body begins
    /// with it. Without either the file name is the title.
    pub fn title(&self) -> Option<&str> {
        let property = self
            .property("title")
            .and_then(Value::as_str)
            .map(str::trim)
            .filter(|it| !it.is_empty());
        property.or_else(|| {
            let first = self.blocks.iter().find(|it| it.kind != BlockKind::Yaml)?;
            let heading = self.headings.first()?;
            (heading.level == 1 && heading.range.start == first.range.start && !heading.text.is_empty()).then_some(&*heading.text)
        })
    }

    /// Returns the value of a property, by its name in any case (Obsidian 1.4.1).
    pub fn property(&self, name: &str) -> Option<&Value> {
        let properties = &self.frontmatter.as_ref()?.properties;
        properties
            .iter()
            .find(|(key, _)| key.to_lowercase() == name.to_lowercase())
            .map(|(_, value)| value)
    }

    /// Returns the property `aliases`: a list of texts, or one text as one alias (Obsidian splits no commas).
    pub fn aliases(&self) -> Vec<String> {
        let aliases: Vec<String> = match self.property("aliases") {
            Some(Value::List(items)) => items.iter().filter_map(Value::scalar_text).collect(),
            Some(value) => value.scalar_text().into_iter().collect(),
            None => Vec::new(),
        };
        aliases
            .into_iter()
            .map(|it| it.trim().to_owned())
            .filter(|it| !it.is_empty())
            .collect()
    }

    /// Returns the tags of the property `tags`, without `#`: a list of tags, or one tag as a text; `a, b` is no tag in Obsidian.
    pub fn property_tags(&self) -> Vec<String> {
        let texts: Vec<String> = match self.property("tags") {
            Some(Value::List(items)) => items.iter().filter_map(Value::scalar_text).collect(),
            Some(value) => value.scalar_text().into_iter().collect(),
            None => Vec::new(),
        };
        texts.iter().filter_map(|it| tag::of_property(it)).map(str::to_owned).collect()
    }

    /// Returns the tags of the property, then those of the body, without `#`, duplicates kept: Obsidian's `getAllTags`.
    pub fn all_tags(&self) -> Vec<String> {
        let mut tags = self.property_tags();
        tags.extend(self.tags.iter().map(|it| it.name.clone()));
        tags
    }

    /// Returns the byte after the frontmatter's last line feed, or after a byte order mark, or 0.
    pub fn body_start(&self) -> usize {
        self.body_start
    }

    /// Returns where the block or list item with this id (without `^`, any case) lies; of several the first.
    pub fn block_by_id(&self, id: &str) -> Option<Range<usize>> {
        let is_it = |found: &Option<String>| found.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(id));
        let blocks = self.blocks.iter().filter(|it| is_it(&it.id)).map(|it| &it.range);
        let items = self.list_items.iter().filter(|it| is_it(&it.id)).map(|it| &it.range);
        blocks.chain(items).min_by_key(|it| it.start).cloned()
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Frontmatter {
    /// From the opening fence to the end of the closing fence's line, without its line feed.
    pub range: Range<usize>,
    /// The YAML between the fences, its last line feed included.
    pub yaml: Range<usize>,
    /// In order, keys as written; empty when the YAML is invalid (then a diagnostic says so).
    pub properties: Vec<(String, Value)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Heading {
    pub level: u8,
    /// Raw, as Obsidian keeps it: `A link in a [[note]]`.
    pub text: String,
    pub range: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkKind {
    Link,
    Embed,
    Property,
    /// Of a config file: a file or folder, from the file's own folder.
    Path,
    /// The same, of something secret, which need not be committed.
    SecretPath,
    /// A file or folder from the root of the repository.
    RootPath,
    /// The same, a resource as `Kind/namespace/name`; its namespace may be empty.
    Resource,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    pub kind: LinkKind,
    /// The target as the cache has it, subpath included: `Note#Heading`; percent escapes of Markdown links decoded.
    pub target: String,
    /// What Obsidian displays.
    pub display: Option<String>,
    /// `true` for `[text](target)`.
    pub markdown: bool,
    pub range: Range<usize>,
    /// For a property: its key path (`up`, `related.0`).
    pub key: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Tag {
    /// Without `#`, case as written.
    pub name: String,
    /// Of the body text, `#` included.
    pub range: Range<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ListItem {
    pub range: Range<usize>,
    /// Line (from 0) of the parent item, or minus the list's first line for a root (-1 for line 0): Obsidian's own encoding.
    pub parent: i64,
    /// The character in the box, for a task.
    pub task: Option<char>,
    /// The block id without `^`.
    pub id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlockKind {
    Yaml,
    Heading,
    Paragraph,
    List,
    Code,
    Callout,
    Blockquote,
    Comment,
    Html,
    Table,
    ThematicBreak,
    Math,
    FootnoteDefinition,
    /// A link reference definition, `[label]: target`.
    Definition,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    pub kind: BlockKind,
    pub range: Range<usize>,
    /// The block id without `^`.
    pub id: Option<String>,
}

/// Something odd in a note that its owner may want to know.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    pub kind: DiagnosticKind,
    pub range: Range<usize>,
    pub detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DiagnosticKind {
    InvalidFrontmatter,
    CommaTags,
    MixedLineEnds,
    DuplicateBlock,
}

#[cfg(test)]
mod cases;
#[cfg(test)]
mod laws;

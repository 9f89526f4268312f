//! A canvas: the words on it, and the files and pages it shows. Knows JSON Canvas 1.0; must not know how files are found or indexed.
//! What a canvas links to are its file cards: wikilinks inside text cards give no backlinks in Obsidian.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::model::note::{Link, LinkKind};

/// What a `.canvas` file holds, in the order of the file. Nodes of an unknown type are left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Canvas {
    pub cards: Vec<Card>,
    pub files: Vec<FileCard>,
    /// Of web page cards.
    pub urls: Vec<String>,
    /// Why the file was not read, or not to its end, for its owner.
    pub problem: Option<String>,
}

/// Words on a canvas.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    pub kind: CardKind,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardKind {
    /// Markdown.
    Text,
    /// Of an arrow between two cards.
    Label,
    /// The name of a group.
    Group,
}

/// A note or attachment shown on a canvas.
#[derive(Debug, Clone, PartialEq)]
pub struct FileCard {
    /// From the vault's root.
    pub path: String,
    /// With its `#`.
    pub subpath: Option<String>,
}

impl Canvas {
    /// Reads a canvas. Total: of a broken file it keeps what stands before the fault and names the fault; an empty file is an empty canvas,
    /// as in Obsidian. Takes time and memory linear in the text, however deep it is nested.
    pub fn parse(text: &str) -> Canvas {
        let mut canvas = Canvas::default();
        let text = text.trim_start_matches('\u{feff}');
        if text.trim().is_empty() {
            return canvas;
        }
        let mut json = serde_json::Deserializer::from_str(text);
        let read = Place::Document(&mut canvas).deserialize(&mut json).and_then(|()| json.end());
        canvas.problem = read.err().map(|error| format!("the canvas cannot be read: {error}"));
        canvas
    }

    /// Returns the words as the text of a note: each card a paragraph, then the addresses of web pages. Never begins with frontmatter.
    /// Its lines are not those of the file.
    pub fn as_text(&self) -> String {
        let cards = self.cards.iter().map(|it| it.text.trim_matches('\n'));
        let paragraphs: Vec<&str> = cards
            .chain(self.urls.iter().map(String::as_str))
            .filter(|it| !it.trim().is_empty())
            .collect();
        let mut text = paragraphs.join("\n\n");
        if text.starts_with("---") {
            text.insert(0, '\n');
        }
        text
    }

    /// Returns the file cards as links of the canvas. JSON has no lines worth citing, so their ranges are empty.
    pub fn links(&self) -> Vec<Link> {
        let link = |it: &FileCard| Link {
            kind: LinkKind::Embed,
            target: format!("{}{}", it.path, it.subpath.as_deref().unwrap_or_default()),
            display: None,
            markdown: false,
            range: 0..0,
            key: None,
        };
        self.files.iter().map(link).collect()
    }

    fn add_node(&mut self, node: Fields) {
        let mut add_card = |kind, text: Option<String>| self.cards.extend(text.map(|text| Card { kind, text }));
        match node.kind.as_deref() {
            Some("text") => add_card(CardKind::Text, node.text),
            Some("group") => add_card(CardKind::Group, node.label),
            Some("link") => self.urls.extend(node.url),
            Some("file") => self.files.extend(node.file.map(|path| FileCard {
                path,
                subpath: node.subpath.filter(|it| it.starts_with('#')),
            })),
            _ => {}
        }
    }
}

/// The members of a node or edge that matter.
#[derive(Default)]
struct Fields {
    kind: Option<String>,
    text: Option<String>,
    file: Option<String>,
    subpath: Option<String>,
    url: Option<String>,
    label: Option<String>,
}

impl Fields {
    fn place(&mut self, key: &str) -> Place<'_> {
        Place::Text(match key {
            "type" => &mut self.kind,
            "text" => &mut self.text,
            "file" => &mut self.file,
            "subpath" => &mut self.subpath,
            "url" => &mut self.url,
            "label" => &mut self.label,
            _ => return Place::Elsewhere,
        })
    }
}

/// Where in the document a value stands. A value of another type than its place wants is skipped, so that one odd node costs no other;
/// and nothing but the wanted texts is kept in memory.
enum Place<'c> {
    Document(&'c mut Canvas),
    Nodes(&'c mut Canvas),
    Node(&'c mut Canvas),
    Edges(&'c mut Canvas),
    Edge(&'c mut Canvas),
    Text(&'c mut Option<String>),
    Elsewhere,
}

impl Place<'_> {
    fn skip<E: Error>(self) -> Result<(), E> {
        match self {
            Place::Document(_) => Err(E::custom("it is no JSON object")),
            _ => Ok(()),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        match self {
            // Without recursion, so that deep nesting costs no stack.
            Place::Elsewhere => IgnoredAny::deserialize(json).map(drop),
            place => json.deserialize_any(place),
        }
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        match self {
            Place::Document(canvas) => {
                while let Some(key) = entries.next_key::<String>()? {
                    entries.next_value_seed(match &*key {
                        "nodes" => Place::Nodes(canvas),
                        "edges" => Place::Edges(canvas),
                        _ => Place::Elsewhere,
                    })?;
                }
            }
            Place::Node(canvas) => canvas.add_node(fields(entries)?),
            Place::Edge(canvas) => {
                let label = fields(entries)?.label;
                canvas.cards.extend(label.map(|text| Card {
                    kind: CardKind::Label,
                    text,
                }));
            }
            _ => while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {},
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        match self {
            Place::Nodes(canvas) => while items.next_element_seed(Place::Node(canvas))?.is_some() {},
            Place::Edges(canvas) => while items.next_element_seed(Place::Edge(canvas))?.is_some() {},
            other => {
                other.skip::<A::Error>()?;
                while items.next_element::<IgnoredAny>()?.is_some() {}
            }
        }
        Ok(())
    }

    fn visit_str<E: Error>(self, found: &str) -> Result<(), E> {
        match self {
            Place::Text(wanted) => {
                *wanted = Some(found.to_owned());
                Ok(())
            }
            other => other.skip(),
        }
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.skip()
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.skip()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.skip()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.skip()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.skip()
    }
}

fn fields<'de, A: MapAccess<'de>>(mut entries: A) -> Result<Fields, A::Error> {
    let mut fields = Fields::default();
    while let Some(key) = entries.next_key::<String>()? {
        entries.next_value_seed(fields.place(&key))?;
    }
    Ok(fields)
}

#[cfg(test)]
mod tests;

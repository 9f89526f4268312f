//! A file of the agent's config repository as a note: parts by structure with their names as headings, what operators ask for as properties.
//! Knows which format a file has; must not know where it came from. The text handed in is already without secrets.

use std::{collections::BTreeMap, ops::Range};

use crate::model::{
    note::{Frontmatter, Heading, Note},
    passage::passages,
    path::NotePath,
    yaml::{self, Value},
};
use blocks::Language;
use declared::Declared;
use documents::Document;
use entry::Entry;
use facts::Facts;
use parts::Part;
use references::Reference;
use resource::Resource;

mod blocks;
pub mod changes;
mod declared;
mod documents;
mod entry;
mod facts;
mod flow;
pub mod generated;
mod images;
mod json;
mod key_paths;
mod parts;
mod ports;
pub mod record;
pub mod references;
pub mod resource;
mod sections;

/// No more facts, nor documents, of a file are properties.
const MAX_FACTS: usize = 2000;

/// So many images of a document are looked for in its text.
const MAX_COMPOSED: usize = 50;

/// What a config file says.
#[derive(Debug, Clone, Default)]
pub struct ConfigFile {
    /// Its headings name the parts and begin passages; its properties (`kind`, `resource`, `image` ..; lists) are the fields.
    pub note: Note,
    /// Words that find a passage (its bytes) but are not in it: the paths of its keys, `spec.values.persistence.size`; an image whose tag stands
    /// apart.
    pub words: Vec<(Range<usize>, String)>,
    /// `resource` (`HelmRelease/ai/openclaw`), `kind`, `namespace`, `name`, `image`, `chart`, `version`, `host`, `port`; in order, each once.
    pub fields: Vec<(&'static str, String)>,
    /// What each document says of these, as [`record::values`] reads it, and where it stands. Without a gap for YAML.
    pub documents: Vec<(Range<usize>, String)>,
    pub links: Vec<Reference>,
    pub resources: Vec<Resource>,
    /// What a Kustomization has made, as [`references::declared_id`] names it, and where its name stands.
    pub generates: Vec<(usize, String)>,
    /// What is odd about it, for status.
    pub flaw: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Markdown,
    Yaml,
    Json,
    Sections,
    Code,
    Text,
}

/// Reads a file, in time linear in its text. Total: what cannot be read by its format is text.
pub fn read(path: &NotePath, text: &str) -> ConfigFile {
    let mut file = ConfigFile::default();
    if text.starts_with("version https://git-lfs.github.com/spec/") {
        file.flaw = Some("a pointer to a file in LFS: only its name is known".to_owned());
        return file;
    }
    match format(path, text) {
        Format::Markdown => file.note = Note::parse(text),
        Format::Yaml => file.read_yaml(text),
        Format::Json => file.read_entries(text, json::entries(text)),
        Format::Sections => file.read_entries(text, sections::entries(text)),
        Format::Code => file.read_code(path, text),
        Format::Text => file.note.parts_apart = true,
    }
    file
}

/// Returns the resources of a file's text, in order; none for what is no YAML.
pub fn resources(path: &str, text: &str) -> Vec<Resource> {
    if !is_yaml(&path.to_ascii_lowercase()) {
        return Vec::new();
    }
    let documents = documents::documents(text).into_iter();
    documents
        .flat_map(|it| declared(text, &it).0)
        .filter_map(|it| it.resource)
        .collect()
}

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}

fn format(path: &NotePath, text: &str) -> Format {
    let name = path.file_name().to_ascii_lowercase();
    match path.extension().to_ascii_lowercase().as_str() {
        "md" | "markdown" => Format::Markdown,
        "yaml" | "yml" => Format::Yaml,
        "json" | "json5" | "jsonc" => Format::Json,
        "toml" | "ini" | "cfg" | "env" | "properties" | "service" | "timer" | "container" | "network" | "volume" => Format::Sections,
        "sh" | "bash" | "zsh" | "ts" | "tsx" | "js" | "jsx" | "mjs" | "cjs" | "rs" | "py" | "go" | "nix" | "tf" | "hcl" | "lua" | "rb" => {
            Format::Code
        }
        "conf" if text.contains('{') => Format::Code,
        "conf" => Format::Sections,
        _ if name.contains("dockerfile") || name.contains("containerfile") || name == "makefile" || text.starts_with("#!") => Format::Code,
        _ if name == ".envrc" => Format::Code,
        _ if name.starts_with("env") || name.contains(".env.") => Format::Sections,
        _ => Format::Text,
    }
}

/// Returns what a document declares, and why it was read by its lines alone.
fn declared(text: &str, document: &Document) -> (Vec<Declared>, Option<String>) {
    let content = &text[document.content.clone()];
    let mut entries = key_paths::entries(content);
    entries.iter_mut().for_each(|it| it.start += document.content.start);
    let (keys, flaw) = match yaml::parse_document(content) {
        Ok(value) => (resource::flat(&value), None),
        Err(error) => (with_values(&entries), Some(error.message)),
    };
    (Declared::new(document.range.clone(), keys, entries).items(), flaw)
}

fn with_values(entries: &[Entry]) -> Vec<(String, String)> {
    let with_values = entries.iter().filter(|it| !it.value.is_empty());
    with_values.map(|it| (it.path.clone(), it.value.clone())).collect()
}

impl ConfigFile {
    fn read_yaml(&mut self, text: &str) {
        let mut all = Vec::new();
        for document in documents::documents(text) {
            let (declared, flaw) = declared(text, &document);
            for it in &declared {
                self.links.extend(references::references(text, it));
                self.generates.extend(references::generated(it));
            }
            all.extend(declared);
            // Templates are no YAML, and mean no harm.
            if let Some(flaw) = flaw.filter(|_| !text[document.range.clone()].contains("{{")) {
                self.flaw.get_or_insert(format!("read by its lines: {flaw}"));
            }
        }
        self.take_declared(text, all);
    }

    fn read_entries(&mut self, text: &str, entries: Vec<Entry>) {
        let mut declared = Declared::new(0..text.len(), with_values(&entries), entries);
        // Settings have a `kind` too.
        declared.resource = declared.resource.filter(|it| !it.api_version.is_empty());
        self.take_declared(text, declared.items());
    }

    /// Each block is a document.
    fn read_code(&mut self, path: &NotePath, text: &str) {
        let parts = blocks::blocks(text, Language::of(&path.file_name().to_ascii_lowercase()));
        let starts = parts.iter().skip(1).map(|it| it.start);
        let mut facts = images::placed(text).into_iter().peekable();
        let mut documents = Vec::new();
        let mut start = 0;
        for end in starts.chain([text.len()]) {
            let of_block = std::iter::from_fn(|| facts.next_if(|it| it.0 < end).map(|it| it.1));
            documents.push((start..end, of_block.collect()));
            start = end;
        }
        self.take_parts(text, parts);
        self.take_facts(text, documents);
    }

    fn take_declared(&mut self, text: &str, all: Vec<Declared>) {
        let (mut parts, mut entries, mut facts) = (Vec::new(), Vec::new(), Vec::new());
        for it in all {
            parts.extend(parts::parts(text, &it.range, &it.entries, it.resource.as_ref()));
            facts.push((it.range, facts::facts(it.resource.as_ref(), &it.keys)));
            entries.extend(it.entries);
            self.resources.extend(it.resource);
        }
        self.take_parts(text, parts);
        self.take_words(text, &entries);
        self.take_facts(text, facts);
    }

    fn take_parts(&mut self, text: &str, parts: Vec<Part>) {
        self.note.parts_apart = true;
        let heading = |Part { start, level, title }| Heading {
            level,
            text: title,
            range: start..start + text[start..].find('\n').unwrap_or(text.len() - start),
        };
        self.note.headings = parts.into_iter().filter(|it| !it.title.is_empty()).map(heading).collect();
    }

    /// Gives each passage the paths of its keys, without the numbers of items.
    fn take_words(&mut self, text: &str, entries: &[Entry]) {
        let mut entries = entries.iter().peekable();
        for passage in passages(text, &self.note) {
            let mut words = String::new();
            let mut last = "";
            while let Some(entry) = entries.next_if(|it| it.start < passage.range.end) {
                // A key alone is in the text.
                let is_path = entry.path.contains('.') && (!entry.value.is_empty() || entry.is_text);
                if is_path && entry.path != last {
                    last = &entry.path;
                    add_path(&entry.path, &mut words);
                }
            }
            if !words.is_empty() {
                self.words.push((passage.range, words));
            }
        }
    }

    /// Takes the facts of each document.
    fn take_facts(&mut self, text: &str, documents: Vec<(Range<usize>, Facts)>) {
        let mut known = std::collections::HashSet::new();
        for (range, facts) in documents {
            let images = facts.iter().filter(|it| it.0 == "image").map(|it| &it.1).take(MAX_COMPOSED);
            let apart: Vec<&str> = images.map(String::as_str).filter(|it| !text[range.clone()].contains(it)).collect();
            if !apart.is_empty() {
                self.words.push((range.clone(), apart.join("\n")));
            }
            if !facts.is_empty() && self.documents.len() < MAX_FACTS {
                self.documents.push((range, record::of(&facts)));
            }
            let new = facts.into_iter().filter(|it| known.insert(it.clone()));
            self.fields.extend(new.take(MAX_FACTS - self.fields.len()));
        }
        let mut properties: Vec<(String, Value)> = Vec::new();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, value) in &self.fields {
            let at = *places.entry(name).or_insert_with(|| {
                properties.push(((*name).to_owned(), Value::List(Vec::new())));
                properties.len() - 1
            });
            if let Value::List(items) = &mut properties[at].1 {
                items.push(Value::String(value.clone()));
            }
        }
        if !self.documents.is_empty() {
            let records = self.documents.iter().map(|it| Value::String(it.1.clone())).collect();
            properties.push((record::PROPERTY.to_owned(), Value::List(records)));
        }
        self.note.frontmatter = (!properties.is_empty()).then_some(Frontmatter {
            range: 0..0,
            yaml: 0..0,
            properties,
        });
    }
}

fn add_path(path: &str, words: &mut String) {
    if !words.is_empty() {
        words.push('\n');
    }
    let mut in_index = false;
    for c in path.chars() {
        in_index |= c == '[';
        if !in_index {
            words.push(c);
        }
        in_index &= c != ']';
    }
}

#[cfg(test)]
mod tests;

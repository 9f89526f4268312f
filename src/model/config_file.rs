//! A file of the agent's config repository as a note: parts by structure with their names as headings, what operators ask for as properties.
//! Knows which format a file has; must not know where it came from. The text handed in is already without secrets.

use std::{collections::BTreeMap, ops::Range};

use crate::model::{
    note::{Frontmatter, Heading, Note},
    passage::passages,
    path::NotePath,
    yaml::{self, Value},
};
use documents::Document;
use key_paths::Entry;
use parts::Part;
use references::Reference;
use resource::Resource;

mod blocks;
pub mod changes;
mod documents;
mod facts;
pub mod generated;
mod json;
mod key_paths;
mod parts;
pub mod references;
pub mod resource;
mod sections;

/// A value comes no more often than this as a property.
const MAX_FACTS: usize = 2000;

/// What a config file says.
#[derive(Debug, Clone, Default)]
pub struct ConfigFile {
    /// Its headings name the parts and begin passages; its properties (`kind`, `resource`, `image` ..; lists) are the fields.
    pub note: Note,
    /// Words that find a passage (its bytes) but are not in it: the paths of its keys, `spec.values.persistence.size`.
    pub words: Vec<(Range<usize>, String)>,
    /// `resource` (`HelmRelease/ai/openclaw`), `kind`, `namespace`, `name`, `image`, `chart`, `version`, `host`, `port`; in order, each once.
    pub fields: Vec<(&'static str, String)>,
    pub links: Vec<Reference>,
    pub resources: Vec<Resource>,
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
        Format::Json => file.read_entries(text, &json::entries(text)),
        Format::Sections => file.read_entries(text, &sections::entries(text)),
        Format::Code => file.take_parts(text, blocks::blocks(text)),
        Format::Text => file.note.parts_apart = true,
    }
    file
}

/// Returns the resources of a file's text, in order; none for what is no YAML.
pub fn resources(path: &str, text: &str) -> Vec<Resource> {
    if !is_yaml(&path.to_ascii_lowercase()) {
        return Vec::new();
    }
    let of_document = |it: Document| Resource::of_keys(&scalars(text, &it).0, it.range);
    documents::documents(text).into_iter().filter_map(of_document).collect()
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
        _ if name.starts_with("env") || name.contains(".env.") => Format::Sections,
        _ => Format::Text,
    }
}

/// Returns the scalars of a document with their paths, and why it was read by its lines alone.
fn scalars(text: &str, document: &Document) -> (Vec<(String, String)>, Option<String>) {
    match yaml::parse_document(&text[document.content.clone()]) {
        Ok(value) => (resource::flat(&value), None),
        Err(error) => {
            let keys = key_paths::entries(&text[document.content.clone()]);
            let keys = keys.into_iter().filter(|it| !it.value.is_empty()).map(|it| (it.path, it.value));
            (keys.collect(), Some(error.message))
        }
    }
}

impl ConfigFile {
    fn read_yaml(&mut self, text: &str) {
        let (mut parts, mut entries, mut facts) = (Vec::new(), Vec::new(), Vec::new());
        for document in documents::documents(text) {
            let (keys, flaw) = scalars(text, &document);
            let resource = Resource::of_keys(&keys, document.range.clone());
            let mut its = key_paths::entries(&text[document.content.clone()]);
            its.iter_mut().for_each(|it| it.start += document.content.start);
            parts.extend(parts::parts(text, &document.range, &its, resource.as_ref()));
            facts.extend(facts::facts(resource.as_ref(), &keys));
            self.links
                .extend(references::references(text, &document.range, resource.as_ref(), &keys));
            // Templates are no YAML, and mean no harm.
            if let Some(flaw) = flaw.filter(|_| !text[document.range.clone()].contains("{{")) {
                self.flaw.get_or_insert(format!("read by its lines: {flaw}"));
            }
            self.resources.extend(resource);
            entries.append(&mut its);
        }
        self.take_parts(text, parts);
        self.take_words(text, &entries);
        self.take_facts(facts);
    }

    fn read_entries(&mut self, text: &str, entries: &[Entry]) {
        let keys: Vec<(String, String)> = entries
            .iter()
            .filter(|it| !it.value.is_empty())
            .map(|it| (it.path.clone(), it.value.clone()))
            .collect();
        let resource = Resource::of_keys(&keys, 0..text.len()).filter(|it| !it.api_version.is_empty());
        self.take_parts(text, parts::parts(text, &(0..text.len()), entries, resource.as_ref()));
        self.take_words(text, entries);
        self.take_facts(facts::facts(resource.as_ref(), &keys));
        self.resources.extend(resource);
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

    fn take_facts(&mut self, facts: Vec<(&'static str, String)>) {
        let mut known = std::collections::HashSet::new();
        self.fields = facts.into_iter().filter(|it| known.insert(it.clone())).take(MAX_FACTS).collect();
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

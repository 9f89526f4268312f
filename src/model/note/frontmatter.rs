//! The properties at the top of a note. Knows the fences and Obsidian's rules for tags and links in properties; knows no Markdown.

use std::ops::Range;

use crate::model::{
    note::{Diagnostic, DiagnosticKind, Frontmatter, Link, LinkKind, Note, wikilink},
    yaml::{self, Value},
};

/// Splits the frontmatter off and reads it into the note. Returns the byte at which the body begins.
pub(super) fn read(text: &str, note: &mut Note) -> usize {
    let top = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let Some(mut frontmatter) = split(text, top) else { return top };
    let body = text.len().min(frontmatter.range.end + line_end_len(&text[frontmatter.range.end..]));
    match yaml::parse(&text[frontmatter.yaml.clone()]) {
        Ok(Value::Map(properties)) => frontmatter.properties = properties,
        Ok(Value::Null) => {}
        Ok(_) => complain(note, &frontmatter, "the frontmatter is no list of properties".to_owned()),
        Err(error) => complain(note, &frontmatter, format!("{error} (line {} of the note)", error.line + 2)),
    }
    let yaml = frontmatter.yaml.clone();
    let mut links = Links {
        text,
        rest: yaml.clone(),
        yaml,
        found: Vec::new(),
    };
    for (key, value) in &frontmatter.properties {
        links.visit(key, value);
        if let (true, Value::String(tags)) = (key.eq_ignore_ascii_case("tags"), value)
            && tags.trim().contains([',', ' '])
        {
            note.diagnostics.push(Diagnostic {
                kind: DiagnosticKind::CommaTags,
                range: frontmatter.range.clone(),
                detail: format!("`{key}: {tags}` is one text and gives no tags in Obsidian: make it a list"),
            });
        }
    }
    note.links = links.found;
    note.frontmatter = Some(frontmatter);
    body
}

/// Finds the fences: the first line must be `---`, the closing one may have trailing white space (Obsidian 1.3).
fn split(text: &str, top: usize) -> Option<Frontmatter> {
    let start = top + opening_len(&text[top..])?;
    let mut at = start;
    while at < text.len() {
        let end = memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |it| at + it);
        let line = text[at..end].trim_end();
        if line == "---" {
            let end = if text[at..end].ends_with('\r') { end - 1 } else { end };
            return Some(Frontmatter {
                range: top..end,
                yaml: start..at,
                properties: Vec::new(),
            });
        }
        at = end + 1;
    }
    None
}

fn opening_len(text: &str) -> Option<usize> {
    let end = memchr::memchr(b'\n', text.as_bytes())?;
    (text[..end].trim_end() == "---").then_some(end + 1)
}

fn line_end_len(text: &str) -> usize {
    if text.starts_with("\r\n") { 2 } else { 1 }
}

fn complain(note: &mut Note, frontmatter: &Frontmatter, detail: String) {
    note.diagnostics.push(Diagnostic {
        kind: DiagnosticKind::InvalidFrontmatter,
        range: frontmatter.range.clone(),
        detail,
    });
}

/// Collects the links of properties: a text that is nothing but one wikilink, also inside lists and maps (key path `related.0`).
struct Links<'t> {
    text: &'t str,
    /// Where the search for the next link's place begins, up to the end of the YAML.
    rest: Range<usize>,
    yaml: Range<usize>,
    found: Vec<Link>,
}

impl Links<'_> {
    fn visit(&mut self, key: &str, value: &Value) {
        match value {
            Value::String(text) => {
                let text = text.trim();
                if text.starts_with("[[") && wikilink::end_of(text, 0) == Some(text.len()) {
                    self.add(key, text);
                }
            }
            Value::List(items) => items.iter().enumerate().for_each(|(at, it)| self.visit(&format!("{key}.{at}"), it)),
            Value::Map(entries) => entries.iter().for_each(|(name, it)| self.visit(&format!("{key}.{name}"), it)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn add(&mut self, key: &str, original: &str) {
        let range = match self.text[self.rest.clone()].find(original) {
            Some(at) => self.rest.start + at..self.rest.start + at + original.len(),
            // Written with escapes or over several lines.
            None => self.yaml.clone(),
        };
        if range != self.yaml {
            self.rest.start = range.end;
        }
        let parts = wikilink::parse(&original[2..original.len() - 2]);
        self.found.push(Link {
            kind: LinkKind::Property,
            target: parts.target,
            display: Some(parts.display),
            markdown: false,
            range,
            key: Some(key.to_owned()),
        });
    }
}

//! How a file is written, by its name: which of it has an outline. Knows names and fences; must not know what is in them.

use std::{iter, ops::Range};

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Yaml,
    Json,
    Toml,
    /// Fields parted by commas or tabs.
    Separated,
    /// Its properties are YAML; YAML and JSON stand in fences.
    Markdown,
    /// Lines of other files, each behind a mark.
    Diff,
    Other,
}

impl Form {
    pub(super) fn of(path: &str) -> Form {
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        match name.rsplit_once('.').map_or("", |(_, it)| it) {
            "yaml" | "yml" => Form::Yaml,
            "json" | "json5" | "jsonc" | "jsonl" | "ndjson" | "ipynb" => Form::Json,
            "toml" => Form::Toml,
            "diff" | "patch" => Form::Diff,
            "csv" | "tsv" => Form::Separated,
            "md" | "markdown" | "mdx" => Form::Markdown,
            // `values.yaml.gotmpl`
            _ if name.contains(".yaml.") || name.contains(".yml.") => Form::Yaml,
            _ if name.contains(".json.") => Form::Json,
            _ => Form::Other,
        }
    }

    /// Returns the parts of a text that have an outline.
    pub(super) fn parts(self, text: &str) -> Vec<Range<usize>> {
        match self {
            Form::Yaml | Form::Json => iter::once(0..text.len()).collect(),
            Form::Markdown => fences(text, &["yaml", "yml", "json", "helm", "k8s"]),
            Form::Toml | Form::Separated | Form::Diff | Form::Other => Vec::new(),
        }
    }
}

/// Returns where the properties of a note stand, without the lines around them.
pub(super) fn properties(text: &str) -> Option<Range<usize>> {
    let start = text.len() - text.trim_start_matches('\u{feff}').len();
    let first = text[start..].split_inclusive('\n').next()?;
    if first.trim_end() != "---" {
        return None;
    }
    let mut at = start + first.len();
    for line in text[at..].split_inclusive('\n').take(MAX_PROPERTIES) {
        if line.trim_end() == "---" {
            return Some(start + first.len()..at);
        }
        at += line.len();
    }
    None
}

/// No note has as many lines of properties.
const MAX_PROPERTIES: usize = 1_000;

/// Returns the parts of a text that hold lines of other files, each behind a mark.
pub(super) fn diffs(form: Form, text: &str) -> Vec<Range<usize>> {
    match form {
        Form::Diff => iter::once(0..text.len()).collect(),
        Form::Markdown => fences(text, &["diff", "patch"]),
        _ => Vec::new(),
    }
}

/// Returns what stands in the fences that say that they hold one of these languages.
fn fences(text: &str, languages: &[&str]) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let (mut at, mut open) = (0, None);
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let mark = line.trim_start_matches([' ', '\t', '>']);
        if !mark.starts_with("```") && !mark.starts_with("~~~") {
            continue;
        }
        let language = mark.trim_start_matches(['`', '~']).trim().to_ascii_lowercase();
        match open.take() {
            Some(Some(from)) => parts.push(from..start),
            Some(None) => (),
            None => {
                let is_one = languages.iter().any(|it| language.starts_with(it));
                open = Some(is_one.then_some(at));
            }
        }
    }
    if let Some(Some(from)) = open {
        parts.push(from..text.len());
    }
    parts
}

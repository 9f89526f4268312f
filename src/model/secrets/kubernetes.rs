//! The values of Kubernetes Secrets, in YAML (of a file or of a fence in a note) and in JSON. Reads lines and indentation rather than YAML,
//! since what surrounds them may be anything; must not know other kinds of document.

use std::sync::LazyLock;

use regex::Regex;

use super::{Found, argo, is_alias, is_reference};

const KIND: &str = "kubernetes-secret";

static JSON_KIND: LazyLock<Regex> = LazyLock::new(|| constant(r#""kind"\s{0,4}:\s{0,4}"Secret(?:List)?""#));
static JSON_DATA: LazyLock<Regex> = LazyLock::new(|| constant(r#""(?:data|stringData|binaryData)"\s{0,4}:\s{0,4}\{([^{}]*)\}"#));
static JSON_VALUE: LazyLock<Regex> = LazyLock::new(|| constant(r#":\s{0,4}"((?:[^"\\]|\\.)+)""#));

fn constant(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is constant")
}

pub(super) fn find(text: &str) -> Vec<Found> {
    let mut all = Vec::new();
    let mut document: Vec<Line> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let line = Line::at(at, line);
        at = line.next;
        let opens_item = line.content.starts_with("kind:") || line.content.starts_with("apiVersion:");
        if line.is_border() || line.is_item && opens_item {
            in_document(text, &document, &mut all);
            document.clear();
        }
        document.push(line);
    }
    in_document(text, &document, &mut all);
    if JSON_KIND.is_match(text) {
        for data in JSON_DATA.captures_iter(text).filter_map(|it| it.get(1)) {
            for value in JSON_VALUE.captures_iter(data.as_str()).filter_map(|it| it.get(1)) {
                push(&mut all, data.start() + value.start(), value.as_str());
            }
        }
    }
    all
}

/// A line of YAML, perhaps in a quote or a list of Markdown.
struct Line<'t> {
    /// Where the content begins in the text, and how far from the beginning of the line.
    start: usize,
    indent: usize,
    /// Without indentation, list mark and the spaces at the end.
    content: &'t str,
    is_item: bool,
    next: usize,
}

impl<'t> Line<'t> {
    fn at(at: usize, line: &'t str) -> Line<'t> {
        let inner = line.trim_start_matches([' ', '\t', '>']);
        let content = inner.strip_prefix("- ").unwrap_or(inner).trim_start_matches(' ');
        let indent = line.len() - content.len();
        Line {
            start: at + indent,
            indent,
            content: content.trim_end(),
            is_item: inner.starts_with("- "),
            next: at + line.len(),
        }
    }

    fn is_border(&self) -> bool {
        ["---", "```", "~~~", "..."].iter().any(|it| self.content.starts_with(it))
    }
}

fn in_document(text: &str, lines: &[Line<'_>], all: &mut Vec<Found>) {
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
        return;
    };
    let is_argo = text[first.start..last.next].contains(argo::LABEL);
    let is_kind = |it: &&Line<'_>| {
        it.content
            .strip_prefix("kind:")
            .is_some_and(|kind| matches!(kind.trim().trim_matches(['"', '\'']), "Secret" | "SecretList"))
    };
    let Some(kind) = lines.iter().find(is_kind) else {
        return;
    };
    // The data of the items of a list stand further in.
    let is_list = kind.content.contains("List");
    let mut data: Option<usize> = None;
    for line in lines.iter().filter(|it| !it.content.is_empty()) {
        if data.is_some_and(|it| line.indent > it) {
            if !line.content.starts_with('#') {
                value_of(line, is_argo, all);
            }
            continue;
        }
        let key = line.content.split_once(':').filter(|_| is_list || line.indent == kind.indent);
        let opens = key.is_some_and(|(key, rest)| matches!(key, "data" | "stringData" | "binaryData") && rest.trim_start().is_empty());
        data = opens.then_some(line.indent);
    }
}

/// The value after the key, or the line of a block.
fn value_of(line: &Line<'_>, is_argo: bool, all: &mut Vec<Found>) {
    let is_key = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_.\"'".contains(&it));
    let after_key = match line.content.split_once(':') {
        Some((key, value)) if is_key(key) && (value.is_empty() || value.starts_with(' ')) => value.trim_start(),
        _ => line.content,
    };
    let offset = line.content.len() - after_key.len();
    let value = after_key.trim_matches(['"', '\'']);
    let quote = after_key.len() - after_key.trim_start_matches(['"', '\'']).len();
    if is_argo && argo::is_plain(line.content[..offset].trim_end_matches([':', ' ']), value) {
        return;
    }
    push(all, line.start + offset + quote, value);
}

fn push(all: &mut Vec<Found>, start: usize, value: &str) {
    let is_block_mark = value.starts_with(['|', '>']) && value.len() <= 3;
    if !value.is_empty() && !is_block_mark && !is_reference(value) && !is_alias(value) {
        all.push(Found {
            range: start..start + value.len(),
            kind: KIND,
        });
    }
}

//! A file of a repository as it is indexed: what must not be known of it left out or masked, the rest cut by its structure. Knows which files
//! are looked into; must not know disks or indexes.

use std::{borrow::Cow, ops::Range};

use crate::{
    engine::{document::Document, graph::Facts},
    model::{
        config_file::{
            self, ConfigFile,
            references::{Reference, ReferenceKind, declared_id},
        },
        lines::LineIndex,
        links::{Declares, path_of_source},
        note::{Link, LinkKind, Note},
        path::{FileKind, NotePath},
        secrets::file::{self, Seen},
    },
};

/// Of a larger file only its beginning is indexed.
pub(in crate::engine) const LARGE: usize = 512 << 10;
const BEGINNING: usize = 16 << 10;

/// A file with a NUL byte this early is no text.
const LOOKED_AT: usize = 8 << 10;

/// Brackets that may be open at once.
const MOST_OPEN: usize = 20_000;

/// A file declares no more that links may lead to.
const MAX_DECLARED: usize = 2000;

/// What an LFS pointer begins with (git-lfs, docs/spec.md).
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";

/// Reads a file of a repository; `None` for one whose bytes must not be read, or are too many. `size` is that of the whole file. Total.
pub(in crate::engine) fn of_repo<'b>(path: &NotePath, bytes: Option<&'b [u8]>, size: u64) -> Document<'b> {
    let Some(bytes) = bytes else {
        let why = file::is_name_only(path.as_str()).unwrap_or("too large to be read");
        return name_only(why);
    };
    let text = match visible(path, bytes) {
        Ok(text) => text,
        Err(why) => return name_only(why),
    };
    let cut = (text.len() < bytes.len() && bytes.len() > LARGE).then(|| format!("{size} bytes: only the first 16 KiB are indexed"));
    let mut document = if path.kind() == FileKind::Note {
        of_note(path, text)
    } else {
        of_config(path, text)
    };
    document.flaw = cut.or(document.flaw);
    document
}

/// Returns the text of a file of a repository as it may be shown, secrets masked; or why it may not. Every reader goes through here.
pub fn visible<'b>(path: &NotePath, bytes: &'b [u8]) -> Result<Cow<'b, str>, &'static str> {
    if let Some(why) = file::is_name_only(path.as_str()) {
        return Err(why);
    }
    if bytes.starts_with(LFS) {
        return Err("a pointer of git LFS");
    }
    if bytes[..bytes.len().min(LOOKED_AT)].contains(&0) {
        return Err("binary");
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err("not UTF-8");
    };
    let shown = if text.len() > LARGE { beginning(text) } else { text };
    // Not even its first line is short.
    if text.len() > LARGE && shown.is_empty() {
        return Err("made by a tool");
    }
    if is_too_deep(text) {
        return Err("brackets in each other, too many to be read");
    }
    if config_file::generated::is_generated(path.as_str(), shown) {
        return Err("made by a tool");
    }
    // What stands further down may tell what the beginning is: the whole is masked, and then cut.
    match file::of_file(path.as_str(), text) {
        Seen::NameOnly(why) => Err(why),
        Seen::Text(masked) if text.len() > LARGE => Ok(Cow::Owned(beginning(&masked).to_owned())),
        Seen::Text(masked) => Ok(masked),
    }
}

/// Says whether more brackets are open at once than any person or tool writes: each is kept while a file is looked through for secrets, and a few MiB
/// of them would take hundreds.
fn is_too_deep(text: &str) -> bool {
    let mut depth = 0_usize;
    text.bytes().any(|it| {
        match it {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > MOST_OPEN
    })
}

/// Returns the first lines of a large text.
fn beginning(text: &str) -> &str {
    let cut = memchr::memrchr(b'\n', &text.as_bytes()[..text.len().min(BEGINNING)]);
    &text[..cut.map_or(0, |it| it + 1)]
}

fn name_only(why: &str) -> Document<'static> {
    Document {
        flaw: Some(format!("{why}: only its name is indexed")),
        ..Document::default()
    }
}

fn of_note<'b>(path: &NotePath, text: Cow<'b, str>) -> Document<'b> {
    let note = Note::parse(&text);
    Document {
        facts: Facts::of_note(path, &text, &note),
        note,
        text,
        ..Document::default()
    }
}

fn of_config<'b>(path: &NotePath, text: Cow<'b, str>) -> Document<'b> {
    let read = config_file::read(path, &text);
    let declares = declarations(&read, &text);
    let words: Vec<(Range<usize>, String)> = read.words;
    Document {
        facts: Facts::of_config(&read.links.iter().map(link).collect::<Vec<_>>(), declares, &text),
        note: read.note,
        words,
        flaw: read.flaw,
        text,
        ..Document::default()
    }
}

/// Returns what a file declares, each with the line of its first key, or has made.
fn declarations(file: &ConfigFile, text: &str) -> Vec<Declares> {
    if file.resources.is_empty() && file.generates.is_empty() {
        return Vec::new();
    }
    let lines = LineIndex::new(text);
    let first = |range: &Range<usize>| {
        let mut start = range.start;
        for line in text[range.clone()].split_inclusive('\n') {
            if !matches!(line.trim_start().chars().next(), None | Some('#')) && !line.starts_with("---") {
                break;
            }
            start += line.len();
        }
        lines.line_of(start.min(range.end.saturating_sub(1))) + 1
    };
    let declared = file.resources.iter().filter_map(|it| {
        Some(Declares {
            id: declared_id(it)?,
            line: first(&it.range),
            url: it.keys.get("spec.url").filter(|_| it.kind == "GitRepository").cloned(),
        })
    });
    let generated = file.generates.iter().map(|(start, id)| Declares {
        id: id.clone(),
        line: lines.line_of(*start) + 1,
        url: None,
    });
    declared.chain(generated).take(MAX_DECLARED).collect()
}

/// Returns what a config file points to as a link of the graph.
fn link(reference: &Reference) -> Link {
    Link {
        kind: match &reference.kind {
            ReferenceKind::Resource => LinkKind::Resource,
            ReferenceKind::File => LinkKind::Path,
            ReferenceKind::SecretFile => LinkKind::SecretPath,
            ReferenceKind::RootFile { .. } => LinkKind::RootPath,
        },
        target: match &reference.kind {
            ReferenceKind::Resource => reference.target.clone(),
            ReferenceKind::RootFile { of: Some(of) } => path_of_source(of, reference.target.trim_end_matches('/')),
            _ => reference.target.trim_end_matches('/').to_owned(),
        },
        display: None,
        markdown: true,
        range: reference.range.clone(),
        key: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, bytes: &[u8]) -> (String, Option<String>) {
        let document = of_repo(&NotePath::parse_in_repo(path).unwrap(), Some(bytes), bytes.len() as u64);
        (document.text.into_owned(), document.flaw)
    }

    #[test]
    fn what_is_no_text_is_known_by_its_name_and_says_why() {
        let check = |path: &str, bytes: &[u8], why: &str| {
            let (text, flaw) = read(path, bytes);
            assert!(
                text.is_empty() && flaw.as_ref().is_some_and(|it| it.contains(why)),
                "{path}: {flaw:?}"
            );
        };
        check("a.bin", b"ab\0c", "binary");
        check("a.txt", b"caf\xe9", "UTF-8");
        check("a.psd", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "LFS");
        check("Cargo.lock", b"[[package]]\n", "tool");
        check("app/.env", b"A=b\n", "name");
    }

    /// Five MiB of brackets took 600 MB while they were looked through, five of `password=` half a minute in a debug build.
    #[test]
    fn a_file_of_nothing_but_brackets_took_all_the_memory() {
        let lines = format!("{}\n", "[".repeat(4000)).repeat(200);
        for (path, text) in [
            ("deep.json", "[".repeat(5_000_000)),
            ("deep.yaml", format!("a: {}", "- ".repeat(2_000_000))),
            ("line.txt", "password=".repeat(500_000)),
            ("lines.json", lines),
        ] {
            let (text, flaw) = read(path, text.as_bytes());
            assert!(text.is_empty() && flaw.is_some_and(|it| it.contains("only its name")), "{path}");
        }
        assert!(!is_too_deep(&"a: [1, {b: 2}]\n".repeat(50_000)));
    }

    #[test]
    fn of_a_large_file_the_beginning_is_indexed() {
        let (text, flaw) = read("big.txt", "a line of text\n".repeat(50_000).as_bytes());
        assert!(text.len() <= BEGINNING && text.ends_with('\n') && flaw.is_some_and(|it| it.contains("first 16 KiB")));
    }

    #[test]
    fn a_kustomization_links_to_what_it_names() {
        let text = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - ../base\n  - app.yaml\n";
        let document = of_repo(
            &NotePath::parse("apps/kustomization.yaml").unwrap(),
            Some(text.as_bytes()),
            text.len() as u64,
        );
        let facts = document.facts.to_text().unwrap();
        assert!(
            facts.contains("\"../base\",\"Path\"") && facts.contains("\"app.yaml\",\"Path\""),
            "{facts}"
        );
    }

    #[test]
    fn what_a_file_declares_has_the_line_of_its_first_key() {
        let text = "# one\n---\n# two\nkind: Service\nmetadata: {name: web, namespace: w}\n---\nkind: Ingress\nmetadata:\n  name: web\n---\nkind: X\nmetadata: {name: \"{{ a }}\"}\n";
        let file = config_file::read(&NotePath::parse("a.yaml").unwrap(), text);
        let found: Vec<(String, usize)> = declarations(&file, text).into_iter().map(|it| (it.id, it.line)).collect();
        let expected = [("Service/w/web".to_owned(), 4), ("Ingress//web".to_owned(), 7)];
        assert_eq!(found, expected);
    }
}

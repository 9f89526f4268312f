//! What a pull request touched: areas, files, resources. Knows the diff; must not know the text of files.

use std::collections::BTreeMap;

use crate::model::{
    glob::PathGlob,
    path::NotePath,
    pull_request::{
        Change, ChangedFile, Diff, KeyChange, PullRequest, ResourceChange,
        note::{bounded, untrusted},
    },
};

const FILES_MOST: usize = 30;
const AREAS_MOST: usize = 20;
const RESOURCES_MOST: usize = 60;

/// Returns totals, a table by area, the most changed files, and resources with their changed keys.
pub(super) fn section(pr: &PullRequest, areas: &[PathGlob]) -> Option<String> {
    let Some(diff) = &pr.diff else {
        return Some(format!("## What changed\n\n{}", counted(pr)?));
    };
    let (added, removed) = totals(diff);
    let count = diff.files.len();
    let mut blocks = vec![format!("{count} {}, +{added} −{removed} lines.", untrusted::plural(count, "file"))];
    let by_area = by_area(diff, areas);
    if by_area.len() > 1 || !areas.is_empty() && !by_area.is_empty() {
        let left = by_area.len().saturating_sub(AREAS_MOST);
        let mut table = vec![
            "| Area | Files | Added | Removed |".to_owned(),
            "| --- | --- | --- | --- |".to_owned(),
        ];
        table.extend(by_area.iter().take(AREAS_MOST).map(|(area, it)| {
            let area = untrusted::name(area, 80);
            format!("| {area} | {} | +{} | −{} |", it.files, it.added, it.removed)
        }));
        if left > 0 {
            table.push(format!("| … {left} more {} | | | |", untrusted::plural(left, "area")));
        }
        blocks.push(table.join("\n"));
    }
    if !diff.resources.is_empty() {
        let mut resources: Vec<&ResourceChange> = diff.resources.iter().collect();
        resources.sort();
        let lines: Vec<String> = resources.iter().take(RESOURCES_MOST).flat_map(|it| resource_lines(it)).collect();
        let shown = bounded(lines.into_iter(), 80, 6 * 1024, "line");
        let left = resources.len().saturating_sub(RESOURCES_MOST);
        let more = if left > 0 {
            format!("\n- … {left} more resources")
        } else {
            String::new()
        };
        blocks.push(format!("Resources:\n\n{shown}{more}"));
    }
    if !diff.files.is_empty() {
        blocks.push(format!("Files:\n\n{}", files(diff)));
    }
    Some(format!("## What changed\n\n{}", blocks.join("\n\n")))
}

/// Returns what the forge counted, where nobody looked into the files.
fn counted(pr: &PullRequest) -> Option<String> {
    let files = pr
        .changed_files
        .map(|it| format!("{it} {}", untrusted::plural(usize::try_from(it).unwrap_or(2), "file")));
    let lines = match (pr.additions, pr.deletions) {
        (None, None) => None,
        (added, removed) => Some(format!("+{} −{} lines", added.unwrap_or(0), removed.unwrap_or(0))),
    };
    let counted: Vec<String> = files.into_iter().chain(lines).collect();
    (!counted.is_empty()).then(|| format!("{}.", counted.join(", ")))
}

/// Returns added and removed lines.
pub(super) fn totals(diff: &Diff) -> (u64, u64) {
    let sum = |of: fn(&ChangedFile) -> u64| diff.files.iter().map(of).fold(0, u64::saturating_add);
    (sum(|it| it.added), sum(|it| it.removed))
}

/// Lines and files of an area.
#[derive(Debug, Default)]
pub(super) struct Area {
    pub(super) files: usize,
    added: u64,
    removed: u64,
}

/// Returns the areas by name: the first glob that meets a path, else its first two folders.
pub(super) fn by_area(diff: &Diff, areas: &[PathGlob]) -> BTreeMap<String, Area> {
    let mut found: BTreeMap<String, Area> = BTreeMap::new();
    for file in &diff.files {
        let glob = (!areas.is_empty())
            .then(|| NotePath::parse(&file.path).ok())
            .flatten()
            .and_then(|path| areas.iter().find(|it| it.matches(&path)));
        let name = glob.map_or_else(|| folder(&file.path), |it| it.as_str().to_owned());
        let area = found.entry(name).or_default();
        area.files += 1;
        area.added = area.added.saturating_add(file.added);
        area.removed = area.removed.saturating_add(file.removed);
    }
    found
}

fn folder(path: &str) -> String {
    let folders: Vec<&str> = path.rsplit_once('/').map_or("", |it| it.0).split('/').take(2).collect();
    let folder = folders.join("/");
    if folder.is_empty() { ".".to_owned() } else { folder }
}

/// Returns the name of a resource: `Deployment ai/openclaw`.
pub(super) fn resource_name(it: &ResourceChange) -> String {
    if it.namespace.is_empty() {
        format!("{} {}", it.kind, it.name)
    } else {
        format!("{} {}/{}", it.kind, it.namespace, it.name)
    }
}

fn resource_lines(it: &ResourceChange) -> Vec<String> {
    let name = untrusted::inline(&resource_name(it), 160);
    match it.change {
        Change::Added => vec![format!("- {name}: added")],
        Change::Removed => vec![format!("- {name}: removed")],
        Change::Modified if it.keys.is_empty() => vec![format!("- {name}: changed")],
        Change::Modified => {
            let keys = it.keys.iter().take(20);
            let mut lines: Vec<String> = keys.map(|key| format!("- {name} {}", key_change(key))).collect();
            let left = it.keys_total.max(it.keys.len()) - lines.len();
            if left > 0 {
                lines.push(format!("- {name}: … {left} more {}", untrusted::plural(left, "key")));
            }
            lines
        }
    }
}

fn key_change(it: &KeyChange) -> String {
    // The key tells whether its value is a secret.
    let last = untrusted::line(it.key.rsplit('.').next().unwrap_or_default(), 160);
    let value = |text: &Option<String>| match text {
        None => "none".to_owned(),
        Some(text) => {
            let both = untrusted::masked(&format!("{last}: {}", untrusted::head(text, 4096)));
            let text = both.strip_prefix(&format!("{last}: ")).unwrap_or("[redacted]");
            if text.is_empty() {
                "empty".to_owned()
            } else {
                untrusted::name(text, 120)
            }
        }
    };
    format!("{}: {} → {}", untrusted::inline(&it.key, 160), value(&it.before), value(&it.after))
}

fn files(diff: &Diff) -> String {
    let mut files: Vec<&ChangedFile> = diff.files.iter().filter(|it| !it.generated).collect();
    files.sort_by(|a, b| {
        let size = |it: &ChangedFile| it.added.saturating_add(it.removed);
        (size(b), &a.path).cmp(&(size(a), &b.path))
    });
    let line = |it: &&ChangedFile| {
        let name = untrusted::name(&it.path, 160);
        let from = it.renamed_from.as_ref().map(|from| format!(", was {}", untrusted::name(from, 160)));
        let kind = match it.kind {
            Change::Added => " added",
            Change::Removed => " removed",
            Change::Modified => "",
        };
        format!("- {name}{kind} +{} −{}{}", it.added, it.removed, from.unwrap_or_default())
    };
    let left = files.len().saturating_sub(FILES_MOST);
    let mut lines: Vec<String> = files.iter().take(FILES_MOST).map(line).collect();
    if left > 0 {
        lines.push(format!("- … {left} more {}", untrusted::plural(left, "file")));
    }
    let generated: Vec<&ChangedFile> = diff.files.iter().filter(|it| it.generated).collect();
    if !generated.is_empty() {
        let count = generated.len();
        let lines_of = |it: &&ChangedFile| it.added.saturating_add(it.removed);
        let changed = generated.iter().map(lines_of).fold(0, u64::saturating_add);
        lines.push(format!(
            "- {count} generated {} ({changed} lines)",
            untrusted::plural(count, "file")
        ));
    }
    bounded(lines.into_iter(), FILES_MOST + 2, 7 * 1024, "line")
}

//! What a conversation begins with, as far as it can be told from names and texts alone: the agent's journal, newest first. Pure; knows how
//! `model::memory` writes entries.

use std::collections::HashMap;

use crate::model::{
    lines::{LineIndex, LineRange},
    note::Note,
    path::NotePath,
    yaml::Value,
};

/// Behind the day's name in the name of the agent's note of that day.
pub const JOURNAL_MARK: &str = " agent";

/// Of an entry's heading.
const ENTRY_LEVEL: u8 = 2;

/// One entry of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `14:05 Backups`
    pub heading: String,
    pub lines: LineRange,
    /// With its heading.
    pub text: String,
}

/// Returns the entries of a day, the last first.
pub fn entries(text: &str) -> Vec<Entry> {
    let note = Note::parse(text);
    let lines = LineIndex::new(text);
    let top: Vec<_> = note.headings.iter().filter(|it| it.level <= ENTRY_LEVEL).collect();
    let ends = top.iter().skip(1).map(|it| it.range.start).chain([text.len()]);
    let found = top.iter().zip(ends).filter(|(it, _)| it.level == ENTRY_LEVEL);
    let mut entries: Vec<Entry> = found
        .map(|(heading, end)| {
            let body = &text[heading.range.start..end];
            let shown = heading.range.start..heading.range.start + body.trim_end().len();
            Entry {
                heading: heading.text.clone(),
                lines: lines.lines_of(&shown),
                text: text[shown].to_owned(),
            }
        })
        .collect();
    entries.reverse();
    entries
}

/// Puts the notes of a journal in order, the newest day first; `days` are the names of the latest days, newest first, as the vault spells them.
/// What is called otherwise comes last. `folder` ends with a slash.
pub fn newest_days(mut notes: Vec<NotePath>, folder: &str, days: &[String]) -> Vec<NotePath> {
    let ages: HashMap<&str, usize> = days.iter().enumerate().map(|(age, name)| (name.as_str(), age)).collect();
    let age = |path: &NotePath| {
        let name = path.as_str().strip_prefix(folder)?.strip_suffix(".md")?;
        ages.get(&name[..name.rfind(JOURNAL_MARK)?]).copied()
    };
    // Of one day the later note has the longer name: `-2`.
    notes.sort_by(|one, other| {
        let by_age = age(one).unwrap_or(usize::MAX).cmp(&age(other).unwrap_or(usize::MAX));
        by_age
            .then_with(|| other.as_str().len().cmp(&one.as_str().len()))
            .then_with(|| other.cmp(one))
    });
    notes
}

/// Says whether a note is to be read at the start of each conversation: `memory: pinned`.
pub fn is_pinned(note: &Note) -> bool {
    let says = |it: &Value| it.as_str().is_some_and(|it| it.trim().eq_ignore_ascii_case("pinned"));
    match note.property("memory") {
        Some(Value::List(items)) => items.iter().any(says),
        Some(value) => says(value),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_its_entries_the_last_first() {
        let text = "---\norigin: agent\n---\n# 2026-02-03 agent\n\n## 09:10 Backups\n\nMoved.\n### Disk\nNew.\n\n## 14:05\n\n- Done.\n\n";
        let found: Vec<(String, usize, usize, String)> = entries(text)
            .into_iter()
            .map(|it| (it.heading, it.lines.start, it.lines.end, it.text))
            .collect();
        assert_eq!(
            found,
            [
                ("14:05".to_owned(), 12, 14, "## 14:05\n\n- Done.".to_owned()),
                (
                    "09:10 Backups".to_owned(),
                    6,
                    10,
                    "## 09:10 Backups\n\nMoved.\n### Disk\nNew.".to_owned()
                ),
            ]
        );
        assert!(entries("").is_empty() && entries("# Only a title\n").is_empty());
    }

    #[test]
    fn days_are_ordered_by_the_calendar_not_by_their_names() {
        let paths = |names: &[&str]| -> Vec<NotePath> { names.iter().map(|it| NotePath::parse(it).unwrap()).collect() };
        let notes = paths(&[
            "J/Other.md",
            "J/28.01.2026 agent.md",
            "J/03.02.2026 agent.md",
            "J/03.02.2026 agent-2.md",
        ]);
        let days = ["03.02.2026".to_owned(), "28.01.2026".to_owned()];
        assert_eq!(
            newest_days(notes, "J/", &days),
            paths(&[
                "J/03.02.2026 agent-2.md",
                "J/03.02.2026 agent.md",
                "J/28.01.2026 agent.md",
                "J/Other.md"
            ])
        );
    }

    #[test]
    fn a_note_is_pinned_by_its_property_alone() {
        let check = |text: &str, expected: bool| assert_eq!(is_pinned(&Note::parse(text)), expected, "{text}");
        check("---\nmemory: pinned\n---\n", true);
        check("---\nMemory: [Pinned]\n---\n", true);
        check("---\nmemory: unpinned\n---\n", false);
        check("memory: pinned\n", false);
        check("---\nmemory: true\n---\n", false);
    }
}

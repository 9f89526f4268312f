//! What a brief takes of the notes themselves: `AGENTS.md`, pinned notes, the last entries of the journal. Reads one snapshot; must not know
//! budgets.

use jiff::ToSpan;

use crate::{
    engine::handle::Source,
    http::{
        AppState,
        gather::{pinned, whole},
        memories::JOURNAL,
        passage::Draft,
    },
    io::index::{Filter, Searcher, Visible},
    model::{
        brief::{entries, newest_days},
        path::{NoteId, NotePath},
    },
};

const INSTRUCTIONS: &str = "AGENTS.md";

/// Days of the journal that are read, and entries that are looked at.
const DAYS: usize = 4;
const ENTRIES: usize = 20;
/// Days whose names are known; older notes are told from newer ones by their names alone.
const KNOWN_DAYS: i32 = 400;

/// What is read of the vault.
pub(super) struct Found {
    pub(super) instructions: Option<Draft>,
    pub(super) pinned: Vec<Draft>,
    pub(super) journal: Vec<Draft>,
    /// What was not even looked at, and what lists it.
    pub(super) warning: Option<String>,
}

/// Reads what a conversation begins with.
pub(super) fn read(state: &AppState, source: &Source, searcher: &Searcher, visible: &Visible) -> anyhow::Result<Found> {
    let sees = std::slice::from_ref(visible);
    // Whoever is confined to a folder has its instructions there.
    let path = NotePath::parse(&format!("{}{INSTRUCTIONS}", visible.prefix.as_deref().unwrap_or_default())).ok();
    let id = path.map(|path| NoteId {
        source: visible.source.clone(),
        path,
    });
    let ids: Vec<NoteId> = id.into_iter().collect();
    let instructions = searcher.notes_of(sees, &ids)?.into_iter().flatten().next();
    let pinned = pinned(searcher, sees, Filter::default())?;
    let others = pinned.notes.iter().filter(|it| !ids.contains(&it.id));
    Ok(Found {
        pinned: others.map(|it| whole(state, it, "pinned")).collect(),
        warning: pinned.warning(),
        instructions: instructions.map(|it| whole(state, &it, "instructions")),
        journal: if source.is_repo() {
            Vec::new()
        } else {
            journal(state, source, searcher, visible)?
        },
    })
}

fn journal(state: &AppState, source: &Source, searcher: &Searcher, visible: &Visible) -> anyhow::Result<Vec<Draft>> {
    let folder = format!("{}/{JOURNAL}/", state.agent_folder);
    let Some(prefix) = narrower(visible.prefix.as_deref(), &folder) else {
        return Ok(Vec::new());
    };
    let sees = [Visible {
        source: visible.source.clone(),
        prefix: Some(prefix.to_owned()),
    }];
    let notes = searcher.paths(&sees)?.into_iter().map(|it| it.path).filter(NotePath::is_note);
    let clock = state.clock();
    let today = clock.now.to_zoned(clock.zone.clone()).date();
    let settings = source.settings();
    // From tomorrow on: a journal may be kept in another zone.
    let days = (-1..KNOWN_DAYS).filter_map(|age| settings.daily_notes.name(today.checked_sub(age.days()).ok()?));
    let newest = newest_days(notes.collect(), &folder, &days.collect::<Vec<_>>());
    let ids: Vec<NoteId> = newest
        .into_iter()
        .take(DAYS)
        .map(|path| NoteId {
            source: visible.source.clone(),
            path,
        })
        .collect();
    let mut drafts = Vec::new();
    for note in searcher.notes_of(&sees, &ids)?.into_iter().flatten() {
        let found = entries(&note.text).into_iter();
        drafts.extend(found.map(|it| Draft::of_note(state, &note, vec![it.heading], it.lines, &it.text, "journal")));
    }
    drafts.truncate(ENTRIES);
    Ok(drafts)
}

/// Returns what lies both in what a caller sees and in a folder; `None` for nothing.
fn narrower<'a>(prefix: Option<&'a str>, folder: &'a str) -> Option<&'a str> {
    match prefix {
        None => Some(folder),
        Some(prefix) if folder.starts_with(prefix) => Some(folder),
        Some(prefix) if prefix.starts_with(folder) => Some(prefix),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confined_caller_sees_of_the_journal_what_is_its_own() {
        let check = |prefix, expected| assert_eq!(narrower(prefix, "Agent/Journal/"), expected, "{prefix:?}");
        check(None, Some("Agent/Journal/"));
        check(Some("Agent/"), Some("Agent/Journal/"));
        check(Some("Agent/Journal/2026/"), Some("Agent/Journal/2026/"));
        check(Some("Work/"), None);
    }
}

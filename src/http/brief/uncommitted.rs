//! What changed and is in no commit yet: saved text from the index; removed and moved notes by what HEAD has and the vault has not; by whom, where
//! the commit of a write waits. Knows one snapshot and one tree; must not know budgets.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    os::unix::fs::MetadataExt,
    path::Path,
    time::Instant,
};

use crate::{
    engine::handle::Source,
    http::{AppState, auth::Caller, brief::changed::ChangeLine, notes::load::may_read, search::rfc3339},
    io::{
        git::RepositoryKind,
        index::{Filter, Hit, SearchRequest, Searcher, Sort, StoredNote, Visible},
    },
    model::{
        hash::ContentHash,
        path::{NoteId, NotePath},
        query,
    },
};

/// Notes without a commit that are looked for, the last modified.
const SAVED: usize = 40;
/// The same of a vault without a history of its own, when nobody says since when: any note may be as old as the vault.
const SAVED_AT_FIRST: usize = 10;
/// Notes that are gone, and new ones that may be where they went.
const MOVED: usize = 40;
/// Those that are gone are counted so far.
const COUNTED: usize = 1000;

const NANOSECONDS: i64 = 1_000_000_000;

/// What is in no commit.
#[derive(Debug, Default)]
pub(super) struct Uncommitted {
    pub(super) lines: Vec<ChangeLine>,
    /// What was not even looked at, and what lists it.
    pub(super) warnings: Vec<String>,
}

/// From when on, and what is known already.
#[derive(Debug)]
pub(super) struct Told {
    /// In Unix seconds.
    pub(super) second: i64,
    /// Nobody said since when.
    pub(super) is_first: bool,
    /// Who wrote what waits for its commit, by path.
    pub(super) writers: BTreeMap<String, String>,
}

impl Told {
    /// Who wrote is told of the writes whose commits wait.
    pub(super) fn new(state: &AppState, source: &Source, second: i64, is_first: bool) -> Told {
        let status = state.handle.status();
        let of = status.sources.iter().zip(&status.commits);
        let of = of
            .filter(|(it, _)| it.name == source.config.name)
            .flat_map(|(_, commits)| &commits.of);
        // The last comes first, and counts.
        let writers = of.rev().cloned().collect();
        Told { second, is_first, writers }
    }

    fn by(&self, path: &NotePath, otherwise: &str) -> String {
        let writer = self.writers.get(path.as_str());
        writer
            .filter(|it| !it.is_empty())
            .map_or_else(|| otherwise.to_owned(), Clone::clone)
    }
}

/// Returns the notes that were saved, removed or moved since then, of which no commit tells.
pub(super) fn uncommitted(
    source: &Source,
    caller: &Caller,
    searcher: &Searcher,
    visible: &Visible,
    told: &Told,
    deadline: Instant,
) -> anyhow::Result<Uncommitted> {
    if source.is_repo() {
        return Ok(Uncommitted::default());
    }
    let mut open = saved(source, caller, searcher, visible, told, deadline)?;
    let removed = removed(source, caller, searcher, visible, told)?;
    open.lines.extend(removed.lines);
    open.warnings.extend(removed.warnings);
    open.lines.sort_by_key(|it| Reverse(it.time.clone()));
    Ok(open)
}

fn saved(
    source: &Source,
    caller: &Caller,
    searcher: &Searcher,
    visible: &Visible,
    told: &Told,
    deadline: Instant,
) -> anyhow::Result<Uncommitted> {
    let second = told.second;
    let has_own_history = source.repository().is_some_and(|it| it.kind() == RepositoryKind::Vault);
    let is_at_first = told.is_first && !has_own_history;
    let most = if is_at_first { SAVED_AT_FIRST } else { SAVED };
    let found = searcher.search(&SearchRequest {
        query: query::natural(""),
        visible: vec![visible.clone()],
        filter: Filter {
            since: Some(second.saturating_mul(NANOSECONDS)),
            ..Filter::default()
        },
        sort: Sort::Modified,
        limit: most,
        offset: 0,
        passages: 1,
        snippet_chars: 0,
        min_score: 0.0,
        exact: false,
        deadline: Some(deadline),
    })?;
    let warning = (found.total > found.hits.len()).then(|| {
        let (all, name, since) = (found.total, &visible.source, rfc3339(second.saturating_mul(NANOSECONDS)));
        let listed = format!("`membridge search --source {name} --since {since} --sort modified` lists them");
        if is_at_first {
            format!(
                "a first brief of a vault without git: of {all} notes that were modified since {since} the last {most} are told: {listed}"
            )
        } else {
            format!("of {all} notes that were modified the last {most} were looked at for text that nobody committed: {listed}")
        }
    });
    let mut hits = found.hits;
    hits.retain(|it| may_read(source, caller, &it.path));
    hits.iter_mut().for_each(|it| it.modified = no_later_than_now(source, it));
    hits.retain(|it| it.modified >= second.saturating_mul(NANOSECONDS));
    let (hits, hashes): (Vec<Hit>, Vec<ContentHash>) = hits.into_iter().filter_map(|it| it.hash.map(|hash| (it, hash))).unzip();
    // What cannot be asked for is told rather than kept back.
    let held = source.repository().and_then(|it| it.holds_each(&hashes).ok());
    let held = held.unwrap_or_else(|| vec![false; hits.len()]);
    let open: Vec<Hit> = hits.into_iter().zip(held).filter(|(_, held)| !held).map(|(it, _)| it).collect();
    let paths: Vec<NotePath> = open.iter().map(|it| it.path.clone()).collect();
    // In a repository of ours lies only what was written by us: what it has not may be as old as the vault.
    let repository = source.repository().filter(|it| it.kind() == RepositoryKind::Vault);
    let heads = repository.and_then(|it| it.at_heads(&paths).ok());
    let is_new = |at: usize| heads.as_ref().is_some_and(|it| it.get(at).is_some_and(Option::is_none));
    let lines = open.iter().enumerate().map(|(at, it)| {
        let change = if is_new(at) { "added" } else { "modified" };
        line(&it.path, change, told.by(&it.path, it.origin.as_str()), it.modified)
    });
    let lines = lines.collect();
    let warnings = warning.into_iter().collect();
    Ok(Uncommitted { lines, warnings })
}

/// When a file went nobody wrote down: its folder changed then, or later.
fn removed(source: &Source, caller: &Caller, searcher: &Searcher, visible: &Visible, told: &Told) -> anyhow::Result<Uncommitted> {
    let Some(Ok(head)) = source.repository().map(|it| it.files_at_head()) else {
        return Ok(Uncommitted::default());
    };
    let head: BTreeMap<NotePath, ContentHash> = head.into_iter().filter(|(path, _)| path.is_note()).collect();
    let root = &source.config.path;
    let earliest = told.second.saturating_mul(NANOSECONDS);
    let recent = |path: &NotePath| changed_above(root, path).filter(|it| *it >= earliest);
    let mut gone: Vec<Gone> = Vec::new();
    {
        let graph = source.graph();
        if !graph.is_whole() {
            return Ok(Uncommitted::default());
        }
        let missing = head.iter().filter(|(path, _)| !graph.holds(path) && may_read(source, caller, path));
        // What is left out of the index is there all the same.
        let missing = missing.filter(|(path, _)| std::fs::symlink_metadata(root.join(path.as_str())).is_err());
        let missing = missing.filter_map(|(path, hash)| {
            Some(Gone {
                path: path.clone(),
                hash: *hash,
                time: recent(path)?,
            })
        });
        gone.extend(missing.take(COUNTED));
    }
    if gone.is_empty() {
        return Ok(Uncommitted::default());
    }
    let all = gone.len();
    gone.truncate(MOVED);
    let warning = (all > MOVED).then(|| {
        let all = if all < COUNTED { all.to_string() } else { format!("{all} or more") };
        format!("of {all} notes that nobody committed as removed or moved the first {MOVED} are told: `git status` in the vault lists them")
    });
    let sees = std::slice::from_ref(visible);
    let paths = searcher.paths(sees)?;
    let new = paths.into_iter().filter(|it| it.path.is_note() && !head.contains_key(&it.path));
    let mut new: Vec<NoteId> = new.filter(|it| may_read(source, caller, &it.path)).collect();
    // Of a folder that was renamed all notes are new: those first that may be the ones that are told.
    let names: BTreeSet<&str> = gone.iter().map(|it| it.path.stem()).collect();
    new.sort_by_cached_key(|it| (!names.contains(it.path.stem()), it.path.clone()));
    new.truncate(MOVED);
    let new: Vec<StoredNote> = searcher.notes_of(sees, &new)?.into_iter().flatten().collect();
    let moved = moved(&mut gone, new.iter().filter_map(|it| Some((&it.id.path, it.hash?))));
    let origin = |path: &NotePath| new.iter().find(|it| it.id.path == *path).map_or("human", |it| it.origin.as_str());
    let mut lines: Vec<ChangeLine> = Vec::new();
    for (from, to) in moved {
        let time = recent(&to).unwrap_or(from.time);
        lines.push(ChangeLine {
            from: Some(from.path.to_string()),
            ..line(&to, "moved", told.by(&to, origin(&to)), time)
        });
    }
    lines.extend(gone.iter().map(|it| line(&it.path, "deleted", told.by(&it.path, "human"), it.time)));
    let warnings = warning.into_iter().collect();
    Ok(Uncommitted { lines, warnings })
}

/// A note at HEAD that is not there any more.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Gone {
    path: NotePath,
    hash: ContentHash,
    /// When it went at the latest, in nanoseconds.
    time: i64,
}

/// Takes out of those that are gone what lies elsewhere now, byte for byte; of several that are alike first those that kept their name. An empty
/// note is like any other, so that only its name tells where it went.
fn moved<'n>(gone: &mut Vec<Gone>, new: impl Iterator<Item = (&'n NotePath, ContentHash)>) -> Vec<(Gone, NotePath)> {
    let mut found = Vec::new();
    let mut left = Vec::new();
    for (to, hash) in new {
        match gone.iter().position(|it| it.hash == hash && it.path.stem() == to.stem()) {
            Some(at) => found.push((gone.remove(at), to.clone())),
            None => left.push((to, hash)),
        }
    }
    let empty = ContentHash::of(b"");
    for (to, hash) in left.into_iter().filter(|it| it.1 != empty) {
        if let Some(at) = gone.iter().position(|it| it.hash == hash) {
            found.push((gone.remove(at), to.clone()));
        }
    }
    found
}

/// Returns when a note was saved. A time in the future, which a copy or another clock may leave, would be told in every brief until it comes: then
/// counts when the file came to be as it is.
fn no_later_than_now(source: &Source, hit: &Hit) -> i64 {
    let now = i64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX);
    if hit.modified <= now {
        return hit.modified;
    }
    let found = std::fs::symlink_metadata(source.config.path.join(hit.path.as_str())).ok();
    let changed = found.map(|it| it.ctime().saturating_mul(NANOSECONDS).saturating_add(it.ctime_nsec()));
    changed.map_or(hit.modified, |it| it.min(now))
}

/// Returns when the innermost folder above a path that is there changed last, in nanoseconds.
fn changed_above(root: &Path, path: &NotePath) -> Option<i64> {
    let above = Path::new(path.as_str()).ancestors().skip(1);
    let modified = above
        .filter_map(|it| std::fs::metadata(root.join(it)).ok()?.modified().ok())
        .next()?;
    let age = modified.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(age.as_nanos()).ok()
}

fn line(path: &NotePath, change: &str, by: String, time: i64) -> ChangeLine {
    ChangeLine {
        path: path.to_string(),
        change: change.to_owned(),
        from: None,
        by,
        time: rfc3339(time),
        commit: None,
        reason: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> NotePath {
        NotePath::parse(text).unwrap()
    }

    fn check(gone: &[(&str, &[u8])], new: &[(&str, &[u8])], expected: &[(&str, &str)], left: &[&str]) {
        let gone = gone.iter().map(|(it, text)| Gone {
            path: path(it),
            hash: ContentHash::of(text),
            time: 0,
        });
        let mut gone: Vec<Gone> = gone.collect();
        let new: Vec<(NotePath, ContentHash)> = new.iter().map(|(it, text)| (path(it), ContentHash::of(text))).collect();
        let found = moved(&mut gone, new.iter().map(|(path, hash)| (path, *hash)));
        let found: Vec<(&str, &str)> = found.iter().map(|(from, to)| (from.path.as_str(), to.as_str())).collect();
        let gone: Vec<&str> = gone.iter().map(|it| it.path.as_str()).collect();
        assert_eq!((found.as_slice(), gone.as_slice()), (expected, left));
    }

    #[test]
    fn a_move_was_told_as_a_note_that_came_and_one_that_went() {
        check(&[("Old/A.md", b"a")], &[("New/A.md", b"a")], &[("Old/A.md", "New/A.md")], &[]);
        check(&[("A.md", b"a")], &[("B.md", b"a")], &[("A.md", "B.md")], &[]);
        check(&[("A.md", b"a")], &[("B.md", b"b")], &[], &["A.md"]);
        // Alike, and told apart by their names.
        let gone: [(&str, &[u8]); 2] = [("A.md", b"same"), ("B.md", b"same")];
        check(
            &gone,
            &[("New/B.md", b"same"), ("New/C.md", b"same")],
            &[("B.md", "New/B.md"), ("A.md", "New/C.md")],
            &[],
        );
        check(
            &[("A.md", b""), ("B.md", b"")],
            &[("C.md", b""), ("X/B.md", b"")],
            &[("B.md", "X/B.md")],
            &["A.md"],
        );
    }
}

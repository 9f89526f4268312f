//! Looks at a source that is a repository: the files of a clone's commit, or those of a checkout that git would take. Knows what the look means
//! for the index; does not read files.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tracing::warn;

use crate::{
    engine::{
        catalog::{Difference, Pending},
        handle::Source,
        repo::Listed,
        root::{MAX_SKIPPED, POLL, Root, SCAN_REST, excluded::is_excluded},
        status::Fetched,
    },
    io::{
        checkout::{
            self,
            rules::{self, Rules},
        },
        git::Repository,
        vault::Stamp,
    },
    model::{path::NotePath, secrets},
};

/// So long the first scan of a checkout waits for what is known of its commits: 20,000 take four seconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was found of a repository.
struct Found {
    files: BTreeMap<NotePath, Stamp>,
    /// Of which their own rules leave the name.
    name_only: BTreeSet<NotePath>,
    skipped: Vec<(String, String)>,
    /// Why not all is known: what was not found may be there.
    problem: String,
}

/// Returns what is told of the fetches of a source that has a remote.
pub(super) fn fetched_at_first(source: &Source) -> Option<Fetched> {
    source.repo.as_ref().filter(|it| it.is_clone()).map(|_| Fetched::default())
}

impl Root {
    /// Scans as soon as possible: the source has another commit, or another state.
    pub(in crate::engine) fn scan_at_once(&mut self, now: Instant) {
        self.next_scan = now;
    }

    pub(super) fn scan_repo(&mut self, pending: &Pending<'_>, now: Instant) -> Result<(), String> {
        if self.waits_for_commits(now) {
            return Ok(());
        }
        let start = Instant::now();
        let is_clone = self.is_clone();
        let found = if is_clone {
            self.files_of_clone()
        } else {
            self.files_of_checkout()
        };
        self.last_cost = start.elapsed();
        self.last_end = Some(now + self.last_cost);
        self.next_scan = now + self.interval.max(SCAN_REST * 5 * self.last_cost);
        self.status.last_scan_ms = u64::try_from(self.last_cost.as_millis()).unwrap_or(u64::MAX);
        let found = match found {
            Ok(found) => found,
            Err(why) => {
                self.next_scan = self.next_scan.min(now + POLL);
                self.gone = !is_clone;
                self.watcher = None;
                // That a first clone takes its time is no failure.
                let said = why == self.status.problem || (is_clone && self.out_of_reach.is_empty());
                self.status.problem.clone_from(&why);
                return if said { Ok(()) } else { Err(why) };
            }
        };
        self.gone = false;
        if let Some(repo) = &self.source.repo {
            let files = if is_clone {
                BTreeSet::new()
            } else {
                found.files.keys().cloned().collect()
            };
            let differing = repo.list(Listed {
                files,
                name_only: found.name_only,
            });
            differing.into_iter().for_each(|it| self.catalog.mark(it, now, Duration::ZERO));
        }
        let files: BTreeMap<&NotePath, Stamp> = found.files.iter().map(|(path, stamp)| (path, *stamp)).collect();
        let difference = self.catalog.compare_whole(&files, pending);
        let held = !is_clone && {
            let vanished = difference.is_mass_delete(self.catalog.entries.len(), files.len()) && !self.are_gone_at_head(&difference);
            let identity = self.source.vault.root_identity().ok().map(|it| (it.dev, it.ino));
            let switches = self.source.vault.root().is_symlink();
            identity.is_none_or(|it| self.presence.holds_back(it, vanished, switches, now))
        };
        if let Some(second) = self.presence.second_look().filter(|it| *it > now) {
            self.next_scan = self.next_scan.min(second);
        }
        for path in difference.changed {
            self.catalog.mark(path, now, Duration::ZERO);
        }
        if !held && found.problem.is_empty() {
            difference.absent.into_iter().for_each(|it| self.catalog.mark_gone(it, now));
        }
        self.status.on_disk = files.len();
        self.status.last_scan = Some(Timestamp::now());
        self.status.skipped_total = found.skipped.len();
        self.status.skipped = found.skipped.into_iter().take(MAX_SKIPPED).collect();
        self.status.problem = if held {
            "most files are gone at once; they stay in the index until they are back, or until a second look finds the same folder without them"
                .to_owned()
        } else if found.problem.is_empty() {
            self.out_of_reach.clone()
        } else {
            found.problem
        };
        self.last_complete = Some(now);
        Ok(())
    }

    /// Says whether git itself holds most of the absent files no more at HEAD: then no volume is missing, whatever folder a link leads to now.
    fn are_gone_at_head(&self, difference: &Difference) -> bool {
        let snapshot = self.source.snapshot().filter(|it| !it.commit.is_empty());
        snapshot.is_some_and(|it| {
            let held = difference.absent.iter().filter(|path| it.files.contains_key(path));
            2 * held.count() < difference.absent.len()
        })
    }

    /// Says whether a checkout shall be read a little later, once its commits are known for the first time: until then its files would be indexed with
    /// the times of the disk, and right after once more.
    fn waits_for_commits(&mut self, now: Instant) -> bool {
        let is_known = self.source.repo.as_ref().is_none_or(|it| it.is_clone() || it.knows_commits());
        let is_first = self.last_complete.is_none() && self.out_of_reach.is_empty();
        if is_known || !is_first || self.source.repository().is_none() || now >= *self.patience.get_or_insert(now + PATIENCE) {
            return false;
        }
        self.next_scan = now + POLL;
        true
    }

    /// Counts that the remote was asked. A checkout has nobody to ask.
    pub(in crate::engine) fn note_fetch(&mut self, went_well: bool, is_damaged: bool) {
        let Some(fetched) = &mut self.status.fetched else { return };
        fetched.is_failing = !went_well;
        fetched.is_damaged = is_damaged;
        if went_well {
            fetched.done += 1;
            fetched.last = Some(Timestamp::now());
        } else {
            fetched.failed += 1;
        }
    }

    pub(in crate::engine) fn is_clone(&self) -> bool {
        self.source.repo.as_ref().is_some_and(|it| it.is_clone())
    }

    fn files_of_clone(&self) -> Result<Found, String> {
        let Some(snapshot) = self.source.snapshot() else {
            return Err(match self.out_of_reach.as_str() {
                "" => "the first clone is under way; it may take up to ten times `git.timeout`".to_owned(),
                why if self.catalog.entries.is_empty() => format!("it could not be cloned yet: {why}"),
                // What an earlier run indexed answers.
                why => why.to_owned(),
            });
        };
        let files = snapshot.files.values().filter(|it| !is_excluded(&self.source, it.path.as_str()));
        Ok(Found {
            files: files.map(|it| (it.path.clone(), snapshot.stamp(it))).collect(),
            name_only: snapshot.name_only.clone(),
            skipped: told(&snapshot.skipped, snapshot.files.values().map(|it| &it.path)),
            problem: String::new(),
        })
    }

    fn files_of_checkout(&self) -> Result<Found, String> {
        let source = Arc::clone(&self.source);
        let tracked = source.repository().and_then(|it| it.tracked().ok()).unwrap_or_default();
        let listed = checkout::files(source.vault.root(), &tracked.files, &tracked.submodules, tracked.top.as_deref())
            .map_err(|error| format!("the folder cannot be listed: {error}; its files stay in the index until it is back"))?;
        let read = |path: &NotePath| source.vault.read(path, rules::MOST_BYTES as u64).ok();
        let rules = Rules::of(listed.paths.iter(), |path| String::from_utf8(read(path)?.bytes).ok());
        let rules = match &tracked.top {
            Some(top) => rules.beneath(top, source.vault.root()),
            None => rules,
        };
        let refused = source
            .repository()
            .is_none()
            .then(|| Repository::refusal(&source.config.path))
            .flatten();
        let mut found = Found {
            files: BTreeMap::new(),
            name_only: listed.paths.iter().filter(|it| rules.is_name_only(it)).cloned().collect(),
            skipped: told(&listed.skipped, listed.paths.iter()),
            problem: listed
                .unlisted
                .into_iter()
                .next()
                .map(|(_, why)| format!("not all of it can be listed: {why}"))
                .unwrap_or_default(),
        };
        if let Some(why) = &refused {
            found.skipped.insert(
                0,
                (".git".to_owned(), format!("{why}; hits have no commit, and there is no history")),
            );
        }
        if let Some(repo) = &source.repo
            && repo.refuse(refused)
        {
            warn!(source = %source.config.name, why = repo.refused().as_deref(), "the repository of a checkout cannot be read");
        }
        // Rules of ours count for what git keeps, too.
        let counts = |it: &NotePath| !is_excluded(&source, it.as_str()) && !rules.ignores(it);
        for path in listed.paths.into_iter().filter(counts) {
            match source.stamp_on_disk(&path) {
                Ok(Some(stamp)) => drop(found.files.insert(path, stamp)),
                Ok(None) => {}
                Err(why) => found.skipped.push((path.to_string(), why.to_string())),
            }
        }
        Ok(found)
    }
}

/// Returns what is skipped as it may be told: with the files whose name holds a secret, and without that.
fn told<'p>(skipped: &[(String, String)], paths: impl Iterator<Item = &'p NotePath>) -> Vec<(String, String)> {
    let unnamed = |(path, why): &(String, String)| (secrets::mask_name(path).into_owned(), why.clone());
    let secret = paths.filter(|it| secrets::in_name(it.as_str()).is_some());
    let secret = secret.map(|it| {
        let why = "its name holds what looks like a secret; rename it, and replace the secret".to_owned();
        (secrets::mask_name(it.as_str()).into_owned(), why)
    });
    skipped.iter().map(unnamed).chain(secret).collect()
}

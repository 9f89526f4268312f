//! Sources that are git repositories: a clone that we keep, or somebody's checkout. Knows what such a source holds at a commit and how it is
//! read; a worker of its own asks the remote. Nothing is ever written there.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Instant,
};

use arc_swap::ArcSwapOption;
use crossbeam_channel::Sender;
use tracing::{info, warn};

use crate::{
    config::{SourceConfig, SourceKind},
    engine::{Engine, Event},
    io::{
        git::{Access, Mirror, Origin, Past, Repository, TreeFile},
        vault::Stamp,
    },
    model::{links::RepoPlace, path::NotePath},
};

mod leftovers;
mod shown;
mod worker;

pub(super) use shown::{CleanPaths, ShownBlobs};
use worker::Worker;

/// What a source has that is a repository.
#[derive(Debug)]
pub(super) struct Repo {
    /// `None` for a checkout.
    pub(super) mirror: Option<Arc<Mirror>>,
    now: ArcSwapOption<Snapshot>,
    /// Of a checkout what an earlier run knew of the commits, until the worker has told what they are now.
    kept: ArcSwapOption<Past>,
    listed: ArcSwapOption<Listed>,
    /// Of a clone: why its remote or itself cannot be read at present.
    trouble: ArcSwapOption<String>,
    /// Of a checkout: why its repository cannot be read.
    refused: ArcSwapOption<String>,
    pub(super) shown: ShownBlobs,
    /// The same with the line ends that git gives them where it is told to.
    pub(super) shown_with_crlf: ShownBlobs,
    /// Of a checkout: what git said of files of which nothing is shown but the name.
    pub(super) clean: CleanPaths,
}

/// What the last look at a repository found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Listed {
    /// Of a checkout what git would take: nothing else is read. Of a clone the commit tells.
    pub(super) files: BTreeSet<NotePath>,
    /// What its own rules say is made by a tool, or nothing to read.
    pub(super) name_only: BTreeSet<NotePath>,
}

/// A repository as of one commit.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Empty when nothing is committed.
    pub(super) commit: String,
    /// Of a clone what is read; of a checkout, where the disk is read, what is committed.
    pub(super) files: BTreeMap<NotePath, TreeFile>,
    /// What their own rules say is made by a tool, or nothing to read.
    pub(super) name_only: BTreeSet<NotePath>,
    pub(super) skipped: Vec<(String, String)>,
    pub(super) past: Past,
    pub(super) place: RepoPlace,
}

/// What a worker tells.
#[derive(Debug)]
pub enum News {
    /// There is another commit.
    Moved(Box<Snapshot>),
    /// All is as it was.
    Same,
    /// Why the remote could not be asked.
    Failed(String),
    /// Why our clone is of no use, and no other one is in its place yet.
    Damaged(String),
}

/// A running worker; dropping it ends it, and the program that it waits for.
#[derive(Debug)]
pub(super) struct Follower {
    orders: Option<Sender<()>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Returns the folder whose files a source has. Kubernetes mounts a ConfigMap as links through `..data`, which switches to another folder with
/// each change: what it leads to is the source.
pub(super) fn root_of(config: &SourceConfig) -> PathBuf {
    let data = config.path.join("..data");
    if config.kind == SourceKind::Repo && data.is_symlink() {
        data
    } else {
        config.path.clone()
    }
}

impl Repo {
    /// Names what the source is; `None` for a vault. Nothing is looked at: a clone that is damaged, or a checkout that is not there yet, keeps
    /// nobody from starting.
    pub(super) fn of(config: &SourceConfig) -> Option<Repo> {
        if config.kind == SourceKind::Vault {
            return None;
        }
        let mirror = config.remote.as_ref().map(|remote| {
            let origin = Origin {
                url: remote.url.clone(),
                branch: remote.branch.clone(),
            };
            Arc::new(Mirror::new(&config.path, origin))
        });
        Some(Repo {
            mirror,
            now: ArcSwapOption::empty(),
            kept: ArcSwapOption::empty(),
            listed: ArcSwapOption::empty(),
            trouble: ArcSwapOption::empty(),
            refused: ArcSwapOption::empty(),
            clean: CleanPaths::default(),
            shown: ShownBlobs::default(),
            shown_with_crlf: ShownBlobs::default(),
        })
    }

    pub(super) fn is_clone(&self) -> bool {
        self.mirror.is_some()
    }

    pub(super) fn now(&self) -> Option<Arc<Snapshot>> {
        self.now.load_full()
    }

    /// Returns when the last commit touched a path, in nanoseconds since 1970, as far as is known by now.
    pub(super) fn modified(&self, path: &NotePath) -> Option<i64> {
        match self.now() {
            Some(snapshot) => snapshot.modified(path),
            None => modified_in(self.kept.load().as_ref()?, path),
        }
    }

    /// Returns why a clone, or its remote, cannot be read at present.
    pub(super) fn trouble(&self) -> Option<Arc<String>> {
        self.trouble.load_full()
    }

    /// Takes why the repository of a checkout cannot be read. Says whether that is news.
    pub(super) fn refuse(&self, why: Option<String>) -> bool {
        let is_news = why.is_some() && self.refused().as_deref() != why.as_ref();
        self.refused.store(why.map(Arc::new));
        is_news
    }

    pub(super) fn refused(&self) -> Option<Arc<String>> {
        self.refused.load_full()
    }

    /// Says whether what is committed is known, be it from an earlier run.
    pub(super) fn knows_commits(&self) -> bool {
        self.now.load().is_some() || self.kept.load().as_ref().is_some_and(|it| !it.head().is_empty())
    }

    pub(super) fn listed(&self) -> Option<Arc<Listed>> {
        self.listed.load_full()
    }

    /// Takes what was found. Returns the files that became known by name only, or no longer are.
    pub(super) fn list(&self, found: Listed) -> Vec<NotePath> {
        let before = self.listed().unwrap_or_default();
        let differing = before.name_only.symmetric_difference(&found.name_only).cloned().collect();
        self.listed.store(Some(Arc::new(found)));
        differing
    }
}

impl Snapshot {
    /// Returns what stands for the stamp of a file that lies on no disk: another text has another one.
    pub(super) fn stamp(&self, file: &TreeFile) -> Stamp {
        let bytes = file.hash.as_bytes();
        let number = |at: usize| bytes[at..at + 8].iter().fold(0, |all, it| all << 8 | u64::from(*it));
        Stamp {
            dev: number(8),
            ino: number(0),
            size: file.size,
            mtime_ns: self.modified(&file.path).unwrap_or_default(),
            ctime_ns: 0,
        }
    }

    /// Returns what is known of all commits.
    pub fn past(&self) -> &Past {
        &self.past
    }

    /// Returns when the last commit touched a path, in nanoseconds since 1970.
    pub(super) fn modified(&self, path: &NotePath) -> Option<i64> {
        modified_in(&self.past, path)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        drop(self.orders.take());
        // A worker that panicked has said so.
        drop(self.thread.take().map(JoinHandle::join));
    }
}

impl Engine {
    /// Opens the history of every repository and starts who follows it.
    pub(super) fn follow_repos(&mut self, events: &Sender<Event>) {
        leftovers::remove(&self.config);
        for at in 0..self.roots.len() {
            let source = Arc::clone(&self.roots[at].source);
            let Some(repo) = &source.repo else { continue };
            if !repo.is_clone() {
                repo.kept.store(Some(Arc::new(read_past(&self.kept_past(&source.config)))));
            }
            let repository = match &repo.mirror {
                Some(mirror) => Some(mirror.repository()),
                None => Repository::of_checkout(&source.config.path),
            };
            let repository = repository.map(Arc::new);
            if let Some(repository) = &repository {
                source.set_repository(Arc::clone(repository));
            }
            let stop = Arc::new(AtomicBool::new(false));
            let (orders, taken) = crossbeam_channel::bounded(1);
            let remote = source.config.remote.as_ref();
            let worker = Worker {
                at,
                path: source.config.path.clone(),
                mirror: repo.mirror.clone(),
                repository,
                kept: self.kept_past(&source.config),
                access: Access {
                    token_file: remote.and_then(|it| it.token_file.clone()),
                    timeout: self.config.git.timeout,
                    stop: Arc::clone(&stop),
                },
                remote: remote.map(|it| it.url.clone()),
                every: remote.map(|it| it.fetch_every),
                orders: taken,
                events: events.clone(),
            };
            match worker.start() {
                Ok(thread) => self.followers.push(Follower {
                    orders: Some(orders),
                    stop,
                    thread: Some(thread),
                }),
                Err(error) => self.fail(format!("follow `{}`: {error}", source.config.name)),
            }
        }
    }

    fn kept_past(&self, config: &SourceConfig) -> std::path::PathBuf {
        self.config.data_dir.join("clones").join(format!("{}.past.json", config.name))
    }

    /// Has every remote asked for news now.
    pub(super) fn fetch_soon(&self) {
        for orders in self.followers.iter().filter_map(|it| it.orders.as_ref()) {
            // One word that waits serves for all.
            let _ = orders.try_send(());
        }
    }

    /// Takes what a worker tells.
    pub(super) fn take_news(&mut self, at: usize, news: News, now: Instant) {
        let root = &mut self.roots[at];
        let name = root.source.config.name.clone();
        let (reason, is_damaged) = match &news {
            News::Failed(why) => (why.clone(), false),
            News::Damaged(why) => (why.clone(), true),
            News::Moved(_) | News::Same => (String::new(), false),
        };
        // What moved is told before it is told that all went well.
        if !matches!(news, News::Moved(_)) {
            if let Some(repo) = &root.source.repo {
                repo.trouble.store(Some(reason.clone()).filter(|it| !it.is_empty()).map(Arc::new));
            }
            root.note_fetch(reason.is_empty(), is_damaged);
        }
        if let News::Moved(snapshot) = news {
            if root.is_clone() && snapshot.commit.is_empty() {
                info!(source = %name, "the remote repository has no commit yet; it is asked again as often as others");
            } else {
                info!(source = %name, commit = %short(&snapshot.commit), files = snapshot.files.len(), "the repository has another commit");
            }
            if let Some(repo) = &root.source.repo {
                root.source.graph_mut().set_place(snapshot.place.clone());
                repo.now.store(Some(Arc::from(snapshot)));
                repo.kept.store(None);
            }
            // A checkout that came, or became a repository, since the start.
            if root.source.repository().is_none()
                && let Some(repository) = Repository::of_checkout(&root.source.config.path)
            {
                root.source.set_repository(Arc::new(repository));
            }
            root.scan_at_once(now);
        }
        if root.out_of_reach != reason {
            match reason.as_str() {
                "" => info!(source = %name, "the remote answers again"),
                reason if is_damaged => warn!(source = %name, reason, "the clone cannot be used; what was indexed goes on to answer"),
                reason => warn!(source = %name, reason, "the remote cannot be asked; what is there goes on to answer"),
            }
            root.out_of_reach = reason;
            root.scan_at_once(now);
        }
        self.status_changed = true;
    }
}

fn modified_in(past: &Past, path: &NotePath) -> Option<i64> {
    Some(past.last_change(path.as_str())?.saturating_mul(1_000_000_000))
}

fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

/// Returns what an earlier run kept of the commits; nothing where there is none or it cannot be read, for it can be made again.
fn read_past(place: &Path) -> Past {
    let kept = std::fs::read(place).ok();
    kept.and_then(|it| serde_json::from_slice(&it).ok()).unwrap_or_default()
}

//! The clones in which commits and files of pull requests are found, so that no API has to tell them. Knows which repository is cloned where;
//! must not know what is done with what is found.

use std::{
    collections::{BTreeMap, VecDeque},
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
    thread,
    time::Duration,
};

use crossbeam_channel::{Receiver, TryRecvError, bounded};

use crate::{
    config::{Config, forges::Forge},
    engine::pull_changes::{fetch_of_base, from_clone},
    io::git::{Access, Mirror, Origin, Refusal},
    model::pull_request::{ForgeKind, PullRequest, PullRequestId},
};

/// Revisions that are known not to be there.
const MISSING_MOST: usize = 100;

/// The first fetch is waited for so long; it may take many times that.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The clones of all configured repositories; each is made when it is first asked for.
#[derive(Debug)]
pub(super) struct Clones {
    folder: PathBuf,
    timeout: Duration,
    stop: Arc<AtomicBool>,
    /// By host and repository.
    forges: BTreeMap<(String, String), Forge>,
    open: BTreeMap<(String, String), Mirror>,
    /// The first fetches that are running: nobody else works in those clones.
    first: BTreeMap<(String, String), Receiver<Result<(), Refusal>>>,
    /// Host, name and revision of what no fetch brought, the last ones.
    missing: VecDeque<(String, String, String)>,
}

/// Why a clone tells nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoClone {
    /// The repository is not configured, or not to be cloned.
    Unwanted,
    /// It could not be fetched, or has no such commit yet.
    Later(String),
}

impl Clones {
    /// Nothing is cloned yet. `stop` ends a fetch that runs.
    pub(super) fn new(config: &Config, stop: Arc<AtomicBool>) -> Clones {
        let forges = config.pull_requests.forges.iter().filter(|it| it.clone);
        let of = |forge: &Forge| {
            let key = |repo: &String| ((forge.host.clone(), repo.clone()), forge.clone());
            forge.repos.iter().map(key).collect::<Vec<_>>()
        };
        Clones {
            folder: config.data_dir.join("clones").join("forges"),
            timeout: config.git.timeout,
            stop,
            forges: forges.flat_map(of).collect(),
            open: BTreeMap::new(),
            first: BTreeMap::new(),
            missing: VecDeque::new(),
        }
    }

    /// Returns commits, files and what they change. What was found for the same head before is not looked for again.
    /// `is_alone` says that no forge tells of the pull request.
    pub(super) fn part(&mut self, known: &PullRequest, is_alone: bool) -> Result<Option<PullRequest>, NoClone> {
        let (mirror, access, kind) = self.of(&known.id.host, &known.id.repo)?;
        let request = format!("{}{}/head", requests(kind), known.id.number);
        read(mirror, &access, || {
            fetch_with_base(mirror, &format!("+{request}:{request}"), known, &access)?;
            Ok(from_clone(&mirror.repository(), known, kind, is_alone)?)
        })
    }

    /// Says of each commit whether a revision of a repository is it or came after it; `None` where the branch that is followed does not have the
    /// revision. Fetches where it is not there yet.
    pub(super) fn holds(&mut self, host: &str, repo: &str, revision: &str, commits: &[&str]) -> Result<Option<Vec<bool>>, NoClone> {
        let missing = (host.to_owned(), repo.to_owned(), revision.to_owned());
        let is_missing = self.missing.contains(&missing);
        let (mirror, access, _) = self.of(host, repo)?;
        let found = read(mirror, &access, || {
            let look = || mirror.repository().holds_commits(revision, commits);
            let found = look()?;
            if found.is_some() || is_missing {
                return Ok(found);
            }
            mirror.fetch(&[], &access)?;
            Ok(look()?)
        })?;
        if found.is_none() && !is_missing {
            // Whoever rolls it out has it: it is of another branch, or repository. Each object of the cluster tells of it.
            self.missing.push_back(missing);
            if self.missing.len() > MISSING_MOST {
                self.missing.pop_front();
            }
        }
        Ok(found)
    }

    /// Returns the heads of the newest pull requests of a repository by number, and the commit that its branch is at now.
    pub(super) fn heads(&mut self, host: &str, repo: &str) -> Result<(BTreeMap<u64, String>, Option<String>), NoClone> {
        let (mirror, access, kind) = self.of(host, repo)?;
        read(mirror, &access, || {
            let heads = mirror.requests(requests(kind), &access)?;
            match mirror.fetch(&[], &access) {
                // Nobody has pushed anything yet.
                Err(Refusal::Empty) if heads.is_empty() => return Ok((heads, None)),
                fetched => fetched?,
            }
            // A clone that cannot be packed is read as it is.
            if let Err(why) = mirror.tidy(&access) {
                tracing::warn!(
                    why = why.detail(),
                    "a clone cannot be packed; it is tried again after the next fetch"
                );
            }
            Ok((heads, mirror.repository().head()?))
        })
    }

    /// Says whether a repository is being fetched for the first time: it is worth looking again soon.
    pub(super) fn is_being_made(&self, host: &str, repo: &str) -> bool {
        self.first.contains_key(&(host.to_owned(), repo.to_owned()))
    }

    /// Returns the clone of a repository, and how it is fetched.
    fn of(&mut self, host: &str, repo: &str) -> Result<(&Mirror, Access, ForgeKind), NoClone> {
        let key = (host.to_owned(), repo.to_owned());
        let forge = self.forges.get(&key).ok_or(NoClone::Unwanted)?.clone();
        let access = Access {
            token_file: forge.token_file.clone(),
            timeout: self.timeout,
            stop: Arc::clone(&self.stop),
        };
        let new = || {
            let origin = Origin {
                // Of the configuration alone.
                url: format!("{}/{repo}.git", forge.url),
                branch: None,
            };
            Mirror::new(&self.folder.join(forge.clone_name(repo)), origin)
        };
        if !self.open.contains_key(&key) {
            let mirror = new();
            if let Some(running) = self.first.remove(&key) {
                match running.try_recv() {
                    Ok(fetched) => first_fetched(fetched)?,
                    Err(TryRecvError::Empty) => {
                        self.first.insert(key, running);
                        return Err(first_runs());
                    }
                    Err(TryRecvError::Disconnected) => return Err(NoClone::Later("the first fetch broke off".to_owned())),
                }
            } else if !mirror.has_been_fetched() {
                // It may be large, and others of this forge have something to tell, too.
                let running = first_fetch(new(), access.clone())?;
                match running.recv_timeout(FIRST_WAIT) {
                    Ok(fetched) => first_fetched(fetched)?,
                    Err(_) => {
                        self.first.insert(key, running);
                        return Err(first_runs());
                    }
                }
            }
            self.open.insert(key.clone(), mirror);
        }
        let mirror = self.open.get(&key).ok_or(NoClone::Unwanted)?;
        Ok((mirror, access, forge.kind))
    }
}

/// Fetches on a thread of its own, which ends with the fetch; `stop` of the access ends both.
fn first_fetch(mirror: Mirror, access: Access) -> Result<Receiver<Result<(), Refusal>>, NoClone> {
    let (sender, running) = bounded(1);
    let fetch = move || {
        let prepared = mirror.prepare().map_err(|error| Refusal::Failed(format!("{error:#}")));
        // Nobody may wait for it any more.
        let _ = sender.send(prepared.and_then(|()| mirror.fetch_first(&access)));
    };
    let thread = thread::Builder::new().name("first-fetch".to_owned()).spawn(fetch);
    thread.map_err(|error| NoClone::Later(format!("there is no thread for the first fetch: {error}")))?;
    Ok(running)
}

/// Fetches the head of a pull request and the branch that it goes into, which need not be the one that is followed, as far as the forge has them still.
fn fetch_with_base(mirror: &Mirror, head: &str, known: &PullRequest, access: &Access) -> Result<(), Refusal> {
    let head = vec![head.to_owned()];
    let base = known.base.as_deref().and_then(|it| fetch_of_base(it, known.id.number));
    let both: Vec<String> = head.iter().cloned().chain(base.clone()).collect();
    // The forge keeps no ref for it any more, or the branch is gone; what is followed may hold it.
    for wanted in [both, head, base.into_iter().collect()] {
        match mirror.fetch(&wanted, access) {
            Err(Refusal::Failed(why)) if why.contains("couldn't find remote ref") => {}
            fetched => return fetched,
        }
    }
    mirror.fetch(&[], access)
}

/// What an empty repository is worth, and one that is damaged, is seen by whoever reads it.
fn first_fetched(fetched: Result<(), Refusal>) -> Result<(), NoClone> {
    match fetched {
        Ok(()) | Err(Refusal::Empty) => Ok(()),
        Err(why) => Err(NoClone::Later(why.detail())),
    }
}

fn first_runs() -> NoClone {
    NoClone::Later("it is fetched for the first time, which takes a while".to_owned())
}

/// Returns the name by which status tells of the clone in which a pull request is looked for.
pub(super) fn clone_name(id: &PullRequestId) -> String {
    format!("clone of {}/{}", id.host, id.repo)
}

/// What stands before the number in the name of a pull request's head.
fn requests(kind: ForgeKind) -> &'static str {
    match kind {
        ForgeKind::GitLab => "refs/merge-requests/",
        ForgeKind::Gitea | ForgeKind::Forgejo | ForgeKind::GitHub => "refs/pull/",
    }
}

/// Why something was not read: the remote refused, or the clone has it not as it should.
enum Unread {
    Refused(Refusal),
    Failed(anyhow::Error),
}

impl From<Refusal> for Unread {
    fn from(why: Refusal) -> Unread {
        Unread::Refused(why)
    }
}

impl From<anyhow::Error> for Unread {
    fn from(why: anyhow::Error) -> Unread {
        Unread::Failed(why)
    }
}

/// Reads something of a clone; one that is damaged is made anew, for the next try.
fn read<T>(mirror: &Mirror, access: &Access, how: impl FnOnce() -> Result<T, Unread>) -> Result<T, NoClone> {
    let read = mirror.prepare().map_err(Unread::Failed).and_then(|()| how());
    let (why, damage) = match read {
        Ok(found) => return Ok(found),
        Err(Unread::Refused(why)) if why.may_tell_of_damage() => (why.detail(), mirror.damage()),
        Err(Unread::Refused(why)) => (why.detail(), None),
        Err(Unread::Failed(why)) => (format!("{why:#}"), mirror.damage_behind(&why)),
    };
    Err(NoClone::Later(match damage {
        None => why,
        Some(damage) => match mirror.renew(access) {
            Ok(()) => format!("the clone was damaged ({damage}) and is cloned again"),
            Err(why) => format!("the clone is damaged ({damage}) and could not be cloned again: {}", why.detail()),
        },
    }))
}

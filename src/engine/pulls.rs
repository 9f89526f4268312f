//! Pull requests as the rest of the service sees them: a door for news, durable once taken, and what is told of their notes. What becomes of
//! the news is the business of `pull_notes`; whoever brings them never waits for it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
    time::Duration,
};

use anyhow::{Context, Result};
use crossbeam_channel::{Receiver, Sender, bounded};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    engine::pulls::told::{PullsStatus, Setback, Woken},
    io::{
        deliveries::{Deliveries, Delivery, Put},
        pull_requests::{Known, Store, Wish},
    },
    model::pull_request::{PullRequest, PullRequestId, Rollout, State, note},
};

pub mod told;

/// What is to be looked into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum News {
    /// A part of what is known of a pull request.
    Part(Box<PullRequest>),
    /// The forge is to be asked what it knows.
    Look(PullRequestId),
    /// Its note is wanted again, though a person deleted it.
    Restore(PullRequestId),
    /// A revision is on the cluster, or is not.
    Rollout(Rollout),
    /// The same, for what else of a repository came with that revision.
    Revision {
        host: String,
        repo: String,
        rollout: Box<Rollout>,
        /// When it was first to be looked into.
        #[serde(default = "Timestamp::now")]
        since: Timestamp,
    },
}

impl News {
    /// Returns the news as they may be kept: no secret of others goes to the disk.
    fn masked(self) -> News {
        match self {
            News::Part(part) => News::Part(Box::new(note::masked(*part))),
            News::Rollout(rollout) => News::Rollout(note::masked_rollout(rollout)),
            // Made of those.
            other @ (News::Look(_) | News::Restore(_) | News::Revision { .. }) => other,
        }
    }
}

/// What became of news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// They are durable and will be looked into.
    Queued,
    /// They came before.
    Known,
    /// Too much waits.
    Full,
}

/// One pull request, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub id: PullRequestId,
    pub title: String,
    pub state: Option<State>,
    /// Where its note lies; `None` before there is one.
    pub path: Option<String>,
    pub updated: Option<Timestamp>,
    /// What a person did with the note.
    pub wish: Wish,
    /// The commits by which a rollout names it.
    revisions: Vec<String>,
    /// Of a merged one, when that was, and the revisions that were rolled out well with it.
    merged: Option<Timestamp>,
    live: BTreeSet<String>,
}

/// The door, shared by everybody.
#[derive(Debug)]
pub struct Pulls {
    queue: Mutex<Queue>,
    told: Mutex<PullsStatus>,
    listed: Mutex<BTreeMap<PullRequestId, Listed>>,
    /// A word to each worker means that there are news; more than one says no more.
    orders: Mutex<Vec<Sender<()>>>,
    pub(super) store: Store,
    /// Set when the engine ends: what runs for pull requests ends, too.
    pub(super) stop: Arc<AtomicBool>,
}

/// What is durable, and what of it the worker has not seen.
#[derive(Debug)]
struct Queue {
    deliveries: Deliveries,
    fresh: Vec<(u64, News)>,
}

impl Pulls {
    /// Opens what an earlier run left.
    pub(super) fn open(state_dir: &Path) -> Result<Pulls> {
        let (mut deliveries, left) = Deliveries::open(&state_dir.join("deliveries"))?;
        let store = Store::open(&state_dir.join("pull-requests"))?;
        let (mut fresh, mut unread_news) = (Vec::new(), 0);
        for Delivery { number, text, key } in left {
            match serde_json::from_str::<News>(&text) {
                Ok(news) => {
                    let masked = news.clone().masked();
                    if masked != news {
                        // Of a build that kept it as it came.
                        deliveries.replace(number, &key, &as_text(&masked)?)?;
                    }
                    fresh.push((number, masked));
                }
                // Of another version of the service; the forge tells it again.
                Err(error) => {
                    tracing::debug!(%error, number, "a delivery cannot be read");
                    deliveries.done(number);
                    unread_news += 1;
                }
            }
        }
        let (mut known, unread) = store.all()?;
        mask_what_is_kept(&store, &mut known)?;
        let listed = known.iter().map(|it| (it.id.clone(), Listed::of(it))).collect();
        let mut told = PullsStatus::default();
        if unread + unread_news > 0 {
            let why = format!(
                "{unread} files of pull requests and {unread_news} of deliveries in `state/` cannot be read, as those of another version: they are left \
                 out until their forge tells of them again, by its webhooks or `membridge pr sync`"
            );
            tracing::warn!(why, "what was kept of pull requests is left out");
            told.errors.insert(
                UNREAD.to_owned(),
                Setback {
                    why,
                    next: None,
                    at: Timestamp::now(),
                },
            );
        }
        Ok(Pulls {
            stop: Arc::default(),
            queue: Mutex::new(Queue { deliveries, fresh }),
            told: Mutex::new(told),
            listed: Mutex::new(listed),
            orders: Mutex::default(),
            store,
        })
    }

    /// Takes news, durably. Under the same key they are taken once; a key is one line. Blocking: the disk is waited for.
    pub fn take(&self, key: &str, news: News) -> Result<Taken> {
        let put = self.put(key, news.masked())?;
        Ok(match put {
            Put::Stored(_) => {
                self.told().taken += 1;
                Taken::Queued
            }
            Put::Seen => Taken::Known,
            Put::Full => Taken::Full,
        })
    }

    /// As [`Pulls::take`], for what was made of news that are counted already; `false` when there is no room.
    pub(super) fn pass_on(&self, key: &str, news: News) -> Result<bool> {
        Ok(self.put(key, news)? != Put::Full)
    }

    /// Makes news durable that their worker has already; returns their number, `None` when there is no room or they came before.
    pub(super) fn spool(&self, key: &str, news: &News) -> Result<Option<u64>> {
        let text = as_text(news)?;
        Ok(match self.queue().deliveries.put(key, &text)? {
            Put::Stored(number) => Some(number),
            Put::Seen | Put::Full => None,
        })
    }

    fn put(&self, key: &str, news: News) -> Result<Put> {
        let text = as_text(&news)?;
        let mut queue = self.queue();
        let put = queue.deliveries.put(key, &text)?;
        if let Put::Stored(number) = put {
            queue.fresh.push((number, news));
        }
        drop(queue);
        if let Put::Stored(_) = put {
            for order in self.orders().iter() {
                // A full channel holds the word already.
                let _ = order.try_send(());
            }
        }
        Ok(put)
    }

    /// Returns where a worker hears that there are news.
    pub(super) fn subscribe(&self) -> Receiver<()> {
        let (order, orders) = bounded(1);
        self.orders().push(order);
        orders
    }

    /// Counts a note that was written.
    pub(super) fn wrote(&self) {
        self.told().written += 1;
    }

    /// Counts news that say nothing for a note.
    pub fn ignore(&self) {
        self.told().ignored += 1;
    }

    /// Counts, of those, a rollout that names no commit.
    pub fn ignore_rollout(&self) {
        self.told().rollouts_without_commit += 1;
    }

    /// Counts a webhook that was not let in.
    pub fn refuse(&self, why: &'static str) {
        *self.told().refused.entry(why).or_default() += 1;
    }

    /// Counts a call that wakes somebody.
    pub(super) fn woke(&self, became: Woken) {
        *self.told().woken.entry(became).or_default() += 1;
    }

    /// Returns what is known of the pull requests, by id.
    pub fn list(&self) -> Vec<Listed> {
        self.listed().values().cloned().collect()
    }

    /// Returns where the note of one lies, or lay last, unless a person put it away.
    pub(super) fn kept_path_of(&self, id: &PullRequestId) -> Option<String> {
        let listed = self.listed();
        listed.get(id).filter(|it| it.wish == Wish::Kept)?.path.clone()
    }

    /// Returns how the work goes.
    pub fn status(&self) -> PullsStatus {
        let waiting = self.queue().deliveries.waiting();
        let mut told = self.told().clone();
        let known: BTreeSet<String> = self.listed().keys().map(ToString::to_string).collect();
        let now = Timestamp::now();
        told.errors
            .retain(|name, it| name == UNREAD || known.contains(name) || !it.is_past(now));
        PullsStatus { waiting, ..told }
    }

    /// Returns those of the news that nobody has taken from here yet which are the asking worker's.
    pub(super) fn fresh(&self, is_own: impl Fn(&News) -> bool) -> Vec<(u64, News)> {
        self.queue().fresh.extract_if(.., |(_, it)| is_own(it)).collect()
    }

    /// Gives news back for which there was no room; they are taken again later.
    pub(super) fn put_back(&self, number: u64, news: News) {
        self.queue().fresh.push((number, news));
    }

    pub(super) fn done(&self, numbers: &[u64]) {
        let mut queue = self.queue();
        numbers.iter().for_each(|it| queue.deliveries.done(*it));
    }

    /// Notes that a thing of this name went well.
    pub(super) fn went_well(&self, name: &str) {
        self.told().errors.remove(name);
    }

    /// Notes why a thing of this name did not, and how long it waits for the next try.
    pub(super) fn went_wrong(&self, name: &str, why: &str, wait: Option<Duration>) {
        let mut told = self.told();
        if told.errors.get(name).is_none_or(|it| it.why != why) {
            tracing::warn!(about = name, why, "news of pull requests wait, or were given up");
        }
        let at = Timestamp::now();
        let next = wait.and_then(|it| at.checked_add(it).ok());
        let why = why.to_owned();
        told.errors.insert(name.to_owned(), Setback { why, next, at });
        while told.errors.len() > ERRORS_MOST {
            told.errors.pop_first();
        }
    }

    pub(super) fn keep(&self, known: &Known) -> Result<()> {
        self.store.put(known)?;
        self.listed().insert(known.id.clone(), Listed::of(known));
        Ok(())
    }

    /// Returns the pull requests that a commit is of.
    pub(super) fn of_revision(&self, revision: &str) -> Vec<PullRequestId> {
        let listed = self.listed();
        let of = listed.values().filter(|it| it.revisions.iter().any(|it| it == revision));
        of.map(|it| it.id.clone()).collect()
    }

    /// Returns the pull requests of a repository that were merged in the month before a rollout and of which no other one tells that they are live,
    /// each with the commit that it became; the last merged first.
    pub(super) fn merged_before(&self, host: &str, repo: &str, rollout: &Rollout) -> Vec<(PullRequestId, String)> {
        let earliest = rollout.time.saturating_sub(ROLLED_OUT_WITHIN).unwrap_or(Timestamp::MIN);
        let listed = self.listed();
        let is_meant = |it: &&Listed| {
            (&*it.id.host, &*it.id.repo) == (host, repo)
                && it.merged.is_some_and(|it| it >= earliest)
                && it.live.iter().all(|it| *it == rollout.revision)
        };
        let mut found: Vec<&Listed> = listed.values().filter(is_meant).collect();
        found.sort_by(|one, other| (other.merged, &one.id).cmp(&(one.merged, &other.id)));
        let found = found.into_iter().take(ROLLED_OUT_MOST);
        found
            .filter_map(|it| Some((it.id.clone(), it.revisions.first()?.clone())))
            .collect()
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn orders(&self) -> MutexGuard<'_, Vec<Sender<()>>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn told(&self) -> MutexGuard<'_, PullsStatus> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listed(&self) -> MutexGuard<'_, BTreeMap<PullRequestId, Listed>> {
        self.listed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn as_text(news: &News) -> Result<String> {
    serde_json::to_string(news).context("write news as JSON")
}

/// By which rules texts are masked before they are kept: raised when those learn something.
const MASKED_BY: &str = concat!("1 ", env!("CARGO_PKG_VERSION"));

/// Masks, once, what builds kept that masked less, or nothing.
fn mask_what_is_kept(store: &Store, known: &mut [Known]) -> Result<()> {
    if store.masked_by()?.as_deref() == Some(MASKED_BY) {
        return Ok(());
    }
    for known in known {
        let before = known.clone();
        known.parts.rewrite(note::masked);
        known.written = known.written.take().map(note::masked);
        if *known != before {
            store.put(known)?;
        }
    }
    let rollouts = store.rollouts()?;
    let masked: Vec<Rollout> = rollouts.iter().cloned().map(note::masked_rollout).collect();
    if masked != rollouts {
        store.put_rollouts(&masked)?;
    }
    store.put_masked_by(MASKED_BY)
}

/// The name by which status tells of what could not be read at the start.
const UNREAD: &str = "state/pull-requests";

/// Errors that are told at once.
const ERRORS_MOST: usize = 50;

/// How long after its merge a pull request is looked for in a revision that is rolled out, and how many are.
const ROLLED_OUT_WITHIN: SignedDuration = SignedDuration::from_hours(30 * 24);
const ROLLED_OUT_MOST: usize = 50;

impl Listed {
    fn of(known: &Known) -> Listed {
        let pr = known.parts.fold(&known.id);
        Listed {
            id: pr.id,
            title: pr.title.unwrap_or_default(),
            state: pr.state,
            path: known.path.clone(),
            updated: pr.updated,
            wish: known.wish,
            merged: pr.merged.or(pr.updated).filter(|_| pr.state == Some(State::Merged)),
            live: pr.rollouts.into_iter().filter(|it| it.ok).map(|it| it.revision).collect(),
            revisions: pr.merge_commit.into_iter().chain(pr.head_sha).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// They stayed as they were until there was news of each.
    #[test]
    fn what_older_builds_kept_unmasked_is_masked_at_the_start() {
        let folder = tempfile::tempdir().unwrap();
        drop(Pulls::open(folder.path()).unwrap());
        let token = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
        let id = PullRequestId {
            host: "git.example.org".to_owned(),
            repo: "owner/name".to_owned(),
            number: 7,
        };
        let part = PullRequest {
            title: Some("Bump".to_owned()),
            body: Some(format!("the token is {token}")),
            ..PullRequest::unknown(id.clone())
        };
        let store = Store::open(&folder.path().join("pull-requests")).unwrap();
        let mut known = Known::nothing(id.clone());
        known.parts.add(part.clone());
        known.written = Some(part.clone());
        store.put(&known).unwrap();
        let rollout = Rollout {
            object: "Kustomization apps".to_owned(),
            revision: "a".repeat(40),
            time: Timestamp::UNIX_EPOCH,
            ok: false,
            reason: "BuildFailed".to_owned(),
            message: format!("denied: {token}"),
        };
        store.put_rollouts(&[rollout]).unwrap();
        std::fs::remove_file(folder.path().join("pull-requests/masked.json")).unwrap();
        let (mut deliveries, _) = Deliveries::open(&folder.path().join("deliveries")).unwrap();
        deliveries.put("1", &as_text(&News::Part(Box::new(part))).unwrap()).unwrap();

        let pulls = Pulls::open(folder.path()).unwrap();
        for folder in ["pull-requests", "deliveries"].map(|it| folder.path().join(it)) {
            for file in std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()) {
                let text = std::fs::read_to_string(&file).unwrap();
                assert!(!text.contains("a1B2c3D4"), "{} {text}", file.display());
            }
        }
        let kept = pulls.store.get(&id).unwrap();
        assert_eq!(kept.parts.fold(&id), kept.written.unwrap());
        assert_eq!(pulls.status().waiting, 1);
    }

    /// One that somebody mistyped was told until the next start.
    #[test]
    fn that_a_number_is_of_no_pull_request_is_told_for_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let pulls = Pulls::open(folder.path()).unwrap();
        let id = |number| PullRequestId {
            host: "git.example.org".to_owned(),
            repo: "owner/name".to_owned(),
            number,
        };
        pulls.keep(&Known::nothing(id(7))).unwrap();
        for number in [7, 4711] {
            pulls.went_wrong(&id(number).to_string(), "the forge knows no such pull request", None);
        }
        pulls.went_wrong("git.example.org", "it does not answer", Some(Duration::from_secs(60)));
        assert_eq!(pulls.status().errors.len(), 3);
        pulls
            .told()
            .errors
            .values_mut()
            .for_each(|it| it.at -= SignedDuration::from_hours(25));
        let left: Vec<String> = pulls.status().errors.into_keys().collect();
        assert_eq!(left, ["git.example.org", "git.example.org/owner/name#7"]);
    }

    /// They were passed over, a line of the log each.
    #[test]
    fn what_another_version_kept_is_told_once() {
        let folder = tempfile::tempdir().unwrap();
        drop(Pulls::open(folder.path()).unwrap());
        for name in ["pull-requests/pr-1.json", "pull-requests/pr-2.json"] {
            std::fs::write(folder.path().join(name), r#"{"id": "old"}"#).unwrap();
        }
        let delivery = r#"{"key": "1", "text": "{\"Dance\": 1}"}"#;
        std::fs::write(folder.path().join("deliveries/000000000001.json"), delivery).unwrap();
        let pulls = Pulls::open(folder.path()).unwrap();
        let errors = pulls.status().errors;
        assert_eq!(errors.len(), 1);
        let why = &errors[UNREAD].why;
        assert!(
            why.starts_with("2 files of pull requests and 1 of deliveries in `state/` cannot be read"),
            "{why}"
        );
        assert_eq!(pulls.status().waiting, 0);
    }
}

//! What the workers share: who writes, who is told, and the rollouts that came lately. Each is had by one at a time; none of them waits for a
//! forge.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use anyhow::Result;
use jiff::Timestamp;

use crate::{
    config::{Config, forges::Forge},
    engine::{
        handle::Handle,
        pull_notes::{note::Writer, wake::Waker},
        pulls::{News, Pulls},
    },
    io::pull_requests::{Known, ROLLOUTS_MOST},
    model::{
        hash::ContentHash,
        pull_request::{PullRequest, PullRequestId, Rollout, State},
    },
};

/// Shared by all workers.
#[derive(Debug)]
pub(super) struct Common {
    /// One at a time: two notes may want the same place, and the journal is one for all.
    writer: Mutex<Writer>,
    waker: Mutex<Waker>,
    /// The last that came, in that order.
    rollouts: Mutex<Vec<Rollout>>,
    /// Host and name of the repositories of which there are clones.
    cloned: Vec<(String, String)>,
}

impl Common {
    pub(super) fn new(config: &Config, handle: Handle, pulls: &Pulls) -> Result<Common> {
        let cloned = config.pull_requests.forges.iter().filter(|it| it.clone);
        let of = |it: &Forge| it.repos.iter().map(|repo| (it.host.clone(), repo.clone())).collect::<Vec<_>>();
        Ok(Common {
            cloned: cloned.flat_map(of).collect(),
            rollouts: Mutex::new(pulls.store.rollouts()?),
            writer: Mutex::new(Writer::new(config, handle)),
            waker: Mutex::new(Waker::new(config.pull_requests.wake.clone(), pulls.store.untold()?, Instant::now())),
        })
    }

    pub(super) fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn waker(&self) -> MutexGuard<'_, Waker> {
        self.waker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has it told that the note of a pull request has changed; a restart does not forget it.
    pub(super) fn changed(&self, pulls: &Pulls, id: &PullRequestId) {
        let mut waker = self.waker();
        if waker.changed(id, Instant::now()) {
            waker.keep(pulls);
        }
    }

    /// Makes a rollout news of the pull requests whose commit it names, and of the repositories where others may have come with that commit, durably;
    /// it is kept for those that nobody knows yet. `false` when there is no room for it now.
    pub(super) fn take_rollout(&self, pulls: &Pulls, rollout: &Rollout) -> Result<bool> {
        // Held from here: a pull request that becomes known now looks for its rollouts after this.
        let mut lately = self.rollouts.lock().unwrap_or_else(PoisonError::into_inner);
        if !lately.contains(rollout) {
            lately.push(rollout.clone());
            let old = lately.len().saturating_sub(ROLLOUTS_MOST);
            lately.drain(..old);
            pulls.store.put_rollouts(&lately)?;
        }
        let named = pulls.of_revision(&rollout.revision);
        for id in &named {
            if !give(pulls, id, rollout)? {
                return Ok(false);
            }
        }
        for (host, repo) in &self.cloned {
            // Where it names one, it is a revision of that repository.
            let is_its = named.is_empty() || named.iter().any(|it| (&it.host, &it.repo) == (host, repo));
            if !is_its || pulls.merged_before(host, repo, rollout).is_empty() {
                continue;
            }
            let key = format!("revision {} {host}/{repo}", hash(rollout)?);
            let (host, repo, rollout, since) = (host.clone(), repo.clone(), Box::new(rollout.clone()), Timestamp::now());
            if !pulls.pass_on(
                &key,
                News::Revision {
                    host,
                    repo,
                    rollout,
                    since,
                },
            )? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Gives a pull request the rollouts that came before anybody told of it; what is known of it was kept before. Returns those of other revisions
    /// since it was merged, which may have come with it.
    pub(super) fn add_rollouts(&self, pulls: &Pulls, known: &mut Known) -> Result<Vec<Rollout>> {
        let pr = known.parts.fold(&known.id);
        let is_its = |it: &Rollout| pr.merge_commit.as_ref() == Some(&it.revision) || pr.head_sha.as_ref() == Some(&it.revision);
        let lately = self.rollouts.lock().unwrap_or_else(PoisonError::into_inner);
        let (its, others): (Vec<&Rollout>, Vec<&Rollout>) = lately.iter().partition(|it| is_its(it));
        let new: Vec<&Rollout> = its.into_iter().filter(|it| !pr.rollouts.contains(it)).collect();
        if !new.is_empty() {
            new.into_iter().for_each(|it| known.parts.add(part_of(&known.id, it.clone())));
            pulls.keep(known)?;
        }
        let is_cloned = self.cloned.iter().any(|it| *it == (pr.id.host.clone(), pr.id.repo.clone()));
        let since = pr.merged.filter(|_| pr.state == Some(State::Merged) && is_cloned);
        let later = others.into_iter().filter(|it| since.is_some_and(|since| it.time >= since));
        Ok(later.cloned().collect())
    }
}

/// Makes a rollout news of a pull request, once; `false` when there is no room for it.
pub(super) fn give(pulls: &Pulls, id: &PullRequestId, rollout: &Rollout) -> Result<bool> {
    let part = part_of(id, rollout.clone());
    pulls.pass_on(&format!("rollout {} {id}", hash(rollout)?), News::Part(Box::new(part)))
}

fn hash(rollout: &Rollout) -> Result<ContentHash> {
    Ok(ContentHash::of(&serde_json::to_vec(rollout)?))
}

fn part_of(id: &PullRequestId, rollout: Rollout) -> PullRequest {
    PullRequest {
        rollouts: vec![rollout],
        ..PullRequest::unknown(id.clone())
    }
}

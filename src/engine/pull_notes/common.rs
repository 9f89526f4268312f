//! What the workers share: who writes, who is told, and the rollouts whose pull request nobody knows yet. Each is had by one at a time; none of
//! them waits for a forge.

use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Result;

use crate::{
    config::Config,
    engine::{
        handle::Handle,
        pull_notes::{note::Writer, wake::Waker},
        pulls::{News, Pulls},
    },
    io::pull_requests::Known,
    model::{
        hash::ContentHash,
        pull_request::{PullRequest, PullRequestId, Rollout},
    },
};

/// Shared by all workers.
#[derive(Debug)]
pub(super) struct Common {
    /// One at a time: two notes may want the same place, and the journal is one for all.
    writer: Mutex<Writer>,
    waker: Mutex<Waker>,
    rollouts: Mutex<Vec<Rollout>>,
}

impl Common {
    pub(super) fn new(config: &Config, handle: Handle, pulls: &Pulls) -> Result<Common> {
        Ok(Common {
            rollouts: Mutex::new(pulls.store.rollouts()?),
            writer: Mutex::new(Writer::new(config, handle)),
            waker: Mutex::new(Waker::new(config.pull_requests.wake.clone())),
        })
    }

    pub(super) fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn waker(&self) -> MutexGuard<'_, Waker> {
        self.waker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a rollout news of the pull requests whose commit it names, durably; where there is none it is kept for one that comes. `false` when
    /// there is no room for it now.
    pub(super) fn take_rollout(&self, pulls: &Pulls, rollout: &Rollout) -> Result<bool> {
        // Held from here: a pull request that becomes known now looks for its rollouts after this.
        let mut waiting = self.rollouts.lock().unwrap_or_else(PoisonError::into_inner);
        let ids = pulls.of_revision(&rollout.revision);
        if ids.is_empty() {
            if !waiting.contains(rollout) {
                waiting.push(rollout.clone());
            }
            pulls.store.put_rollouts(&waiting)?;
            return Ok(true);
        }
        let hash = ContentHash::of(&serde_json::to_vec(rollout)?);
        for id in ids {
            let part = part_of(&id, rollout.clone());
            if !pulls.pass_on(&format!("rollout {hash} {id}"), News::Part(Box::new(part)))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Gives a pull request the rollouts that waited for it. What is known of it was kept before.
    pub(super) fn add_rollouts(&self, pulls: &Pulls, known: &mut Known) -> Result<()> {
        let pr = known.parts.fold(&known.id);
        let is_its = |it: &Rollout| pr.merge_commit.as_ref() == Some(&it.revision) || pr.head_sha.as_ref() == Some(&it.revision);
        let mut waiting = self.rollouts.lock().unwrap_or_else(PoisonError::into_inner);
        if !waiting.iter().any(is_its) {
            return Ok(());
        }
        let (its, others): (Vec<Rollout>, Vec<Rollout>) = waiting.drain(..).partition(is_its);
        *waiting = others;
        its.into_iter().for_each(|it| known.parts.add(part_of(&known.id, it)));
        pulls.keep(known)?;
        pulls.store.put_rollouts(&waiting)
    }
}

fn part_of(id: &PullRequestId, rollout: Rollout) -> PullRequest {
    PullRequest {
        rollouts: vec![rollout],
        ..PullRequest::unknown(id.clone())
    }
}

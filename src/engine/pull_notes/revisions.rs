//! Revisions that were rolled out, and the pull requests that came with them: of several merges that the cluster takes at once, only the last names
//! itself. The clone knows what a revision holds. Knows when to look, and when to give up.

use std::time::{Duration, Instant};

use crate::{
    engine::{
        pull_notes::{
            clones::{Clones, NoClone},
            common::give,
        },
        pulls::Pulls,
    },
    model::pull_request::Rollout,
};

/// Looks at one revision, and how far apart the first two lie; each next time is twice as long.
const TRIES: u32 = 6;
const RETRY: Duration = Duration::from_secs(2);

/// Revisions that wait in memory alone: those that came before a merge was told.
const UNSPOOLED_MOST: usize = 50;

/// A revision that is to be looked into.
#[derive(Debug)]
pub(super) struct Revision {
    /// The delivery that is done with it, where there is one.
    pub(super) number: Option<u64>,
    pub(super) host: String,
    pub(super) repo: String,
    pub(super) rollout: Rollout,
}

/// Those that wait.
#[derive(Debug, Default)]
pub(super) struct Revisions(Vec<Waiting>);

#[derive(Debug)]
struct Waiting {
    revision: Revision,
    due: Instant,
    failures: u32,
}

impl Revisions {
    pub(super) fn add(&mut self, revision: Revision, now: Instant) {
        let is_free = revision.number.is_some() || self.0.iter().filter(|it| it.revision.number.is_none()).count() < UNSPOOLED_MOST;
        if is_free {
            let (due, failures) = (now, 0);
            self.0.push(Waiting { revision, due, failures });
        }
    }

    /// Looks into what is due. What cannot be told now is tried again a few times.
    pub(super) fn work(&mut self, pulls: &Pulls, clones: &mut Clones, now: Instant) {
        let due: Vec<Waiting> = self.0.extract_if(.., |it| it.due <= now).collect();
        for it in due {
            let Waiting { revision, failures, .. } = it;
            let name = format!("clone of {}/{}", revision.host, revision.repo);
            match look(pulls, clones, &revision) {
                Ok(()) => {
                    pulls.done(revision.number.as_slice());
                }
                Err(why) if failures + 1 < TRIES => {
                    let wait = RETRY.saturating_mul(2_u32.saturating_pow(failures));
                    pulls.went_wrong(&name, &why, Some(wait));
                    let (due, failures) = (Instant::now() + wait, failures + 1);
                    self.0.push(Waiting { revision, due, failures });
                }
                Err(why) => {
                    pulls.went_wrong(
                        &name,
                        &format!("{why}; whether a rollout holds more than one merge is not known"),
                        None,
                    );
                    pulls.done(revision.number.as_slice());
                }
            }
        }
    }
}

/// Makes the rollout news of each pull request that the revision holds.
fn look(pulls: &Pulls, clones: &mut Clones, revision: &Revision) -> Result<(), String> {
    let Revision { host, repo, rollout, .. } = revision;
    let merged = pulls.merged_before(host, repo, rollout);
    let commits: Vec<&str> = merged.iter().map(|(_, commit)| commit.as_str()).collect();
    let held = match clones.holds(host, repo, &rollout.revision, &commits) {
        Ok(Some(held)) => held,
        // Of another branch, or of another repository: nobody can tell, nor needs to.
        Ok(None) | Err(NoClone::Unwanted) => return Ok(()),
        Err(NoClone::Later(why)) => return Err(why),
    };
    for ((id, _), _) in merged.iter().zip(held).filter(|(_, held)| *held) {
        match give(pulls, id, rollout) {
            Ok(true) => {}
            Ok(false) => return Err("too much waits".to_owned()),
            Err(error) => return Err(format!("{error:#}")),
        }
    }
    Ok(())
}

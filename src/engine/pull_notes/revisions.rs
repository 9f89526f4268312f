//! Revisions that were rolled out, and the pull requests that came with them: of several merges that the cluster takes at once, only the last names
//! itself. The clone knows what a revision holds. Knows when to look, and when to give up.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

use crate::{
    engine::{
        pull_notes::{
            clones::{Clones, NoClone},
            common::give,
            wait_after,
        },
        pulls::{News, Pulls},
    },
    model::pull_request::Rollout,
};

/// For so long a revision is looked for, however often the clone cannot be fetched.
const GIVEN_UP: SignedDuration = SignedDuration::from_hours(24);

/// Revisions that wait in memory alone: those that came before a merge was told.
const UNSPOOLED_MOST: usize = 50;

/// A revision that is to be looked into.
#[derive(Debug)]
pub(super) struct Revision {
    /// The delivery that is done with it; `None` before it failed for the first time.
    pub(super) number: Option<u64>,
    pub(super) host: String,
    pub(super) repo: String,
    pub(super) rollout: Rollout,
    pub(super) since: Timestamp,
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
    /// Takes one that is to be looked into now. One that no delivery holds is not taken beside its like: a look is for all that were merged.
    pub(super) fn add(&mut self, revision: Revision, now: Instant) {
        let is_same = |it: &Waiting| {
            (&it.revision.host, &it.revision.repo, &it.revision.rollout) == (&revision.host, &revision.repo, &revision.rollout)
        };
        let unspooled = self.0.iter().filter(|it| it.revision.number.is_none()).count();
        if revision.number.is_some() || (unspooled < UNSPOOLED_MOST && !self.0.iter().any(is_same)) {
            let (due, failures) = (now, 0);
            self.0.push(Waiting { revision, due, failures });
        }
    }

    /// Looks into what is due. What cannot be told now is durable from then on, and tried again for a day.
    pub(super) fn work(&mut self, pulls: &Pulls, clones: &mut Clones, now: Instant) {
        let due: Vec<Waiting> = self.0.extract_if(.., |it| it.due <= now).collect();
        for it in due {
            let looked = look(pulls, clones, &it.revision);
            self.settle(pulls, it, looked);
        }
    }

    fn settle(&mut self, pulls: &Pulls, waiting: Waiting, looked: Result<(), String>) {
        let Waiting {
            mut revision, failures, ..
        } = waiting;
        let name = revision.name();
        let Err(why) = looked else {
            pulls.went_well(&name);
            return pulls.done(revision.number.as_slice());
        };
        if Timestamp::now().duration_since(revision.since) > GIVEN_UP {
            let why = format!("{why}; given up after a day: which other merges were rolled out with it is not known");
            pulls.went_wrong(&name, &why, None);
            return pulls.done(revision.number.as_slice());
        }
        let wait = wait_after(failures);
        let why = format!("which merges were rolled out with it is not known yet: {why}");
        pulls.went_wrong(&name, &why, Some(wait));
        if revision.number.is_none() {
            revision.number = revision.spooled(pulls);
        }
        let (due, failures) = (Instant::now() + wait, failures + 1);
        self.0.push(Waiting { revision, due, failures });
    }
}

impl Revision {
    /// Returns the name by which status tells of it: its own, or what goes well elsewhere in the repository would be taken for it.
    fn name(&self) -> String {
        let revision = &self.rollout.revision;
        format!("revision {} of {}/{}", revision.get(..7).unwrap_or(revision), self.host, self.repo)
    }

    /// Makes it durable; it is here already, so that nobody need be told. Without room for it it waits in memory.
    fn spooled(&self, pulls: &Pulls) -> Option<u64> {
        let Revision {
            host,
            repo,
            rollout,
            since,
            ..
        } = self;
        let key = format!("{} since {since} {}", self.name(), rollout.object);
        let news = News::Revision {
            host: host.clone(),
            repo: repo.clone(),
            rollout: Box::new(rollout.clone()),
            since: *since,
        };
        pulls.spool(&key, &news).ok().flatten()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// After a minute in which git could not be reached it was given up, and the next fetch of anything took that from status.
    #[test]
    fn a_rollout_that_cannot_be_looked_into_waits_for_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let pulls = Pulls::open(folder.path()).unwrap();
        let rollout = Rollout {
            object: "Kustomization flux-system/apps".to_owned(),
            revision: "a".repeat(40),
            time: Timestamp::now(),
            ok: true,
            reason: String::new(),
            message: String::new(),
        };
        let (number, host, repo, since) = (None, "git.example.org".to_owned(), "owner/name".to_owned(), Timestamp::now());
        let revision = Revision {
            number,
            host,
            repo,
            rollout,
            since,
        };
        let name = revision.name();
        let mut revisions = Revisions::default();
        revisions.add(revision, Instant::now());
        for _ in 0..20 {
            let it = revisions.0.pop().unwrap();
            revisions.settle(&pulls, it, Err("git.example.org does not answer".to_owned()));
        }
        pulls.went_well("clone of git.example.org/owner/name");
        let told = pulls.status();
        assert!(told.errors[&name].why.contains("does not answer") && told.errors[&name].next.is_some());
        assert_eq!((told.waiting, revisions.0.len()), (1, 1));
        drop(pulls);
        let pulls = Pulls::open(folder.path()).unwrap();
        let left = pulls.fresh(|it| matches!(it, News::Revision { .. }));
        assert_eq!(left.len(), 1, "it is there after a restart");

        let mut it = revisions.0.pop().unwrap();
        it.revision.since = Timestamp::now() - SignedDuration::from_hours(25);
        revisions.settle(&pulls, it, Err("git.example.org does not answer".to_owned()));
        let told = pulls.status();
        assert!(told.errors[&name].why.contains("given up after a day"));
        assert_eq!((told.waiting, revisions.0.len()), (0, 0));
    }
}

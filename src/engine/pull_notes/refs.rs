//! Repositories whose forge nobody may ask, for want of a token: what git alone tells is a head for each pull request and where the branch is. Webhooks
//! get lost there, too. What a head and a branch hold, the clone knows.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    config::forges::PullRequests,
    engine::{
        pull_notes::{
            clones::{Clones, NoClone},
            share::Share,
            sides::jittered,
        },
        pulls::{News, Pulls, Taken},
    },
    model::pull_request::{PullRequest, PullRequestId, State},
};

/// While a repository is fetched for the first time it is looked at this often.
const AGAIN: Duration = Duration::from_secs(2);

/// Pull requests that are taken when a repository is looked at for the first time: the newest. Which of them are old, git does not tell.
const AT_FIRST: usize = 20;

/// Pull requests of which it is looked whether they were merged when the branch has moved: the newest.
const MAYBE_MERGED: usize = 20;

/// The repositories of one worker.
#[derive(Debug)]
pub(super) struct Refs(Vec<Look>);

#[derive(Debug)]
struct Look {
    host: String,
    repo: String,
    poll_every: Duration,
    due: Instant,
}

/// What was seen of a repository last.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Seen {
    heads: BTreeMap<u64, String>,
    tip: Option<String>,
}

impl Refs {
    pub(super) fn new(config: &PullRequests, share: &Share, now: Instant) -> Refs {
        let of = config
            .forges
            .iter()
            .filter(|it| it.token_file.is_none() && it.clone && share.has(&it.host));
        let looks = of.flat_map(|forge| {
            forge.repos.iter().map(|repo| Look {
                host: forge.host.clone(),
                repo: repo.clone(),
                poll_every: forge.poll_every,
                due: now,
            })
        });
        Refs(looks.collect())
    }

    /// Takes as news what changed where it is time to look.
    pub(super) fn look(&mut self, pulls: &Pulls, clones: &mut Clones, now: Instant) {
        for look in self.0.iter_mut().filter(|it| it.due <= now) {
            let name = format!("clone of {}/{}", look.host, look.repo);
            let looked = look_at(pulls, clones, &look.host, &look.repo);
            let wait = if clones.is_being_made(&look.host, &look.repo) {
                AGAIN
            } else {
                jittered(look.poll_every)
            };
            match looked {
                Ok(()) => pulls.went_well(&name),
                Err(why) => pulls.went_wrong(&name, &why, Some(wait)),
            }
            look.due = Instant::now() + wait;
        }
    }
}

fn look_at(pulls: &Pulls, clones: &mut Clones, host: &str, repo: &str) -> Result<(), String> {
    let failed = |error: anyhow::Error| format!("{error:#}");
    // Beside what a look by the API keeps, should there be a token later.
    let place = format!("{repo} refs");
    let before = pulls.store.cursor(host, &place).map_err(failed)?;
    let before: Option<Seen> = before.and_then(|it| serde_json::from_str(&it).ok());
    let (heads, tip) = match clones.heads(host, repo) {
        Ok(found) => found,
        Err(NoClone::Unwanted) => return Ok(()),
        Err(NoClone::Later(why)) => return Err(why),
    };
    let (now, is_first) = (Timestamp::now(), before.is_none());
    let known = pulls.list();
    let most = if before.is_some() { usize::MAX } else { AT_FIRST };
    let before = before.unwrap_or_default();
    let id = |number| PullRequestId {
        host: host.to_owned(),
        repo: repo.to_owned(),
        number,
    };
    let take = |key: String, news: News| match pulls.take(&key, news) {
        Ok(Taken::Queued | Taken::Known) => Ok(()),
        Ok(Taken::Full) => Err("too much waits".to_owned()),
        Err(error) => Err(failed(error)),
    };
    let is_new = |(number, sha): &(&u64, &String)| PullRequestId::is_number(**number) && before.heads.get(number) != Some(sha);
    for (number, sha) in heads.iter().rev().filter(is_new).take(most) {
        let id = id(*number);
        // What is told of an old one at first is no change of it. From then on the head that is seen now is later than what was told before.
        let updated = (!is_first || known.iter().any(|it| it.id == id)).then_some(now);
        let part = PullRequest {
            head_sha: Some(sha.clone()),
            updated,
            ..PullRequest::unknown(id)
        };
        // A branch may be set back to a head that it had.
        take(format!("ref {} {sha} {now}", part.id), News::Part(Box::new(part)))?;
    }
    if let Some(tip) = tip.as_ref().filter(|it| before.tip.as_ref() != Some(it)) {
        let mut known = known;
        known.retain(|it| it.id.host == host && it.id.repo == repo && !matches!(it.state, Some(State::Merged | State::Closed)));
        for it in known.into_iter().rev().take(MAYBE_MERGED) {
            // It says nothing but that the clone is to be looked into.
            let part = PullRequest::unknown(it.id);
            take(format!("tip {} {tip}", part.id), News::Part(Box::new(part)))?;
        }
    }
    let seen = serde_json::to_string(&Seen { heads, tip }).map_err(|error| error.to_string())?;
    pulls.store.put_cursor(host, &place, &seen).map_err(failed)
}

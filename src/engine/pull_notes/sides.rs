//! The forges that can be asked: which one knows a pull request, when it wants to be left alone, and what changed there since the last look.
//! Webhooks get lost; what they would have told is found here.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher, RandomState},
    path::Path,
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::{
    config::forges::{Forge, PullRequests},
    engine::{
        pull_notes::complete::{complete, repo_path},
        pulls::{News, Pulls, Taken},
    },
    io::forge::{Answer, Client, Refusal, items_of},
    model::pull_request::{ForgeKind, PullRequest, PullRequestId, gitea, github, gitlab},
};

/// A forge that failed is left alone for this long, and then twice as long each time.
const REST: Duration = Duration::from_secs(2);
const MAX_REST: Duration = Duration::from_secs(15 * 60);

/// All that is asked of one pull request takes no longer than this and one call more: others of the forge wait for it.
const ASK_MOST: Duration = Duration::from_secs(60);

/// Entries a page, and pages of one look.
const PAGE: usize = 50;
const PAGES: usize = 20;

/// Clocks and transactions of a forge: what is this much older than the newest that was seen may still be new.
const OVERLAP: SignedDuration = SignedDuration::from_secs(120);

/// One forge with a token.
#[derive(Debug)]
pub(super) struct Side {
    forge: Forge,
    client: Client,
    not_before: Option<Instant>,
    failures: u32,
    /// What it said when it failed last.
    refusal: String,
    looks: BTreeMap<String, Look>,
}

/// When a repository is looked at, and what its list was marked with.
#[derive(Debug)]
struct Look {
    due: Instant,
    tag: Option<String>,
}

/// What a look found.
#[derive(Debug, Default)]
struct Found {
    changed: Vec<(PullRequestId, Timestamp)>,
    /// Up to where it looked; `None` when nothing is newer.
    cursor: Option<Timestamp>,
    tag: Option<String>,
}

/// Returns the forges that can be asked. `stop` ends a call that runs.
pub(super) fn sides(config: &PullRequests, stop: &Arc<AtomicBool>, now: Instant) -> Vec<Side> {
    let of = config.forges.iter().filter(|it| it.token_file.is_some());
    of.map(|it| Side {
        client: Client::new(it.kind, &it.url).stopped_by(Arc::clone(stop)),
        looks: it.repos.iter().map(|repo| (repo.clone(), Look { due: now, tag: None })).collect(),
        forge: it.clone(),
        not_before: None,
        failures: 0,
        refusal: String::new(),
    })
    .collect()
}

impl Side {
    /// The name by which status tells of it.
    pub(super) fn name(&self) -> &str {
        &self.forge.host
    }

    /// Says whether this forge knows the pull request.
    pub(super) fn knows(&self, id: &PullRequestId) -> bool {
        self.forge.host == id.host && self.forge.repos.contains(&id.repo)
    }

    /// Returns what the forge knows of it. A forge that rests is not asked.
    pub(super) fn ask(&mut self, id: &PullRequestId) -> Result<PullRequest, Refusal> {
        self.check_rest(Instant::now())?;
        let result = complete(&self.client.until(Instant::now() + ASK_MOST), &self.forge, id);
        self.note(result.as_ref().err());
        result
    }

    /// Returns how long the forge is left alone from now on, where it is.
    pub(super) fn rests_for(&self, now: Instant) -> Option<Duration> {
        self.not_before?.checked_duration_since(now)
    }

    /// Returns the repositories that are due to be looked at.
    pub(super) fn due(&self, now: Instant) -> Vec<String> {
        if self.not_before.is_some_and(|it| it > now) {
            return Vec::new();
        }
        let due = self.looks.iter().filter(|(_, it)| it.due <= now);
        due.map(|(repo, _)| repo.clone()).collect()
    }

    /// Takes what changed in one repository as news; from then on it is looked at from there.
    pub(super) fn look_at(&mut self, pulls: &Pulls, repo: &str) -> Result<(), String> {
        let failed = |error: anyhow::Error| format!("{error:#}");
        let cursor = pulls.store.cursor(self.name(), repo).map_err(failed)?;
        let cursor = cursor.and_then(|it| it.parse().ok());
        let found = self
            .look(repo, cursor)
            .map_err(|why| format!("{repo} cannot be looked at: {}", why.detail()))?;
        for (id, updated) in &found.changed {
            let key = format!("look {id} {updated}");
            if pulls.take(&key, News::Look(id.clone())).map_err(failed)? == Taken::Full {
                return Err("too much waits".to_owned());
            }
        }
        if let Some(cursor) = found.cursor {
            pulls.store.put_cursor(self.name(), repo, &cursor.to_string()).map_err(failed)?;
        }
        // The same list need not be sent again.
        if let (Some(look), Some(tag)) = (self.looks.get_mut(repo), found.tag) {
            look.tag = Some(tag);
        }
        Ok(())
    }

    /// Returns what changed in a repository since `cursor`, and sets the time of the next look.
    fn look(&mut self, repo: &str, cursor: Option<Timestamp>) -> Result<Found, Refusal> {
        let result = self.list(repo, cursor);
        self.note(result.as_ref().err());
        let due = Instant::now() + jittered(self.forge.poll_every);
        if let Some(look) = self.looks.get_mut(repo) {
            look.due = due;
        }
        result
    }

    fn list(&self, repo: &str, cursor: Option<Timestamp>) -> Result<Found, Refusal> {
        let token_file = self.forge.token_file.as_deref();
        let token_file = token_file.ok_or_else(|| Refusal::Denied("no `token_file` is configured".to_owned()))?;
        let since = cursor.map(|it| it.saturating_sub(OVERLAP).unwrap_or(it));
        let tag = self.looks.get(repo).and_then(|it| it.tag.as_deref());
        let (mut found, mut seen) = (Found::default(), 0);
        for page in 1..=PAGES {
            let path = format!("{}{}&page={page}", repo_path(self.forge.kind, repo), self.order());
            let reply = match self.client.get(&path, token_file, tag.filter(|_| page == 1)) {
                Ok(Answer::Json(reply)) => reply,
                Ok(Answer::Same) => return Ok(found),
                Err(Refusal::Missing) if page == 1 => return self.nothing_yet(repo, token_file),
                Err(why) => return Err(why),
            };
            if page == 1 {
                found.tag.clone_from(&reply.tag);
            }
            let items = items_of(&reply.value)?;
            for (id, updated) in items.iter().filter_map(|it| self.entry(it, repo)) {
                if since.is_some_and(|it| updated <= it) {
                    return Ok(found);
                }
                found.cursor = found.cursor.max(Some(updated));
                found.changed.push((id, updated));
            }
            seen += items.len();
            if !reply.goes_on(seen, PAGE) {
                break;
            }
        }
        Ok(found)
    }

    /// Finds nothing where the repository is there and has no list of pull requests: Gitea has none of a repository to which nobody has pushed yet.
    fn nothing_yet(&self, repo: &str, token_file: &Path) -> Result<Found, Refusal> {
        let Answer::Json(reply) = self.client.get(&repo_path(self.forge.kind, repo), token_file, None)? else {
            return Err(Refusal::Missing);
        };
        if reply.value["empty"] == true {
            return Ok(Found::default());
        }
        if reply.value["has_pull_requests"] == false {
            let why = "its pull requests are turned off; turn them on in the settings of the repository";
            return Err(Refusal::Failed(why.to_owned()));
        }
        Err(Refusal::Missing)
    }

    /// The list, the newest change first.
    fn order(&self) -> String {
        match self.forge.kind {
            ForgeKind::Gitea | ForgeKind::Forgejo => format!("/pulls?state=all&sort=recentupdate&limit={PAGE}"),
            ForgeKind::GitHub => format!("/pulls?state=all&sort=updated&direction=desc&per_page={PAGE}"),
            ForgeKind::GitLab => format!("/merge_requests?state=all&order_by=updated_at&sort=desc&per_page={PAGE}"),
        }
    }

    fn entry(&self, value: &Value, repo: &str) -> Option<(PullRequestId, Timestamp)> {
        let number = match self.forge.kind {
            ForgeKind::GitLab => &value["iid"],
            _ => &value["number"],
        };
        let id = PullRequestId {
            host: self.forge.host.clone(),
            repo: repo.to_owned(),
            number: number.as_u64().filter(|it| PullRequestId::is_number(*it))?,
        };
        let part = match self.forge.kind {
            ForgeKind::Gitea | ForgeKind::Forgejo => gitea::pull_request(value, &id),
            ForgeKind::GitHub => github::pull_request(value, &id),
            ForgeKind::GitLab => gitlab::pull_request(value, &id),
        };
        Some((id, part.updated?))
    }

    fn check_rest(&self, now: Instant) -> Result<(), Refusal> {
        match self.rests_for(now) {
            Some(rest) => Err(Refusal::Later(Some(rest), self.refusal.clone())),
            None => Ok(()),
        }
    }

    /// Lets the forge rest where it failed. A missing pull request is no failure, and an answer of no use may be one of this pull request alone.
    fn note(&mut self, refusal: Option<&Refusal>) {
        let wait = match refusal {
            None | Some(Refusal::Missing | Refusal::Failed(_) | Refusal::TooMuch(_)) => {
                self.failures = 0;
                self.not_before = None;
                return;
            }
            Some(Refusal::Later(Some(wait), _)) => *wait,
            Some(Refusal::Later(None, _) | Refusal::Denied(_)) => REST.saturating_mul(2_u32.saturating_pow(self.failures)).min(MAX_REST),
        };
        self.refusal = refusal.map_or("", Refusal::detail).to_owned();
        self.failures += 1;
        self.not_before = Some(Instant::now() + wait);
    }
}

/// Returns a time within a tenth of this one: many services must not look at the same moment.
pub(super) fn jittered(time: Duration) -> Duration {
    let random = RandomState::new().hash_one(0) % 2001;
    time.mul_f64(0.9 + random as f64 / 10_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_come_within_a_tenth_of_the_time() {
        for _ in 0..100 {
            let time = jittered(Duration::from_secs(100)).as_secs_f64();
            assert!((90.0..=110.1).contains(&time), "{time}");
        }
    }
}

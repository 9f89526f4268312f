//! Which worker has which pull requests: each has one owner, so that what one forge delays is its own. Knows hosts alone.

use std::collections::BTreeSet;

use crate::{config::forges::Forge, engine::pulls::News};

/// Forges that have a thread of their own; what is beyond has one together with what is of no forge.
const THREADS_MOST: usize = 8;

/// What one worker has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Share {
    /// All of one host.
    Of(String),
    /// All but these hosts, and what is of no host.
    Others(BTreeSet<String>),
}

impl Share {
    /// Returns the shares of all workers, the one of the others last. The repositories of one host are one share, however many entries list them.
    pub(super) fn all(forges: &[Forge]) -> Vec<Share> {
        let hosts: BTreeSet<&str> = forges.iter().map(|it| it.host.as_str()).collect();
        let own: BTreeSet<String> = hosts.into_iter().take(THREADS_MOST).map(str::to_owned).collect();
        let mut shares: Vec<Share> = own.iter().cloned().map(Share::Of).collect();
        shares.push(Share::Others(own));
        shares
    }

    /// Says whether what is of this host is in it.
    pub(super) fn has(&self, host: &str) -> bool {
        match self {
            Share::Of(own) => own == host,
            Share::Others(hosts) => !hosts.contains(host),
        }
    }

    /// Says whether these news are for its worker.
    pub(super) fn has_news(&self, news: &News) -> bool {
        match news {
            News::Part(part) => self.has(&part.id.host),
            News::Look(id) | News::Restore(id) => self.has(&id.host),
            News::Revision { host, .. } => self.has(host),
            News::Rollout(_) => matches!(self, Share::Others(_)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::pull_request::ForgeKind;

    #[test]
    fn each_pull_request_has_one_owner() {
        let forge = |number: usize| Forge {
            kind: ForgeKind::Gitea,
            url: String::new(),
            host: format!("git{number:02}"),
            repos: Vec::new(),
            token_file: None,
            secrets: Vec::new(),
            poll_every: Duration::ZERO,
            clone: false,
        };
        let check = |numbers: &[usize], threads: usize| {
            let forges: Vec<Forge> = numbers.iter().map(|it| forge(*it)).collect();
            let shares = Share::all(&forges);
            assert_eq!(shares.len(), threads, "{numbers:?}");
            for host in forges.iter().map(|it| it.host.as_str()).chain(["elsewhere"]) {
                assert_eq!(shares.iter().filter(|it| it.has(host)).count(), 1, "{numbers:?} {host}");
            }
        };
        check(&[], 1);
        check(&[1], 2);
        check(&[1, 2, 1], 3);
        check(&(1..=20).collect::<Vec<_>>(), THREADS_MOST + 1);
    }
}

//! Tells somebody that notes have changed: one line of our own words, not too often. Knows the names of pull requests only; when nobody listens it
//! tells again, a few times, and then lets it be. What is not told yet is kept over a restart by whoever asks for it.

use std::{
    collections::BTreeSet,
    sync::{
        MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    config::forges::Wake,
    engine::{
        handle::Handle,
        pulls::{Pulls, told::Woken},
    },
    io::forge::{self, Refusal},
    model::pull_request::PullRequestId,
};

/// Changes gather this long, and calls lie this far apart.
const GATHER: Duration = Duration::from_secs(5);

/// How often to look whether something is to be told.
const STEP: Duration = Duration::from_millis(200);

/// Calls for the same changes, and how long after the first one that failed the second comes; each next time it is twice as long.
const TRIES: u32 = 5;
const RETRY: Duration = Duration::from_secs(10);

/// Names that one line holds, and changes that are remembered.
const NAMES: usize = 5;
const NAMES_MOST: usize = 1000;

/// What is to be told.
#[derive(Debug)]
pub(super) struct Waker {
    wake: Option<Wake>,
    changed: BTreeSet<String>,
    /// What the call tells that is being made.
    calling: BTreeSet<String>,
    due: Option<Instant>,
    /// Calls that failed in a row.
    failures: u32,
}

/// One call that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    wake: Wake,
    changed: BTreeSet<String>,
}

/// Makes the calls that are due until the engine has ended: whoever listens slowly delays no note.
pub(super) fn run<'w>(handle: &Handle, pulls: &Pulls, waker: impl Fn() -> MutexGuard<'w, Waker>) {
    while !handle.is_stopped() {
        let call = waker().take(Instant::now());
        if let Some(call) = call {
            let made = call.make(&pulls.stop);
            if pulls.stop.load(Ordering::Relaxed) && made.is_err() {
                // It was broken off; it is made after the next start.
                return;
            }
            let mut waker = waker();
            pulls.woke(waker.made(call, made, Instant::now()));
            waker.keep(pulls);
        }
        thread::sleep(STEP);
    }
}

impl Call {
    /// Blocking, for ten seconds at most; a stop ends it.
    fn make(&self, stop: &AtomicBool) -> Result<(), Refusal> {
        forge::tell(&self.wake.url, self.wake.token_file.as_deref(), &line(&self.changed), stop)
    }
}

impl Waker {
    /// `left` is what an earlier run did not come to tell.
    pub(super) fn new(wake: Option<Wake>, left: BTreeSet<String>, now: Instant) -> Waker {
        Waker {
            due: (!left.is_empty()).then(|| now + GATHER),
            changed: left,
            wake,
            calling: BTreeSet::new(),
            failures: 0,
        }
    }

    /// Notes that a note has changed; `true` when that is to be told and was not known yet.
    pub(super) fn changed(&mut self, id: &PullRequestId, now: Instant) -> bool {
        if self.wake.is_none() || self.changed.len() >= NAMES_MOST {
            return false;
        }
        self.due.get_or_insert(now + GATHER);
        self.changed.insert(format!("{}#{}", id.repo, id.number))
    }

    /// Makes durable what is not told yet.
    pub(super) fn keep(&self, pulls: &Pulls) {
        let untold: BTreeSet<String> = self.changed.union(&self.calling).cloned().collect();
        if let Err(error) = pulls.store.put_untold(&untold) {
            tracing::warn!(
                why = format!("{error:#}"),
                "a restart would forget that notes changed which nobody was told of yet"
            );
        }
    }

    /// Returns the call that tells what has gathered, when it is time.
    pub(super) fn take(&mut self, now: Instant) -> Option<Call> {
        let (Some(wake), Some(due)) = (&self.wake, self.due) else {
            return None;
        };
        if due > now {
            return None;
        }
        self.due = None;
        let changed = std::mem::take(&mut self.changed);
        self.calling.clone_from(&changed);
        Some(Call {
            wake: wake.clone(),
            changed,
        })
    }

    /// Takes what became of a call: changes that nobody heard of are told again, together with those that came meanwhile.
    fn made(&mut self, call: Call, made: Result<(), Refusal>, now: Instant) -> Woken {
        self.calling.clear();
        let Err(why) = made else {
            self.failures = 0;
            return Woken::Told;
        };
        self.failures += 1;
        if self.failures >= TRIES {
            tracing::warn!(?why, "nobody was told that notes of pull requests changed");
            self.failures = 0;
            return Woken::GivenUp;
        }
        tracing::info!(?why, "that notes of pull requests changed is told again");
        self.changed.extend(call.changed);
        self.due = Some(now + RETRY.saturating_mul(2_u32.saturating_pow(self.failures - 1)));
        Woken::Later
    }
}

fn line(changed: &BTreeSet<String>) -> String {
    let names: Vec<&str> = changed.iter().take(NAMES).map(String::as_str).collect();
    let more = changed.len().saturating_sub(NAMES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("Notes of pull requests changed: {}{more}.", names.join(", "))
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        io::{Read, Write},
        net::TcpListener,
        thread::{self, JoinHandle},
    };

    use super::*;

    /// Answers one call with a status and returns what was sent.
    fn hear(listener: &TcpListener, status: &'static str) -> JoinHandle<String> {
        let listener = listener.try_clone().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut heard, mut piece) = (Vec::new(), [0; 4096]);
            while !heard.ends_with(b"}") {
                let count = stream.read(&mut piece).unwrap();
                heard.extend_from_slice(&piece[..count]);
            }
            write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}").unwrap();
            String::from_utf8(heard).unwrap()
        })
    }

    fn waker(wake: Wake) -> Waker {
        Waker::new(Some(wake), BTreeSet::new(), Instant::now())
    }

    fn tell(waker: &mut Waker, now: Instant) -> Woken {
        let call = waker.take(now).unwrap();
        let made = call.make(&AtomicBool::new(false));
        waker.made(call, made, now)
    }

    fn id(number: u64) -> PullRequestId {
        PullRequestId {
            host: "git.example.org".to_owned(),
            repo: "o/n".to_owned(),
            number,
        }
    }

    #[test]
    fn changes_gather_and_are_told_once_in_our_own_words() {
        let folder = tempfile::tempdir().unwrap();
        let token_file = folder.path().join("token");
        fs::write(&token_file, "a-token-of-hooks\n").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut waker = waker(Wake {
            url: format!("http://{}/hooks/wake", listener.local_addr().unwrap()),
            token_file: Some(token_file),
        });
        let begun = Instant::now();
        for number in 1..=200 {
            waker.changed(&id(number), begun);
            waker.changed(&id(number), begun + Duration::from_secs(1));
            assert_eq!(waker.take(begun + GATHER - Duration::from_millis(1)), None);
        }
        let heard = hear(&listener, "200 OK");
        assert_eq!(tell(&mut waker, begun + GATHER), Woken::Told);
        let heard = heard.join().unwrap();
        assert!(heard.starts_with("POST /hooks/wake HTTP/1.1\r\n"), "{heard}");
        assert!(
            heard.to_ascii_lowercase().contains("authorization: bearer a-token-of-hooks\r\n"),
            "{heard}"
        );
        let (_, body) = heard.split_once("\r\n\r\n").unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        let text = body["text"].as_str().unwrap();
        assert_eq!(body["mode"], "now");
        assert!(
            text.starts_with("Notes of pull requests changed: o/n#1, ") && text.ends_with(" and 195 more."),
            "{text}"
        );
        // What was told is told; the next change is told by a call of its own.
        assert_eq!(waker.take(begun + 2 * GATHER), None);
        waker.changed(&id(7), begun + 2 * GATHER);
        let heard = hear(&listener, "200 OK");
        assert_eq!(tell(&mut waker, begun + 3 * GATHER), Woken::Told);
        assert!(heard.join().unwrap().contains("o/n#7."));
    }

    /// The changes of a call that failed were forgotten.
    #[test]
    fn what_nobody_heard_is_told_again_a_few_times() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut waker = waker(Wake {
            url: format!("http://{}/hooks/wake", listener.local_addr().unwrap()),
            token_file: None,
        });
        let mut now = Instant::now();
        waker.changed(&id(7), now);
        now += GATHER;
        let heard = hear(&listener, "500 Oops");
        assert_eq!(tell(&mut waker, now), Woken::Later);
        assert!(heard.join().unwrap().contains("o/n#7."));
        // What changes meanwhile comes with it, and not before.
        waker.changed(&id(8), now);
        assert_eq!(waker.take(now + RETRY - Duration::from_millis(1)), None);
        now += RETRY;
        let heard = hear(&listener, "200 OK");
        assert_eq!(tell(&mut waker, now), Woken::Told);
        assert!(heard.join().unwrap().contains("o/n#7, o/n#8."));

        waker.changed(&id(9), now);
        let mut became = Vec::new();
        now += GATHER;
        for _ in 0..TRIES {
            let heard = hear(&listener, "500 Oops");
            became.push(tell(&mut waker, now));
            heard.join().unwrap();
            now += 16 * RETRY;
        }
        assert_eq!((became.pop(), became), (Some(Woken::GivenUp), vec![Woken::Later; 4]));
        assert_eq!(waker.take(now + 100 * RETRY), None);
    }

    /// A restart forgot them.
    #[test]
    fn what_waits_to_be_told_is_told_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let wake = || {
            Some(Wake {
                url: "http://127.0.0.1:9/hooks/wake".to_owned(),
                token_file: None,
            })
        };
        let left = || Pulls::open(folder.path()).unwrap().store.untold().unwrap();
        let pulls = Pulls::open(folder.path()).unwrap();
        let now = Instant::now();
        let mut waker = Waker::new(wake(), left(), now);
        assert!(waker.changed(&id(7), now) && !waker.changed(&id(7), now));
        waker.keep(&pulls);
        assert_eq!(left().len(), 1);
        let call = waker.take(now + GATHER).unwrap();
        assert!(waker.changed(&id(8), now + GATHER));
        waker.keep(&pulls);
        assert_eq!(left().len(), 2, "a call that is being made may not be heard");
        waker.made(call, Ok(()), now + GATHER);
        waker.keep(&pulls);
        let mut waker = Waker::new(wake(), left(), now);
        assert_eq!(waker.take(now + GATHER - Duration::from_millis(1)), None);
        let call = waker.take(now + GATHER).unwrap();
        assert_eq!(line(&call.changed), "Notes of pull requests changed: o/n#8.");
        waker.made(call, Ok(()), now + GATHER);
        waker.keep(&pulls);
        assert!(left().is_empty());
        assert_eq!(Waker::new(None, left(), now).take(now + GATHER), None);
    }

    #[test]
    fn a_line_names_a_few() {
        let changed = |count: usize| (1..=count).map(|it| format!("o/n#{it}")).collect();
        assert_eq!(line(&changed(2)), "Notes of pull requests changed: o/n#1, o/n#2.");
        assert!(line(&changed(9)).ends_with("o/n#5 and 4 more."));
    }
}

//! Blocking work off the async threads, bounded: so many at once, so many waiting, so long each. Knows no route.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Semaphore, task, time};

use crate::http::problem::{Problem, ProblemKind};

/// How many pieces of work may wait for each that may run; more are told to come back.
const WAITING_PER_RUNNING: usize = 8;

/// How long one waits for its turn, and how long its caller waits for the result.
const TURN: Duration = Duration::from_secs(2);

/// The turnstile for work that costs: searches and reads.
#[derive(Debug, Clone)]
pub struct Work {
    turns: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    waiting_most: usize,
    deadline: Duration,
}

impl Work {
    /// Returns a turnstile that lets `running` pieces run at once, and whose callers wait `deadline` at most.
    pub fn new(running: usize, deadline: Duration) -> Work {
        Work {
            turns: Arc::new(Semaphore::new(running)),
            waiting: Arc::new(AtomicUsize::new(0)),
            waiting_most: running * WAITING_PER_RUNNING,
            deadline,
        }
    }

    /// Returns how many wait for their turn.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Runs blocking work when its turn comes; 503 `busy` when too many wait, when the turn does not come, or when it takes too long. Work that
    /// nobody waits for any more still holds its place until it ends, so that slow work cannot pile up.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let place = Place::take(&self.waiting, self.waiting_most).ok_or_else(|| busy("too many requests wait already"))?;
        let turn = match time::timeout(TURN, Arc::clone(&self.turns).acquire_owned()).await {
            Ok(turn) => turn.expect("the semaphore is never closed"),
            Err(_) => return Err(busy("no turn came in time")),
        };
        drop(place);
        let guarded = move || {
            let _turn = turn;
            work()
        };
        match time::timeout(self.deadline, blocking(guarded)).await {
            Ok(result) => result,
            Err(_) => Err(busy("the work took too long").hint("narrow the request: a smaller `limit`, fewer words, a `path`")),
        }
    }
}

/// Runs blocking work at once; a panic in it is a 500 and ends nothing else.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "a request failed inside the service");
        Problem::new(ProblemKind::Internal, "the work ended early")
    })
}

fn busy(detail: &str) -> Problem {
    Problem::new(ProblemKind::Busy, detail).retry_after_ms(1000)
}

/// One of the bounded places in the queue, given back on drop: also when the caller goes away while waiting.
struct Place<'a>(&'a AtomicUsize);

impl Place<'_> {
    fn take(waiting: &AtomicUsize, most: usize) -> Option<Place<'_>> {
        let place = Place(waiting);
        (waiting.fetch_add(1, Ordering::Relaxed) < most).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn what_finds_no_place_is_told_to_come_back() {
        let work = Work {
            waiting_most: 0,
            ..Work::new(1, Duration::from_secs(30))
        };
        let problem = work.run(|| ()).await.unwrap_err();
        assert!(
            problem.is(ProblemKind::Busy) && problem.more.retry_after_ms.is_some(),
            "{problem:?}"
        );
        assert_eq!(work.waiting.load(Ordering::Relaxed), 0, "the place is given back");
    }

    #[tokio::test]
    async fn late_work_is_given_up_by_its_caller_and_keeps_its_turn_until_it_ends() {
        let work = Work::new(1, Duration::from_millis(20));
        let (end, wait) = mpsc::channel::<()>();
        let problem = work.run(move || wait.recv()).await.unwrap_err();
        assert!(problem.is(ProblemKind::Busy), "{problem:?}");
        assert_eq!(work.turns.available_permits(), 0);
        drop(end);
        let _turn = time::timeout(Duration::from_secs(30), work.turns.acquire())
            .await
            .expect("the turn comes back");
    }

    #[tokio::test]
    async fn a_panic_is_an_error_of_that_request_only() {
        let work = Work::new(1, Duration::from_secs(30));
        assert!(work.run(|| panic!("a bug")).await.unwrap_err().is(ProblemKind::Internal));
        assert_eq!(work.run(|| 7).await.unwrap(), 7);
    }
}

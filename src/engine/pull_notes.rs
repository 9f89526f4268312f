//! What makes notes of the news of pull requests: a thread for each forge, one for everything else, and one that tells of it. Nobody waits for
//! them, and they do not wait for each other but to write.

use std::{
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::{Context, Result};

use crate::{
    config::Config,
    engine::{
        handle::Handle,
        pull_notes::{common::Common, share::Share, worker::Worker},
    },
};

mod clones;
mod common;
mod complete;
mod find;
mod gone;
mod journal;
mod note;
mod refs;
mod revisions;
mod sent;
mod share;
mod sides;
mod wake;
mod worker;

/// What failed is tried again after this, and then twice as long each time.
const RETRY: Duration = Duration::from_secs(2);
const MAX_RETRY: Duration = Duration::from_secs(15 * 60);

/// Why something is not done.
#[derive(Debug)]
enum Trouble {
    /// Try again, not before this time has passed where there is one.
    Later(String, Option<Duration>),
    /// It will never be possible.
    Never(String),
}

impl Trouble {
    fn later(why: String) -> Trouble {
        Trouble::Later(why, None)
    }

    fn never(why: String) -> Trouble {
        Trouble::Never(why)
    }
}

/// Returns how long to wait after so many failures in a row and one more.
fn wait_after(failures: u32) -> Duration {
    RETRY.saturating_mul(2_u32.saturating_pow(failures)).min(MAX_RETRY)
}

/// Starts the threads; the one that is returned ends after the engine has, and the last of them.
pub(super) fn start(config: &Config, handle: Handle) -> Result<JoinHandle<()>> {
    let pulls = Arc::clone(handle.pulls());
    let common = Arc::new(Common::new(config, handle.clone(), &pulls)?);
    let workers = Share::all(&config.pull_requests.forges).into_iter();
    let workers: Vec<Worker> = workers
        .map(|it| Worker::new(config, handle.clone(), Arc::clone(&common), it))
        .collect();
    let mut threads = Vec::new();
    for worker in workers {
        threads.push(worker.start().context("start a thread of pull requests")?);
    }
    let run = move || {
        wake::run(&handle, &pulls, || common.waker());
        for thread in threads {
            // One that panicked has said so.
            drop(thread.join());
        }
    };
    let thread = thread::Builder::new().name("pull-requests-wake".to_owned()).spawn(run);
    thread.context("start the thread that tells of pull requests")
}

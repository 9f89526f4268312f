//! What makes notes of the news of pull requests: one thread, which nobody waits for.

use std::{sync::Arc, thread::JoinHandle, time::Duration};

use anyhow::{Context, Result};

use crate::{
    config::Config,
    engine::{handle::Handle, pull_notes::worker::Worker},
};

mod clones;
mod complete;
mod journal;
mod note;
mod sent;
mod sides;
mod wake;
mod worker;

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

/// Starts the thread; it ends after the engine has.
pub(super) fn start(config: &Config, handle: Handle) -> Result<JoinHandle<()>> {
    let pulls = Arc::clone(handle.pulls());
    let worker = Worker::new(config, handle, pulls)?;
    worker.start().context("start the thread of pull requests")
}

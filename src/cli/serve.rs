//! `membridge serve`: configuration, log, engine, HTTP, and the orderly end of them. Knows signals; decides nothing else.

use std::{env, process::ExitCode};

use anyhow::{Context, Result};
use tokio::{
    runtime,
    signal::unix::{SignalKind, signal},
};
use tracing::{info, warn};

use crate::{
    cli::{check::report, logging, note},
    config::{self, Flags},
    engine, http,
};

/// Runs the server until SIGTERM or SIGINT.
pub fn run(flags: &Flags) -> Result<ExitCode> {
    let loaded = match config::load(flags, &|name| env::var_os(name)) {
        Ok(loaded) => loaded,
        Err(findings) => {
            note(report("problem", &findings.problems).trim_end());
            return Ok(ExitCode::from(super::FAILED));
        }
    };
    let config = loaded.config;
    logging::start(config.log.format, &config.log.filter)?;
    for warning in &loaded.warnings {
        warn!(key = warning.key, hint = warning.hint, "{}", warning.message);
    }
    let (handle, engine) = engine::start(&config)?;
    let runtime = runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("start the runtime")?;
    let served = runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        http::serve(
            &config,
            handle.clone(),
            stop,
            |address| info!(%address, version = env!("CARGO_PKG_VERSION"), "listening"),
        )
        .await
    });
    handle.shutdown();
    if engine.join().is_err() {
        warn!("the engine's thread ended with a panic");
    }
    served.map(|()| ExitCode::SUCCESS)
}

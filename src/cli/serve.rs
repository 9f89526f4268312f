//! `membridge serve`: configuration, log, engine, HTTP, and the orderly end of them. Knows signals; decides nothing else.

use std::{env, process::ExitCode, time::Duration};

use anyhow::{Context, Result};
use tokio::{
    runtime,
    signal::unix::{SignalKind, signal},
    time,
};
use tracing::{error, info, warn};

use crate::{
    cli::{check::report, logging, note},
    config::{self, Flags},
    engine::{self, handle::Handle},
    http,
};

/// How often the engine is looked after.
const WATCH: Duration = Duration::from_millis(500);

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
    let watched = EngineWatch(handle.clone());
    let served = runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                () = watched.ended() => error!("the engine has ended; the process ends too, so that it is started again"),
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
    let ended_early = handle.is_stopped();
    handle.shutdown();
    let panicked = engine.join().is_err();
    served.map(|()| {
        if ended_early || panicked {
            ExitCode::from(super::FAILED)
        } else {
            ExitCode::SUCCESS
        }
    })
}

/// Sees when the engine is gone while the server still runs.
struct EngineWatch(Handle);

impl EngineWatch {
    async fn ended(&self) {
        while !self.0.is_stopped() {
            time::sleep(WATCH).await;
        }
    }
}

//! The log: text or JSON lines on stderr, for `kubectl logs` and people. The only door to the subscriber.

use std::io::stderr;

use anyhow::{Context, Result, anyhow};
use tracing_subscriber::{EnvFilter, fmt};

use crate::config::LogFormat;

/// Of MCP: it tells of each message, some with its text, and the request is in the log already. Who wants it names it in the filter.
const SDK: &str = "rmcp";

/// Starts the log of this process; `filter` holds directives such as `info` or `membridge=debug,warn`. Fails on a filter that does not parse,
/// and when a log was started before.
pub fn start(format: LogFormat, filter: &str) -> Result<()> {
    let asks_for_the_sdk = filter.contains(SDK);
    let mut filter = EnvFilter::try_new(filter).with_context(|| format!("read the log filter `{filter}`"))?;
    if !asks_for_the_sdk {
        filter = filter.add_directive(format!("{SDK}=off").parse()?);
    }
    let log = fmt().with_env_filter(filter).with_writer(stderr);
    let started = match format {
        LogFormat::Text => log.with_ansi(false).try_init(),
        LogFormat::Json => log
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .try_init(),
    };
    started.map_err(|error| anyhow!("start the log: {error}"))
}

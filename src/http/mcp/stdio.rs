//! MCP on the standard streams, for clients that start their servers as programs. Knows the streams; asks nobody itself.

use std::{io, thread};

use rmcp::{
    ServiceExt,
    service::{QuitReason, ServerInitializeError},
};
use tokio::net::unix::pipe;

use crate::http::mcp::{Ask, Tools, lines};

/// Serves the client at the other end until it closes its side.
pub async fn serve(ask: Ask) -> io::Result<()> {
    let running = match Tools::new(ask).serve((input()?, tokio::io::stdout())).await {
        Ok(running) => running,
        // It went away without a word.
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => return Err(io::Error::other(error)),
    };
    match running.waiting().await {
        Ok(QuitReason::JoinError(error)) | Err(error) => Err(io::Error::other(error)),
        Ok(_) => Ok(()),
    }
}

/// Returns standard input as the protocol takes it. It is read by a thread of its own: a read cannot be called back, and ends with the program.
fn input() -> io::Result<pipe::Receiver> {
    let (receiver, sender) = io::pipe()?;
    let copy = move || {
        if let Err(error) = lines::shorten(io::stdin().lock(), sender) {
            tracing::debug!(%error, "standard input is read no further");
        }
    };
    thread::Builder::new().name("standard-input".to_owned()).spawn(copy)?;
    pipe::Receiver::from_owned_fd(receiver.into())
}

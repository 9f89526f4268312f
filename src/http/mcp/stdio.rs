//! MCP on the standard streams, for clients that start their servers as programs. Knows the streams; asks nobody itself.

use std::io;

use rmcp::{
    ServiceExt,
    service::{QuitReason, ServerInitializeError},
};

use crate::http::mcp::{Ask, Tools};

/// Serves the client at the other end until it closes its side.
pub async fn serve(ask: Ask) -> io::Result<()> {
    let running = match Tools::new(ask).serve((tokio::io::stdin(), tokio::io::stdout())).await {
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

//! `membridge mcp`: the tools of a running server for a client that speaks MCP over standard streams. Standard output belongs to the protocol.

use std::{env, io, process::ExitCode, sync::Arc};

use tokio::{runtime, task};

use crate::{
    cli::{
        client::{Client, Failure, Sending},
        logging,
    },
    config::LogFormat,
    http::{
        mcp::{Ask, Told, stdio, tools::Asked},
        words::{self, Voice},
    },
};

/// Shown below the options.
pub const EXAMPLES: &str = "A client that speaks streamable HTTP needs no program: its address is the server's with `/mcp`, such as http://127.0.0.1:7979/mcp.

Example of a client's configuration:
  {\"mcpServers\": {\"membridge\": {\"command\": \"membridge\", \"args\": [\"mcp\"], \"env\": {\"MEMBRIDGE_URL\": \"http://127.0.0.1:7979\"}}}}";

/// Calls at a time, with room for the streams themselves, which need a thread each.
const THREADS: usize = 16;

/// Serves until the client closes the stream. A server that is away is told of when a tool is called, and asked again with the next call.
pub fn run(client: &Client) -> Result<ExitCode, Failure> {
    // A line that is too long is dropped, which its sender learns nowhere else.
    logging::start(LogFormat::Text, "rmcp=error").map_err(|error| Failure::Output(io::Error::other(error)))?;
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(THREADS)
        .build()
        .map_err(Failure::Output)?;
    let client = client.clone();
    let ask: Ask = Arc::new(move |asked| {
        let client = client.clone();
        Box::pin(async move {
            let told = task::spawn_blocking(move || told(&client, asked)).await;
            told.unwrap_or_else(|error| Err(format!("the call broke off: {error}")))
        })
    });
    let served = runtime.block_on(stdio::serve(ask));
    // A read of standard input cannot be called back.
    runtime.shutdown_background();
    served.map(|()| ExitCode::SUCCESS).map_err(Failure::Output)
}

fn told(client: &Client, asked: Asked) -> Told {
    let set = |name| env::var(name).ok().filter(|it| !it.is_empty());
    let answer = if asked.method == "GET" {
        client.get(&asked.path, &asked.parameters, "application/json")
    } else {
        let who = [("membridge-agent", "MEMBRIDGE_AGENT"), ("membridge-session", "MEMBRIDGE_SESSION")];
        let mut headers = asked.headers;
        headers.push(("content-type", "application/json".to_owned()));
        headers.extend(who.into_iter().filter_map(|(header, name)| Some((header, set(name)?))));
        client.send(Sending {
            method: asked.method,
            path: &asked.path,
            parameters: asked.parameters,
            headers,
            body: asked.body,
        })
    };
    answer.map(|it| it.bytes).map_err(|failure| match failure {
        Failure::Problem(problem) => words::problem(&problem, Voice::Tools),
        other => other.to_string(),
    })
}

//! MCP on a real socket: clients that go away in the middle leave nothing behind.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::timeout,
};

use super::{NOTES, initialize, message, text};
use crate::harness::Server;

const PATIENCE: Duration = Duration::from_secs(30);

fn post(body: &str) -> String {
    format!(
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\naccept: application/json, text/event-stream\r\n\
        connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_nothing_behind() {
    let server = Server::start(&NOTES).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (_stop, stopped) = watch::channel(false);
    tokio::spawn(server.listen(listener, stopped));
    let ask = async |body: &Value| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(post(&body.to_string()).as_bytes()).await.unwrap();
        let mut answer = String::new();
        timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
        serde_json::from_str::<Value>(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    };
    let search = message(2, "tools/call", &json!({"name": "search", "arguments": {"query": "copper"}}));
    // More than the connections that the listener takes at once: none of them is kept.
    for sent in (1..=40).map(|it| it * 10) {
        let whole = post(&search.to_string());
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(&whole.as_bytes()[..whole.len().min(sent)]).await.unwrap();
        drop(stream);
        if sent % 100 == 0 {
            assert_eq!(ask(&initialize("2025-11-25")).await["result"]["serverInfo"]["name"], "membridge");
        }
    }
    assert!(text(&ask(&search).await).contains("Projects/Copper.md#L1-L3"));
}

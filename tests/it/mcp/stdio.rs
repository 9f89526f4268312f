//! `membridge mcp` as a client starts it: a program that reads and writes lines of JSON.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch};

use super::{NOTES, initialize, message, text};
use crate::harness::Server;

struct Client {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Client {
    fn start(url: &str) -> Client {
        let mut child = Command::new(env!("CARGO_BIN_EXE_membridge"))
            .arg("mcp")
            .env("MEMBRIDGE_URL", url)
            .env("MEMBRIDGE_AGENT", "bot")
            .env_remove("MEMBRIDGE_TOKEN")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut client = Client { child, input, output };
        let begun = client.ask(&initialize("2025-11-25"));
        assert_eq!(begun["result"]["serverInfo"]["name"], "membridge", "{begun}");
        client.tell(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string());
        client
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
    }

    /// Whatever stands on standard output is a line of the protocol.
    fn ask(&mut self, message: &Value) -> Value {
        self.tell(&message.to_string());
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    fn call(&mut self, tool: &str, arguments: &Value) -> String {
        text(&self.ask(&message(5, "tools/call", &json!({"name": tool, "arguments": arguments}))))
    }

    /// Closes standard input, as a client does that has had enough.
    fn end(mut self) -> (Option<i32>, String) {
        drop(self.input);
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
        let mut error = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
        (self.child.wait().unwrap().code(), error)
    }
}

/// Runs against a server on a real socket.
async fn with_server(run: impl FnOnce(&str) + Send + 'static) {
    let server = Server::start(&NOTES).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (_stop, stopped) = watch::channel(false);
    tokio::spawn(server.listen(listener, stopped));
    tokio::task::spawn_blocking(move || run(&url)).await.unwrap();
}

#[tokio::test]
async fn a_conversation_over_standard_streams() {
    with_server(|url| {
        let mut client = Client::start(url);
        let tools = client.ask(&message(2, "tools/list", &json!({})))["result"]["tools"].clone();
        let names: Vec<&str> = tools.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["search", "get", "context", "remember", "edit"]);
        assert_eq!(
            client.call("search", &json!({"query": "copper ledger"})),
            "Projects/Copper.md#L1-L3  Copper > Ledger\n  Copper Ledger the copper ledger\n"
        );
        assert!(
            client
                .call("get", &json!({"path": "Agent/Tin.md#L2"}))
                .ends_with("lines 2-2 of 4\nbuy tin\n")
        );
        let edits = json!([{"op": "replace_text", "old": "buy tin", "new": "buy zinc"}]);
        let edited = client.call("edit", &json!({"path": "Agent/Tin.md", "edits": edits}));
        assert!(edited.starts_with("written Agent/Tin.md  "), "{edited}");
        let again = client.call("edit", &json!({"path": "Agent/Tin.md", "edits": edits}));
        assert!(again.starts_with('!') && again.contains("\nhint: "), "{again}");
        assert!(
            client
                .call("remember", &json!({"text": "Ada likes tea."}))
                .starts_with("created Agent/Memories/")
        );
        assert_eq!(client.ask(&message(6, "notes/list", &json!({})))["error"]["code"], -32601);
        assert_eq!(client.end(), (Some(0), String::new()));
    })
    .await;
}

#[tokio::test]
async fn a_line_that_is_no_message_does_not_end_it() {
    with_server(|url| {
        let mut client = Client::start(url);
        client.tell("");
        // Nobody can say which request that was, so nobody is answered.
        client.tell("no JSON at all");
        let batch = json!([message(2, "ping", &json!({}))]);
        assert_eq!(client.ask(&batch)["error"]["code"], -32600);
        assert_eq!(client.ask(&message(2, "ping", &json!({})))["result"], json!({}));
        assert_eq!(client.end(), (Some(0), String::new()));
    })
    .await;
}

/// It was dropped, and whoever sent it waited for ever.
#[tokio::test]
async fn a_line_that_is_too_long_is_answered_and_does_not_end_it() {
    with_server(|url| {
        let mut client = Client::start(url);
        let arguments = json!({"text": "x".repeat(17 << 20)});
        let told = client.ask(&message(8, "tools/call", &json!({"name": "remember", "arguments": arguments})));
        assert_eq!((&told["id"], &told["error"]["code"]), (&json!(8), &json!(-32600)), "{told}");
        assert!(told["error"]["message"].as_str().unwrap().contains("16777216 bytes"), "{told}");
        assert_eq!(client.ask(&message(9, "ping", &json!({})))["result"], json!({}));
        assert_eq!(client.end(), (Some(0), String::new()));
    })
    .await;
}

/// It was never answered: what reads takes whole lines only.
#[tokio::test]
async fn a_last_line_without_a_line_feed_was_dropped() {
    with_server(|url| {
        let mut client = Client::start(url);
        write!(client.input, "{}", message(4, "ping", &json!({}))).unwrap();
        let Client {
            mut child,
            input,
            mut output,
        } = client;
        drop(input);
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        let answer: Value = serde_json::from_str(&rest).unwrap_or_else(|error| panic!("{error}: {rest}"));
        assert_eq!((&answer["id"], &answer["result"]), (&json!(4), &json!({})));
        assert_eq!(child.wait().unwrap().code(), Some(0));
    })
    .await;
}

#[tokio::test]
async fn a_hint_names_what_a_tool_takes() {
    with_server(|url| {
        let mut client = Client::start(url);
        let told = client.call("get", &json!({"path": "Nowhere.md"}));
        assert!(told.contains("`search` without `query`") && !told.contains("/v1/"), "{told}");
        assert_eq!(client.end(), (Some(0), String::new()));
    })
    .await;
}

#[test]
fn without_a_server_each_call_says_what_to_do() {
    // Port 9 (discard) is served nowhere.
    let mut client = Client::start("http://127.0.0.1:9");
    let told = client.call("search", &json!({"query": "copper"}));
    assert!(told.starts_with('!') && told.contains("membridge serve"), "{told}");
    assert_eq!(client.end().0, Some(0));
}

#[test]
fn a_client_that_says_nothing_is_no_error() {
    let output = Command::new(env!("CARGO_BIN_EXE_membridge"))
        .arg("mcp")
        .env_remove("MEMBRIDGE_TOKEN")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
}

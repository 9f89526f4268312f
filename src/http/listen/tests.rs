use std::time::Instant;

use axum::{
    extract::Request,
    routing::{get, post},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::http::{
    body::{self, BodyLimits},
    problem::Problem,
};

const LIMITS: ConnectionLimits = ConnectionLimits {
    connections: 4,
    connections_per_peer: 2,
    header: Duration::from_millis(300),
    write: Duration::from_millis(300),
    drain: Duration::from_secs(5),
};

/// Far longer than any bound above, far shorter than for ever.
const PATIENCE: Duration = Duration::from_secs(5);

struct Running {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

async fn start() -> Running {
    let router = Router::new()
        .route("/", get(async || "here"))
        .route("/slow", get(async || time::sleep(Duration::from_millis(400)).await))
        .route("/body", post(read_body))
        .route("/large", get(async || "x".repeat(64 << 20)));
    let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    Running {
        address,
        stop,
        task: tokio::spawn(listen(listener, router, LIMITS, stopped)),
    }
}

async fn read_body(request: Request) -> Result<(), Problem> {
    let (head, body) = request.into_parts();
    let limits = BodyLimits {
        bytes: 100,
        time: LIMITS.header,
    };
    body::json::<Vec<u8>>(&head.headers, body, limits, &[]).await.map(drop)
}

async fn connect(running: &Running, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

/// Returns all that comes until the service closes the connection.
async fn read_to_end(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = time::timeout(PATIENCE, stream.read_to_end(&mut bytes))
        .await
        .expect("the service closes the connection");
    // A connection that is closed while bytes of ours are unread is reset: closed all the same.
    drop(read);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn half_a_head_is_not_waited_for() {
    let running = start().await;
    let begun = Instant::now();
    let mut stream = connect(&running, "GET / HTTP/1.1\r\nHost: a\r\n").await;
    let (mut reader, mut writer) = stream.split();
    // One byte at a time does not keep it open.
    let drip = async {
        while writer.write_all(b"X").await.is_ok() {
            time::sleep(Duration::from_millis(50)).await;
        }
    };
    let mut bytes = Vec::new();
    tokio::select! {
        () = drip => {}
        _ = reader.read_to_end(&mut bytes) => {}
        () = time::sleep(PATIENCE) => panic!("still open"),
    }
    assert!(begun.elapsed() < PATIENCE && !String::from_utf8_lossy(&bytes).contains("200 OK"));
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_answer() {
    let running = start().await;
    let answer = read_to_end(connect(&running, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").await).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("here"), "{answer}");
}

#[tokio::test]
async fn a_peer_has_its_number_of_connections_and_gets_them_back() {
    let running = start().await;
    let (first, second) = (connect(&running, "").await, connect(&running, "").await);
    // Accepted in order, so the first two hold their places when the third comes.
    assert_eq!(read_to_end(connect(&running, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").await).await, "");
    drop((first, second));
    for attempt in 0.. {
        let answer = read_to_end(connect(&running, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await).await;
        if answer.ends_with("here") {
            break;
        }
        assert!(attempt < 100, "the places come back");
        time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_given_up() {
    let running = start().await;
    let stream = connect(&running, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n").await;
    time::sleep(LIMITS.write * 4).await;
    let answer = read_to_end(stream).await;
    assert!(answer.len() < 64 << 20, "{} bytes came although nobody read", answer.len());
}

#[tokio::test]
async fn a_stop_lets_the_running_answer_finish() {
    let running = start().await;
    let stream = connect(&running, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await;
    time::sleep(Duration::from_millis(100)).await;
    running.stop.send(true).unwrap();
    assert!(read_to_end(stream).await.starts_with("HTTP/1.1 200 OK"));
    time::timeout(PATIENCE, running.task).await.expect("the loop ends").unwrap();
    assert!(TcpStream::connect(running.address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn what_is_no_http_is_refused() {
    let running = start().await;
    for (text, status) in [
        ("GET /a b HTTP/1.1\r\n\r\n".to_owned(), "400"),
        ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n".to_owned(), "400"),
        (format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(70_000)), "414"),
        (format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(200_000)), "431"),
        (format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(200)), "431"),
    ] {
        let answer = read_to_end(connect(&running, &text).await).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer:?} for {text:.40}");
    }
}

#[tokio::test]
async fn half_a_body_is_not_waited_for() {
    let running = start().await;
    let head =
        |length: &str| format!("POST /body HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n[1,");
    assert!(read_to_end(connect(&running, &head("9")).await).await.starts_with("HTTP/1.1 408"));
    assert!(
        read_to_end(connect(&running, &head("99999999999")).await)
            .await
            .starts_with("HTTP/1.1 413")
    );

    let mut stream = connect(&running, &head("9")).await;
    stream.shutdown().await.unwrap();
    assert!(!read_to_end(stream).await.contains("200 OK"));
}

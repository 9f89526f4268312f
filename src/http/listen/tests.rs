use std::{collections::HashMap, time::Instant};

use axum::{
    extract::Request,
    routing::{get, post},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::Semaphore,
};

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
    drain: PATIENCE,
};

/// Bounds that no test waits for, however long the machine is paused meanwhile.
const WIDE: ConnectionLimits = ConnectionLimits {
    header: PATIENCE,
    write: PATIENCE,
    ..LIMITS
};

/// Far longer than any bound above, far shorter than for ever.
const PATIENCE: Duration = Duration::from_secs(30);

struct Running {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
    slow: Arc<Slow>,
}

/// Requests of `/slow`, which are answered once they may end.
struct Slow {
    begun: Semaphore,
    may_end: Semaphore,
}

impl Slow {
    async fn answer(&self) {
        self.begun.add_permits(1);
        self.may_end.acquire().await.unwrap().forget();
    }

    /// Waits until so many are being answered.
    async fn have_begun(&self, requests: u32) {
        let begun = time::timeout(PATIENCE, self.begun.acquire_many(requests)).await;
        begun.expect("the requests arrive").unwrap().forget();
    }
}

async fn start() -> Running {
    start_with(LIMITS).await
}

async fn start_with(limits: ConnectionLimits) -> Running {
    let slow = Arc::new(Slow {
        begun: Semaphore::new(0),
        may_end: Semaphore::new(0),
    });
    let answers = Arc::clone(&slow);
    let router = Router::new()
        .route("/", get(async || "here"))
        .route("/slow", get(async move || answers.answer().await))
        .route("/body", post(read_body))
        .route("/large", get(async || "x".repeat(64 << 20)));
    let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    Running {
        address,
        stop,
        task: tokio::spawn(listen(listener, router, limits, stopped)),
        slow,
    }
}

async fn read_body(request: Request) -> Result<(), Problem> {
    let (head, body) = request.into_parts();
    let limits = BodyLimits {
        bytes: 100,
        time: LIMITS.header,
    };
    body::json::<HashMap<String, u8>>(&head.headers, body, limits, &[]).await.map(drop)
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
async fn silent_connections_do_not_lock_out_the_next_client_of_their_address() {
    let running = start_with(WIDE).await;
    let half = "GET / HTTP/1.1\r\nHost: a\r\n";
    let (first, second) = (connect(&running, half).await, connect(&running, "").await);
    // Accepted in order, so the first two hold their places when the third comes.
    let begun = Instant::now();
    let mut third = connect(&running, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(read_to_end(first).await, "");
    assert!(begun.elapsed() < WIDE.header, "the oldest left before its time was up");
    running.slow.may_end.add_permits(1);
    let mut answer = [0; 15];
    third.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    drop(second);
}

#[tokio::test]
async fn silent_connections_of_one_address_leave_when_the_service_is_full() {
    let open = Arc::<Open>::default();
    let take = |last: u8| Open::take(&open, [127, 0, 0, last].into(), &LIMITS);
    let places: Vec<Place> = [1, 1, 2, 2].into_iter().filter_map(take).collect();
    let _busy = places[0].activity().begin();
    let newcomer = take(3).expect("the oldest that is not busy makes room");
    time::timeout(PATIENCE, places[1].left()).await.expect("it is told so");
    let _all_busy = [&places[2], &places[3], &newcomer].map(|it| it.activity().begin());
    assert!(take(4).is_none(), "all are busy");
    drop(places);
    assert!(take(4).is_some(), "the places come back");
}

#[tokio::test]
async fn busy_connections_keep_their_places() {
    let running = start_with(WIDE).await;
    let slow = "GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let busy = [connect(&running, slow).await, connect(&running, slow).await];
    running.slow.have_begun(2).await;
    assert_eq!(read_to_end(connect(&running, slow).await).await, "", "refused");
    running.slow.may_end.add_permits(3);
    for stream in busy {
        assert!(read_to_end(stream).await.starts_with("HTTP/1.1 200 OK"));
    }
    assert!(read_to_end(connect(&running, slow).await).await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn an_answer_that_is_still_being_sent_keeps_its_connection() {
    let running = start_with(WIDE).await;
    let large = "GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let mut sending = connect(&running, large).await;
    let mut begin = [0; 15];
    sending.read_exact(&mut begin).await.unwrap();
    for _ in 0..3 {
        connect(&running, "").await;
    }
    assert!(read_to_end(sending).await.len() > 64 << 20);
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
    let running = start_with(WIDE).await;
    let stream = connect(&running, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await;
    running.slow.have_begun(1).await;
    running.stop.send(true).unwrap();
    // The stop has been heard once nobody listens any more.
    let begun = Instant::now();
    while TcpStream::connect(running.address).await.is_ok() {
        assert!(begun.elapsed() < PATIENCE, "somebody listens still");
        time::sleep(Duration::from_millis(5)).await;
    }
    running.slow.may_end.add_permits(1);
    assert!(read_to_end(stream).await.starts_with("HTTP/1.1 200 OK"));
    time::timeout(PATIENCE, running.task).await.expect("the loop ends").unwrap();
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
    let head = |length: &str| {
        format!("POST /body HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{{\"a\":")
    };
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

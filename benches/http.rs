//! `cargo bench --bench http [-- NOTES]`: searches over HTTP beside a bare axum handler over bare tantivy with snippets, both in this process,
//! interleaved: latency of one client, throughput of thirty-two. Prints a table of ratios; the absolute times are this machine's.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::{
    env,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use axum::{Json, Router, extract::RawQuery, routing::get};
use membridge::{
    config::{self, Flags},
    engine, http,
};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use support::{
    bare::{self, Bare},
    vault::{self, QUERIES},
};

mod support;

/// That of the binary, for both sides.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 5;
const CLIENTS: usize = 32;
const LOAD: Duration = Duration::from_secs(3);

fn main() -> io::Result<()> {
    let notes = env::args().skip(1).find_map(|it| it.parse().ok()).unwrap_or(10_000);
    let folder = tempfile::tempdir()?;
    let bytes = vault::write(&folder.path().join("vault"), notes);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;

    let (bare_time, bare) = timed(|| serve_bare(&runtime, &folder.path().join("vault"), folder.path()));
    let (ours_time, ours) = timed(|| serve_ours(&runtime, folder.path()));
    println!(
        "{notes} notes, {:.1} MB; first index: bare {bare_time:.2?}, membridge {ours_time:.2?}, ratio {:.2}",
        bytes as f64 / 1e6,
        ratio(ours_time, bare_time)
    );

    let (mut bare_latency, mut our_latency, mut bare_load, mut our_load) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let latencies = [latency(bare)?, latency(ours)?];
        let loads = [load(bare), load(ours)];
        // The first round warms up.
        if round > 0 {
            bare_latency.extend(&latencies[0]);
            our_latency.extend(&latencies[1]);
            bare_load.push(loads[0]);
            our_load.push(loads[1]);
        }
    }
    for (at, query) in QUERIES.iter().enumerate() {
        let of_query = |times: &[Duration]| quantile(&mut times.iter().skip(at).step_by(QUERIES.len()).copied().collect::<Vec<_>>(), 0.5);
        let (bare, ours) = (of_query(&bare_latency), of_query(&our_latency));
        println!(
            "{query:36} bare {bare:>9.2?}, membridge {ours:>9.2?}, ratio {:.2}",
            ratio(ours, bare)
        );
    }
    for (name, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)] {
        let (bare, ours) = (quantile(&mut bare_latency, share), quantile(&mut our_latency, share));
        println!(
            "one client {name}: bare {bare:.2?}, membridge {ours:.2?}, ratio {:.2}",
            ratio(ours, bare)
        );
    }
    bare_load.sort_by(f64::total_cmp);
    our_load.sort_by(f64::total_cmp);
    let (bare, ours) = (bare_load[ROUNDS / 2], our_load[ROUNDS / 2]);
    println!(
        "{CLIENTS} clients: bare {bare:.0}/s, membridge {ours:.0}/s, ratio {:.2}",
        ours / bare
    );
    std::process::exit(0);
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = work();
    (start.elapsed(), result)
}

fn ratio(ours: Duration, bare: Duration) -> f64 {
    ours.as_secs_f64() / bare.as_secs_f64()
}

fn quantile(times: &mut [Duration], share: f64) -> Duration {
    times.sort_unstable();
    times[((times.len() - 1) as f64 * share) as usize]
}

fn serve_bare(runtime: &tokio::runtime::Runtime, vault: &Path, folder: &Path) -> SocketAddr {
    let index = folder.join("bare");
    std::fs::create_dir(&index).expect("a folder for the bare index");
    let bare = Arc::new(Bare::build(&bare::files(vault), &index));
    let search = async move |RawQuery(query): RawQuery| {
        let text = query.unwrap_or_default().trim_start_matches("q=").to_owned();
        let text = percent_decode_str(&text).decode_utf8_lossy().into_owned();
        let bare = Arc::clone(&bare);
        Json(tokio::task::spawn_blocking(move || bare.search(&text)).await.expect("a search"))
    };
    let router = Router::new().route("/v1/search", get(search));
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
    let address = listener.local_addr().expect("an address");
    runtime.spawn(async move { axum::serve(listener, router).await });
    address
}

fn serve_ours(runtime: &tokio::runtime::Runtime, folder: &Path) -> SocketAddr {
    let flags = Flags {
        vaults: vec![(None, folder.join("vault"))],
        data_dir: Some(folder.join("data")),
        listen: Some("127.0.0.1:0".to_owned()),
        ..Flags::default()
    };
    let config = config::load(&flags, &|_| None).expect("a valid configuration").config;
    let (handle, _) = engine::start(&config).expect("the engine starts");
    while handle.searcher().is_none() {
        thread::sleep(Duration::from_millis(1));
    }
    let (told, address) = std::sync::mpsc::channel();
    runtime.spawn(async move {
        http::serve(&config, handle, std::future::pending(), move |it| {
            told.send(it).expect("someone waits");
        })
        .await
    });
    address.recv().expect("the server listens")
}

/// A connection that is kept alive.
struct Client {
    reader: BufReader<TcpStream>,
    body: Vec<u8>,
}

impl Client {
    fn new(address: SocketAddr) -> io::Result<Client> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Client {
            reader: BufReader::new(stream),
            body: Vec::new(),
        })
    }

    fn search(&mut self, query: &str) -> io::Result<()> {
        let query = utf8_percent_encode(query, NON_ALPHANUMERIC);
        let request = format!("GET /v1/search?q={query} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        self.reader.get_mut().write_all(request.as_bytes())?;
        let mut length = 0;
        let mut line = String::new();
        let mut first = true;
        loop {
            line.clear();
            if self.reader.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if first && !line.contains(" 200 ") {
                return Err(io::Error::other(line));
            }
            first = false;
            let header = line.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
        }
        self.body.resize(length, 0);
        self.reader.read_exact(&mut self.body)
    }
}

fn latency(address: SocketAddr) -> io::Result<Vec<Duration>> {
    let mut client = Client::new(address)?;
    let mut times = Vec::new();
    for query in QUERIES {
        let start = Instant::now();
        client.search(query)?;
        times.push(start.elapsed());
    }
    Ok(times)
}

/// Returns answers a second with all clients at once; an answer that the server refused does not count.
fn load(address: SocketAddr) -> f64 {
    let answered = AtomicUsize::new(0);
    let start = Instant::now();
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let answered = &answered;
            scope.spawn(move || {
                let Ok(mut connection) = Client::new(address) else { return };
                for query in QUERIES.iter().cycle().skip(client) {
                    if start.elapsed() > LOAD {
                        break;
                    }
                    match connection.search(query) {
                        Ok(()) => drop(answered.fetch_add(1, Ordering::Relaxed)),
                        // Refused as busy: the connection may be closed.
                        Err(_) => match Client::new(address) {
                            Ok(fresh) => connection = fresh,
                            Err(_) => return,
                        },
                    }
                }
            });
        }
    });
    answered.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64()
}

//! A client of one kept connection, so that what is measured is the server: plain HTTP/1.1 over a socket, no library in between.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A connection that is kept alive.
pub(crate) struct Client {
    reader: BufReader<TcpStream>,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> io::Result<Client> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Client {
            reader: BufReader::new(stream),
            body: Vec::new(),
        })
    }

    pub(crate) fn search(&mut self, query: &str) -> io::Result<()> {
        let query = utf8_percent_encode(query, NON_ALPHANUMERIC);
        self.send("GET", &format!("/v1/search?q={query}"), "")
    }

    /// Sends a request and keeps the body of the answer; an error for any status but 2xx.
    pub(crate) fn send(&mut self, method: &str, target: &str, text: &str) -> io::Result<()> {
        let length = text.len();
        let kind = if method == "POST" { "application/json" } else { "text/markdown" };
        let request =
            format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{text}");
        self.reader.get_mut().write_all(request.as_bytes())?;
        let mut length = 0;
        let mut line = String::new();
        let mut status = String::new();
        loop {
            line.clear();
            if self.reader.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if status.is_empty() {
                status.clone_from(&line);
            }
            let header = line.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
        }
        self.body.resize(length, 0);
        self.reader.read_exact(&mut self.body)?;
        if status.contains(" 200 ") || status.contains(" 201 ") {
            Ok(())
        } else {
            Err(io::Error::other(status))
        }
    }
}

/// Asks each query once and returns how long each took.
pub(crate) fn latencies(address: SocketAddr, queries: &[&str]) -> io::Result<Vec<Duration>> {
    let mut client = Client::new(address)?;
    let mut times = Vec::new();
    for query in queries {
        let start = Instant::now();
        client.search(query)?;
        times.push(start.elapsed());
    }
    Ok(times)
}

/// Returns answers a second with so many clients at once for a while; an answer that the server refused does not count.
pub(crate) fn answers_a_second(address: SocketAddr, queries: &[&str], clients: usize, during: Duration) -> f64 {
    let answered = AtomicUsize::new(0);
    let start = Instant::now();
    thread::scope(|scope| {
        for client in 0..clients {
            let answered = &answered;
            scope.spawn(move || {
                let Ok(mut connection) = Client::new(address) else { return };
                for query in queries.iter().cycle().skip(client) {
                    if start.elapsed() > during {
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

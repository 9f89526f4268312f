//! Bytes to the service and back: a connection, one request, one answer, nothing tidied up.

use std::{
    io::{ErrorKind, Read, Write},
    net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpStream},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

use tokio::{net::TcpSocket, runtime};

/// Far longer than any answer takes; what has not come by then is not coming.
const PATIENCE: Duration = Duration::from_secs(30);

/// What came back.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    /// The head as it came.
    pub(super) head: String,
    pub(super) body: Vec<u8>,
    /// How the connection ended where no answer came.
    pub(super) end: String,
}

impl Answer {
    fn ended(how: &dyn ToString) -> Answer {
        Answer {
            end: how.to_string(),
            ..Answer::default()
        }
    }

    /// Returns the status, with the kind of a problem; `closed` when nothing came.
    pub(super) fn verdict(&self) -> String {
        let Some(status) = self.head.split(' ').nth(1) else {
            return "closed".to_owned();
        };
        let json: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        match json["type"].as_str().and_then(|it| it.strip_prefix("/problems/")) {
            Some(kind) => format!("{status} {kind}"),
            None => status.to_owned(),
        }
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Returns a header's value, empty when it is not there.
    pub(super) fn header(&self, name: &str) -> &str {
        let mut lines = self.head.lines().filter_map(|it| it.split_once(": "));
        lines.find(|(it, _)| it.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }
}

/// Returns a loopback address that no other connection has.
pub(super) fn new_peer() -> Ipv4Addr {
    static PEERS: AtomicU32 = AtomicU32::new(0);
    let [_, a, b, c] = PEERS.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    Ipv4Addr::new(127, a + 1, b, c)
}

pub(super) fn connect(service: SocketAddr, peer: Ipv4Addr) -> TcpStream {
    let runtime = runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let stream = runtime.block_on(async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::new(IpAddr::V4(peer), 0)).unwrap();
        socket.connect(service).await.unwrap().into_std().unwrap()
    });
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Writes a request and reads one answer, at the same time: a server that refuses a body does not read it to its end.
pub(super) fn exchange(mut stream: TcpStream, request: &[u8]) -> Answer {
    let mut writer = stream.try_clone().unwrap();
    let head_only = request.starts_with(b"HEAD ");
    thread::scope(|scope| {
        scope.spawn(move || drop(writer.write_all(request)));
        let answer = read_answer(&mut stream, &mut Vec::new(), head_only);
        drop(stream.shutdown(Shutdown::Both));
        answer
    })
}

/// Reads the next answer of a connection; `rest` holds what came behind the one before. The answer to HEAD has no body, whatever its length says.
pub(super) fn read_answer(stream: &mut TcpStream, rest: &mut Vec<u8>, head_only: bool) -> Answer {
    let mut buffer = [0; 16 * 1024];
    loop {
        if let Some(end) = rest.windows(4).position(|it| it == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&rest[..end]).into_owned();
            let mut answer = Answer { head, ..Answer::default() };
            let length = answer.header("content-length").parse().unwrap_or(0);
            let length: usize = if head_only { 0 } else { length };
            if rest.len() >= end + 4 + length {
                answer.body = rest[end + 4..end + 4 + length].to_owned();
                rest.drain(..end + 4 + length);
                return answer;
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) => return Answer::ended(&"closed by the server"),
            // A machine that is paused and goes on: a read with a timeout is not begun again by the kernel (signal(7)).
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Answer::ended(&error),
            Ok(read) => rest.extend(&buffer[..read]),
        }
    }
}

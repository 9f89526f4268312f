//! The process under attack: started over a vault with canaries beside it, spoken to in raw bytes, looked at after each row.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use tempfile::TempDir;
use tokio::{net::TcpSocket, runtime};

use super::request::get;

pub(super) const TOKEN: &str = "all-rights-0123456789abcdef";
/// Reads and does nothing else.
pub(super) const READER: &str = "reader-0123456789abcdef";
/// Writes and does nothing else.
pub(super) const WRITER: &str = "writer-0123456789abcdef";
/// Every right, below `Work/` alone.
pub(super) const CONFINED: &str = "confined-0123456789abcdef";

/// Far longer than any answer takes; what has not come by then is not coming.
const PATIENCE: Duration = Duration::from_secs(20);
/// After a row, a search is answered within this.
const NEXT_SEARCH: Duration = Duration::from_millis(250);
/// What the memory of the process may have grown by at the end of a table, in KiB.
const GROWTH_MOST: u64 = 50 * 1024;

/// Notes that are there before the first row.
const NOTES: [(&str, &str); 5] = [
    ("Agent/n.md", "# Canary\n\nthe quagga note\n"),
    ("note.md", "a note at the root\n"),
    ("Work/Open.md", "the zebra is public\n"),
    (
        "Private/Secret.md",
        "---\ntags: [okapitag]\n---\nthe okapi is private, see [[Open]]\n",
    ),
    ("Folder/inner.md", "one of a folder\n"),
];

pub(super) struct Service {
    child: Child,
    address: SocketAddr,
    folder: TempDir,
    log: Arc<Mutex<String>>,
    /// KiB after the start.
    memory: u64,
    differing: Vec<String>,
}

/// What came back.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    /// The head as it came.
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Service {
    /// Starts over the notes above and what `plant` adds to the folder, in which `vault` lies.
    pub(super) fn start(plant: impl FnOnce(&Path)) -> Service {
        Service::start_with(plant, "")
    }

    /// As [`Service::start`], with more configuration.
    pub(super) fn start_with(plant: impl FnOnce(&Path), settings: &str) -> Service {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path();
        for (path, text) in NOTES {
            write(&place.join("vault").join(path), text);
        }
        write(&place.join("canary.md"), "the canary sings\n");
        write(&place.join("secret/canary.md"), "the canary sings\n");
        let mut tokens = String::new();
        for (name, secret, scopes) in [
            ("all", TOKEN, "[read, write, edit, admin]"),
            ("reader", READER, "[read]"),
            ("writer", WRITER, "[write]"),
            ("confined", CONFINED, "[read, write, edit, admin], prefix: Work/"),
        ] {
            write(&place.join("tokens").join(name), secret);
            writeln!(tokens, "  - {{name: {name}, file: tokens/{name}, scopes: {scopes}}}").unwrap();
        }
        let settings = format!(
            "sources: [{{path: vault}}]\ndata_dir: data\nlisten: 127.0.0.1:0\nwrite: {{allow: ['**']}}\nquiet: 10ms\ntokens:\n{tokens}{settings}"
        );
        write(&place.join("membridge.yaml"), &settings);
        plant(place);
        age_all(&place.join("vault"));
        Service::run(folder)
    }

    fn run(folder: TempDir) -> Service {
        let mut child = Command::new(env!("CARGO_BIN_EXE_membridge"))
            .args([
                "serve".as_ref(),
                "--config".as_ref(),
                folder.path().join("membridge.yaml").as_os_str(),
            ])
            .env("MEMBRIDGE_LOG", "warn,membridge::cli::serve=info")
            .env_remove("MEMBRIDGE_TOKEN")
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (log, address) = follow(&mut child);
        let mut service = Service {
            child,
            address,
            folder,
            log,
            memory: 0,
            differing: Vec::new(),
        };
        let begun = Instant::now();
        while service.send(&get("/readyz").bytes()).verdict() != "200" {
            assert!(begun.elapsed() < PATIENCE, "not ready: {}", service.log.lock().unwrap());
            thread::sleep(Duration::from_millis(10));
        }
        service.send(&get("/v1/search?q=quagga").bytes());
        service.memory = service.memory_now();
        service
    }

    /// Returns where `vault`, `data` and the canaries lie.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Sends a row twice, and keeps how the answers differ from `expected` or break what holds for every row.
    pub(super) fn check(&mut self, id: &str, request: &[u8], expected: &str) -> Answer {
        let before = self.tree();
        let answer = self.send(request);
        let mut wrong = Vec::new();
        if answer.verdict() != expected {
            let body: String = String::from_utf8_lossy(&answer.body).chars().take(300).collect();
            wrong.push(format!("{} ({body})", answer.verdict()));
        }
        let writes = expected.starts_with('2') && !request.starts_with(b"GET ") && !request.starts_with(b"HEAD ");
        if !writes {
            let again = self.send(request).verdict();
            if again != answer.verdict() {
                wrong.push(format!("{again} when repeated"));
            }
        }
        let after = self.tree();
        let changed = before.iter().chain(&after).map(|(path, _)| path);
        let changed: Vec<&PathBuf> = changed.filter(|it| before.get(*it) != after.get(*it)).collect();
        if let Some(path) = changed.into_iter().find(|it| !writes || !it.starts_with("vault")) {
            wrong.push(format!("`{}` changed", path.display()));
        }
        wrong.extend(self.leak(&answer));
        let searched = (0..3).map(|_| self.search_time()).min().flatten();
        if searched.is_none_or(|it| it > NEXT_SEARCH) {
            wrong.push(format!("the next search took {searched:?}"));
        }
        self.differing
            .extend(wrong.iter().map(|it| format!("{id} expected {expected}, got {it}")));
        answer
    }

    /// Notes something else that is wrong.
    pub(super) fn expect(&mut self, id: &str, holds: bool, what: &str) {
        if !holds {
            self.differing.push(format!("{id} {what}"));
        }
    }

    /// Ends the table: the process lives, has not grown, and every row was answered as expected.
    pub(super) fn finish(mut self) {
        if let Some(status) = self.child.try_wait().unwrap() {
            self.differing.push(format!("the process ended: {status}"));
        }
        let growth = self.memory_now().saturating_sub(self.memory);
        if growth > GROWTH_MOST {
            self.differing.push(format!("the memory of the process grew by {growth} KiB"));
        }
        let log = self.log.lock().unwrap().clone();
        if log.contains("panicked") {
            self.differing.push(format!("the log tells of a panic:\n{log}"));
        }
        let differing = std::mem::take(&mut self.differing);
        assert!(differing.is_empty(), "\n{}\n", differing.join("\n"));
    }

    /// Sends bytes from a peer of their own, and reads one answer.
    pub(super) fn send(&self, request: &[u8]) -> Answer {
        exchange(self.connect(), request)
    }

    /// Returns a connection from a loopback address that no other has: what one peer did wrong is not held against the next.
    pub(super) fn connect(&self) -> TcpStream {
        static PEERS: AtomicU32 = AtomicU32::new(0);
        let [_, a, b, c] = PEERS.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        self.connect_from(Ipv4Addr::new(127, a + 1, b, c.max(1)))
    }

    pub(super) fn connect_from(&self, peer: Ipv4Addr) -> TcpStream {
        let runtime = runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let stream = runtime.block_on(async {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind(SocketAddr::new(IpAddr::V4(peer), 0)).unwrap();
            socket.connect(self.address).await.unwrap().into_std().unwrap()
        });
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Returns what lies in the vault and beside it, without what is the service's own.
    fn tree(&self) -> BTreeMap<PathBuf, String> {
        let mut tree = BTreeMap::new();
        read_tree(self.folder(), Path::new(""), &mut tree);
        tree.retain(|path, _| !path.starts_with("data"));
        tree
    }

    fn leak(&self, answer: &Answer) -> Option<String> {
        let text = format!("{}{}", answer.head, String::from_utf8_lossy(&answer.body));
        let folder = self.folder().to_str().unwrap();
        let never = [
            TOKEN,
            READER,
            WRITER,
            CONFINED,
            folder,
            "the canary sings",
            "root:x:0",
            "panicked",
            ".rs:",
            "backtrace",
        ];
        never
            .into_iter()
            .find(|it| text.contains(it))
            .map(|it| format!("an answer that tells `{it}`"))
    }

    /// Returns how long a search takes, `None` when it fails.
    fn search_time(&self) -> Option<Duration> {
        let begun = Instant::now();
        let answer = self.send(&get("/v1/search?q=zebra").bytes());
        (answer.verdict() == "200").then(|| begun.elapsed())
    }

    fn memory_now(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|it| it.strip_prefix("RssAnon:"));
        line.and_then(|it| it.trim().split(' ').next()?.parse().ok()).unwrap_or(0)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Answer {
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

/// Writes a request and reads one answer, at the same time: a server that refuses a body does not read it to its end.
pub(super) fn exchange(mut stream: TcpStream, request: &[u8]) -> Answer {
    let mut writer = stream.try_clone().unwrap();
    let head_only = request.starts_with(b"HEAD ");
    thread::scope(|scope| {
        scope.spawn(move || drop(writer.write_all(request)));
        let answer = read_answer(&mut stream, &mut Vec::new(), head_only);
        drop(stream.shutdown(std::net::Shutdown::Both));
        answer
    })
}

/// Reads the next answer of a connection; `rest` holds what came behind the one before. The answer to HEAD has no body, whatever its length says.
pub(super) fn read_answer(stream: &mut TcpStream, rest: &mut Vec<u8>, head_only: bool) -> Answer {
    let mut buffer = [0; 16 * 1024];
    loop {
        if let Some(end) = rest.windows(4).position(|it| it == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&rest[..end]).into_owned();
            let mut answer = Answer { head, body: Vec::new() };
            let length = answer.header("content-length").parse().unwrap_or(0);
            let length: usize = if head_only { 0 } else { length };
            if rest.len() >= end + 4 + length {
                answer.body = rest[end + 4..end + 4 + length].to_owned();
                rest.drain(..end + 4 + length);
                return answer;
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return Answer::default(),
            Ok(read) => rest.extend(&buffer[..read]),
        }
    }
}

/// Returns the log as it grows, once it has told the address.
fn follow(child: &mut Child) -> (Arc<Mutex<String>>, SocketAddr) {
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut text = String::new();
    let address = loop {
        let Some(Ok(line)) = lines.next() else {
            panic!("it does not start: {text}")
        };
        writeln!(text, "{line}").unwrap();
        if let Some((_, rest)) = line.split_once("listening address=") {
            break rest.split(' ').next().unwrap().parse().unwrap();
        }
    };
    let log = Arc::new(Mutex::new(text));
    let shared = Arc::clone(&log);
    thread::spawn(move || {
        lines
            .map_while(Result::ok)
            .for_each(|it| writeln!(shared.lock().unwrap(), "{it}").unwrap())
    });
    (log, address)
}

fn read_tree(root: &Path, below: &Path, tree: &mut BTreeMap<PathBuf, String>) {
    let Ok(entries) = fs::read_dir(root.join(below)) else { return };
    for entry in entries.map(Result::unwrap) {
        let path = below.join(entry.file_name());
        let file = root.join(&path);
        let metadata = fs::symlink_metadata(&file).unwrap();
        let content = match metadata.file_type() {
            it if it.is_symlink() => format!("-> {}", fs::read_link(&file).unwrap().display()),
            it if it.is_file() && metadata.len() < 8 << 20 => format!("{:?}", fs::read(&file)),
            _ => String::new(),
        };
        tree.insert(path.clone(), format!("{:o} {} {content}", metadata.mode(), metadata.nlink()));
        if metadata.is_dir() {
            read_tree(root, &path, tree);
        }
    }
}

/// Writes a file and the folders above it.
pub(super) fn write(file: &Path, text: impl AsRef<[u8]>) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

/// Makes what was just written old, so that nobody waits for a human who types.
pub(super) fn age_all(folder: &Path) {
    let old = SystemTime::now() - Duration::from_secs(3600);
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            age_all(&entry.path());
        } else if kind.is_file() {
            fs::File::open(entry.path()).unwrap().set_modified(old).unwrap();
        }
    }
}

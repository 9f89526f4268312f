//! The process under attack: started over a vault with canaries beside it, spoken to in raw bytes, looked at after each row.

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::{
    disk::{self, age_all, write},
    request::get,
    wire::{self, Answer, exchange},
};

pub(super) const TOKEN: &str = "all-rights-0123456789abcdef";
/// Reads and does nothing else.
pub(super) const READER: &str = "reader-0123456789abcdef";
/// Writes and does nothing else.
pub(super) const WRITER: &str = "writer-0123456789abcdef";
/// Every right, below `Work/` alone.
pub(super) const CONFINED: &str = "confined-0123456789abcdef";

/// Far longer than the start takes.
const PATIENCE: Duration = Duration::from_secs(30);
/// After a row, a search is answered within this.
const NEXT_SEARCH: Duration = Duration::from_millis(250);
/// What the memory of the process may grow by in a row, in KiB. A first note of 1 MiB takes 35 to 60 MiB: the arenas of the index's writer, and
/// copies of the text; a hostile row that gets through takes hundreds.
const GROWTH_MOST: u64 = 80 * 1024;

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
    differing: Vec<String>,
}

impl Service {
    /// Starts over the notes above and what `plant` adds to the folder, in which `vault` lies.
    pub(super) fn start(plant: impl FnOnce(&Path)) -> Service {
        Service::run(Service::prepare(plant), Command::new(env!("CARGO_BIN_EXE_membridge")))
    }

    fn prepare(plant: impl FnOnce(&Path)) -> TempDir {
        // In memory where there is such a place: what is shown here is not how long a disk takes.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
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
            "sources: [{{path: vault}}]\ndata_dir: data\nlisten: 127.0.0.1:0\nwrite: {{allow: ['**']}}\nquiet: 10ms\ntokens:\n{tokens}"
        );
        write(&place.join("membridge.yaml"), &settings);
        plant(place);
        age_all(&place.join("vault"));
        folder
    }

    /// As [`Service::start`], as a user without rights; `None` where the test has none to give up, or that user may not run the binary.
    pub(super) fn start_as_nobody(plant: impl FnOnce(&Path)) -> Option<Service> {
        const NOBODY: u32 = 65534;
        let binary = env!("CARGO_BIN_EXE_membridge");
        let able = Command::new(binary)
            .arg("--version")
            .uid(NOBODY)
            .gid(NOBODY)
            .stdout(Stdio::null())
            .status();
        if !able.is_ok_and(|it| it.success()) {
            eprintln!("skipped: only root can start the service as somebody else");
            return None;
        }
        let folder = Service::prepare(plant);
        let owned = Command::new("chown")
            .args(["-hR", "65534:65534"])
            .arg(folder.path())
            .status()
            .unwrap();
        assert!(owned.success());
        let mut command = Command::new(binary);
        command.uid(NOBODY).gid(NOBODY);
        Some(Service::run(folder, command))
    }

    fn run(folder: TempDir, mut command: Command) -> Service {
        let mut child = command
            .args([
                "serve".as_ref(),
                "--config".as_ref(),
                folder.path().join("membridge.yaml").as_os_str(),
            ])
            .env("MEMBRIDGE_LOG", "warn,membridge::cli::serve=info,membridge::http::listen=debug")
            .env_remove("MEMBRIDGE_TOKEN")
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (log, address) = follow(&mut child);
        let service = Service {
            child,
            address,
            folder,
            log,
            differing: Vec::new(),
        };
        let begun = Instant::now();
        while service.send(&get("/readyz").bytes()).verdict() != "200" {
            assert!(begun.elapsed() < PATIENCE, "not ready: {}", service.log.lock().unwrap());
            thread::sleep(Duration::from_millis(10));
        }
        service.send(&get("/v1/search?q=quagga").bytes());
        service
    }

    /// Returns where `vault`, `data` and the canaries lie.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns by how much the memory of the process has grown, once what is in the works (a merge of the index, another row's write) is done.
    fn growth_since(&self, before: u64) -> u64 {
        let mut growth = self.memory().saturating_sub(before);
        for _ in 0..40 {
            if growth <= GROWTH_MOST {
                break;
            }
            thread::sleep(Duration::from_millis(50));
            growth = self.memory().saturating_sub(before);
        }
        growth
    }

    /// Sends a row twice, and keeps how the answers differ from `expected` or break what holds for every row.
    pub(super) fn check(&mut self, id: &str, request: &[u8], expected: &str) -> Answer {
        let (before, mut memory) = (disk::tree(self.folder()), self.memory());
        let answer = self.send(request);
        let mut wrong = Vec::new();
        if answer.verdict() != expected {
            let body: String = String::from_utf8_lossy(&answer.body).chars().take(300).collect();
            wrong.push(format!("{} ({body}{})", answer.verdict(), answer.end));
        }
        let writes = expected.starts_with('2') && !request.starts_with(b"GET ") && !request.starts_with(b"HEAD ");
        if !writes {
            // What the first request of its kind makes the process set up is no growth.
            memory = self.memory();
            let again = self.send(request).verdict();
            if again != answer.verdict() {
                wrong.push(format!("{again} when repeated"));
            }
        }
        let after = disk::tree(self.folder());
        let changed = before.iter().chain(&after).map(|(path, _)| path);
        let changed: Vec<&PathBuf> = changed.filter(|it| before.get(*it) != after.get(*it)).collect();
        if let Some(path) = changed.into_iter().find(|it| !writes || !it.starts_with("vault")) {
            wrong.push(format!("`{}` changed", path.display()));
        }
        wrong.extend(self.leak(&answer));
        let growth = self.growth_since(memory);
        if growth > GROWTH_MOST {
            wrong.push(format!("the memory of the process grew by {growth} KiB"));
        }
        // On a busy machine a single one says little.
        let mut searched = (0..10).filter_map(|_| self.search_time());
        if searched.all(|it| it > NEXT_SEARCH) {
            wrong.push(format!("no search after it took less than {NEXT_SEARCH:?}"));
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

    /// Ends the table: the process lives, and every row was answered as expected.
    pub(super) fn finish(mut self) {
        if let Some(status) = self.child.try_wait().unwrap() {
            self.differing.push(format!("the process ended: {status}"));
        }
        let log = self.log.lock().unwrap().clone();
        if log.contains("panicked") {
            self.differing.push(format!("the log tells of a panic:\n{log}"));
        }
        let differing = std::mem::take(&mut self.differing);
        assert!(differing.is_empty(), "\n{}\n{log}", differing.join("\n"));
    }

    /// Sends bytes from a peer of their own, and reads one answer.
    pub(super) fn send(&self, request: &[u8]) -> Answer {
        exchange(self.connect(), request)
    }

    /// Returns a connection from an address that no other has: what one peer did wrong is not held against the next.
    pub(super) fn connect(&self) -> TcpStream {
        wire::connect(self.address, wire::new_peer())
    }

    pub(super) fn connect_from(&self, peer: Ipv4Addr) -> TcpStream {
        wire::connect(self.address, peer)
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

    /// Returns the memory that is the process's own, in KiB.
    pub(super) fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|it| it.strip_prefix("RssAnon:"));
        line.and_then(|it| it.trim().split(' ').next()?.parse().ok()).unwrap_or(0)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        // What a test mounted would keep the folder from being removed.
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
        let points = mounts.lines().filter_map(|it| it.split(' ').nth(1));
        for point in points.filter(|it| Path::new(it).starts_with(self.folder.path())) {
            drop(Command::new("umount").args(["-l", point]).status());
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
            .for_each(|it| writeln!(shared.lock().unwrap(), "{it}").unwrap());
    });
    (log, address)
}

//! `cargo bench --bench write [-- NOTES]`: what a receipt costs (intent logged, file and commit durable, searchable) beside the sum of its
//! floors by the bare libraries, measured in turns; then thirty-two writers at once; then one while ten thousand notes are indexed. Prints
//! ratios; the absolute times are this machine's.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::{
    collections::BTreeSet,
    env, fs, io,
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use membridge::{
    config::{self, Flags},
    engine::{self, handle::Handle},
    http,
};
use ureq::Agent;

#[path = "write/floors.rs"]
mod floors;
#[expect(dead_code, reason = "its queries are for the benches of searching")]
#[path = "support/vault.rs"]
mod vault;

/// That of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 150;
const WARM_UP: usize = 20;
const CLIENTS: usize = 32;
const LOAD: Duration = Duration::from_secs(8);
const INDEXED: usize = 10_000;

fn main() -> io::Result<()> {
    let notes = env::args().skip(1).find_map(|it| it.parse().ok()).unwrap_or(1_000);
    // On the disk where people keep vaults: /tmp is often memory.
    let folder = tempfile::tempdir_in(env::var_os("MEMBRIDGE_BENCH_DIR").map_or_else(env::temp_dir, PathBuf::from))?;
    let memory = tempfile::tempdir_in("/dev/shm")?;
    let (ours, bare) = (folder.path().join("vault"), folder.path().join("bare"));
    for vault in [&ours, &bare] {
        vault::write(vault, notes);
        commit_all(vault);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (server, handle) = serve(&runtime, folder.path());
    let mut floors = floors::Bare::new(&bare, &files(&bare), memory.path());

    println!("{notes} notes");
    one_client(&server, &mut floors);
    many_clients(&server);
    while_indexing(&server, &handle, folder.path())?;
    std::process::exit(0);
}

fn one_client(server: &Server, floors: &mut floors::Bare) {
    let (mut sums, mut ours, mut parts) = (Vec::new(), Vec::new(), [Vec::new(), Vec::new(), Vec::new()]);
    for round in 0..ROUNDS {
        let (path, text) = (format!("Agent/One/Note {round:04}.md"), text(round));
        let floor = floors.write(&path, &text);
        let begun = Instant::now();
        drop(server.create(&path, &text));
        if round >= WARM_UP {
            ours.push(begun.elapsed());
            sums.push(floor.replace + floor.commit + floor.index);
            for (all, one) in parts.iter_mut().zip([floor.replace, floor.commit, floor.index]) {
                all.push(one);
            }
        }
    }
    let [replace, commit, index] = parts.map(|mut it| quantile(&mut it, 0.5));
    println!("floors, p50: replace {replace:.2?}, commit {commit:.2?}, index {index:.2?}");
    for (name, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)] {
        let (floor, ours) = (quantile(&mut sums, share), quantile(&mut ours, share));
        let ratio = ours.as_secs_f64() / floor.as_secs_f64();
        println!("one client {name}: floors {floor:.2?}, membridge {ours:.2?}, ratio {ratio:.2}");
    }
}

fn many_clients(server: &Server) {
    let begun = Instant::now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let server = server.clone();
            thread::spawn(move || {
                let mut answers = Vec::new();
                for number in 0.. {
                    if begun.elapsed() > LOAD {
                        break;
                    }
                    let sent = Instant::now();
                    let commit = server.create(&format!("Agent/Many/{client:02}/Note {number:04}.md"), &text(number));
                    answers.push((sent.elapsed(), commit));
                }
                answers
            })
        })
        .collect();
    let answers: Vec<(Duration, String)> = clients
        .into_iter()
        .flat_map(|it| it.join().expect("a client does not panic"))
        .collect();
    let per_second = answers.len() as f64 / begun.elapsed().as_secs_f64();
    let commits: BTreeSet<&String> = answers.iter().map(|(_, commit)| commit).collect();
    let mut times: Vec<Duration> = answers.iter().map(|(it, _)| *it).collect();
    println!(
        "{CLIENTS} clients: {per_second:.0} acknowledged writes a second, p50 {:.2?}, p99 {:.2?}; {} writes, {} commits",
        quantile(&mut times, 0.5),
        quantile(&mut times, 0.99),
        answers.len(),
        commits.len()
    );
}

/// Moves a folder of notes in at once, and writes until all of it is indexed.
fn while_indexing(server: &Server, handle: &Handle, folder: &Path) -> io::Result<()> {
    let more = folder.join("more");
    vault::write(&more, INDEXED);
    let indexed = || handle.status().sources.iter().map(|it| it.indexed).sum::<usize>();
    let wanted = indexed() + INDEXED;
    let begun = Instant::now();
    fs::rename(more, folder.join("vault/More"))?;
    let mut times = Vec::new();
    while indexed() < wanted + times.len() {
        let sent = Instant::now();
        drop(server.create(&format!("Agent/While/Note {:04}.md", times.len()), &text(times.len())));
        times.push(sent.elapsed());
    }
    println!(
        "while {INDEXED} notes are indexed ({:.1?}): {} writes, p50 {:.2?}, p99 {:.2?}, most {:.2?}",
        begun.elapsed(),
        times.len(),
        quantile(&mut times, 0.5),
        quantile(&mut times, 0.99),
        quantile(&mut times, 1.0)
    );
    Ok(())
}

/// How to reach the server.
#[derive(Clone)]
struct Server {
    url: String,
    agent: Agent,
}

impl Server {
    /// Returns the commit that the receipt names.
    fn create(&self, path: &str, text: &str) -> String {
        let url = format!("{}/v1/notes/{}", self.url, path.replace(' ', "%20"));
        let answer = self.agent.put(url).header("content-type", "text/markdown").send(text);
        let receipt: serde_json::Value = answer.expect("a receipt").body_mut().read_json().expect("a receipt is JSON");
        receipt["commit"].as_str().expect("it is committed").to_owned()
    }
}

fn serve(runtime: &tokio::runtime::Runtime, folder: &Path) -> (Server, Handle) {
    let flags = Flags {
        vaults: vec![(None, folder.join("vault"))],
        data_dir: Some(folder.join("data")),
        listen: Some("127.0.0.1:0".to_owned()),
        ..Flags::default()
    };
    let config = config::load(&flags, &|_| None).expect("a valid configuration").config;
    let (handle, _) = engine::start(&config).expect("the engine starts");
    while !handle.status().not_ready.is_empty() {
        thread::sleep(Duration::from_millis(1));
    }
    let (told, address) = mpsc::channel();
    let serving = handle.clone();
    runtime.spawn(async move {
        http::serve(&config, serving, std::future::pending(), move |it| {
            told.send(it).expect("someone waits");
        })
        .await
    });
    let server = Server {
        url: format!("http://{}", address.recv().expect("the server listens")),
        agent: Agent::new_with_defaults(),
    };
    (server, handle)
}

fn commit_all(vault: &Path) {
    for arguments in [
        &["init", "-q", "-b", "main"][..],
        &["add", "-A"],
        &["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-qm", "start"],
    ] {
        let done = Command::new("git").current_dir(vault).args(arguments).status();
        assert!(done.is_ok_and(|it| it.success()), "git {arguments:?}");
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("list a folder").flatten().map(|it| it.path());
    let shown = entries.filter(|it| it.file_name().is_some_and(|it| !it.to_string_lossy().starts_with('.')));
    shown.flat_map(|it| if it.is_dir() { files(&it) } else { vec![it] }).collect()
}

/// A memory as an agent writes it.
fn text(number: usize) -> String {
    let line = "The copper ledger was reconciled with the heron runbook; see [[Note 000007]].\n";
    format!("# Memory {number}\n\n{}", line.repeat(10 + number % 20))
}

fn quantile(times: &mut [Duration], share: f64) -> Duration {
    times.sort_unstable();
    times[((times.len() - 1) as f64 * share) as usize]
}

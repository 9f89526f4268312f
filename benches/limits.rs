//! `cargo bench --bench limits [-- NOTES]`: one run that prints a table of ratios to what the same work costs without membridge, on a seeded
//! vault (10,000 notes when nothing is said; 1,000 and 100,000 are the other sizes of docs/performance.md). The two sides take turns. The
//! ratios are what counts; absolute times are this machine's. `MEMBRIDGE_BENCH_DIR` names a folder on the disk that is to be measured.
//! `-- NOTES --write DIR` writes the vault and `queries.txt` there and measures nothing: benches/peers asks other programs the same.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use support::{service::Service, vault};

mod support;

#[path = "write/floors.rs"]
mod floors;

mod limits {
    //! The rows of the table.
    pub(crate) mod changing;
    pub(crate) mod endpoints;
    pub(crate) mod indexing;
    pub(crate) mod process;
    pub(crate) mod reading;
    pub(crate) mod searching;
    pub(crate) mod table;
}

use limits::{changing, endpoints, indexing, process, reading, searching, table};

/// That of the binary, for both sides.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<()> {
    let notes: usize = env::args().skip(1).find_map(|it| it.parse().ok()).unwrap_or(10_000);
    if let Some(place) = env::args().skip_while(|it| it != "--write").nth(1) {
        return write(Path::new(&place), notes);
    }
    let rounds = if notes > 20_000 { 3 } else { 5 };
    let folder = tempfile::tempdir_in(env::var_os("MEMBRIDGE_BENCH_DIR").map_or_else(env::temp_dir, PathBuf::from))?;
    let memory = tempfile::tempdir_in("/dev/shm")?;
    let (ours, bare) = (folder.path().join("vault"), folder.path().join("bare-vault"));
    let bytes = vault::write(&ours, notes);
    vault::write(&bare, notes);
    println!("{notes} notes, {:.1} MB\n", bytes as f64 / 1e6);
    table::head();

    reading::rows(&ours, rounds);
    let index = indexing::rows(folder.path(), bytes, if notes > 20_000 { 1 } else { rounds })?;
    searching::in_process(folder.path(), &index, rounds)?;
    fs::remove_dir_all(folder.path().join("in-process"))?;
    // From here on a write is a commit, on both sides.
    for vault in [&ours, &bare] {
        commit_all(vault)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let service = Service::start(&ours, &folder.path().join("data"), "")?;
    let by_query = searching::over_http(&runtime, &service, Arc::clone(&index), rounds)?;
    process::rows(&service, rounds)?;
    changing::rows(folder.path(), memory.path(), &service, rounds)?;
    changing::without_git(folder.path(), rounds)?;
    println!("\nBy answer:\n");
    endpoints::rows(&service, rounds)?;
    drop(service);
    println!("\nBy query, over HTTP:\n");
    table::head();
    for (query, row) in by_query {
        row.print(&format!("`{query}`"), 0.5, "");
    }
    // The bare server has no way to end.
    drop((folder, memory));
    std::process::exit(0);
}

fn write(place: &Path, notes: usize) -> anyhow::Result<()> {
    let vault = place.join("vault");
    anyhow::ensure!(!vault.exists(), "{} is there already", vault.display());
    vault::write(&vault, notes);
    Ok(fs::write(place.join("queries.txt"), vault::QUERIES.join("\n") + "\n")?)
}

fn commit_all(vault: &Path) -> anyhow::Result<()> {
    for arguments in [
        &["init", "-q", "-b", "main"][..],
        &["add", "-A"],
        &["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-qm", "start"],
    ] {
        let done = Command::new("git").current_dir(vault).args(arguments).status()?;
        anyhow::ensure!(done.success(), "git {arguments:?}");
    }
    Ok(())
}

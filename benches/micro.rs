//! `cargo bench --bench micro`: what membridge is made of, each part alone and, where there is one, beside the bare library on the same text, so
//! that a regression is seen where it happens. `MEMBRIDGE_BENCH_NOTES` sets the size (1,000). For counts that no other process disturbs, see
//! "Instruction counts" in docs/performance.md.

use std::{env, fs, sync::LazyLock};

use tempfile::TempDir;

#[path = "support/bare.rs"]
mod bare;
#[path = "support/vault.rs"]
mod vault;

#[path = "micro/config_files.rs"]
mod config_files;
#[path = "micro/index.rs"]
mod index;
#[path = "micro/notes.rs"]
mod notes;
#[path = "micro/pull_requests.rs"]
mod pull_requests;

/// That of the binary, for both sides.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

struct Vault {
    folder: TempDir,
    texts: Vec<String>,
}

static VAULT: LazyLock<Vault> = LazyLock::new(|| {
    let notes = env::var("MEMBRIDGE_BENCH_NOTES")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(1_000);
    let folder = tempfile::tempdir().expect("a temporary folder");
    vault::write(folder.path(), notes);
    let texts = bare::files(folder.path())
        .iter()
        .map(|it| fs::read_to_string(it).expect("a note"))
        .collect();
    Vault { folder, texts }
});

//! From a vault to an index, and from an index to a ready service. The limit is a bare tantivy program on the same files.

use std::{
    fs, io,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    limits::table::{Row, line},
    support::{bare, bare::Bare, service::Service},
};

/// Prints three rows. Returns the last bare index, and leaves ours in `folder/data`.
pub(crate) fn rows(folder: &Path, text_bytes: u64, rounds: usize) -> io::Result<Arc<Bare>> {
    let (vault, data) = (folder.join("vault"), folder.join("data"));
    let files = bare::files(&vault);
    let mut index = Row::default();
    let mut last = None;
    for round in 0..rounds.max(1) {
        let place = folder.join(format!("bare-{round}"));
        fs::create_dir(&place)?;
        let begun = Instant::now();
        last = Some(Bare::build(&files, &place));
        let limit = begun.elapsed();
        if data.exists() {
            fs::remove_dir_all(&data)?;
        }
        index.add(limit, Service::start(&vault, &data, "")?.ready_after);
    }
    index.print("first index, ready to answer (bare tantivy, 2 threads)", 0.5, "2.0, 2.2 at 100,000");

    let mut start = Row::default();
    for _ in 0..rounds + 1 {
        start.add(reopened(&folder.join("bare-0")), Service::start(&vault, &data, "")?.ready_after);
    }
    start.print(
        "start with an index until ready (bare: open and search)",
        0.5,
        "300 ms, 2 s at 100,000",
    );

    let (limit, ours) = (size_of(&folder.join("bare-0"))?, size_of(&data.join("index"))?);
    let share = |it: u64| format!("{:.2}x of the text", it as f64 / text_bytes as f64);
    let ratio = format!("{:.2}", ours as f64 / limit as f64);
    line("index on disk", &share(limit), &share(ours), &ratio, "", "1.3x of the text");
    Ok(Arc::new(last.expect("one round at least")))
}

fn reopened(place: &Path) -> Duration {
    let begun = Instant::now();
    assert!(!Bare::open(place).search("database").is_empty(), "the bare index answers");
    begun.elapsed()
}

fn size_of(folder: &Path) -> io::Result<u64> {
    let mut total = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let meta = entry.metadata()?;
        total += if meta.is_dir() { size_of(&entry.path())? } else { meta.len() };
    }
    Ok(total)
}

//! What a change costs: a file that somebody saves until search finds it, and a receipt for a write, without and with a commit.

use std::{
    fs, io,
    path::Path,
    time::{Duration, Instant},
};

use crate::{
    floors,
    limits::table::Row,
    support::{bare, client::Client, service::Service},
};

/// How long a file has to lie still before it is read, by default (`quiet`).
const QUIET: Duration = Duration::from_millis(300);

/// Prints three rows, and the p95 and p99 of two of them. `ours` serves `folder/vault`, which is a repository as `folder/bare-vault` is.
pub(crate) fn rows(folder: &Path, memory: &Path, ours: &Service, rounds: usize) -> io::Result<()> {
    let place = folder.join("bare-vault");
    let mut floors = floors::Bare::new(&place, &bare::files(&place), memory);
    let (mut edit, mut commit) = (Row::default(), Row::default());
    let mut client = Client::new(ours.address)?;
    let vault = folder.join("vault");
    for round in 0..rounds * 20 {
        let path = format!("Agent/One/Note {round:04}.md");
        let text = text(round);
        let floor = floors.write(&path, &text);
        let begun = Instant::now();
        client.send("PUT", &format!("/v1/notes/{}", path.replace(' ', "%20")), &text)?;
        commit.add(floor.replace + floor.commit + floor.index, begun.elapsed());
        // An edit takes its quiet time: a part of the rounds is enough.
        if round % 4 == 0 {
            let word = format!("edited{round:05}x");
            fs::create_dir_all(vault.join("Mine"))?;
            let begun = Instant::now();
            fs::write(vault.join("Mine/Edited.md"), format!("# Edited\n\n{word}\n"))?;
            until_found(&mut client, &word)?;
            edit.add(floor.index, begun.elapsed().saturating_sub(QUIET));
        }
    }
    edit.print(
        "one edit until searchable, quiet time aside (one note in bare tantivy), p50",
        0.5,
        "",
    );
    edit.print("the same, p95", 0.95, "60 ms, 100 ms at 100,000");
    commit.print("receipt of a write: file, commit, index (the three, bare), p50", 0.5, "2.0");
    commit.print("the same, p99", 0.99, "");
    Ok(())
}

/// Prints one row: a receipt of a service that commits nothing, beside the replacing of a file alone.
pub(crate) fn without_git(folder: &Path, rounds: usize) -> io::Result<()> {
    let vault = folder.join("plain-vault");
    fs::create_dir_all(&vault)?;
    let ours = Service::start(&vault, &folder.join("plain-data"), "git: {mode: off}\n")?;
    let mut client = Client::new(ours.address)?;
    let mut row = Row::default();
    for round in 0..rounds * 20 {
        let begun = Instant::now();
        floors::replace(&folder.join(format!("plain/Note {round:04}.md")), &text(round))?;
        let limit = begun.elapsed();
        let begun = Instant::now();
        client.send("PUT", &format!("/v1/notes/Agent/Note%20{round:04}.md"), &text(round))?;
        row.add(limit, begun.elapsed());
    }
    row.print("receipt without git (a file replaced with fsync)", 0.5, "");
    Ok(())
}

fn until_found(client: &mut Client, word: &str) -> io::Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(30) {
        client.search(word)?;
        if String::from_utf8_lossy(&client.body).contains("Mine/Edited.md") {
            return Ok(());
        }
    }
    Err(io::Error::other("an edit was not found within 30 seconds"))
}

/// A memory as an agent writes it.
fn text(number: usize) -> String {
    let line = "The copper ledger was reconciled with the heron runbook; see [[Note 000007]].\n";
    format!("# Memory {number}\n\n{}", line.repeat(10 + number % 20))
}

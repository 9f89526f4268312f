//! The binary itself: its size, its memory when it rests, how long the command line takes beside the answer.

use std::{
    fs, io,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use crate::{
    limits::table::{line, quantile, seconds},
    support::{client::Client, service::Service},
};

const BINARY: &str = env!("CARGO_BIN_EXE_membridge");
const QUERY: &str = "copper ledger";

/// Prints four rows.
pub(crate) fn rows(ours: &Service, rounds: usize) -> io::Result<()> {
    thread::sleep(Duration::from_secs(5));
    let memory = ours.memory().map_or("not told here".to_owned(), |it| format!("{:.0} MB", it / 1e6));
    line(
        "anonymous memory, five seconds idle",
        "",
        &memory,
        "",
        "",
        "90 MB, 220 MB at 100,000",
    );
    let size = fs::metadata(BINARY)?.len() as f64 / 1e6;
    line("binary, stripped", "", &format!("{size:.1} MB"), "", "", "25 MB");

    let (mut bare, mut own, mut asked) = (Vec::new(), Vec::new(), Vec::new());
    let mut client = Client::new(ours.address)?;
    for _ in 0..=rounds * 10 {
        bare.push(run(Command::new("true"))?);
        let mut version = Command::new(BINARY);
        version.arg("--version");
        own.push(run(version)?);
        let begun = Instant::now();
        client.search(QUERY)?;
        let server = begun.elapsed().as_secs_f64();
        let mut search = Command::new(BINARY);
        search
            .args(["search", QUERY])
            .env("MEMBRIDGE_URL", format!("http://{}", ours.address));
        asked.push(run(search)? - server);
    }
    let (bare, own, asked) = (quantile(&bare, 0.5), quantile(&own, 0.5), quantile(&asked, 0.5));
    let ratio = |it: f64| format!("{:.2}", it / bare);
    line(
        "a process of the command line (`true`)",
        &seconds(bare),
        &seconds(own),
        &ratio(own),
        "",
        "15 ms",
    );
    line(
        "`membridge search`, the server's time aside (`true`)",
        &seconds(bare),
        &seconds(asked),
        &ratio(asked),
        "",
        "15 ms",
    );
    Ok(())
}

fn run(mut command: Command) -> io::Result<f64> {
    let begun = Instant::now();
    let done = command.output()?;
    if done.status.success() {
        Ok(begun.elapsed().as_secs_f64())
    } else {
        Err(io::Error::other(format!("{command:?}: {}", String::from_utf8_lossy(&done.stderr))))
    }
}

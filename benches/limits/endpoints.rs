//! What each answer of the API costs at this size, and the rescan: from three sizes docs/performance.md tells what grows, and what breaks first.

use std::{io, thread, time::Duration, time::Instant};

use crate::{
    limits::table::{quantile, seconds},
    support::{client::Client, service::Service},
};

const NOTE: &str = "Area%2000/Part%20000/Note%20000000.md";

/// Answers that every vault gives: a name, and what is sent.
fn requests() -> Vec<(&'static str, &'static str, String, &'static str)> {
    let get = |name, target: &str| (name, "GET", target.replace("NOTE", NOTE), "");
    vec![
        get("search, three words", "/v1/search?q=database+backup+restore"),
        get(
            "search, `tag:` in Obsidian's language",
            "/v1/search?q=tag%3A%23project%2Falpha&syntax=obsidian",
        ),
        get("search, a regular expression", "/v1/search?q=%2Flattice+b.dget%2F&syntax=obsidian"),
        get("list a folder", "/v1/search?path=Area+00/**&sort=path&limit=50"),
        get("read a note", "/v1/notes/NOTE"),
        get("links of a note", "/v1/links/NOTE"),
        get("resolve a name", "/v1/resolve?name=Note+000007"),
        get("all tags", "/v1/tags"),
        get("lint", "/v1/lint?limit=50"),
        get("history of a note", "/v1/history/NOTE"),
        get("changes of a week", "/v1/changes?since=7d"),
        get("skills", "/v1/skills?q=backup"),
        get("brief", "/v1/brief"),
        (
            "context, 2,000 tokens",
            "POST",
            "/v1/context".to_owned(),
            r#"{"question": "how is the database restored", "budget": 2000}"#,
        ),
        get("status", "/v1/status"),
        get("metrics", "/metrics"),
    ]
}

/// Prints a line an answer with its p50 and p99, and one for the rescan.
pub(crate) fn rows(ours: &Service, rounds: usize) -> io::Result<()> {
    println!("| answer | p50 | p99 |\n|---|---|---|");
    let mut client = Client::new(ours.address)?;
    for (name, method, target, body) in requests() {
        let mut times = Vec::new();
        for _ in 0..rounds * 6 {
            let begun = Instant::now();
            match client.send(method, &target, body) {
                Ok(()) => times.push(begun.elapsed().as_secs_f64()),
                Err(why) => {
                    println!("| {name} | {} | |", why.to_string().trim());
                    client = Client::new(ours.address)?;
                    break;
                }
            }
        }
        // The first reads what is then kept.
        if times.len() > 1 {
            println!(
                "| {name} | {} | {} |",
                seconds(quantile(&times[1..], 0.5)),
                seconds(quantile(&times[1..], 0.99))
            );
        }
    }
    println!("| rescan (stat of every file) | {} | |", seconds(rescan(&mut client)?));
    Ok(())
}

/// Returns how long the last look at all files took, in seconds.
fn rescan(client: &mut Client) -> io::Result<f64> {
    thread::sleep(Duration::from_secs(1));
    client.send("GET", "/v1/status", "")?;
    let status: serde_json::Value = serde_json::from_slice(&client.body)?;
    Ok(status["sources"][0]["last_scan_ms"].as_f64().unwrap_or(f64::NAN) / 1000.0)
}

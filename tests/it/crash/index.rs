//! The index after a kill: that it holds the disk, and that it answers as one that is built anew.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use membridge::model::hash::ContentHash;

use super::{
    wait_until_ready,
    world::{Running, Server, World},
};
use crate::harness::files_below;

/// How often the notes may change while they are asked for.
const ROUNDS: usize = 10;

/// Many times as long as a scan waits for the next one.
const PATIENCE: Duration = Duration::from_secs(40);

/// Paths with hashes. What is there twice, with two texts, stands here twice.
type Notes = BTreeSet<(String, String)>;

/// Says where the index does not hold exactly the files, byte for byte and each once; it has time for a scan that finds what events lost. A
/// change that a save had dropped may be merged back meanwhile, so that the disk is read anew each time.
pub(crate) fn differs(world: &World, server: &Server) -> Option<String> {
    let begun = Instant::now();
    loop {
        let on_disk = notes_on_disk(&world.vault());
        let seen = indexed(server);
        if seen == on_disk {
            return None;
        }
        if begun.elapsed() > PATIENCE {
            let differing: BTreeSet<&String> = on_disk.symmetric_difference(&seen).map(|(path, _)| path).collect();
            return Some(format!("the index differs from the disk in {differing:?}"));
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// The index that lived through all of it answers as one that is built anew.
pub(crate) fn equals_a_fresh_one(world: &World, running: Running) {
    let asked = [
        "copper",
        "ledger+heron",
        "%22copper+ledger%22",
        "zinc+-otter",
        "agent",
        "tag:none",
        "quartz&sort=modified",
    ];
    let answers = |server: &Server| {
        let strip = |query: &&str| {
            let target = format!("/v1/search?q={query}&limit=50&passages=3");
            // A pause of the machine is longer than a search may take.
            let (status, mut json) = server.wait_for(&target, |status, _| status != 503);
            assert_eq!(status, 200, "{json}");
            json["index"].take();
            json
        };
        asked.iter().map(strip).collect::<Vec<_>>()
    };
    // A change that a save had dropped may be merged back at any moment of the first minute: then what was answered is of an older disk.
    let mut running = running;
    let mut before = Vec::new();
    for round in 0.. {
        let disk = notes_on_disk(&world.vault());
        let behind = differs(world, &running.server);
        before = answers(&running.server);
        running.stop();
        if behind.is_none() && notes_on_disk(&world.vault()) == disk {
            break;
        }
        assert!(round < ROUNDS, "the notes do not come to rest: {behind:?}");
        running = world.start();
        wait_until_ready(&running.server);
    }
    world.forget_index();
    let fresh = world.start();
    wait_until_ready(&fresh.server);
    let after = answers(&fresh.server);
    for (query, (before, after)) in asked.iter().zip(before.iter().zip(&after)) {
        assert_eq!(before, after, "the answer to {query}");
    }
    fresh.stop();
}

fn notes_on_disk(vault: &Path) -> Notes {
    let below = ["Agent", "Shared"].map(|it| vault.join(it));
    let files = below.iter().filter(|it| it.exists()).flat_map(|it| files_below(it));
    files
        .map(|it| {
            let hash = ContentHash::of(&fs::read(&it).unwrap()).to_string();
            (it.strip_prefix(vault).unwrap().to_str().unwrap().to_owned(), hash)
        })
        .collect()
}

fn indexed(server: &Server) -> Notes {
    let mut found = Notes::new();
    let mut asked = 0;
    loop {
        let (_, page) = server
            .get(&format!("/v1/search?path=**&sort=path&limit=100&offset={asked}"))
            .unwrap();
        let hits = page["hits"].as_array().cloned().unwrap_or_default();
        for hit in &hits {
            let text = |it: &str| hit[it].as_str().unwrap_or_default().to_owned();
            found.insert((text("path"), text("hash")));
        }
        asked += hits.len();
        if hits.len() < 100 {
            return found;
        }
    }
}

//! The index after a kill: that it holds the disk, and that it answers as one that is built anew.

use std::{collections::BTreeMap, fs, path::Path, thread, time::Duration};

use membridge::model::hash::ContentHash;

use super::{
    wait_until_ready,
    world::{Running, Server, World},
};
use crate::harness::files_below;

/// How often the notes may change while they are asked for.
const ROUNDS: usize = 10;

/// Says where the index does not hold exactly the files, byte for byte; it has time for a scan that finds what events lost.
pub(crate) fn differs(world: &World, server: &Server) -> Option<String> {
    let on_disk = notes_on_disk(&world.vault());
    let mut seen = BTreeMap::new();
    for _ in 0..2000 {
        seen = indexed(server);
        if seen == on_disk {
            return None;
        }
        thread::sleep(Duration::from_millis(10));
    }
    let changed = on_disk.iter().filter(|(path, hash)| seen.get(*path) != Some(hash));
    let gone = seen.keys().filter(|it| !on_disk.contains_key(*it));
    let paths: Vec<&String> = changed.map(|(path, _)| path).chain(gone).collect();
    Some(format!("the index differs from the disk in {paths:?}"))
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
            let (status, mut json) = server.get(&format!("/v1/search?q={query}&limit=50&passages=3")).unwrap();
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

fn notes_on_disk(vault: &Path) -> BTreeMap<String, String> {
    let below = ["Agent", "Shared"].map(|it| vault.join(it));
    let files = below.iter().filter(|it| it.exists()).flat_map(|it| files_below(it));
    files
        .map(|it| {
            let hash = ContentHash::of(&fs::read(&it).unwrap()).to_string();
            (it.strip_prefix(vault).unwrap().to_str().unwrap().to_owned(), hash)
        })
        .collect()
}

fn indexed(server: &Server) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    loop {
        let (_, page) = server
            .get(&format!("/v1/search?path=**&sort=path&limit=100&offset={}", found.len()))
            .unwrap();
        let hits = page["hits"].as_array().cloned().unwrap_or_default();
        for hit in &hits {
            let text = |it: &str| hit[it].as_str().unwrap_or_default().to_owned();
            found.insert(text("path"), text("hash"));
        }
        if hits.len() < 100 {
            return found;
        }
    }
}

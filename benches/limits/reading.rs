//! What has to be done to every file: list it, read and hash it, parse it. The limit is the bare call of the system or library.

use std::{fs, path::Path, time::Instant};

use membridge::{
    io::vault::Vault,
    model::{hash::ContentHash, note::Note},
};
use sha1::{Digest, Sha1};

use crate::{limits::table::Row, support::bare};

const MOST: u64 = 64 << 20;

/// Prints three rows.
pub(crate) fn rows(folder: &Path, rounds: usize) {
    let (mut list, mut read, mut parse) = (Row::default(), Row::default(), Row::default());
    let vault = Vault::open(folder).expect("open the vault");
    for round in 0..=rounds {
        let begun = Instant::now();
        let files = bare::files(folder);
        let stats: u64 = files.iter().filter_map(|it| Some(fs::metadata(it).ok()?.len())).sum();
        let bare_list = begun.elapsed();
        let begun = Instant::now();
        let scanned = vault.scan(&|_| false).expect("scan the vault");
        let our_list = begun.elapsed();

        let begun = Instant::now();
        let hashed = files.iter().map(|it| {
            let bytes = fs::read(it).expect("read a note");
            (Sha1::digest(&bytes), bytes)
        });
        let texts: Vec<Vec<u8>> = hashed.map(|it| it.1).collect();
        let bare_read = begun.elapsed();
        let begun = Instant::now();
        let ours: Vec<(ContentHash, Vec<u8>)> = scanned
            .files
            .iter()
            .map(|it| {
                let file = vault.read(&it.0, MOST).expect("read a note");
                (ContentHash::of(&file.bytes), file.bytes)
            })
            .collect();
        let our_read = begun.elapsed();
        assert!(stats > 0 && ours.len() == texts.len(), "both see the same notes");
        drop(ours);

        let texts: Vec<&str> = texts.iter().filter_map(|it| std::str::from_utf8(it).ok()).collect();
        let begun = Instant::now();
        let events: usize = texts.iter().map(|it| pulldown_cmark::Parser::new(it).count()).sum();
        let bare_parse = begun.elapsed();
        let begun = Instant::now();
        let headings: usize = texts.iter().map(|it| Note::parse(it).headings.len()).sum();
        let our_parse = begun.elapsed();
        assert!(events > headings, "both read the notes");
        // The first round warms up.
        if round > 0 {
            list.add(bare_list, our_list);
            read.add(bare_read, our_read);
            parse.add(bare_parse, our_parse);
        }
    }
    list.print("list all files with their stat", 0.5, "");
    read.print("read and hash all files, one thread", 0.5, "");
    parse.print("parse all notes (pulldown-cmark), one thread", 0.5, "2.0");
}

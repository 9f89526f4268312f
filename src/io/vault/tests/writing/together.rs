//! A person and the agent save one note at the same time, and every word that the person wrote is still somewhere.

use std::{
    collections::HashSet,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use super::*;

const SAVES: usize = 1000;

/// Says that a person is done, also when they panic.
struct Leaves<'a>(&'a AtomicBool);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Both add a line to what they read, again and again; `save` is how the person's editor does it.
/// `reads_midway`: whether it may read the note during a swap. Who then writes in place writes over a line of their own.
fn contend(desk: &Desk, reads_midway: bool, save: impl Fn(&Path, &str) + Sync) {
    desk.place.put("n.md", "");
    let target = desk.place.at("n.md");
    let left = AtomicBool::new(false);
    let swap = Mutex::new(());
    let mut heard: Vec<Vec<u8>> = Vec::new();
    let mut published = 0;
    thread::scope(|scope| {
        scope.spawn(|| {
            let _leaves = Leaves(&left);
            for number in 0..SAVES {
                // Absent for a moment where files cannot be exchanged; no editor takes that for an empty note.
                let settled = (!reads_midway).then(|| swap.lock());
                let text = loop {
                    if let Ok(text) = fs::read_to_string(&target) {
                        break text;
                    }
                };
                drop(settled);
                save(&target, &format!("{text}human-{number}\n"));
                thread::yield_now();
            }
        });
        for number in 0.. {
            if left.load(Ordering::SeqCst) && published > 0 {
                break;
            }
            let Ok(base) = desk.vault().read(&note("n.md"), MAX) else {
                continue;
            };
            let text = [&base.bytes, format!("agent-{number}\n").as_bytes()].concat();
            let staged = desk.vault().stage(&desk.spool, &note("n.md"), &text).unwrap();
            let settled = (!reads_midway).then(|| swap.lock());
            match desk
                .vault()
                .publish(&desk.spool, staged, Some(ContentHash::of(&base.bytes)))
                .unwrap()
            {
                Published::Done { .. } => published += 1,
                Published::Changed { found } => heard.extend(found),
            }
            drop(settled);
        }
    });
    heard.push(fs::read(&target).unwrap());
    heard.extend(desk.spooled().iter().map(|it| fs::read(desk.spool.place().join(it)).unwrap()));
    let words: HashSet<&[u8]> = heard.iter().flat_map(|it| it.split(|it| *it == b'\n')).collect();
    let lost: Vec<_> = (0..SAVES)
        .map(|it| format!("human-{it}"))
        .filter(|it| !words.contains(it.as_bytes()))
        .collect();
    assert!(
        lost.is_empty(),
        "{} of {SAVES} lost, {published} published, exchange {}: {lost:?}",
        lost.len(),
        desk.spool.exchanges
    );
}

fn save_atomically(target: &Path, text: &str) {
    let beside = target.with_extension("saving");
    fs::write(&beside, text).unwrap();
    fs::rename(beside, target).unwrap();
}

fn save_in_place(target: &Path, text: &str) {
    fs::write(target, text).unwrap();
}

#[test]
fn nothing_is_lost_of_an_editor_that_saves_atomically() {
    contend(&Desk::new(), true, save_atomically);
    contend(&Desk::without_exchange(), true, save_atomically);
}

#[test]
fn nothing_is_lost_of_an_editor_that_writes_in_place() {
    contend(&Desk::new(), false, save_in_place);
    contend(&Desk::without_exchange(), false, save_in_place);
}

//! What a write took the place of is deleted only once it is held elsewhere: stepped, so that no test waits for the second look.

use std::{
    fs,
    time::{Duration, SystemTime},
};

use membridge::{
    config::GitMode,
    engine::request::{Action, Who, WriteRequest},
    model::{hash::ContentHash, path::NotePath},
};

use crate::engine::Bench;

fn replace(bench: &Bench, text: &str, old: &str) -> WriteRequest {
    WriteRequest {
        source: bench.handle.sources()[0].config.name.clone(),
        path: NotePath::parse("Agent/A.md").unwrap(),
        action: Action::Put(text.to_owned()),
        who: Who::default(),
        may_edit: true,
        prefix: None,
        if_match: Some(ContentHash::of(old.as_bytes())),
        reason: String::new(),
        dry_run: false,
        idempotency: None,
        allow_secret: false,
        brings_back: false,
    }
}

#[test]
fn a_replaced_text_that_could_not_be_kept_at_once_is_not_deleted() {
    let mut bench = Bench::with(|config| config.git.mode = GitMode::Off);
    let old = "a person's text, in no commit\n";
    bench.write("Agent/A.md", old);
    let note = bench.vault().join("Agent/A.md");
    let long_ago = SystemTime::now() - Duration::from_secs(3600);
    fs::File::options().write(true).open(&note).unwrap().set_modified(long_ago).unwrap();
    bench.settle();

    // Something stands in the way of the folder at the moment of the write.
    let aside = bench.vault().join("../data/state/displaced");
    fs::write(&aside, "in the way").unwrap();
    let mut receipt = bench.handle.write(replace(&bench, "the agent's\n", old));
    bench.step();
    receipt.try_recv().unwrap().unwrap();
    assert_eq!(fs::read_to_string(&note).unwrap(), "the agent's\n");
    fs::remove_file(&aside).unwrap();

    bench.settle();
    let kept: Vec<String> = fs::read_dir(&aside)
        .unwrap()
        .map(|it| fs::read_to_string(it.unwrap().path()).unwrap())
        .collect();
    assert_eq!(kept, [old]);
    // And is not kept twice, nor left in the spool.
    bench.settle();
    assert_eq!(fs::read_dir(&aside).unwrap().count(), 1);
    let spool = bench.vault().join("../data/state/spool");
    assert!(crate::harness::files_below(&spool).is_empty());
}

//! No planted secret outlives the mask, in whatever file it stands.

use super::file::{Seen, of_file};

#[path = "../../../tests/it/planted_secrets.rs"]
mod planted_secrets;

use planted_secrets::{Tells, faces, files, kinds};

#[test]
fn no_planted_secret_is_kept() {
    let mut kept = Vec::new();
    for (kind, value, tells) in kinds() {
        for (path, text) in files(&value, tells) {
            match of_file(path, &text) {
                Seen::Text(masked) if faces(&value).iter().any(|it| masked.contains(it)) => {
                    kept.push(format!("{kind} in {path}: {masked}"));
                }
                Seen::Text(_) => (),
                // The shapes are there to be looked into.
                Seen::NameOnly(why) => kept.push(format!("{path}: {why}")),
            }
        }
    }
    assert!(kept.is_empty(), "{} are kept:\n{}", kept.len(), kept.join("\n"));
}

#[test]
fn there_are_many_kinds_and_shapes() {
    assert!(kinds().len() >= 60, "{}", kinds().len());
    let shapes = files("", Tells::Form);
    assert!(shapes.len() >= 30, "{}", shapes.len());
}

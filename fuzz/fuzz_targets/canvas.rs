//! Any bytes are a canvas, or one with a problem; its words parse as a note.

#![no_main]

use libfuzzer_sys::fuzz_target;
use membridge::model::{base::Base, canvas::Canvas, note::Note};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let canvas = Canvas::parse(&text);
    let words = canvas.as_text();
    Note::parse(&words);
    let targets: usize = canvas.links().iter().map(|it| it.target.len()).sum();
    assert!(targets <= 2 * text.len(), "links come from the text");

    let base = Base::parse(&text);
    Note::parse(&base.as_text());
});

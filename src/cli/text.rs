//! Where the text of a write comes from: an argument, or standard input. Bounded; knows no note.

use std::io::{self, IsTerminal, Read};

use crate::cli::client::Failure;

/// More is no note that the server would take.
const MOST: u64 = 16 << 20;

/// Returns the text that was typed or, without one or for `-`, standard input to its end.
pub fn text_of(typed: Option<&str>) -> Result<String, Failure> {
    if let Some(text) = typed.filter(|it| *it != "-") {
        return Ok(text.to_owned());
    }
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return Err(usage("there is no text", "give it as an argument, or pipe it in"));
    }
    let mut text = String::new();
    let read = stdin.lock().take(MOST + 1).read_to_string(&mut text);
    match read {
        Ok(_) if text.len() as u64 > MOST => Err(usage("the text is too long", "a note is written in smaller parts")),
        Ok(_) => Ok(text),
        Err(error) => Err(usage(&format!("standard input cannot be read: {error}"), "pipe UTF-8 text in")),
    }
}

/// Returns the failure of a command line that cannot be meant.
pub fn usage(message: &str, hint: &str) -> Failure {
    Failure::Unreachable {
        message: message.to_owned(),
        hint: hint.to_owned(),
    }
}

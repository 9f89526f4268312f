//! `membridge man`: the manual, made of the same words as `--help`. The only door to clap_mangen.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use clap::Command;
use clap_mangen::Man;

pub const EXAMPLES: &str = "Examples:\n  membridge man | man -l -\n  membridge man --dir ~/.local/share/man/man1";

/// Prints the manual's first page, or puts the pages of all verbs into a folder.
pub fn run(command: Command, folder: Option<&Path>) -> io::Result<()> {
    let Some(folder) = folder else {
        let mut page = Vec::new();
        Man::new(command).render(&mut page)?;
        return io::stdout().write_all(&page);
    };
    let written = fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder));
    written.map_err(|error| {
        io::Error::new(
            error.kind(),
            format!("cannot write the manual into `{}`: {error}", folder.display()),
        )
    })
}

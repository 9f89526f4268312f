//! Files that are proposed: what lies in their places, how that is shown, and how one is made. Never changes a file that is there.

use std::{
    fs,
    io::{self, ErrorKind},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use similar::TextDiff;

use crate::{
    cli::{note, one_line},
    io::vault::create_new,
};

/// A file that is compared with what would be written; what is longer is told to be another.
const COMPARED_MOST: u64 = 1 << 20;

/// A file that is to be made.
#[derive(Debug)]
pub(super) struct Proposed {
    pub(super) path: PathBuf,
    pub(super) text: String,
    pub(super) mode: u32,
    pub(super) is_secret: bool,
}

/// What lies where a file is to be made.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum There {
    Nothing,
    Same,
    /// Its text; `None` where it is not to be compared.
    Other(Option<String>),
}

pub(super) fn look(proposed: &Proposed) -> There {
    let Ok(found) = fs::symlink_metadata(&proposed.path) else {
        return There::Nothing;
    };
    let is_small = found.is_file() && found.len() <= COMPARED_MOST;
    match is_small.then(|| fs::read_to_string(&proposed.path)) {
        Some(Ok(text)) if text == proposed.text => There::Same,
        Some(Ok(text)) if !proposed.is_secret => There::Other(Some(text)),
        _ => There::Other(None),
    }
}

/// Returns what would be made, or how it differs from what is there. A secret is not shown.
pub(super) fn show(proposed: &Proposed, there: &There) -> String {
    let path = one_line(&proposed.path.to_string_lossy());
    let diff = |old: &str, name: &str| {
        let diff = TextDiff::from_lines(old, proposed.text.as_str());
        let shown = diff.unified_diff().header(name, &path).to_string();
        // A line of somebody's file must not move the cursor.
        shown
            .chars()
            .filter(|it| *it == '\n' || *it == '\t' || !it.is_control())
            .collect::<String>()
    };
    match there {
        There::Nothing if proposed.is_secret => format!("new: {path}\n+(a random token, readable by you alone; not shown)\n\n"),
        There::Nothing => format!("new: {path}\n{}\n", diff("", "/dev/null")),
        There::Same => format!("is there already: {path}\n\n"),
        There::Other(None) => format!("is there and stays as it is: {path}\n\n"),
        There::Other(Some(text)) => format!(
            "is there and stays as it is: {path}\nWhat was proposed differs so:\n{}\n",
            diff(text, &path)
        ),
    }
}

pub(super) fn make(proposed: &Proposed) -> io::Result<()> {
    let folder = proposed.path.parent().unwrap_or(Path::new("/"));
    // The folder of a secret is nobody else's either.
    let mode = if proposed.mode == 0o600 { 0o700 } else { 0o755 };
    fs::DirBuilder::new().recursive(true).mode(mode).create(folder)?;
    match create_new(&proposed.path, proposed.text.as_bytes(), proposed.mode) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            note(format_args!(
                "`{}` came in the meantime and stays as it is",
                proposed.path.display()
            ));
            Ok(())
        }
        made => made,
    }
}

/// Returns a folder's file as it is called there, in capitals or not: where this vault is synced to, both may be one file.
pub(super) fn as_called(folder: &Path, name: &str) -> PathBuf {
    let exact = folder.join(name);
    if fs::symlink_metadata(&exact).is_ok() {
        return exact;
    }
    let lower = name.to_lowercase();
    let names = fs::read_dir(folder).into_iter().flatten().flatten().map(|it| it.file_name());
    let mut like = names.filter(|it| it.to_str().is_some_and(|it| it.to_lowercase() == lower));
    like.next().map_or(exact, |it| folder.join(it))
}

//! Spelling of links: the keys by which links and files are compared. Knows text only, no file.

use std::{
    borrow::Cow,
    hash::{DefaultHasher, Hash, Hasher},
};

use percent_encoding::percent_decode_str;

use crate::model::{links::subpath::split_subpath, path::path_key};

/// Returns the comparison form of a link's path part; empty for a link into its own note.
pub(super) fn wanted_key(target: &str, markdown: bool) -> String {
    // Decoded before the split, as the app does: `a%23b.md` names the note `a`.
    let decoded = if markdown {
        percent_decode_str(target).decode_utf8().unwrap_or(Cow::Borrowed(target))
    } else {
        Cow::Borrowed(target)
    };
    path_key(split_subpath(&decoded).0.trim())
}

/// Returns what all files and links of one name share: a hash of the key's last component without `.md`. Four bytes, because there is one a
/// link, and because a collision only makes a list longer.
pub(super) fn name_hash(key: &str) -> u32 {
    let name = key.rsplit('/').next().unwrap_or(key);
    short_hash(name.strip_suffix(".md").unwrap_or(name))
}

/// Returns a hash of the name of the innermost folder in a key.
pub(super) fn parent_hash(key: &str) -> u32 {
    short_hash(key.rsplit('/').nth(1).unwrap_or(""))
}

/// Returns the length by which Obsidian measures paths.
pub(super) fn utf16_len(key: &str) -> u32 {
    key.chars().map(|it| it.len_utf16() as u32).sum()
}

/// Returns the keys that a link may mean, the likelier first: `.md` may be left out, other extensions not, and a dot may belong to the name.
pub(super) fn spellings(key: &str) -> Vec<String> {
    if key.ends_with(".md") {
        return vec![key.to_owned()];
    }
    let note = format!("{key}.md");
    let has_extension = key.rsplit('/').next().is_some_and(|it| it.contains('.'));
    if has_extension {
        vec![key.to_owned(), note]
    } else {
        vec![note, key.to_owned()]
    }
}

/// Returns the key that `./x` or `../x` means in a folder; `None` above the root.
pub(super) fn climb(folder: &str, relative: &str) -> Option<String> {
    let mut components: Vec<&str> = folder.split('/').filter(|it| !it.is_empty()).collect();
    for component in relative.split('/') {
        match component {
            "" | "." => {}
            ".." => {
                components.pop()?;
            }
            name => components.push(name),
        }
    }
    Some(components.join("/"))
}

/// Returns the key of a file in a folder, which is empty for the root.
pub(super) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

/// Says whether a file's key ends with a wanted key, whole components compared.
pub(super) fn ends_with(key: &str, wanted: &str) -> bool {
    key.strip_suffix(wanted)
        .is_some_and(|folder| folder.is_empty() || folder.ends_with('/'))
}

fn short_hash(text: &str) -> u32 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_and_the_file_it_may_mean_share_a_hash() {
        let check = |link: &str, file: &str| assert_eq!(name_hash(&wanted_key(link, true)), name_hash(&path_key(file)), "{link} {file}");
        check("Note#H", "a/b/note.md");
        check("../My%20Note.MD", "My Note.md");
        check("link.png", "link.png");
        check("link.png", "link.png.md");
        check("LICENSE", "LICENSE");
    }

    #[test]
    fn whole_components_are_compared() {
        let check = |key: &str, wanted: &str, expected: bool| assert_eq!(ends_with(key, wanted), expected, "{key} {wanted}");
        check("a/note.md", "note.md", true);
        check("note.md", "note.md", true);
        check("keynote.md", "note.md", false);
        check("xa/note.md", "a/note.md", false);
    }
}

//! What a vault's own settings (`.obsidian/*.json`) change for us: what is left out, where things go, how links are written. Knows Obsidian's
//! keys and defaults; must not read files. A setting that is not understood is reported and its default holds: none is fatal.

use std::{collections::BTreeMap, fmt};

use jiff::civil::Date;

use crate::model::{
    moment,
    path::{NotePath, path_key},
};

pub use filters::IgnoreFilters;

mod filters;
mod read;

/// The files that [`parse`] reads, below the vault's configuration folder.
pub const FILES: [&str; 7] = [
    "app.json",
    "daily-notes.json",
    "templates.json",
    "zk-prefixer.json",
    "types.json",
    "community-plugins.json",
    "plugins/periodic-notes/data.json",
];

/// Plain values, with Obsidian's defaults for what is not set.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VaultSettings {
    /// "Excluded files".
    pub ignored: IgnoreFilters,
    pub new_links: LinkFormat,
    /// New links are written `[text](target)` instead of `[[target]]`.
    pub use_markdown_links: bool,
    pub attachments: FolderRule,
    pub new_notes: FolderRule,
    pub trash: TrashOption,
    pub daily_notes: DailyNotes,
    pub templates: Templates,
    /// By name in lower case: `text`, `multitext`, `number`, `checkbox`, `date`, `datetime`, `tags`, `aliases`, or a plugin's.
    pub property_types: BTreeMap<String, String>,
}

/// How a new link names its target; existing ones are read by one rule whatever this says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LinkFormat {
    #[default]
    Shortest,
    Relative,
    Absolute,
}

/// Where a new file goes. Folders have no slash at their ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum FolderRule {
    #[default]
    Root,
    /// Beside the note that it is made for.
    SameFolder,
    /// Below the folder of that note.
    Subfolder(String),
    Folder(String),
}

/// What becomes of a deleted file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TrashOption {
    #[default]
    System,
    /// `.trash` in the vault.
    Local,
    /// Deleted for good.
    None,
}

/// How daily notes are named: by the Periodic Notes plugin where it does that, else by the core plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DailyNotes {
    /// Empty at the root.
    pub folder: String,
    /// As moment.js reads it; it may hold `/`.
    pub format: String,
}

/// Text to be filled in, which is left out of results unless it is asked for (F13).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Templates {
    /// Not the vault's root.
    pub folder: Option<String>,
    /// Templates named elsewhere, by path, with or without `.md`.
    pub files: Vec<String>,
}

/// A setting that was not understood. `detail` is made for the vault's owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsProblem {
    /// One of [`FILES`].
    pub file: &'static str,
    pub detail: String,
}

/// Reads the settings from such of [`FILES`] as exist, given as name and text. Never fails; the problems come in the order of [`FILES`].
pub fn parse(files: &[(&str, &str)]) -> (VaultSettings, Vec<SettingsProblem>) {
    read::read(files)
}

impl VaultSettings {
    /// Says whether a file is left out of search results: excluded by the owner, or a template. Links to it still lead there (G13, F13).
    pub fn leaves_out(&self, path: &NotePath) -> bool {
        self.ignored.is_ignored(path) || self.templates.holds(path)
    }
}

impl FolderRule {
    /// Returns the folder for a file that is made for this note; empty is the root.
    pub fn folder_for(&self, note: &NotePath) -> String {
        match self {
            FolderRule::Root => String::new(),
            FolderRule::SameFolder => note.folder().to_owned(),
            FolderRule::Subfolder(name) if note.folder().is_empty() => name.clone(),
            FolderRule::Subfolder(name) => format!("{}/{name}", note.folder()),
            FolderRule::Folder(folder) => folder.clone(),
        }
    }
}

impl Default for DailyNotes {
    fn default() -> DailyNotes {
        DailyNotes {
            folder: String::new(),
            format: "YYYY-MM-DD".to_owned(),
        }
    }
}

impl DailyNotes {
    /// Returns the path of a day's note below its folder, without `.md`.
    pub fn name(&self, day: Date) -> Option<String> {
        moment::format(day, &self.format).ok()
    }

    /// Returns where the note of a day lies, or `None` where the format makes no path of it (reading the settings has reported that).
    pub fn path(&self, day: Date) -> Option<NotePath> {
        let name = self.name(day)?;
        let slash = if self.folder.is_empty() { "" } else { "/" };
        NotePath::parse(&format!("{}{slash}{name}.md", self.folder)).ok()
    }
}

impl Templates {
    /// Says whether a file is a template.
    pub fn holds(&self, path: &NotePath) -> bool {
        if self.folder.is_none() && self.files.is_empty() {
            return false;
        }
        let key = path.key();
        let below = |folder: &String| key.strip_prefix(&path_key(folder)).is_some_and(|it| it.starts_with('/'));
        let is_it = |file: &String| without_md(&path_key(file)) == without_md(&key);
        self.folder.as_ref().is_some_and(below) || self.files.iter().any(is_it)
    }
}

fn without_md(key: &str) -> &str {
    key.strip_suffix(".md").unwrap_or(key)
}

impl fmt::Display for SettingsProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.detail)
    }
}

#[cfg(test)]
mod tests;

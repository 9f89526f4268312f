//! The text of a note after a file has moved: its links lead where they led. Knows how links are written and that Obsidian's writer changes
//! destinations alone; must not know which notes are worth passing, nor whether they may be written.

use std::ops::Range;

use crate::model::{
    lines::LineIndex,
    links::{destination::Destination, names::Names},
    note::{Link, Note},
    path::{NotePath, path_key},
    vault_settings::LinkFormat,
};

/// The parser has decoded the targets of Markdown links.
const ALREADY_DECODED: bool = false;

/// What moved.
#[derive(Debug, Clone, Copy)]
pub struct Move<'a> {
    pub from: &'a NotePath,
    pub to: &'a NotePath,
}

/// A note's text after a move.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rewritten {
    /// `None` when nothing changes.
    pub text: Option<String>,
    /// How many links were rewritten.
    pub changed: usize,
    /// The lines (from 1) of links that now lead elsewhere or nowhere and could not be rewritten: the name does not fit into such a link, or
    /// a property is written with escapes.
    pub left: Vec<usize>,
}

/// Returns the text of the note at `path` (its place before the move) with every link rewritten that would no longer lead where it led,
/// as it stands at its place after the move. Only the path in a link changes: alias, heading, size, title and quoting stay. `before` and
/// `after` are the files of the vault at both times; `style` is how the vault names targets.
pub fn rewrite(text: &str, path: &NotePath, moved: Move<'_>, before: &Names, after: &Names, style: LinkFormat) -> Rewritten {
    let note = Note::parse(text);
    let place = if path == moved.from { moved.to } else { path };
    let task = Task {
        text,
        old: &note,
        place,
        moved,
        after,
        style,
    };
    let mut edits = Vec::new();
    let mut lost = Vec::new();
    for (number, link) in note.links.iter().enumerate() {
        let was = before.resolve(&link.target, ALREADY_DECODED, Some(path));
        let Some(led_to) = was.path else { continue };
        let goal = if led_to == *moved.from { moved.to } else { &led_to };
        let now = after.resolve(&link.target, ALREADY_DECODED, Some(place));
        let leads_there = now.path.as_ref() == Some(goal);
        if leads_there && (was.ambiguous || !now.ambiguous) && !(led_to == *moved.from && task.spells_old_folder(link)) {
            continue;
        }
        match task.edit(number, link, goal) {
            Some(edit) => edits.push(edit),
            None if leads_there => {}
            None => lost.push(number),
        }
    }
    let mut kept = Vec::new();
    task.keep_what_holds(&edits, &mut kept, &mut lost);
    let lines = LineIndex::new(text);
    lost.sort_unstable();
    Rewritten {
        text: (!kept.is_empty()).then(|| task.apply(&kept)),
        changed: kept.len(),
        left: lost.iter().map(|it| lines.line_of(note.links[*it].range.start) + 1).collect(),
    }
}

struct Task<'a> {
    text: &'a str,
    old: &'a Note,
    /// Where the note lies after the move.
    place: &'a NotePath,
    moved: Move<'a>,
    after: &'a Names,
    style: LinkFormat,
}

#[derive(Debug, Clone)]
struct Edit {
    /// Of the note's links.
    number: usize,
    range: Range<usize>,
    new: String,
    goal: NotePath,
}

impl Task<'_> {
    /// Says whether a link names a folder that the moved file has left: it is written anew even where it is still understood.
    fn spells_old_folder(&self, link: &Link) -> bool {
        path_of(&link.target).contains('/') && self.moved.from.folder() != self.moved.to.folder()
    }

    /// Returns the change that makes a link lead to the goal, by the first spelling that does.
    fn edit(&self, number: usize, link: &Link, goal: &NotePath) -> Option<Edit> {
        let destination = Destination::of(self.text, link)?;
        let spellings = self.spellings(goal, link.markdown);
        let leads = |it: &&String| {
            let found = self.after.resolve(it, ALREADY_DECODED, Some(self.place));
            found.path.as_ref() == Some(goal) && !path_of(it).is_empty()
        };
        let certain = |it: &&String| !self.after.resolve(it, ALREADY_DECODED, Some(self.place)).ambiguous;
        let fits: Vec<&String> = spellings.iter().filter(leads).collect();
        let best = fits.iter().copied().find(|it| certain(it)).or(fits.first().copied())?;
        let new = destination.write(best)?;
        (new != self.text[destination.range.clone()]).then(|| Edit {
            number,
            range: destination.range,
            new,
            goal: goal.clone(),
        })
    }

    /// Returns how the goal may be written in a link of this note, the likeliest first. A note's extension is left out of wikilinks, unless
    /// a file without one stands in the way.
    fn spellings(&self, goal: &NotePath, markdown: bool) -> Vec<String> {
        // A link that the moved file's new name would take away is secured once and for all.
        let captured = self.place != self.moved.to && goal != self.moved.to;
        let whole = goal.as_str().to_owned();
        let mut found = match self.style {
            LinkFormat::Shortest if !captured && self.is_only_one(goal) => vec![goal.file_name().to_owned()],
            LinkFormat::Relative if !captured => {
                let relative = relative(self.place.folder(), goal.as_str());
                // Without the dot, a file at this path from the root comes first.
                vec![relative.clone(), format!("./{relative}")]
            }
            LinkFormat::Shortest | LinkFormat::Relative | LinkFormat::Absolute => Vec::new(),
        };
        found.push(whole);
        if markdown || !goal.is_note() {
            return found;
        }
        let bare = found.iter().map(|it| it[..it.len() - ".md".len()].to_owned());
        bare.collect::<Vec<_>>().into_iter().chain(found).collect()
    }

    /// Says whether no other file could be meant by this one's name. Obsidian writes the bare name for such alone.
    fn is_only_one(&self, goal: &NotePath) -> bool {
        let name = path_key(goal.file_name());
        let spoken = name.strip_suffix(".md").unwrap_or(&name);
        self.after.named(spoken).nth(1).is_none()
    }

    /// Keeps the edits after which the note, read again, has the same links, each where it belongs; the others are lost. Halves what fails,
    /// so that one bad link costs few readings.
    fn keep_what_holds(&self, edits: &[Edit], kept: &mut Vec<Edit>, lost: &mut Vec<usize>) {
        if edits.is_empty() {
            return;
        }
        let before = kept.len();
        kept.extend_from_slice(edits);
        if self.holds(kept) {
            return;
        }
        kept.truncate(before);
        if let [one] = edits {
            lost.push(one.number);
            return;
        }
        let (first, second) = edits.split_at(edits.len() / 2);
        self.keep_what_holds(first, kept, lost);
        self.keep_what_holds(second, kept, lost);
    }

    fn holds(&self, edits: &[Edit]) -> bool {
        let mut ranges: Vec<&Range<usize>> = edits.iter().map(|it| &it.range).collect();
        ranges.sort_by_key(|it| it.start);
        if ranges.windows(2).any(|it| it[0].end > it[1].start) {
            return false;
        }
        let new = Note::parse(&self.apply(edits));
        let mut goals = vec![None; self.old.links.len()];
        edits.iter().for_each(|it| goals[it.number] = Some(&it.goal));
        new.links.len() == self.old.links.len()
            && self.old.links.iter().zip(&new.links).zip(goals).all(|((old, new), goal)| {
                let same_kind = (old.kind, old.markdown, &old.key) == (new.kind, new.markdown, &new.key);
                let leads = || match goal {
                    Some(goal) => self.leads(new, goal) && subpath_of(&old.target) == subpath_of(&new.target),
                    None => old.target == new.target,
                };
                same_kind && leads()
            })
    }

    fn leads(&self, link: &Link, goal: &NotePath) -> bool {
        let found = self.after.resolve(&link.target, ALREADY_DECODED, Some(self.place));
        found.path.as_ref() == Some(goal)
    }

    fn apply(&self, edits: &[Edit]) -> String {
        let mut sorted: Vec<&Edit> = edits.iter().collect();
        sorted.sort_by_key(|it| it.range.start);
        let mut new = String::with_capacity(self.text.len() + 16 * edits.len());
        let mut at = 0;
        for edit in sorted {
            new.push_str(&self.text[at..edit.range.start]);
            new.push_str(&edit.new);
            at = edit.range.end;
        }
        new.push_str(&self.text[at..]);
        new
    }
}

fn path_of(target: &str) -> &str {
    target.split_once('#').map_or(target, |(path, _)| path).trim()
}

fn subpath_of(target: &str) -> Option<&str> {
    target.split_once('#').map(|(_, subpath)| subpath)
}

/// Returns the way from a folder to a path: `../b/Note.md`.
fn relative(folder: &str, path: &str) -> String {
    let here: Vec<&str> = folder.split('/').filter(|it| !it.is_empty()).collect();
    let there: Vec<&str> = path.split('/').collect();
    let same = here.iter().zip(&there[..there.len() - 1]).take_while(|(a, b)| a == b).count();
    let up = "../".repeat(here.len() - same);
    format!("{up}{}", there[same..].join("/"))
}

#[cfg(test)]
mod tests;

//! Fills a budget: groups of passages in their order of importance, each sure of a share, what one leaves goes to the others. Never more than the
//! budget, whatever the texts are; nothing that repeats what is in already. Knows texts and costs; must not know notes.

use crate::model::context::{
    likeness::Runs,
    shown::{ELLIPSIS, INDENT, line},
    tokens::{beginning, estimate},
};

/// A text is cut only where at least so many tokens of it remain: less says nothing.
const CUT_LEAST: usize = 24;

/// Passages that a new one is compared with, the latest. A budget holds fewer of them in practice.
const COMPARED_MOST: usize = 200;

/// What may be given to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Piece {
    /// One line: where it comes from and what it is.
    pub head: String,
    /// Its lines as they are in the source; empty where the head says all.
    pub text: String,
}

/// Pieces of a kind, the most important first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// Printed before the first of them; empty for none.
    pub title: &'static str,
    /// Of the budget, in hundredths.
    pub share: usize,
    pub pieces: Vec<Piece>,
}

/// What was chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Packed {
    /// By group, in the order of the pieces.
    pub groups: Vec<Vec<Chosen>>,
    /// Tokens of all that is chosen, with heads and titles.
    pub used: usize,
    /// Pieces that did not fit.
    pub omitted: usize,
    /// Pieces that repeat what is chosen.
    pub duplicates: usize,
}

/// A piece that is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Its place among the pieces of its group.
    pub at: usize,
    /// The text as it is shown.
    pub text: String,
    /// How many lines of the source it goes on for.
    pub lines: usize,
    /// Whether the rest did not fit.
    pub cut: bool,
    pub tokens: usize,
}

/// Returns what fits into a budget of tokens. First each group takes whole pieces within its share, then what is left over is given out in the
/// order of the groups: whole pieces, else the beginning of one.
pub fn pack(budget: usize, groups: &[Group]) -> Packed {
    let mut packer = Packer {
        left: budget,
        states: groups.iter().map(|it| vec![State::Waiting; it.pieces.len()]).collect(),
        known: Vec::new(),
        chosen: groups.iter().map(|_| Vec::new()).collect(),
    };
    for (at, group) in groups.iter().enumerate() {
        let mut share = budget.saturating_mul(group.share) / 100;
        for piece in 0..group.pieces.len() {
            share = share.saturating_sub(packer.take(groups, at, piece, share, false));
        }
    }
    for (at, group) in groups.iter().enumerate() {
        for piece in 0..group.pieces.len() {
            let left = packer.left;
            packer.take(groups, at, piece, left, true);
        }
    }
    let count = |state: State| packer.states.iter().flatten().filter(|it| **it == state).count();
    let (omitted, duplicates) = (count(State::Waiting), count(State::Repeats));
    let mut chosen = packer.chosen;
    chosen.iter_mut().for_each(|it| it.sort_by_key(|it| it.at));
    Packed {
        groups: chosen,
        used: budget - packer.left,
        omitted,
        duplicates,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Chosen,
    Repeats,
}

struct Packer {
    left: usize,
    states: Vec<Vec<State>>,
    known: Vec<Runs>,
    chosen: Vec<Vec<Chosen>>,
}

impl Packer {
    /// Takes a piece if it fits into so much, and returns what it cost; 0 when it did not.
    fn take(&mut self, groups: &[Group], group: usize, at: usize, room: usize, may_cut: bool) -> usize {
        let room = room.min(self.left);
        if room == 0 || self.states[group][at] != State::Waiting {
            return 0;
        }
        let piece = &groups[group].pieces[at];
        let title = match (self.chosen[group].is_empty(), groups[group].title) {
            (true, title) if !title.is_empty() => estimate(title) + 1,
            _ => 0,
        };
        let Some(mut found) = fit(piece, at, room.saturating_sub(title), may_cut) else {
            return 0;
        };
        let runs = Runs::of(&found.text);
        if self.known.iter().rev().take(COMPARED_MOST).any(|it| runs.repeats(it)) {
            self.states[group][at] = State::Repeats;
            return 0;
        }
        self.known.push(runs);
        let cost = title + found.tokens;
        found.tokens = cost;
        self.left -= cost;
        self.states[group][at] = State::Chosen;
        self.chosen[group].push(found);
        cost
    }
}

/// Returns a piece as it fits into so many tokens.
fn fit(piece: &Piece, at: usize, room: usize, may_cut: bool) -> Option<Chosen> {
    let head = estimate(&piece.head) + 1;
    let room = room.checked_sub(head)?;
    let mut shown = Shown::default();
    let mut is_cut = false;
    for raw in piece.text.trim_end().split('\n') {
        // Of a line that cannot fit, no more is cleaned than tells so.
        let end = beginning(raw, room.saturating_add(CUT_LEAST).saturating_mul(4));
        let text = line(&raw[..end]);
        if end == raw.len() && shown.push(&text, room) {
            continue;
        }
        is_cut = true;
        if !may_cut || !shown.cut(&text, room) {
            return None;
        }
        break;
    }
    Some(Chosen {
        at,
        tokens: head + shown.cost(),
        lines: shown.lines.last().map_or(0, |it| it.end),
        text: shown.text(),
        cut: is_cut,
    })
}

/// The lines that are shown of a text.
#[derive(Default)]
struct Shown {
    lines: Vec<ShownLine>,
    /// Lines of the source that were looked at.
    seen: usize,
}

struct ShownLine {
    text: String,
    cost: usize,
    /// How many lines of the source end with it.
    end: usize,
}

impl Shown {
    fn cost(&self) -> usize {
        self.lines.iter().map(|it| it.cost).sum()
    }

    fn text(&self) -> String {
        let lines: Vec<&str> = self.lines.iter().map(|it| it.text.as_str()).collect();
        lines.join("\n")
    }

    /// Takes a line, unless there is no room. Of several blank lines in a row one is shown, and none at the beginning.
    fn push(&mut self, line: &str, room: usize) -> bool {
        let is_needless = line.is_empty() && self.lines.last().is_none_or(|it| it.text.is_empty());
        let cost = cost_of(line);
        if !is_needless && self.cost() + cost > room {
            return false;
        }
        self.seen += 1;
        if !is_needless {
            self.lines.push(ShownLine {
                text: line.to_owned(),
                cost,
                end: self.seen,
            });
        }
        true
    }

    /// Ends with a mark and, where little is shown yet, the beginning of the next line. Says whether that is worth showing.
    fn cut(&mut self, next: &str, room: usize) -> bool {
        let mark = cost_of(&ELLIPSIS.to_string());
        while self.lines.last().is_some_and(|it| it.text.is_empty()) || (self.cost() + mark > room && !self.lines.is_empty()) {
            self.lines.pop();
        }
        let mut end = self.lines.last().map_or(0, |it| it.end);
        // Lines that had to go for the mark come before the next one.
        let rest = if end < self.seen {
            0
        } else {
            room.saturating_sub(self.cost() + mark)
        };
        let mut last = String::new();
        if self.cost() < room / 2 {
            let until = beginning(next, rest);
            let until = next[..until].rfind(' ').filter(|it| *it > until / 2).unwrap_or(until);
            next[..until].trim_end().clone_into(&mut last);
            end += usize::from(!last.is_empty());
        }
        last.push(ELLIPSIS);
        let cost = cost_of(&last);
        self.lines.push(ShownLine { text: last, cost, end });
        (CUT_LEAST..=room).contains(&self.cost())
    }
}

/// Returns what a line costs as it is printed.
fn cost_of(line: &str) -> usize {
    if line.is_empty() {
        1
    } else {
        estimate(INDENT) + estimate(line) + 1
    }
}

#[cfg(test)]
mod tests;

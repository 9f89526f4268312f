//! Which notes meet a condition. The index narrows; what it cannot decide alone is verified on the stored text, before anything is ranked
//! or cut. Knows postings; the meaning of a condition is `query::evaluate`'s.

use std::{slice, sync::Arc, time::Instant};

use anyhow::{Result, anyhow};

use crate::{
    io::index::{analysis::TermKind, finder, segment::Segment, words::in_order},
    model::{
        path::NotePath,
        query::{
            Condition, Pattern, PatternText, PropertyTest, Scope,
            candidate::Candidate,
            evaluate::{Matcher, visible_path},
            needed::needed,
            pattern::Finder,
        },
    },
};

mod phrase;
mod property;
mod substring;
mod verify;

pub(super) use verify::Texts;

/// What the index alone can say of a note and a condition. In this order "and" is the smaller, "or" the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    No,
    Maybe,
    Yes,
}

/// A verdict for each segment and note.
type Verdicts = Vec<Vec<Verdict>>;

/// What conditions are decided with.
pub(super) struct Selector<'a, 'f> {
    pub(super) segments: &'a [Arc<Segment>],
    pub(super) visible: &'a [Vec<bool>],
    pub(super) finder: &'f mut finder::Finder<'a>,
    /// Obsidian's own meaning of words and phrases: the text decides, not the index's analysis of it.
    pub(super) exact: bool,
    pub(super) deadline: Option<Instant>,
}

impl Selector<'_, '_> {
    /// Returns, for each segment and note, whether it is visible and meets the condition. Of a conjunction only the parts that the index
    /// does not decide alone are verified.
    pub(super) fn select(&mut self, condition: &Condition) -> Result<Vec<Vec<bool>>> {
        if *condition == Condition::Everything {
            return Ok(self.visible.to_owned());
        }
        let parts = match condition {
            Condition::And(parts) => parts,
            one => slice::from_ref(one),
        };
        let mut verdicts = self.each(|at, note| known(self.visible[at][note]));
        let mut open = Vec::new();
        for part in parts {
            let narrowed = self.narrow(part)?;
            if narrowed.iter().flatten().any(|it| *it == Verdict::Maybe) {
                open.push(part.clone());
            }
            merge(&mut verdicts, &narrowed, Verdict::min);
        }
        let mut selected: Vec<Vec<bool>> = verdicts
            .iter()
            .map(|it| it.iter().map(|it| *it == Verdict::Yes).collect())
            .collect();
        let maybe = |at: usize| {
            verdicts[at]
                .iter()
                .enumerate()
                .filter(|(_, it)| **it == Verdict::Maybe)
                .map(move |(note, _)| (at, note))
        };
        let places: Vec<verify::Place> = (0..verdicts.len()).flat_map(maybe).collect();
        if !places.is_empty() {
            for (at, note) in verify::verify(self.segments, &Condition::And(open), &places, self.deadline)? {
                selected[at][note] = true;
            }
        }
        Ok(selected)
    }

    fn narrow(&mut self, condition: &Condition) -> Result<Verdicts> {
        verify::check(self.deadline)?;
        Ok(match condition {
            Condition::Everything => self.all(Verdict::Yes),
            Condition::And(conditions) => self.join(conditions, Verdict::Yes, Verdict::min)?,
            Condition::Or(conditions) => self.join(conditions, Verdict::No, Verdict::max)?,
            Condition::Not(inner) => map(self.narrow(inner)?, Verdict::opposite),
            // The index's analysis of a note holds its names.
            Condition::Anywhere(pattern) | Condition::Content(pattern) if self.is_analysed(pattern) => self.analysed(pattern)?,
            Condition::Anywhere(pattern) => {
                let mut verdicts = self.names(&Condition::Path(pattern.clone()))?;
                // The name of an attachment is found by `file:` and `path:` only.
                for (segment, verdicts) in self.segments.iter().zip(&mut verdicts) {
                    verdicts
                        .iter_mut()
                        .zip(&segment.attachment)
                        .filter(|(_, it)| **it)
                        .for_each(|(it, _)| *it = Verdict::No);
                }
                merge(&mut verdicts, &self.text(pattern)?, Verdict::max);
                verdicts
            }
            Condition::Content(pattern) => self.text(pattern)?,
            Condition::File(_) | Condition::Path(_) | Condition::PathGlob(_) => self.names(condition)?,
            Condition::Tag(tag) => self.segmentwise(|it| property::tag(it, tag))?,
            Condition::Scope(scope, inner) => self.scope(*scope, inner)?,
            Condition::Property { name, test } => self.segmentwise(|it| property::property(it, name, test))?,
            Condition::Field { name, pattern } => {
                let test = PropertyTest::Value(pattern.clone());
                self.segmentwise(|it| Ok(property::of_config_file(it, property::property(it, name, &test)?)))?
            }
            Condition::Resource(test) => self.segmentwise(|it| Ok(property::of_config_file(it, property::resource(it, test)?)))?,
        })
    }

    /// Returns a verdict for each note, living or not.
    fn each(&self, verdict: impl Fn(usize, usize) -> Verdict) -> Verdicts {
        let segments = self.segments.iter().enumerate();
        segments
            .map(|(at, it)| (0..it.notes()).map(|note| verdict(at, note)).collect())
            .collect()
    }

    fn all(&self, verdict: Verdict) -> Verdicts {
        self.each(|_, _| verdict)
    }

    fn join(&mut self, conditions: &[Condition], start: Verdict, join: fn(Verdict, Verdict) -> Verdict) -> Result<Verdicts> {
        let mut joined = self.all(start);
        for condition in conditions {
            merge(&mut joined, &self.narrow(condition)?, join);
        }
        Ok(joined)
    }

    fn segmentwise(&self, decide: impl Fn(&Segment) -> Result<Vec<Verdict>>) -> Result<Verdicts> {
        self.segments.iter().map(|it| decide(it)).collect()
    }

    /// What a scope holds the note holds, unless it is a negation.
    fn scope(&mut self, scope: Scope, inner: &Condition) -> Result<Verdicts> {
        let mut verdicts = if negates(inner) {
            self.all(Verdict::Maybe)
        } else {
            self.narrow(inner)?
        };
        if *inner != Condition::Everything || !matches!(scope, Scope::Task(_)) {
            verdicts = map(verdicts, |it| it.min(Verdict::Maybe));
        }
        if let Scope::Task(state) = scope {
            merge(&mut verdicts, &self.segmentwise(|it| property::task(it, state))?, Verdict::min);
        }
        Ok(verdicts)
    }

    fn is_analysed(&self, pattern: &Pattern) -> bool {
        !self.exact && matches!(pattern.text, PatternText::Word(_) | PatternText::Phrase(_))
    }

    fn analysed(&mut self, pattern: &Pattern) -> Result<Verdicts> {
        match &pattern.text {
            PatternText::Word(text) => self.word(text),
            PatternText::Phrase(text) => {
                let held = self.phrase(text)?;
                Ok(self.each(|at, note| known(held[at][note])))
            }
            PatternText::Substring(_) | PatternText::Glob(_) | PatternText::Regex(_) => Ok(self.all(Verdict::Maybe)),
        }
    }

    /// A word holds where the whole identifier stands, or all of its parts.
    fn word(&mut self, text: &str) -> Result<Verdicts> {
        let run = in_order(text);
        if run.is_empty() {
            return Ok(self.all(Verdict::No));
        }
        let mut parts = self.all(Verdict::Yes);
        let mut whole = self.all(Verdict::No);
        for word in &run {
            let occurrences = self.finder.find(word)?;
            let mut holds = self.all(Verdict::No);
            for (at, holds) in holds.iter_mut().enumerate() {
                occurrences.notes_in(at).for_each(|note| holds[note] = Verdict::Yes);
            }
            match word.kind {
                TermKind::Whole => merge(&mut whole, &holds, Verdict::max),
                TermKind::Word | TermKind::Bigram => merge(&mut parts, &holds, Verdict::min),
            }
        }
        merge(&mut parts, &whole, Verdict::max);
        Ok(parts)
    }

    /// Returns for each segment and note whether the phrase's terms follow each other in the text, or in the title and headings.
    pub(super) fn phrase(&self, text: &str) -> Result<Vec<Vec<bool>>> {
        let terms = phrase::terms(text);
        let found = self.segments.iter().map(|segment| {
            let mut notes = vec![false; segment.notes()];
            for field in [segment.fields.body, segment.fields.context] {
                phrase::follow(segment, field, &terms, &mut notes)?;
            }
            Ok(notes)
        });
        found.collect()
    }

    /// A phrase is a substring too. Its terms need not follow each other in the index: `JavaScript` are two words there.
    /// Of a regular expression the texts that it needs are looked for.
    fn text(&mut self, pattern: &Pattern) -> Result<Verdicts> {
        let (PatternText::Word(text) | PatternText::Substring(text) | PatternText::Phrase(text)) = &pattern.text else {
            return Ok(map(self.narrow(&needed(pattern))?, |it| it.min(Verdict::Maybe)));
        };
        self.segmentwise(|segment| {
            let notes = substring::may_hold(segment, text)?.unwrap_or_else(|| vec![true; segment.notes()]);
            Ok(notes.into_iter().map(|it| known(it).min(Verdict::Maybe)).collect())
        })
    }

    fn names(&self, condition: &Condition) -> Result<Verdicts> {
        let mut verdicts = self.all(Verdict::No);
        // A word is looked for in every path: those need not become paths again.
        let finder = match condition {
            Condition::Path(pattern) => Some(Finder::new(pattern).map_err(|why| anyhow!("compile a pattern: {why}"))?),
            _ => None,
        };
        let matcher = matcher(condition)?;
        for (segment, verdicts) in self.segments.iter().zip(&mut verdicts) {
            for (note, verdict) in verdicts.iter_mut().enumerate() {
                let path = segment.path(note);
                *verdict = known(match &finder {
                    Some(finder) => finder.is_match(&visible_path(path)),
                    None => matcher.matches(&Candidate::note(&stored_path(path)?, "")),
                });
            }
        }
        Ok(verdicts)
    }
}

impl Verdict {
    fn opposite(self) -> Verdict {
        match self {
            Verdict::No => Verdict::Yes,
            Verdict::Maybe => Verdict::Maybe,
            Verdict::Yes => Verdict::No,
        }
    }
}

fn known(holds: bool) -> Verdict {
    if holds { Verdict::Yes } else { Verdict::No }
}

fn map(mut verdicts: Verdicts, change: impl Fn(Verdict) -> Verdict) -> Verdicts {
    verdicts.iter_mut().flatten().for_each(|it| *it = change(*it));
    verdicts
}

fn merge(verdicts: &mut Verdicts, others: &Verdicts, join: fn(Verdict, Verdict) -> Verdict) {
    verdicts
        .iter_mut()
        .flatten()
        .zip(others.iter().flatten())
        .for_each(|(it, other)| *it = join(*it, *other));
}

fn negates(condition: &Condition) -> bool {
    match condition {
        Condition::Not(_) => true,
        Condition::And(inner) | Condition::Or(inner) => inner.iter().any(negates),
        Condition::Scope(_, inner) => negates(inner),
        _ => false,
    }
}

fn matcher(condition: &Condition) -> Result<Matcher> {
    Matcher::new(condition).map_err(|why| anyhow!("compile a condition: {why}"))
}

/// Says whether a path is one that the index can hold; used where a stored path becomes a [`NotePath`] again.
pub(super) fn stored_path(path: &str) -> Result<NotePath> {
    NotePath::parse_in_repo(path).map_err(|error| anyhow!("the index holds the path {path:?}: {error}"))
}

//! What of a query is meant as it is written: quoted phrases, identifiers such as a host, an image tag or the path of a key, and ports. What holds it
//! comes before what holds its parts only. Knows how identifiers look; knows no scores.

use std::sync::Arc;

use anyhow::Result;

use crate::{
    io::index::{
        analysis::TermKind,
        condition::Selector,
        segment::Segment,
        words::{Word, in_order},
    },
    model::{
        origin::Origin,
        query::{Condition, Evidence, Pattern, PatternText},
    },
};

/// What a note gets for the parts of an identifier in a row that are no whole of their own there: `1.27.3` within `nginx:1.27.3`.
const IN_A_ROW: f32 = 0.5;

/// Numbers that are years more often than ports.
const YEARS: std::ops::RangeInclusive<u16> = 1900..=2100;

/// How much of the literal evidence each note of each segment holds, 0 to 1; `None` for a query without any.
pub(super) type Literal = Option<Vec<Vec<f32>>>;

/// Returns what the notes hold. An identifier that none of them has does not count: then its parts are words like others.
pub(super) fn literal(evidence: &[Evidence], selector: &mut Selector<'_, '_>) -> Result<Literal> {
    let mut sum: Literal = None;
    let mut count = 0.0;
    let alone = evidence.len() == 1;
    for it in evidence {
        let held = if it.phrase {
            Some(phrase(&it.text, selector)?)
        } else if selector.exact {
            None
        } else {
            match identifier(&it.text, alone, selector)? {
                None => number(&it.text, selector)?,
                held => held,
            }
        };
        let Some(held) = held else { continue };
        count += 1.0;
        match &mut sum {
            None => sum = Some(held),
            Some(sum) => sum
                .iter_mut()
                .flatten()
                .zip(held.into_iter().flatten())
                .for_each(|(sum, it)| *sum += it),
        }
    }
    sum.iter_mut().flatten().flatten().for_each(|it| *it /= count);
    Ok(sum)
}

fn phrase(text: &str, selector: &Selector<'_, '_>) -> Result<Vec<Vec<f32>>> {
    let held = selector.phrase(text)?;
    let worth = |it: Vec<bool>| it.into_iter().map(|it| if it { 1.0 } else { 0.0 }).collect();
    Ok(held.into_iter().map(worth).collect())
}

fn identifier(text: &str, alone: bool, selector: &mut Selector<'_, '_>) -> Result<Option<Vec<Vec<f32>>>> {
    let run = in_order(text);
    if !is_identifier(text, &run, alone) {
        return Ok(None);
    }
    let mut held = phrase(text, selector)?;
    held.iter_mut().flatten().for_each(|it| *it *= IN_A_ROW);
    // All wholes of `ghcr.io/x/openclaw:v1.4.2`, and all words between them.
    let mut wholes: Option<Vec<Vec<bool>>> = None;
    for word in run.iter().filter(|it| it.kind == TermKind::Whole) {
        let found = selector.finder.find(word)?;
        let mut holds: Vec<Vec<bool>> = held.iter().map(|it| vec![false; it.len()]).collect();
        for (at, holds) in holds.iter_mut().enumerate() {
            found.notes_in(at).for_each(|note| holds[note] = true);
        }
        match &mut wholes {
            None => wholes = Some(holds),
            Some(all) => all
                .iter_mut()
                .flatten()
                .zip(holds.into_iter().flatten())
                .for_each(|(all, it)| *all &= it),
        }
    }
    let one_whole = run.iter().filter(|it| it.kind == TermKind::Whole).count() == 1;
    for (held, whole) in held.iter_mut().flatten().zip(wholes.into_iter().flatten().flatten()) {
        // Several wholes must stand in a row as well.
        if whole && (one_whole || *held > 0.0) {
            *held = 1.0;
        }
    }
    Ok(held.iter().flatten().any(|it| *it > 0.0).then_some(held))
}

/// A port, or another number that a config file holds, says more than the words around it: in a small repository every file may have a `port`. Where
/// no config file has it, a number is a word like others.
fn number(text: &str, selector: &mut Selector<'_, '_>) -> Result<Option<Vec<Vec<f32>>>> {
    let run = in_order(text);
    let [word] = run.as_slice() else { return Ok(None) };
    let Some(number) = word.text.parse::<u16>().ok().filter(|it| *it > 0) else {
        return Ok(None);
    };
    let is_port = Condition::Field {
        name: "port",
        pattern: Pattern {
            text: PatternText::Word(number.to_string()),
            case_sensitive: false,
        },
    };
    let declared = selector.select(&is_port)?;
    let is_declared = declared.iter().flatten().any(|it| *it);
    let found = selector.finder.find(word)?;
    let segments = selector.segments;
    // What is short, or a year, may be anything.
    let is_telling = number >= 1000 && !YEARS.contains(&number);
    let in_config = |(at, segment): (usize, &Arc<Segment>)| found.notes_in(at).any(|it| segment.origin[it] == Origin::Config);
    let is_meant = is_declared || is_telling && segments.iter().enumerate().any(in_config);
    if !is_meant {
        return Ok(None);
    }
    let held = segments.iter().enumerate().map(|(at, segment)| {
        let mut held = vec![0.0; segment.notes()];
        // Whoever has it as a port comes before those who have as many replicas.
        let worth = |it: usize| if is_declared && !declared[at][it] { IN_A_ROW } else { 1.0 };
        found.notes_in(at).for_each(|it| held[it] = worth(it));
        held
    });
    Ok(Some(held.collect()))
}

/// Says whether a word is meant as a whole: put together by more than a hyphen or a hump, or all that is asked for. `e.g.` is no identifier.
fn is_identifier(text: &str, run: &[Word], alone: bool) -> bool {
    let has_whole = run.iter().any(|it| it.kind == TermKind::Whole);
    let is_name = |it: &&Word| it.kind == TermKind::Word && (it.text.len() > 1 || it.text.bytes().all(|it| it.is_ascii_digit()));
    has_whole && run.iter().any(|it| is_name(&it)) && (alone || text.contains(['.', ':', '_']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_together_is_an_identifier() {
        let check = |text: &str, alone: bool, expected: bool| assert_eq!(is_identifier(text, &in_order(text), alone), expected, "{text}");
        for text in [
            "notes.example.org",
            "v1.4.2",
            "spec.values.size",
            "restore_snapshot",
            "nginx:1.27",
            "1.2",
        ] {
            check(text, false, true);
        }
        check("self-care", false, false);
        check("self-care", true, true);
        check("containerPort", true, true);
        for text in ["e.g.", "p.m", "word", "8443"] {
            check(text, true, false);
        }
    }
}

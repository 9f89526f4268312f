//! What the index says of tags, properties and tasks. Knows how they are spelled as terms (`marks`); where that leaves a doubt, the note is
//! read.

use anyhow::{Result, anyhow};

use crate::{
    io::index::{
        condition::{
            Verdict, known,
            substring::{each_term, marked},
        },
        marks::{DONE, EMPTY, NULL, SEPARATOR, TODO, UNLISTED, value_term},
        segment::Segment,
    },
    model::{
        config_file::record,
        path::{FileKind, NotePath},
        query::{Pattern, PatternText, PropertyTest, ResourceTest, TaskState, pattern::Finder, resource::ResourceFinder},
    },
};

/// Decides which notes have the tag or a child of it.
pub(super) fn tag(segment: &Segment, tag: &str) -> Result<Vec<Verdict>> {
    let mut verdicts = vec![Verdict::No; segment.notes()];
    let tag = tag.trim_start_matches('#').to_lowercase();
    let is_child = |term: &str| term.strip_prefix(&tag).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let wanted = |term: &str| is_child(term).then_some(Verdict::Yes);
    each_term(segment, segment.fields.tag, &tag, wanted, |note, verdict| verdicts[note] = verdict)?;
    Ok(verdicts)
}

/// Decides which notes have a task in this state.
pub(super) fn task(segment: &Segment, state: TaskState) -> Result<Vec<Verdict>> {
    let marks: &[&str] = match state {
        TaskState::Any => &[TODO, DONE],
        TaskState::Todo => &[TODO],
        TaskState::Done => &[DONE],
    };
    let mut verdicts = vec![Verdict::No; segment.notes()];
    for mark in marks {
        marked(segment, mark, |note| verdicts[note] = Verdict::Yes)?;
    }
    Ok(verdicts)
}

/// Decides which notes have a property that passes the test, as far as its listed values tell.
pub(super) fn property(segment: &Segment, name: &str, test: &PropertyTest) -> Result<Vec<Verdict>> {
    let name = name.to_lowercase();
    if name.contains(SEPARATOR) {
        return Ok(vec![Verdict::Maybe; segment.notes()]);
    }
    let mut verdicts = vec![Verdict::No; segment.notes()];
    if *test == PropertyTest::Exists {
        marked(segment, &name, |note| verdicts[note] = Verdict::Yes)?;
        return Ok(verdicts);
    }
    let finder = finder(test)?;
    let prefix = value_term(&name, "");
    let worth = |term: &str| Some(judge(test, finder.as_ref(), &term[prefix.len()..])).filter(|it| *it > Verdict::No);
    each_term(segment, segment.fields.property, &prefix, worth, |note, verdict| {
        verdicts[note] = verdicts[note].max(verdict);
    })?;
    Ok(verdicts)
}

/// Decides which files have a document that passes the test.
pub(super) fn resource(segment: &Segment, test: &ResourceTest) -> Result<Vec<Verdict>> {
    let finder = ResourceFinder::new(test).map_err(|why| anyhow!("compile a condition: {why}"))?;
    // Values are listed in lower case, and a regular expression may tell cases apart.
    let is_sure = test
        .facts
        .iter()
        .all(|(_, it)| !it.case_sensitive && !matches!(it.text, PatternText::Regex(_)));
    let found = if is_sure { Verdict::Yes } else { Verdict::Maybe };
    let mut verdicts = vec![Verdict::No; segment.notes()];
    let prefix = value_term(record::PROPERTY, "");
    let wanted = |term: &str| match &term[prefix.len()..] {
        UNLISTED => Some(Verdict::Maybe),
        value if !is_sure || finder.is_match(value) => Some(found),
        _ => None,
    };
    each_term(segment, segment.fields.property, &prefix, wanted, |note, verdict| {
        verdicts[note] = verdicts[note].max(verdict);
    })?;
    Ok(verdicts)
}

/// Denies what was said of notes: only a file of a config repository has facts.
pub(super) fn of_config_file(segment: &Segment, mut verdicts: Vec<Verdict>) -> Vec<Verdict> {
    for (note, verdict) in verdicts.iter_mut().enumerate().filter(|(_, it)| **it > Verdict::No) {
        if segment.attachment[note] || !NotePath::parse(segment.path(note)).is_ok_and(|it| it.kind() == FileKind::Attachment) {
            *verdict = Verdict::No;
        }
    }
    verdicts
}

/// Judges a value, in lower case, or what stands in its place.
fn judge(test: &PropertyTest, finder: Option<&Finder>, value: &str) -> Verdict {
    let number = |passes: &dyn Fn(f64) -> bool| value.parse().is_ok_and(passes);
    // A text looks like the number or the truth that it spells.
    let may = |holds: bool| known(holds).min(Verdict::Maybe);
    match test {
        PropertyTest::Null => known(value == NULL),
        PropertyTest::Empty => known(value == EMPTY),
        _ if value == UNLISTED => Verdict::Maybe,
        _ if value.starts_with(SEPARATOR) => Verdict::No,
        PropertyTest::True => may(value == "true"),
        PropertyTest::False => may(value == "false"),
        PropertyTest::Less(bound) => may(number(&|it| it < *bound)),
        PropertyTest::Greater(bound) => may(number(&|it| it > *bound)),
        PropertyTest::Value(pattern) => match finder {
            Some(finder) if pattern.case_sensitive => may(finder.is_match(value)),
            Some(finder) => known(finder.is_match(value)),
            None => Verdict::Maybe,
        },
        PropertyTest::Exists => Verdict::Yes,
    }
}

/// Returns what finds the test's pattern in values in lower case; `None` for a regular expression, which may tell cases apart.
fn finder(test: &PropertyTest) -> Result<Option<Finder>> {
    match test {
        PropertyTest::Value(pattern) if !matches!(pattern.text, PatternText::Regex(_)) => {
            let any_case = Pattern {
                case_sensitive: false,
                ..pattern.clone()
            };
            Finder::new(&any_case).map(Some).map_err(|why| anyhow!("compile a pattern: {why}"))
        }
        _ => Ok(None),
    }
}

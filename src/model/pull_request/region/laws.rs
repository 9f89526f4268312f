//! What holds after any steps of people and events.

use proptest::prelude::*;

use super::{tests::rendered, *};

/// A merge that is right where only one side changed a line in place, and a conflict elsewhere.
fn merge(base: &str, ours: &str, theirs: &str) -> Option<String> {
    if ours == base {
        return Some(theirs.to_owned());
    }
    if theirs == base || ours == theirs {
        return Some(ours.to_owned());
    }
    let [b, o, t] = [base, ours, theirs].map(|it| it.lines().collect::<Vec<_>>());
    if b.len() != t.len() || o.len() < b.len() {
        return None;
    }
    let mut lines = Vec::new();
    for (at, mine) in o.iter().enumerate() {
        lines.push(match (b.get(at), t.get(at)) {
            (Some(b), Some(t)) if b == mine => *t,
            (Some(b), Some(t)) if b != t => return None,
            _ => *mine,
        });
    }
    Some(lines.join("\n") + "\n")
}

fn state() -> impl Strategy<Value = Rendered> {
    prop::collection::vec(prop::option::weighted(0.7, 0..3u8), REGIONS.len()).prop_map(|said| {
        let text = |name: &str, it: u8| format!("## {name}\n\nstate {it}\n\n- line\n- {}", u32::from(it) * 7);
        let regions: Vec<(&'static str, String)> = REGIONS
            .into_iter()
            .zip(said)
            .filter_map(|(name, it)| Some((name, text(name, it?))))
            .collect();
        let regions: Vec<(&'static str, &str)> = regions.iter().map(|it| (it.0, &*it.1)).collect();
        rendered(&regions)
    })
}

#[derive(Debug, Clone)]
enum Step {
    Event(Rendered, bool),
    /// Puts a line of a person's own above the line at this share of the body.
    Line(u16),
    /// Takes a region away.
    Delete(usize),
    /// Repeats a marker.
    Double(usize),
    /// Takes a marker away.
    Break(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (state(), any::<bool>()).prop_map(|(it, known)| Step::Event(it, known)),
        4 => any::<u16>().prop_map(Step::Line),
        1 => (0..REGIONS.len()).prop_map(Step::Delete),
        1 => any::<usize>().prop_map(Step::Double),
        1 => any::<usize>().prop_map(Step::Break),
    ]
}

fn without_region(text: &str, name: &str) -> Option<String> {
    let scan = scan::read(text, Note::parse(text).body_start());
    let found = scan.regions.into_iter().find(|it| it.name == name)?;
    Some(format!("{}{}", &text[..found.outer.start], &text[found.outer.end..]))
}

fn marker_lines(text: &str) -> Vec<usize> {
    (0..).zip(text.lines()).filter(|it| scan::has_marker(it.1)).map(|it| it.0).collect()
}

proptest! {
    #[test]
    fn no_line_of_a_person_is_lost_and_no_deleted_region_comes_back(first in state(), steps in prop::collection::vec(step(), 1..14), crlf in any::<bool>()) {
        let mut text = update(None, None, &first, &merge).unwrap();
        if crlf {
            text = text.replace('\n', "\r\n");
        }
        let end = if crlf { "\r\n" } else { "\n" };
        let mut last = first;
        let (mut mine, mut deleted): (Vec<String>, Vec<&str>) = (Vec::new(), Vec::new());
        for (count, step) in steps.into_iter().enumerate() {
            match step {
                Step::Event(new, known) => {
                    let next = update(Some(&text), known.then_some(&last), &new, &merge).unwrap();
                    let again = update(Some(&next), Some(&new), &new, &merge).unwrap();
                    prop_assert_eq!(&again, &next);
                    prop_assert_eq!(&update(Some(&next), None, &new, &merge).unwrap(), &next);
                    (text, last) = (next, new);
                }
                Step::Line(at) => {
                    let body = Note::parse(&text).body_start();
                    let starts: Vec<usize> = text[body..].match_indices('\n').map(|it| body + it.0 + 1).collect();
                    let at = starts[usize::from(at) % starts.len()];
                    let line = format!("mine {count}");
                    text.insert_str(at, &format!("{line}{end}"));
                    mine.push(line);
                }
                Step::Delete(index) => {
                    if let Some(next) = without_region(&text, REGIONS[index]) {
                        mine.retain(|it| next.lines().any(|line| line == it));
                        text = next;
                        deleted.push(REGIONS[index]);
                    }
                }
                Step::Double(at) | Step::Break(at) => {
                    let lines = marker_lines(&text);
                    let Some(chosen) = (!lines.is_empty()).then(|| lines[at % lines.len()]) else { continue };
                    let again = if matches!(step, Step::Double(_)) { 2 } else { 0 };
                    let lines = text.split_inclusive('\n').enumerate();
                    text = lines.flat_map(|(at, it)| std::iter::repeat_n(it, if at == chosen { again } else { 1 })).collect();
                }
            }
            for line in &mine {
                prop_assert!(text.lines().any(|it| it == line), "{} is lost: {}", line, text);
            }
            let scan = scan::read(&text, Note::parse(&text).body_start());
            for name in &deleted {
                prop_assert!(!scan.regions.iter().any(|it| it.name == *name), "{} is back: {}", name, text);
            }
        }
    }
}

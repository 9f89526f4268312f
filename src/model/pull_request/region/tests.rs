//! Notes that people changed in one way each.

use super::*;

pub(super) fn rendered(regions: &[(&'static str, &str)]) -> Rendered {
    Rendered {
        title: "A title".to_owned(),
        properties: vec![
            ("type".to_owned(), Value::String("pull-request".to_owned())),
            ("pr".to_owned(), Value::String("git.example.org/ai/config#7".to_owned())),
            ("state".to_owned(), Value::String("open".to_owned())),
        ],
        tags: vec!["pull-request".to_owned()],
        aliases: vec!["A title".to_owned()],
        regions: regions.iter().map(|(name, text)| (*name, (*text).to_owned())).collect(),
    }
}

fn never(_: &str, _: &str, _: &str) -> Option<String> {
    None
}

const ONE: &[(&str, &str)] = &[("outcome", "## Outcome\n\nopen"), ("links", "## Links\n\n- a")];
const TWO: &[(&str, &str)] = &[
    ("outcome", "## Outcome\n\nmerged"),
    ("review", "## Review\n\n- ok"),
    ("links", "## Links\n\n- a"),
];

fn first() -> String {
    update(None, None, &rendered(ONE), &never).unwrap()
}

#[test]
fn a_new_note_has_all_parts() {
    insta::assert_snapshot!(first());
    assert_eq!(update(Some(&first()), None, &rendered(ONE), &never).unwrap(), first());
}

#[test]
fn what_people_wrote_outside_stays() {
    let note = first()
        .replace("state: open", "# mine\nmood: \"good\"\nstate: draft # no")
        .replace("# A title\n", "# My title\n\nmy words  \n")
        .replace("<!-- membridge:slot narrative -->", "<!-- membridge:slot narrative -->\nThe story.");
    for note in [note.clone(), note.replace('\n', "\r\n")] {
        let next = update(Some(&note), Some(&rendered(ONE)), &rendered(TWO), &never).unwrap();
        for part in [
            "# mine",
            "mood: \"good\"",
            "state: open # no",
            "# My title",
            "my words  ",
            "The story.",
            "merged",
            "## Review",
        ] {
            assert!(next.contains(part), "{part}: {next}");
        }
        assert_eq!(next.contains("\r\n"), note.contains("\r\n"));
        assert_eq!(next.replace("\r\n", "").contains('\n'), !note.contains("\r\n"));
        assert_eq!(update(Some(&next), Some(&rendered(TWO)), &rendered(TWO), &never).unwrap(), next);
        assert!(
            next.find("## Review") < next.find("## Narrative") && next.find("merged") < next.find("## Review"),
            "{next}"
        );
    }
}

#[test]
fn a_deleted_region_stays_deleted() {
    let note = first();
    let (from, to) = (note.find("<!-- membridge:begin links").unwrap(), note.len());
    let note = format!("{}{}", &note[..from], &note[to..]);
    let next = update(Some(&note), None, &rendered(TWO), &never).unwrap();
    assert!(!next.contains("## Links"), "{next}");
}

#[test]
fn a_conflict_keeps_the_person_and_folds_the_new_text_once() {
    let note = first().replace("\nopen\n", "\nopen, says me\n");
    assert_eq!(update(Some(&note), None, &rendered(ONE), &never).unwrap(), note);
    let next = update(Some(&note), None, &rendered(TWO), &never).unwrap();
    assert!(
        next.contains("open, says me\n\n> [!membridge]- Newer text") && next.contains("> merged"),
        "{next}"
    );
    assert_eq!(update(Some(&next), None, &rendered(TWO), &never).unwrap(), next);
    let third = rendered(&[("outcome", "## Outcome\n\nreverted"), ("links", "## Links\n\n- a")]);
    let last = update(Some(&next), None, &third, &never).unwrap();
    assert!(
        last.contains("> reverted") && !last.contains("> merged") && last.contains("open, says me"),
        "{last}"
    );
    assert!(last.contains("end review"), "what has nothing to say any more keeps its place");
}

#[test]
fn a_merge_keeps_both_and_the_next_one_too() {
    let theirs = |_: &str, ours: &str, theirs: &str| Some(format!("{theirs}{}", ours.lines().last().unwrap_or_default()));
    let note = first().replace("\nopen\n", "\nopen\nmine\n");
    let next = update(Some(&note), Some(&rendered(ONE)), &rendered(TWO), &theirs).unwrap();
    assert!(next.contains("merged\nmine\n") && !next.contains("[!membridge]"), "{next}");
    assert_eq!(update(Some(&next), Some(&rendered(TWO)), &rendered(TWO), &theirs).unwrap(), next);
    let back = update(Some(&next), Some(&rendered(TWO)), &rendered(ONE), &theirs).unwrap();
    assert!(back.contains("open\nmine\n"), "{back}");
}

#[test]
fn broken_markers_are_left_alone_and_broken_properties_are_refused() {
    let note = first();
    let without_end = note.replace("<!-- membridge:end outcome -->\n", "");
    let next = update(Some(&without_end), None, &rendered(TWO), &never).unwrap();
    assert!(next.contains("\nopen\n") && !next.contains("merged"), "{next}");
    let begin = note.lines().find(|it| it.contains("begin outcome")).unwrap();
    let doubled = note.replace(begin, &format!("{begin}\nx\n<!-- membridge:end outcome -->\n{begin}"));
    let next = update(Some(&doubled), None, &rendered(TWO), &never).unwrap();
    assert!(next.contains("\nopen\n") && !next.contains("merged"), "{next}");
    assert!(update(Some("---\na: [\n---\nx"), None, &rendered(ONE), &never).is_err());
}

/// It once stayed as it was when anything else in the note was a person's.
#[test]
fn the_heading_follows_the_title_unless_a_person_wrote_it() {
    let new = Rendered {
        title: "A better title".to_owned(),
        ..rendered(TWO)
    };
    let check = |note: String, expected: &str| {
        let next = update(Some(&note), Some(&rendered(ONE)), &new, &never).unwrap();
        assert!(next.lines().any(|it| it == expected), "{next}");
        assert_eq!(next.matches("\n# ").count(), 1, "{next}");
    };
    check(format!("{}mine\n", first()), "# A better title");
    check(first().replace("# A title\n", "my words\n\n# A title\n"), "# A better title");
    check(first().replace("# A title\n", "# My title\n"), "# My title");
}

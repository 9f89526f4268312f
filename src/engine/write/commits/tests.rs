//! What is committed for a write that somebody else's commit came before.

use std::fs;

use super::*;
use crate::io::git::Repository;

fn hash(text: &str) -> String {
    ContentHash::of(text.as_bytes()).to_string()
}

/// A write by an agent of what it had read as `before`, while HEAD held `head`.
fn intent(head: &str, before: &str, after: &str) -> Intent {
    Intent {
        operation: format!("{after:0>16}"),
        source: "vault".into(),
        path: "A.md".into(),
        before: Some(hash(before)),
        head: Some(hash(head)),
        before_text: (head != before).then(|| before.to_owned()),
        after: Some(after.into()),
        time: 1,
        subject: "note: A (replace)".into(),
        reason: String::new(),
        agent: "claw".into(),
        session: String::new(),
        about: String::new(),
        idempotency: None,
        moved: None,
        published: true,
    }
}

/// Shows the texts that are committed over `head`, with `!` where it is the agent's commit, and after a `|` those that are set aside.
fn check(head: &str, intents: &[Intent], on_disk: &str, expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("vault")).unwrap();
    let repository = Repository::open(&folder.path().join("vault"), &folder.path().join("history.git")).unwrap();
    let owner = Person {
        name: "Ada".into(),
        email: "ada@example.org".into(),
    };
    let path = NotePath::parse("A.md").unwrap();
    // What HEAD held when the writes were planned is in the repository.
    for text in intents
        .iter()
        .filter_map(|it| it.before_text.is_none().then_some("0"))
        .chain([head])
    {
        let theirs = person_commit(&path, Some(text.as_bytes().to_vec()), 1, &owner);
        repository.commit(&[theirs]).unwrap();
    }
    let intents: Vec<&Intent> = intents.iter().collect();
    let mut planned = String::new();
    let made = repository.commit_planned(|tip| {
        let operations: Vec<&[&Intent]> = intents.chunks(1).collect();
        let around = Around {
            tip,
            on_disk: &|_| Some(ContentHash::of(on_disk.as_bytes())),
            owner: &owner,
            batched: false,
        };
        let plan = plan_commits(&operations, &around)?;
        let text = |it: &CommitRequest| String::from_utf8(it.changes[0].1.clone().unwrap()).unwrap();
        let commits = plan.requests.iter().zip(&plan.of);
        planned = commits.map(|(it, of)| text(it) + if !of.is_empty() { "! " } else { " " }).collect();
        planned += "|";
        let aside = plan.aside.iter().filter_map(|it| intents[*it].before_text.clone());
        planned.extend(aside.map(|it| format!(" {it}")));
        Ok(plan.requests)
    });
    made.unwrap();
    assert_eq!(planned, expected, "{head} {intents:?} {on_disk}");
}

#[test]
fn what_a_person_wrote_and_did_not_commit_comes_before_ours() {
    check("0", &[intent("0", "0", "1")], "1", "1! |");
    check("0", &[intent("0", "x", "1")], "1", "x 1! |");
    check("0", &[intent("0", "x", "1"), intent("1", "1", "2")], "2", "x 1! 2! |");
}

#[test]
fn a_commit_that_came_while_ours_waited_is_not_undone() {
    // Somebody committed what we replaced.
    check("x", &[intent("0", "x", "1")], "1", "1! |");
    // Somebody committed our text before we did: a commit of what it replaced would stand after it.
    check("1", &[intent("0", "0", "1")], "1", "1! |");
    check("1", &[intent("0", "x", "1")], "1", "1! | x");
    // What somebody committed is older than what we replaced: the file still holds our text.
    check("w", &[intent("0", "x", "1")], "1", "x 1! |");
    // It is newer.
    check("y", &[intent("0", "x", "1")], "y", "x 1! y |");
}

#[test]
fn lines_that_a_later_save_had_dropped_stood_under_the_agents_name() {
    // Our text on top of that save told what the save had taken out as added by the agent.
    check("y", &[intent("0", "0", "1")], "y", "0 1! y |");
    check("y", &[intent("0", "0", "1"), intent("1", "1", "2")], "y", "0 1! 2! y |");
    check("y", &[intent("0", "0", "1"), intent("1", "1", "2")], "2", "0 1! 2! |");
}

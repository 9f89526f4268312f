//! The whole note: what it says, that it stays small, and that no text of others makes anything in it.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::model::{
    note::Note,
    pull_request::{
        Change, ChangedFile, Check, Comment, Commit, Diff, KeyChange, LeftToDo, Method, PullRequestId, ResourceChange, Review, Rollout,
        State, Verdict, region,
    },
    quickly::quickly,
};

mod masked;

fn at(text: &str) -> jiff::Timestamp {
    text.parse().unwrap()
}

fn file(path: &str, added: u64, removed: u64) -> ChangedFile {
    ChangedFile {
        path: path.to_owned(),
        renamed_from: None,
        kind: Change::Modified,
        added,
        removed,
        generated: path.ends_with(".lock"),
    }
}

fn rich() -> PullRequest {
    let body = "Moves the agent to the new image.\n\n## Why\nThe old one leaks memory, see #3 and ops/infra#12.\n\n## Decision\nPin by tag.\n\n\
        ## Follow-ups\n- [ ] watch memory\n- drop the old volume\n\nCloses #5\nSession: 2026-11-20-a";
    PullRequest {
        updated: Some(at("2026-11-21T10:00:00Z")),
        title: Some("feat(ai): move openclaw to 1.4 [#urgent]".to_owned()),
        body: Some(body.to_owned()),
        state: Some(State::Merged),
        author: Some("ada".to_owned()),
        base: Some("main".to_owned()),
        head: Some("openclaw-1.4".to_owned()),
        head_sha: Some("b".repeat(40)),
        merge_commit: Some("c".repeat(40)),
        method: Some(Method::Squash),
        merged_by: Some("bob".to_owned()),
        created: Some(at("2026-11-20T10:00:00Z")),
        merged: Some(at("2026-11-21T09:59:00Z")),
        labels: Some(vec!["cluster".to_owned(), "ai".to_owned()]),
        commits: Some(vec![
            Commit {
                sha: "b".repeat(40),
                message: "feat(ai)!: new image\n\nDecision: keep the port".to_owned(),
                author: "ada".to_owned(),
                time: None,
            },
            Commit {
                sha: "a".repeat(40),
                message: "touch up".to_owned(),
                author: "ada".to_owned(),
                time: None,
            },
        ]),
        diff: Some(Diff {
            files: vec![
                file("apps/ai/deploy.yaml", 4, 2),
                file("flake.lock", 90, 80),
                ChangedFile {
                    renamed_from: Some("apps/ai/pvc.yaml".to_owned()),
                    ..file("apps/ai/volume.yaml", 1, 0)
                },
            ],
            resources: vec![ResourceChange {
                path: "apps/ai/deploy.yaml".to_owned(),
                api_version: "apps/v1".to_owned(),
                kind: "Deployment".to_owned(),
                namespace: "ai".to_owned(),
                name: "openclaw".to_owned(),
                change: Change::Modified,
                keys: vec![KeyChange {
                    key: "spec.template.spec.containers[app].image".to_owned(),
                    before: Some("ghcr.io/openclaw:1.3".to_owned()),
                    after: Some("ghcr.io/openclaw:1.4".to_owned()),
                }],
                keys_total: 3,
            }],
            left_to_do: vec![LeftToDo {
                path: "apps/ai/deploy.yaml".to_owned(),
                line: 12,
                text: "# TODO: limits".to_owned(),
            }],
        }),
        reviews: vec![
            Review {
                author: "bob".to_owned(),
                time: Some(at("2026-11-20T12:00:00Z")),
                verdict: Verdict::ChangesRequested,
                body: "no limits".to_owned(),
                dismissed: false,
                updated: None,
            },
            Review {
                author: "bob".to_owned(),
                time: Some(at("2026-11-21T09:00:00Z")),
                verdict: Verdict::Approved,
                body: "Good.\n\n<!-- membridge:end review -->".to_owned(),
                dismissed: false,
                updated: None,
            },
        ],
        comments: vec![Comment {
            author: "eve".to_owned(),
            time: Some(at("2026-11-20T13:00:00Z")),
            body: "![[x]] #tag <script>".to_owned(),
            place: Some(("apps/ai/deploy.yaml".to_owned(), 12)),
            unresolved: true,
            id: None,
            updated: None,
        }],
        checks: Some(vec![Check {
            name: "lint".to_owned(),
            result: "success".to_owned(),
        }]),
        rollouts: vec![Rollout {
            object: "Kustomization flux-system/apps".to_owned(),
            revision: format!("main@sha1:{}", "c".repeat(40)),
            time: at("2026-11-21T10:03:00Z"),
            ok: true,
            reason: "ReconciliationSucceeded".to_owned(),
            message: String::new(),
        }],
        ..PullRequest::unknown(id())
    }
}

fn id() -> PullRequestId {
    PullRequestId {
        host: "git.example.org".to_owned(),
        repo: "ai/config".to_owned(),
        number: 7,
    }
}

fn web() -> Web {
    Web {
        kind: ForgeKind::Gitea,
        host: "git.example.org".to_owned(),
        base: "https://git.example.org".to_owned(),
        repos: vec!["ai/config".to_owned()],
    }
}

fn text_of(pr: &PullRequest) -> String {
    region::update(None, None, &render(pr, &[web()], &[]), &|_, _, _| None).unwrap()
}

#[test]
fn a_rich_pull_request_says_all() {
    insta::assert_snapshot!(text_of(&rich()));
}

/// Says the same of both notes but for their words: headings, links and tags.
fn shape(text: &str) -> (Vec<String>, Vec<String>, Vec<String>, usize) {
    let note = Note::parse(text);
    let links = note.links.into_iter();
    let texts = note.headings.into_iter().filter(|it| it.level > 1).map(|it| it.text);
    let tasks = note.list_items.iter().filter(|it| it.task.is_some()).count();
    (
        texts.collect(),
        links.map(|it| it.target).collect(),
        note.tags.into_iter().map(|it| it.name).collect(),
        tasks,
    )
}

#[test]
fn a_huge_pull_request_stays_small() {
    let mut pr = rich();
    pr.body = Some("## Why\n- [ ] [[x]] #tag <% x %> Decision: no\nDecision: yes\n| ` | $ |\n".repeat(70_000));
    pr.title = Some("<[#".repeat(10_000));
    let files = (0..5000)
        .map(|it| file(&format!("apps/a{it}/{}/[#x]-{it}.yaml", "<".repeat(200)), it, 1))
        .collect();
    let one = rich().diff.unwrap().resources[0].clone();
    let resources = (0..5000)
        .map(|it| ResourceChange {
            name: format!("{}{it}", "[".repeat(300)),
            ..one.clone()
        })
        .collect();
    let left_to_do = (0..5000)
        .map(|line| LeftToDo {
            path: "[".repeat(500),
            line,
            text: "#".repeat(500),
        })
        .collect();
    pr.diff = Some(Diff {
        files,
        resources,
        left_to_do,
    });
    pr.labels = Some((0..500).map(|it| format!("{it}{}", "[".repeat(500))).collect());
    pr.reviewers = pr.labels.clone();
    let commit = rich().commits.unwrap()[0].clone();
    pr.commits = Some(
        (0..3000)
            .map(|it| Commit {
                message: format!("fix: {it} {}", "[".repeat(900)),
                ..commit.clone()
            })
            .collect(),
    );
    let comment = rich().comments[0].clone();
    pr.comments = (0..3000)
        .map(|it| Comment {
            body: format!("{it} {}", "[".repeat(900)),
            unresolved: it % 2 == 0,
            ..comment.clone()
        })
        .collect();
    let review = rich().reviews[0].clone();
    pr.reviews = (0..300)
        .map(|it| Review {
            author: format!("u{it}"),
            body: "[".repeat(9000),
            ..review.clone()
        })
        .collect();
    quickly(Duration::from_secs(10), "the note", || {
        let text = text_of(&pr);
        assert!(text.len() < 64 * 1024, "{}", text.len());
    });
}

#[test]
fn what_nobody_named_leaves_no_gap() {
    let mut pr = rich();
    pr.author = Some(String::new());
    pr.merged_by = Some(" ".to_owned());
    pr.commits.iter_mut().flatten().for_each(|it| it.author = String::new());
    pr.comments[0].author = String::new();
    pr.comments[0].body = "- [ ] look".to_owned();
    pr.comments[0].place = Some(("apps/ai/deploy.yaml".to_owned(), 0));
    let text = text_of(&pr);
    for gap in ["()", "line 0", "****", "- :", "by on", "- on", " by \n", "Opened by ."] {
        assert!(!text.contains(gap), "{gap}: {text}");
    }
    assert!(
        text.contains("- somebody on `apps/ai/deploy.yaml`:\n") && text.contains("> **author**:"),
        "{text}"
    );
}

/// They were read, and shown only where a clone had counted again.
#[test]
fn what_the_forge_counted_is_shown_where_nobody_looked_into_files() {
    let mut pr = rich();
    (pr.additions, pr.deletions, pr.changed_files) = (Some(120), Some(3), Some(1));
    assert!(text_of(&pr).contains("3 files, +95 −82 lines."));
    pr.diff = None;
    let text = text_of(&pr);
    for part in [
        "## What changed\n\n1 file, +120 −3 lines.",
        "additions: 120\ndeletions: 3\nfiles: 1\n",
    ] {
        assert!(text.contains(part), "{text}");
    }
    (pr.additions, pr.deletions) = (None, None);
    assert!(text_of(&pr).contains("## What changed\n\n1 file.\n"));
}

#[test]
fn order_of_what_was_sent_does_not_matter() {
    let mut pr = rich();
    let text = text_of(&pr);
    pr.reviews.reverse();
    pr.comments.reverse();
    pr.labels.as_mut().unwrap().reverse();
    pr.diff.as_mut().unwrap().files.reverse();
    assert_eq!(text_of(&pr), text);
}

fn hostile() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "<!--",
        "-->",
        "<!-- membridge:begin intent h=00000000 -->",
        "<!-- membridge:end intent -->",
        "%%",
        "---",
        "[[x]]",
        "![[x]]",
        "[a](b)",
        "# h",
        "#tag",
        "```",
        "```dataview",
        "~~~",
        "`",
        "$",
        "$$",
        "<% x %>",
        "= x",
        "===",
        "- [ ] x",
        "> [!note]",
        "^id",
        "\n",
        "\n\n",
        "\n    ",
        " ",
        "\\",
        "|",
        "a",
        "- ",
        "1. ",
        "\r\n",
        "\r",
        "\t",
        "<div>",
        "<script>",
        "</script>",
        "&#35;t",
        "key:: v",
        "\u{2028}",
        "[^1]",
        "[^1]: x",
        "[x]: y",
        "https://a.b/c#d",
        "*",
        "_",
        "~~",
        "--",
        "```\n",
        "é",
        "\u{200b}",
        "http://x",
        "<http://x>",
        "***",
        "+ ",
        "|---|",
        "\0",
    ]);
    prop::collection::vec(parts, 0..24).prop_map(|it| it.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_of_others_makes_anything(text in hostile()) {
        let mut pr = rich();
        let plain = { let mut pr = pr.clone(); with(&mut pr, "plain"); text_of(&pr) };
        with(&mut pr, &text);
        let written = text_of(&pr);
        let of_plain = shape(&plain);
        let mut of_text = shape(&written);
        // A text may name pull requests by number; here none does.
        of_text.1.retain(|it| !it.starts_with("https://git.example.org/"));
        prop_assert_eq!(of_text, (of_plain.0, of_plain.1.into_iter().filter(|it| !it.starts_with("https://git.example.org/")).collect(), of_plain.2, of_plain.3), "{}", written);
        prop_assert_eq!(region::update(Some(&written), None, &render(&pr, &[web()], &[]), &|_, _, _| None).unwrap(), written);
    }
}

/// Puts a text wherever others have a say; what is always there keeps every section alive.
fn with(pr: &mut PullRequest, text: &str) {
    pr.title = Some(format!("t{text}"));
    pr.body = Some(format!("## Why\nx{text}\n\n{text}\n## Decision\nx{text}\n## Follow-up\nx{text}"));
    pr.author = Some(text.to_owned());
    pr.head = Some(text.to_owned());
    for it in pr.commits.iter_mut().flatten() {
        it.message = format!("feat: {text}\n\nDecision: {text}");
        it.author = text.to_owned();
    }
    for it in &mut pr.reviews {
        it.body = text.to_owned();
    }
    for it in &mut pr.comments {
        it.body = format!("x{text}\nDecision: x{text}");
        it.author = text.to_owned();
    }
    for it in &mut pr.rollouts {
        it.ok = false;
        it.message = text.to_owned();
        it.reason = text.to_owned();
    }
    for it in pr.diff.iter_mut().flat_map(|it| &mut it.left_to_do) {
        it.text = text.to_owned();
        it.path = text.to_owned();
    }
    for it in pr.diff.iter_mut().flat_map(|it| &mut it.resources) {
        it.name = text.to_owned();
        for key in &mut it.keys {
            key.key = text.to_owned();
            key.before = Some(text.to_owned());
        }
    }
    for it in pr.diff.iter_mut().flat_map(|it| &mut it.files) {
        it.renamed_from = Some(text.to_owned());
    }
}

//! The note of a pull request: a usual one, and one of 5,000 files.

use divan::{Bencher, black_box};
use membridge::model::pull_request::{
    Change, ChangedFile, Comment, Commit, Diff, PullRequest, PullRequestId, Review, State, Verdict, note::render, region,
};

fn pull_request(files: usize, commits: usize) -> PullRequest {
    let id = PullRequestId {
        host: "git.example.org".to_owned(),
        repo: "ops/home".to_owned(),
        number: 7,
    };
    let file = |number: usize| ChangedFile {
        path: format!("clusters/home/apps/app-{number}/values.yaml"),
        renamed_from: None,
        kind: Change::Modified,
        added: 3,
        removed: 1,
        generated: false,
    };
    let commit = |number: usize| Commit {
        sha: format!("{number:040x}"),
        message: format!("fix(app-{number}): grow the volume\n\nDecision: keep the port"),
        author: "ada".to_owned(),
        time: None,
    };
    PullRequest {
        title: Some("feat(ai): move openclaw to 1.4".to_owned()),
        body: Some("Moves the agent.\n\n## Why\nThe old one leaks memory, see #3.\n\n## Follow-ups\n- [ ] watch memory\n".to_owned()),
        state: Some(State::Merged),
        commits: Some((0..commits).map(commit).collect()),
        diff: Some(Diff {
            files: (0..files).map(file).collect(),
            resources: Vec::new(),
            left_to_do: Vec::new(),
        }),
        reviews: vec![Review {
            author: "bob".to_owned(),
            time: None,
            verdict: Verdict::Approved,
            body: "Good; mind the volume.".to_owned(),
            dismissed: false,
            updated: None,
        }],
        comments: vec![Comment {
            author: "bob".to_owned(),
            time: None,
            body: "Why not 1.5?".to_owned(),
            place: None,
            unresolved: false,
            id: None,
            updated: None,
        }],
        ..PullRequest::unknown(id)
    }
}

#[divan::bench(args = [(12, 4), (5_000, 3_000)])]
fn render_note(bencher: Bencher<'_, '_>, (files, commits): (usize, usize)) {
    let pr = pull_request(files, commits);
    bencher.bench(|| {
        let rendered = render(black_box(&pr), &[], &[]);
        region::update(None, None, &rendered, &|_, _, _| None).map(|it| it.len())
    });
}

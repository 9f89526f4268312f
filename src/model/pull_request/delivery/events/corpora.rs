//! Reads the real payloads of the corpora, where they are at hand: none may fail, and some say what is known of them.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;

use crate::model::pull_request::{
    ForgeKind, PullRequest, State, Verdict,
    delivery::{News, read},
};

/// Returns the event that a forge sends this file with; the bodies came without headers.
fn event(file: &str, body: &Value) -> String {
    match body.pointer("/review/type").and_then(Value::as_str) {
        Some(review) => review.to_owned(),
        None if file.starts_with("HookPullRequest") => "pull_request".to_owned(),
        None if file.starts_with("HookPush") => "push".to_owned(),
        None if body.get("ref_type").is_some() => "create".to_owned(),
        None if file.starts_with("HookTag") => "push".to_owned(),
        None => file.trim_start_matches("Hook").trim_end_matches(".json").to_lowercase(),
    }
}

#[test]
fn real_payloads_are_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora/forge");
    if !root.is_dir() {
        println!("skipped: ../shared/corpora is missing");
        return;
    }
    let kinds = [
        ("gitea", ForgeKind::Gitea, "X-Gitea-Event-Type"),
        ("forgejo", ForgeKind::Forgejo, "X-Forgejo-Event-Type"),
        ("github", ForgeKind::GitHub, "X-GitHub-Event"),
        ("gitlab", ForgeKind::GitLab, "X-Gitlab-Event"),
    ];
    let (mut parts, mut pushes, mut n_ignored) = (BTreeMap::new(), BTreeMap::new(), 0);
    for (folder, kind, header) in kinds {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            let file = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let event = event(&file, &serde_json::from_slice(&bytes).unwrap());
            let known = |name: &str| (name == header).then(|| event.clone());
            let key = format!("{folder}/{}", file.trim_start_matches("Hook"));
            match read(kind, &known, &bytes, "h").unwrap_or_else(|error| panic!("{key}: {error}")) {
                News::PullRequest(part) => drop(parts.insert(key, *part)),
                News::Push { repo, branch, .. } => drop(pushes.insert(key, format!("{repo} {branch}"))),
                News::Ignored(_) => n_ignored += 1,
            }
        }
    }
    // Releases, tags, a deployment and an action that nobody knows are ignored.
    assert_eq!((parts.len(), pushes.len(), n_ignored), (42, 8, 7), "{pushes:?}");
    for (key, part) in &parts {
        assert!(
            part.id.number > 0 && part.id.repo.contains('/') && part.title.is_some(),
            "{key}: {part:?}"
        );
        let is_merged = key.ends_with("PullRequestMerged");
        assert_eq!(part.state == Some(State::Merged), is_merged, "{key}");
        assert_eq!(part.merge_commit.is_some(), is_merged, "{key}");
        assert_eq!(part.merged_by.is_some(), is_merged, "{key}");
    }
    check_some(&parts);
    assert_eq!(pushes["forgejo/PushBranch"].split(' ').nth(1), Some("fdsafdsa"));
}

fn check_some(parts: &BTreeMap<String, PullRequest>) {
    let merged = &parts["forgejo/PullRequestMerged"];
    assert_eq!(merged.id.number, 1);
    assert!(merged.merge_base.is_some() && merged.merge_base != merged.merge_commit);
    // It was not merged, though it has a `merge_commit_sha`.
    let closed = &parts["github/PullRequestClosed"];
    assert_eq!((closed.id.number, closed.state), (62, Some(State::Closed)));
    assert!(closed.closed_by.is_some() && closed.merged.is_none());
    let short = &parts["gitea/PullRequest"];
    assert_eq!((short.id.number, short.state, short.updated), (1, Some(State::Open), None));
    for (key, verdict) in [
        ("gitea/PullRequestReviewAck", Verdict::Approved),
        ("gitea/PullRequestReviewDeny", Verdict::ChangesRequested),
        ("gitea/PullRequestReviewComment", Verdict::Commented),
    ] {
        let reviews = &parts[key].reviews;
        assert_eq!(
            (reviews.len(), reviews[0].verdict, reviews[0].author.as_str()),
            (1, verdict, "a_nice_user"),
            "{key}"
        );
    }
    assert!(!parts.contains_key("gitlab/PullRequestUnsupportedAction"));
    let squash = &parts["gitlab/PullRequestMerged"];
    assert_eq!(
        (squash.id.number, squash.merged, squash.merged_by.as_deref()),
        (4, squash.updated, Some("anbraten"))
    );
    assert_eq!(parts["gitlab/PullRequestUnapproved"].reviews[0].verdict, Verdict::Commented);
}

//! What a clone tells of a pull request, over git's own smart HTTP: files, resources and commits that no payload holds.

use std::{fs, path::Path};

use serde_json::json;

use super::{deliver, forge, note_with, pull_request, roll_out, with_forge};
use crate::{
    harness::Server,
    repo::{clone_of, until},
    sync::{git, remote::Remote},
};

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: openclaw\n  namespace: ai\nspec:\n  template:\n    spec:\n      \
                          containers:\n        - name: app\n          image: ghcr.io/example/openclaw:1.0.0\n";

#[tokio::test(flavor = "multi_thread")]
async fn commits_files_and_resources_come_from_the_clone() {
    let remote = Remote::start().await;
    let (url, place) = remote.with("owner/name");
    let work = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| git(work.path(), arguments).trim().to_owned();
    let put = |path: &str, text: &str| {
        let file = work.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    };
    run(&["init", "-q", "-b", "main"]);
    put("apps/openclaw.yaml", DEPLOYMENT);
    run(&["add", "-A"]);
    run(&["commit", "-q", "-m", "first"]);
    run(&["checkout", "-q", "-b", "bump"]);
    put("apps/openclaw.yaml", &DEPLOYMENT.replace("1.0.0", "1.1.0"));
    put("docs/openclaw.md", "# OpenClaw\nTODO: write the rollback down\n");
    run(&["add", "-A"]);
    run(&["commit", "-q", "-m", "feat(apps): openclaw 1.1.0"]);
    let head = run(&["rev-parse", "HEAD"]);
    run(&["remote", "add", "origin", &format!("{url}/owner/name.git")]);
    run(&["push", "-q", "origin", "main", "bump:refs/pull/7/head"]);
    git(&place, &["symbolic-ref", "HEAD", "refs/heads/main"]);

    let server = Server::start_with(&[("Home.md", "home\n")], |it| {
        with_forge(it);
        it.pull_requests.forges = vec![membridge::config::forges::Forge {
            clone: true,
            ..forge(&url)
        }];
    })
    .await;
    let mut payload = pull_request(7, 1, "OpenClaw 1.1.0");
    payload["head"]["sha"] = json!(head);
    payload.as_object_mut().unwrap().remove("merge_base");
    let body = json!({"action": "opened", "number": 7, "pull_request": payload, "repository": {"full_name": "owner/name"}});
    assert_eq!(deliver(&server, "one", &body).await.status, 202);
    let note = note_with(&server, super::NOTE, &["feat(apps)", "docs/openclaw.md", "rollback"]).await;
    assert!(
        note.contains("ai/openclaw") && note.contains("1.0.0") && note.contains("1.1.0"),
        "{note}"
    );

    // Merged with a merge commit, the branch is still seen from where it left.
    run(&["checkout", "-q", "main"]);
    run(&["merge", "-q", "--no-ff", "-m", "Merge pull request 'OpenClaw' (#7)", "bump"]);
    let merged = run(&["rev-parse", "HEAD"]);
    run(&["push", "-q", "origin", "main"]);
    let mut payload = payload.clone();
    for (key, value) in [
        ("state", json!("closed")),
        ("merged", json!(true)),
        ("merge_commit_sha", json!(merged)),
        ("merged_at", json!("2026-02-03T04:09:00Z")),
        ("updated_at", json!("2026-02-03T04:09:00Z")),
    ] {
        payload[key] = value;
    }
    let body = json!({"action": "closed", "number": 7, "pull_request": payload, "repository": {"full_name": "owner/name"}});
    assert_eq!(deliver(&server, "two", &body).await.status, 202);
    let note = note_with(&server, super::NOTE, &["state: merged", &merged[..7]]).await;
    assert!(note.contains("1.0.0") && note.contains("docs/openclaw.md"), "{note}");
    assert_eq!(note.matches("feat(apps)").count(), 1, "{note}");
}

/// Its files and commits were those since the branch that is followed: the other pull request's, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_stacked_pull_request_had_the_files_of_the_one_below_it() {
    let remote = Remote::start().await;
    let (url, place) = remote.with("owner/name");
    let work = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| git(work.path(), arguments).trim().to_owned();
    let add = |path: &str| {
        fs::write(work.path().join(path), "a: 1\n").unwrap();
        run(&["add", "-A"]);
        run(&["commit", "-q", "-m", &format!("add {path}")]);
    };
    run(&["init", "-q", "-b", "main"]);
    add("first.yaml");
    run(&["checkout", "-q", "-b", "feature/below"]);
    add("below.yaml");
    run(&["checkout", "-q", "-b", "above"]);
    add("above.yaml");
    let head = run(&["rev-parse", "HEAD"]);
    run(&["checkout", "-q", "feature/below"]);
    add("later.yaml");
    run(&["remote", "add", "origin", &format!("{url}/owner/name.git")]);
    run(&["push", "-q", "origin", "main", "feature/below", "above:refs/pull/7/head"]);
    git(&place, &["symbolic-ref", "HEAD", "refs/heads/main"]);
    let server = Server::start_with(&[("Home.md", "home\n")], |it| {
        with_forge(it);
        it.pull_requests.forges = vec![membridge::config::forges::Forge {
            clone: true,
            ..forge(&url)
        }];
    })
    .await;
    let mut payload = pull_request(7, 1, "Above");
    payload["head"]["sha"] = json!(head);
    payload["base"]["ref"] = json!("feature/below");
    payload.as_object_mut().unwrap().remove("merge_base");
    let body = json!({"action": "opened", "number": 7, "pull_request": payload, "repository": {"full_name": "owner/name"}});
    assert_eq!(deliver(&server, "one", &body).await.status, 202);
    let note = note_with(&server, super::NOTE, &["above.yaml", "add above.yaml"]).await;
    assert!(!note.contains("below.yaml") && !note.contains("later.yaml"), "{note}");
    // A branch that is gone, and a name that is none, keep nobody from what is left.
    for (number, base) in [(8, "gone"), (9, "no*name:x")] {
        run(&["push", "-q", "origin", &format!("above:refs/pull/{number}/head")]);
        let mut payload = pull_request(number, 1, "Other");
        payload["head"]["sha"] = json!(head);
        payload["base"]["ref"] = json!(base);
        payload.as_object_mut().unwrap().remove("merge_base");
        let body = json!({"action": "opened", "number": number, "pull_request": payload, "repository": {"full_name": "owner/name"}});
        assert_eq!(deliver(&server, base, &body).await.status, 202);
        note_with(&server, &path(number), &["above.yaml", "below.yaml"]).await;
    }
}

/// Of several merges that the cluster took at once only the last was told as live.
#[tokio::test(flavor = "multi_thread")]
async fn a_rollout_is_of_every_merge_that_its_revision_holds() {
    let remote = Remote::start().await;
    let (url, place) = remote.with("owner/name");
    let work = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| git(work.path(), arguments).trim().to_owned();
    run(&["init", "-q", "-b", "main"]);
    run(&["commit", "-q", "--allow-empty", "-m", "first"]);
    run(&["remote", "add", "origin", &format!("{url}/owner/name.git")]);
    run(&["push", "-q", "origin", "main"]);
    git(&place, &["symbolic-ref", "HEAD", "refs/heads/main"]);
    let server = Server::start_with(&[("Home.md", "home\n")], |it| {
        with_forge(it);
        it.pull_requests.forges = vec![membridge::config::forges::Forge {
            clone: true,
            ..forge(&url)
        }];
    })
    .await;
    let merge = async |number: u64| {
        let branch = format!("bump-{number}");
        run(&["checkout", "-q", "-b", &branch]);
        fs::write(work.path().join(format!("{number}.yaml")), "a: 1\n").unwrap();
        run(&["add", "-A"]);
        run(&["commit", "-q", "-m", &branch]);
        let head = run(&["rev-parse", "HEAD"]);
        run(&["checkout", "-q", "main"]);
        run(&[
            "merge",
            "-q",
            "--no-ff",
            "-m",
            &format!("Merge pull request '{branch}' (#{number})"),
            &branch,
        ]);
        let merged = run(&["rev-parse", "HEAD"]);
        run(&["push", "-q", "origin", "main", &format!("{branch}:refs/pull/{number}/head")]);
        let mut body = super::merged(number, 30, &branch);
        body["pull_request"]["head"]["sha"] = json!(head);
        body["pull_request"]["merge_commit_sha"] = json!(merged);
        body["pull_request"].as_object_mut().unwrap().remove("merge_base");
        assert_eq!(deliver(&server, &branch, &body).await.status, 202);
        note_with(&server, &path(number), &["state: merged", &format!("{number}.yaml")]).await;
        merged
    };
    merge(7).await;
    let second = merge(8).await;
    roll_out(&server, &second).await;
    let applied = format!("revision `{}` (ReconciliationSucceeded)", &second[..7]);
    note_with(&server, &path(8), &[&applied]).await;
    note_with(&server, &path(7), &[&applied]).await;
    // What is merged later is not live yet, and what is live is not so again with each revision.
    let third = merge(9).await;
    roll_out(&server, &third).await;
    note_with(&server, &path(9), &[&format!("revision `{}`", &third[..7])]).await;
    let text = |number| fs::read_to_string(server.folder().join("vault").join(path(number))).unwrap();
    assert!(!text(9).contains(&applied), "{}", text(9));
    for number in [7, 8] {
        assert_eq!(text(number).matches("Rollout: applied").count(), 1, "{}", text(number));
    }
}

/// Without a token nothing was known but what webhooks told, and those get lost.
#[tokio::test(flavor = "multi_thread")]
async fn git_alone_tells_of_a_pull_request_and_that_it_was_merged() {
    let remote = Remote::start().await;
    let (url, place) = remote.with("owner/name");
    let work = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| git(work.path(), arguments).trim().to_owned();
    run(&["init", "-q", "-b", "main"]);
    run(&["commit", "-q", "--allow-empty", "-m", "first"]);
    run(&["remote", "add", "origin", &format!("{url}/owner/name.git")]);
    run(&["push", "-q", "origin", "main"]);
    git(&place, &["symbolic-ref", "HEAD", "refs/heads/main"]);
    let server = Server::start_with(&[("Home.md", "home\n")], |it| {
        with_forge(it);
        it.pull_requests.forges = vec![membridge::config::forges::Forge {
            clone: true,
            poll_every: std::time::Duration::from_millis(200),
            ..forge(&url)
        }];
    })
    .await;
    run(&["checkout", "-q", "-b", "bump"]);
    fs::write(work.path().join("openclaw.yaml"), DEPLOYMENT).unwrap();
    run(&["add", "-A"]);
    run(&["commit", "-q", "-m", "feat(apps): the copper claw"]);
    run(&["push", "-q", "origin", "bump:refs/pull/7/head"]);
    note_with(
        &server,
        &path(7),
        &["# feat(apps): the copper claw", "State unknown", "openclaw.yaml"],
    )
    .await;
    run(&["checkout", "-q", "main"]);
    run(&[
        "merge",
        "-q",
        "--no-ff",
        "-m",
        "Merge pull request 'claw' (#7) from bump into main",
        "bump",
    ]);
    let merged = run(&["rev-parse", "HEAD"]);
    run(&["push", "-q", "origin", "main"]);
    let note = note_with(&server, &path(7), &["state: merged", &merged[..7], "openclaw.yaml"]).await;
    assert_eq!(
        note.matches("the copper claw").count(),
        4,
        "title, alias, heading and commit: {note}"
    );
}

/// It was told as merged by a commit that its branch began with, and its second head never reached the note.
#[tokio::test(flavor = "multi_thread")]
async fn by_git_alone_new_heads_are_told_and_an_older_commit_of_its_number_is_no_merge() {
    let remote = Remote::start().await;
    let (url, place) = remote.with("owner/name");
    let work = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| git(work.path(), arguments).trim().to_owned();
    let push = |file: &str, more: &[&str]| {
        fs::write(work.path().join(file), "a: 1\n").unwrap();
        run(&["add", "-A"]);
        run(&["commit", "-q", "-m", file]);
        run(&[&["push", "-q"], more, &["origin", "HEAD:refs/pull/7/head"]].concat());
    };
    run(&["init", "-q", "-b", "main"]);
    run(&["commit", "-q", "--allow-empty", "-m", "feat: of another forge (#7)"]);
    run(&["remote", "add", "origin", &format!("{url}/owner/name.git")]);
    run(&["push", "-q", "origin", "main"]);
    git(&place, &["symbolic-ref", "HEAD", "refs/heads/main"]);
    let server = Server::start_with(&[("Home.md", "home\n")], |it| {
        with_forge(it);
        it.pull_requests.forges = vec![membridge::config::forges::Forge {
            clone: true,
            poll_every: std::time::Duration::from_millis(200),
            ..forge(&url)
        }];
    })
    .await;
    run(&["checkout", "-q", "-b", "bump"]);
    push("first.yaml", &[]);
    note_with(&server, &path(7), &["first.yaml", "State unknown"]).await;
    push("second.yaml", &[]);
    let note = note_with(&server, &path(7), &["first.yaml", "second.yaml"]).await;
    assert!(note.contains("State unknown"), "{note}");
    // Written anew, upon a branch that went on.
    run(&["checkout", "-q", "main"]);
    run(&["commit", "-q", "--allow-empty", "-m", "meanwhile"]);
    run(&["push", "-q", "origin", "main"]);
    run(&["checkout", "-q", "-B", "bump"]);
    push("third.yaml", &["--force"]);
    let note = note_with(&server, &path(7), &["third.yaml"]).await;
    assert!(!note.contains("second.yaml") && !note.contains("meanwhile"), "{note}");
    run(&["checkout", "-q", "main"]);
    run(&["merge", "-q", "--squash", "bump"]);
    run(&["commit", "-q", "-m", "feat: the third (#7)"]);
    run(&["push", "-q", "origin", "main"]);
    note_with(&server, &path(7), &["state: merged", "third.yaml"]).await;
}

/// Whoever asked was sent to tell of it, and from there back to ask.
#[tokio::test(flavor = "multi_thread")]
async fn a_forge_without_a_token_is_asked_by_git() {
    let remote = Remote::start().await;
    let (url, place) = remote.with("owner/name");
    let work = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| git(work.path(), arguments);
    run(&["init", "-q", "-b", "main"]);
    run(&["commit", "-q", "--allow-empty", "-m", "first"]);
    run(&["remote", "add", "origin", &format!("{url}/owner/name.git")]);
    run(&["push", "-q", "origin", "main"]);
    git(&place, &["symbolic-ref", "HEAD", "refs/heads/main"]);
    let by_git = |url: &str| membridge::config::forges::Forge { clone: true, ..forge(url) };
    let server = Server::start_with(&[("Home.md", "home\n")], |it| {
        with_forge(it);
        it.pull_requests.forges = vec![by_git(&url), by_git("http://127.0.0.1:1"), forge("https://git.example.org")];
    })
    .await;
    let sync = async |body: serde_json::Value| server.post("/v1/pull-requests/sync", &body).await;
    for restore in [false, true] {
        let answer = sync(json!({"repo": "owner/name", "number": 7, "restore": restore})).await;
        let text = answer.text().to_owned();
        assert_eq!(answer.problem(), (400, "invalid-body".to_owned()));
        let host = by_git(&url).host;
        assert!(
            text.contains(&format!("`127.0.0.1:1/owner/name#7`, `{host}/owner/name#7`"))
                || text.contains(&format!("`{host}/owner/name#7`, `127")),
            "{text}"
        );
    }
    let answer = sync(json!({"repo": "owner/name", "number": 7, "host": "git.example.org"})).await;
    assert!(answer.text().contains("clone: true"), "{}", answer.text());
    assert_eq!(answer.problem(), (400, "invalid-body".to_owned()));

    run(&["checkout", "-q", "-b", "bump"]);
    let push = |file: &str| {
        fs::write(work.path().join(file), "a: 1\n").unwrap();
        run(&["add", "-A"]);
        run(&["commit", "-q", "-m", file]);
        run(&["push", "-q", "origin", "bump:refs/pull/7/head"]);
    };
    for file in ["first.yaml", "second.yaml"] {
        push(file);
        let answer = sync(json!({"repo": "owner/name", "number": 7, "host": by_git(&url).host})).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        note_with(&server, &path(7), &[file]).await;
    }
}

/// It was told as failing, at each look.
#[tokio::test(flavor = "multi_thread")]
async fn a_repository_without_a_commit_is_nothing_yet() {
    let remote = Remote::start().await;
    let (url, place) = remote.with("owner/name");
    let server = Server::start_with(&[("Home.md", "home\n")], |it| {
        with_forge(it);
        it.pull_requests.forges = vec![membridge::config::forges::Forge {
            clone: true,
            poll_every: std::time::Duration::from_millis(50),
            ..forge(&url)
        }];
    })
    .await;
    for _ in 0..20 {
        let status = server.get("/v1/status").await.json()["pull_requests"].clone();
        assert_eq!(status["errors"], json!({}), "{status}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    push_first(&url, &place, "the first pull request");
    note_with(&server, &path(7), &["the first pull request"]).await;
}

/// Its files were not told until there was other news of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_git_shows_a_moment_after_its_webhook_is_looked_for_again() {
    let remote = Remote::start().await;
    let (url, place) = remote.with("owner/name");
    let work = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| git(work.path(), arguments).trim().to_owned();
    run(&["init", "-q", "-b", "main"]);
    run(&["commit", "-q", "--allow-empty", "-m", "first"]);
    run(&["remote", "add", "origin", &format!("{url}/owner/name.git")]);
    run(&["push", "-q", "origin", "main"]);
    git(&place, &["symbolic-ref", "HEAD", "refs/heads/main"]);
    fs::write(work.path().join("late.yaml"), "a: 1\n").unwrap();
    run(&["add", "-A"]);
    run(&["commit", "-q", "-m", "second"]);
    let server = Server::start_with(&[("Home.md", "home\n")], |it| {
        with_forge(it);
        it.pull_requests.forges = vec![membridge::config::forges::Forge {
            clone: true,
            ..forge(&url)
        }];
    })
    .await;
    let mut payload = pull_request(7, 1, "Bump");
    payload["head"]["sha"] = json!(run(&["rev-parse", "HEAD"]));
    payload.as_object_mut().unwrap().remove("merge_base");
    let body = json!({"action": "opened", "number": 7, "pull_request": payload, "repository": {"full_name": "owner/name"}});
    assert_eq!(deliver(&server, "one", &body).await.status, 202);
    let note = note_with(&server, &path(7), &["Bump"]).await;
    assert!(!note.contains("late.yaml"), "{note}");
    run(&["push", "-q", "origin", "HEAD:refs/pull/7/head"]);
    note_with(&server, &path(7), &["late.yaml"]).await;
}

/// It was looked at again after the usual time only, which may be long.
#[tokio::test(flavor = "multi_thread")]
async fn a_first_fetch_that_took_long_is_looked_at_when_it_is_there() {
    let remote = Remote::start().await;
    let (url, place) = remote.with("owner/name");
    push_first(&url, &place, "the copper pull request");
    remote.be_slow(std::time::Duration::from_millis(700));
    let server = Server::start_with(&[("Home.md", "home\n")], |it| {
        with_forge(it);
        it.pull_requests.forges = vec![membridge::config::forges::Forge {
            clone: true,
            ..forge(&url)
        }];
    })
    .await;
    note_with(&server, &path(7), &["the copper pull request"]).await;
}

/// The first fetch of one repository held up the notes of all others of its forge.
#[tokio::test(flavor = "multi_thread")]
async fn a_first_fetch_that_takes_long_holds_nobody_up() {
    let remote = Remote::start().await;
    let (url, _) = remote.with("owner/name");
    remote.be_silent(true);
    let server = Server::start_with(&[("Home.md", "home\n")], |it| {
        with_forge(it);
        it.pull_requests.forges = vec![membridge::config::forges::Forge {
            clone: true,
            repos: vec!["owner/name".to_owned(), "owner/other".to_owned()],
            ..forge(&url)
        }];
    })
    .await;
    for repo in ["owner/name", "owner/other"] {
        let body = json!({"action": "opened", "number": 7, "pull_request": pull_request(7, 1, "Bump"), "repository": {"full_name": repo}});
        assert_eq!(deliver(&server, repo, &body).await.status, 202);
    }
    note_with(&server, &path(7), &["Bump"]).await;
    note_with(&server, "Agent/PRs/owner/other/owner-other-7.md", &["Bump"]).await;
    let status = server.get("/v1/status").await.json()["pull_requests"].clone();
    assert!(status["errors"].to_string().contains("for the first time"), "{status}");
}

fn path(number: u64) -> String {
    format!("Agent/PRs/owner/name/owner-name-{number}.md")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_in_the_config_repo_names_the_page_and_the_note_of_its_pull_request() {
    let remote = Remote::start().await;
    let (url, place) = remote.with("owner/name");
    let work = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| git(work.path(), arguments);
    run(&["init", "-q", "-b", "main"]);
    fs::write(work.path().join("app.yaml"), DEPLOYMENT).unwrap();
    run(&["add", "-A"]);
    run(&["commit", "-q", "-m", "feat: deploy openclaw (#7)"]);
    run(&["push", "-q", &format!("{url}/owner/name.git"), "main"]);
    git(&place, &["symbolic-ref", "HEAD", "refs/heads/main"]);
    let server = Server::start_with(&[("Home.md", "home\n")], |it| {
        with_forge(it);
        it.pull_requests.forges = vec![forge(&url)];
        it.sources.push(clone_of(&format!("{url}/owner/name.git"), it));
    })
    .await;
    let body =
        json!({"action": "opened", "number": 7, "pull_request": pull_request(7, 1, "OpenClaw"), "repository": {"full_name": "owner/name"}});
    assert_eq!(deliver(&server, "one", &body).await.status, 202);
    note_with(&server, super::NOTE, &["OpenClaw"]).await;
    let changes = until(&server, "/v1/changes?source=config", |it| {
        it["commits"][0]["pull_request_note"].is_string()
    })
    .await;
    let commit = &changes["commits"][0];
    assert_eq!(commit["pull_request_url"], format!("{url}/owner/name/pulls/7"));
    assert_eq!(commit["pull_request_note"], super::NOTE);
    let history = server.get("/v1/history/app.yaml?source=config").await.json();
    assert_eq!(history["commits"][0]["pull_request_note"], super::NOTE, "{history}");
}

/// Pushes a first commit to the branch, and one on top of it as the pull request 7.
fn push_first(url: &str, place: &Path, subject: &str) {
    let work = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| git(work.path(), arguments);
    run(&["init", "-q", "-b", "main"]);
    run(&["commit", "-q", "--allow-empty", "-m", "first"]);
    run(&["commit", "-q", "--allow-empty", "-m", subject]);
    run(&[
        "push",
        "-q",
        &format!("{url}/owner/name.git"),
        "HEAD~1:refs/heads/main",
        "HEAD:refs/pull/7/head",
    ]);
    git(place, &["symbolic-ref", "HEAD", "refs/heads/main"]);
}

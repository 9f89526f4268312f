//! No secret planted in a repository is in what the service keeps or answers: the files below its data folder and every answer that shows a
//! file, its past or its like.

use std::{collections::HashMap, fs, path::Path, time::Duration};

use axum::http::header;
use membridge::{
    config::{SourceConfig, SourceKind},
    model::path::SourceName,
};
use memchr::memmem;
use tokio::time::{Instant, sleep};

use crate::{
    harness::{Server, files_below},
    planted_secrets::{Tells, faces, files, kinds},
    sync::git,
};

/// Each file holds one kind; of all pairs of kind and shape, one in so many is planted.
const ONE_IN: usize = 24;

/// What was planted, and where it was seen.
struct Watch {
    /// Everything that tells a secret, with its kind.
    faces: Vec<(&'static str, memmem::Finder<'static>)>,
    seen: HashMap<(&'static str, String), usize>,
    n_bytes: usize,
    n_masks: usize,
}

impl Watch {
    fn new() -> Watch {
        let of = |(kind, value, _): (&'static str, String, Tells)| {
            let plain = faces(&value);
            // As it stands in JSON.
            let escaped = [value.replace('\\', "\\\\")];
            let all = plain.into_iter().chain(escaped);
            all.map(move |it| (kind, memmem::Finder::new(&it).into_owned())).collect::<Vec<_>>()
        };
        Watch {
            faces: kinds().into_iter().flat_map(of).collect(),
            seen: HashMap::new(),
            n_bytes: 0,
            n_masks: 0,
        }
    }

    fn look(&mut self, whence: &str, bytes: &[u8]) {
        self.n_bytes += bytes.len();
        self.n_masks += memmem::find_iter(bytes, "[redacted:").count();
        for (kind, face) in &self.faces {
            if face.find(bytes).is_some() {
                *self.seen.entry((kind, whence.to_owned())).or_default() += 1;
            }
        }
    }

    async fn look_at(&mut self, server: &Server, target: &str) {
        let answer = server.get(target).await;
        assert!(answer.status.is_success(), "{target}: {}", answer.text());
        self.look(target, &answer.body);
    }

    fn finish(self) {
        let mut seen: Vec<_> = self.seen.into_keys().map(|(kind, whence)| format!("{kind}: {whence}")).collect();
        seen.sort();
        assert!(seen.is_empty(), "{} are seen:\n{}", seen.len(), seen.join("\n"));
    }
}

/// Fills a work tree and returns the paths and the first commit.
fn plant(work: &Path) -> (Vec<String>, String) {
    let mut paths = Vec::new();
    let mut put = |path: String, text: &str| {
        let file = work.join(&path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        paths.push(path);
    };
    for (nth, (kind, value, tells)) in kinds().into_iter().enumerate() {
        for (shape, (path, text)) in files(&value, tells).into_iter().enumerate() {
            if (nth + shape) % ONE_IN == 0 {
                put(format!("{kind}/{shape}/{path}"), &text);
            }
        }
    }
    let (_, token, _) = &kinds()[0];
    put(
        "skills/deploy/SKILL.md".to_owned(),
        &format!("---\nname: deploy\ndescription: Deploy with {token} at hand\n---\n# {token}\nSee [[{token}]].\n"),
    );
    // A file that is left out for its name.
    let named = work.join("notes").join(token);
    fs::create_dir_all(&named).unwrap();
    fs::write(named.join("a.txt"), "nothing\n").unwrap();
    git(work, &["init", "-q", "-b", "main"]);
    git(work, &["add", "-A"]);
    git(
        work,
        &[
            "commit",
            "-q",
            "-m",
            &format!("feat: use {token}"),
            "-m",
            &format!("Reason: {token}"),
        ],
    );
    let first = git(work, &["rev-parse", "HEAD"]).trim().to_owned();
    for path in &paths {
        let file = work.join(path);
        let text = fs::read_to_string(&file).unwrap();
        fs::write(file, text + "\n\n").unwrap();
    }
    git(work, &["commit", "-q", "-a", "-m", &format!("fix: no more {token}")]);
    (paths, first)
}

fn checkout_at(path: &Path) -> SourceConfig {
    SourceConfig {
        name: SourceName::parse("config").unwrap(),
        kind: SourceKind::Repo,
        path: path.to_owned(),
        remote: None,
        exclude: Vec::new(),
        origin: Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_planted_secret_is_kept_or_answered() {
    let work = tempfile::tempdir().unwrap();
    let (paths, first) = plant(work.path());
    let server = Server::start_with(&[], |it| it.sources.push(checkout_at(work.path()))).await;
    let begun = Instant::now();
    let page = "/v1/search?source=config&limit=100&snippet_chars=2000&passages=5";
    loop {
        let found = server.get(page).await.json();
        if found["total"].as_u64() == Some(u64::try_from(paths.len()).unwrap()) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{} of {}", found["total"], paths.len());
        sleep(Duration::from_millis(50)).await;
    }
    let mut watch = Watch::new();
    for file in files_below(&server.folder().join("data")) {
        watch.look(&file.display().to_string(), &fs::read(&file).unwrap());
    }
    for offset in (0..paths.len()).step_by(100) {
        watch.look_at(&server, &format!("{page}&offset={offset}")).await;
        for words in ["password", "token", "data", "example", "bob", "kind:Secret"] {
            watch.look_at(&server, &format!("{page}&offset={offset}&q={words}")).await;
        }
    }
    for target in [
        "/v1/status",
        "/v1/changes?source=config&since=1d",
        "/v1/skills",
        "/v1/skills?q=deploy",
        "/v1/lint",
        "/v1/tags",
        "/v1/memories",
        "/v1/journal",
    ] {
        let answer = server.get(target).await;
        watch.look(target, &answer.body);
    }
    let status = server.get("/v1/status").await;
    assert!(
        status.text().contains("notes/[redacted:github-token]/a.txt") && status.text().contains("its name holds what looks like a secret"),
        "{}",
        status.text()
    );
    for path in &paths {
        for target in [
            format!("/v1/notes/{path}?source=config"),
            format!("/v1/notes/{path}?source=config&view=map"),
            format!("/v1/notes/{path}?source=config&at={first}"),
            format!("/v1/history/{path}?source=config"),
            format!("/v1/diff/{path}?source=config"),
        ] {
            watch.look_at(&server, &target).await;
        }
        let links = format!("/v1/links/{path}?source=config");
        watch.look(&links, &server.get(&links).await.body);
        let raw = format!("/v1/notes/{path}?source=config");
        let answer = server.get_with(&raw, &[(header::ACCEPT, "text/markdown")]).await;
        watch.look(&raw, &answer.body);
    }
    // An answer repeats its question, so only the hits tell.
    for (_, value, _) in kinds() {
        let phrase: String = format!("\"{value}\"").bytes().map(|it| format!("%{it:02X}")).collect();
        let found = server.get(&format!("/v1/search?source=config&q={phrase}")).await.json();
        watch.look("the hits of a search for it", found["hits"].to_string().as_bytes());
    }
    // It did look, and there was something to be hidden.
    assert!(
        watch.n_bytes > 500_000 && watch.n_masks > 1000,
        "{} {}",
        watch.n_bytes,
        watch.n_masks
    );
    watch.finish();
}

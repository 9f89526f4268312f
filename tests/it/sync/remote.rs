//! A remote as forges have one: bare repositories behind git's own smart HTTP, with a password if wanted, and able to fall silent.

use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, Response, StatusCode, Uri, header},
};
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::git;

/// A served folder with one bare repository.
pub(crate) struct Remote {
    folder: TempDir,
    address: String,
    shared: Arc<Shared>,
}

struct Shared {
    root: PathBuf,
    /// What `Authorization` must be.
    authorization: Mutex<Option<String>>,
    silent: AtomicBool,
    /// How long each answer takes.
    slow: Mutex<Duration>,
}

impl Remote {
    pub(crate) async fn start() -> Remote {
        let folder = tempfile::tempdir().unwrap();
        git(folder.path(), &["init", "-q", "--bare", "notes.git"]);
        let shared = Arc::new(Shared {
            root: folder.path().to_owned(),
            authorization: Mutex::new(None),
            silent: AtomicBool::new(false),
            slow: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let router = Router::new().fallback(serve).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let remote = Remote { folder, address, shared };
        // Without a user of its own, HTTP takes pushes only on request.
        git(&remote.repository(), &["config", "http.receivepack", "true"]);
        remote
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/notes.git", self.address)
    }

    /// Returns the address without a repository, and makes one more bare repository there.
    pub(crate) fn with(&self, repo: &str) -> (String, PathBuf) {
        let place = self.folder.path().join(format!("{repo}.git"));
        fs::create_dir_all(&place).unwrap();
        git(&place, &["init", "-q", "--bare"]);
        git(&place, &["config", "http.receivepack", "true"]);
        (format!("http://{}", self.address), place)
    }

    pub(crate) fn repository(&self) -> PathBuf {
        self.folder.path().join("notes.git")
    }

    pub(crate) fn ask_for(&self, authorization: &str) {
        *self.shared.authorization.lock().unwrap() = Some(authorization.to_owned());
    }

    /// From now on, or no longer, requests are taken and never answered.
    pub(crate) fn be_silent(&self, silent: bool) {
        self.shared.silent.store(silent, Ordering::Relaxed);
    }

    pub(crate) fn be_slow(&self, slow: Duration) {
        *self.shared.slow.lock().unwrap() = slow;
    }

    pub(crate) fn set_hook(&self, name: &str, script: &str) {
        let file = self.repository().join("hooks").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub(crate) fn head(&self) -> String {
        git(&self.repository(), &["rev-parse", "main"])
    }
}

async fn serve(State(shared): State<Arc<Shared>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response<Body> {
    if shared.silent.load(Ordering::Relaxed) {
        std::future::pending::<()>().await;
    }
    let slow = *shared.slow.lock().unwrap();
    tokio::time::sleep(slow).await;
    let text = |name: &str| headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default().to_owned();
    let wanted = shared.authorization.lock().unwrap().clone();
    if wanted.is_some_and(|it| it != text("authorization")) {
        return Response::builder()
            .status(StatusCode::UNAUTHORIZED)
            .header(header::WWW_AUTHENTICATE, "Basic realm=\"notes\"")
            .body(Body::empty())
            .unwrap();
    }
    let mut command = Command::new("git");
    command
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", &shared.root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", uri.path())
        .env("QUERY_STRING", uri.query().unwrap_or_default())
        .env("REQUEST_METHOD", method.as_str())
        .env("CONTENT_TYPE", text("content-type"))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", text("content-encoding"))
        .env("GIT_PROTOCOL", text("git-protocol"));
    tokio::task::spawn_blocking(move || answer(&mut command, &body)).await.unwrap()
}

/// Runs the program and reads its answer as a web server does (RFC 3875).
fn answer(command: &mut Command, body: &[u8]) -> Response<Body> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let body = body.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&body));
    let output = child.wait_with_output().unwrap().stdout;
    drop(writer.join());
    let end = output.windows(4).position(|it| it == b"\r\n\r\n").unwrap();
    let mut response = Response::builder();
    for line in std::str::from_utf8(&output[..end]).unwrap().lines() {
        let (name, value) = line.split_once(": ").unwrap();
        response = match name {
            "Status" => response.status(value[..3].parse::<u16>().unwrap()),
            _ => response.header(name, value),
        };
    }
    response.body(Body::from(output[end + 4..].to_vec())).unwrap()
}

/// Commits a file to the remote as another device would, by a clone beside it.
pub(crate) fn commit_elsewhere(remote: &Remote, files: &[(&str, Option<&str>)]) {
    let folder = tempfile::tempdir().unwrap();
    let clone = folder.path().join("clone");
    git(
        folder.path(),
        &["clone", "-q", "-b", "main", remote.repository().to_str().unwrap(), "clone"],
    );
    for (path, text) in files {
        put(&clone.join(path), *text);
    }
    git(&clone, &["add", "-A"]);
    git(&clone, &["commit", "-qm", "elsewhere"]);
    git(&clone, &["push", "-q"]);
}

fn put(file: &Path, text: Option<&str>) {
    match text {
        Some(text) => {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        None => fs::remove_file(file).unwrap(),
    }
}

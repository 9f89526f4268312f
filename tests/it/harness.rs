//! The service as tests see it: a vault in a temporary folder, the real engine, the real router called in-process.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, HeaderName, Request, StatusCode, header},
};
use http_body_util::BodyExt;
use membridge::{
    config::{self, Config, Flags},
    engine::{self, handle::Handle},
    http::{
        self, AppState,
        listen::{self, ConnectionLimits},
    },
};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::watch};
use tower::ServiceExt;

/// Far longer than indexing a few notes takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running service without a socket.
pub(crate) struct Server {
    handle: Handle,
    router: Router,
    /// The listener for probes, which has rules of its own.
    pub(crate) ops: Router,
    engine: Option<JoinHandle<()>>,
    config: Config,
    folder: Option<TempDir>,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Server {
    /// Starts over these notes and waits for the first index.
    pub(crate) async fn start(notes: &[(&str, &str)]) -> Server {
        Server::start_with(notes, |_| ()).await
    }

    /// Starts over a copy of a fixture.
    pub(crate) async fn start_over(fixture: &str, change: impl FnOnce(&mut Config)) -> Server {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("vault-fixtures").join(fixture);
        let files = files_below(&root);
        let name = |it: &PathBuf| it.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        let files: Vec<(String, String)> = files.iter().map(|it| (name(it), fs::read_to_string(it).unwrap())).collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        Server::start_with(&files, change).await
    }

    /// As [`Server::start`], with a change of the configuration.
    pub(crate) async fn start_with(notes: &[(&str, &str)], change: impl FnOnce(&mut Config)) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let vault = folder.path().join("vault");
        fs::create_dir(&vault).unwrap();
        for (path, text) in notes {
            write(&vault, path, text);
        }
        Server::start_in(folder, change).await
    }

    /// Starts over `vault` in a folder that was made ready.
    pub(crate) async fn start_in(folder: TempDir, change: impl FnOnce(&mut Config)) -> Server {
        let flags = Flags {
            vaults: vec![(Some("vault".to_owned()), folder.path().join("vault"))],
            data_dir: Some(folder.path().join("data")),
            ..Flags::default()
        };
        let mut config = config::load(&flags, &|_| None)
            .unwrap_or_else(|it| panic!("{:?}", it.problems))
            .config;
        change(&mut config);
        Server::start_as(folder, config).await
    }

    async fn start_as(folder: TempDir, config: Config) -> Server {
        let (handle, engine) = engine::start(&config).unwrap();
        let first = handle.clone();
        tokio::task::spawn_blocking(move || wait_until_indexed(&first)).await.unwrap();
        let state = Arc::new(AppState::new(&config, handle.clone()));
        Server {
            handle,
            ops: http::ops_router(Arc::clone(&state)),
            router: http::router(state),
            engine: Some(engine),
            config,
            folder: Some(folder),
        }
    }

    /// Stops in order and starts anew over the same folders.
    pub(crate) async fn restart(self) -> Server {
        self.restart_with(|_| ()).await
    }

    /// As [`Server::restart`], with a change of the configuration.
    pub(crate) async fn restart_with(mut self, change: impl FnOnce(&mut Config)) -> Server {
        let folder = self.folder.take().unwrap();
        let mut config = self.config.clone();
        change(&mut config);
        drop(self);
        Server::start_as(folder, config).await
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Returns where the vault and the data folder lie.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.as_ref().unwrap().path()
    }

    pub(crate) async fn put(&self, path: &str, text: &str, headers: &[(HeaderName, &str)]) -> Answer {
        let headers = [&[(header::CONTENT_TYPE, "text/markdown")], headers].concat();
        self.send("PUT", &format!("/v1/notes/{path}"), &headers, Body::from(text.to_owned()))
            .await
    }

    pub(crate) async fn patch(&self, path: &str, json: &serde_json::Value) -> Answer {
        let headers = [(header::CONTENT_TYPE, "application/json")];
        self.send("PATCH", &format!("/v1/notes/{path}"), &headers, Body::from(json.to_string()))
            .await
    }

    pub(crate) async fn delete(&self, path: &str, headers: &[(HeaderName, &str)]) -> Answer {
        self.send("DELETE", &format!("/v1/notes/{path}"), headers, Body::empty()).await
    }

    /// Serves on a real socket until the channel says stop or is gone.
    pub(crate) async fn listen(self, listener: TcpListener, stop: watch::Receiver<bool>) {
        let second = Duration::from_secs(1);
        let limits = ConnectionLimits {
            connections: 16,
            connections_per_peer: 16,
            header: 5 * second,
            write: 5 * second,
            drain: second,
        };
        listen::listen(listener, self.router.clone(), limits, stop).await;
    }

    /// Writes a file of the vault; the engine hears of it as it would of any other program.
    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        write(&self.folder().join("vault"), path, text);
    }

    pub(crate) async fn get(&self, target: &str) -> Answer {
        self.get_with(target, &[]).await
    }

    pub(crate) async fn get_with(&self, target: &str, headers: &[(HeaderName, &str)]) -> Answer {
        self.send("GET", target, headers, Body::empty()).await
    }

    pub(crate) async fn post(&self, target: &str, json: &serde_json::Value) -> Answer {
        self.post_with(target, json, &[]).await
    }

    pub(crate) async fn post_with(&self, target: &str, json: &serde_json::Value, headers: &[(HeaderName, &str)]) -> Answer {
        let headers = [&[(header::CONTENT_TYPE, "application/json")], headers].concat();
        self.send("POST", target, &headers, Body::from(json.to_string())).await
    }

    /// Sends a request; `Host` is a loopback name unless it is given.
    pub(crate) async fn send(&self, method: &str, target: &str, headers: &[(HeaderName, &str)], body: Body) -> Answer {
        let mut request = Request::builder().method(method).uri(target);
        if !headers.iter().any(|(name, _)| name == header::HOST) {
            request = request.header(header::HOST, "localhost");
        }
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (head, body) = response.into_parts();
        Answer {
            status: head.status,
            headers: head.headers,
            body: body.collect().await.unwrap().to_bytes().to_vec(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.handle.shutdown();
        // The folder goes after the engine, which writes into it.
        drop(self.engine.take().map(JoinHandle::join));
    }
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// Returns status and kind of a problem, after looking at what every problem has.
    pub(crate) fn problem(&self) -> (u16, String) {
        let json = self.json();
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json", "{json}");
        assert_eq!(json["status"], self.status.as_u16(), "{json}");
        assert!(
            ["title", "detail", "hint"]
                .iter()
                .all(|it| json[*it].as_str().is_some_and(|it| !it.is_empty())),
            "{json}"
        );
        let kind = json["type"].as_str().unwrap().strip_prefix("/problems/").unwrap();
        (self.status.as_u16(), kind.to_owned())
    }
}

pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    entries
        .flat_map(|it| if it.is_dir() { files_below(&it) } else { vec![it] })
        .collect()
}

fn write(vault: &Path, path: &str, text: impl AsRef<[u8]>) {
    let file = vault.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

fn wait_until_indexed(handle: &Handle) {
    let begun = Instant::now();
    while !handle.status().not_ready.is_empty() {
        assert!(begun.elapsed() < PATIENCE, "not indexed: {:?}", handle.status());
        thread::sleep(Duration::from_millis(5));
    }
}

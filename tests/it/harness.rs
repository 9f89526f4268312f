//! The service as tests see it: a vault in a temporary folder, the real engine, the real router called in-process.

use std::{
    fs,
    path::Path,
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
    http::{self, AppState},
};
use tempfile::TempDir;
use tower::ServiceExt;

/// Far longer than indexing a few notes takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running service without a socket.
pub struct Server {
    handle: Handle,
    router: Router,
    engine: Option<JoinHandle<()>>,
    folder: TempDir,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Server {
    /// Starts over these notes and waits for the first index.
    pub async fn start(notes: &[(&str, &str)]) -> Server {
        Server::start_with(notes, |_| ()).await
    }

    /// As [`Server::start`], with a change of the configuration.
    pub async fn start_with(notes: &[(&str, &str)], change: impl FnOnce(&mut Config)) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let vault = folder.path().join("vault");
        fs::create_dir(&vault).unwrap();
        for (path, text) in notes {
            write(&vault, path, text);
        }
        let flags = Flags {
            vaults: vec![(Some("vault".to_owned()), vault)],
            data_dir: Some(folder.path().join("data")),
            ..Flags::default()
        };
        let mut config = config::load(&flags, &|_| None)
            .unwrap_or_else(|it| panic!("{:?}", it.problems))
            .config;
        change(&mut config);
        let (handle, engine) = engine::start(&config).unwrap();
        let first = handle.clone();
        tokio::task::spawn_blocking(move || wait_until_ready(&first)).await.unwrap();
        let state = Arc::new(AppState::new(&config, handle.clone()));
        Server {
            handle,
            router: http::router(Arc::clone(&state)),
            state,
            folder,
        }
    }

    /// Writes a file of the vault; the engine hears of it as it would of any other program.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        write(&self.folder.path().join("vault"), path, text);
    }

    pub async fn get(&self, target: &str) -> Answer {
        self.get_with(target, &[]).await
    }

    pub async fn get_with(&self, target: &str, headers: &[(HeaderName, &str)]) -> Answer {
        self.send("GET", target, headers, Body::empty()).await
    }

    pub async fn post(&self, target: &str, json: &serde_json::Value) -> Answer {
        self.send(
            "POST",
            target,
            &[(header::CONTENT_TYPE, "application/json")],
            Body::from(json.to_string()),
        )
        .await
    }

    /// Sends a request; `Host` is a loopback name unless it is given.
    pub async fn send(&self, method: &str, target: &str, headers: &[(HeaderName, &str)], body: Body) -> Answer {
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
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// Returns status and kind of a problem, after looking at what every problem has.
    pub fn problem(&self) -> (u16, String) {
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

fn write(vault: &Path, path: &str, text: impl AsRef<[u8]>) {
    let file = vault.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

fn wait_until_ready(handle: &Handle) {
    let begun = Instant::now();
    while !handle.status().not_ready.is_empty() {
        assert!(begun.elapsed() < PATIENCE, "not ready: {:?}", handle.status());
        thread::sleep(Duration::from_millis(5));
    }
}

//! The two services that are compared: bare axum over bare tantivy in this process, and the real binary beside it, as its users run it.

use std::{
    fs, io,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use axum::{Json, Router, extract::RawQuery, routing::get};
use percent_encoding::percent_decode_str;

use crate::support::{bare::Bare, client::Client};

/// Serves the bare index on a port of its own for as long as the process lives.
pub(crate) fn serve_bare(runtime: &tokio::runtime::Runtime, bare: Arc<Bare>) -> io::Result<SocketAddr> {
    let search = async move |RawQuery(query): RawQuery| {
        let text = query.unwrap_or_default().trim_start_matches("q=").to_owned();
        let text = percent_decode_str(&text).decode_utf8_lossy().into_owned();
        let bare = Arc::clone(&bare);
        Json(tokio::task::spawn_blocking(move || bare.search(&text)).await.expect("a search"))
    };
    let router = Router::new().route("/v1/search", get(search));
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    runtime.spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// A running `membridge serve`; dropping it ends it.
pub(crate) struct Service {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From the start of the process until it was ready.
    pub(crate) ready_after: Duration,
}

impl Service {
    /// Starts the binary and waits until it is ready. `settings` are lines of the configuration beside the vault.
    pub(crate) fn start(vault: &Path, data: &Path, settings: &str) -> io::Result<Service> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        fs::create_dir_all(data)?;
        let file = data.join("membridge.yaml");
        let text = format!(
            "sources:\n  - name: vault\n    path: {}\ndata_dir: {}\nlisten: {address}\n{settings}",
            vault.display(),
            data.display()
        );
        fs::write(&file, text)?;
        let start = Instant::now();
        let child = Command::new(env!("CARGO_BIN_EXE_membridge"))
            .args(["serve", "--config"])
            .arg(&file)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", data)
            .env("RUST_LOG", "error")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut service = Service {
            child,
            address,
            ready_after: Duration::ZERO,
        };
        while Client::new(address).and_then(|mut it| it.send("GET", "/readyz", "")).is_err() {
            if let Some(status) = service.child.try_wait()? {
                return Err(io::Error::other(format!("the service ended: {status}")));
            }
            thread::sleep(Duration::from_millis(1));
        }
        service.ready_after = start.elapsed();
        Ok(service)
    }

    /// Returns the anonymous memory of the process in bytes (Linux: `RssAnon` of proc(5)); `None` where the system does not tell.
    pub(crate) fn memory(&self) -> Option<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|it| it.strip_prefix("RssAnon:"))?;
        let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse().ok()?;
        Some(kibibytes * 1024.0)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It ends by itself when it is asked to, and a bench that hangs helps nobody.
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        for _ in 0..500 {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

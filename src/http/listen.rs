//! The accept loop: connections within their number, their time and their sizes, and a stop that lets answers finish.
//! Knows HTTP/1.1 framing through hyper; knows no route. (`axum::serve` keeps half-sent headers open for ever, measured.)

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{Router, body::Body, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    time,
};
use tower::ServiceExt;

use crate::http::{edge::Peer, listen::stalled::WriteTimeout};

pub mod stalled;

/// Longer heads are refused by hyper itself (414, 431); shorter ones that are still too long get a problem that explains.
const HEAD_MOST: usize = 128 * 1024;

/// What connections may take.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    pub connections: usize,
    pub connections_per_peer: usize,
    /// From a connection's first moment, or the last answer, to the end of the next head: slow heads and idle connections end alike.
    pub header: Duration,
    /// How long a peer may take none of an answer.
    pub write: Duration,
    /// How long answers may take to finish at the stop.
    pub drain: Duration,
}

/// Serves until `stop` turns true, then lets running requests finish.
pub async fn listen(listener: TcpListener, router: Router, limits: ConnectionLimits, mut stop: watch::Receiver<bool>) {
    let open = Arc::new(Open::default());
    // Each connection holds a sender: when all are gone, the receiver knows.
    let (alive, mut all_gone) = tokio::sync::mpsc::channel::<()>(1);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(&mut stop) => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Closed without an answer: whoever holds 64 connections does not read them.
                let Some(place) = Open::take(&open, peer.ip(), &limits) else {
                    continue;
                };
                let (router, stop, alive) = (router.clone(), stop.clone(), alive.clone());
                tokio::spawn(async move {
                    serve(stream, peer, router, limits, stop).await;
                    drop((place, alive));
                });
            }
            Err(error) => {
                // Out of descriptors, or a connection that is gone already. Neither ends by trying at once.
                tracing::warn!(%error, "a connection could not be accepted");
                time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop((listener, alive));
    if time::timeout(limits.drain, all_gone.recv()).await.is_err() {
        tracing::warn!("some requests did not finish in time and are cut off");
    }
}

async fn serve(stream: TcpStream, peer: SocketAddr, router: Router, limits: ConnectionLimits, mut stop: watch::Receiver<bool>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection is gone already");
        return;
    }
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header)
        .max_buf_size(HEAD_MOST)
        .serve_connection(TokioIo::new(WriteTimeout::new(stream, limits.write)), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopped(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // The peer went away or spoke no HTTP: its matter, and nothing for the log of a service.
        tracing::debug!(%error, %peer, "a connection ended early");
    }
}

/// Waits for the stop. The guard that the channel hands out must not be held over an await.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|it| *it).await);
}

/// Counts open connections. Held for a few instructions, never over an await.
#[derive(Debug, Default)]
struct Open(Mutex<HashMap<IpAddr, usize>>);

/// One open connection, given back on drop.
struct Place {
    open: Arc<Open>,
    peer: IpAddr,
}

impl Open {
    fn take(open: &Arc<Open>, peer: IpAddr, limits: &ConnectionLimits) -> Option<Place> {
        let mut peers = open.0.lock().unwrap_or_else(PoisonError::into_inner);
        if peers.values().sum::<usize>() >= limits.connections {
            return None;
        }
        let of_peer = peers.entry(peer).or_insert(0);
        if *of_peer >= limits.connections_per_peer {
            return None;
        }
        *of_peer += 1;
        Some(Place {
            open: Arc::clone(open),
            peer,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut peers = self.open.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_peer) = peers.get_mut(&self.peer) {
            *of_peer -= 1;
            if *of_peer == 0 {
                peers.remove(&self.peer);
            }
        }
    }
}

/// Binds an address, naming it in the error.
pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {address}: {error}")))
}

#[cfg(test)]
mod tests;

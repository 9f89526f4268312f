//! The accept loop: connections within their number, their time and their sizes, and a stop that lets answers finish.
//! Knows HTTP/1.1 framing through hyper; knows no route. (`axum::serve` keeps half-sent headers open for ever, measured.)

use std::{convert::Infallible, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    time,
};
use tower::ServiceExt;

use crate::http::{
    edge::Peer,
    listen::{
        open::{Open, Place},
        stalled::WriteTimeout,
        tracked::Tracked,
    },
};

pub mod open;
pub mod stalled;
pub mod tracked;

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
                // Closed without an answer: all other connections are busy, and one more would cost what the bound saves.
                let Some(place) = Open::take(&open, peer.ip(), &limits) else {
                    continue;
                };
                let (router, stop, alive) = (router.clone(), stop.clone(), alive.clone());
                tokio::spawn(async move {
                    serve(stream, peer, &place, router, limits, stop).await;
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

async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    place: &Place,
    router: Router,
    limits: ConnectionLimits,
    mut stop: watch::Receiver<bool>,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection is gone already");
        return;
    }
    let activity = place.activity();
    let stream = WriteTimeout::new(stream, limits.write, activity.clone());
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        let (busy, answer) = (activity.begin(), router.clone().oneshot(request));
        async { Ok::<_, Infallible>(answer.await?.map(|body| Tracked::new(body, busy))) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header)
        .max_buf_size(HEAD_MOST)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = place.left() => {
            if !place.is_busy() {
                return;
            }
            // A request came at the same moment. It gets its answer, the next one does not.
            connection.as_mut().graceful_shutdown();
            connection.await
        }
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

/// Binds an address, naming it in the error.
pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {address}: {error}")))
}

#[cfg(test)]
mod tests;

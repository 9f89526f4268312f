//! Which connections are open, and which of them gives its place to a newcomer. Knows no HTTP.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::Notify;

use crate::http::listen::ConnectionLimits;

/// The open connections. Held for a few instructions, never over an await.
#[derive(Debug, Default)]
pub struct Open(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    next: u64,
    /// The oldest first.
    places: BTreeMap<u64, (IpAddr, Arc<Shared>)>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Requests from the end of their head to the last byte of their answer.
    in_flight: AtomicUsize,
    leave: Notify,
}

/// The place of one open connection, given back on drop.
#[derive(Debug)]
pub struct Place {
    open: Arc<Open>,
    number: u64,
    shared: Arc<Shared>,
}

/// Counts the requests in flight of one connection.
#[derive(Debug, Clone)]
pub struct Activity(Arc<Shared>);

/// One request in flight, until it is dropped.
#[derive(Debug)]
pub struct Busy(Arc<Shared>);

impl Open {
    /// Returns a place for a newcomer. Where there is none, the oldest connection that answers nothing at the moment is told to leave;
    /// `None` when all are busy. Otherwise whoever opens connections and says nothing would lock out everyone behind the same address.
    pub fn take(open: &Arc<Open>, peer: IpAddr, limits: &ConnectionLimits) -> Option<Place> {
        let mut held = open.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_peer = held.places.values().filter(|(it, _)| *it == peer).count();
        let peer_is_full = of_peer >= limits.connections_per_peer;
        if peer_is_full || held.places.len() >= limits.connections {
            let (&oldest, _) = held.places.iter().find(|(_, (it, shared))| {
                // A peer at its own bound makes room among its own connections.
                (!peer_is_full || *it == peer) && !shared.is_busy()
            })?;
            let left = held.places.remove(&oldest);
            left.inspect(|(_, shared)| shared.leave.notify_one());
        }
        let number = held.next;
        held.next += 1;
        let shared = Arc::<Shared>::default();
        held.places.insert(number, (peer, Arc::clone(&shared)));
        Some(Place {
            open: Arc::clone(open),
            number,
            shared,
        })
    }
}

impl Shared {
    fn is_busy(&self) -> bool {
        self.in_flight.load(Ordering::Relaxed) > 0
    }
}

impl Place {
    /// Returns once the place is given to another connection.
    pub async fn left(&self) {
        self.shared.leave.notified().await;
    }

    /// Says whether a request is in flight.
    pub fn is_busy(&self) -> bool {
        self.shared.is_busy()
    }

    /// Returns the counter of this connection's requests.
    pub fn activity(&self) -> Activity {
        Activity(Arc::clone(&self.shared))
    }
}

impl Activity {
    /// Counts one more until the guard is dropped.
    pub fn begin(&self) -> Busy {
        self.0.in_flight.fetch_add(1, Ordering::Relaxed);
        Busy(Arc::clone(&self.0))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.open.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.places.remove(&self.number);
    }
}

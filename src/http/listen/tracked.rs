//! A body that counts as in flight until hyper has taken its last byte. Changes nothing of it.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    Error,
    body::{Body, Bytes, HttpBody},
};
use hyper::body::{Frame, SizeHint};

use crate::http::listen::open::Busy;

/// The body of an answer, and the request that it belongs to.
#[derive(Debug)]
pub struct Tracked {
    body: Body,
    /// Held for its drop alone.
    _busy: Busy,
}

impl Tracked {
    /// Returns the body that keeps the request in flight.
    pub fn new(body: Body, busy: Busy) -> Tracked {
        Tracked { body, _busy: busy }
    }
}

impl HttpBody for Tracked {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

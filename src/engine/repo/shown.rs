//! What is shown of a blob of a checkout, by its hash, so that none is read twice to know. Knows hashes only.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::model::hash::ContentHash;

/// So many blobs are remembered; of others each question reads one.
const MOST: usize = 20_000;

/// The hash of what is shown, by the hash of the bytes.
#[derive(Debug, Default)]
pub(in crate::engine) struct ShownBlobs(Mutex<HashMap<ContentHash, ContentHash>>);

impl ShownBlobs {
    pub(in crate::engine) fn get(&self, blob: ContentHash) -> Option<ContentHash> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&blob).copied()
    }

    pub(in crate::engine) fn insert(&self, blob: ContentHash, shown: ContentHash) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MOST {
            known.insert(blob, shown);
        }
    }
}

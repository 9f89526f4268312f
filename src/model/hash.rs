//! The identity of a file's bytes. Knows git's blob format; knows nothing of files or repositories.

use std::fmt;

use sha1::{Digest, Sha1};

/// The git blob id of raw bytes: change detection, `ETag`/`If-Match` and git share this one identity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash([u8; 20]);

impl ContentHash {
    /// Returns the hash of a file that holds exactly these bytes (what `git hash-object` prints).
    pub fn of(bytes: &[u8]) -> ContentHash {
        let mut sha = Sha1::new();
        sha.update(format!("blob {}\0", bytes.len()));
        sha.update(bytes);
        ContentHash(sha.finalize().into())
    }

    /// Returns the hash whose 20 bytes these are, `None` for another length.
    pub fn from_bytes(bytes: &[u8]) -> Option<ContentHash> {
        bytes.try_into().ok().map(ContentHash)
    }

    /// Returns the 20 bytes.
    pub fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentHash({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_blob_id_that_git_prints() {
        assert_eq!(ContentHash::of(b"").to_string(), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        assert_eq!(ContentHash::of(b"hello\n").to_string(), "ce013625030ba8dba906f756967f9e9ca394464a");
    }
}

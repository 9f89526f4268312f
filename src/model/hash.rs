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

    /// Returns the hash that 40 hexadecimal digits in lower case spell.
    pub fn parse(text: &str) -> Option<ContentHash> {
        if text.len() != 40 || !text.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).ok();
        let bytes: Vec<u8> = (0..40).step_by(2).map(byte).collect::<Option<_>>()?;
        ContentHash::from_bytes(&bytes)
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
    fn what_is_printed_reads_back() {
        let hash = ContentHash::of(b"hello\n");
        assert_eq!(ContentHash::parse(&hash.to_string()), Some(hash));
        for text in [
            "",
            "ce013625030ba8dba906f756967f9e9ca394464",
            "CE013625030BA8DBA906F756967F9E9CA394464A",
        ] {
            assert_eq!(ContentHash::parse(text), None, "{text}");
        }
    }

    #[test]
    fn is_the_blob_id_that_git_prints() {
        assert_eq!(ContentHash::of(b"").to_string(), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        assert_eq!(ContentHash::of(b"hello\n").to_string(), "ce013625030ba8dba906f756967f9e9ca394464a");
    }
}

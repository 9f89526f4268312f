//! Three versions of one text put together, as `git merge-file` does. Knows lines; knows no repository.

use git2::{MergeFileInput, ObjectType, Oid};

/// Returns the text with both changes, or `None` where they touch the same place. Bytes are kept, line ends included.
pub fn merge(base: &str, ours: &str, theirs: &str) -> Option<String> {
    if ours == theirs || base == theirs {
        return Some(ours.to_owned());
    }
    if base == ours {
        return Some(theirs.to_owned());
    }
    // git2 starts libgit2 in most of its calls, but not in this one, which fails in a process that has opened no repository.
    Oid::hash_object(ObjectType::Blob, &[]).ok()?;
    let (mut ancestor, mut one, mut other) = (MergeFileInput::new(), MergeFileInput::new(), MergeFileInput::new());
    ancestor.content(base.as_bytes());
    one.content(ours.as_bytes());
    other.content(theirs.as_bytes());
    let merged = git2::merge_file(&ancestor, &one, &other, None).ok()?;
    if !merged.is_automergeable() {
        return None;
    }
    String::from_utf8(merged.content().to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base: &str, ours: &str, theirs: &str, expected: Option<&str>) {
        assert_eq!(merge(base, ours, theirs).as_deref(), expected, "{base:?} {ours:?} {theirs:?}");
        assert_eq!(merge(base, theirs, ours).as_deref(), expected, "{base:?} {theirs:?} {ours:?}");
    }

    #[test]
    fn different_places_come_together_and_the_same_place_does_not() {
        check(
            "1\n2\n3\n4\n5\n",
            "one\n2\n3\n4\n5\n",
            "1\n2\n3\n4\nfive\n",
            Some("one\n2\n3\n4\nfive\n"),
        );
        check("1\r\n2\r\n3\r\n", "0\r\n1\r\n2\r\n3\r\n", "1\r\n2\r\n3", Some("0\r\n1\r\n2\r\n3"));
        check("a\n", "b\n", "c\n", None);
        check("a\n", "b\n", "b\n", Some("b\n"));
        check("a\n", "a\n", "c\n", Some("c\n"));
        check("", "a\n", "", Some("a\n"));
    }
}

//! What in the Secret of a repository or a cluster of Argo CD is none. Knows that label and those settings; must not know where they stand.

use std::ops::Range;

use memchr::memmem;

/// The label of Secrets that Argo CD reads.
pub(super) const LABEL: &str = "argocd.argoproj.io/secret-type";

/// Tells whether a setting in the Secret of a repository or a cluster of Argo CD is none: where it is, and how it is called.
pub(super) fn is_plain(key: &str, value: &str) -> bool {
    let is_name = |it: &str| {
        it.bytes()
            .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || b"-.".contains(&it))
    };
    let is_place = || {
        ["https://", "http://", "git@", "ssh://git@", "oci://"]
            .iter()
            .any(|it| value.starts_with(it))
    };
    let has_user = || value.starts_with("http") && value.contains('@');
    match key {
        "type" => matches!(value, "git" | "helm" | "oci"),
        "url" | "server" => is_place() && !has_user() && !value.contains(['?', '#']),
        "name" | "project" => is_name(value) && value.len() < 40,
        _ => false,
    }
}

/// Returns the documents that Argo CD reads; so many and no more.
pub(super) fn documents(text: &str) -> Vec<Range<usize>> {
    let labels = memmem::find_iter(text.as_bytes(), LABEL.as_bytes()).take(MAX_DOCUMENTS);
    let document = |label: usize| {
        let start = text[..label].rfind("\n---").unwrap_or(0);
        start..text[label..].find("\n---").map_or(text.len(), |it| label + it)
    };
    let mut documents: Vec<Range<usize>> = labels.map(document).collect();
    documents.dedup();
    documents
}

/// No file has more of them.
const MAX_DOCUMENTS: usize = 100;

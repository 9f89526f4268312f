//! Which kinds a document of manifests names, read by its lines: what stands beside a ConfigMap is no data of a Secret. Must not know values.

use std::collections::HashMap;

/// What the kinds are that a document names.
pub(super) struct Kinds {
    /// How far in they stand, and whether none of them there is a Secret.
    are_others: HashMap<usize, bool>,
    /// There is nothing but what `kubeseal` made.
    are_sealed: bool,
}

impl Kinds {
    pub(super) fn of(document: &str) -> Kinds {
        let mut kinds = Kinds {
            are_others: HashMap::new(),
            are_sealed: true,
        };
        for line in document.lines() {
            let content = line.trim_start_matches([' ', '\t', '-']);
            let Some(kind) = content.strip_prefix("kind:") else { continue };
            let kind = kind.split('#').next().unwrap_or_default().trim().trim_matches(['"', '\'']);
            let is_other = !kind.is_empty() && !kind.contains("Secret") && kind.bytes().all(|it| it.is_ascii_alphanumeric());
            let are_others = kinds.are_others.entry(line.len() - content.len()).or_insert(true);
            *are_others &= is_other;
            kinds.are_sealed &= kind.starts_with("SealedSecret");
        }
        kinds.are_sealed &= !kinds.are_others.is_empty();
        kinds
    }

    /// Tells whether data this far in is of other kinds alone: of a ConfigMap that holds a Secret as text, or what a SealedSecret leaves in clear.
    pub(super) fn keep(&self, indent: usize, data: &str) -> bool {
        let is_of_others = self.are_others.get(&indent).copied().unwrap_or(false);
        is_of_others || self.are_sealed && !data.contains("encryptedData")
    }
}

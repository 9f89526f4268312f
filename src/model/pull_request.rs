//! A pull request as membridge knows it, whatever forge it came from. Knows its facts and how they are written down; must not know HTTP, git or
//! the disk. What a forge sends becomes one in the modules below; so does its note.
//!
//! Facts come in parts (a webhook, the forge's API, a clone): each part is a [`PullRequest`] that leaves out what its sender did not say.

pub mod delivery;
pub mod gitea;
pub mod github;
pub mod gitlab;
pub mod flux;
pub mod fold;
pub mod note;
pub mod region;
mod json;
mod merge;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::merge::{merges, number_in};

/// What is kept of a description, in bytes: notes look no further into it.
pub const MAX_TEXT_BYTES: usize = 260 * 1024;

/// The highest number that a pull request has: forges tell theirs by signed integers of 32 bits, and count far below.
pub const NUMBER_MOST: u64 = (1 << 31) - 1;

/// The software of a forge: what its webhooks, its API and its pages look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ForgeKind {
    Gitea,
    Forgejo,
    GitHub,
    GitLab,
}

/// Which pull request: the identity that its note carries as the property `pr`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PullRequestId {
    /// The forge's name, with the port where it is not the usual one: `git.example.org`. Of the configuration, never of a payload.
    pub host: String,
    /// `owner/name`; of GitLab also `group/subgroup/name`.
    pub repo: String,
    pub number: u64,
}

/// What is known of one pull request. Empty and `None` stand for "not said".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequest {
    pub id: PullRequestId,
    /// When the forge last changed it, as the sender of this part knew it.
    pub updated: Option<Timestamp>,
    pub title: Option<String>,
    /// Markdown, untrusted.
    pub body: Option<String>,
    pub state: Option<State>,
    pub draft: Option<bool>,
    pub author: Option<String>,
    /// The branch that it goes to, and the branch that it comes from.
    pub base: Option<String>,
    pub head: Option<String>,
    pub head_sha: Option<String>,
    pub merge_base: Option<String>,
    /// Only of a merged one: GitHub sends one for others, too.
    pub merge_commit: Option<String>,
    /// A commit that names it as what was merged: a later word of the forge outweighs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merge_seen: Option<MergeSeen>,
    pub method: Option<Method>,
    pub merged_by: Option<String>,
    pub closed_by: Option<String>,
    pub created: Option<Timestamp>,
    pub merged: Option<Timestamp>,
    pub closed: Option<Timestamp>,
    /// `None` was not said, an empty list says that there are none.
    pub labels: Option<Vec<String>>,
    /// Who was asked for a review.
    pub reviewers: Option<Vec<String>>,
    pub commits: Option<Vec<Commit>>,
    pub diff: Option<Diff>,
    /// Of the head that this part names: what the forge counted, where nobody looked into the files.
    pub additions: Option<u64>,
    pub deletions: Option<u64>,
    pub changed_files: Option<u64>,
    pub reviews: Vec<Review>,
    pub comments: Vec<Comment>,
    /// Comments that are there no more, whoever still tells of them.
    #[serde(default)]
    pub deleted_comments: Vec<CommentId>,
    pub checks: Option<Vec<Check>>,
    pub rollouts: Vec<Rollout>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Open,
    Closed,
    Merged,
}

/// What git alone tells of a merge.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MergeSeen {
    pub commit: String,
    /// Of that commit.
    pub time: Timestamp,
}

/// How it was merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    Merge,
    Squash,
    Rebase,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Commit {
    pub sha: String,
    /// The whole message, trailers included.
    pub message: String,
    pub author: String,
    pub time: Option<Timestamp>,
}

/// What it changes, between merge base and head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    /// By path.
    pub files: Vec<ChangedFile>,
    /// Of files that hold Kubernetes resources, by file, kind, namespace and name.
    pub resources: Vec<ResourceChange>,
    /// Added lines that name something left to do.
    pub left_to_do: Vec<LeftToDo>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ChangedFile {
    pub path: String,
    /// The path that it had before.
    pub renamed_from: Option<String>,
    pub kind: Change,
    /// Lines; 0 for binary files.
    pub added: u64,
    pub removed: u64,
    /// Made by a tool: lock files, vendored code.
    pub generated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    Added,
    Modified,
    Removed,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ResourceChange {
    pub path: String,
    /// `apps/v1`
    pub api_version: String,
    pub kind: String,
    /// Empty for none.
    pub namespace: String,
    pub name: String,
    pub change: Change,
    /// Of a modified one: changed key paths with their scalars, secrets masked; the first ones, in order.
    pub keys: Vec<KeyChange>,
    /// How many changed in all.
    pub keys_total: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KeyChange {
    /// `spec.template.spec.containers[app].image`
    pub key: String,
    /// `None` where there was or is none.
    pub before: Option<String>,
    pub after: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LeftToDo {
    pub path: String,
    pub line: u64,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Review {
    pub author: String,
    /// When it was given; of a webhook without one, when the pull request was updated.
    pub time: Option<Timestamp>,
    pub verdict: Verdict,
    /// Markdown, untrusted.
    pub body: String,
    /// The forge says that it counts no more.
    pub dismissed: bool,
    /// When this was said of it; of two sayings the later counts.
    pub updated: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Approved,
    ChangesRequested,
    Commented,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Comment {
    pub author: String,
    pub time: Option<Timestamp>,
    /// Markdown, untrusted.
    pub body: String,
    /// The file and line it is about, where it is about one; line 0 is the whole file.
    pub place: Option<(String, u64)>,
    /// Of a thread in a review: whether it waits for an answer.
    pub unresolved: bool,
    /// What the forge knows it by.
    pub id: Option<CommentId>,
    /// When this was said of it; of two sayings the later counts.
    pub updated: Option<Timestamp>,
}

/// The name of a comment at its forge, which counts those on lines of files apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CommentId {
    pub number: u64,
    pub on_line: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Check {
    pub name: String,
    /// `success`, `failure`, `pending` .. as the forge calls it, lower case.
    pub result: String,
}

/// What became of a revision on the cluster, as Flux told it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rollout {
    /// `Kustomization flux-system/apps`
    pub object: String,
    /// The commit that it is about.
    pub revision: String,
    pub time: Timestamp,
    pub ok: bool,
    /// `ReconciliationSucceeded`
    pub reason: String,
    /// Untrusted.
    pub message: String,
}

impl std::fmt::Display for PullRequestId {
    /// `host/owner/name#7`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}#{}", self.host, self.repo, self.number)
    }
}

impl PullRequestId {
    /// Says whether a pull request may have this number.
    pub fn is_number(number: u64) -> bool {
        (1..=NUMBER_MOST).contains(&number)
    }
}

impl PullRequest {
    /// Returns a part that says nothing yet.
    pub fn unknown(id: PullRequestId) -> PullRequest {
        PullRequest {
            id,
            updated: None,
            title: None,
            body: None,
            state: None,
            draft: None,
            author: None,
            base: None,
            head: None,
            head_sha: None,
            merge_base: None,
            merge_commit: None,
            merge_seen: None,
            method: None,
            merged_by: None,
            closed_by: None,
            created: None,
            merged: None,
            closed: None,
            labels: None,
            reviewers: None,
            commits: None,
            diff: None,
            additions: None,
            deletions: None,
            changed_files: None,
            reviews: Vec::new(),
            comments: Vec::new(),
            deleted_comments: Vec::new(),
            checks: None,
            rollouts: Vec::new(),
        }
    }
}

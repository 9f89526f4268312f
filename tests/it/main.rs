//! The one integration binary: the whole through its doors, the corpora, and the rules of the house.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of tests fails the test; clippy excuses test functions only"
)]

mod harness;

mod api;
mod brief;
mod context;
mod doctor;
mod engine;
mod graph;
mod hostile;
mod own_settings;
mod command_line;
mod openapi;
mod conformance;
mod crash;
mod init;
mod kept;
mod links;
mod mcp;
mod metrics;
mod memories;
mod obsidian_search;
mod pull_requests;
mod tidy;
mod planted_secrets;
mod repo;
mod repo_search;
mod secrets;
mod signing;
mod sync;
mod write;
mod writing_verbs;

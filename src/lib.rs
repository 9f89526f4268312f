//! membridge makes an Obsidian vault the long-term memory of a self-hosted AI agent.
//!
//! Five rooms, left to right; a module imports only from rooms to its left (`tests/it/tidy.rs` holds it):
//!
//! ```text
//! model (pure)  <-  io (disk, index, watcher)  <-  engine (the only place state changes)  <-  http, cli  <-  main
//! ```

pub mod config;
pub mod model;
pub mod io;
pub mod engine;
pub mod http;
pub mod cli;

//! membridge makes an Obsidian vault the long-term memory of a self-hosted AI agent: it watches the vault, keeps it in a full-text index, and
//! answers lookups over HTTP with the lines that matter, a citation, who wrote them, and how fresh the answer is.
//!
//! # Rooms
//!
//! Five rooms, left to right; a module imports only from rooms to its left (`tests/it/tidy.rs` holds it):
//!
//! ```text
//! model (pure)  <-  io (disk, index, watcher)  <-  engine (the only place state changes)  <-  http, cli  <-  main
//! ```
//!
//! - [`model`]: what things are and mean: notes, links, queries, paths. No IO, no clock, no thread.
//! - [`io`]: one module a door: [`io::vault`] the disk, [`io::watch`] events, [`io::index`] the index, [`io::git`] the history, [`io::intents`]
//!   the log of unfinished writes. They do not know each other.
//! - [`engine`]: one thread owns catalogs, index writer and watchers; [`engine::handle`] is how all others see its state.
//! - [`http`] and [`cli`]: requests in, snapshots out; the command line is a client of the HTTP API, and so are the tools
//!   of MCP ([`http::mcp`]).
//! - [`config`]: flags, environment and file, resolved once into values that nobody checks again.
//!
//! # What always holds
//!
//! - Events are hints, the disk is the truth. A path that may have changed is read again and compared by hash; a scan finds what events lost.
//! - The index is a cache: delete it, and it gives equal answers again, scores to the last bit. Nothing in its folder is fsynced; checksums are
//!   verified at every start.
//! - An index that is behind says so. There is no answer without its generation, its lag, and whether it is stale.
//! - What a caller may not read is left out before ranking and counting, statistics included.
//! - Everything read from a vault is untrusted: parsers are total, linear and bounded; nothing follows a link out of the root.
//! - Nothing is lost: bytes that were not read are never replaced, what a write replaces is in a commit before it, and what was acknowledged is
//!   durable. A note is written only where the policy says so.
//!
//! # A search, step by step
//!
//! 1. [`http`] checks name, origin, token and parameters, and parses the query ([`model::query`]).
//! 2. The newest snapshot ([`io::index::Searcher`]) decides the conditions for every note; what its terms cannot decide is read and verified.
//! 3. Words become the terms of each segment: themselves, their inflections, the parts of identifiers, or corrections.
//! 4. BM25 over all postings of living, visible notes scores notes and passages; the two rankings are fused.
//! 5. Only the hits of the page are read: passages, headings, snippets.
//!
//! # A write, step by step
//!
//! 1. [`http`] reads the request; [`engine::request`] is what the engine understands. Requests that wait together are one group.
//! 2. The plan is decided on the present bytes: the policy, names, preconditions, [`model::note::edit`]. Nothing is changed yet.
//! 3. The intents are logged durably ([`io::intents`]); texts are staged, synced and swapped in ([`io::vault`]), and what was swapped out is looked at.
//! 4. One chain of commits ([`io::git`]): first what people left uncommitted, then ours. A busy repository makes them wait, across restarts.
//! 5. The index commits, receipts are kept by key ([`io::receipts`]), the intents are closed, and the callers are answered.
//! 6. For a minute the change is watched ([`io::outbox`]): a save by somebody who had not seen it does not take it away.
//!
//! # A pull request, step by step
//!
//! 1. [`http`] checks the signature of a webhook and reads it ([`model::pull_request`]); [`engine::pulls`] keeps the news, durably
//!    ([`io::deliveries`]), and only then it is acknowledged.
//! 2. One thread adds them to what is known ([`io::pull_requests`]), asks the forge for the rest ([`io::forge`]), and folds the parts, whose order
//!    does not matter.
//! 3. The note is rendered, put between what people wrote in it, and written as any other write.
//!
//! # A change, step by step
//!
//! 1. The watcher puts the path into a bounded set ([`io::watch`]); a full set is one scan.
//! 2. The engine waits until the path is quiet, then reads it and compares its hash with the catalog's.
//! 3. [`model::note`] parses it, [`model::passage`] cuts it, [`io::index`] puts it in the place of what it was.
//! 4. One commit serves all that waits; the new snapshot and its generation are published, and whoever waits for them is woken.
//!
//! # A repository, step by step
//!
//! 1. A worker a source fetches ([`io::git`]) or looks at a checkout's HEAD, carries on what is known of all commits, and tells the engine.
//! 2. What differs between the new commit's tree (or the files that git would take, [`io::checkout`]) and the catalog is looked at again.
//! 3. [`engine::document::repo`] leaves out what must not be read and masks secrets ([`model::secrets::file`]); [`model::config_file`] cuts the
//!    rest by its structure. Every reader of such a file, in the past too, goes through the same door.

pub mod config;
pub mod model;
pub mod io;
pub mod engine;
pub mod http;
pub mod cli;

//! What things are and mean: notes, paths, queries. Pure: no IO, no clock, no thread, no tokio.

pub mod path;
pub mod hash;
pub mod lines;
pub mod yaml;
pub mod note;
pub mod noise;
pub mod glob;
pub mod new_name;
pub mod write_policy;
pub mod origin;
pub mod citation;
pub mod passage;
pub mod query;
pub mod links;
pub mod canvas;
pub mod base;
pub mod hidden;
pub mod moment;
pub mod vault_settings;
pub mod lint;
pub mod memory;
pub mod secrets;
pub mod pull_request;
pub mod config_file;
pub mod skill;
pub mod context;
pub mod brief;
#[cfg(test)]
mod quickly;

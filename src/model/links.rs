//! Where links lead: Obsidian's rule from a link's text to a file, places inside a note, backlinks, and look-up by name.
//! Pure: knows names and parsed links, must not know how notes are read or stored. The rule is reference/obsidian.md 1.4 and 1.5.

mod destination;
mod graph;
mod key;
mod lookup;
mod names;
mod packed;
mod places;
mod repository;
mod rewrite;
mod subpath;
mod targets;

pub use graph::{GraphWithin, LinkGraph, ResolvedLink};
pub use lookup::{By, Candidate, Lookup, look_up};
pub use names::{Names, Resolution};
pub use repository::{Declares, RepoPlace, path_of_source};
pub use rewrite::{Move, Rewritten, rewrite};
pub use subpath::{Subpath, find_subpath, split_subpath, strip_heading};

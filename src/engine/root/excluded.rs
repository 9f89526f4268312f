//! Which paths of a source are left out before anything is read. Knows the configuration and names; does not look at the disk.

use crate::{
    engine::handle::Source,
    model::{path::NotePath, secrets},
};

/// Says whether the configuration leaves this path out, or what its name holds: a secret in a name would be told by every list and answer.
pub(super) fn is_excluded(source: &Source, path: &str) -> bool {
    let is_secret = || source.is_repo() && secrets::in_name(path).is_some();
    is_secret() || NotePath::parse_in_repo(path).is_ok_and(|path| source.config.exclude.iter().any(|it| it.matches(&path)))
}

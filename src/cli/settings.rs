//! The options that `serve` and `check` share. Takes them as typed; what they mean is said in `config`.

use std::path::PathBuf;

use clap::Args;

use crate::{config::Flags, model::path::SourceName};

/// Where the configuration comes from. Flags override MEMBRIDGE_CONFIG, _LISTEN, _DATA_DIR, _TOKEN, _TOKEN_FILE and _LOG, and those the file.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// The configuration file (YAML; config/membridge.yaml is an example)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A vault to index; may be repeated, and replaces the vaults of the file
    #[arg(long = "vault", value_name = "[NAME=]PATH")]
    vaults: Vec<String>,
    /// Where the index and unfinished work are kept, outside every vault
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The address to serve on
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<String>,
    /// How to log: text or json
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
}

impl Settings {
    /// Returns what was typed, in the words of the configuration.
    pub fn into_flags(self) -> Flags {
        Flags {
            config: self.config,
            vaults: self.vaults.iter().map(|it| named_path(it)).collect(),
            data_dir: self.data_dir,
            listen: self.listen,
            log_format: self.log_format,
        }
    }
}

/// Splits `NAME=PATH`. What stands before the first `=` is a name only when it could be one, so a path that holds `=` needs a `./` at most.
fn named_path(text: &str) -> (Option<String>, PathBuf) {
    match text.split_once('=') {
        Some((name, path)) if SourceName::parse(name).is_some() => (Some(name.to_owned()), path.into()),
        _ => (None, text.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vault_may_have_a_name() {
        let check =
            |text: &str, name: Option<&str>, path: &str| assert_eq!(named_path(text), (name.map(str::to_owned), path.into()), "{text}");
        check("/srv/notes", None, "/srv/notes");
        check("team=/srv/team", Some("team"), "/srv/team");
        check("team=a=b", Some("team"), "a=b");
        check("/srv/a=b", None, "/srv/a=b");
        check("./a=b", None, "./a=b");
    }
}

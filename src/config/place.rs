//! Where a configuration comes from: the file, its folder, the home, single variables. The one place of this room that opens the file.

use std::{
    fs,
    path::{Path, PathBuf, absolute},
};

use crate::config::{
    Environment, Flags,
    findings::{Complaint, Findings},
    table::Written,
    written::{self, ConfigFile},
};

/// A configuration file is typed by hand; what is larger is another file by mistake.
const MAX_FILE: u64 = 1 << 20;

/// Where the file lies and what `~/` means in it.
#[derive(Debug)]
pub struct Place {
    /// The setting that names the file, and the file.
    file: Option<(&'static str, PathBuf)>,
    home: Option<PathBuf>,
}

impl Place {
    /// Returns what the flags and the environment say of it.
    pub fn of(flags: &Flags, environment: Environment<'_>) -> Place {
        let variable = |name| environment(name).filter(|it| !it.is_empty()).map(PathBuf::from);
        let named = flags.config.clone().map(|it| ("--config", it));
        let file = named.or_else(|| variable("MEMBRIDGE_CONFIG").map(|it| ("MEMBRIDGE_CONFIG", it)));
        Place {
            file: file.map(|(key, path)| (key, from_here(&path))),
            home: variable("HOME").filter(|it| it.is_absolute()),
        }
    }

    /// Reads the file; without one, everything is left out.
    pub fn read_file(&self, findings: &mut Findings) -> ConfigFile {
        let Some((key, path)) = &self.file else {
            return ConfigFile::default();
        };
        let text = fs::metadata(path).and_then(|metadata| {
            if !metadata.is_file() || metadata.len() > MAX_FILE {
                return Err(std::io::Error::other("this is no file of at most 1 MiB"));
            }
            fs::read_to_string(path)
        });
        let complaint = |error| Complaint::new(format!("cannot read `{}`: {error}", path.display()), "name a readable YAML file");
        let text = findings.keep(*key, text.map_err(complaint));
        text.map_or_else(ConfigFile::default, |text| written::read(&text, findings))
    }

    /// Returns what a path in the file means: relative paths count from the file's folder, so that it can be moved with what it names.
    pub fn path(&self, text: &str) -> PathBuf {
        let base = self.file.as_ref().and_then(|(_, file)| file.parent()).unwrap_or(Path::new("/"));
        match (text.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => from_here(&base.join(text)),
        }
    }

    /// Returns the folder that the XDG base directory specification gives; without a home, the one that the file system standard does.
    pub fn default_data_dir(&self, environment: Environment<'_>) -> PathBuf {
        let xdg = environment("XDG_DATA_HOME").map(PathBuf::from).filter(|it| it.is_absolute());
        let data_home = xdg.or_else(|| self.home.as_ref().map(|home| home.join(".local/share")));
        data_home.unwrap_or_else(|| PathBuf::from("/var/lib")).join("membridge")
    }
}

/// Returns a variable that must be text; an empty one counts as unset, because manifests cannot unset.
pub fn variable(environment: Environment<'_>, name: &str, findings: &mut Findings) -> Option<Written> {
    let text = environment(name).filter(|it| !it.is_empty())?;
    let Ok(text) = text.into_string() else {
        findings.problem(name, "the value is no UTF-8", "set it again, or unset it");
        return None;
    };
    Some(Written {
        key: name.to_owned(),
        text,
    })
}

/// Returns the path counted from the working directory. Only an empty path or a lost working directory fails, and then its use says more.
pub fn from_here(path: &Path) -> PathBuf {
    absolute(path).unwrap_or_else(|_| path.to_owned())
}

//! A configuration that is there already: whether it is one that was asked for. Compares values and not texts: what its owner added beside them is
//! the owner's, and what nobody asked for cannot differ.

use std::{net::SocketAddr, path::PathBuf};

use crate::config::{Config, SourceKind, folders::real};

/// What was asked for; `None` where any value will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) vault: PathBuf,
    pub(super) agent_folder: String,
    pub(super) data_dir: Option<PathBuf>,
    pub(super) listen: Option<SocketAddr>,
    pub(super) token: bool,
}

/// Returns in what the configuration is another than the one that was asked for, a line each.
pub(super) fn differences(there: &Config, asked: &Asked) -> Vec<String> {
    let mut lines = Vec::new();
    let vaults = || there.sources.iter().filter(|it| it.kind == SourceKind::Vault).map(|it| &it.path);
    if !vaults().any(|it| real(it) == real(&asked.vault)) {
        let served: Vec<String> = vaults().map(|it| format!("`{}`", it.display())).collect();
        lines.push(format!("sources: it serves {}, not `{}`", served.join(", "), asked.vault.display()));
    }
    let mut differ = |key: &str, theirs: String, ours: String| lines.push(format!("{key}: it says `{theirs}`, not `{ours}`"));
    if there.agent_folder.as_str() != asked.agent_folder {
        differ("agent_folder", there.agent_folder.to_string(), asked.agent_folder.clone());
    }
    if let Some(folder) = asked.data_dir.as_ref().filter(|it| real(it) != real(&there.data_dir)) {
        differ("data_dir", there.data_dir.display().to_string(), folder.display().to_string());
    }
    if let Some(listen) = asked.listen.filter(|it| *it != there.listen) {
        differ("listen", there.listen.to_string(), listen.to_string());
    }
    if asked.token && there.tokens.is_empty() {
        lines.push("tokens: it names none".to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::config::{Flags, load};

    #[test]
    fn only_what_was_asked_for_can_differ() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| fs::canonicalize(folder.path()).unwrap().join(name);
        fs::create_dir(at("one")).unwrap();
        let text = "sources: [{path: one}]\ndata_dir: data\nlisten: 127.0.0.1:8080\nquiet: 1s\n";
        fs::write(at("membridge.yaml"), text).unwrap();
        let flags = Flags {
            config: Some(at("membridge.yaml")),
            ..Flags::default()
        };
        let there = load(&flags, &|_| None).unwrap().config;
        let asked = Asked {
            vault: at("one"),
            agent_folder: "Agent".to_owned(),
            data_dir: None,
            listen: None,
            token: false,
        };
        let check = |asked: Asked, expected: &[&str]| {
            let lines = differences(&there, &asked);
            let keys: Vec<&str> = lines.iter().filter_map(|it| Some(it.split_once(':')?.0)).collect();
            assert_eq!(keys, expected, "{lines:?}");
        };
        let like = || asked.clone();
        check(like(), &[]);
        check(
            Asked {
                vault: at("two"),
                ..like()
            },
            &["sources"],
        );
        check(
            Asked {
                agent_folder: "Bot".to_owned(),
                ..like()
            },
            &["agent_folder"],
        );
        check(
            Asked {
                data_dir: Some(at("data")),
                listen: Some(there.listen),
                ..like()
            },
            &[],
        );
        let listen = Some("0.0.0.0:1".parse().unwrap());
        check(
            Asked {
                data_dir: Some(at("other")),
                listen,
                token: true,
                ..like()
            },
            &["data_dir", "listen", "tokens"],
        );
    }
}

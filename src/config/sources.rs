//! The sources: what the file or the command line says of each indexed root. Looks at no disk; `folders` does.

use std::{collections::BTreeSet, path::Path, time::Duration};

use crate::{
    config::{
        Flags, Remote, SourceConfig, SourceKind,
        findings::Findings,
        place::{Place, from_here},
        table::{value, values_of},
        values,
        written::SourceWritten,
    },
    model::{origin::OriginRule, path::SourceName},
};

/// Returns the sources and the keys under which their folders are written. Vaults of the command line replace those of the file.
pub fn sources(
    flags: &Flags,
    written: Option<Vec<SourceWritten>>,
    place: &Place,
    data_dir: &Path,
    findings: &mut Findings,
) -> (Vec<String>, Vec<SourceConfig>) {
    if flags.vaults.is_empty() && written.as_ref().is_none_or(Vec::is_empty) {
        findings.problem(
            "sources",
            "no vault is named",
            "pass --vault PATH, or list it under `sources` in the file",
        );
    }
    let mut sources: Vec<(String, SourceConfig)> = if flags.vaults.is_empty() {
        written
            .unwrap_or_default()
            .into_iter()
            .filter_map(|it| source(it, place, data_dir, findings))
            .collect()
    } else {
        flags
            .vaults
            .iter()
            .map(|(name, path)| flag_source(name.as_deref(), path, findings))
            .collect()
    };
    let mut names = BTreeSet::new();
    // The first vault is what a request means that names no source.
    sources.sort_by_key(|(_, it)| it.kind == SourceKind::Repo);
    if sources.first().is_some_and(|(_, it)| it.kind == SourceKind::Repo) {
        findings.problem(
            "sources",
            "no vault is named",
            "list the folder of a vault, too: memories need a place",
        );
    }
    // All stay in the list: what else is wrong with one of the same name is told, too.
    for (key, source) in &sources {
        if !names.insert(&source.name) {
            let hint = "give each its own name: --vault NAME=PATH, or `name` in the file";
            findings.problem(key, format!("two sources are named `{}`", source.name), hint);
        }
    }
    sources.into_iter().unzip()
}

fn flag_source(name: Option<&str>, path: &Path, findings: &mut Findings) -> (String, SourceConfig) {
    let name = name
        .and_then(|name| findings.keep("--vault", values::source_name(name)))
        .unwrap_or_else(default_name);
    let source = SourceConfig {
        name,
        kind: SourceKind::Vault,
        path: from_here(path),
        remote: None,
        exclude: Vec::new(),
        origin: Vec::new(),
    };
    ("--vault".to_owned(), source)
}

fn source(written: SourceWritten, place: &Place, data_dir: &Path, findings: &mut Findings) -> Option<(String, SourceConfig)> {
    let name = value(written.name, values::source_name, findings).unwrap_or_else(default_name);
    let kind = value(written.kind, values::source_kind, findings).unwrap_or(SourceKind::Vault);
    let exclude = values_of(written.exclude, values::glob, findings);
    let origin = written.origin.into_iter().filter_map(|(glob, origin)| {
        let (glob, origin) = (value(glob, values::glob, findings), value(origin, values::origin, findings));
        Some(OriginRule {
            glob: glob?,
            origin: origin?,
        })
    });
    let origin = origin.collect();
    let fetch_every = value(written.fetch_every, |it| values::duration(it, FETCH_LEAST..=FETCH_MOST), findings);
    let branch = value(written.branch, values::branch, findings);
    let token_file = written.token_file.map(|it| place.path(&it.text));
    let remote = |url: String| Remote {
        url,
        branch,
        fetch_every: fetch_every.unwrap_or(FETCH_EVERY),
        token_file,
    };
    let (key, path, remote) = match (written.path, written.url) {
        (Some(path), None) => (path.key, place.path(&path.text), None),
        (None, Some(url)) if kind == SourceKind::Repo => {
            let clone = data_dir.join("clones").join(format!("{name}.git"));
            let key = url.key.clone();
            (key, clone, Some(remote(value(Some(url), values::git_url, findings)?)))
        }
        (None, None) if kind == SourceKind::Repo => {
            let hint = "name the folder of a checkout under `path`, or what to clone under `url`";
            findings.problem(&written.key, "the source has neither `path` nor `url`", hint);
            return None;
        }
        (Some(_), Some(url)) => {
            findings.problem(&url.key, "the source has a `path` and a `url`", "keep one of them");
            return None;
        }
        (None, Some(url)) => {
            findings.problem(
                &url.key,
                "a vault is no clone",
                "write `kind: repo`, or name the folder of the vault under `path`",
            );
            return None;
        }
        (None, None) => {
            findings.problem(&written.key, "the source has no `path`", "name the folder of the vault");
            return None;
        }
    };
    Some((
        key,
        SourceConfig {
            name,
            kind,
            path,
            remote,
            exclude,
            origin,
        },
    ))
}

/// How often a remote is asked for news.
const FETCH_EVERY: Duration = Duration::from_secs(120);
const FETCH_LEAST: Duration = Duration::from_secs(5);
const FETCH_MOST: Duration = Duration::from_secs(24 * 3600);

fn default_name() -> SourceName {
    SourceName::parse("vault").expect("the default is a name")
}

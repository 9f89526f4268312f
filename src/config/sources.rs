//! The sources: what the file or the command line says of each indexed root. Looks at no disk; `folders` does.

use std::{collections::BTreeSet, path::Path};

use crate::{
    config::{
        Flags, SourceConfig, SourceKind,
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
    findings: &mut Findings,
) -> (Vec<String>, Vec<SourceConfig>) {
    if flags.vaults.is_empty() && written.as_ref().is_none_or(Vec::is_empty) {
        findings.problem(
            "sources",
            "no vault is named",
            "pass --vault PATH, or list it under `sources` in the file",
        );
    }
    let sources: Vec<(String, SourceConfig)> = if flags.vaults.is_empty() {
        written
            .unwrap_or_default()
            .into_iter()
            .filter_map(|it| source(it, place, findings))
            .collect()
    } else {
        flags
            .vaults
            .iter()
            .map(|(name, path)| flag_source(name.as_deref(), path, findings))
            .collect()
    };
    let mut names = BTreeSet::new();
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
        exclude: Vec::new(),
        origin: Vec::new(),
    };
    ("--vault".to_owned(), source)
}

fn source(written: SourceWritten, place: &Place, findings: &mut Findings) -> Option<(String, SourceConfig)> {
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
    let Some(path) = written.path else {
        findings.problem(&written.key, "the source has no `path`", "name the folder of the vault");
        return None;
    };
    Some((
        path.key,
        SourceConfig {
            name,
            kind,
            path: place.path(&path.text),
            exclude,
            origin,
        },
    ))
}

fn default_name() -> SourceName {
    SourceName::parse("vault").expect("the default is a name")
}

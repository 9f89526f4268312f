//! The rules of the house, held by reading the code: which room may know which, one door a dependency, no cycles, a pure model, files with a
//! header and of a size. Each rule is shown below to find what breaks it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use source::{ModulePath, Source, segments};

mod planted;
mod source;

/// Each room and the rooms that it may know. `main.rs` and `lib.rs` put them together and may know all.
const ROOMS: [(&str, &[&str]); 6] = [
    ("model", &[]),
    ("config", &["model"]),
    ("io", &["model"]),
    ("engine", &["model", "io", "config"]),
    ("http", &["model", "io", "engine", "config"]),
    ("cli", &["model", "io", "engine", "http", "config"]),
];

/// Each dependency and its door: the one module that may name it, with the files below that. More than one only where the reason stands beside.
const DOORS: [(&str, &[&str]); 26] = [
    ("pulldown_cmark", &["model::note::markdown"]),
    ("serde_yaml", &["model::yaml"]),
    ("sha1", &["model::hash"]),
    ("subtle", &["config::tokens"]),
    ("hmac", &["model::pull_request"]),
    ("sha2", &["model::pull_request"]),
    ("ignore", &["io::checkout"]),
    ("tantivy", &["io::index"]),
    ("rust_stemmers", &["io::index"]),
    ("git2", &["io::git"]),
    ("notify", &["io::watch"]),
    // Two doors: notes are opened beneath the root, and a repository is synced whole (`syncfs`); std has neither.
    ("rustix", &["io::vault", "io::git"]),
    ("axum", &["http"]),
    ("http_body_util", &["http"]),
    ("hyper", &["http"]),
    ("hyper_util", &["http"]),
    ("tower", &["http"]),
    ("prometheus_client", &["http::metrics"]),
    ("rmcp", &["http::mcp"]),
    ("utoipa", &["http"]),
    ("utoipa_axum", &["http"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli::man"]),
    // Two doors: the command line calls the service, the service calls the forge; neither knows the other.
    ("ureq", &["cli::client", "io::forge"]),
    // The binary's own choice: `main.rs` is in no room, and its path is empty.
    ("mimalloc", &[""]),
];

/// Tools for text, numbers and time: no room is bent by them.
const FREE: [&str; 12] = [
    "globset",
    "hex",
    "jiff",
    "levenshtein_automata",
    "memchr",
    "percent_encoding",
    "regex",
    "regex_syntax",
    "serde",
    "serde_json",
    "similar",
    "unicode_normalization",
];

/// Everywhere but in the model.
const FREE_OUTSIDE_MODEL: [&str; 6] = ["anyhow", "arc_swap", "crossbeam_channel", "tokio", "tracing", "tracing_subscriber"];

/// What a pure module cannot need, as the beginning of a path.
const IMPURE: [&str; 8] = [
    "std::fs",
    "std::env",
    "std::net",
    "std::thread",
    "std::process",
    "std::time::SystemTime",
    "std::time::Instant",
    "std::io",
];

const MAX_LINES: usize = 400;

#[test]
fn the_code_keeps_the_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    read_folder(root, Path::new("src"), &mut sources);
    assert!(sources.len() > 10, "src/ was not read: {} files", sources.len());
    let findings = findings(&sources);
    assert!(findings.is_empty(), "\n{}", findings.join("\n"));
}

#[test]
fn every_dependency_has_a_door_or_is_free() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let lines = manifest
        .lines()
        .skip_while(|it| *it != "[dependencies]")
        .skip(1)
        .take_while(|it| !it.starts_with('['));
    let names: Vec<String> = lines
        .filter_map(|it| Some(it.split_once('=')?.0.trim().replace('-', "_")))
        .collect();
    assert!(names.len() > 10, "Cargo.toml was not read: {names:?}");
    let known: BTreeSet<&str> = DOORS.iter().map(|(name, _)| *name).chain(FREE).chain(FREE_OUTSIDE_MODEL).collect();
    let unknown: Vec<&String> = names.iter().filter(|it| !known.contains(it.as_str())).collect();
    assert!(unknown.is_empty(), "give these a door in tests/it/tidy.rs: {unknown:?}");
}

#[test]
fn every_fixture_says_what_it_shows() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("vault-fixtures");
    let folders = fs::read_dir(fixtures)
        .unwrap()
        .map(|it| it.unwrap().path())
        .filter(|it| it.is_dir());
    for folder in folders {
        let readme = fs::read_to_string(folder.join("README.md")).unwrap_or_default();
        assert!(
            readme.starts_with("# ") && readme.lines().next().is_some_and(|it| it.contains(": ")),
            "{}",
            folder.display()
        );
    }
}

fn read_folder(root: &Path, folder: &Path, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(root.join(folder)).expect("src/ can be read") {
        let path = folder.join(entry.expect("src/ can be read").file_name());
        if root.join(&path).is_dir() {
            read_folder(root, &path, sources);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(root.join(&path)).expect("source is text");
            sources.push(Source::parse(path.to_str().expect("source has plain names"), &text));
        }
    }
}

/// Returns what breaks a rule, in words, sorted.
fn findings(sources: &[Source]) -> Vec<String> {
    let test_modules: BTreeSet<&ModulePath> = sources.iter().flat_map(|it| &it.test_modules).collect();
    let modules: BTreeSet<&ModulePath> = sources.iter().map(|it| &it.module).collect();
    let mut findings = Vec::new();
    let mut edges = BTreeSet::new();
    for source in sources.iter().filter(|it| !test_modules.contains(&it.module)) {
        if !source.has_header {
            findings.push(format!(
                "{}: begin with a `//!` header that says what the module knows",
                source.file
            ));
        }
        if source.n_lines > MAX_LINES {
            findings.push(format!(
                "{}: {} lines above the tests, more than {MAX_LINES}",
                source.file, source.n_lines
            ));
        }
        findings.extend(source.paths.iter().filter_map(|path| forbidden(source, path)));
        let known = source.paths.iter().filter_map(|path| module_of(path, &modules));
        edges.extend(known.filter_map(|other| siblings(&source.module, other)));
    }
    findings.extend(edges.iter().filter_map(|(from, to)| wrong_edge(from, to)));
    findings.extend(cycles(&edges));
    findings.sort();
    findings
}

/// Says why the file must not name this path of another crate.
fn forbidden(source: &Source, path: &ModulePath) -> Option<String> {
    let full = path.join("::");
    let complain = |why: &str| Some(format!("{}: `{full}`: {why}", source.file));
    if let Some((_, doors)) = DOORS.iter().find(|(name, _)| *name == path[0]) {
        let is_inside = doors.iter().any(|door| match *door {
            "" => source.module.is_empty(),
            door => source.module.starts_with(&segments(door, ':')),
        });
        return if is_inside {
            None
        } else {
            complain(&format!("the door of this dependency is {}", doors.join(" and ")))
        };
    }
    if source.module.first().is_none_or(|room| room != "model") {
        return None;
    }
    let is_impure = IMPURE.iter().any(|it| path.starts_with(&segments(it, ':'))) || path.last().is_some_and(|it| it == "now");
    let is_outside = FREE_OUTSIDE_MODEL.contains(&path[0].as_str());
    if is_impure || is_outside {
        complain("the model is pure: no IO, clock, environment, thread or runtime")
    } else {
        None
    }
}

/// Returns the module that a path of this crate leads to.
fn module_of<'a>(path: &ModulePath, modules: &BTreeSet<&'a ModulePath>) -> Option<&'a ModulePath> {
    let inside = path.strip_prefix(&["crate".to_owned()][..])?;
    (1..=inside.len())
        .rev()
        .find_map(|length| modules.get(&inside[..length].to_vec()).copied())
}

/// Returns the edge between the two branches of the module tree in which the modules lie: the level at which a rule can speak of it. A file and
/// the folder of its name are one thing in two parts, so an edge between them is none.
fn siblings(from: &[String], to: &[String]) -> Option<(ModulePath, ModulePath)> {
    let common = from.iter().zip(to).take_while(|(one, other)| one == other).count();
    (common < from.len() && common < to.len()).then(|| (from[..=common].to_vec(), to[..=common].to_vec()))
}

fn wrong_edge(from: &ModulePath, to: &ModulePath) -> Option<String> {
    let (from_name, to_name) = (from.join("::"), to.join("::"));
    match (from.as_slice(), to.as_slice()) {
        ([room], [other]) => {
            let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| name == room) else {
                return Some(format!("{room} is no room of the design"));
            };
            (!allowed.contains(&other.as_str())).then(|| format!("{room} -> {other}: {room} may know only {allowed:?}"))
        }
        ([io, _], [_, _]) if io == "io" => Some(format!("{from_name} -> {to_name}: the modules of io do not know each other")),
        _ => None,
    }
}

/// Returns every edge that lies on a cycle.
fn cycles(edges: &BTreeSet<(ModulePath, ModulePath)>) -> Vec<String> {
    let mut after: BTreeMap<&ModulePath, Vec<&ModulePath>> = BTreeMap::new();
    edges.iter().for_each(|(from, to)| after.entry(from).or_default().push(to));
    let leads_to = |from: &ModulePath, goal: &ModulePath| {
        let (mut seen, mut todo) = (BTreeSet::new(), vec![from]);
        while let Some(module) = todo.pop() {
            if module == goal {
                return true;
            }
            if seen.insert(module) {
                todo.extend(after.get(module).into_iter().flatten());
            }
        }
        false
    };
    let on_cycle = edges.iter().filter(|(from, to)| leads_to(to, from));
    on_cycle
        .map(|(from, to)| format!("{} -> {}: this import closes a cycle", from.join("::"), to.join("::")))
        .collect()
}

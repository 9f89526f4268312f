//! How a file writes its values, by its name. Knows names and fences; must not know what a value is.

use std::ops::Range;

/// How a file writes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// Only what stands in quotes is a literal.
    Code,
    /// Code whose texts may stand in two apostrophes.
    Nix,
    /// A value without quotes ends at a space.
    Shell,
    /// A value without quotes goes to the end of the line.
    Data,
    /// Prose: only what stands in a fence is data.
    Prose,
}

impl Language {
    pub(super) fn of(path: &str) -> Language {
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension = name.rsplit_once('.').map_or("", |(_, it)| it);
        match extension {
            "ts" | "tsx" | "js" | "jsx" | "mjs" | "cjs" | "py" | "go" | "rs" | "java" | "kt" | "rb" | "lua" | "php" | "c" | "h" | "cpp"
            | "cs" | "pp" | "tf" | "hcl" | "swift" | "scala" | "cc" | "cxx" | "hpp" | "hh" | "m" | "mm" | "kts" | "groovy" | "gradle"
            | "dart" | "vue" | "svelte" | "ps1" | "psm1" | "psd1" | "pl" | "pm" | "r" | "jl" | "ex" | "exs" | "erl" | "hrl" | "clj"
            | "cljs" | "edn" | "el" | "hs" | "ml" | "fs" | "vb" | "pyi" | "pyx" | "sql" | "proto" | "zig" | "sol" | "cu" | "jsonnet"
            | "libsonnet" | "cue" | "dhall" | "star" | "bzl" | "nim" | "d" | "pas" | "vim" => Language::Code,
            "nix" => Language::Nix,
            "sh" | "bash" | "zsh" | "fish" | "mk" | "bats" | "ksh" => Language::Shell,
            "md" | "markdown" | "txt" | "adoc" | "rst" => Language::Prose,
            _ if name.contains("Dockerfile") || name.contains("Makefile") || matches!(name, "Justfile" | "justfile" | "PKGBUILD") => {
                Language::Shell
            }
            _ if name == "Jenkinsfile" || name == "Vagrantfile" || name == "Gemfile" => Language::Code,
            _ => Language::Data,
        }
    }

    pub(super) fn is_code(self) -> bool {
        matches!(self, Language::Code | Language::Nix)
    }
}

/// Returns how the values of a fence are written, by what it says to hold: those of "```ts" are code. Where it says nothing or holds data, it is
/// read as the prose around it.
pub(super) fn of_fence(text: &str, fence: &Range<usize>) -> Language {
    let inside = text[fence.clone()].trim_start_matches('`');
    let word = inside
        .split(|it: char| !it.is_ascii_alphanumeric() && it != '+')
        .next()
        .unwrap_or_default();
    let extension = match word.to_ascii_lowercase().as_str() {
        "javascript" | "typescript" | "node" => "ts",
        "python" | "py3" => "py",
        "rust" => "rs",
        "golang" => "go",
        "csharp" | "c++" | "kotlin" => "cs",
        "ruby" => "rb",
        "terraform" => "tf",
        other => return of_code(other),
    };
    of_code(extension)
}

fn of_code(extension: &str) -> Language {
    let language = Language::of(&format!("a.{extension}"));
    if language.is_code() { language } else { Language::Prose }
}

/// Returns what stands in fences.
pub(super) fn fences(text: &str) -> Vec<Range<usize>> {
    let marks: Vec<usize> = text.match_indices("```").map(|(at, _)| at).collect();
    marks.chunks(2).map(|it| it[0]..it.get(1).copied().unwrap_or(text.len())).collect()
}

pub(super) fn is_fenced(fences: &[Range<usize>], at: usize) -> bool {
    fence_of(fences, at).is_some()
}

/// Returns the fence around a place.
pub(super) fn fence_of(fences: &[Range<usize>], at: usize) -> Option<&Range<usize>> {
    let after = fences.partition_point(|it| it.start <= at);
    fences.get(after.checked_sub(1)?).filter(|it| it.contains(&at))
}

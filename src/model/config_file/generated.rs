//! Which files nobody wrote by hand. Knows names and looks; `.gitattributes` is the caller's.

const LOCK_FILES: [&str; 16] = [
    "cargo.lock",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "bun.lockb",
    "deno.lock",
    "poetry.lock",
    "uv.lock",
    "pipfile.lock",
    "go.sum",
    "composer.lock",
    "gemfile.lock",
    "flake.lock",
    "chart.lock",
];
const FOLDERS: [&str; 5] = ["vendor", "node_modules", "third_party", "dist", "__pycache__"];
const LONGEST_LINE: usize = 5000;

/// Says whether a tool made a file, so that only its name is worth finding: a lock file, something in a vendored folder, minified text.
pub fn is_generated(path: &str, text: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", &path));
    LOCK_FILES.contains(&name)
        || name.contains(".min.")
        || name.ends_with(".map")
        || folders.split('/').any(|it| FOLDERS.contains(&it))
        || text.split('\n').any(|line| line.len() > LONGEST_LINE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_tool_made_is_known() {
        for path in [
            "Cargo.lock",
            "a/package-lock.json",
            "a/vendor/b.go",
            "node_modules/x/y.js",
            "a.min.js",
        ] {
            assert!(is_generated(path, ""), "{path}");
        }
        assert!(is_generated("a.js", &"x".repeat(5001)));
        assert!(!is_generated("vendors/a.yaml", "a: 1\n") && !is_generated("clock.rs", ""));
    }
}

//! Which parts of a package's manifest name other parts of packages: the features of Cargo, the extras of Python. Knows those sections by the file's
//! name; must not know secrets. `auth = ["dep:oauth2"]` there is no secret.

use std::ops::Range;

/// Returns the sections of a manifest that hold names alone, in order.
pub(super) fn features(path: &str, text: &str) -> Vec<Range<usize>> {
    let sections: &[&str] = match path.rsplit('/').next().unwrap_or(path) {
        "Cargo.toml" => &["[features]"],
        "pyproject.toml" => &["[project.optional-dependencies]", "[tool.poetry.extras]", "[dependency-groups]"],
        _ => return Vec::new(),
    };
    let mut all = Vec::new();
    let (mut at, mut open) = (0, None);
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        if !line.starts_with('[') {
            continue;
        }
        all.extend(open.take().map(|from| from..start));
        open = sections.contains(&line.trim_end()).then_some(at);
    }
    all.extend(open.map(|from| from..text.len()));
    all
}

//! Compares what membridge reads from a note with Obsidian's own metadata cache, of which the corpora hold 65 dumps.

use std::{fs, path::Path};

use membridge::{cli::parse::cached_metadata, model::note::Note};
use serde_json::Value;

/// Every key of the cache, so that one that appears only on our side is a difference too.
const KEYS: [&str; 10] = [
    "headings",
    "links",
    "embeds",
    "tags",
    "listItems",
    "sections",
    "blocks",
    "frontmatter",
    "frontmatterLinks",
    "frontmatterPosition",
];

#[test]
fn metadata_equals_obsidians_own_cache() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora/obsidian-cache");
    let Ok(files) = fs::read_dir(&folder) else {
        println!("skipped: there is no {}", folder.display());
        return;
    };
    let mut differences = Vec::new();
    let mut compared = 0;
    for file in files
        .map(|it| it.unwrap().path())
        .filter(|it| it.extension().is_some_and(|it| it == "json"))
    {
        let dump: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let text = dump["fileContents"].as_str().unwrap();
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let (ours, theirs) = (cached_metadata(text), &dump["cachedMetadata"]);
        for key in KEYS {
            if ours.get(key) != theirs.get(key) {
                differences.push(format!(
                    "{name}: {key}\n  ours   {}\n  theirs {}",
                    show(ours.get(key)),
                    show(theirs.get(key))
                ));
            }
        }
        for key in theirs.as_object().unwrap().keys().filter(|it| !KEYS.contains(&it.as_str())) {
            differences.push(format!("{name}: the cache has `{key}`, which nobody compares"));
        }
        let tags: Vec<String> = Note::parse(text).all_tags().iter().map(|it| format!("#{it}")).collect();
        if Value::from(tags.clone()) != dump["getAllTags"] {
            differences.push(format!("{name}: getAllTags\n  ours   {tags:?}\n  theirs {}", dump["getAllTags"]));
        }
        compared += 1;
    }
    assert!(compared >= 65, "only {compared} dumps in {}", folder.display());
    assert!(
        differences.is_empty(),
        "{} differences in {compared} dumps:\n{}",
        differences.len(),
        differences.join("\n")
    );
}

fn show(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), Value::to_string)
}

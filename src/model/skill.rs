//! What a skill says of itself (agentskills.io: `SKILL.md` with `name` and `description`), and how well that fits a task in words. Knows names
//! and words; must not know where skills lie or what they do.

use std::collections::BTreeSet;

use crate::model::{
    note::{BlockKind, Note},
    path::NotePath,
    yaml::Value,
};

/// How much of a name counts: the format allows 64 characters, and a heading may be longer.
const MOST_NAME: usize = 100;

/// How much of a description counts: the format allows 1,024 characters.
const MOST_DESCRIPTION: usize = 1024;

/// What an agent chooses a skill by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skill {
    /// The property `name`; without properties the first heading; else the folder's.
    pub name: String,
    /// The property `description` on one line, else the first paragraph; empty when there is none.
    pub description: String,
}

impl Skill {
    /// Reads what a `SKILL.md` says of itself. `text` is the note's.
    pub fn read(path: &NotePath, text: &str, note: &Note) -> Skill {
        let property = |name: &str| {
            note.property(name)
                .and_then(Value::as_str)
                .map(str::trim)
                .filter(|it| !it.is_empty())
        };
        let heading = || {
            let first = note.headings.first().filter(|_| note.frontmatter.is_none())?;
            Some(first.text.trim()).filter(|it| !it.is_empty())
        };
        let folder = path.folder().rsplit('/').next().filter(|it| !it.is_empty());
        let name = property("name").or_else(heading).or(folder).unwrap_or(path.stem());
        let paragraph = || {
            let first = note.blocks.iter().find(|it| it.kind == BlockKind::Paragraph)?;
            text.get(first.range.clone())
        };
        let description = property("description").or_else(paragraph).unwrap_or_default();
        Skill {
            name: on_one_line(name, MOST_NAME),
            description: on_one_line(description, MOST_DESCRIPTION),
        }
    }

    /// Returns how much of a task is in the skill's own words, 0 to 1: what the name has counts wholly, what the description has by three
    /// quarters, what only the path has by half. A word fits another that begins like it (`backup`, `backups`).
    pub fn fit(&self, task: &str, path: &NotePath) -> f32 {
        let asked = words(task);
        let (name, description, path) = (words(&self.name), words(&self.description), words(path.as_str()));
        let share = |word: &String| {
            let holds = |among: &BTreeSet<String>| among.iter().any(|it| is_like(word, it));
            match () {
                () if holds(&name) => 1.0,
                () if holds(&description) => 0.75,
                () if holds(&path) => 0.5,
                () => 0.0,
            }
        };
        let sum: f32 = asked.iter().map(share).sum();
        if asked.is_empty() { 0.0 } else { sum / asked.len() as f32 }
    }
}

/// Words that say nothing of a task.
const EMPTY_WORDS: [&str; 24] = [
    "a", "an", "and", "are", "at", "by", "can", "do", "for", "from", "how", "i", "in", "is", "it", "my", "of", "on", "or", "the", "to",
    "use", "what", "with",
];

fn on_one_line(text: &str, most: usize) -> String {
    let mut line = String::new();
    for word in text.split_whitespace().take(most) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().take(most));
    }
    line.chars().take(most).collect()
}

fn words(text: &str) -> BTreeSet<String> {
    let all = text.to_lowercase();
    let words = all
        .split(|it: char| !it.is_alphanumeric())
        .filter(|it| !it.is_empty() && !EMPTY_WORDS.contains(it));
    words.map(str::to_owned).collect()
}

fn is_like(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    short == long || (short.chars().count() >= 4 && long.starts_with(short) && long.len() - short.len() <= 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skill(path: &str, text: &str) -> (Skill, NotePath) {
        let path = NotePath::parse_in_repo(path).unwrap();
        (Skill::read(&path, text, &Note::parse(text)), path)
    }

    #[test]
    fn a_skill_is_named_by_itself_or_by_its_folder() {
        let check = |path: &str, text: &str, name: &str, description: &str| {
            let (skill, _) = skill(path, text);
            assert_eq!((skill.name.as_str(), skill.description.as_str()), (name, description), "{path}");
        };
        check(
            "skills/b/SKILL.md",
            "---\nname: backup\ndescription: |\n  Restore\n  volumes\n---\n",
            "backup",
            "Restore volumes",
        );
        check("skills/tea/SKILL.md", "---\ndescription: Tea\n---\n# Make it\n", "tea", "Tea");
        check("SKILL.md", "", "SKILL", "");
    }

    #[test]
    fn a_skill_without_properties_is_named_by_its_heading_and_told_by_its_first_paragraph() {
        let read = |text: &str| {
            let it = skill("skills/tea/SKILL.md", text).0;
            (it.name, it.description)
        };
        let of = |name: &str, description: &str| (name.to_owned(), description.to_owned());
        assert_eq!(
            read("# Make tea\n\nBoil water,\nthen *wait*.\n\nMore.\n"),
            of("Make tea", "Boil water, then *wait*.")
        );
        assert_eq!(read("Boil water.\n"), of("tea", "Boil water."));
        assert_eq!(read("---\nname: brew\n---\n# Make tea\n\nBoil water.\n"), of("brew", "Boil water."));
        assert_eq!(read("---\nname: [\n---\n# Make tea\n").0, "tea");
        let long = read(&format!("# {}\n\n{}\n", "x".repeat(5000), "é ".repeat(5000)));
        assert_eq!((long.0.chars().count(), long.1.chars().count()), (MOST_NAME, MOST_DESCRIPTION));
    }

    #[test]
    fn the_skills_own_words_decide() {
        let (backup, at) = skill(
            "skills/backup/SKILL.md",
            "---\ndescription: Restore a volume from nightly snapshots\n---\n",
        );
        let check =
            |task: &str, expected: f32| assert!((backup.fit(task, &at) - expected).abs() < 0.01, "{task}: {}", backup.fit(task, &at));
        check("make backups", 0.5);
        check("restore the volumes", 0.75);
        check("skills", 0.5);
        check("open a pull request", 0.0);
        check("", 0.0);
    }
}

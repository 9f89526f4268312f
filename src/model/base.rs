//! A base: the names that its owner gave to views, formulas and properties. Knows the YAML of `.base` files (Obsidian 1.9); must not run them.

use crate::model::yaml::{self, Value};

/// What of a `.base` file can be searched for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Base {
    pub views: Vec<View>,
    /// Names of formulas, then those of summaries.
    pub formulas: Vec<String>,
    /// What properties are shown as, where that was changed.
    pub properties: Vec<String>,
    /// Why the file was not read, for its owner. Then it is found by its name only.
    pub problem: Option<String>,
}

/// One view of a base; either text may be empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct View {
    pub name: String,
    /// `table`, `cards`, or a plugin's.
    pub kind: String,
}

impl Base {
    /// Reads a base. Total: whatever is not as Obsidian writes it is left out; invalid YAML gives nothing but the problem.
    pub fn parse(text: &str) -> Base {
        let root = match yaml::parse(text.trim_start_matches('\u{feff}')) {
            Ok(root) => root,
            Err(error) => {
                let problem = Some(format!("the base cannot be read: {error} (line {})", error.line + 1));
                return Base {
                    problem,
                    ..Base::default()
                };
            }
        };
        if !matches!(root, Value::Map(_) | Value::Null) {
            return Base {
                problem: Some("the base cannot be read: it is no list of settings".to_owned()),
                ..Base::default()
            };
        }
        let names = |key| entries(member(&root, key)).iter().map(|(name, _)| name.clone());
        let shown = |(_, property): &(String, Value)| member(property, "displayName").and_then(Value::scalar_text);
        Base {
            views: items(member(&root, "views")).iter().map(View::of).collect(),
            formulas: names("formulas").chain(names("summaries")).collect(),
            properties: entries(member(&root, "properties")).iter().filter_map(shown).collect(),
            problem: None,
        }
    }

    /// Returns the names as the text of a note, one a line.
    pub fn as_text(&self) -> String {
        let views = self.views.iter().map(|it| format!("{} {}", it.name, it.kind));
        let names = self.formulas.iter().chain(&self.properties).cloned();
        views
            .chain(names)
            .map(|it| format!("{}\n", it.split_whitespace().collect::<Vec<_>>().join(" ")))
            .filter(|it| it != "\n")
            .collect()
    }
}

impl View {
    fn of(value: &Value) -> View {
        let text = |key| member(value, key).and_then(Value::scalar_text).unwrap_or_default();
        View {
            name: text("name"),
            kind: text("type"),
        }
    }
}

fn member<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    entries(Some(value)).iter().find(|(name, _)| name == key).map(|(_, it)| it)
}

fn entries(value: Option<&Value>) -> &[(String, Value)] {
    match value {
        Some(Value::Map(entries)) => entries,
        _ => &[],
    }
}

fn items(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(yaml: &str, text: &str) {
        let base = Base::parse(yaml);
        assert_eq!(base.problem, None, "{yaml}");
        assert_eq!(base.as_text(), text, "{yaml}");
    }

    #[test]
    fn names_of_views_formulas_and_properties_are_text() {
        check(
            "filters:\n  or:\n    - '!aliases.isEmpty()'\nformulas:\n  Price per kg: price / weight\nproperties:\n  note.status:\n    \
             displayName: Condition\n  formula.x: {}\nsummaries:\n  Mean: values.mean()\nviews:\n  - type: table\n    name: Copper stock\n  \
             - type: cards\n  - 7\n",
            "Copper stock table\ncards\nPrice per kg\nMean\nCondition\n",
        );
    }

    #[test]
    fn what_is_missing_or_odd_costs_nothing_else() {
        check("", "");
        check("views:\nformulas: 3\nproperties: [a]", "");
        check("views: [{name: 7}]\nnew: 1", "7\n");
    }

    #[test]
    fn f11_a_broken_base_has_no_text_but_a_problem() {
        let check = |yaml: &str, part: &str| {
            let base = Base::parse(yaml);
            assert_eq!(base.as_text(), "");
            assert!(base.problem.as_ref().is_some_and(|it| it.contains(part)), "{:?}", base.problem);
        };
        check("views:\n  - name: [", "line");
        check("a: 1\nb: ]", "line 2");
        check("just words", "no list of settings");
        check(&"a: [".repeat(20_000), "64 KiB");
        check(&"[".repeat(60_000), "nested");
    }

    proptest! {
        #[test]
        fn any_text_is_a_base(text in "\\PC*", views in "(views|formulas|properties): (\\PC{0,20}|\n( *- \\PC{0,9}: \\PC{0,9}\n){0,4})") {
            Base::parse(&text).as_text();
            Base::parse(&views).as_text();
        }
    }
}

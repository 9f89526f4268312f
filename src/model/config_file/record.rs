//! What one document declares as one text, so that several conditions are asked of the same document. Knows how the facts are put together.

/// The property that lists the records of a config file.
pub const PROPERTY: &str = "declares";

/// Between two facts; no value holds a control character.
const SEPARATOR: char = '\u{1e}';

/// A longer record says no more.
const MOST: usize = 8 << 10;

/// Returns the record of a document's facts, which are names and values.
pub(super) fn of(facts: &[(&'static str, String)]) -> String {
    let mut record = String::new();
    for (name, value) in facts {
        if record.len() + name.len() + value.len() >= MOST {
            break;
        }
        if !record.is_empty() {
            record.push(SEPARATOR);
        }
        record.push_str(name);
        record.push('=');
        record.push_str(value);
    }
    record
}

/// Returns the values that a record has for a name.
pub fn values<'r>(record: &'r str, name: &'r str) -> impl Iterator<Item = &'r str> {
    record
        .split(SEPARATOR)
        .filter_map(move |it| it.strip_prefix(name)?.strip_prefix('='))
}

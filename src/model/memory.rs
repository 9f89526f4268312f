//! stub
use crate::model::yaml::Value;
pub struct MemoryText<'a> {
    pub title: &'a str,
    pub text: &'a str,
    pub tags: &'a [String],
    pub links: &'a [String],
    pub created: &'a str,
    pub agent: &'a str,
    pub session: &'a str,
    pub source: &'a str,
    pub supersedes: Option<&'a str>,
}
pub fn slug(title: &str, _fallback: &str) -> String {
    title.to_owned()
}
pub fn title_of(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
pub fn compose(memory: &MemoryText<'_>) -> (Vec<(String, Value)>, String) {
    (Vec::new(), format!("# {}\n\n{}\n", memory.title, memory.text))
}
pub fn entry(time: &str, heading: &str, text: &str) -> String {
    format!("## {time} {heading}\n\n{text}\n")
}

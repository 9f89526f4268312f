//! stub
use crate::model::{links::Names, path::NotePath, vault_settings::LinkFormat};
#[derive(Debug, Clone, Copy)]
pub struct Move<'a> {
    pub from: &'a NotePath,
    pub to: &'a NotePath,
}
#[derive(Debug, Default)]
pub struct Rewritten {
    pub text: Option<String>,
    pub changed: usize,
    pub left: Vec<usize>,
}
pub fn rewrite(_text: &str, _path: &NotePath, _moved: Move<'_>, _before: &Names, _after: &Names, _style: LinkFormat) -> Rewritten {
    Rewritten::default()
}

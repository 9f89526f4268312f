//! stub
use std::borrow::Cow;
pub enum Seen<'t> {
    NameOnly(&'static str),
    Text(Cow<'t, str>),
}
pub fn is_name_only(_: &str) -> Option<&'static str> {
    None
}
pub fn of_file<'t>(_: &str, text: &'t str) -> Seen<'t> {
    Seen::Text(super::mask(text))
}

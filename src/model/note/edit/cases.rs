//! What each edit makes of a note, case by case.

use crate::model::note::edit::{Edit, EditPlace, plan};

fn check(before: &str, edit: &Edit, after: &str) {
    let made = plan(before, std::slice::from_ref(edit)).map(|it| it.text);
    assert_eq!(made.as_deref(), Ok(after), "{before:?} {edit:?}");
}

fn append(section: &str, text: &str) -> Edit {
    Edit::Append {
        text: text.to_owned(),
        place: EditPlace::Section(section.to_owned()),
        create_section: false,
    }
}

#[test]
fn a_text_is_appended_to_a_sections_own_text() {
    check("# A\none\n\n# B\n", &append("A", "two"), "# A\none\n\ntwo\n\n# B\n");
    check("# A\n- one\n\n# B\n", &append("A", "- two"), "# A\n- one\n- two\n\n# B\n");
}

//! Edits of blocks and list items.

use super::{append, check, check_refused, prepend};
use crate::model::note::edit::Edit;

fn replace(id: &str, text: &str) -> Edit {
    Edit::ReplaceBlock {
        block: id.to_owned(),
        text: text.to_owned(),
    }
}

#[test]
fn a_block_is_replaced_and_keeps_its_id() {
    check("a\n\nold ^x\n\nb\n", &replace("x", "new"), "a\n\nnew ^x\n\nb\n");
    check("old\nlines ^X\n", &replace("^x", "new\ntext"), "new\ntext ^X\n");
    check("old ^x\r\n", &replace("x", "a\nb\n"), "a\r\nb ^x\r\n");
    check("old ^x", &replace("x", "new ^x"), "new ^x");
    check("## Old ^x\nt\n", &replace("x", "New"), "## New ^x\nt\n");
    check("|a|\n|-|\n\n^x\n", &replace("x", "|b|\n|-|"), "|b|\n|-|\n\n^x\n");
    check("> old\n> ^x\n", &replace("x", "> new"), "> new ^x\n");
    check_refused(
        "a ^y\n",
        &replace("x", "new"),
        "BlockNotFound { block: \"x\", candidates: [\"y\"] }",
    );
    check_refused("old ^x\n", &replace("x", "\n"), "empty");
    check_refused("old ^x\n", &replace("x", "```\nopen"), "close it");
}

#[test]
fn a_list_item_keeps_its_marker() {
    check("- a\n- old ^x\n- b\n", &replace("x", "new"), "- a\n- new ^x\n- b\n");
    check("- [ ] old ^x\n", &replace("x", "new"), "- [ ] new ^x\n");
    check("- [ ] old ^x\n", &replace("x", "- [x] new"), "- [x] new ^x\n");
    check("- a\n\t- old ^x\n", &replace("x", "new"), "- a\n\t- new ^x\n");
    check("- a\n  1. old ^x\n", &replace("x", "1. new"), "- a\n  1. new ^x\n");
    check("- old ^x\n", &replace("x", "- new\n  - in"), "- new ^x\n  - in\n");
    check("- old ^x\n  - in\n", &replace("x", "new"), "- new ^x\n  - in\n");
    check_refused("> - old ^x\n> - b\n", &replace("x", "new"), "quote");
}

#[test]
fn a_text_is_put_beside_a_block() {
    check("a ^x\n\nb\n", &append("^x", "new"), "a ^x\n\nnew\n\nb\n");
    check("a ^x\n\nb\n", &prepend("^x", "new"), "new\n\na ^x\n\nb\n");
    check("- a ^x\n- b\n", &append("^x", "- new"), "- a ^x\n- new\n- b\n");
    check("- a ^x\n- b\n", &prepend("^x", "- new"), "- new\n- a ^x\n- b\n");
    check(
        "- a\n  - b ^x\n  - c\n",
        &append("^x", "- new\n  more"),
        "- a\n  - b ^x\n  - new\n    more\n  - c\n",
    );
    check("- a\n- b ^x\n", &prepend("^x", "new"), "- a\n\nnew\n\n- b ^x\n");
    check("- a\n  - b ^x\n", &prepend("^x", "- new"), "- a\n  - new\n  - b ^x\n");
    check("a ^x\r\n", &append("^x", "new"), "a ^x\r\n\r\nnew\r\n");
    check("a ^x", &append("^x", "new\n"), "a ^x\n\nnew");
    check("## A ^x\ntext\n", &append("^x", "new"), "## A ^x\nnew\n\ntext\n");
    check_refused("> - a ^x\n> - b\n", &append("^x", "- new"), "quote");
    check_refused("", &append("^x", "- new"), "BlockNotFound");
}

#[test]
fn an_id_below_its_block_stays_below_it() {
    check("|a|\n|-|\n\n^x\n\nb\n", &append("^x", "new"), "|a|\n|-|\n\n^x\n\nnew\n\nb\n");
    check("- a\n- b\n\n^x\n", &append("^x", "new"), "- a\n- b\n\n^x\n\nnew\n");
    check("- a\n- b\n\n^x\n", &append("^x", "- c"), "- a\n- b\n- c\n\n^x\n");
}

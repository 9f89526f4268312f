//! What fits into a budget, and that it always does.

use proptest::prelude::*;

use super::*;
use crate::model::context::shown::block;

fn piece(head: &str, text: &str) -> Piece {
    Piece {
        head: head.to_owned(),
        text: text.to_owned(),
    }
}

fn group(share: usize, pieces: &[(&str, &str)]) -> Group {
    Group {
        title: "",
        share,
        pieces: pieces.iter().map(|(head, text)| piece(head, text)).collect(),
    }
}

/// Returns what is printed of a choice.
fn printed(groups: &[Group], packed: &Packed) -> String {
    let mut text = String::new();
    for (group, chosen) in groups.iter().zip(&packed.groups) {
        if !chosen.is_empty() && !group.title.is_empty() {
            text.push_str(group.title);
            text.push('\n');
        }
        for it in chosen {
            text.push_str(&block(&group.pieces[it.at].head, &it.text));
        }
    }
    text
}

fn check(budget: usize, groups: &[Group], expected: &str, omitted: usize, duplicates: usize) {
    let packed = pack(budget, groups);
    assert_eq!(printed(groups, &packed), expected);
    assert_eq!((packed.omitted, packed.duplicates), (omitted, duplicates), "{packed:?}");
    assert!(packed.used <= budget);
}

#[test]
fn what_fits_is_shown_in_order_under_its_title() {
    let pinned = Group {
        title: "# Pinned",
        ..group(50, &[("a", "one\n\n\n two\n"), ("b", "")])
    };
    check(
        100,
        &[pinned, group(50, &[("c", "three")])],
        "# Pinned\na\n  one\n\n   two\nb\nc\n  three\n",
        0,
        0,
    );
}

#[test]
fn each_group_has_its_share_whatever_comes_before() {
    let long = "many words of the first group ".repeat(12);
    let groups = [
        group(50, &[("a", &long), ("b", &long.replace("first", "same"))]),
        group(30, &[("c", "short and last")]),
    ];
    let packed = pack(160, &groups);
    let cut: Vec<Vec<bool>> = packed.groups.iter().map(|it| it.iter().map(|it| it.cut).collect()).collect();
    assert_eq!(cut, [vec![false, true], vec![false]], "{packed:?}");
}

#[test]
fn what_repeats_another_is_left_out() {
    let groups = [
        group(50, &[("a", "The NAS reboots on Sundays at 3.")]),
        group(50, &[("b", "**The NAS** reboots on Sundays, at 3"), ("c", "Copper is kept there.")]),
    ];
    check(
        200,
        &groups,
        "a\n  The NAS reboots on Sundays at 3.\nc\n  Copper is kept there.\n",
        0,
        1,
    );
}

#[test]
fn the_beginning_of_what_is_too_long_is_shown_and_marked() {
    let text = (1..60).map(|it| format!("line {it} of a long note")).collect::<Vec<_>>().join("\n");
    let packed = pack(60, &[group(100, &[("a", &text)])]);
    let chosen = &packed.groups[0][0];
    assert!(
        chosen.cut && chosen.text.ends_with("\n…") && chosen.lines == chosen.text.lines().count() - 1,
        "{chosen:?}"
    );
    // One line of a megabyte.
    let packed = pack(60, &[group(100, &[("a", &"word ".repeat(200_000))])]);
    let chosen = &packed.groups[0][0];
    assert!(chosen.cut && chosen.text.ends_with("word…") && chosen.lines == 1, "{chosen:?}");
}

#[test]
fn a_budget_for_nothing_gives_nothing() {
    check(0, &[group(100, &[("a", "b")])], "", 1, 0);
    check(3, &[group(100, &[("a long head", "b"), ("x", "")])], "x\n", 1, 0);
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,40}",
        "([a-z ]{0,30}\n){0,12}",
        "[铜账本放在锅炉旁边の。\n]{0,80}",
        "[\u{200b}\u{1b}\u{301}\t\r\n 👩]{0,60}",
        Just("x".repeat(20_000)),
        Just("漢字 ".repeat(5_000)),
    ]
}

proptest! {
    #[test]
    fn the_budget_holds_for_all_that_is_printed(
        budget in prop_oneof![0usize..40, 0usize..3000],
        groups in prop::collection::vec((0usize..=100, any::<bool>(), prop::collection::vec(("\\PC{0,20}", texts()), 0..6)), 0..5),
    ) {
        let groups: Vec<Group> = groups
            .into_iter()
            .map(|(share, titled, pieces)| Group {
                title: if titled { "# Some title" } else { "" },
                share,
                pieces: pieces.into_iter().map(|(head, text)| Piece { head: head.replace('\n', " "), text }).collect(),
            })
            .collect();
        let packed = pack(budget, &groups);
        let all = groups.iter().map(|it| it.pieces.len()).sum::<usize>();
        let chosen = packed.groups.iter().map(Vec::len).sum::<usize>();
        prop_assert!(packed.used <= budget);
        prop_assert!(estimate(&printed(&groups, &packed)) <= packed.used, "{:?}", packed);
        prop_assert_eq!(chosen + packed.omitted + packed.duplicates, all);
        prop_assert_eq!(packed.used, packed.groups.iter().flatten().map(|it| it.tokens).sum::<usize>());
        for (group, chosen) in groups.iter().zip(&packed.groups) {
            prop_assert!(chosen.windows(2).all(|it| it[0].at < it[1].at));
            for it in chosen {
                prop_assert!(it.lines <= group.pieces[it.at].text.split('\n').count());
            }
        }
    }
}

use proptest::prelude::*;

use super::*;
use crate::model::pull_request::{Comment, CommentId, Diff, MergeSeen, Method, Review, Rollout, Verdict};

fn id() -> PullRequestId {
    PullRequestId {
        host: "git.example.org".to_owned(),
        repo: "me/home".to_owned(),
        number: 7,
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn fold(id: &PullRequestId, parts: &[PullRequest]) -> PullRequest {
    together(parts).fold(id)
}

fn together(parts: &[PullRequest]) -> Parts {
    let mut all = Parts::default();
    parts.iter().for_each(|it| all.add(it.clone()));
    all
}

fn part(second: i64, fill: impl Fn(&mut PullRequest)) -> PullRequest {
    let mut part = PullRequest::unknown(id());
    part.updated = Some(at(second));
    fill(&mut part);
    part
}

fn state(second: i64, state: State) -> PullRequest {
    part(second, |it| it.state = Some(state))
}

fn comment(second: i64, author: &str, body: &str) -> Comment {
    Comment {
        author: author.to_owned(),
        time: Some(at(second)),
        body: body.to_owned(),
        place: None,
        unresolved: false,
        id: None,
        updated: None,
    }
}

fn review(time: Option<i64>, verdict: Verdict, dismissed: bool) -> Review {
    Review {
        author: "ann".to_owned(),
        time: time.map(at),
        verdict,
        body: String::new(),
        dismissed,
        updated: None,
    }
}

fn rollout(second: i64, object: &str, ok: bool) -> Rollout {
    Rollout {
        object: object.to_owned(),
        revision: "a".repeat(40),
        time: at(second),
        ok,
        reason: String::new(),
        message: String::new(),
    }
}

#[test]
fn a_merged_one_stays_merged() {
    let check = |parts: &[PullRequest], expected: State| assert_eq!(fold(&id(), parts).state, Some(expected));
    check(&[state(1, State::Open), state(2, State::Closed)], State::Closed);
    check(&[state(3, State::Open), state(2, State::Closed)], State::Open);
    check(&[state(2, State::Merged), state(1, State::Open)], State::Merged);
    check(
        &[state(2, State::Merged), state(3, State::Closed), state(4, State::Open)],
        State::Merged,
    );
}

/// What a commit was taken to say held against the forge for good.
#[test]
fn a_merge_that_only_git_tells_of_is_outweighed_by_a_later_word_of_the_forge() {
    let seen = |second: i64| {
        let (commit, time) = ("d".repeat(40), at(second));
        let mut part = PullRequest::unknown(id());
        part.merge_seen = Some(MergeSeen { commit, time });
        part.method = Some(Method::Squash);
        part
    };
    let check = |parts: &[PullRequest], expected: State| {
        let found = fold(&id(), parts);
        let is_merged = expected == State::Merged;
        assert_eq!(found.state, Some(expected));
        let of_merge = [found.merge_commit.is_some(), found.merged.is_some(), found.method.is_some()];
        assert_eq!(of_merge, [is_merged; 3]);
    };
    check(&[seen(5)], State::Merged);
    check(&[state(4, State::Open), seen(5)], State::Merged);
    check(&[seen(5), state(6, State::Open)], State::Open);
    check(&[state(6, State::Closed), seen(5)], State::Closed);
    let told = part(4, |it| {
        it.state = Some(State::Merged);
        it.merge_commit = Some("e".repeat(40));
        it.merged = Some(at(4));
    });
    check(&[told, seen(3), state(6, State::Open)], State::Merged);
}

#[test]
fn what_is_later_wins_and_what_it_leaves_out_stays() {
    let first = part(1, |it| {
        it.title = Some("old".to_owned());
        it.body = Some("why".to_owned());
        it.labels = Some(vec!["bug".to_owned()]);
    });
    let second = part(2, |it| {
        it.title = Some("new".to_owned());
        it.labels = Some(vec![]);
    });
    let found = fold(&id(), &[second, first]);
    assert_eq!((found.title.as_deref(), found.body.as_deref()), (Some("new"), Some("why")));
    assert_eq!((found.labels, found.updated), (Some(vec![]), Some(at(2))));
}

#[test]
fn opened_again_it_is_closed_by_nobody() {
    let closed = part(1, |it| {
        it.state = Some(State::Closed);
        it.closed = Some(at(1));
        it.closed_by = Some("bob".to_owned());
    });
    let found = fold(&id(), &[closed.clone(), state(2, State::Open)]);
    assert_eq!((found.closed, found.closed_by), (None, None));
    assert_eq!(fold(&id(), &[closed]).closed_by.as_deref(), Some("bob"));
}

#[test]
fn checks_are_those_of_the_head() {
    let first = part(1, |it| {
        it.head_sha = Some("a".repeat(40));
        it.checks = Some(vec![]);
    });
    let same = part(2, |it| it.head_sha = Some("a".repeat(40)));
    let other = part(3, |it| it.head_sha = Some("b".repeat(40)));
    assert!(fold(&id(), &[first.clone(), same.clone()]).checks.is_some());
    assert!(fold(&id(), &[first.clone(), same, other.clone()]).checks.is_none());
    let back = part(4, |it| it.head_sha = Some("a".repeat(40)));
    assert!(fold(&id(), &[first, other, back]).checks.is_some());
}

#[test]
fn an_edited_comment_is_one_and_two_of_a_second_are_two() {
    let named = |number, body: &str| Comment {
        id: Some(CommentId { number, on_line: false }),
        ..comment(0, "ann", body)
    };
    let check = |parts: &[&[Comment]], expected: &[&str]| {
        let parts: Vec<PullRequest> = (1..)
            .zip(parts)
            .map(|(second, it)| part(second, |part| part.comments = it.to_vec()))
            .collect();
        let bodies = |parts: &[PullRequest]| {
            let found = fold(&id(), parts).comments.into_iter().map(|it| it.body);
            found.collect::<Vec<String>>()
        };
        assert_eq!(bodies(&parts), expected);
        assert_eq!(bodies(&parts.iter().rev().cloned().collect::<Vec<_>>()), expected);
    };
    check(&[&[named(1, "typo")], &[named(1, "fixed")]], &["fixed"]);
    check(&[&[named(1, "a"), named(2, "b")], &[named(2, "b")]], &["a", "b"]);
    let on_line = Comment {
        id: Some(CommentId { number: 1, on_line: true }),
        ..comment(0, "ann", "b")
    };
    check(&[&[named(1, "a")], &[on_line]], &["a", "b"]);
    check(
        &[&[comment(0, "ann", "a")], &[comment(0, "bob", "b")], &[comment(5, "ann", "c")]],
        &["a", "b", "c"],
    );
    check(&[&[comment(0, "ann", "a")], &[comment(0, "ann", "a")]], &["a"]);
}

#[test]
fn a_thread_is_resolved_when_the_later_part_says_so() {
    let open = |second, unresolved| {
        part(second, |it| {
            it.comments = vec![Comment {
                id: Some(CommentId { number: 5, on_line: false }),
                unresolved,
                updated: Some(at(0)),
                ..comment(0, "ann", "why?")
            }];
        })
    };
    let check = |parts: [PullRequest; 2], expected: bool| {
        let [one, other] = parts;
        let found = [[one.clone(), other.clone()], [other, one]].map(|it| fold(&id(), &it).comments[0].unresolved);
        assert_eq!(found, [expected; 2]);
    };
    check([open(1, true), open(2, false)], false);
    check([open(1, false), open(2, true)], true);
    check([open(1, true), open(1, false)], false);
}

#[test]
fn a_deleted_comment_stays_away_whenever_it_is_told() {
    let name = CommentId { number: 5, on_line: false };
    let said = part(1, |it| {
        it.comments = vec![Comment {
            id: Some(name),
            ..comment(0, "ann", "oops")
        }];
    });
    let gone = part(2, |it| it.deleted_comments = vec![name]);
    let late = PullRequest {
        updated: Some(at(3)),
        ..said.clone()
    };
    for parts in [[&said, &gone, &late], [&gone, &said, &late], [&late, &said, &gone]] {
        assert!(fold(&id(), &parts.map(Clone::clone)).comments.is_empty());
    }
    assert_eq!(fold(&id(), &[said]).comments.len(), 1);
}

#[test]
fn a_review_of_the_webhook_and_of_the_api_is_one() {
    use Verdict::{Approved, Commented};
    let check = |parts: &[&[Review]], expected: &[Review]| {
        let parts: Vec<PullRequest> = (1..)
            .zip(parts)
            .map(|(second, it)| part(second, |part| part.reviews = it.to_vec()))
            .collect();
        let mut found = fold(&id(), &parts).reviews;
        found.iter_mut().for_each(|it| it.updated = None);
        assert_eq!(found, expected);
    };
    let approved = review(Some(10), Approved, false);
    check(
        &[&[review(Some(12), Approved, false)], std::slice::from_ref(&approved)],
        std::slice::from_ref(&approved),
    );
    check(
        &[&[review(None, Approved, false)], std::slice::from_ref(&approved)],
        std::slice::from_ref(&approved),
    );
    let dismissed = review(Some(10), Approved, true);
    check(
        &[std::slice::from_ref(&approved), std::slice::from_ref(&dismissed)],
        std::slice::from_ref(&dismissed),
    );
    let later = [
        approved.clone(),
        review(Some(20), Commented, false),
        review(Some(500), Approved, false),
    ];
    check(&[&later[2..], &later[..2]], &later);
}

#[test]
fn what_flux_repeats_is_one_until_it_changes() {
    let said = [(1, "a", false), (2, "a", false), (3, "b", true), (4, "a", true), (5, "a", false)];
    let parts: Vec<PullRequest> = said
        .iter()
        .map(|(second, object, ok)| {
            let mut part = PullRequest::unknown(id());
            part.rollouts = vec![rollout(*second, object, *ok)];
            part
        })
        .collect();
    let found: Vec<i64> = fold(&id(), &parts)
        .rollouts
        .iter()
        .map(|it| it.time.duration_since(at(0)).as_secs())
        .collect();
    assert_eq!(found, [1, 3, 4, 5]);
}

#[test]
fn what_was_counted_is_of_the_head() {
    let counted = part(1, |it| {
        it.head_sha = Some("a".repeat(40));
        (it.additions, it.changed_files) = (Some(3), Some(1));
    });
    let other = part(2, |it| it.head_sha = Some("b".repeat(40)));
    assert_eq!(fold(&id(), std::slice::from_ref(&counted)).additions, Some(3));
    let found = fold(&id(), &[counted, other]);
    assert_eq!((found.additions, found.changed_files), (None, None));
}

/// Where an older head left the other branch was taken for where the rebased one did.
#[test]
fn a_merge_base_is_of_the_head_that_it_was_told_of() {
    let told = |second, head: &str, base: Option<&str>| {
        part(second, |it| {
            it.head_sha = Some(head.repeat(40));
            it.merge_base = base.map(|it| it.repeat(40));
        })
    };
    let check = |parts: &[PullRequest], head: &str, expected: bool| {
        assert_eq!(
            together(parts).merge_base_of(Some(&head.repeat(40))).is_some(),
            expected,
            "{parts:?}"
        );
    };
    check(&[told(1, "a", Some("1"))], "a", true);
    // What says nothing of it does not take it away, and one of another head does.
    check(&[told(1, "a", Some("1")), told(2, "a", None)], "a", true);
    check(&[told(1, "a", Some("1")), told(2, "b", None)], "b", false);
    check(&[told(1, "a", Some("1")), told(2, "b", Some("2"))], "b", true);
    check(&[told(1, "a", Some("1")), told(2, "b", Some("2")), told(3, "a", None)], "a", false);
    check(&[told(1, "a", None)], "a", false);
}

/// Turned to another branch, it went on to say what it would have changed in the first one.
#[test]
fn files_are_those_from_where_the_branch_is_left_now() {
    let head = "a".repeat(40);
    let told = |second, base: Option<&str>, has_diff: bool| {
        part(second, |it| {
            it.head_sha = Some(head.clone());
            it.merge_base = base.map(|it| it.repeat(40));
            it.diff = has_diff.then(|| Diff {
                files: Vec::new(),
                resources: Vec::new(),
                left_to_do: Vec::new(),
            });
        })
    };
    let check = |parts: &[PullRequest], expected: bool| {
        let mut turned = parts.to_vec();
        turned.reverse();
        for parts in [parts, &turned] {
            assert_eq!(together(parts).has_diff_of(Some(&head)), expected, "{parts:?}");
        }
    };
    check(&[told(1, Some("1"), true)], true);
    check(&[told(1, Some("1"), true), told(2, Some("1"), false)], true);
    check(&[told(1, Some("1"), true), told(2, None, false)], true);
    check(&[told(1, Some("1"), true), told(2, Some("2"), false)], false);
    check(
        &[told(1, Some("1"), true), told(2, Some("2"), false), told(2, Some("2"), true)],
        true,
    );
}

#[test]
fn all_that_was_told_can_be_rewritten_in_its_place() {
    let mut all = together(&[
        part(1, |it| it.title = Some("one".to_owned())),
        part(2, |it| {
            it.body = Some("two".to_owned());
            it.comments = vec![comment(2, "eve", "three")];
            it.rollouts = vec![rollout(2, "Kustomization apps", true)];
        }),
    ]);
    let before = all.clone();
    all.rewrite(|it| it);
    assert_eq!(all, before);
    all.rewrite(|mut it| {
        let texts = it
            .title
            .iter_mut()
            .chain(&mut it.body)
            .chain(it.comments.iter_mut().map(|it| &mut it.body));
        texts.for_each(|it| *it = it.to_uppercase());
        it
    });
    let pr = all.fold(&id());
    let texts = [pr.title.as_deref(), pr.body.as_deref(), Some(pr.comments[0].body.as_str())];
    assert_eq!((texts, pr.rollouts.len()), ([Some("ONE"), Some("TWO"), Some("THREE")], 1));
}

#[test]
fn what_says_nothing_more_is_not_kept() {
    let mut parts = Parts::default();
    for second in 0..1000 {
        parts.add(part(second, |it| {
            it.title = Some(format!("title {second}"));
            it.state = Some([State::Open, State::Closed][usize::try_from(second).unwrap() % 2]);
            it.head_sha = Some(format!("{second:040}"));
            it.checks = Some(Vec::new());
            it.comments = vec![comment(second, "ann", "x")];
        }));
    }
    assert!(parts.parts.len() <= 2 + HEADS_MOST, "{}", parts.parts.len());
    assert_eq!(parts.fold(&id()).comments.len(), 500);
}

/// Older than all that is kept, it once won against what it should have been laid under.
#[test]
fn a_part_that_comes_after_a_hundred_newer_ones_changes_nothing_but_what_they_leave_out() {
    let said = |second: i64| {
        part(second, |it| {
            it.labels = (second % 10 == 0).then(|| vec![format!("{second}")]);
            it.body = (second < 40).then(|| format!("body {second}"));
            it.author = (second == 5).then(|| "ann".to_owned());
            it.comments = vec![comment(second, "ann", "x")];
        })
    };
    let all: Vec<PullRequest> = (0..100).map(said).collect();
    let mut late = all.clone();
    let moved = late.remove(5);
    late.push(moved);
    let moved = late.remove(30);
    late.push(moved);
    assert_eq!(fold(&id(), &late), fold(&id(), &all));
    assert_eq!(together(&late), together(&all));
}

fn any_part() -> impl Strategy<Value = PullRequest> {
    let states = prop::option::of(prop::sample::select(vec![State::Open, State::Closed, State::Merged]));
    let name = || prop::option::of(prop::sample::select(vec!["a", "b", "c"]));
    let comments = prop::collection::vec(
        (
            0..3_i64,
            prop::sample::select(vec!["ann", "bob"]),
            prop::sample::select(vec!["x", "y", "z"]),
        ),
        0..3,
    );
    let verdicts = vec![Verdict::Approved, Verdict::Commented];
    let reviews = prop::collection::vec((prop::option::of(0..300_i64), prop::sample::select(verdicts), any::<bool>()), 0..3);
    let rollouts = prop::collection::vec((0..4_i64, prop::sample::select(vec!["a", "b"]), any::<bool>()), 0..2);
    (
        prop::option::of(0..6_i64),
        states,
        name(),
        name(),
        name(),
        comments,
        reviews,
        rollouts,
    )
        .prop_map(|(updated, state, title, head, closed_by, comments, reviews, rollouts)| {
            let mut part = PullRequest::unknown(id());
            part.updated = updated.map(at);
            part.state = state;
            part.title = title.map(str::to_owned);
            part.head_sha = head.map(|it| it.repeat(40));
            part.additions = closed_by.map(|it| it.len() as u64 + u64::from(it == "a"));
            part.closed_by = closed_by.map(str::to_owned);
            part.merge_seen = closed_by.filter(|it| *it != "b").map(|it| MergeSeen {
                commit: it.repeat(40),
                time: at(it.len() as i64 + i64::from(it == "a") * 3),
            });
            part.checks = title.map(|_| Vec::new());
            part.comments = comments
                .iter()
                .map(|(second, author, body)| comment(*second, author, body))
                .collect();
            part.reviews = reviews
                .iter()
                .map(|(time, verdict, dismissed)| review(*time, *verdict, *dismissed))
                .collect();
            part.rollouts = rollouts.iter().map(|(second, object, ok)| rollout(*second, object, *ok)).collect();
            part
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn order_and_repetition_do_not_matter(parts in prop::collection::vec(any_part(), 0..30), picks in prop::collection::vec(any::<prop::sample::Index>(), 0..30)) {
        let expected = together(&parts);
        let mut others = parts.clone();
        others.reverse();
        if !parts.is_empty() {
            for pick in picks {
                let again = pick.get(&parts).clone();
                others.insert(pick.index(others.len()), again);
            }
        }
        let found = together(&others);
        prop_assert_eq!(found.fold(&id()), expected.fold(&id()));
        prop_assert_eq!(found, expected);
    }
}

//! Whatever others write, no note is refused for a secret in it.

use super::*;
use crate::model::secrets;

fn token() -> String {
    format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8")
}

/// Texts that are secrets, become ones, or are nearly ones.
fn secret() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(
        [
            &*token(),
            &token()[..14],
            &token()[14..],
            "\u{200b}",
            "\u{ad}",
            "\u{202e}",
            "\u{feff}",
            "\x07",
            "\u{a0}",
            "\r",
            "\n",
            " ",
            "  ",
            "password",
            "password:",
            "token = ",
            "Decision: ",
            "- [ ] ",
            "## Decision\n",
            "Hunter2hunter2Xy9",
            "Kq9zXv27LmPw4RtY8bNc",
            "https://ada:",
            "@example.org/x",
            "Bearer ",
            "kind: Secret\n",
            "data:\n",
            "  key: aGVsbG8gd29ybGQ=\n",
            "---\n",
            "```\n",
            "-----BEGIN PRIVATE KEY-----",
            "-----END PRIVATE KEY-----",
            "<",
            "[",
            "\"",
            "'",
            "`",
            "\\",
            "|",
            ":",
            "=",
        ]
        .map(str::to_owned)
        .to_vec(),
    );
    prop::collection::vec(parts, 0..12).prop_map(|it| it.concat())
}

fn check_kept_out(pr: &PullRequest, secret: &str) {
    let text = text_of(pr);
    assert_eq!(secrets::find(&text), [], "{text}");
    assert!(!text.contains(secret), "{text}");
}

#[test]
fn what_a_body_tells_by_a_table_or_a_command_was_shown() {
    for told in [
        "| Service | Password |\n|---|---|\n| db | hunterhorse |\n",
        "So run\n\n```sh\ncurl -u bob:hunterhorse https://example.org\n```\n",
        "How:\n\n- password: hunterhorse\n",
        "Then\nlog in with admin:hunterhorse.\n",
    ] {
        let mut pr = rich();
        pr.body = Some(told.to_owned());
        check_kept_out(&pr, "hunterhorse");
    }
}

#[test]
fn a_token_with_something_hidden_inside_stops_no_note() {
    for hidden in ["\u{200b}", "\u{ad}", "\u{202e}", "\u{feff}", "\x07"] {
        let mut pr = rich();
        let token = token();
        with(&mut pr, &format!(" {}{hidden}{}", &token[..14], &token[14..]));
        check_kept_out(&pr, &token);
    }
}

#[test]
fn a_decision_of_one_whose_name_is_telling_stops_no_note() {
    let mut pr = rich();
    pr.comments[0].author = "password".to_owned();
    pr.comments[0].body = "Decision: Hunter2hunter2Xy9".to_owned();
    let text = text_of(&pr);
    assert!(text.contains("- password: redacted:password"), "{text}");
    assert_eq!(secrets::find(&text), []);
}

#[test]
fn a_password_in_the_message_of_a_rollout_is_masked() {
    let mut pr = rich();
    (pr.rollouts[0].ok, pr.rollouts[0].message) = (false, "build failed: password: hunter2hunter2 is refused".to_owned());
    check_kept_out(&pr, "hunter2hunter2");
}

#[test]
fn a_title_is_shown_as_one_short_line_without_secrets() {
    assert_eq!(plain_title("bump\n\u{202e}x\tto  2"), "bump x to 2");
    assert_eq!(plain_title(&format!("use {}", token())), "use [redacted:github-token]");
    assert_eq!(plain_title("[[x]] `y`"), "[[x]] `y`");
    assert_eq!(plain_title(&"a".repeat(10_000)).chars().count(), 201);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_of_others_is_what_a_write_is_refused_for(text in secret(), author in secret()) {
        let mut pr = rich();
        with(&mut pr, &text);
        pr.comments.iter_mut().for_each(|it| it.author.clone_from(&author));
        pr.labels = Some(vec![text.clone(), author.clone()]);
        let written = text_of(&pr);
        prop_assert_eq!(secrets::find(&written), vec![], "{}", written);
        prop_assert_eq!(mask_new(written.clone(), ""), written);
    }
}

//! Secrets that people tell one another in Markdown: beside a user's name, as a PIN, under a header above values.

use super::{each_hides, each_stays, hides, masked};

#[test]
fn a_password_beside_the_name_of_its_user_was_shown() {
    each_hides(
        "a.md",
        &[
            "Go there and login with admin:¤, then press save.",
            "You can log in using bob:¤.",
            "Sign in with user `bob` and password `¤`.",
            "Wifi: SSID `home`, password `¤`.",
            "- pass: ¤",
            "* **pass**: ¤",
            "- user: bob, pass: ¤",
            "1. Password → ¤",
        ],
    );
    let text = "Log in as root / Zq81kkpxW on the console.\nCredentials: bob / Zq81kkpxW\n- Login: bob / Zq81kkpxW\n";
    assert_eq!(masked("a.md", text).matches("[redacted:password]").count(), 3);
}

#[test]
fn a_pin_was_shown() {
    for (path, text) in [
        ("a.md", "PIN: 471199\n- **PIN**: `4711`\nThe PIN is 471199.\n"),
        ("a.yaml", "sim:\n  pin: 471199\n  puk: \"12345678\"\n  pin_code: 4711\n"),
        ("a.conf", "sim_pin = 4711\n"),
        ("a.json", "{\"pin\": \"4711\", \"pinCode\": 471199}\n"),
    ] {
        let masked = masked(path, text);
        assert!(!masked.contains("4711") && !masked.contains("12345678"), "{masked}");
    }
    each_stays(
        "a.yaml",
        &[
            "pin: 13",
            "pin: GPIO4",
            "pinned: 20240101",
            "spin: 1000",
            "pin: v1.2.3",
            "pins: 1000",
        ],
    );
}

#[test]
fn a_word_below_a_header_of_values_was_shown() {
    hides("a.md", "| Key | Value |\n|---|---|\n| password | ¤ |\n| host | example.org |\n");
    hides(
        "a.md",
        "| Name | Type | Default |\n|---|---|---|\n| auth.password | string | `¤` |\n",
    );
}

#[test]
fn sentences_that_only_speak_of_it_stay() {
    each_stays(
        "a.md",
        &[
            "Log in with GitHub or GitLab.",
            "Log in with your username / email.",
            "Login: https://example.org/login",
            "Sign in with OIDC: groups are mapped.",
            "Log in with ssh:root on the host.",
            "Credentials are in: 1Password",
            "- First pass: parsing",
            "- Pass: first the tests, then the build",
            "- PIN: ask Alice",
            "- The pin is 13 on the board.",
            "token → tree → code",
            "Unexpected token: identifier",
        ],
    );
    each_stays(
        "a.md",
        &["| Key | Value |\n|---|---|\n| token | `GITHUB_TOKEN` |\n| password | required |\n| secret | app-secret |\n| key | Enter |"],
    );
}

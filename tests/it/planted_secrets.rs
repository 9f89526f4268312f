//! Secrets made up at run time, and files of many shapes to plant them in. Put together from parts, so that no scanner of a forge takes this for
//! a leak.

#[path = "planted_shapes.rs"]
mod shapes;

use shapes::SHAPES;

/// How a secret can be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tells {
    /// By the key beside it alone: a password of letters.
    Nothing,
    /// By a telling word nearby, since it looks random.
    Randomness,
    /// By itself, wherever it stands.
    Form,
}

/// Returns kind, value and what tells it of made-up secrets, no two alike.
pub(crate) fn kinds() -> Vec<(&'static str, String, Tells)> {
    const FORMS: [(&str, &str, &str, usize); 63] = [
        ("github", "gh|p_", WORD, 36),
        ("github-oauth", "gh|o_", WORD, 36),
        ("github-app", "gh|s_", WORD, 36),
        ("github-refresh", "gh|r_", WORD, 36),
        ("github-fine", "github|_pat_", WORD, 60),
        ("gitlab", "gl|pat-", WORD, 20),
        ("gitlab-deploy", "gl|dt-", WORD, 20),
        ("gitlab-runner", "GR13|48941", WORD, 20),
        ("gitlab-mail", "gl|imt-", WORD, 25),
        ("openai", "sk|-proj-", WORD, 48),
        ("openai-old", "sk|-", WORD, 48),
        ("openai-service", "sk|-svcacct-", WORD, 48),
        ("anthropic", "sk|-ant-api03-", WORD, 80),
        ("openrouter", "sk|-or-v1-", HEX, 64),
        ("aws", "AK|IA", BASE32, 16),
        ("aws-session", "AS|IA", BASE32, 16),
        ("google", "AI|za", WORD, 35),
        ("google-oauth", "GOC|SPX-", WORD, 28),
        ("google-access", "ya|29.", WORD, 60),
        ("slack-bot", "xo|xb-", WORD, 40),
        ("slack-user", "xo|xp-", WORD, 40),
        ("slack-app", "xa|pp-1-", WORD, 40),
        ("slack-hook", "https://hooks.slack|.com/services/T0123ABCD/B0123ABCD/", WORD, 24),
        ("discord-hook", "https://discord|.com/api/webhooks/123456789012345678/", WORD, 68),
        ("stripe", "sk|_live_", WORD, 24),
        ("stripe-test", "rk|_test_", WORD, 24),
        ("stripe-hook", "wh|sec_", WORD, 32),
        ("npm", "np|m_", WORD, 36),
        ("pypi", "py|pi-", WORD, 60),
        ("docker", "dckr|_pat_", WORD, 27),
        ("huggingface", "h|f_", WORD, 34),
        ("huggingface-organisation", "api_|org_", LETTER, 34),
        ("digitalocean", "dop|_v1_", HEX, 64),
        ("digitalocean-oauth", "doo|_v1_", HEX, 64),
        ("vault", "hv|s.", WORD, 24),
        ("vault-batch", "hv|b.", WORD, 100),
        ("tailscale", "ts|key-auth-abcdef12CNTRL-", WORD, 24),
        ("linear", "lin|_api_", WORD, 40),
        ("notion", "nt|n_", WORD, 46),
        ("notion-old", "secr|et_", WORD, 43),
        ("databricks", "da|pi", HEX, 32),
        ("shopify", "shp|at_", HEX, 32),
        ("mailgun", "ke|y-", HEX, 32),
        ("twilio", "S|K", HEX, 32),
        ("telegram", "123456789|:AA", WORD, 33),
        ("pulumi", "pu|l-", HEX, 40),
        ("terraform", "a1B2c3D4e5F6g7|.atlasv1.", WORD, 67),
        ("new-relic", "NR|AK-", BASE32, 27),
        ("heroku", "HR|KU-", WORD, 60),
        ("airtable", "pa|ta1B2c3D4e5F6g7.", HEX, 64),
        ("groq", "gs|k_", WORD, 52),
        ("xai", "xa|i-", WORD, 80),
        ("square", "EA|AA", WORD, 60),
        ("sentry", "snt|rys_", WORD, 64),
        ("sendgrid", "S|G.a1B2c3D4e5F6g7H8i9J0kL.", WORD, 43),
        ("grafana-cloud", "gl|c_", WORD, 60),
        ("age", "AGE-SECRET|-KEY-1", BASE32, 58),
        ("jwt", "ey|JhbGciOiJIUzI1NiJ9.ey|JzdWIiOiIxMjM0NTYifQ.", WORD, 43),
        ("pem-base64", "LS0tLS1CRUdJTi|BSU0EgUFJJVkFURSBLRVkt", WORD, 200),
        ("pem-in-a-line", "-----BEGIN |RSA PRIVATE KEY-----\\n", WORD, 200),
        ("url", "postgres:|//bob:", WORD, 20),
        ("postman", "PM|AK-3f786850e387550fdab836ed-", HEX, 34),
        ("grafana", "gl|sa_a1B2c3D4e5F6g7H8i9J0kLmNoPqRsT12_", HEX, 8),
    ];
    const OTHERS: [(&str, &str, Tells); 8] = [
        ("letters", "hunterhorse", Tells::Nothing),
        ("capital-letters", "SwordfishBattery", Tells::Nothing),
        ("words", "correct-horse-battery", Tells::Nothing),
        ("short", "hunter2", Tells::Nothing),
        ("a-sign", "letmein!", Tells::Nothing),
        ("digits", "8317460925", Tells::Nothing),
        ("base64", "q7+Zk/3vT9mB1xRw5yHc8LdJ2fNs6pGa0uEo4iVbQzU=", Tells::Randomness),
        ("uuid", "0b9f6a52-7c1e-4d83-9a64-e1f2c3b4d5a6", Tells::Nothing),
    ];
    let formed = FORMS.iter().map(|(kind, prefix, letters, n)| {
        let end = match *kind {
            "url" => "@db.example.org/app",
            "pem-in-a-line" => "\\n-----END RSA PRIVATE KEY-----\\n",
            _ => "",
        };
        (*kind, prefix.replace('|', "") + &letters_of(kind, letters, *n) + end, Tells::Form)
    });
    let random = [("gitea", HEX, 40), ("aws-secret", WORD, 40)];
    let random = random.map(|(kind, letters, n)| (kind, letters_of(kind, letters, n), Tells::Randomness));
    let others = OTHERS.map(|(kind, value, tells)| (kind, value.to_owned(), tells));
    formed.chain(random).chain(others).collect()
}

const WORD: &str = "ABCDEFGHIJKLMNOPQRSTUVWYZabcdefghijklmnopqrstuvwyz0123456789";
const LETTER: &str = "ABCDEFGHIJKLMNOPQRSTUVWYZabcdefghijklmnopqrstuvwyz";
const HEX: &str = "0123456789abcdef";
const BASE32: &str = "QPZRYGFTVDWSJNKHCEMUAL234567";

/// Returns letters that look random and are the same in each run.
fn letters_of(seed: &str, letters: &str, n: usize) -> String {
    let mut state = seed.bytes().fold(0x2545_f491_4f6c_dd1d_u64, |all, it| {
        (all ^ u64::from(it)).wrapping_mul(0x100_0000_01b3)
    });
    let mut next = || {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        let at = usize::try_from(state >> 40).expect("24 bits") % letters.len();
        char::from(letters.as_bytes()[at])
    };
    (0..n).map(|_| next()).collect()
}

/// Returns path and text of files that hold a secret and must not show it.
pub(crate) fn files(value: &str, tells: Tells) -> Vec<(&'static str, String)> {
    let fill = |text: &str| {
        let text = text
            .replace("@url@", &in_url(value))
            .replace("@64@", &base64(value))
            .replace("@bob@", &base64(&format!("bob:{value}")));
        text.replace("@@", value)
    };
    let fitting = SHAPES.iter().filter(|(needs, ..)| tells >= *needs);
    fitting.map(|(_, path, text)| (*path, fill(text))).collect()
}

/// Returns what must be nowhere for a secret to be kept: itself and its encodings.
pub(crate) fn faces(value: &str) -> [String; 4] {
    [value.to_owned(), base64(value), base64(&format!("bob:{value}")), in_url(value)]
}

fn in_url(value: &str) -> String {
    value
        .replace('/', "%2F")
        .replace(' ', "%20")
        .replace('@', "%40")
        .replace(':', "%3A")
}

fn base64(value: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in value.as_bytes().chunks(3) {
        let bits = three
            .iter()
            .enumerate()
            .fold(0_usize, |all, (at, it)| all | usize::from(*it) << (16 - 8 * at));
        for at in 0..4 {
            text.push(if at <= three.len() {
                char::from(DIGITS[bits >> (18 - 6 * at) & 63])
            } else {
                '='
            });
        }
    }
    text
}

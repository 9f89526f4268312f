//! How a rule is written: kind, trigger and pattern, with signs for what comes again and again in patterns. Knows the signs; must not know the
//! rules.

use regex::Regex;

/// Kind, trigger and pattern of what a text shows by its form. The first group that matches is the secret, or all where there is none; where a
/// group is called `name`, that name must tell.
pub(super) type Rule = (&'static str, &'static str, &'static str);

/// Returns the pattern of a rule. In it, `§` is what parts two words, also in a list: `-a X`, `"-a", "X"`; `¶` a literal of a program, `@@` what may be
/// around one; `¤` a word of a command, in quotes or not, and `‖` what comes before it in its command, also over lines that go on.
pub(super) fn compile(pattern: &str) -> Regex {
    const LITERAL: &str = r#"(?:[&brfuL@$]{0,2}#?)(?:"((?:[^"\\\n]|\\[^\n])+)"|'((?:[^'\\\n]|\\[^\n])+)'|`([^`\n]+)`)"#;
    const WORD: &str = r#"(?:"([^"\n]+)"|'([^'\n]+)'|([^\s"'`|;&<>()\\-][^\s"'`|;&<>()\\]*))"#;
    let pattern = pattern
        .replace(r"\b", r"(?-u:\b)")
        .replace('§', r#"["']?[ ,]{1,4}["']?"#)
        .replace('¶', LITERAL)
        .replace('¤', WORD)
        .replace('‖', r"(?:[^\n|;\\]|\\(?:[^\n]|\r?\n))*?")
        .replace("@@", WRAPPERS);
    Regex::new(&pattern).expect("the patterns are constant")
}

/// What a literal is wrapped in, such as `String::from(`.
const WRAPPERS: &str = r"(?:&?(?:new )?(?:(?:String|SecretString|Secret|SecretBox|Zeroizing|Box|Arc|Rc|Cow|SecretStr|Password|HeaderValue)::(?:new|from|Borrowed|from_static)|Some|Ok|Just|(?:std::)?string|str|String|bytes?|\[\]byte|Buffer\.from|(?:base64\.)?b64decode|base64_decode|atob|SecretStr|SecretString|Secret|SecureString|pulumi\.(?:secret|String)|(?:SecretValue\.)?(?:unsafePlainText|plainText)|aws\.String|(?:ptr|pointer)\.To|proto\.String|Optional\.of(?:Nullable)?|Objects\.requireNonNull|Field|(?:lib\.)?mk(?:Default|Force|Override))(?:\(|[ ])\s*(?:default[ ]?=[ ]?)?)?";

//! Literals that programs give to a telling name otherwise than by assigning them: as the fallback of a variable of the environment, as the second
//! word of a call, in the constructor of another type. Knows such expressions; must not know plain assignments.

use super::pattern::Rule;

pub(super) const RULES: [Rule; 24] = [
    // `getenv("TOKEN", "x")`, `os.Setenv("TOKEN", "x")`, `props.put("password", "x")`, `define('DB_PASSWORD', 'x')`, `flag.String("token", "x", ..)`.
    (
        "named",
        r"(?i)(?:pass|pwd|pw|secret|token|cred|key|auth|dsn|salt|cookie)[a-z0-9_./-]*[\x22\x27][ \t\r\n]*,",
        r#"(?i)\b(?:[a-z]{0,12}_?(?:env|environ|fetch|get|put|set|insert|define|append|add|header|option|setting|setitem|property|default|var|store)|(?:get|lookup|with|set)_?env_?(?:var|or|or_default|default|or_else)?|(?:get|set|add|put|with)_?[a-z]{0,24}|const|config|lookup|[a-z]{0,10}string)!?\(\s*[&brf@]?["'](?<name>[A-Za-z0-9_./-]{2,80})["']\s*,\s*(?:[a-z_]{0,10}default[ ]?[=:][ ]?|value[ ]?[=:][ ]?)?@@¶"#,
    ),
    // `flags.StringVar(&token, "token", "x", ..)`, `flags.StringP("token", "t", "x", ..)`.
    (
        "named",
        r"\.String(?:Var)?P?\(",
        r#"\.String(?:Var)?P?\(\s*(?:&[A-Za-z0-9_.]{1,60},\s*)?"(?<name>[A-Za-z0-9_.-]{2,60})",\s*(?:"[A-Za-z]?",\s*)?"([^"\n]+)",\s*""#,
    ),
    // `ENV.fetch("TOKEN") { "x" }`.
    (
        "named",
        r"fetch\(",
        r#"\bfetch\(["':](?<name>[A-Za-z0-9_.-]{2,80})["']?\)[ ]{0,4}(?:\{|do)[ ]{0,4}¶"#,
    ),
    // `process.env.TOKEN ?? "x"`, `os.getenv("TOKEN") or "x"`, `System.getenv("TOKEN") ?: "x"`.
    (
        "fallback",
        r"(?i)(?:pass|pwd|pw|secret|token|cred|key|auth|dsn|salt|cookie)[a-z0-9_.-]*[\x22\x27\])]*[ \t\r\n]*(?:\?\?|\|\||\?:|or[ ])",
        r#"(?<name>[A-Za-z_$][A-Za-z0-9_.$-]{1,80})["'\])]{0,4}\s*(?:\?\?=?|\|\|=?|\?:|\bor\b)\s*@@¶"#,
    ),
    // `env::var("TOKEN").unwrap_or("x".into())`, `token.unwrap_or_else(|| "x".to_owned())`, `.getOrElse("x")`.
    (
        "named",
        r"(?i)(?:unwrap_or|or_?else|get_?or_?else|orelseget)[a-z_]*\(",
        r#"["'](?<name>[A-Za-z0-9_./-]{2,80})["'][ ]?\)[^"'`;{}]{0,80}?\b(?:unwrap_or|unwrap_or_else|map_or|or_else|orElse|orElseGet|getOrElse)\(\s*(?:\|[^|\n]{0,20}\|\s*|\(\)\s*[-=]>\s*)?\{?\s*@@¶"#,
    ),
    (
        "named",
        r"(?i)(?:unwrap_or|or_?else|get_?or_?else|orelseget)[a-z_]*\(",
        r#"\b(?<name>[A-Za-z_][A-Za-z0-9_.]{1,80})(?:\(\)|\?)?\s*\.(?:as_deref\(\)\s*\.|ok\(\)\s*\.)?(?:unwrap_or|unwrap_or_else|map_or|or_else|orElse|orElseGet|getOrElse)\(\s*(?:\|[^|\n]{0,20}\|\s*|\(\)\s*[-=]>\s*)?\{?\s*@@¶"#,
    ),
    (
        "named",
        r"(?i)(?:unwrap_or|or_?else|get_?or_?else|orelseget)[a-z_]*\(",
        r#"\b(?<name>[A-Za-z_][A-Za-z0-9_]{1,80})[ ]?(?::[^=\n"';]{1,40})?=[^=;{}][^=;{}]{0,160}?\.(?:unwrap_or|unwrap_or_else|or_else|orElse|orElseGet|getOrElse)\(\s*(?:\|[^|\n]{0,20}\|\s*|\(\)\s*[-=]>\s*)?\{?\s*@@¶"#,
    ),
    // `let token = String::from("x")`, `password: Some("x")`, `password = lib.mkDefault "x"`.
    (
        "named",
        r"(?:from|new|Some|Ok|str|string|String|bytes?|b64decode|atob|SecretStr|Secret|SecretString|secret|unsafePlainText|plainText|To|Field|mk[A-Z][a-z]+|requireNonNull|of)[\(][ \t\r\n]*(?:String::from\()?[&brf@]?(?:default[ ]?=[ ]?)?[\x22\x27\x60]|mk(?:Default|Force)[ ]+\x22",
        r#"\b(?<name>[A-Za-z_][A-Za-z0-9_.-]{1,80})["'\]]{0,2}[ ]{0,20}(?::[^=\n"';(){}]{1,60})?(?::=|=>|=|:)\s{0,20}@@@@¶"#,
    ),
    // `password: Optional[str] = "x"`.
    (
        "named",
        r"(?i)(?:pass|pwd|pw|secret|token|key|auth|dsn)[a-z0-9_]*\??[ ]?:[ ]?[a-z_&][a-z0-9_\[\]<>|?., \x27]*=[ ]*[&brf]?[\x22\x27]",
        r#"\b(?<name>[A-Za-z_][A-Za-z0-9_]{1,80})\??[ ]?:[ ]?[A-Za-z_&][A-Za-z0-9_\[\]<>|?., ']{0,60}?[ ]?=[ ]{0,4}¶"#,
    ),
    // `Dim password As String = "x"`.
    (
        "named",
        r"(?i)[ ]as[ ]+(?:string|object)[ ]*=",
        r#"(?i)\b(?<name>[a-z_][a-z0-9_]{1,80})[ ]+as[ ]+(?:string|object)[ ]{0,4}=[ ]{0,4}"([^"\n]+)""#,
    ),
    // `#define DB_PASSWORD "x"`.
    (
        "named",
        r"#[ \t]*define[ \t]",
        r#"(?m)^[ \t]*#[ \t]*define[ \t]+(?<name>[A-Za-z_][A-Za-z0-9_]{1,80})[ \t]+\(?L?"([^"\n]+)""#,
    ),
    // `char password[32] = "x"`, `std::string token{"x"}`.
    (
        "named",
        r"(?i)(?:pass|pwd|pw|secret|token|key)[a-z0-9_]*(?:\[[a-z0-9_+ ]*\][ \t]*=|\{\x22)",
        r#"\b(?<name>[A-Za-z_][A-Za-z0-9_]{1,80})(?:\[[A-Za-z0-9_+ ]{0,30}\][ \t]{0,9}=[ \t]{0,9}|\{)"([^"\n]+)""#,
    ),
    // `ConvertTo-SecureString "x" -AsPlainText -Force`.
    (
        "password",
        r"(?i)convertto-securestring",
        r"(?i)\bconvertto-securestring(?:[ ]+-(?:asplaintext|force))*(?:[ ]+-string)?[ ]+¤",
    ),
    // `new NetworkCredential("bob", "x")`, `DriverManager.getConnection(url, "bob", "x")`, `smtp.login("bob", "x")`.
    (
        "password",
        r"(?:[Cc]redentials?|PasswordAuthentication)(?:::new|\.create)?\(",
        r#"(?:[Cc]redentials?|PasswordAuthentication)(?:::new|\.create)?\(\s*(?:"[^"\n]*"|'[^'\n]*'|[A-Za-z_][A-Za-z0-9_.]{0,60})\s*,\s*@@¶"#,
    ),
    (
        "password",
        r"getConnection\(|(?i)login\(|PlainAuth\(|pw_set\(",
        r#"(?:\bgetConnection\([^()\n"]*(?:"[^"\n]*")?,|\.[Ll]ogin\(|\bPlainAuth\(\s*"[^"\n]*",|\b(?:username_)?pw_set\()\s*["'][^"'\n]*["']\s*,\s*¶"#,
    ),
    // `hmac.new(b"x", ..)`, `Fernet("x")`, `jwt.encode(claims, "x")`, `createHmac("sha256", "x")`.
    (
        "secret",
        r"hmac\.new\(|Fernet\(|(?:jwt|JWT|jsonwebtoken)\.[a-z]+\(|create(?:Hmac|Cipheriv)\(",
        r#"\b(?:(?:hmac\.new|Fernet)\(|(?:jwt|JWT|jsonwebtoken)\.(?:encode|decode|sign|verify)\(\s*[^,()\n]{1,80}(?:\([^()\n]{0,80}\))?\s*,|create(?:Hmac|Cipheriv)\(\s*["'][A-Za-z0-9-]{1,20}["']\s*,)\s*¶"#,
    ),
    // `add_argument("--password", default="x")`, `@click.option("--token", default="x")`, `.option("--token <t>", "what it is", "x")`.
    (
        "named",
        r"(?i)(?:argument|option|arg)\([ \t\r\n]*[\x22\x27]-",
        r#"(?:argument|[Oo]ption|arg)\(\s*(?:["'][^"'\n]{1,40}["'],\s*){0,2}?["']--?(?<name>[A-Za-z0-9_-]{2,60})["'][^()]*?\bdefault[ ]?=[ ]?¶"#,
    ),
    (
        "named",
        r"\.option\(",
        r#"\.option\(\s*["'](?:-[A-Za-z],? )?--(?<name>[A-Za-z0-9_-]{2,60})[^"'\n]{0,40}["'],\s*(?:"[^"\n]*"|'[^'\n]*'),\s*¶"#,
    ),
    // `#[arg(long, default_value = "x")] password: String`, `Arg::new("token").default_value("x")`.
    (
        "named",
        r"default_value|defaultValue",
        r#"\bdefault_value(?:_t)?[ ]?=[ ]?"([^"\n]+)"[^\n]*\]\s*(?:pub(?:\([a-z]+\))?[ ])?(?<name>[a-z_][a-z0-9_]{1,60})[ ]?:"#,
    ),
    (
        "named",
        r"default_value|defaultValue",
        r#"(?:["'](?<name>[A-Za-z0-9_./-]{2,60})["'])[^;"']*?\b(?:default_value|defaultValue)(?:\(|[ ]?=[ ]?)["']([^"'\n]+)["']"#,
    ),
    // `@Value("${db.password:x}")` and `password: ${DB_PASSWORD:x}` of Spring.
    (
        "named",
        r"\$\{[A-Za-z0-9_.-]+:[^-=+?}]",
        r#"\$\{(?<name>[A-Za-z0-9_.-]{2,80}):([^-=+?}{"'\s][^}{"'\n]*)\}"#,
    ),
    // `if (password == "x")`.
    (
        "compared",
        r"(?i)(?:pass|passw[a-z]*|pwd|secret|token)[\x22\x27\])]*[ ]*(?:[!=]==?|\.equals\()[ ]*\(?[\x22\x27]",
        r#"\b(?<name>[A-Za-z_][A-Za-z0-9_.]{1,80})["'\])]{0,3}[ ]?(?:[!=]==?|\.equals\()[ ]?¶"#,
    ),
    // `{default_pass, <<"x">>}` of Erlang, `:password "x"` of Clojure, `(setq token "x")` of Emacs.
    (
        "named",
        r"(?i)(?:[{(]|:|setq[ ]+)[a-z0-9_.-]*(?:pass|pwd|secret|token|key)[a-z0-9_-]*[ ]*,[ ]*(?:<<)?\x22",
        r#"(?:\{|[\s(\[,]:)(?<name>[a-z][A-Za-z0-9_.-]{1,80})[ ]{0,4},[ ]{0,4}(?:<<)?"([^"\n]+)""#,
    ),
    (
        "named",
        r"(?i)(?:[{(]|:|setq[ ]+)[a-z0-9_.-]*(?:pass|pwd|secret|token|key)[a-z0-9_-]*[ ]+\x22",
        r#"(?:\{|:|\(|\bsetq[ ]+)(?<name>[A-Za-z][A-Za-z0-9_.-]{1,80})[ ]{1,9}"([^"\n]+)""#,
    ),
];

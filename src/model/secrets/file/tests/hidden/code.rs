//! Programs: fallbacks, calls, constructors, what parsers of arguments default to.

use super::{each_hides, each_stays, hides};

#[test]
fn the_fallback_of_a_variable_of_the_environment() {
    each_hides(
        "a.py",
        &[
            "token = os.getenv(\"TOKEN\", \"¤\")",
            "key = os.environ.get('API_KEY', '¤')",
            "x = env(\"DB_PASSWORD\", default=\"¤\")",
            "x = os.getenv(\"TOKEN\") or \"¤\"",
            "os.environ[\"API_TOKEN\"] = \"¤\"",
            "os.environ.setdefault(\"SECRET_KEY\", \"¤\")",
        ],
    );
    each_hides(
        "a.ts",
        &[
            "const x = process.env.API_KEY ?? \"¤\";",
            "const x = process.env.DB_PASSWORD || '¤';",
            "const x = process.env[\"TOKEN\"] ?? `¤`;",
            "process.env.TOKEN ||= '¤';",
            "localStorage.setItem('token', '¤');",
            "headers.set(\"X-Api-Key\", \"¤\");",
        ],
    );
    each_hides(
        "a.go",
        &[
            "os.Setenv(\"TOKEN\", \"¤\")",
            "t.Setenv(\"DB_PASSWORD\",\"¤\")",
            "viper.SetDefault(\"db.password\", \"¤\")",
            "p := getEnvOrDefault(\"DB_PASSWORD\", \"¤\")",
            "p := flag.String(\"password\", \"¤\", \"the password\")",
            "cmd.Flags().StringVarP(&token, \"token\", \"t\", \"¤\", \"a token\")",
            "c := Config{Password: \"¤\"}",
            "Password: aws.String(\"¤\"),",
        ],
    );
    each_hides(
        "a.rb",
        &[
            "ENV.fetch(\"TOKEN\", \"¤\")",
            "ENV.fetch('TOKEN') { '¤' }",
            "x = ENV[\"API_TOKEN\"] || \"¤\"",
            "ENV['API_TOKEN'] ||= '¤'",
        ],
    );
    each_hides(
        "a.kt",
        &["val x = System.getenv(\"TOKEN\") ?: \"¤\"", "val password: String = \"¤\""],
    );
    each_hides(
        "a.php",
        &[
            "define('DB_PASSWORD', '¤');",
            "$x = getenv('API_KEY') ?: '¤';",
            "'password' => env('DB_PASSWORD', '¤'),",
        ],
    );
}

#[test]
fn strings_of_rust() {
    each_hides(
        "a.rs",
        &[
            "let token = String::from(\"¤\");",
            "let password = \"¤\".to_string();",
            "let token = env::var(\"TOKEN\").unwrap_or(\"¤\".into());",
            "let it = env::var(\"API_KEY\").unwrap_or_else(|_| \"¤\".to_owned());",
            "let it = std::env::var(\"TOKEN\")\n        .unwrap_or_else(|_| String::from(\"¤\"));",
            "let it = args.password.unwrap_or_else(|| \"¤\".into());",
            "let password = args.first().cloned().unwrap_or(\"¤\".into());",
            "    password: Some(\"¤\".into()),",
            "    api_key: SecretString::new(\"¤\".into()),",
            "std::env::set_var(\"TOKEN\", \"¤\");",
            "Command::new(\"x\").env(\"PGPASSWORD\", \"¤\");",
            "#[arg(long, default_value = \"¤\")]\n    password: String,",
            "Arg::new(\"token\").long(\"token\").default_value(\"¤\")",
        ],
    );
    each_stays(
        "a.rs",
        &[
            "password: String,",
            "token: Option<String>,",
            "let token = env::var(\"TOKEN\").unwrap_or_default();",
            "fn f(token: &str, password: Option<&str>) -> Token {",
            "let token = tokens.next().unwrap();",
            "if token == \"if\" {",
            "let token = Token::new(\"let\");",
            "assert_eq!(token.kind(), Kind::If);",
        ],
    );
}

#[test]
fn other_languages() {
    each_hides(
        "a.c",
        &[
            "#define DB_PASSWORD \"¤\"",
            "  #define API_KEY (\"¤\")",
            "static char password[] = \"¤\";",
            "char password[32] = \"¤\";",
            "std::string password{\"¤\"};",
        ],
    );
    each_hides(
        "A.java",
        &[
            "props.put(\"password\", \"¤\");",
            "p.setProperty(\"db.password\", \"¤\");",
            "System.setProperty(\"javax.net.ssl.keyStorePassword\", \"¤\");",
            "c = DriverManager.getConnection(url, \"bob\", \"¤\");",
            "@Value(\"${db.password:¤}\")",
            "new UsernamePasswordCredentials(\"bob\", \"¤\");",
        ],
    );
    each_hides(
        "a.ps1",
        &[
            "$p = ConvertTo-SecureString \"¤\" -AsPlainText -Force",
            "ConvertTo-SecureString -String '¤' -AsPlainText",
            "$password = '¤'",
            "$x = New-Object System.Net.NetworkCredential(\"bob\", \"¤\")",
        ],
    );
    each_hides("a.vb", &["Dim password As String = \"¤\""]);
    each_hides("a.erl", &["{default_pass, <<\"¤\">>}.", "{password, \"¤\"}."]);
    each_hides("a.clj", &["{:user \"bob\" :password \"¤\"}"]);
    each_hides("a.el", &["(setq my-token \"¤\")"]);
    each_hides(
        "build.gradle",
        &[
            "    password '¤'",
            "credentials { username 'bob'; password '¤' }",
            "    storePassword \"¤\"",
            "ext.apiKey = \"¤\"",
        ],
    );
    each_hides("a.swift", &["let apiKey: String = \"¤\"", "let token: String? = \"¤\""]);
    each_hides(
        "a.py",
        &[
            "password: Optional[str] = \"¤\"",
            "api_key: SecretStr = SecretStr(\"¤\")",
            "smtp.login(\"bob\", \"¤\")",
        ],
    );
}

#[test]
fn a_default_of_an_argument_is_masked_where_it_stands() {
    hides("a.py", "parser.add_argument(\"--password\", default=\"¤\")\n");
    hides(
        "a.py",
        "parser.add_argument(\n    \"-p\", \"--db-password\",\n    type=str, help=\"of the db\",\n    default='¤',\n)\n",
    );
    hides("a.py", "@click.option(\"--token\", envvar=\"TOKEN\", default=\"¤\")\n");
    hides("a.js", "program.option('-t, --token <token>', 'what to send', '¤')\n");
    each_stays(
        "a.py",
        &[
            "parser.add_argument(\"--password\", help=\"the password\", required=True)",
            "parser.add_argument(\"--token\", type=str, default=None)",
            "parser.add_argument(\"--token\", default=os.environ[\"X\"])",
        ],
    );
}

#[test]
fn what_a_program_fills_in_is_no_secret() {
    each_stays(
        "a.py",
        &[
            "headers = {\"Authorization\": f\"Bearer {token}\"}",
            "headers[\"Authorization\"] = \"Bearer %s\" % token",
            "password = f\"{user}:{password}\"",
            "password = os.environ[\"PASSWORD\"]",
            "def f(password: str, token: str = \"\"):",
            "token = config.token",
            "password = getpass.getpass(\"Password: \")",
            "token = os.getenv(\"TOKEN\")",
            "raise ValueError(\"password: must not be empty\")",
            "INVALID_TOKEN = \"The token is invalid\"",
            "GITHUB_TOKEN_NAME = \"GITHUB_TOKEN\"",
            "token_key = \"token_key\"",
            "db = f\"postgres://{user}:{password}@{host}/db\"",
        ],
    );
    each_stays(
        "a.ts",
        &[
            "fetch(url, { credentials: 'include' });",
            "const x = process.env.API_KEY ?? '';",
            "const password = config.password;",
            "type Login = { password: string; token?: string };",
            "const headers = { Authorization: `Bearer ${token}` };",
            "<input type=\"password\" name=\"password\" />",
            "const url = `https://${user}:${password}@example.org`;",
        ],
    );
    each_stays("a.rb", &["x = \"Bearer #{token}\"", "token = \"#{a}:#{b}\""]);
    each_stays(
        "a.tf",
        &[
            "password = var.db_password",
            "token = \"${var.token}\"",
            "secret_id = aws_secretsmanager_secret.x.id",
        ],
    );
    each_stays("a.sh", &["TOKEN=$token", "PASSWORD=\"$pw\"", "export TOKEN=\"$1\""]);
}

#[test]
fn what_only_sounds_like_a_secret_in_a_program_stays() {
    each_stays(
        "a.py",
        &[
            "args.extend(['--token', token])",
            "\"\"\"Adds a --password flag.\"\"\"",
            "password = read('Please enter the password: ')\nprint('x')",
            "task_token = 'worker_task_token'",
            "x = config.get('Credentials', 'aws_access_key_id')",
            "ZONE_PAT = r\"(?:%25|%)[^a]+\"",
            "Token: '#ffffff',",
            "    credentials: oauth2client.client.Credentials",
            "password = credential_data[0]",
        ],
    );
    each_stays(
        "a.rs",
        &[
            "Ok(ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv })",
            "    || input.peek2(token::Brace)",
        ],
    );
    each_stays(
        "a.js",
        &[
            "auth.basic = { username: basic[0], password: basic[1] }",
            "h.authorization = `Basic ${Buffer.from(`${a}:${b}`)}`",
        ],
    );
    each_stays("a.pm", &["$line =~ s/^(\\s*)(\\S)/$1$start_format$2/;"]);
    each_stays("Cargo.toml", &["cookie = \"0.18\"", "jsonwebtoken = \"9.3.0\""]);
    each_stays("nsswitch.conf", &["passwd:         files systemd"]);
    each_stays("a.service", &["LoadCredential=passwd.shell.root", "ImportCredential=x.*"]);
    each_stays("a.conf", &["tokens \"codec_tokens\"", "password = xxx", "password = ****"]);
    each_stays(
        "a.md",
        &["Use the --password option.", "The Authorization Token Grant is described below."],
    );
}

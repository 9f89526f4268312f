//! Secrets that stand as words in the commands of well-known tools, behind no telling flag: `cargo login x`, `gh secret set A --body x`,
//! `vault kv put a/b key=x`. Knows such tools; must not know flags that tell by themselves.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    super::Found,
    key,
    pattern::{Rule, compile},
    written::is_harmless_word,
};

pub(super) const RULES: [Rule; 16] = [
    (
        "key",
        r"configure[ ]+set",
        r"\bconfigure[ ]+set[ ]+(?:\S+\.)?(?:aws_secret_access_key|aws_access_key_id|aws_session_token)[ ]+¤",
    ),
    (
        "secret",
        r"openssl[ ]",
        r"\bopenssl[ ]+(?:passwd(?:[ ]+-salt[ ]+\S+|[ ]+-[a-z0-9]+)*|[a-z0-9-]+\b‖[ ]-(?:k|hmac))[ ]+¤",
    ),
    (
        "secret",
        r"secret[ ]+set|variable[ ]+set",
        r"\b(?:(?:gh|tea|glab)[ ]+(?:secret|variable)[ ]+set\b‖[ ](?:--body|-b|--value|-v)(?:=|[ ]*)|keyvault[ ]+secret[ ]+set\b‖[ ]--value[ =]+)¤",
    ),
    (
        "secret",
        r"--secret-(?:string|value|binary)|--(?:client|storage|account)-(?:secret|key)",
        r"[ ]--(?:secret-(?:string|value|binary)|(?:client|storage|account)-(?:secret|key))(?:=|[ ]+)¤",
    ),
    (
        "secret",
        r"put-parameter",
        r"\bput-parameter\b(?:‖[ ]--type[ =]+SecureString‖[ ]--value[ =]+¤|‖[ ]--value[ =]+¤‖[ ]--type[ =]+SecureString)",
    ),
    (
        "password",
        r"nmcli|wpa_passphrase",
        r#"\b(?:nmcli\b‖[ ](?:password|(?:wifi-sec|802-11-wireless-security)\.(?:psk|wep-key[0-9]?))[ ]+|wpa_passphrase[ ]+(?:"[^"\n]*"|'[^'\n]*'|\S+)[ ]+)¤"#,
    ),
    (
        "password",
        r"rabbitmqctl|mosquitto_passwd|slappasswd|reset-admin-password|rclone[ ]+obscure|unseal|ipmitool|kadmin|kinit|ppasswd",
        r"\b(?:rabbitmqctl\b‖[ ](?:add_user|change_password|authenticate_user)[ ]+\S+[ ]+|mosquitto_passwd[ ]+(?:-[a-zA-Z]+[ ]+)*-[a-zA-Z]*b[ ]+\S+[ ]+\S+[ ]+|slappasswd\b‖[ ]-s[ ]+|reset-admin-password[ ]+|rclone[ ]+obscure[ ]+|unseal[ ]+|ipmitool\b‖[ ]-P[ ]*|kadmin\b‖[ ]-w[ ]+)¤",
    ),
    (
        "token",
        r"cargo[ ]+login|authtoken[ ]|service[ ]+install|vault[ ]+login|pypi-token\.|authToken[ ]|nuget[ ]|--registration-token|ts-authkey",
        r"\b(?:cargo[ ]+login[ ]+(?:--[a-z]+[ =]\S+[ ]+)*(?:--[ ]+)?|(?:add-)?authtoken[ ]+|cloudflared[ ]+service[ ]+install[ ]+|(?:vault|bao)[ ]+login[ ]+(?:-[a-z-]+[ =]\S+[ ]+)*(?:token=)?|pypi-token\.\S+[ ]+|config[ ]+set[ ]+\S*_authToken[ =]|nuget\b‖[ ](?:-k|-[Aa]pi[Kk]ey)[ ]+)¤",
    ),
    ("password", r"http-basic\.", r"\bhttp-basic\.\S+[ ]+\S+[ ]+¤"),
    (
        "password",
        r"twine|security[ ]|chpasswd|net[ ]+user|cmdkey|freerdp|rdesktop|cli[ ]|(?i:nickserv)",
        r#"(?:\btwine\b‖[ ]-p[ ]+|\bsecurity[ ]+[a-z]+-(?:generic|internet)-password\b‖[ ]-w[ ]+|\bchpasswd\b[^\n<]*<<<[ ]*["']?[^\s:"']+:|\bnet[ ]+user[ ]+[^\s/]+[ ]+|\bcmdkey\b‖[ ]/pass:|\b[xw]l?freerdp3?\b‖[ ]/p:|\brdesktop\b‖[ ]-p[ ]+|\b(?:redis|valkey|keydb)-cli\b‖[ ](?i:auth)[ ]+|(?i:\bnickserv)[ :]+(?i:identify)[ ]+(?:\S+[ ]+)??)¤"#,
    ),
    ("password", r"snmp[a-z]+", r"\bsnmp[a-z]{3,9}\b‖[ ]-A[ ]+¤"),
    ("password", r"snmp[a-z]+", r"\bsnmp[a-z]{3,9}\b‖[ ]-X[ ]+¤"),
    (
        "named",
        r"git[ ]+config|(?:vault|variable)[ ]+set[ ]|keyring[ ]",
        r"\b(?:git[ ]+config(?:[ ]+--?[a-z-]+)*|glab[ ]+variable[ ]+set|heroku[ ]+config:set|railway[ ]+variables[ ]+set)[ ]+(?<name>[A-Za-z0-9_.-]{2,100})[ =]+¤",
    ),
    // `-storepass x`, `--db-pass x`: the word `pass` alone is a flag of its own.
    (
        "password",
        r"(?i)-(?:store|key|dest|src|require|db|root|user|admin|smtp|ftp|auth|ldap|http|proxy)-?pass",
        r#"(?i)(?:^|[\s"'`(\[=,;|])--?(?:(?:store|key|deststore|srcstore|destkey|srckey|require|db|root|user|admin|smtp|ftp|auth|ldap|http|proxy)-?pass)(?:=["']?|§)([^\s"'`,\]-][^\s"'`,\]]*)"#,
    ),
    // `docker login \` and its flags below it.
    (
        "password",
        r"(?:docker|podman|helm|nerdctl|skopeo|crane|az|oc|buildah|argocd)[ ]+[a-z ]*login",
        r"\b(?:docker|podman|helm|nerdctl|skopeo|crane|az|oc|buildah|argocd)\b‖\blogin\b‖[ ](?:-p|--password)[ =]+¤",
    ),
    (
        "password",
        r"(?:curl|wget)[ ]",
        r#"\b(?:curl|wget)\b‖[ ](?:-u|--user|--proxy-user|-U)[ =]*["']?[^\s"':]{1,80}:¤"#,
    ),
];

/// Tools whose arguments are all pairs with a secret.
static PAIRS: LazyLock<Regex> = LazyLock::new(|| {
    compile(
        r"\b(?:(?:vault|bao)[ ]+kv[ ]+(?:put|patch)|fly(?:ctl)?[ ]+secrets[ ]+(?:set|import)|doppler[ ]+secrets[ ]+set|supabase[ ]+secrets[ ]+set)\b(?:[^\n|;&\\]|\\(?:[^\n]|\r?\n))*",
    )
});
static PAIR: LazyLock<Regex> = LazyLock::new(|| compile(r"[\s][A-Za-z0-9_./-]{1,80}=¤"));

/// What a text must hold for the search of pairs to be worth it.
pub(super) const TRIGGER: &str = r"(?:vault|bao)[ ]+kv[ ]+p|secrets[ ]+(?:set|import)";

/// Returns the values of pairs.
pub(super) fn pairs(text: &str, all: &mut Vec<Found>) {
    for command in PAIRS.find_iter(text) {
        for pair in PAIR.captures_iter(command.as_str()) {
            let Some(value) = pair.iter().skip(1).flatten().next() else {
                continue;
            };
            if !is_harmless_word(value.as_str()) && !key::is_harmless(value.as_str()) && !value.as_str().starts_with('@') {
                all.push(Found {
                    range: command.start() + value.start()..command.start() + value.end(),
                    kind: "secret",
                });
            }
        }
    }
}

//! Which names say that a file is made to hold secrets. A name that only speaks of secrets says nothing yet: the ExternalSecret that fetches one,
//! and the code that reads one, are what operators look for. Knows paths; of a text only whether it is made of manifests.

/// Keys, keystores and what is encrypted as a whole.
const KEYS: [&str; 16] = [
    "pem", "key", "p12", "pfx", "p8", "jks", "kdbx", "kdb", "age", "keystore", "ppk", "gpg", "asc", "ovpn", "agekey", "keytab",
];
const STORES: [&str; 12] = [
    ".netrc",
    "_netrc",
    ".npmrc",
    ".pypirc",
    ".git-credentials",
    ".pgpass",
    ".my.cnf",
    ".htpasswd",
    ".vault-token",
    ".dockercfg",
    ".s3cfg",
    ".boto",
];

/// Programs and prose speak of credentials and hold none, but for mistakes, which are masked.
const PROGRAMS: [&str; 22] = [
    "md", "go", "rs", "py", "ts", "tsx", "js", "mjs", "cjs", "sh", "bash", "nix", "tf", "hcl", "lua", "rb", "java", "kt", "c", "h", "tpl",
    "adoc",
];

/// Private keys as ssh-keygen names them.
const SSH: [&str; 4] = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"];

/// Returns why a file may be kept by name only, judged by its path before it is read; `None` where its content must be asked.
pub fn is_name_only(path: &str) -> Option<&'static str> {
    let path = path.to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or(&path);
    let extension = name.rsplit_once('.').map_or("", |(_, it)| it);
    let is_program = PROGRAMS.contains(&extension);
    let sample = ["example", "sample", "template", "dist"].iter().any(|it| name.ends_with(it));
    if KEYS.contains(&extension) {
        return Some("a key by its name");
    }
    let of_credentials = name.starts_with("credentials") && !is_program && !is_yaml(name);
    if STORES.contains(&name) || of_credentials || name.ends_with(".htpasswd") || path.ends_with(".docker/config.json") {
        return Some("a store of credentials by its name");
    }
    if (name.starts_with(".env") || extension == "env") && !sample {
        return Some("an environment file by its name");
    }
    let of_ssh = SSH.iter().any(|it| name.starts_with(it)) || name.starts_with("id_") && extension.is_empty();
    if of_ssh && extension != "pub" && !is_program {
        return Some("a private key by its name");
    }
    if name.contains("kubeconfig") && !is_program || path.ends_with(".kube/config") {
        return Some("a kubeconfig by its name");
    }
    (name.contains(".tfstate") || name.ends_with(".tfvars") || name.ends_with(".tfvars.json"))
        .then_some("state or values of Terraform by its name")
}

/// Tells whether a file of this name in a ConfigMap is made to hold secrets.
pub(super) fn is_store(name: &str) -> bool {
    STORES.contains(&name) || name.ends_with("htpasswd") || SSH.contains(&name) || name == "credentials"
}

/// Returns why nothing is kept of YAML that is named after secrets and is no manifest, such as `secrets.yaml` of Home Assistant or of Helm: there
/// the keys are anybody's, and every value may be a secret. Of manifests, and of what SOPS encrypted, the structure tells what to mask.
pub(super) fn is_list_of_secrets(path: &str, text: &str) -> Option<&'static str> {
    let path = path.to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or(&path);
    let is_named_so = name.starts_with("secret") || name.contains("-secret") || name.starts_with("credentials");
    (is_yaml(name) && is_named_so && !documents(text).all(|it| is_structured(&it))).then_some("a list of secrets by its name")
}

fn is_yaml(name: &str) -> bool {
    name.ends_with(".yaml") || name.ends_with(".yml")
}

fn documents(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let mut lines = text.trim_start_matches('\u{feff}').lines().peekable();
    std::iter::from_fn(move || {
        lines.peek()?;
        Some(lines.by_ref().take_while(|it| !it.starts_with("---")).collect())
    })
}

/// Says whether a document has a kind or was encrypted by SOPS, or says nothing. (Its first line may come after `---`.)
fn is_structured(lines: &[&str]) -> bool {
    let begins = |line: &&str, key: &str| {
        let rest = line.trim_start_matches(['"', '{', ' ']).strip_prefix(key).unwrap_or("-");
        !line.starts_with(' ') && rest.trim_start_matches(['"', ' ']).starts_with(':')
    };
    let says_nothing = |line: &&str| line.trim().is_empty() || line.starts_with('#') || line.trim_start().starts_with("{{");
    lines.iter().any(|it| begins(it, "kind") || begins(it, "sops")) || lines.iter().all(says_nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_speaks_of_secrets_is_looked_into() {
        for path in [
            "apps/external-secret.yaml",
            "charts/x/templates/secret.yaml",
            "secrets.yml",
            "secret.go",
            "pkg/credentials.go",
            "credentials.yaml",
            "id_generator.py",
            "docs/kubeconfig.md",
            "scripts/make-kubeconfig.sh",
        ] {
            assert_eq!(is_name_only(path), None, "{path}");
        }
        for path in [
            "id_deploy",
            "id_ed25519_old",
            "id_rsa.bak",
            "credentials",
            "credentials.json",
            "kubeconfig",
            "kubeconfig.yaml",
        ] {
            assert!(is_name_only(path).is_some(), "{path}");
        }
    }

    #[test]
    fn a_list_of_secrets_is_known_from_a_manifest() {
        let check =
            |path: &str, text: &str, expected: bool| assert_eq!(is_list_of_secrets(path, text).is_some(), expected, "{path} {text}");
        check("secrets.yaml", "door_code: 4711\nwifi: x\n", true);
        check("values-secret.yaml", "a:\n  kind: b\n", true);
        check("app-secret.yaml", "apiVersion: v1\nkind: Secret\ndata: {a: Yg==}\n", false);
        check(
            "external-secret.yaml",
            "---\n# x\nkind: ExternalSecret\n---\n---\nkind: SecretStore\n",
            false,
        );
        check("secret.yaml", "{{- if .Values.x }}\nkind: Secret\n{{- end }}\n", false);
        check("secret.yaml", "kind: Secret\n---\nword: x\n", true);
        check("secrets.yaml", "db: ENC[AES256_GCM,data:x]\nsops:\n  mac: y\n", false);
        check("values.yaml", "door_code: 4711\n", false);
        check("secret.yaml", "", false);
    }
}

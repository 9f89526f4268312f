//! Where pull requests come from and who is told of them: the forges, Flux, the agent to be woken. Reads secrets from files only, and says what
//! is wrong with each setting; talks to nobody.

use std::{fs::File, io::ErrorKind, path::PathBuf, time::Duration};

use crate::{
    config::{
        findings::{Complaint, Findings},
        table::{Table, Written, value, values_of},
        tokens::{Secret, Token, read_secret},
        values,
    },
    model::{glob::PathGlob, pull_request::ForgeKind},
};

/// What the service does with pull requests; nothing unless something is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequests {
    pub forges: Vec<Forge>,
    /// The secrets under which Flux may tell of rollouts; none closes that door.
    pub flux: Vec<Secret>,
    pub wake: Option<Wake>,
    /// What counts as one area of a repository, in the notes.
    pub areas: Vec<PathGlob>,
    /// How long news of one pull request gather before its note is written.
    pub debounce: Duration,
}

/// One forge, and what is listened to there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forge {
    pub kind: ForgeKind,
    /// Scheme, host and perhaps a path; without a final slash.
    pub url: String,
    /// The host of `url`, with the port where one was written.
    pub host: String,
    /// `owner/name`.
    pub repos: Vec<String>,
    /// The file with the token of its API, read anew each time.
    pub token_file: Option<PathBuf>,
    /// Each of them lets a webhook in; none closes that door.
    pub secrets: Vec<Secret>,
    pub poll_every: Duration,
    /// Whether its repositories are cloned, for commits and files.
    pub clone: bool,
}

/// Whom to tell that a note has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wake {
    pub url: String,
    pub token_file: Option<PathBuf>,
}

/// As written.
#[derive(Debug, Default)]
pub struct ForgesWritten {
    forges: Vec<ForgeWritten>,
    flux: Vec<Written>,
    wake: Option<Written>,
    wake_token: Option<Written>,
    areas: Vec<Written>,
    debounce: Option<Written>,
}

#[derive(Debug)]
struct ForgeWritten {
    key: String,
    kind: Option<Written>,
    url: Option<Written>,
    repos: Vec<Written>,
    token_file: Option<Written>,
    secret_files: Vec<Written>,
    poll_every: Option<Written>,
    clone: Option<Written>,
}

impl Default for PullRequests {
    fn default() -> PullRequests {
        PullRequests {
            forges: Vec::new(),
            flux: Vec::new(),
            wake: None,
            areas: Vec::new(),
            debounce: Duration::from_millis(300),
        }
    }
}

impl Forge {
    /// Returns the name of the folder that a clone of one of its repositories has: other repositories have other ones.
    pub fn clone_name(&self, repo: &str) -> String {
        let text = format!("{}/{repo}", self.host);
        let safe = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'.' | b'_');
        let part = |it: u8| if safe(it) { (it as char).to_string() } else { format!("%{it:02x}") };
        let name: String = text.bytes().map(part).collect();
        format!("{name}.git")
    }
}

/// Takes the keys of this module out of the file.
pub fn read(file: &mut Table, findings: &mut Findings) -> ForgesWritten {
    let forges = file.tables("forges", findings).unwrap_or_default();
    let forges = forges.into_iter().map(|table| forge_written(table, findings)).collect();
    let mut flux = file.table("flux", findings);
    let mut wake = file.table("wake", findings);
    let mut own = file.table("pull_requests", findings);
    let read = ForgesWritten {
        forges,
        flux: flux.texts("secret_files", findings),
        wake: wake.text("url", findings),
        wake_token: wake.text("token_file", findings),
        areas: own.texts("areas", findings),
        debounce: own.text("debounce", findings),
    };
    [flux, wake, own].into_iter().for_each(|it| it.finish(findings));
    read
}

fn forge_written(mut table: Table, findings: &mut Findings) -> ForgeWritten {
    let read = ForgeWritten {
        key: table.key.clone(),
        kind: table.text("kind", findings),
        url: table.text("url", findings),
        repos: table.texts("repos", findings),
        token_file: table.text("token_file", findings),
        secret_files: table.texts("secret_files", findings),
        poll_every: table.text("poll_every", findings),
        clone: table.text("clone", findings),
    };
    table.finish(findings);
    read
}

/// Returns what was written as values. A webhook's secret must be no caller's token: whoever may send news would be let in by it.
pub fn resolve(written: ForgesWritten, tokens: &[Token], path: &dyn Fn(&str) -> PathBuf, findings: &mut Findings) -> PullRequests {
    let mut forges: Vec<Forge> = Vec::new();
    for entry in written.forges {
        let key = entry.key.clone();
        let Some(forge) = forge(entry, tokens, path, findings) else {
            continue;
        };
        let is_twin = |it: &Forge| it.host == forge.host && it.repos.iter().any(|repo| forge.repos.contains(repo));
        if forges.iter().any(is_twin) {
            findings.problem(key, "a repository of this forge is listed twice", "list each repository once");
        } else {
            forges.push(forge);
        }
    }
    let defaults = PullRequests::default();
    if let (None, Some(token)) = (&written.wake, &written.wake_token) {
        findings.problem(&token.key, "there is no `wake.url`", "name the address that is to be told");
    }
    let wake_token = written.wake_token.and_then(|it| token_file(it, path, findings));
    let wake = value(written.wake, address, findings).map(|url| Wake {
        url,
        token_file: wake_token,
    });
    PullRequests {
        forges,
        flux: secrets(written.flux, tokens, path, findings),
        wake,
        areas: values_of(written.areas, values::glob, findings),
        debounce: value(
            written.debounce,
            |it| values::duration(it, Duration::ZERO..=Duration::from_secs(300)),
            findings,
        )
        .unwrap_or(defaults.debounce),
    }
}

fn forge(written: ForgeWritten, tokens: &[Token], path: &dyn Fn(&str) -> PathBuf, findings: &mut Findings) -> Option<Forge> {
    let hint = "write it as {kind: gitea, url: https://git.example.org, repos: [owner/name]}";
    for (name, missing) in [
        ("kind", written.kind.is_none()),
        ("url", written.url.is_none()),
        ("repos", written.repos.is_empty()),
    ] {
        if missing {
            findings.problem(&written.key, format!("the forge has no `{name}`"), hint);
        }
    }
    let kind = value(written.kind, kind, findings);
    let url = value(written.url, address, findings);
    let repos = values_of(written.repos, repo, findings);
    let token_file = written.token_file.and_then(|it| token_file(it, path, findings));
    let secrets = secrets(written.secret_files, tokens, path, findings);
    let bounds = Duration::from_secs(5)..=Duration::from_secs(24 * 3600);
    let poll_every = value(written.poll_every, |it| values::duration(it, bounds), findings);
    let clone = value(written.clone, clone, findings);
    if token_file.is_none() {
        let told = if clone == Some(false) {
            "the forge has no `token_file` and no clone, so nothing is polled: what no webhook tells is never known"
        } else {
            "the forge has no `token_file`, so it is looked at by git alone: descriptions, reviews and checks are known by webhooks only"
        };
        findings.warning(&written.key, told, "name a file with a token of its API that may read");
    }
    let url = url?;
    Some(Forge {
        kind: kind?,
        host: host_of(&url).to_owned(),
        url,
        repos,
        token_file,
        secrets,
        poll_every: poll_every.unwrap_or(Duration::from_secs(120)),
        clone: clone.unwrap_or(true),
    })
}

fn clone(text: &str) -> Result<bool, Complaint> {
    match text {
        "keep" => Ok(true),
        "none" => Ok(false),
        _ => Err(Complaint::new(format!("`{text}` says nothing of a clone"), "write keep or none")),
    }
}

fn secrets(files: Vec<Written>, tokens: &[Token], path: &dyn Fn(&str) -> PathBuf, findings: &mut Findings) -> Vec<Secret> {
    let mut secrets = Vec::new();
    for file in files {
        let Some(secret) = read_secret(&file.key, &path(&file.text), findings) else {
            continue;
        };
        if let Some(token) = tokens.iter().find(|it| it.secret == secret) {
            let message = format!("this is the token of `{}`, which whoever sends webhooks would hold", token.name);
            findings.problem(file.key, message, "make a secret of its own with `openssl rand -hex 32`");
        } else {
            secrets.push(secret);
        }
    }
    secrets
}

/// What the file holds is read when it is needed, because it may be replaced.
fn token_file(written: Written, path: &dyn Fn(&str) -> PathBuf, findings: &mut Findings) -> Option<PathBuf> {
    let file: PathBuf = path(&written.text);
    // Opening tells what looking at it does not: whose it is.
    let opened = File::open(&file).and_then(|it| it.metadata());
    match opened {
        Ok(it) if it.is_file() => {}
        Ok(_) => findings.problem(
            written.key,
            format!("`{}` is no file", file.display()),
            "name the file that holds the token",
        ),
        Err(error) if error.kind() == ErrorKind::NotFound => findings.problem(
            written.key,
            format!("there is no file `{}`", file.display()),
            "create it, or mend the path",
        ),
        Err(error) => findings.problem(
            written.key,
            format!("`{}` cannot be read: {error}", file.display()),
            "give the service's user the right to read it",
        ),
    }
    Some(file)
}

fn kind(text: &str) -> Result<ForgeKind, Complaint> {
    match text {
        "gitea" => Ok(ForgeKind::Gitea),
        "forgejo" => Ok(ForgeKind::Forgejo),
        "github" => Ok(ForgeKind::GitHub),
        "gitlab" => Ok(ForgeKind::GitLab),
        _ => Err(Complaint::new(
            format!("`{text}` is no kind of forge"),
            "valid: gitea, forgejo, github, gitlab",
        )),
    }
}

/// Reads an address of HTTP, without a name and password in it, and returns it without final slashes.
fn address(text: &str) -> Result<String, Complaint> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let path = rest.and_then(|it| it.split_once('/')).map_or("", |(_, path)| path);
    let is_plain = |it: &str| it.bytes().all(|it| it.is_ascii_alphanumeric() || b"/.-_~".contains(&it));
    match rest {
        Some(rest) if values::host(host_of(rest)).is_ok() && is_plain(path) && !path.split('/').any(|it| it == "..") => {
            Ok(text.trim_end_matches('/').to_owned())
        }
        _ => Err(Complaint::new(
            format!("`{}` is no address", text.escape_default()),
            "write scheme and host, as https://git.example.org",
        )),
    }
}

fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

fn repo(text: &str) -> Result<String, Complaint> {
    let is_name =
        |it: &str| !it.is_empty() && !it.starts_with('.') && it.bytes().all(|it| it.is_ascii_alphanumeric() || b"._-".contains(&it));
    if text.split('/').count() >= 2 && text.split('/').all(is_name) {
        return Ok(text.to_owned());
    }
    Err(Complaint::new(
        format!("`{}` is no repository", text.escape_default()),
        "write it as owner/name",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `check` printed how often a forge is polled that nobody can ask.
    #[test]
    fn a_forge_that_cannot_be_asked_is_told() {
        let written = |text: &str| Written {
            key: "forges[0]".to_owned(),
            text: text.to_owned(),
        };
        let check = |token_file: Option<&str>, clone: Option<&str>, expected: Option<&str>| {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("token"), "a-token\n").unwrap();
            let mut findings = Findings::default();
            let forge = ForgeWritten {
                key: "forges[0]".to_owned(),
                kind: Some(written("gitea")),
                url: Some(written("https://git.example.org")),
                repos: vec![written("owner/name")],
                token_file: token_file.map(written),
                secret_files: Vec::new(),
                poll_every: None,
                clone: clone.map(written),
            };
            assert!(super::forge(forge, &[], &|it| folder.path().join(it), &mut findings).is_some());
            let told: Vec<&str> = findings.warnings.iter().map(|it| it.message.as_str()).collect();
            assert_eq!(told.len(), usize::from(expected.is_some()), "{told:?}");
            assert!(told.iter().zip(expected).all(|(it, expected)| it.contains(expected)), "{told:?}");
        };
        check(None, Some("none"), Some("nothing is polled"));
        check(None, None, Some("by git alone"));
        check(Some("token"), None, None);
    }

    #[test]
    fn each_repository_has_a_folder_of_its_own() {
        let forge = Forge {
            kind: ForgeKind::Gitea,
            url: "https://git.example.org:3000".to_owned(),
            host: "git.example.org:3000".to_owned(),
            repos: Vec::new(),
            token_file: None,
            secrets: Vec::new(),
            poll_every: Duration::from_secs(120),
            clone: true,
        };
        assert_eq!(forge.clone_name("a/b-c"), "git.example.org%3a3000%2fa%2fb-c.git");
        assert_ne!(forge.clone_name("a-b/c"), forge.clone_name("a/b-c"));
    }

    #[test]
    fn addresses_and_repositories_are_plain() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(address(text).ok().as_deref(), expected, "{text}");
        check("https://git.example.org/", Some("https://git.example.org"));
        check("http://git:3000/forge", Some("http://git:3000/forge"));
        check("https://user:pass@git.example.org", None);
        check("git.example.org", None);
        check("https://git.example.org/?x=1", None);
        check("https://git.example.org/../x", None);
        assert_eq!(host_of("http://git:3000/forge"), "git:3000");
        assert!(repo("owner/name").is_ok() && repo("group/sub/name").is_ok());
        assert!(repo("name").is_err() && repo("../name").is_err() && repo("owner/na me").is_err() && repo("owner//x").is_err());
    }
}

//! Bearer tokens: who may do what, and the secret by which they are known. Reads secrets from files and from nowhere else; never shows one, and
//! compares them in constant time.

use std::{
    collections::BTreeSet,
    fmt,
    fs::{self, File},
    io::Read,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use subtle::ConstantTimeEq;

use crate::config::findings::{Complaint, Findings};

/// Shorter secrets can be guessed.
const MIN_SECRET: usize = 16;
/// A token travels in one header; what is longer is another file by mistake.
const MAX_SECRET: u64 = 4096;

/// A caller as the operator named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub name: String,
    pub secret: Secret,
    /// Where the secret came from; `None` when from the environment itself.
    pub file: Option<PathBuf>,
    pub scopes: BTreeSet<Scope>,
    /// A folder, ending with `/`, beyond which this caller sees nothing.
    pub prefix: Option<String>,
}

/// What a caller may do. None includes another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Search and read.
    Read,
    /// Create notes, append to the journal.
    Write,
    /// Change, move and delete notes that exist.
    Edit,
    /// Rescan, flush and whatever else is for the operator.
    Admin,
}

/// Bytes that must not be seen.
#[derive(Clone)]
pub struct Secret(Box<[u8]>);

impl Scope {
    /// Every scope, in the order in which messages name them.
    pub const ALL: [Scope; 4] = [Scope::Read, Scope::Write, Scope::Edit, Scope::Admin];

    /// Returns the scope as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Write => "write",
            Scope::Edit => "edit",
            Scope::Admin => "admin",
        }
    }

    /// Returns the scope of that spelling.
    pub fn parse(text: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

impl Secret {
    /// Returns the secret that the text holds once the white space around it is gone: one word of 16 or more visible ASCII characters.
    pub fn parse(text: &[u8]) -> Result<Secret, Complaint> {
        let secret = text.trim_ascii();
        let hint = "make one with `openssl rand -hex 32`";
        if secret.is_empty() {
            return Err(Complaint::new("the token is empty", hint));
        }
        if !secret.iter().all(u8::is_ascii_graphic) {
            return Err(Complaint::new(
                "the token has spaces, several lines or characters that no header can carry",
                hint,
            ));
        }
        if secret.len() < MIN_SECRET {
            return Err(Complaint::new(
                format!("the token has {} characters, fewer than {MIN_SECRET}", secret.len()),
                hint,
            ));
        }
        Ok(Secret(secret.into()))
    }

    /// Says whether this is what a caller presented. The time it takes tells the length of the secret at most.
    pub fn matches(&self, presented: &[u8]) -> bool {
        self.0.ct_eq(presented).into()
    }

    /// Returns the bytes, for those who sign with them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Secret) -> bool {
        self.matches(&other.0)
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Returns the secret that the file holds. A file that everyone on the machine may read is a warning: containers mount secrets so.
pub fn read_secret(key: &str, file: &Path, findings: &mut Findings) -> Option<Secret> {
    let read = read_bounded(file).map_err(|error| {
        Complaint::new(
            format!("cannot read `{}`: {error}", file.display()),
            "create the file, or give this user the right to read it",
        )
    });
    let secret = read.and_then(|(bytes, mode)| {
        if mode & 0o004 != 0 {
            let hint = "chmod 600 it; for a Kubernetes secret set `defaultMode: 0440` and an fsGroup";
            findings.warning(key, format!("everyone on this machine may read `{}`", file.display()), hint);
        }
        Secret::parse(&bytes)
    });
    findings.keep(key, secret)
}

fn read_bounded(file: &Path) -> std::io::Result<(Vec<u8>, u32)> {
    let metadata = fs::metadata(file)?;
    // Opening a pipe would wait for its writer.
    if !metadata.is_file() {
        return Err(std::io::Error::other("this is no file"));
    }
    let mut bytes = Vec::new();
    File::open(file)?.take(MAX_SECRET + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_SECRET {
        return Err(std::io::Error::other(format!("a token has at most {MAX_SECRET} bytes")));
    }
    Ok((bytes, metadata.permissions().mode()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &str, mode: u32, expected: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        fs::write(&file, content).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let mut findings = Findings::default();
        let secret = read_secret("tokens[0].file", &file, &mut findings);
        assert_eq!(secret.is_some(), findings.problems.is_empty());
        let found: Vec<&str> = findings
            .problems
            .iter()
            .chain(&findings.warnings)
            .map(|it| it.message.as_str())
            .collect();
        let expected: Vec<String> = expected.iter().map(|it| it.replace("FILE", &file.display().to_string())).collect();
        assert_eq!(found, expected, "{content:?} {mode:o}");
    }

    #[test]
    fn a_token_is_one_word_of_sixteen_characters() {
        check("0123456789abcdef", 0o600, &[]);
        check("  0123456789abcdef\n", 0o600, &[]);
        check("", 0o600, &["the token is empty"]);
        check("\n\n", 0o600, &["the token is empty"]);
        check("0123456789abcde", 0o600, &["the token has 15 characters, fewer than 16"]);
        let unfit = "the token has spaces, several lines or characters that no header can carry";
        check("0123456789abcdef\n0123456789abcdef", 0o600, &[unfit]);
        check("пароль-пароль-пароль", 0o600, &[unfit]);
        check(&"x".repeat(5000), 0o600, &["cannot read `FILE`: a token has at most 4096 bytes"]);
    }

    #[test]
    fn a_file_that_everyone_may_read_is_a_warning() {
        check("0123456789abcdef", 0o644, &["everyone on this machine may read `FILE`"]);
        check("0123456789abcdef", 0o440, &[]);
    }

    #[test]
    fn a_missing_file_and_a_folder_are_named() {
        let mut findings = Findings::default();
        assert_eq!(read_secret("k", Path::new("/nowhere/token"), &mut findings), None);
        assert_eq!(read_secret("k", Path::new("/"), &mut findings), None);
        assert!(findings.problems[0].message.starts_with("cannot read `/nowhere/token`: "));
        assert_eq!(findings.problems[1].message, "cannot read `/`: this is no file");
    }

    #[test]
    fn a_secret_is_compared_whole_and_never_shown() {
        let secret = Secret::parse(b"0123456789abcdef").unwrap();
        assert!(secret.matches(b"0123456789abcdef"));
        assert!(!secret.matches(b"0123456789abcdeF") && !secret.matches(b"0123456789abcdef0") && !secret.matches(b""));
        assert_eq!(format!("{secret:?}"), "(secret)");
    }
}

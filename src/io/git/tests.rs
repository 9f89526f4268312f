use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

use super::*;

mod beside;
mod past;
mod refused;

/// A vault in a repository of its own, and what is beside it.
pub(super) struct Place {
    folder: TempDir,
}

impl Place {
    /// A vault without a repository.
    pub(super) fn bare_vault() -> Place {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("vault")).unwrap();
        Place { folder }
    }

    /// An unborn repository.
    pub(super) fn unborn() -> Place {
        let place = Place::bare_vault();
        place.git(&["init", "-q", "-b", "main"]);
        place
    }

    /// A repository with one commit of `a.md` and `b.md`.
    pub(super) fn new() -> Place {
        let place = Place::unborn();
        place.put("a.md", "a\n");
        place.put("b.md", "b\n");
        place.git(&["add", "-A"]);
        place.git(&["commit", "-qm", "start"]);
        place
    }

    pub(super) fn vault(&self) -> PathBuf {
        self.folder.path().join("vault")
    }

    pub(super) fn private(&self) -> PathBuf {
        self.folder.path().join("state/history.git")
    }

    pub(super) fn open(&self) -> Repository {
        Repository::open(&self.vault(), &self.private()).unwrap()
    }

    pub(super) fn put(&self, path: &str, text: &str) {
        let file = self.vault().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// What git prints; it must succeed.
    pub(super) fn git(&self, arguments: &[&str]) -> String {
        let output = self.try_git(arguments);
        assert!(
            output.status.success(),
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    pub(super) fn try_git(&self, arguments: &[&str]) -> Output {
        git_in(&self.vault()).args(arguments).output().unwrap()
    }

    pub(super) fn status(&self) -> String {
        self.git(&["status", "--porcelain"])
    }

    /// Writes the file and commits it as the service would.
    pub(super) fn write(&self, path: &str, text: &str) -> Committed {
        self.put(path, text);
        only(self.open().commit(&[request(&[(path, Some(text))])]))
    }

    pub(super) fn fsck(&self) {
        let said = self.try_git(&["fsck", "--strict", "--no-dangling"]);
        assert!(said.status.success() && said.stderr.is_empty(), "{said:?}");
    }
}

pub(super) fn git_in(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(folder);
    for name in ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"] {
        command.env(name, "/dev/null");
    }
    for (name, value) in [("NAME", "Person"), ("EMAIL", "person@host")] {
        command.env(format!("GIT_AUTHOR_{name}"), value);
        command.env(format!("GIT_COMMITTER_{name}"), value);
    }
    command
}

pub(super) fn path(text: &str) -> NotePath {
    NotePath::parse(text).unwrap()
}

pub(super) fn request(changes: &[(&str, Option<&str>)]) -> CommitRequest {
    let changes = changes
        .iter()
        .map(|(name, text)| (path(name), text.map(|it| it.as_bytes().to_vec())));
    CommitRequest {
        changes: changes.collect(),
        author: Identity {
            name: "OpenClaw".to_owned(),
            email: "agent@host".to_owned(),
        },
        time: 1_700_000_000,
        message: Message {
            subject: "note: a".to_owned(),
            body: "because".to_owned(),
            trailers: vec![("Agent".to_owned(), "openclaw".to_owned())],
        },
    }
}

pub(super) fn only(result: Result<Vec<Committed>, NotNow>) -> Committed {
    let mut answers = result.unwrap();
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}

pub(super) fn sha(committed: Committed) -> String {
    match committed {
        Committed::Commit(sha) => sha,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_first_commit_of_an_unborn_repository() {
    let place = Place::unborn();
    assert_eq!(place.open().kind(), RepositoryKind::Vault);
    assert_eq!(place.open().at_heads(&[path("x/y.md"), path("x")]).unwrap(), [None, None]);
    assert_eq!(
        only(place.open().commit(&[request(&[("gone.md", None)])])),
        Committed::Unchanged(None)
    );
    let id = sha(place.write("x/y.md", "text\n"));
    assert_eq!(place.git(&["rev-parse", "main"]).trim(), id);
    assert_eq!(place.git(&["show", "HEAD:x/y.md"]), "text\n");
    let held = [Some(ContentHash::of(b"text\n")), None];
    assert_eq!(place.open().at_heads(&[path("x/y.md"), path("x")]).unwrap(), held);
    assert_eq!(place.status(), "");
    place.fsck();
}

#[test]
fn a_group_becomes_a_chain_with_one_commit_a_request() {
    let place = Place::new();
    place.put("a.md", "a3\n");
    place.put("new.md", "n\n");
    fs::remove_file(place.vault().join("b.md")).unwrap();
    let group = [
        request(&[("a.md", Some("a2\n"))]),
        request(&[("new.md", Some("n\n")), ("b.md", None)]),
        request(&[("a.md", Some("a3\n"))]),
        request(&[("a.md", Some("a3\n"))]),
    ];
    let answers = place.open().commit(&group).unwrap();
    assert_eq!(answers[3], Committed::Unchanged(Some(sha(answers[2].clone()))));
    let made: Vec<String> = answers[..3].iter().rev().map(|it| sha(it.clone())).collect();
    let log = place.git(&["log", "--format=%H"]);
    assert_eq!(log.lines().take(3).collect::<Vec<_>>(), made);
    assert_eq!(log.lines().count(), 4);
    assert_eq!(place.git(&["show", "HEAD~2:a.md"]), "a2\n");
    // Without the refresh that `git status` does by itself: the stat fields are right.
    assert_eq!(place.git(&["diff-files"]), "");
    assert_eq!(place.status(), "");
    place.fsck();
}

#[test]
fn git_reads_who_and_why() {
    let place = Place::new();
    place.put("a.md", "2\n");
    let mut wanted = request(&[("a.md", Some("2\n"))]);
    wanted.author.name = "Open <Claw>\nx".to_owned();
    wanted.message.trailers.push(("Session".to_owned(), "s1\nAgent: forged".to_owned()));
    wanted.message.body = "because\n\nAgent: forged".to_owned();
    sha(only(place.open().commit(&[wanted])));
    let check = |format: &str, expected: &str| {
        assert_eq!(
            place.git(&["log", "-1", &format!("--format={format}")]).trim_end(),
            expected,
            "{format}"
        );
    };
    check("%an <%ae> %at", "Open Claw x <agent@host> 1700000000");
    check("%cn <%ce> %ci", "membridge <membridge@localhost> 2023-11-14 22:13:20 +0000");
    check("%s", "note: a");
    check("%(trailers:key=Agent,valueonly)", "openclaw");
    check("%(trailers:key=Session,valueonly)", "s1 Agent: forged");
}

#[test]
fn a_file_becomes_a_folder_and_back() {
    let place = Place::new();
    fs::remove_file(place.vault().join("a.md")).unwrap();
    place.put("a.md/b.md", "in\n");
    sha(only(
        place.open().commit(&[request(&[("a.md", None), ("a.md/b.md", Some("in\n"))])]),
    ));
    assert_eq!(place.git(&["ls-tree", "-r", "--name-only", "HEAD"]), "a.md/b.md\nb.md\n");
    assert_eq!(place.status(), "");
    fs::remove_dir_all(place.vault().join("a.md")).unwrap();
    sha(place.write("a.md", "out\n"));
    assert_eq!(place.git(&["ls-tree", "-r", "--name-only", "HEAD"]), "a.md\nb.md\n");
    assert_eq!(place.status(), "");
    place.fsck();
}

#[test]
fn the_mode_of_a_file_stays() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    fs::set_permissions(place.vault().join("a.md"), fs::Permissions::from_mode(0o755)).unwrap();
    place.git(&["commit", "-qam", "executable"]);
    sha(place.write("a.md", "2\n"));
    assert!(place.git(&["ls-tree", "HEAD", "a.md"]).starts_with("100755"));
    assert_eq!(place.status(), "");
}

#[test]
fn a_vault_that_is_no_root_of_a_work_tree_gets_a_private_repository() {
    let check = |place: &Place, vault: &Path| {
        let open = || Repository::open(vault, &place.private()).unwrap();
        assert_eq!(open().kind(), RepositoryKind::Private);
        let id = sha(only(open().commit(&[request(&[("x/a.md", Some("1\r\n"))])])));
        let again = only(open().commit(&[request(&[("x/a.md", Some("1\r\n"))])]));
        assert_eq!(again, Committed::Unchanged(Some(id)));
        let both = open().commit(&[request(&[("x", Some("2\n"))]), request(&[("x", None), ("y", Some("3"))])]);
        both.unwrap().into_iter().for_each(|it| drop(sha(it)));
        let place_of = |name: &str, path: &Path| format!("--{name}={}", path.display());
        let read = |arguments: &[&str]| {
            let places = [place_of("git-dir", &place.private()), place_of("work-tree", vault)];
            let output = git_in(vault).args(places).args(arguments).output().unwrap();
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        assert_eq!(read(&["log", "--format=%an", "--", "x"]), "OpenClaw\n".repeat(3));
        assert_eq!(read(&["show", "HEAD~2:x/a.md"]), "1\r\n");
        assert_eq!(read(&["fsck", "--strict", "--no-dangling"]), "");
        let left: Vec<_> = fs::read_dir(place.private()).unwrap().map(|it| it.unwrap().file_name()).collect();
        assert!(!left.iter().any(|it| it.to_string_lossy().contains("index")), "{left:?}");
    };
    let place = Place::bare_vault();
    check(&place, &place.vault());
    assert_eq!(fs::read_dir(place.vault()).unwrap().count(), 0);

    let place = Place::new();
    fs::create_dir(place.vault().join("sub")).unwrap();
    check(&place, &place.vault().join("sub"));
    assert_eq!(place.status(), "");

    let place = Place::bare_vault();
    place.git(&["init", "-q", "--bare"]);
    check(&place, &place.vault());
}

#[test]
fn the_links_of_the_root_are_resolved() {
    let place = Place::new();
    let link = place.folder.path().join("link");
    std::os::unix::fs::symlink(place.vault(), &link).unwrap();
    assert_eq!(Repository::open(&link, &place.private()).unwrap().kind(), RepositoryKind::Vault);
    place.git(&["worktree", "add", "-q", "../tree", "-b", "side"]);
    let tree = place.folder.path().join("tree");
    let repository = Repository::open(&tree, &place.private()).unwrap();
    assert_eq!(repository.kind(), RepositoryKind::Vault);
    fs::write(tree.join("a.md"), "2\n").unwrap();
    let id = sha(only(repository.commit(&[request(&[("a.md", Some("2\n"))])])));
    assert_eq!(place.git(&["rev-parse", "side"]).trim(), id);
    assert!(git_in(&tree).args(["status", "--porcelain"]).output().unwrap().stdout.is_empty());
    assert_eq!(place.status(), "");
}

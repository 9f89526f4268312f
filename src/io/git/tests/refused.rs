//! Paths that git must not take from us.

use super::*;

fn check(place: &Place, refused: &str, expected: &str) {
    place.put(refused, "r\n");
    place.put("a.md", "beside\n");
    let before = place.git(&["rev-list", "--count", "HEAD"]);
    let group = [
        request(&[("b.md", Some("2\n")), (refused, Some("r\n"))]),
        request(&[("a.md", Some("beside\n"))]),
    ];
    let answers = place.open().commit(&group).unwrap();
    assert_eq!(answers[0], Committed::Refused(expected.to_owned()));
    // The rest of the group is committed.
    assert!(matches!(answers[1], Committed::Commit(_)), "{answers:?}");
    assert_ne!(place.git(&["rev-list", "--count", "HEAD"]), before);
    assert_eq!(place.git(&["show", "HEAD:b.md"]), "b\n");
}

#[test]
fn an_ignored_path() {
    let place = Place::new();
    place.put(".gitignore", "private/\n*.tmp\n");
    check(&place, "private/x.md", "private/x.md is ignored by git");
}

#[test]
fn an_ignored_path_that_is_tracked_is_taken() {
    let place = Place::new();
    place.put(".gitignore", "*.md\n");
    sha(place.write("a.md", "2\n"));
}

#[test]
fn a_path_that_git_converts() {
    let place = Place::new();
    place.put(
        ".gitattributes",
        "*.bin filter=lfs diff=lfs -text\nutf16/* working-tree-encoding=UTF-16\nb.md -filter\n",
    );
    let why = "which only git itself can apply";
    check(&place, "x.bin", &format!("x.bin has the git attribute filter=lfs, {why}"));
    place.put("a.md", "again\n");
    let refused = only(place.open().commit(&[request(&[("utf16/a.md", Some("x"))])]));
    let expected = format!("utf16/a.md has the git attribute working-tree-encoding=UTF-16, {why}");
    assert_eq!(refused, Committed::Refused(expected));
    sha(place.write("b.md", "unset\n"));
}

#[test]
fn a_repository_inside() {
    let place = Place::new();
    fs::create_dir_all(place.vault().join("inner/deep")).unwrap();
    git_in(&place.vault().join("inner")).args(["init", "-q"]).output().unwrap();
    check(&place, "inner/deep/x.md", "inner is a git repository of its own");
}

#[test]
fn a_submodule() {
    let place = Place::new();
    let head = place.git(&["rev-parse", "HEAD"]);
    place.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{},module", head.trim())]);
    place.git(&["commit", "-qm", "module"]);
    check(&place, "module/x.md", "module is a git repository of its own");
}

#[test]
fn a_repository_that_cannot_be_used_says_why() {
    let place = Place::unborn();
    place.git(&["config", "core.repositoryFormatVersion", "1"]);
    place.git(&["config", "extensions.refStorage", "reftable"]);
    let error = format!("{:#}", Repository::open(&place.vault(), &place.private()).unwrap_err());
    assert!(
        error.contains("refstorage") && error.contains("cannot use the git repository of the vault"),
        "{error}"
    );
}

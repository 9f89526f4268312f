//! Disks that are full, read-only or somebody else's.

use std::process::Command;

use super::*;

/// A small file system of its own, which needs root.
struct Disk(TempDir);

impl Disk {
    fn mount(options: &str) -> Option<Disk> {
        let disk = Disk(tempfile::tempdir().unwrap());
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(disk.0.path())
            .output();
        if mounted.is_ok_and(|it| it.status.success()) {
            return Some(disk);
        }
        eprintln!("skipped: nothing can be mounted here");
        None
    }

    fn desk(&self) -> (Vault, Spool) {
        let root = self.0.path().join("vault");
        fs::create_dir(&root).unwrap();
        fs::write(root.join("n.md"), "old").unwrap();
        let vault = Vault::open(&root).unwrap();
        let spool = Spool::open(&vault, &self.0.path().join("spool")).unwrap();
        (vault, spool)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).output();
    }
}

#[test]
fn a_full_disk_changes_nothing() {
    let Some(disk) = Disk::mount("size=256k") else { return };
    let (vault, spool) = disk.desk();
    shows(&vault.stage(&spool, &note("n.md"), &[b'x'; 1 << 20]), "Err(Full(");
    shows(&vault.stage(&spool, &note("new.md"), &[b'x'; 1 << 20]), "Err(Full(");
    assert_eq!(fs::read_dir(spool.place()).unwrap().count(), 0);
    assert_eq!(fs::read_to_string(vault.root().join("n.md")).unwrap(), "old");
}

#[test]
fn a_disk_without_inodes_changes_nothing() {
    let Some(disk) = Disk::mount("size=1m,nr_inodes=8") else { return };
    let (vault, spool) = disk.desk();
    let names = (0..9).map(|it| vault.root().join(format!("{it}")));
    assert!(names.map(|it| fs::write(it, "")).any(|it| it.is_err()), "eight inodes were enough");
    shows(&vault.stage(&spool, &note("n.md"), b"new"), "Err(Full(");
    assert_eq!(fs::read_to_string(vault.root().join("n.md")).unwrap(), "old");
}

#[test]
fn a_read_only_disk_says_so() {
    let Some(disk) = Disk::mount("size=1m") else { return };
    let (vault, spool) = disk.desk();
    let remounted = Command::new("mount").args(["-o", "remount,ro"]).arg(disk.0.path()).status();
    assert!(remounted.unwrap().success());
    shows(&vault.stage(&spool, &note("n.md"), b"new"), "Err(ReadOnly(");
    shows(&vault.trash(&note("n.md"), hash("old")), "Err(ReadOnly(");
    shows(&vault.rename(&note("n.md"), &note("m.md"), hash("old")), "Err(ReadOnly(");
    assert_eq!(fs::read_to_string(vault.root().join("n.md")).unwrap(), "old");
    assert!(Spool::open(&vault, &disk.0.path().join("spool")).is_err());
}

#[test]
fn a_folder_that_may_not_be_written_says_so() {
    if rustix::process::geteuid().is_root() {
        eprintln!("skipped: permissions do not apply to root");
        return;
    }
    let desk = Desk::new();
    desk.place.put("a/n.md", "old");
    fs::set_permissions(desk.place.at("a"), Permissions::from_mode(0o555)).unwrap();
    shows(&desk.publish("a/n.md", "new", Some("old")), "Err(Denied(");
    shows(&desk.publish("a/new.md", "new", None), "Err(Denied(");
    assert_eq!(desk.text("a/n.md"), "old");
    fs::set_permissions(desk.place.at("a"), Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_vault_that_is_gone_says_so() {
    let desk = Desk::new();
    fs::rename(desk.vault().root(), desk.place.outside.path().join("away")).unwrap();
    shows(&desk.publish("n.md", "new", None), "Err(RootGone)");
    shows(&desk.vault().trash(&note("n.md"), hash("old")), "Err(RootGone)");
}

//! What a source tells of its last scan and of odd files. Knows what status shows; decides nothing.

use jiff::Timestamp;

use crate::{
    engine::root::{MAX_SKIPPED, Root},
    io::vault::Scan,
    model::path::NotePath,
};

/// How many flaws are remembered.
const MAX_FLAWS: usize = 10_000;

impl Root {
    /// Notes for status what a scan saw.
    pub(super) fn report(&mut self, scan: &Scan, on_disk: usize, held: bool) {
        self.status.on_disk = on_disk;
        self.status.last_scan = Some(Timestamp::now());
        self.status.last_scan_ms = u64::try_from(self.last_cost.as_millis()).unwrap_or(u64::MAX);
        self.status.conflicts = scan.conflicts.iter().map(|(copy, of)| (copy.to_string(), of.clone())).collect();
        self.status.skipped = scan
            .skipped
            .iter()
            .take(MAX_SKIPPED)
            .map(|it| (it.path.clone(), it.why.to_string()))
            .collect();
        self.status.skipped_total = scan.skipped_count;
        self.status.settings_problems.clone_from(&self.settings.problems);
        self.status.problem = match scan.unlisted.first() {
            Some((folder, why)) => format!("the folder `{folder}` cannot be listed: {why}; its notes stay as they were"),
            None if held => {
                "most notes are gone at once: is the volume mounted? They stay in the index until they are back, or until a second look \
                             finds the same folder without them; to give them up, delete the index folder and restart"
                    .to_owned()
            }
            None => String::new(),
        };
    }

    /// Notes for status what is odd about a file, or that nothing is any more.
    pub(in crate::engine) fn note_flaw(&mut self, path: &NotePath, flaw: Option<String>) {
        match flaw {
            Some(why) if self.flaws.len() < MAX_FLAWS => drop(self.flaws.insert(path.clone(), why)),
            Some(_) => {}
            None => drop(self.flaws.remove(path)),
        }
    }
}

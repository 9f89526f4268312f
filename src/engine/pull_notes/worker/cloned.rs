//! What a worker adds to a pull request from its clone: the head that git shows, commits and files. Knows when the clone has to be asked; how it is
//! read is told in `clones`.

use jiff::Timestamp;

use crate::{
    engine::pull_notes::{
        Trouble,
        clones::{NoClone, clone_name},
        worker::Worker,
    },
    io::pull_requests::Known,
    model::pull_request::{PullRequest, State, note},
};

/// So often a head that a forge told of is looked for where git does not show it; then the note says what is known without its files.
const HEAD_TRIES: u32 = 5;

impl Worker {
    /// Adds commits and files, where the repository is cloned. The note is written without them when they cannot be had now.
    /// `look` has it asked first which commit is the head, where no forge tells.
    pub(super) fn look_into_clone(&mut self, known: &mut Known, look: bool, failures: u32) -> Result<(), Trouble> {
        let is_told_of = self.sides.iter().any(|it| it.knows(&known.id));
        if look && !is_told_of {
            self.look_up_head(known)?;
        }
        let mut pr = known.parts.fold(&known.id);
        let is_alone = !is_told_of && pr.state != Some(State::Closed);
        let is_told = pr.merge_commit.as_ref().map_or(!is_alone, |_| pr.method.is_some());
        let has_diff = known.parts.has_diff_of(pr.head_sha.as_deref());
        let is_known = has_diff && is_told;
        if pr.head_sha.is_none() || is_known {
            return Ok(());
        }
        // Not that of another head: a branch that was rebased left the other one elsewhere.
        pr.merge_base = known.parts.merge_base_of(pr.head_sha.as_deref()).map(str::to_owned);
        let name = clone_name(&known.id);
        match self.clones.part(&pr, is_alone) {
            Ok(part) => {
                self.pulls.went_well(&name);
                if part.is_none() && pr.state == Some(State::Open) && failures < HEAD_TRIES {
                    let why = "its head is not in the clone yet: some forges show it to git a moment after they tell of it";
                    return Err(Trouble::later(why.to_owned()));
                }
                part.into_iter().for_each(|it| known.parts.add(note::masked(it)));
                Ok(())
            }
            Err(NoClone::Unwanted) => Ok(()),
            Err(NoClone::Later(why)) => {
                self.pulls.went_wrong(&name, &why, None);
                Err(Trouble::later(why))
            }
        }
    }

    /// Adds the head that git tells of now.
    fn look_up_head(&mut self, known: &mut Known) -> Result<(), Trouble> {
        let name = clone_name(&known.id);
        let heads = match self.clones.heads(&known.id.host, &known.id.repo) {
            Ok((heads, _)) => heads,
            Err(NoClone::Unwanted) => return Ok(()),
            Err(NoClone::Later(why)) => {
                self.pulls.went_wrong(&name, &why, None);
                return Err(Trouble::later(why));
            }
        };
        self.pulls.went_well(&name);
        let before = known.parts.fold(&known.id).head_sha;
        let Some(head) = heads.get(&known.id.number) else {
            let why = "git knows no head of a pull request of this number";
            return before.map(|_| ()).ok_or_else(|| Trouble::never(why.to_owned()));
        };
        if before.as_ref() != Some(head) {
            known.parts.add(PullRequest {
                head_sha: Some(head.clone()),
                updated: before.map(|_| Timestamp::now()),
                ..PullRequest::unknown(known.id.clone())
            });
        }
        Ok(())
    }
}

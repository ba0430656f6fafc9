//! How a change of an instance ends, whichever it was: its status is what it was before, or says that the change has failed.
//!
//! How to get it wrong: to take a refusal of the array for done.

use manilad_domain::message::Detail;
use manilad_domain::status::Status;
use manilad_domain::verb::StatusChange;
use manilad_domain::{Intent, Share};
use manilad_store::{Draft, Error};

use super::{Next, Settling, change};
use crate::snapshot;

impl Settling {
    /// The change is done, and the `share` has it already.
    pub(crate) fn changed(&self, draft: &mut Draft<'_>, intent: &Intent, mut share: Share) -> Result<Share, Error> {
        share.updated_at = Some(self.now);
        self.end(draft, intent, &mut share, Status::Available)?;
        self.note(draft, intent)?;
        Ok(share)
    }

    /// The instance is as before, as far as anybody knows.
    pub(super) fn change_failed(
        &mut self,
        draft: &mut Draft<'_>,
        intent: &Intent,
        mut share: Share,
        change: &StatusChange,
        why: Detail,
    ) -> Result<Next, Error> {
        let (detail, status) = match change.refused.filter(|(refusal, _)| *refusal == why) {
            Some((_, detail)) => (detail, Status::Available),
            // Where the operation has no detail of its own, that of the driver says more.
            None if change.detail == Detail::UnknownError => (why, change.failed),
            None => (change.detail, change.failed),
        };
        self.end(draft, intent, &mut share, status)?;
        self.note_given_up(draft, intent)?;
        self.tell(draft, intent, change.action, detail)?;
        self.owe_exports_again(draft, &share, intent)
    }

    fn end(&self, draft: &mut Draft<'_>, intent: &Intent, share: &mut Share, status: Status) -> Result<(), Error> {
        change(share, intent.instance, |instance| {
            instance.status = status;
            instance.updated_at = Some(self.now);
        });
        snapshot::end_restoring(draft, intent, self.now)?;
        draft.remove(intent)?;
        draft.put(share)
    }
}

//! What came of changing the size of an instance.
//!
//! The intent carries what was reserved, so with it that goes. How to get it wrong: to take a refusal of the array for done. A share
//! that holds more than the smaller size keeps its size.

use manilad_domain::intent::Verb;
use manilad_domain::message::{Action, Detail};
use manilad_domain::outcome::Trouble;
use manilad_domain::status::Status;
use manilad_domain::{Intent, Share};
use manilad_store::{Draft, Error};

use super::{Next, Settling, change};

impl Settling {
    /// The instance has the size that was asked for.
    pub fn resized(self, draft: &mut Draft<'_>, seen: &Intent) -> Result<Next, Error> {
        let Some((intent, mut share)) = self.open(draft, seen, seen.verb)? else { return Ok(Next::Stale) };
        let Some(resize) = &intent.resize else { return Ok(Next::Stale) };
        let now = self.now;
        share.size = resize.size;
        share.updated_at = Some(now);
        change(&mut share, intent.instance, |instance| {
            instance.status = Status::Available;
            instance.updated_at = Some(now);
        });
        draft.remove(&intent)?;
        draft.put(&share)?;
        self.note(draft, &intent)?;
        Ok(Next::NOBODY)
    }

    /// The size is what it was before, as far as anybody knows.
    pub(super) fn resize_failed(
        &mut self,
        draft: &mut Draft<'_>,
        intent: &Intent,
        mut share: Share,
        trouble: &Trouble,
    ) -> Result<Next, Error> {
        let (action, status, detail) = match (intent.verb, trouble.detail) {
            (Verb::Shrink, Detail::DriverRefusedShrink) => {
                (Action::Shrink, Status::ShrinkingPossibleDataLossError, Detail::DriverRefusedShrink)
            }
            (Verb::Shrink, _) => (Action::Shrink, Status::ShrinkingError, Detail::DriverFailedShrink),
            _ => (Action::Extend, Status::ExtendingError, Detail::DriverFailedExtend),
        };
        let now = self.now;
        change(&mut share, intent.instance, |instance| {
            instance.status = status;
            instance.updated_at = Some(now);
        });
        draft.remove(intent)?;
        draft.put(&share)?;
        self.note_given_up(draft, intent)?;
        self.tell(draft, intent, action, detail)?;
        Ok(Next::NOBODY)
    }
}

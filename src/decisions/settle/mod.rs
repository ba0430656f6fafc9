//! What came of a task becomes the new state: pure decisions, run by the store's writer.
//!
//! There is a decision for each end that an operation can have. Each first asks whether the outcome is still wanted: the
//! incarnation's epoch holds, and the intent has the same serial and the verb that can end so. A stale outcome changes
//! nothing. Closing an intent and changing what it explains is one batch.

mod changed;
mod ensured;
mod given_up;
mod gone;
mod ids;
mod late;

use std::time::Duration;

use manilad_domain::intent::{Cause, Verb};
use manilad_domain::message::{Action, Detail, UserMessage};
use manilad_domain::outcome::{Remedy, Trouble};
use manilad_domain::verb::Failure;
use manilad_domain::{Instance, InstanceId, Intent, MessageId, Record, Share, Stamp};
use manilad_store::{Draft, Error};

use crate::share_server::Rules;
use crate::{Owed, epoch, message};
pub use ids::Ids;

/// Who settles, when, and with which fresh ids.
#[derive(Debug, Clone)]
pub struct Settling {
    /// `host@backend`
    pub service: String,
    pub epoch: u64,
    pub now: Stamp,
    /// Seconds that user messages live.
    pub message_ttl: u64,
    /// How share servers are filled and when they go.
    pub rules: Rules,
    /// Seeded before the decision, so that it stays a pure function.
    pub ids: Ids,
    /// Whether calls of an earlier incarnation may be on their way for what is settled.
    pub in_flight: bool,
}

/// What came of settling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// The outcome was not wanted any more, and changed nothing.
    Stale,
    /// These are to look at the store now.
    Settled(Vec<Owed>),
    /// What an administrator had given up the removal of is gone from the array, and in error. These are to look at the store
    /// now.
    RemovedAllTheSame(Vec<Owed>),
}

impl Next {
    pub(crate) const NOBODY: Self = Next::Settled(Vec::new());

    /// The same, and these are to look at the store now too.
    pub(crate) fn and(self, more: Vec<Owed>) -> Self {
        match self {
            Next::Settled(owed) => Next::Settled(owed.into_iter().chain(more).collect()),
            other => other,
        }
    }
}

impl Settling {
    /// The operation is given up, or failed for good; a removal is told as failed, and goes on.
    pub fn failed(self, draft: &mut Draft<'_>, snapshot: &Intent, trouble: &Trouble) -> Result<Next, Error> {
        self.ended(draft, snapshot, trouble, true)
    }

    /// Nothing serves the instance: no share server stands that could, or, of work on its rules, it is not on the array. Of
    /// a creation, candidates on other back ends may remain.
    pub fn unserved(self, draft: &mut Draft<'_>, snapshot: &Intent, trouble: &Trouble) -> Result<Next, Error> {
        self.ended(draft, snapshot, trouble, false)
    }

    /// What follows when an operation came to nothing, as the table of verbs has it.
    fn ended(
        mut self,
        draft: &mut Draft<'_>,
        snapshot: &Intent,
        trouble: &Trouble,
        is_served: bool,
    ) -> Result<Next, Error> {
        let Some(intent) = self.owed(draft, snapshot)? else { return Ok(Next::Stale) };
        let Some(share) = draft.get::<Share>(&intent.share.to_string())? else {
            // Its removal goes on until the array has let go of it.
            return Ok(if is_served && self.is_detached(draft, &intent)? { Next::NOBODY } else { Next::Stale });
        };
        match intent.verb.failure() {
            Failure::Unplaced => Ok(Next::Stale),
            Failure::NextCandidate if is_served => {
                if trouble.remedy == Remedy::Absent {
                    self.server_missing(draft, &share, &intent)?;
                }
                self.note_given_up(draft, &intent)?;
                let open = intent.candidates.clone();
                self.create_failed(draft, &intent, share, trouble, &open)
            }
            Failure::NextCandidate => {
                self.note_given_up(draft, &intent)?;
                self.has_no_server(draft, &intent, share, trouble)
            }
            // A removal needs nothing that serves, so it never ends for want of that.
            Failure::GoesOn if !is_served => Ok(Next::Stale),
            Failure::GoesOn => self.delete_failed(draft, &intent, share, trouble),
            Failure::AsBefore => self.left_as_before(draft, &intent, share, trouble.remedy),
            Failure::Lost => self.lost(draft, &intent, share, trouble.detail).map(|()| Next::NOBODY),
            Failure::Shown(change) => {
                // Only an array that was asked says that nothing was changed.
                let why = if is_served { trouble.detail } else { Detail::UnknownError };
                self.change_failed(draft, &intent, share, &change, why)
            }
            Failure::RulesInError => {
                self.note_given_up(draft, &intent)?;
                self.access_failed(draft, &intent, share, trouble, is_served)
            }
        }
    }

    /// The operation will be tried again; so many seconds of running time were spent on it. Of what the array is at by itself, it tells
    /// how far it is.
    pub fn postponed(
        self,
        draft: &mut Draft<'_>,
        snapshot: &Intent,
        spent_seconds: u64,
        percent: Option<u8>,
    ) -> Result<Next, Error> {
        let Some(mut intent) = self.owed(draft, snapshot)? else { return Ok(Next::Stale) };
        if let Some(percent) = percent
            && let Some(mut share) = draft.get::<Share>(&intent.share.to_string())?
            && share.instance(intent.instance).is_some_and(|instance| instance.progress < Some(percent))
        {
            change(&mut share, intent.instance, |instance| instance.progress = Some(percent));
            draft.put(&share)?;
            // What went wrong on the way so far counts no more; what is begun again and again gets no further.
            intent.spent_seconds = 0;
        }
        draft.put(&Intent { spent_seconds: intent.spent_seconds + spent_seconds, ..intent })?;
        Ok(Next::NOBODY)
    }

    /// The intent as it is now, and its share, if work of this verb is still owed to this incarnation.
    pub(crate) fn open(
        &self,
        draft: &Draft<'_>,
        snapshot: &Intent,
        verb: Verb,
    ) -> Result<Option<(Intent, Share)>, Error> {
        let Some(intent) = self.owed(draft, snapshot)?.filter(|intent| intent.verb == verb) else { return Ok(None) };
        Ok(draft.get::<Share>(&intent.share.to_string())?.map(|share| (intent, share)))
    }

    /// The intent as it is now, if the outcome of this incarnation still counts.
    pub(crate) fn owed(&self, draft: &Draft<'_>, snapshot: &Intent) -> Result<Option<Intent>, Error> {
        let intent: Option<Intent> = draft.get(&snapshot.key())?;
        let counts = self.counts(draft)?;
        Ok(intent.filter(|intent| counts && intent.serial == snapshot.serial && intent.verb == snapshot.verb))
    }

    /// There is more to do on this back end.
    pub(crate) fn again(&self) -> Next {
        Next::Settled(vec![Owed::Backend(self.service.clone())])
    }

    pub(crate) fn cause(&self, request_id: &str) -> Cause {
        Cause { request_id: request_id.to_owned(), now: self.now }
    }

    /// Whether this incarnation is still the one that counts.
    pub(crate) fn counts(&self, draft: &Draft<'_>) -> Result<bool, Error> {
        epoch::holds(draft, &self.service, self.epoch)
    }

    pub(crate) fn draw(&mut self) -> uuid::Uuid {
        self.ids.draw()
    }

    pub(crate) fn tell(
        &mut self,
        draft: &mut Draft<'_>,
        intent: &Intent,
        action: Action,
        detail: Detail,
    ) -> Result<(), Error> {
        let (id, life) = (MessageId(self.draw()), Duration::from_secs(self.message_ttl));
        let message = message::about_share(intent, action, detail, id, self.now, life);
        // The share may have been given to another project since the work was asked for.
        let share: Option<Share> = draft.get(&intent.share.to_string())?;
        let project_id = share.map_or(message.project_id, |share| share.project_id);
        draft.put(&UserMessage { project_id, ..message })
    }
}

pub(crate) fn change(share: &mut Share, id: InstanceId, change: impl FnOnce(&mut Instance)) {
    if let Some(instance) = share.instance_mut(id) {
        change(instance);
    }
}

//! What came of a task becomes the new state: pure decisions, run by the store's writer.
//!
//! There is a decision for each end that an operation can have. Each first asks whether the outcome is still wanted: the
//! incarnation's epoch holds, and the intent has the same serial and the verb that can end so. A stale outcome changes
//! nothing. Closing an intent and changing what it explains is one batch.

mod given_up;
mod gone;
mod ids;
mod late;
mod seat;
mod server;

use std::collections::BTreeMap;

use manilad_domain::intent::{Cause, Verb};
use manilad_domain::message::{Action, Detail, Subject, UserMessage};
use manilad_domain::outcome::{Export, Remedy, Trouble};
use manilad_domain::service::Incarnation;
use manilad_domain::share::ExportLocation;
use manilad_domain::status::Status;
use manilad_domain::{ExportLocationId, Instance, InstanceId, Intent, MessageId, PoolName, Record, Share, Stamp};
use manilad_store::{Draft, Error};

use crate::Owed;
use crate::servers::Rules;
pub use ids::Ids;

/// Former locations that an instance keeps; more than an SVM has addresses for one share.
const FORMER_EXPORTS: usize = 16;

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
    /// What an administrator had given up the removal of is gone from the array, and in error.
    RemovedAllTheSame,
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
    /// The instance is on the array.
    pub fn created(mut self, draft: &mut Draft<'_>, seen: &Intent, exports: Vec<Export>) -> Result<Next, Error> {
        let Some((intent, mut share)) = self.open(draft, seen, Verb::Create)? else { return Ok(Next::Stale) };
        let (locations, _) = self.locations(Vec::new(), exports);
        let now = self.now;
        change(&mut share, intent.instance, |instance| {
            instance.status = Status::Available;
            instance.exports = locations;
            instance.progress = Some(100);
            instance.updated_at = Some(now);
        });
        share.updated_at = Some(now);
        draft.remove(&intent)?;
        draft.put(&share)?;
        self.note(draft, &intent)?;
        Ok(Next::NOBODY)
    }

    /// Where the instance can be mounted by now.
    pub fn exported(mut self, draft: &mut Draft<'_>, seen: &Intent, exports: Vec<Export>) -> Result<Next, Error> {
        let Some((intent, mut share)) = self.open(draft, seen, Verb::Export)? else { return Ok(Next::Stale) };
        self.serve(&mut share, intent.instance, exports);
        draft.remove(&intent)?;
        draft.put(&share)?;
        Ok(Next::NOBODY)
    }

    /// The operation is given up, or failed for good; a removal is told as failed, and goes on.
    pub fn failed(mut self, draft: &mut Draft<'_>, seen: &Intent, trouble: &Trouble) -> Result<Next, Error> {
        let Some(intent) = self.owed(draft, seen)? else { return Ok(Next::Stale) };
        let Some(share) = draft.get::<Share>(&intent.share.to_string())? else {
            // Its removal goes on until the array has let go of it.
            return Ok(if self.is_detached(draft, &intent)? { Next::NOBODY } else { Next::Stale });
        };
        match intent.verb {
            Verb::Place => Ok(Next::Stale),
            Verb::Create => {
                if trouble.remedy == Remedy::Absent {
                    self.server_missing(draft, &share, &intent)?;
                }
                self.note_given_up(draft, &intent)?;
                let open = intent.candidates.clone();
                self.create_failed(draft, &intent, share, trouble, &open)
            }
            Verb::Delete => self.delete_failed(draft, &intent, share, trouble),
            // It goes on being served where it was, if it was.
            Verb::Export => draft.remove(&intent).map(|()| Next::NOBODY),
            Verb::Rescue => self.lost(draft, &intent, share, trouble.detail).map(|()| Next::NOBODY),
            Verb::Access => {
                self.note_given_up(draft, &intent)?;
                self.access_failed(draft, &intent, share, trouble, true)
            }
        }
    }

    /// Nothing serves the instance: no share server stands that could, or, of work on its rules, it is not on the array. Of
    /// a creation, candidates on other back ends may remain.
    pub fn unserved(mut self, draft: &mut Draft<'_>, seen: &Intent, trouble: &Trouble) -> Result<Next, Error> {
        let Some(intent) = self.owed(draft, seen)? else { return Ok(Next::Stale) };
        let Some(share) = draft.get::<Share>(&intent.share.to_string())? else { return Ok(Next::Stale) };
        match intent.verb {
            Verb::Place | Verb::Delete => Ok(Next::Stale),
            Verb::Create => {
                self.note_given_up(draft, &intent)?;
                self.has_no_server(draft, &intent, share, trouble)
            }
            Verb::Export => draft.remove(&intent).map(|()| Next::NOBODY),
            Verb::Rescue => self.lost(draft, &intent, share, trouble.detail).map(|()| Next::NOBODY),
            Verb::Access => {
                self.note_given_up(draft, &intent)?;
                self.access_failed(draft, &intent, share, trouble, false)
            }
        }
    }

    /// The operation will be tried again; so many seconds of running time were spent on it.
    pub fn postponed(self, draft: &mut Draft<'_>, seen: &Intent, spent_seconds: u64) -> Result<Next, Error> {
        let Some(intent) = self.owed(draft, seen)? else { return Ok(Next::Stale) };
        draft.put(&Intent { spent_seconds: intent.spent_seconds + spent_seconds, ..intent })?;
        Ok(Next::NOBODY)
    }

    /// The intent as it is now, and its share, if work of this verb is still owed to this incarnation.
    pub(crate) fn open(&self, draft: &Draft<'_>, seen: &Intent, verb: Verb) -> Result<Option<(Intent, Share)>, Error> {
        let Some(intent) = self.owed(draft, seen)?.filter(|intent| intent.verb == verb) else { return Ok(None) };
        Ok(draft.get::<Share>(&intent.share.to_string())?.map(|share| (intent, share)))
    }

    /// The intent as it is now, if the outcome of this incarnation still counts.
    pub(crate) fn owed(&self, draft: &Draft<'_>, seen: &Intent) -> Result<Option<Intent>, Error> {
        let intent: Option<Intent> = draft.get(&seen.key())?;
        let counts = self.counts(draft)?;
        Ok(intent.filter(|intent| counts && intent.serial == seen.serial && intent.verb == seen.verb))
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
        let epoch = draft.get::<Incarnation>(&self.service)?.map_or(0, |incarnation| incarnation.epoch);
        Ok(epoch == self.epoch)
    }

    pub(crate) fn draw(&mut self) -> uuid::Uuid {
        self.ids.draw()
    }

    /// Gives an instance the locations that it has by now.
    fn serve(&mut self, share: &mut Share, id: InstanceId, exports: Vec<Export>) {
        let known = share
            .instance(id)
            .map(|instance| instance.former_exports.iter().chain(&instance.exports).cloned().collect::<Vec<_>>());
        let (locations, former) = self.locations(known.unwrap_or_default(), exports);
        change(share, id, |instance| {
            instance.exports = locations;
            instance.former_exports = former;
        });
    }

    /// The locations of exports, and those among `known` that are none now. One whose path is known keeps what it has
    /// besides, for an address that is away for a moment comes back.
    fn locations(
        &mut self,
        mut known: Vec<ExportLocation>,
        exports: Vec<Export>,
    ) -> (Vec<ExportLocation>, Vec<ExportLocation>) {
        let mut locations = Vec::new();
        for export in exports {
            let location = match known.iter().position(|known| known.path == export.path) {
                Some(at) => {
                    let known = known.remove(at);
                    let changes = (known.is_admin_only, known.preferred) != (export.is_admin_only, export.preferred);
                    let updated_at = if changes { Some(self.now) } else { known.updated_at };
                    let (is_admin_only, preferred) = (export.is_admin_only, export.preferred);
                    ExportLocation { is_admin_only, preferred, updated_at, ..known }
                }
                None => ExportLocation {
                    id: ExportLocationId(self.draw()),
                    path: export.path,
                    is_admin_only: export.is_admin_only,
                    preferred: export.preferred,
                    preference: None,
                    metadata: BTreeMap::new(),
                    created_at: self.now,
                    updated_at: None,
                },
            };
            locations.push(location);
        }
        known.drain(..known.len().saturating_sub(FORMER_EXPORTS));
        (locations, known)
    }

    /// The next candidate gets an instance of its own, with a new id and so new names; the refused one leaves the
    /// share's face and goes at its own pace, so a back end that is away holds nobody up. The candidates are as old as
    /// the placement, so the scheduler chooses among them by what it knows now.
    fn create_failed(
        &mut self,
        draft: &mut Draft<'_>,
        intent: &Intent,
        mut share: Share,
        trouble: &Trouble,
        candidates: &[PoolName],
    ) -> Result<Next, Error> {
        let now = self.now;
        let open = if trouble.remedy == Remedy::Never { &[][..] } else { candidates };
        if open.is_empty() {
            change(&mut share, intent.instance, |instance| {
                instance.status = Status::Error;
                instance.updated_at = Some(now);
            });
            draft.remove(intent)?;
            draft.put(&share)?;
            self.tell(draft, intent, &share, Action::Create, trouble.detail)?;
            return Ok(Next::NOBODY);
        }
        let successor = InstanceId(self.draw());
        let (mut refused_on, mut network) = (None, None);
        change(&mut share, intent.instance, |instance| {
            network = instance.network;
            instance.status = Status::Deleting;
            instance.superseded = true;
            instance.updated_at = Some(now);
            refused_on = instance.pool.as_ref().map(PoolName::service);
        });
        // The zone that was asked for, if one was, is that of every candidate.
        share.instances.push(Instance { network, ..Instance::creating(successor, None, now) });
        let (serial, removal_serial) = (draft.next_serial()?, draft.next_serial()?);
        draft.put(&Intent {
            instance: successor,
            verb: Verb::Place,
            serial,
            service: None,
            candidates: open.to_vec(),
            spent_seconds: 0,
            ..intent.clone()
        })?;
        // Same lane, same key: this replaces the intent that failed.
        draft.put(&Intent {
            verb: Verb::Delete,
            serial: removal_serial,
            candidates: Vec::new(),
            attempt: 0,
            spent_seconds: 0,
            created_at: now,
            ..intent.clone()
        })?;
        draft.put(&share)?;
        Ok(Next::Settled([Owed::Scheduler].into_iter().chain(refused_on.map(Owed::Backend)).collect()))
    }

    pub(crate) fn tell(
        &mut self,
        draft: &mut Draft<'_>,
        intent: &Intent,
        share: &Share,
        action: Action,
        detail: Detail,
    ) -> Result<(), Error> {
        let lives = jiff::SignedDuration::from_secs(i64::try_from(self.message_ttl).unwrap_or(i64::MAX));
        draft.put(&UserMessage {
            id: MessageId(self.draw()),
            project_id: share.project_id.clone(),
            request_id: intent.request_id.clone(),
            subject: Subject::Share,
            resource_id: share.id.to_string(),
            action,
            detail,
            created_at: self.now,
            expires_at: Stamp(self.now.0.saturating_add(lives).unwrap_or(self.now.0)),
        })
    }
}

pub(crate) fn change(share: &mut Share, id: InstanceId, change: impl FnOnce(&mut Instance)) {
    if let Some(instance) = share.instance_mut(id) {
        change(instance);
    }
}

//! What came of a task becomes the new state: pure decisions, run by the store's writer.
//!
//! Every decision first asks whether the outcome is still wanted: the incarnation's epoch holds, and the intent has
//! the same serial. A stale outcome changes nothing. Closing an intent and changing what it explains is one batch.

mod access;
mod given_up;
mod gone;
mod ids;
mod late;
mod seat;
mod server;

use std::collections::BTreeMap;

use manilad_domain::access::AccessRule;
use manilad_domain::intent::Verb;
use manilad_domain::message::{Action, Detail, Subject, UserMessage};
use manilad_domain::outcome::{Export, RefusedRule, Remedy, Trouble};
use manilad_domain::service::Incarnation;
use manilad_domain::share::ExportLocation;
use manilad_domain::status::Status;
use manilad_domain::{
    ExportLocationId, Instance, InstanceId, Intent, MessageId, PoolName, Record, ServerIntent, Share, Stamp,
};
use manilad_store::{Draft, Error};

use crate::servers::Rules;
pub use ids::Ids;
pub use server::ServerOutcome;

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

/// Who is to look at the store now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// The outcome was not wanted any more.
    Stale,
    /// Work of this verb can't end so; nothing was changed, and the intent is still open.
    Misfit,
    Nobody,
    /// These services owe something.
    Services(Vec<String>),
    /// The scheduler owes a place, and these services something else.
    Placing(Vec<String>),
    /// What an administrator had given up the removal of is gone from the array, and in error.
    RemovedAllTheSame,
}

/// What is to be settled.
#[derive(Debug, Clone)]
pub enum Settlement {
    Share(Intent, Outcome),
    /// A share server is to be found for the instance.
    Seat(Intent),
    Server(ServerIntent, ServerOutcome),
    /// What the work is owed for does not exist any more.
    Moot(Intent),
    /// The same of a share server.
    ServerMoot(ServerIntent),
}

/// What came of work on an instance.
#[derive(Debug, Clone)]
pub enum Outcome {
    Created(Vec<Export>),
    Deleted,
    Exported(Vec<Export>),
    /// The rules as they were when the task was formed, and those among them that were refused.
    Applied {
        rules: Vec<AccessRule>,
        refused: Vec<RefusedRule>,
    },
    /// As before, and these are refused; what is true of the others is still to be found out.
    PartlyApplied {
        rules: Vec<AccessRule>,
        refused: Vec<RefusedRule>,
    },
    /// The task is given up; other candidates may remain.
    Failed(Trouble),
    /// No share server stands that could serve the instance; or, of work on its rules, it is not on the array. Of a
    /// creation, candidates on other back ends may remain.
    Unserved(Trouble),
    /// The task will be tried again; so many seconds were spent.
    Postponed {
        spent_seconds: u64,
    },
}

impl Settlement {
    /// How it ends, for metrics.
    pub const fn name(&self) -> &'static str {
        match self {
            Settlement::Share(_, Outcome::Failed(_) | Outcome::Unserved(_))
            | Settlement::Server(_, ServerOutcome::Failed(_)) => "failed",
            Settlement::Share(_, Outcome::Postponed { .. })
            | Settlement::Server(_, ServerOutcome::Postponed { .. }) => "postponed",
            _ => "done",
        }
    }

    /// Whether work of the verb that is owed can end so. What does not fit is never settled: a record must not go, or
    /// become available, by the answer to another question.
    pub fn fits(&self) -> bool {
        match self {
            Settlement::Share(intent, outcome) => outcome.fits(intent.verb),
            Settlement::Server(intent, outcome) => outcome.fits(intent.verb),
            Settlement::Seat(intent) => intent.verb == Verb::Create,
            Settlement::Moot(_) | Settlement::ServerMoot(_) => true,
        }
    }
}

impl Outcome {
    /// The verbs whose work can end so.
    pub fn fits(&self, verb: Verb) -> bool {
        let verbs: &[Verb] = match self {
            Outcome::Created(_) => &[Verb::Create],
            Outcome::Deleted => &[Verb::Delete],
            Outcome::Exported(_) => &[Verb::Export],
            Outcome::Applied { .. } | Outcome::PartlyApplied { .. } => &[Verb::Access],
            Outcome::Unserved(_) => &[Verb::Create, Verb::Export, Verb::Access],
            Outcome::Failed(_) | Outcome::Postponed { .. } => &[Verb::Create, Verb::Delete, Verb::Export, Verb::Access],
        };
        verbs.contains(&verb)
    }
}

impl Settling {
    /// The decision for what is to be settled.
    pub fn decide(mut self, draft: &mut Draft<'_>, settlement: Settlement) -> Result<Next, Error> {
        if !settlement.fits() {
            return Ok(Next::Misfit);
        }
        let note = late::note(&settlement, self.in_flight, self.now);
        let next = match settlement {
            Settlement::Share(intent, outcome) => self.of_share(draft, &intent, outcome),
            Settlement::Seat(intent) => self.seat(draft, &intent),
            Settlement::Server(intent, outcome) => self.of_server(draft, &intent, outcome),
            Settlement::Moot(intent) => self.moot(draft, &intent),
            Settlement::ServerMoot(intent) => self.server_moot(draft, &intent),
        }?;
        if let Some(note) = note.filter(|_| !matches!(next, Next::Stale | Next::Misfit)) {
            draft.put(&note)?;
        }
        Ok(next)
    }

    fn of_share(&mut self, draft: &mut Draft<'_>, intent: &Intent, outcome: Outcome) -> Result<Next, Error> {
        let seen = intent;
        let Some(intent) = self.open(draft, seen)? else {
            return match outcome {
                Outcome::Deleted => self.removed_all_the_same(draft, seen),
                _ => Ok(Next::Stale),
            };
        };
        let Some(share) = draft.get::<Share>(&intent.share.to_string())? else {
            return self.of_detached(draft, intent, &outcome);
        };
        match (intent.verb, outcome) {
            (_, Outcome::Created(exports)) => self.created(draft, &intent, share, exports),
            (_, Outcome::Exported(exports)) => self.exported(draft, &intent, share, exports),
            (_, Outcome::Deleted) => self.deleted(draft, &intent, share),
            (_, Outcome::Applied { rules, refused }) => self.applied(draft, &intent, share, &rules, &refused),
            (_, Outcome::PartlyApplied { rules, refused }) => {
                self.partly_applied(draft, &intent, &share, &rules, &refused)
            }
            (Verb::Create, Outcome::Unserved(trouble)) => self.unserved(draft, &intent, share, &trouble),
            (Verb::Create, Outcome::Failed(trouble)) => {
                if trouble.remedy == Remedy::Absent {
                    self.server_missing(draft, &share, &intent)?;
                }
                let open = intent.candidates.clone();
                self.create_failed(draft, &intent, share, &trouble, &open)
            }
            (Verb::Delete, Outcome::Failed(trouble)) => self.delete_failed(draft, &intent, share, &trouble),
            (Verb::Access, Outcome::Failed(trouble)) => self.access_failed(draft, &intent, share, &trouble, true),
            (Verb::Access, Outcome::Unserved(trouble)) => self.access_failed(draft, &intent, share, &trouble, false),
            // It goes on being served where it was, if it was.
            (Verb::Export, Outcome::Failed(_) | Outcome::Unserved(_)) => {
                draft.remove(&intent)?;
                Ok(Next::Nobody)
            }
            (Verb::Delete, Outcome::Unserved(_)) | (Verb::Place, Outcome::Failed(_) | Outcome::Unserved(_)) => {
                Ok(Next::Misfit)
            }
            (_, Outcome::Postponed { spent_seconds }) => {
                draft.put(&Intent { spent_seconds: intent.spent_seconds + spent_seconds, ..intent })?;
                Ok(Next::Nobody)
            }
        }
    }

    /// The intent as it is now, if the outcome of this incarnation still counts.
    fn open(&self, draft: &Draft<'_>, seen: &Intent) -> Result<Option<Intent>, Error> {
        let intent: Option<Intent> = draft.get(&seen.key())?;
        let counts = self.counts(draft)?;
        Ok(intent.filter(|intent| counts && intent.serial == seen.serial && intent.verb == seen.verb))
    }

    /// Whether this incarnation is still the one that counts.
    fn counts(&self, draft: &Draft<'_>) -> Result<bool, Error> {
        let epoch = draft.get::<Incarnation>(&self.service)?.map_or(0, |incarnation| incarnation.epoch);
        Ok(epoch == self.epoch)
    }

    fn draw(&mut self) -> uuid::Uuid {
        self.ids.draw()
    }

    fn created(
        &mut self,
        draft: &mut Draft<'_>,
        intent: &Intent,
        mut share: Share,
        exports: Vec<Export>,
    ) -> Result<Next, Error> {
        let (locations, _) = self.locations(Vec::new(), exports);
        let now = self.now;
        change(&mut share, intent.instance, |instance| {
            instance.status = Status::Available;
            instance.exports = locations;
            instance.progress = Some(100);
            instance.updated_at = Some(now);
        });
        share.updated_at = Some(now);
        draft.remove(intent)?;
        draft.put(&share)?;
        Ok(Next::Nobody)
    }

    fn exported(
        &mut self,
        draft: &mut Draft<'_>,
        intent: &Intent,
        mut share: Share,
        exports: Vec<Export>,
    ) -> Result<Next, Error> {
        let known = share
            .instance(intent.instance)
            .map(|instance| instance.former_exports.iter().chain(&instance.exports).cloned().collect::<Vec<_>>());
        let (locations, former) = self.locations(known.unwrap_or_default(), exports);
        change(&mut share, intent.instance, |instance| {
            instance.exports = locations;
            instance.former_exports = former;
        });
        draft.remove(intent)?;
        draft.put(&share)?;
        Ok(Next::Nobody)
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
            return Ok(Next::Nobody);
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
        Ok(Next::Placing(refused_on.into_iter().collect()))
    }

    /// The intent stays open, and slow: the array may let go later.
    fn delete_failed(
        &mut self,
        draft: &mut Draft<'_>,
        intent: &Intent,
        mut share: Share,
        trouble: &Trouble,
    ) -> Result<Next, Error> {
        let now = self.now;
        let mut is_news = false;
        change(&mut share, intent.instance, |instance| {
            is_news = instance.status != Status::ErrorDeleting && !instance.superseded;
            if is_news {
                instance.status = Status::ErrorDeleting;
                instance.updated_at = Some(now);
            }
        });
        if is_news {
            draft.put(&share)?;
            self.tell(draft, intent, &share, Action::Delete, trouble.detail)?;
        }
        Ok(Next::Nobody)
    }

    fn tell(
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

fn change(share: &mut Share, id: InstanceId, change: impl FnOnce(&mut Instance)) {
    if let Some(instance) = share.instance_mut(id) {
        change(instance);
    }
}

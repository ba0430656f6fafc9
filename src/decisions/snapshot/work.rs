//! What came of work on a snapshot becomes its new state.
//!
//! How to get it wrong: to forget a snapshot before the array has let go of it, or to believe an outcome of work that is not
//! owed any more, except that it is gone.

use std::time::Duration;

use manilad_domain::message::{Action, Detail};
use manilad_domain::outcome::Trouble;
use manilad_domain::snapshot::SnapshotVerb;
use manilad_domain::status::SnapshotStatus;
use manilad_domain::{InFlight, MessageId, Record, ShareSnapshot, SnapshotIntent};
use manilad_store::{Draft, Error};

use crate::message::about_snapshot;
use crate::settle::{Next, Settling};

impl Settling {
    /// The snapshot is on the array, where it is called `location`.
    pub fn snapshot_taken(
        self,
        draft: &mut Draft<'_>,
        intent: &SnapshotIntent,
        location: String,
    ) -> Result<Next, Error> {
        let Some((intent, snapshot)) = self.open_snapshot(draft, intent, &[SnapshotVerb::CreateSnapshot])? else {
            return Ok(Next::Stale);
        };
        let taken = ShareSnapshot { location: Some(location), ..snapshot.seen(self.now) };
        self.end_snapshot(draft, &intent, taken, SnapshotStatus::Available)
    }

    /// Nothing of the snapshot is on the array any more. Where its removal was given up and happened all the same, it is in
    /// error, unless other work is owed by now, which looks for itself.
    pub fn snapshot_deleted(self, draft: &mut Draft<'_>, intent: &SnapshotIntent) -> Result<Next, Error> {
        if intent.verb != SnapshotVerb::DeleteSnapshot {
            return Ok(Next::Stale);
        }
        let Some((intent, snapshot)) = self.open_snapshot(draft, intent, &[SnapshotVerb::DeleteSnapshot])? else {
            return self.snapshot_deleted_all_the_same(draft, intent);
        };
        draft.remove(&intent)?;
        draft.remove(&snapshot)?;
        Ok(Next::NOBODY)
    }

    fn snapshot_deleted_all_the_same(mut self, draft: &mut Draft<'_>, intent: &SnapshotIntent) -> Result<Next, Error> {
        let open: Option<SnapshotIntent> = draft.get(&intent.key())?;
        let snapshot: Option<ShareSnapshot> = draft.get(&intent.key())?;
        let is_other_work_owed = open.as_ref().is_some_and(|open| open.verb != SnapshotVerb::FindSnapshot);
        let Some(snapshot) = snapshot.filter(|_| !is_other_work_owed) else { return Ok(Next::Stale) };
        if !self.counts(draft)? {
            return Ok(Next::Stale);
        }
        if let Some(look) = open {
            draft.remove(&look)?;
        }
        self.tell_of_snapshot(draft, &snapshot, intent, Action::Delete, Detail::RemovedAllTheSame)?;
        draft.put(&ShareSnapshot { status: SnapshotStatus::Error, updated_at: Some(self.now), ..snapshot })?;
        Ok(Next::RemovedAllTheSame(Vec::new()))
    }

    /// What came of looking for a snapshot: the size of its volume in GiB, or that it is not there.
    pub fn snapshot_found(
        mut self,
        draft: &mut Draft<'_>,
        intent: &SnapshotIntent,
        found: Option<u64>,
    ) -> Result<Next, Error> {
        let looks = [SnapshotVerb::FindSnapshot, SnapshotVerb::ManageSnapshot];
        let Some((intent, snapshot)) = self.open_snapshot(draft, intent, &looks)? else { return Ok(Next::Stale) };
        let Some(size) = found else {
            return self.give_up_snapshot(draft, &intent, snapshot, Detail::SnapshotAbsent);
        };
        let size = if intent.verb == SnapshotVerb::ManageSnapshot { Some(size) } else { snapshot.size };
        let found = ShareSnapshot { size, ..snapshot.seen(self.now) };
        self.end_snapshot(draft, &intent, found, SnapshotStatus::Available)
    }

    /// The work is given up, or failed for good; a removal is told as failed, and goes on.
    pub fn snapshot_failed(
        mut self,
        draft: &mut Draft<'_>,
        intent: &SnapshotIntent,
        trouble: &Trouble,
    ) -> Result<Next, Error> {
        let Some((intent, snapshot)) = self.open_snapshot(draft, intent, SnapshotVerb::ALL)? else {
            return Ok(Next::Stale);
        };
        self.give_up_snapshot(draft, &intent, snapshot, trouble.detail)
    }

    /// The work will be tried again; so many seconds of running time were spent on it.
    pub fn snapshot_postponed(
        self,
        draft: &mut Draft<'_>,
        intent: &SnapshotIntent,
        spent_seconds: u64,
    ) -> Result<Next, Error> {
        let Some((intent, _)) = self.open_snapshot(draft, intent, SnapshotVerb::ALL)? else { return Ok(Next::Stale) };
        draft.put(&SnapshotIntent { spent_seconds: intent.spent_seconds + spent_seconds, ..intent })?;
        Ok(Next::NOBODY)
    }

    /// Forgets work that is owed for a snapshot that does not exist any more.
    pub fn snapshot_moot(self, draft: &mut Draft<'_>, snapshot: &SnapshotIntent) -> Result<Next, Error> {
        let intent: Option<SnapshotIntent> = draft.get(&snapshot.key())?;
        let exists = draft.get::<ShareSnapshot>(&snapshot.key())?.is_some();
        match intent.filter(|intent| intent.serial == snapshot.serial && !exists) {
            Some(intent) => draft.remove(&intent).map(|()| Next::NOBODY),
            None => Ok(Next::Stale),
        }
    }

    fn give_up_snapshot(
        &mut self,
        draft: &mut Draft<'_>,
        intent: &SnapshotIntent,
        snapshot: ShareSnapshot,
        detail: Detail,
    ) -> Result<Next, Error> {
        let (action, status) = match intent.verb {
            SnapshotVerb::CreateSnapshot => (Action::Create, SnapshotStatus::Error),
            SnapshotVerb::DeleteSnapshot => (Action::Delete, snapshot.status.removal_failed()),
            SnapshotVerb::FindSnapshot => (Action::Update, SnapshotStatus::Error),
            SnapshotVerb::ManageSnapshot => (Action::Update, SnapshotStatus::ManageError),
        };
        if snapshot.status == status {
            return Ok(Next::NOBODY);
        }
        if !status.is_deferred_deletion() {
            self.tell_of_snapshot(draft, &snapshot, intent, action, detail)?;
        }
        if intent.verb == SnapshotVerb::CreateSnapshot {
            draft.put(&InFlight::of_snapshot(intent, self.now))?;
        }
        if intent.verb != SnapshotVerb::DeleteSnapshot {
            draft.remove(intent)?;
        }
        draft.put(&ShareSnapshot { status, updated_at: Some(self.now), ..snapshot })?;
        Ok(Next::NOBODY)
    }

    /// The work is done, and the snapshot as it is then.
    fn end_snapshot(
        &self,
        draft: &mut Draft<'_>,
        intent: &SnapshotIntent,
        snapshot: ShareSnapshot,
        status: SnapshotStatus,
    ) -> Result<Next, Error> {
        draft.remove(intent)?;
        draft.put(&ShareSnapshot { status, updated_at: Some(self.now), ..snapshot })?;
        let was_tried_before = intent.spent_seconds > 0 || self.in_flight;
        if intent.verb == SnapshotVerb::CreateSnapshot && was_tried_before {
            draft.put(&InFlight::of_snapshot(intent, self.now))?;
        }
        Ok(Next::NOBODY)
    }

    /// The snapshot and its intent as they are now, if work of one of these verbs is still owed to this incarnation.
    fn open_snapshot(
        &self,
        draft: &Draft<'_>,
        snapshot: &SnapshotIntent,
        verbs: &[SnapshotVerb],
    ) -> Result<Option<(SnapshotIntent, ShareSnapshot)>, Error> {
        let intent: Option<SnapshotIntent> = draft.get(&snapshot.key())?;
        let is_same = |intent: &SnapshotIntent| intent.serial == snapshot.serial && intent.verb == snapshot.verb;
        let intent = intent.filter(|intent| is_same(intent) && verbs.contains(&intent.verb));
        let record: Option<ShareSnapshot> = draft.get(&snapshot.key())?;
        Ok(if self.counts(draft)? { intent.zip(record) } else { None })
    }

    fn tell_of_snapshot(
        &mut self,
        draft: &mut Draft<'_>,
        snapshot: &ShareSnapshot,
        intent: &SnapshotIntent,
        action: Action,
        detail: Detail,
    ) -> Result<(), Error> {
        let (id, life) = (MessageId(self.draw()), Duration::from_secs(self.message_ttl));
        draft.put(&about_snapshot(snapshot, intent, (action, detail), id, self.now, life))
    }
}

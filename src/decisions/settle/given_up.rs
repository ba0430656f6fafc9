//! Removals that an administrator gave up while a call of theirs was on the wire, and that happened all the same.
//!
//! Such an outcome comes for an intent that is gone, and counts nevertheless: it is what is true. How to get it wrong: to
//! drop it, which leaves a share available that has no volume; or to believe it where another removal is owed by now,
//! which looks for itself.

use manilad_domain::intent::Verb;
use manilad_domain::message::{Action, Detail};
use manilad_domain::share_server::{ServerVerb, allocation};
use manilad_domain::status::{ServerStatus, Status};
use manilad_domain::{Allocation, Intent, Record, ServerIntent, Share, ShareServer};
use manilad_store::{Draft, Error, Range};

use super::{Next, Settling, change};

impl Settling {
    /// The instance is in error, and can't be mounted anywhere.
    pub(super) fn removed_all_the_same(&mut self, draft: &mut Draft<'_>, seen: &Intent) -> Result<Next, Error> {
        let owed: Option<Intent> = draft.get(&seen.key())?;
        let share: Option<Share> = draft.get(&seen.share.to_string())?;
        let share = share.filter(|share| share.instance(seen.instance).is_some());
        let is_other_work_owed = owed.as_ref().is_some_and(|owed| owed.verb != Verb::Export);
        let Some(mut share) = share.filter(|_| !is_other_work_owed) else { return Ok(Next::Stale) };
        if !self.counts(draft)? {
            return Ok(Next::Stale);
        }
        if let Some(export) = owed {
            draft.remove(&export)?;
        }
        let now = self.now;
        change(&mut share, seen.instance, |instance| {
            instance.status = Status::Error;
            instance.exports = Vec::new();
            instance.former_exports = Vec::new();
            instance.updated_at = Some(now);
        });
        draft.put(&share)?;
        self.tell(draft, seen, &share, Action::Delete, Detail::RemovedAllTheSame)?;
        Ok(Next::RemovedAllTheSame)
    }

    /// The server is in error, and gets no more shares. `has_addresses` unless they were given back as well.
    pub(super) fn torn_down_all_the_same(
        &self,
        draft: &mut Draft<'_>,
        seen: &ServerIntent,
        has_addresses: bool,
    ) -> Result<Next, Error> {
        let owed: Option<ServerIntent> = draft.get(&seen.key())?;
        let server: Option<ShareServer> = draft.get(&seen.server.to_string())?;
        let is_removal_owed = owed.as_ref().is_some_and(|owed| owed.verb == ServerVerb::TearDown);
        let Some(server) = server.filter(|_| !is_removal_owed) else { return Ok(Next::Stale) };
        if !self.counts(draft)? {
            return Ok(Next::Stale);
        }
        if let Some(change) = &owed {
            draft.remove(change)?;
        }
        if !has_addresses {
            let own: Vec<Allocation> = draft.scan(Range::of(allocation::BY_SERVER, [server.key()]))?;
            own.iter().try_for_each(|one| draft.remove(one))?;
        }
        let updated_at = Some(self.now);
        let server = ShareServer { status: ServerStatus::Error, is_off_array: true, updated_at, ..server };
        draft.put(&server)?;
        self.network_changed(draft, &server, owed.is_some())?;
        Ok(Next::RemovedAllTheSame)
    }

    /// The array does not have a server that shares were to be made on: it gets no more of them.
    pub(super) fn server_missing(&self, draft: &mut Draft<'_>, share: &Share, intent: &Intent) -> Result<(), Error> {
        let server = share.instance(intent.instance).and_then(|instance| instance.server);
        let server = server.map(|id| draft.get::<ShareServer>(&id.to_string())).transpose()?.flatten();
        match server.filter(|server| server.status == ServerStatus::Active) {
            Some(server) => {
                draft.put(&ShareServer { status: ServerStatus::Error, updated_at: Some(self.now), ..server })
            }
            None => Ok(()),
        }
    }
}

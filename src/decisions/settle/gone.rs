//! What goes: instances of which nothing is left, shares with their last live instance, work that is owed for nothing.
//!
//! How to get it wrong: to keep a share for an instance that is no part of it any more, or to forget such an instance
//! with the share.

use manilad_domain::hints::{self, Affinity};
use manilad_domain::intent::{Lane, Verb};
use manilad_domain::{
    DetachedInstance, Instance, Intent, Record, ServerIntent, Share, ShareServer, ShareServerId, ShareType,
};
use manilad_store::{Draft, Error};

use super::{Next, Settling};
use crate::access;

impl Settling {
    /// Nothing of the instance is left on the array. The share goes with its last live instance.
    pub fn deleted(mut self, draft: &mut Draft<'_>, seen: &Intent) -> Result<Next, Error> {
        if seen.verb != Verb::Delete {
            return Ok(Next::Stale);
        }
        let Some(intent) = self.owed(draft, seen)? else { return self.removed_all_the_same(draft, seen) };
        let Some(mut share) = draft.get::<Share>(&intent.share.to_string())? else {
            return self.detached_deleted(draft, &intent);
        };
        draft.remove(&intent)?;
        access::end(draft, intent.instance)?;
        let server = share.instance(intent.instance).and_then(|instance| instance.server);
        share.instances.retain(|instance| instance.id != intent.instance);
        if share.live().next().is_none() {
            self.forget(draft, &share, &intent)?;
        } else {
            draft.put(&share)?;
        }
        self.leave(draft, server, &intent)
    }

    /// The same of an instance whose share is gone.
    fn detached_deleted(&mut self, draft: &mut Draft<'_>, intent: &Intent) -> Result<Next, Error> {
        let detached: Option<DetachedInstance> = draft.get(&intent.instance.to_string())?;
        let Some(detached) = detached else { return Ok(Next::Stale) };
        draft.remove(intent)?;
        draft.remove(&detached)?;
        let server = detached.share.instances.first().and_then(|instance| instance.server);
        self.leave(draft, server, intent)
    }

    /// Whether the share of an instance is gone, and the instance is not.
    pub(super) fn is_detached(&self, draft: &Draft<'_>, intent: &Intent) -> Result<bool, Error> {
        Ok(draft.get::<DetachedInstance>(&intent.instance.to_string())?.is_some())
    }

    fn leave(&mut self, draft: &mut Draft<'_>, server: Option<ShareServerId>, intent: &Intent) -> Result<Next, Error> {
        match server {
            Some(server) => self.left(draft, server, &intent.request_id),
            None => Ok(Next::NOBODY),
        }
    }

    /// Removes a share that lives nowhere, with its rules, and lets its neighbours forget it. The instances that are left
    /// were refused, and go at their own pace.
    fn forget(&self, draft: &mut Draft<'_>, share: &Share, cause: &Intent) -> Result<(), Error> {
        for rule in access::rules_of(draft, share)? {
            draft.remove(&rule)?;
        }
        for id in hints::remembered(&share.metadata) {
            let Some(mut neighbour) = draft.get::<Share>(&id.to_string())? else { continue };
            Affinity::ALL.into_iter().for_each(|affinity| affinity.forget(&mut neighbour.metadata, share.id));
            draft.put(&neighbour)?;
        }
        let share_type = share.type_id.map(|id| draft.get::<ShareType>(&id.to_string())).transpose()?.flatten();
        for detached in share.detached(share_type.as_ref()) {
            draft.put(&detached)?;
        }
        for instance in &share.instances {
            self.owe_removal(draft, instance, cause)?;
        }
        draft.remove(share)
    }

    /// Owes the removal of an instance, unless it is owed already.
    fn owe_removal(&self, draft: &mut Draft<'_>, instance: &Instance, cause: &Intent) -> Result<(), Error> {
        let owed: Option<Intent> = draft.get(&Intent::key_of(instance.id, Lane::Life))?;
        let intent = Intent {
            instance: instance.id,
            verb: Verb::Delete,
            serial: draft.next_serial()?,
            service: instance.pool.as_ref().map(manilad_domain::PoolName::service),
            spent_seconds: 0,
            created_at: self.now,
            ..cause.clone()
        };
        access::end(draft, intent.instance)?;
        if owed.is_none_or(|owed| owed.verb != Verb::Delete) {
            draft.put(&intent)?;
        }
        Ok(())
    }

    /// Forgets work that is owed for what does not exist any more.
    pub fn moot(self, draft: &mut Draft<'_>, seen: &Intent) -> Result<Next, Error> {
        let intent: Option<Intent> = draft.get(&seen.key())?;
        let share: Option<Share> = draft.get(&seen.share.to_string())?;
        let detached: Option<DetachedInstance> = draft.get(&seen.instance.to_string())?;
        let is_held = share.is_some_and(|share| share.instance(seen.instance).is_some());
        let exists = is_held || detached.is_some();
        match intent.filter(|intent| intent.serial == seen.serial && !exists) {
            Some(intent) => draft.remove(&intent).map(|()| Next::NOBODY),
            None => Ok(Next::Stale),
        }
    }

    /// The same for a share server.
    pub fn server_moot(self, draft: &mut Draft<'_>, seen: &ServerIntent) -> Result<Next, Error> {
        let intent: Option<ServerIntent> = draft.get(&seen.key())?;
        let exists = draft.get::<ShareServer>(&seen.server.to_string())?.is_some();
        match intent.filter(|intent| intent.serial == seen.serial && !exists) {
            Some(intent) => draft.remove(&intent).map(|()| Next::NOBODY),
            None => Ok(Next::Stale),
        }
    }
}

//! What goes: instances of which nothing is left, shares with their last live instance, work that is owed for nothing.
//!
//! How to get it wrong: to keep a share for an instance that is no part of it any more, or to forget such an instance
//! with the share.

use manilad_domain::hints::{self, Affinity};
use manilad_domain::intent::{Lane, Verb};
use manilad_domain::{DetachedInstance, Instance, Intent, Record, ServerIntent, Share, ShareServer, ShareType};
use manilad_store::{Draft, Error};

use super::{Next, Outcome, Settling, access};

impl Settling {
    pub(super) fn deleted(&mut self, draft: &mut Draft<'_>, intent: &Intent, mut share: Share) -> Result<Next, Error> {
        draft.remove(intent)?;
        end_access(draft, intent)?;
        let server = share.instance(intent.instance).and_then(|instance| instance.server);
        share.instances.retain(|instance| instance.id != intent.instance);
        if share.live().next().is_none() {
            self.forget(draft, &share, intent)?;
        } else {
            draft.put(&share)?;
        }
        match server {
            Some(server) => self.left(draft, server, &intent.request_id),
            None => Ok(Next::Nobody),
        }
    }

    /// What came of work on an instance whose share is gone. Its removal goes on until the array has let go of it.
    pub(super) fn of_detached(
        &mut self,
        draft: &mut Draft<'_>,
        intent: Intent,
        outcome: &Outcome,
    ) -> Result<Next, Error> {
        let detached: Option<DetachedInstance> = draft.get(&intent.instance.to_string())?;
        let Some(detached) = detached else { return Ok(Next::Stale) };
        match outcome {
            Outcome::Deleted => {
                draft.remove(&intent)?;
                draft.remove(&detached)?;
                match detached.share.instances.first().and_then(|instance| instance.server) {
                    Some(server) => self.left(draft, server, &intent.request_id),
                    None => Ok(Next::Nobody),
                }
            }
            Outcome::Postponed { spent_seconds } => {
                draft.put(&Intent { spent_seconds: intent.spent_seconds + spent_seconds, ..intent })?;
                Ok(Next::Nobody)
            }
            Outcome::Failed(_) => Ok(Next::Nobody),
            _ => Ok(Next::Misfit),
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
        end_access(draft, &intent)?;
        if owed.is_none_or(|owed| owed.verb != Verb::Delete) {
            draft.put(&intent)?;
        }
        Ok(())
    }

    /// Forgets work that is owed for what does not exist any more.
    pub(super) fn moot(&mut self, draft: &mut Draft<'_>, seen: &Intent) -> Result<Next, Error> {
        let intent: Option<Intent> = draft.get(&seen.key())?;
        let share: Option<Share> = draft.get(&seen.share.to_string())?;
        let detached: Option<DetachedInstance> = draft.get(&seen.instance.to_string())?;
        let is_held = share.is_some_and(|share| share.instance(seen.instance).is_some());
        let exists = is_held || detached.is_some();
        match intent.filter(|intent| intent.serial == seen.serial && !exists) {
            Some(intent) => draft.remove(&intent).map(|()| Next::Nobody),
            None => Ok(Next::Stale),
        }
    }

    /// The same for a share server.
    pub(super) fn server_moot(&mut self, draft: &mut Draft<'_>, seen: &ServerIntent) -> Result<Next, Error> {
        let intent: Option<ServerIntent> = draft.get(&seen.key())?;
        let exists = draft.get::<ShareServer>(&seen.server.to_string())?.is_some();
        match intent.filter(|intent| intent.serial == seen.serial && !exists) {
            Some(intent) => draft.remove(&intent).map(|()| Next::Nobody),
            None => Ok(Next::Stale),
        }
    }
}

/// Gives up work on the rules of an instance that goes.
fn end_access(draft: &mut Draft<'_>, intent: &Intent) -> Result<(), Error> {
    match draft.get::<Intent>(&Intent::key_of(intent.instance, Lane::Access))? {
        Some(open) => draft.remove(&open),
        None => Ok(()),
    }
}

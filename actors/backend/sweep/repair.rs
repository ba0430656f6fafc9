//! Owing the array the rules that it should enforce: the decision, and nothing else.
//!
//! The work is an ordinary intent of the access lane, and what explains it is `syncing` of the instance. Rules stay
//! `active`: they are what is wanted, and a repair that fails must not turn them into errors, which would take them
//! off the array at the next change. How to get it wrong: repairing what was changed since it was looked at.

use manilad_domain::access::{self, AccessRule};
use manilad_domain::intent::{Cause, Lane, Verb};
use manilad_domain::service::Incarnation;
use manilad_domain::status::{RulesStatus, Status};
use manilad_domain::{InstanceId, Intent, Record, Share, ShareId, Stamp};
use manilad_store::{Draft, Error, Range};

/// An instance whose rules differ on the array.
#[derive(Debug, Clone)]
pub struct Drifted {
    pub share: ShareId,
    pub instance: InstanceId,
    /// The rules as they were when this was found.
    pub rules: Vec<AccessRule>,
    /// Under which the repair is logged.
    pub request_id: String,
}

/// Who repairs, and when.
#[derive(Debug, Clone)]
pub struct Repair {
    /// `host@backend`
    pub service: String,
    pub epoch: u64,
    pub now: Stamp,
}

impl Repair {
    /// Returns what is owed now, with the serials of the intents; nothing where the incarnation was replaced.
    pub fn decide(self, draft: &mut Draft<'_>, drifted: &[Drifted]) -> Result<Vec<(InstanceId, u64)>, Error> {
        let mut owed = Vec::new();
        let epoch = draft.get::<Incarnation>(&self.service)?.map_or(0, |incarnation| incarnation.epoch);
        if epoch != self.epoch {
            return Ok(owed);
        }
        for one in drifted {
            let Some(mut share) = self.as_it_was(draft, one)? else { continue };
            let serial = draft.next_serial()?;
            let cause = Cause { request_id: one.request_id.clone(), now: self.now };
            if let Some(instance) = share.instance(one.instance) {
                draft.put(&Intent::new(&share, instance, Verb::Access, serial, &cause))?;
            }
            if let Some(instance) = share.instance_mut(one.instance) {
                instance.rules_status = RulesStatus::Syncing;
            }
            draft.put(&share)?;
            owed.push((one.instance, serial));
        }
        Ok(owed)
    }

    /// The share, if nothing has come between.
    fn as_it_was(&self, draft: &Draft<'_>, seen: &Drifted) -> Result<Option<Share>, Error> {
        let Some(share) = draft.get::<Share>(&seen.share.to_string())? else { return Ok(None) };
        for lane in [Lane::Life, Lane::Access] {
            if draft.get::<Intent>(&Intent::key_of(seen.instance, lane))?.is_some() {
                return Ok(None);
            }
        }
        let is_served = share.instance(seen.instance).is_some_and(|one| one.status == Status::Available);
        let rules: Vec<AccessRule> = draft.scan(Range::of(access::BY_SHARE, [share.key()]))?;
        Ok(Some(share).filter(|_| is_served && rules == seen.rules))
    }
}

//! What a sweep owes: the array the rules that it should enforce, and instances the paths by which they can be mounted.
//!
//! The work is an ordinary intent that looks again when it is taken up, so what is recorded in the end is what is true then.
//! What explains an intent of the access lane is `syncing` of the instance. Rules stay `active`: they are what is wanted,
//! and a repair that fails must not turn them into errors, which would take them off the array at the next change. How to
//! get it wrong: repairing what was changed since it was looked at; or writing the paths that the survey saw, which is
//! minutes old by the time its pages are through.

use manilad_domain::access::{self, AccessRule};
use manilad_domain::intent::{Cause, Lane, Verb};
use manilad_domain::status::RulesStatus;
use manilad_domain::{InstanceId, Intent, Record, Share, ShareId, Stamp};
use manilad_store::{Draft, Error, Range};

use crate::epoch;

/// Who sweeps, and when.
#[derive(Debug, Clone)]
pub struct Sweeping {
    /// `host@backend`
    pub service: String,
    pub epoch: u64,
    pub now: Stamp,
}

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

/// An instance whose paths are others than those recorded.
#[derive(Debug, Clone)]
pub struct Moved {
    pub share: ShareId,
    pub instance: InstanceId,
    /// Under which the work is logged.
    pub request_id: String,
}

impl Sweeping {
    /// Owes the array the rules of what has drifted. Returns what is owed now, with the serials of the intents; nothing
    /// where the incarnation was replaced.
    pub fn repair(self, draft: &mut Draft<'_>, drifted: &[Drifted]) -> Result<Vec<(InstanceId, u64)>, Error> {
        let mut owed = Vec::new();
        if !epoch::holds(draft, &self.service, self.epoch)? {
            return Ok(owed);
        }
        for one in drifted {
            let Some(mut share) = as_it_was(draft, one)? else { continue };
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

    /// Owes those that are still served, and have no open work, a look at their paths; how many. None where the incarnation
    /// was replaced.
    pub fn follow(self, draft: &mut Draft<'_>, moved: &[Moved]) -> Result<usize, Error> {
        let mut owed = 0;
        if !epoch::holds(draft, &self.service, self.epoch)? {
            return Ok(owed);
        }
        for one in moved {
            let Some(share) = draft.get::<Share>(&one.share.to_string())? else { continue };
            let served = share.instance(one.instance).filter(|instance| instance.status.is_swept());
            let Some(instance) = served else { continue };
            if draft.get::<Intent>(&Intent::key_of(one.instance, Lane::Life))?.is_some() {
                continue;
            }
            let serial = draft.next_serial()?;
            let cause = Cause { request_id: one.request_id.clone(), now: self.now };
            draft.put(&Intent::new(&share, instance, Verb::Export, serial, &cause))?;
            owed += 1;
        }
        Ok(owed)
    }
}

/// The share, if nothing has come between.
fn as_it_was(draft: &Draft<'_>, drifted: &Drifted) -> Result<Option<Share>, Error> {
    let Some(share) = draft.get::<Share>(&drifted.share.to_string())? else { return Ok(None) };
    for lane in [Lane::Life, Lane::Access] {
        if draft.get::<Intent>(&Intent::key_of(drifted.instance, lane))?.is_some() {
            return Ok(None);
        }
    }
    let is_served = share.instance(drifted.instance).is_some_and(|one| one.status.is_swept());
    let rules: Vec<AccessRule> = draft.scan(Range::of(access::BY_SHARE, [share.key()]))?;
    Ok(Some(share).filter(|_| is_served && rules == drifted.rules))
}

//! Owing instances the paths under which they can be mounted by now: the decision, and nothing else.
//!
//! The work is an ordinary intent that looks again when it is taken up, so what is recorded in the end is what is true then.
//! How to get it wrong: to write what the survey saw, which is minutes old by the time its pages are through.

use manilad_domain::intent::{Cause, Lane, Verb};
use manilad_domain::outcome::Export;
use manilad_domain::service::Incarnation;
use manilad_domain::share::ExportLocation;
use manilad_domain::status::Status;
use manilad_domain::{InstanceId, Intent, Share, ShareId};
use manilad_store::{Draft, Error};

use super::repair::Repair;

/// An instance whose paths are others than those recorded.
#[derive(Debug, Clone)]
pub struct Moved {
    pub share: ShareId,
    pub instance: InstanceId,
    /// Under which the work is logged.
    pub request_id: String,
}

/// Whether what is recorded says the same as what was seen, in whatever order.
pub fn is_same(recorded: &[ExportLocation], seen: &[Export]) -> bool {
    let says = |one: &ExportLocation, other: &Export| {
        one.path == other.path && one.preferred == other.preferred && one.is_admin_only == other.is_admin_only
    };
    recorded.len() == seen.len() && recorded.iter().all(|one| seen.iter().any(|other| says(one, other)))
}

/// Owes those that are still served, and have no open work, a look at their paths; how many. None where the incarnation was
/// replaced.
pub fn owe(by: &Repair, draft: &mut Draft<'_>, moved: &[Moved]) -> Result<usize, Error> {
    let mut owed = 0;
    let epoch = draft.get::<Incarnation>(&by.service)?.map_or(0, |incarnation| incarnation.epoch);
    if epoch != by.epoch {
        return Ok(owed);
    }
    for one in moved {
        let Some(share) = draft.get::<Share>(&one.share.to_string())? else { continue };
        let served = share.instance(one.instance).filter(|instance| instance.status == Status::Available);
        let Some(instance) = served else { continue };
        if draft.get::<Intent>(&Intent::key_of(one.instance, Lane::Life))?.is_some() {
            continue;
        }
        let serial = draft.next_serial()?;
        let cause = Cause { request_id: one.request_id.clone(), now: by.now };
        draft.put(&Intent::new(&share, instance, Verb::Export, serial, &cause))?;
        owed += 1;
    }
    Ok(owed)
}

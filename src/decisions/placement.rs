//! What a placement changes in the store: a pure decision, judged on the newest state.
//!
//! Between the look and the commit the share may be gone, its intent superseded, a neighbour moved in where the share was to go,
//! or its room promised to others; then there is nothing to do, or it is looked at again. How to get it wrong: to change a share whose intent
//! has another serial or verb than the one that was looked at.

use manilad_domain::intent::Verb;
use manilad_domain::message::UserMessage;
use manilad_domain::neighbours::first_admitted;
use manilad_domain::pool::Ceiling;
use manilad_domain::status::Status;
use manilad_domain::{Intent, PoolName, Record, Share, ShareId, ShareServerId, ShareSnapshot, Stamp};
use manilad_store::{Draft, Error};

use crate::judged_room;

/// How one intent to place is settled.
#[derive(Debug, Clone, PartialEq)]
pub struct Settlement {
    /// As it was looked at, with its hints as the scheduler's filters heed them.
    pub intent: Intent,
    pub end: End,
    pub now: Stamp,
}

#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// To be created on the first pool, or else on the next.
    On { pool: PoolName, zone: String, candidates: Vec<PoolName>, ceiling: Ceiling },
    /// The share comes to nothing, and its owner is told why.
    Refused(UserMessage),
    /// The share or the instance was gone when it was looked at.
    Void,
}

/// Whether the instance is where it was to go already: a commit that was given up has landed.
fn is_there(draft: &Draft<'_>, intent: &Intent, end: &End) -> Result<bool, Error> {
    let End::On { pool, .. } = end else { return Ok(false) };
    let share = draft.get::<Share>(&intent.share.to_string())?;
    let instance = share.as_ref().and_then(|share| share.instance(intent.instance));
    Ok(instance.is_some_and(|instance| instance.pool.as_ref() == Some(pool)))
}

/// What serves the share of a snapshot serves what begins with that, in whichever pool.
fn server_of_parent(draft: &Draft<'_>, share: &Share) -> Result<Option<ShareServerId>, Error> {
    let Some(id) = share.snapshot_id else { return Ok(None) };
    let Some(snapshot) = draft.get::<ShareSnapshot>(&id.to_string())? else { return Ok(None) };
    let parent = draft.get::<Share>(&snapshot.share_id.to_string())?;
    Ok(parent.and_then(|parent| parent.instance(snapshot.share_instance)?.server))
}

impl Settlement {
    /// Where this settlement sends the share, if it is about that one.
    pub fn bound_for(&self, share: ShareId) -> Option<PoolName> {
        match &self.end {
            End::On { pool, .. } if self.intent.share == share => Some(pool.clone()),
            _ => None,
        }
    }

    /// Places the share, or refuses it; `false` where the intent is no longer the one that was looked at, or the pool no
    /// longer one that the share's neighbours and what is promised there leave it. Where the instance is on the pool by now, that is as good.
    ///
    /// # Errors
    /// What reading or drafting met with.
    pub fn decide(self, draft: &mut Draft<'_>) -> Result<bool, Error> {
        let Settlement { intent, end, now } = self;
        let is_owed = |found: &Intent| found.serial == intent.serial && found.verb == Verb::Place;
        // As the filters heed them: what is checked here is what they checked.
        let hints = intent.hints.clone();
        let Some(intent) = draft.get::<Intent>(&intent.key())?.filter(is_owed) else {
            return is_there(draft, &intent, &end);
        };
        let mut share = draft.get::<Share>(&intent.share.to_string())?;
        let Some((share, position)) = share.as_mut().and_then(|share| {
            let position = share.instances.iter().position(|instance| instance.id == intent.instance)?;
            Some((share, position))
        }) else {
            draft.remove(&intent)?;
            return Ok(true);
        };
        if let End::On { pool, ceiling, .. } = &end {
            if judged_room::is_outdated(draft, pool, *ceiling)? {
                return Ok(false);
            }
            let look = |id: ShareId| draft.get::<Share>(&id.to_string());
            if first_admitted(share, &hints, std::slice::from_ref(pool), look)?.is_none() {
                return Ok(false);
            }
        }
        let of_parent = server_of_parent(draft, share)?;
        let instance = &mut share.instances[position];
        instance.updated_at = Some(now);
        match end {
            End::On { pool, zone, candidates, ceiling: _ } => {
                let service = Some(pool.service());
                instance.pool = Some(pool);
                instance.availability_zone = Some(zone);
                instance.server = of_parent.filter(|_| instance.network.is_some());
                // A new serial: by that its back end finds it.
                let (serial, attempt) = (draft.next_serial()?, intent.attempt + 1);
                draft.put(&Intent { verb: Verb::Create, serial, service, candidates, attempt, hints, ..intent })?;
            }
            End::Refused(message) => {
                instance.status = Status::Error;
                draft.put(&message)?;
                draft.remove(&intent)?;
            }
            End::Void => return Ok(false),
        }
        draft.put(share)?;
        Ok(true)
    }
}

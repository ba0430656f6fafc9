//! Giving a share back.
//!
//! A delete supersedes whatever is owed for the share's instances: what a creation half made is found by its name and
//! removed. An instance that was never placed has nothing anywhere and goes at once. One that its back end refused goes
//! already, and the share does not wait for it.

use manilad_decisions::Owed;
use manilad_domain::access::{self, AccessRule};
use manilad_domain::hints::{self, Affinity};
use manilad_domain::intent::{Cause, Lane, Verb};
use manilad_domain::status::Status;
use manilad_domain::{Fault, Instance, Intent, Record, Share, ShareType};
use manilad_store::{Draft, Range};

use super::body::ForceDelete;
use crate::call::Call;

pub async fn delete(call: Call) -> Result<(), Fault> {
    remove(call, "share:delete", true).await
}

pub async fn force_delete(call: Call, _: ForceDelete) -> Result<(), Fault> {
    remove(call, "share:force_delete", false).await
}

async fn remove(call: Call, rule: &'static str, checks_status: bool) -> Result<(), Fault> {
    let id = call.share_for(rule, call.param("id"))?.id.to_string();
    let cause = call.cause();
    call.decide_freeing("delete share", move |draft| {
        let share: Share = draft.get(&id)?.ok_or_else(|| Fault::no_such("share", &id))?;
        let status = share.status();
        if checks_status && !status.is_deletable() {
            return Err(Fault::forbidden(format!(
                "A share can be deleted when it is available, inactive or in error; this one is {status}."
            )));
        }
        Ok(((), owe_removal(draft, share, |_| true, &cause)?))
    })
    .await
}

/// Marks the instances that `goes` names as going, and owes their removal. A share without live instances goes at once.
///
/// # Errors
/// Internal when the store can't be read.
pub fn owe_removal(
    draft: &mut Draft<'_>,
    mut share: Share,
    goes: impl Fn(&Instance) -> bool,
    cause: &Cause,
) -> Result<Vec<Owed>, Fault> {
    let mut owed = Vec::new();
    let instances = std::mem::take(&mut share.instances);
    for instance in instances {
        if !goes(&instance) {
            share.instances.push(instance);
            continue;
        }
        let is_going = instance.superseded && owes_removal(draft, &instance)?;
        for lane in [Lane::Life, Lane::Access] {
            if is_going && lane == Lane::Life {
                continue;
            }
            let key = Intent::key_of(instance.id, lane);
            if let Some(open) = draft.get::<Intent>(&key)? {
                draft.remove(&open)?;
            }
        }
        let Some(pool) = instance.pool.clone() else { continue };
        if is_going {
            share.instances.push(instance);
            continue;
        }
        let intent = Intent::new(&share, &instance, Verb::Delete, draft.next_serial()?, cause);
        draft.put(&intent)?;
        owed.push(Owed::Backend(pool.service()));
        share.instances.push(Instance { status: Status::Deleting, updated_at: Some(cause.now), ..instance });
    }
    if share.live().next().is_none() {
        forget(draft, &share)?;
    } else {
        draft.put(&share)?;
    }
    Ok(owed)
}

fn owes_removal(draft: &Draft<'_>, instance: &Instance) -> Result<bool, Fault> {
    let owed: Option<Intent> = draft.get(&Intent::key_of(instance.id, Lane::Life))?;
    Ok(owed.is_some_and(|intent| intent.verb == Verb::Delete))
}

/// Removes the record of a share that lives nowhere, and its rules, and lets its neighbours forget it. What a back end has
/// still to let go of is kept apart.
fn forget(draft: &mut Draft<'_>, share: &Share) -> Result<(), Fault> {
    let rules: Vec<AccessRule> = draft.scan(Range::of(access::BY_SHARE, [share.key()]).limit(usize::MAX))?;
    for rule in &rules {
        draft.remove(rule)?;
    }
    for id in hints::remembered(&share.metadata) {
        let Some(mut neighbour) = draft.get::<Share>(&id.to_string())? else { continue };
        Affinity::ALL.into_iter().for_each(|affinity| affinity.forget(&mut neighbour.metadata, share.id));
        draft.put(&neighbour)?;
    }
    let share_type =
        share.type_id.map(|id| draft.get::<ShareType>(&id.to_string()).map_err(Fault::from)).transpose()?;
    for detached in share.detached(share_type.flatten().as_ref()) {
        draft.put(&detached)?;
    }
    // The stored value, not the emptied one: its rows and charges must go with it.
    if let Some(stored) = draft.get::<Share>(&share.key())? {
        draft.remove(&stored)?;
    }
    Ok(())
}

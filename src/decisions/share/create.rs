//! Asking for a share, and what came of it on the array.
//!
//! Everything that can be refused at once is refused here; where the share will live is the scheduler's business, after
//! the answer. How to get it wrong: to leave the successor of an instance that was refused without its candidates.

use manilad_domain::hints::{Affinity, Hints};
use manilad_domain::intent::{Cause, Verb};
use manilad_domain::message::Action as MessageAction;
use manilad_domain::outcome::{Created, Export, Remedy, Trouble};
use manilad_domain::status::Status;
use manilad_domain::{Fault, Instance, InstanceId, Intent, PoolName, Record, Share, ShareType};
use manilad_store::{Draft, Error};

use super::asked::{Context, NewShare};
use super::basis::Basis;
use crate::settle::{Next, Settling, change};
use crate::{Decided, Owed, encryption_key, quota};

/// Records a new share, and owes that it is placed; one that begins with a snapshot is made where that is, unless it is to be placed.
///
/// # Errors
/// As [`Basis::read`]; over limit beyond the quota; missing for a neighbour that has gone.
pub fn create(
    draft: &mut Draft<'_>,
    asked: NewShare,
    context: &Context<'_>,
    cause: &Cause,
) -> Decided<(Share, Option<ShareType>)> {
    let basis = Basis::read(draft, &asked, context)?;
    let hints = asked.hints.clone();
    let mut share = new_share(asked, &basis, context.places_clones, cause);
    let quota = quota::of(draft, context.limits, &share.project_id, &share.user_id, share.type_id)?;
    quota.admit_size(share.size)?;
    let key_use = encryption_key::first_use(draft, &share, cause.now)?;
    let charges = [share.charges(), key_use.iter().flat_map(Record::charges).collect()].concat();
    quota.admit(&draft.usage(&share.project_id)?, &charges)?;
    make_neighbours(draft, &mut share, &hints, context)?;
    let hints = hints.without_neighbours();
    let mut owing = Vec::new();
    for instance in &share.instances {
        let service = instance.pool.as_ref().map(PoolName::service);
        let verb = if service.is_some() { Verb::Create } else { Verb::Place };
        let owed = Intent::new(&share, instance, verb, draft.next_serial()?, cause);
        draft.put(&Intent { hints: hints.clone(), ..owed })?;
        owing.push(service.map_or(Owed::Scheduler, Owed::Backend));
    }
    if let Some(key_use) = &key_use {
        draft.put(key_use)?;
    }
    draft.put(&share)?;
    Ok(((share, basis.share_type), owing))
}

/// The share that is asked for, with one instance, which has no place yet unless it begins with a snapshot and is not to be placed.
fn new_share(asked: NewShare, basis: &Basis, is_placed: bool, cause: &Cause) -> Share {
    let network = basis.network.as_ref().map(|network| network.id);
    let instance = Instance::creating(asked.instance, asked.zone.map(|zone| zone.name), cause.now);
    let instance = match basis.parent.as_ref().filter(|_| !is_placed).map(|parent| &parent.instance) {
        Some(parent) => Instance {
            pool: parent.pool.clone(),
            server: parent.server,
            availability_zone: parent.availability_zone.clone(),
            ..instance
        },
        None => instance,
    };
    Share {
        id: asked.id,
        project_id: asked.project_id,
        user_id: asked.user_id,
        name: asked.name,
        description: asked.description,
        protocol: asked.protocol,
        size: basis.size,
        is_public: asked.is_public,
        metadata: asked.metadata,
        type_id: basis.share_type.as_ref().map(|one| one.id),
        qos_type_id: basis.qos_type.as_ref().map(|one| one.id),
        abilities: basis.share_type.as_ref().map(ShareType::abilities).unwrap_or_default(),
        mount_point_name: basis.mount_point_name.clone(),
        encryption_key: basis.encryption_key,
        snapshot_id: basis.parent.as_ref().map(|parent| parent.snapshot.id),
        task_state: None,
        scheduled_to_be_deleted_at: None,
        created_at: cause.now,
        updated_at: None,
        instances: vec![Instance { network, ..instance }],
    }
}

/// Lets a new share remember its neighbours, and those of its own project remember it. Another project's share is named
/// and never written to: it belongs to others, and what it remembers would grow by the wishes of strangers.
fn make_neighbours(
    draft: &mut Draft<'_>,
    share: &mut Share,
    hints: &Hints,
    context: &Context<'_>,
) -> Result<(), Fault> {
    for affinity in Affinity::ALL {
        for id in hints.neighbours(affinity) {
            let neighbour: Option<Share> = draft.get(&id.to_string())?;
            let visible = neighbour.filter(|neighbour| (context.sees_share)(neighbour));
            let mut neighbour = visible.ok_or_else(|| Fault::no_such("share", id))?;
            affinity.remember(&mut share.metadata, *id)?;
            if neighbour.project_id == share.project_id {
                affinity.remember(&mut neighbour.metadata, share.id)?;
                draft.put(&neighbour)?;
            }
        }
    }
    Ok(())
}

impl Settling {
    /// The instance is on the array, or is on its way to its pool there.
    pub fn created(self, draft: &mut Draft<'_>, snapshot: &Intent, created: Created) -> Result<Next, Error> {
        let Some((intent, share)) = self.open(draft, snapshot, Verb::Create)? else { return Ok(Next::Stale) };
        match created.is_elsewhere {
            true => self.owe_relocation(draft, &intent, share),
            false => self.serve_created(draft, &intent, share, created.exports),
        }
    }

    /// The instance has come to its own pool.
    pub fn relocated(self, draft: &mut Draft<'_>, snapshot: &Intent, exports: Vec<Export>) -> Result<Next, Error> {
        let Some((intent, share)) = self.open(draft, snapshot, Verb::Relocate)? else { return Ok(Next::Stale) };
        self.serve_created(draft, &intent, share, exports)
    }

    /// The array has still to bring it to its pool, which may take hours.
    fn owe_relocation(self, draft: &mut Draft<'_>, intent: &Intent, mut share: Share) -> Result<Next, Error> {
        let now = self.now;
        change(&mut share, intent.instance, |instance| {
            instance.status = Status::CreatingFromSnapshot;
            instance.progress = Some(0);
            instance.updated_at = Some(now);
        });
        let serial = draft.next_serial()?;
        let candidates = Vec::new();
        // Same lane, same key: this replaces the intent to create it.
        draft.put(&Intent { verb: Verb::Relocate, serial, candidates, spent_seconds: 0, ..intent.clone() })?;
        draft.put(&share)?;
        self.note(draft, intent)?;
        Ok(self.again())
    }

    fn serve_created(
        mut self,
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
        self.note(draft, intent)?;
        Ok(Next::NOBODY)
    }

    /// The next candidate gets an instance of its own, with a new id and so new names; the refused one leaves the
    /// main instance and goes by itself, so a back end that is away holds nobody up. The candidates are as old as
    /// the placement, so the scheduler chooses among them by what it knows now (`actors/scheduler/next_candidate.rs`).
    pub(crate) fn create_failed(
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
            self.tell(draft, intent, MessageAction::Create, trouble.detail)?;
            return Ok(Next::NOBODY);
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
        Ok(Next::Settled([Owed::Scheduler].into_iter().chain(refused_on.map(Owed::Backend)).collect()))
    }
}

#[cfg(test)]
mod tests {
    use manilad_domain::service::Incarnation;
    use manilad_store::Store;

    use super::*;
    use crate::share::samples::{cause, decide, instance, settling, share, store};

    /// What the only share and its only intent tell: status, progress, verb and seconds.
    fn seen(store: &Store) -> (Status, Option<u8>, Vec<(Verb, u64)>) {
        let shares: Vec<Share> = store.all().unwrap();
        let intents: Vec<Intent> = store.all().unwrap();
        let one = &shares[0].instances[0];
        (one.status, one.progress, intents.iter().map(|intent| (intent.verb, intent.spent_seconds)).collect())
    }

    #[test]
    fn a_share_on_its_way_to_another_pool_gets_its_time_back_when_it_comes_further_and_not_before() {
        let store = store();
        let of = share(vec![Instance { pool: Some("h@b#two".parse().unwrap()), ..instance(1) }]);
        decide(&store, move |draft| {
            let intent = Intent::new(&of, &of.instances[0], Verb::Create, draft.next_serial()?, &cause());
            draft.put(&Incarnation { service: "h@b".into(), epoch: 1 })?;
            draft.put(&intent)?;
            Ok(draft.put(&of)?)
        })
        .unwrap();
        let owed = || store.all::<Intent>().unwrap().remove(0);
        let create = owed();
        let created = Created { exports: Vec::new(), is_elsewhere: true };
        decide(&store, move |draft| Ok(settling().created(draft, &create, created)?)).unwrap();
        assert_eq!(seen(&store), (Status::CreatingFromSnapshot, Some(0), vec![(Verb::Relocate, 0)]));
        for (seconds, percent, progress, spent) in
            [(50, None, 0, 50), (0, Some(0), 0, 50), (0, Some(20), 20, 0), (30, None, 20, 30), (0, Some(10), 20, 30)]
        {
            let intent = owed();
            decide(&store, move |draft| Ok(settling().postponed(draft, &intent, seconds, percent)?)).unwrap();
            let expected = (Status::CreatingFromSnapshot, Some(progress), vec![(Verb::Relocate, spent)]);
            assert_eq!(seen(&store), expected, "after {seconds} s and {percent:?}");
        }
        let relocate = owed();
        decide(&store, move |draft| Ok(settling().relocated(draft, &relocate, Vec::new())?)).unwrap();
        assert_eq!(seen(&store), (Status::Available, Some(100), Vec::new()));
    }
}

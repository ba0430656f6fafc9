//! Removals that an administrator gave up while a call of theirs was on the wire, and that happened all the same.
//!
//! Such an outcome comes for an intent that is gone, and counts nevertheless: it is what is true. How to get it wrong: to
//! drop it, which leaves a share available that has no volume; or to believe it where another removal is owed by now,
//! which looks for itself.

use manilad_domain::intent::{Lane, Verb};
use manilad_domain::message::{Action, Detail};
use manilad_domain::outcome::Export;
use manilad_domain::status::{RulesStatus, Status};
use manilad_domain::{InstanceId, Intent, Record, Share};
use manilad_store::{Draft, Error};

use super::{Next, Settling, change};
use crate::{access, share_transfer};

impl Settling {
    /// What came of looking for an instance that is to be served again: where it can be mounted, or that it is gone. A removal
    /// may have taken away what its rules are enforced by, so they are owed anew.
    pub fn rescued(
        mut self,
        draft: &mut Draft<'_>,
        snapshot: &Intent,
        found: Option<Vec<Export>>,
    ) -> Result<Next, Error> {
        let Some((intent, mut share)) = self.open(draft, snapshot, Verb::Rescue)? else { return Ok(Next::Stale) };
        let Some(exports) = found else {
            self.lost(draft, &intent, share, Detail::VolumeAbsent)?;
            return Ok(Next::NOBODY);
        };
        self.serve(&mut share, intent.instance, exports);
        // It was found with its mark.
        change(&mut share, intent.instance, |instance| instance.may_be_let_go = false);
        draft.remove(&intent)?;
        self.note(draft, &intent)?;
        self.owe_rules_anew(draft, &intent, &mut share)?;
        draft.put(&share)?;
        Ok(self.again())
    }

    /// What the rules of the instance are enforced by may be new.
    pub(super) fn owe_rules_anew(
        &self,
        draft: &mut Draft<'_>,
        intent: &Intent,
        share: &mut Share,
    ) -> Result<(), Error> {
        let has_rules = !access::rules_of(draft, share)?.is_empty();
        // One that its back end had refused is no part of the share, whose rules say nothing about it.
        let is_part = share.live().any(|one| one.id == intent.instance);
        if has_rules && is_part && draft.get::<Intent>(&Intent::key_of(intent.instance, Lane::Access))?.is_none() {
            let (serial, cause) = (draft.next_serial()?, self.cause(&intent.request_id));
            if let Some(instance) = share.instance(intent.instance) {
                draft.put(&Intent::new(share, instance, Verb::Access, serial, &cause))?;
            }
            change(share, intent.instance, |instance| instance.rules_status = RulesStatus::Syncing);
        }
        Ok(())
    }

    /// The instance is in error, and can't be mounted anywhere; whoever owns the share is told why.
    pub(super) fn lost(
        &mut self,
        draft: &mut Draft<'_>,
        intent: &Intent,
        mut share: Share,
        detail: Detail,
    ) -> Result<(), Error> {
        self.unserve(&mut share, intent.instance);
        draft.remove(intent)?;
        draft.put(&share)?;
        self.tell(draft, intent, Action::Update, detail)
    }

    fn unserve(&self, share: &mut Share, instance: InstanceId) {
        let now = self.now;
        change(share, instance, |instance| {
            instance.status = Status::Error;
            instance.exports = Vec::new();
            instance.former_exports = Vec::new();
            instance.updated_at = Some(now);
        });
    }

    /// The instance is in error, and can't be mounted anywhere.
    pub(crate) fn removed_all_the_same(&mut self, draft: &mut Draft<'_>, snapshot: &Intent) -> Result<Next, Error> {
        let owed: Option<Intent> = draft.get(&snapshot.key())?;
        let share: Option<Share> = draft.get(&snapshot.share.to_string())?;
        let share = share.filter(|share| share.instance(snapshot.instance).is_some());
        let is_other_work_owed = owed.as_ref().is_some_and(|owed| !owed.verb.gives_way() && owed.verb != Verb::Rescue);
        let Some(mut share) = share.filter(|_| !is_other_work_owed) else { return Ok(Next::Stale) };
        if !self.counts(draft)? {
            return Ok(Next::Stale);
        }
        if let Some(look) = owed {
            draft.remove(&look)?;
        }
        self.unserve(&mut share, snapshot.instance);
        let owed = access::owe_what_waited(draft, &mut share, snapshot.instance, &self.cause(&snapshot.request_id))?;
        share_transfer::end_unless_awaited(draft, &share)?;
        draft.put(&share)?;
        self.tell(draft, snapshot, Action::Delete, Detail::RemovedAllTheSame)?;
        Ok(Next::RemovedAllTheSame(owed.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use manilad_domain::Instance;
    use manilad_domain::access::{AccessLevel, AccessRule, AccessType};
    use manilad_domain::intent::Verb;
    use manilad_domain::service::Incarnation;
    use manilad_domain::status::RuleState;
    use manilad_store::Store;

    use super::*;
    use crate::Owed;
    use crate::share::samples::{cause, decide, instance, now, settling, share, store};

    const SERVICE: &str = "h@b";

    fn placed(number: u128, status: Status) -> Instance {
        Instance { status, pool: Some("h@b#one".parse().unwrap()), ..instance(number) }
    }

    fn rule(share: &Share, state: RuleState) -> AccessRule {
        AccessRule {
            id: uuid::Uuid::from_u128(7).into(),
            share_id: share.id,
            kind: AccessType::Ip,
            to: "10.0.0.1".into(),
            level: AccessLevel::Rw,
            key: None,
            state,
            metadata: BTreeMap::new(),
            created_at: now(),
            updated_at: None,
        }
    }

    /// What is settled where a share with a rule is found.
    fn settled(
        store: &Store,
        share: Share,
        rule: AccessRule,
        settle: impl FnOnce(Settling, &mut Draft<'_>, &Share) -> Result<Next, Error> + Send + 'static,
    ) -> Next {
        let decision = move |draft: &mut Draft<'_>| {
            draft.put(&Incarnation { service: SERVICE.into(), epoch: 1 })?;
            draft.put(&share)?;
            draft.put(&rule)?;
            Ok(settle(settling(), draft, &share)?)
        };
        decide(store, decision).unwrap()
    }

    #[test]
    fn what_was_refused_by_its_back_end_is_found_again_and_the_rules_of_its_share_do_not_hang_on_it() {
        let refused = Instance { superseded: true, ..placed(2, Status::Available) };
        let (store, share) = (store(), share(vec![placed(1, Status::Available), refused]));
        let rule = rule(&share, RuleState::Active);
        let next = settled(&store, share, rule, |by, draft, share| {
            let rescue = Intent::new(share, &share.instances[1], Verb::Rescue, 1, &cause());
            draft.put(&rescue)?;
            by.rescued(draft, &rescue, Some(Vec::new()))
        });
        assert!(matches!(next, Next::Settled(_)), "{next:?}");
        assert_eq!(store.all::<Intent>().unwrap(), []);
        let left: Vec<Share> = store.all().unwrap();
        assert!(left[0].instances.iter().all(|one| one.rules_status == RulesStatus::Active), "{left:?}");
    }

    #[test]
    fn rules_that_wait_while_an_administrator_says_that_a_share_goes_are_owed_again_when_it_is_found_to_be_gone() {
        let instance = Instance { rules_status: RulesStatus::Syncing, ..placed(1, Status::Deleting) };
        let (store, share) = (store(), share(vec![instance]));
        let rule = rule(&share, RuleState::QueuedToApply);
        let next = settled(&store, share, rule, |by, draft, share| {
            by.deleted(draft, &Intent::new(share, &share.instances[0], Verb::Delete, 1, &cause()))
        });
        assert_eq!(next, Next::RemovedAllTheSame(vec![Owed::Backend(SERVICE.into())]));
        let owed: Vec<Verb> = store.all::<Intent>().unwrap().iter().map(|intent| intent.verb).collect();
        assert_eq!(owed, [Verb::Access]);
    }
}

//! What came of seeing to it that an instance is as it should be.
//!
//! How to get it wrong: to put in error what could not be mended. It may be back within minutes, and clients may use it all the while.
//! Or to believe a later try that the SMB share was there: an earlier one may have made it, and it lets nobody in.

use manilad_domain::intent::Verb;
use manilad_domain::outcome::{Ensured, Remedy};
use manilad_domain::share::Protocol;
use manilad_domain::status::Status;
use manilad_domain::{InstanceId, Intent, Share};
use manilad_store::{Draft, Error};

use super::{Next, Settling, change};
use crate::ensuring;

impl Settling {
    /// The instance is as it should be, as far as its array takes that.
    pub fn ensured(mut self, draft: &mut Draft<'_>, snapshot: &Intent, found: Ensured) -> Result<Next, Error> {
        let Some((intent, mut share)) = self.open(draft, snapshot, Verb::Ensure)? else { return Ok(Next::Stale) };
        self.serve(&mut share, intent.instance, found.exports);
        is_available_again(&mut share, intent.instance);
        draft.remove(&intent)?;
        self.note(draft, &intent)?;
        if found.owes_rules || share.protocol == Protocol::Cifs {
            self.owe_rules_anew(draft, &intent, &mut share)?;
        }
        draft.put(&share)?;
        Ok(self.again())
    }

    /// The instance is as it was, as far as anybody knows: of work that its status does not tell of.
    pub(super) fn left_as_before(
        &self,
        draft: &mut Draft<'_>,
        intent: &Intent,
        mut share: Share,
        remedy: Remedy,
    ) -> Result<Next, Error> {
        draft.remove(intent)?;
        if intent.verb != Verb::Ensure {
            return Ok(Next::NOBODY);
        }
        is_available_again(&mut share, intent.instance);
        self.note_given_up(draft, intent)?;
        if share.protocol == Protocol::Cifs {
            self.owe_rules_anew(draft, intent, &mut share)?;
        }
        draft.put(&share)?;
        if remedy.goes_on() {
            ensuring::leave_unfinished(draft, &self.service)?;
        }
        Ok(self.again())
    }
}

/// Where its status told that it was ensured.
fn is_available_again(share: &mut Share, instance: InstanceId) {
    change(share, instance, |instance| {
        if instance.status == Status::Ensuring {
            instance.status = Status::Available;
        }
    });
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use manilad_domain::access::{AccessLevel, AccessRule, AccessType};
    use manilad_domain::intent::Lane;
    use manilad_domain::outcome::Export;
    use manilad_domain::service::Incarnation;
    use manilad_domain::status::{RuleState, Status};
    use manilad_domain::{InFlight, Instance, Microversion, Record};
    use manilad_store::Store;

    use super::*;
    use crate::share;
    use crate::share::samples::{cause, decide, instance, now, settling, share as sample, store};

    const SERVICE: &str = "h@b";

    /// An available share with a rule, of which it is owed that it is as it should be.
    fn owing() -> (Store, Intent) {
        let store = store();
        let pool = Some("h@b#one".parse().unwrap());
        let found = Share { size: 3, ..sample(vec![Instance { status: Status::Available, pool, ..instance(1) }]) };
        let key = Intent::key_of(found.instances[0].id, Lane::Life);
        let begin = move |draft: &mut Draft<'_>| {
            draft.put(&Incarnation { service: SERVICE.into(), epoch: 1 })?;
            draft.put(&found)?;
            draft.put(&AccessRule {
                id: uuid::Uuid::from_u128(9).into(),
                share_id: found.id,
                kind: AccessType::Ip,
                to: "10.0.0.1".to_owned(),
                level: AccessLevel::Rw,
                key: None,
                state: RuleState::Active,
                metadata: BTreeMap::new(),
                created_at: now(),
                updated_at: None,
            })?;
            let serial = draft.next_serial()?;
            draft.put(&Intent::new(&found, &found.instances[0], Verb::Ensure, serial, &cause()))?;
            Ok(())
        };
        decide(&store, begin).unwrap();
        let intent = store.get::<Intent>(&key).unwrap().unwrap();
        (store, intent)
    }

    #[test]
    fn its_paths_are_recorded_and_its_rules_are_owed_where_what_enforces_them_is_new() {
        for owes_rules in [false, true] {
            let (store, intent) = owing();
            let (by, of) = (settling(), intent.clone());
            let exports = vec![Export { path: "a:/b".into(), is_admin_only: false, preferred: true }];
            let ensured = Ensured { exports, owes_rules };
            let ended = move |draft: &mut Draft<'_>| Ok(by.ensured(draft, &of, ensured)?);
            decide(&store, ended).unwrap();
            let share = store.get::<Share>(&intent.share.to_string()).unwrap().unwrap();
            assert_eq!((share.status(), share.instances[0].exports.len()), (Status::Available, 1));
            assert!(store.get::<Intent>(&intent.key()).unwrap().is_none());
            let access = store.get::<Intent>(&Intent::key_of(intent.instance, Lane::Access)).unwrap();
            assert_eq!(access.is_some(), owes_rules);
        }
    }

    #[test]
    fn a_change_that_somebody_asks_for_takes_its_place_and_a_note_says_that_its_calls_may_be_on_their_way() {
        let (store, intent) = owing();
        let id = intent.share;
        decide(&store, move |draft| share::shrink(draft, id, 2, Microversion::MAX, &cause())).unwrap();
        let owed = store.get::<Intent>(&intent.key()).unwrap().unwrap();
        assert_eq!((owed.verb, owed.arguments.owe_exports()), (Verb::Shrink, true));
        let notes: Vec<InFlight> = store.all().unwrap();
        assert_eq!(notes.iter().map(|note| note.serial).collect::<Vec<_>>(), [intent.serial]);
    }
}

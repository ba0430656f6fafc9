//! What came of changing the size of an instance.
//!
//! The intent carries what was reserved, so with it that goes. How to get it wrong: to change the size after a failure. A share that
//! holds more than the smaller size, or has no room to grow, keeps its size and is available: see `docs/decisions/0021`.

use manilad_domain::intent::Verb;
use manilad_domain::{Intent, Share};
use manilad_store::{Draft, Error};

use crate::Owed;
use crate::settle::{Next, Settling};

impl Settling {
    /// The instance has the size that was asked for.
    pub fn resized(self, draft: &mut Draft<'_>, snapshot: &Intent) -> Result<Next, Error> {
        let Some((intent, mut share)) = self.open(draft, snapshot, snapshot.verb)? else { return Ok(Next::Stale) };
        let Some(resize) = &intent.arguments.resize else { return Ok(Next::Stale) };
        share.size = resize.size;
        let share = self.changed(draft, &intent, share)?;
        self.owe_exports_again(draft, &share, &intent)
    }

    /// The look for the export locations that was owed when the work on its size began. Clients go on using the instance whatever came
    /// of its size, so they need its locations all the same.
    pub(crate) fn owe_exports_again(
        &self,
        draft: &mut Draft<'_>,
        share: &Share,
        intent: &Intent,
    ) -> Result<Next, Error> {
        let owes_exports = intent.arguments.owe_exports();
        let Some(instance) = share.instance(intent.instance).filter(|_| owes_exports) else { return Ok(Next::NOBODY) };
        let cause = self.cause(&intent.request_id);
        let export = Intent::new(share, instance, Verb::Export, draft.next_serial()?, &cause);
        draft.put(&export)?;
        Ok(Next::Settled(export.service.into_iter().map(Owed::Backend).collect()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use manilad_domain::intent::Lane;
    use manilad_domain::message::{Detail, UserMessage};
    use manilad_domain::outcome::{Remedy, Trouble};
    use manilad_domain::quota::Limits;
    use manilad_domain::service::Incarnation;
    use manilad_domain::status::Status;
    use manilad_domain::{Instance, Microversion, Record};
    use manilad_store::Store;

    use super::*;
    use crate::settle::Ids;
    use crate::share::samples::{cause, decide, instance, now, share, store};
    use crate::share::{self, Extension, Judged};
    use crate::share_server::Rules;

    const SERVICE: &str = "node@alpha";

    /// A share whose size is to be changed, and what is owed for that; a look for its exports was owed before, where `owes_exports`.
    fn resizing(verb: Verb, owes_exports: bool) -> (Store, Intent) {
        let store = store();
        let pool = Some("node@alpha#one".parse().unwrap());
        let found = Share { size: 3, ..share(vec![Instance { status: Status::Available, pool, ..instance(1) }]) };
        let (id, key) = (found.id, Intent::key_of(found.instances[0].id, Lane::Life));
        let begin = move |draft: &mut Draft<'_>| {
            draft.put(&Incarnation { service: SERVICE.into(), epoch: 1 })?;
            draft.put(&found)?;
            if owes_exports {
                let serial = draft.next_serial()?;
                draft.put(&Intent::new(&found, &found.instances[0], Verb::Export, serial, &cause()))?;
            }
            if verb == Verb::Shrink {
                return share::shrink(draft, id, 2, Microversion::MAX, &cause());
            }
            let extension = Extension { size: 4, beyond_type: false, judgement: Judged::Forced };
            let extended = share::extend(draft, id, &extension, &Limits::default(), Microversion::MAX, &cause());
            extended.map(|(_, owed)| ((), owed))
        };
        decide(&store, begin).unwrap();
        let intent: Intent = store.get(&key).unwrap().unwrap();
        assert_eq!(intent.verb, verb);
        (store, intent)
    }

    fn settling() -> Settling {
        Settling {
            service: SERVICE.into(),
            epoch: 1,
            now: now(),
            message_ttl: Duration::from_secs(60).as_secs(),
            rules: Rules::default(),
            in_flight: false,
            ids: Ids::from(uuid::Uuid::from_u128(3)),
        }
    }

    /// Whether a look for the exports is owed now, as `next` says.
    fn is_look_owed(store: &Store, intent: &Intent, next: &Next) -> bool {
        let is_owed = store.get::<Intent>(&intent.key()).unwrap().is_some_and(|open| open.verb == Verb::Export);
        let owed = if is_owed { vec![Owed::Backend(SERVICE.into())] } else { Vec::new() };
        assert_eq!(*next, Next::Settled(owed));
        is_owed
    }

    #[test]
    fn a_look_for_the_export_locations_that_a_resize_replaced_is_owed_again_once_that_is_done() {
        for owes_exports in [true, false] {
            let (store, intent) = resizing(Verb::Extend, owes_exports);
            let resized = intent.clone();
            let next = decide(&store, move |draft| Ok(settling().resized(draft, &resized)?)).unwrap();
            assert_eq!(is_look_owed(&store, &intent, &next), owes_exports);
        }
    }

    #[test]
    fn a_share_that_is_as_it_was_after_a_refusal_is_available_with_a_message_and_any_other_is_in_error() {
        let refused = Detail::DriverRefusedShrink;
        for (verb, reason, status, message) in [
            (Verb::Shrink, refused, Status::Available, Detail::DriverRefusedShrink),
            (Verb::Shrink, Detail::UnknownError, Status::ShrinkingError, Detail::DriverFailedShrink),
            (Verb::Shrink, Detail::FilterCapacity, Status::ShrinkingError, Detail::DriverFailedShrink),
            (Verb::Extend, Detail::FilterCapacity, Status::Available, Detail::NoRoomToExtend),
            (Verb::Extend, refused, Status::ExtendingError, Detail::DriverFailedExtend),
            (Verb::Extend, Detail::UnknownError, Status::ExtendingError, Detail::DriverFailedExtend),
        ] {
            let (store, intent) = resizing(verb, true);
            let (snapshot, shown) = (intent.clone(), format!("{verb:?} {reason:?}"));
            let trouble = Trouble { remedy: Remedy::Never, detail: reason, reason: "no".into() };
            let next = decide(&store, move |draft| Ok(settling().failed(draft, &snapshot, &trouble)?)).unwrap();
            let found: Share = store.get(&intent.share.to_string()).unwrap().unwrap();
            let messages: Vec<UserMessage> = store.all().unwrap();
            let details: Vec<Detail> = messages.iter().map(|message| message.detail).collect();
            assert_eq!((found.status(), found.size, details), (status, 3, vec![message]), "{shown}");
            assert!(is_look_owed(&store, &intent, &next), "{shown}");
        }
    }
}

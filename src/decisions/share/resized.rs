//! What came of changing the size of an instance.
//!
//! The intent carries what was reserved, so with it that goes. How to get it wrong: to change the size after a failure. A share that
//! holds more than the smaller size keeps its size.

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
        let owes_exports = intent.arguments.resize.as_ref().is_some_and(|resize| resize.owes_exports);
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
    use manilad_domain::message::Detail;
    use manilad_domain::outcome::{Remedy, Trouble};
    use manilad_domain::quota::Limits;
    use manilad_domain::service::Incarnation;
    use manilad_domain::status::Status;
    use manilad_domain::{Instance, Microversion};

    use super::*;
    use crate::settle::Ids;
    use crate::share::samples::{cause, decide, instance, now, share, store};
    use crate::share::{self, Extension, Judged};
    use crate::share_server::Rules;

    const SERVICE: &str = "node@alpha";

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum End {
        Done,
        Failed,
        Unserved,
    }

    #[test]
    fn a_look_for_the_export_locations_that_a_resize_replaced_is_owed_again_however_that_ends() {
        for (end, is_owed) in
            [End::Done, End::Failed, End::Unserved].into_iter().flat_map(|end| [(end, true), (end, false)])
        {
            let store = store();
            let pool = Some("node@alpha#one".parse().unwrap());
            let found = share(vec![Instance { status: Status::Available, pool, ..instance(1) }]);
            let asked = Extension { size: found.size + 1, beyond_type: false, judgement: Judged::Forced };
            let key = Intent::key_of(found.instances[0].id, Lane::Life);
            let extend = move |draft: &mut Draft<'_>| {
                draft.put(&Incarnation { service: SERVICE.into(), epoch: 1 })?;
                draft.put(&found)?;
                if is_owed {
                    let serial = draft.next_serial()?;
                    draft.put(&Intent::new(&found, &found.instances[0], Verb::Export, serial, &cause()))?;
                }
                share::extend(draft, found.id, &asked, &Limits::default(), Microversion::MAX, &cause())
            };
            decide(&store, extend).unwrap();
            let intent: Intent = store.get(&key).unwrap().unwrap();
            assert_eq!(intent.verb, Verb::Extend);
            let settling = Settling {
                service: SERVICE.into(),
                epoch: 1,
                now: now(),
                message_ttl: Duration::from_secs(60).as_secs(),
                rules: Rules::default(),
                in_flight: false,
                ids: Ids::from(uuid::Uuid::from_u128(3)),
            };
            let settle = move |draft: &mut Draft<'_>| {
                let trouble = Trouble {
                    remedy: Remedy::Again,
                    detail: Detail::UnknownError,
                    reason: "as the test has it".into(),
                };
                Ok(match end {
                    End::Done => settling.resized(draft, &intent)?,
                    End::Failed => settling.failed(draft, &intent, &trouble)?,
                    End::Unserved => settling.unserved(draft, &intent, &trouble)?,
                })
            };
            let next = decide(&store, settle).unwrap();
            let owed = if is_owed { vec![Owed::Backend(SERVICE.into())] } else { Vec::new() };
            assert_eq!(next, Next::Settled(owed), "{end:?}");
            let owed = store.get::<Intent>(&key).unwrap().map(|open| open.verb);
            assert_eq!(owed, is_owed.then_some(Verb::Export), "{end:?}");
            let status = store.all::<Share>().unwrap()[0].status();
            assert_eq!(status, if end == End::Done { Status::Available } else { Status::ExtendingError });
        }
    }
}

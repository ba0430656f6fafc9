//! Ensuring the shares of a back end: an administrator asks for it, and the back end owes it to its shares, some at a time.
//!
//! The request stands in the record of the service until all that it owed is done, so it outlives the daemon; how far the back
//! end has come, it does not remember over a restart, and begins anew: what is as it should be costs a look. How to get it wrong:
//! to ensure a share that something else is owed for; whoever asked for that waits for it.

use manilad_domain::intent::{Cause, Lane, Verb};
use manilad_domain::service::{Binary, EnsureRequest, Service};
use manilad_domain::status::Status;
use manilad_domain::{InstanceId, Intent, Share, ShareId, Stamp};
use manilad_store::{Draft, Error};

use crate::{Decided, Owed, epoch, service};

/// Has the shares of a back end ensured, from the beginning where that is under way already.
///
/// # Errors
/// Missing where there is no such back end.
pub fn ask(draft: &mut Draft<'_>, host: &str, request_id: &str) -> Decided<()> {
    let existing: Option<Service> = draft.get(&Service::key_of(Binary::Share, host))?;
    let service = existing.ok_or_else(|| service::no_service(Binary::Share.name(), host))?;
    // What its settings are by now is known since it began, and told where they are not in force yet.
    let settings = service.ensured_for.as_ref().map_or(&service.ensured_as, |asked| &asked.settings).clone();
    let asked = EnsureRequest { request_id: request_id.to_owned(), settings, is_unfinished: false };
    draft.put(&Service { ensured_for: Some(asked), ..service })?;
    Ok(((), vec![Owed::Backend(host.to_owned())]))
}

/// Notes that a share was given up, so that settings which were to reach it are tried again at the next start.
pub fn leave_unfinished(draft: &mut Draft<'_>, host: &str) -> Result<(), Error> {
    let service: Option<Service> = draft.get(&Service::key_of(Binary::Share, host))?;
    if let Some(service) = service
        && let Some(asked) = service.ensured_for.clone()
    {
        draft.put(&Service { ensured_for: Some(EnsureRequest { is_unfinished: true, ..asked }), ..service })?;
    }
    Ok(())
}

/// How the shares of a back end were ensured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All that were owed it.
    All,
    /// Some were given up.
    Unfinished,
    /// It is not asked for any more, or by another request.
    Stale,
}

/// A back end that ensures its shares.
#[derive(Debug, Clone)]
pub struct Ensuring {
    /// `host@backend`
    pub service: String,
    pub epoch: u64,
    pub now: Stamp,
    /// Of [`Service::ensured_for`] as it was read; under it the work is logged.
    pub request_id: String,
    /// Whether shares tell of it by their status.
    pub is_shown: bool,
}

impl Ensuring {
    /// Owes it to those that are available, and for which nothing else is owed but a look at their paths, which it does too; how many. None where the request is another one by now,
    /// or the incarnation was replaced.
    pub fn owe(self, draft: &mut Draft<'_>, instances: &[(ShareId, InstanceId)]) -> Result<usize, Error> {
        let mut owed = 0;
        if self.asked(draft)?.is_none() {
            return Ok(owed);
        }
        for (share, id) in instances {
            let Some(mut share) = draft.get::<Share>(&share.to_string())? else { continue };
            let Some(instance) = share.instance(*id).filter(|one| one.status == Status::Available) else { continue };
            let open: Option<Intent> = draft.get(&Intent::key_of(*id, Lane::Life))?;
            if open.is_some_and(|open| open.verb != Verb::Export) {
                continue;
            }
            let cause = Cause { request_id: self.request_id.clone(), now: self.now };
            let serial = draft.next_serial()?;
            draft.put(&Intent::new(&share, instance, Verb::Ensure, serial, &cause))?;
            if self.is_shown
                && let Some(instance) = share.instance_mut(*id)
            {
                instance.status = Status::Ensuring;
                draft.put(&share)?;
            }
            owed += 1;
        }
        Ok(owed)
    }

    /// Nothing is owed any more. Settings that were to reach all shares are in force if they have.
    pub fn end(self, draft: &mut Draft<'_>) -> Result<Ended, Error> {
        let Some((service, asked)) = self.asked(draft)? else { return Ok(Ended::Stale) };
        let (ended, ensured_as) = match asked.is_unfinished {
            true => (Ended::Unfinished, service.ensured_as.clone()),
            false => (Ended::All, asked.settings),
        };
        draft.put(&Service { ensured_for: None, ensured_as, ..service })?;
        Ok(ended)
    }

    fn asked(&self, draft: &Draft<'_>) -> Result<Option<(Service, EnsureRequest)>, Error> {
        if !epoch::holds(draft, &self.service, self.epoch)? {
            return Ok(None);
        }
        let service: Option<Service> = draft.get(&Service::key_of(Binary::Share, &self.service))?;
        let asked = service.and_then(|service| service.ensured_for.clone().map(|asked| (service, asked)));
        Ok(asked.filter(|(_, asked)| asked.request_id == self.request_id))
    }
}

#[cfg(test)]
mod tests {
    use manilad_domain::Instance;
    use manilad_domain::message::Detail;
    use manilad_domain::outcome::{Remedy, Trouble};
    use manilad_domain::service::Incarnation;
    use manilad_store::Store;

    use super::*;
    use crate::share::samples::{cause, decide, instance, now, settling, share, store};

    const HOST: &str = "h@b";

    /// A back end whose shares are to be ensured for settings, with an available share for which this is owed.
    fn asked(owed: Option<Verb>) -> (Store, Share) {
        let store = store();
        let pool = Some("h@b#one".parse().unwrap());
        let found = share(vec![Instance { status: Status::Available, pool, ..instance(1) }]);
        let asked = EnsureRequest { request_id: "req-1".into(), settings: "new".into(), is_unfinished: false };
        let service = Service {
            number: 1,
            binary: Binary::Share,
            host: HOST.into(),
            availability_zone: "nova".into(),
            disabled: false,
            disabled_reason: None,
            ensured_as: "old".into(),
            ensured_for: Some(asked),
            created_at: now(),
        };
        let put = found.clone();
        let begin = move |draft: &mut Draft<'_>| {
            draft.put(&Incarnation { service: HOST.into(), epoch: 1 })?;
            draft.put(&service)?;
            draft.put(&put)?;
            if let Some(verb) = owed {
                let serial = draft.next_serial()?;
                draft.put(&Intent::new(&put, &put.instances[0], verb, serial, &cause()))?;
            }
            Ok(())
        };
        decide(&store, begin).unwrap();
        (store, found)
    }

    fn by(request_id: &str) -> Ensuring {
        Ensuring { service: HOST.into(), epoch: 1, now: now(), request_id: request_id.into(), is_shown: true }
    }

    fn owe(store: &Store, of: &Share, request_id: &'static str) -> usize {
        let all = [(of.id, of.instances[0].id)];
        decide(store, move |draft| Ok(by(request_id).owe(draft, &all)?)).unwrap()
    }

    fn end(store: &Store) -> (Ended, String) {
        let ended = decide(store, |draft| Ok(by("req-1").end(draft)?)).unwrap();
        let service: Service = store.get(&Service::key_of(Binary::Share, HOST)).unwrap().unwrap();
        assert_eq!(service.ensured_for, None);
        (ended, service.ensured_as)
    }

    #[test]
    fn a_share_is_owed_it_where_nothing_is_but_a_look_at_its_paths() {
        for (open, owed) in [(None, 1), (Some(Verb::Export), 1), (Some(Verb::Rescue), 0)] {
            let (store, share) = asked(open);
            assert_eq!(owe(&store, &share, "req-2"), 0, "another request counts by now");
            assert_eq!(owe(&store, &share, "req-1"), owed, "{open:?}");
            let all: Vec<Intent> = store.all().unwrap();
            assert_eq!(all.len(), 1);
            assert_eq!(all[0].verb == Verb::Ensure, owed == 1);
            let after: Share = store.get(&share.id.to_string()).unwrap().unwrap();
            assert_eq!(after.status() == Status::Ensuring, owed == 1);
        }
    }

    #[test]
    fn settings_are_in_force_once_all_were_ensured_and_not_where_one_was_given_up() {
        let (store, _) = asked(None);
        assert_eq!(end(&store), (Ended::All, "new".to_owned()));
        for (remedy, ended, settings) in [(Remedy::Again, Ended::Unfinished, "old"), (Remedy::Never, Ended::All, "new")]
        {
            let (store, share) = asked(None);
            owe(&store, &share, "req-1");
            let intent = store.all::<Intent>().unwrap().remove(0);
            let trouble = Trouble { remedy, detail: Detail::UnknownError, reason: "no answer".into() };
            decide(&store, move |draft| Ok(settling().failed(draft, &intent, &trouble)?)).unwrap();
            let after: Share = store.get(&share.id.to_string()).unwrap().unwrap();
            assert_eq!(after.status(), Status::Available);
            assert_eq!(end(&store), (ended, settings.to_owned()), "{remedy:?}");
        }
    }
}

//! Ensuring the shares of a back end: an administrator asks for it, and the back end owes it to its shares, some at a time.
//!
//! The request stands in the record of the service until all that it owed is done, so it outlives the daemon; how far the back
//! end has come, it does not remember over a restart, and begins anew: what is as it should be costs a look. How to get it wrong:
//! to ensure a share that something else is owed for; whoever asked for that waits for it.

use manilad_domain::intent::{Cause, Lane, Verb};
use manilad_domain::service::{Binary, Service};
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
    draft.put(&Service { ensured_for: Some(request_id.to_owned()), ..service })?;
    Ok(((), vec![Owed::Backend(host.to_owned())]))
}

/// A back end that ensures its shares.
#[derive(Debug, Clone)]
pub struct Ensuring {
    /// `host@backend`
    pub service: String,
    pub epoch: u64,
    pub now: Stamp,
    /// As [`Service::ensured_for`] was read; under it the work is logged.
    pub request_id: String,
    /// Whether shares tell of it by their status.
    pub is_shown: bool,
}

impl Ensuring {
    /// Owes it to those that are available, and for which nothing else is owed; how many. None where the request is another one by now,
    /// or the incarnation was replaced.
    pub fn owe(self, draft: &mut Draft<'_>, instances: &[(ShareId, InstanceId)]) -> Result<usize, Error> {
        let mut owed = 0;
        if self.asked(draft)?.is_none() {
            return Ok(owed);
        }
        for (share, id) in instances {
            let Some(mut share) = draft.get::<Share>(&share.to_string())? else { continue };
            let Some(instance) = share.instance(*id).filter(|one| one.status == Status::Available) else { continue };
            if draft.get::<Intent>(&Intent::key_of(*id, Lane::Life))?.is_some() {
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

    /// All that was owed is done; whether that was so.
    pub fn end(self, draft: &mut Draft<'_>) -> Result<bool, Error> {
        let Some(service) = self.asked(draft)? else { return Ok(false) };
        draft.put(&Service { ensured_for: None, ..service })?;
        Ok(true)
    }

    fn asked(&self, draft: &Draft<'_>) -> Result<Option<Service>, Error> {
        if !epoch::holds(draft, &self.service, self.epoch)? {
            return Ok(None);
        }
        let service: Option<Service> = draft.get(&Service::key_of(Binary::Share, &self.service))?;
        Ok(service.filter(|service| service.ensured_for.as_deref() == Some(self.request_id.as_str())))
    }
}

//! What came of work on a share server becomes its new state: addresses, then the array; at its end the other way
//! round.
//!
//! Whoever waits for a server looks at it again by itself when its state has changed. How to get it wrong: forgetting
//! the server before the network has its addresses back. Source: design.md §4.

use std::collections::BTreeMap;

use manilad_domain::encryption_key::{KeyCredential, ServerEncryption};
use manilad_domain::intent::{Lane, Verb};
use manilad_domain::message::Detail;
use manilad_domain::outcome::{Remedy, Trouble};
use manilad_domain::share_server::{ServerAction, ServerVerb};
use manilad_domain::status::{ServerStatus, Status};
use manilad_domain::{InFlight, Intent, Record, ServerIntent, Share, ShareServer, ShareServerId, share};
use manilad_store::{Draft, Error, Range};

use super::manage::forget;
use super::{addresses, end_change, is_in_use, of_instance, retire};
use crate::settle::{Next, Settling};

impl Settling {
    /// The server serves; what the driver wants to be told again of it.
    pub fn set_up(
        self,
        draft: &mut Draft<'_>,
        snapshot: &ServerIntent,
        details: BTreeMap<String, String>,
    ) -> Result<Next, Error> {
        let Some((intent, mut server)) = self.open_server(draft, snapshot)? else { return Ok(Next::Stale) };
        match intent.verb {
            ServerVerb::SetUp | ServerVerb::Alter => {}
            // The array calls it by its id from now on.
            ServerVerb::ManageServer => {
                (server.identifier, server.abilities) = (server.id.to_string(), self.rules.abilities);
                server.used_at = self.now;
            }
            ServerVerb::UnmanageServer | ServerVerb::TearDown => return Ok(Next::Stale),
        }
        draft.remove(&intent)?;
        let encryption = server.encryption.map(ServerEncryption::without_secret);
        let (status, updated_at) = (ServerStatus::Active, Some(self.now));
        let server = ShareServer { status, details, encryption, updated_at, ..server };
        draft.put(&server)?;
        if intent.verb == ServerVerb::Alter {
            self.owe_exports(draft, &server, &intent.request_id)?;
            end_change(draft, &server, false, self.now)?;
        }
        self.note_of_server(draft, &intent)?;
        Ok(self.again())
    }

    /// The array may read the key that the server is to be encrypted with, by this credential.
    pub fn entrusted(
        self,
        draft: &mut Draft<'_>,
        snapshot: &ServerIntent,
        credential: KeyCredential,
    ) -> Result<Next, Error> {
        let Some((_, mut server)) = self.open_server(draft, snapshot)? else { return Ok(Next::Stale) };
        let Some(encryption) = server.encryption.as_mut().filter(|_| snapshot.verb == ServerVerb::SetUp) else {
            return Ok(Next::Stale);
        };
        encryption.credential = Some(credential);
        draft.put(&server)?;
        Ok(self.again())
    }

    /// Nothing on the array is marked as of the server any more: it is forgotten.
    pub fn server_unmanaged(self, draft: &mut Draft<'_>, snapshot: &ServerIntent) -> Result<Next, Error> {
        if snapshot.verb != ServerVerb::UnmanageServer {
            return Ok(Next::Stale);
        }
        let Some((intent, server)) = self.open_server(draft, snapshot)? else { return Ok(Next::Stale) };
        draft.remove(&intent)?;
        self.note_of_server(draft, &intent)?;
        forget(draft, &server, self.now)?;
        Ok(self.again())
    }

    /// Nothing of the server is on the array any more; its addresses go next.
    pub fn torn_down(self, draft: &mut Draft<'_>, snapshot: &ServerIntent) -> Result<Next, Error> {
        if snapshot.verb != ServerVerb::TearDown {
            return Ok(Next::Stale);
        }
        let Some((_, server)) = self.open_server(draft, snapshot)? else {
            return self.torn_down_all_the_same(draft, snapshot, true);
        };
        draft.put(&ShareServer { is_off_array: true, ..server })?;
        Ok(self.again())
    }

    /// The addresses of a server that is off the array are given back.
    pub fn released(self, draft: &mut Draft<'_>, snapshot: &ServerIntent) -> Result<Next, Error> {
        if snapshot.verb != ServerVerb::TearDown {
            return Ok(Next::Stale);
        }
        let Some((intent, server)) = self.open_server(draft, snapshot)? else {
            return self.torn_down_all_the_same(draft, snapshot, false);
        };
        // The array lets go first.
        if !server.is_off_array {
            return Ok(Next::Stale);
        }
        addresses::release(draft, &server)?;
        draft.remove(&intent)?;
        draft.remove(&server)?;
        Ok(self.again())
    }

    /// The operation is given up, or failed for good; a removal is told as failed, and goes on.
    pub fn server_failed(
        self,
        draft: &mut Draft<'_>,
        snapshot: &ServerIntent,
        trouble: &Trouble,
    ) -> Result<Next, Error> {
        let Some((intent, server)) = self.open_server(draft, snapshot)? else { return Ok(Next::Stale) };
        if intent.verb != ServerVerb::TearDown {
            draft.put(&InFlight::of_server(&intent, self.now))?;
        }
        self.give_up_server(draft, intent, server, trouble)?;
        Ok(self.again())
    }

    /// The operation will be tried again; so many seconds of running time were spent on it.
    pub fn server_postponed(
        self,
        draft: &mut Draft<'_>,
        snapshot: &ServerIntent,
        spent_seconds: u64,
    ) -> Result<Next, Error> {
        let Some((intent, _)) = self.open_server(draft, snapshot)? else { return Ok(Next::Stale) };
        draft.put(&ServerIntent { spent_seconds: intent.spent_seconds + spent_seconds, ..intent })?;
        Ok(Next::NOBODY)
    }

    /// The server and its intent as they are now, if that is still owed to this incarnation.
    pub(super) fn open_server(
        &self,
        draft: &Draft<'_>,
        snapshot: &ServerIntent,
    ) -> Result<Option<(ServerIntent, ShareServer)>, Error> {
        let server: Option<ShareServer> = draft.get(&snapshot.server.to_string())?;
        let intent: Option<ServerIntent> = draft.get(&snapshot.key())?;
        let intent = intent.filter(|intent| intent.serial == snapshot.serial && intent.verb == snapshot.verb);
        Ok(if self.counts(draft)? { intent.zip(server) } else { None })
    }

    /// Owes those that a server serves the paths that they have by now.
    fn owe_exports(&self, draft: &mut Draft<'_>, server: &ShareServer, request_id: &str) -> Result<(), Error> {
        let served: Vec<Share> = draft.scan(Range::of(share::index::BY_SERVER, [server.key()]))?;
        for share in &served {
            let own = share.instances.iter().filter(|one| one.server == Some(server.id));
            for instance in own.filter(|one| one.status == Status::Available) {
                if draft.get::<Intent>(&Intent::key_of(instance.id, Lane::Life))?.is_some() {
                    continue;
                }
                let serial = draft.next_serial()?;
                draft.put(&Intent::new(share, instance, Verb::Export, serial, &self.cause(request_id)))?;
            }
        }
        Ok(())
    }

    /// A server that can't be made goes, and everything is given back; one that can't be removed shows it, and goes on
    /// being removed.
    pub(super) fn give_up_server(
        &self,
        draft: &mut Draft<'_>,
        intent: ServerIntent,
        server: ShareServer,
        trouble: &Trouble,
    ) -> Result<(), Error> {
        if let Remedy::AddressTaken(address) = trouble.remedy {
            addresses::withhold(draft, &server, address, self.now)?;
        }
        match intent.verb {
            ServerVerb::SetUp => {
                let is_known = trouble.detail != Detail::UnknownError;
                let failure = Some(if is_known { trouble.detail } else { Detail::NoShareServer });
                retire(draft, ShareServer { failure, ..server }, &self.cause(&intent.request_id)).map(drop)
            }
            ServerVerb::TearDown if server.status == ServerStatus::Error => Ok(()),
            ServerVerb::TearDown => {
                draft.put(&ShareServer { status: ServerStatus::Error, updated_at: Some(self.now), ..server })
            }
            // It stays on the array as it is; so nobody else gets its addresses.
            ServerVerb::ManageServer => {
                draft.remove(&intent)?;
                addresses::forget(draft, &server, self.now)?;
                draft.put(&ShareServer { status: ServerStatus::ManageError, updated_at: Some(self.now), ..server })
            }
            ServerVerb::UnmanageServer => {
                draft.remove(&intent)?;
                draft.put(&ShareServer { status: ServerStatus::UnmanageError, updated_at: Some(self.now), ..server })
            }
            // It serves on as it did; what it was given for the change it keeps to its end.
            ServerVerb::Alter => {
                draft.remove(&intent)?;
                let server = ShareServer { status: ServerStatus::Error, updated_at: Some(self.now), ..server };
                draft.put(&server)?;
                end_change(draft, &server, true, self.now)
            }
        }
    }

    /// An instance has left the server.
    pub(crate) fn left(&self, draft: &mut Draft<'_>, server: ShareServerId, request_id: &str) -> Result<Next, Error> {
        let Some(server) = draft.get::<ShareServer>(&server.to_string())? else { return Ok(Next::NOBODY) };
        let goes = self.rules.goes_with_last_instance
            && server.is_auto_deletable
            && ServerAction::GoWithLastInstance.is_allowed(server.status);
        let server = ShareServer { used_at: self.now, ..server };
        if goes && !is_in_use(draft, &server)? {
            return retire(draft, server, &self.cause(request_id)).map(Next::Settled);
        }
        draft.put(&server)?;
        Ok(Next::NOBODY)
    }

    /// The removal that an administrator gave up happened all the same: an outcome comes for an intent that is gone, and
    /// counts, unless another removal is owed by now. The server is in error, and gets no more shares. `has_addresses` unless they were given back as well.
    fn torn_down_all_the_same(
        &self,
        draft: &mut Draft<'_>,
        snapshot: &ServerIntent,
        has_addresses: bool,
    ) -> Result<Next, Error> {
        let owed: Option<ServerIntent> = draft.get(&snapshot.key())?;
        let server: Option<ShareServer> = draft.get(&snapshot.server.to_string())?;
        let is_removal_owed = owed.as_ref().is_some_and(|owed| owed.verb == ServerVerb::TearDown);
        let Some(server) = server.filter(|_| !is_removal_owed) else { return Ok(Next::Stale) };
        if !self.counts(draft)? {
            return Ok(Next::Stale);
        }
        if let Some(change) = &owed {
            draft.remove(change)?;
        }
        if !has_addresses {
            addresses::release(draft, &server)?;
        }
        let updated_at = Some(self.now);
        let server = ShareServer { status: ServerStatus::Error, is_off_array: true, updated_at, ..server };
        draft.put(&server)?;
        end_change(draft, &server, owed.is_some(), self.now)?;
        Ok(Next::RemovedAllTheSame(Vec::new()))
    }

    /// The array does not have a server that shares were to be made on: it gets no more of them.
    pub(crate) fn server_missing(&self, draft: &mut Draft<'_>, share: &Share, intent: &Intent) -> Result<(), Error> {
        match of_instance(draft, share, intent)?.filter(|server| server.status == ServerStatus::Active) {
            Some(server) => {
                draft.put(&ShareServer { status: ServerStatus::Error, updated_at: Some(self.now), ..server })
            }
            None => Ok(()),
        }
    }

    /// Forgets work that is owed for a server that does not exist any more.
    pub fn server_moot(self, draft: &mut Draft<'_>, snapshot: &ServerIntent) -> Result<Next, Error> {
        let intent: Option<ServerIntent> = draft.get(&snapshot.key())?;
        let exists = draft.get::<ShareServer>(&snapshot.server.to_string())?.is_some();
        match intent.filter(|intent| intent.serial == snapshot.serial && !exists) {
            Some(intent) => draft.remove(&intent).map(|()| Next::NOBODY),
            None => Ok(Next::Stale),
        }
    }
}

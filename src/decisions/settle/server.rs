//! What came of work on a share server becomes its new state: addresses, then the array; at its end the other way
//! round.
//!
//! Whoever waits for a server looks at it again by itself when its state has changed. How to get it wrong: forgetting
//! the server before the network has its addresses back. Source: design.md §4.

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;

use manilad_domain::address::{Offer, Source, choose, is_of_records};
use manilad_domain::intent::{Lane, Verb};
use manilad_domain::message::Detail;
use manilad_domain::outcome::{Remedy, Trouble};
use manilad_domain::share_server::{self, ServerVerb, allocation};
use manilad_domain::status::{ServerStatus, Status};
use manilad_domain::{
    Allocation, AllocationId, InFlight, Intent, Record, ServerIntent, Share, ShareNetwork, ShareNetworkSubnet,
    ShareNetworkSubnetId, ShareServer, ShareServerId, Withheld, share, withheld,
};
use manilad_store::{Draft, Error, Range};

use super::seat::seated;
use super::{Next, Settling};

impl Settling {
    /// The network services have given or offered these addresses, by subnet; none for the administrative network.
    pub fn allocated(
        mut self,
        draft: &mut Draft<'_>,
        seen: &ServerIntent,
        offers: Vec<(Option<ShareNetworkSubnetId>, Offer)>,
    ) -> Result<Next, Error> {
        match self.open_server(draft, seen)? {
            Some((intent, server)) if intent.verb != ServerVerb::TearDown => {
                self.allocate(draft, intent, server, offers)?;
                Ok(self.again())
            }
            _ => Ok(Next::Stale),
        }
    }

    /// The server serves; what the driver wants to be told again of it.
    pub fn set_up(
        self,
        draft: &mut Draft<'_>,
        seen: &ServerIntent,
        details: BTreeMap<String, String>,
    ) -> Result<Next, Error> {
        let Some((intent, server)) = self.open_server(draft, seen)? else { return Ok(Next::Stale) };
        if intent.verb == ServerVerb::TearDown {
            return Ok(Next::Stale);
        }
        draft.remove(&intent)?;
        let server = ShareServer { status: ServerStatus::Active, details, updated_at: Some(self.now), ..server };
        draft.put(&server)?;
        if intent.verb == ServerVerb::Alter {
            self.owe_exports(draft, &server, &intent.request_id)?;
            self.network_changed(draft, &server, false)?;
        }
        self.note_of_server(draft, &intent)?;
        Ok(self.again())
    }

    /// Nothing of the server is on the array any more; its addresses go next.
    pub fn torn_down(self, draft: &mut Draft<'_>, seen: &ServerIntent) -> Result<Next, Error> {
        if seen.verb != ServerVerb::TearDown {
            return Ok(Next::Stale);
        }
        let Some((_, server)) = self.open_server(draft, seen)? else {
            return self.torn_down_all_the_same(draft, seen, true);
        };
        draft.put(&ShareServer { is_off_array: true, ..server })?;
        Ok(self.again())
    }

    /// The addresses of a server that is off the array are given back.
    pub fn released(self, draft: &mut Draft<'_>, seen: &ServerIntent) -> Result<Next, Error> {
        if seen.verb != ServerVerb::TearDown {
            return Ok(Next::Stale);
        }
        let Some((intent, server)) = self.open_server(draft, seen)? else {
            return self.torn_down_all_the_same(draft, seen, false);
        };
        // The array lets go first.
        if !server.is_off_array {
            return Ok(Next::Stale);
        }
        let own: Vec<Allocation> = draft.scan(Range::of(allocation::BY_SERVER, [server.key()]))?;
        own.iter().try_for_each(|one| draft.remove(one))?;
        draft.remove(&intent)?;
        draft.remove(&server)?;
        Ok(self.again())
    }

    /// The operation is given up, or failed for good; a removal is told as failed, and goes on.
    pub fn server_failed(
        mut self,
        draft: &mut Draft<'_>,
        seen: &ServerIntent,
        trouble: &Trouble,
    ) -> Result<Next, Error> {
        let Some((intent, server)) = self.open_server(draft, seen)? else { return Ok(Next::Stale) };
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
        seen: &ServerIntent,
        spent_seconds: u64,
    ) -> Result<Next, Error> {
        let Some((intent, _)) = self.open_server(draft, seen)? else { return Ok(Next::Stale) };
        draft.put(&ServerIntent { spent_seconds: intent.spent_seconds + spent_seconds, ..intent })?;
        Ok(Next::NOBODY)
    }

    /// The server and its intent as they are now, if that is still owed to this incarnation.
    fn open_server(
        &self,
        draft: &Draft<'_>,
        seen: &ServerIntent,
    ) -> Result<Option<(ServerIntent, ShareServer)>, Error> {
        let server: Option<ShareServer> = draft.get(&seen.server.to_string())?;
        let intent: Option<ServerIntent> = draft.get(&seen.key())?;
        let intent = intent.filter(|intent| intent.serial == seen.serial && intent.verb == seen.verb);
        Ok(if self.counts(draft)? { intent.zip(server) } else { None })
    }

    /// Records the addresses that were given, or chooses among the free ones.
    fn allocate(
        &mut self,
        draft: &mut Draft<'_>,
        intent: ServerIntent,
        mut server: ShareServer,
        offers: Vec<(Option<ShareNetworkSubnetId>, Offer)>,
    ) -> Result<(), Error> {
        let mut records = Vec::new();
        for (subnet, offer) in offers {
            let chosen = match offer.source {
                Source::Given(given) => given,
                Source::Free { ref ranges, count } => {
                    let chosen: Vec<IpAddr> = records.iter().map(|one: &Allocation| one.address).collect();
                    let Some(free) = self.free(draft, &offer.scope, ranges, count, &chosen)? else {
                        let trouble = exhausted(count, &offer);
                        return self.give_up_server(draft, intent, server, &trouble);
                    };
                    free.into_iter().map(|address| (AllocationId(self.draw()), address)).collect()
                }
            };
            records.extend(chosen.into_iter().map(|(id, address)| Allocation {
                id,
                server: server.id,
                subnet,
                scope: offer.scope.clone(),
                address,
                prefix: offer.prefix,
                segment: offer.segment.clone(),
                created_at: self.now,
            }));
            for own in server.subnets.iter_mut().filter(|own| Some(own.id) == subnet) {
                own.segment = offer.segment.clone();
            }
            let shown = subnet.map(|id| draft.get::<ShareNetworkSubnet>(&id.to_string())).transpose()?.flatten();
            if let Some(shown) = shown.filter(|shown| shown.segment != offer.segment) {
                draft.put(&ShareNetworkSubnet { segment: offer.segment, updated_at: Some(self.now), ..shown })?;
            }
        }
        for record in &records {
            draft.put(record)?;
        }
        draft.put(&server)
    }

    /// The first addresses that nobody has. One that was refused as somebody else's is taken again only where there is no
    /// other, and not before its time.
    fn free(
        &self,
        draft: &mut Draft<'_>,
        scope: &str,
        ranges: &[(IpAddr, IpAddr)],
        count: usize,
        chosen: &[IpAddr],
    ) -> Result<Option<Vec<IpAddr>>, Error> {
        let given: Vec<Allocation> = draft.scan(Range::of(allocation::BY_ADDRESS, [scope.to_owned()]))?;
        let mut taken: HashSet<IpAddr> = given.into_iter().map(|one| one.address).collect();
        taken.extend(chosen);
        let withheld: Vec<Withheld> = draft.scan(Range::of(withheld::BY_SCOPE, [scope.to_owned()]))?;
        let (in_force, expired): (Vec<_>, Vec<_>) = withheld.into_iter().partition(|one| one.is_in_force(self.now));
        taken.extend(in_force.iter().map(|one| one.address));
        let mut avoided = taken.clone();
        avoided.extend(expired.iter().map(|one| one.address));
        let found = choose(ranges, count, &avoided).or_else(|| choose(ranges, count, &taken));
        for one in expired.iter().filter(|one| found.iter().flatten().any(|address| *address == one.address)) {
            draft.remove(one)?;
        }
        Ok(found)
    }

    /// Remembers that the array refused an address of the server as somebody else's, so that it is passed over.
    fn withhold(&self, draft: &mut Draft<'_>, server: &ShareServer, address: IpAddr) -> Result<(), Error> {
        let own: Vec<Allocation> = draft.scan(Range::of(allocation::BY_SERVER, [server.key()]))?;
        for one in own.iter().filter(|one| one.address == address && is_of_records(&one.scope)) {
            draft.put(&Withheld::refused(one, self.now))?;
        }
        Ok(())
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

    /// The network of a server whose change has ended, or was given up.
    pub(super) fn network_changed(
        &self,
        draft: &mut Draft<'_>,
        server: &ShareServer,
        failed: bool,
    ) -> Result<(), Error> {
        let Some(network) = draft.get::<ShareNetwork>(&server.share_network_id.to_string())? else { return Ok(()) };
        let all: Vec<ShareServer> = draft.scan(Range::of(share_server::index::BY_NETWORK, [network.key()]))?;
        match network.after_change(&all, failed, self.now) {
            Some(network) => draft.put(&network),
            None => Ok(()),
        }
    }

    /// A server that can't be made goes, and everything is given back; one that can't be removed shows it, and goes on
    /// being removed.
    fn give_up_server(
        &mut self,
        draft: &mut Draft<'_>,
        intent: ServerIntent,
        server: ShareServer,
        trouble: &Trouble,
    ) -> Result<(), Error> {
        if let Remedy::AddressTaken(address) = trouble.remedy {
            self.withhold(draft, &server, address)?;
        }
        match intent.verb {
            ServerVerb::SetUp => {
                let known = trouble.detail != Detail::UnknownError;
                let failure = Some(if known { trouble.detail } else { Detail::NoShareServer });
                self.goes(draft, ShareServer { failure, ..server }, &intent.request_id)
            }
            ServerVerb::TearDown if server.status == ServerStatus::Error => Ok(()),
            ServerVerb::TearDown => {
                draft.put(&ShareServer { status: ServerStatus::Error, updated_at: Some(self.now), ..server })
            }
            // It serves on as it did; what it was given for the change it keeps to its end.
            ServerVerb::Alter => {
                draft.remove(&intent)?;
                let server = ShareServer { status: ServerStatus::Error, updated_at: Some(self.now), ..server };
                draft.put(&server)?;
                self.network_changed(draft, &server, true)
            }
        }
    }

    /// Owes the removal of a server, in place of whatever else was owed for it.
    pub(super) fn goes(&self, draft: &mut Draft<'_>, server: ShareServer, request_id: &str) -> Result<(), Error> {
        let serial = draft.next_serial()?;
        let (server, intent) = server.going(serial, &self.cause(request_id));
        draft.put(&server)?;
        draft.put(&intent)?;
        self.network_changed(draft, &server, false)
    }

    /// An instance has left the server.
    pub(crate) fn left(
        &mut self,
        draft: &mut Draft<'_>,
        server: ShareServerId,
        request_id: &str,
    ) -> Result<Next, Error> {
        let Some(server) = draft.get::<ShareServer>(&server.to_string())? else { return Ok(Next::NOBODY) };
        let goes = self.rules.goes_with_last_instance && server.is_auto_deletable && server.is_in_service();
        let server = ShareServer { used_at: self.now, ..server };
        if goes && seated(draft, server.id)?.is_empty() {
            self.goes(draft, server, request_id)?;
            return Ok(self.again());
        }
        draft.put(&server)?;
        Ok(Next::NOBODY)
    }
}

fn exhausted(count: usize, offer: &Offer) -> Trouble {
    let network = offer.segment.cidr.as_deref().unwrap_or("?");
    Trouble {
        remedy: Remedy::Elsewhere,
        detail: Detail::NoShareServer,
        told: format!("{count} addresses are wanted, and {network} has not as many left"),
    }
}

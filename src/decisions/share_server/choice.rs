//! Which share server an instance gets: one that stands in the same subnets and has room, or a new one.
//!
//! The choice is made in the commit, so that two instances which need the same new server get the same one. How to get
//! it wrong: counting room by what is available only; whoever waits for a server has a place on it. Source: design.md
//! §4, operations.md §3.2.

use std::collections::{BTreeMap, BTreeSet};

use manilad_domain::encryption_key::ServerEncryption;
use manilad_domain::intent::Verb;
use manilad_domain::message::Detail;
use manilad_domain::outcome::{Remedy, Trouble};
use manilad_domain::share_server::{ServerSubnet, ServerVerb};
use manilad_domain::status::ServerStatus;
use manilad_domain::{
    DetachedInstance, Instance, Intent, Record, ServerIntent, Share, ShareNetwork, ShareNetworkSubnet, ShareServer,
    ShareServerId, detached, share, subnet,
};
use manilad_store::{Draft, Error, Range};

use super::{in_network, of_instance, owed};
use crate::settle::{Next, Settling, change};
use crate::share_network::{security_services, subnets_of};

impl Settling {
    /// Finds or makes the server of an instance that is to be created in a share network.
    pub fn choose_server(mut self, draft: &mut Draft<'_>, snapshot: &Intent) -> Result<Next, Error> {
        let Some((intent, mut share)) = self.open(draft, snapshot, Verb::Create)? else { return Ok(Next::Stale) };
        let Some(instance) = share.instance(intent.instance).cloned() else { return Ok(Next::Stale) };
        let (Some(network), None) = (instance.network, instance.server) else { return Ok(Next::Stale) };
        let Some(network) = draft.get::<ShareNetwork>(&network.to_string())? else {
            return self.has_no_server(draft, &intent, share, &no_server("its share network is gone"));
        };
        let subnets = serving(draft, &network, &instance)?;
        if subnets.is_empty() {
            let reason = "its share network has no subnet in the zone, and no default one";
            return self.has_no_server(draft, &intent, share, &no_server(reason));
        }
        let server = match self.with_room(draft, &network, &subnets, &share)? {
            Some(server) => ShareServer { used_at: self.now, ..server },
            None => self.new_server(draft, &network, &subnets, &share, &intent)?,
        };
        draft.put(&server)?;
        change(&mut share, intent.instance, |instance| instance.server = Some(server.id));
        draft.put(&share)?;
        Ok(self.again())
    }

    /// A server of ours in exactly these subnets, encrypted with the share's key or with none as it is, and with room for the
    /// share; one that stands goes before one that is being made, an older one before a younger.
    fn with_room(
        &self,
        draft: &Draft<'_>,
        network: &ShareNetwork,
        subnets: &[ShareNetworkSubnet],
        share: &Share,
    ) -> Result<Option<ShareServer>, Error> {
        let desired: BTreeSet<_> = subnets.iter().map(|subnet| subnet.id).collect();
        let mut servers = in_network(draft, network)?;
        servers.retain(|server| {
            let own: BTreeSet<_> = server.subnets.iter().map(|subnet| subnet.id).collect();
            let key = server.encryption.as_ref().map(|encryption| encryption.key);
            server.service == self.service && own == desired && key == share.encryption_key
        });
        servers.sort_by_key(|server| server.status != ServerStatus::Active);
        for server in servers {
            if !server.takes_instances(owed(draft, &server)?.map(|intent| intent.verb)) {
                continue;
            }
            let sizes = sizes_on(draft, server.id)?;
            let fits = |limit: Option<u64>, after: u64| limit.is_none_or(|limit| after <= limit);
            let instances = u64::try_from(sizes.len()).unwrap_or(u64::MAX);
            let gib: u64 = sizes.iter().sum();
            if fits(self.rules.max_instances, instances + 1) && fits(self.rules.max_gib, gib.saturating_add(share.size))
            {
                return Ok(Some(server));
            }
        }
        Ok(None)
    }

    fn new_server(
        &mut self,
        draft: &mut Draft<'_>,
        network: &ShareNetwork,
        subnets: &[ShareNetworkSubnet],
        share: &Share,
        intent: &Intent,
    ) -> Result<ShareServer, Error> {
        let id = ShareServerId(self.draw());
        for subnet in subnets {
            for key in subnet.unconfirmed() {
                let why = "no administrator wrote it since only they may, so no share server is made by it; write it again or remove it";
                tracing::warn!(subnet = %subnet.id, key, why, "a key of a subnet's metadata is ignored");
            }
        }
        let server = ShareServer {
            id,
            project_id: network.project_id.clone(),
            share_network_id: network.id,
            service: self.service.clone(),
            status: ServerStatus::Creating,
            identifier: id.to_string(),
            is_auto_deletable: true,
            task_state: None,
            abilities: self.rules.abilities,
            details: BTreeMap::new(),
            subnets: subnets.iter().map(ServerSubnet::from).collect(),
            directories: security_services(draft, network)?,
            encryption: share.encryption_key.map(|key| ServerEncryption { key, credential: None }),
            failure: None,
            is_off_array: false,
            used_at: self.now,
            created_at: self.now,
            updated_at: None,
        };
        let serial = draft.next_serial()?;
        draft.put(&ServerIntent::new(&server, ServerVerb::SetUp, serial, &self.cause(&intent.request_id)))?;
        Ok(server)
    }

    /// The instance can't be made on this back end. It keeps its server only while that stands on the array, where an
    /// earlier try may have left something; whoever removes the instance looks there.
    pub(crate) fn has_no_server(
        &mut self,
        draft: &mut Draft<'_>,
        intent: &Intent,
        mut share: Share,
        trouble: &Trouble,
    ) -> Result<Next, Error> {
        if !of_instance(draft, &share, intent)?.is_some_and(|server| server.stands()) {
            change(&mut share, intent.instance, |instance| instance.server = None);
        }
        let elsewhere: Vec<_> =
            intent.candidates.iter().filter(|pool| pool.service() != self.service).cloned().collect();
        self.create_failed(draft, intent, share, trouble, &elsewhere)
    }
}

fn no_server(reason: &str) -> Trouble {
    Trouble { remedy: Remedy::Elsewhere, detail: Detail::NoShareServer, reason: reason.to_owned() }
}

/// The subnets of the instance's zone; where there are none, the default ones.
fn serving(draft: &Draft<'_>, network: &ShareNetwork, instance: &Instance) -> Result<Vec<ShareNetworkSubnet>, Error> {
    let all = subnets_of(draft, &network.key())?;
    let zone = instance.availability_zone.as_deref().unwrap_or_default();
    Ok(subnet::serving(&all, zone).cloned().collect())
}

/// The sizes in GiB of all instances that have a place on a server, those without a share included.
fn sizes_on(draft: &Draft<'_>, server: ShareServerId) -> Result<Vec<u64>, Error> {
    let shares: Vec<Share> = draft.scan(Range::of(share::index::BY_SERVER, [server.to_string()]))?;
    let detached: Vec<DetachedInstance> = draft.scan(Range::of(detached::BY_SERVER, [server.to_string()]))?;
    let sizes = |share: &Share| {
        let on_it = share.instances.iter().filter(|instance| instance.server == Some(server));
        vec![share.size; on_it.count()]
    };
    Ok(shares.iter().chain(detached.iter().map(|one| &one.share)).flat_map(sizes).collect())
}

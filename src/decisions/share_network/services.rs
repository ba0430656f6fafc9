//! The security services of a share network: given, taken, put in the place of one another, and asked about beforehand.
//!
//! Asking is doing it to a copy that is thrown away, so that question and act can't differ; a good answer is kept until it
//! is made use of, or the next one is asked for. Share servers take a change over while they serve,
//! where their driver can do that.

use std::collections::BTreeMap;

use manilad_domain::intent::Cause;
use manilad_domain::status::NetworkStatus;
use manilad_domain::{
    Fault, Record, SecurityService, SecurityServiceId, ServiceCheck, ShareNetwork, ShareServer, Stamp,
};
use manilad_store::{Draft, Source};

use super::{WithSubnets, checks, get, security_services, subnets_of};
use crate::{Decided, Owed, security_service, share_server};

/// A security service that a network is to be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceChange {
    /// What makes way; `None` where one is added.
    pub current: Option<SecurityServiceId>,
    pub new: SecurityServiceId,
}

impl ServiceChange {
    /// Makes the change to a network, and says whether servers that have joined the one could join the other.
    fn apply(self, source: &impl Source, network: &mut ShareNetwork) -> Result<bool, Fault> {
        let read = |id: SecurityServiceId| security_service::get(source, &id.to_string());
        let current = self.current.map(read).transpose()?;
        let new = read(self.new)?;
        match &current {
            Some(current) => network.swap(current, &new)?,
            None => network.attach(&new, &security_services(source, network)?)?,
        }
        Ok(ServiceCheck::is_possible(current.as_ref(), &new))
    }

    fn check_in(self, network: &ShareNetwork) -> ServiceCheck {
        ServiceCheck { share_network_id: network.id, current: self.current, new: self.new }
    }
}

/// Gives a network a security service, and owes it to the share servers there.
///
/// # Errors
/// Missing or invalid or conflict as the network has it; where servers stand, forbidden if it `refuses_served`, and
/// invalid where nobody has asked whether they support it, or they do not.
pub fn change_service(
    draft: &mut Draft<'_>,
    id: &str,
    change: ServiceChange,
    refuses_served: bool,
    cause: &Cause,
) -> Decided<WithSubnets> {
    let mut network = get(draft, id)?;
    if refuses_served {
        share_server::refuse_served(draft, &network, "before 2.63 it can't get a security service")?;
    }
    let is_possible = change.apply(draft, &mut network)?;
    let owed = owe_to_servers(draft, &mut network, change, is_possible, cause)?;
    finish(draft, network, owed, cause.now)
}

/// Takes a security service from a network; `may_use` says whether who asks may know of one that the network does not have.
///
/// # Errors
/// Forbidden where share servers stand; missing or invalid where the network does not have it.
pub fn remove_service(
    draft: &mut Draft<'_>,
    id: &str,
    service: &str,
    may_use: &dyn Fn(&SecurityService) -> bool,
    now: Stamp,
) -> Decided<WithSubnets> {
    let mut network = get(draft, id)?;
    share_server::refuse_served(draft, &network, "no security service can be taken from it")?;
    let unknown = || security_service::unknown(service);
    let service: SecurityServiceId = service.parse().map_err(|_| unknown())?;
    if !network.security_services.contains(&service) {
        let other: Option<SecurityService> = draft.get(&service.to_string())?;
        other.filter(may_use).ok_or_else(unknown)?;
    }
    network.detach(service)?;
    finish(draft, network, Vec::new(), now)
}

fn finish(draft: &mut Draft<'_>, network: ShareNetwork, owed: Vec<Owed>, now: Stamp) -> Decided<WithSubnets> {
    let network = ShareNetwork { updated_at: Some(now), ..network };
    draft.put(&network)?;
    let subnets = subnets_of(draft, &network.key())?;
    Ok(((network, subnets), owed))
}

/// Whether the servers on each back end could take a change, and keeps it in mind if all could.
///
/// # Errors
/// As [`change_service`] where no server stands.
pub fn check_service(draft: &mut Draft<'_>, id: &str, change: ServiceChange) -> Decided<BTreeMap<String, bool>> {
    let mut network = get(draft, id)?;
    let is_possible = change.apply(draft, &mut network)?;
    let servers = share_server::in_network(draft, &network)?;
    let support = share_server::support(&servers, |server| is_possible && server.can_change_services());
    match support.values().all(|supports| *supports) {
        true => draft.put(&change.check_in(&network))?,
        false => checks::forget::<ServiceCheck>(draft, id)?,
    }
    Ok((support, Vec::new()))
}

/// Owes the servers of a network its security services as they are now. Where there is no server, nothing happens.
fn owe_to_servers(
    draft: &mut Draft<'_>,
    network: &mut ShareNetwork,
    change: ServiceChange,
    is_possible: bool,
    cause: &Cause,
) -> Result<Vec<Owed>, Fault> {
    let servers = share_server::in_network(draft, network)?;
    if servers.is_empty() {
        return Ok(Vec::new());
    }
    let check: Option<ServiceCheck> = draft.get(&network.key())?;
    let is_open = check == Some(change.check_in(network)) && is_possible;
    let unable: Vec<&ShareServer> = servers.iter().filter(|one| !is_open || !one.can_change_services()).collect();
    share_server::refuse_unchecked(&unable)?;
    let directories = security_services(draft, network)?;
    let mut owed = Vec::new();
    for server in servers {
        let serial = draft.next_serial()?;
        let (server, intent) = server.directed(directories.clone(), serial, cause);
        draft.put(&server)?;
        draft.put(&intent)?;
        owed.push(Owed::Backend(server.service));
    }
    network.status = NetworkStatus::NetworkChange;
    checks::forget::<ServiceCheck>(draft, &network.key())?;
    Ok(owed)
}

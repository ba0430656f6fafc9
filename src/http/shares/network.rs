//! In which share network a share is to be served, and what of that can be refused at once.
//!
//! A network for a type without share servers is no mistake that is refused here: as with the reference, the share is
//! accepted and comes to nothing, and its owner is told why. Source: resources.md §1, scheduler.md §9.

use manilad_domain::service::Zone;
use manilad_domain::subnet::{BY_NETWORK, serving};
use manilad_domain::{Fault, Record, ShareNetwork, ShareNetworkSubnet, ShareType};
use manilad_store::{Range, Source};

use crate::call::Call;
use crate::share_networks;

/// The network that a client names, which must be one that things can be made in.
///
/// # Errors
/// Missing for an unknown one, invalid for one that is not active.
pub fn wanted(call: &Call, source: &impl Source, given: Option<&str>) -> Result<Option<ShareNetwork>, Fault> {
    let Some(id) = given else { return Ok(None) };
    let network = share_networks::read(call, source, "share_network:show", id)?;
    network.require_active()?;
    Ok(Some(network))
}

/// Whether a type, the zones that it is confined to, and a zone go with the network, or with none.
///
/// # Errors
/// Invalid, saying what is missing.
pub fn check(
    source: &impl Source,
    network: Option<&ShareNetwork>,
    of: Option<&ShareType>,
    zone: Option<&Zone>,
    zones: &[&str],
) -> Result<(), Fault> {
    let Some(network) = network else {
        return match of.filter(|of| of.handles_share_servers()) {
            Some(of) => Err(Fault::invalid(format!("Share type {} needs a share network.", of.name))),
            None => Ok(()),
        };
    };
    let subnets: Vec<ShareNetworkSubnet> = source.list(Range::of(BY_NETWORK, [network.key()]))?;
    let serves = |zone: &str| serving(&subnets, zone).next().is_some();
    match zone {
        Some(zone) if !serves(&zone.name) => {
            let (network, zone) = (network.id, &zone.name);
            Err(Fault::invalid(format!("No subnet of share network {network} serves availability zone {zone}.")))
        }
        None if !zones.is_empty() && !zones.iter().any(|zone| serves(zone)) => {
            let (network, zones) = (network.id, zones.join(", "));
            Err(Fault::invalid(format!("No subnet of share network {network} serves any of the type's zones {zones}.")))
        }
        _ => Ok(()),
    }
}

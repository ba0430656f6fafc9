//! Share networks, with the security services that they have. Source: resources.md §7.

pub mod body;
mod change;
mod filter;
mod list;
#[cfg(test)]
pub mod samples;
pub mod services;
mod view;

use manilad_decisions::share_network::WithSubnets;
use manilad_domain::{Fault, ShareNetwork, ShareNetworkId};
use manilad_store::Shared;

use crate::call::{Call, Owner};
use body::{
    AddSecurityService, CheckAddition, CheckSwap, NewShareNetwork, RemoveSecurityService, ResetNetworkStatus,
    SwapServices, UpdateShareNetwork,
};
use change::{create, delete, reset_status, update};
use filter::LISTED;
use list::{list, show};
use services::{add, answered, check_addition, check_swap, remove, swap};
use view::{SHARE_NETWORK, SHARE_NETWORK_BRIEF, ShareNetworkView};

crate::routes! {
    GET    "/share-networks"        [..] "share_network:index"  => list ? LISTED                     -> 200 many SHARE_NETWORK_BRIEF;
    GET    "/share-networks/detail" [..] "share_network:detail" => list ? LISTED                     -> 200 many SHARE_NETWORK;
    POST   "/share-networks"        [..] "share_network:create" => create(NewShareNetwork)    -> 200 one SHARE_NETWORK;
    GET    "/share-networks/{id}"   [..] "share_network:show"   => show                       -> 200 one SHARE_NETWORK;
    PUT    "/share-networks/{id}"   [..] "share_network:update" => update(UpdateShareNetwork) -> 200 one SHARE_NETWORK;
    DELETE "/share-networks/{id}"   [..] "share_network:delete" => delete                     -> 202;
    ACTION "/share-networks/{id}" "reset_status" [2.63..] "share_network:reset_status" => reset_status(ResetNetworkStatus) -> 202;
    ACTION "/share-networks/{id}" "add_security_service"    [..] "share_network:add_security_service"    => add(AddSecurityService)       -> 200 one SHARE_NETWORK;
    ACTION "/share-networks/{id}" "remove_security_service" [..] "share_network:remove_security_service" => remove(RemoveSecurityService) -> 200 one SHARE_NETWORK;
    ACTION "/share-networks/{id}" "update_security_service" [2.63..] "share_network:update_security_service" => swap(SwapServices) -> 202 one SHARE_NETWORK;
    ACTION "/share-networks/{id}" "add_security_service_check"    [2.63..] "share_network:add_security_service_check"    => check_addition(CheckAddition) -> 202 json answered;
    ACTION "/share-networks/{id}" "update_security_service_check" [2.63..] "share_network:update_security_service_check" => check_swap(CheckSwap)         -> 202 json answered;
}

pub fn owner(network: &ShareNetwork) -> Owner<'_> {
    Owner::Of { project: &network.project_id, user: &network.user_id }
}

fn unknown(id: &str) -> Fault {
    Fault::no_such("share network", id)
}

/// The key of the network that `id` names.
fn key(id: &str) -> Result<String, Fault> {
    id.parse::<ShareNetworkId>().map(|id| id.to_string()).map_err(|_| unknown(id))
}

/// A network that the caller may do `rule` to.
///
/// # Errors
/// Missing when there is none, or none the caller may know of.
pub fn find(call: &Call, rule: &str, id: &str) -> Result<Shared<ShareNetwork>, Fault> {
    let found: Option<Shared<ShareNetwork>> = call.face.get(&key(id)?)?;
    found.filter(|network| call.allows(rule, owner(network))).ok_or_else(|| unknown(id))
}

/// Whether the caller is told what kind of segment a subnet is in.
pub fn shows_segments(call: &Call, network: &ShareNetwork) -> bool {
    call.allows("share_network:show_network_details", owner(network))
}

/// A network as a decision left it.
fn seen(call: &Call, (network, subnets): WithSubnets) -> ShareNetworkView {
    let shows_segments = shows_segments(call, &network);
    ShareNetworkView {
        network: network.into(),
        subnets: subnets.into_iter().map(Shared::from).collect(),
        shows_segments,
    }
}

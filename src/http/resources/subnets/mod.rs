//! Subnets of share networks. Source: resources.md §7, "Subnets".
//!
//! A zone has one subnet before 2.70 and any number from then on; so has the default, which is of no zone.

pub mod body;
mod view;

use manilad_decisions::subnet;
use manilad_domain::subnet::{BY_NETWORK, Neutron, Segment};
use manilad_domain::{Fault, Record, ShareNetwork, ShareNetworkSubnet};
use manilad_store::{Range, Shared};
use serde_json::Value;

use crate::call::Call;
use crate::listing::Listing;
use crate::resources::metadata::{self, Reserved};
use crate::resources::share_networks::services::{answered_alone, compatible};
use crate::resources::share_networks::{find as find_network, shows_segments};
use crate::resources::zones;
use body::{CheckSubnet, NewSubnet};
use view::{SUBNET, SubnetView};

crate::routes! {
    GET    "/share-networks/{network_id}/subnets"      [2.51..] "share_network_subnet:index"  => list              -> 200 many SUBNET;
    POST   "/share-networks/{network_id}/subnets"      [2.51..] "share_network_subnet:create" => create(NewSubnet) -> 200 one SUBNET;
    GET    "/share-networks/{network_id}/subnets/{id}" [2.51..] "share_network_subnet:show"   => show              -> 200 one SUBNET;
    DELETE "/share-networks/{network_id}/subnets/{id}" [2.51..] "share_network_subnet:delete" => delete            -> 202;
    ACTION "/share-networks/{id}" "share_network_subnet_create_check" [2.70..] "share_network:subnet_create_check" => check(CheckSubnet) -> 202 json answered_alone;
}

/// The name of a zone that a client gives by name or id.
///
/// # Errors
/// Invalid when there is no such zone.
pub fn zone(call: &Call, given: Option<&str>) -> Result<Option<String>, Fault> {
    let Some(given) = given else { return Ok(None) };
    let zone = zones::find(call, given)?;
    zone.map(|zone| Some(zone.name)).ok_or_else(|| Fault::invalid(format!("There is no availability zone {given:?}.")))
}

/// The subnet that the path names, with its network, if the caller may do `rule` to it.
///
/// # Errors
/// Missing when either is not there, or not for the caller to know of.
pub fn find(call: &Call, rule: &str) -> Result<(Shared<ShareNetwork>, Shared<ShareNetworkSubnet>), Fault> {
    let network = find_network(call, rule, call.param("network_id"))?;
    let id: manilad_domain::ShareNetworkSubnetId = call.id("id", "share network subnet")?;
    let subnet: Option<Shared<ShareNetworkSubnet>> = call.app.get(&id.to_string())?;
    let subnet = subnet.filter(|subnet| subnet.share_network_id == network.id);
    Ok((network, subnet.ok_or_else(|| Fault::no_such("share network subnet", id))?))
}

fn view(call: &Call, network: &Shared<ShareNetwork>, subnet: impl Into<Shared<ShareNetworkSubnet>>) -> SubnetView {
    SubnetView { network: network.clone(), subnet: subnet.into(), shows_segments: shows_segments(call, network) }
}

async fn list(call: Call) -> Result<Listing<SubnetView>, Fault> {
    let network = find_network(&call, "share_network_subnet:index", call.param("network_id"))?;
    let subnets: Vec<Shared<ShareNetworkSubnet>> = call.scan(Range::of(BY_NETWORK, [network.key()])).await?;
    Ok(subnets.into_iter().map(|subnet| view(&call, &network, subnet)).collect::<Vec<_>>().into())
}

async fn show(call: Call) -> Result<SubnetView, Fault> {
    let (network, subnet) = find(&call, "share_network_subnet:show")?;
    Ok(view(&call, &network, subnet))
}

async fn create(call: Call, wish: NewSubnet) -> Result<SubnetView, Fault> {
    let network = find_network(&call, "share_network_subnet:create", call.param("network_id"))?;
    let cause = call.cause();
    let mut subnet = ShareNetworkSubnet {
        id: call.app.clock.id().into(),
        share_network_id: network.id,
        neutron: Neutron::of(wish.neutron_net_id.map(|id| id.0), wish.neutron_subnet_id.map(|id| id.0))?,
        availability_zone: zone(&call, wish.availability_zone.as_deref())?,
        segment: Segment::default(),
        metadata: metadata::initial(&call, &Reserved::of_subnets(), wish.metadata)?,
        confirmed: Default::default(),
        created_at: cause.now,
        updated_at: None,
    };
    let named: Vec<String> = subnet.metadata.keys().cloned().collect();
    subnet.confirm(&named);
    let (made, one_of_several) = (subnet.clone(), call.at_least("2.70"));
    call.decide("create share network subnet", move |draft| subnet::create(draft, &subnet, one_of_several, &cause))
        .await?;
    Ok(view(&call, &network, made))
}

/// Whether a subnet could be added.
async fn check(call: Call, wish: CheckSubnet) -> Result<Value, Fault> {
    let network = find_network(&call, "share_network:subnet_create_check", call.param("id"))?.key();
    let neutron = Neutron::of(wish.neutron_net_id.map(|id| id.0), wish.neutron_subnet_id.map(|id| id.0))?;
    let zone = zone(&call, wish.availability_zone.as_deref())?;
    let support =
        call.decide("check share network subnet", move |draft| subnet::check(draft, &network, zone, neutron)).await?;
    Ok(compatible(&call, &support, None))
}

async fn delete(call: Call) -> Result<(), Fault> {
    let (id, cause) = (find(&call, "share_network_subnet:delete")?.1.key(), call.cause());
    call.decide_freeing("delete share network subnet", move |draft| subnet::delete(draft, &id, &cause)).await
}

//! Subnets of share networks. Source: resources.md §7, "Subnets".
//!
//! A zone has one subnet before 2.70 and any number from then on; so has the default, which is of no zone.

pub mod body;
mod extension;
mod view;

use manilad_domain::subnet::{BY_NETWORK, Neutron, Segment};
use manilad_domain::{Fault, Record, ShareNetwork, ShareNetworkSubnet};
use manilad_store::{Range, Shared};

use crate::call::Call;
use crate::listing::Listing;
use crate::metadata::{self, Reserved};
use crate::share_networks::services::answered_alone;
use crate::share_networks::{self, drafted, drafted_subnets, servers, shows_segments};
use crate::zones;
use body::{CheckSubnet, NewSubnet};
use extension::check;
pub use extension::forget as forget_check;
use view::{SUBNET, Seen};

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
    let network = share_networks::find(call, rule, call.param("network_id"))?;
    let id: manilad_domain::ShareNetworkSubnetId = call.id("id", "share network subnet")?;
    let subnet: Option<Shared<ShareNetworkSubnet>> = call.face.get(&id.to_string())?;
    let subnet = subnet.filter(|subnet| subnet.share_network_id == network.id);
    Ok((network, subnet.ok_or_else(|| Fault::no_such("share network subnet", id))?))
}

fn seen(call: &Call, network: &Shared<ShareNetwork>, subnet: impl Into<Shared<ShareNetworkSubnet>>) -> Seen {
    Seen { network: network.clone(), subnet: subnet.into(), shows_segments: shows_segments(call, network) }
}

async fn list(call: Call) -> Result<Listing<Seen>, Fault> {
    let network = share_networks::find(&call, "share_network_subnet:index", call.param("network_id"))?;
    let subnets: Vec<Shared<ShareNetworkSubnet>> = call.scan(Range::of(BY_NETWORK, [network.key()])).await?;
    Ok(subnets.into_iter().map(|subnet| seen(&call, &network, subnet)).collect::<Vec<_>>().into())
}

async fn show(call: Call) -> Result<Seen, Fault> {
    let (network, subnet) = find(&call, "share_network_subnet:show")?;
    Ok(seen(&call, &network, subnet))
}

async fn create(call: Call, wish: NewSubnet) -> Result<Seen, Fault> {
    let network = share_networks::find(&call, "share_network_subnet:create", call.param("network_id"))?;
    let mut subnet = ShareNetworkSubnet {
        id: call.face.clock.id().into(),
        share_network_id: network.id,
        neutron: Neutron::of(wish.neutron_net_id.map(|id| id.0), wish.neutron_subnet_id.map(|id| id.0))?,
        availability_zone: zone(&call, wish.availability_zone.as_deref())?,
        segment: Segment::default(),
        metadata: metadata::initial(&call, &Reserved::of_subnets(), wish.metadata)?,
        confirmed: Default::default(),
        created_at: call.now(),
        updated_at: None,
    };
    let named: Vec<String> = subnet.metadata.keys().cloned().collect();
    subnet.confirm(&named);
    let (made, several, request_id) = (subnet.clone(), call.at_least("2.70"), call.request_id.to_string());
    call.decide("create share network subnet", move |draft| {
        let network = drafted(draft, &subnet.share_network_id.to_string())?.key();
        let others = drafted_subnets(draft, &network)?;
        let beside = beside(&others, subnet.availability_zone.as_deref());
        if !several && !beside.is_empty() {
            let whose = subnet.availability_zone.as_deref().map_or("a default".to_owned(), |zone| format!("{zone}'s"));
            return Err(Fault::conflict(format!("Share network {network} has {whose} subnet already.")));
        }
        let owed = extension::extend(draft, &subnet, &beside, &request_id)?;
        draft.put(&subnet)?;
        Ok(((), owed))
    })
    .await?;
    Ok(seen(&call, &network, made))
}

/// The subnets of the same zone, or else the default ones: servers that stand there would have to stand in a new one too.
fn beside<'a>(subnets: &'a [ShareNetworkSubnet], zone: Option<&str>) -> Vec<&'a ShareNetworkSubnet> {
    subnets.iter().filter(|other| other.availability_zone.as_deref() == zone).collect()
}

async fn delete(call: Call) -> Result<(), Fault> {
    let id = find(&call, "share_network_subnet:delete")?.1.key();
    let (request_id, now) = (call.request_id.to_string(), call.now());
    call.decide_freeing("delete share network subnet", move |draft| {
        let subnet: Option<ShareNetworkSubnet> = draft.get(&id)?;
        let subnet = subnet.ok_or_else(|| Fault::no_such("share network subnet", &id))?;
        let servers = servers::standing_in(draft, &subnet)?;
        let owed = servers::retire_all(draft, servers, &request_id, now)?;
        draft.remove(&subnet)?;
        Ok(((), owed))
    })
    .await
}

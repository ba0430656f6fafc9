//! Making, changing and removing share networks.

use manilad_decisions::quota;
use manilad_domain::status::NetworkStatus;
use manilad_domain::subnet::{Neutron, Segment};
use manilad_domain::{Fault, Record, ShareNetwork, ShareNetworkSubnet};

use super::body::{NewShareNetwork, ResetNetworkStatus, UpdateShareNetwork};
use super::view::Seen;
use super::{drafted, drafted_subnets, find, seen, servers, services};
use crate::body::Label;
use crate::call::Call;
use crate::subnets;

pub async fn create(call: Call, wish: NewShareNetwork) -> Result<Seen, Fault> {
    let text = |label: Option<Label>| label.map(|label| label.0);
    let now = call.now();
    let network = ShareNetwork {
        id: call.face.clock.id().into(),
        project_id: call.project().to_owned(),
        user_id: call.caller.user().to_owned(),
        name: text(wish.name),
        description: text(wish.description),
        status: NetworkStatus::Active,
        security_services: [].into(),
        created_at: now,
        updated_at: None,
    };
    let subnet = ShareNetworkSubnet {
        id: call.face.clock.id().into(),
        share_network_id: network.id,
        availability_zone: subnets::zone(&call, wish.availability_zone.as_deref())?,
        neutron: Neutron::of(text(wish.neutron_net_id), text(wish.neutron_subnet_id))?,
        segment: Segment {
            network_type: wish.network_type.map(|kind| kind.0),
            segmentation_id: wish.segmentation_id.map(|id| id.0),
            cidr: wish.cidr.map(|cidr| cidr.0),
            ip_version: wish.ip_version.map(|version| version.0),
            ..Segment::default()
        },
        metadata: Default::default(),
        confirmed: Default::default(),
        created_at: now,
        updated_at: None,
    };
    let (made, limits) = ((network.clone(), subnet.clone()), call.face.settings.limits);
    call.decide("create share network", move |draft| {
        let quota = quota::of(draft, &limits, &network.project_id, &network.user_id, None)?;
        quota.admit(&draft.usage(&network.project_id)?, &network.charges())?;
        draft.put(&network)?;
        draft.put(&subnet)?;
        Ok(((), Vec::new()))
    })
    .await?;
    Ok(seen(&call, made.0, vec![made.1]))
}

pub async fn update(call: Call, wish: UpdateShareNetwork) -> Result<Seen, Fault> {
    let id = find(&call, "share_network:update", call.param("id"))?.key();
    let now = call.now();
    let (network, subnets) = call
        .decide("update share network", move |draft| {
            let mut network = drafted(draft, &id)?;
            let mut subnets = drafted_subnets(draft, &id)?;
            let text = |label: Option<Label>| label.map(|label| label.0);
            if let Some(name) = wish.name {
                network.name = text(name);
            }
            if let Some(description) = wish.description {
                network.description = text(description);
            }
            if wish.neutron_net_id.is_some() || wish.neutron_subnet_id.is_some() {
                servers::refuse_served(draft, &network, "only name and description can change")?;
                let subnet = only_default(&mut subnets)?;
                subnet.set_neutron(wish.neutron_net_id.map(text), wish.neutron_subnet_id.map(text))?;
                subnet.updated_at = Some(now);
                draft.put(subnet)?;
            }
            network.updated_at = Some(now);
            draft.put(&network)?;
            Ok(((network, subnets), Vec::new()))
        })
        .await?;
    Ok(seen(&call, network, subnets))
}

/// The subnet that is meant where none is named.
fn only_default(subnets: &mut [ShareNetworkSubnet]) -> Result<&mut ShareNetworkSubnet, Fault> {
    let mut defaults = subnets.iter_mut().filter(|subnet| subnet.is_default());
    match (defaults.next(), defaults.next()) {
        (Some(subnet), None) => Ok(subnet),
        (None, _) => Err(Fault::invalid("The share network has no default subnet whose Neutron ids could change.")),
        (Some(_), Some(_)) => Err(Fault::invalid("The share network has several default subnets; which is not said.")),
    }
}

pub async fn delete(call: Call) -> Result<(), Fault> {
    let id = find(&call, "share_network:delete", call.param("id"))?.key();
    let (request_id, now) = (call.request_id.to_string(), call.now());
    call.decide_freeing("delete share network", move |draft| {
        let (network, subnets) = (drafted(draft, &id)?, drafted_subnets(draft, &id)?);
        servers::refuse_shares(draft, &network)?;
        if subnets.len() > 1 {
            let count = subnets.len();
            return Err(Fault::conflict(format!("Share network {id} has {count} subnets; delete all but one first.")));
        }
        let servers = servers::within(draft, &network)?;
        let owed = servers::retire_all(draft, servers, &request_id, now)?;
        subnets.iter().try_for_each(|subnet| draft.remove(subnet))?;
        subnets::forget_check(draft, &id)?;
        services::forget(draft, &id)?;
        draft.remove(&network)?;
        Ok(((), owed))
    })
    .await
}

pub async fn reset_status(call: Call, wish: ResetNetworkStatus) -> Result<(), Fault> {
    let id = find(&call, "share_network:reset_status", call.param("id"))?.key();
    call.decide("reset share network status", move |draft| {
        let mut network = drafted(draft, &id)?;
        network.status = wish.status;
        draft.put(&network)?;
        Ok(((), Vec::new()))
    })
    .await
}

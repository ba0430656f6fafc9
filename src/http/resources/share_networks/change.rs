//! Making, changing and removing share networks.

use manilad_decisions::share_network::{self, Update};
use manilad_domain::status::NetworkStatus;
use manilad_domain::subnet::{Neutron, Segment};
use manilad_domain::{Fault, Record, ShareNetwork, ShareNetworkSubnet};

use super::body::{NewShareNetwork, ResetNetworkStatus, UpdateShareNetwork};
use super::find::find;
use super::view::ShareNetworkView;
use super::view::view;
use crate::body::Label;
use crate::call::Call;
use crate::resources::subnets;

pub async fn create(call: Call, wish: NewShareNetwork) -> Result<ShareNetworkView, Fault> {
    let text = |label: Option<Label>| label.map(|label| label.0);
    let now = call.now();
    let network = ShareNetwork {
        id: call.app.clock.id().into(),
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
        id: call.app.clock.id().into(),
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
    let (made, limits) = ((network.clone(), vec![subnet.clone()]), call.app.settings.limits);
    call.decide("create share network", move |draft| share_network::create(draft, &network, &subnet, &limits)).await?;
    view(&call, made)
}

pub async fn update(call: Call, wish: UpdateShareNetwork) -> Result<ShareNetworkView, Fault> {
    let (id, now) = (find(&call, "share_network:update", call.param("id"))?.key(), call.now());
    let text = |label: Option<Option<Label>>| label.map(|label| label.map(|label| label.0));
    let update = Update {
        name: text(wish.name),
        description: text(wish.description),
        neutron_net_id: text(wish.neutron_net_id),
        neutron_subnet_id: text(wish.neutron_subnet_id),
    };
    let changed = call.decide("update share network", move |draft| share_network::update(draft, &id, update, now));
    view(&call, changed.await?)
}

pub async fn delete(call: Call) -> Result<(), Fault> {
    let (id, cause) = (find(&call, "share_network:delete", call.param("id"))?.key(), call.cause());
    call.decide_freeing("delete share network", move |draft| share_network::delete(draft, &id, &cause)).await
}

pub async fn reset_status(call: Call, wish: ResetNetworkStatus) -> Result<(), Fault> {
    let (id, status) = (find(&call, "share_network:reset_status", call.param("id"))?.key(), wish.status);
    call.decide("reset share network status", move |draft| share_network::reset_status(draft, &id, status)).await
}

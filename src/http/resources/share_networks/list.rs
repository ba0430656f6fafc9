//! Listing and showing share networks.

use manilad_domain::share_network::index;
use manilad_domain::subnet::BY_NETWORK;
use manilad_domain::{Fault, Record, ShareNetwork};
use manilad_store::{Error, Range};

use super::filter::Filters;
use super::find::{abilities, find, shows_segments};
use super::view::ShareNetworkView;
use crate::call::Call;
use crate::identity::Owner;
use crate::listing::Listing;
use crate::page::Window;

pub async fn show(call: Call) -> Result<ShareNetworkView, Fault> {
    let network = find(&call, "share_network:show", call.param("id"))?;
    let subnets = call.scan(Range::of(BY_NETWORK, [network.key()])).await?;
    let abilities = abilities(&call.app.snapshot()?, &network)?;
    Ok(ShareNetworkView { shows_segments: shows_segments(&call, &network), abilities, network, subnets })
}

/// Networks of a list, in the order in which they were made.
pub async fn list(call: Call) -> Result<Listing<ShareNetworkView>, Fault> {
    let (window, range) = (Window::sliced(&call)?, range(&call)?);
    let shows_segments = call.allows("share_network:show_network_details", Owner::Own);
    let filters = Filters::of(&call, shows_segments)?;
    let items = call.look::<ShareNetwork, _>(range.clone(), move |snapshot| {
        let mut found = Vec::new();
        for network in snapshot.along::<ShareNetwork>(&range) {
            let network = network?;
            let subnets = snapshot.scan(&Range::of(BY_NETWORK, [network.key()]))?.records;
            if filters.pass(&network, &subnets) {
                found.push((network, subnets));
            }
        }
        let page = match window.cut(found, |(network, _)| network.id) {
            Ok(page) => page,
            Err(fault) => return Ok(Err(fault)),
        };
        let shown = page.into_iter().map(|(network, subnets)| {
            let abilities = abilities(snapshot, &network)?;
            Ok(ShareNetworkView { abilities, network, subnets, shows_segments })
        });
        shown.collect::<Result<Vec<_>, Error>>().map(Ok)
    });
    items.await?.map(Listing::from)
}

/// Whose networks are listed: who may see all may ask for another project's, or for everybody's.
fn range(call: &Call) -> Result<Range, Fault> {
    let everybodys = call.query.flag("all_tenants")?.unwrap_or(false);
    let sees_all = call.allows("share_network:get_all_share_networks", Owner::Own);
    Ok(match call.query.get("project_id") {
        Some(project) if sees_all => Range::of(index::BY_PROJECT, [project]),
        None if sees_all && everybodys => Range::all(index::BY_CREATION),
        _ => Range::of(index::BY_PROJECT, [call.project()]),
    })
}

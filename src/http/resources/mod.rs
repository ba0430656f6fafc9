//! What the API is about: a folder for each noun, with its routes, views, bodies, parameters and handlers.
//!
//! How to get it wrong: to write a folder and leave its line out of [`catalogue`]; its routes would not be there.

pub mod access;
pub mod exports;
pub mod extensions;
pub mod instances;
pub mod limits;
pub mod messages;
pub mod metadata;
pub mod placements;
pub mod pools;
pub mod qos_types;
pub mod quotas;
pub mod resource_locks;
pub mod security_services;
pub mod services;
pub mod share_networks;
pub mod share_servers;
pub mod share_transfers;
pub mod shares;
pub mod snapshot_instances;
pub mod snapshots;
pub mod subnets;
pub mod type_access;
pub mod types;
pub mod unbuilt;
pub mod zones;

use crate::route::Route;

/// Every route that is served: one line per resource.
pub fn catalogue() -> impl Iterator<Item = &'static Route> {
    [
        access::ROUTES,
        exports::ROUTES,
        extensions::ROUTES,
        instances::ROUTES,
        limits::ROUTES,
        messages::ROUTES,
        metadata::exports::ROUTES,
        metadata::shares::ROUTES,
        metadata::snapshots::ROUTES,
        metadata::subnets::ROUTES,
        placements::ROUTES,
        pools::ROUTES,
        qos_types::ROUTES,
        quotas::ROUTES,
        resource_locks::ROUTES,
        security_services::ROUTES,
        services::ROUTES,
        share_networks::ROUTES,
        share_servers::ROUTES,
        share_transfers::ROUTES,
        shares::ROUTES,
        snapshot_instances::ROUTES,
        snapshots::ROUTES,
        subnets::ROUTES,
        type_access::ROUTES,
        types::ROUTES,
        unbuilt::ROUTES,
        zones::ROUTES,
    ]
    .into_iter()
    .flatten()
}

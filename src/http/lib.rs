//! The face of the daemon: the Shared File Systems API v2, microversions 2.0 to 2.99.
//!
//! Three tables say what exists: [`routes!`], [`view!`] and [`body!`]. Everything else serves them. A resource is a
//! folder with its routes, views, bodies and handlers, and one line in [`catalogue`]. Handlers take and return domain
//! values; they know nothing of status codes or JSON.

pub mod answer;
pub mod basic;
pub mod body;
pub mod bounds;
pub mod call;
pub mod connections;
pub mod cors;
pub mod dispatch;
pub mod face;
pub mod health;
pub mod identity;
pub mod listing;
pub mod look;
pub mod meter;
pub mod openapi;
pub mod page;
pub mod parameter;
pub mod query;
pub mod route;
pub mod router;
pub mod schema;
pub mod search;
pub mod serve;
pub mod stream;
pub mod version;
pub mod view;

#[cfg(test)]
mod lab;

pub mod access;
pub mod exports;
pub mod extensions;
pub mod instances;
pub mod limits;
pub mod messages;
pub mod metadata;
pub mod placements;
pub mod pools;
pub mod quotas;
pub mod security_services;
pub mod services;
pub mod share_networks;
pub mod share_servers;
pub mod shares;
pub mod subnets;
pub mod type_access;
pub mod types;
pub mod unbuilt;
pub mod zones;

pub use face::{Face, Settings};
pub use identity::Identity;

/// Every route that is served: one line per resource.
pub fn catalogue() -> impl Iterator<Item = &'static route::Route> {
    [
        access::ROUTES,
        exports::ROUTES,
        extensions::ROUTES,
        instances::ROUTES,
        limits::ROUTES,
        messages::ROUTES,
        metadata::exports::ROUTES,
        metadata::shares::ROUTES,
        metadata::subnets::ROUTES,
        placements::ROUTES,
        pools::ROUTES,
        quotas::ROUTES,
        security_services::ROUTES,
        services::ROUTES,
        share_networks::ROUTES,
        share_servers::ROUTES,
        shares::ROUTES,
        subnets::ROUTES,
        type_access::ROUTES,
        types::ROUTES,
        unbuilt::ROUTES,
        zones::ROUTES,
    ]
    .into_iter()
    .flatten()
}

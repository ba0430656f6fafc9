//! The Shared File Systems API v2, microversions 2.0 to 2.99.
//!
//! Three tables say what exists: [`routes!`], [`view!`] and [`body!`]. Everything else serves them. A resource is a
//! folder of [`resources`] with its routes, views, bodies and handlers, and one line in [`catalogue`]. Handlers take and return domain
//! values; they know nothing of status codes or JSON.

pub mod answer;
pub mod app;
pub mod basic;
pub mod body;
pub mod bounds;
pub mod call;
pub mod connections;
pub mod cors;
mod digits;
pub mod dispatch;
pub mod health;
pub mod identity;
pub mod listing;
pub mod look;
pub mod meter;
pub mod missing;
pub mod openapi;
pub mod page;
pub mod parameter;
pub mod query;
pub mod rejection;
pub mod resources;
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

pub use app::{AppState, Settings};
pub use identity::IdentitySource;
pub use resources::catalogue;

//! Finds objects in the state: what several nouns ask about another one.
//!
//! How to get it wrong: to use a noun from here. Nouns use one another through these functions, and so never in a circle.

pub mod aggregate;
pub mod broadcast_domain;
pub mod cifs_share;
pub mod export_policy;
pub mod interface;
pub mod ipspace;
pub mod node;
pub mod port;
pub mod reach;
pub mod service_policy;
pub mod snapshot;
pub mod svm;
pub mod volume;

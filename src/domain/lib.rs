//! Records and rules of the trade. No I/O, no async; time and ids are passed in.
//!
//! Everything here is a plain value or a pure function, so that the store's writer can judge decisions on the newest
//! state, and tests can ask any question without a daemon.

pub mod abilities;
pub mod access;
pub mod address;
pub mod client;
pub mod deadlines;
pub mod detached;
pub mod extra_specs;
pub mod fault;
pub mod flag;
pub mod hints;
pub mod history;
pub mod ids;
pub mod in_flight;
pub mod intent;
pub mod message;
pub mod metadata;
pub mod microversion;
pub mod neighbours;
pub mod observed;
pub mod outcome;
pub mod placement;
pub mod pool;
pub mod quota;
pub mod record;
pub mod secret;
pub mod security_service;
pub mod service;
pub mod service_check;
pub mod share;
pub mod share_network;
pub mod share_server;
pub mod share_type;
pub mod snapshot;
pub mod stamp;
pub mod status;
pub mod subnet;
pub mod subnet_check;
pub mod verb;
pub mod withheld;

pub use abilities::{DriverAbilities, ServerAbilities};
pub use access::AccessRule;
pub use detached::DetachedInstance;
pub use fault::Fault;
pub use hints::Hints;
pub use ids::*;
pub use in_flight::InFlight;
pub use intent::Intent;
pub use microversion::{Microversion, Span};
pub use pool::PoolName;
pub use record::{Addend, Index, Record, Row, Sum};
pub use secret::Secret;
pub use security_service::SecurityService;
pub use service_check::ServiceCheck;
pub use share::{Instance, Share};
pub use share_network::ShareNetwork;
pub use share_server::{Allocation, ServerIntent, ShareServer};
pub use share_type::ShareType;
pub use snapshot::{ShareSnapshot, SnapshotIntent};
pub use stamp::Stamp;
pub use subnet::ShareNetworkSubnet;
pub use subnet_check::SubnetCheck;
pub use withheld::Withheld;

//! A simulated ONTAP cluster that answers like the real REST API, for development, demonstrations and tests.
//!
//! Written from the vendor's documentation and deliberately sharing no type with our own client, so that a mistake in
//! one is not repeated in the other. Objects live in one [`state::State`] behind one lock; waiting, queues and faults
//! are around it. From below to above: `rest` reads requests, `rows` are what is kept, the state is made of rows,
//! `lookup` finds them, `nouns` answer for them, `routing` finds the noun, `jobs` and `events` act by themselves. What is not built is refused as an unknown path; how to get it wrong is to answer it with an empty
//! success.

mod adopt;
mod answer;
mod auth;
mod call;
mod calls;
mod client_certificate;
mod cluster;
mod config;
mod contents;
mod coverage;
mod directory;
mod events;
mod faults;
mod files;
mod hooks;
mod jobs;
mod lanes;
mod lifs;
mod lookup;
mod nouns;
mod release;
mod reply;
mod rest;
mod routing;
mod rows;
mod seed;
mod serve;
mod state;
mod strays;
mod understand;
mod zapi;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::PathBuf;

use manilad_clock::Timestamp;

pub use call::{Call, Dropped, Reply};
pub use calls::{CallRecord, Outcome};
pub use cluster::Cluster;
pub use config::{
    Access, AccountConfig, AggregateConfig, ArrayLimits, Config, DirectoryConfig, LifConfig, RoleConfig, SvmConfig,
};
pub use coverage::{Coverage, coverage};
pub use faults::{ActiveRule, Fault, Rule};
pub use lanes::Profile;
pub use lifs::Lifs;
pub use lookup::export_policy::Admission;
pub use release::Release;

/// Why a cluster can't be opened or served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the state directory {0:?} can't be used: {1}")]
    Directory(PathBuf, String),
    #[error("the state directory holds what this version does not know: {0}")]
    Strange(String),
    #[error("an object can't be written down: {0}")]
    Unwritable(#[from] serde_json::Error),
    #[error("the configuration does not fit together: {0}")]
    Configuration(String),
    #[error("the data LIF {0} can't be served: {1}")]
    Lif(SocketAddr, String),
    #[error("the server can't listen: {0}")]
    Listen(#[from] std::io::Error),
}

/// An instant as ONTAP prints it.
fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

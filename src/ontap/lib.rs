//! Our REST client of NetApp ONTAP, 9.12.1 and later.
//!
//! A [`Client`] makes calls over a [`Transport`]; one file per noun of ONTAP says which calls there are and in how few of them an
//! operation is done. Every error has a [`Class`], and that is what callers decide by. How to get it wrong: taking `Unknown` for
//! failure. It means that nobody knows, so look, then act.

mod answer;
mod body;
mod client;
mod code;
mod endpoint;
mod error;
mod job;
mod limiter;
mod meter;
mod named;
mod query;
mod term;
mod transport;
mod trust;
mod verdict;
mod write;

pub mod aggregate;
pub mod broadcast_domain;
pub mod certificate;
pub mod cifs;
pub mod cluster;
pub mod dns;
pub mod export_policy;
pub mod facts;
pub mod fpolicy;
pub mod http;
pub mod interface;
pub mod ipspace;
pub mod kerberos;
pub mod key_store;
pub mod ldap;
pub mod licence;
pub mod lun;
pub mod nfs;
pub mod port;
pub mod qos;
pub mod release;
mod retries;
pub mod route;
pub mod smb_server;
pub mod snapmirror;
pub mod snapshot;
pub mod svm;
pub mod volume;

#[cfg(test)]
mod tests;

pub use client::{Client, Credentials, Fence, Options, Timeouts};
pub use code::{Class, Row as CodeRow, TABLE as CODES};
pub use endpoint::{Answers, Context, Endpoint, Need, Row as EndpointRow, TABLE as ENDPOINTS};
pub use error::Error;
pub use facts::{Facts, Missing, Scope};
pub use http::{Address, Http, Tls};
pub use limiter::{CallOutcome, Limiter, LimiterRefusal, Limiters, Limits, Permit};
pub use named::Named;
pub use release::{Feature, Release};
pub use retries::ATTEMPTS;
pub use transport::{Broken, Method, Reply, Request, Sent, Transport};
pub use trust::{Identity as ClientCertificate, Trust};
pub use verdict::{Body as ErrorBody, Row as VerdictRow, Says, TABLE as VERDICTS};

//! What the cluster keeps of each noun: plain data, as the journal has it. The noun itself, with its fields and endpoints,
//! stands in the file of the same name in `nouns`.
//!
//! How to get it wrong: a row that looks anything up; the state is made of rows, so none may know it.

pub mod aggregate;
pub mod attributes;
pub mod broadcast_domain;
pub mod certificate;
pub mod cifs_service;
pub mod cifs_share;
pub mod client_match;
pub mod dns;
pub mod export_policy;
pub mod export_rule;
pub mod fpolicy;
pub mod interface;
pub mod ip_route;
pub mod ipspace;
pub mod job;
pub mod kerberos_realm;
pub mod key_store;
pub mod ldap;
pub mod local_host;
pub mod movement;
pub mod nfs_service;
pub mod node;
pub mod port;
pub mod preferred_dc;
pub mod qos;
pub mod service_policy;
pub mod snapshot;
pub mod svm;
pub mod volume;

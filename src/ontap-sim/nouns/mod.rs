//! One file per ONTAP noun: what it consists of, how it is listed, what may be done to it.

pub mod account;
pub mod aggregate;
pub mod barbican_kms;
pub mod broadcast_domain;
pub mod certificate;
pub mod cifs_acl;
pub mod cifs_domain;
pub mod cifs_service;
pub mod cifs_share;
pub mod cluster;
pub mod compliance_clock;
pub mod counter;
pub mod disk;
pub mod dns;
pub mod ems;
pub mod export_policy;
pub mod export_rule;
pub mod fpolicy;
pub mod fpolicy_event;
pub mod interface;
pub mod ip_route;
pub mod ipspace;
pub mod job;
pub mod kerberos;
pub mod kerberos_realm;
pub mod key_manager;
pub mod key_store;
pub mod ldap;
pub mod licence;
pub mod local_host;
pub mod lun;
pub mod nfs_service;
pub mod node;
pub mod port;
pub mod preferred_dc;
pub mod private_cli;
pub mod qos;
pub mod role;
pub mod service_policy;
pub mod snapmirror;
pub mod snapshot;
pub mod svm;
pub mod svm_peer;
pub mod volume;

use crate::rest::route::Endpoint;

/// The endpoints of all nouns.
pub static ENDPOINTS: &[&[Endpoint]] = &[
    account::ENDPOINTS,
    aggregate::ENDPOINTS,
    barbican_kms::ENDPOINTS,
    broadcast_domain::ENDPOINTS,
    certificate::ENDPOINTS,
    cifs_acl::ENDPOINTS,
    cifs_domain::ENDPOINTS,
    cifs_service::ENDPOINTS,
    cifs_share::ENDPOINTS,
    cluster::ENDPOINTS,
    compliance_clock::ENDPOINTS,
    counter::ENDPOINTS,
    disk::ENDPOINTS,
    dns::ENDPOINTS,
    ems::ENDPOINTS,
    export_policy::ENDPOINTS,
    export_rule::ENDPOINTS,
    fpolicy::ENDPOINTS,
    fpolicy_event::ENDPOINTS,
    interface::ENDPOINTS,
    ip_route::ENDPOINTS,
    ipspace::ENDPOINTS,
    job::ENDPOINTS,
    kerberos::ENDPOINTS,
    kerberos_realm::ENDPOINTS,
    key_manager::ENDPOINTS,
    key_store::ENDPOINTS,
    ldap::ENDPOINTS,
    licence::ENDPOINTS,
    local_host::ENDPOINTS,
    lun::ENDPOINTS,
    nfs_service::ENDPOINTS,
    node::ENDPOINTS,
    port::ENDPOINTS,
    preferred_dc::ENDPOINTS,
    private_cli::ENDPOINTS,
    qos::ENDPOINTS,
    role::ENDPOINTS,
    service_policy::ENDPOINTS,
    snapmirror::ENDPOINTS,
    snapshot::ENDPOINTS,
    svm::ENDPOINTS,
    svm_peer::ENDPOINTS,
    volume::ENDPOINTS,
];

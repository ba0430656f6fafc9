//! What a task is about: an instance, a snapshot of one or a share server, with all that a driver needs of the records.

use std::collections::BTreeMap;
use std::net::IpAddr;

use manilad_domain::access::{AccessLevel, AccessType};
use manilad_domain::share::Protocol;
use manilad_domain::{
    AccessRuleId, Allocation, InstanceId, PoolName, SecurityService, ShareId, ShareServer, ShareServerId,
    SnapshotInstanceId,
};

/// The instance that a task is about, and what a driver may want to know of its share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    pub share: ShareId,
    pub instance: InstanceId,
    pub project: String,
    pub name: Option<String>,
    pub protocol: Protocol,
    /// GiB.
    pub size: u64,
    pub pool: PoolName,
    pub mount_point_name: Option<String>,
    pub type_name: Option<String>,
    pub extra_specs: BTreeMap<String, String>,
    pub metadata: BTreeMap<String, String>,
    /// Where what is to be managed can be mounted by now, as its administrator says. Of a removal: a path by which it could be mounted last,
    /// its own or, where managing it came to no end, that one.
    pub managed_path: Option<String>,
    /// Whether nobody is let in any more once it is let go of.
    pub loses_rules: bool,
    /// Of a removal: it may have been let go of already. What bears no mark any more is left where it is, and counts as gone.
    pub may_be_let_go: bool,
    /// What its throughput is to be held to; told when it is made, of shares whose type names a QoS type.
    pub qos: Option<DesiredQos>,
    /// A snapshot that it begins with or goes back to.
    pub source: Option<SnapshotSource>,
    /// What serves it; `None` where the driver makes no share servers.
    pub server: Option<Seat>,
    /// Calls that an earlier incarnation of the back end made for it may still be carried out: what is taken away counts
    /// as gone only when none of them can be any more.
    pub in_flight: bool,
    /// For logs.
    pub request_id: String,
}

/// The QoS type of a share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredQos {
    pub name: String,
    pub specs: BTreeMap<String, String>,
}

/// A snapshot from which an instance has what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotSource {
    /// What it is a snapshot of.
    pub instance: InstanceId,
    pub snapshot: SnapshotInstanceId,
    /// As with [`SnapshotSubject::location`].
    pub location: Option<String>,
    /// The pool of what it is a snapshot of; none where that is not known.
    pub pool: Option<String>,
}

/// The share server of an instance, as far as its shares need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    pub server: ShareServerId,
    /// What the driver told when it set the server up.
    pub details: BTreeMap<String, String>,
    /// Addresses in the administrative network: exports there are for administrators only.
    pub admin_addresses: Vec<IpAddr>,
    /// It is encrypted with a key of its tenant, so what is made on it is to be encrypted.
    pub is_encrypted: bool,
}

/// A snapshot of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotSubject {
    pub snapshot: SnapshotInstanceId,
    /// How the array calls it, where that is on record: else as the driver calls what it takes.
    pub location: Option<String>,
    /// What it is, or is to be, a snapshot of.
    pub share: Subject,
    /// As with [`Subject::in_flight`].
    pub in_flight: bool,
}

/// A share server, and all that it is to stand on.
#[derive(Debug, Clone)]
pub struct ServerSubject {
    pub server: ShareServer,
    /// In all its subnets and in the administrative network.
    pub allocations: Vec<Allocation>,
    pub directories: Vec<SecurityService>,
    /// As with [`Subject::in_flight`].
    pub in_flight: bool,
    /// For logs.
    pub request_id: String,
}

/// A rule that the array is to enforce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredRule {
    pub id: AccessRuleId,
    pub kind: AccessType,
    pub to: String,
    pub level: AccessLevel,
}

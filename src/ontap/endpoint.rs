//! Every call this crate can make, as one table: what it is, where it goes, and what is lost without it.
//!
//! The client, the metrics, the check of an account's privileges and the documentation read the same rows. Paths are
//! ONTAP's own ("ONTAP REST reference"). How to get it wrong: a row out of the order of [`Endpoint`] (a test looks),
//! or `Context::Svm` for a call that ONTAP refuses when it is tunnelled.

use crate::transport::Method;

/// One call of ONTAP's REST interface that this crate makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Endpoint {
    Cluster,
    CliVersion,
    Nodes,
    Job,
    Licences,
    KeyManagers,
    CliAggregates,
    Aggregates,
    Disks,
    Svms,
    SvmCreate,
    SvmChange,
    SvmDelete,
    Certificates,
    CertificateCreate,
    CertificateDelete,
    CliSvmChange,
    BarbicanKmsCreate,
    KeyStores,
    KeyStoreChange,
    Ipspaces,
    IpspaceCreate,
    IpspaceDelete,
    Domains,
    DomainCreate,
    DomainChange,
    DomainDelete,
    Ports,
    VlanCreate,
    PortChange,
    VlanDelete,
    Interfaces,
    CliInterfaceCapacity,
    InterfaceCreate,
    RouteCreate,
    NfsService,
    NfsServiceCreate,
    NfsServiceChange,
    SmbServerCreate,
    SmbServerChange,
    SmbServerDelete,
    SmbDomainChange,
    Controllers,
    ControllerCreate,
    ControllerDelete,
    DnsCreate,
    DnsChange,
    HostCreate,
    HostChange,
    LdapCreate,
    LdapChange,
    RealmCreate,
    RealmChange,
    KerberosChange,
    Policies,
    PolicyCreate,
    PolicyChange,
    PolicyDelete,
    PolicyRules,
    Volumes,
    Volume,
    VolumeCreate,
    VolumeChange,
    VolumeDelete,
    Snapshots,
    AllSnapshots,
    SnapshotCreate,
    SnapshotChange,
    SnapshotDelete,
    Luns,
    SnapmirrorRelationships,
    Shares,
    ShareCreate,
    ShareDelete,
    Acls,
    AclCreate,
    AclChange,
    AclDelete,
    FpolicyPolicies,
    FpolicyCreate,
    FpolicyChange,
    FpolicyDelete,
    FpolicyEvents,
    FpolicyEventCreate,
    FpolicyEventDelete,
    QosPolicies,
    QosCreate,
    QosChange,
    QosDelete,
}

/// Where a cluster account's call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// In the cluster's own, always.
    Cluster,
    /// In the SVM's, through the header `X-Dot-SVM-Name`, when the client is bound to one.
    Svm,
}

/// When an endpoint answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// Done when it answers; `return_timeout` is ignored there.
    AtOnce,
    /// May answer 202 with a job; honours `return_timeout`.
    WithJob,
}

/// What an account may not be without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The driver can't work without.
    Always,
    /// The driver works without, and this is what is lost.
    Else(&'static str),
}

/// What there is to know about an endpoint.
#[derive(Debug)]
pub struct Row {
    pub endpoint: Endpoint,
    pub method: Method,
    /// Below `/api`; `{…}` stands for a key.
    pub path: &'static str,
    pub context: Context,
    pub answers: Answers,
    pub need: Need,
    pub purpose: &'static str,
}

const fn row(
    endpoint: Endpoint,
    method: Method,
    path: &'static str,
    context: Context,
    answers: Answers,
    need: Need,
    purpose: &'static str,
) -> Row {
    Row { endpoint, method, path, context, answers, need, purpose }
}

/// What is lost without the calls that share servers need.
const SERVERS: &str = "no share servers";

/// What is lost without the calls that their security services need.
const NAMES: &str = "no share servers in share networks with security services, and none is managed or unmanaged";
const DIRECTORIES: &str = "no share servers in share networks with security services";

/// What is lost without the calls that keys of tenants need.
const KEYS: &str = "no share servers that are encrypted with keys of tenants";

/// What is lost without the calls that snapshots need.
const SNAPSHOTS: &str = "no snapshots";
const SCREENING: &str = "no share types with FPolicy";
const MANAGING: &str = "no shares are taken over that are on the array already";

/// All endpoints, in the order of [`Endpoint`].
#[rustfmt::skip]
pub const TABLE: &[Row] = {
    use Answers::{AtOnce, WithJob};
    use Context::{Cluster, Svm};
    use Endpoint as E;
    use Method::{Delete, Get, Patch, Post};
    use Need::{Always, Else};
    &[
        row(E::Cluster, Get, "/cluster", Cluster, AtOnce, Else("the release is read from the command line interface instead"), "release and cluster name"),
        row(E::CliVersion, Get, "/private/cli/version", Cluster, AtOnce, Else("needed only where the account may not read /cluster"), "release, for accounts that may not read /cluster"),
        row(E::Nodes, Get, "/cluster/nodes", Cluster, AtOnce, Else("the account counts as one of an SVM"), "scope of the account, names of the nodes"),
        row(E::Job, Get, "/cluster/jobs/{uuid}", Cluster, AtOnce, Always, "result of asynchronous work"),
        row(E::Licences, Get, "/cluster/licensing/licenses", Cluster, AtOnce, Else("a missing licence shows only when a feature is used"), "licensed features"),
        row(E::KeyManagers, Get, "/security/key-managers", Cluster, AtOnce, Else("volume encryption is not offered"), "whether volumes can be encrypted"),
        row(E::CliAggregates, Get, "/private/cli/aggr", Cluster, AtOnce, Else("root aggregates are left out only as far as ONTAP hides them itself"), "names of root aggregates"),
        row(E::Aggregates, Get, "/storage/aggregates", Cluster, AtOnce, Else("pools report free space only, and no export path is preferred"), "facts and space of aggregates"),
        row(E::Disks, Get, "/storage/disks", Cluster, AtOnce, Else("pools report no disk type"), "disk types of aggregates"),
        row(E::Svms, Get, "/svm/svms", Cluster, AtOnce, Always, "the SVM, its state and its aggregates"),
        row(E::SvmCreate, Post, "/svm/svms", Cluster, WithJob, Else(SERVERS), "make the SVM of a share server"),
        row(E::SvmChange, Patch, "/svm/svms/{uuid}", Cluster, WithJob, Else(NAMES), "where a share server looks names up, its certificate, and the name and the mark of one that is managed"),
        row(E::SvmDelete, Delete, "/svm/svms/{uuid}", Cluster, WithJob, Else(SERVERS), "remove the SVM of a share server"),
        row(E::Certificates, Get, "/security/certificates", Cluster, AtOnce, Else("no share servers with netapp_security_cert_expire_days"), "find the certificates of a share server"),
        row(E::CertificateCreate, Post, "/security/certificates", Cluster, AtOnce, Else("no share servers with netapp_security_cert_expire_days"), "make a certificate that lives as long as configured"),
        row(E::CertificateDelete, Delete, "/security/certificates/{uuid}", Cluster, AtOnce, Else("no share servers with netapp_security_cert_expire_days"), "remove the certificate that was replaced"),
        row(E::CliSvmChange, Patch, "/private/cli/vserver", Cluster, AtOnce, Else("deleted volumes of share servers can be recovered for 12 hours, whatever is configured"), "how long deleted volumes of a share server can be recovered"),
        row(E::BarbicanKmsCreate, Post, "/security/barbican-kms", Cluster, WithJob, Else(KEYS), "tell a share server where it gets its key"),
        row(E::KeyStores, Get, "/security/key-stores", Cluster, AtOnce, Else(KEYS), "find the key store of a share server"),
        row(E::KeyStoreChange, Patch, "/security/key-stores/{uuid}", Cluster, WithJob, Else(KEYS), "have a share server use its key"),
        row(E::Ipspaces, Get, "/network/ipspaces", Cluster, AtOnce, Else(SERVERS), "find the IPspace of a network"),
        row(E::IpspaceCreate, Post, "/network/ipspaces", Cluster, AtOnce, Else(SERVERS), "make the IPspace of a network"),
        row(E::IpspaceDelete, Delete, "/network/ipspaces/{uuid}", Cluster, AtOnce, Else(SERVERS), "remove the IPspace of a network"),
        row(E::Domains, Get, "/network/ethernet/broadcast-domains", Cluster, AtOnce, Else(SERVERS), "find the broadcast domains of a network"),
        row(E::DomainCreate, Post, "/network/ethernet/broadcast-domains", Cluster, AtOnce, Else(SERVERS), "make the broadcast domain of a network"),
        row(E::DomainChange, Patch, "/network/ethernet/broadcast-domains/{uuid}", Cluster, AtOnce, Else(SERVERS), "set the MTU of a network"),
        row(E::DomainDelete, Delete, "/network/ethernet/broadcast-domains/{uuid}", Cluster, AtOnce, Else(SERVERS), "remove the broadcast domain of a network"),
        row(E::Ports, Get, "/network/ethernet/ports", Cluster, AtOnce, Else(SERVERS), "find ports for share servers"),
        row(E::VlanCreate, Post, "/network/ethernet/ports", Cluster, AtOnce, Else(SERVERS), "make a VLAN port"),
        row(E::PortChange, Patch, "/network/ethernet/ports/{uuid}", Cluster, AtOnce, Else(SERVERS), "put a VLAN port into its broadcast domain"),
        row(E::VlanDelete, Delete, "/network/ethernet/ports/{uuid}", Cluster, AtOnce, Else(SERVERS), "remove a VLAN port"),
        row(E::Interfaces, Get, "/network/ip/interfaces", Svm, AtOnce, Always, "addresses that serve data"),
        row(E::CliInterfaceCapacity, Get, "/private/cli/network/interface/capacity/details", Cluster, AtOnce, Else("no share servers with netapp_restrict_lif_creation_per_ha_pair"), "how many data LIFs a node may have"),
        row(E::InterfaceCreate, Post, "/network/ip/interfaces", Cluster, AtOnce, Else(SERVERS), "give a share server an address"),
        row(E::RouteCreate, Post, "/network/ip/routes", Cluster, AtOnce, Else(SERVERS), "give a share server its way out"),
        row(E::NfsService, Get, "/protocols/nfs/services/{svm.uuid}", Cluster, AtOnce, Else(SERVERS), "what NFS of a share server is like"),
        row(E::NfsServiceCreate, Post, "/protocols/nfs/services", Cluster, AtOnce, Else(SERVERS), "have a share server serve NFS"),
        row(E::NfsServiceChange, Patch, "/protocols/nfs/services/{svm.uuid}", Cluster, AtOnce, Else(SERVERS), "set up NFS of a share server"),
        row(E::SmbServerCreate, Post, "/protocols/cifs/services", Cluster, WithJob, Else(DIRECTORIES), "have a share server join an Active Directory"),
        row(E::SmbServerChange, Patch, "/protocols/cifs/services/{svm.uuid}", Cluster, WithJob, Else(DIRECTORIES), "set the site of a share server in its Active Directory"),
        row(E::SmbServerDelete, Delete, "/protocols/cifs/services/{svm.uuid}", Cluster, WithJob, Else(DIRECTORIES), "take a share server out of its Active Directory"),
        row(E::SmbDomainChange, Patch, "/protocols/cifs/domains/{svm.uuid}", Cluster, AtOnce, Else(DIRECTORIES), "how a share server looks for domain controllers"),
        row(E::Controllers, Get, "/protocols/cifs/domains/{svm.uuid}/preferred-domain-controllers", Cluster, AtOnce, Else(DIRECTORIES), "read the domain controllers that a share server was told of"),
        row(E::ControllerCreate, Post, "/protocols/cifs/domains/{svm.uuid}/preferred-domain-controllers", Cluster, AtOnce, Else(DIRECTORIES), "name a domain controller to a share server"),
        row(E::ControllerDelete, Delete, "/protocols/cifs/domains/{svm.uuid}/preferred-domain-controllers/{fqdn}/{server_ip}", Cluster, AtOnce, Else(DIRECTORIES), "take the name of a domain controller back"),
        row(E::DnsCreate, Post, "/name-services/dns", Cluster, AtOnce, Else(DIRECTORIES), "name servers of a share server"),
        row(E::DnsChange, Patch, "/name-services/dns/{svm.uuid}", Cluster, AtOnce, Else(DIRECTORIES), "change the name servers of a share server"),
        row(E::HostCreate, Post, "/name-services/local-hosts", Cluster, AtOnce, Else("share servers do not know the hosts of netapp_dns_hosts"), "fixed names on a share server"),
        row(E::HostChange, Patch, "/name-services/local-hosts/{owner.uuid}/{address}", Cluster, AtOnce, Else("share servers do not know the hosts of netapp_dns_hosts"), "change fixed names on a share server"),
        row(E::LdapCreate, Post, "/name-services/ldap", Cluster, AtOnce, Else(DIRECTORIES), "have a share server ask an LDAP directory"),
        row(E::LdapChange, Patch, "/name-services/ldap/{svm.uuid}", Cluster, AtOnce, Else(DIRECTORIES), "change what LDAP directory a share server asks"),
        row(E::RealmCreate, Post, "/protocols/nfs/kerberos/realms", Cluster, AtOnce, Else(DIRECTORIES), "tell a share server of a Kerberos realm"),
        row(E::RealmChange, Patch, "/protocols/nfs/kerberos/realms/{svm.uuid}/{name}", Cluster, AtOnce, Else(DIRECTORIES), "change the key distribution centre of a Kerberos realm"),
        row(E::KerberosChange, Patch, "/protocols/nfs/kerberos/interfaces/{interface.uuid}", Cluster, AtOnce, Else(DIRECTORIES), "switch Kerberos on and off on a LIF"),
        row(E::Policies, Get, "/protocols/nfs/export-policies", Svm, AtOnce, Always, "find export policies"),
        row(E::PolicyCreate, Post, "/protocols/nfs/export-policies", Svm, AtOnce, Always, "create an export policy"),
        row(E::PolicyChange, Patch, "/protocols/nfs/export-policies/{id}", Svm, AtOnce, Always, "replace the rules of an export policy"),
        row(E::PolicyDelete, Delete, "/protocols/nfs/export-policies/{id}", Svm, AtOnce, Always, "delete an export policy"),
        row(E::PolicyRules, Get, "/protocols/nfs/export-policies/{policy.id}/rules", Svm, AtOnce, Always, "read the rules of an export policy"),
        row(E::Volumes, Get, "/storage/volumes", Svm, AtOnce, Always, "find volumes"),
        row(E::Volume, Get, "/storage/volumes/{uuid}", Svm, AtOnce, Always, "read one volume"),
        row(E::VolumeCreate, Post, "/storage/volumes", Svm, WithJob, Always, "create a volume"),
        row(E::VolumeChange, Patch, "/storage/volumes/{uuid}", Svm, WithJob, Always, "change, resize, unmount or take offline a volume"),
        row(E::VolumeDelete, Delete, "/storage/volumes/{uuid}", Svm, WithJob, Always, "delete a volume"),
        row(E::Snapshots, Get, "/storage/volumes/{volume.uuid}/snapshots", Svm, AtOnce, Else(SNAPSHOTS), "find snapshots"),
        row(E::AllSnapshots, Get, "/storage/volumes/*/snapshots", Svm, AtOnce, Else("snapshots that shares began with stay on the array under another name"), "find snapshots that were put away"),
        row(E::SnapshotCreate, Post, "/storage/volumes/{volume.uuid}/snapshots", Svm, WithJob, Else(SNAPSHOTS), "take a snapshot"),
        row(E::SnapshotChange, Patch, "/storage/volumes/{volume.uuid}/snapshots/{uuid}", Svm, WithJob, Else("snapshots that shares began with are not deleted"), "put away a snapshot that clones stand on"),
        row(E::SnapshotDelete, Delete, "/storage/volumes/{volume.uuid}/snapshots/{uuid}", Svm, WithJob, Else(SNAPSHOTS), "delete a snapshot"),
        row(E::Luns, Get, "/storage/luns", Svm, AtOnce, Else(MANAGING), "see whether a volume holds LUNs"),
        row(E::SnapmirrorRelationships, Get, "/snapmirror/relationships", Svm, AtOnce, Else(MANAGING), "see whether a volume is part of a SnapMirror relationship"),
        row(E::Shares, Get, "/protocols/cifs/shares", Svm, AtOnce, Else("no SMB shares"), "find SMB shares"),
        row(E::ShareCreate, Post, "/protocols/cifs/shares", Svm, AtOnce, Else("no SMB shares"), "create an SMB share"),
        row(E::ShareDelete, Delete, "/protocols/cifs/shares/{svm.uuid}/{name}", Svm, AtOnce, Else("no SMB shares"), "delete an SMB share"),
        row(E::Acls, Get, "/protocols/cifs/shares/{svm.uuid}/{share}/acls", Svm, AtOnce, Else("no SMB shares"), "read who may use an SMB share"),
        row(E::AclCreate, Post, "/protocols/cifs/shares/{svm.uuid}/{share}/acls", Svm, AtOnce, Else("no SMB shares"), "let a user in"),
        row(E::AclChange, Patch, "/protocols/cifs/shares/{svm.uuid}/{share}/acls/{user_or_group}/{type}", Svm, AtOnce, Else("no SMB shares"), "change what a user may do"),
        row(E::AclDelete, Delete, "/protocols/cifs/shares/{svm.uuid}/{share}/acls/{user_or_group}/{type}", Svm, AtOnce, Else("no SMB shares"), "shut a user out"),
        row(E::FpolicyPolicies, Get, "/protocols/fpolicy/{svm.uuid}/policies", Svm, AtOnce, Else(SCREENING), "find FPolicy policies"),
        row(E::FpolicyCreate, Post, "/protocols/fpolicy/{svm.uuid}/policies", Svm, AtOnce, Else(SCREENING), "create an FPolicy policy"),
        row(E::FpolicyChange, Patch, "/protocols/fpolicy/{svm.uuid}/policies/{name}", Svm, AtOnce, Else(SCREENING), "enable or disable an FPolicy policy, or change which volumes it is about"),
        row(E::FpolicyDelete, Delete, "/protocols/fpolicy/{svm.uuid}/policies/{name}", Svm, AtOnce, Else(SCREENING), "delete an FPolicy policy"),
        row(E::FpolicyEvents, Get, "/protocols/fpolicy/{svm.uuid}/events", Svm, AtOnce, Else(SCREENING), "find FPolicy events"),
        row(E::FpolicyEventCreate, Post, "/protocols/fpolicy/{svm.uuid}/events", Svm, AtOnce, Else(SCREENING), "create an FPolicy event"),
        row(E::FpolicyEventDelete, Delete, "/protocols/fpolicy/{svm.uuid}/events/{name}", Svm, AtOnce, Else(SCREENING), "delete an FPolicy event"),
        row(E::QosPolicies, Get, "/storage/qos/policies", Cluster, AtOnce, Else("no share types with limits of throughput"), "find QoS policies"),
        row(E::QosCreate, Post, "/storage/qos/policies", Cluster, WithJob, Else("no share types with limits of throughput"), "create the QoS policy of a share"),
        row(E::QosChange, Patch, "/storage/qos/policies/{uuid}", Cluster, WithJob, Else("no share types with limits of throughput"), "change or rename a QoS policy"),
        row(E::QosDelete, Delete, "/storage/qos/policies/{uuid}", Cluster, WithJob, Else("no share types with limits of throughput"), "delete a QoS policy"),
    ]
};

impl Endpoint {
    /// What there is to know about it.
    pub fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// Whether it changes nothing, so that it may be repeated at will.
    pub fn reads(self) -> bool {
        self.row().method == Method::Get
    }
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.row().method.name(), self.row().path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_stands_in_its_place_and_names_a_call_of_its_own() {
        for (place, row) in TABLE.iter().enumerate() {
            assert_eq!(row.endpoint as usize, place, "{}", row.endpoint);
            assert!(row.path.starts_with('/') && !row.path.ends_with('/'), "{}", row.path);
            assert!(!row.purpose.is_empty());
            let twins = TABLE.iter().filter(|other| other.path == row.path && other.method == row.method);
            assert_eq!(twins.count(), 1, "{}", row.endpoint);
        }
        assert_eq!(TABLE.len(), Endpoint::QosDelete as usize + 1);
    }

    #[test]
    fn what_waits_for_a_job_is_a_write() {
        assert!(TABLE.iter().filter(|row| row.answers == Answers::WithJob).all(|row| !row.endpoint.reads()));
    }
}

//! Share servers: what serves the shares of one share network on one back end, and the addresses that were
//! given to it. Source: resources.md §9, design.md §4.
//!
//! A server holds copies of what it needs of its subnets, so that it can be torn down when the network is gone. Its
//! addresses are records of their own, found by where they are unique; they come and go in the same batch as what
//! explains them, so none is given twice or lost. How to get it wrong: to forget a server, or an address, before the
//! array or the network service has let go of it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::abilities::ServerAbilities;
use crate::encryption_key::ServerEncryption;
use crate::ids::{AllocationId, ShareNetworkId, ShareNetworkSubnetId, ShareServerId};
use crate::intent::{Cause, at_serial, same_since_1};
use crate::message::Detail;
use crate::record::{Index, Record, Row};
use crate::security_service::SecurityService;
use crate::stamp::Stamp;
use crate::status::{ActionDoc, ServerStatus, TaskState};
use crate::subnet::{Neutron, Segment, ShareNetworkSubnet};
pub use crate::verb::ServerVerb;

/// A share server. One of a project, in one share network, on one back end.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ShareServer {
    pub id: ShareServerId,
    pub project_id: String,
    pub share_network_id: ShareNetworkId,
    /// `host@backend`
    pub service: String,
    pub status: ServerStatus,
    /// How the array calls it: its own id, but for what an administrator named to be taken over, until it is.
    pub identifier: String,
    /// Whether it may go by itself once nothing uses it.
    pub is_auto_deletable: bool,
    pub task_state: Option<TaskState>,
    /// As its back end said when it last began. A server of an earlier release bears nothing until then.
    #[serde(default)]
    pub abilities: ServerAbilities,
    /// What the driver wants to be told again of it; shown to administrators.
    pub details: BTreeMap<String, String>,
    /// Where it stands, the first subnet first.
    pub subnets: Vec<ServerSubnet>,
    /// The directories that it was made with: what is unjoined at its end.
    pub directories: Vec<SecurityService>,
    /// What it is encrypted with, if a tenant gave it a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<ServerEncryption>,
    /// Why it could not be made.
    pub failure: Option<Detail>,
    /// The array has let go of it; what is left are its addresses.
    pub is_off_array: bool,
    /// When an instance last came or went.
    pub used_at: Stamp,
    pub created_at: Stamp,
    pub updated_at: Option<Stamp>,
}

/// A subnet as a server of it knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerSubnet {
    pub id: ShareNetworkSubnetId,
    pub neutron: Option<Neutron>,
    /// Empty until addresses are given.
    pub segment: Segment,
    pub metadata: BTreeMap<String, String>,
}

impl From<&ShareNetworkSubnet> for ServerSubnet {
    fn from(subnet: &ShareNetworkSubnet) -> Self {
        ServerSubnet {
            id: subnet.id,
            neutron: subnet.neutron.clone(),
            segment: Segment::default(),
            metadata: subnet.heeded(),
        }
    }
}

pub mod index {
    use super::Index;

    /// share network, created_at.
    pub const BY_NETWORK: Index = Index("network");
    /// subnet.
    pub const BY_SUBNET: Index = Index("subnet");
    /// `host@backend`, created_at.
    pub const BY_SERVICE: Index = Index("service");
    /// created_at: the administrators' list in its default order.
    pub const BY_CREATION: Index = Index("created");
}

impl Record for ShareServer {
    const KIND: &'static str = "share_server";

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn rows(&self) -> Vec<Row> {
        let created = self.created_at.text();
        let subnets: BTreeSet<_> = self.subnets.iter().map(|subnet| subnet.id).collect();
        [
            index::BY_NETWORK.row([self.share_network_id.to_string(), created.clone()]),
            index::BY_SERVICE.row([self.service.clone(), created.clone()]),
            index::BY_CREATION.row([created]),
        ]
        .into_iter()
        .chain(subnets.into_iter().map(|id| index::BY_SUBNET.row([id.to_string()])))
        .collect()
    }
}

/// An address that a server has, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// Of the port, where the network service has ports.
    pub id: AllocationId,
    pub server: ShareServerId,
    /// `None` in the administrative network.
    pub subnet: Option<ShareNetworkSubnetId>,
    /// Within what the address is unique, as the plugin has it.
    pub scope: String,
    pub address: IpAddr,
    /// Bits of the network's mask.
    pub prefix: u8,
    /// The network as it was when the address was given.
    pub segment: Segment,
    pub created_at: Stamp,
}

/// Rows by which allocations are found.
pub mod allocation {
    use super::Index;

    /// server.
    pub const BY_SERVER: Index = Index("server");
    /// scope, address: given to anybody?
    pub const BY_ADDRESS: Index = Index("address");
}

impl Record for Allocation {
    const KIND: &'static str = "network_allocation";

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn rows(&self) -> Vec<Row> {
        vec![
            allocation::BY_SERVER.row([self.server.to_string(), self.created_at.text()]),
            allocation::BY_ADDRESS.row([self.scope.clone(), self.address.to_string()]),
        ]
    }
}

/// Work that is owed for a server. There is one at most; a later one takes the place of the earlier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerIntent {
    pub server: ShareServerId,
    pub verb: ServerVerb,
    /// Drawn from the store's sequence; tells this intent from any other that the server ever had.
    pub serial: u64,
    /// `host@backend`
    pub service: String,
    /// Seconds of running time already spent, over restarts.
    pub spent_seconds: u64,
    /// The request that caused the work.
    pub request_id: String,
    pub created_at: Stamp,
}

impl ServerIntent {
    /// Work on a server, owed by its back end.
    pub fn new(server: &ShareServer, verb: ServerVerb, serial: u64, cause: &Cause) -> Self {
        let (server, service) = (server.id, server.service.clone());
        let request_id = cause.request_id.clone();
        ServerIntent { server, verb, serial, service, spent_seconds: 0, request_id, created_at: cause.now }
    }
}

/// service, serial: what a back end owes its servers, in the order in which it came to be owed.
pub const INTENTS_BY_SERVICE: Index = Index("service");

impl Record for ServerIntent {
    const KIND: &'static str = "server_intent";
    const VERSION: u16 = 2;

    fn key(&self) -> String {
        self.server.to_string()
    }

    fn rows(&self) -> Vec<Row> {
        vec![INTENTS_BY_SERVICE.row([self.service.clone(), at_serial(self.serial)])]
    }

    fn upgraded(from: u16, old: Value) -> Result<Value, String> {
        same_since_1(from, old)
    }
}

/// What the status of a server has a say in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerAction {
    /// An administrator has it removed.
    Delete,
    /// The same where no work is owed for it: its status is only what an administrator said.
    DeleteIdle,
    /// An administrator has it forgotten.
    Unmanage,
    /// It is given other subnets or security services while it serves.
    Alter,
    /// Instances are made on it.
    TakeInstances,
    /// Instances wait until it is set up.
    AwaitInstances,
    /// It is removed with the last instance on it.
    GoWithLastInstance,
    /// It is removed because nobody has used it for long.
    GoUnused,
}

impl ServerAction {
    pub const ALL: &'static [Self] = &[
        ServerAction::Delete,
        ServerAction::DeleteIdle,
        ServerAction::Unmanage,
        ServerAction::Alter,
        ServerAction::TakeInstances,
        ServerAction::AwaitInstances,
        ServerAction::GoWithLastInstance,
        ServerAction::GoUnused,
    ];

    pub const fn doc(self) -> ActionDoc {
        const REMOVAL: &str = "`deleting`; then it is gone, or `error`, and its removal goes on";
        let (what, policies, follows): (_, &[_], _) = match self {
            ServerAction::Delete => ("delete", &["share_server:delete"], REMOVAL),
            ServerAction::DeleteIdle => ("delete, while no work is owed for it", &["share_server:delete"], REMOVAL),
            ServerAction::Unmanage => (
                "unmanage",
                &["share_server:unmanage_share_server"],
                "`unmanage_starting`; then it is forgotten, and what of it is on the array stays there without our mark; or `unmanage_error`. With `force` it is forgotten at once, and nobody asks the array",
            ),
            ServerAction::Alter => (
                "give it another subnet, or other security services, while it serves",
                &[
                    "share_network_subnet:create",
                    "share_network:add_security_service",
                    "share_network:update_security_service",
                ],
                "`network_change`, and its network likewise; then both are `active`, or `error`",
            ),
            ServerAction::TakeInstances => ("place instances on it", &[], "its status stays"),
            ServerAction::AwaitInstances => (
                "let instances wait for it",
                &[],
                "they are created once it is `active`, or elsewhere if it is removed",
            ),
            ServerAction::GoWithLastInstance => ("remove it with the last instance on it", &[], REMOVAL),
            ServerAction::GoUnused => ("remove it because it has long been unused", &[], REMOVAL),
        };
        ActionDoc { what, policies, follows }
    }

    /// In which statuses an action is allowed.
    pub const fn statuses(self) -> &'static [ServerStatus] {
        use ServerStatus::{
            Active, Creating, Deleting, Error, ManageError, ManageStarting, NetworkChange, ServerMigrating,
            ServerMigratingTo, UnmanageError, UnmanageStarting,
        };
        match self {
            ServerAction::Delete => &[Active, Error],
            ServerAction::DeleteIdle => &[
                Creating,
                Deleting,
                ManageStarting,
                UnmanageStarting,
                ServerMigrating,
                ServerMigratingTo,
                NetworkChange,
            ],
            ServerAction::Unmanage => &[Active, Error, ManageError, UnmanageError],
            ServerAction::Alter => &[Active],
            ServerAction::TakeInstances => &[Active, NetworkChange],
            ServerAction::AwaitInstances => &[Creating],
            ServerAction::GoWithLastInstance => &[Active, Creating, NetworkChange],
            ServerAction::GoUnused => &[Active],
        }
    }

    pub fn is_allowed(self, status: ServerStatus) -> bool {
        self.statuses().contains(&status)
    }
}

impl ShareServer {
    /// The server on its way out, and what is owed for that. Both go into one batch; whatever else was owed is replaced.
    pub fn going(self, serial: u64, cause: &Cause) -> (ShareServer, ServerIntent) {
        let (intent, now) = self.owing(ServerVerb::TearDown, serial, cause);
        (ShareServer { status: ServerStatus::Deleting, updated_at: Some(now), ..self }, intent)
    }

    /// The server on its way to be forgotten, and what is owed for that. It does not go with its network meanwhile.
    pub fn letting_go(self, serial: u64, cause: &Cause) -> (ShareServer, ServerIntent) {
        let (intent, now) = self.owing(ServerVerb::UnmanageServer, serial, cause);
        let status = ServerStatus::UnmanageStarting;
        (ShareServer { status, is_auto_deletable: false, updated_at: Some(now), ..self }, intent)
    }

    /// Whether an administrator named it, and it was not taken over since.
    pub fn is_only_named(&self) -> bool {
        self.identifier != self.id.to_string() && self.details.is_empty()
    }

    /// The server with one more subnet to stand in, which it does not yet, and what is owed for that.
    pub fn extended(mut self, subnet: &ShareNetworkSubnet, serial: u64, cause: &Cause) -> (ShareServer, ServerIntent) {
        self.subnets.push(subnet.into());
        let (intent, now) = self.owing(ServerVerb::Alter, serial, cause);
        (ShareServer { status: ServerStatus::NetworkChange, updated_at: Some(now), ..self }, intent)
    }

    /// The server with other directories, which it does not use yet, and what is owed for that.
    pub fn directed(
        mut self,
        directories: Vec<SecurityService>,
        serial: u64,
        cause: &Cause,
    ) -> (ShareServer, ServerIntent) {
        self.directories = directories;
        let (intent, now) = self.owing(ServerVerb::Alter, serial, cause);
        (ShareServer { status: ServerStatus::NetworkChange, updated_at: Some(now), ..self }, intent)
    }

    fn can_be_altered(&self) -> bool {
        ServerAction::Alter.is_allowed(self.status) && self.stands()
    }

    /// Whether it can be given other security services while it serves.
    pub fn can_change_services(&self) -> bool {
        self.abilities.security_service_update && self.can_be_altered()
    }

    fn owing(&self, verb: ServerVerb, serial: u64, cause: &Cause) -> (ServerIntent, Stamp) {
        (ServerIntent::new(self, verb, serial, cause), cause.now)
    }

    /// Whether it can be given a subnet of this network of Neutron, or of none, while it serves: all of its subnets are
    /// in one network, since a server is in one segment.
    pub fn can_stand_in(&self, neutron: Option<&Neutron>) -> bool {
        let network = |neutron: Option<&Neutron>| neutron.map(|one| one.net_id.clone());
        let is_beside = |own: &ServerSubnet| network(own.neutron.as_ref()) == network(neutron);
        self.abilities.network_allocation_update && self.can_be_altered() && self.subnets.iter().all(is_beside)
    }

    /// Whether the array has it: it was set up, and not torn down since.
    pub fn stands(&self) -> bool {
        !self.details.is_empty() && !self.is_off_array
    }

    /// Whether instances can be made on it, at once or as soon as the set-up is done that is owed for it, if one is.
    pub fn takes_instances(&self, owed: Option<ServerVerb>) -> bool {
        let is_made = || owed == Some(ServerVerb::SetUp) && !self.is_off_array;
        (ServerAction::TakeInstances.is_allowed(self.status) && self.stands())
            || (ServerAction::AwaitInstances.is_allowed(self.status) && is_made())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> ShareServer {
        let now = Stamp::parse("2026-01-01").unwrap();
        let subnet = |number| ServerSubnet {
            id: uuid::Uuid::from_u128(number).into(),
            neutron: None,
            segment: Segment::default(),
            metadata: BTreeMap::new(),
        };
        ShareServer {
            id: uuid::Uuid::from_u128(1).into(),
            project_id: "p".into(),
            share_network_id: uuid::Uuid::from_u128(2).into(),
            service: "h@b".into(),
            status: ServerStatus::Active,
            identifier: "1".into(),
            is_auto_deletable: true,
            task_state: None,
            encryption: None,
            abilities: ServerAbilities::ALL,
            details: BTreeMap::new(),
            subnets: vec![subnet(3), subnet(4)],
            directories: Vec::new(),
            failure: None,
            is_off_array: false,
            used_at: now,
            created_at: now,
            updated_at: None,
        }
    }

    #[test]
    fn a_server_is_found_by_each_of_its_subnets() {
        let rows = server().rows();
        assert_eq!(rows.iter().filter(|row| row.index == index::BY_SUBNET).count(), 2);
    }

    #[test]
    fn a_server_that_goes_owes_its_removal_to_its_own_back_end_and_takes_no_instances() {
        let now = Stamp::parse("2026-01-02").unwrap();
        let (server, intent) = server().going(7, &Cause { request_id: "req-1".into(), now });
        assert_eq!((server.status, server.updated_at), (ServerStatus::Deleting, Some(now)));
        assert!(
            !ServerAction::GoWithLastInstance.is_allowed(server.status) && !server.takes_instances(Some(intent.verb))
        );
        assert_eq!((intent.verb, intent.serial, intent.server), (ServerVerb::TearDown, 7, server.id));
        assert_eq!(intent.service, server.service);
    }

    #[test]
    fn a_server_takes_instances_when_it_stands_or_its_set_up_is_owed_whatever_its_status_says() {
        let fresh = server();
        let standing = ShareServer { details: [("k".to_owned(), "v".to_owned())].into(), ..server() };
        let gone = ShareServer { is_off_array: true, ..standing.clone() };
        let takes = |server: &ShareServer, status, owed| ShareServer { status, ..server.clone() }.takes_instances(owed);
        for status in [ServerStatus::Active, ServerStatus::NetworkChange] {
            assert!(takes(&standing, status, None));
            assert!(!takes(&fresh, status, None) && !takes(&gone, status, None), "{status}: it stands nowhere");
        }
        for server in [&fresh, &standing] {
            assert!(takes(server, ServerStatus::Creating, Some(ServerVerb::SetUp)));
            assert!(!takes(server, ServerStatus::Creating, None), "nobody makes it");
        }
        for status in [ServerStatus::Error, ServerStatus::Deleting, ServerStatus::Inactive] {
            assert!(!takes(&standing, status, None));
        }
    }

    #[test]
    fn a_server_that_serves_is_given_other_services_where_its_driver_can_do_that() {
        let standing = ShareServer { details: [("k".to_owned(), "v".to_owned())].into(), ..server() };
        let unable = ServerAbilities { security_service_update: false, ..ServerAbilities::ALL };
        assert!(standing.can_change_services() && !server().can_change_services());
        assert!(!ShareServer { abilities: unable, ..standing }.can_change_services());
    }

    #[test]
    fn a_server_of_an_earlier_release_bears_nothing_until_its_back_end_says_so() {
        let mut old = serde_json::to_value(server()).unwrap();
        old.as_object_mut().unwrap().remove("abilities").unwrap();
        let read: ShareServer = serde_json::from_value(old).unwrap();
        assert_eq!((read.abilities, read.id), (ServerAbilities::default(), server().id));
    }

    #[test]
    fn a_server_that_serves_is_extended_within_its_own_network_only() {
        let neutron = |net: &str| Neutron { net_id: net.into(), subnet_id: "s".into() };
        let standing = ShareServer { details: [("k".to_owned(), "v".to_owned())].into(), ..server() };
        assert!(standing.can_stand_in(None) && !standing.can_stand_in(Some(&neutron("a"))));
        assert!(!server().can_stand_in(None), "it does not stand yet");
        assert!(!ShareServer { status: ServerStatus::Error, ..standing.clone() }.can_stand_in(None));
        let unable = ServerAbilities { network_allocation_update: false, ..ServerAbilities::ALL };
        assert!(!ShareServer { abilities: unable, ..standing.clone() }.can_stand_in(None), "its driver can't");
        let mut of_neutron = standing.clone();
        of_neutron.subnets.iter_mut().for_each(|subnet| subnet.neutron = Some(neutron("a")));
        let takes = [None, Some("a"), Some("b")].map(|net| of_neutron.can_stand_in(net.map(neutron).as_ref()));
        assert_eq!(takes, [false, true, false]);

        let now = Stamp::parse("2026-01-02").unwrap();
        let subnet = ShareNetworkSubnet {
            id: uuid::Uuid::from_u128(9).into(),
            share_network_id: standing.share_network_id,
            availability_zone: None,
            neutron: None,
            segment: Segment::default(),
            metadata: BTreeMap::new(),
            confirmed: Default::default(),
            created_at: now,
            updated_at: None,
        };
        let (server, intent) = standing.extended(&subnet, 7, &Cause { request_id: "req-1".into(), now });
        assert_eq!((server.subnets.len(), server.subnets[2].id), (3, subnet.id));
        assert_eq!((server.status, intent.verb, intent.serial), (ServerStatus::NetworkChange, ServerVerb::Alter, 7));
        assert!(server.takes_instances(Some(intent.verb)));
    }
}

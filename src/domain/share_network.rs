//! Share networks: where in a tenant's networks shares are to be served, and with which directories. Source:
//! resources.md §7.
//!
//! A network knows its directories by id, and holds one of each kind at most. Who changes that hands over the attached
//! ones as they are, so that the rules here stay pure. How to get it wrong: attaching outside the commit, where two
//! requests could each bring an LDAP.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::ids::{SecurityServiceId, ShareNetworkId};
use crate::quota::{Charge, Resource};
use crate::record::{Index, Record, Row};
use crate::security_service::SecurityService;
use crate::share_server::ShareServer;
use crate::stamp::Stamp;
use crate::status::{ActionDoc, NetworkStatus, ServerStatus};

/// A network of a tenant. Its subnets are records of their own ([`crate::ShareNetworkSubnet`]): there is no end to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareNetwork {
    pub id: ShareNetworkId,
    pub project_id: String,
    pub user_id: String,
    pub name: Option<String>,
    pub description: Option<String>,
    pub status: NetworkStatus,
    pub security_services: BTreeSet<SecurityServiceId>,
    pub created_at: Stamp,
    pub updated_at: Option<Stamp>,
}

pub mod index {
    use super::Index;

    /// project, created_at.
    pub const BY_PROJECT: Index = Index("project");
    /// created_at.
    pub const BY_CREATION: Index = Index("created");
    /// security service: who uses it?
    pub const BY_SECURITY_SERVICE: Index = Index("security_service");
}

impl Record for ShareNetwork {
    const KIND: &'static str = "share_network";

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn rows(&self) -> Vec<Row> {
        let services = self.security_services.iter().map(|id| index::BY_SECURITY_SERVICE.row([id.to_string()]));
        [
            index::BY_PROJECT.row([self.project_id.clone(), self.created_at.text()]),
            index::BY_CREATION.row([self.created_at.text()]),
        ]
        .into_iter()
        .chain(services)
        .collect()
    }

    fn charges(&self) -> Vec<Charge> {
        vec![Charge {
            project: self.project_id.clone(),
            user: self.user_id.clone(),
            share_type: None,
            resource: Resource::ShareNetworks,
            amount: 1,
        }]
    }
}

/// What the status of a network has a say in. Everything else may be done to a network in any status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkAction {
    /// A share is to be served in it.
    CreateShare,
    /// Clients are let in to a share in it, or out.
    ChangeAccess,
    /// A share in it is changed on the array.
    ChangeShare,
    AddSecurityService,
    SwapSecurityService,
    /// It is given a subnet beside one in which share servers stand.
    ExtendServers,
    /// A share server that is on the array already is taken over in it.
    ManageServer,
    /// A share server in it is forgotten.
    UnmanageServer,
}

impl NetworkAction {
    pub const ALL: &'static [Self] = &[
        NetworkAction::CreateShare,
        NetworkAction::ChangeAccess,
        NetworkAction::ChangeShare,
        NetworkAction::AddSecurityService,
        NetworkAction::SwapSecurityService,
        NetworkAction::ExtendServers,
        NetworkAction::ManageServer,
        NetworkAction::UnmanageServer,
    ];

    /// The policies of what is done to a share in it are those of the share's own table.
    pub const fn doc(self) -> ActionDoc {
        const CHANGE: &str =
            "where share servers stand in it, `network_change` until they are told; then `active`, or `error`";
        let (what, policies, follows): (_, &[_], _) = match self {
            NetworkAction::CreateShare => ("create a share in it", &["share:create"], "its status stays"),
            NetworkAction::ChangeAccess => ("allow or deny access to a share in it", &[], "its status stays"),
            NetworkAction::ChangeShare => ("change a share in it on the array", &[], "its status stays"),
            NetworkAction::AddSecurityService => {
                ("add a security service", &["share_network:add_security_service"], CHANGE)
            }
            NetworkAction::SwapSecurityService => {
                ("replace a security service", &["share_network:update_security_service"], CHANGE)
            }
            NetworkAction::ExtendServers => {
                ("add a subnet beside one in which share servers stand", &["share_network_subnet:create"], CHANGE)
            }
            NetworkAction::ManageServer => {
                ("manage a share server in it", &["share_server:manage_share_server"], "its status stays")
            }
            NetworkAction::UnmanageServer => {
                ("unmanage a share server in it", &["share_server:unmanage_share_server"], "its status stays")
            }
        };
        ActionDoc { what, policies, follows }
    }

    /// In which statuses an action is allowed.
    pub const fn statuses(self) -> &'static [NetworkStatus] {
        match self {
            NetworkAction::CreateShare
            | NetworkAction::ChangeAccess
            | NetworkAction::ChangeShare
            | NetworkAction::AddSecurityService
            | NetworkAction::SwapSecurityService
            | NetworkAction::ExtendServers
            | NetworkAction::ManageServer
            | NetworkAction::UnmanageServer => &[NetworkStatus::Active],
        }
    }
}

impl ShareNetwork {
    /// Adds a directory to the `attached` ones.
    ///
    /// # Errors
    /// Invalid when the network is not active, or of another project; conflict when it has a directory of this kind.
    pub fn attach(&mut self, new: &SecurityService, attached: &[SecurityService]) -> Result<(), Fault> {
        self.check(NetworkAction::AddSecurityService)?;
        self.require_own(new)?;
        if let Some(other) = attached.iter().find(|one| one.directory == new.directory) {
            let kind = new.directory.name();
            return Err(Fault::conflict(format!(
                "The share network has security service {} of type {kind}.",
                other.id
            )));
        }
        self.security_services.insert(new.id);
        Ok(())
    }

    /// Takes a directory away.
    ///
    /// # Errors
    /// Invalid when the network does not have it.
    pub fn detach(&mut self, id: SecurityServiceId) -> Result<(), Fault> {
        match self.security_services.remove(&id) {
            true => Ok(()),
            false => Err(Fault::invalid(format!("The share network does not have security service {id}."))),
        }
    }

    /// Puts a directory in the place of another one of its kind.
    ///
    /// # Errors
    /// Invalid when the network is not active, or of another project than `new`; conflict when it does not have
    /// `current`, or when the kinds differ.
    pub fn swap(&mut self, current: &SecurityService, new: &SecurityService) -> Result<(), Fault> {
        self.check(NetworkAction::SwapSecurityService)?;
        self.require_own(new)?;
        if !self.security_services.contains(&current.id) {
            return Err(Fault::conflict(format!("The share network does not have security service {}.", current.id)));
        }
        if current.directory != new.directory {
            return Err(Fault::conflict(format!(
                "Security service {} is of type {}, and {} of type {}.",
                current.id,
                current.directory.name(),
                new.id,
                new.directory.name()
            )));
        }
        self.security_services.remove(&current.id);
        self.security_services.insert(new.id);
        Ok(())
    }

    /// A network has directories of its own project only, also where an administrator may use those of others: its owners
    /// could neither see nor change what their file servers join.
    fn require_own(&self, new: &SecurityService) -> Result<(), Fault> {
        match new.project_id == self.project_id {
            true => Ok(()),
            false => Err(Fault::invalid(format!(
                "Security service {} is of another project than share network {}.",
                new.id, self.id
            ))),
        }
    }

    /// The network once a change of one of its `servers`, which are as they are by now, has ended or was given up: it can
    /// be worked with again when no other server is being changed. One in which a change `failed` is in error. `None`
    /// where nothing changes.
    pub fn after_change(self, servers: &[ShareServer], failed: bool, now: Stamp) -> Option<Self> {
        let is_changed = |server: &ShareServer| server.status == ServerStatus::NetworkChange;
        let is_over = self.status == NetworkStatus::NetworkChange && !servers.iter().any(is_changed);
        let status = match failed {
            true => NetworkStatus::Error,
            false if is_over => NetworkStatus::Active,
            false => return None,
        };
        Some(ShareNetwork { status, updated_at: Some(now), ..self })
    }

    /// # Errors
    /// Invalid when its status does not allow the action.
    pub fn check(&self, action: NetworkAction) -> Result<(), Fault> {
        let (id, status, allowed) = (self.id, self.status, action.statuses());
        if allowed.contains(&status) {
            return Ok(());
        }
        let allowed = allowed.iter().map(|status| status.name()).collect::<Vec<_>>().join(" or ");
        Err(Fault::invalid(format!("Share network {id} must be {allowed} and is {status}.")))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fault::Kind;
    use crate::security_service::Directory;

    fn network() -> ShareNetwork {
        ShareNetwork {
            id: uuid::Uuid::from_u128(1).into(),
            project_id: "p".into(),
            user_id: "u".into(),
            name: None,
            description: None,
            status: NetworkStatus::Active,
            security_services: BTreeSet::new(),
            created_at: Stamp::parse("2026-01-01").unwrap(),
            updated_at: None,
        }
    }

    /// Six services, two of each kind.
    fn services() -> Vec<SecurityService> {
        let of = |number: u128| SecurityService {
            id: uuid::Uuid::from_u128(number).into(),
            project_id: "p".into(),
            directory: Directory::ALL[number as usize % 3],
            name: None,
            description: None,
            dns_ip: None,
            server: None,
            domain: None,
            user: None,
            password: None,
            ou: None,
            default_ad_site: None,
            created_at: Stamp::parse("2026-01-01").unwrap(),
            updated_at: None,
        };
        (0..6).map(of).collect()
    }

    #[derive(Debug, Clone, Copy)]
    enum Step {
        Attach(usize),
        Detach(usize),
        Swap(usize, usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => (0usize..6).prop_map(Step::Attach),
            2 => (0usize..6).prop_map(Step::Detach),
            3 => (0usize..6, 0usize..6).prop_map(|(a, b)| Step::Swap(a, b)),
        ]
    }

    fn attached(network: &ShareNetwork) -> Vec<SecurityService> {
        services().into_iter().filter(|one| network.security_services.contains(&one.id)).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_is_done_a_network_has_one_directory_of_each_kind_at_most(
            steps in prop::collection::vec(step(), 0..20),
        ) {
            let (mut network, all) = (network(), services());
            for step in steps {
                let before = network.clone();
                let outcome = match step {
                    Step::Attach(new) => network.attach(&all[new], &attached(&before)),
                    Step::Detach(old) => network.detach(all[old].id),
                    Step::Swap(old, new) => network.swap(&all[old], &all[new]),
                };
                if outcome.is_err() {
                    prop_assert_eq!(&network, &before, "a refusal changes nothing");
                }
                let kinds: BTreeSet<Directory> = attached(&network).iter().map(|one| one.directory).collect();
                prop_assert_eq!(kinds.len(), network.security_services.len(), "{:?}", step);
                let rows = network.rows();
                let by_service = rows.iter().filter(|row| row.index == index::BY_SECURITY_SERVICE).count();
                prop_assert_eq!(by_service, network.security_services.len());
            }
        }
    }

    #[test]
    fn each_mistake_with_directories_has_its_kind() {
        let all = services();
        let mut network = network();
        network.attach(&all[0], &[]).unwrap();
        let kind = |outcome: Result<(), Fault>| outcome.unwrap_err().kind;
        assert_eq!(kind(network.attach(&all[3], &all[..1])), Kind::Conflict);
        assert_eq!(kind(network.attach(&all[0], &all[..1])), Kind::Conflict);
        assert_eq!(kind(network.detach(all[1].id)), Kind::Invalid);
        let foreign = |number: usize| SecurityService { project_id: "q".into(), ..all[number].clone() };
        assert_eq!(kind(network.attach(&foreign(1), &all[..1])), Kind::Invalid);
        assert_eq!(kind(network.swap(&all[0], &foreign(3))), Kind::Invalid);
        assert_eq!(kind(network.swap(&all[1], &all[4])), Kind::Conflict);
        assert_eq!(kind(network.swap(&all[0], &all[1])), Kind::Conflict);
        network.swap(&all[0], &all[3]).unwrap();
        assert_eq!(network.security_services, BTreeSet::from([all[3].id]));
        network.status = NetworkStatus::Error;
        assert_eq!(kind(network.swap(&all[3], &all[0])), Kind::Invalid);
        assert_eq!(kind(network.attach(&all[1], &all[3..4])), Kind::Invalid);
        network.detach(all[3].id).unwrap();
    }

    #[test]
    fn whatever_its_status_has_a_say_in_a_network_must_be_active_for() {
        for status in NetworkStatus::ALL {
            let network = ShareNetwork { status: *status, ..network() };
            for action in NetworkAction::ALL {
                let refused = network.check(*action).err().map(|fault| (fault.kind, fault.text));
                let text = format!("Share network {} must be active and is {status}.", network.id);
                let expected = (*status != NetworkStatus::Active).then_some((Kind::Invalid, text));
                assert_eq!(refused, expected, "{action:?}");
            }
        }
    }

    #[test]
    fn each_network_is_charged_to_its_project_and_user_and_to_no_type() {
        let charges = network().charges();
        let [charge] = charges.as_slice() else { panic!("{charges:?}") };
        assert_eq!((charge.resource, charge.amount, charge.share_type), (Resource::ShareNetworks, 1, None));
        assert_eq!((charge.project.as_str(), charge.user.as_str()), ("p", "u"));
    }
}

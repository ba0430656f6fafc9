//! What is asked of share networks, of their subnets and security services and of share servers while work is under way,
//! and what holds of all of them, whatever was decided.

use manilad_domain::quota::Limits;
use manilad_domain::security_service::Directory;
use manilad_domain::status::TaskState;
use manilad_domain::subnet::{BY_NETWORK, Neutron};
use manilad_domain::{Allocation, SecurityService, SecurityServiceId, ServiceCheck, SubnetCheck};
use manilad_store::{Range, Source as _};

use super::decision::Decision;
use super::*;
use crate::share_network::{self, ServiceChange};
use crate::{security_service, share_server, subnet};

/// `which` counts round where there are several.
#[derive(Debug, Clone, Copy)]
pub enum NetworkRequest {
    DeleteServer {
        which: usize,
    },
    ManageServer {
        network: usize,
        names_subnet: bool,
    },
    UnmanageServer {
        which: usize,
        force: bool,
    },
    ResetServer {
        which: usize,
        status: ServerStatus,
    },
    ResetServerTask {
        which: usize,
        state: Option<TaskState>,
    },
    Create,
    Update {
        which: usize,
        has_neutron: bool,
    },
    Delete {
        which: usize,
    },
    Reset {
        which: usize,
        status: NetworkStatus,
    },
    AddSubnet {
        network: usize,
        like: Like,
    },
    CheckSubnet {
        network: usize,
        like: Like,
    },
    NoteSubnet {
        which: usize,
    },
    DeleteSubnet {
        which: usize,
    },
    CreateService {
        directory: Directory,
    },
    UpdateService {
        which: usize,
        directory: Option<Directory>,
    },
    DeleteService {
        which: usize,
    },
    /// One service for another if there is a `current` one.
    CheckService {
        network: usize,
        current: Option<usize>,
        new: usize,
    },
    ChangeService {
        network: usize,
        current: Option<usize>,
        new: usize,
    },
    RemoveService {
        network: usize,
        which: usize,
    },
}

/// What a subnet is to be.
#[derive(Debug, Clone, Copy)]
pub struct Like {
    has_zone: bool,
    has_neutron: bool,
    is_one_of_several: bool,
}

pub fn network_request() -> impl Strategy<Value = NetworkRequest> {
    use NetworkRequest::*;
    let (which, network) = (|| 0usize..4, || 0usize..2);
    let current = || prop::option::weighted(0.3, 0usize..2);
    let directory = || prop::sample::select(Directory::ALL.to_vec());
    let like = || {
        let flags = (prop::bool::weighted(0.2), prop::bool::weighted(0.2), prop::bool::weighted(0.8));
        flags.prop_map(|(has_zone, has_neutron, is_one_of_several)| Like { has_zone, has_neutron, is_one_of_several })
    };
    let state = prop::option::of(prop::sample::select(TaskState::ALL.to_vec()));
    prop_oneof![
        3 => which().prop_map(|which| DeleteServer { which }),
        2 => (network(), any::<bool>())
            .prop_map(|(network, names_subnet)| ManageServer { network, names_subnet }),
        2 => (which(), prop::bool::weighted(0.3)).prop_map(|(which, force)| UnmanageServer { which, force }),
        3 => (which(), prop::sample::select(ServerStatus::ALL.to_vec()))
            .prop_map(|(which, status)| ResetServer { which, status }),
        1 => (which(), state).prop_map(|(which, state)| ResetServerTask { which, state }),
        1 => Just(Create),
        1 => (network(), any::<bool>()).prop_map(|(which, has_neutron)| Update { which, has_neutron }),
        1 => network().prop_map(|which| Delete { which }),
        2 => (network(), prop::sample::select(NetworkStatus::ALL.to_vec()))
            .prop_map(|(which, status)| Reset { which, status }),
        3 => (network(), like()).prop_map(|(network, like)| AddSubnet { network, like }),
        3 => (network(), like()).prop_map(|(network, like)| CheckSubnet { network, like }),
        1 => which().prop_map(|which| NoteSubnet { which }),
        1 => which().prop_map(|which| DeleteSubnet { which }),
        2 => directory().prop_map(|directory| CreateService { directory }),
        1 => (which(), prop::option::of(directory()))
            .prop_map(|(which, directory)| UpdateService { which, directory }),
        1 => which().prop_map(|which| DeleteService { which }),
        3 => (network(), current(), 0usize..2)
            .prop_map(|(network, current, new)| CheckService { network, current, new }),
        3 => (network(), current(), 0usize..2)
            .prop_map(|(network, current, new)| ChangeService { network, current, new }),
        1 => (network(), 0usize..2).prop_map(|(network, which)| RemoveService { network, which }),
    ]
}

fn neutron(is_there: bool) -> Option<Neutron> {
    is_there.then(|| Neutron { net_id: "n".into(), subnet_id: "s".into() })
}

fn zone(like: Like) -> Option<String> {
    like.has_zone.then(|| "nova".to_owned())
}

pub fn network(id: Uuid, now: Stamp) -> ShareNetwork {
    ShareNetwork {
        id: id.into(),
        project_id: "p".into(),
        user_id: "u".into(),
        name: None,
        description: None,
        status: NetworkStatus::Active,
        security_services: [].into(),
        created_at: now,
        updated_at: None,
    }
}

fn service(id: Uuid, directory: Directory, now: Stamp) -> SecurityService {
    SecurityService {
        id: id.into(),
        project_id: "p".into(),
        directory,
        name: None,
        description: None,
        dns_ip: None,
        server: None,
        domain: None,
        user: None,
        password: None,
        ou: None,
        default_ad_site: None,
        created_at: now,
        updated_at: None,
    }
}

impl World {
    /// The decision of a request; none where there is nothing that it could be about.
    pub fn network_decision(&self, request: NetworkRequest, seed: Uuid) -> Option<Decision> {
        let (now, cause) = (self.now, Cause { request_id: "req-5".into(), now: self.now });
        let server = |which| self.nth::<ShareServer>(which).map(|server| server.key());
        let network_key = |which| self.nth::<ShareNetwork>(which).map(|network| network.key());
        Some(match request {
            NetworkRequest::DeleteServer { which } => {
                let id = server(which)?;
                Decision::asked(move |draft| share_server::delete(draft, &id, &cause))
            }
            NetworkRequest::ManageServer { network, names_subnet } => {
                self.taking_server(network, names_subnet, seed)?
            }
            NetworkRequest::UnmanageServer { which, force } => {
                let (id, key) = (server(which)?, server(which)?);
                Decision::asked(move |draft| share_server::unmanage(draft, &id, force, &cause))
                    .removes(force.then(|| key.clone()))
                    .then(move |after| {
                        assert!(!after.is_used(&key), "server {key} was forgotten in use");
                        assert_eq!(after.servers.contains_key(&key), !force);
                    })
            }
            NetworkRequest::ResetServer { which, status } => {
                let id = server(which)?;
                Decision::asked(move |draft| share_server::reset_status(draft, &id, status, now)).of_administrator()
            }
            NetworkRequest::ResetServerTask { which, state } => {
                let id = server(which)?;
                Decision::asked(move |draft| share_server::reset_task_state(draft, &id, state, now))
            }
            NetworkRequest::Create => {
                let network = network(seed, now);
                let subnet = ShareNetworkSubnet { id: seed.into(), share_network_id: network.id, ..subnet(now) };
                Decision::asked(move |draft| share_network::create(draft, &network, &subnet, &Limits::default()))
            }
            NetworkRequest::Update { which, has_neutron } => {
                let part = has_neutron.then(|| Some("n".to_owned()));
                let update = share_network::Update {
                    name: Some(Some("n".into())),
                    neutron_net_id: part.clone(),
                    neutron_subnet_id: part,
                    ..Default::default()
                };
                let id = network_key(which)?;
                Decision::asked(move |draft| share_network::update(draft, &id, update, now))
            }
            NetworkRequest::Delete { which } => {
                let id = network_key(which)?;
                let subnets: Vec<ShareNetworkSubnet> = self.store.list(Range::of(BY_NETWORK, [id.clone()])).unwrap();
                let keys: Vec<_> = subnets.iter().map(Record::key).chain([id.clone()]).collect();
                Decision::asked(move |draft| share_network::delete(draft, &id, &cause)).removes(keys)
            }
            NetworkRequest::Reset { which, status } => {
                let id = network_key(which)?;
                Decision::asked(move |draft| share_network::reset_status(draft, &id, status)).of_administrator()
            }
            NetworkRequest::AddSubnet { network, like } => {
                let subnet = ShareNetworkSubnet {
                    id: seed.into(),
                    share_network_id: self.nth::<ShareNetwork>(network)?.id,
                    availability_zone: zone(like),
                    neutron: neutron(like.has_neutron),
                    ..subnet(now)
                };
                Decision::asked(move |draft| subnet::create(draft, &subnet, like.is_one_of_several, &cause))
            }
            NetworkRequest::CheckSubnet { network, like } => {
                let id = network_key(network)?;
                Decision::asked(move |draft| subnet::check(draft, &id, zone(like), neutron(like.has_neutron)))
            }
            NetworkRequest::NoteSubnet { which } => {
                let (id, named) = (self.nth::<ShareNetworkSubnet>(which)?.key(), ["note".to_owned()]);
                Decision::asked(move |draft| {
                    subnet::change_metadata(draft, &id, &named, |entries| {
                        entries.insert("note".into(), "n".into());
                        Ok(())
                    })
                })
            }
            NetworkRequest::DeleteSubnet { which } => {
                let id = self.nth::<ShareNetworkSubnet>(which)?.key();
                let key = id.clone();
                Decision::asked(move |draft| subnet::delete(draft, &id, &cause)).removes([key])
            }
            NetworkRequest::CreateService { directory } => {
                let service = service(seed, directory, now);
                Decision::asked(move |draft| security_service::create(draft, &service))
            }
            NetworkRequest::UpdateService { which, directory } => {
                let id = self.nth::<SecurityService>(which)?.key();
                let update = security_service::Update { directory, name: Some(None), ..Default::default() };
                Decision::asked(move |draft| security_service::update(draft, &id, update, now))
            }
            NetworkRequest::DeleteService { which } => {
                let id = self.nth::<SecurityService>(which)?.key();
                let key = id.clone();
                Decision::asked(move |draft| security_service::delete(draft, &id)).removes([key])
            }
            NetworkRequest::CheckService { network, current, new } => {
                let (id, change) = (network_key(network)?, self.service_change(current, new)?);
                Decision::asked(move |draft| share_network::check_service(draft, &id, change))
            }
            NetworkRequest::ChangeService { network, current, new } => {
                let (id, change) = (network_key(network)?, self.service_change(current, new)?);
                Decision::asked(move |draft| share_network::change_service(draft, &id, change, false, &cause))
            }
            NetworkRequest::RemoveService { network, which } => {
                let (id, service) = (network_key(network)?, self.nth::<SecurityService>(which)?.key());
                Decision::asked(move |draft| share_network::remove_service(draft, &id, &service, &|_| true, now))
            }
        })
    }

    /// Whatever is asked for is called the same, so that the second is refused while the first is not taken over.
    fn taking_server(&self, network: usize, names_subnet: bool, seed: Uuid) -> Option<Decision> {
        let network = self.nth::<ShareNetwork>(network)?.key();
        let own: Vec<ShareNetworkSubnet> = self.store.list(Range::of(BY_NETWORK, [network.clone()])).unwrap();
        let asked = share_server::ManagedServer {
            id: seed.into(),
            service: SERVICE.into(),
            network,
            subnet: own.first().filter(|_| names_subnet).map(Record::key),
            identifier: "by_hand".into(),
        };
        let (key, cause) = (asked.id.to_string(), Cause { request_id: "req-5".into(), now: self.now });
        let taken: Vec<ShareServer> = self.store.all().unwrap();
        let taken = taken.iter().any(|server| server.identifier == asked.identifier);
        Some(Decision::asked(move |draft| share_server::manage(draft, &asked, &cause)).then(move |after| {
            assert!(!taken, "two servers are one thing on the array");
            let (server, owed) = (&after.servers[&key], &after.server_intents[&key]);
            assert_eq!((server.status, owed.verb), (ServerStatus::ManageStarting, ServerVerb::ManageServer));
            assert!(!server.is_auto_deletable && !server.takes_instances(Some(owed.verb)), "{server:?}");
        }))
    }

    fn service_change(&self, current: Option<usize>, new: usize) -> Option<ServiceChange> {
        let service = |which| self.nth::<SecurityService>(which).map(|service| service.id);
        Some(ServiceChange { current: current.and_then(service), new: service(new)? })
    }

    /// What holds of networks, subnets, security services and addresses, whatever was decided.
    pub fn keep_networks(&self) {
        let networks: BTreeMap<_, ShareNetwork> =
            self.store.all::<ShareNetwork>().unwrap().into_iter().map(|one| (one.id, one)).collect();
        let services: BTreeMap<SecurityServiceId, SecurityService> =
            self.store.all::<SecurityService>().unwrap().into_iter().map(|one| (one.id, one)).collect();
        for subnet in self.store.all::<ShareNetworkSubnet>().unwrap() {
            assert!(networks.contains_key(&subnet.share_network_id), "the network of {subnet:?} is gone");
        }
        for share in self.store.all::<Share>().unwrap() {
            let is_there = |one: &Instance| one.network.is_none_or(|id| networks.contains_key(&id));
            assert!(share.instances.iter().all(is_there), "the network of {share:?} is gone");
        }
        for network in networks.values() {
            let own: Vec<_> = network.security_services.iter().map(|id| services[id].directory).collect();
            let kinds: BTreeSet<_> = own.iter().collect();
            assert_eq!(kinds.len(), own.len(), "{network:?} has two directories of a kind");
        }
        for check in self.store.all::<SubnetCheck>().unwrap() {
            assert!(networks.contains_key(&check.share_network_id), "{check:?} of a network that is gone");
        }
        for check in self.store.all::<ServiceCheck>().unwrap() {
            assert!(networks.contains_key(&check.share_network_id), "{check:?} of a network that is gone");
        }
        let servers: BTreeSet<_> = self.store.all::<ShareServer>().unwrap().iter().map(|server| server.id).collect();
        let addresses: Vec<Allocation> = self.store.all().unwrap();
        let distinct: BTreeSet<_> = addresses.iter().map(|one| (&one.scope, one.address)).collect();
        assert_eq!(distinct.len(), addresses.len(), "an address was given twice: {addresses:?}");
        assert!(addresses.iter().all(|one| servers.contains(&one.server)), "{addresses:?} of {servers:?}");
    }
}

//! What is found at the beginning: a network with its servers, and shares in every state.

use super::*;

impl World {
    pub(super) fn new(servers: &[Server], shares: &[Found]) -> Self {
        let (clock, _hand) = Clock::stepped(START);
        let store = Store::open(Box::new(Memory::default()), Options::default(), clock).unwrap();
        let world = World { store, now: START.into() };
        world.put(Incarnation { service: SERVICE.into(), epoch: 1 });
        let is_changing = servers.contains(&Server::Altered);
        world.put(ShareNetwork {
            id: NETWORK.into(),
            project_id: "p".into(),
            user_id: "u".into(),
            name: None,
            description: None,
            status: if is_changing { NetworkStatus::NetworkChange } else { NetworkStatus::Active },
            security_services: [].into(),
            created_at: world.now,
            updated_at: None,
        });
        world.put(subnet(world.now));
        world.put(share_type(TYPE.into(), "gold", world.now));
        servers.iter().enumerate().for_each(|(number, server)| world.put_server(number, *server));
        shares.iter().enumerate().for_each(|(number, found)| world.put_share(number, found, servers.len()));
        world
    }

    pub(super) fn put<R: Record>(&self, record: R) {
        block_on(self.store.commit("test", move |draft| draft.put(&record))).unwrap();
    }

    fn put_server(&self, number: usize, found: Server) {
        let (status, verb, stands) = match found {
            Server::Made => (ServerStatus::Creating, Some(ServerVerb::SetUp), false),
            Server::Serving => (ServerStatus::Active, None, true),
            Server::Altered => (ServerStatus::NetworkChange, Some(ServerVerb::Alter), true),
            Server::Failed => (ServerStatus::Error, None, true),
            Server::TornDown | Server::OffArray => (ServerStatus::Deleting, Some(ServerVerb::TearDown), true),
        };
        let id = server_id(number).into();
        self.put(ShareServer {
            id,
            project_id: "p".into(),
            share_network_id: NETWORK.into(),
            service: SERVICE.into(),
            status,
            identifier: "x".into(),
            is_auto_deletable: true,
            task_state: None,
            abilities: manilad_domain::ServerAbilities::ALL,
            details: if stands { [("k".to_owned(), "v".to_owned())].into() } else { BTreeMap::new() },
            subnets: vec![ServerSubnet::from(&subnet(self.now))],
            directories: Vec::new(),
            failure: None,
            is_off_array: found == Server::OffArray,
            used_at: self.now,
            created_at: self.now,
            updated_at: None,
        });
        let Some(verb) = verb else { return };
        let now = self.now;
        let owing = self.store.commit("test", move |draft| {
            let serial = draft.next_serial()?;
            draft.put(&ServerIntent {
                server: id,
                verb,
                serial,
                service: SERVICE.into(),
                spent_seconds: 0,
                request_id: "req-1".into(),
                created_at: now,
            })
        });
        block_on(owing).unwrap();
    }

    fn put_share(&self, number: usize, found: &Found, servers: usize) {
        let (status, verb) = match found.kept {
            Kept::Unplaced => (Status::Creating, Some(Verb::Place)),
            Kept::Creating => (Status::Creating, Some(Verb::Create)),
            Kept::Available => (Status::Available, None),
            Kept::Exporting => (Status::Available, Some(Verb::Export)),
            Kept::Rescued => (Status::Available, Some(Verb::Rescue)),
            Kept::Extending => (Status::Extending, Some(Verb::Extend)),
            Kept::Shrinking => (Status::Shrinking, Some(Verb::Shrink)),
            Kept::Error => (Status::Error, None),
            Kept::Deleting => (Status::Deleting, Some(Verb::Delete)),
            Kept::ErrorDeleting => (Status::ErrorDeleting, Some(Verb::Delete)),
        };
        let is_owed = found.rules.iter().any(|state| state.is_owed());
        let id = |part: u128| Uuid::from_u128((part << 64) | number as u128);
        let mut instance = Instance::creating(id(1).into(), Some("nova".into()), self.now);
        instance.status = status;
        let on = Some(pool("node1@alpha#one"));
        instance.pool = on.clone().filter(|_| found.kept != Kept::Unplaced);
        instance.rules_status = if is_owed { RulesStatus::Syncing } else { RulesStatus::Active };
        (instance.network, instance.server) = match found.seat {
            Seat::WithoutNetwork => (None, None),
            Seat::NoServer => (Some(NETWORK.into()), None),
            Seat::On(_) if found.kept == Kept::Unplaced => (Some(NETWORK.into()), None),
            Seat::On(server) => (Some(NETWORK.into()), Some(server_id(server % servers).into())),
        };
        let goes = matches!(found.kept, Kept::Deleting | Kept::ErrorDeleting);
        let mut owed: Vec<_> = verb.map(|verb| (instance.id, verb)).into_iter().collect();
        owed.extend((is_owed && !goes).then_some((instance.id, Verb::Access)));
        let mut instances = vec![instance];
        if found.has_superseded {
            let other = Instance {
                id: id(2).into(),
                status: Status::Deleting,
                superseded: true,
                pool: on,
                rules_status: RulesStatus::Active,
                ..instances[0].clone()
            };
            owed.push((other.id, Verb::Delete));
            instances.push(other);
        }
        let share = Share {
            id: id(3).into(),
            size: SIZE,
            type_id: found.has_type.then(|| TYPE.into()),
            created_at: self.now,
            ..samples::share(instances)
        };
        self.put(share.clone());
        for (place, state) in found.rules.iter().enumerate() {
            self.put(AccessRule {
                id: AccessRuleId(id(10 + place as u128)),
                share_id: share.id,
                kind: AccessType::Ip,
                to: format!("10.0.0.{place}"),
                level: AccessLevel::Rw,
                key: None,
                state: *state,
                metadata: BTreeMap::new(),
                created_at: self.now,
                updated_at: None,
            });
        }
        let candidates = if found.has_candidates { vec![pool("node1@alpha#two"), pool("n@b#x")] } else { Vec::new() };
        for (instance, verb) in owed {
            let (share, candidates) = (share.clone(), candidates.clone());
            let owing = self.store.commit("test", move |draft| {
                let serial = draft.next_serial()?;
                let owed = share.instance(instance).expect("it is of the share");
                let cause = Cause { request_id: "req-1".into(), now: share.created_at };
                let size = match verb {
                    Verb::Extend => Some(LARGER),
                    Verb::Shrink => Some(SMALLER),
                    _ => None,
                };
                let resize = size.map(|size| {
                    Box::new(Resize {
                        size,
                        more: size.saturating_sub(SIZE),
                        share_type: None,
                        pool: pool("node1@alpha#one"),
                    })
                });
                let intent = Intent::new(&share, owed, verb, serial, &cause);
                draft.put(&Intent { candidates, attempt: 1, resize, ..intent })
            });
            block_on(owing).unwrap();
        }
    }
}

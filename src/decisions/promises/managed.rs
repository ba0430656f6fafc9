//! What is asked about shares that are on an array already, and about those that are to stay there.

use manilad_domain::quota::Limits;
use manilad_domain::share::{ManagedPlace, Protocol};
use manilad_domain::{Microversion, ShareSnapshot};

use super::decision::Decision;
use super::*;
use crate::settle::Ids;
use crate::share::samples::of_administrator;
use crate::share::{self, ManagedShare, NoRoom};

/// `which` counts round where there are several.
#[derive(Debug, Clone, Copy)]
pub enum ManagedRequest {
    Manage {
        server: Option<usize>,
        is_refused: bool,
    },
    /// Of those that could not be managed, where there are some and they are asked for.
    Unmanage {
        which: usize,
        is_of_failed: bool,
    },
}

pub fn managed_request() -> impl Strategy<Value = ManagedRequest> {
    use ManagedRequest::*;
    prop_oneof![
        3 => (prop::option::weighted(0.9, 0usize..3), prop::bool::weighted(0.3))
            .prop_map(|(server, is_refused)| Manage { server, is_refused }),
        3 => (0usize..6, any::<bool>()).prop_map(|(which, is_of_failed)| Unmanage { which, is_of_failed }),
    ]
}

impl World {
    /// The decision of a request; none where there is nothing that it could be about.
    pub fn managed_decision(&self, request: ManagedRequest, version: Microversion, seed: Uuid) -> Option<Decision> {
        let cause = Cause { request_id: "req-9".into(), now: self.now };
        Some(match request {
            ManagedRequest::Manage { server, is_refused } => {
                let servers: Vec<ShareServer> = self.store.all().unwrap();
                let mut serving = servers.iter().filter(|one| one.status == ServerStatus::Active).cycle();
                let server = server.and_then(|which| serving.nth(which)).map(ShareServer::key);
                self.taking(server, is_refused, seed, cause)
            }
            ManagedRequest::Unmanage { which, is_of_failed } => {
                let shares: Vec<Share> = self.store.all().unwrap();
                let failed = shares.iter().filter(|one| one.status() == Status::ManageError).nth(which % 2);
                let share = failed.filter(|_| is_of_failed).or(shares.iter().cycle().nth(which))?.clone();
                let (id, key, is_locked) = (share.id, share.key(), self.is_locked(&share));
                let snapshots: Vec<ShareSnapshot> = self.store.all().unwrap();
                let has_snapshots = snapshots.iter().any(|snapshot| snapshot.share_id == id);
                Decision::asked(move |draft| share::unmanage(draft, id, version, &cause)).then(move |after| {
                    assert!(!is_locked && !has_snapshots, "{share:?}");
                    let instance = after.shares[&key].main_instance().expect("it goes later");
                    assert_eq!(after.owed(instance, Lane::Life), Some(Verb::Unmanage), "{instance:?}");
                })
            }
        })
    }

    /// No two shares are to be made of one volume.
    pub fn keep_managed(&self) {
        let shares: Vec<Share> = self.store.all().unwrap();
        let managed = shares.iter().filter(|share| share.size == 0);
        let of = |share: &Share| -> Vec<[String; 4]> {
            let instances = share.instances.iter();
            let exports = instances.flat_map(|one| one.exports.iter().map(move |export| (one, export)));
            exports.map(|(one, export)| ManagedPlace::of(share, one, &export.path).key(SERVICE)).collect()
        };
        let paths: Vec<_> = managed.flat_map(of).collect();
        assert_eq!(paths.iter().collect::<BTreeSet<_>>().len(), paths.len(), "{paths:?}");
    }

    fn taking(&self, server: Option<String>, is_refused: bool, seed: Uuid, cause: Cause) -> Decision {
        let mut ids = Ids::from(seed);
        let asked = ManagedShare {
            id: ids.draw().into(),
            instance: ids.draw().into(),
            export: ids.draw().into(),
            project_id: "p".into(),
            user_id: "u".into(),
            name: None,
            description: None,
            protocol: Protocol::Nfs,
            is_public: false,
            share_type: Some("gold".into()),
            pool: pool("node1@alpha#one"),
            path: format!("10.0.0.{}:/made_by_hand_{}", seed.as_u128() % 2, seed.as_u128() / 2 % 2),
            server,
            mount_point_name: None,
        };
        let refused = NoRoom { detail: Detail::NoValidHost, message: ids.draw().into(), lives: LIFE };
        let (key, room) = (asked.id.to_string(), if is_refused { Err(refused) } else { Ok(()) });
        let decide = move |draft: &mut Draft<'_>| {
            share::manage(draft, &asked, &of_administrator(&Limits::default()), room, &cause)
        };
        Decision::asked(decide).then(move |after| {
            let made = &after.shares[&key];
            let owed = after.owed(&made.instances[0], Lane::Life);
            let (status, verb) = match is_refused {
                true => (Status::ManageError, None),
                false => (Status::ManageStarting, Some(Verb::Manage)),
            };
            assert_eq!((made.size, made.status(), owed), (0, status, verb), "{made:?}");
        })
    }
}

//! How it ends: once arrays do all that is asked of them, no work is left, and then everything can be removed.

use manilad_domain::pool::Ceiling;
use manilad_domain::quota::Usage;
use manilad_domain::{
    Fault, Microversion, QosType, ResourceLock, SecurityService, ServiceCheck, ShareSnapshot, ShareTransfer,
    SnapshotIntent, SubnetCheck,
};
use manilad_store::Failed;

use super::work::Said;
use super::*;
use crate::placement::{self, End};
use crate::{message, security_service, share, share_network, share_server, share_transfer, snapshot, subnet};

/// More pieces of work than any sequence leaves behind.
const MOST: u128 = 500;

impl World {
    /// Does all work that is owed, one piece after the other, and what comes of it.
    pub fn finish(&self) {
        for number in 0..MOST {
            let (shares, snapshots, servers) = self.open();
            let all = shares.len() + snapshots.len() + servers.len();
            let Some(which) = usize::try_from(number).unwrap().checked_rem(all) else { return };
            let seed = Uuid::from_u128((0xf1 << 64) | number);
            match (shares.get(which), snapshots.get(which.saturating_sub(shares.len()))) {
                (Some(intent), _) if intent.verb == Verb::Place => self.place(intent),
                (Some(intent), _) => self.work_on(intent.clone(), seed),
                (None, Some(intent)) => self.work_on_snapshot(intent.clone(), seed),
                (None, None) => {
                    self.work_on_server(servers[which - shares.len() - snapshots.len()].clone(), seed);
                }
            }
        }
        panic!("work does not end: {:?}", self.open());
    }

    /// All work that is owed.
    fn open(&self) -> (Vec<Intent>, Vec<SnapshotIntent>, Vec<ServerIntent>) {
        (self.store.all().unwrap(), self.store.all().unwrap(), self.store.all().unwrap())
    }

    fn place(&self, intent: &Intent) {
        let settlement = |end| placement::Settlement { intent: intent.clone(), end, now: self.now };
        let zone = "nova".to_owned();
        let on =
            settlement(End::On { pool: pool("node1@alpha#one"), zone, candidates: Vec::new(), ceiling: Ceiling(None) });
        if !block_on(self.store.commit("place", move |draft| on.decide(draft))).unwrap() {
            let (action, detail) = (manilad_domain::message::Action::AllocateHost, Detail::NoValidHost);
            let id = Uuid::from_u128((0xf2 << 64) | u128::from(intent.serial)).into();
            let none = settlement(End::Refused(message::about_share(intent, action, detail, id, self.now, LIFE)));
            assert!(block_on(self.store.commit("place", move |draft| none.decide(draft))).unwrap(), "{intent:?}");
        }
    }

    fn work_on(&self, intent: Intent, seed: Uuid) {
        let share: Option<Share> = self.store.get(&intent.share.to_string()).unwrap();
        let instance = share.and_then(|share| share.instance(intent.instance).cloned());
        let server = instance.as_ref().and_then(|one| one.server).map(|id| id.to_string());
        let found: Option<ShareServer> = server.as_ref().and_then(|id| self.store.get(id).unwrap());
        let is_awaited = server.as_ref().is_some_and(|id| {
            let owed: Option<ServerIntent> = self.store.get(id).unwrap();
            owed.is_some_and(|owed| owed.verb == ServerVerb::SetUp)
        });
        let has_network = instance.is_some_and(|one| one.network.is_some());
        let is_served = !has_network || found.is_some_and(|server| server.stands());
        let said = match intent.verb {
            Verb::Delete => Said::Deleted,
            Verb::Create if has_network && server.is_none() => Said::Seat,
            Verb::Create if is_awaited => Said::Postponed,
            _ if !is_served => Said::Unserved,
            Verb::Place | Verb::Create => Said::Created,
            Verb::Relocate => Said::Relocated,
            Verb::Export => Said::Exported,
            Verb::Ensure => Said::Ensured { owes_rules: false },
            Verb::Rescue => Said::Found,
            Verb::Extend | Verb::Shrink => Said::Resized,
            Verb::Revert => Said::Reverted,
            Verb::Manage => Said::Managed,
            Verb::Unmanage => Said::Unmanaged,
            Verb::Access => Said::Applied,
        };
        let settlement = Self::settlement_of(intent, said, self.store.all().unwrap(), 0);
        self.settle_owed(settlement, seed);
    }

    fn work_on_server(&self, intent: ServerIntent, seed: Uuid) {
        let server: ShareServer = self.store.get(&intent.key()).unwrap().expect("it has work");
        let said = match intent.verb {
            ServerVerb::TearDown if server.is_off_array => Said::Gone,
            ServerVerb::TearDown => Said::OffArray,
            ServerVerb::UnmanageServer => Said::Unmanaged,
            _ if self.subnets_without_addresses(&intent).is_empty() => Said::SetUp,
            _ => Said::Allocated,
        };
        let settlement = self.settlement_of_server(intent, said);
        self.settle_owed(settlement, seed);
    }

    pub fn settle_owed(&self, settlement: Option<Settlement>, seed: Uuid) {
        let Settlement { settle, service, .. } = settlement.expect("it is an answer to the work");
        let epoch = self.epoch(&service);
        let settling = self.settling(service, epoch, seed);
        let next = block_on(self.store.commit("settle", move |draft| settle(settling, draft))).unwrap();
        assert!(matches!(next, Next::Settled(_)), "{next:?} of work that is owed");
    }

    /// Removes all that there is, as its owners and administrators would.
    pub fn remove_all(&self) {
        let cause = || Cause { request_id: "req-7".into(), now: self.now };
        for snapshot in self.store.all::<ShareSnapshot>().unwrap() {
            let cause = cause();
            self.ask(move |draft| snapshot::force_delete(draft, snapshot.id, Deletion::Usual, &cause));
        }
        self.finish();
        self.lift_delete_locks();
        for share in self.store.all::<Share>().unwrap() {
            let cause = cause();
            self.ask(move |draft| share::force_delete(draft, share.id, Deletion::Usual, Microversion::MAX, &cause));
        }
        self.finish();
        for server in self.store.all::<ShareServer>().unwrap() {
            let (id, cause, now) = (server.key(), cause(), self.now);
            self.ask(move |draft| {
                share_server::reset_status(draft, &id, ServerStatus::Error, now)?;
                share_server::delete(draft, &id, &cause)
            });
        }
        self.finish();
        for network in self.store.all::<ShareNetwork>().unwrap() {
            let (id, cause) = (network.key(), cause());
            let subnets: Vec<ShareNetworkSubnet> = self.store.all().unwrap();
            let own = subnets.into_iter().filter(move |subnet| subnet.share_network_id == network.id);
            for subnet in own.skip(1) {
                let cause = cause.clone();
                self.ask(move |draft| subnet::delete(draft, &subnet.key(), &cause));
            }
            self.ask(move |draft| share_network::delete(draft, &id, &cause));
        }
        for service in self.store.all::<SecurityService>().unwrap() {
            self.ask(move |draft| security_service::delete(draft, &service.key()));
        }
        self.remove_qos_types();
        let all_over = Stamp(Timestamp::MAX);
        self.ask(move |draft| Ok((share_transfer::expire(draft, all_over, usize::MAX)?, Vec::new())));
        self.is_empty::<Share>();
        self.is_empty::<ShareTransfer>();
        self.is_empty::<QosType>();
        self.is_empty::<DetachedInstance>();
        self.is_empty::<AccessRule>();
        self.is_empty::<ShareSnapshot>();
        self.is_empty::<ResourceLock>();
        self.is_empty::<ShareServer>();
        self.is_empty::<Allocation>();
        self.is_empty::<ShareNetwork>();
        self.is_empty::<ShareNetworkSubnet>();
        self.is_empty::<SubnetCheck>();
        self.is_empty::<ServiceCheck>();
        self.is_empty::<Usage>();
    }

    pub fn ask<T: Send + 'static>(&self, decide: impl FnOnce(&mut Draft<'_>) -> crate::Decided<T> + Send + 'static) {
        let outcome: Result<_, Failed<Fault>> = block_on(self.store.commit("test", decide));
        outcome.map(drop).unwrap();
    }

    fn is_empty<R: Record + std::fmt::Debug>(&self) {
        let left: Vec<R> = self.store.all().unwrap();
        assert!(left.is_empty(), "{left:?}");
    }
}

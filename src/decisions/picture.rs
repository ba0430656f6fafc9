//! What is kept, all of it or what one change is about, and what must hold of it at any time: nothing is under way without
//! work that explains it, and no work is owed without its reason.
//!
//! For tests, of the decisions and of the whole daemon. How to get it wrong: to leave out of a partial picture what a record
//! in it is held against; it would seem unexplained.

use std::collections::{BTreeMap, BTreeSet};

use manilad_domain::intent::{Lane, Verb};
use manilad_domain::share_server::{self, ServerVerb};
use manilad_domain::snapshot::{self, SnapshotVerb};
use manilad_domain::status::{NetworkStatus, RulesStatus, ServerStatus, SnapshotStatus, Status};
use manilad_domain::verb::Failure;
use manilad_domain::{
    AccessRule, DetachedInstance, Instance, Intent, PoolName, Record, ServerIntent, Share, ShareNetwork, ShareServer,
    ShareSnapshot, ShareTransfer, SnapshotIntent, access, share, share_transfer,
};
use manilad_store::{Draft, Error, Range, Store};

/// Records by their keys, and the work that is owed for them.
#[derive(Debug, Default)]
pub struct Picture {
    pub shares: BTreeMap<String, Share>,
    pub detached: BTreeMap<String, DetachedInstance>,
    pub rules: BTreeMap<String, AccessRule>,
    pub servers: BTreeMap<String, ShareServer>,
    pub networks: BTreeMap<String, ShareNetwork>,
    pub intents: BTreeMap<String, Intent>,
    pub server_intents: BTreeMap<String, ServerIntent>,
    pub snapshots: BTreeMap<String, ShareSnapshot>,
    pub snapshot_intents: BTreeMap<String, SnapshotIntent>,
    pub transfers: BTreeMap<String, ShareTransfer>,
}

impl Picture {
    /// Of all that is kept.
    ///
    /// # Errors
    /// As [`Store::all`].
    pub fn of(store: &Store) -> Result<Self, Error> {
        fn all<R: Record>(store: &Store) -> Result<BTreeMap<String, R>, Error> {
            Ok(store.all::<R>()?.into_iter().map(|record| (record.key(), record)).collect())
        }
        Ok(Picture {
            shares: all(store)?,
            detached: all(store)?,
            rules: all(store)?,
            servers: all(store)?,
            networks: all(store)?,
            intents: all(store)?,
            server_intents: all(store)?,
            snapshots: all(store)?,
            snapshot_intents: all(store)?,
            transfers: all(store)?,
        })
    }

    /// Of the shares, servers and networks that a decision changed, by themselves or by the work that is owed for them.
    ///
    /// # Errors
    /// As [`Draft::get`].
    pub fn around(draft: &Draft<'_>) -> Result<Self, Error> {
        let mut picture = Picture::default();
        for key in draft.changed::<Share>() {
            picture.add_share(draft, draft.get(&key)?)?;
            picture.add_snapshots(draft, &key)?;
        }
        for key in draft.changed::<AccessRule>() {
            if let Some(rule) = draft.get::<AccessRule>(&key)? {
                picture.add_share(draft, draft.get(&rule.share_id.to_string())?)?;
            }
        }
        let of_intents = draft.changed::<Intent>();
        let instances = of_intents.iter().filter_map(|key| key.split('/').next().map(str::to_owned));
        for instance in instances.chain(draft.changed::<DetachedInstance>()) {
            let range = Range::of(share::index::BY_INSTANCE, [instance.clone()]);
            for share in draft.scan::<Share>(range)? {
                picture.add_share(draft, Some(share))?;
            }
            if let Some(detached) = draft.get::<DetachedInstance>(&instance)? {
                picture.add_intents(draft, &detached.share)?;
                picture.detached.insert(instance, detached);
            }
        }
        // Work of an instance that is in neither.
        for key in of_intents {
            picture.intents.extend(draft.get::<Intent>(&key)?.map(|intent| (key, intent)));
        }
        for key in draft.changed::<ShareSnapshot>().into_iter().chain(draft.changed::<SnapshotIntent>()) {
            picture.snapshot_intents.extend(draft.get::<SnapshotIntent>(&key)?.map(|intent| (key.clone(), intent)));
            let Some(snapshot) = draft.get::<ShareSnapshot>(&key)? else { continue };
            picture.add_share(draft, draft.get(&snapshot.share_id.to_string())?)?;
            picture.snapshots.insert(key, snapshot);
        }
        for key in draft.changed::<ShareTransfer>() {
            let Some(transfer) = draft.get::<ShareTransfer>(&key)? else { continue };
            picture.add_share(draft, draft.get(&transfer.share_id.to_string())?)?;
            picture.transfers.insert(key, transfer);
        }
        let mut networks: BTreeSet<String> = draft.changed::<ShareNetwork>().into_iter().collect();
        for key in draft.changed::<ShareServer>().into_iter().chain(draft.changed::<ServerIntent>()) {
            let server = draft.get::<ShareServer>(&key)?;
            networks.extend(server.as_ref().map(|server| server.share_network_id.to_string()));
            picture.servers.extend(server.map(|server| (key.clone(), server)));
            picture.server_intents.extend(draft.get::<ServerIntent>(&key)?.map(|intent| (key, intent)));
        }
        for key in networks {
            let Some(network) = draft.get::<ShareNetwork>(&key)? else { continue };
            for server in draft.scan::<ShareServer>(Range::of(share_server::index::BY_NETWORK, [key.clone()]))? {
                let own = server.key();
                picture.server_intents.extend(draft.get::<ServerIntent>(&own)?.map(|intent| (own.clone(), intent)));
                picture.servers.insert(own, server);
            }
            picture.networks.insert(key, network);
        }
        Ok(picture)
    }

    fn add_share(&mut self, draft: &Draft<'_>, share: Option<Share>) -> Result<(), Error> {
        let Some(share) = share.filter(|share| !self.shares.contains_key(&share.key())) else { return Ok(()) };
        self.add_intents(draft, &share)?;
        let rules = draft.scan::<AccessRule>(Range::of(access::BY_SHARE, [share.key()]))?;
        self.rules.extend(rules.into_iter().map(|rule| (rule.key(), rule)));
        let pending = draft.scan::<ShareTransfer>(Range::of(share_transfer::index::BY_SHARE, [share.key()]))?;
        self.transfers.extend(pending.into_iter().map(|transfer| (transfer.key(), transfer)));
        self.add_snapshots(draft, &share.key())?;
        self.shares.insert(share.key(), share);
        Ok(())
    }

    /// Of a share that may be gone.
    fn add_snapshots(&mut self, draft: &Draft<'_>, share: &str) -> Result<(), Error> {
        for snapshot in draft.scan::<ShareSnapshot>(Range::of(snapshot::index::BY_SHARE, [share.to_owned()]))? {
            let key = snapshot.key();
            self.snapshot_intents.extend(draft.get::<SnapshotIntent>(&key)?.map(|intent| (key.clone(), intent)));
            self.snapshots.insert(key, snapshot);
        }
        Ok(())
    }

    fn add_intents(&mut self, draft: &Draft<'_>, share: &Share) -> Result<(), Error> {
        for instance in &share.instances {
            for key in [Lane::Life, Lane::Access].map(|lane| Intent::key_of(instance.id, lane)) {
                self.intents.extend(draft.get::<Intent>(&key)?.map(|intent| (key, intent)));
            }
        }
        Ok(())
    }

    pub fn owed(&self, instance: &Instance, lane: Lane) -> Option<Verb> {
        self.intents.get(&Intent::key_of(instance.id, lane)).map(|intent| intent.verb)
    }

    /// The status of an instance, if it is under way and nothing is owed that explains it.
    fn unexplained_status(&self, instance: &Instance) -> Option<Status> {
        let life = self.owed(instance, Lane::Life);
        let is_explained = match instance.status {
            Status::Creating => matches!(life, Some(Verb::Place | Verb::Create)),
            Status::Deleting | Status::DeferredDeleting => life == Some(Verb::Delete),
            Status::Ensuring => life == Some(Verb::Ensure),
            status => {
                !status.is_transitional() || life.and_then(Verb::status_change).is_some_and(|of| of.under_way == status)
            }
        };
        (!is_explained).then_some(instance.status)
    }

    /// The statuses that say that something is under way, without an intent that explains it.
    pub fn unexplained(&self) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for instance in self.shares.values().flat_map(|share| &share.instances) {
            all.extend(self.unexplained_status(instance).map(|status| format!("instance {} is {status}", instance.id)));
        }
        for (key, server) in &self.servers {
            let verb = self.server_intents.get(key).map(|intent| intent.verb);
            let is_explained = match server.status {
                ServerStatus::Creating => verb == Some(ServerVerb::SetUp),
                ServerStatus::NetworkChange => verb == Some(ServerVerb::Alter),
                ServerStatus::Deleting => verb == Some(ServerVerb::TearDown),
                ServerStatus::ManageStarting => verb == Some(ServerVerb::ManageServer),
                ServerStatus::UnmanageStarting => verb == Some(ServerVerb::UnmanageServer),
                _ => true,
            };
            if !is_explained {
                all.insert(format!("server {key} is {}", server.status));
            }
        }
        for (key, snapshot) in &self.snapshots {
            let verb = self.snapshot_intents.get(key).map(|intent| intent.verb);
            let is_explained = match snapshot.status {
                SnapshotStatus::Creating => verb == Some(SnapshotVerb::CreateSnapshot),
                SnapshotStatus::Deleting | SnapshotStatus::DeferredDeleting => {
                    verb == Some(SnapshotVerb::DeleteSnapshot)
                }
                SnapshotStatus::ManageStarting => verb == Some(SnapshotVerb::ManageSnapshot),
                SnapshotStatus::Restoring => {
                    let revert = self.intents.values().filter_map(|intent| intent.arguments.revert.as_ref());
                    revert.into_iter().any(|revert| revert.snapshot == snapshot.id)
                }
                status => !status.is_transitional(),
            };
            if !is_explained {
                all.insert(format!("snapshot {key} is {}", snapshot.status));
            }
        }
        for network in self.networks.values() {
            let is_changed = |server: &ShareServer| {
                server.share_network_id == network.id && server.status == ServerStatus::NetworkChange
            };
            if network.status == NetworkStatus::NetworkChange && !self.servers.values().any(is_changed) {
                all.insert(format!("network {} is {}", network.id, network.status));
            }
        }
        all
    }

    /// The pending transfers of a share.
    pub fn pending_transfers(&self, share: &Share) -> usize {
        self.transfers.values().filter(|one| one.share_id == share.id && !one.is_accepted()).count()
    }

    /// Rules that nobody brings to the array, instances that nobody removes, shares that live nowhere or await what does not
    /// come, work and transfers that are about nothing. While an administrator says that an instance is under way, its rules wait.
    pub fn neglected(&self) -> Vec<String> {
        let mut all = Vec::new();
        let is_open = |one: &Instance| {
            let goes = self.owed(one, Lane::Life) == Some(Verb::Delete);
            goes || self.owed(one, Lane::Access).is_some() || self.unexplained_status(one).is_some()
        };
        for share in self.shares.values() {
            if share.live().next().is_none() {
                all.push(format!("a share lives nowhere: {share:?}"));
            }
            let mut syncing = share.instances.iter().filter(|one| one.rules_status == RulesStatus::Syncing);
            if !syncing.all(is_open) {
                all.push(format!("rules of an instance are syncing: {share:?}"));
            }
            let awaited = usize::from(share.status() == Status::AwaitingTransfer);
            if self.pending_transfers(share) != awaited {
                all.push(format!("a share awaits {awaited} of the transfers {:?}: {share:?}", self.transfers));
            }
            let mut own = self.rules.values().filter(|rule| rule.share_id == share.id);
            if own.any(|rule| rule.state.is_owed()) && !share.live().any(is_open) {
                all.push(format!("rules are owed: {share:?}"));
            }
        }
        let mut detached = self.detached.values().flat_map(|detached| &detached.share.instances);
        if !detached.all(|one| self.owed(one, Lane::Life) == Some(Verb::Delete)) {
            all.push(format!("an instance is detached: {:?}", self.detached));
        }
        for intent in self.intents.values() {
            let share = self.shares.get(&intent.share.to_string());
            let is_detached = self.detached.contains_key(&intent.instance.to_string());
            if !is_detached && share.is_none_or(|share| share.instance(intent.instance).is_none()) {
                all.push(format!("work is owed for an instance that is gone: {intent:?}"));
            }
        }
        let gone = self.server_intents.values().filter(|intent| !self.servers.contains_key(&intent.key()));
        all.extend(gone.map(|intent| format!("work is owed for a server that is gone: {intent:?}")));
        let gone = self.snapshot_intents.values().filter(|intent| !self.snapshots.contains_key(&intent.key()));
        all.extend(gone.map(|intent| format!("work is owed for a snapshot that is gone: {intent:?}")));
        let shareless = |one: &&ShareSnapshot| !self.shares.contains_key(&one.share_id.to_string());
        let pending = self.transfers.values().filter(|one| !one.is_accepted());
        let gone = pending.filter(|one| !self.shares.contains_key(&one.share_id.to_string()));
        all.extend(gone.map(|transfer| format!("a transfer of no share: {transfer:?}")));
        all.extend(self.snapshots.values().filter(shareless).map(|one| format!("a snapshot of no share: {one:?}")));
        all
    }

    /// Shares on a server that is encrypted with another key than theirs, or with one where they have none.
    pub fn misplaced(&self) -> Vec<String> {
        let server = |one: &Instance| one.server.and_then(|id| self.servers.get(&id.to_string()));
        let key = |server: &ShareServer| server.encryption.as_ref().map(|encryption| encryption.key);
        let is_so = |share: &&Share| {
            share.instances.iter().filter_map(server).any(|server| key(server) != share.encryption_key)
        };
        self.shares.values().filter(is_so).map(|share| format!("{share:?} is on a server with another key")).collect()
    }

    /// Work that is not owed for what its subject shows.
    pub fn unfounded(&self) -> Vec<String> {
        let mut all = Vec::new();
        let own = self.shares.values().chain(self.detached.values().map(|detached| &detached.share));
        let instances: BTreeMap<_, _> = own.flat_map(|share| &share.instances).map(|one| (one.id, one)).collect();
        for intent in self.intents.values() {
            let Some(instance) = instances.get(&intent.instance) else { continue };
            let has_reason = match intent.verb.failure() {
                Failure::Unplaced => instance.status == Status::Creating && instance.pool.is_none(),
                Failure::NextCandidate => instance.status == Status::Creating && instance.pool.is_some(),
                Failure::AsBefore if intent.verb == Verb::Ensure => {
                    matches!(instance.status, Status::Available | Status::Ensuring | Status::AwaitingTransfer)
                }
                // What could not be resized or reverted is served where it was.
                Failure::AsBefore => matches!(
                    instance.status,
                    Status::Available
                        | Status::AwaitingTransfer
                        | Status::ExtendingError
                        | Status::RevertingError
                        | Status::ShrinkingError
                        | Status::ShrinkingPossibleDataLossError
                ),
                Failure::Lost => instance.status == Status::Available,
                // What could not be managed is tried again where an administrator calls it available.
                Failure::Shown(_) if intent.verb == Verb::Manage && instance.status == Status::Available => true,
                Failure::Shown(change) => {
                    instance.status == change.under_way || instance.status == intent.verb.under_way(Status::ManageError)
                }
                Failure::GoesOn => instance.status.is_removal(),
                // What was refused by its back end is no part of the share, and what goes lets nobody in any more, unless the
                // array does not let go of it.
                Failure::RulesInError => {
                    let is_removed = self.owed(instance, Lane::Life) == Some(Verb::Delete);
                    let goes = is_removed && matches!(instance.status, Status::Deleting | Status::DeferredDeleting);
                    instance.rules_status == RulesStatus::Syncing && !instance.superseded && !goes
                }
            };
            let share = self.shares.get(&intent.share.to_string());
            let resized = intent.arguments.resize.as_ref().zip(share);
            let is_reserved =
                resized.is_none_or(|(resize, share)| resize.more == resize.size.saturating_sub(share.size));
            let is_at_home = intent.service == instance.pool.as_ref().map(PoolName::service);
            if !(has_reason && is_reserved && is_at_home) {
                all.push(format!("{intent:?} of {instance:?} of {share:?}"));
            }
        }
        for intent in self.snapshot_intents.values() {
            let Some(snapshot) = self.snapshots.get(&intent.key()) else { continue };
            let has_reason = match intent.verb {
                SnapshotVerb::CreateSnapshot => snapshot.status == SnapshotStatus::Creating,
                SnapshotVerb::FindSnapshot => snapshot.status == SnapshotStatus::Available,
                SnapshotVerb::ManageSnapshot => snapshot.status == SnapshotStatus::ManageStarting,
                SnapshotVerb::DeleteSnapshot => snapshot.status.is_removal(),
            };
            if !has_reason {
                all.push(format!("{intent:?} of {snapshot:?}"));
            }
        }
        for intent in self.server_intents.values() {
            let Some(server) = self.servers.get(&intent.server.to_string()) else { continue };
            let has_reason = match intent.verb {
                ServerVerb::SetUp => server.status == ServerStatus::Creating,
                ServerVerb::Alter => server.status == ServerStatus::NetworkChange,
                ServerVerb::ManageServer => server.status == ServerStatus::ManageStarting,
                ServerVerb::UnmanageServer => server.status == ServerStatus::UnmanageStarting,
                // In error where the array refuses to let go; the removal goes on.
                ServerVerb::TearDown => matches!(server.status, ServerStatus::Deleting | ServerStatus::Error),
            };
            if !has_reason {
                all.push(format!("{intent:?} of {server:?}"));
            }
        }
        all
    }
}

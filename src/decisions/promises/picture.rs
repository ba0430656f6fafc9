//! All that is kept at one time, and what must hold between it and what was kept before.

use std::ops::Deref;

use manilad_domain::resource_lock::LockAction;
use manilad_domain::snapshot::SnapshotVerb;
use manilad_domain::status::SnapshotStatus;
use manilad_domain::{ResourceLock, SecurityService, ShareId, ShareSnapshot};

use super::*;
use crate::{Owed, picture};

/// All that is kept at one time.
#[derive(Debug)]
pub struct Picture {
    records: picture::Picture,
    /// The keys of networks, subnets and security services.
    things: BTreeSet<String>,
    pub locks: Vec<ResourceLock>,
    pub messages: usize,
}

impl Deref for Picture {
    type Target = picture::Picture;

    fn deref(&self) -> &picture::Picture {
        &self.records
    }
}

impl Picture {
    pub fn of(store: &Store) -> Self {
        fn keys<R: Record>(store: &Store) -> Vec<String> {
            store.all::<R>().unwrap().iter().map(Record::key).collect()
        }
        let messages: Vec<UserMessage> = store.all().unwrap();
        assert!(messages.iter().all(|message| !message.id.0.is_nil()), "{messages:?}");
        Picture {
            records: picture::Picture::of(store).unwrap(),
            things: [keys::<ShareNetwork>(store), keys::<ShareNetworkSubnet>(store), keys::<SecurityService>(store)]
                .concat()
                .into_iter()
                .collect(),
            locks: store.all().unwrap(),
            messages: messages.len(),
        }
    }

    /// Whether each live instance of a share is to be brought to its rules.
    pub fn owes_rules(&self, share: ShareId) -> bool {
        let share = &self.shares[&share.to_string()];
        let owes = |one: &Instance| {
            one.rules_status == RulesStatus::Syncing && self.owed(one, Lane::Access) == Some(Verb::Access)
        };
        share.live().all(owes)
    }

    /// Nothing under way is without an intent that explains it, and no intent without what it is about.
    pub fn explain(&self) {
        self.explain_but(&mut BTreeSet::new(), false);
    }

    /// The same where administrators may have `stated` how things are; a new statement is about one thing.
    pub fn explain_but(&self, stated: &mut BTreeSet<String>, is_statement: bool) {
        let unexplained = self.unexplained();
        let new: Vec<_> = unexplained.difference(stated).collect();
        assert_eq!(self.neglected(), Vec::<String>::new());
        assert!(new.len() <= usize::from(is_statement), "nothing explains that {new:?}");
        *stated = unexplained;
    }

    /// Whoever owes new work is to look at the store.
    pub fn tell_everybody(&self, before: &Picture, owed: &[Owed]) {
        let of_service = |service: &Option<String>| service.clone().map_or(Owed::Scheduler, Owed::Backend);
        let serial = |key: &String| before.intents.get(key).map(|intent| intent.serial);
        let new = self.intents.iter().filter(|(key, intent)| serial(key) != Some(intent.serial));
        new.for_each(|(_, intent)| assert!(owed.contains(&of_service(&intent.service)), "{intent:?}, and {owed:?}"));
        let serial = |key: &String| before.snapshot_intents.get(key).map(|intent| intent.serial);
        let new = self.snapshot_intents.iter().filter(|(key, intent)| serial(key) != Some(intent.serial));
        for (_, intent) in new {
            assert!(owed.contains(&Owed::Backend(intent.service.clone())), "{intent:?}, and {owed:?}");
        }
        let serial = |key: &String| before.server_intents.get(key).map(|intent| intent.serial);
        let new = self.server_intents.iter().filter(|(key, intent)| serial(key) != Some(intent.serial));
        for (_, intent) in new {
            assert!(owed.contains(&Owed::Backend(intent.service.clone())), "{intent:?}, and {owed:?}");
        }
    }

    /// Each piece of work is owed for what its subject shows.
    pub fn reason(&self) {
        assert_eq!(self.unfounded(), Vec::<String>::new());
        assert_eq!(self.misplaced(), Vec::<String>::new());
    }

    /// What was there before and is not there now was to go: `removed` by a request, or with work that was owed.
    pub fn miss_nothing(&self, before: &Picture, removed: &BTreeSet<String>) {
        for (key, share) in &before.shares {
            let is_given = self.shares.get(key).is_some_and(|now| now.project_id != share.project_id);
            assert!(!is_given || before.pending_transfers(share) == 1, "{share:?} was given away unasked");
            let goes = |verb| matches!(verb, Verb::Delete | Verb::Unmanage);
            let is_accepted = |one: &Instance| before.owed(one, Lane::Life).is_some_and(goes);
            let left = self.shares.get(key).map(|share| share.instances.clone()).unwrap_or_default();
            let is_detached = |one: &Instance| self.detached.contains_key(&one.id.to_string());
            let is_left = |one: &Instance| is_detached(one) || left.iter().any(|other| other.id == one.id);
            assert!(left.is_empty() == share.live().all(|one| !left.iter().any(|other| other.id == one.id)));
            let gone = share.instances.iter().filter(|one| !is_left(one));
            let is_removed = |one: &Instance| is_accepted(one) || removed.contains(&one.id.to_string());
            gone.for_each(|one| assert!(is_removed(one), "{one:?} of {share:?} is gone"));
        }
        for one in before.shares.values().flat_map(|share| &share.instances).filter(|one| one.pool.is_some()) {
            let is_same = |other: &&Instance| other.id == one.id;
            let now = self.shares.values().flat_map(|share| &share.instances).find(is_same);
            assert!(now.is_none_or(|now| now.pool == one.pool), "{one:?} is elsewhere: {now:?}");
            let stands =
                one.server.is_some_and(|id| before.servers.get(&id.to_string()).is_some_and(ShareServer::stands));
            assert!(!stands || now.is_none_or(|now| now.server == one.server), "{one:?} is elsewhere: {now:?}");
        }
        for lock in before.locks.iter().filter(|lock| lock.action == LockAction::Delete) {
            assert!(self.shares.contains_key(&lock.share_id.to_string()), "the share is gone on which stands {lock:?}");
        }
        for (key, rule) in &before.rules {
            let is_kept = self.rules.contains_key(key);
            let share_is_gone = !self.shares.contains_key(&rule.share_id.to_string());
            let was_denied = !rule.state.is_wanted() && rule.state != RuleState::Error;
            assert!(is_kept || share_is_gone || was_denied, "{rule:?} is gone");
        }
        for (key, snapshot) in &before.snapshots {
            let was_to_go =
                before.snapshot_intents.get(key).is_some_and(|intent| intent.verb == SnapshotVerb::DeleteSnapshot);
            let share_is_gone = !self.shares.contains_key(&snapshot.share_id.to_string());
            let is_expected = was_to_go || share_is_gone || removed.contains(key);
            assert!(self.snapshots.contains_key(key) || is_expected, "{snapshot:?} is gone");
        }
        for (key, server) in &before.servers {
            let is_let_go =
                before.server_intents.get(key).is_some_and(|intent| intent.verb == ServerVerb::UnmanageServer);
            let was_to_go = is_let_go || server.is_off_array || removed.contains(key);
            assert!(self.servers.contains_key(key) || was_to_go, "{server:?} is gone");
        }
        let gone = before.things.difference(&self.things);
        gone.for_each(|key| assert!(removed.contains(key), "network, subnet or security service {key} is gone"));
    }

    /// Whether an instance is on the server.
    pub fn is_used(&self, server: &str) -> bool {
        let shares = self.shares.values().chain(self.detached.values().map(|detached| &detached.share));
        shares.flat_map(|share| &share.instances).filter_map(|one| one.server).any(|one| one.to_string() == server)
    }

    /// Whatever came to be in error is told to whom it belongs.
    pub fn tell_of_errors(&self, before: &Picture) {
        let in_error = |picture: &Picture| -> BTreeSet<String> {
            let instances = picture.shares.values().flat_map(|share| &share.instances);
            let is_bad = |one: &&Instance| matches!(one.status, Status::Error | Status::ErrorDeleting);
            let rules = picture.rules.values().filter(|rule| rule.state == RuleState::Error);
            let is_bad_snapshot = |one: &&ShareSnapshot| {
                use SnapshotStatus::{Error, ErrorDeleting, ManageError};
                matches!(one.status, Error | ErrorDeleting | ManageError)
            };
            let snapshots = picture.snapshots.values().filter(is_bad_snapshot).map(Record::key);
            let instances = instances.filter(is_bad).map(|one| one.id.to_string());
            instances.chain(rules.map(Record::key)).chain(snapshots).collect()
        };
        let new: Vec<_> = in_error(self).difference(&in_error(before)).cloned().collect();
        assert!(new.len() <= self.messages - before.messages, "{new:?} are in error, and nobody is told");
    }

    /// No server that an instance is on is to be removed since.
    pub fn spare_used_servers(&self, before: &Picture) {
        let removals = self.server_intents.values().filter(|intent| intent.verb == ServerVerb::TearDown);
        let is_new = |intent: &&ServerIntent| before.server_intents.get(&intent.key()) != Some(*intent);
        removals.filter(is_new).for_each(|intent| assert!(!self.is_used(&intent.key()), "{intent:?} of one in use"));
    }
}

//! All that is kept at one time, and what must hold of it.

use manilad_domain::{SecurityService, ShareId};

use super::*;
use crate::Owed;

/// All that is kept at one time.
#[derive(Debug)]
pub struct Picture {
    pub shares: BTreeMap<String, Share>,
    pub detached: BTreeMap<String, DetachedInstance>,
    pub rules: BTreeMap<String, AccessRule>,
    pub servers: BTreeMap<String, ShareServer>,
    pub networks: Vec<ShareNetwork>,
    /// The keys of networks, subnets and security services.
    things: BTreeSet<String>,
    pub messages: usize,
    pub intents: BTreeMap<String, Intent>,
    pub server_intents: BTreeMap<String, ServerIntent>,
}

impl Picture {
    pub fn of(store: &Store) -> Self {
        fn all<R: Record>(store: &Store) -> BTreeMap<String, R> {
            store.all::<R>().unwrap().into_iter().map(|record| (record.key(), record)).collect()
        }
        fn keys<R: Record>(store: &Store) -> Vec<String> {
            store.all::<R>().unwrap().iter().map(Record::key).collect()
        }
        let messages: Vec<UserMessage> = store.all().unwrap();
        assert!(messages.iter().all(|message| !message.id.0.is_nil()), "{messages:?}");
        Picture {
            shares: all(store),
            detached: all(store),
            rules: all(store),
            servers: all(store),
            networks: store.all().unwrap(),
            things: [keys::<ShareNetwork>(store), keys::<ShareNetworkSubnet>(store), keys::<SecurityService>(store)]
                .concat()
                .into_iter()
                .collect(),
            messages: messages.len(),
            intents: all(store),
            server_intents: all(store),
        }
    }

    pub fn owed(&self, instance: &Instance, lane: Lane) -> Option<Verb> {
        self.intents.get(&Intent::key_of(instance.id, lane)).map(|intent| intent.verb)
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

    /// The status of an instance, if it is under way and nothing is owed that explains it.
    fn unexplained_status(&self, instance: &Instance) -> Option<Status> {
        let life = self.owed(instance, Lane::Life);
        let is_explained = match instance.status {
            Status::Creating => matches!(life, Some(Verb::Place | Verb::Create)),
            Status::Deleting => life == Some(Verb::Delete),
            Status::Extending => life == Some(Verb::Extend),
            Status::Shrinking => life == Some(Verb::Shrink),
            status => !status.is_transitional(),
        };
        (!is_explained).then_some(instance.status)
    }

    /// The statuses that say that something is under way, without an intent that explains it.
    fn unexplained(&self) -> BTreeSet<String> {
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
                _ => true,
            };
            if !is_explained {
                all.insert(format!("server {key} is {}", server.status));
            }
        }
        for network in &self.networks {
            let is_changed = |server: &ShareServer| {
                server.share_network_id == network.id && server.status == ServerStatus::NetworkChange
            };
            if network.status == NetworkStatus::NetworkChange && !self.servers.values().any(is_changed) {
                all.insert(format!("network {} is {}", network.id, network.status));
            }
        }
        all
    }

    /// Rules that nobody brings to the array, instances that nobody removes, work that is about nothing. While an
    /// administrator says that an instance is under way, its rules wait.
    fn neglected(&self) -> Vec<String> {
        let mut all = Vec::new();
        let is_open = |one: &Instance| {
            let goes = self.owed(one, Lane::Life) == Some(Verb::Delete);
            goes || self.owed(one, Lane::Access).is_some() || self.unexplained_status(one).is_some()
        };
        for share in self.shares.values() {
            let mut syncing = share.instances.iter().filter(|one| one.rules_status == RulesStatus::Syncing);
            if !syncing.all(is_open) {
                all.push(format!("rules of an instance are syncing: {share:?}"));
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
        all
    }

    /// Whoever owes new work is to look at the store.
    pub fn tell_everybody(&self, before: &Picture, owed: &[Owed]) {
        let of_service = |service: &Option<String>| service.clone().map_or(Owed::Scheduler, Owed::Backend);
        let serial = |key: &String| before.intents.get(key).map(|intent| intent.serial);
        let new = self.intents.iter().filter(|(key, intent)| serial(key) != Some(intent.serial));
        new.for_each(|(_, intent)| assert!(owed.contains(&of_service(&intent.service)), "{intent:?}, and {owed:?}"));
        let serial = |key: &String| before.server_intents.get(key).map(|intent| intent.serial);
        let new = self.server_intents.iter().filter(|(key, intent)| serial(key) != Some(intent.serial));
        for (_, intent) in new {
            assert!(owed.contains(&Owed::Backend(intent.service.clone())), "{intent:?}, and {owed:?}");
        }
    }

    /// Each piece of work is owed for what its subject shows.
    pub fn reason(&self) {
        let own = self.shares.values().chain(self.detached.values().map(|detached| &detached.share));
        let instances: BTreeMap<_, _> = own.flat_map(|share| &share.instances).map(|one| (one.id, one)).collect();
        for intent in self.intents.values() {
            let instance = instances[&intent.instance];
            let has_reason = match intent.verb {
                Verb::Place => instance.status == Status::Creating && instance.pool.is_none(),
                Verb::Create => instance.status == Status::Creating && instance.pool.is_some(),
                Verb::Export | Verb::Rescue => instance.status == Status::Available,
                Verb::Extend => instance.status == Status::Extending,
                Verb::Shrink => instance.status == Status::Shrinking,
                Verb::Delete => matches!(instance.status, Status::Deleting | Status::ErrorDeleting),
                // What was refused by its back end is no part of the share, and what goes lets nobody in any more, unless the
                // array does not let go of it.
                Verb::Access => {
                    let is_removed = self.owed(instance, Lane::Life) == Some(Verb::Delete);
                    let goes = is_removed && instance.status == Status::Deleting;
                    instance.rules_status == RulesStatus::Syncing && !instance.superseded && !goes
                }
            };
            assert!(has_reason, "{intent:?} of {instance:?}");
            let more = intent.resize.as_ref().map(|resize| {
                let share = &self.shares[&intent.share.to_string()];
                (resize.more, resize.size.saturating_sub(share.size))
            });
            assert!(more.is_none_or(|(reserved, needed)| reserved == needed), "{intent:?} reserves what it needs");
            assert_eq!(intent.service, instance.pool.as_ref().map(PoolName::service), "{intent:?} of {instance:?}");
        }
        for intent in self.server_intents.values() {
            let server = &self.servers[&intent.server.to_string()];
            let has_reason = match intent.verb {
                ServerVerb::SetUp => server.status == ServerStatus::Creating,
                ServerVerb::Alter => server.status == ServerStatus::NetworkChange,
                // In error where the array refuses to let go; the removal goes on.
                ServerVerb::TearDown => matches!(server.status, ServerStatus::Deleting | ServerStatus::Error),
            };
            assert!(has_reason, "{intent:?} of {server:?}");
        }
    }

    /// What was there before and is not there now was to go: `removed` by a request, or with work that was owed.
    pub fn miss_nothing(&self, before: &Picture, removed: &BTreeSet<String>) {
        for (key, share) in &before.shares {
            let is_accepted = |one: &Instance| before.owed(one, Lane::Life) == Some(Verb::Delete);
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
        for (key, rule) in &before.rules {
            let is_kept = self.rules.contains_key(key);
            let share_is_gone = !self.shares.contains_key(&rule.share_id.to_string());
            let was_denied = !rule.state.is_wanted() && rule.state != RuleState::Error;
            assert!(is_kept || share_is_gone || was_denied, "{rule:?} is gone");
        }
        for (key, server) in &before.servers {
            let was_to_go = server.is_off_array || removed.contains(key);
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
            instances.filter(is_bad).map(|one| one.id.to_string()).chain(rules.map(Record::key)).collect()
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

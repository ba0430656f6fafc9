//! All that is kept at one time, and what must hold of it.

use super::*;

/// All that is kept at one time.
#[derive(Debug)]
pub struct Picture {
    pub shares: BTreeMap<String, Share>,
    pub detached: BTreeMap<String, DetachedInstance>,
    pub rules: BTreeMap<String, AccessRule>,
    pub servers: BTreeMap<String, ShareServer>,
    pub networks: Vec<ShareNetwork>,
    pub messages: usize,
    pub intents: BTreeMap<String, Intent>,
    pub server_intents: BTreeMap<String, ServerIntent>,
}

impl Picture {
    pub fn of(store: &Store) -> Self {
        fn all<R: Record>(store: &Store) -> BTreeMap<String, R> {
            store.all::<R>().unwrap().into_iter().map(|record| (record.key(), record)).collect()
        }
        let messages: Vec<UserMessage> = store.all().unwrap();
        assert!(messages.iter().all(|message| !message.id.0.is_nil()), "{messages:?}");
        Picture {
            shares: all(store),
            detached: all(store),
            rules: all(store),
            servers: all(store),
            networks: store.all().unwrap(),
            messages: messages.len(),
            intents: all(store),
            server_intents: all(store),
        }
    }

    fn owed(&self, instance: &Instance, lane: Lane) -> Option<Verb> {
        self.intents.get(&Intent::key_of(instance.id, lane)).map(|intent| intent.verb)
    }

    /// Nothing under way is without an intent that explains it, and no intent without what it is about.
    pub fn explain(&self) {
        for share in self.shares.values() {
            for instance in &share.instances {
                let (life, access) = (self.owed(instance, Lane::Life), self.owed(instance, Lane::Access));
                let explained = match instance.status {
                    Status::Creating => matches!(life, Some(Verb::Place | Verb::Create)),
                    Status::Deleting => life == Some(Verb::Delete),
                    Status::Extending => life == Some(Verb::Extend),
                    Status::Shrinking => life == Some(Verb::Shrink),
                    status => !status.is_transitional(),
                };
                assert!(explained, "{instance:?} with {life:?}");
                let goes = life == Some(Verb::Delete);
                let is_syncing = instance.rules_status == RulesStatus::Syncing;
                assert!(!is_syncing || goes || access.is_some(), "{instance:?}");
            }
            let mut own = self.rules.values().filter(|rule| rule.share_id == share.id);
            let is_owed = own.any(|rule| rule.state.is_owed());
            let is_open = |one: &Instance| {
                self.owed(one, Lane::Access).is_some() || self.owed(one, Lane::Life) == Some(Verb::Delete)
            };
            assert!(!is_owed || share.live().any(is_open), "rules of {share:?}");
        }
        for server in self.servers.values() {
            let verb = self.server_intents.get(&server.key()).map(|intent| intent.verb);
            let explained = match server.status {
                ServerStatus::Creating => verb == Some(ServerVerb::SetUp),
                ServerStatus::NetworkChange => verb == Some(ServerVerb::Alter),
                ServerStatus::Deleting => verb == Some(ServerVerb::TearDown),
                _ => true,
            };
            assert!(explained, "{server:?} with {verb:?}");
        }
        for network in &self.networks {
            let is_changed = |server: &ShareServer| server.status == ServerStatus::NetworkChange;
            let is_explained = self.servers.values().any(is_changed);
            assert!(network.status != NetworkStatus::NetworkChange || is_explained, "{network:?}");
        }
        for detached in self.detached.values() {
            assert_eq!(self.owed(&detached.share.instances[0], Lane::Life), Some(Verb::Delete), "{detached:?}");
        }
        let reserved: i64 = self.intents.values().flat_map(Record::charges).map(|charge| charge.amount).sum();
        let extending = self.shares.values().flat_map(|share| &share.instances);
        let extending = extending.filter(|one| one.status == Status::Extending).count();
        assert_eq!(reserved, (LARGER - SIZE) as i64 * extending as i64, "what is reserved is for those that grow");
        for intent in self.intents.values() {
            let share = self.shares.get(&intent.share.to_string());
            let is_detached = self.detached.contains_key(&intent.instance.to_string());
            assert!(is_detached || share.is_some_and(|share| share.instance(intent.instance).is_some()), "{intent:?}");
        }
        assert!(self.server_intents.keys().all(|key| self.servers.contains_key(key)));
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
                Verb::Access => instance.rules_status == RulesStatus::Syncing,
            };
            assert!(has_reason, "{intent:?} of {instance:?}");
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

    /// What was there before and is not there now was to go.
    pub fn miss_nothing(&self, before: &Picture) {
        for (key, share) in &before.shares {
            let is_accepted = |one: &Instance| before.owed(one, Lane::Life) == Some(Verb::Delete);
            let left = self.shares.get(key).map(|share| share.instances.clone()).unwrap_or_default();
            let is_detached = |one: &Instance| self.detached.contains_key(&one.id.to_string());
            let is_left = |one: &Instance| is_detached(one) || left.iter().any(|other| other.id == one.id);
            assert!(left.is_empty() == share.live().all(|one| !left.iter().any(|other| other.id == one.id)));
            let gone = share.instances.iter().filter(|one| !is_left(one));
            gone.for_each(|one| assert!(is_accepted(one), "{one:?} of {share:?} is gone"));
        }
        for (key, rule) in &before.rules {
            let is_kept = self.rules.contains_key(key);
            let share_is_gone = !self.shares.contains_key(&rule.share_id.to_string());
            let was_denied = !rule.state.is_wanted() && rule.state != RuleState::Error;
            assert!(is_kept || share_is_gone || was_denied, "{rule:?} is gone");
        }
        for (key, server) in &before.servers {
            assert!(self.servers.contains_key(key) || server.is_off_array, "{server:?} is gone");
        }
    }

    /// No server that an instance is on is to be removed since.
    pub fn spare_used_servers(&self, before: &Picture) {
        let shares = self.shares.values().chain(self.detached.values().map(|detached| &detached.share));
        let used: BTreeSet<_> = shares.flat_map(|share| &share.instances).filter_map(|one| one.server).collect();
        let removals = self.server_intents.values().filter(|intent| intent.verb == ServerVerb::TearDown);
        let is_new = |intent: &&ServerIntent| before.server_intents.get(&intent.key()) != Some(*intent);
        removals.filter(is_new).for_each(|intent| assert!(!used.contains(&intent.server), "{intent:?} of {used:?}"));
    }
}

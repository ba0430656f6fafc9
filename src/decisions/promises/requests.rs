//! What is asked of shares, of their access rules and of their instances while work is under way.

use manilad_domain::hints::{Affinity, Hints, remembered};
use manilad_domain::metadata::{Entries, MetadataChange};
use manilad_domain::pool::Ceiling;
use manilad_domain::quota::{DEFAULT_CLASS, Key, Limits, QuotaClass, QuotaScope, QuotaSet};
use manilad_domain::resource_lock::LockAction;
use manilad_domain::service::Zone;
use manilad_domain::share::Protocol;
use manilad_domain::status::TaskState;
use manilad_domain::{EncryptionKeyId, EncryptionKeyUse, InstanceId, Microversion, ShareId, ShareSnapshot};

use super::decision::Decision;
use super::*;
use crate::settle::Ids;
use crate::share::samples::of_administrator;
use crate::share::{self, Context, Extension, Judged, Judgement, NewShare, NoRoom, Update};
use crate::{access, instance};

/// A key of metadata by which the driver enforces rules.
const SWITCH: &str = "all_squash";

/// `which` counts round where there are several.
#[derive(Debug, Clone, Copy)]
pub enum ShareRequest {
    Create {
        size: u64,
        network: Option<usize>,
        zone: bool,
        neighbour: Option<(bool, usize)>,
        /// A snapshot that it begins with.
        snapshot: Option<usize>,
        /// What its server is to be encrypted with.
        key: Option<u8>,
    },
    Update {
        which: usize,
    },
    ChangeMetadata {
        which: usize,
        how: usize,
    },
    ChangeExport {
        which: usize,
        how: usize,
    },
    Extend {
        which: usize,
        size: u64,
        has_room: bool,
    },
    Shrink {
        which: usize,
        size: u64,
    },
    Delete {
        which: usize,
    },
    ForceDelete {
        which: usize,
    },
    ResetStatus {
        which: usize,
        status: Status,
    },
    ResetTaskState {
        which: usize,
        state: Option<TaskState>,
    },
    Allow {
        which: usize,
        client: usize,
        level: AccessLevel,
        locked: Option<LockAction>,
    },
    /// `of` which share the rule is said to be; none: of its own.
    Deny {
        which: usize,
        of: Option<usize>,
        passes_over: bool,
    },
    ChangeLevel {
        which: usize,
        level: AccessLevel,
    },
    ChangeRule {
        which: usize,
        how: usize,
    },
    ResetInstance {
        which: usize,
        status: Status,
    },
    DeleteInstance {
        which: usize,
    },
}

pub fn share_request() -> impl Strategy<Value = ShareRequest> {
    use ShareRequest::*;
    let (which, how) = (|| 0usize..6, || 0usize..4);
    let status = || prop::sample::select(Status::RESETTABLE.to_vec());
    let network = prop::option::weighted(0.8, 0usize..2);
    let level = prop::sample::select(vec![AccessLevel::Rw, AccessLevel::Ro]);
    let state = prop::option::of(prop::sample::select(TaskState::ALL.to_vec()));
    let locked = prop::option::weighted(0.3, prop::sample::select(LockAction::ALL.to_vec()));
    prop_oneof![
        3 => (
            (1u64..4, network, any::<bool>(), prop::option::weighted(0.3, (any::<bool>(), which()))),
            prop::option::weighted(0.3, which()),
            prop::option::weighted(0.4, 0u8..2),
        )
            .prop_map(|((size, network, zone, neighbour), snapshot, key)| {
                Create { size, network, zone, neighbour, snapshot, key }
            }),
        1 => which().prop_map(|which| Update { which }),
        2 => (which(), how()).prop_map(|(which, how)| ChangeMetadata { which, how }),
        1 => (which(), how()).prop_map(|(which, how)| ChangeExport { which, how }),
        3 => (which(), 1u64..9, prop::bool::weighted(0.8))
            .prop_map(|(which, size, has_room)| Extend { which, size, has_room }),
        2 => (which(), 1u64..9).prop_map(|(which, size)| Shrink { which, size }),
        3 => which().prop_map(|which| Delete { which }),
        2 => which().prop_map(|which| ForceDelete { which }),
        3 => (which(), status()).prop_map(|(which, status)| ResetStatus { which, status }),
        1 => (which(), state).prop_map(|(which, state)| ResetTaskState { which, state }),
        4 => (which(), 0usize..4, level, locked)
            .prop_map(|(which, client, level, locked)| Allow { which, client, level, locked }),
        4 => (which(), prop::option::weighted(0.1, which()), prop::bool::weighted(0.3))
            .prop_map(|(which, of, passes_over)| Deny { which, of, passes_over }),
        3 => (which(), prop::sample::select(vec![AccessLevel::Rw, AccessLevel::Ro]))
            .prop_map(|(which, level)| ChangeLevel { which, level }),
        1 => (which(), how()).prop_map(|(which, how)| ChangeRule { which, how }),
        3 => (which(), status()).prop_map(|(which, status)| ResetInstance { which, status }),
        2 => which().prop_map(|which| DeleteInstance { which }),
    ]
}

fn change(how: usize) -> MetadataChange {
    let squash = |word: &str| Entries::from([(SWITCH.to_owned(), word.to_owned())]);
    match how {
        0 => MetadataChange::Merge(squash("true")),
        1 => MetadataChange::Merge(squash("false")),
        2 => MetadataChange::Replace([("note".to_owned(), "n".to_owned())].into()),
        _ => MetadataChange::Remove(SWITCH.to_owned()),
    }
}

/// The metadata keys of shares that tenants may not write.
fn reserved() -> Vec<String> {
    Affinity::ALL.iter().map(|affinity| affinity.metadata_key().to_owned()).collect()
}

/// The instances that have no place yet.
fn unplaced(instances: &[Instance]) -> Vec<String> {
    instances.iter().filter(|one| one.pool.is_none()).map(|one| one.id.to_string()).collect()
}

/// In what way things are deleted, as an administrator may have configured it.
pub fn deletion(seed: Uuid) -> Deletion {
    let (high, low) = seed.as_u64_pair();
    if (high ^ low).is_multiple_of(2) { Deletion::Usual } else { Deletion::Deferred }
}

/// The removal of each instance that `goes` names is owed, if it is not gone.
fn go(after: &Picture, share: ShareId, goes: impl Fn(&Instance) -> bool) {
    let left = after.shares.get(&share.to_string()).map(|share| share.instances.clone()).unwrap_or_default();
    for instance in left.iter().filter(|instance| goes(instance)) {
        assert_eq!(after.owed(instance, Lane::Life), Some(Verb::Delete), "{instance:?}");
    }
}

impl World {
    fn nth_instance(&self, which: usize) -> Option<(Share, Instance)> {
        let shares: Vec<Share> = self.store.all().unwrap();
        let all: Vec<_> = shares
            .iter()
            .flat_map(|share| share.instances.iter().map(move |one| (share.clone(), one.clone())))
            .collect();
        all.get(which.checked_rem(all.len())?).cloned()
    }

    /// The decision of a request; none where there is nothing that it could be about.
    pub fn share_decision(&self, request: ShareRequest, version: Microversion, seed: Uuid) -> Option<Decision> {
        let (now, cause) = (self.now, Cause { request_id: "req-6".into(), now: self.now });
        let id = |which| self.nth::<Share>(which).map(|share| share.id);
        let deletion = deletion(seed);
        Some(match request {
            ShareRequest::Create { size, network, zone, neighbour, snapshot, key } => {
                let snapshot =
                    snapshot.and_then(|which| self.nth::<ShareSnapshot>(which)).map(|snapshot| snapshot.key());
                self.creation(size, (network, zone), neighbour, (snapshot, key), seed, cause)
            }
            ShareRequest::Update { which } => {
                let (id, update) = (id(which)?, Update { name: Some(Some("n".into())), ..Update::default() });
                Decision::asked(move |draft| share::update(draft, id, update, version, now))
            }
            ShareRequest::ChangeMetadata { which, how } => {
                let id = id(which)?;
                Decision::asked(move |draft| {
                    share::change_metadata(draft, id, change(how), &reserved(), &[SWITCH], version, &cause)
                })
            }
            ShareRequest::ChangeExport { which, how } => {
                let share = self.nth::<Share>(which)?;
                let export = share.instances.iter().flat_map(|one| &one.exports).next()?.id;
                Decision::asked(move |draft| {
                    share::change_export_metadata(draft, share.id, export, change(how), &[], version, now)
                })
            }
            ShareRequest::Extend { which, size, has_room } => {
                let id = id(which)?;
                let no_room = NoRoom { detail: Detail::FilterCapacity, message: seed.into(), lives: LIFE };
                let room = if has_room { Ok(Ceiling(None)) } else { Err(no_room) };
                let more = size.saturating_sub(self.nth::<Share>(which)?.size);
                let judgement = Judged::Asked(Judgement { more, room });
                let asked = Extension { size, beyond_type: false, judgement };
                let decide =
                    move |draft: &mut Draft<'_>| share::extend(draft, id, &asked, &Limits::default(), version, &cause);
                Decision::asked(decide).then(move |after| {
                    let share = &after.shares[&id.to_string()];
                    assert_eq!(share.status() == Status::Extending, has_room, "{share:?}");
                })
            }
            ShareRequest::Shrink { which, size } => {
                let id = id(which)?;
                Decision::asked(move |draft| share::shrink(draft, id, size, version, &cause))
                    .then(move |after| assert_eq!(after.shares[&id.to_string()].status(), Status::Shrinking))
            }
            ShareRequest::Delete { which } => {
                let share = self.nth::<Share>(which)?;
                let (id, is_locked) = (share.id, self.is_locked(&share));
                Decision::asked(move |draft| share::delete(draft, id, deletion, version, &cause))
                    .removes(unplaced(&share.instances))
                    .then(move |after| {
                        assert!(!is_locked, "{share:?}");
                        go(after, id, |one| !one.superseded);
                    })
            }
            ShareRequest::ForceDelete { which } => {
                let share = self.nth::<Share>(which)?;
                let (id, is_locked) = (share.id, self.is_locked(&share));
                Decision::asked(move |draft| share::force_delete(draft, id, deletion, version, &cause))
                    .removes(unplaced(&share.instances))
                    .then(move |after| {
                        assert!(!is_locked, "{share:?}");
                        go(after, id, |one| !one.superseded);
                    })
            }
            ShareRequest::ResetStatus { which, status } => {
                let id = id(which)?;
                Decision::asked(move |draft| share::reset_status(draft, id, status, version, &cause)).of_administrator()
            }
            ShareRequest::ResetTaskState { which, state } => {
                let id = id(which)?;
                Decision::asked(move |draft| share::reset_task_state(draft, id, state, version, now))
            }
            ShareRequest::Allow { which, client, level, locked } => {
                let rule = AccessRule {
                    id: AccessRuleId(seed),
                    share_id: id(which)?,
                    kind: AccessType::Ip,
                    to: format!("10.0.0.{client}"),
                    level,
                    key: None,
                    state: RuleState::QueuedToApply,
                    metadata: BTreeMap::new(),
                    created_at: now,
                    updated_at: None,
                };
                let (key, share) = (rule.key(), rule.share_id);
                let mut ids = Ids::from(seed);
                let mut lock =
                    |action| (self.new_lock(rule.share_id, Some(rule.id), action, ids.draw()), ids.draw().into());
                let locks = locked.map(&mut lock).into_iter().collect();
                Decision::asked(move |draft| access::allow(draft, rule, locks, version, &cause))
                    .then(move |after| assert!(after.rules[&key].state.is_wanted() && after.owes_rules(share)))
            }
            ShareRequest::Deny { which, of, passes_over } => {
                let rule = self.nth::<AccessRule>(which)?;
                let share = of.and_then(id).unwrap_or(rule.share_id);
                let (id, key, locks) = (rule.id, rule.key(), self.delete_locks(&rule));
                let is_locked = !passes_over && !locks.is_empty();
                let passed_over = if passes_over { locks } else { BTreeSet::new() };
                let deny = move |draft: &mut Draft<'_>| access::deny(draft, share, id, &passed_over, version, &cause);
                Decision::asked(deny).then(move |after| {
                    assert!(share == rule.share_id && !is_locked, "{rule:?}");
                    assert!(!after.rules[&key].state.is_wanted() && after.owes_rules(share), "{rule:?}");
                })
            }
            ShareRequest::ChangeLevel { which, level } => {
                let rule = self.nth::<AccessRule>(which)?;
                let (id, share, is_same) = (rule.id, rule.share_id, rule.level == level);
                Decision::asked(move |draft| access::change_level(draft, id, level, version, &cause))
                    .then(move |after| assert!(is_same || after.owes_rules(share)))
            }
            ShareRequest::ChangeRule { which, how } => {
                let id = self.nth::<AccessRule>(which)?.id;
                Decision::asked(move |draft| access::change_metadata(draft, id, change(how), now))
            }
            ShareRequest::ResetInstance { which, status } => {
                let (share, one) = self.nth_instance(which)?;
                let is_nowhere = status == Status::Available && one.pool.is_none();
                let expected = if is_nowhere { Status::Error } else { status };
                Decision::asked(move |draft| instance::reset_status(draft, share.id, one.id, status, version, &cause))
                    .of_administrator()
                    .then(move |after| {
                        let share = &after.shares[&share.key()];
                        assert_eq!(share.instance(one.id).map(|one| one.status), Some(expected));
                    })
            }
            ShareRequest::DeleteInstance { which } => {
                let (share, one) = self.nth_instance(which)?;
                let is_locked = !one.superseded && self.is_locked(&share);
                let (share, id, unplaced) = (share.id, one.id, unplaced(&[one]));
                Decision::asked(move |draft| instance::force_delete(draft, share, id, deletion, version, &cause))
                    .removes(unplaced)
                    .then(move |after| {
                        assert!(!is_locked, "{share:?}");
                        go(after, share, |one| one.id == id);
                    })
            }
        })
    }

    fn creation(
        &self,
        size: u64,
        (network, zone): (Option<usize>, bool),
        neighbour: Option<(bool, usize)>,
        (snapshot, key): (Option<String>, Option<u8>),
        seed: Uuid,
        cause: Cause,
    ) -> Decision {
        let mut ids = Ids::from(seed);
        let mut hints = Hints::default();
        if let Some((is_same, share)) =
            neighbour.and_then(|(is_same, which)| Some((is_same, self.nth::<Share>(which)?)))
        {
            let named = if is_same { &mut hints.same_host } else { &mut hints.different_host };
            named.push(share.id);
        }
        let zones: Vec<Zone> = self.store.all().unwrap();
        let is_clone = snapshot.is_some();
        let asked = NewShare {
            id: ids.draw().into(),
            instance: InstanceId(ids.draw()),
            project_id: "p".into(),
            user_id: "u".into(),
            name: None,
            description: None,
            protocol: Protocol::Nfs,
            size: (!is_clone).then_some(size),
            is_public: false,
            metadata: Entries::new(),
            share_type: (!is_clone).then(|| if key.is_some() { "vault" } else { "gold" }.to_owned()),
            volume_type: None,
            network: network
                .filter(|_| !is_clone)
                .and_then(|which| self.nth::<ShareNetwork>(which))
                .map(|network| network.key()),
            zone: zones.into_iter().next().filter(|_| zone && !is_clone),
            snapshot,
            mount_point_name: None,
            encryption_key: key.filter(|_| !is_clone).map(|number| EncryptionKeyId(Uuid::from_u128(number.into()))),
            hints,
        };
        let key = asked.id.to_string();
        let class: Option<QuotaClass> = self.store.get(DEFAULT_CLASS).unwrap();
        let own: Option<QuotaSet> = self.store.get(&QuotaSet::key_of("p", &QuotaScope::Project)).unwrap();
        let limit = move |key: Key| {
            let of_class = || class.as_ref().and_then(|class| class.values.get(&key));
            own.as_ref().and_then(|own| own.values.get(&key)).or_else(of_class).copied()
        };
        let decide = move |draft: &mut Draft<'_>| {
            let limits = Limits::default();
            let context = Context {
                is_admin: false,
                sees_snapshot: &|snapshot| snapshot.project_id == "p",
                sees_share: &|share| share.project_id == "p",
                ..of_administrator(&limits)
            };
            share::create(draft, asked, &context, &cause)
        };
        Decision::asked(decide).then(move |after| {
            let made = &after.shares[&key];
            assert_eq!(made.instances.len(), 1, "{made:?}");
            assert_eq!(
                after.owed(&made.instances[0], Lane::Life),
                Some(if is_clone { Verb::Create } else { Verb::Place })
            );
            let own = || after.shares.values().filter(|share| share.project_id == "p");
            let count = i64::try_from(own().count()).unwrap();
            let gib = own().map(|share| i64::try_from(share.size).unwrap()).sum();
            for (key, used) in [(Key::Shares, count), (Key::Gigabytes, gib)] {
                assert!(limit(key).is_none_or(|limit| limit < 0 || used <= limit), "{key:?}: {used}");
            }
        })
    }

    /// A key counts as used by a project exactly as long as a share of it has it.
    pub fn keep_keys(&self) {
        let shares: Vec<Share> = self.store.all().unwrap();
        let of_share = |share: &Share| share.encryption_key.map(|key| EncryptionKeyUse::key_of(&share.project_id, key));
        let uses: BTreeSet<String> = self.store.all::<EncryptionKeyUse>().unwrap().iter().map(Record::key).collect();
        assert_eq!(uses, shares.iter().filter_map(of_share).collect(), "{shares:?}");
    }

    /// What holds of shares and their rules, whatever was decided.
    pub fn keep_shares(&self) {
        let shares: BTreeMap<ShareId, Share> =
            self.store.all::<Share>().unwrap().into_iter().map(|share| (share.id, share)).collect();
        for share in shares.values() {
            for id in remembered(&share.metadata) {
                let is_mutual = shares.get(&id).is_some_and(|other| remembered(&other.metadata).contains(&share.id));
                assert!(is_mutual, "{share:?} remembers a neighbour that does not remember it");
            }
        }
        let rules: Vec<AccessRule> = self.store.all().unwrap();
        let clients: BTreeSet<_> = rules.iter().map(|rule| (rule.share_id, &rule.to)).collect();
        assert_eq!(clients.len(), rules.len(), "a client has two rules of a share: {rules:?}");
        assert!(rules.iter().all(|rule| shares.contains_key(&rule.share_id)), "the share of a rule is gone: {rules:?}");
    }
}

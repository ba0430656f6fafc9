//! What comes of work that is owed: any answer to any question.

use manilad_domain::SnapshotIntent;
use manilad_domain::outcome::Created;

use super::snapshots::settlement_of_snapshot;
use super::*;

/// What is said to have come of a piece of work: any answer to any question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Said {
    Created,
    CreatedElsewhere,
    Relocated,
    Deleted,
    Exported,
    Ensured { owes_rules: bool },
    Found,
    Missing,
    Resized,
    Reverted,
    Managed,
    Unmanaged,
    DoesNotFit,
    Applied,
    PartlyApplied,
    Unserved,
    Failed(Remedy),
    Postponed,
    UnderWay,
    Seat,
    Moot,
    Allocated,
    SetUp,
    OffArray,
    Gone,
}

/// All but failures.
pub const SAID: &[Said] = &[
    Said::Created,
    Said::CreatedElsewhere,
    Said::Relocated,
    Said::UnderWay,
    Said::Deleted,
    Said::Exported,
    Said::Ensured { owes_rules: false },
    Said::Ensured { owes_rules: true },
    Said::Found,
    Said::Missing,
    Said::Resized,
    Said::Reverted,
    Said::Managed,
    Said::Unmanaged,
    Said::DoesNotFit,
    Said::Applied,
    Said::PartlyApplied,
    Said::Unserved,
    Said::Postponed,
    Said::Seat,
    Said::Moot,
    Said::Allocated,
    Said::SetUp,
    Said::OffArray,
    Said::Gone,
];

#[derive(Debug, Clone, Copy)]
pub struct WorkStep {
    /// Which of the open intents, counted round.
    pub which: usize,
    pub said: Said,
    pub is_stale: bool,
}

pub fn step() -> impl Strategy<Value = WorkStep> {
    let taken = Remedy::AddressTaken([10, 0, 0, 1].into());
    let remedies = vec![Remedy::Again, Remedy::Elsewhere, Remedy::Never, Remedy::Absent, taken];
    let remedies = prop::sample::select(remedies);
    let said = prop_oneof![
        3 => remedies.prop_map(Said::Failed),
        9 => prop::sample::select(SAID.to_vec()),
    ];
    (0usize..64, said, prop::bool::weighted(0.1)).prop_map(|(which, said, is_stale)| WorkStep { which, said, is_stale })
}

pub type Settle = Box<dyn FnOnce(Settling, &mut Draft<'_>) -> Result<Next, Error> + Send>;

/// A decision, and whether work of the verb that is owed can end so.
pub struct Settlement {
    pub fits: bool,
    /// Whose work it is.
    pub service: String,
    pub settle: Settle,
}

pub fn trouble(remedy: Remedy) -> Trouble {
    Trouble { remedy, detail: Detail::UnknownError, reason: "as the test has it".into() }
}

/// The work that there was so far, whether it is owed still or not, and the rules as they were some time ago.
#[derive(Debug, Default)]
pub struct Past {
    intents: BTreeMap<u64, Intent>,
    snapshot_intents: BTreeMap<u64, SnapshotIntent>,
    server_intents: BTreeMap<u64, ServerIntent>,
    rules: Vec<AccessRule>,
}

impl World {
    /// Notes what is owed, of which an answer may come late, and at times the rules, which a task may be formed by.
    pub fn remember(&mut self, with_rules: bool) {
        self.past.intents.extend(self.store.all::<Intent>().unwrap().into_iter().map(|one| (one.serial, one)));
        let snapshots: Vec<SnapshotIntent> = self.store.all().unwrap();
        self.past.snapshot_intents.extend(snapshots.into_iter().map(|one| (one.serial, one)));
        let servers: Vec<ServerIntent> = self.store.all().unwrap();
        self.past.server_intents.extend(servers.into_iter().map(|one| (one.serial, one)));
        if with_rules {
            self.past.rules = self.store.all().unwrap();
        }
    }

    /// What a step settles; none where an answer is no answer to work of that kind at all.
    pub fn settlement(&self, step: WorkStep) -> Option<Settlement> {
        let mut shares: Vec<Intent> = self.store.all().unwrap();
        let mut snapshots: Vec<SnapshotIntent> = self.store.all().unwrap();
        let mut servers: Vec<ServerIntent> = self.store.all().unwrap();
        if step.is_stale {
            let unknown = |intent: &Intent| Intent { serial: intent.serial + 1000, ..intent.clone() };
            shares = shares.iter().map(unknown).chain(self.past.intents.values().cloned()).collect();
            let unknown = |intent: &SnapshotIntent| SnapshotIntent { serial: intent.serial + 1000, ..intent.clone() };
            snapshots = snapshots.iter().map(unknown).chain(self.past.snapshot_intents.values().cloned()).collect();
            let unknown = |intent: &ServerIntent| ServerIntent { serial: intent.serial + 1000, ..intent.clone() };
            servers = servers.iter().map(unknown).chain(self.past.server_intents.values().cloned()).collect();
        }
        let which = step.which.checked_rem(shares.len() + snapshots.len() + servers.len())?;
        if let Some(intent) = shares.get(which) {
            let formed = if step.which.is_multiple_of(4) { self.past.rules.clone() } else { self.store.all().unwrap() };
            return Self::settlement_of(intent.clone(), step.said, formed, step.which % 2);
        }
        match snapshots.get(which - shares.len()) {
            Some(intent) => settlement_of_snapshot(intent.clone(), step.said),
            None => self.settlement_of_server(servers[which - shares.len() - snapshots.len()].clone(), step.said),
        }
    }

    /// What settles work on an instance; of its rules so many of those that it was `formed` by are refused.
    pub fn settlement_of(
        intent: Intent,
        said: Said,
        mut formed: Vec<AccessRule>,
        refused: usize,
    ) -> Option<Settlement> {
        formed.retain(|rule| rule.share_id == intent.share);
        let export = || Export { path: "a:/b".into(), is_admin_only: false, preferred: true };
        let refuse =
            |rule: &AccessRule| RefusedRule { id: rule.id, detail: Detail::UnknownError, reason: String::new() };
        let refuse_some = |count: usize| formed.iter().take(count).map(refuse).collect();
        let verb = intent.verb;
        let service = intent.service.clone().unwrap_or_else(|| SERVICE.to_owned());
        let (fits, settle): (bool, Settle) = match said {
            Said::Created | Said::CreatedElsewhere => {
                let created = Created { exports: vec![export()], is_elsewhere: said == Said::CreatedElsewhere };
                (verb == Verb::Create, Box::new(move |by, draft| by.created(draft, &intent, created)))
            }
            Said::Relocated => {
                (verb == Verb::Relocate, Box::new(move |by, draft| by.relocated(draft, &intent, vec![export()])))
            }
            Said::Deleted => (verb == Verb::Delete, Box::new(move |by, draft| by.deleted(draft, &intent))),
            Said::Exported => {
                (verb == Verb::Export, Box::new(move |by, draft| by.exported(draft, &intent, vec![export()])))
            }
            Said::Ensured { owes_rules } => {
                let ensured = Ensured { exports: vec![export()], owes_rules };
                (verb == Verb::Ensure, Box::new(move |by, draft| by.ensured(draft, &intent, ensured)))
            }
            Said::Found => {
                let found = Some(vec![export()]);
                (verb == Verb::Rescue, Box::new(move |by, draft| by.rescued(draft, &intent, found)))
            }
            Said::Missing => (verb == Verb::Rescue, Box::new(move |by, draft| by.rescued(draft, &intent, None))),
            Said::Resized => {
                (matches!(verb, Verb::Extend | Verb::Shrink), Box::new(move |by, draft| by.resized(draft, &intent)))
            }
            Said::Reverted => (verb == Verb::Revert, Box::new(move |by, draft| by.reverted(draft, &intent))),
            Said::Managed => {
                let managed = Managed { size: SIZE, exports: vec![export()] };
                (verb == Verb::Manage, Box::new(move |by, draft| by.managed(draft, &intent, managed)))
            }
            Said::Unmanaged => (verb == Verb::Unmanage, Box::new(move |by, draft| by.unmanaged(draft, &intent))),
            Said::DoesNotFit => {
                let is_larger = verb == Verb::Extend;
                let detail = if is_larger { Detail::FilterCapacity } else { Detail::DriverRefusedShrink };
                let why = Trouble { detail, ..trouble(Remedy::Never) };
                (true, Box::new(move |by, draft| by.failed(draft, &intent, &why)))
            }
            Said::Applied => {
                let applied = Applied::AllBut(refuse_some(refused));
                (verb == Verb::Access, Box::new(move |by, draft| by.applied(draft, &intent, &formed, &applied)))
            }
            Said::PartlyApplied => {
                let applied = Applied::NotYet(refuse_some(1));
                (verb == Verb::Access, Box::new(move |by, draft| by.applied(draft, &intent, &formed, &applied)))
            }
            Said::Unserved => {
                let why = trouble(Remedy::Elsewhere);
                (verb != Verb::Delete, Box::new(move |by, draft| by.unserved(draft, &intent, &why)))
            }
            Said::Failed(remedy) => (true, Box::new(move |by, draft| by.failed(draft, &intent, &trouble(remedy)))),
            Said::Postponed => (true, Box::new(move |by, draft| by.postponed(draft, &intent, 1, None))),
            Said::UnderWay => (true, Box::new(move |by, draft| by.postponed(draft, &intent, 0, Some(40)))),
            Said::Seat => (verb == Verb::Create, Box::new(move |by, draft| by.choose_server(draft, &intent))),
            Said::Moot => (true, Box::new(move |by, draft| by.moot(draft, &intent))),
            Said::Allocated | Said::SetUp | Said::OffArray | Said::Gone => return None,
        };
        Some(Settlement { fits, service, settle })
    }

    /// What settles work on a share server.
    pub fn settlement_of_server(&self, intent: ServerIntent, said: Said) -> Option<Settlement> {
        let is_removal = intent.verb == ServerVerb::TearDown;
        let is_to_serve = !is_removal && intent.verb != ServerVerb::UnmanageServer;
        let service = intent.service.clone();
        let (fits, settle): (bool, Settle) = match said {
            Said::Allocated => {
                let ranges = vec![([10, 0, 0, 1].into(), [10, 0, 0, 9].into())];
                let offer = Offer {
                    segment: Segment::default(),
                    scope: "standalone:test".into(),
                    prefix: 24,
                    source: match intent.verb {
                        ServerVerb::ManageServer => {
                            Source::Standing(vec![Standing { address: [10, 0, 0, 2].into(), id: None }])
                        }
                        _ => Source::Free { ranges, count: 2 },
                    },
                };
                let lacking = self.subnets_without_addresses(&intent);
                let offers = lacking.into_iter().map(|subnet| (Some(subnet), offer.clone())).collect();
                (is_to_serve, Box::new(move |by, draft| by.allocated(draft, &intent, offers)))
            }
            Said::SetUp => {
                let details = [("k".to_owned(), "v".to_owned())].into();
                (is_to_serve, Box::new(move |by, draft| by.set_up(draft, &intent, details)))
            }
            Said::Unmanaged => {
                let is_let_go = intent.verb == ServerVerb::UnmanageServer;
                (is_let_go, Box::new(move |by, draft| by.server_unmanaged(draft, &intent)))
            }
            Said::OffArray => (is_removal, Box::new(move |by, draft| by.torn_down(draft, &intent))),
            Said::Gone => (is_removal, Box::new(move |by, draft| by.released(draft, &intent))),
            Said::Failed(remedy) => {
                (true, Box::new(move |by, draft| by.server_failed(draft, &intent, &trouble(remedy))))
            }
            Said::Postponed => (true, Box::new(move |by, draft| by.server_postponed(draft, &intent, 1))),
            Said::Moot => (true, Box::new(move |by, draft| by.server_moot(draft, &intent))),
            _ => return None,
        };
        Some(Settlement { fits, service, settle })
    }

    /// The subnets in which a server has no addresses yet.
    pub fn subnets_without_addresses(&self, intent: &ServerIntent) -> Vec<ShareNetworkSubnetId> {
        let own: Vec<Allocation> = self.store.all().unwrap();
        let has = |id| own.iter().any(|one| one.server == intent.server && one.subnet == Some(id));
        let server: Option<ShareServer> = self.store.get(&intent.server.to_string()).unwrap();
        server.iter().flat_map(|server| &server.subnets).map(|own| own.id).filter(|id| !has(*id)).collect()
    }
}

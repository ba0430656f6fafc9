//! All that the cluster is, behind one lock, and what falls due in it as time goes by.
//!
//! Nothing here waits, and nothing happens by itself: what falls due is carried out in `events`. How to get it wrong: a handler that changes something
//! before it has checked everything; a refused request must leave no trace.

pub mod journal;
pub mod table;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use manilad_clock::{Clock, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::Error;
use crate::config::{AccountConfig, Config, DirectoryConfig};
use crate::lanes::Lanes;
use crate::rest::code::Refusal;
use crate::rest::made::Made;
use crate::rows::aggregate::Aggregate;
use crate::rows::attributes::Attributes;
use crate::rows::broadcast_domain::BroadcastDomain;
use crate::rows::certificate::Certificate;
use crate::rows::cifs_share::CifsShare;
use crate::rows::export_policy::ExportPolicy;
use crate::rows::fpolicy::{FpolicyEvent, FpolicyPolicy};
use crate::rows::interface::Interface;
use crate::rows::ip_route::IpRoute;
use crate::rows::ipspace::Ipspace;
use crate::rows::job::Job;
use crate::rows::node::Node;
use crate::rows::port::Port;
use crate::rows::qos::QosPolicy;
use crate::rows::service_policy::ServicePolicy;
use crate::rows::snapshot::Snapshot;
use crate::rows::svm::Svm;
use crate::rows::volume::Volume;
use crate::state::journal::Journal;
use crate::state::table::{Change, Row, Stored, Table};

/// What there is one of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Identity {
    pub uuid: Uuid,
    /// The number that the next volume or SVM gets. Never used twice: file handles and policy ids carry them.
    pub next: u64,
}

impl Row for Identity {
    type Key = String;
    const KIND: &'static str = "cluster";
    fn key(&self) -> String {
        "cluster".to_owned()
    }
}

/// What happens by itself when its time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    JobEnds(Uuid),
    JobForgotten(Uuid),
    Purge(Uuid),
    SplitEnds(Uuid),
    MoveEnds(Uuid),
}

/// What is to be done with files once the lock is released, and before anybody is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// Copies what its volume holds to a snapshot.
    Copy(Uuid),
    /// Fills a volume as its row says, if it still does so by this number.
    Fill { volume: Uuid, number: u64 },
    /// Lets clients see that the list of a volume's snapshots is another one.
    List,
}

/// The cluster's objects, its time, and its queues.
pub struct State {
    pub config: Arc<Config>,
    pub clock: Clock,
    /// Wall and running time of the last [`State::look_at_the_clock`].
    pub now: Timestamp,
    pub running: Duration,
    pub lanes: Lanes,
    /// Where the contents of volumes are.
    pub files: PathBuf,
    /// Directories that nothing refers to any more; to be removed once the lock is released.
    pub rubbish: Vec<PathBuf>,
    /// In their order.
    pub works: Vec<Work>,
    pub identity: Table<Identity>,
    pub nodes: Table<Node>,
    pub aggregates: Table<Aggregate>,
    pub ipspaces: Table<Ipspace>,
    pub domains: Table<BroadcastDomain>,
    pub ports: Table<Port>,
    pub svms: Table<Svm>,
    pub service_policies: Table<ServicePolicy>,
    pub routes: Table<IpRoute>,
    pub certificates: Table<Certificate>,
    pub interfaces: Table<Interface>,
    pub volumes: Table<Volume>,
    pub snapshots: Table<Snapshot>,
    pub policies: Table<ExportPolicy>,
    pub shares: Table<CifsShare>,
    pub fpolicy_events: Table<FpolicyEvent>,
    pub fpolicies: Table<FpolicyPolicy>,
    pub qos: Table<QosPolicy>,
    pub jobs: Table<Job>,
    /// What was set of objects in fields that mean nothing here.
    pub attributes: Table<Attributes>,
    /// Who may log in. Comes from the configuration and is never kept.
    pub accounts: Vec<AccountConfig>,
    /// What answers outside. Comes from the configuration and is never kept.
    pub directories: Vec<DirectoryConfig>,
    /// The last application logs that were sent.
    pub logs: VecDeque<Value>,
    due: BinaryHeap<Reverse<(Duration, u64, Due)>>,
    turn: u64,
    journal: Option<Journal>,
}

impl State {
    /// The state kept in the configured directory, or an empty one.
    pub fn load(config: Arc<Config>, clock: Clock, files: PathBuf) -> Result<Self, Error> {
        let mut state = State {
            now: clock.now(),
            running: clock.running(),
            lanes: Lanes::new(config.latency, config.limits.queue),
            files,
            rubbish: Vec::new(),
            works: Vec::new(),
            identity: Table::default(),
            nodes: Table::default(),
            aggregates: Table::default(),
            ipspaces: Table::default(),
            domains: Table::default(),
            ports: Table::default(),
            svms: Table::default(),
            service_policies: Table::default(),
            routes: Table::default(),
            certificates: Table::default(),
            interfaces: Table::default(),
            volumes: Table::default(),
            snapshots: Table::default(),
            policies: Table::default(),
            shares: Table::default(),
            fpolicy_events: Table::default(),
            fpolicies: Table::default(),
            qos: Table::default(),
            jobs: Table::default(),
            attributes: Table::default(),
            accounts: config.accounts.clone(),
            directories: config.directories.clone(),
            logs: VecDeque::new(),
            due: BinaryHeap::new(),
            turn: 0,
            journal: None,
            clock,
            config,
        };
        if let Some(dir) = state.config.state_dir.clone() {
            let journal = Journal::open(&dir, |(kind, key, row)| {
                let table = state.tables().into_iter().find(|table| table.kind() == kind);
                table.ok_or_else(|| Error::Strange(format!("objects of kind '{kind}'")))?.load(&key, row)
            })?;
            state.journal = Some(journal);
        }
        Ok(state)
    }

    fn tables(&mut self) -> [&mut dyn Stored; 20] {
        [
            &mut self.identity,
            &mut self.nodes,
            &mut self.aggregates,
            &mut self.ipspaces,
            &mut self.domains,
            &mut self.ports,
            &mut self.svms,
            &mut self.service_policies,
            &mut self.routes,
            &mut self.certificates,
            &mut self.interfaces,
            &mut self.policies,
            &mut self.volumes,
            &mut self.snapshots,
            &mut self.shares,
            &mut self.fpolicy_events,
            &mut self.fpolicies,
            &mut self.qos,
            &mut self.jobs,
            &mut self.attributes,
        ]
    }

    /// Takes note of what time it is.
    pub fn look_at_the_clock(&mut self) {
        (self.now, self.running) = (self.clock.now(), self.clock.running());
    }

    /// What has fallen due, the first by its time.
    pub fn next_due(&mut self) -> Option<Due> {
        self.due.peek().filter(|Reverse((at, ..))| *at <= self.running)?;
        self.due.pop().map(|Reverse((_, _, due))| due)
    }

    /// Has something happen at a running time.
    pub fn falls_due(&mut self, at: Duration, what: Due) {
        self.turn += 1;
        self.due.push(Reverse((at, self.turn, what)));
    }

    /// The job has ended so, and is forgotten in a while.
    pub fn end_job(&mut self, id: Uuid, outcome: Result<Made, Refusal>) {
        let now = self.now;
        // What was asked is not needed any more, and may hold a password.
        self.jobs.change(&id, |job| (job.outcome, job.ended, job.asks) = (Some(outcome), Some(now), Vec::new()));
        self.falls_due(self.running + self.config.limits.job_memory, Due::JobForgotten(id));
    }

    /// A number that was never given before.
    pub fn number(&mut self) -> u64 {
        let key = "cluster".to_owned();
        let number = self.identity.get(&key).map_or(0, |identity| identity.next);
        self.identity.change(&key, |identity| identity.next += 1);
        number
    }

    /// Appends what changed since the last time to the journal.
    pub fn save(&mut self) -> Result<(), Error> {
        let mut changes: Vec<Change> = Vec::new();
        for table in self.tables() {
            changes.extend(table.take_changes()?);
        }
        let Some(journal) = self.journal.as_mut().filter(|_| !changes.is_empty()) else { return Ok(()) };
        journal.append(&changes)?;
        if journal.has_grown() { self.rewrite() } else { Ok(()) }
    }

    /// Writes the journal anew, as all objects are now.
    pub fn rewrite(&mut self) -> Result<(), Error> {
        let mut objects = Vec::new();
        for table in self.tables() {
            objects.extend(table.dump()?);
            table.take_changes()?;
        }
        self.journal.as_mut().map_or(Ok(()), |journal| journal.rewrite(objects))
    }

    /// Grows whenever the set of addresses that are served may have changed.
    pub fn network_revision(&self) -> u64 {
        let tables = [self.ports.revision(), self.svms.revision(), self.service_policies.revision()];
        self.interfaces.revision() + tables.iter().sum::<u64>()
    }

    /// The log to sync, if there is one.
    pub fn log(&self) -> Option<Arc<journal::Log>> {
        self.journal.as_ref().map(Journal::log)
    }

    /// All objects, by kind and key.
    pub fn dump(&mut self) -> Result<Value, Error> {
        let mut all = json!({});
        for table in self.tables() {
            let rows = table.dump()?.into_iter().map(|(_, key, row)| (key, row.unwrap_or_default())).collect();
            all[table.kind()] = Value::Object(rows);
        }
        Ok(all)
    }
}

//! All that the cluster is, behind one lock, and what falls due in it as time goes by.
//!
//! Nothing here waits: callers bring the state up to the present with [`State::advance`] before they look, which ends
//! the jobs whose time has come and empties the recovery queue. How to get it wrong: a handler that changes something
//! before it has checked everything; a refused request must leave no trace.

pub mod adopt;
pub mod journal;
pub mod seed;
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
use crate::nouns::aggregate::Aggregate;
use crate::nouns::broadcast_domain::BroadcastDomain;
use crate::nouns::certificate::Certificate;
use crate::nouns::cifs_share::CifsShare;
use crate::nouns::export_policy::ExportPolicy;
use crate::nouns::interface::Interface;
use crate::nouns::ip_route::IpRoute;
use crate::nouns::ipspace::Ipspace;
use crate::nouns::job::{self, Job};
use crate::nouns::node::Node;
use crate::nouns::port::Port;
use crate::nouns::qos::QosPolicy;
use crate::nouns::service_policy::ServicePolicy;
use crate::nouns::svm::Svm;
use crate::nouns::volume::{self, Volume};
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
}

/// The cluster's objects, its time, and its queues.
pub struct State {
    pub config: Arc<Config>,
    pub clock: Clock,
    /// Wall and running time of the last [`State::advance`].
    pub now: Timestamp,
    pub running: Duration,
    pub lanes: Lanes,
    /// Where the contents of volumes are.
    pub files: PathBuf,
    /// Directories that nothing refers to any more; to be removed once the lock is released.
    pub rubbish: Vec<PathBuf>,
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
    pub policies: Table<ExportPolicy>,
    pub shares: Table<CifsShare>,
    pub qos: Table<QosPolicy>,
    pub jobs: Table<Job>,
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
    /// The state kept in the configured directory, or a new one; with what the configuration adds.
    pub fn open(config: Arc<Config>, clock: Clock, files: PathBuf) -> Result<Self, Error> {
        let mut state = State {
            now: clock.now(),
            running: clock.running(),
            lanes: Lanes::new(config.latency, config.limits.queue),
            files,
            rubbish: Vec::new(),
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
            policies: Table::default(),
            shares: Table::default(),
            qos: Table::default(),
            jobs: Table::default(),
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
        seed::seed(&mut state)?;
        adopt::adopt(&mut state);
        job::resume(&mut state);
        volume::resume(&mut state);
        state.rewrite()?;
        Ok(state)
    }

    fn tables(&mut self) -> [&mut dyn Stored; 16] {
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
            &mut self.shares,
            &mut self.qos,
            &mut self.jobs,
        ]
    }

    /// Brings the state up to the present: what has fallen due happens, in the order of its time.
    pub fn advance(&mut self) {
        (self.now, self.running) = (self.clock.now(), self.clock.running());
        while self.due.peek().is_some_and(|Reverse((at, ..))| *at <= self.running) {
            match self.due.pop() {
                Some(Reverse((_, _, Due::JobEnds(id)))) => job::end(self, id),
                Some(Reverse((_, _, Due::JobForgotten(id)))) => drop(self.jobs.remove(&id)),
                Some(Reverse((_, _, Due::Purge(id)))) => volume::purge(self, id),
                None => {}
            }
        }
    }

    /// Has something happen at a running time.
    pub fn falls_due(&mut self, at: Duration, what: Due) {
        self.turn += 1;
        self.due.push(Reverse((at, self.turn, what)));
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

    fn rewrite(&mut self) -> Result<(), Error> {
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

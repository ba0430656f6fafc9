//! The handle on a simulated cluster.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use manilad_clock::Clock;
use secrecy::SecretString;
use serde_json::Value;
use tempfile::TempDir;

use crate::calls::{CallRecord, Calls};
use crate::config::{Config, DirectoryConfig};
use crate::contents::Transfer;
use crate::faults::{ActiveRule, Faults, Rule};
use crate::lifs::{Lifs, Served, WeakLifs};
use crate::lookup::export_policy::Admission;
use crate::lookup::{aggregate, cifs_share, export_policy, reach};
use crate::state::journal::Log;
use crate::state::{State, Work};
use crate::{Error, contents, events, strays};

/// A simulated cluster. Clones are handles on the same one.
#[derive(Clone)]
pub struct Cluster(Arc<Inner>);

struct Inner {
    clock: Clock,
    config: Arc<Config>,
    state: Mutex<State>,
    faults: Mutex<Faults>,
    calls: Mutex<Calls>,
    log: Option<Arc<Log>>,
    /// Directories to be removed.
    rubbish: Mutex<Vec<PathBuf>>,
    /// What is to be done with files.
    works: Mutex<VecDeque<Work>>,
    /// Held while something is done with files: nobody is answered meanwhile.
    working: Mutex<()>,
    /// Who listens on the data LIFs, if anybody does.
    lifs: Mutex<WeakLifs>,
    /// Set when a change could not be written down. Nothing is answered any more.
    broken: AtomicBool,
    _temporary: Option<TempDir>,
}

/// The cluster can't keep its state any more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Broken;

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Cluster {
    /// Opens the cluster: what its state directory keeps, and what the configuration adds.
    ///
    /// # Errors
    /// The directory can't be used, is in use, or holds something strange; the configuration names what there is not.
    pub fn open(config: Config, clock: Clock) -> Result<Self, Error> {
        let temporary = match config.state_dir {
            Some(_) => None,
            None => Some(tempfile::Builder::new().prefix("ontap-sim-").tempdir()?),
        };
        let dir = config.state_dir.clone().or_else(|| temporary.as_ref().map(|dir| dir.path().to_owned()));
        let files = dir.unwrap_or_default().join("files");
        let config = Arc::new(config);
        let mut state = events::open(config.clone(), clock.clone(), files.clone())?;
        std::fs::create_dir_all(contents::snapshots_root(&files))?;
        contents::sweep(&state, &files)?;
        contents::count(&mut state);
        let log = state.log();
        let calls = Mutex::new(Calls::new(config.limits.call_log));
        Ok(Cluster(Arc::new(Inner {
            clock,
            config,
            state: Mutex::new(state),
            faults: Mutex::default(),
            calls,
            log,
            rubbish: Mutex::default(),
            works: Mutex::default(),
            working: Mutex::default(),
            lifs: Mutex::default(),
            broken: AtomicBool::new(false),
            _temporary: temporary,
        })))
    }

    /// Adds a fault to the script. Returns its number.
    pub fn strike(&self, rule: Rule) -> u64 {
        held(&self.0.faults).add(rule)
    }

    /// The script, and what has come of it.
    pub fn faults(&self) -> Vec<ActiveRule> {
        held(&self.0.faults).standing().to_vec()
    }

    /// Ends all faults.
    pub fn heal(&self) {
        held(&self.0.faults).clear();
    }

    /// The last calls, oldest first.
    pub fn calls(&self) -> Vec<CallRecord> {
        held(&self.0.calls).kept()
    }

    pub fn forget_calls(&self) {
        held(&self.0.calls).clear();
    }

    /// All objects, by kind and key.
    ///
    /// # Errors
    /// An object can't be written down.
    pub fn dump(&self) -> Result<Value, Error> {
        held(&self.0.state).dump()
    }

    /// How many requests wait for a place in the queue of their SVM.
    pub fn waiting(&self) -> usize {
        let state = held(&self.0.state);
        state.lanes.waiting(self.0.clock.running())
    }

    /// Changes the password of an account while clients are connected. Whether there is such an account.
    pub fn set_password(&self, account: &str, password: SecretString) -> bool {
        let mut state = held(&self.0.state);
        let found = state.accounts.iter_mut().find(|one| one.name == account);
        found.map(|account| account.password = password).is_some()
    }

    /// Sets what answers in a domain, in place of what did before.
    pub fn set_directory(&self, directory: DirectoryConfig) {
        let mut state = held(&self.0.state);
        state.directories.retain(|one| !one.domain.eq_ignore_ascii_case(&directory.domain));
        state.directories.push(directory);
    }

    /// Lets somebody else take or give back space until `bytes` are left in the aggregate. Whether there is such one.
    pub fn set_space_left(&self, aggregate: &str, bytes: u64) -> bool {
        self.with(|state| aggregate::set_available(state, aggregate, bytes)).is_ok_and(|found| found)
    }

    /// The addresses at which NFS is served: those of all data LIFs that are up.
    pub fn lifs(&self) -> Vec<IpAddr> {
        self.glance(reach::served).into_iter().collect()
    }

    /// What of the cluster hangs in the air, such as a LIF without its port: each a line. None, if all is well.
    pub fn strays(&self) -> Vec<String> {
        self.glance(strays::strays)
    }

    /// By the name of each volume the clients that the rules of its export policy name. `None` once the cluster can't keep its state any
    /// more.
    pub fn admissions(&self) -> Option<BTreeMap<String, Admission>> {
        self.with(|state| export_policy::admissions(state)).ok()
    }

    /// By the name of each SMB share the users and groups whom its list lets in, as they were written, each with whether it may write.
    /// `None` once the cluster can't keep its state any more.
    pub fn accounts(&self) -> Option<BTreeMap<String, BTreeMap<String, bool>>> {
        self.with(|state| cifs_share::accounts(state)).ok()
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn config(&self) -> &Config {
        &self.0.config
    }

    pub(crate) fn script(&self) -> MutexGuard<'_, Faults> {
        held(&self.0.faults)
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Calls> {
        held(&self.0.calls)
    }

    /// Looks at the state without bringing it up to the present.
    pub(crate) fn glance<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&held(&self.0.state))
    }

    /// Notes something that needs not be kept.
    pub(crate) fn note(&self, note: impl FnOnce(&mut State)) {
        note(&mut held(&self.0.state));
    }

    /// Acts on the state as it is now, and appends what changed to the journal. Nobody may be told before
    /// [`Cluster::settle`] has returned.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> Result<T, Broken> {
        if self.0.broken.load(Ordering::Acquire) {
            return Err(Broken);
        }
        let mut state = held(&self.0.state);
        events::advance(&mut state);
        let outcome = act(&mut state);
        if let Err(problem) = state.save() {
            return Err(self.breaks(&problem.to_string()));
        }
        held(&self.0.works).extend(state.works.drain(..));
        held(&self.0.rubbish).append(&mut state.rubbish);
        Ok(outcome)
    }

    /// Waits until all that changed so far is on disk, files too, and the LIFs that came or went listen or listen no more.
    pub(crate) async fn settle(&self) -> Result<(), Broken> {
        if !self.is_settled() {
            self.settle_on_disk().await?;
        }
        let lifs = held(&self.0.lifs).upgrade();
        if let Some(lifs) = lifs {
            let own = self.clone();
            lifs.follow(self.glance(State::network_revision), move || own.glance(Served::of)).await;
        }
        Ok(())
    }

    /// From now on those who wait for a change wait for these LIFs too.
    pub(crate) fn let_listen(&self, lifs: &Lifs) {
        *held(&self.0.lifs) = lifs.downgrade();
    }

    /// A cluster in memory has nothing to write down, so it needs no other thread, and a test that plays it in one stays
    /// deterministic.
    async fn settle_on_disk(&self) -> Result<(), Broken> {
        if self.0.log.is_none() {
            return self.settle_here();
        }
        let own = self.clone();
        let done = tokio::task::spawn_blocking(move || own.settle_here());
        done.await.unwrap_or_else(|problem| Err(self.breaks(&problem.to_string())))
    }

    fn is_settled(&self) -> bool {
        let works = !held(&self.0.works).is_empty() || self.0.working.try_lock().is_err();
        !works && self.0.log.as_ref().is_none_or(|log| log.is_synced()) && held(&self.0.rubbish).is_empty()
    }

    /// As [`Cluster::settle`], for callers on a thread that may block.
    pub(crate) fn settle_here(&self) -> Result<(), Broken> {
        // Taken before the works are done, of which some may need what another one makes rubbish.
        let rubbish = std::mem::take(&mut *held(&self.0.rubbish));
        self.work()?;
        self.sync()?;
        for directory in rubbish.iter().filter(|directory| directory.exists()) {
            // What is left is swept up when the cluster is opened again.
            if let Err(problem) = std::fs::remove_dir_all(directory) {
                tracing::warn!(directory = %directory.display(), %problem, "files of a purged volume were not removed");
            }
        }
        Ok(())
    }

    /// Waits until the journal is on disk: all there is to wait for where a volume is locked, as its files can't be copied.
    pub(crate) fn sync(&self) -> Result<(), Broken> {
        match self.0.log.as_ref().map(|log| log.sync()) {
            Some(Err(problem)) => Err(self.breaks(&problem.to_string())),
            _ => Ok(()),
        }
    }

    /// Does what is to be done with files, or waits until others have done it.
    fn work(&self) -> Result<(), Broken> {
        let _turn = held(&self.0.working);
        loop {
            let next = held(&self.0.works).pop_front();
            let Some(work) = next else { return Ok(()) };
            self.carry_out_work(work).map_err(|problem| self.breaks(&problem.to_string()))?;
        }
    }

    fn carry_out_work(&self, work: Work) -> Result<(), Error> {
        if work == Work::List {
            let root = self.glance(|state| contents::snapshots_root(&state.files));
            return Ok(manilad_nfs3::touch(&root)?);
        }
        let Some(transfer) = self.glance(|state| Transfer::of(state, work)) else { return Ok(()) };
        let make = || transfer.make(self.0.log.is_some());
        let lifs = held(&self.0.lifs).upgrade();
        let usage = match lifs {
            Some(lifs) => lifs.alone(transfer.number, &transfer.root, make),
            None => make(),
        }?;
        let mut state = held(&self.0.state);
        contents::made(&mut state, work, usage);
        state.save()
    }

    fn breaks(&self, problem: &str) -> Broken {
        tracing::error!(problem, "the simulated cluster can't keep its state and answers nothing any more");
        self.0.broken.store(true, Ordering::Release);
        Broken
    }
}

//! One incarnation's hold on its array: a client, what is known of the array, and what was noted of instances.
//!
//! Facts are learnt when they are first needed, by one of those who need them while the others wait, and are made new
//! at every report. How to get it wrong: failing tasks because a refresh failed; the last facts serve until there are
//! new ones.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures::join;
use manilad_clock::{Clock, Uuid};
use manilad_domain::deadlines::LEARNING;
use manilad_domain::{InstanceId, ShareServerId, SnapshotInstanceId};
use manilad_driver::{DriverContext, Subject, Trouble};
use manilad_ontap::export_policy::Rule;
use manilad_ontap::facts::{Facts, Scope};
use manilad_ontap::interface::{self, DATA_CIFS, DATA_NFS};
use manilad_ontap::volume::Change;
use manilad_ontap::{Client, Error, aggregate, svm};
use tokio::sync::{Mutex, Notify};

use crate::access::Act;
use crate::config::Settings;
use crate::connection::Connection;
use crate::fpolicy::screenings::Screenings;
use crate::in_flight::{InFlightCalls, LateSnapshot};
use crate::key_cache::KeyCache;
use crate::lifs::Lifs;
use crate::naming::Templates;
use crate::seat::{SvmCache, require_cluster, svm_of};
use crate::server::Segments;
use crate::session::Session;
use crate::shared::{Seats, Shared};
use crate::trouble;
use crate::wire::Wire;

/// Release, licences, disks and the reach of the account are believed this long.
const BELIEVED: Duration = Duration::from_secs(3600);

/// Which instance took a volume over is remembered for so many more: more than can be taken over during one try.
const REMEMBERED: u64 = 10_000;

/// An array as one incarnation of a back end has it.
pub struct Array {
    pub settings: Arc<Settings>,
    pub templates: Templates,
    pub clock: Clock,
    /// `host@backend`
    pub service: String,
    /// Calls that may still make something of an instance, or have it served.
    pub late_creations: InFlightCalls<()>,
    /// Calls that may still change the rules of an instance, with the rules each would set.
    pub late_rules: InFlightCalls<Vec<Rule>>,
    /// Calls that may still change an entry of the list of an instance's SMB share.
    pub late_aces: InFlightCalls<Act>,
    /// Calls that take something of an instance away.
    pub late_removals: InFlightCalls<()>,
    /// Calls that may still change what there is of an instance, each with what it asks for of the volume, or goes by.
    pub late_changes: InFlightCalls<Change>,
    /// Calls that may still make a volume that is there the one of an instance.
    pub late_takes: InFlightCalls<InstanceId, Uuid>,
    /// How many volumes that were there were made those of instances.
    pub takes: Cell<u64>,
    /// The last of them of each volume, with its number.
    last_takes: RefCell<BTreeMap<Uuid, (u64, InstanceId)>>,
    /// Calls that may still take a snapshot, or take one away.
    pub late_snapshots: InFlightCalls<LateSnapshot, SnapshotInstanceId>,
    /// Calls that may still make something of a share server.
    pub late_servers: InFlightCalls<(), ShareServerId>,
    /// Calls that may still change the FPolicy policies of an SVM.
    pub late_screenings: InFlightCalls<(), Uuid>,
    pub screenings: Screenings,
    pub key_cache: KeyCache,
    pub lifs: Lifs,
    /// Told when the addresses that serve are others than at the last report.
    pub moved: Rc<Notify>,
    pub svm_cache: SvmCache,
    pub segments: Segments,
    pub seats: Seats,
    connection: Arc<Connection>,
    latest: RefCell<Option<Rc<Session>>>,
    /// Held by whoever learns. Why it last failed.
    learning: Mutex<Option<Trouble>>,
    /// How often learning failed.
    failures: Cell<u64>,
}

impl Array {
    pub fn new(
        settings: Arc<Settings>,
        templates: Templates,
        shared: Shared,
        wire: &Wire,
        context: DriverContext,
    ) -> Self {
        let Shared { limiters, segments, seats } = shared;
        if let Some(svm) = settings.svm() {
            seats.note(settings.array(), svm);
        }
        let (clock, service) = (context.clock.clone(), context.service.clone());
        let connection = Connection::new(&settings, limiters, wire, context);
        let (making, changing) =
            (settings.horizon(settings.longest_call()), settings.horizon(settings.operation_timeout));
        Array {
            templates,
            late_creations: InFlightCalls::new(clock.clone(), making),
            late_rules: InFlightCalls::new(clock.clone(), changing),
            late_aces: InFlightCalls::new(clock.clone(), changing),
            late_removals: InFlightCalls::new(clock.clone(), changing),
            late_changes: InFlightCalls::new(clock.clone(), changing),
            late_takes: InFlightCalls::new(clock.clone(), changing),
            takes: Cell::default(),
            last_takes: RefCell::default(),
            late_snapshots: InFlightCalls::new(clock.clone(), changing),
            late_servers: InFlightCalls::new(clock.clone(), changing),
            late_screenings: InFlightCalls::new(clock.clone(), changing),
            screenings: Screenings::default(),
            key_cache: KeyCache::default(),
            lifs: Lifs::default(),
            moved: Rc::default(),
            svm_cache: SvmCache::default(),
            segments,
            seats,
            connection,
            latest: RefCell::default(),
            learning: Mutex::default(),
            failures: Cell::default(),
            settings,
            clock,
            service,
        }
    }

    /// Notes that a volume is the one of an instance from now on.
    pub fn note_taken(&self, volume: Uuid, instance: InstanceId) {
        let number = self.takes.get() + 1;
        self.takes.set(number);
        let mut last = self.last_takes.borrow_mut();
        last.retain(|_, (earlier, _)| *earlier + REMEMBERED > number);
        last.insert(volume, (number, instance));
    }

    /// Whether another instance has taken a volume since there were so many `takes`, or may still.
    pub fn is_taken(&self, volume: Uuid, instance: InstanceId, takes: u64) -> bool {
        let is_being_taken = self.late_takes.of(volume).iter().any(|(_, other)| *other != instance);
        let last = self.last_takes.borrow().get(&volume).copied();
        is_being_taken || last.is_some_and(|(number, other)| number > takes && other != instance)
    }

    /// What a new login is given to.
    pub fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// What is known, learnt now if nothing is.
    pub async fn session(&self) -> Result<Rc<Session>, Trouble> {
        let failures = self.failures.get();
        if let Some(session) = self.latest() {
            return Ok(session);
        }
        let mut failed = self.learning.lock().await;
        match (self.latest(), &*failed) {
            (Some(session), _) => Ok(session),
            // Who waited while another failed does not try the same once more.
            (None, Some(trouble)) if self.failures.get() > failures => Err(trouble.clone()),
            _ => self.learn(&mut failed).await,
        }
    }

    /// What is known, with everything that changes from day to day as it is now.
    pub async fn news(&self) -> Result<Rc<Session>, Trouble> {
        let mut failed = self.learning.lock().await;
        let now = self.clock.running();
        match self.latest() {
            Some(session) if now.saturating_sub(session.learnt) < BELIEVED => {
                let refreshed = self.refreshed(&session).await.map_err(|error| trouble::of(&error))?;
                Ok(self.note(refreshed))
            }
            _ => self.learn(&mut failed).await,
        }
    }

    /// What a task works with: what is known of the array, with a client that is bound to the SVM of `subject`. None
    /// when that is not on the array, or never was.
    pub async fn at(&self, subject: &Subject) -> Result<Option<Rc<Session>>, Trouble> {
        let session = self.session().await?;
        require_cluster(&self.settings, &session.facts)?;
        if self.settings.servers().is_none() {
            return Ok(Some(session));
        }
        let Some(name) = svm_of(subject) else { return Ok(None) };
        match self.svm_cache.remembered(&session, name, self.clock.running()) {
            Some(remembered) => Ok(Some(remembered)),
            None => self.svm_cache.look(&session, name, &self.clock).await,
        }
    }

    /// Looks at the SVM of a share server, for who has just set a server up and does not mind if it can't be looked at.
    pub async fn expect(&self, session: &Session, name: &str) {
        self.svm_cache.forget(name);
        if let Err(trouble) = self.svm_cache.look(session, name, &self.clock).await {
            tracing::debug!(
                service = self.service,
                svm = name,
                why = trouble.reason,
                "it is looked at when it is needed"
            );
        }
    }

    /// Forgets what may have made a task fail.
    pub fn forget_svm_of(&self, subject: &Subject) {
        svm_of(subject).into_iter().for_each(|svm| self.svm_cache.forget(svm));
    }

    fn latest(&self) -> Option<Rc<Session>> {
        self.latest.borrow().clone().filter(|session| session.renewal == self.connection.renewals())
    }

    fn note(&self, session: Session) -> Rc<Session> {
        let session = Rc::new(session);
        *self.latest.borrow_mut() = Some(session.clone());
        session
    }

    async fn learn(&self, failed: &mut Option<Trouble>) -> Result<Rc<Session>, Trouble> {
        let outcome = match self.connection.unusable() {
            None => self.learnt(&self.connection.client).await.map_err(|error| trouble::of(&error)),
            Some(why) => Err(trouble::again(format!("no connection can be made: {why}"))),
        };
        match outcome {
            Ok(session) => Ok(self.note(session)),
            Err(trouble) => {
                self.failures.set(self.failures.get() + 1);
                *failed = Some(trouble.clone());
                Err(trouble)
            }
        }
    }

    async fn learnt(&self, client: &Client) -> Result<Session, Error> {
        let (svm, renewal) = (self.settings.svm(), self.connection.renewals());
        let facts = Facts::learn(&client.within(LEARNING), svm).await?;
        let client = client.speaking(facts.identity.release);
        let client = match (facts.scope, svm) {
            (Scope::Cluster, Some(svm)) => client.bound_to(svm),
            _ => client,
        };
        let (service, release, scope) = (&self.service, facts.identity.release, facts.scope);
        tracing::info!(service, %release, ?scope, svm, "the array is known");
        let svm = svm.unwrap_or_default().to_owned();
        Ok(Session { client, facts, svm, learnt: self.clock.running(), renewal })
    }

    /// The space of the aggregates, and the SVM and its LIFs where there is one for all; side by side.
    async fn refreshed(&self, session: &Session) -> Result<Session, Error> {
        let client = session.client.within(LEARNING);
        let aggregates = async {
            match session.facts.aggregates.is_empty() {
                true => Ok(Vec::new()),
                false => aggregate::all(&client).await,
            }
        };
        let svm = async {
            match self.settings.svm() {
                Some(name) => svm::find(&client, name).await,
                None => Ok(None),
            }
        };
        let interfaces = async {
            match self.settings.svm() {
                Some(name) => interface::data(&client, name).await,
                None => Ok(Vec::new()),
            }
        };
        let (svm, interfaces, aggregates) = join!(svm, interfaces, aggregates);
        let mut refreshed = session.clone();
        refreshed.facts.svm = svm?;
        refreshed.facts.interfaces = interfaces?;
        if served(&refreshed.facts) != served(&session.facts) {
            self.moved.notify_one();
        }
        let data = aggregates?.into_iter().filter(|one| session.facts.aggregates.contains_key(&one.name));
        refreshed.facts.aggregates = data.map(|aggregate| (aggregate.name.clone(), aggregate)).collect();
        Ok(refreshed)
    }
}

/// What shares can be reached by: addresses, what each serves, and where it is at home.
fn served(facts: &Facts) -> BTreeSet<(IpAddr, &str, Option<&str>)> {
    let serving = facts.interfaces.iter().flat_map(|lif| {
        let services = [DATA_NFS, DATA_CIFS].into_iter().filter(|service| lif.serves(service));
        services.map(|service| (lif.address, service, lif.home_node.as_deref()))
    });
    serving.collect()
}

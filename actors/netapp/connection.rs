//! Logins that change while incarnations work: the next call on any of their clients is made with the new one.
//!
//! A connection belongs to the thread that first uses it, so each incarnation has a wire of its own, and a new login gives
//! each a new one. How to get it wrong: to keep what was learnt under the old login, which may have been another kind of
//! account; the renewals are counted, and what is known of the array counts only for the present one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use futures::future::BoxFuture;
use manilad_clock::Clock;
use manilad_driver::DriverContext;
use manilad_ontap::{Broken, Client, Limiters, Options, Reply, Request, Sent, Transport};
use secrecy::ExposeSecret;

use crate::cancellation::is_cancelled;
use crate::config::Settings;
use crate::in_flight::is_accounted_for;
use crate::wire::{Traced, Wire};

/// The client of one incarnation, and what it takes to give it another login.
pub struct Connection {
    pub client: Client,
    clock: Clock,
    service: String,
    renewals: AtomicU64,
    /// Why the wire can't be laid, if it can't.
    unusable: Mutex<Option<String>>,
}

impl Connection {
    pub fn new(settings: &Settings, limiters: Limiters, wire: &Wire, context: DriverContext) -> Arc<Self> {
        let DriverContext { clock, fence, service } = context;
        let options = Options {
            clock: clock.clone(),
            backend: service.clone(),
            array: settings.array(),
            credentials: settings.credentials(),
            svm: None,
            fence: Arc::new(move |endpoint| {
                fence.check().map_err(|fenced| fenced.to_string())?;
                match endpoint.reads() {
                    true => Ok(()),
                    false if is_cancelled() => Err("the work is not owed any more".to_owned()),
                    false if !is_accounted_for() => {
                        Err("a defect: nobody would remember this change if its answer were lost".to_owned())
                    }
                    false => Ok(()),
                }
            }),
            limiters,
            timeouts: settings.timeouts(),
            app: "manilad".to_owned(),
        };
        let (transport, unusable) = transport(settings, wire, &clock, &service);
        let client = Client::new(transport, options);
        Arc::new(Connection { client, clock, service, renewals: AtomicU64::new(0), unusable: Mutex::new(unusable) })
    }

    /// How often the login changed.
    pub fn renewals(&self) -> u64 {
        self.renewals.load(Ordering::Acquire)
    }

    /// Why no call can be made at all, if none can.
    pub fn unusable(&self) -> Option<String> {
        self.unusable.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn renew(&self, settings: &Settings, wire: &Wire) {
        let (transport, unusable) = transport(settings, wire, &self.clock, &self.service);
        *self.unusable.lock().unwrap_or_else(PoisonError::into_inner) = unusable;
        self.client.renew(transport, &settings.credentials());
        self.renewals.fetch_add(1, Ordering::AcqRel);
    }
}

/// The settings in force, and the incarnations that work by them.
pub struct LiveSettings {
    settings: Arc<Settings>,
    connections: Vec<Weak<Connection>>,
}

impl LiveSettings {
    pub fn new(settings: Settings) -> Self {
        LiveSettings { settings: Arc::new(settings), connections: Vec::new() }
    }

    pub fn settings(&self) -> Arc<Settings> {
        self.settings.clone()
    }

    /// Takes note of an incarnation; of those that ended it knows no more.
    pub fn add(&mut self, connection: &Arc<Connection>) {
        self.connections.retain(|connection| connection.strong_count() > 0);
        self.connections.push(Arc::downgrade(connection));
    }

    /// Puts the login of `settings` into force; `false` if it is the one in force. Certificates are always read again.
    pub fn renew(&mut self, settings: &Settings, wire: &Wire) -> bool {
        let renewed = Settings {
            login: settings.login.clone(),
            password: settings.password.clone(),
            private_key: settings.private_key.clone(),
            certificate: settings.certificate.clone(),
            ..(*self.settings).clone()
        };
        if !renewed.by_certificate() && is_same(&renewed, &self.settings) {
            return false;
        }
        self.settings = Arc::new(renewed);
        self.connections.iter().filter_map(Weak::upgrade).for_each(|connection| connection.renew(&self.settings, wire));
        true
    }
}

fn is_same(one: &Settings, other: &Settings) -> bool {
    let password = |settings: &Settings| settings.password.as_ref().map(|text| text.expose_secret().to_owned());
    !other.by_certificate() && one.login == other.login && password(one) == password(other)
}

/// A wire, or what stands in its place and why.
fn transport(settings: &Settings, wire: &Wire, clock: &Clock, service: &str) -> (Arc<dyn Transport>, Option<String>) {
    let transport = match wire(settings, clock) {
        Ok(transport) => transport,
        Err(why) => return (Arc::new(NoWire), Some(why)),
    };
    let transport = match &settings.api_trace {
        Some(urls) => {
            Arc::new(Traced { inner: transport, urls: urls.clone(), clock: clock.clone(), service: service.to_owned() })
        }
        None => transport,
    };
    (transport, None)
}

/// In the place of a wire that can't be laid, until there is a login with which it can.
struct NoWire;

impl Transport for NoWire {
    fn call(&self, _: Request) -> BoxFuture<'_, Result<Reply, Broken>> {
        Box::pin(async { Err(Broken { sent: Sent::No, why: "no connection can be made".to_owned() }) })
    }
}

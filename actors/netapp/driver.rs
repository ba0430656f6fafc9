//! The driver as the back end has it: configuration that is known to make sense, and how to reach the array.

use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use manilad_clock::Clock;
use manilad_conf::settings::Backend;
use manilad_domain::DriverAbilities;
use manilad_driver::{Driver, DriverContext, Maker, Refused, RunningDriver};
use manilad_ontap::{Limiters, Limits};

use crate::array::Array;
use crate::config::Settings;
use crate::connection::LiveSettings;
use crate::naming::Templates;
use crate::pools::ABILITIES;
use crate::running::RunningNetApp;
use crate::shared::Shared;
use crate::value::Error;
use crate::wire::{Wire, network};

/// Makes the drivers of all back ends on NetApp.
pub struct NetAppMaker {
    shared: Shared,
    unanswered: Option<Duration>,
    /// The way to arrays that have an address.
    network: Wire,
    /// The way to the simulator of this process, if there is one.
    inside: Option<Wire>,
}

impl NetAppMaker {
    /// `unanswered`: how long after its sending a call without an answer may still be carried out, if that is configured.
    /// `inside`: the way to the simulator of this process, if there is one.
    pub fn new(clock: &Clock, unanswered: Option<Duration>, inside: Option<Wire>) -> Self {
        let shared = Shared::new(Limiters::new(clock.clone(), Limits::default()));
        NetAppMaker { shared, unanswered, network: network(), inside }
    }

    /// As [`NetAppMaker::new`], with another way than the network to arrays that have an address, and no simulator.
    pub fn over(clock: &Clock, unanswered: Option<Duration>, network: Wire) -> Self {
        NetAppMaker { network, ..NetAppMaker::new(clock, unanswered, None) }
    }
}

impl Maker for NetAppMaker {
    fn check(&self, backend: &Backend) -> Result<(), Refused> {
        Settings::of(backend, self.unanswered)?.check()?;
        Ok(())
    }

    fn make(&self, backend: &Backend) -> Result<Arc<dyn Driver>, Refused> {
        let settings = Settings::of(backend, self.unanswered)?;
        let wire = match &self.inside {
            _ if !settings.is_inside => self.network.clone(),
            Some(inside) => inside.clone(),
            None => return Err("netapp_server_hostname is missing: expected a name or an address".into()),
        };
        Ok(Arc::new(NetApp::new(settings, self.shared.clone(), wire)?))
    }
}

/// How many tasks an actor has at once where each share server is an SVM with a limiter of its own.
const TASKS_OF_SERVERS: usize = 512;

/// The driver of one back end.
pub struct NetApp {
    live_settings: Mutex<LiveSettings>,
    templates: Templates,
    shared: Shared,
    wire: Wire,
}

impl NetApp {
    /// `wire` is [`crate::network`], or a test's own.
    ///
    /// # Errors
    /// An option that could never work, by name. The array itself is not asked here.
    pub fn new(settings: Settings, shared: Shared, wire: Wire) -> Result<Self, Error> {
        let templates = settings.check()?;
        Ok(NetApp { live_settings: Mutex::new(LiveSettings::new(settings)), templates, shared, wire })
    }

    /// Puts the login of `settings` into force, for the next call of every incarnation; its other options are passed over.
    /// `false` if it is the login in force. Certificates count as new each time, as their files may be.
    ///
    /// # Errors
    /// An option that could never work, by name; the login in force stays.
    pub fn renew(&self, settings: &Settings) -> Result<bool, Error> {
        settings.check()?;
        Ok(self.live_settings().renew(settings, &self.wire))
    }

    fn live_settings(&self) -> MutexGuard<'_, LiveSettings> {
        self.live_settings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Driver for NetApp {
    fn start(&self, context: DriverContext) -> Rc<dyn RunningDriver> {
        // Held until the incarnation is known, so that no login changes in between.
        let mut live_settings = self.live_settings();
        let (settings, templates) = (live_settings.settings(), self.templates.clone());
        let array = Array::new(settings, templates, self.shared.clone(), &self.wire, context);
        live_settings.add(array.connection());
        Rc::new(RunningNetApp::new(array))
    }

    fn abilities(&self) -> DriverAbilities {
        ABILITIES
    }

    fn ensured_as(&self) -> String {
        match self.live_settings().settings().snapshot_directory {
            Some(true) => "snapshot directories visible".to_owned(),
            Some(false) => "snapshot directories hidden".to_owned(),
            None => String::new(),
        }
    }

    /// Where all shares are on one SVM: what its limiter lets through at the most.
    fn tasks(&self) -> usize {
        match self.live_settings().settings().servers() {
            Some(_) => TASKS_OF_SERVERS,
            None => Limits::default().most,
        }
    }

    fn take_login(&self, backend: &Backend) -> Result<bool, Refused> {
        if self.live_settings().settings().is_inside {
            return Ok(false);
        }
        let settings = Settings::of(backend, None)?;
        if settings.is_inside {
            return Err("netapp_server_hostname is missing: expected a name or an address".into());
        }
        Ok(self.renew(&settings)?)
    }
}

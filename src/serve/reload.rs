//! SIGHUP: what can change while the daemon runs is read again. The option tables say which options that are.
//!
//! Each part is replaced whole or not at all; a mistake leaves the old one in force and is told in the log. A request keeps
//! the state that it began with, a call to an array the login that it was made with; no work is begun anew.

use std::sync::Arc;

use manilad_conf::{Changed, Loaded, Prints, Settings};
use manilad_driver::Driver;
use manilad_http::AppState;
use manilad_http::app::Current;

use crate::boot::outside::Outside;
use crate::boot::{http, identity, policy, tls};

/// Reads the configuration once more.
pub type Read = Box<dyn Fn() -> anyhow::Result<Loaded>>;

/// What a reload works on.
pub struct Reload {
    pub read: Read,
    /// As they were last read.
    pub settings: Settings,
    pub latest: Prints,
    /// As they were read at start: some options count as they were then.
    pub started: Prints,
    pub app: Current,
    pub certificates: Option<Arc<tls::Identity>>,
    /// For each back end its driver.
    pub drivers: Vec<(String, Arc<dyn Driver>)>,
    /// Has every back end report and look now.
    pub ask_for_reports: Arc<dyn Fn() + Send + Sync>,
    pub outside: Outside,
}

impl Reload {
    /// Reads everything again.
    pub fn run(&mut self) {
        match (self.read)() {
            Ok(loaded) => self.take(loaded),
            Err(problem) => tracing::error!(problem = chain(&problem), "the configuration stays as it was"),
        }
        self.renew_face();
        match self.certificates.as_ref().map(|identity| identity.reload(&self.settings)) {
            None => {}
            Some(Ok(())) => tracing::info!("the certificates were read again"),
            Some(Err(problem)) => tracing::error!(problem = chain(&problem), "the certificates stay as they were"),
        }
        self.renew_logins();
    }

    /// Takes note of what was read, and tells what waits for a restart.
    fn take(&mut self, loaded: Loaded) {
        let named = |changed: &Changed| format!("[{}] {}", changed.section, changed.option);
        for changed in loaded.prints.since(&self.latest).iter().filter(|changed| changed.reload) {
            tracing::info!(option = named(changed), "an option changed");
        }
        for changed in loaded.prints.since(&self.started).iter().filter(|changed| !changed.reload) {
            tracing::warn!(option = named(changed), "an option changed that is only read at start");
        }
        for warning in &loaded.warnings {
            tracing::warn!(%warning, "a warning about the configuration");
        }
        self.latest = loaded.prints;
        self.settings = loaded.settings;
    }

    /// Puts another state in place: policy, limits, and how callers are recognised.
    fn renew_face(&self) {
        let mut next = AppState::clone(&self.app.load());
        match policy::engine(&self.settings) {
            Ok(engine) => {
                next.policy = Arc::new(engine);
                tracing::info!("the policy was read again");
            }
            Err(problem) => tracing::error!(problem = chain(&problem), "the policy stays as it was"),
        }
        match http::settings(&self.settings) {
            // The scheduler judges by the one too, and the keeper and the back ends by the other, which they read at start.
            Ok(settings) => {
                let (service_down_time, deletion) = (next.settings.service_down_time, next.settings.deletion);
                next.settings = manilad_http::Settings { service_down_time, deletion, ..settings }
            }
            Err(problem) => tracing::error!(problem = chain(&problem), "the settings of the API stay as they were"),
        }
        match identity::of(&self.settings, &self.outside) {
            Ok(identity) if identity.is_like(&next.identity) => next.identity = Arc::new(identity),
            Ok(_) => {} // another auth_strategy, which waits for a restart
            Err(problem) => tracing::error!(problem = chain(&problem), "the authentication of callers stays as it was"),
        }
        self.app.store(Arc::new(next));
    }

    fn renew_logins(&self) {
        let mut renewed = false;
        for (name, driver) in &self.drivers {
            let Some(backend) = self.settings.backends.iter().find(|backend| backend.name == *name) else { continue };
            match driver.take_login(backend) {
                Ok(true) => {
                    renewed = true;
                    tracing::info!(backend = name, "the back end has a new login for its next call");
                }
                Ok(false) => {}
                Err(problem) => {
                    tracing::error!(backend = name, problem = problem.to_string(), "the login stays as it was");
                }
            }
        }
        if renewed {
            (self.ask_for_reports)();
        }
    }
}

/// A problem with its causes.
fn chain(problem: &anyhow::Error) -> String {
    format!("{problem:#}")
}

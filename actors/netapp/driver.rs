//! The driver as the back end has it: configuration that is known to make sense, and how to reach the array.

use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, PoisonError};

use manilad_driver::{Arrival, Crew, Driver};

use crate::array::Array;
use crate::config::Settings;
use crate::crew::NetAppCrew;
use crate::hold::Standing;
use crate::naming::Templates;
use crate::shared::Shared;
use crate::value::Error;
use crate::wire::Wire;

/// The driver of one back end.
pub struct NetApp {
    standing: Mutex<Standing>,
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
        Ok(NetApp { standing: Mutex::new(Standing::new(settings)), templates, shared, wire })
    }

    /// Puts the login of `told` into force, for the next call of every incarnation; its other options are passed over.
    /// `false` if it is the login in force. Certificates count as new each time, as their files may be.
    ///
    /// # Errors
    /// An option that could never work, by name; the login in force stays.
    pub fn renew(&self, told: &Settings) -> Result<bool, Error> {
        told.check()?;
        Ok(self.standing().renew(told, &self.wire))
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Driver for NetApp {
    fn arrive(&self, arrival: Arrival) -> Rc<dyn Crew> {
        // Held until the incarnation is known, so that no login changes in between.
        let mut standing = self.standing();
        let (settings, templates) = (standing.settings(), self.templates.clone());
        let array = Array::new(settings, templates, self.shared.clone(), &self.wire, arrival);
        standing.add(array.hold());
        Rc::new(NetAppCrew::new(array))
    }
}

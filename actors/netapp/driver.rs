//! The driver as the back end has it: configuration that is known to make sense, and how to reach the array.

use std::rc::Rc;
use std::sync::Arc;

use manilad_driver::{Arrival, Crew, Driver};
use manilad_ontap::Limiters;

use crate::array::Array;
use crate::config::{Error, Settings};
use crate::crew::NetAppCrew;
use crate::naming::Templates;
use crate::wire::Wire;

/// The driver of one back end on an SVM.
pub struct NetApp {
    settings: Arc<Settings>,
    templates: Templates,
    limiters: Limiters,
    wire: Wire,
}

impl NetApp {
    /// `limiters` are those of the process, so that back ends of one array share them; `wire` is [`crate::network`], or
    /// a test's own.
    ///
    /// # Errors
    /// An option that could never work, by name. The array itself is not asked here.
    pub fn new(settings: Settings, limiters: Limiters, wire: Wire) -> Result<Self, Error> {
        let templates = settings.check()?;
        Ok(NetApp { settings: Arc::new(settings), templates, limiters, wire })
    }
}

impl Driver for NetApp {
    fn arrive(&self, arrival: Arrival) -> Rc<dyn Crew> {
        let (settings, templates) = (self.settings.clone(), self.templates.clone());
        Rc::new(NetAppCrew::new(Array::new(settings, templates, self.limiters.clone(), &self.wire, arrival)))
    }
}

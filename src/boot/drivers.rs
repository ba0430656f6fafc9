//! The drivers that the daemon has, and which of them serves which back end.
//!
//! A driver is a crate of its own that hands over its table of options and a maker; here it has one row. How to get it
//! wrong: to name a vendor anywhere else; a test looks for that.

use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use manilad_clock::Clock;
use manilad_conf::settings::Backend;
use manilad_conf::{DriverTable, Settings};
use manilad_driver::{Driver, Maker, Refused};
use manilad_netapp::{NetAppMaker, Wire};

use crate::boot::simulator::{Array, transport};

/// A driver: its options, and what makes it; it is given the simulator inside, if there is one.
#[derive(Clone, Copy)]
pub struct DriverRow {
    pub options: &'static DriverTable,
    pub maker: fn(&Settings, &Clock, Option<&Array>) -> Box<dyn Maker>,
}

/// The drivers of the daemon.
pub const DRIVERS: &[DriverRow] = &[DriverRow {
    options: &manilad_netapp::TABLE,
    maker: |settings, clock, array| {
        Box::new(NetAppMaker::new(clock, settings.manilad.unanswered_call, array.map(inside)))
    },
}];

/// The tables of options of some drivers.
pub fn tables(drivers: &[DriverRow]) -> Vec<&'static DriverTable> {
    drivers.iter().map(|row| row.options).collect()
}

/// What makes the drivers of this process.
pub struct Makers(Vec<(&'static str, Box<dyn Maker>)>);

impl Makers {
    pub fn new(drivers: &[DriverRow], settings: &Settings, clock: &Clock, array: Option<&Array>) -> Self {
        Makers(drivers.iter().map(|row| (row.options.name, (row.maker)(settings, clock, array))).collect())
    }

    /// Makers that the caller made, each by the name of its driver.
    pub fn of(makers: Vec<(&'static str, Box<dyn Maker>)>) -> Self {
        Makers(makers)
    }

    /// The driver that a back end's section asks for.
    ///
    /// # Errors
    /// A driver that is not ours, or options that could never work, by name.
    pub fn driver(&self, backend: &Backend) -> anyhow::Result<Arc<dyn Driver>> {
        self.maker(backend)?.make(backend).map_err(refused).with_context(|| format!("[{}]", backend.name))
    }

    /// What is wrong with the options of a back end in the eyes of its driver, before there is an array.
    pub fn problem(&self, backend: &Backend) -> Option<anyhow::Error> {
        let checked = self.maker(backend).and_then(|maker| maker.check(backend).map_err(refused));
        checked.with_context(|| format!("[{}]", backend.name)).err()
    }

    fn maker(&self, backend: &Backend) -> anyhow::Result<&dyn Maker> {
        let name = backend.section.share_driver.as_deref().unwrap_or_default();
        let found = self.0.iter().find(|(driver, _)| *driver == name);
        found.map(|(_, maker)| &**maker).ok_or_else(|| {
            let ours: Vec<&str> = self.0.iter().map(|(driver, _)| *driver).collect();
            anyhow!("share_driver is {name:?}: expected {}", ours.join(" or "))
        })
    }
}

fn refused(why: Refused) -> anyhow::Error {
    anyhow::Error::from_boxed(why)
}

/// The way to the simulator inside.
fn inside(array: &Array) -> Wire {
    let cluster = array.cluster.clone();
    Arc::new(move |_, clock| Ok(transport(&cluster, clock)))
}

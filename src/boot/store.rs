//! The store that the configuration names: whether it is there, and opening it.
//!
//! How to get it wrong: making a new store where none was found, or opening what an import has left half full.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use manilad_clock::Clock;
use manilad_conf::Settings;
use manilad_store::{Sled, Store};
use tokio::sync::watch;

/// [`Sled::open`], or another way to open the same.
pub type OpenEngine = fn(&Path, u64) -> Result<Sled, manilad_store::Error>;

/// Opens the store that the configuration names; `fatal` learns why nothing can be written any more.
///
/// # Errors
/// Another process has it open, or it can't be read.
pub fn open_store(
    settings: &Settings,
    engine: OpenEngine,
    clock: &Clock,
    fatal: watch::Sender<Option<String>>,
) -> anyhow::Result<Store> {
    refuse_half_imported(settings)?;
    open_by(settings, engine, clock, fatal)
}

/// Makes the store that the configuration names, where there is none. It bears the mark of an import.
///
/// # Errors
/// There is one, or another process has the place.
pub fn make_store(settings: &Settings, clock: &Clock) -> anyhow::Result<Store> {
    let (failures, _) = watch::channel(None);
    open_by(settings, |place, cache| Sled::make(place, cache, IMPORTING), clock, failures)
}

fn open_by(
    settings: &Settings,
    engine: OpenEngine,
    clock: &Clock,
    fatal: watch::Sender<Option<String>>,
) -> anyhow::Result<Store> {
    let manilad = &settings.manilad;
    let engine = engine(&manilad.store_path, manilad.store_cache_bytes)?;
    let options = manilad_store::Options {
        free_space_floor: manilad.free_space_floor_bytes,
        fatal: Arc::new(move |why| {
            let _nobody_listens_any_more = fatal.send(Some(format!("nothing can be written any more: {why}")));
        }),
        ..manilad_store::Options::default()
    };
    Ok(Store::open(Box::new(engine), options, clock.clone())?)
}

/// Stands in a store while it is made from an export.
pub const IMPORTING: &str = "importing";

/// Refuses a store that an import has left half full.
///
/// # Errors
/// There is one.
fn refuse_half_imported(settings: &Settings) -> anyhow::Result<()> {
    let place = &settings.manilad.store_path;
    ensure!(
        !place.join(IMPORTING).exists(),
        "the store in {} holds a part of an export: an import is under way, or was broken off; after the latter remove \
         what is in the folder, and import again",
        place.display()
    );
    Ok(())
}

/// Words for a store that the configuration names and that is not there.
///
/// # Errors
/// The place can't be looked at.
pub fn absent(settings: &Settings) -> anyhow::Result<Option<String>> {
    let place = &settings.manilad.store_path;
    match fs::metadata(place.join("db")) {
        Ok(_) => Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Ok(Some(format!("there is no store in {} ([manilad] store_path)", place.display())))
        }
        Err(error) => Err(error).with_context(|| format!("the store in {} can't be looked at", place.display())),
    }
}

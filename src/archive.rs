//! `manilad store`: look after a store that no daemon has open.
//!
//! An export is the way out of a damaged store and the backup that another release can read. How to get it wrong:
//! importing into a store that holds something, which the store refuses, leaving half an export under the name of a whole
//! one, or making a new store where none was found and finding that one sound.

use std::fs::{self, OpenOptions};
use std::io::{BufReader, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use clap::Subcommand;
use manilad_clock::Clock;
use manilad_conf::Settings;
use manilad_store::{Store, consistency};

use crate::boot;
use crate::cli::tell;

/// What can be done to a store.
#[derive(Debug, Subcommand)]
pub enum Work {
    /// Read every record, and say what does not follow from what.
    Check,
    /// Write every record to a new file, as JSON lines.
    Export { file: PathBuf },
    /// Read an export into a store that is empty.
    Import { file: PathBuf },
}

/// Does the work on the store that the configuration names.
///
/// # Errors
/// What stands in the way; a daemon that has the store open is named. Only an import makes a store where none is.
pub async fn run(work: Work, settings: &Settings) -> anyhow::Result<()> {
    let place = settings.manilad.store_path.display();
    match work {
        Work::Check => {
            let store = present(settings)?;
            let complaints = consistency(&store);
            complaints.iter().for_each(|complaint| tell(complaint));
            ensure!(complaints.is_empty(), "{} complaints about the store in {place}", complaints.len());
            tell(&format!("the store in {place} is sound"));
            store.close();
        }
        Work::Export { file } => {
            let failed = || format!("export to {}", file.display());
            ensure!(!file.exists(), "{}: the file exists", failed());
            let store = present(settings)?;
            export(&store, &file).await.with_context(failed)?;
            store.close();
        }
        Work::Import { file } => {
            let failed = || format!("import {}", file.display());
            let input = fs::File::open(&file).with_context(failed)?;
            let store = open(settings)?;
            let records = store.import(BufReader::new(input)).await.with_context(failed)?;
            tell(&format!("{records} records imported into {place}"));
            store.close();
        }
    }
    Ok(())
}

fn open(settings: &Settings) -> anyhow::Result<Store> {
    let (failures, _) = tokio::sync::watch::channel(None);
    boot::open_store(settings, &Clock::system(), failures)
}

/// The store that is there; opening would make one where there is none.
fn present(settings: &Settings) -> anyhow::Result<Store> {
    if let Some(absent) = absent(settings)? {
        bail!("{absent}");
    }
    open(settings)
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

/// Secrets are in it (access keys), so the file is for its owner only; it bears its name once it is whole.
async fn export(store: &Store, file: &Path) -> anyhow::Result<()> {
    let mut partial = file.as_os_str().to_owned();
    partial.push(".partial");
    let out = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
    let exported = store.export(out.try_clone()?).await?;
    out.sync_all()?;
    fs::rename(&partial, file)?;
    for key in &exported.damaged {
        tell(&format!("left out, as it can't be read: {key}"));
    }
    tell(&format!("{} records exported to {}", exported.records, file.display()));
    ensure!(exported.damaged.is_empty(), "{} damaged records were left out", exported.damaged.len());
    Ok(())
}

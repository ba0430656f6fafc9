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
use manilad_store::{Exported, Sled, Store, consistency};

use crate::boot;
use crate::cli::tell;

/// What can be done to a store.
#[derive(Debug, Subcommand)]
pub enum Work {
    /// Read every record, and say what does not follow from what.
    Check,
    /// Write every record to a new file, as JSON lines.
    Export {
        file: PathBuf,
        /// Take what can still be read of a store that is refused as damaged. A copy is read, and nothing changed.
        #[arg(long)]
        salvage: bool,
    },
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
            refuse_absent(settings)?;
            let store = open(settings, Sled::open_counted)?;
            let complaints = consistency(&store);
            store.close();
            complaints.iter().for_each(|complaint| tell(complaint));
            ensure!(complaints.is_empty(), "{} complaints about the store in {place}", complaints.len());
            tell(&format!("the store in {place} is sound"));
        }
        Work::Export { file, salvage } => {
            let failed = || format!("export to {}", file.display());
            let out = Partial::begin(&file).with_context(failed)?;
            let exported = if salvage {
                refuse_absent(settings)?;
                manilad_store::salvage(&settings.manilad.store_path, settings.manilad.store_cache_bytes, &out.file)?
            } else {
                let store = present(settings)?;
                let exported = store.export(out.file.try_clone()?).await.with_context(failed)?;
                store.close();
                exported
            };
            out.finish(&file, &exported).with_context(failed)?;
        }
        Work::Import { file } => {
            let failed = || format!("import {}", file.display());
            let input = fs::File::open(&file).with_context(failed)?;
            let store = open(settings, Sled::open)?;
            let records = store.import(BufReader::new(input)).await.with_context(failed)?;
            store.close();
            tell(&format!("{records} records imported into {place}"));
        }
    }
    Ok(())
}

fn open(settings: &Settings, engine: boot::OpenEngine) -> anyhow::Result<Store> {
    let (failures, _) = tokio::sync::watch::channel(None);
    boot::open_store(settings, engine, &Clock::system(), failures)
}

/// The store that is there; opening would make one where there is none.
fn present(settings: &Settings) -> anyhow::Result<Store> {
    refuse_absent(settings)?;
    open(settings, Sled::open)
}

fn refuse_absent(settings: &Settings) -> anyhow::Result<()> {
    match absent(settings)? {
        Some(absent) => bail!("{absent}"),
        None => Ok(()),
    }
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

/// An export under way. Secrets are in it (access keys), so the file is for its owner only; it bears its name once it
/// is whole.
struct Partial {
    file: fs::File,
    path: PathBuf,
}

impl Partial {
    fn begin(file: &Path) -> anyhow::Result<Self> {
        ensure!(!file.exists(), "the file exists");
        let mut path = file.as_os_str().to_owned();
        path.push(".partial");
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        Ok(Partial { file, path: path.into() })
    }

    fn finish(self, file: &Path, exported: &Exported) -> anyhow::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, file)?;
        for what in &exported.damaged {
            tell(&format!("left out, as it can't be read: {what}"));
        }
        tell(&format!("{} records exported to {}", exported.records, file.display()));
        ensure!(exported.damaged.is_empty(), "what can't be read was left out; see above");
        Ok(())
    }
}

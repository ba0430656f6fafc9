//! `manilad store`: look after a store that no daemon has open.
//!
//! An export is the way out of a damaged store and the backup that another release can read. How to get it wrong:
//! importing into a store that holds something, which the store refuses, or leaving half an export under the name of a
//! whole one.

use std::fs::{self, OpenOptions};
use std::io::BufReader;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::Subcommand;
use manilad_conf::Settings;
use manilad_store::{Store, consistency};

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
/// What stands in the way; a daemon that has the store open is named.
pub async fn run(work: Work, settings: &Settings, store: Store) -> anyhow::Result<()> {
    let place = settings.manilad.store_path.display();
    match work {
        Work::Check => {
            let complaints = consistency(&store);
            complaints.iter().for_each(|complaint| tell(complaint));
            ensure!(complaints.is_empty(), "{} complaints about the store in {place}", complaints.len());
            tell(&format!("the store in {place} is sound"));
        }
        Work::Export { file } => {
            export(&store, &file).await.with_context(|| format!("export to {}", file.display()))?
        }
        Work::Import { file } => {
            let failed = || format!("import {}", file.display());
            let input = fs::File::open(&file).with_context(failed)?;
            let records = store.import(BufReader::new(input)).await.with_context(failed)?;
            tell(&format!("{records} records imported into {place}"));
        }
    }
    store.close();
    Ok(())
}

/// Secrets are in it (access keys), so the file is for its owner only; it bears its name once it is whole.
async fn export(store: &Store, file: &Path) -> anyhow::Result<()> {
    ensure!(!file.exists(), "the file exists");
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

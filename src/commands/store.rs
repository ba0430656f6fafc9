//! `manilad store`: look after a store that no daemon has open.
//!
//! An export is the way out of a damaged store and the backup that another release can read. How to get it wrong:
//! leaving half an export under the name of a whole one, or half an import as a store that opens; making a new store where
//! none was found and finding that one sound.

use std::fs::{self, OpenOptions};
use std::io::BufReader;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use clap::Subcommand;
use manilad_clock::Clock;
use manilad_conf::Settings;
use manilad_domain::Withheld;
use manilad_store::{Exported, Sled, Store, consistency};

use crate::boot::store::{IMPORTING, OpenEngine, absent, make_store, open_store};
use crate::output::tell;

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
    /// Let an address be given to share servers again that the array refused, or that an unmanaged server left there.
    FreeAddress { address: IpAddr },
    /// Make a store from an export, where there is none.
    Import { file: PathBuf },
}

/// Does the work on the store that the configuration names.
///
/// # Errors
/// What stands in the way; a daemon that has the store open is named. Only an import makes a store.
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
            refuse_absent(settings)?;
            let out = Partial::begin(&file).with_context(failed)?;
            let exported = if salvage {
                manilad_store::salvage(&settings.manilad.store_path, settings.manilad.store_cache_bytes, &out.file)?
            } else {
                let store = open(settings, Sled::open)?;
                let exported = store.export(out.file.try_clone()?).await.with_context(failed)?;
                store.close();
                exported
            };
            out.finish(&file, &exported).with_context(failed)?;
        }
        Work::FreeAddress { address } => {
            refuse_absent(settings)?;
            let store = open(settings, Sled::open)?;
            let freed = free(&store, address).await;
            store.close();
            tell(&format!("{address} may be given to share servers again ({})", freed?.join(", ")));
        }
        Work::Import { file } => {
            let failed = || format!("import {}", file.display());
            let read = || anyhow::Ok(BufReader::new(fs::File::open(&file)?));
            if absent(settings)?.is_none() {
                open(settings, Sled::open)?.close();
                bail!("{}: there is a store in {place} already, and an import makes a new one", failed());
            }
            // Twice, so that a file that is no export, or half of one, is found out before anything is made.
            ensure!(fs::metadata(&file).with_context(failed)?.is_file(), "{}: expected a regular file", failed());
            manilad_store::verify_export(read().with_context(failed)?).with_context(failed)?;
            let input = read().with_context(failed)?;
            let store = make_store(settings, &Clock::system()).with_context(failed)?;
            let records = store.import(input).await.with_context(failed)?;
            store.close();
            let folder = &settings.manilad.store_path;
            fs::remove_file(folder.join(IMPORTING)).with_context(failed)?;
            // So that a power cut does not bring the mark back.
            fs::File::open(folder).and_then(|folder| folder.sync_all()).with_context(failed)?;
            tell(&format!("{records} records imported into {place}"));
        }
    }
    Ok(())
}

/// Forgets why an address is not given, in every network; answers the networks' names.
async fn free(store: &Store, address: IpAddr) -> anyhow::Result<Vec<String>> {
    let (own, others): (Vec<Withheld>, Vec<_>) =
        store.all::<Withheld>()?.into_iter().partition(|one| one.address == address);
    if own.is_empty() {
        let others: Vec<String> = others.iter().map(|one| one.address.to_string()).collect();
        let withheld =
            if others.is_empty() { "none is".to_owned() } else { format!("those are: {}", others.join(", ")) };
        bail!("{address} is not withheld from share servers; {withheld}");
    }
    let scopes = own.iter().map(|one| one.scope.clone()).collect();
    store.commit("free an address", move |draft| own.iter().try_for_each(|one| draft.remove(one))).await?;
    Ok(scopes)
}

fn open(settings: &Settings, engine: OpenEngine) -> anyhow::Result<Store> {
    let (failures, _) = tokio::sync::watch::channel(None);
    open_store(settings, engine, &Clock::system(), failures)
}

fn refuse_absent(settings: &Settings) -> anyhow::Result<()> {
    match absent(settings)? {
        Some(absent) => bail!("{absent}"),
        None => Ok(()),
    }
}

/// An export under way. Secrets are in it (access keys), so the file is for its owner only; it bears its name once it
/// is whole.
struct Partial {
    file: fs::File,
    path: PathBuf,
    is_whole: bool,
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.is_whole {
            let _an_error_is_told_already = fs::remove_file(&self.path);
        }
    }
}

impl Partial {
    fn begin(file: &Path) -> anyhow::Result<Self> {
        ensure!(!file.exists(), "the file exists, expected the name of a new one");
        let mut path = file.as_os_str().to_owned();
        path.push(".partial");
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        Ok(Partial { file, path: path.into(), is_whole: false })
    }

    fn finish(mut self, file: &Path, exported: &Exported) -> anyhow::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, file)?;
        self.is_whole = true;
        for what in &exported.damaged {
            tell(&format!("not exported: {what}"));
        }
        tell(&format!("{} records exported to {}", exported.records, file.display()));
        ensure!(exported.damaged.is_empty(), "what can't be read was left out; see above");
        Ok(())
    }
}

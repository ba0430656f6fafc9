//! What volumes and snapshots hold, as the files below the state directory tell it.
//!
//! Each volume and each snapshot has a directory of its own, by its uuid. Copying takes long, so it is done without the
//! lock on the state: rows say what is still to be copied, also over a kill, and nobody is answered before it is done.
//! How to get it wrong: sweeping before what was broken off is done again; it may need what is to be swept.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use manilad_nfs3::Usage;
use uuid::Uuid;

use crate::Error;
use crate::state::{State, Work};

/// The directory that stands for `.snapshot` of every volume. Nothing is in it: what clients see there are volumes.
pub fn snapshots_root(files: &Path) -> PathBuf {
    files.join(".snapshot")
}

/// Files to be copied while no client touches the volume, whose number and root directory these are.
pub struct Transfer {
    pub number: u64,
    pub root: PathBuf,
    from: PathBuf,
    to: PathBuf,
}

impl Transfer {
    /// What the work still has to copy.
    pub fn of(state: &State, work: Work) -> Option<Self> {
        let directory = |uuid: Uuid| state.files.join(uuid.to_string());
        let (volume, from, to) = match work {
            Work::Copy(uuid) => {
                let snapshot = state.snapshots.get(&uuid).filter(|snapshot| !snapshot.whole)?;
                (snapshot.volume, directory(snapshot.volume), directory(uuid))
            }
            Work::Fill { volume, number } => {
                let fill = state.volumes.get(&volume)?.fill.as_ref().filter(|fill| fill.number == number)?;
                (volume, directory(fill.snapshot), directory(volume))
            }
            Work::List => return None,
        };
        Some(Transfer { number: state.volumes.get(&volume)?.number, root: directory(volume), from, to })
    }

    /// Makes it, on stable storage if `durable`, and counts what was copied.
    pub fn make(&self, durable: bool) -> std::io::Result<Usage> {
        // Of a volume that nobody has mounted yet there is none.
        std::fs::create_dir_all(&self.root)?;
        manilad_nfs3::replicate(&self.from, &self.to)?;
        if durable {
            manilad_nfs3::persist(&self.to)?;
        }
        manilad_nfs3::usage(&self.to)
    }
}

/// Takes note of a copy that was made.
pub fn made(state: &mut State, work: Work, usage: Usage) {
    match work {
        Work::Copy(uuid) => state.snapshots.change(&uuid, |snapshot| {
            snapshot.whole = true;
            snapshot.holds(usage);
        }),
        Work::Fill { volume, number } => state.volumes.change(&volume, |volume| {
            if volume.fill.as_ref().is_some_and(|fill| fill.number == number) {
                volume.fill = None;
                volume.holds(usage);
            }
        }),
        Work::List => {}
    }
}

/// Makes the copies that a kill has broken off, in the order in which they were asked for.
pub fn resume(state: &mut State) -> Result<(), Error> {
    let snapshots = state.snapshots.iter().filter(|snapshot| !snapshot.whole);
    let mut works: Vec<(u64, Work)> = snapshots.map(|one| (one.number, Work::Copy(one.uuid))).collect();
    works.extend(state.volumes.iter().filter_map(|volume| {
        let number = volume.fill.as_ref()?.number;
        Some((number, Work::Fill { volume: volume.uuid, number }))
    }));
    works.sort_unstable();
    for (_, work) in works {
        if let Some(transfer) = Transfer::of(state, work) {
            let usage = transfer.make(state.config.state_dir.is_some())?;
            made(state, work, usage);
        }
    }
    Ok(())
}

/// Counts what the volumes hold, which is not kept with them: it changes with every write.
pub fn count(state: &mut State) {
    let uuids: Vec<Uuid> = state.volumes.iter().map(|volume| volume.uuid).collect();
    for uuid in uuids {
        let directory = state.files.join(uuid.to_string());
        match manilad_nfs3::usage(&directory) {
            Ok(usage) => state.volumes.note(&uuid, |volume| volume.holds(usage)),
            // Nobody has mounted it yet.
            Err(problem) if problem.kind() == std::io::ErrorKind::NotFound => {}
            Err(problem) => {
                tracing::warn!(directory = %directory.display(), %problem, "the usage of a volume can't be counted");
            }
        }
    }
}

/// Removes the files of volumes and snapshots that are gone, which a kill may have left behind.
pub fn sweep(state: &State, files: &Path) -> Result<(), Error> {
    let volumes = state.volumes.iter().map(|volume| volume.uuid);
    let all = volumes.chain(state.snapshots.iter().map(|snapshot| snapshot.uuid));
    let names: BTreeSet<PathBuf> = all.map(|uuid| files.join(uuid.to_string())).collect();
    for entry in std::fs::read_dir(files)? {
        let path = entry?.path();
        if !names.contains(&path) && path != snapshots_root(files) {
            std::fs::remove_dir_all(path)?;
        }
    }
    Ok(())
}

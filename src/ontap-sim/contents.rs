//! What volumes hold, as the files below the state directory tell it.

use std::collections::BTreeSet;
use std::path::Path;

use uuid::Uuid;

use crate::Error;
use crate::state::State;

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

/// Removes the files of volumes that are gone, which a kill may have left behind.
pub fn sweep(state: &State, files: &Path) -> Result<(), Error> {
    let names: BTreeSet<String> = state.volumes.iter().map(|volume| volume.uuid.to_string()).collect();
    for entry in std::fs::read_dir(files)? {
        let entry = entry?;
        if entry.file_name().to_str().is_none_or(|name| !names.contains(name)) {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

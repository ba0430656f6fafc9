//! Junctions: where volumes are mounted in the namespace of their SVM.
//!
//! A path is taken by one volume, its parent must be mounted, and nothing that others are mounted below can go. How to
//! get it wrong: comparing paths as text prefixes; `/share_10` does not lie below `/share_1`.

use std::collections::HashMap;

use uuid::Uuid;

use crate::lookup::volume::living;
use crate::rest::code::{Refusal, VOLUME_BUSY, VOLUME_JUNCTION, VOLUME_OFFLINE};
use crate::rows::volume::Volume;
use crate::state::State;

/// The path without its last step; `None` for what is no junction path.
pub fn above(path: &str) -> Option<&str> {
    let (parent, name) = path.rsplit_once('/')?;
    let sound = path.starts_with('/') && !name.is_empty() && !path.contains("//");
    let plain = path.split('/').all(|step| step != "." && step != "..") && !path.bytes().any(|byte| byte == 0);
    (sound && plain).then_some(if parent.is_empty() { "/" } else { parent })
}

/// Checks that the volume can be mounted at `path`.
pub fn check(state: &State, volume: &Volume, path: &str) -> Result<(), Refusal> {
    let refuse =
        |code, why: &str| Err(Refusal::new(code, format!("Invalid junction path \"{path}\": {why}.")).at("nas.path"));
    let Some(parent) = above(path).filter(|_| path.len() <= 1023) else {
        return refuse(VOLUME_JUNCTION, "a path starts with \"/\" and has no empty steps");
    };
    if !volume.online() {
        return refuse(VOLUME_OFFLINE, "the volume is not online");
    }
    if volume.kind == "dp" {
        return refuse(VOLUME_BUSY, "the volume is a destination that waits for SnapMirror initialize");
    }
    let mounted = |path: &str, except: Uuid| {
        living(state, volume.svm).find(|other| other.uuid != except && other.junction.as_deref() == Some(path))
    };
    if mounted(path, volume.uuid).is_some() {
        return refuse(VOLUME_JUNCTION, "another volume is mounted there");
    }
    match mounted(parent, volume.uuid) {
        Some(_) => Ok(()),
        None => refuse(VOLUME_JUNCTION, "no volume is mounted at its parent"),
    }
}

/// Checks that nothing is mounted below the volume, so that its junction can go.
pub fn check_leaf(state: &State, volume: &Volume) -> Result<(), Refusal> {
    let below = |path: &str| format!("{}/", path.trim_end_matches('/'));
    let child = volume.junction.as_deref().and_then(|path| {
        let below = below(path);
        living(state, volume.svm)
            .filter(|other| other.uuid != volume.uuid)
            .find(|other| other.junction.as_deref().is_some_and(|path| path.starts_with(&below)))
    });
    match child {
        None => Ok(()),
        Some(child) => {
            let (name, child) = (&volume.name, &child.name);
            let message =
                format!("Volume \"{name}\" cannot be unmounted because volume \"{child}\" is mounted below it.");
            Err(Refusal::new(VOLUME_BUSY, message).at("nas.path"))
        }
    }
}

/// All mounted volumes by SVM and path: for those who look for many parents at once.
pub fn mounted(state: &State) -> HashMap<(Uuid, &str), &Volume> {
    let living = state.volumes.iter().filter(|volume| volume.deleted.is_none());
    living.filter_map(|volume| Some(((volume.svm, volume.junction.as_deref()?), volume))).collect()
}

/// The volume below which this one is mounted.
pub fn parent<'a>(state: &'a State, volume: &Volume) -> Option<&'a Volume> {
    let path = volume.junction.as_deref().and_then(above)?;
    living(state, volume.svm).find(|other| other.junction.as_deref() == Some(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_parent_or_is_none() {
        for (path, parent) in [
            ("/a", Some("/")),
            ("/a/b", Some("/a")),
            ("/", None),
            ("", None),
            ("a", None),
            ("//a", None),
            ("/a/", None),
            ("/a/../b", None),
            ("/a\0", None),
        ] {
            assert_eq!(above(path), parent, "{path}");
        }
    }
}

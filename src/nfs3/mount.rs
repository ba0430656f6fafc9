//! The MOUNT program (RFC 1813 appendix I): from a path to the first handle.
//!
//! A path begins with a junction and may go on below it. What it grants is only the handle: every later call is judged
//! anew.

use std::net::IpAddr;

use nfs3_types::mount::{dirpath, export_node, exports, fhandle3, mountbody, mountlist, mountres3_ok, name};
use nfs3_types::nfs3::{ftype3, nfsstat3};
use nfs3_types::xdr_codec::{List, Opaque, Void};

use crate::call::{Call, named, plain};
use crate::refusal::Refusal;
use crate::{Access, Flavour, Mounted};

/// Longest path, in bytes (`MNTPATHLEN`).
const PATH_MAX: usize = 1024;
/// Mounts that are remembered for DUMP.
const REMEMBERED: usize = 1024;
const AUTH_SYS: u32 = 1;
const AUTH_NONE: u32 = 0;

pub(crate) fn mnt(call: &Call<'_>, path: dirpath<'_>) -> Result<mountres3_ok<'static>, Refusal> {
    if path.0.len() > PATH_MAX {
        return Err(nfsstat3::NFS3ERR_NAMETOOLONG.into());
    }
    let path = std::str::from_utf8(&path.0).map_err(|_| nfsstat3::NFS3ERR_NOENT)?;
    let steps = steps(path)?;
    let (mut mounted, mut below) = junction(call, &steps).ok_or(nfsstat3::NFS3ERR_NOENT)?;
    while let Some((step, rest)) = below.split_first()
        && let Some(submount) = named(&mounted.submounts, step.as_bytes())
    {
        let seen = Some(submount.volume).filter(|_| !submount.hidden);
        let found = seen.and_then(|id| call.service.exports.volume(call.lif, id, call.client, Flavour::Sys));
        mounted = found.ok_or(nfsstat3::NFS3ERR_NOENT)?;
        below = rest;
    }
    if mounted.grant.access == Access::Denied {
        return Err(nfsstat3::NFS3ERR_ACCES.into());
    }
    let handle = call.service.volumes.get(&mounted).change(mounted.owner, |tree| {
        let mut at = tree.root()?;
        for step in below {
            let child = at.child(plain(step.as_bytes())?)?;
            tree.added(at.inode(), step.as_bytes(), &child.object);
            at = child;
        }
        match at.object.stat.kind {
            ftype3::NF3DIR => Ok(at.object.stat.handle(mounted.id)),
            _ => Err(nfsstat3::NFS3ERR_NOTDIR.into()),
        }
    })?;
    call.service.mounts.change(|mounts| {
        if mounts.len() < REMEMBERED {
            mounts.insert((call.lif, call.client, joined(&steps)));
        }
    });
    Ok(mountres3_ok { fhandle: fhandle3(Opaque::owned(handle.bytes())), auth_flavors: vec![AUTH_SYS, AUTH_NONE] })
}

/// # Errors
/// `NFS3ERR_NOENT` for a relative path and for steps that lead back.
fn steps(path: &str) -> Result<Vec<&str>, Refusal> {
    let steps: Vec<_> = path.split('/').filter(|step| !step.is_empty()).collect();
    match path.starts_with('/') && steps.iter().all(|step| plain(step.as_bytes()).is_ok()) {
        true => Ok(steps),
        false => Err(nfsstat3::NFS3ERR_NOENT.into()),
    }
}

fn joined(steps: &[&str]) -> String {
    format!("/{}", steps.join("/"))
}

/// The longest beginning of the path that is a junction, and what is below it.
fn junction<'p>(call: &Call<'_>, steps: &'p [&'p str]) -> Option<(Mounted, &'p [&'p str])> {
    (0..=steps.len()).rev().find_map(|length| {
        let (above, below) = steps.split_at(length);
        Some((call.service.exports.volume_at(call.lif, &joined(above), call.client)?, below))
    })
}

/// The mounts over this LIF.
pub(crate) fn dump(call: &Call<'_>, _: Void) -> mountlist<'static, 'static> {
    let of_lif = |(lif, client, path): &(IpAddr, IpAddr, String)| {
        (*lif == call.lif).then(|| mountbody {
            ml_hostname: name(Opaque::owned(client.to_string().into_bytes())),
            ml_directory: dirpath(Opaque::owned(path.clone().into_bytes())),
        })
    };
    List(call.service.mounts.change(|mounts| mounts.iter().filter_map(of_lif).collect()))
}

pub(crate) fn umnt(call: &Call<'_>, path: dirpath<'_>) -> Void {
    if let Some(steps) = std::str::from_utf8(&path.0).ok().and_then(|path| steps(path).ok()) {
        call.service.mounts.change(|mounts| mounts.remove(&(call.lif, call.client, joined(&steps))));
    }
    Void
}

pub(crate) fn umntall(call: &Call<'_>, _: Void) -> Void {
    call.service.mounts.change(|mounts| mounts.retain(|(lif, client, _)| (*lif, *client) != (call.lif, call.client)));
    Void
}

/// Without groups: who may mount is not told to who may not.
pub(crate) fn export(call: &Call<'_>, _: Void) -> exports<'static, 'static> {
    let junctions = call.service.exports.junctions(call.lif, call.client);
    let node = |junction: String| export_node {
        ex_dir: dirpath(Opaque::owned(junction.into_bytes())),
        ex_groups: List::default(),
    };
    List(junctions.into_iter().map(node).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_cut_into_plain_steps() {
        assert_eq!(steps("//share//sub/").unwrap(), ["share", "sub"]);
        assert_eq!(steps("/").unwrap().len(), 0);
        for path in ["share", "", "/share/..", "/./share", "/a\0b"] {
            assert_eq!(steps(path).unwrap_err().0, nfsstat3::NFS3ERR_NOENT, "{path:?}");
        }
    }
}

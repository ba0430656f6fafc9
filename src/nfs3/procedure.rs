//! The procedures of both programs as one table: what each takes, whether it changes anything, how it fails, who does it.
//!
//! A row's number is its index. How to get it wrong: a `takes` that says other than what the procedure decodes. What was
//! walked and then can't be decoded is therefore answered with `NFS3ERR_SERVERFAULT`, and the tests look for it.

use nfs3_types::nfs3::nfsstat3;
use nfs3_types::xdr_codec::{Pack, Unpack};

use crate::call::Call;
use crate::refusal::Refusal;
use crate::xdr::{Garbled, Item, attributes, bytes, guard, handle, how, long, node, stable, word};
use crate::{create, data, list, look, mount, names};

pub(crate) struct Procedure {
    pub name: &'static str,
    pub takes: &'static [Item],
    /// Refused on a volume that is read-only for the client; a repeated call gets the first one's answer.
    pub changes: bool,
    /// Bytes that follow a status other than OK: attributes, all said to be absent.
    pub failure: usize,
    pub run: Run,
}

pub(crate) type Run = fn(&Call<'_>, &[u8], &mut Vec<u8>) -> Result<(), Fault>;

/// Why a call has no result.
#[derive(Debug)]
pub(crate) enum Fault {
    Garbled,
    Refused(Refusal),
}

impl From<Garbled> for Fault {
    fn from(Garbled: Garbled) -> Self {
        Fault::Garbled
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Fault::Refused(refusal)
    }
}

const fn reads(name: &'static str, takes: &'static [Item], failure: usize, run: Run) -> Procedure {
    Procedure { name, takes, changes: false, failure, run }
}

const fn changes(name: &'static str, takes: &'static [Item], failure: usize, run: Run) -> Procedure {
    Procedure { name, takes, changes: true, failure, run }
}

pub(crate) static NFS: [Procedure; 22] = [
    reads("NULL", &[], 0, |_, _, _| Ok(())),
    reads("GETATTR", &[handle], 0, |call, args, out| result(call, args, out, look::getattr)),
    changes("SETATTR", &[handle, attributes, guard], 8, |call, args, out| result(call, args, out, data::setattr)),
    reads("LOOKUP", &[handle, bytes], 4, |call, args, out| result(call, args, out, look::lookup)),
    reads("ACCESS", &[handle, word], 4, |call, args, out| result(call, args, out, look::access)),
    reads("READLINK", &[handle], 4, |call, args, out| result(call, args, out, look::readlink)),
    reads("READ", &[handle, long, word], 4, |call, args, out| result(call, args, out, data::read)),
    changes("WRITE", &[handle, long, word, stable, bytes], 8, |call, args, out| result(call, args, out, data::write)),
    changes("CREATE", &[handle, bytes, how], 8, |call, args, out| result(call, args, out, create::create)),
    changes("MKDIR", &[handle, bytes, attributes], 8, |call, args, out| result(call, args, out, create::mkdir)),
    changes("SYMLINK", &[handle, bytes, attributes, bytes], 8, |call, args, out| {
        result(call, args, out, create::symlink)
    }),
    changes("MKNOD", &[handle, bytes, node], 8, |call, args, out| result(call, args, out, create::mknod)),
    changes("REMOVE", &[handle, bytes], 8, |call, args, out| result(call, args, out, names::remove)),
    changes("RMDIR", &[handle, bytes], 8, |call, args, out| result(call, args, out, names::rmdir)),
    changes("RENAME", &[handle, bytes, handle, bytes], 16, |call, args, out| result(call, args, out, names::rename)),
    changes("LINK", &[handle, handle, bytes], 12, |call, args, out| result(call, args, out, names::link)),
    reads("READDIR", &[handle, long, long, word], 4, |call, args, out| result(call, args, out, list::readdir)),
    reads("READDIRPLUS", &[handle, long, long, word, word], 4, |call, args, out| {
        result(call, args, out, list::readdirplus)
    }),
    reads("FSSTAT", &[handle], 4, |call, args, out| result(call, args, out, look::fsstat)),
    reads("FSINFO", &[handle], 4, |call, args, out| result(call, args, out, look::fsinfo)),
    reads("PATHCONF", &[handle], 4, |call, args, out| result(call, args, out, look::pathconf)),
    reads("COMMIT", &[handle, long, word], 8, |call, args, out| result(call, args, out, data::commit)),
];

pub(crate) static MOUNT: [Procedure; 6] = [
    reads("MOUNT NULL", &[], 0, |_, _, _| Ok(())),
    reads("MNT", &[bytes], 0, |call, args, out| result(call, args, out, mount::mnt)),
    reads("DUMP", &[], 0, |call, args, out| bare(call, args, out, mount::dump)),
    reads("UMNT", &[bytes], 0, |call, args, out| bare(call, args, out, mount::umnt)),
    reads("UMNTALL", &[], 0, |call, args, out| bare(call, args, out, mount::umntall)),
    reads("EXPORT", &[], 0, |call, args, out| bare(call, args, out, mount::export)),
];

/// Does what answers with a status and a result.
fn result<A: Unpack, R: Pack>(
    call: &Call<'_>,
    arguments: &[u8],
    out: &mut Vec<u8>,
    act: fn(&Call<'_>, A) -> Result<R, Refusal>,
) -> Result<(), Fault> {
    let result = act(call, unpacked(arguments)?)?;
    pack(&nfsstat3::NFS3_OK, out)?;
    pack(&result, out)
}

/// Does what can't be refused and answers without a status.
fn bare<A: Unpack, R: Pack>(
    call: &Call<'_>,
    arguments: &[u8],
    out: &mut Vec<u8>,
    act: fn(&Call<'_>, A) -> R,
) -> Result<(), Fault> {
    pack(&act(call, unpacked(arguments)?), out)
}

/// Only for arguments that were walked: unpacking allocates what they claim.
fn unpacked<A: Unpack>(mut arguments: &[u8]) -> Result<A, Refusal> {
    A::unpack(&mut arguments).map(|(value, _)| value).map_err(|_| nfsstat3::NFS3ERR_SERVERFAULT.into())
}

fn pack(value: &impl Pack, out: &mut Vec<u8>) -> Result<(), Fault> {
    out.reserve(value.packed_size());
    value.pack(out).map(drop).map_err(|_| Fault::Refused(nfsstat3::NFS3ERR_SERVERFAULT.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use nfs3_types::mount::MOUNT_PROGRAM;
    use nfs3_types::nfs3::NFS_PROGRAM;

    #[test]
    fn rows_stand_at_the_protocols_numbers() {
        for (number, row) in NFS.iter().enumerate() {
            let named = NFS_PROGRAM::try_from(number as u32).unwrap().to_string();
            assert_eq!(named, format!("NFSPROC3_{}", row.name));
        }
        for (number, row) in MOUNT.iter().enumerate() {
            let named = MOUNT_PROGRAM::try_from(number as u32).unwrap().to_string();
            assert_eq!(named, format!("MOUNTPROC3_{}", row.name.trim_start_matches("MOUNT ")));
        }
    }
}

//! File handles: which volume, which inode, and which life of that inode.
//!
//! The generation is the inode's time of birth: a file system reuses inode numbers, and a handle of a deleted file must
//! not open its successor. All three survive a restart of the server.

use nfs3_types::nfs3::{nfs_fh3, nfsstat3};
use nfs3_types::xdr_codec::Opaque;

use crate::refusal::Refusal;

const MARK: [u8; 4] = *b"mnl3";
const LENGTH: usize = 28;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Handle {
    pub volume: u64,
    pub inode: u64,
    pub generation: u64,
}

impl Handle {
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = MARK.to_vec();
        for part in [self.volume, self.inode, self.generation] {
            bytes.extend(part.to_be_bytes());
        }
        bytes
    }

    pub fn wire(&self) -> nfs_fh3 {
        nfs_fh3 { data: Opaque::owned(self.bytes()) }
    }

    /// # Errors
    /// `NFS3ERR_BADHANDLE` if we never made such a handle.
    pub fn parse(wire: &nfs_fh3) -> Result<Self, Refusal> {
        let bytes: &[u8; LENGTH] = wire.data.as_ref().try_into().map_err(|_| nfsstat3::NFS3ERR_BADHANDLE)?;
        let (mark, parts) = bytes.split_at(MARK.len());
        let mut parts = parts.chunks_exact(8).map(|part| part.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)));
        match (parts.next(), parts.next(), parts.next()) {
            (Some(volume), Some(inode), Some(generation)) if mark == MARK => Ok(Handle { volume, inode, generation }),
            _ => Err(nfsstat3::NFS3ERR_BADHANDLE.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_handle_reads_back_as_it_was_written(volume: u64, inode: u64, generation: u64) {
            let handle = Handle { volume, inode, generation };
            prop_assert_eq!(Handle::parse(&handle.wire()).unwrap(), handle);
        }

        #[test]
        fn foreign_bytes_are_a_bad_handle(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            prop_assume!(!bytes.starts_with(&MARK));
            let refusal = Handle::parse(&nfs_fh3 { data: Opaque::owned(bytes) }).unwrap_err();
            prop_assert_eq!(refusal.0, nfsstat3::NFS3ERR_BADHANDLE);
        }
    }
}

//! Why a call is refused, in the protocol's terms. One table turns the operating system's errors into them.

use nfs3_types::nfs3::nfsstat3;
use nfs3_types::nfs3::nfsstat3::*;
use rustix::io::Errno;

/// A status other than `NFS3_OK`. MOUNT uses the same numbers (RFC 1813 appendix I).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal(pub nfsstat3);

/// What is not listed is `NFS3ERR_IO`. Passing shortages ask the client to come again.
const STATUSES: &[(Errno, nfsstat3)] = &[
    (Errno::PERM, NFS3ERR_PERM),
    (Errno::NOENT, NFS3ERR_NOENT),
    (Errno::NXIO, NFS3ERR_NXIO),
    (Errno::ACCESS, NFS3ERR_ACCES),
    (Errno::EXIST, NFS3ERR_EXIST),
    (Errno::XDEV, NFS3ERR_XDEV),
    (Errno::NODEV, NFS3ERR_NODEV),
    (Errno::NOTDIR, NFS3ERR_NOTDIR),
    (Errno::ISDIR, NFS3ERR_ISDIR),
    (Errno::INVAL, NFS3ERR_INVAL),
    (Errno::LOOP, NFS3ERR_INVAL),
    (Errno::FBIG, NFS3ERR_FBIG),
    (Errno::NOSPC, NFS3ERR_NOSPC),
    (Errno::DQUOT, NFS3ERR_DQUOT),
    (Errno::ROFS, NFS3ERR_ROFS),
    (Errno::MLINK, NFS3ERR_MLINK),
    (Errno::NAMETOOLONG, NFS3ERR_NAMETOOLONG),
    (Errno::NOTEMPTY, NFS3ERR_NOTEMPTY),
    (Errno::STALE, NFS3ERR_STALE),
    (Errno::OPNOTSUPP, NFS3ERR_NOTSUPP),
    (Errno::MFILE, NFS3ERR_JUKEBOX),
    (Errno::NFILE, NFS3ERR_JUKEBOX),
    (Errno::NOMEM, NFS3ERR_JUKEBOX),
];

impl From<nfsstat3> for Refusal {
    fn from(status: nfsstat3) -> Self {
        Refusal(status)
    }
}

impl From<Errno> for Refusal {
    fn from(error: Errno) -> Self {
        Refusal(STATUSES.iter().find(|(errno, _)| *errno == error).map_or(NFS3ERR_IO, |(_, status)| *status))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unlisted_error_is_an_io_error() {
        assert_eq!(Refusal::from(Errno::PIPE), Refusal(NFS3ERR_IO));
        assert_eq!(Refusal::from(Errno::NOSPC), Refusal(NFS3ERR_NOSPC));
    }
}

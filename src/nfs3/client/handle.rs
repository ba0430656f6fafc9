//! What a server calls a file or directory, which means something to that server only.

use nfs3_types::nfs3::*;
use nfs3_types::xdr_codec::Opaque;

/// What the server calls a file or directory.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Handle(pub(crate) Vec<u8>);

impl Handle {
    /// As it goes over the wire.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn wire(&self) -> nfs_fh3 {
        nfs_fh3 { data: Opaque::owned(self.0.clone()) }
    }

    pub(super) fn place<'n>(&self, name: &'n str) -> diropargs3<'n> {
        diropargs3 { dir: self.wire(), name: filename3(Opaque::borrowed(name.as_bytes())) }
    }
}

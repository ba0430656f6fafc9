//! Answers of a server, read without trusting a length in them.

use nfs3_types::nfs3::*;
use nfs3_types::xdr_codec::Unpack;

use super::handle::Handle;
use crate::Error;
use crate::xdr::{Cursor, Garbled};

/// Longest name, in bytes.
pub(super) const NAME_MAX: usize = 255;

/// What FSSTAT says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// In bytes.
    pub total: u64,
    pub free: u64,
    pub files: u64,
    pub files_free: u64,
}

/// The attributes that matter to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attributes {
    pub directory: bool,
    /// The type: 1 of a file, 2 a directory, 3 and 4 devices, 5 a link, 6 a socket, 7 a FIFO.
    pub kind: u32,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub links: u32,
    /// In bytes.
    pub size: u64,
    /// Bytes on the disk.
    pub used: u64,
    /// Major and minor number.
    pub device: (u32, u32),
    /// Seconds and nanoseconds since 1970.
    pub accessed: (u32, u32),
    pub modified: (u32, u32),
    pub changed: (u32, u32),
}

/// Transaction, whether it was denied, and the status.
pub(super) fn envelope(at: &mut Cursor<'_>) -> Result<(u32, bool, u32), Garbled> {
    let (xid, _reply, denied) = (at.word()?, at.word()?, at.flag()?);
    if !denied {
        let _verifier = (at.word()?, at.opaque(400)?);
    }
    Ok((xid, denied, at.word()?))
}

pub(super) fn read_result<T>(
    procedure: &'static str,
    answer: &[u8],
    read: impl FnOnce(&mut Cursor<'_>) -> Result<T, Garbled>,
) -> Result<T, Error> {
    match nfsstat3::unpack(&mut &*answer) {
        Ok((nfsstat3::NFS3_OK, _)) => read_answer(procedure, answer, |at| {
            at.word()?;
            read(at)
        }),
        Ok((status, _)) => Err(Error::Status { procedure, status }),
        Err(_) => Err(Error::Garbled { procedure }),
    }
}

pub(super) fn read_answer<T>(
    procedure: &'static str,
    answer: &[u8],
    read: impl FnOnce(&mut Cursor<'_>) -> Result<T, Garbled>,
) -> Result<T, Error> {
    read(&mut Cursor::new(answer)).map_err(|Garbled| Error::Garbled { procedure })
}

pub(super) fn handle(at: &mut Cursor<'_>) -> Result<Handle, Garbled> {
    at.opaque(NFS3_FHSIZE).map(|bytes| Handle(bytes.to_vec()))
}

pub(super) fn made(at: &mut Cursor<'_>) -> Result<Handle, Garbled> {
    if at.flag()? { handle(at) } else { Err(Garbled) }
}

pub(super) fn verifier(at: &mut Cursor<'_>) -> Result<[u8; 8], Garbled> {
    at.long().map(u64::to_be_bytes)
}

/// `fattr3` has a fixed size.
pub(super) fn attributes(at: &mut Cursor<'_>) -> Result<Attributes, Garbled> {
    let mut bytes = at.take(84)?;
    let (fattr, _) = fattr3::unpack(&mut bytes).map_err(|_| Garbled)?;
    Ok(Attributes {
        directory: fattr.type_ == ftype3::NF3DIR,
        mode: fattr.mode,
        uid: fattr.uid,
        gid: fattr.gid,
        links: fattr.nlink,
        size: fattr.size,
        used: fattr.used,
        kind: fattr.type_ as u32,
        device: (fattr.rdev.specdata1, fattr.rdev.specdata2),
        accessed: (fattr.atime.seconds, fattr.atime.nseconds),
        modified: (fattr.mtime.seconds, fattr.mtime.nseconds),
        changed: (fattr.ctime.seconds, fattr.ctime.nseconds),
    })
}

pub(super) fn optional_attributes(at: &mut Cursor<'_>) -> Result<Option<Attributes>, Garbled> {
    if at.flag()? { attributes(at).map(Some) } else { Ok(None) }
}

/// `wcc_data`: perhaps size and two times, then perhaps attributes.
pub(super) fn change(at: &mut Cursor<'_>) -> Result<(), Garbled> {
    if at.flag()? {
        at.take(24)?;
    }
    optional_attributes(at).map(drop)
}

pub(super) type Page = ([u8; 8], Vec<(String, u64)>, bool);

pub(super) fn page(at: &mut Cursor<'_>) -> Result<Page, Garbled> {
    optional_attributes(at)?;
    let verifier = verifier(at)?;
    let mut entries = Vec::new();
    while at.flag()? {
        let _fileid = at.long()?;
        let name = String::from_utf8_lossy(at.opaque(NAME_MAX)?).into_owned();
        entries.push((name, at.long()?));
    }
    Ok((verifier, entries, at.flag()?))
}

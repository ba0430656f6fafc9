//! Checks bytes from the wire before anything is decoded from them.
//!
//! `nfs3_types` allocates whatever length an opaque claims, so each procedure lists what it takes as [`Item`]s and a
//! [`Cursor`] walks them first: a length that goes beyond the bytes at hand, or beyond the protocol's bound, ends there.
//! How to get it wrong: unpacking an argument that has not been walked.

/// The bytes are not what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Garbled;

/// Reads XDR from a slice without allocating.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'a>(&'a [u8]);

/// One part of a procedure's arguments: walks over it, or says it is garbled.
pub(crate) type Item = for<'c, 'a> fn(&'c mut Cursor<'a>) -> Result<(), Garbled>;

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Cursor(bytes)
    }

    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Garbled> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Garbled)?;
        self.0 = rest;
        Ok(taken)
    }

    pub fn word(&mut self) -> Result<u32, Garbled> {
        Ok(u32::from_be_bytes(self.take(4)?.try_into().map_err(|_| Garbled)?))
    }

    pub fn long(&mut self) -> Result<u64, Garbled> {
        Ok(u64::from_be_bytes(self.take(8)?.try_into().map_err(|_| Garbled)?))
    }

    pub fn flag(&mut self) -> Result<bool, Garbled> {
        match self.word()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Garbled),
        }
    }

    /// Variable-length bytes, at most `most` of them, and their padding.
    pub fn opaque(&mut self, most: usize) -> Result<&'a [u8], Garbled> {
        let length = self.word()? as usize;
        if length > most {
            return Err(Garbled);
        }
        let bytes = self.take(length)?;
        self.take(length.wrapping_neg() & 3)?;
        Ok(bytes)
    }

    /// What has not been read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Walks over `items`; nothing may be left behind them.
    pub fn walk(mut self, items: &[Item]) -> Result<(), Garbled> {
        items.iter().try_for_each(|item| item(&mut self))?;
        if self.0.is_empty() { Ok(()) } else { Err(Garbled) }
    }
}

/// A file handle, `opaque<64>` by RFC 1813.
pub(crate) fn handle(at: &mut Cursor<'_>) -> Result<(), Garbled> {
    at.opaque(nfs3_types::nfs3::NFS3_FHSIZE).map(drop)
}

/// A name, path or data: as long as the record allows, judged by the procedure.
pub(crate) fn bytes(at: &mut Cursor<'_>) -> Result<(), Garbled> {
    at.opaque(usize::MAX).map(drop)
}

pub(crate) fn word(at: &mut Cursor<'_>) -> Result<(), Garbled> {
    at.word().map(drop)
}

pub(crate) fn long(at: &mut Cursor<'_>) -> Result<(), Garbled> {
    at.long().map(drop)
}

/// `stable_how`.
pub(crate) fn stable(at: &mut Cursor<'_>) -> Result<(), Garbled> {
    if at.word()? <= 2 { Ok(()) } else { Err(Garbled) }
}

/// `sattr3`: mode, uid, gid, size, then two times of which only the client's own carry a value.
pub(crate) fn attributes(at: &mut Cursor<'_>) -> Result<(), Garbled> {
    for width in [4, 4, 4, 8] {
        if at.flag()? {
            at.take(width)?;
        }
    }
    for _ in 0..2 {
        match at.word()? {
            0 | 1 => {}
            2 => drop(at.take(8)?),
            _ => return Err(Garbled),
        }
    }
    Ok(())
}

/// `sattrguard3`: perhaps a change time.
pub(crate) fn guard(at: &mut Cursor<'_>) -> Result<(), Garbled> {
    if at.flag()? { at.take(8).map(drop) } else { Ok(()) }
}

/// `createhow3`: attributes, or a verifier when exclusive.
pub(crate) fn how(at: &mut Cursor<'_>) -> Result<(), Garbled> {
    match at.word()? {
        0 | 1 => attributes(at),
        2 => at.take(8).map(drop),
        _ => Err(Garbled),
    }
}

/// `mknoddata3`: a type, attributes unless it is one that MKNOD does not make, and the numbers of a device.
pub(crate) fn node(at: &mut Cursor<'_>) -> Result<(), Garbled> {
    match at.word()? {
        3 | 4 => attributes(at).and_then(|()| at.take(8).map(drop)),
        6 | 7 => attributes(at),
        1 | 2 | 5 => Ok(()),
        _ => Err(Garbled),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nfs3_types::nfs3::{Nfs3Option, nfstime3, sattr3, set_atime, set_mtime};
    use nfs3_types::xdr_codec::Pack;
    use proptest::prelude::*;

    fn packed(value: &impl Pack) -> Vec<u8> {
        let mut out = Vec::new();
        value.pack(&mut out).unwrap();
        out
    }

    #[test]
    fn a_length_beyond_the_bytes_at_hand_is_garbled() {
        let mut wire = u32::MAX.to_be_bytes().to_vec();
        wire.extend([0; 60]);
        assert_eq!(Cursor::new(&wire).opaque(usize::MAX), Err(Garbled));
        assert_eq!(Cursor::new(&[0, 0, 0, 1, 7]).opaque(8), Err(Garbled), "the padding is missing");
    }

    #[test]
    fn bytes_behind_the_arguments_are_garbled() {
        assert_eq!(Cursor::new(&[0; 8]).walk(&[word, word]), Ok(()));
        assert_eq!(Cursor::new(&[0; 12]).walk(&[word, word]), Err(Garbled));
    }

    proptest! {
        #[test]
        fn attributes_are_walked_exactly_as_they_are_packed(
            mode in proptest::option::of(any::<u32>()), size in proptest::option::of(any::<u64>()), times in 0..3u8,
        ) {
            let time = nfstime3 { seconds: 7, nseconds: 8 };
            let value = sattr3 {
                mode: mode.map_or(Nfs3Option::None, Nfs3Option::Some),
                size: size.map_or(Nfs3Option::None, Nfs3Option::Some),
                atime: if times > 0 { set_atime::SET_TO_CLIENT_TIME(time) } else { set_atime::DONT_CHANGE },
                mtime: if times > 1 { set_mtime::SET_TO_CLIENT_TIME(time) } else { set_mtime::SET_TO_SERVER_TIME },
                ..sattr3::default()
            };
            let wire = packed(&value);
            prop_assert_eq!(Cursor::new(&wire).walk(&[attributes]), Ok(()));
            prop_assert_eq!(Cursor::new(&wire[..wire.len() - 4]).walk(&[attributes]), Err(Garbled));
        }
    }
}

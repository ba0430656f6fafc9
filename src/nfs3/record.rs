//! Record marking (RFC 5531 section 11): fragments with a length and a last-one flag make a record.
//!
//! A claimed length is compared with the bound before anything is read, and sets little aside by itself.
//! Fragments without end or without bytes are ended by the caller's deadline.

use std::io::{Error, ErrorKind};

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt};

const LAST: u32 = 1 << 31;
/// Bytes set aside for a claimed length; beyond them the buffer grows as bytes arrive.
const AT_ONCE: usize = 64 << 10;

/// Waits for the first byte of a record; `false` if the peer closed instead.
pub(crate) async fn arrives(from: &mut (impl AsyncBufRead + Unpin)) -> Result<bool, Error> {
    Ok(!from.fill_buf().await?.is_empty())
}

/// Reads the record that arrives.
///
/// # Errors
/// `InvalidData` if the record would be longer than `most` bytes, `UnexpectedEof` if the peer closed in the middle.
pub(crate) async fn read(from: &mut (impl AsyncRead + Unpin), most: usize) -> Result<Vec<u8>, Error> {
    let mut record = Vec::new();
    loop {
        let mark = from.read_u32().await?;
        let length = (mark & !LAST) as usize;
        if length > most - record.len() {
            return Err(ErrorKind::InvalidData.into());
        }
        record.reserve(length.min(AT_ONCE));
        if (&mut *from).take(length as u64).read_to_end(&mut record).await? < length {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        if mark & LAST != 0 {
            return Ok(record);
        }
    }
}

/// An empty record to append to; [`close`] writes its mark.
pub(crate) fn open() -> Vec<u8> {
    vec![0; 4]
}

/// Marks what was appended since [`open`] as one last fragment.
pub(crate) fn close(mut record: Vec<u8>) -> Vec<u8> {
    let length = record.len().saturating_sub(4) as u32;
    if let Some(mark) = record.first_chunk_mut::<4>() {
        *mark = (LAST | length).to_be_bytes();
    }
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn fragments_are_joined_to_one_record() {
        let wire = [0, 0, 0, 2, 1, 2, 0, 0, 0, 0, 128, 0, 0, 1, 3];
        assert_eq!(read(&mut &wire[..], 3).await.unwrap(), [1, 2, 3]);
        assert_eq!(read(&mut &wire[..], 2).await.unwrap_err().kind(), ErrorKind::InvalidData);
    }

    #[tokio::test]
    async fn a_claimed_length_beyond_the_bound_is_refused_before_its_bytes_are_awaited() {
        let (mut near, far) = tokio::io::duplex(64);
        tokio::io::AsyncWriteExt::write_all(&mut near, &[0xff, 0xff, 0xff, 0xff, 0]).await.unwrap();
        let mut far = far;
        assert_eq!(read(&mut far, 1 << 20).await.unwrap_err().kind(), ErrorKind::InvalidData);
    }

    #[tokio::test]
    async fn an_end_between_records_is_no_error_and_one_within_is() {
        assert!(!arrives(&mut &[][..]).await.unwrap());
        for torn in [&[128, 0][..], &[128, 0, 0, 4, 1]] {
            assert_eq!(read(&mut &*torn, 8).await.unwrap_err().kind(), ErrorKind::UnexpectedEof);
        }
    }

    #[tokio::test]
    async fn what_was_closed_is_read_back() {
        let mut record = open();
        record.extend([9, 8]);
        assert_eq!(read(&mut &close(record)[..], 8).await.unwrap(), [9, 8]);
    }
}

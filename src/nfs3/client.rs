//! A small NFSv3 client, by which tests and demonstrations go the way a host goes: over a socket, from an address.
//!
//! One call at a time. Answers are bounded and read without trusting a length in them. How to get it wrong: taking it
//! for a file system; it caches nothing and repeats nothing.

mod answer;
mod change;
mod handle;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use manilad_clock::Clock;
use nfs3_types::mount::{self, dirpath};
use nfs3_types::nfs3::*;
use nfs3_types::xdr_codec::{Opaque, Pack, Void};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};

pub use answer::{Attributes, Space};
pub use change::{Change, Node, When};
pub use handle::Handle;

use self::answer::{
    NAME_MAX, change, envelope, handle, made, optional_attributes, page, read_answer, read_result, verifier,
};
use crate::procedure::{MOUNT, NFS};
use crate::xdr::{Cursor, Garbled};
use crate::{Error, record, rpc};

/// How long a connection or an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest answer, in bytes: the largest READ and what is around it.
const ANSWER: usize = (1 << 20) + crate::limits::HEADER;
/// Bytes asked for by one READDIR.
const PAGE: u32 = 8192;
const PATH_MAX: usize = 1024;

/// A connection to a data LIF.
pub struct Client {
    stream: BufReader<TcpStream>,
    clock: Clock,
    xid: u32,
    caller: (u32, u32, Vec<u32>),
}

impl Client {
    /// Connects to `lif`, from the address `from` if one is given. Calls are made as root, by AUTH_SYS.
    ///
    /// # Errors
    /// The connection can't be made, or not in time.
    pub async fn connect(lif: SocketAddr, from: Option<IpAddr>, clock: Clock) -> Result<Self, Error> {
        let socket = if lif.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        if let Some(from) = from {
            socket.bind(SocketAddr::new(from, 0))?;
        }
        let stream = clock.within(PATIENCE, socket.connect(lif)).await.map_err(|late| Error::Silent(late.0))??;
        stream.set_nodelay(true)?;
        Ok(Client { stream: BufReader::new(stream), clock, xid: 0, caller: (0, 0, Vec::new()) })
    }

    /// Makes the following calls as this user.
    pub fn become_user(&mut self, uid: u32, gid: u32) {
        self.become_member(uid, gid, &[]);
    }

    /// Makes the following calls as this user, who is in further groups: at most 16.
    pub fn become_member(&mut self, uid: u32, gid: u32, groups: &[u32]) {
        self.caller = (uid, gid, groups.to_vec());
    }

    /// The root of an export, or of a directory below it.
    pub async fn mount(&mut self, path: &str) -> Result<Handle, Error> {
        self.mount_call(1, &dirpath(path.as_bytes().into()), handle).await
    }

    /// Tells the server that `path` is not used any more.
    pub async fn unmount(&mut self, path: &str) -> Result<(), Error> {
        self.send(mount::PROGRAM, 3, &dirpath(path.as_bytes().into())).await.map(drop)
    }

    /// The junction paths that this client is shown.
    pub async fn exports(&mut self) -> Result<Vec<String>, Error> {
        let answer = self.send(mount::PROGRAM, 5, &Void).await?;
        read_answer(MOUNT[5].name, &answer, |at| {
            let mut paths = Vec::new();
            while at.flag()? {
                paths.push(String::from_utf8_lossy(at.opaque(PATH_MAX)?).into_owned());
                while at.flag()? {
                    at.opaque(NAME_MAX)?;
                }
            }
            Ok(paths)
        })
    }

    /// Mounts over this LIF as (client, path).
    pub async fn mounts(&mut self) -> Result<Vec<(String, String)>, Error> {
        let answer = self.send(mount::PROGRAM, 2, &Void).await?;
        read_answer(MOUNT[2].name, &answer, |at| {
            let mut mounts = Vec::new();
            while at.flag()? {
                let client = String::from_utf8_lossy(at.opaque(NAME_MAX)?).into_owned();
                mounts.push((client, String::from_utf8_lossy(at.opaque(PATH_MAX)?).into_owned()));
            }
            Ok(mounts)
        })
    }

    pub async fn getattr(&mut self, object: &Handle) -> Result<Attributes, Error> {
        self.nfs_call(1, &object.wire(), answer::attributes).await
    }

    pub async fn truncate(&mut self, file: &Handle, size: u64) -> Result<(), Error> {
        self.set(file, &Change { size: Some(size), ..Change::default() }).await
    }

    pub async fn chmod(&mut self, object: &Handle, mode: u32) -> Result<(), Error> {
        self.set(object, &Change::mode(mode)).await
    }

    pub async fn chown(&mut self, object: &Handle, uid: Option<u32>, gid: Option<u32>) -> Result<(), Error> {
        self.set(object, &Change { uid, gid, ..Change::default() }).await
    }

    pub async fn set(&mut self, object: &Handle, change: &Change) -> Result<(), Error> {
        let args = SETATTR3args { object: object.wire(), new_attributes: change.wire(), guard: sattrguard3::None };
        self.nfs_call(2, &args, |_| Ok(())).await
    }

    /// Which of these rights (RFC 1813 section 3.3.4) the server says the caller has.
    pub async fn access(&mut self, object: &Handle, rights: u32) -> Result<u32, Error> {
        self.nfs_call(4, &ACCESS3args { object: object.wire(), access: rights }, |at| {
            optional_attributes(at)?;
            at.word()
        })
        .await
    }

    pub async fn lookup(&mut self, dir: &Handle, name: &str) -> Result<Handle, Error> {
        self.nfs_call(3, &LOOKUP3args { what: dir.place(name) }, handle).await
    }

    pub async fn readlink(&mut self, link: &Handle) -> Result<Vec<u8>, Error> {
        self.nfs_call(5, &link.wire(), |at| {
            optional_attributes(at)?;
            at.opaque(ANSWER).map(<[u8]>::to_vec)
        })
        .await
    }

    /// At most `count` bytes from `offset`; fewer at the end of the file or by the server's bound.
    pub async fn read(&mut self, file: &Handle, offset: u64, count: u32) -> Result<Vec<u8>, Error> {
        self.nfs_call(6, &READ3args { file: file.wire(), offset, count }, |at| {
            optional_attributes(at)?;
            let _ = (at.word()?, at.flag()?);
            at.opaque(ANSWER).map(<[u8]>::to_vec)
        })
        .await
    }

    /// Writes to stable storage and returns how many bytes were taken.
    pub async fn write(&mut self, file: &Handle, offset: u64, data: &[u8]) -> Result<u32, Error> {
        self.write_as(file, offset, data, stable_how::FILE_SYNC).await.map(|(count, _)| count)
    }

    /// Writes without waiting for the disk; returns the write verifier to compare with that of [`Client::commit`].
    pub async fn write_unstable(&mut self, file: &Handle, offset: u64, data: &[u8]) -> Result<[u8; 8], Error> {
        self.write_as(file, offset, data, stable_how::UNSTABLE).await.map(|(_, verifier)| verifier)
    }

    async fn write_as(
        &mut self,
        file: &Handle,
        offset: u64,
        data: &[u8],
        stable: stable_how,
    ) -> Result<(u32, [u8; 8]), Error> {
        let data = Opaque::borrowed(data);
        let args = WRITE3args { file: file.wire(), offset, count: data.len() as u32, stable, data };
        self.nfs_call(7, &args, |at| {
            change(at)?;
            let (count, _committed) = (at.word()?, at.word()?);
            Ok((count, verifier(at)?))
        })
        .await
    }

    /// Has everything of this file on stable storage; returns the write verifier.
    pub async fn commit(&mut self, file: &Handle) -> Result<[u8; 8], Error> {
        self.nfs_call(21, &COMMIT3args { file: file.wire(), offset: 0, count: 0 }, |at| {
            change(at)?;
            verifier(at)
        })
        .await
    }

    /// A regular file that may have been there.
    pub async fn create(&mut self, dir: &Handle, name: &str) -> Result<Handle, Error> {
        self.create_with(dir, name, createhow3::UNCHECKED(sattr3::default())).await
    }

    /// A regular file that was not there, with these attributes.
    pub async fn create_new(&mut self, dir: &Handle, name: &str, change: &Change) -> Result<Handle, Error> {
        self.create_with(dir, name, createhow3::GUARDED(change.wire())).await
    }

    /// A regular file that was not there, unless the server made it for the same verifier.
    pub async fn create_exclusive(&mut self, dir: &Handle, name: &str, verifier: [u8; 8]) -> Result<Handle, Error> {
        self.create_with(dir, name, createhow3::EXCLUSIVE(createverf3(verifier))).await
    }

    pub(crate) async fn create_with(&mut self, dir: &Handle, name: &str, how: createhow3) -> Result<Handle, Error> {
        self.nfs_call(8, &CREATE3args { where_: dir.place(name), how }, made).await
    }

    pub async fn mkdir(&mut self, dir: &Handle, name: &str) -> Result<Handle, Error> {
        self.mkdir_as(dir, name, &Change::default()).await
    }

    /// A directory with these attributes.
    pub async fn mkdir_as(&mut self, dir: &Handle, name: &str, change: &Change) -> Result<Handle, Error> {
        self.nfs_call(9, &MKDIR3args { where_: dir.place(name), attributes: change.wire() }, made).await
    }

    pub async fn symlink(&mut self, dir: &Handle, name: &str, target: &str) -> Result<Handle, Error> {
        let symlink = symlinkdata3 {
            symlink_attributes: sattr3::default(),
            symlink_data: nfspath3(Opaque::borrowed(target.as_bytes())),
        };
        self.nfs_call(10, &SYMLINK3args { where_: dir.place(name), symlink }, made).await
    }

    /// A FIFO, socket or device with these attributes.
    pub async fn mknod(&mut self, dir: &Handle, name: &str, node: Node, change: &Change) -> Result<Handle, Error> {
        self.nfs_call(11, &MKNOD3args { where_: dir.place(name), what: node.wire(change.wire()) }, made).await
    }

    pub async fn remove(&mut self, dir: &Handle, name: &str) -> Result<(), Error> {
        self.nfs_call(12, &REMOVE3args { object: dir.place(name) }, |_| Ok(())).await
    }

    pub async fn rmdir(&mut self, dir: &Handle, name: &str) -> Result<(), Error> {
        self.nfs_call(13, &RMDIR3args { object: dir.place(name) }, |_| Ok(())).await
    }

    pub async fn rename(&mut self, from: (&Handle, &str), to: (&Handle, &str)) -> Result<(), Error> {
        let args = RENAME3args { from: from.0.place(from.1), to: to.0.place(to.1) };
        self.nfs_call(14, &args, |_| Ok(())).await
    }

    pub async fn link(&mut self, file: &Handle, dir: &Handle, name: &str) -> Result<(), Error> {
        self.nfs_call(15, &LINK3args { file: file.wire(), link: dir.place(name) }, |_| Ok(())).await
    }

    /// All names in a directory but `.` and `..`, in the server's order.
    pub async fn readdir(&mut self, dir: &Handle) -> Result<Vec<String>, Error> {
        let (mut names, mut cookie, mut cookieverf) = (Vec::new(), 0, cookieverf3::default());
        loop {
            let args = READDIR3args { dir: dir.wire(), cookie, cookieverf, count: PAGE };
            let (verifier, page, eof) = self.nfs_call(16, &args, page).await?;
            let before = cookie;
            cookieverf = cookieverf3(verifier);
            for (name, next) in page {
                cookie = next;
                if name != "." && name != ".." {
                    names.push(name);
                }
            }
            if eof {
                return Ok(names);
            }
            if cookie == before {
                return Err(Error::Garbled { procedure: NFS[16].name });
            }
        }
    }

    /// How large the file system is and what is free.
    pub async fn fsstat(&mut self, root: &Handle) -> Result<Space, Error> {
        self.nfs_call(18, &root.wire(), |at| {
            optional_attributes(at)?;
            let (total, free, _, files, files_free) = (at.long()?, at.long()?, at.long()?, at.long()?, at.long()?);
            Ok(Space { total, free, files, files_free })
        })
        .await
    }

    /// Makes any NFS call; the answer is what follows the status.
    pub(crate) async fn nfs_call<T>(
        &mut self,
        number: u32,
        args: &impl Pack,
        read: impl FnOnce(&mut Cursor<'_>) -> Result<T, Garbled>,
    ) -> Result<T, Error> {
        let answer = self.send(PROGRAM, number, args).await?;
        read_result(NFS[number as usize].name, &answer, read)
    }

    async fn mount_call<T>(
        &mut self,
        number: u32,
        args: &impl Pack,
        read: impl FnOnce(&mut Cursor<'_>) -> Result<T, Garbled>,
    ) -> Result<T, Error> {
        let answer = self.send(mount::PROGRAM, number, args).await?;
        read_result(MOUNT[number as usize].name, &answer, read)
    }

    /// Sends a call and returns its results without the envelope.
    async fn send(&mut self, program: u32, number: u32, args: &impl Pack) -> Result<Vec<u8>, Error> {
        self.xid = self.xid.wrapping_add(1);
        let (uid, gid, groups) = &self.caller;
        let count = groups.len() as u32;
        let mut call = record::open();
        rpc::words(&mut call, &[self.xid, 0, 2, program, 3, number, 1, 20 + 4 * count, 0, 0, *uid, *gid, count]);
        rpc::words(&mut call, groups);
        rpc::words(&mut call, &[0, 0]);
        let name = if program == PROGRAM { NFS[number as usize].name } else { MOUNT[number as usize].name };
        let garbled = || Error::Garbled { procedure: name };
        args.pack(&mut call).map_err(|_| garbled())?;
        let exchange = async {
            self.stream.get_mut().write_all(&record::close(call)).await?;
            record::read(&mut self.stream, ANSWER).await
        };
        let answer = self.clock.within(PATIENCE, exchange).await.map_err(|late| Error::Silent(late.0))??;
        let mut at = Cursor::new(&answer);
        let envelope = envelope(&mut at).map_err(|Garbled| garbled())?;
        match envelope {
            (xid, ..) if xid != self.xid => Err(garbled()),
            (_, false, 0) => Ok(at.rest().to_vec()),
            (_, denied, status) => Err(Error::Rejected { procedure: name, status, denied }),
        }
    }
}

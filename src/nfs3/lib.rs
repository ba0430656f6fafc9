//! An NFSv3 and MOUNTv3 server over TCP (RFC 1813, RFC 5531) that knows its client's address.
//!
//! It serves the data LIFs of a simulated array, so what a client may do is asked of [`Exports`] at **every** call and
//! not only at mount: a rule that is dropped ends a transfer in the middle. How to get it wrong: believing a length or a
//! path that came over the wire, following a symbolic link that a client made, or doing file I/O on an async thread.
//!
//! A volume is a directory of real files. Owner and mode as clients see them are kept in the extended attribute
//! `user.manilad.nfs3`; the files themselves belong to the server. Whoever else reads that directory must not follow
//! the symbolic links in it: clients choose where they point.

mod call;
pub mod client;
mod connection;
mod create;
mod data;
mod disk;
mod dispatch;
mod error;
mod grant;
mod handle;
mod index;
mod limits;
mod list;
mod look;
mod metrics;
mod mount;
mod mounts;
mod names;
mod procedure;
mod record;
mod refusal;
mod replay;
mod replica;
mod rights;
mod rpc;
mod server;
mod service;
mod tree;
mod volume;
mod xdr;

#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::path::PathBuf;

pub use error::Error;
pub use grant::{Access, Flavour, Grant, Mapping};
pub use limits::Limits;
pub use metrics::{Calls, Metrics, Outcome};
pub use nfs3_types::nfs3::nfsstat3 as Status;
pub use replica::{persist, replicate, touch};
pub use server::Server;
pub use volume::usage;

/// What a data LIF serves. Asked at every NFS and MOUNT call, on a blocking thread, so a changed export rule works at
/// once, also on handles that a client already holds. `lif` is the address the client connected to.
pub trait Exports: Send + Sync + 'static {
    /// Whether the network between them lets this client connect to the LIF at all. Asked when a connection comes in, on
    /// an async thread: be quick. A connection that is not let through is closed and counted.
    fn reaches(&self, lif: IpAddr, client: IpAddr) -> bool {
        let _ = (lif, client);
        true
    }

    /// The volume at a junction path such as `/share_1`; `None` if there is no such junction. The grant is the one for
    /// AUTH_SYS, as clients may mount without saying who they are.
    fn volume_at(&self, lif: IpAddr, junction: &str, client: IpAddr) -> Option<Mounted>;

    /// The volume by the stable number in a file handle; `None` if it is gone (the client gets `NFS3ERR_STALE`). The
    /// grant is the one for callers who say by this `flavour` who they are.
    fn volume(&self, lif: IpAddr, id: u64, client: IpAddr, flavour: Flavour) -> Option<Mounted>;

    /// The junction paths for the EXPORT list that this client is shown.
    fn junctions(&self, lif: IpAddr, client: IpAddr) -> Vec<String>;

    /// Owner and mode of a volume's root directory as they are now; `None` if the volume is gone. Asked when a call finds
    /// others than it did before, with the volume locked.
    fn root_owner(&self, id: u64) -> Option<Ownership>;

    /// Keeps owner and mode of a volume's root directory, which a client has changed, before the client is told. Whether
    /// they are kept for good.
    fn own_root(&self, id: u64, owner: Ownership) -> bool;

    /// Told what a volume holds when that changed and when the volume was first read. Comes often: be quick.
    fn used(&self, id: u64, usage: Usage);
}

/// One volume as one client sees it at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mounted {
    /// Stable number of the volume, also over restarts: it is part of every file handle.
    pub id: u64,
    /// Where it is mounted in the namespace, such as `/share_1`.
    pub junction: String,
    /// The directory that holds its files.
    pub root: PathBuf,
    /// What the export rules grant this client, and as whom.
    pub grant: Grant,
    /// Owner and mode of its root directory.
    pub owner: Ownership,
    /// Usable size in bytes.
    pub size: u64,
    /// How many files, directories and other objects it may hold.
    pub files: u64,
    /// How many of them it holds by itself, without its directory having them.
    pub own_files: u64,
    /// Other volumes that are seen in its root directory.
    pub submounts: Vec<Submount>,
}

/// A volume that is seen in the root directory of another one, such as `.snapshot`. Its name is taken there: clients can
/// neither make nor remove it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submount {
    pub name: String,
    /// The number by which [`Exports::volume`] knows it.
    pub volume: u64,
    /// Neither listed nor found, though its name is taken.
    pub hidden: bool,
}

/// Whose a directory is, and the twelve bits of its mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ownership {
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
}

/// What a volume's directory holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Bytes of the blocks in which regular files hold something, each file once however many names it has.
    pub bytes: u64,
    /// Objects, without the root directory.
    pub files: u64,
}

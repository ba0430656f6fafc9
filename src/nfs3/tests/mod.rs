//! The server as a whole, over real sockets on 127.0.0.0/8, so that clients come from different addresses.

mod envelope;
mod files;
mod hostile;
mod limits;
mod modes;
mod nodes;
mod ownership;
mod permission;
mod posix;
mod restart;
mod rights;
mod space;
mod submounts;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use manilad_clock::Clock;
use nfs3_types::nfs3::{fattr3, ftype3, nfstime3, specdata3};
use tokio::net::TcpListener;

use crate::client::{Client, Handle};
use crate::{Access, Exports, Flavour, Grant, Limits, Mounted, Ownership, Server, Status, Submount, Usage};

pub(crate) const KIB: u64 = 1 << 10;
pub(crate) const MIB: u64 = 1 << 20;
pub(crate) const LIF: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
pub(crate) const OWNER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
pub(crate) const READER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 3));
pub(crate) const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 4));

/// As a new volume has it.
pub(crate) const ROOTS: Ownership = Ownership { mode: 0o755, uid: 0, gid: 0 };

/// Volumes with rules per client address. Who is in no rule is denied.
#[derive(Default)]
pub(crate) struct Array {
    pub volumes: Mutex<BTreeMap<u64, Volume>>,
    pub used: Mutex<HashMap<u64, Usage>>,
    pub unreachable: Mutex<HashSet<IpAddr>>,
    /// Whether nothing can be kept any more.
    pub broken: AtomicBool,
}

#[derive(Clone)]
pub(crate) struct Volume {
    pub junction: String,
    pub root: PathBuf,
    pub size: u64,
    pub files: u64,
    pub owner: Ownership,
    pub rules: HashMap<IpAddr, Grant>,
    pub submounts: Vec<Submount>,
}

impl Array {
    pub fn change(&self, id: u64, act: impl FnOnce(&mut Volume)) {
        act(self.volumes.lock().unwrap().get_mut(&id).unwrap());
    }

    pub fn allow(&self, id: u64, client: IpAddr, access: Access) {
        self.grant(id, client, Grant::own(access));
    }

    pub fn grant(&self, id: u64, client: IpAddr, grant: Grant) {
        self.change(id, |volume| {
            volume.rules.insert(client, grant);
        });
    }

    fn mounted(id: u64, volume: &Volume, client: IpAddr) -> Mounted {
        let Volume { junction, root, size, files, owner, rules, submounts } = volume.clone();
        let grant = rules.get(&client).copied().unwrap_or(Grant::own(Access::Denied));
        Mounted { id, junction, root, size, files, own_files: 98, owner, grant, submounts }
    }
}

impl Exports for Array {
    fn reaches(&self, _: IpAddr, client: IpAddr) -> bool {
        !self.unreachable.lock().unwrap().contains(&client)
    }

    fn volume_at(&self, _: IpAddr, junction: &str, client: IpAddr) -> Option<Mounted> {
        let volumes = self.volumes.lock().unwrap();
        volumes.iter().find(|(_, volume)| volume.junction == junction).map(|(id, at)| Array::mounted(*id, at, client))
    }

    fn volume(&self, _: IpAddr, id: u64, client: IpAddr, _: Flavour) -> Option<Mounted> {
        self.volumes.lock().unwrap().get(&id).map(|volume| Array::mounted(id, volume, client))
    }

    fn junctions(&self, _: IpAddr, client: IpAddr) -> Vec<String> {
        let volumes = self.volumes.lock().unwrap();
        let shown = volumes.values().filter(|volume| volume.rules.contains_key(&client));
        shown.map(|volume| volume.junction.clone()).collect()
    }

    fn root_owner(&self, id: u64) -> Option<Ownership> {
        self.volumes.lock().unwrap().get(&id).map(|volume| volume.owner)
    }

    fn own_root(&self, id: u64, owner: Ownership) -> bool {
        let keeps = !self.broken.load(Ordering::SeqCst);
        if keeps {
            self.change(id, |volume| volume.owner = owner);
        }
        keeps
    }

    fn used(&self, id: u64, usage: Usage) {
        self.used.lock().unwrap().insert(id, usage);
    }
}

/// An array with volume 1 at `/one` (rw for the owner, ro for the reader) and volume 2 at `/two` (rw for the owner).
pub(crate) struct Lab {
    pub array: Arc<Array>,
    pub server: Server,
    pub lif: SocketAddr,
    pub clock: Clock,
    pub limits: Limits,
    directory: tempfile::TempDir,
}

impl Lab {
    pub async fn new() -> Self {
        Lab::with(Limits::default(), Clock::system()).await
    }

    pub async fn with(limits: Limits, clock: Clock) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let array = Arc::new(Array::default());
        for (id, junction) in [(1, "/one"), (2, "/two")] {
            let root = directory.path().join(id.to_string());
            std::fs::create_dir(&root).unwrap();
            let rules = HashMap::from([(OWNER, Grant::own(Access::ReadWrite))]);
            let submounts = Vec::new();
            let (junction, size) = (junction.to_owned(), 64 * MIB);
            let volume = Volume { junction, root, size, files: 10_000, owner: ROOTS, rules, submounts };
            array.volumes.lock().unwrap().insert(id, volume);
        }
        array.allow(1, READER, Access::ReadOnly);
        let (server, lif) = serve(&array, LIF, &limits, &clock).await;
        Lab { array, server, lif, clock, limits, directory }
    }

    /// Where a volume's files are.
    pub fn root(&self, id: u64) -> PathBuf {
        self.directory.path().join(id.to_string())
    }

    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub async fn client(&self, from: IpAddr) -> Client {
        Client::connect(self.lif, Some(from), Clock::system()).await.unwrap()
    }

    /// A client at the owner's address, and the root of `/one`.
    pub async fn owner(&self) -> (Client, Handle) {
        let mut client = self.client(OWNER).await;
        let root = client.mount("/one").await.unwrap();
        (client, root)
    }

    /// Ends the server and starts another one on the same files.
    pub async fn restart(&mut self) {
        self.server.stop().await;
        (self.server, self.lif) = serve(&self.array, LIF, &self.limits, &self.clock).await;
    }

    pub fn used(&self, id: u64) -> u64 {
        self.array.used.lock().unwrap()[&id].bytes
    }
}

pub(crate) async fn serve(array: &Arc<Array>, lif: IpAddr, limits: &Limits, clock: &Clock) -> (Server, SocketAddr) {
    let listener = TcpListener::bind((lif, 0)).await.unwrap();
    let lif = listener.local_addr().unwrap();
    (Server::serve([listener], array.clone(), limits.clone(), clock.clone()).unwrap(), lif)
}

/// The status that a call was answered with.
pub(crate) trait Answered {
    fn status(self) -> Status;
}

impl<T: std::fmt::Debug> Answered for Result<T, crate::Error> {
    fn status(self) -> Status {
        match self {
            Ok(_) => Status::NFS3_OK,
            Err(error) => error.status().unwrap_or_else(|| panic!("no status: {error}")),
        }
    }
}

pub(crate) fn attributes() -> fattr3 {
    fattr3 {
        type_: ftype3::NF3DIR,
        mode: 0,
        nlink: 0,
        uid: 0,
        gid: 0,
        size: 0,
        used: 0,
        rdev: specdata3::default(),
        fsid: 0,
        fileid: 0,
        atime: nfstime3::default(),
        mtime: nfstime3::default(),
        ctime: nfstime3::default(),
    }
}

//! Data LIFs that listen: each has a listener of its own, opened and closed as it comes, goes, or is switched off.
//!
//! Whoever makes a LIF waits here until it listens, so that a client can mount as soon as the request is answered. How
//! to get it wrong: holding the cluster from here; the server holds what it serves, and the two would keep each other
//! alive for ever.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Weak};

use manilad_clock::Clock;
use manilad_nfs3::{Exports, Limits, Server};
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use crate::Error;
use crate::lookup::reach;
use crate::state::State;

/// The data LIFs of a cluster that serve NFS. When the last clone is dropped, none listens any more.
#[derive(Clone)]
pub struct Lifs(Arc<Inner>);

#[derive(Default)]
pub struct WeakLifs(Weak<Inner>);

struct Inner {
    server: Server,
    port: u16,
    runtime: Handle,
    listening: Mutex<Listening>,
}

#[derive(Default)]
struct Listening {
    open: BTreeMap<IpAddr, SocketAddr>,
    /// Addresses that this machine would not listen on. Tried again only once their LIF has gone and come again.
    refused: BTreeSet<IpAddr>,
    /// The state of the network that has been followed.
    revision: u64,
}

impl WeakLifs {
    pub fn upgrade(&self) -> Option<Lifs> {
        self.0.upgrade().map(Lifs)
    }
}

impl Lifs {
    /// Listens at the addresses that are served. One of the configured ones must be there.
    pub(crate) fn open(
        exports: Arc<dyn Exports>,
        clock: Clock,
        configured: &BTreeSet<IpAddr>,
        served: Served,
        port: u16,
    ) -> Result<Self, Error> {
        let server = Server::serve([], exports, Limits::default(), clock)
            .map_err(|problem| Error::Configuration(problem.to_string()))?;
        let mut listening = Listening { revision: served.revision, ..Listening::default() };
        let runtime = Handle::current();
        for lif in served.addresses {
            match listen(&server, &runtime, SocketAddr::new(lif, port)) {
                Ok(address) => drop(listening.open.insert(lif, address)),
                Err(problem) if configured.contains(&lif) => {
                    return Err(Error::Lif(SocketAddr::new(lif, port), problem.to_string()));
                }
                Err(problem) => listening.refuse(lif, &problem),
            }
        }
        Ok(Lifs(Arc::new(Inner { server, port, runtime, listening: Mutex::new(listening) })))
    }

    pub(crate) fn downgrade(&self) -> WeakLifs {
        WeakLifs(Arc::downgrade(&self.0))
    }

    /// The addresses that are served.
    pub fn lifs(&self) -> Vec<SocketAddr> {
        let mut lifs = self.0.server.lifs();
        lifs.sort_unstable();
        lifs
    }

    /// Closes all. When this returns, no file is touched any more.
    pub async fn stop(&self) {
        self.0.server.stop().await;
    }

    /// Acts while no call touches the files of a volume, whose number and root directory these are.
    pub(crate) fn alone<T>(&self, number: u64, root: &Path, act: impl FnOnce() -> T) -> T {
        self.0.server.alone(number, root, act)
    }

    /// Opens and closes listeners until they are as the cluster has its LIFs now; `revision` is its network's.
    pub(crate) async fn follow(&self, revision: u64, served: impl Fn() -> Served + Send + 'static) {
        if self.0.listening.try_lock().is_ok_and(|listening| listening.revision == revision) {
            return;
        }
        // In a task of its own: who waits may go away in the middle.
        let own = self.clone();
        let followed = self.0.runtime.spawn(async move { own.catch_up(served).await });
        if let Err(problem) = followed.await {
            tracing::error!(%problem, "the listeners of data LIFs could not be brought up to date");
        }
    }

    async fn catch_up(&self, served: impl Fn() -> Served) {
        let mut listening = self.0.listening.lock().await;
        let Served { revision, addresses } = served();
        listening.revision = revision;
        listening.refused.retain(|lif| addresses.contains(lif));
        let gone: Vec<IpAddr> = listening.open.keys().filter(|lif| !addresses.contains(lif)).copied().collect();
        for lif in gone {
            if let Some(address) = listening.open.remove(&lif) {
                self.0.server.close(address).await;
                tracing::info!(%address, "a data LIF has ceased to listen");
            }
        }
        for lif in addresses {
            if listening.open.contains_key(&lif) || listening.refused.contains(&lif) {
                continue;
            }
            match listen(&self.0.server, &self.0.runtime, SocketAddr::new(lif, self.0.port)) {
                Ok(address) => {
                    tracing::info!(%address, "a data LIF listens");
                    listening.open.insert(lif, address);
                }
                Err(problem) => listening.refuse(lif, &problem),
            }
        }
    }
}

/// The addresses at which NFS is served, at a revision of the network.
pub(crate) struct Served {
    revision: u64,
    addresses: BTreeSet<IpAddr>,
}

impl Served {
    pub fn of(state: &State) -> Self {
        Served { revision: state.network_revision(), addresses: reach::served(state) }
    }
}

impl Listening {
    /// An array has networks that this machine has not: the LIF is there, and nobody can mount from it.
    fn refuse(&mut self, lif: IpAddr, problem: &std::io::Error) {
        tracing::warn!(%lif, %problem, "a data LIF can't listen: its address can't be bound on this machine");
        self.refused.insert(lif);
    }
}

fn listen(server: &Server, runtime: &Handle, address: SocketAddr) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    // Listeners outlive the request that made them, and so the thread that answers it.
    let _on = runtime.enter();
    server.open(tokio::net::TcpListener::from_std(listener)?).map_err(std::io::Error::other)
}

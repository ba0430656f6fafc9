//! Listeners: one per data LIF, opened and closed while the server runs, as LIFs come and go.
//!
//! All LIFs share volumes, limits and counters. How to get it wrong: keeping the listener beyond its LIF's end, which
//! keeps the address taken, or leaving connections behind.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use manilad_clock::Clock;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::connection;
use crate::metrics::Metrics;
use crate::service::{Ends, Service};
use crate::{Error, Exports, Limits};

/// How long to rest when a connection can't be taken on, as when descriptors run out.
const REST: Duration = Duration::from_millis(100);

/// A running server. Cheap to clone; when the last clone is dropped, everything ends.
#[derive(Clone)]
pub struct Server(Arc<Inner>);

struct Inner {
    service: Arc<Service>,
    lifs: Mutex<HashMap<SocketAddr, Lif>>,
}

struct Lif {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Server {
    /// Serves NFSv3 and MOUNTv3 on each of the listeners, on the current tokio runtime.
    ///
    /// # Errors
    /// A limit out of its bounds, or a listener without an address.
    pub fn serve(
        lifs: impl IntoIterator<Item = TcpListener>,
        exports: Arc<dyn Exports>,
        limits: Limits,
        clock: Clock,
    ) -> Result<Server, Error> {
        let service = Arc::new(Service::new(exports, limits.checked()?, clock));
        let server = Server(Arc::new(Inner { service, lifs: Mutex::default() }));
        lifs.into_iter().try_for_each(|lif| server.open(lif).map(drop))?;
        Ok(server)
    }

    /// Serves one more LIF and returns its address.
    ///
    /// # Errors
    /// A listener without an address.
    pub fn open(&self, lif: TcpListener) -> Result<SocketAddr, Error> {
        let address = lif.local_addr().map_err(Error::Listener)?;
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(accept(lif, self.0.service.clone(), stopped));
        self.with_lifs(|lifs| lifs.insert(address, Lif { stop, task }));
        Ok(address)
    }

    /// Closes one LIF: its listener at once, its connections when their calls under way are answered. Returns when all
    /// that is done; `false` if there is no such LIF.
    pub async fn close(&self, lif: SocketAddr) -> bool {
        let Some(Lif { stop, task }) = self.with_lifs(|lifs| lifs.remove(&lif)) else { return false };
        stop.send_replace(true);
        if let Err(error) = task.await {
            tracing::error!(%lif, %error, "the listener of a LIF failed");
        }
        true
    }

    /// Closes all LIFs. When this returns, no file is touched any more.
    pub async fn stop(&self) {
        self.with_lifs(|lifs| lifs.values().for_each(|lif| lif.stop.send_modify(|stopped| *stopped = true)));
        for lif in self.lifs() {
            self.close(lif).await;
        }
        self.0.service.at_rest().await;
    }

    /// The addresses that are served.
    pub fn lifs(&self) -> Vec<SocketAddr> {
        self.with_lifs(|lifs| lifs.keys().copied().collect())
    }

    /// Acts while no call touches the files of a volume, which are in the directory `root`. What is remembered of them is
    /// dropped, so they may be changed. To be called on a thread that may block, holding nothing that [`Exports`] needs.
    pub fn alone<T>(&self, volume: u64, root: &Path, act: impl FnOnce() -> T) -> T {
        self.0.service.volumes.at(volume, root).alone(act)
    }

    /// Drops what is remembered of a volume, so that the next call reads its directory anew: to be said when its files
    /// were changed by other ways, as by a restored snapshot. A replaced root directory is noticed without it.
    pub fn forget(&self, volume: u64) {
        self.0.service.volumes.forget(volume);
    }

    /// What was done so far.
    pub fn metrics(&self) -> Metrics {
        self.0.service.counters.read()
    }

    fn with_lifs<T>(&self, act: impl FnOnce(&mut HashMap<SocketAddr, Lif>) -> T) -> T {
        act(&mut self.0.lifs.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn accept(listener: TcpListener, service: Arc<Service>, mut stop: watch::Receiver<bool>) {
    let mut open = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            _ = stop.wait_for(|stopped| *stopped) => break,
            Some(_) = open.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        let ends = accepted.and_then(|(stream, client)| {
            let lif = stream.local_addr()?.ip().to_canonical();
            Ok((stream, Ends { lif, client: client.ip().to_canonical() }))
        });
        match ends {
            Ok(_) if open.len() >= service.limits.connections => service.counters.refused.one(),
            Ok((_, ends)) if !service.exports.reaches(ends.lif, ends.client) => {
                service.counters.unreachable.one();
                tracing::debug!(client = %ends.client, lif = %ends.lif, "closed a connection: no way between them");
            }
            Ok((stream, ends)) => {
                service.counters.accepted.one();
                open.spawn(connection::serve(stream, ends, service.clone(), stop.clone()));
            }
            Err(error) => {
                service.counters.accept_failures.one();
                tracing::warn!(%error, "a connection could not be accepted");
                service.clock.sleep(REST).await;
            }
        }
    }
    drop(listener);
    while open.join_next().await.is_some() {}
}

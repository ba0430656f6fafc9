//! Our NFS client on export locations, from a client address that the test chooses.

use std::net::{IpAddr, SocketAddr};

use manilad_clock::Clock;
use manilad_nfs3::Error;
use manilad_nfs3::client::{Client, Handle};

use super::NFS_PORT;

/// An NFS client at an address of its own, on the export location that the API gave.
pub async fn mount(export: &str, from: &str) -> Result<(Client, Handle), Error> {
    let (lif, junction) = export.rsplit_once(':').unwrap();
    let lif = SocketAddr::new(lif.parse::<IpAddr>().unwrap(), NFS_PORT);
    let mut client = Client::connect(lif, Some(from.parse().unwrap()), Clock::system()).await?;
    let root = client.mount(junction).await?;
    Ok((client, root))
}

/// Runs client work to its end.
pub fn block<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

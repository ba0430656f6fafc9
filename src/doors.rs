//! How many clients may be connected, and how those beyond that are turned away.
//!
//! Each connection takes a descriptor, and so do the store's files and the connections to arrays and Keystone. So clients get
//! what the limit of open files leaves beyond a reserve. How to get it wrong: to let connections wait to be accepted beside
//! descriptors that are used up; the store is then the first that can't open a file.

use std::any::Any;
use std::net::SocketAddr;
use std::sync::Arc;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use manilad_conf::Settings;
use manilad_http::connections::Connections;
use rustix::net::{Shutdown, shutdown};
use rustix::process::{Resource, getrlimit};

/// Descriptors that are kept for all else.
const RESERVE: u64 = 256;
/// More connections than any daemon needs.
const MOST: u64 = 25_000;
/// Fewer are no service.
const LEAST: u64 = 16;

/// The bounds that settings and the limit of open files come to.
pub fn connections(settings: &Settings) -> anyhow::Result<Arc<Connections>> {
    let asked = (settings.manilad.connections, settings.manilad.connections_per_peer);
    let (in_all, per_peer) = bounds(asked, getrlimit(Resource::Nofile).current);
    Ok(Connections::new(usize::try_from(in_all)?, usize::try_from(per_peer)?))
}

/// The bounds in all and per peer; 0 asks for the default.
fn bounds((asked, per_peer): (u64, u64), open_files: Option<u64>) -> (u64, u64) {
    // No more than half is kept back where the limit is low.
    let left = open_files.map_or(MOST, |limit| limit - RESERVE.min(limit / 2));
    let in_all = if asked == 0 { left.min(MOST) } else { asked.min(left) }.max(LEAST);
    (in_all, if per_peer == 0 { in_all.div_ceil(2) } else { per_peer.min(in_all) })
}

/// Counts a connection as it begins, or ends it.
pub fn enter(connections: &Arc<Connections>, connection: &dyn Any, kept: &mut Extensions) {
    let plain = connection.downcast_ref::<TcpStream>();
    let Some(stream) = plain.or_else(|| connection.downcast_ref::<TlsStream<TcpStream>>().map(|tls| tls.get_ref().0))
    else {
        return;
    };
    match stream.peer_addr().ok().as_ref().map(SocketAddr::ip).and_then(|peer| connections.admit(peer)) {
        Some(admitted) => drop(kept.insert(admitted)),
        None => {
            let _it_may_be_gone = shutdown(stream, Shutdown::Both);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_get_what_the_limit_of_open_files_leaves() {
        assert_eq!(bounds((0, 0), Some(1024)), (768, 384));
        assert_eq!(bounds((0, 0), Some(128)), (64, 32));
        assert_eq!(bounds((0, 0), None), (25_000, 12_500));
        assert_eq!(bounds((100, 0), Some(1024)), (100, 50));
        assert_eq!(bounds((5000, 10), Some(1024)), (768, 10));
    }
}

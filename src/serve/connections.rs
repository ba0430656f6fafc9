//! How many clients may be connected, and how those beyond that are turned away.
//!
//! Each connection takes a descriptor, and so do the store's files and the connections to arrays and Keystone. So clients get
//! what the limit of open files leaves beyond a reserve. A connection is counted, and turned away if it is one too many, once
//! it can carry requests: over TLS only after its handshake. So no more are accepted at all than a few beyond the bound; the
//! kernel keeps the others waiting. How to get it wrong: to let connections wait to be accepted beside descriptors that are
//! used up; the store is then the first that can't open a file.

use std::any::Any;
use std::net::SocketAddr;
use std::sync::Arc;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use manilad_conf::Settings;
use manilad_http::connections::Connections;
use rustix::net::sockopt::set_tcp_user_timeout;
use rustix::net::{Shutdown, shutdown};
use rustix::process::{Resource, getrlimit};

/// Descriptors that are kept for all else, where the limit allows it.
const RESERVE: u64 = 256;
/// No less is kept: without a client, a daemon with a back end has about thirty open.
const LEAST_RESERVE: u64 = 64;
/// More connections than any daemon needs.
const MOST: u64 = 25_000;
/// Fewer are no service.
const LEAST: u64 = 16;
/// What part of the reserve may be taken by connections that are being turned away, or shake hands beyond the bound.
const BEYOND: u64 = 4;

/// How long a client may take nothing of what is sent to it, in milliseconds; the kernel then ends its connection.
const STALLED_MS: u32 = 60_000;

/// How many connections there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bounds {
    in_all: u64,
    per_peer: u64,
    /// How many are accepted before the others wait in the kernel.
    accepted: u64,
}

/// The bounds in force, and how many connections each of `workers` accepts.
///
/// # Errors
/// The limit of open files leaves no room for clients.
pub fn in_force(settings: &Settings, workers: usize) -> anyhow::Result<(Arc<Connections>, usize)> {
    let asked = (settings.manilad.connections, settings.manilad.connections_per_peer);
    let Bounds { in_all, per_peer, accepted } = bounds(asked, getrlimit(Resource::Nofile).current)?;
    if asked.0 > in_all {
        tracing::warn!(
            asked = asked.0,
            in_all,
            "[manilad] connections: the limit of open files (LimitNOFILE) leaves fewer"
        );
    }
    let connections = Connections::new(usize::try_from(in_all)?, usize::try_from(per_peer)?);
    Ok((connections, usize::try_from(accepted)?.div_ceil(workers.max(1))))
}

/// The bounds for what is asked for, in all and per peer, under a limit of open files; 0 asks for the default.
fn bounds((asked, per_peer): (u64, u64), open_files: Option<u64>) -> anyhow::Result<Bounds> {
    // Where the limit is low, half of it is kept.
    let reserve = open_files.map_or(RESERVE, |limit| (limit / 2).clamp(LEAST_RESERVE, RESERVE));
    let left = open_files.map_or(MOST, |limit| limit.saturating_sub(reserve));
    anyhow::ensure!(
        left >= LEAST,
        "the limit of open files (LimitNOFILE, ulimit -n) is {}: expected at least {}, of which {LEAST_RESERVE} are for the \
         store, the arrays and Keystone, and {LEAST} for clients",
        open_files.unwrap_or_default(),
        LEAST_RESERVE + LEAST
    );
    let in_all = if asked == 0 { left.min(MOST) } else { asked.min(left) };
    let per_peer = if per_peer == 0 { in_all.div_ceil(2) } else { per_peer.min(in_all) };
    Ok(Bounds { in_all, per_peer, accepted: in_all + reserve / BEYOND })
}

/// Counts a connection as it begins, or ends it.
pub fn enter(connections: &Arc<Connections>, connection: &dyn Any, kept: &mut Extensions) {
    let plain = connection.downcast_ref::<TcpStream>();
    let Some(stream) = plain.or_else(|| connection.downcast_ref::<TlsStream<TcpStream>>().map(|tls| tls.get_ref().0))
    else {
        return;
    };
    match stream.peer_addr().ok().as_ref().map(SocketAddr::ip).and_then(|peer| connections.admit(peer)) {
        Some(admitted) => {
            drop(kept.insert(admitted));
            if let Err(problem) = set_tcp_user_timeout(stream, STALLED_MS) {
                tracing::debug!(%problem, "a connection has no bound on how long its client may stop reading");
            }
        }
        None => {
            let _it_may_be_gone = shutdown(stream, Shutdown::Both);
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::rt::net::TcpListener;
    use rustix::net::sockopt::tcp_user_timeout;

    use super::*;

    fn figures(asked: (u64, u64), open_files: Option<u64>) -> (u64, u64, u64) {
        let Bounds { in_all, per_peer, accepted } = bounds(asked, open_files).unwrap();
        (in_all, per_peer, accepted)
    }

    #[actix_rt::test]
    async fn a_client_that_is_let_in_may_not_stop_reading_for_ever() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        enter(&Connections::new(1, 1), &stream, &mut Extensions::new());
        assert_eq!(tcp_user_timeout(&stream).unwrap(), STALLED_MS);
    }

    #[test]
    fn clients_get_what_the_limit_of_open_files_leaves() {
        assert_eq!(figures((0, 0), Some(1024)), (768, 384, 832));
        assert_eq!(figures((0, 0), Some(256)), (128, 64, 160));
        assert_eq!(figures((0, 0), None), (25_000, 12_500, 25_064));
        assert_eq!(figures((100, 0), Some(1024)), (100, 50, 164));
        assert_eq!(figures((5000, 10), Some(1024)), (768, 10, 832));
        assert_eq!(figures((5, 0), Some(1024)), (5, 3, 69), "what was asked for holds");
    }

    #[test]
    fn no_limit_of_open_files_gives_clients_more_than_it_leaves() {
        for limit in 0..2000 {
            match bounds((0, 0), Some(limit)) {
                Ok(Bounds { in_all, accepted, .. }) => {
                    assert!(in_all >= LEAST && in_all + LEAST_RESERVE <= limit, "{limit}: {in_all}");
                    assert!(accepted + LEAST_RESERVE * 3 / 4 <= limit, "{limit}: {accepted}");
                }
                Err(refusal) => {
                    assert!(limit < 80 && refusal.to_string().contains(&format!("is {limit}: ")), "{limit}")
                }
            }
        }
    }
}

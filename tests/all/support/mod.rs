//! What tests of the whole daemon stand on: real processes, real HTTP, a real store, the real simulator.
//!
//! Waiting is polling with a deadline, never a bare pause. Every test ends with [`Stage::close`], which stops the
//! daemon in good order and holds store and array against each other.

mod api;
mod conversation;
mod daemon;
pub mod key_store;
mod keystone;
mod nfs;
mod process;
pub mod records;
pub mod sim;

pub use api::Api;
pub use daemon::{BackEnd, Stage};
pub use keystone::{Bearer, Keystone, Speaks};
pub use nfs::{block, mount};
pub use process::{PASSWORD, Process};
pub use sim::NFS_PORT;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// An HTTP client that believes any certificate: whom the daemon believes is another matter. The crypto provider is a
/// process's business, so tests install it too.
pub fn http() -> reqwest::blocking::Client {
    let _installed_before = rustls::crypto::ring::default_provider().install_default();
    client().build().unwrap()
}

fn client() -> reqwest::blocking::ClientBuilder {
    reqwest::blocking::Client::builder().timeout(PATIENCE).tls_danger_accept_invalid_certs(true)
}

/// As [`http`], with a connection for each call: one that is kept may be closed by its server just when the next call is sent.
pub fn http_of_single_calls() -> reqwest::blocking::Client {
    let _installed_before = rustls::crypto::ring::default_provider().install_default();
    client().pool_max_idle_per_host(0).build().unwrap()
}

/// Plays each case, a few of them beside one another: most of a case is spent waiting for processes.
pub fn each<T: Sync>(cases: &[T], play: impl Fn(&T) + Sync) {
    const BESIDE: usize = 6;
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..BESIDE.min(cases.len()) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    play(case);
                }
            });
        }
    });
}

/// How long anything may take before the test fails: longer than a machine that is short of processors needs, for it only guards
/// against waiting for ever.
pub const PATIENCE: Duration = Duration::from_secs(600);

/// Looks until `look` finds something.
#[allow(clippy::disallowed_methods, reason = "other processes run on the real clock")]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

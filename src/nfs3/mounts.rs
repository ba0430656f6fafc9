//! Who has mounted what, as far as clients told: a courtesy to administrators, and wrong as soon as a client forgets to
//! unmount. How to get it wrong: to judge a call by it.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// LIF, client and path.
#[derive(Default)]
pub(crate) struct Mounts(Mutex<BTreeSet<(IpAddr, IpAddr, String)>>);

impl Mounts {
    pub fn change<T>(&self, act: impl FnOnce(&mut BTreeSet<(IpAddr, IpAddr, String)>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

//! What share servers need of the cloud: addresses, from one plugin per kind of network, chosen per back end as in
//! manila.conf, and credentials for keys.
//!
//! A plugin talks to a network service or to nobody, and never to the store. Both calls can be repeated: what an
//! earlier try made is found by the server's id. How to get it wrong: taking a lost answer for a refusal; leaving
//! a port behind; or making a call that changes something without asking whether the work is still owed.

mod error;
mod keys;
mod neutron;
mod nova;
mod owed;
mod standalone;
mod unsettled;

use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::{LocalBoxFuture, ready};
use manilad_clock::Clock;
use manilad_domain::address::{Offer, Wish};
use manilad_domain::{Allocation, ShareServer};

pub use error::{Error, Kind, Misfit};
pub use keys::Keys;
pub use neutron::{Binding, Link, Neutron, NeutronOptions};
pub use nova::{Ledger, NOVA_MICROVERSION, Nova, NovaOptions};
pub use owed::while_owed;
pub use standalone::{Standalone, StandaloneOptions};

/// A way to addresses, for one incarnation of a back end, on its thread.
pub trait Plugin: 'static {
    /// Addresses as wished: made, or found if an earlier try made them, or named for the writer to choose among.
    ///
    /// # Errors
    /// Why there are none.
    fn allocate(&self, wish: Wish) -> LocalBoxFuture<'_, Result<Offer, Error>>;

    /// Those of the addresses which a server has on the array already that are in the network of the wish, as an offer of
    /// [`Source::Standing`](manilad_domain::address::Source::Standing); none where there are none. Nothing is changed.
    ///
    /// # Errors
    /// Why it can't be told, or why they can't be taken over; refused where the plugin can't do that.
    fn recognise(&self, _: Wish, _: Vec<IpAddr>) -> LocalBoxFuture<'_, Result<Option<Offer>, Error>> {
        let reason = "addresses that a share server has already can be taken over in stand-alone networks and those of Neutron; for Nova's \
                      this is not built";
        ready(Err(Error::refused(reason))).boxed_local()
    }

    /// Gives back whatever the server has, on record or not. That there is nothing is no error. `in_flight`: what an
    /// earlier incarnation asked for may still come.
    ///
    /// # Errors
    /// Why something may be left.
    fn release(
        &self,
        server: ShareServer,
        allocations: Vec<Allocation>,
        in_flight: bool,
    ) -> LocalBoxFuture<'_, Result<(), Error>>;
}

/// The plugins of one back end.
pub struct Networks {
    pub tenants: Rc<dyn Plugin>,
    /// Where administrators reach the servers too.
    pub admin: Option<Rc<dyn Plugin>>,
    /// How arrays come to read keys of tenants, where there is a key store.
    pub keys: Option<Rc<Keys>>,
}

/// Makes the plugins of one incarnation, on its own thread. Nothing is sent yet.
pub type NetworksFactory = Arc<dyn Fn(&Clock) -> Networks + Send + Sync>;

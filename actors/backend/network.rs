//! NetworkActor: gives share servers addresses, with the plugins of its back end, and credentials for their keys, and takes
//! them back.
//!
//! It keeps nothing. How to get it wrong: to wait here for one wish after the other while another server waits.

use std::net::IpAddr;
use std::rc::Rc;

use actix::fut::{ActorFutureExt, WrapFuture};
use actix::{Actor, Context, Handler, ResponseActFuture};
use manilad_clock::Clock;
use manilad_domain::ShareNetworkSubnetId;
use manilad_domain::address::{Offer, Source, Wish};
use manilad_domain::deadlines::NETWORK_TRY;
use manilad_domain::encryption_key::KeyCredential;
use manilad_domain::message::Detail;
use manilad_domain::outcome::{Remedy, Trouble};
use manilad_kit::{Cancellation, contained};
use manilad_messages::network::{Allocate, Entrust, Recognise, Release};
use manilad_network::{Error, Kind, Networks, Plugin, while_owed};

pub struct NetworkActor {
    clock: Clock,
    networks: Rc<Networks>,
}

impl NetworkActor {
    pub fn new(clock: Clock, networks: Rc<Networks>) -> Self {
        NetworkActor { clock, networks }
    }

    /// Does `work` for as long as the actor lives, with an end. Once it is cancelled, it makes no more calls that change
    /// something.
    fn begin<T: 'static>(
        &self,
        cancellation: Cancellation,
        work: impl Future<Output = Result<T, Trouble>> + 'static,
    ) -> ResponseActFuture<Self, Result<T, Trouble>> {
        let work = while_owed(move || !cancellation.is_cancelled(), work);
        let work = contained(&self.clock, NETWORK_TRY, work);
        Box::pin(work.into_actor(self).map(|done, _, _| match done {
            Ok(outcome) => outcome,
            Err(lost) => Err(Trouble {
                remedy: Remedy::Again,
                detail: Detail::NoShareServer,
                reason: format!("what the network service did is not known: {lost}"),
            }),
        }))
    }
}

impl Actor for NetworkActor {
    type Context = Context<Self>;
}

impl Handler<Allocate> for NetworkActor {
    type Result = ResponseActFuture<Self, Result<Vec<Offer>, Trouble>>;

    fn handle(&mut self, Allocate(wishes, cancellation): Allocate, _: &mut Self::Context) -> Self::Result {
        let networks = self.networks.clone();
        self.begin(cancellation, async move {
            let mut offers = Vec::with_capacity(wishes.len());
            for wish in wishes {
                let plugin = plugin_of(&networks, &wish)?;
                offers.push(plugin.allocate(wish).await.map_err(trouble)?);
            }
            Ok(offers)
        })
    }
}

impl Handler<Recognise> for NetworkActor {
    type Result = ResponseActFuture<Self, Result<Vec<(Option<ShareNetworkSubnetId>, Offer)>, Trouble>>;

    fn handle(
        &mut self,
        Recognise { wishes, mut addresses, cancellation }: Recognise,
        _: &mut Self::Context,
    ) -> Self::Result {
        let networks = self.networks.clone();
        self.begin(cancellation, async move {
            let mut offers = Vec::with_capacity(wishes.len());
            for wish in wishes {
                let (subnet, plugin) = (wish.subnet.as_ref().map(|subnet| subnet.id), plugin_of(&networks, &wish)?);
                match plugin.recognise(wish, addresses.clone()).await.map_err(trouble)? {
                    Some(offer) => {
                        if let Source::Standing(own) = &offer.source {
                            addresses.retain(|address| !own.iter().any(|one| one.address == *address));
                        }
                        offers.push((subnet, offer));
                    }
                    None if subnet.is_some() => {
                        return Err(stranded(&addresses, "none of its addresses is in the network of its subnet"));
                    }
                    None => {}
                }
            }
            match addresses.is_empty() {
                true => Ok(offers),
                false => Err(stranded(&addresses, "these addresses are in no network of it")),
            }
        })
    }
}

impl Handler<Entrust> for NetworkActor {
    type Result = ResponseActFuture<Self, Result<KeyCredential, Trouble>>;

    fn handle(&mut self, Entrust { server, key, cancellation }: Entrust, _: &mut Self::Context) -> Self::Result {
        let networks = self.networks.clone();
        self.begin(cancellation, async move {
            let keys = networks.keys.as_ref().ok_or_else(|| no_keys(Remedy::Elsewhere))?;
            keys.entrust(server, key).await.map_err(trouble)
        })
    }
}

impl Handler<Release> for NetworkActor {
    type Result = ResponseActFuture<Self, Result<(), Trouble>>;

    fn handle(
        &mut self,
        Release { server, allocations, in_flight, cancellation }: Release,
        _: &mut Self::Context,
    ) -> Self::Result {
        let networks = self.networks.clone();
        self.begin(cancellation, async move {
            if server.encryption.is_some() {
                let keys = networks.keys.as_ref().ok_or_else(|| no_keys(Remedy::Again))?;
                keys.forget(server.id, in_flight).await.map_err(trouble)?;
            }
            let (admin, own): (Vec<_>, Vec<_>) = allocations.into_iter().partition(|one| one.subnet.is_none());
            networks.tenants.release(server.clone(), own, in_flight).await.map_err(trouble)?;
            match &networks.admin {
                Some(plugin) => plugin.release(server, admin, in_flight).await.map_err(trouble),
                None => Ok(()),
            }
        })
    }
}

/// Why what an administrator named can't be the share server of its subnet.
fn stranded(addresses: &[IpAddr], why: &str) -> Trouble {
    let told: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
    let reason = format!("the share server can't be managed: {why}: {}", told.join(", "));
    Trouble { remedy: Remedy::Never, detail: Detail::NoShareServer, reason }
}

fn no_keys(remedy: Remedy) -> Trouble {
    let reason = "a share server is encrypted with a key, and [barbican] names no key store".to_owned();
    Trouble { remedy, detail: Detail::NoShareServer, reason }
}

fn plugin_of(networks: &Networks, wish: &Wish) -> Result<Rc<dyn Plugin>, Trouble> {
    let plugin = if wish.subnet.is_some() { Some(&networks.tenants) } else { networks.admin.as_ref() };
    let reason = "no administrative network is configured";
    let trouble = || Trouble { remedy: Remedy::Never, detail: Detail::NoShareServer, reason: reason.to_owned() };
    plugin.cloned().ok_or_else(trouble)
}

fn trouble(error: Error) -> Trouble {
    let remedy = match error.kind {
        Kind::Unknown => Remedy::Again,
        Kind::Refused => Remedy::Elsewhere,
    };
    Trouble { remedy, detail: error.detail, reason: error.reason }
}

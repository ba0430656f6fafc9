//! NetworkActor: gives share servers addresses, and takes them back, with the plugins of its back end.
//!
//! It keeps nothing. How to get it wrong: to wait here for one wish after the other while another server waits.

use std::rc::Rc;

use actix::fut::{ActorFutureExt, WrapFuture};
use actix::{Actor, Context, Handler, ResponseActFuture};
use manilad_clock::Clock;
use manilad_domain::address::{Offer, Wish};
use manilad_domain::deadlines::NETWORK_TRY;
use manilad_domain::message::Detail;
use manilad_domain::outcome::{Remedy, Trouble};
use manilad_kit::{Cancellation, contained};
use manilad_messages::network::{Allocate, Release};
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

impl Handler<Release> for NetworkActor {
    type Result = ResponseActFuture<Self, Result<(), Trouble>>;

    fn handle(
        &mut self,
        Release { server, allocations, in_flight, cancellation }: Release,
        _: &mut Self::Context,
    ) -> Self::Result {
        let networks = self.networks.clone();
        self.begin(cancellation, async move {
            let (admin, own): (Vec<_>, Vec<_>) = allocations.into_iter().partition(|one| one.subnet.is_none());
            networks.tenants.release(server.clone(), own, in_flight).await.map_err(trouble)?;
            match &networks.admin {
                Some(plugin) => plugin.release(server, admin, in_flight).await.map_err(trouble),
                None => Ok(()),
            }
        })
    }
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

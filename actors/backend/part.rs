//! The children of a back end, and how they are asked: one driver actor per noun, and, where share servers are made, the
//! actor of their networks.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{LocalBoxFuture, ready};
use manilad_clock::Clock;
use manilad_domain::address::Wish;
use manilad_domain::message::Detail;
use manilad_domain::share_server::ServerSubnet;
use manilad_domain::{Allocation, ShareServer};
use manilad_driver::Crew;
use manilad_kit::{Children, Port, Restarts, Unanswered, Vitals, Watch, contained, raise};
use manilad_messages::driver::{Cancellation, Noun, Remedy, Settle, Task, Trouble};
use manilad_messages::network::{Allocate, Release};
use manilad_network::Networks;

use crate::actor::Duties;
use crate::network::NetworkActor;
use crate::outcome::{Answer, Done};
use crate::patience;

/// How many tasks one child may have at once where each share server is an SVM with a limiter of its own.
pub const TASKS: usize = 512;
/// The same where all are for one SVM: what a limiter lets through at the most. More would only wait there, where waiting
/// has an end, and on a slow array would be sent back and count as failed tries.
pub const TASKS_OF_ONE_SVM: usize = 64;

/// A child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Driver(Noun),
    Network,
}

impl Part {
    pub const fn name(self) -> &'static str {
        match self {
            Part::Driver(noun) => noun.name(),
            Part::Network => "network",
        }
    }
}

/// The ways to the children of one incarnation.
pub struct Parts {
    clock: Clock,
    tasks: usize,
    crew: Rc<dyn Crew>,
    drivers: BTreeMap<Noun, Port<Settle>>,
    network: Option<Network>,
}

struct Network {
    has_admin: bool,
    allocate: Port<Allocate>,
    release: Port<Release>,
}

impl Parts {
    /// Prepares the children; whoever calls raises them.
    pub fn new(duties: &Duties, crew: &Rc<dyn Crew>) -> (Self, Children<Part>) {
        let clock = &duties.clock;
        let tasks = if duties.networks.is_some() { TASKS } else { TASKS_OF_ONE_SVM };
        let mut children = Children::new(clock.clone());
        let mut drivers = BTreeMap::new();
        let restarts =
            || Restarts::new(5, Duration::from_secs(60), Duration::from_millis(100), Duration::from_secs(10));
        let served = |noun: &Noun| *noun != Noun::Server || duties.networks.is_some();
        for noun in Noun::ALL.into_iter().filter(served) {
            let name = format!("{}/{}", duties.service, noun.name());
            let port = Port::new(name.as_str(), tasks, patience::LONGEST_TRY, clock.clone());
            let (vitals, crew, plug): (Vitals, _, _) = (duties.registry.vitals(name), crew.clone(), port.clone());
            children.add(Part::Driver(noun), vitals.clone(), restarts(), move || crew.raise(noun, &vitals, &plug));
            drivers.insert(noun, port);
        }
        let network = duties.networks.as_ref().map(|lay| {
            let networks: Rc<Networks> = Rc::new(lay(clock));
            let name = format!("{}/{}", duties.service, Part::Network.name());
            let allocate = Port::new(format!("{name}/allocate"), TASKS, patience::LONGEST_TRY, clock.clone());
            let release = Port::new(format!("{name}/release"), TASKS, patience::LONGEST_TRY, clock.clone());
            let network = Network { has_admin: networks.admin.is_some(), allocate, release };
            let (vitals, clock) = (duties.registry.vitals(name), clock.clone());
            let (allocate, release) = (network.allocate.clone(), network.release.clone());
            children.add(Part::Network, vitals.clone(), restarts(), move || {
                let (allocate, release) = (allocate.clone(), release.clone());
                let actor = NetworkActor::new(clock.clone(), networks.clone());
                raise(&vitals, Watch::default(), move |raising| {
                    raising.plug(&allocate);
                    raising.plug(&release);
                    actor
                })
            });
            network
        });
        (Parts { clock: clock.clone(), tasks, crew: crew.clone(), drivers, network }, children)
    }

    /// Whether there is a network for administrators.
    pub fn has_admin_network(&self) -> bool {
        self.network.as_ref().is_some_and(|network| network.has_admin)
    }

    /// How many more tasks of a noun would be taken now, with so many in hand.
    pub fn room(&self, noun: Noun, in_hand: usize) -> usize {
        let driver = self.drivers.get(&noun).map_or(self.tasks, Port::room).min(self.tasks.saturating_sub(in_hand));
        match &self.network {
            Some(network) if noun == Noun::Server => driver.min(network.allocate.room()).min(network.release.room()),
            _ => driver,
        }
    }

    /// Has the driver do a task, unless and until it is cancelled.
    pub fn task(&self, task: Task, cancellation: Cancellation) -> LocalBoxFuture<'static, Answer> {
        match self.drivers.get(&task.noun()) {
            Some(port) => port
                .ask(Settle(task, cancellation))
                .map(|answer| answer.map(|said| said.map(Done::Driver)))
                .boxed_local(),
            None => no_networks(),
        }
    }

    /// Asks for addresses of a server: as many as the driver says in each subnet, and one for administrators.
    pub fn allocate(
        &self,
        server: ShareServer,
        subnets: Vec<ServerSubnet>,
        admin: bool,
    ) -> LocalBoxFuture<'static, Answer> {
        let Some(network) = &self.network else { return no_networks() };
        let (port, crew, clock) = (network.allocate.clone(), self.crew.clone(), self.clock.clone());
        async move {
            let asked = contained(&clock, patience::LONGEST_TRY, crew.addresses()).await;
            let count = match asked {
                Ok(Ok(count)) => count,
                Ok(Err(trouble)) => return Ok(Err(trouble)),
                Err(_) => return Err(Unanswered::Lost),
            };
            let wish = |subnet, count| Wish { server: server.id, project: server.project_id.clone(), subnet, count };
            let ids: Vec<_> = subnets.iter().map(|subnet| Some(subnet.id)).chain(admin.then_some(None)).collect();
            let own = subnets.into_iter().map(|subnet| wish(Some(subnet), count));
            let wishes = own.chain(admin.then(|| wish(None, 1))).collect();
            let answer = port.ask(Allocate(wishes)).await;
            answer.map(|said| said.map(|offers| Done::Offered(ids.into_iter().zip(offers).collect())))
        }
        .boxed_local()
    }

    /// Gives the addresses of a server back.
    pub fn release(
        &self,
        server: ShareServer,
        allocations: Vec<Allocation>,
        in_flight: bool,
    ) -> LocalBoxFuture<'static, Answer> {
        let Some(network) = &self.network else { return no_networks() };
        let released = network.release.ask(Release { server, allocations, in_flight });
        released.map(|answer| answer.map(|said| said.map(|()| Done::Released))).boxed_local()
    }
}

/// The back end made share servers when it was configured otherwise.
fn no_networks() -> LocalBoxFuture<'static, Answer> {
    let told =
        "the back end has driver_handles_share_servers = False, and a share server of an earlier time".to_owned();
    ready(Ok(Err(Trouble { remedy: Remedy::Again, detail: Detail::NoShareServer, told }))).boxed_local()
}

//! NetworkActor: what every actor must survive, with a network that plays by the name of the project.

use std::rc::Rc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use manilad_domain::address::{Offer, Source, Wish};
use manilad_domain::message::Detail;
use manilad_domain::outcome::Trouble;
use manilad_domain::share_server::ServerSubnet;
use manilad_domain::subnet::Segment;
use manilad_domain::{Allocation, ShareServer};
use manilad_kit::lab::{Lab, Mishap as Trial, Specimen, trials};
use manilad_kit::{Cancellation, Life, Port, Vitals, Watch, raise};
use manilad_messages::network::Allocate;
use manilad_network::{Error, Kind, Networks, Plugin};

use crate::network::NetworkActor;

struct Moody;

impl Plugin for Moody {
    fn allocate(&self, wish: Wish) -> LocalBoxFuture<'_, Result<Offer, Error>> {
        async move {
            match wish.project.as_str() {
                "panic" => panic!("as the project has it"),
                "hang" => std::future::pending().await,
                "error" => {
                    Err(Error { kind: Kind::Refused, detail: Detail::NoShareServer, reason: "as it has it".to_owned() })
                }
                _ => Ok(Offer {
                    segment: Segment::default(),
                    scope: "test".to_owned(),
                    prefix: 24,
                    source: Source::Given(Vec::new()),
                }),
            }
        }
        .boxed_local()
    }

    fn release(&self, _: ShareServer, _: Vec<Allocation>, _: bool) -> LocalBoxFuture<'_, Result<(), Error>> {
        async { Ok(()) }.boxed_local()
    }
}

#[derive(Clone)]
struct Network;

impl Specimen for Network {
    type Message = Allocate;

    fn port(&self, lab: &Lab) -> Port<Allocate> {
        Port::new("network", 8, Duration::from_secs(300), lab.clock.clone())
    }

    fn raise(&self, vitals: &Vitals, port: &Port<Allocate>) -> Life {
        let networks = Rc::new(Networks { tenants: Rc::new(Moody), admin: None, keys: None });
        let (clock, port) = (vitals.clock().clone(), port.clone());
        raise(vitals, Watch::default(), move |raising| {
            raising.plug(&port);
            NetworkActor::new(clock, networks)
        })
    }

    fn message(&self, mishap: Trial) -> Allocate {
        let project = match mishap {
            Trial::None => "fine",
            Trial::Panic => "panic",
            Trial::Error => "error",
            Trial::Hang => "hang",
        };
        let subnet = ServerSubnet {
            id: uuid::Uuid::from_u128(2).into(),
            neutron: None,
            segment: Segment::default(),
            metadata: Default::default(),
        };
        let server = uuid::Uuid::from_u128(1).into();
        Allocate(
            vec![Wish { server, project: project.to_owned(), subnet: Some(subnet), count: 1 }],
            Cancellation::never(),
        )
    }

    fn succeeded(&self, answer: &Result<Vec<Offer>, Trouble>) -> bool {
        answer.is_ok()
    }
}

#[test]
fn the_network_actor_survives_panic_error_hang_flood_and_orderly_stop() {
    trials(&Network);
}

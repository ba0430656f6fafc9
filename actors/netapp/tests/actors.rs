//! What every actor must survive: panic, error, hang, flood and orderly stop.

use std::rc::Rc;
use std::sync::Arc;

use manilad_domain::access::AccessLevel::Rw;
use manilad_driver::{Arrival, Crew};
use manilad_kit::lab::{Lab, Mishap as Trial, Specimen, trials};
use manilad_kit::{Fence, Life, Port, Vitals};
use manilad_messages::driver::{Cancellation, Noun, Remedy, ServerSubject, Settle, Subject, Task};
use manilad_ontap::{Limiters, Limits};
use manilad_ontap_sim::{Cluster, Config};

use super::bench::{BOUND, PATIENCE, run, settings, with_servers};
use super::samples::{SERVICE, subject, wanted};
use super::server_samples::server;
use super::wire::{Mishap, SimWire};
use crate::array::Array;
use crate::crew::NetAppCrew;
use crate::driver::Shared;
use crate::share::create;
use crate::task::Outcome;

#[derive(Clone)]
struct Actor(Noun);

fn number(trial: Trial) -> u8 {
    match trial {
        Trial::None => 1,
        Trial::Panic => 2,
        Trial::Error => 3,
        Trial::Hang => 4,
    }
}

/// The share that a trial is about. That of an error has no volume, or none can be made for it.
fn share(trial: Trial) -> Subject {
    subject(number(trial).into())
}

/// The share server that a trial is about. None can be made for that of an error.
fn share_server(trial: Trial) -> ServerSubject {
    server(number(trial), None)
}

/// Part of the names on the array.
fn words(trial: Trial) -> [String; 2] {
    [share(trial).instance.to_string().replace('-', "_"), format!("os_{}", share_server(trial).server.id)]
}

impl Specimen for Actor {
    type Message = Settle;

    fn port(&self, lab: &Lab) -> Port<Settle> {
        Port::new(self.0.name(), BOUND, PATIENCE, lab.clock.clone())
    }

    fn raise(&self, vitals: &Vitals, port: &Port<Settle>) -> Life {
        let clock = vitals.clock().clone();
        let wire = SimWire::new(Cluster::open(Config::default(), clock.clone()).unwrap(), clock.clone());
        words(Trial::Panic).iter().for_each(|word| wire.curse(word, Mishap::Panic));
        words(Trial::Hang).iter().for_each(|word| wire.curse(word, Mishap::Silence));
        let settings = Arc::new(if self.0 == Noun::Server { with_servers() } else { settings() });
        let templates = settings.check().unwrap();
        let limiters = Limiters::new(clock.clone(), Limits { start: 2 * BOUND, most: 2 * BOUND, ..Limits::default() });
        let arrival = Arrival { clock, fence: Fence::new(), service: SERVICE.to_owned() };
        let lay = wire.clone();
        let array = || {
            Array::new(settings.clone(), templates.clone(), Shared::new(limiters.clone()), &laid(&lay), arrival.clone())
        };
        if self.0 == Noun::Access {
            let array = array();
            actix_rt::spawn(async move { create(&array, &share(Trial::None)).await });
        }
        let [share, svm] = words(Trial::Error);
        wire.curse(&format!("\"name\":\"policy_{share}\""), Mishap::Unavailable);
        wire.curse(&format!("\"name\":\"{svm}\""), Mishap::Unavailable);
        let crew: Rc<dyn Crew> = Rc::new(NetAppCrew::new(array()));
        crew.raise(self.0, vitals, port)
    }

    fn message(&self, trial: Trial) -> Settle {
        let task = match self.0 {
            Noun::Share => Task::Create(share(trial)),
            Noun::Access => Task::Apply(share(trial), vec![wanted(1, "10.0.0.1", Rw)]),
            Noun::Server => Task::SetUp(Box::new(share_server(trial))),
        };
        Settle(task, Cancellation::never())
    }

    fn succeeded(&self, answer: &Outcome) -> bool {
        answer.is_ok()
    }
}

fn laid(wire: &SimWire) -> crate::Wire {
    let wire = wire.clone();
    Arc::new(move |_, _| Ok(Arc::new(wire.clone())))
}

#[test]
fn the_share_actor_survives_panic_error_hang_flood_and_orderly_stop() {
    trials(&Actor(Noun::Share));
}

#[test]
fn the_access_actor_survives_panic_error_hang_flood_and_orderly_stop() {
    trials(&Actor(Noun::Access));
}

#[test]
fn the_server_actor_survives_panic_error_hang_flood_and_orderly_stop() {
    trials(&Actor(Noun::Server));
}

#[test]
fn a_task_for_another_noun_is_refused() {
    run(async |bench| {
        for (noun, task) in [
            (Noun::Share, Task::Apply(subject(1), Vec::new())),
            (Noun::Access, Task::Create(subject(1))),
            (Noun::Access, Task::Delete(subject(1))),
            (Noun::Server, Task::Delete(subject(1))),
            (Noun::Server, Task::SetUp(Box::new(server(1, None)))),
            (Noun::Share, Task::TearDown(Box::new(server(1, None)))),
        ] {
            assert_eq!(bench.attempt_with(noun, task).await.unwrap_err().remedy, Remedy::Never);
        }
        bench.assert_nothing_left();
    });
}

#[test]
fn a_fenced_incarnation_makes_no_calls() {
    run(async |bench| {
        bench.report().await.unwrap();
        bench.wire.forget_calls();
        bench.raise_fence();
        assert!(bench.create(&subject(1)).await.is_err_and(|trouble| trouble.remedy == Remedy::Again));
        assert_eq!(bench.wire.calls(), [""; 0]);
    });
}

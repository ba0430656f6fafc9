//! What every actor must survive: panic, error, hang, flood and orderly stop.

use std::collections::BTreeMap;
use std::sync::Arc;

use manilad_domain::access::AccessLevel::Rw;
use manilad_driver::{
    AccessPorts, Applied, ApplyRules, Cancellation, CreateInstance, Created, DriverContext, Remedy, RunningDriver,
    ServerPorts, ServerSubject, SetUpServer, SharePorts, Subject, Trouble,
};
use manilad_kit::lab::{Lab, Mishap as Trial, Specimen, trials};
use manilad_kit::{Fence, Life, Port, Vitals};
use manilad_ontap::{Limiters, Limits};
use manilad_ontap_sim::{Cluster, Config};

use super::bench::{BOUND, PATIENCE, creation, run, set_up, settings, with_servers};
use super::samples::{SERVICE, desired, subject};
use super::server_samples::server;
use super::wire::{Mishap, SimWire};
use crate::Settings;
use crate::array::Array;
use crate::running::RunningNetApp;
use crate::share::create;
use crate::shared::Shared;

#[derive(Clone)]
struct Shares;

#[derive(Clone)]
struct Access;

#[derive(Clone)]
struct Servers;

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

/// Holds on one cluster, on which all goes wrong for what bears the names of a trial that is to go wrong.
fn connections(vitals: &Vitals, settings: Settings) -> impl Fn() -> Array + use<> {
    let clock = vitals.clock().clone();
    let wire = SimWire::new(Cluster::open(Config::default(), clock.clone()).unwrap(), clock.clone());
    words(Trial::Panic).iter().for_each(|word| wire.curse(word, Mishap::Panic));
    words(Trial::Hang).iter().for_each(|word| wire.curse(word, Mishap::Silence));
    let [share, svm] = words(Trial::Error);
    wire.curse(&format!("\"name\":\"policy_{share}\""), Mishap::Unavailable);
    wire.curse(&format!("\"name\":\"{svm}\""), Mishap::Unavailable);
    let (settings, templates) = (Arc::new(settings.clone()), settings.check().unwrap());
    let limiters = Limiters::new(clock.clone(), Limits { start: 2 * BOUND, most: 2 * BOUND, ..Limits::default() });
    let context = DriverContext { clock, fence: Fence::new(), service: SERVICE.to_owned() };
    let wire: crate::Wire = Arc::new(move |_, _| Ok(Arc::new(wire.clone())));
    move || Array::new(settings.clone(), templates.clone(), Shared::new(limiters.clone()), &wire, context.clone())
}

impl Specimen for Shares {
    type Message = CreateInstance;

    fn port(&self, lab: &Lab) -> Port<CreateInstance> {
        Port::new("create", BOUND, PATIENCE, lab.clock.clone())
    }

    fn raise(&self, vitals: &Vitals, port: &Port<CreateInstance>) -> Life {
        let others = SharePorts::new("shares", BOUND, PATIENCE, vitals.clock());
        let ports = SharePorts { create: port.clone(), ..others };
        RunningNetApp::new(connections(vitals, settings())()).raise_shares(vitals, &ports)
    }

    fn message(&self, trial: Trial) -> CreateInstance {
        creation(share(trial))
    }

    fn succeeded(&self, answer: &Result<Created, Trouble>) -> bool {
        answer.is_ok()
    }
}

impl Specimen for Access {
    type Message = ApplyRules;

    fn port(&self, lab: &Lab) -> Port<ApplyRules> {
        Port::new("apply", BOUND, PATIENCE, lab.clock.clone())
    }

    fn raise(&self, vitals: &Vitals, port: &Port<ApplyRules>) -> Life {
        let connection = connections(vitals, settings());
        let maker = connection();
        actix_rt::spawn(async move { create(&maker, &share(Trial::None)).await });
        RunningNetApp::new(connection()).raise_access(vitals, &AccessPorts { apply: port.clone() })
    }

    fn message(&self, trial: Trial) -> ApplyRules {
        let (subject, rules) = (share(trial), vec![desired(1, "10.0.0.1", Rw)]);
        ApplyRules { subject, rules, cancellation: Cancellation::never() }
    }

    fn succeeded(&self, answer: &Result<Applied, Trouble>) -> bool {
        answer.is_ok()
    }
}

impl Specimen for Servers {
    type Message = SetUpServer;

    fn port(&self, lab: &Lab) -> Port<SetUpServer> {
        Port::new("set-up", BOUND, PATIENCE, lab.clock.clone())
    }

    fn raise(&self, vitals: &Vitals, port: &Port<SetUpServer>) -> Life {
        let others = ServerPorts::new("servers", BOUND, PATIENCE, vitals.clock());
        let ports = ServerPorts { set_up: port.clone(), ..others };
        RunningNetApp::new(connections(vitals, with_servers())()).raise_servers(vitals, &ports)
    }

    fn message(&self, trial: Trial) -> SetUpServer {
        set_up(share_server(trial))
    }

    fn succeeded(&self, answer: &Result<BTreeMap<String, String>, Trouble>) -> bool {
        answer.is_ok()
    }
}

#[test]
fn the_share_actor_survives_panic_error_hang_flood_and_orderly_stop() {
    trials(&Shares);
}

#[test]
fn the_access_actor_survives_panic_error_hang_flood_and_orderly_stop() {
    trials(&Access);
}

#[test]
fn the_server_actor_survives_panic_error_hang_flood_and_orderly_stop() {
    trials(&Servers);
}

#[test]
fn where_no_share_servers_are_made_none_is_set_up_or_torn_down() {
    run(async |bench| {
        let subject = server(1, None);
        assert_eq!(bench.set_up(&subject).await.unwrap_err().remedy, Remedy::Never);
        assert_eq!(bench.tear_down(&subject).await.unwrap_err().remedy, Remedy::Never);
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

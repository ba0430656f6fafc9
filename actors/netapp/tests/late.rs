//! Calls of an earlier incarnation that land after it has died: every call of making an instance, of changing its rules
//! and of setting a share server up, each late, and then the next incarnation takes away what was asked for.
//!
//! The calls are found by counting those of a run in which nothing goes wrong. Where nobody tells the driver that calls
//! may be on their way, something is left: that is tried too, so that the table can't pass by looking at nothing.

use std::time::Duration;

use manilad_domain::access::AccessLevel::Rw;
use manilad_domain::access::AccessType;
use manilad_domain::share::Protocol;
use manilad_driver::{DesiredRule, Remedy, ServerSubject, Subject, Trouble};
use manilad_ontap_sim::{Config, Release};

use super::bench::{Bench, goes_on, run_with, settings, with_servers};
use super::managing;
use super::samples::{desired, subject};
use super::server_samples::{TAG, names, server};
use super::wire::Mishap;

/// What the dead incarnation was at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Create(Protocol),
    Apply(Protocol),
    SetUp,
}

/// Whether the back end tells that calls may be on their way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InFlight {
    Yes,
    No,
}

/// Longer than a removal takes, shorter than a call can be on its way.
const LATE: Duration = Duration::from_secs(30);

/// With a QoS policy.
fn share(protocol: Protocol) -> Subject {
    let specs = [("qos".to_owned(), "<is> True".to_owned()), ("netapp:maxiops".to_owned(), "100".to_owned())];
    Subject { protocol, extra_specs: specs.into(), ..subject(1) }
}

fn rules(protocol: Protocol) -> Vec<DesiredRule> {
    let rule = desired(1, "10.0.0.1", Rw);
    match protocol {
        Protocol::Nfs => vec![rule],
        Protocol::Cifs => vec![DesiredRule { kind: AccessType::User, to: "alice".to_owned(), ..rule }],
    }
}

async fn carry_out(bench: &Bench, act: Act) -> Result<(), Trouble> {
    match act {
        Act::Create(protocol) => bench.create(&share(protocol)).await.map(drop),
        Act::Apply(protocol) => bench.apply(&share(protocol), &rules(protocol)).await.map(drop),
        Act::SetUp => bench.set_up(&server(1, Some(TAG))).await.map(drop),
    }
}

async fn take_back(bench: &Bench, act: Act, in_flight: InFlight) -> Result<(), Trouble> {
    let in_flight = in_flight == InFlight::Yes;
    let share = |protocol| Subject { in_flight, ..share(protocol) };
    match act {
        Act::Create(protocol) => bench.delete(&share(protocol)).await,
        Act::Apply(protocol) => bench.apply(&share(protocol), &[]).await.map(drop),
        Act::SetUp => bench.tear_down(&ServerSubject { in_flight, ..server(1, Some(TAG)) }).await,
    }
}

fn on<T>(act: Act, test: impl AsyncFnOnce(Bench) -> T) -> T {
    let mut config = Config::default();
    config.svms[0].cifs_server = Some("SVM1".to_owned());
    let settings = if act == Act::SetUp { with_servers() } else { settings() };
    run_with(config, settings, async |bench| {
        if let Act::Apply(protocol) = act {
            bench.create(&share(protocol)).await.unwrap();
        }
        let bench = bench.next();
        bench.report().await.unwrap();
        bench.wire.forget_calls();
        test(bench).await
    })
}

/// What is there, or in force, that nobody wants.
fn left(bench: &Bench, act: Act) -> Vec<String> {
    let of = |kind: &str| names(bench, kind).into_iter().map(move |name| format!("{kind} {name}")).collect::<Vec<_>>();
    match act {
        Act::Create(_) => {
            let objects = [bench.volumes(), bench.policies(), bench.qos_policies(), bench.smb_shares()].concat();
            objects.iter().map(|one| one["name"].to_string()).collect()
        }
        Act::Apply(Protocol::Nfs) => bench.rules().into_iter().map(|(client, _)| client).collect(),
        Act::Apply(Protocol::Cifs) => {
            let list = bench.smb_shares()[0]["acls"].as_array().cloned().unwrap_or_default();
            list.iter().map(|ace| ace["user_or_group"].to_string()).collect()
        }
        Act::SetUp => {
            let own = ["svm svm1", "ipspace Cluster", "ipspace Default", "interface svm1"];
            let all = ["svm", "ipspace", "broadcast_domain", "port", "interface"].map(of).concat();
            let is_own = |name: &String| own.iter().any(|own| name.starts_with(own));
            let is_base = |name: &String| name.starts_with("port") && !name.contains(&format!("-{TAG}"));
            let is_default = |name: &String| name.starts_with("broadcast_domain") && !name.contains("domain_");
            all.into_iter().filter(|name| !is_own(name) && !is_base(name) && !is_default(name)).collect()
        }
    }
}

/// What is left in the end after the `nth` call was late; none if there is no such call.
fn play(act: Act, nth: usize, in_flight: InFlight) -> Option<Vec<String>> {
    on(act, async |bench| {
        bench.wire.strike(nth, 1, Mishap::Late(LATE));
        let _it_dies = carry_out(&bench, act).await;
        if bench.wire.strikes() == 0 {
            return None;
        }
        bench.wire.heal();
        let bench = bench.next();
        let mut waited = false;
        for number in 0.. {
            match take_back(&bench, act, in_flight).await {
                Ok(()) => break,
                Err(trouble) => {
                    assert!(goes_on(&trouble), "{}", trouble.reason);
                    assert!(
                        in_flight == InFlight::No || left(&bench, act).is_empty() || number > 0,
                        "nothing was done at once"
                    );
                    if let Remedy::Wait(left) = trouble.remedy {
                        assert!(left <= Duration::from_secs(75), "{left:?}");
                        waited = true;
                    }
                }
            }
            assert!(number < 40, "it is never settled");
            bench.pass(Duration::from_secs(5)).await;
        }
        assert_eq!(waited, in_flight == InFlight::Yes);
        bench.pass(Duration::from_secs(120)).await;
        Some(left(&bench, act))
    })
}

fn every_call_comes_late(act: Act) {
    let mut lost = 0;
    for nth in 0.. {
        let Some(left) = play(act, nth, InFlight::Yes) else {
            assert!(nth > 0, "{act:?} makes no calls");
            break;
        };
        assert_eq!(left, Vec::<String>::new(), "{act:?}, call {nth}");
        lost += usize::from(play(act, nth, InFlight::No).is_some_and(|left| !left.is_empty()));
    }
    assert!(lost > 0, "{act:?}: no call that came late would have done any harm");
}

#[test]
fn rules_over_nfs_that_come_late_are_taken_away_again() {
    every_call_comes_late(Act::Apply(Protocol::Nfs));
}

#[test]
fn rules_over_smb_that_come_late_are_taken_away_again() {
    every_call_comes_late(Act::Apply(Protocol::Cifs));
}

#[test]
fn volumes_and_policies_over_nfs_that_come_late_are_removed() {
    every_call_comes_late(Act::Create(Protocol::Nfs));
}

#[test]
fn volumes_shares_and_policies_over_smb_that_come_late_are_removed() {
    every_call_comes_late(Act::Create(Protocol::Cifs));
}

#[test]
fn parts_of_share_servers_that_come_late_are_removed() {
    every_call_comes_late(Act::SetUp);
}

/// `act` meets a call that comes late, of a share whose name the next share gets.
fn is_waited_for_before_its_name_is_free(act: impl AsyncFnOnce(&Bench, &Subject)) {
    on(Act::Create(Protocol::Cifs), async |bench| {
        let mount_point_name = Some("data".to_owned());
        let named = |number| Subject {
            protocol: Protocol::Cifs,
            mount_point_name: mount_point_name.clone(),
            ..subject(number)
        };
        bench.create(&named(1)).await.unwrap();
        act(&bench, &named(1)).await;
        bench.wire.heal();
        while let Err(trouble) = bench.delete(&named(1)).await {
            assert!(goes_on(&trouble), "{}", trouble.reason);
            bench.pass(Duration::from_secs(5)).await;
        }
        bench.create(&named(2)).await.unwrap();
        bench.pass(Duration::from_secs(120)).await;
        assert_eq!(bench.smb_shares().len(), 1, "what removed the share of the first removed that of the second");
        assert_eq!(left(&bench, Act::Apply(Protocol::Cifs)), Vec::<String>::new(), "who may use the first can use it");
    });
}

#[test]
fn the_name_of_an_smb_share_is_free_when_nothing_can_come_late_for_it() {
    is_waited_for_before_its_name_is_free(async |bench, subject| {
        bench.wire.curse("alice", Mishap::Late(LATE));
        assert!(bench.apply(subject, &rules(Protocol::Cifs)).await.is_err());
    });
    is_waited_for_before_its_name_is_free(async |bench, subject| {
        bench.wire.curse("/data", Mishap::Late(LATE));
        assert!(bench.delete(subject).await.is_err());
    });
}

#[test]
fn where_nothing_was_on_its_way_nothing_waits_in_a_new_incarnation() {
    for act in [Act::Create(Protocol::Nfs), Act::Create(Protocol::Cifs), Act::SetUp] {
        on(act, async |bench| {
            carry_out(&bench, act).await.unwrap();
            let bench = bench.next();
            let began = bench.lab.clock.running();
            if act == Act::SetUp {
                let mut standing = server(1, Some(TAG));
                let name = format!("os_{}", standing.server.id);
                standing.server.details = [("vserver_name".to_owned(), name)].into();
                bench.tear_down(&standing).await.unwrap();
            } else {
                take_back(&bench, act, InFlight::No).await.unwrap();
            }
            assert!(bench.lab.clock.running() - began < Duration::from_secs(5));
        });
    }
}

#[test]
fn a_volume_that_a_late_call_takes_over_between_two_looks_is_found() {
    managing::with_volume(Release::V9_14_1, Protocol::Nfs, async |bench| {
        bench.wire.curse(r#"{"name":"share_"#, Mishap::Late(Duration::from_secs(20)));
        assert!(bench.manage(&managing::managed(Protocol::Nfs)).await.is_err());
        bench.wire.heal();
        bench.pass(Duration::from_millis(19_800)).await;
        // The second call looks at the path, and is asked once more when the late one has landed.
        bench.wire.strike(1, 1, Mishap::Busy);
        let managing = bench.manage(&managing::managed(Protocol::Nfs)).await;
        assert!(managing.as_ref().is_ok_and(|managed| managed.size == 4), "{managing:?}");
        assert_eq!(bench.wire.strikes(), 1);
    });
}

#[test]
fn a_share_that_is_deleted_while_it_is_managed_takes_the_smb_share_along_that_led_to_it() {
    for is_told in [true, false] {
        managing::with_volume(Release::V9_14_1, Protocol::Cifs, async |bench| {
            bench.wire.curse("/wages", Mishap::LostCall);
            let managed = managing::managed(Protocol::Cifs);
            assert!(bench.manage(&managed).await.is_err());
            assert_eq!(
                (bench.smb_shares().len(), bench.volumes()[0]["name"] != "payroll"),
                (1, true),
                "it was taken over"
            );
            bench.wire.heal();
            bench.pass(Duration::from_secs(120)).await;
            let path = managed.managed_path.clone().filter(|_| is_told);
            bench.delete(&Subject { managed_path: path, ..managed }).await.unwrap();
            assert_eq!((bench.volumes().len(), bench.smb_shares().len()), (0, usize::from(!is_told)));
        });
    }
}

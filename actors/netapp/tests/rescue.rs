//! Instances whose removal was given up, wherever it was: what is there is served again, and what is gone is told gone.

use std::time::Duration;

use manilad_domain::share::Protocol;
use manilad_driver::{Cancellation, Export, Remedy, Subject};
use manilad_ontap_sim::{Config, Fault, Rule};
use serde_json::json;

use super::bench::{Bench, run_with, settings};
use super::samples::subject;
use super::wire::Mishap;

/// Shorter than a call can be on its way.
const LATE: Duration = Duration::from_secs(30);

fn share(protocol: Protocol) -> Subject {
    Subject { protocol, ..subject(1) }
}

fn on_array<T>(test: impl AsyncFnOnce(Bench) -> T) -> T {
    let mut config = Config::default();
    config.svms[0].cifs_server = Some("SVM1".to_owned());
    run_with(config, settings(), test)
}

/// Holds that the instance is served under these paths if its volume is there, and else told gone; whether it is there.
async fn judge(bench: &Bench, protocol: Protocol, exports: &[Export]) -> bool {
    let is_there = !bench.volumes().is_empty();
    let found = bench.rescue(&share(protocol)).await.unwrap();
    assert_eq!(found.as_deref(), is_there.then_some(exports));
    let volumes = bench.volumes();
    assert_eq!(volumes.len(), usize::from(is_there), "nothing is made");
    for volume in &volumes {
        assert_eq!(volume["state"], "online");
        assert_eq!(volume["junction"], json!(format!("/{}", volume["name"].as_str().unwrap())));
    }
    if protocol == Protocol::Cifs {
        assert_eq!(bench.objects("cifs_share").len(), usize::from(is_there));
    }
    is_there
}

#[test]
fn what_a_cancelled_removal_has_left_is_served_again_and_what_it_has_taken_away_is_told_gone() {
    for protocol in [Protocol::Nfs, Protocol::Cifs] {
        let mut there = Vec::new();
        for calls in 0..8 {
            there.push(on_array(async |bench| {
                let exports = bench.create(&share(protocol)).await.unwrap();
                bench.wire.forget_calls();
                let wire = bench.wire.clone();
                let cancellation = Cancellation::unless(move || wire.calls().len() < calls);
                let _done_or_cancelled = bench.delete_unless(&share(protocol), cancellation).await;
                judge(&bench, protocol, &exports).await
            }));
        }
        assert!(there[0] && there[1] && !there[7], "{protocol:?}: {there:?}");
    }
}

#[test]
fn a_call_of_the_removal_that_may_still_land_is_waited_for() {
    for protocol in [Protocol::Nfs, Protocol::Cifs] {
        let mut waits = 0;
        for nth in 0..8 {
            waits += on_array(async |bench| {
                let exports = bench.create(&share(protocol)).await.unwrap();
                bench.wire.strike(nth, 1, Mishap::Late(LATE));
                let removed = bench.delete(&share(protocol)).await;
                bench.wire.heal();
                let at_once = match removed {
                    Ok(()) => None,
                    Err(_) => bench.rescue(&share(protocol)).await.err(),
                };
                let Some(trouble) = at_once else { return 0 };
                let Remedy::Wait(left) = trouble.remedy else { panic!("call {nth}: {trouble:?}") };
                bench.pass(left + Duration::from_secs(2)).await;
                judge(&bench, protocol, &exports).await;
                let volumes = bench.volumes();
                bench.pass(LATE).await;
                assert_eq!(bench.volumes(), volumes, "call {nth} landed after it was judged");
                1
            });
        }
        assert!(waits >= 2, "{protocol:?}: {waits} calls were waited for");
    }
}

#[test]
fn a_volume_that_work_which_was_given_up_has_resized_is_brought_back_to_its_record_unless_its_data_does_not_fit() {
    on_array(async |bench| {
        let share = share(Protocol::Nfs);
        bench.create(&share).await.unwrap();
        bench.resize(&Subject { size: share.size + 4, ..share.clone() }).await.unwrap();
        assert!(bench.rescue(&share).await.unwrap().is_some());
        assert_eq!(bench.volumes()[0]["size"], json!(share.size << 30));
        let larger = Subject { size: share.size + 4, ..share.clone() };
        bench.resize(&larger).await.unwrap();
        // Its data does not fit; the aggregate has no room; the SVM has too many.
        for code in ["917534", "917927", "917885"] {
            let (method, path) = (Some("PATCH".to_owned()), "/api/storage/volumes/*".to_owned());
            let fault = Fault::Refuse { status: 400, code: code.into(), message: "no".into(), retry_after: None };
            bench.wire.cluster.strike(Rule { method, path, svm: None, nth: 1, count: Some(1), fault });
            assert!(bench.rescue(&share).await.unwrap().is_some(), "{code}");
            assert_eq!(bench.volumes()[0]["size"], json!(larger.size << 30), "{code}");
        }
    });
}

#[test]
fn limits_that_work_which_was_given_up_has_changed_are_brought_back_to_the_record_if_its_type_can_be_read() {
    let specs = [("qos", "<is> True"), ("netapp:maxiopspergib", "100")].map(|(key, value)| (key.into(), value.into()));
    for (more, expected) in [(("netapp:miniops", "1"), 200), (("thin_provisioning", "perhaps"), 600)] {
        on_array(async |bench| {
            let mut share = share(Protocol::Nfs);
            share.extra_specs.extend(specs.clone());
            bench.create(&share).await.unwrap();
            bench.resize(&Subject { size: 6, ..share.clone() }).await.unwrap();
            share.extra_specs.insert(more.0.into(), more.1.into());
            assert!(bench.rescue(&share).await.unwrap().is_some());
            assert_eq!(bench.volumes()[0]["size"], json!(share.size << 30));
            assert_eq!(bench.qos_policies()[0]["terms"]["fixed"]["max_throughput_iops"], expected);
        });
    }
}

#[test]
fn a_volume_under_another_policy_is_under_its_own_before_it_is_mounted_again() {
    for has_policy in [true, false] {
        on_array(async |bench| {
            let share = share(Protocol::Nfs);
            bench.create(&share).await.unwrap();
            let own = bench.policies().into_iter().find(|one| one["name"] != "default").unwrap();
            let target = format!("/api/storage/volumes/{}", bench.volumes()[0]["uuid"].as_str().unwrap());
            bench.patch(&target, r#"{"nas":{"path":"","export_policy":{"name":"default"}}}"#).await;
            if !has_policy {
                bench.call("DELETE", &format!("/api/protocols/nfs/export-policies/{}", own["id"]), "").await;
            }
            assert!(bench.rescue(&share).await.unwrap().is_some());
            let volume = bench.volumes().remove(0);
            let found = bench.policies().into_iter().find(|one| one["id"] == volume["policy"]).unwrap();
            assert_eq!(found["name"], own["name"]);
            assert!(volume["junction"].is_string());
        });
    }
}

#[test]
fn a_call_for_another_size_that_may_still_land_is_waited_for() {
    on_array(async |bench| {
        let share = share(Protocol::Nfs);
        bench.create(&share).await.unwrap();
        bench.wire.strike(0, 1, Mishap::Late(LATE));
        bench.resize(&Subject { size: 6, ..share.clone() }).await.unwrap_err();
        let trouble = bench.rescue(&share).await.unwrap_err();
        let Remedy::Wait(left) = trouble.remedy else { panic!("{trouble:?}") };
        bench.pass(left + Duration::from_secs(1)).await;
        assert!(bench.rescue(&share).await.unwrap().is_some());
        bench.pass(LATE).await;
        assert_eq!(bench.volumes()[0]["size"], json!(share.size << 30));
    });
}

#[test]
fn a_call_of_a_rescue_that_may_still_land_is_waited_for_by_the_removal_that_follows() {
    for protocol in [Protocol::Nfs, Protocol::Cifs] {
        on_array(async |bench| {
            let share = share(protocol);
            bench.create(&share).await.unwrap();
            let uuid = bench.volumes()[0]["uuid"].as_str().unwrap().to_owned();
            bench.patch(&format!("/api/storage/volumes/{uuid}"), r#"{"state": "offline"}"#).await;
            bench.wire.curse("/api/storage/volumes/", Mishap::Late(LATE));
            bench.rescue(&share).await.unwrap_err();
            bench.wire.heal();
            let trouble = bench.delete(&share).await.unwrap_err();
            let Remedy::Wait(left) = trouble.remedy else { panic!("{protocol:?}: {trouble:?}") };
            bench.pass(left + Duration::from_secs(1)).await;
            bench.delete(&share).await.unwrap();
            bench.assert_nothing_left();
        });
    }
}

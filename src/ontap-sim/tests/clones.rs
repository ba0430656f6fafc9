//! Clones: what they begin with, who they keep from being deleted, and their split.

use std::time::Duration;

use serde_json::{Value, json};

use super::serving::{Net, mount};
use super::snapshots::{client, of, text, write};
use super::{Lab, names};
use crate::{Config, Profile};

const VOLUMES: &str = "/api/storage/volumes";

fn at(uuid: &str) -> String {
    format!("{VOLUMES}/{uuid}")
}

fn clone(name: &str, more: Value) -> Value {
    let mut body = json!({
        "name": name, "svm.name": "svm1", "nas.path": format!("/{name}"),
        "clone": {"is_flexclone": true, "parent_volume.name": "v", "parent_snapshot.name": "one"},
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

impl Lab {
    async fn cloned(&self, name: &str, more: Value) -> String {
        let made = self.done("POST", VOLUMES, clone(name, more)).await;
        made["records"][0]["uuid"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_clone_begins_with_what_the_snapshot_holds_and_goes_its_own_way() {
    let net = Net::new(11);
    let (lab, lifs, port) = net.served();
    let parent = lab.open_volume(json!({"guarantee.type": "none", "_tags": ["a:b"]})).await;
    let (mut nfs, root) = client(&lab, port).await;
    write(&mut nfs, &root, "file", "before").await;
    lab.snapshot(&parent, "one").await;
    write(&mut nfs, &root, "file", "AFTER!").await;
    let uuid = lab.cloned("c", json!({"style": "flexvol", "size": 200 << 20, "comment": "c"})).await;
    let here = [127, 0, 0, 1].into();
    let (mut copy, top) = mount(lab.cluster.lifs()[0], port, here, "/c").await.unwrap();
    assert_eq!(text(&mut copy, &top, "file").await.unwrap(), "before");
    assert_eq!(text(&mut copy, &top, ".snapshot/one/file").await.unwrap(), "before", "the base is its own, too");
    write(&mut copy, &top, "file", "clone!").await;
    assert_eq!(text(&mut nfs, &root, "file").await.unwrap(), "AFTER!");
    assert_eq!(text(&mut nfs, &root, ".snapshot/one/file").await.unwrap(), "before");
    let body = lab.get(&format!("{}?fields=**", at(&uuid))).await;
    for (pointer, expected) in [
        ("/clone/is_flexclone", json!(true)),
        ("/clone/parent_volume/name", json!("v")),
        ("/clone/parent_volume/uuid", json!(parent)),
        ("/clone/parent_snapshot/name", json!("one")),
        ("/clone/parent_svm/name", json!("svm1")),
        ("/clone/split_initiated", json!(false)),
        ("/clone/split_complete_percent", json!(0)),
        ("/aggregates/0/name", json!("aggr1")),
        ("/guarantee/type", json!("none")),
        ("/nas/export_policy/name", json!("all")),
        ("/nas/unix_permissions", json!(777)),
        ("/space/used", json!(4096)),
        ("/size", json!(200 << 20)),
        ("/comment", json!("c")),
    ] {
        assert_eq!(body.pointer(pointer), Some(&expected), "{pointer}");
    }
    assert!(body.get("_tags").is_none_or(|tags| *tags == json!([])));
    lifs.stop().await;
}

#[tokio::test]
async fn what_clones_stand_on_stays_until_they_are_split() {
    let lab = Lab::new();
    let parent = lab.volume("v", 100, json!({})).await;
    let snapshot = format!("{}/{}", of(&parent), lab.snapshot(&parent, "one").await);
    let younger = lab.snapshot(&parent, "two").await;
    let (one, two) = (lab.cloned("c1", json!({})).await, lab.cloned("c2", json!({})).await);
    assert_eq!(lab.get(&snapshot).await["owners"], json!(["volume_clone"]));
    assert_eq!(lab.get(&format!("{}?owners=volume_clone", of("*"))).await["num_records"], 1);
    assert_eq!(lab.refused("DELETE", &snapshot, Value::Null).await, "1638543");
    assert_eq!(lab.refused("DELETE", &at(&parent), Value::Null).await, "524615");
    assert_eq!(lab.refused("DELETE", &format!("{}?force=true", at(&parent)), Value::Null).await, "524615");
    lab.done("PATCH", &format!("{}?name=one", of(&parent)), json!({"name": "deleted_manila_one"})).await;
    let children =
        format!("{VOLUMES}?clone.parent_snapshot.name=deleted_manila_one&clone.parent_volume.name=v&fields=name");
    assert_eq!(names(&lab.get(&children).await), ["c1", "c2"]);
    let other = json!({"clone": {"is_flexclone": true, "parent_volume.uuid": parent, "parent_snapshot.uuid": younger}});
    lab.cloned("c3", other).await;
    lab.done("PATCH", &at(&parent), json!({"restore_to.snapshot.name": "two"})).await;
    assert_eq!(
        lab.refused("PATCH", &at(&parent), json!({"restore_to.snapshot.name": "deleted_manila_one"})).await,
        "1638480",
        "a newer one is busy"
    );
    lab.done("PATCH", &format!("{VOLUMES}?name=c1|c3"), json!({"clone.split_initiated": true})).await;
    assert_eq!(lab.get(&format!("{}?fields=clone", at(&one))).await["clone"], json!({"is_flexclone": false}));
    assert_eq!(lab.refused("PATCH", &at(&one), json!({"clone.split_initiated": true})).await, "2");
    lab.done("PATCH", &at(&two), json!({"nas.path": ""})).await;
    lab.done("DELETE", &at(&two), Value::Null).await;
    assert_eq!(lab.refused("DELETE", &snapshot, Value::Null).await, "1638543", "the recovery queue may give it back");
    lab.hand.step(Duration::from_secs(12 * 3600));
    lab.done("DELETE", &snapshot, Value::Null).await;
    lab.done("DELETE", &at(&parent), Value::Null).await;
    assert!(lab.cluster.strays().is_empty());
}

#[tokio::test]
async fn a_clone_without_a_snapshot_gets_one_of_its_own_making() {
    let lab = Lab::new();
    let parent = lab.volume("v", 100, json!({})).await;
    let of_now = json!({"clone": {"is_flexclone": true, "parent_volume.name": "v"}});
    let uuid = lab.cloned("c", of_now).await;
    assert_eq!(names(&lab.get(&of(&parent)).await), ["clone_c.2027-01-15_080000.0"]);
    assert_eq!(names(&lab.get(&of(&uuid)).await), ["clone_c.2027-01-15_080000.0"]);
}

#[tokio::test]
async fn what_is_wrong_with_a_clone_is_told_by_its_code() {
    let lab = Lab::new();
    let parent = lab.volume("v", 100, json!({})).await;
    lab.snapshot(&parent, "one").await;
    let of = |more: Value| {
        let mut clone = json!({"is_flexclone": true});
        clone.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"clone": clone})
    };
    for (more, code) in [
        (of(json!({"parent_volume.name": "v9"})), "524601"),
        (of(json!({"parent_volume.name": "v", "parent_snapshot.name": "s9"})), "918243"),
        (of(json!({"parent_volume.name": "v", "parent_svm.name": "svm9"})), "2621462"),
        (of(json!({})), "262180"),
        (of(json!({"is_flexclone": false, "parent_volume.name": "v"})), "262197"),
        (json!({"clone": {"parent_volume.name": "v"}}), "262180"),
        (json!({"name": "v"}), "917526"),
        (json!({"name": "1"}), "917887"),
        (json!({"style": "flexgroup"}), "262197"),
        (json!({"aggregates.name": "aggr2"}), "917508"),
        (json!({"nas.path": "/nowhere/c"}), "918252"),
        (json!({"size": 1}), "917534"),
        (json!({"clone": {"is_flexclone": true, "parent_volume.name": "v", "split_initiated": true}}), "262196"),
    ] {
        assert_eq!(lab.refused("POST", VOLUMES, clone("c", more.clone())).await, code, "{more}");
    }
    assert_eq!(names(&lab.get(&format!("{VOLUMES}?is_svm_root=false")).await), ["v"], "refusals leave no trace");
    assert_eq!(lab.get(&super::snapshots::of("*")).await["num_records"], 1);
    lab.done("PATCH", &at(&parent), json!({"state": "offline"})).await;
    assert_eq!(lab.refused("POST", VOLUMES, clone("c", json!({}))).await, "917533");
    let lab = Lab::with(Config { licences: vec!["nfs".to_owned()], ..Config::default() });
    assert_eq!(lab.refused("POST", VOLUMES, clone("c", json!({}))).await, "1115127");
}

/// A request of a lab in which requests take their time.
async fn slowly(lab: &Lab, method: &'static str, target: &str, body: Value) -> Value {
    let (asking, target) = (lab.clone(), target.to_owned());
    let call = async move {
        match method {
            "GET" => asking.get(&target).await,
            method => asking.done(method, &target, body).await,
        }
    };
    lab.timed(call).await.0
}

#[tokio::test]
async fn a_split_goes_on_by_the_clock_and_over_a_restart_and_can_be_stopped_and_the_volume_stays_where_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config { latency: Profile::Array, state_dir: Some(dir.path().to_owned()), ..Config::default() };
    let lab = Lab::with(config.clone());
    let asking = lab.clone();
    let made = async move {
        let parent = asking.volume("v", 100, json!({})).await;
        asking.snapshot(&parent, "one").await;
        asking.cloned("c", json!({})).await
    };
    let uuid = lab.timed(made).await.0;
    let split = async |lab: &Lab, begin: bool| {
        slowly(lab, "PATCH", &at(&uuid), json!({"clone.split_initiated": begin})).await;
    };
    let shown = async |lab: &Lab| {
        let body = slowly(lab, "GET", &format!("{}?fields=clone", at(&uuid)), Value::Null).await;
        (body["clone"]["is_flexclone"].as_bool().unwrap(), body["clone"]["split_complete_percent"].as_u64())
    };
    split(&lab, true).await;
    lab.hand.step(Duration::from_secs(3));
    let (is_clone, percent) = shown(&lab).await;
    assert!(is_clone && (30..40).contains(&percent.unwrap()), "{percent:?}");
    let (asking, target) = (lab.clone(), at(&uuid));
    let elsewhere = json!({"movement.destination_aggregate.name": "aggr2"});
    let moved = async move { asking.refused("PATCH", &target, elsewhere).await };
    assert_eq!(lab.timed(moved).await.0, "917536");
    split(&lab, false).await;
    lab.hand.step(Duration::from_secs(60));
    assert_eq!(shown(&lab).await, (true, Some(0)), "a split that was stopped begins anew");
    split(&lab, true).await;
    lab.hand.step(Duration::from_secs(5));
    let (clock, hand) = (lab.clock.clone(), lab.hand.clone());
    drop(lab);
    let lab = Lab::at(config, clock, hand);
    let (is_clone, percent) = shown(&lab).await;
    assert!(is_clone && (50..60).contains(&percent.unwrap()), "{percent:?}");
    lab.hand.step(Duration::from_secs(5));
    assert_eq!(shown(&lab).await, (false, None));
    let owned = slowly(&lab, "GET", &format!("{}?owners=volume_clone", of("*")), Value::Null).await;
    assert_eq!(owned["num_records"], 0);
}

#[tokio::test]
async fn snapshots_and_clones_are_there_after_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let config = |dir: &std::path::Path| Config { state_dir: Some(dir.to_owned()), ..Config::default() };
    let lab = Lab::with(config(dir.path()));
    let parent = lab.volume("v", 100, json!({})).await;
    std::fs::create_dir_all(dir.path().join("files").join(&parent)).unwrap();
    lab.snapshot(&parent, "one").await;
    lab.cloned("c", json!({})).await;
    let copy = super::persistence::as_killed(dir.path());
    let again = Lab::with(config(copy.path()));
    for target in [format!("{VOLUMES}?fields=**"), format!("{}?fields=**", of("*"))] {
        assert_eq!(again.get(&target).await, lab.get(&target).await);
    }
    assert!(again.cluster.strays().is_empty());
}

//! Volumes: names, junctions, states, immutable fields, deletion and recovery queue, bulk requests.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Lab, names, volume};
use crate::{Config, Profile};

const VOLUMES: &str = "/api/storage/volumes";

fn at(uuid: &str) -> String {
    format!("{VOLUMES}/{uuid}")
}

#[tokio::test]
async fn a_volume_made_in_one_call_has_all_that_was_said() {
    let lab = Lab::new();
    lab.done("POST", "/api/protocols/nfs/export-policies", json!({"name": "p", "svm.name": "svm1"})).await;
    let uuid = lab
        .volume("v", 1024, json!({
            "nas": {"path": "/v", "export_policy.name": "p", "security_style": "unix", "unix_permissions": "777", "uid": 65534},
            "guarantee.type": "none", "space.snapshot.reserve_percent": "10", "_tags": ["a:b"], "snapshot_policy.name": "none",
            "efficiency.dedupe": "background", "encryption.enabled": "false", "style": "flexvol", "type": "rw",
            "snapshot_directory_access_enabled": false, "files.maximum": 5000, "comment": "c", "language": "utf8mb4",
        }))
        .await;
    let body = lab.get(&format!("{}?fields=**", at(&uuid))).await;
    for (pointer, expected) in [
        ("/name", json!("v")),
        ("/svm/name", json!("svm1")),
        ("/aggregates/0/name", json!("aggr1")),
        ("/size", json!(1u64 << 30)),
        ("/space/size", json!(1u64 << 30)),
        ("/space/snapshot/reserve_percent", json!(10)),
        ("/nas/path", json!("/v")),
        ("/nas/export_policy/name", json!("p")),
        ("/nas/unix_permissions", json!(777)),
        ("/nas/uid", json!(65534)),
        ("/nas/junction_parent/name", json!("svm1_root")),
        ("/guarantee/type", json!("none")),
        ("/_tags", json!(["a:b"])),
        ("/snapshot_policy/name", json!("none")),
        ("/efficiency/state", json!("enabled")),
        ("/efficiency/volume_path", json!("/vol/v")),
        ("/snapshot_directory_access_enabled", json!(false)),
        ("/files/maximum", json!(5000)),
        ("/language", json!("utf8mb4")),
        ("/state", json!("online")),
        ("/is_svm_root", json!(false)),
    ] {
        assert_eq!(body.pointer(pointer), Some(&expected), "{pointer}");
    }
}

#[tokio::test]
async fn what_is_not_said_has_its_default() {
    let lab = Lab::new();
    let body = json!({"name": "v", "svm.name": "svm1", "aggregates.name": "aggr1"});
    let made = lab.done("POST", VOLUMES, body).await;
    let uuid = made["records"][0]["uuid"].as_str().unwrap();
    let body = lab.get(&format!("{}?fields=**", at(uuid))).await;
    assert_eq!(body["size"], 20 << 20);
    assert_eq!(body["guarantee"]["type"], "volume");
    assert_eq!(body["snapshot_policy"]["name"], "default");
    assert_eq!(body["nas"]["export_policy"]["name"], "default");
    assert_eq!(body["nas"]["unix_permissions"], 755);
    assert_eq!(body["space"]["snapshot"]["reserve_percent"], 5);
    assert!(body["nas"].get("path").is_none());
}

#[tokio::test]
async fn what_is_wrong_with_a_new_volume_is_told_by_its_code() {
    let lab = Lab::new();
    lab.volume("taken", 100, json!({"nas.path": "/taken"})).await;
    for (more, code) in [
        (json!({"name": "taken"}), "917526"),
        (json!({"name": "1v"}), "917887"),
        (json!({"name": "v-1"}), "917888"),
        (json!({"name": "v".repeat(204)}), "917886"),
        (json!({"name": ""}), "917887"),
        (json!({"size": 1}), "917534"),
        (json!({"size": 400u64 << 40}), "917534"),
        (json!({"svm.name": "svm9"}), "2621462"),
        (json!({"aggregates": [{"name": "aggr9"}]}), "917508"),
        (json!({"aggregates": [{"name": "aggr1"}, {"name": "aggr2"}]}), "787140"),
        (json!({"nas.path": "v"}), "918252"),
        (json!({"nas.path": "/taken"}), "918252"),
        (json!({"nas.path": "/nowhere/v"}), "918252"),
        (json!({"type": "dp", "nas.path": "/v"}), "917536"),
        (json!({"nas.export_policy.name": "p9"}), "918271"),
        (json!({"nas.export_policy.id": 9}), "918271"),
        (json!({"snapshot_policy.name": "s9"}), "917551"),
        (json!({"space.snapshot.reserve_percent": 91}), "917835"),
        (json!({"qos.policy.name": "q9"}), "4"),
        (json!({"style": "flexcup"}), "262197"),
        (json!({"guarantee.type": "maybe"}), "262197"),
        (json!({"uuid": "x"}), "262196"),
        (json!({"unknown": 1}), "262179"),
        (json!({"svm.uuid": "00000000-0000-4000-8000-000000000000"}), "2621462"),
    ] {
        assert_eq!(lab.refused("POST", VOLUMES, volume("v", 100, more.clone())).await, code, "{more}");
    }
    assert_eq!(names(&lab.get("/api/storage/volumes").await), ["svm1_root", "taken"], "refusals leave no trace");
    assert_eq!(lab.refused("POST", VOLUMES, json!({"name": "v", "aggregates": [{"name": "aggr1"}]})).await, "2621707");
    assert_eq!(lab.refused("POST", VOLUMES, json!({"name": "v", "svm.name": "svm1"})).await, "787140");
    assert_eq!(lab.refused("POST", VOLUMES, json!({"svm.name": "svm1"})).await, "262180");
}

#[tokio::test]
async fn fields_that_are_fixed_at_creation_stay_fixed() {
    let lab = Lab::new();
    let uuid = lab.volume("v", 100, json!({})).await;
    for (body, code) in [
        (json!({"language": "c"}), "262196"),
        (json!({"style": "flexgroup"}), "262196"),
        (json!({"type": "dp"}), "262196"),
        (json!({"retention": 1}), "262179"),
        (json!({"files.maximum": 1}), "917628"),
        (json!({"state": "broken"}), "262197"),
        (json!({"name": "1"}), "917887"),
        (json!({"name": "svm1_root"}), "917526"),
    ] {
        assert_eq!(lab.refused("PATCH", &at(&uuid), body.clone()).await, code, "{body}");
    }
}

#[tokio::test]
async fn junctions_nest_and_hold_their_parents() {
    let lab = Lab::new();
    let a = lab.volume("a", 100, json!({"nas.path": "/a"})).await;
    let b = lab.volume("b", 100, json!({"nas.path": "/a/b"})).await;
    lab.volume("ab", 100, json!({"nas.path": "/ab"})).await;
    for body in [json!({"nas.path": ""}), json!({"state": "offline"}), json!({"nas.path": "/c"})] {
        assert_eq!(lab.refused("PATCH", &at(&a), body).await, "917536", "b is mounted below");
    }
    lab.done("PATCH", &at(&b), json!({"nas": {"path": ""}})).await;
    lab.done("PATCH", &at(&a), json!({"name": "renamed"})).await;
    assert_eq!(
        lab.get(&format!("{}?fields=nas.path", at(&a))).await["nas"]["path"],
        "/a",
        "a rename keeps the junction"
    );
    lab.done("PATCH", &at(&a), json!({"state": "offline"})).await;
    let body = lab.get(&format!("{}?fields=nas.path,state", at(&a))).await;
    assert_eq!((body["state"].as_str(), body.pointer("/nas/path")), (Some("offline"), None));
    assert_eq!(lab.refused("PATCH", &at(&a), json!({"nas.path": "/a"})).await, "917533", "only when online");
    assert_eq!(lab.refused("PATCH", &at(&a), json!({"nas.export_policy.name": "default"})).await, "917533");
    lab.done("PATCH", &at(&a), json!({"state": "online", "nas.path": "/a"})).await;
}

#[tokio::test]
async fn a_mounted_volume_and_a_root_volume_are_not_deleted() {
    let lab = Lab::new();
    let uuid = lab.volume("v", 100, json!({"nas.path": "/v"})).await;
    assert_eq!(lab.refused("DELETE", &at(&uuid), Value::Null).await, "917536");
    let root =
        lab.get("/api/storage/volumes?is_svm_root=true").await["records"][0]["uuid"].as_str().unwrap().to_owned();
    assert_eq!(lab.refused("DELETE", &at(&root), Value::Null).await, "917531");
    assert_eq!(lab.refused("PATCH", &at(&root), json!({"state": "offline"})).await, "917536", "below it");
    lab.done("PATCH", &at(&uuid), json!({"nas.path": ""})).await;
    lab.done("DELETE", &at(&uuid), json!({})).await;
    assert_eq!(lab.refused("DELETE", &at(&uuid), Value::Null).await, "4");
}

#[tokio::test]
async fn a_deleted_volume_frees_its_name_at_once_and_its_space_later() {
    let lab = Lab::new();
    let before = lab.available("aggr1").await;
    let uuid = lab.volume("v", 1024, json!({})).await;
    lab.done("DELETE", &at(&uuid), Value::Null).await;
    assert_eq!(lab.get("/api/storage/volumes?name=v*").await["num_records"], 0);
    assert_eq!(lab.available("aggr1").await, before - (1 << 30));
    let again = lab.volume("v", 1024, json!({})).await;
    lab.done("DELETE", &format!("{}?force=true", at(&again)), Value::Null).await;
    assert_eq!(lab.available("aggr1").await, before - (1 << 30), "force frees the space at once");
    lab.hand.step(Duration::from_secs(12 * 3600 - 1));
    assert_eq!(lab.available("aggr1").await, before - (1 << 30));
    lab.hand.step(Duration::from_secs(1));
    assert_eq!(lab.available("aggr1").await, before);
}

#[tokio::test]
async fn a_patch_over_a_query_reaches_each_record_and_counts() {
    let lab = Lab::new();
    for name in ["a1", "a2", "b1"] {
        lab.volume(name, 100, json!({})).await;
    }
    let (status, body) = lab.call("PATCH", "/api/storage/volumes?name=a*", json!({"comment": "x"})).await;
    assert_eq!((status, body["num_records"].as_u64()), (200, Some(2)));
    assert_eq!(body["jobs"].as_array().unwrap().len(), 2);
    assert_eq!(names(&lab.get("/api/storage/volumes?comment=x").await), ["a1", "a2"]);
    let (status, body) = lab.call("PATCH", "/api/storage/volumes?name=none", json!({"comment": "x"})).await;
    assert_eq!((status, body["num_records"].as_u64()), (200, Some(0)));
    assert_eq!(lab.refused("PATCH", VOLUMES, json!({"comment": "x"})).await, "262180", "a query is needed");
    assert_eq!(
        lab.refused("PATCH", "/api/storage/volumes?name=a*", json!({"nas.export_policy.name": "no"})).await,
        "918271"
    );
    lab.done("DELETE", "/api/storage/volumes?name=a*&force=true", Value::Null).await;
    assert_eq!(names(&lab.get("/api/storage/volumes?is_svm_root=false").await), ["b1"]);
}

#[tokio::test]
async fn the_snaprestore_probe_fails_as_it_should() {
    let probe = json!({"restore_to.snapshot.name": ""});
    let lab = Lab::new();
    assert_eq!(lab.refused("PATCH", "/api/storage/volumes?name=*", probe.clone()).await, "1638515");
    let lab = Lab::with(Config { licences: vec!["nfs".to_owned()], ..Config::default() });
    assert_eq!(lab.refused("PATCH", "/api/storage/volumes?name=*", probe).await, "1115127");
}

#[tokio::test]
async fn a_bulk_request_is_done_wholly_or_not_at_all() {
    let lab = Lab::new();
    let records = |last: Value| json!({"records": [volume("a", 100, json!({})), volume("b", 100, json!({"nas.path": "/b"})), last]});
    let (status, body) =
        lab.call("POST", &format!("{VOLUMES}?return_timeout=0"), records(volume("c", 100, json!({})))).await;
    assert_eq!(status, 202);
    let results = body["_links"]["results"]["href"].as_str().unwrap();
    assert_eq!(names(&lab.get(results).await), ["a", "b", "c"]);
    let space = lab.available("aggr1").await;
    let other = json!({"records": [volume("d", 100, json!({"nas.path": "/d"})), volume("a", 100, json!({}))]});
    assert_eq!(lab.refused("POST", VOLUMES, other.clone()).await, "262287");
    assert_eq!(names(&lab.get("/api/storage/volumes?is_svm_root=false").await), ["a", "b", "c"]);
    assert_eq!(lab.available("aggr1").await, space, "what was made before the failure is gone for good");
    assert_eq!(lab.refused("POST", &format!("{VOLUMES}?continue_on_failure=true"), other).await, "262287");
    assert_eq!(names(&lab.get("/api/storage/volumes?is_svm_root=false").await), ["a", "b", "c", "d"]);
    assert_eq!(lab.refused("POST", VOLUMES, json!({"records": []})).await, "2");
}

#[tokio::test]
async fn a_volume_moves_to_another_aggregate_with_its_space() {
    let lab = Lab::new();
    let (one, two) = (lab.available("aggr1").await, lab.available("aggr2").await);
    let uuid = lab.volume("v", 1024, json!({"nas.path": "/v"})).await;
    let to = |name: &str| json!({"movement.destination_aggregate.name": name});
    assert_eq!(lab.refused("PATCH", &at(&uuid), to("aggr1")).await, "918265");
    assert_eq!(lab.refused("PATCH", &at(&uuid), to("aggr9")).await, "918267");
    lab.done("PATCH", &at(&uuid), json!({"movement.destination_aggregate.name": "aggr2", "validate_only": "true"}))
        .await;
    assert_eq!(lab.available("aggr2").await, two);
    let cut_over = json!({"movement.destination_aggregate.name": "aggr2", "movement.state": "cutover"});
    assert_eq!(
        lab.refused("PATCH", &at(&uuid), cut_over).await,
        "918266",
        "only what waits for a word may be said at first"
    );
    for word in ["aborted", "replicating", "success"] {
        assert_eq!(lab.refused("PATCH", &at(&uuid), json!({"movement.state": word})).await, "918786", "{word}");
    }
    lab.done("PATCH", &at(&uuid), to("aggr2")).await;
    assert_eq!((lab.available("aggr1").await, lab.available("aggr2").await), (one, two - (1 << 30)));
    assert_eq!(lab.get(&format!("{}?fields=movement", at(&uuid))).await["movement"]["state"], "success");
}

/// A lab in which requests and moves take their time, with a volume `v`, and the volume's uuid.
async fn slow_lab(dir: &std::path::Path) -> (Lab, Config, String) {
    let config = Config { latency: Profile::Array, state_dir: Some(dir.to_owned()), ..Config::default() };
    let lab = Lab::with(config.clone());
    let asking = lab.clone();
    let uuid = lab.timed(async move { asking.volume("v", 1024, json!({"nas.path": "/v"})).await }).await.0;
    (lab, config, uuid)
}

async fn slowly(lab: &Lab, uuid: &str, body: Value) -> (u16, Value) {
    let (asking, target) = (lab.clone(), at(uuid));
    lab.timed(async move { asking.call("PATCH", &format!("{target}?return_timeout=120"), body).await }).await.0
}

/// State and percentage of the move of a volume, and the aggregate that it is in.
async fn moved(lab: &Lab, uuid: &str) -> (String, u64, String) {
    let (asking, target) = (lab.clone(), format!("{}?fields=movement,aggregates", at(uuid)));
    let body = lab.timed(async move { asking.get(&target).await }).await.0;
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let movement = &body["movement"];
    let percent = movement["percent_complete"].as_u64().unwrap();
    (word(&movement["state"]), percent, word(&body["aggregates"][0]["name"]))
}

#[tokio::test]
async fn a_move_goes_on_by_the_clock_and_over_a_restart_and_the_volume_is_used_meanwhile() {
    let dir = tempfile::tempdir().unwrap();
    let (lab, config, uuid) = slow_lab(dir.path()).await;
    let to = json!({"movement.destination_aggregate.name": "aggr2"});
    assert_eq!(slowly(&lab, &uuid, to.clone()).await.0, 200);
    lab.hand.step(Duration::from_secs(10));
    let (state, percent, place) = moved(&lab, &uuid).await;
    assert_eq!((state.as_str(), place.as_str()), ("replicating", "aggr1"));
    assert!((50..60).contains(&percent), "{percent}");
    for refused in [to, json!({"state": "offline"})] {
        let (_, body) = slowly(&lab, &uuid, refused).await;
        assert_eq!(body["error"]["code"], "917533", "{body}");
    }
    assert_eq!(slowly(&lab, &uuid, json!({"size": 2u64 << 30})).await.0, 200);
    let (clock, hand) = (lab.clock.clone(), lab.hand.clone());
    drop(lab);
    let lab = Lab::at(config, clock, hand);
    lab.hand.step(Duration::from_secs(10));
    assert_eq!(moved(&lab, &uuid).await, ("success".to_owned(), 100, "aggr2".to_owned()));
}

#[tokio::test]
async fn a_move_waits_for_a_word_is_paused_and_ended_as_it_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let (lab, _, uuid) = slow_lab(dir.path()).await;
    let is = async |state: &str, place: &str| {
        let (found, _, at) = moved(&lab, &uuid).await;
        assert_eq!((found.as_str(), at.as_str()), (state, place));
    };
    let word =
        async |word: &str| assert_eq!(slowly(&lab, &uuid, json!({"movement.state": word})).await.0, 200, "{word}");
    let by_hand = json!({"movement.destination_aggregate.name": "aggr2", "movement.state": "cutover_wait"});
    assert_eq!(slowly(&lab, &uuid, by_hand.clone()).await.0, 200);
    lab.hand.step(Duration::from_secs(5));
    word("paused").await;
    lab.hand.step(Duration::from_secs(60));
    is("paused", "aggr1").await;
    word("aborted").await;
    is("aborted", "aggr1").await;
    assert_eq!(slowly(&lab, &uuid, by_hand).await.0, 200);
    lab.hand.step(Duration::from_secs(60));
    is("cutover_pending", "aggr1").await;
    word("cutover").await;
    is("success", "aggr2").await;
}

#[tokio::test]
async fn a_flexgroup_is_spread_over_its_aggregates() {
    let lab = Lab::new();
    let (one, two) = (lab.available("aggr1").await, lab.available("aggr2").await);
    let group = |gib: u64| json!({"name": "g", "svm.name": "svm1", "style": "flexgroup", "size": gib << 30});
    assert_eq!(lab.refused("POST", VOLUMES, group(799)).await, "917534");
    lab.done("POST", VOLUMES, group(800)).await;
    assert_eq!((lab.available("aggr1").await, lab.available("aggr2").await), (one - (400 << 30), two - (400 << 30)));
    assert_eq!(
        lab.get("/api/storage/volumes?style=flexgroup&fields=aggregates.name").await["records"][0]["aggregates"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let path = format!("{VOLUMES}?style=flexgroup&fields=constituents,constituent_count");
    let record = lab.get(&path).await["records"][0].clone();
    assert_eq!(record["constituent_count"], 8);
    let constituents = record["constituents"].as_array().unwrap();
    assert_eq!((constituents.len(), &constituents[7]["name"]), (8, &json!("g__0008")));
    assert!(constituents.iter().all(|one| one["space"]["size"] == 100u64 << 30), "{constituents:?}");
    let uuid = record["uuid"].as_str().unwrap();
    lab.done("PATCH", &at(uuid), json!({"size": 1600u64 << 30})).await;
    assert_eq!((lab.available("aggr1").await, lab.available("aggr2").await), (one - (800 << 30), two - (800 << 30)));
    lab.done("DELETE", &format!("{}?force=true", at(uuid)), json!({})).await;
    assert_eq!((lab.available("aggr1").await, lab.available("aggr2").await), (one, two));
}

#[tokio::test]
async fn a_snaplock_volume_keeps_its_periods_and_others_have_none() {
    let lab = Lab::new();
    let locked = json!({"snaplock": {"type": "enterprise", "autocommit_period": "PT2H", "retention.default": "P30D"}});
    let uuid = lab.volume("locked", 20, locked).await;
    lab.done("PATCH", &at(&uuid), json!({"snaplock.retention": {"minimum": "P1D", "maximum": "infinite"}})).await;
    let shown = lab.get(&format!("{}?fields=snaplock", at(&uuid))).await["snaplock"].clone();
    let retention = json!({"minimum": "P1D", "maximum": "infinite", "default": "P30D"});
    assert_eq!(shown, json!({"type": "enterprise", "autocommit_period": "PT2H", "retention": retention}));
    for wrong in ["PT1D", "P1Y10M", "P1", "30days", "infinite"] {
        assert_eq!(lab.refused("PATCH", &at(&uuid), json!({"snaplock.autocommit_period": wrong})).await, "262197");
    }
    let plain = lab.volume("plain", 20, json!({})).await;
    assert_eq!(lab.refused("PATCH", &at(&plain), json!({"snaplock.retention.default": "P1D"})).await, "262197");
    let lab = Lab::with(Config { compliance_clocks: false, ..Config::default() });
    assert_eq!(lab.refused("POST", VOLUMES, volume("v", 20, json!({"snaplock.type": "compliance"}))).await, "460770");
}

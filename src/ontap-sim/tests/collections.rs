//! Reading: envelopes, the query language over the wire, order, pages.

use serde_json::{Value, json};

use super::{Lab, names};
use crate::{Config, Release};

async fn lab_with(volumes: &[&str]) -> Lab {
    let lab = Lab::new();
    for (place, name) in volumes.iter().enumerate() {
        lab.volume(name, 100 * (place as u64 + 1), json!({"nas.path": format!("/{name}")})).await;
    }
    lab
}

#[tokio::test]
async fn records_are_chosen_by_any_field() {
    let lab = lab_with(&["alpha", "beta", "gamma"]).await;
    for (query, expected) in [
        ("name=beta", &["beta"][..]),
        ("name=*a&size=>100MB", &["beta", "gamma"]),
        ("name=alpha|gamma", &["alpha", "gamma"]),
        ("name=alpha,gamma", &["alpha", "gamma"]),
        ("name=!alpha&is_svm_root=False", &["beta", "gamma"]),
        ("nas.path=/beta", &["beta"]),
        ("size=104857600..209715200", &["alpha", "beta"]),
        ("efficiency.volume_path=/vol/gamma", &["gamma"]),
        ("style=flex*&error_state.is_inconsistent=false&name=alpha", &["alpha"]),
        ("aggregates.name=aggr2", &[]),
        ("svm.name=svm1&name={alpha}", &["alpha"]),
        ("query=amm", &["gamma"]),
        ("query=amm&query_fields=uuid,svm.name", &[]),
        ("is_svm_root=True", &["svm1_root"]),
        ("name=alpha&unknown=1&ignore_unknown_fields=true", &["alpha"]),
    ] {
        let body = lab.get(&format!("/api/storage/volumes?{query}")).await;
        assert_eq!(names(&body), expected, "{query}");
        assert_eq!(body["num_records"], expected.len());
    }
}

#[tokio::test]
async fn what_is_documented_and_has_no_value_is_left_out_and_found_unset() {
    let lab = lab_with(&["alpha"]).await;
    let body = lab.get("/api/storage/volumes?name=alpha&fields=analytics,anti_ransomware.state,size").await;
    let record = &body["records"][0];
    assert_eq!((&record["size"], record.get("analytics")), (&json!(104_857_600), None));
    for (query, expected) in [("analytics.state=null", 1), ("analytics.state=on", 0), ("analytics.state=!off", 0)] {
        let found = lab.get(&format!("/api/storage/volumes?name=alpha&{query}")).await;
        assert_eq!(found["num_records"], expected, "{query}");
    }
    let path = format!("/api/storage/volumes/{}", record["uuid"].as_str().unwrap());
    let (status, body) = lab.call("PATCH", &path, json!({ "space": { "metadata": 7 } })).await;
    assert_eq!((status, &body["error"]["code"]), (400, &json!("262196")), "it is only told");
}

#[tokio::test]
async fn what_is_set_of_documented_fields_is_found_again_until_the_object_goes() {
    let lab = lab_with(&["alpha", "beta"]).await;
    let found = lab.get("/api/storage/volumes?name=alpha").await;
    let path = format!("/api/storage/volumes/{}", found["records"][0]["uuid"].as_str().unwrap());
    let set = json!({ "anti_ransomware": { "state": "dry_run" }, "tiering": { "object_tags": ["a=b"] } });
    lab.done("PATCH", &path, set).await;
    lab.done("PATCH", &path, json!({ "aggressive_readahead_mode": "none", "comment": "ours" })).await;
    let fields = "anti_ransomware.state,aggressive_readahead_mode,tiering.object_tags,comment";
    let body = lab.get(&format!("{path}?fields={fields}")).await;
    let said = (&body["anti_ransomware"]["state"], &body["aggressive_readahead_mode"]);
    assert_eq!(said, (&json!("dry_run"), &json!("none")));
    assert_eq!((&body["tiering"]["object_tags"], &body["comment"]), (&json!(["a=b"]), &json!("ours")));
    let found = lab.get("/api/storage/volumes?anti_ransomware.state=dry*").await;
    assert_eq!(names(&found), ["alpha"]);
    assert!(lab.get(&path).await.get("anti_ransomware").is_none(), "only who asks for it is told");
    let refused = lab.call("PATCH", &path, json!({ "anti_ransomware": { "state": "enabled" }, "size": "lots" })).await;
    assert_eq!(refused.0, 400);
    let body = lab.get(&format!("{path}?fields=anti_ransomware.state")).await;
    assert_eq!(body["anti_ransomware"]["state"], "dry_run", "what is refused leaves no trace");
}

#[tokio::test]
async fn what_was_set_of_an_object_is_not_found_at_another_that_has_its_name_later() {
    let lab = Lab::new();
    let realms = "/api/protocols/nfs/kerberos/realms";
    let realm = |more: Value| {
        let mut realm = json!({ "svm.name": "svm1", "name": "R", "kdc": { "ip": "10.0.0.1", "vendor": "other" } });
        realm.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        realm
    };
    let skew = async || lab.get(&format!("{realms}?fields=clock_skew")).await["records"][0]["clock_skew"].clone();
    lab.done("POST", realms, realm(json!({ "clock_skew": 9 }))).await;
    assert_eq!(skew().await, 9);
    lab.done("DELETE", &format!("{realms}?name=R"), Value::Null).await;
    lab.done("POST", realms, realm(json!({}))).await;
    assert_eq!(skew().await, Value::Null);
}

#[tokio::test]
async fn mistakes_in_a_query_are_told_by_their_code() {
    let lab = Lab::new();
    for (query, code, target) in [
        ("fields=nmae", "262197", "fields"),
        ("nmae=x", "262179", "nmae"),
        ("size=big", "262197", "size"),
        ("max_records=0", "262197", "max_records"),
        ("return_timeout=121", "262197", "return_timeout"),
        ("order_by=nmae", "262197", "order_by"),
        ("order_by=name sideways", "262197", "order_by"),
        ("name=a&name=b", "262188", "name"),
        ("return_records=perhaps", "262197", "return_records"),
    ] {
        let (status, body) = lab.call("GET", &format!("/api/storage/volumes?{query}"), Value::Null).await;
        assert_eq!(
            (status, &body["error"]["code"], &body["error"]["target"]),
            (400, &json!(code), &json!(target)),
            "{query}"
        );
    }
}

#[tokio::test]
async fn pages_follow_each_other_and_survive_a_deletion_in_between() {
    let lab = lab_with(&["a", "b", "c", "d", "e"]).await;
    let mut found = Vec::new();
    let mut next = Some("/api/storage/volumes?is_svm_root=false&max_records=2&fields=size".to_owned());
    while let Some(target) = next {
        let body = lab.get(&target).await;
        found.extend(names(&body).into_iter().map(str::to_owned));
        assert!(body["records"][0]["size"].is_u64(), "the next page knows the fields");
        next = body.pointer("/_links/next/href").map(|href| href.as_str().unwrap().to_owned());
        if found.len() == 2 {
            lab.done("PATCH", "/api/storage/volumes?name=c", json!({"state": "offline"})).await;
            lab.done("DELETE", "/api/storage/volumes?name=c", Value::Null).await;
        }
    }
    assert_eq!(found, ["a", "b", "d", "e"]);
}

#[tokio::test]
async fn an_order_may_be_asked_for() {
    let lab = lab_with(&["a", "b", "c"]).await;
    let mut found = Vec::new();
    let mut next = Some("/api/storage/volumes?order_by=size+desc,name&max_records=2".to_owned());
    while let Some(target) = next {
        let body = lab.get(&target).await;
        found.extend(names(&body).into_iter().map(str::to_owned));
        next = body.pointer("/_links/next/href").map(|href| href.as_str().unwrap().to_owned());
    }
    assert_eq!(found, ["c", "b", "a", "svm1_root"]);
}

#[tokio::test]
async fn records_can_be_counted_without_being_sent() {
    let lab = lab_with(&["a", "b"]).await;
    let body = lab.get("/api/storage/volumes?return_records=false").await;
    assert_eq!(body["num_records"], 3);
    assert!(body.get("records").is_none());
}

#[tokio::test]
async fn links_are_sent_to_those_who_want_them() {
    let lab = lab_with(&["a"]).await;
    let plain = lab.get("/api/storage/volumes?name=a").await;
    assert!(plain.get("_links").is_none() && plain["records"][0].get("_links").is_none());
    let hal = lab.asked(&[("Accept", "application/hal+json")]).get("/api/storage/volumes?name=a").await;
    let href = hal["records"][0]["_links"]["self"]["href"].as_str().unwrap();
    assert_eq!(lab.get(href).await["name"], "a");
}

#[tokio::test]
async fn paths_are_taken_with_a_slash_at_the_end() {
    let lab = Lab::new();
    assert_eq!(lab.get("/api/protocols/nfs/services/?fields=transport.*").await["num_records"], 1);
}

#[tokio::test]
async fn what_is_not_there_is_refused_as_such() {
    let lab = Lab::new();
    for (method, target, status, code) in [
        ("GET", "/api/storage/volumes/00000000-0000-4000-8000-000000000000", 404, "4"),
        ("GET", "/api/storage/volumes/x", 400, "8586226"),
        ("GET", "/api/storage/flexcache/flexcaches", 404, "3"),
        ("GET", "/nothing", 404, "3"),
        ("DELETE", "/api/cluster", 405, "3"),
        ("PUT", "/api/cluster", 405, "3"),
        ("POST", "/api/storage/disks", 405, "3"),
    ] {
        let (got, body) = lab.call(method, target, Value::Null).await;
        assert_eq!((got, &body["error"]["code"]), (status, &json!(code)), "{method} {target}");
    }
}

#[tokio::test]
async fn fields_are_gated_by_the_release() {
    for (release, tags, validate) in [
        (Release::V9_12_1, false, false),
        (Release::V9_13_1, true, false),
        (Release::V9_14_1, true, true),
        (Release::V9_16_1, true, true),
    ] {
        let lab = Lab::with(Config { release, ..Config::default() });
        let full = lab.get("/api/cluster?fields=version").await["version"]["full"].as_str().unwrap().to_owned();
        assert!(full.contains(&release.to_string()));
        let ok = |(status, _): (u16, Value)| status == 200;
        assert_eq!(ok(lab.call("GET", "/api/storage/volumes?fields=_tags", Value::Null).await), tags, "{release}");
        let body = lab.get("/api/storage/volumes?fields=**").await;
        assert_eq!(body["records"][0].get("_tags").is_some(), tags);
        assert_eq!(body["records"][0].get("snapshot_directory_access_enabled").is_some(), tags);
        let uuid = lab.volume("v", 100, json!({})).await;
        let target = format!("/api/storage/volumes/{uuid}");
        let move_only = json!({"movement.destination_aggregate.name": "aggr2", "validate_only": true});
        let (status, body) = lab.call("PATCH", &target, move_only).await;
        assert_eq!(status == 202, validate, "{release}: {body}");
        let (_, body) = lab.call("PATCH", &target, json!({"autosize.reset": true})).await;
        assert_eq!(body["error"]["code"], "262179", "{release}");
    }
}

#[tokio::test]
async fn counters_are_narrowed_to_those_asked_for_and_grow() {
    let lab = Lab::new();
    let table = lab
        .get("/api/cluster/counter/tables/processor?counter_schemas.name=domain_busy_percent&fields=counter_schemas.*")
        .await;
    assert_eq!(table["counter_schemas"].as_array().unwrap().len(), 1);
    assert_eq!(table["counter_schemas"][0]["denominator"]["name"], "elapsed_time");
    let busy = async || {
        let target = "/api/cluster/counter/tables/system:constituent/rows?id=cl1-01:*&fields=counters.*";
        let body = lab.get(target).await;
        let counters = body["records"][0]["counters"].as_array().unwrap().clone();
        let value =
            |name: &str| counters.iter().find(|counter| counter["name"] == name).unwrap()["value"].as_f64().unwrap();
        (value("average_processor_busy_percent"), value("cpu_elapsed_time"))
    };
    let (before, elapsed) = busy().await;
    lab.hand.step(std::time::Duration::from_secs(100));
    let (after, later) = busy().await;
    let percent = (after - before) / (later - elapsed) * 100.0;
    assert!((percent - f64::from(Config::default().busy_percent)).abs() < 0.1, "{percent}");
    let rows = lab.get("/api/cluster/counter/tables/wafl/rows?counters.name=cp_phase_times&fields=counters.*").await;
    assert_eq!(rows["records"][0]["counters"].as_array().unwrap().len(), 1);
    assert_eq!(lab.call("GET", "/api/cluster/counter/tables/nonsense/rows", Value::Null).await.0, 404);
}

#[tokio::test]
async fn root_aggregates_are_hidden_from_all_but_the_command_line() {
    let lab = Lab::new();
    assert_eq!(names(&lab.get("/api/storage/aggregates").await), ["aggr1", "aggr2"]);
    let roots = lab.get("/api/private/cli/aggr?root=true").await;
    assert_eq!(roots["num_records"], 2);
    assert_eq!(roots["records"][0]["aggregate"], "aggr0_cl1_01");
    let disks = lab.get("/api/storage/disks?aggregates.name=aggr2&fields=effective_type").await;
    assert_eq!((disks["num_records"].as_u64(), disks["records"][0]["effective_type"].as_str()), (Some(8), Some("ssd")));
}

#[tokio::test]
async fn application_logs_are_checked() {
    let lab = Lab::new();
    let log = json!({"computer_name": "h", "event_source": "s", "app_version": "1", "category": "c", "severity": "notice",
        "autosupport_required": "false", "event_id": "0", "event_description": "d"});
    let target = "/api/support/ems/application-logs";
    lab.done("POST", target, log.clone()).await;
    let mut loud = log.clone();
    loud["severity"] = json!("loud");
    assert_eq!(lab.refused("POST", target, loud).await, "262197");
    let mut nameless = log;
    nameless.as_object_mut().unwrap().remove("computer_name");
    assert_eq!(lab.refused("POST", target, nameless).await, "983173");
}

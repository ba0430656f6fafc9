//! Shares in FlexGroup pools, from request to bytes and back to nothing.

use serde_json::json;

use crate::support::{BackEnd, Stage, block, mount};

const POOLS: &str = "netapp_enable_flexgroup = True\nnetapp_flexgroup_pools = fg: aggr1 aggr2";

fn stage(more: &str) -> Stage {
    Stage::with(&[], more, &[BackEnd { name: "alpha", zone: "nova", array: 0 }])
}

#[test]
fn a_large_share_lives_in_a_flexgroup_that_clients_write_to() {
    let stage = stage(POOLS);
    let api = stage.api();
    let large = api.make_type("large", json!({ "netapp_flexgroup": "<is> True" }));
    let share = api.make_share_of(&large, "NFS", 800);
    api.until_status(&share, "available");
    assert_eq!(api.get(&format!("/shares/{share}"))["share"]["host"], "node1@alpha#fg");
    assert_eq!(stage.sim.volumes()[0]["style"], "flexgroup");
    let rule = api.allow(&share, "127.0.0.1", "rw");
    api.until_rule(&rule, "active");
    let exports = api.get(&format!("/shares/{share}/export_locations"))["export_locations"].clone();
    assert!(exports.as_array().unwrap().iter().all(|export| export["preferred"] == true), "{exports}");
    let paths = api.exports(&share);
    block(async {
        let (mut client, root) = mount(&paths[0], "127.0.0.1").await.unwrap();
        let file = client.create(&root, "big").await.unwrap();
        client.write(&file, 0, b"laid over two aggregates").await.unwrap();
        client.truncate(&file, 700 << 30).await.unwrap();
        let total = client.fsstat(&root).await.unwrap().total;
        assert!((700 << 30..=800 << 30).contains(&total), "the size of the share holds: {total}");
        let (mut client, root) = mount(&paths[1], "127.0.0.1").await.unwrap();
        let file = client.lookup(&root, "big").await.unwrap();
        assert_eq!(client.read(&file, 0, 24).await.unwrap(), b"laid over two aggregates");
    });

    let small = api.make_share(&api.make_type("plain", json!({})));
    api.until_status(&small, "available");
    let host = api.get(&format!("/shares/{small}"))["share"]["host"].clone();
    assert!(host.as_str().unwrap().contains("#aggr"), "a small share is too small for a FlexGroup: {host}");
    for share in [&share, &small] {
        api.delete(&format!("/shares/{share}"));
        api.until_gone(share);
    }
    stage.close(0);
}

#[test]
fn a_share_that_is_too_small_for_the_flexgroup_it_asks_for_comes_to_nothing() {
    let stage = stage(POOLS);
    let api = stage.api();
    let large = api.make_type("large", json!({ "netapp_flexgroup": "<is> True" }));
    let share = api.make_share_of(&large, "NFS", 799);
    api.until_status(&share, "error");
    let messages = api.get(&format!("/messages?resource_id={share}"));
    let first = &messages["messages"][0];
    assert_eq!((&first["action_id"], &first["detail_id"]), (&json!("001"), &json!("010")), "{messages}");
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

#[test]
fn flexgroups_alone_are_one_pool_that_the_array_lays_out() {
    let stage = stage("netapp_enable_flexgroup = True\nnetapp_flexgroup_pool_only = True");
    let api = stage.api();
    let share = api.make_share_of(&api.make_type("plain", json!({})), "NFS", 900);
    api.until_status(&share, "available");
    assert_eq!(api.get(&format!("/shares/{share}"))["share"]["host"], "node1@alpha#flexgroup_auto");
    let pools = api.get("/scheduler-stats/pools/detail")["pools"].clone();
    assert_eq!(pools.as_array().unwrap().len(), 1, "{pools}");
    assert_eq!(pools[0]["capabilities"]["netapp_aggregate"], "aggr1 aggr2", "{pools}");
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

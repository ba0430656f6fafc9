//! The main job: a share, from request to bytes, and back to nothing.

use serde_json::json;

use crate::support::{Stage, block, mount};

#[test]
fn a_share_is_made_exported_and_taken_away_without_a_trace() {
    let stage = Stage::open();
    let api = stage.api();
    let kind = api.make_type("plain", json!({}));
    let share = api.make_share(&kind);
    api.until_status(&share, "available");
    let shown = api.get(&format!("/shares/{share}"))["share"].clone();
    assert!(shown["host"].as_str().unwrap().starts_with("node1@alpha#aggr"), "{shown}");
    assert_eq!((&shown["progress"], &shown["availability_zone"]), (&json!("100%"), &json!("nova")));
    let exports = api.exports(&share);
    assert_eq!(exports.len(), 2, "one per data LIF: {exports:?}");
    assert!(exports.iter().all(|path| stage.sim.lifs.iter().any(|lif| path.starts_with(&format!("{lif}:/share_")))));
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    api.delete(&format!("/types/{kind}"));
    stage.close(0);
}

#[test]
fn clients_read_and_write_as_far_as_rules_let_them() {
    let stage = Stage::open();
    let api = stage.api();
    let share = api.make_share(&api.make_type("plain", json!({})));
    api.until_status(&share, "available");
    let export = api.exports(&share).remove(0);
    let (writer, reader, stranger) = ("127.0.0.11", "127.0.0.12", "127.0.0.13");
    let denied = |from: &str| block(mount(&export, from)).err().map(|problem| problem.to_string());
    assert!(denied(writer).is_some(), "nobody may mount before a rule says so");

    let rule = api.allow(&share, writer, "rw");
    let ro = api.allow(&share, reader, "ro");
    api.until_rule(&rule, "active");
    api.until_rule(&ro, "active");
    block(async {
        let (mut client, root) = mount(&export, writer).await.unwrap();
        let file = client.create(&root, "hello").await.unwrap();
        client.write(&file, 0, b"from far away").await.unwrap();
        assert_eq!(client.read(&file, 0, 100).await.unwrap(), b"from far away");
        let (mut client, root) = mount(&export, reader).await.unwrap();
        let file = client.lookup(&root, "hello").await.unwrap();
        assert_eq!(client.read(&file, 0, 100).await.unwrap(), b"from far away");
        assert!(client.write(&file, 0, b"no").await.is_err(), "a reader can't write");
        assert!(client.create(&root, "mine").await.is_err(), "a reader can't create");
    });
    assert!(denied(stranger).is_some());

    let (mut held, root) = block(mount(&export, writer)).unwrap();
    api.deny(&share, &rule);
    api.until_rule_gone(&rule);
    assert!(denied(writer).is_some(), "a denied address can't mount");
    let late = block(async { held.create(&root, "late").await });
    assert!(late.is_err(), "nor write through a handle it held before");

    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

#[test]
fn a_share_has_the_room_it_was_made_with_and_holes_take_none_of_it() {
    let stage = Stage::open();
    let api = stage.api();
    let share = api.make_share(&api.make_type("plain", json!({})));
    api.until_status(&share, "available");
    let rule = api.allow(&share, "127.0.0.1", "rw");
    api.until_rule(&rule, "active");
    let export = api.exports(&share).remove(0);
    block(async {
        let (mut client, root) = mount(&export, "127.0.0.1").await.unwrap();
        let empty = client.fsstat(&root).await.unwrap();
        // The rest of its GiB is the snapshot reserve.
        assert!((900 << 20..=1 << 30).contains(&empty.total) && empty.free == empty.total, "{empty:?}");
        let file = client.create(&root, "big").await.unwrap();
        client.truncate(&file, 1200 << 20).await.unwrap();
        client.write(&file, 1100 << 20, &[1; 4096]).await.unwrap();
        assert_eq!(client.fsstat(&root).await.unwrap().free, empty.free - 4096);
    });
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

#[test]
fn a_second_daemon_on_the_same_store_is_refused() {
    let stage = Stage::open();
    let words = stage.second_daemon();
    assert!(words.contains("store"), "{words}");
    stage.close(0);
}

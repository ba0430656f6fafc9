//! Several arrays of different ONTAP releases behind one daemon. Fields come and go with releases, and an array refuses
//! a call with a field that it does not know.

use serde_json::{Value, json};

use crate::support::sim::Sim;
use crate::support::{Api, BackEnd, Stage, block, mount, until};

const RELEASES: [(&str, &str); 3] = [("old", "9.12.1"), ("middle", "9.14.1"), ("new", "9.16.1")];

fn stage() -> Stage {
    let words = RELEASES.map(|(_, release)| ["--release", release, "--cifs-server", "SVM1"]);
    let arrays: Vec<&[&str]> = words.iter().map(|words| &words[..]).collect();
    let backends: Vec<BackEnd<'_>> =
        RELEASES.iter().enumerate().map(|(array, (name, _))| BackEnd { name, zone: "nova", array }).collect();
    Stage::among(&arrays, "", &backends)
}

fn type_of(api: &Api, name: &str, backend: &str, more: Value) -> String {
    let mut specs = more;
    specs["share_backend_name"] = json!(backend);
    api.make_type(name, specs)
}

/// The main job on one array: request, bytes, no more bytes, nothing left.
fn main_job(api: &Api, backend: &str, sim: &Sim) {
    let specs = json!({ "thin_provisioning": "True", "dedupe": "True", "netapp:max_files": "9000" });
    let share = api.make_share(&type_of(api, backend, backend, specs));
    api.until_status(&share, "available");
    let host = api.get(&format!("/shares/{share}"))["share"]["host"].clone();
    assert!(host.as_str().unwrap().starts_with(&format!("node1@{backend}#aggr")), "{host}");
    let volume = sim.volumes().remove(0);
    let mark = if backend == "old" { &volume["comment"] } else { &volume["tags"] };
    assert!(mark.to_string().contains(&format!("share_id:{share}")), "{volume}");

    let writer = "127.0.0.11";
    let rule = api.allow(&share, writer, "rw");
    api.until_rule(&rule, "active");
    let export = api.exports(&share).remove(0);
    let (mut held, root) = block(async {
        let (mut client, root) = mount(&export, writer).await.unwrap();
        let file = client.create(&root, "hello").await.unwrap();
        client.write(&file, 0, backend.as_bytes()).await.unwrap();
        assert_eq!(client.read(&file, 0, 100).await.unwrap(), backend.as_bytes());
        (client, root)
    });
    api.deny(&share, &rule);
    api.until_rule_gone(&rule);
    assert!(block(async { held.create(&root, "late").await }).is_err());
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);

    let smb = api.make_share_of(backend, "CIFS", 1);
    api.until_status(&smb, "available");
    let rule = api.allow_kind(&smb, "user", "DOMAIN\\alice", "ro");
    api.until_rule(&rule, "active");
    assert_eq!(sim.acl(&sim.state().smb_shares[0]), ["DOMAIN\\alice read"]);
    api.delete(&format!("/shares/{smb}"));
    api.until_gone(&smb);
    assert!(sim.volumes().is_empty());
}

#[test]
fn the_main_job_is_done_on_arrays_of_all_releases() {
    let stage = stage();
    let api = stage.api();
    let sims: Vec<&Sim> = std::iter::once(&stage.sim).chain(&stage.others).collect();
    for ((backend, _), sim) in RELEASES.iter().zip(sims) {
        main_job(&api, backend, sim);
    }
    stage.close(0);
}

#[test]
fn what_a_release_cannot_do_is_done_by_another_or_told() {
    let stage = stage();
    let api = stage.api();
    let hidden = json!({ "netapp:hide_snapdir": "True" });
    let share = api.make_share(&type_of(&api, "only-old", "old", hidden.clone()));
    api.until_status(&share, "error");
    let told = api.get(&format!("/messages?resource_id={share}"))["messages"][0].clone();
    assert_eq!((&told["action_id"], &told["detail_id"]), (&json!("002"), &json!("008")), "{told}");
    assert!(stage.sim.volumes().is_empty(), "nothing was begun");
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);

    let anywhere = api.make_type("anywhere", hidden);
    let shares: Vec<String> = (0..6).map(|_| api.make_share(&anywhere)).collect();
    shares.iter().for_each(|share| api.until_status(share, "available"));
    assert!(stage.sim.volumes().is_empty());
    let made: Vec<Value> = stage.others.iter().flat_map(Sim::volumes).collect();
    assert_eq!(made.len(), 6);
    assert!(made.iter().all(|volume| volume["snapshot_directory"] == false), "{made:?}");
    for share in &shares {
        api.delete(&format!("/shares/{share}"));
        api.until_gone(share);
    }
    until("refused instances are gone", || {
        let left = std::iter::once(&stage.sim).chain(&stage.others).any(|sim| !sim.volumes().is_empty());
        (!left).then_some(())
    });
    stage.close(0);
}

//! Whose files are whose: what rules and volumes say of it reaches the clients of the data LIFs.

use std::net::IpAddr;

use manilad_nfs3::Status;
use manilad_nfs3::client::{Change, Client, Handle, When};
use serde_json::{Value, json};

use super::Lab;
use super::serving::{Net, mount};
use crate::Lifs;

const POLICIES: &str = "/api/protocols/nfs/export-policies";

/// A volume `v` of `svm1`, the policy `p` that it has, and a client that mounted it.
struct Desk {
    lab: Lab,
    lifs: Lifs,
    policy: String,
    volume: String,
    client: Client,
    root: Handle,
}

impl Desk {
    async fn new(test: u8, volume: Value) -> Self {
        let net = Net::new(test);
        let (lab, lifs, port) = net.served();
        let body = json!({"name": "p", "svm.name": "svm1", "rules": [rule(json!({}))]});
        let policy = format!("{POLICIES}/{}", lab.done("POST", POLICIES, body).await["records"][0]["id"]);
        let mut body = json!({"nas.path": "/v", "nas.export_policy.name": "p"});
        body.as_object_mut().unwrap().extend(volume.as_object().unwrap().clone());
        let volume = format!("/api/storage/volumes/{}", lab.volume("v", 100, body).await);
        let lif: IpAddr = lab.cluster.lifs()[0];
        let (client, root) = mount(lif, port, net.ip(9), "/v").await.unwrap();
        Desk { lab, lifs, policy, volume, client, root }
    }

    async fn rule(&self, with: Value) {
        self.lab.done("PATCH", &self.policy, json!({"rules": [rule(with)]})).await;
    }

    /// Owner and group of a file that is made now, or how the making was refused.
    async fn make(&mut self, name: &str) -> Result<(u32, u32), Status> {
        let made = self.client.create_new(&self.root, name, &Change::mode(0o600)).await;
        let made = made.map_err(|error| error.status().unwrap())?;
        let shown = self.client.getattr(&made).await.unwrap();
        Ok((shown.uid, shown.gid))
    }
}

fn rule(with: Value) -> Value {
    let mut rule = json!({"clients": [{"match": "0.0.0.0/0"}], "ro_rule": ["sys"], "rw_rule": ["sys"]});
    rule.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    rule
}

#[tokio::test]
async fn superuser_and_anonymous_user_of_a_rule_decide_whom_root_is_taken_for_at_the_next_call() {
    let mut desk = Desk::new(7, json!({})).await;
    desk.client.chmod(&desk.root, 0o777).await.unwrap();
    assert_eq!(desk.make("any").await, Ok((0, 0)), "what ONTAP takes for granted");
    for (superuser, anonymous, expected) in [
        ("sys", "65534", Ok((0, 0))),
        ("none", "65534", Ok((65_534, 65_534))),
        ("krb5", "70", Ok((70, 70))),
        ("none", "0", Ok((0, 0))),
        ("none", "65535", Err(Status::NFS3ERR_ACCES)),
    ] {
        desk.rule(json!({"superuser": [superuser], "anonymous_user": anonymous})).await;
        assert_eq!(desk.make(&format!("{superuser}-{anonymous}")).await, expected, "{superuser} {anonymous}");
    }
    desk.rule(json!({"superuser": ["none"]})).await;
    let file = desk.client.lookup(&desk.root, "any").await.unwrap();
    let refused = desk.client.read(&file, 0, 1).await.unwrap_err().status();
    assert_eq!(refused, Some(Status::NFS3ERR_ACCES), "a handle that root got before");
    desk.client.become_user(1001, 1002);
    assert_eq!(desk.make("user").await, Ok((1001, 1002)));
    desk.lifs.stop().await;
}

#[tokio::test]
async fn rules_of_none_take_everybody_for_the_anonymous_user() {
    let mut desk = Desk::new(8, json!({})).await;
    desk.client.chmod(&desk.root, 0o755).await.unwrap();
    let none = json!({"ro_rule": ["none"], "rw_rule": ["none"], "superuser": ["none"], "anonymous_user": "65534"});
    desk.rule(none).await;
    for user in [0, 1001, 65_534] {
        desk.client.become_user(user, user);
        assert_eq!(desk.make("file").await, Err(Status::NFS3ERR_ACCES), "{user}: not its directory");
    }
    desk.rule(json!({})).await;
    desk.client.become_user(0, 0);
    desk.client.chown(&desk.root, Some(65_534), None).await.unwrap();
    desk.rule(json!({"ro_rule": ["none"], "rw_rule": ["none"], "superuser": ["none"]})).await;
    for user in [0, 1001, 65_534] {
        desk.client.become_user(user, user);
        assert_eq!(desk.make(&user.to_string()).await, Ok((65_534, 65_534)), "{user}");
    }
    desk.lifs.stop().await;
}

#[tokio::test]
async fn owner_and_mode_of_a_volume_are_those_of_its_root_directory_and_the_other_way_round() {
    let mut desk = Desk::new(9, json!({"nas.uid": 1001, "nas.gid": 1002, "nas.unix_permissions": 1770})).await;
    let shown = desk.client.getattr(&desk.root).await.unwrap();
    assert_eq!((shown.mode, shown.uid, shown.gid), (0o1770, 1001, 1002));
    let patch = json!({"nas.uid": 65_534, "nas.gid": 7, "nas.unix_permissions": 755});
    desk.lab.done("PATCH", &desk.volume, patch).await;
    let shown = desk.client.getattr(&desk.root).await.unwrap();
    assert_eq!((shown.mode, shown.uid, shown.gid), (0o755, 65_534, 7));
    desk.client.chmod(&desk.root, 0o3775).await.unwrap();
    desk.client.chown(&desk.root, Some(8), None).await.unwrap();
    let fields = format!("{}?fields=nas.uid,nas.gid,nas.unix_permissions", desk.volume);
    let nas = desk.lab.get(&fields).await["nas"].clone();
    assert_eq!(nas, json!({"uid": 8, "gid": 7, "unix_permissions": 3775}));
    for strange in [json!(8), json!(789), json!(10_000)] {
        let target = format!("{}?return_timeout=120", desk.volume);
        let (status, _) = desk.lab.call("PATCH", &target, json!({"nas.unix_permissions": strange})).await;
        assert!(status >= 400, "{strange}");
    }
    desk.lifs.stop().await;
}

#[tokio::test]
async fn clients_and_rest_are_told_the_same_of_space_and_files() {
    let mut desk = Desk::new(10, json!({"guarantee.type": "none", "files.maximum": 100})).await;
    desk.make("file").await.unwrap();
    let file = desk.client.lookup(&desk.root, "file").await.unwrap();
    desk.client.truncate(&file, 100 << 30).await.unwrap();
    desk.client.write(&file, 1 << 30, &[1; 5000]).await.unwrap();
    let stat = desk.client.fsstat(&desk.root).await.unwrap();
    let fields = format!("{}?fields=space,files", desk.volume);
    let record = desk.lab.get(&fields).await;
    assert_eq!((record["files"]["maximum"].clone(), record["files"]["used"].clone()), (json!(100), json!(99)));
    assert_eq!((stat.files, stat.files_free), (100, 1));
    assert_eq!(record["space"]["used"], json!(8192), "holes are free");
    assert_eq!(record["space"]["available"], json!(stat.free));
    desk.make("last").await.unwrap();
    assert_eq!(desk.make("more").await, Err(Status::NFS3ERR_NOSPC));
    let target = format!("{}?return_timeout=120", desk.volume);
    let (status, _) = desk.lab.call("PATCH", &target, json!({"files.maximum": 99})).await;
    assert!(status >= 400, "less than are used");
    desk.lab.done("PATCH", &desk.volume, json!({"size": 200 << 20})).await;
    desk.make("more").await.unwrap();
    desk.lifs.stop().await;
}

#[tokio::test]
async fn owners_and_what_is_used_are_known_after_a_restart_before_anybody_mounts() {
    let net = Net::new(11);
    let dir = tempfile::tempdir().unwrap();
    let mut config = crate::Config { state_dir: Some(dir.path().to_owned()), ..crate::Config::default() };
    config.svms[0].lifs.truncate(1);
    config.svms[0].lifs[0].address = net.ip(1);
    let (lab, lifs, port) = net.of(config.clone());
    let body = json!({"name": "p", "svm.name": "svm1", "rules": [rule(json!({}))]});
    lab.done("POST", POLICIES, body).await;
    let volume = lab.volume("v", 100, json!({"nas.path": "/v", "nas.export_policy.name": "p"})).await;
    let (mut client, root) = mount(net.ip(1), port, net.ip(9), "/v").await.unwrap();
    client.chmod(&root, 0o1777).await.unwrap();
    let times = Change { mode: Some(0o640), modified: Some(When::At(7, 8)), ..Change::default() };
    client.become_user(1001, 1002);
    let file = client.create_new(&root, "file", &Change::default()).await.unwrap();
    client.write(&file, 0, &[1; 5000]).await.unwrap();
    client.set(&file, &times).await.unwrap();
    lifs.stop().await;
    drop((lab, lifs));
    let (lab, lifs, port) = net.of(config);
    let record =
        lab.get(&format!("/api/storage/volumes/{volume}?fields=space.used,files.used,nas.unix_permissions")).await;
    assert_eq!((&record["space"]["used"], &record["files"]["used"]), (&json!(8192), &json!(99)));
    assert_eq!(record["nas"]["unix_permissions"], json!(1777));
    let (mut client, _) = mount(net.ip(1), port, net.ip(9), "/v").await.unwrap();
    let shown = client.getattr(&file).await.unwrap();
    assert_eq!((shown.mode, shown.uid, shown.gid, shown.modified), (0o640, 1001, 1002, (7, 8)));
    lifs.stop().await;
}

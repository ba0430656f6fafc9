//! Whose files are whose: what rules and volumes say of it reaches the clients of the data LIFs.

use std::net::IpAddr;

use manilad_nfs3::Status;
use manilad_nfs3::client::{Change, Client, Handle};
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
        lab.volume("v", 100, body).await;
        let lif: IpAddr = lab.cluster.lifs()[0];
        let (client, root) = mount(lif, port, net.ip(9), "/v").await.unwrap();
        Desk { lab, lifs, policy, client, root }
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

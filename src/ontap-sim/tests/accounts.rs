//! Accounts, scopes, tunnelling and roles.

use secrecy::SecretString;
use serde_json::{Value, json};

use super::{Lab, names, volume};
use crate::{Access, AccountConfig, Config, RoleConfig, SvmConfig};

fn two_svms() -> Config {
    let mut config = Config::default();
    config.svms.push(SvmConfig::named("svm2", ["127.0.2.1", "127.0.2.2"]));
    config
}

#[tokio::test]
async fn nobody_gets_in_without_the_password_of_the_moment() {
    let lab = Lab::new();
    let mut nobody = lab.clone();
    nobody.headers.clear();
    for other in [
        nobody,
        lab.login("admin", "wrong"),
        lab.login("stranger", "password"),
        lab.asked(&[("Authorization", "Basic !")]),
    ] {
        let (status, body) = other.call("GET", "/api/cluster", Value::Null).await;
        assert_eq!((status, &body["error"]["code"]), (401, &json!("6691623")));
    }
    assert!(lab.cluster.set_password("admin", SecretString::from("new")));
    assert_eq!(lab.call("GET", "/api/cluster", Value::Null).await.0, 401);
    lab.login("admin", "new").get("/api/cluster").await;
}

#[tokio::test]
async fn an_svm_account_sees_its_svm_and_is_refused_the_rest() {
    let lab = Lab::with(two_svms());
    lab.volume("mine", 100, json!({})).await;
    let other = lab.done("POST", "/api/storage/volumes", volume("other", 100, json!({"svm.name": "svm2"}))).await;
    let other = other["records"][0]["uuid"].as_str().unwrap();
    let own = lab.login("vsadmin", "password");
    own.get("/api/cluster?fields=version").await;
    assert_eq!(names(&own.get("/api/svm/svms?fields=name,aggregates.name,aggregates.available_size").await), ["svm1"]);
    assert_eq!(names(&own.get("/api/storage/volumes?is_svm_root=false").await), ["mine"]);
    assert_eq!(own.get("/api/network/ip/interfaces").await["num_records"], 2);
    assert_eq!(names(&own.get("/api/protocols/nfs/export-policies").await), ["default"]);
    for target in [
        "/api/cluster/nodes",
        "/api/storage/aggregates",
        "/api/cluster/licensing/licenses",
        "/api/storage/disks",
        "/api/private/cli/aggr",
    ] {
        let (status, body) = own.call("GET", target, Value::Null).await;
        assert_eq!((status, &body["error"]["code"]), (403, &json!("6")), "{target}");
    }
    let (status, body) =
        own.asked(&[("X-Dot-SVM-Name", "svm1")]).call("GET", "/api/storage/volumes", Value::Null).await;
    assert_eq!((status, &body["error"]["code"]), (403, &json!("6")), "an SVM account does not tunnel");
    assert_eq!(own.call("GET", &format!("/api/storage/volumes/{other}"), Value::Null).await.0, 404);
    assert_eq!(own.refused("DELETE", &format!("/api/storage/volumes/{other}"), Value::Null).await, "4");
    let record = own
        .done(
            "POST",
            "/api/storage/volumes",
            json!({"name": "v", "svm.name": "svm1", "aggregates": [{"name": "aggr1"}]}),
        )
        .await;
    assert_eq!(record["records"][0]["svm"]["name"], "svm1");
    let unnamed = json!({"name": "w", "aggregates": [{"name": "aggr1"}]});
    assert_eq!(own.refused("POST", "/api/storage/volumes", unnamed).await, "2621707");
    assert_eq!(
        own.refused("POST", "/api/storage/volumes", volume("w", 100, json!({"svm.name": "svm2"}))).await,
        "2621706"
    );
}

#[tokio::test]
async fn a_cluster_account_tunnels_into_an_svm() {
    let lab = Lab::with(two_svms());
    let inside = lab.asked(&[("X-Dot-SVM-Name", "svm2")]);
    assert_eq!(names(&inside.get("/api/svm/svms").await), ["svm2"]);
    assert_eq!(names(&inside.get("/api/storage/volumes").await), ["svm2_root"]);
    inside.done("POST", "/api/protocols/nfs/export-policies", json!({"name": "p"})).await;
    assert_eq!(
        lab.get("/api/protocols/nfs/export-policies?name=p&fields=svm.name").await["records"][0]["svm"]["name"],
        "svm2"
    );
    assert_eq!(inside.call("GET", "/api/storage/aggregates", Value::Null).await.0, 403);
    let (status, body) = lab.asked(&[("X-Dot-SVM-Name", "svm9")]).call("GET", "/api/svm/svms", Value::Null).await;
    assert_eq!((status, &body["error"]["code"]), (404, &json!("13434920")));
    let uuid = lab.get("/api/svm/svms?name=svm1").await["records"][0]["uuid"].as_str().unwrap().to_owned();
    assert_eq!(names(&lab.asked(&[("X-Dot-SVM-UUID", &uuid)]).get("/api/svm/svms").await), ["svm1"]);
    let (status, _) = lab
        .asked(&[("X-Dot-SVM-UUID", &uuid), ("X-Dot-SVM-Name", "svm2")])
        .call("GET", "/api/svm/svms", Value::Null)
        .await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn a_custom_role_permits_what_it_lists() {
    let privilege = |path: &str, access| (path.to_owned(), access);
    let config = Config {
        roles: vec![RoleConfig {
            name: "least".to_owned(),
            svm: None,
            privileges: vec![
                privilege("/api/cluster", Access::ReadOnly),
                privilege("/api/security", Access::ReadOnly),
                privilege("/api/storage/volumes", Access::ReadCreateModify),
            ],
        }],
        accounts: vec![
            AccountConfig::new("admin", "password", None, "admin"),
            AccountConfig::new("least", "password", None, "least"),
        ],
        ..Config::default()
    };
    let lab = Lab::with(config);
    let least = lab.login("least", "password");
    least.get("/api/cluster/nodes").await;
    let uuid = least.volume("v", 100, json!({})).await;
    assert_eq!(least.refused("DELETE", &format!("/api/storage/volumes/{uuid}"), Value::Null).await, "6");
    assert_eq!(least.call("GET", "/api/storage/aggregates", Value::Null).await.0, 403);
    let account =
        least.get("/api/security/accounts?name=least&fields=owner,scope,role.name").await["records"][0].clone();
    assert_eq!((&account["scope"], &account["role"]["name"]), (&json!("cluster"), &json!("least")));
    let owner = account["owner"]["uuid"].as_str().unwrap();
    let privileges = least.get(&format!("/api/security/roles/{owner}/least/privileges?fields=path,access")).await;
    let pairs: Vec<(&str, &str)> = privileges["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| (record["path"].as_str().unwrap(), record["access"].as_str().unwrap()))
        .collect();
    assert_eq!(
        pairs,
        [("/api/cluster", "readonly"), ("/api/security", "readonly"), ("/api/storage/volumes", "read_create_modify")]
    );
}

#[tokio::test]
async fn the_old_interface_needs_a_login_too() {
    let lab = Lab::new();
    let target = "/servlets/netapp.servlets.admin.XMLrequest_filer";
    let reply = lab.raw("POST", target, &Value::Null).await.unwrap();
    assert!(String::from_utf8_lossy(&reply.body).contains("errno=\"13005\""));
    assert_eq!(lab.login("admin", "wrong").raw("POST", target, &Value::Null).await.unwrap().status, 401);
}

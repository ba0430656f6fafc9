use manilad_clock::Uuid;
use serde_json::{Value, json};

use super::script::Lab;
use crate::cifs::{self, Ace, Permission};
use crate::export_policy::{self, Flavour, Rule};
use crate::release::Release;
use crate::volume::{self, Mark, New, Security, Style};
use crate::{Class, Client, lun, snapmirror};

const UUID: &str = "3f0b4e4e-0000-4000-8000-000000000001";

fn uuid() -> Uuid {
    UUID.parse().unwrap()
}

fn made() -> Value {
    json!({"num_records": 1, "records": [{"uuid": UUID, "name": "share_1"}]})
}

fn full() -> New {
    New {
        name: "share_1".to_owned(),
        svm: "svm1".to_owned(),
        size: 1 << 30,
        style: Style::Flexvol,
        aggregates: vec!["aggr1".to_owned()],
        thin: true,
        path: Some("/share_1".to_owned()),
        export_policy: Some("policy_1".to_owned()),
        security: Some(Security::Unix),
        unix_permissions: Some(777),
        snapshot_reserve_percent: Some(5),
        dedupe: Some(true),
        compression: Some(false),
        mark: Mark(vec!["share_id:1".to_owned(), "project:a b".to_owned()]),
        ..New::default()
    }
}

fn rule(client: &str, rw: Flavour) -> Rule {
    let (ro, superuser) = (vec![Flavour::Sys], vec![Flavour::Sys]);
    Rule { clients: vec![client.to_owned()], ro, rw: vec![rw], superuser, anonymous_user: None }
}

async fn create(client: &Client, lab: &Lab, new: &New) -> Value {
    lab.script.json("POST /api/storage/volumes", 201, made());
    volume::create(client, new).await.unwrap();
    lab.script.body(lab.script.asked().len() - 1)
}

#[tokio::test]
async fn an_nfs_share_is_made_in_two_calls_with_its_policy() {
    let lab = Lab::new();
    let client = lab.client.speaking(Release::new(9, 14, 1));
    lab.script.json(
        "POST /api/protocols/nfs/export-policies?return_records=true",
        201,
        json!({"records": [{"id": 42}]}),
    );
    assert_eq!(export_policy::create(&client, "svm1", "policy_1", &[]).await.unwrap(), 42);
    assert_eq!(lab.script.body(0), json!({"name": "policy_1", "svm": {"name": "svm1"}, "rules": []}));
    let body = create(&client, &lab, &full()).await;
    let expected = json!({
        "name": "share_1", "svm": {"name": "svm1"}, "size": 1073741824, "style": "flexvol",
        "aggregates": [{"name": "aggr1"}], "type": "rw", "guarantee": {"type": "none"},
        "nas": {"path": "/share_1", "export_policy": {"name": "policy_1"}, "security_style": "unix", "unix_permissions": 777},
        "space": {"snapshot": {"reserve_percent": 5}},
        "efficiency": {"dedupe": "background", "compression": "none"},
        "_tags": ["share_id:1", "project:a b"],
    });
    assert_eq!(body, expected);
    assert_eq!(lab.script.paths(), ["POST /api/protocols/nfs/export-policies", "POST /api/storage/volumes"]);
}

#[tokio::test]
async fn an_older_release_gets_the_mark_in_the_comment_and_no_unknown_field() {
    let lab = Lab::new();
    let body = create(&lab.client, &lab, &full()).await;
    assert_eq!((&body["comment"], body.get("_tags")), (&json!("share_id:1 project:a_b"), None));
    let hidden = New { snapshot_directory: Some(false), ..full() };
    let error = volume::create(&lab.client, &hidden).await.unwrap_err();
    assert_eq!((error.class(), lab.script.asked().len()), (Class::Unsupported, 1));
    let body = create(&lab.client.speaking(Release::new(9, 13, 1)), &lab, &hidden).await;
    assert_eq!(body["snapshot_directory_access_enabled"], json!(false));
}

#[tokio::test]
async fn only_known_fields_are_asked_for_and_marks_are_read_either_way() {
    let lab = Lab::new();
    lab.script.json("GET /api/storage/volumes/", 200, json!({"uuid": UUID, "name": "a", "comment": "x share_id:1"}));
    lab.script.json("GET /api/storage/volumes/", 200, json!({"uuid": UUID, "name": "a", "_tags": ["share_id:1"]}));
    let old = volume::read(&lab.client, uuid()).await.unwrap();
    let new = volume::read(&lab.client.speaking(Release::new(9, 14, 1)), uuid()).await.unwrap();
    assert!(old.is_marked("share_id:1") && new.is_marked("share_id:1") && !old.is_marked("share_id:11"));
    let fields = |call: usize| lab.script.asked()[call].path_and_query.clone();
    assert!(!fields(0).contains("_tags") && !fields(0).contains("snapshot_directory"));
    assert!(fields(1).contains("_tags") && fields(1).contains("snapshot_directory_access_enabled"));
}

#[tokio::test]
async fn a_volume_is_read_whatever_is_missing_from_it() {
    let lab = Lab::new();
    let body = json!({
        "uuid": UUID, "name": "share_1", "svm": {"name": "svm1"}, "state": "online", "style": "flexvol", "type": "rw",
        "size": 1073741824, "aggregates": [{"name": "aggr1"}], "nas": {"path": "", "export_policy": {"name": "p", "id": 42}},
        "space": {"used": 7, "snapshot": {"reserve_percent": 5}}, "clone": {"is_flexclone": true}, "later": {"field": 1}
    });
    lab.script.json("GET /api/storage/volumes/", 200, body);
    let volume = volume::read(&lab.client, uuid()).await.unwrap();
    assert_eq!((volume.path, volume.export_policy.unwrap().id), (None, Some(42)));
    assert_eq!((volume.used, volume.snapshot_reserve_percent, volume.is_clone), (Some(7), Some(5), true));
}

#[tokio::test]
async fn rules_are_replaced_in_one_call_and_read_back_equal() {
    let lab = Lab::new();
    let rules = [rule("10.0.0.0/24", Flavour::Sys), rule("10.0.0.9", Flavour::Never)];
    lab.script.json("PATCH /api/protocols/nfs/export-policies/42", 200, json!({}));
    export_policy::replace(&lab.client, 42, &rules).await.unwrap();
    let body = lab.script.body(0);
    assert_eq!(
        body["rules"][1],
        json!({"clients": [{"match": "10.0.0.9"}], "ro_rule": ["sys"], "rw_rule": ["never"], "superuser": ["sys"]})
    );
    let mut stored = body["rules"].clone();
    stored[0]["index"] = json!(1);
    stored[0]["protocols"] = json!(["any"]);
    lab.script.json("GET /api/protocols/nfs/export-policies/42/rules", 200, json!({ "records": stored }));
    assert_eq!(export_policy::rules(&lab.client, 42).await.unwrap(), rules);
}

#[tokio::test]
async fn a_share_is_removed_in_two_calls_and_its_policy_later() {
    let lab = Lab::new();
    lab.script.json("PATCH /api/storage/volumes/", 200, json!({}));
    lab.script.json("DELETE /api/storage/volumes/", 200, json!({}));
    lab.script.json("DELETE /api/protocols/nfs/export-policies/42", 200, json!({}));
    volume::offline(&lab.client, uuid()).await.unwrap();
    volume::delete(&lab.client, uuid(), false).await.unwrap();
    export_policy::delete(&lab.client, 42).await.unwrap();
    assert_eq!(lab.script.body(0), json!({"state": "offline"}));
    assert!(!lab.script.asked()[1].path_and_query.contains("force"));
}

#[tokio::test]
async fn what_is_gone_already_is_deleted_and_can_not_be_changed() {
    let lab = Lab::new();
    let gone = json!({"error": {"code": "4", "message": "entry doesn't exist"}});
    for when in ["DELETE /api/storage", "DELETE /api/protocols/nfs", "DELETE /api/protocols/cifs", "PATCH /api/storage"]
    {
        lab.script.json(when, 404, gone.clone());
    }
    volume::delete(&lab.client, uuid(), false).await.unwrap();
    export_policy::delete(&lab.client, 42).await.unwrap();
    cifs::delete(&lab.client, uuid(), "share_1").await.unwrap();
    assert_eq!(volume::offline(&lab.client, uuid()).await.unwrap_err().class(), Class::Absent);
}

#[tokio::test]
async fn resizing_is_one_call_and_no_change_is_none() {
    let lab = Lab::new();
    lab.script.json("PATCH /api/storage/volumes/", 200, json!({}));
    volume::resize(&lab.client, uuid(), 2 << 30).await.unwrap();
    volume::change(&lab.client, uuid(), &volume::Change::default()).await.unwrap();
    assert_eq!(lab.script.body(0), json!({"space": {"size": 2147483648u64, "filesystem_size_fixed": false}}));
    assert_eq!(lab.script.asked().len(), 1);
}

#[tokio::test]
async fn what_depends_on_a_volume_is_asked_for_by_its_svm_and_whole_name() {
    let lab = Lab::new();
    let none = json!({ "num_records": 0, "records": [] });
    let one = json!({ "num_records": 1, "records": [{ "uuid": UUID }] });
    lab.script.json("GET /api/storage/luns", 200, one.clone());
    lab.script.json("GET /api/snapmirror/relationships?destination.path", 200, none);
    lab.script.json("GET /api/snapmirror/relationships?source.path", 200, one);
    assert!(lun::are_in(&lab.client, "svm1", "pay*roll").await.unwrap());
    assert!(!snapmirror::has_source(&lab.client, "svm1", "payroll").await.unwrap());
    assert!(snapmirror::has_destination(&lab.client, "svm1", "payroll").await.unwrap());
    let asked: Vec<_> = lab.script.asked().into_iter().map(|call| call.path_and_query).collect();
    assert!(asked[0].contains("svm.name=") && asked[0].contains("location.volume.name="), "{asked:?}");
    assert!(!asked[0].contains("name=pay*"), "a name is no pattern: {asked:?}");
    assert!(
        !asked[1].contains("list_destinations_only") && asked[2].contains("list_destinations_only=true"),
        "{asked:?}"
    );
}

#[tokio::test]
async fn an_smb_share_is_closed_from_the_first_moment() {
    let lab = Lab::new();
    lab.script.json("POST /api/protocols/cifs/shares", 201, json!({}));
    cifs::create(&lab.client, "svm1", "share_1", "/share_1", &[]).await.unwrap();
    let body = json!({"name": "share_1", "path": "/share_1", "svm": {"name": "svm1"}, "acls": []});
    assert_eq!(lab.script.body(0), body);
}

#[tokio::test]
async fn smb_users_are_let_in_changed_and_shut_out_one_call_each() {
    let lab = Lab::new();
    let acls = format!("/api/protocols/cifs/shares/{UUID}/share_1/acls");
    lab.script.json("POST /api/protocols/cifs", 201, json!({}));
    lab.script.json("PATCH /api/protocols/cifs", 200, json!({}));
    lab.script.json("DELETE /api/protocols/cifs", 200, json!({}));
    lab.script.json(
        "GET /api/protocols/cifs",
        200,
        json!({"records": [{"user_or_group": "bob", "permission": "read"}]}),
    );
    let bob = Ace::new(r"DOM\bob", Permission::FullControl);
    cifs::allow(&lab.client, uuid(), "share_1", &bob).await.unwrap();
    cifs::change(&lab.client, uuid(), "share_1", &Ace { permission: Permission::Read, ..bob.clone() }).await.unwrap();
    cifs::deny(&lab.client, uuid(), "share_1", &bob).await.unwrap();
    assert_eq!(cifs::acl(&lab.client, uuid(), "share_1").await.unwrap(), [Ace::new("bob", Permission::Read)]);
    assert_eq!(
        lab.script.body(0),
        json!({"user_or_group": r"DOM\bob", "permission": "full_control", "type": "windows"})
    );
    assert_eq!(lab.script.body(1), json!({"permission": "read"}));
    let (change, shut) = (format!("PATCH {acls}/DOM%5Cbob/windows"), format!("DELETE {acls}/DOM%5Cbob/windows"));
    assert_eq!(lab.script.paths()[1..3], [change, shut]);
}

#[tokio::test]
async fn a_user_or_share_that_would_match_others_is_never_sent() {
    let lab = Lab::new();
    for name in ["", "*", "!bob", "a|b", ".."] {
        let ace = Ace::new(name, Permission::Read);
        assert_eq!(
            cifs::deny(&lab.client, uuid(), "share_1", &ace).await.unwrap_err().class(),
            Class::Refused,
            "{name}"
        );
        assert!(cifs::delete(&lab.client, uuid(), name).await.is_err());
    }
    assert!(lab.script.asked().is_empty());
}

#[tokio::test]
async fn policies_come_with_all_their_rules_also_where_the_list_is_cut_short() {
    let lab = Lab::new();
    let rule = |client: &str| json!({"clients": [{"match": client}], "ro_rule": ["sys"], "rw_rule": ["never"]});
    let cut: Vec<Value> = (0..500).map(|number| rule(&format!("10.0.{}.{}", number / 250, number % 250))).collect();
    let (one, other) = (json!([rule("10.0.0.1")]), json!(cut));
    let list = json!({"records": [{"id": 1, "name": "policy_a", "rules": one}, {"id": 2, "name": "policy_b", "rules": other}]});
    lab.script.json("GET /api/protocols/nfs/export-policies?name=policy_%2A&svm.name=svm1", 200, list);
    let all: Vec<Value> = cut.iter().cloned().chain([rule("10.9.9.9")]).collect();
    lab.script.json("GET /api/protocols/nfs/export-policies/2/rules", 200, json!({"records": all}));
    let policies = export_policy::whole(&lab.client, Some("svm1"), "policy_").await.unwrap();
    assert_eq!(policies.iter().map(|policy| policy.rules.len()).collect::<Vec<_>>(), [1, 501]);
    assert_eq!(policies[1].rules[500].clients, ["10.9.9.9"]);
    assert!(lab.script.asked()[0].path_and_query.ends_with("&max_records=200"));
}

#[tokio::test]
async fn smb_shares_come_with_their_lists() {
    let lab = Lab::new();
    let ace = json!({"user_or_group": "alice", "permission": "read", "type": "windows"});
    let list = json!({"records": [{"name": "a", "path": "/a", "acls": [ace]}, {"name": "b", "path": "/b"}]});
    lab.script.json("GET /api/protocols/cifs/shares?svm.name=svm1", 200, list);
    let shares = cifs::all(&lab.client, Some("svm1")).await.unwrap();
    assert_eq!(shares[0].acl, [Ace::new("alice", Permission::Read)]);
    assert_eq!(shares[1].acl, []);
}

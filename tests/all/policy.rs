//! `manilad policy`: the rules as a list, their mistakes, and why somebody may or may not.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

/// Whether the command succeeded, and what it printed on either stream.
fn policy(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_manilad"));
    command.current_dir(folder).args(["--config-file", "manila.conf", "policy"]).args(arguments);
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].map(|stream| String::from_utf8(stream).unwrap()).concat();
    (output.status.success(), text)
}

fn folder(rules: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("policy.yaml"), rules).unwrap();
    let policy = folder.path().join("policy.yaml");
    let conf = format!(
        "[DEFAULT]\nauth_strategy = noauth\nosapi_share_listen = 127.0.0.1\n[oslo_policy]\npolicy_file = {}\n",
        policy.display()
    );
    fs::write(folder.path().join("manila.conf"), conf).unwrap();
    folder
}

#[test]
fn rules_are_listed_with_their_defaults_and_what_overrides_them() {
    let folder = folder("\"share:create\": \"role:builder\"\n\"mine\": \"role:x\"\n");
    let (done, all) = policy(folder.path(), &["list"]);
    assert!(done, "{all}");
    for rule in manilad_policy::defaults::rules() {
        assert!(all.lines().any(|line| line == rule.name), "{}", rule.name);
    }
    let (done, overridden) = policy(folder.path(), &["list", "--overridden"]);
    assert!(done);
    let file = folder.path().join("policy.yaml");
    assert_eq!(
        overridden,
        format!(
            "mine\n    check    role:x\n    from     {0}, beside the defaults\n    scope    any\n\
             share:create\n    check    role:builder\n    default  rule:context_is_admin or rule:project-member\n    \
             from     {0}\n    earlier  @ (deprecated; has no say beside an override)\n    scope    project\n",
            file.display()
        )
    );
}

#[test]
fn a_check_finds_every_mistake_and_fails() {
    for (rules, told) in [
        ("\"share:creat\": \"@\"\n", "neither known to the service nor referred to"),
        ("\"share:get\": \"rule:nowhere\"\n", "refers to rule \"nowhere\", which is not defined"),
        ("\"share:get\": \"rule:a\"\n\"a\": \"rule:share:get\"\n", "in a circle"),
        ("\"share:get\": \"(role:a\"\n", "rule \"share:get\""),
        ("\"share:get\": true\n", "a boolean"),
        ("- share:get\n", "expected a YAML map"),
    ] {
        let (done, text) = policy(folder(rules).path(), &["check"]);
        assert!(!done && text.contains(told), "{rules}: {text}");
    }
    let (done, text) = policy(folder("\"share:create\": \"role:builder\"\n").path(), &["check"]);
    assert!(done && text.contains("the policy is sound") && text.contains("1 of them from policy files"), "{text}");
}

#[test]
fn a_decision_is_explained_for_a_token_that_is_described_or_kept_in_a_file() {
    let folder = folder("{}\n");
    let ask = |arguments: &[&str]| {
        let (done, text) = policy(folder.path(), &[&["explain"][..], arguments].concat());
        assert!(done, "{text}");
        text
    };
    let denied = ask(&["share:create", "--role", "reader", "--project", "p1"]);
    assert!(denied.starts_with("share:create is denied: \"rule:context_is_admin or rule:project-member\""), "{denied}");
    assert!(denied.contains("\ntarget  project_id p1, user_id somebody\n\nno  rule:"), "{denied}");
    assert!(denied.contains("no        role:member   (the token has reader)"), "{denied}");
    assert!(
        denied.contains("yes       project_id:%(project_id)s   (the token has \"p1\", wanted is \"p1\")"),
        "{denied}"
    );
    let foreign = ask(&["share:get", "--role", "reader", "--project", "p1", "--target-project", "p2"]);
    assert!(foreign.contains("is denied") && foreign.contains("wanted is \"p2\""), "{foreign}");
    assert!(ask(&["share:get", "--role", "admin", "--project", "p1", "--target-project", "p2"]).contains("is allowed"));
    let system = ask(&["share:get", "--role", "admin", "--system"]);
    assert!(system.contains("the token is system-scoped, the rule accepts project"), "{system}");
    let (done, text) = policy(folder.path(), &["explain", "share:craete", "--role", "admin", "--project", "p"]);
    assert!(!done && text.contains("there is no rule \"share:craete\"; of share there are"), "{text}");
    assert!(text.contains("share:create"), "{text}");
    let (done, text) = policy(folder.path(), &["explain", "no:such", "--role", "admin", "--project", "p"]);
    assert!(!done && text.contains("there are rules of") && text.contains("share_network"), "{text}");
    let token = json!({ "token": {
        "user": { "id": "u1", "name": "anna", "domain": { "id": "default" } }, "roles": [{ "name": "member" }],
        "project": { "id": "p9", "name": "p", "domain": { "id": "default" } }, "expires_at": "2026-11-22T10:00:00.000000Z",
    } });
    fs::write(folder.path().join("token.json"), token.to_string()).unwrap();
    let told = ask(&["share:create", "--token", "token.json"]);
    assert!(
        told.starts_with("share:create is allowed\ntoken   user u1, project p9, project-scoped, roles member\n"),
        "{told}"
    );
    fs::write(folder.path().join("token.json"), "{}").unwrap();
    let (done, text) = policy(folder.path(), &["explain", "share:create", "--token", "token.json"]);
    assert!(!done && text.contains("token.json: expected what Keystone answers"), "{text}");
}

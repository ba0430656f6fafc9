//! Options as operators write them, against bodies as the Identity API documents them.

use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::{AUTH_TYPES, AuthOptions, Credential, Error};

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn password() -> AuthOptions {
    AuthOptions {
        auth_type: some("password"),
        username: some("manila"),
        user_domain_name: some("Default"),
        password: Some("secret".into()),
        project_name: some("service"),
        project_domain_id: some("default"),
        ..AuthOptions::default()
    }
}

fn body(options: AuthOptions) -> Value {
    let credential: Credential = options.try_into().unwrap();
    serde_json::from_str(credential.body().expose_secret()).unwrap()
}

fn wrong(options: AuthOptions) -> &'static str {
    match Credential::try_from(options) {
        Err(Error::Option { option, .. }) => option,
        other => panic!("expected an option error, got {other:?}"),
    }
}

#[test]
fn a_password_with_a_project_by_name() {
    let identity = json!({"methods": ["password"], "password": {"user":
        {"name": "manila", "domain": {"name": "Default"}, "password": "secret"}}});
    let scope = json!({"project": {"name": "service", "domain": {"id": "default"}}});
    assert_eq!(body(password()), json!({"auth": {"identity": identity, "scope": scope}}));
}

#[test]
fn ids_need_no_domain_and_win_over_names() {
    let options = AuthOptions { user_id: some("u1"), project_id: some("p1"), user_domain_name: None, ..password() };
    let body = body(options);
    assert_eq!(body["auth"]["identity"]["password"]["user"], json!({"id": "u1", "password": "secret"}));
    assert_eq!(body["auth"]["scope"], json!({"project": {"id": "p1"}}));
}

#[test]
fn other_scopes_and_none() {
    let unscoped = AuthOptions { project_name: None, project_domain_id: None, ..password() };
    assert_eq!(body(unscoped.clone())["auth"].get("scope"), None);
    let system = AuthOptions { system_scope: some("all"), ..unscoped.clone() };
    assert_eq!(body(system)["auth"]["scope"], json!({"system": {"all": true}}));
    let domain = AuthOptions { domain_name: some("D"), ..unscoped };
    assert_eq!(body(domain)["auth"]["scope"], json!({"domain": {"name": "D"}}));
}

#[test]
fn an_application_credential_carries_its_own_scope() {
    let by_id = AuthOptions {
        auth_type: some("v3applicationcredential"),
        application_credential_id: some("ac1"),
        application_credential_secret: Some("s".into()),
        ..AuthOptions::default()
    };
    let expected = |credential: Value| {
        json!({"auth": {"identity":
        {"methods": ["application_credential"], "application_credential": credential}}})
    };
    assert_eq!(body(by_id.clone()), expected(json!({"id": "ac1", "secret": "s"})));
    let by_name = AuthOptions {
        application_credential_id: some(""),
        application_credential_name: some("ac"),
        user_id: some("u1"),
        ..by_id
    };
    assert_eq!(body(by_name), expected(json!({"name": "ac", "user": {"id": "u1"}, "secret": "s"})));
}

#[test]
fn what_is_missing_or_contradicts_is_named() {
    assert_eq!(wrong(AuthOptions::default()), "auth_type");
    assert_eq!(wrong(AuthOptions { auth_type: some("v2password"), ..password() }), "auth_type");
    assert_eq!(wrong(AuthOptions { username: None, ..password() }), "username");
    assert_eq!(wrong(AuthOptions { user_domain_name: some(""), ..password() }), "user_domain_name");
    assert_eq!(wrong(AuthOptions { password: None, ..password() }), "password");
    assert_eq!(wrong(AuthOptions { project_domain_id: None, ..password() }), "project_domain_name");
    assert_eq!(wrong(AuthOptions { system_scope: some("all"), ..password() }), "project_name");
    assert_eq!(wrong(AuthOptions { system_scope: some("some"), ..password() }), "system_scope");
    let no_secret = AuthOptions { auth_type: some("v3applicationcredential"), ..AuthOptions::default() };
    assert_eq!(wrong(no_secret.clone()), "application_credential_secret");
    let no_id = AuthOptions { application_credential_secret: Some("s".into()), ..no_secret };
    assert_eq!(wrong(no_id), "application_credential_id");
}

#[test]
fn every_listed_auth_type_is_served() {
    for auth_type in AUTH_TYPES {
        let options = AuthOptions {
            auth_type: some(auth_type),
            application_credential_id: some("ac1"),
            application_credential_secret: Some("s".into()),
            ..password()
        };
        assert!(Credential::try_from(options).is_ok(), "{auth_type}");
    }
}

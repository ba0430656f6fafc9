//! Replies of Keystone 30, cut to the point.

use proptest::prelude::*;

use crate::Token;
use crate::token::Unfit;

const PROJECT: &str = r#"{"token": {"methods": ["password"],
    "user": {"domain": {"id": "default", "name": "Default"}, "id": "u1", "name": "ann", "password_expires_at": null},
    "audit_ids": ["x"], "expires_at": "2026-11-22T12:00:00.000000Z", "issued_at": "2026-11-22T11:00:00.000000Z",
    "project": {"domain": {"id": "d2", "name": "Two"}, "id": "p1", "name": "alpha"}, "is_domain": false,
    "roles": [{"id": "1", "name": "member"}, {"id": "2", "name": "reader"}]}}"#;

#[test]
fn a_project_scoped_token_is_read_in_full() {
    let token = Token::read(PROJECT.as_bytes()).unwrap();
    assert_eq!(
        token,
        Token {
            user_id: "u1".into(),
            user_name: Some("ann".into()),
            user_domain_id: Some("default".into()),
            project_id: Some("p1".into()),
            project_name: Some("alpha".into()),
            project_domain_id: Some("d2".into()),
            domain_id: None,
            system_scope: false,
            roles: vec!["member".into(), "reader".into()],
            is_admin_project: true,
            expires_at: "2026-11-22T12:00:00Z".parse().unwrap(),
            service_roles: vec![],
            service_user_id: None,
            service_project_id: None,
        }
    );
}

#[test]
fn system_and_domain_scopes_name_no_project() {
    let with = |scope: &str| {
        let text = format!(
            r#"{{"token": {{"user": {{"id": "u"}}, {scope}, "roles": [{{"name": "admin"}}],
            "expires_at": "2026-11-22T12:00:00.000000Z"}}}}"#
        );
        Token::read(text.as_bytes()).unwrap()
    };
    let system = with(r#""system": {"all": true}"#);
    assert_eq!((system.system_scope, system.project_id, system.domain_id), (true, None, None));
    let domain = with(r#""domain": {"id": "d", "name": "D"}, "is_admin_project": false"#);
    assert_eq!((domain.system_scope, domain.project_id, domain.domain_id), (false, None, Some("d".into())));
    assert!(!domain.is_admin_project);
}

#[test]
fn a_complaint_quotes_nothing_of_the_reply() {
    let text = r#"{"token": {"user": {"id": "u"}, "expires_at": "secret-text"}}"#;
    let Err(Unfit::Malformed(why)) = Token::read(text.as_bytes()) else { panic!("accepted") };
    assert!(!why.contains("secret"), "{why}");
}

proptest! {
    #[test]
    fn no_bytes_bring_the_reader_down(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Token::read(&bytes).is_err());
    }

    #[test]
    fn a_reply_cut_short_is_never_a_token(end in 0..PROJECT.len()) {
        prop_assert!(Token::read(&PROJECT.as_bytes()[..end]).is_err());
    }
}

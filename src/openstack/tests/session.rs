//! When the service user authenticates, and how often.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::played::{Mishap, stage};
use crate::{Error, Refusal};

const SECOND: Duration = Duration::from_secs(1);

fn refused(outcome: Result<Arc<crate::Token>, Refusal>) -> Error {
    match outcome {
        Err(Refusal::Unavailable(error)) => (*error).clone(),
        other => panic!("expected Unavailable, got {other:?}"),
    }
}

#[tokio::test]
async fn one_service_token_serves_many_validations() {
    let (validator, keystone, _) = stage();
    for number in 0..20 {
        let _ = validator.validate(&SecretString::from(format!("t{number}"))).await;
    }
    assert_eq!((keystone.authentications(), keystone.validations()), (1, 20));
}

#[tokio::test]
async fn a_service_token_is_renewed_two_minutes_before_its_end() {
    let (validator, keystone, hand) = stage();
    keystone.service_tokens_live(3600 * SECOND);
    let _ = validator.validate(&"a".into()).await;
    hand.step(3479 * SECOND);
    let _ = validator.validate(&"b".into()).await;
    assert_eq!(keystone.authentications(), 1);
    hand.step(SECOND);
    let _ = validator.validate(&"c".into()).await;
    assert_eq!(keystone.authentications(), 2);
}

#[tokio::test]
async fn a_short_lived_service_token_is_still_used_more_than_once() {
    let (validator, keystone, hand) = stage();
    keystone.service_tokens_live(60 * SECOND);
    let _ = validator.validate(&"a".into()).await;
    hand.step(44 * SECOND);
    let _ = validator.validate(&"b".into()).await;
    assert_eq!(keystone.authentications(), 1);
    hand.step(SECOND);
    let _ = validator.validate(&"c".into()).await;
    assert_eq!(keystone.authentications(), 2);
}

#[tokio::test]
async fn a_rejected_credential_rests_before_it_is_tried_again() {
    let (validator, keystone, hand) = stage();
    keystone.rejects_the_password(true);
    for token in ["a", "b", "c"] {
        let error = refused(validator.validate(&token.into()).await);
        assert_eq!(error, Error::Rejected { what: "asking for a service token" });
    }
    assert_eq!(keystone.authentications(), 1, "not retried, and not repeated while it rests");
    keystone.rejects_the_password(false);
    hand.step(10 * SECOND);
    assert_eq!(validator.validate(&"a".into()).await, Err(Refusal::Unauthorized));
    assert_eq!(keystone.authentications(), 2);
}

#[tokio::test]
async fn a_gateway_that_rejects_in_place_of_keystone_lets_no_credential_rest() {
    let (validator, keystone, _) = stage();
    keystone.meets([Mishap::Gateway(401)]);
    let error = refused(validator.validate(&"a".into()).await);
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
    assert_eq!(validator.validate(&"a".into()).await, Err(Refusal::Unauthorized));
    assert_eq!(keystone.authentications(), 2);
}

#[tokio::test]
async fn those_who_wait_for_a_service_token_share_its_failure() {
    let (validator, keystone, hand) = stage();
    keystone.is_away(true);
    let validator = Arc::new(validator);
    let askers: Vec<_> = (0..10)
        .map(|number| {
            let validator = validator.clone();
            tokio::spawn(async move { validator.validate(&SecretString::from(format!("t{number}"))).await })
        })
        .collect();
    while askers.iter().any(|asker| !asker.is_finished()) {
        tokio::task::yield_now().await;
        hand.step(SECOND / 10);
    }
    for asker in askers {
        assert!(matches!(refused(asker.await.unwrap()), Error::Unreachable { .. }));
    }
    assert_eq!(keystone.authentications(), 4, "one attempt and three retries for all ten");
}

#[tokio::test]
async fn those_who_meet_a_revoked_service_token_together_renew_it_once() {
    let (validator, keystone, _) = stage();
    let _ = validator.validate(&"warm".into()).await;
    keystone.revokes_service_tokens();
    keystone.gate.forget_permits(usize::MAX);
    let validator = Arc::new(validator);
    let askers: Vec<_> = (0..10)
        .map(|number| {
            let validator = validator.clone();
            tokio::spawn(async move { validator.validate(&SecretString::from(format!("t{number}"))).await })
        })
        .collect();
    while keystone.validations() < 11 {
        tokio::task::yield_now().await;
    }
    keystone.gate.add_permits(1000);
    for asker in askers {
        assert_eq!(asker.await.unwrap(), Err(Refusal::Unauthorized));
    }
    assert_eq!((keystone.authentications(), keystone.validations()), (2, 21));
}

#[tokio::test]
async fn an_answer_without_a_token_is_malformed() {
    let (validator, keystone, _) = stage();
    keystone.meets([Mishap::Body(r#"{"token": {"expires_at": "2099-01-01T00:00:00Z"}}"#)]);
    let error = refused(validator.validate(&"a".into()).await);
    assert!(matches!(error, Error::Malformed { what: "asking for a service token", .. }), "{error}");
}

#[tokio::test]
async fn nothing_that_can_be_printed_shows_a_secret() {
    let (validator, keystone, _) = stage();
    let body = super::played::credential();
    let mut printed = format!("{body:?} {:?}", body.body());
    keystone.rejects_the_password(true);
    printed.push_str(&format!("{:?}", validator.validate(&"token-of-ann".into()).await));
    let request = crate::Request::get("http://id.example/".parse().unwrap())
        .with_secret(reqwest::header::AUTHORIZATION, &"token-of-ann".into());
    printed.push_str(&format!("{request:?}"));
    assert!(!printed.contains("token-of-ann") && !printed.contains(super::played::PASSWORD), "{printed}");
}

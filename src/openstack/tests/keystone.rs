//! What a validator promises: right answers, few questions, an end to each wait.

use std::sync::Arc;
use std::time::Duration;

use manilad_clock::Hand;
use secrecy::SecretString;
use serde_json::json;

use super::played::{Call, Mishap, Played, stage, stage_with};
use crate::keystone::tokens_url;
use crate::{Error, Refusal, Token, Validator};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

async fn ask(validator: &Validator, token: &str) -> Result<Arc<Token>, Refusal> {
    validator.validate(&SecretString::from(token)).await
}

/// Runs `work` and moves the clock on through all its pauses.
async fn through_pauses<T: Send + 'static>(
    hand: &Hand,
    pause: Duration,
    work: impl Future<Output = T> + Send + 'static,
) -> T {
    let task = tokio::spawn(work);
    while !task.is_finished() {
        tokio::task::yield_now().await;
        if hand.sleeping() > 0 {
            hand.step(pause);
        }
    }
    task.await.unwrap()
}

fn unavailable(outcome: Result<Arc<Token>, Refusal>) -> Error {
    match outcome {
        Err(Refusal::Unavailable(error)) => (*error).clone(),
        other => panic!("expected Unavailable, got {other:?}"),
    }
}

#[tokio::test]
async fn a_known_token_tells_who_where_and_with_which_roles() {
    let (validator, keystone, _) = stage();
    keystone.knows("ann", HOUR);
    let token = ask(&validator, "ann").await.unwrap();
    assert_eq!((token.user_id.as_str(), token.project_id.as_deref()), ("u1", Some("p1")));
    assert_eq!((token.roles.as_slice(), token.system_scope), (["member".to_owned()].as_slice(), false));
    let query = "nocatalog".to_owned();
    assert_eq!(keystone.calls(), [Call::Authenticate, Call::Validate { subject: "ann".into(), query }]);
}

#[tokio::test]
async fn an_answer_is_remembered_for_the_cache_time_and_no_longer() {
    let (validator, keystone, hand) = stage();
    keystone.knows("ann", HOUR);
    for _ in 0..5 {
        ask(&validator, "ann").await.unwrap();
    }
    hand.step(Duration::from_secs(299));
    ask(&validator, "ann").await.unwrap();
    assert_eq!((keystone.validations(), validator.vitals().hits), (1, 5));
    hand.step(SECOND);
    keystone.forgets("ann");
    assert_eq!(ask(&validator, "ann").await, Err(Refusal::Unauthorized));
    assert_eq!(keystone.validations(), 2);
}

#[tokio::test]
async fn an_answer_is_never_remembered_beyond_the_end_of_the_token() {
    let (validator, keystone, hand) = stage();
    keystone.knows("ann", 60 * SECOND);
    ask(&validator, "ann").await.unwrap();
    hand.step(59 * SECOND);
    ask(&validator, "ann").await.unwrap();
    assert_eq!(keystone.validations(), 1);
    hand.step(SECOND);
    assert_eq!(ask(&validator, "ann").await, Err(Refusal::Unauthorized));
    assert_eq!(keystone.validations(), 2);
}

#[tokio::test]
async fn a_token_that_has_ended_by_our_clock_is_refused_even_if_keystone_vouches_for_it() {
    let (validator, keystone, _) = stage();
    keystone.knows("warm", HOUR);
    ask(&validator, "warm").await.unwrap();
    keystone.meets([Mishap::Body(r#"{"token": {"user": {"id": "u1"}, "expires_at": "2020-01-01T00:00:00.000000Z"}}"#)]);
    assert_eq!(ask(&validator, "old").await, Err(Refusal::Unauthorized));
}

#[tokio::test]
async fn a_refused_token_is_refused_from_memory_for_a_short_time() {
    let (validator, keystone, hand) = stage();
    for _ in 0..3 {
        assert_eq!(ask(&validator, "nobody").await, Err(Refusal::Unauthorized));
    }
    assert_eq!(keystone.validations(), 1);
    hand.step(10 * SECOND);
    keystone.knows("nobody", HOUR);
    assert_eq!(ask(&validator, "nobody").await.unwrap().user_id, "u1");
}

#[tokio::test]
async fn the_cache_keeps_its_bound_under_a_flood_of_tokens() {
    let (validator, keystone, _) = stage_with(|options| options.cache_size = 10);
    for number in 0..200 {
        assert_eq!(ask(&validator, &format!("stranger-{number}")).await, Err(Refusal::Unauthorized));
    }
    assert!(validator.remembered().await <= 10);
    keystone.knows("ann", HOUR);
    ask(&validator, "ann").await.unwrap();
}

#[tokio::test]
async fn requests_with_one_token_share_one_question() {
    let (validator, keystone, _) = stage();
    keystone.knows("ann", HOUR);
    ask(&validator, "warm").await.unwrap_err();
    keystone.gate.forget_permits(usize::MAX);
    let validator = Arc::new(validator);
    let askers: Vec<_> = (0..50)
        .map(|_| {
            let validator = validator.clone();
            tokio::spawn(async move { ask(&validator, "ann").await })
        })
        .collect();
    while keystone.validations() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(validator.vitals().in_flight, 1);
    keystone.gate.add_permits(10);
    for asker in askers {
        assert_eq!(asker.await.unwrap().unwrap().user_id, "u1");
    }
    assert_eq!((keystone.validations(), validator.vitals().in_flight), (2, 0));
}

#[tokio::test]
async fn a_caller_who_leaves_does_not_take_the_answer_of_the_others_along() {
    let (validator, keystone, _) = stage();
    keystone.knows("ann", HOUR);
    ask(&validator, "warm").await.unwrap_err();
    keystone.gate.forget_permits(usize::MAX);
    let validator = Arc::new(validator);
    let [first, second] = [(); 2].map(|()| {
        let validator = validator.clone();
        tokio::spawn(async move { ask(&validator, "ann").await })
    });
    while keystone.validations() < 2 {
        tokio::task::yield_now().await;
    }
    first.abort();
    keystone.gate.add_permits(10);
    assert_eq!(second.await.unwrap().unwrap().user_id, "u1");
}

#[tokio::test]
async fn questions_beyond_the_bound_are_turned_away_at_once_and_counted() {
    let (validator, keystone, _) = stage_with(|options| options.in_flight = 2);
    ask(&validator, "warm").await.unwrap_err();
    keystone.gate.forget_permits(usize::MAX);
    let validator = Arc::new(validator);
    let held: Vec<_> = ["a", "b"]
        .map(|token| {
            let validator = validator.clone();
            tokio::spawn(async move { ask(&validator, token).await })
        })
        .into();
    while validator.vitals().in_flight < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(unavailable(ask(&validator, "c").await), Error::Busy { limit: 2 });
    assert_eq!(validator.vitals().turned_away, 1);
    keystone.gate.add_permits(10);
    for asker in held {
        assert_eq!(asker.await.unwrap(), Err(Refusal::Unauthorized));
    }
    keystone.knows("c", HOUR);
    ask(&validator, "c").await.unwrap();
}

#[tokio::test]
async fn a_revoked_service_token_is_renewed_once_and_the_caller_does_not_notice() {
    let (validator, keystone, _) = stage();
    keystone.knows("ann", HOUR);
    ask(&validator, "warm").await.unwrap_err();
    keystone.revokes_service_tokens();
    ask(&validator, "ann").await.unwrap();
    assert_eq!((keystone.authentications(), keystone.validations()), (2, 3));
}

#[tokio::test]
async fn a_keystone_that_refuses_fresh_service_tokens_is_unavailable_not_asked_for_ever() {
    let (validator, keystone, _) = stage();
    keystone.knows("ann", HOUR);
    ask(&validator, "warm").await.unwrap_err();
    keystone.revokes_service_tokens();
    let validator = Arc::new(validator);
    keystone.gate.forget_permits(usize::MAX);
    let asker = {
        let validator = validator.clone();
        tokio::spawn(async move { ask(&validator, "ann").await })
    };
    keystone.gate.add_permits(2); // the refused question and the new service token
    while keystone.calls().len() < 5 {
        tokio::task::yield_now().await;
    }
    keystone.revokes_service_tokens();
    keystone.gate.add_permits(10);
    assert_eq!(unavailable(asker.await.unwrap()), Error::Rejected { what: "validating a token" });
    assert_eq!(keystone.calls().len(), 5);
}

#[tokio::test]
async fn a_gateway_that_refuses_the_fresh_service_token_does_not_speak_for_keystone() {
    let (validator, keystone, _) = stage();
    keystone.knows("ann", HOUR);
    ask(&validator, "warm").await.unwrap_err();
    keystone.revokes_service_tokens();
    keystone.meets([Mishap::No, Mishap::No, Mishap::Gateway(401)]);
    let error = unavailable(ask(&validator, "ann").await);
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
    ask(&validator, "ann").await.unwrap();
}

#[tokio::test]
async fn a_passing_failure_is_retried_and_the_caller_does_not_notice() {
    let (validator, keystone, hand) = stage();
    keystone.knows("ann", HOUR);
    ask(&validator, "warm").await.unwrap_err();
    keystone.meets([Mishap::Lost, Mishap::Status(503), Mishap::Status(429)]);
    let outcome = through_pauses(&hand, SECOND, async move { ask(&validator, "ann").await }).await;
    assert_eq!(outcome.unwrap().user_id, "u1");
    assert_eq!(keystone.validations(), 5);
}

#[tokio::test]
async fn an_outage_ends_after_the_last_retry_and_is_not_remembered() {
    let (validator, keystone, hand) = stage();
    keystone.knows("ann", HOUR);
    keystone.is_away(true);
    let validator = Arc::new(validator);
    let asking = validator.clone();
    let outcome = through_pauses(&hand, SECOND, async move { ask(&asking, "ann").await }).await;
    assert!(matches!(unavailable(outcome), Error::Unreachable { .. }));
    assert_eq!(keystone.authentications(), 4, "one attempt and three retries");
    keystone.is_away(false);
    ask(&validator, "ann").await.unwrap();
}

#[tokio::test]
async fn what_is_in_memory_serves_through_an_outage() {
    let (validator, keystone, hand) = stage();
    keystone.knows("ann", HOUR);
    ask(&validator, "ann").await.unwrap();
    keystone.is_away(true);
    hand.step(200 * SECOND);
    ask(&validator, "ann").await.unwrap();
}

#[tokio::test]
async fn a_keystone_that_never_answers_costs_no_more_than_the_patience() {
    let (validator, keystone, hand) = stage_with(|options| options.attempt_patience = HOUR);
    keystone.meets([Mishap::Silence]);
    let asker = tokio::spawn(async move { ask(&validator, "ann").await });
    hand.until_sleeping(2).await; // one for the attempt, one for the whole
    hand.step(30 * SECOND);
    let expected = Error::Late { what: "validating a token", patience: 30 * SECOND };
    assert_eq!(unavailable(asker.await.unwrap()), expected);
}

#[tokio::test]
async fn malformed_answers_are_unavailable_never_unauthorized_and_never_accepted() {
    for body in [
        "",
        "null",
        "<html>proxy</html>",
        "{}",
        r#"{"token": []}"#,
        r#"{"token": {"user": {"id": "u1"}}}"#,
        r#"{"token": {"user": {"id": "u1"}, "expires_at": "tomorrow"}}"#,
        r#"{"token": {"user": {"id": 7}, "expires_at": "2099-01-01T00:00:00Z"}}"#,
        r#"{"token": {"user": {"id": "u1"}, "roles": [{"id": "r"}], "expires_at": "2099-01-01T00:00:00Z"}}"#,
        r#"{"token": {"user": {"id": "u1"}, "project": {"name": "p"}, "expires_at": "2099-01-01T00:00:00Z"}}"#,
    ] {
        let (validator, keystone, _) = stage();
        ask(&validator, "warm").await.unwrap_err();
        keystone.meets([Mishap::Body(body)]);
        let error = unavailable(ask(&validator, "ann").await);
        assert!(matches!(error, Error::Malformed { .. }), "{body}: {error}");
    }
}

#[tokio::test]
async fn a_valid_token_of_nobody_is_unauthorized() {
    for user in [json!(null), json!({}), json!({"id": ""})] {
        let (validator, keystone, _) = stage();
        keystone.knows_as("ghost", json!({"token": {"user": user, "expires_at": "2099-01-01T00:00:00Z"}}));
        assert_eq!(ask(&validator, "ghost").await, Err(Refusal::Unauthorized));
    }
}

#[tokio::test]
async fn a_status_that_makes_no_sense_is_unavailable_and_not_retried() {
    for status in [204, 302, 400, 403, 413] {
        let (validator, keystone, _) = stage();
        ask(&validator, "warm").await.unwrap_err();
        keystone.meets([Mishap::Status(status)]);
        let error = unavailable(ask(&validator, "ann").await);
        assert_eq!(error, Error::Status { what: "validating a token", status });
        assert_eq!(keystone.validations(), 2);
    }
}

#[tokio::test]
async fn a_no_of_a_gateway_is_unavailable_and_not_remembered() {
    for status in [401, 404] {
        let (validator, keystone, _) = stage();
        keystone.knows("ann", HOUR);
        ask(&validator, "warm").await.unwrap_err();
        keystone.meets([Mishap::Gateway(status)]);
        let error = unavailable(ask(&validator, "ann").await);
        assert!(matches!(error, Error::Malformed { .. }), "{status}: {error}");
        ask(&validator, "ann").await.unwrap();
        assert_eq!(keystone.authentications(), 1, "the service token was not refused");
    }
}

#[tokio::test]
async fn a_token_that_can_be_none_is_refused_without_asking() {
    let (validator, keystone, _) = stage();
    for token in ["", " ", "a b", "a\r\nX-Auth-Token: b", "schlüssel", &"x".repeat(8193)] {
        assert_eq!(ask(&validator, token).await, Err(Refusal::Unauthorized), "{token}");
    }
    assert_eq!(keystone.calls(), []);
}

fn service(keystone: &Played, token: &str, role: &str) {
    keystone.knows_as(
        token,
        json!({"token": {
            "user": {"id": "nova"}, "project": {"id": "service"}, "roles": [{"name": role}],
            "expires_at": "2099-01-01T00:00:00Z",
        }}),
    );
}

async fn ask_through(validator: &Validator, token: &str, service: &str) -> Result<Arc<Token>, Refusal> {
    validator.validate_with_service(&SecretString::from(token), &SecretString::from(service)).await
}

#[tokio::test]
async fn a_service_may_bring_a_token_that_has_ended_meanwhile() {
    let (validator, keystone, hand) = stage();
    keystone.knows("ann", 60 * SECOND);
    service(&keystone, "nova", "service");
    hand.step(61 * SECOND);
    assert_eq!(ask(&validator, "ann").await, Err(Refusal::Unauthorized));
    for _ in 0..2 {
        let token = ask_through(&validator, "ann", "nova").await.unwrap();
        assert_eq!((token.user_id.as_str(), token.service_user_id.as_deref()), ("u1", Some("nova")));
        assert_eq!(token.service_roles, ["service"]);
    }
    assert_eq!(keystone.validations(), 3, "one refused, the service's, and one that allows for the end");
    assert_eq!(ask(&validator, "ann").await, Err(Refusal::Unauthorized), "alone it stays refused");
}

#[tokio::test]
async fn a_service_without_the_role_brings_no_ended_token_and_none_at_all_if_the_role_is_required() {
    let (validator, keystone, hand) = stage();
    keystone.knows("ann", 60 * SECOND);
    service(&keystone, "nova", "member");
    assert_eq!(ask_through(&validator, "ann", "nova").await.unwrap().service_roles, ["member"]);
    hand.step(61 * SECOND);
    assert_eq!(ask_through(&validator, "ann", "nova").await, Err(Refusal::Unauthorized));

    let (validator, keystone, _) = stage_with(|options| options.service_token_roles_required = true);
    keystone.knows("ann", HOUR);
    service(&keystone, "nova", "member");
    assert_eq!(ask_through(&validator, "ann", "nova").await, Err(Refusal::Unauthorized));
    assert_eq!(ask_through(&validator, "ann", "unknown").await, Err(Refusal::Unauthorized));
}

#[test]
fn the_address_may_have_or_lack_the_version() {
    for (text, expected) in [
        ("http://id.example:5000", "http://id.example:5000/v3/auth/tokens"),
        ("http://id.example:5000/", "http://id.example:5000/v3/auth/tokens"),
        ("http://id.example:5000/v3", "http://id.example:5000/v3/auth/tokens"),
        ("https://id.example/identity/v3/", "https://id.example/identity/v3/auth/tokens"),
        ("https://id.example/identity", "https://id.example/identity/v3/auth/tokens"),
    ] {
        assert_eq!(tokens_url(text).unwrap().as_str(), expected);
    }
    for wrong in ["", "id.example", "ftp://id.example", "http://id.example/v2.0", "http://manila:secret@id.example/v3"]
    {
        assert!(matches!(tokens_url(wrong), Err(Error::Option { option: "auth_url", .. })), "{wrong}");
    }
}

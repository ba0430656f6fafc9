use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use manilad_clock::{Clock, Hand, Timestamp};
use manilad_openstack::{
    AuthOptions, Credential, EndpointSelector, Lost, Method, Reply, Request, ServiceOptions, StatusCode, Transport,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{Kind, while_owed};

const SERVER: ShareServerId = ShareServerId(Uuid::from_u128(7));
const KEY: EncryptionKeyId = EncryptionKeyId(Uuid::from_u128(8));

/// A Keystone that keeps application credentials, and can do what it is asked without telling, or later.
#[derive(Default)]
struct Cloud {
    credentials: Mutex<BTreeMap<String, String>>,
    /// What a request to make one meets.
    fate: Mutex<Fate>,
    made: Mutex<usize>,
}

#[derive(Default, Clone, Copy, PartialEq)]
enum Fate {
    #[default]
    Fine,
    LostAnswer,
    /// It has not arrived when its answer is not waited for any more.
    Late,
    Refused,
}

impl Cloud {
    fn make(&self) -> String {
        let mut made = self.made.lock().unwrap();
        *made += 1;
        let id = format!("c{made}");
        self.credentials.lock().unwrap().insert(id.clone(), name(SERVER));
        id
    }

    fn answer(&self, request: &Request) -> Result<(u16, Value), Lost> {
        let at = |kind: &str| json!({"type": kind, "endpoints": [{"interface": "public", "url": format!("https://{kind}.example")}]});
        let mut credentials = self.credentials.lock().unwrap();
        Ok(match (&request.method, request.url.path()) {
            (_, "/v3/auth/tokens") => {
                let catalog = json!([at("key-manager"), at("identity")]);
                (201, json!({"token": {"user": {"id": "u"}, "expires_at": "2090-01-01T00:00:00Z", "catalog": catalog}}))
            }
            (&Method::GET, _) => {
                let all: Vec<Value> = credentials.iter().map(|(id, name)| json!({"id": id, "name": name})).collect();
                (200, json!({ "application_credentials": all }))
            }
            (&Method::DELETE, path) => {
                credentials.remove(path.rsplit('/').next().unwrap());
                (204, Value::Null)
            }
            _ => {
                drop(credentials);
                match *self.fate.lock().unwrap() {
                    Fate::Fine => {
                        let id = self.make();
                        (201, json!({"application_credential": {"id": id, "name": name(SERVER), "secret": "sesame"}}))
                    }
                    Fate::LostAnswer => {
                        self.make();
                        return Err(Lost("reset".to_owned()));
                    }
                    Fate::Late => return Err(Lost("reset".to_owned())),
                    Fate::Refused => (403, json!({"error": {"code": 403, "title": "Forbidden"}})),
                }
            }
        })
    }

    fn ids(&self) -> Vec<String> {
        self.credentials.lock().unwrap().keys().cloned().collect()
    }
}

impl Transport for Cloud {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Reply, Lost>> {
        let answered = self.answer(&request).map(|(status, body)| {
            let status = StatusCode::from_u16(status).unwrap();
            let mut reply = Reply { status, headers: Default::default(), body: body.to_string().into_bytes() };
            reply.headers.insert("x-subject-token", "t".parse().unwrap());
            reply
        });
        async move { answered }.boxed()
    }
}

fn stage() -> (Keys, Arc<Cloud>, Hand) {
    let (clock, hand) = Clock::stepped(Timestamp::from_second(1_800_000_000).unwrap());
    let cloud = Arc::new(Cloud::default());
    let login = AuthOptions {
        auth_type: Some("password".into()),
        user_id: Some("u".into()),
        password: Some("p".to_owned().into()),
        ..AuthOptions::default()
    };
    let options = ServiceOptions {
        auth_url: "https://identity.example".parse().unwrap(),
        credential: Credential::try_from(login).unwrap(),
        endpoint: EndpointSelector { kind: "", interface: "public".to_owned(), region: None },
        version: None,
        header: None,
        retries: 0,
        attempt_patience: Duration::from_secs(30),
        patience: Duration::from_secs(60),
    };
    let transport: Arc<dyn Transport> = cloud.clone();
    let store = KeyStore::new(&options, &transport, &clock);
    (Keys::new(store, "https://id.of.arrays/v3".to_owned(), clock), cloud, hand)
}

#[test]
fn each_try_has_a_credential_of_its_own_and_none_of_an_earlier_one_is_left() {
    let (keys, cloud, _hand) = stage();
    *cloud.fate.lock().unwrap() = Fate::LostAnswer;
    let lost = keys.entrust(SERVER, KEY).now_or_never().unwrap().unwrap_err();
    assert_eq!((lost.kind, cloud.ids()), (Kind::Unknown, vec!["c1".to_owned()]));
    *cloud.fate.lock().unwrap() = Fate::Fine;
    let credential = keys.entrust(SERVER, KEY).now_or_never().unwrap().unwrap();
    assert_eq!((credential.id.as_str(), cloud.ids()), ("c2", vec!["c2".to_owned()]));
    assert_eq!(credential.key_url, format!("https://key-manager.example/v1/secrets/{KEY}"));
    assert_eq!(credential.identity_url, "https://id.of.arrays/v3");
    assert!(!format!("{credential:?}").contains("sesame"));
}

#[test]
fn a_credential_that_may_still_come_is_waited_for_before_all_are_taken_back() {
    for in_flight in [false, true] {
        let (keys, cloud, hand) = stage();
        if !in_flight {
            *cloud.fate.lock().unwrap() = Fate::Late;
            assert!(keys.entrust(SERVER, KEY).now_or_never().unwrap().is_err());
        }
        let mut taking = Box::pin(keys.forget(SERVER, in_flight));
        assert!(taking.as_mut().now_or_never().is_none());
        hand.step(Duration::from_secs(50));
        cloud.make();
        assert!(taking.as_mut().now_or_never().is_none());
        hand.step(Duration::from_secs(10));
        assert_eq!((taking.as_mut().now_or_never(), cloud.ids()), (Some(Ok(())), Vec::new()));
        drop(taking);
        assert_eq!(keys.forget(SERVER, false).now_or_never(), Some(Ok(())), "nothing can come any more");
    }
}

#[test]
fn a_refusal_of_keystone_is_no_use_to_repeat_and_what_is_not_owed_any_more_makes_nothing() {
    let (keys, cloud, _hand) = stage();
    *cloud.fate.lock().unwrap() = Fate::Refused;
    assert_eq!(keys.entrust(SERVER, KEY).now_or_never().unwrap().unwrap_err().kind, Kind::Refused);
    *cloud.fate.lock().unwrap() = Fate::Fine;
    let outcome = while_owed(|| false, keys.entrust(SERVER, KEY)).now_or_never().unwrap();
    assert_eq!((outcome.unwrap_err().kind, cloud.ids()), (Kind::Unknown, Vec::new()));
}

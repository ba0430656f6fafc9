//! Server certificates of SVMs: that there is one, and until when. They hold no key and secure nothing.

use manilad_clock::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::lanes::Cost;
use crate::lookup::svm;
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{CERTIFICATE_EXPIRY, IN_USE, Refusal};
use crate::rest::field::{text, time};
use crate::rest::made::{Made, made};
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, sync};
use crate::rows::certificate::Certificate;
use crate::stamp;
use crate::state::State;

/// Days.
const LIVES: std::ops::RangeInclusive<i64> = 1..=3652;
/// How long the certificate lives that an SVM gets when it is made.
const FIRST_LIFE: i64 = 365;

pub static CERTIFICATE: Noun = Noun {
    name: "uuid",
    instance: INSTANCE,
    fields: &[
        text("uuid").key(),
        text("name").key(),
        text("svm.name").post(),
        text("svm.uuid").post(),
        text("scope"),
        text("type").post(),
        text("common_name").post(),
        // As the documents spelt it before 9.8, and clients still do.
        text("common-name").post(),
        text("ca"),
        time("expiry_time").post(),
    ],
    order: &["svm.name", "name", "uuid"],
    narrowed: None,
    list,
};

const COLLECTION: &str = "/api/security/certificates";
const INSTANCE: &str = "/api/security/certificates/{uuid}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &CERTIFICATE),
    sync(Method::Post, COLLECTION, &CERTIFICATE, Cost::Policy, create),
    each(Method::Delete, COLLECTION, &CERTIFICATE, INSTANCE),
    instance(INSTANCE, &CERTIFICATE),
    sync(Method::Delete, INSTANCE, &CERTIFICATE, Cost::Policy, delete),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let visible = state.certificates.iter().filter(|one| ask.svm.is_none_or(|svm| svm == one.svm));
    let record = |one: &Certificate| {
        json!({
            "uuid": one.uuid,
            "name": format!("{}_{}", one.common_name, &one.uuid.simple().to_string()[..14]),
            "svm": svm::reference(state, one.svm),
            "scope": "svm",
            "type": "server",
            "common_name": one.common_name,
            "common-name": one.common_name,
            "ca": one.common_name,
            "expiry_time": stamp(one.expires),
        })
    };
    Ok(visible.map(record).collect())
}

/// The certificate that an SVM has from the start.
pub fn establish(state: &mut State, svm: Uuid) {
    let Some(common_name) = state.svms.get(&svm).map(|svm| svm.name.clone()) else { return };
    let (uuid, expires) = (state.clock.id(), after(state, FIRST_LIFE));
    state.certificates.put(Certificate { uuid, svm, common_name, expires });
    state.svms.change(&svm, |svm| svm.certificate = Some(uuid));
}

fn after(state: &State, days: i64) -> Timestamp {
    let seconds = std::time::Duration::from_secs(days.unsigned_abs() * 86_400);
    state.now.checked_add(seconds).unwrap_or(Timestamp::MAX)
}

fn create(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let svm = svm::target(state, ask)?;
    let name = ask.text("common_name").or(ask.text("common-name"));
    let common_name = name.ok_or_else(|| Refusal::missing("common_name"))?.to_owned();
    if let Some(kind) = ask.text("type").filter(|kind| *kind != "server") {
        return Err(Refusal::value(kind, "type", "server"));
    }
    let days = match ask.text("expiry_time") {
        Some(text) => days(text).ok_or_else(|| Refusal::value(text, "expiry_time", "ISO-8601 duration in days"))?,
        None => FIRST_LIFE,
    };
    if !LIVES.contains(&days) {
        let message = "The expiry time must be 1 to 3652 days away.";
        return Err(Refusal::new(CERTIFICATE_EXPIRY, message).at("expiry_time"));
    }
    let expires = after(state, days);
    state.certificates.put(Certificate { uuid: ask.id, svm, common_name, expires });
    Ok(made(ask.id))
}

/// `P<n>D`, also with an empty time part.
fn days(text: &str) -> Option<i64> {
    text.strip_prefix('P')?.trim_end_matches('T').strip_suffix('D')?.parse().ok()
}

fn delete(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let found = ask.key().and_then(|uuid| state.certificates.get(&uuid));
    let one = found.filter(|one| ask.svm.is_none_or(|svm| svm == one.svm)).ok_or_else(|| Refusal::absent("uuid"))?;
    let uuid = one.uuid;
    if state.svms.iter().any(|svm| svm.certificate == Some(uuid)) {
        return Err(Refusal::new(IN_USE, "The certificate is the one of its SVM."));
    }
    state.certificates.remove(&uuid);
    Ok(made(uuid))
}

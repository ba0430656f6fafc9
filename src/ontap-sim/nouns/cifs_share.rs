//! SMB shares: names for junctions. They are kept and listed; no SMB server serves them.

use serde_json::{Value, json};

use crate::lanes::Cost;
use crate::lookup::{svm, volume};
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{
    DUPLICATE, MISSING_ARGUMENT, Refusal, SHARE_NAME, SHARE_NAME_LONG, SHARE_NO_SERVER, SHARE_PATH,
};
use crate::rest::field::text;
use crate::rest::json as values;
use crate::rest::made::Made;
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, sync};
use crate::rows::cifs_share::{Ace, CifsShare, key};
use crate::state::State;
use crate::state::table::Row;

const LONGEST_NAME: usize = 80;
pub const PERMISSIONS: &[&str] = &["no_access", "read", "change", "full_control"];
pub const KINDS: &[&str] = &["windows", "unix_user", "unix_group"];

pub static CIFS_SHARE: Noun = Noun {
    name: "name",
    instance: "/api/protocols/cifs/shares/{svm.uuid}/{name}",
    fields: &[
        text("svm.uuid").key().post(),
        text("svm.name").key().post(),
        text("name").key().post(),
        text("path").post(),
        text("comment").post(),
        text("volume.name"),
        text("volume.uuid"),
        text("acls.user_or_group").post(),
        text("acls.type").post(),
        text("acls.permission").post(),
    ],
    order: &["svm.name", "name"],
    narrowed: None,
    list,
};

const COLLECTION: &str = "/api/protocols/cifs/shares";
const INSTANCE: &str = "/api/protocols/cifs/shares/{svm.uuid}/{name}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &CIFS_SHARE),
    sync(Method::Post, COLLECTION, &CIFS_SHARE, Cost::Policy, create),
    each(Method::Delete, COLLECTION, &CIFS_SHARE, INSTANCE),
    instance(INSTANCE, &CIFS_SHARE),
    sync(Method::Delete, INSTANCE, &CIFS_SHARE, Cost::Policy, delete),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let shares = state.shares.iter().filter(|share| ask.svm.is_none_or(|svm| svm == share.svm));
    Ok(shares.map(|share| record(state, share)).collect())
}

fn record(state: &State, share: &CifsShare) -> Value {
    let behind = volume::living(state, share.svm).find(|volume| volume.junction.as_deref() == Some(&share.path));
    json!({
        "svm": svm::reference(state, share.svm),
        "name": share.name,
        "path": share.path,
        "comment": share.comment,
        "volume": behind.map(|volume| json!({"name": volume.name, "uuid": volume.uuid})),
        "acls": share.acls,
    })
}

/// The share that the request's path names under `name`, if it may see it.
pub fn mine<'a>(state: &'a State, ask: &Ask, name: &str) -> Result<&'a CifsShare, Refusal> {
    let svm = ask.keys.get("svm.uuid").and_then(|svm| svm.parse().ok());
    let svm = svm.filter(|svm| ask.svm.is_none_or(|own| own == *svm));
    let found = svm.zip(ask.keys.get(name)).and_then(|(svm, name)| state.shares.get(&key(svm, name)));
    found.ok_or_else(|| Refusal::absent(name))
}

impl Ace {
    pub fn parse(body: &Value) -> Result<Self, Refusal> {
        let word = |field: &str| body.get(field).map(values::text);
        let one_of = |field: &str, text: Option<String>, default: &str, choices: &[&str]| {
            let text = text.unwrap_or_else(|| default.to_owned());
            if choices.contains(&text.as_str()) {
                Ok(text)
            } else {
                Err(Refusal::value(&text, field, &choices.join("|")))
            }
        };
        let missing = || Refusal::new(MISSING_ARGUMENT, "\"user_or_group\" is a required field.").at("user_or_group");
        Ok(Ace {
            user_or_group: word("user_or_group").ok_or_else(missing)?,
            kind: one_of("type", word("type"), "windows", KINDS)?,
            permission: one_of("permission", word("permission"), "full_control", PERMISSIONS)?,
        })
    }
}

fn create(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let svm = svm::target(state, ask)?;
    let required = |field| {
        let missing = || Refusal::new(MISSING_ARGUMENT, format!("\"{field}\" is a required field.")).at(field);
        ask.text(field).ok_or_else(missing)
    };
    let (name, path) = (required("name")?, required("path")?);
    if state.svms.get(&svm).is_none_or(|svm| svm.cifs.is_none()) {
        return Err(Refusal::new(SHARE_NO_SERVER, "Failed to create CIFS share: the SVM has no CIFS server."));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(Refusal::new(SHARE_NAME_LONG, "The share name cannot exceed 80 characters.").at("name"));
    }
    if name.is_empty() || name.contains(|letter: char| letter.is_control() || "\"/\\[]:|<>+;,?*=".contains(letter)) {
        return Err(Refusal::new(SHARE_NAME, format!("\"{name}\" is not a valid share name.")).at("name"));
    }
    if !volume::living(state, svm).any(|volume| volume.junction.as_deref() == Some(path)) {
        return Err(Refusal::new(SHARE_PATH, format!("Path \"{path}\" does not exist in the SVM.")).at("path"));
    }
    let key = key(svm, name);
    if state.shares.get(&key).is_some() {
        return Err(Refusal::new(DUPLICATE, format!("Share \"{name}\" already exists.")).at("name"));
    }
    let everyone = || Ace {
        user_or_group: "Everyone".to_owned(),
        kind: "windows".to_owned(),
        permission: "full_control".to_owned(),
    };
    // An empty list counts as none.
    let acls = match values::get(&ask.body, "acls").and_then(Value::as_array).filter(|acls| !acls.is_empty()) {
        Some(acls) => acls.iter().map(Ace::parse).collect::<Result<_, _>>()?,
        None => vec![everyone()],
    };
    let comment = ask.text("comment").unwrap_or_default().to_owned();
    state.shares.put(CifsShare { svm, name: name.to_owned(), path: path.to_owned(), comment, acls });
    Ok(vec![[("svm.uuid".to_owned(), svm.to_string()), ("name".to_owned(), name.to_owned())].into()])
}

fn delete(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let key = mine(state, ask, "name")?.key();
    state.shares.remove(&key);
    Ok(vec![ask.keys.clone()])
}

//! Access control lists of SMB shares, entry by entry. Names of users compare without case, as on Windows.

use serde_json::{Value, json};

use crate::lanes::Cost;
use crate::lookup::svm;
use crate::nouns::cifs_share::{PERMISSIONS, mine};
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{ACE_ABSENT, DUPLICATE, Refusal};
use crate::rest::field::text;
use crate::rest::made::Made;
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, sync};
use crate::rows::cifs_share::{Ace, CifsShare};
use crate::state::State;

pub static CIFS_ACL: Noun = Noun {
    name: "user_or_group",
    instance: "/api/protocols/cifs/shares/{svm.uuid}/{share}/acls/{user_or_group}/{type}",
    fields: &[
        text("svm.uuid").key(),
        text("svm.name"),
        text("share").key(),
        text("user_or_group").key().post(),
        text("type").key().post(),
        text("permission").write(),
    ],
    order: &["share", "user_or_group", "type"],
    narrowed: None,
    list,
};

const COLLECTION: &str = "/api/protocols/cifs/shares/{svm.uuid}/{share}/acls";
const INSTANCE: &str = "/api/protocols/cifs/shares/{svm.uuid}/{share}/acls/{user_or_group}/{type}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &CIFS_ACL),
    sync(Method::Post, COLLECTION, &CIFS_ACL, Cost::Policy, create),
    each(Method::Patch, COLLECTION, &CIFS_ACL, INSTANCE),
    each(Method::Delete, COLLECTION, &CIFS_ACL, INSTANCE),
    instance(INSTANCE, &CIFS_ACL),
    sync(Method::Patch, INSTANCE, &CIFS_ACL, Cost::Policy, change),
    sync(Method::Delete, INSTANCE, &CIFS_ACL, Cost::Policy, delete),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let named = |key: &str| ask.keys.get(key).filter(|name| *name != "*");
    let (svm, name) = (named("svm.uuid"), named("share"));
    if svm.is_some() && name.is_some() {
        return Ok(records(state, mine(state, ask, "share")?, name));
    }
    let suits = |share: &&CifsShare| {
        ask.svm.is_none_or(|own| own == share.svm)
            && svm.is_none_or(|svm| share.svm.to_string() == *svm)
            && name.is_none_or(|name| share.name.eq_ignore_ascii_case(name))
    };
    Ok(state.shares.iter().filter(suits).flat_map(|share| records(state, share, name)).collect())
}

/// The entries of a share, under the name by which it was asked for.
fn records(state: &State, share: &CifsShare, name: Option<&String>) -> Vec<Value> {
    let svm = svm::reference(state, share.svm);
    let record = |ace: &Ace| {
        json!({
            "svm": svm,
            "share": name.unwrap_or(&share.name),
            "user_or_group": ace.user_or_group,
            "type": ace.kind,
            "permission": ace.permission,
        })
    };
    share.acls.iter().map(record).collect()
}

fn same(ace: &Ace, user: &str, kind: &str) -> bool {
    ace.user_or_group.to_lowercase() == user.to_lowercase() && ace.kind == kind
}

fn made(ask: &Ask, ace: &Ace) -> Made {
    let mut keys = ask.keys.clone();
    keys.extend([("user_or_group".to_owned(), ace.user_or_group.clone()), ("type".to_owned(), ace.kind.clone())]);
    vec![keys]
}

fn create(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let mut share = mine(state, ask, "share")?.clone();
    let ace = Ace::parse(&ask.body)?;
    if share.acls.iter().any(|other| same(other, &ace.user_or_group, &ace.kind)) {
        let message = format!("An entry for \"{}\" already exists.", ace.user_or_group);
        return Err(Refusal::new(DUPLICATE, message).at("user_or_group"));
    }
    share.acls.push(ace.clone());
    state.shares.put(share);
    Ok(made(ask, &ace))
}

/// The place of the entry that the request's path names (else 655516).
fn place(share: &CifsShare, ask: &Ask) -> Result<usize, Refusal> {
    let key = |name: &str| ask.keys.get(name).map_or("", String::as_str);
    let (user, kind) = (key("user_or_group"), key("type"));
    share
        .acls
        .iter()
        .position(|ace| same(ace, user, kind))
        .ok_or_else(|| Refusal::new(ACE_ABSENT, format!("The share has no entry for \"{user}\".")).at("user_or_group"))
}

fn change(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let mut share = mine(state, ask, "share")?.clone();
    let place = place(&share, ask)?;
    if let Some(permission) = ask.text("permission") {
        if !PERMISSIONS.contains(&permission) {
            return Err(Refusal::value(permission, "permission", &PERMISSIONS.join("|")));
        }
        permission.clone_into(&mut share.acls[place].permission);
    }
    let made = made(ask, &share.acls[place]);
    state.shares.put(share);
    Ok(made)
}

fn delete(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let mut share = mine(state, ask, "share")?.clone();
    let ace = share.acls.remove(place(&share, ask)?);
    state.shares.put(share);
    Ok(made(ask, &ace))
}

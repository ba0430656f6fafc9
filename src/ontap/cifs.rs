//! SMB shares and who may use them.
//!
//! A share made without a list of its own lets `Everyone` in, and so may one with an empty list: who makes one looks afterwards.
//! Names and users end up in URLs and are checked there. How to get it wrong: comparing user names in their case; Windows does not.

use manilad_clock::Uuid;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::body::Body;
use crate::client::{Call, Client};
use crate::code::Class;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::named::Named;
use crate::query::Query;

const MOST_ACES: usize = 10_000;
/// More shares than an SVM is given volumes.
const MOST: usize = 20_000;

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    NoAccess,
    Read,
    Change,
    FullControl,
}

/// One entry of the access control list of a share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ace {
    /// `DOMAIN\user`, `user` or a group; case does not count.
    pub user_or_group: String,
    pub permission: Permission,
    /// `windows`, `unix_user`, `unix_group`.
    #[serde(rename = "type", default = "windows")]
    pub kind: String,
}

impl Ace {
    pub fn new(user_or_group: &str, permission: Permission) -> Self {
        Ace { user_or_group: user_or_group.to_owned(), permission, kind: windows() }
    }
}

fn windows() -> String {
    "windows".to_owned()
}

/// An SMB share.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub struct Share {
    pub name: String,
    /// Junction path of the volume.
    pub path: String,
    pub svm: Option<String>,
    /// Who may use it; only in [`all`].
    pub acl: Vec<Ace>,
}

#[derive(Deserialize)]
struct Wire {
    name: String,
    #[serde(default)]
    path: String,
    svm: Option<Named>,
    #[serde(default)]
    acls: Vec<Ace>,
}

impl From<Wire> for Share {
    fn from(Wire { name, path, svm, acls: acl }: Wire) -> Self {
        Share { name, path, svm: svm.and_then(|svm| svm.name), acl }
    }
}

/// All shares of `svm`, or of the cluster, with their lists; one call per thousand.
pub async fn all(client: &Client, svm: Option<&str>) -> Result<Vec<Share>, Error> {
    let query = Query::new().within(svm)?.fields("name,path,svm.name,acls");
    client.list(Call::to(Endpoint::Shares, &[])?.query(query), MOST).await
}

/// The share of that name; one call.
pub async fn find(client: &Client, svm: &str, name: &str) -> Result<Option<Share>, Error> {
    let query = Query::new().is("name", name)?.is("svm.name", svm)?.fields("name,path,svm.name");
    client.only(Call::to(Endpoint::Shares, &[])?.query(query)).await
}

/// Makes a share that only `acl` may use; one call. `Exists` when the name is taken.
pub async fn create(client: &Client, svm: &str, name: &str, path: &str, acl: &[Ace]) -> Result<(), Error> {
    let entries: Vec<Value> = acl
        .iter()
        .map(|ace| json!({"user_or_group": ace.user_or_group, "permission": ace.permission, "type": ace.kind}))
        .collect();
    let body = Body::default().set("name", name).set("path", path).set("svm.name", svm).set("acls", entries);
    client.write::<Value>(Call::to(Endpoint::ShareCreate, &[])?.body(body)).await.map(|_| ())
}

/// Removes a share, not its data; one call. Gone already is well.
pub async fn delete(client: &Client, svm: Uuid, name: &str) -> Result<(), Error> {
    gone(client, Call::to(Endpoint::ShareDelete, &[&svm.to_string(), name])?).await
}

/// Who may use a share; one call.
pub async fn acl(client: &Client, svm: Uuid, share: &str) -> Result<Vec<Ace>, Error> {
    let call = Call::to(Endpoint::Acls, &[&svm.to_string(), share])?;
    client.list(call.query(Query::new().fields("user_or_group,permission,type")), MOST_ACES).await
}

/// Lets a user in; one call. `Exists` when the user is listed, `Refused` (655446) when nobody knows the name.
pub async fn allow(client: &Client, svm: Uuid, share: &str, ace: &Ace) -> Result<(), Error> {
    let permission = json!(ace.permission);
    let body = Body::default().set("user_or_group", ace.user_or_group.as_str()).set("permission", permission);
    let body = body.set("type", ace.kind.as_str());
    let call = Call::to(Endpoint::AclCreate, &[&svm.to_string(), share])?.body(body);
    client.write::<Value>(call).await.map(|_| ())
}

/// Changes what a listed user may do; one call.
pub async fn change(client: &Client, svm: Uuid, share: &str, ace: &Ace) -> Result<(), Error> {
    let call = Call::to(Endpoint::AclChange, &[&svm.to_string(), share, &ace.user_or_group, &ace.kind])?;
    client.write::<Value>(call.body(Body::default().set("permission", json!(ace.permission)))).await.map(|_| ())
}

/// Shuts a user out; one call. Gone already is well.
pub async fn deny(client: &Client, svm: Uuid, share: &str, ace: &Ace) -> Result<(), Error> {
    gone(client, Call::to(Endpoint::AclDelete, &[&svm.to_string(), share, &ace.user_or_group, &ace.kind])?).await
}

async fn gone(client: &Client, call: Call) -> Result<(), Error> {
    match client.write::<Value>(call).await {
        Err(error) if error.class() == Class::Absent => Ok(()),
        other => other.map(|_| ()),
    }
}

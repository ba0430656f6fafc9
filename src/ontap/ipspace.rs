//! IPspaces: address spaces that know nothing of each other. Share servers of one network share one.
//!
//! How to get it wrong: removing one, or a port in it, that another SVM came to use since it was looked at; ONTAP
//! refuses that, and the refusal is no failure.

use manilad_clock::Uuid;
use serde_json::Value;

use crate::body::Body;
use crate::client::{Call, Client};
use crate::code::Class;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::named::Named;
use crate::query::Query;

/// The one that every cluster has.
pub const DEFAULT: &str = "Default";
/// Answers that mean that somebody uses it: SVMs or broadcast domains in it.
const IN_USE: &[&str] = &["1966333", "1969180"];

/// Whether something was removed that others may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removed {
    Gone,
    /// It stays, as it is in use.
    Kept,
}

impl Removed {
    /// What a delete came to; `in_use` are the codes of an object that others use.
    pub(crate) fn of<T>(outcome: Result<T, Error>, in_use: &[&str]) -> Result<Removed, Error> {
        match outcome {
            Ok(_) => Ok(Removed::Gone),
            Err(error) if error.class() == Class::Absent => Ok(Removed::Gone),
            Err(error) if in_use.contains(&error.code()) => Ok(Removed::Kept),
            Err(error) => Err(error),
        }
    }
}

/// The key of the IPspace of that name; one call.
pub async fn find(client: &Client, name: &str) -> Result<Option<Uuid>, Error> {
    let query = Query::new().is("name", name)?.fields("uuid,name");
    let found: Option<Named> = client.only(Call::to(Endpoint::Ipspaces, &[])?.query(query)).await?;
    Ok(found.and_then(|ipspace| ipspace.uuid))
}

/// Makes an IPspace; one call. There already is well.
pub async fn create(client: &Client, name: &str) -> Result<(), Error> {
    let call = Call::to(Endpoint::IpspaceCreate, &[])?.body(Body::default().set("name", name));
    match client.write::<Value>(call).await {
        Err(error) if error.class() == Class::Exists => Ok(()),
        other => other.map(|_| ()),
    }
}

/// Removes an IPspace that nobody uses; one call. Gone already is well.
pub async fn delete(client: &Client, uuid: Uuid) -> Result<Removed, Error> {
    let call = Call::to(Endpoint::IpspaceDelete, &[&uuid.to_string()])?;
    Removed::of(client.write::<Value>(call).await, IN_USE)
}

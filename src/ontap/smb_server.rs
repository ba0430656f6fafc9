//! The SMB server of an SVM: a member of an Active Directory.
//!
//! How to get it wrong: giving up on leaving a directory that is not there any more; with force the array forgets it,
//! and only its account in the directory stays.

use manilad_clock::Uuid;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::body::Body;
use crate::client::{Call, Client};
use crate::code::Class;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::query::Query;

/// Who may join machines to a directory, and take them out.
#[derive(Debug, Clone)]
pub struct Joiner {
    pub user: String,
    pub password: SecretString,
}

impl Joiner {
    pub(crate) fn put(&self, body: Body) -> Body {
        body.set("ad_domain.user", self.user.as_str()).set("ad_domain.password", self.password.expose_secret())
    }
}

/// Removes the server and its account in the directory; one call, polls aside. There being none is well.
pub async fn delete(client: &Client, svm: Uuid, joiner: &Joiner) -> Result<(), Error> {
    let call = Call::to(Endpoint::SmbServerDelete, &[&svm.to_string()])?;
    gone(client, call.body(joiner.put(Body::default()))).await
}

/// Removes the server, whatever becomes of its account in the directory; one call, polls aside. There being none is well.
pub async fn forget(client: &Client, svm: Uuid) -> Result<(), Error> {
    let call = Call::to(Endpoint::SmbServerDelete, &[&svm.to_string()])?;
    gone(client, call.query(Query::new().raw("force", "true"))).await
}

async fn gone(client: &Client, call: Call) -> Result<(), Error> {
    match client.write::<Value>(call).await {
        Err(error) if error.class() == Class::Absent => Ok(()),
        other => other.map(|_| ()),
    }
}

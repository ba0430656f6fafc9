//! The LDAP client of an SVM: where it asks for users and groups.
//!
//! How to get it wrong: naming servers and a domain, which exclude each other.

use manilad_clock::Uuid;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::body::Body;
use crate::client::{Call, Client};
use crate::code::Class;
use crate::endpoint::Endpoint;
use crate::error::Error;

const PORT: u16 = 389;

/// Where the directory is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// That of an Active Directory, found by DNS.
    Domain(String),
    /// Addresses or names.
    Servers(Vec<String>),
}

impl Place {
    /// How users and groups are written there.
    fn schema(&self) -> &'static str {
        match self {
            Place::Domain(_) => "MS-AD-BIS",
            Place::Servers(_) => "RFC-2307",
        }
    }
}

/// What an SVM is to ask, and as whom.
#[derive(Debug, Clone)]
pub struct Ldap {
    pub place: Place,
    pub base_dn: Option<String>,
    pub bind_dn: String,
    pub bind_password: SecretString,
}

fn body(ldap: &Ldap) -> Body {
    let body = Body::default()
        .set("port", PORT)
        .set("schema", ldap.place.schema())
        .set("bind_dn", ldap.bind_dn.as_str())
        .set("bind_password", ldap.bind_password.expose_secret())
        .maybe("base_dn", ldap.base_dn.as_deref());
    match &ldap.place {
        Place::Domain(domain) => body.set("ad_domain", domain.as_str()),
        Place::Servers(servers) => body.set("servers", servers.clone()),
    }
}

/// Has an SVM ask that directory; one call, and another one where it asks one already. ONTAP tries it first.
pub async fn set(client: &Client, svm: Uuid, ldap: &Ldap) -> Result<(), Error> {
    let svm = svm.to_string();
    let call = Call::to(Endpoint::LdapCreate, &[])?.body(body(ldap).set("svm.uuid", svm.as_str()));
    match client.write::<Value>(call).await {
        Err(error) if error.class() == Class::Exists => {}
        other => return other.map(|_| ()),
    }
    client.write::<Value>(Call::to(Endpoint::LdapChange, &[&svm])?.body(body(ldap))).await.map(|_| ())
}

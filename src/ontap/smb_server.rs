//! The SMB server of an SVM: a member of an Active Directory.
//!
//! How to get it wrong: giving up on leaving a directory that is not there any more; with force the array forgets it,
//! and only its account in the directory stays.

use manilad_clock::Uuid;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
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

/// A server to be made, and the directory that it joins.
#[derive(Debug, Clone)]
pub struct New {
    /// NetBIOS name, at most 15 characters.
    pub name: String,
    /// The domain, by its name in DNS.
    pub domain: String,
    pub organizational_unit: Option<String>,
    pub joiner: Joiner,
    /// Whether AES is offered to the directory, or the older ciphers.
    pub aes: bool,
    /// Whether clients must sign.
    pub signing: bool,
}

/// Makes a server, which joins its directory; one call, polls aside. An account of that name there is taken over. The SVM
/// having a server already is well; `BadCredentials` where the directory refuses them.
pub async fn create(client: &Client, svm: Uuid, new: &New) -> Result<(), Error> {
    let encryptions = if new.aes { ["aes-128", "aes-256"] } else { ["des", "rc4"] };
    let body = Body::default()
        .set("svm.uuid", svm.to_string())
        .set("name", new.name.as_str())
        .set("ad_domain.fqdn", new.domain.as_str())
        .maybe("ad_domain.organizational_unit", new.organizational_unit.as_deref())
        .set("force", true)
        .set("security.advertised_kdc_encryptions", encryptions.to_vec())
        .maybe("security.smb_signing", new.signing.then_some(true));
    match client.write::<Value>(Call::to(Endpoint::SmbServerCreate, &[])?.body(new.joiner.put(body))).await {
        Err(error) if error.class() == Class::Exists => Ok(()),
        other => other.map(|_| ()),
    }
}

/// Has the server prefer the domain controllers of a site; one call, polls aside.
pub async fn set_site(client: &Client, svm: Uuid, site: &str, joiner: &Joiner) -> Result<(), Error> {
    let body = joiner.put(Body::default().set("ad_domain.default_site", site));
    let call = Call::to(Endpoint::SmbServerChange, &[&svm.to_string()])?.body(body);
    client.write::<Value>(call).await.map(|_| ())
}

/// How an SVM looks for domain controllers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discovery {
    All,
    /// Only those of its site.
    Site,
    /// Only those it was told of.
    None,
}

/// Sets how an SVM looks for domain controllers; one call.
pub async fn set_discovery(client: &Client, svm: Uuid, discovery: Discovery) -> Result<(), Error> {
    let mode = match discovery {
        Discovery::All => "all",
        Discovery::Site => "site",
        Discovery::None => "none",
    };
    let body = Body::default().set("server_discovery_mode", mode);
    let call = Call::to(Endpoint::SmbDomainChange, &[&svm.to_string()])?.body(body);
    client.write::<Value>(call).await.map(|_| ())
}

/// Names a domain controller to an SVM; one call. Named already is well. ONTAP tries it first.
pub async fn prefer_controller(client: &Client, svm: Uuid, domain: &str, address: &str) -> Result<(), Error> {
    let body = Body::default().set("fqdn", domain).set("server_ip", address).set("skip_config_validation", false);
    let call = Call::to(Endpoint::ControllerCreate, &[&svm.to_string()])?.body(body);
    match client.write::<Value>(call).await {
        Err(error) if error.class() == Class::Exists => Ok(()),
        other => other.map(|_| ()),
    }
}

/// A domain controller that an SVM was told of.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Controller {
    pub fqdn: String,
    #[serde(rename = "server_ip")]
    pub address: String,
}

/// More than an SVM is ever told of.
const MOST_CONTROLLERS: usize = 1000;

/// The domain controllers that an SVM was told of; one call.
pub async fn controllers(client: &Client, svm: Uuid) -> Result<Vec<Controller>, Error> {
    let call = Call::to(Endpoint::Controllers, &[&svm.to_string()])?.query(Query::new().fields("fqdn,server_ip"));
    client.list(call, MOST_CONTROLLERS).await
}

/// Has an SVM forget a domain controller that it was told of; one call. Forgotten already is well.
pub async fn forget_controller(client: &Client, svm: Uuid, one: &Controller) -> Result<(), Error> {
    let call = Call::to(Endpoint::ControllerDelete, &[&svm.to_string(), &one.fqdn, &one.address])?;
    gone(client, call).await
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

//! Server certificates of SVMs: each has one from the start, and may be given another that lives longer.
//!
//! How to get it wrong: removing one that the SVM still shows; ONTAP refuses that.

use manilad_clock::{Timestamp, Uuid};
use serde::Deserialize;
use serde_json::Value;

use crate::body::Body;
use crate::client::{Call, Client};
use crate::code::Class;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::query::Query;

const MOST: usize = 1000;
const COLLECTION: &str = "/api/security/certificates/";

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Certificate {
    pub uuid: Uuid,
    /// As ONTAP writes it (ISO 8601 with zone).
    pub expiry_time: Option<String>,
}

impl Certificate {
    /// When it ends; none where that can't be read.
    pub fn ends(&self) -> Option<Timestamp> {
        self.expiry_time.as_deref()?.parse().ok()
    }
}

/// The server certificates of an SVM; one call.
pub async fn of_server(client: &Client, svm: &str) -> Result<Vec<Certificate>, Error> {
    let query = Query::new().is("svm.name", svm)?.raw("type", "server").fields("uuid,expiry_time");
    client.list(Call::to(Endpoint::Certificates, &[])?.query(query), MOST).await
}

/// Makes a certificate that an SVM signs itself, for so many days; one call.
pub async fn create(client: &Client, svm: &str, days: u16) -> Result<Uuid, Error> {
    let body = Body::default()
        .set("common_name", svm)
        .set("type", "server")
        .set("svm.name", svm)
        .set("expiry_time", format!("P{days}DT"));
    let call = Call::to(Endpoint::CertificateCreate, &[])?.query(Query::new().raw("return_records", "true")).body(body);
    let mut written = client.write::<Certificate>(call).await?;
    let of_record = written.record().map(|made| made.uuid);
    let made = of_record.or_else(|| written.key(COLLECTION)?.parse().ok());
    made.ok_or_else(|| {
        Error::unknown(Endpoint::CertificateCreate, "the certificate was made, but the answer does not say which")
    })
}

/// Has an SVM show another certificate; one call, polls aside.
pub async fn show(client: &Client, svm: Uuid, certificate: Uuid) -> Result<(), Error> {
    let body = Body::default().set("certificate.uuid", certificate.to_string());
    let call = Call::to(Endpoint::SvmChange, &[&svm.to_string()])?.body(body);
    client.write::<Value>(call).await.map(|_| ())
}

/// Removes a certificate that no SVM shows; one call. Gone already is well.
pub async fn delete(client: &Client, uuid: Uuid) -> Result<(), Error> {
    match client.write::<Value>(Call::to(Endpoint::CertificateDelete, &[&uuid.to_string()])?).await {
        Err(error) if error.class() == Class::Absent => Ok(()),
        other => other.map(|_| ()),
    }
}

//! SVMs: what serves the shares.
//!
//! An account of an SVM sees only its own here, so a look-up by name answers both "does it exist" and "is it mine". How to get
//! it wrong: reading a missing list of aggregates as "all"; it means that none is delegated, and nothing can be created.

use manilad_clock::Uuid;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::body::Body;
use crate::client::{Call, Client};
use crate::code::Class;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::named::Named;
use crate::query::Query;

const FIELDS: &str = "uuid,name,comment,state,subtype,ipspace.name,aggregates.name,aggregates.available_size";
const BRIEF: &str = "uuid,name,comment,ipspace.name";
const COLLECTION: &str = "/api/svm/svms/";
/// More SVMs than a cluster can have.
const MOST: usize = 5000;

/// An SVM.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub struct Svm {
    pub uuid: Uuid,
    pub name: String,
    pub comment: Option<String>,
    /// `running`, `stopped`, `starting`, …
    pub state: Option<String>,
    /// `default`, `dp_destination`, …
    pub subtype: Option<String>,
    pub ipspace: Option<String>,
    /// Those delegated to it.
    pub aggregates: Vec<Delegated>,
}

/// An aggregate as an SVM sees it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Delegated {
    pub name: String,
    /// Bytes.
    pub available_size: Option<u64>,
}

#[derive(Deserialize)]
struct Wire {
    uuid: Uuid,
    name: String,
    comment: Option<String>,
    state: Option<String>,
    subtype: Option<String>,
    ipspace: Option<Named>,
    #[serde(default)]
    aggregates: Vec<Delegated>,
}

impl From<Wire> for Svm {
    fn from(wire: Wire) -> Self {
        let Wire { uuid, name, comment, state, subtype, ipspace, aggregates } = wire;
        Svm { uuid, name, comment, state, subtype, ipspace: ipspace.and_then(|ipspace| ipspace.name), aggregates }
    }
}

/// The SVM of that name; one call.
pub async fn find(client: &Client, name: &str) -> Result<Option<Svm>, Error> {
    let call = Call::to(Endpoint::Svms, &[])?.query(Query::new().is("name", name)?.fields(FIELDS));
    client.only(call).await
}

/// The SVMs whose comment begins so, whatever they are called; one call.
pub async fn marked(client: &Client, mark: &str) -> Result<Vec<Svm>, Error> {
    let query = Query::new().starts("comment", mark)?.fields(BRIEF);
    client.list(Call::to(Endpoint::Svms, &[])?.query(query), MOST).await
}

/// All SVMs that the account sees, without state and aggregates; one call per thousand.
pub async fn all(client: &Client) -> Result<Vec<Svm>, Error> {
    client.list(Call::to(Endpoint::Svms, &[])?.query(Query::new().fields(BRIEF)), MOST).await
}

/// The SVMs in an IPspace, without state and aggregates; one call per thousand.
pub async fn in_ipspace(client: &Client, ipspace: &str) -> Result<Vec<Svm>, Error> {
    let query = Query::new().is("ipspace.name", ipspace)?.fields(BRIEF);
    client.list(Call::to(Endpoint::Svms, &[])?.query(query), MOST).await
}

/// An SVM to be made. ONTAP chooses its root volume, and where that lives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct New {
    /// At most 47 characters; no SVM, IPspace or cluster may have it.
    pub name: String,
    pub comment: String,
    pub ipspace: String,
    /// Where its volumes may live.
    pub aggregates: Vec<String>,
    /// Where names and ids are looked up, in this order: `files`, `ldap`. None: as ONTAP has it.
    pub name_sources: Option<Vec<&'static str>>,
    /// Whether it counts logical space, for what it reports and for what it lets clients use.
    pub logical_space: bool,
}

#[derive(Deserialize)]
struct Made {
    uuid: Option<Uuid>,
}

/// Makes an SVM; one call, polls aside, and one more on the rare array that does not tell the uuid. `Exists` when the
/// name is taken. An error after [`Error::from_job`] may leave an SVM behind: look by name.
pub async fn create(client: &Client, new: &New) -> Result<Uuid, Error> {
    let aggregates: Vec<Value> = new.aggregates.iter().map(|name| json!({ "name": name })).collect();
    let logical = new.logical_space.then_some(true);
    let mut body = Body::default()
        .set("name", new.name.as_str())
        .set("comment", new.comment.as_str())
        .set("ipspace.name", new.ipspace.as_str())
        .set("aggregates", aggregates)
        .set("nsswitch.namemap", vec!["files"])
        .maybe("is_space_reporting_logical", logical)
        .maybe("is_space_enforcement_logical", logical);
    if let Some(sources) = &new.name_sources {
        body = looked_up(body, sources);
    }
    let call = Call::to(Endpoint::SvmCreate, &[])?.query(Query::new().raw("return_records", "true")).body(body);
    let mut written = client.write::<Made>(call).await?;
    let of_record = written.record().and_then(|made| made.uuid);
    if let Some(uuid) = of_record.or_else(|| written.key(COLLECTION)?.parse().ok()) {
        return Ok(uuid);
    }
    let found = find(client, &new.name).await?.map(|svm| svm.uuid);
    found.ok_or_else(|| Error::unknown(Endpoint::SvmCreate, "the SVM was made, but is not to be found"))
}

/// What is changed of an SVM. Empty: nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// As [`New::name`].
    pub name: Option<String>,
    pub comment: Option<String>,
}

/// Changes what an SVM is called, and what is said of it; one call, polls aside.
pub async fn change(client: &Client, uuid: Uuid, change: &Change) -> Result<(), Error> {
    let body = Body::default().maybe("name", change.name.as_deref()).maybe("comment", change.comment.as_deref());
    let call = Call::to(Endpoint::SvmChange, &[&uuid.to_string()])?.body(body);
    client.write::<Value>(call).await.map(|_| ())
}

fn looked_up(body: Body, sources: &[&'static str]) -> Body {
    let databases = ["group", "netgroup", "passwd", "namemap"].into_iter();
    databases.fold(body, |body, database| body.set(&format!("nsswitch.{database}"), sources.to_vec()))
}

/// Has an SVM look names and ids up in these places, as [`New::name_sources`]; one call, polls aside.
pub async fn set_name_sources(client: &Client, uuid: Uuid, sources: &[&'static str]) -> Result<(), Error> {
    let call = Call::to(Endpoint::SvmChange, &[&uuid.to_string()])?.body(looked_up(Body::default(), sources));
    client.write::<Value>(call).await.map(|_| ())
}

/// Sets how long the deleted volumes of an SVM can be recovered; one call, through the command line interface, since
/// the field is in no documented model of REST.
pub async fn retain(client: &Client, name: &str, hours: u64) -> Result<(), Error> {
    let query = Query::new().is("vserver", name)?;
    let body = Body::default().set("volume_delete_retention_hours", hours);
    client.write::<Value>(Call::to(Endpoint::CliSvmChange, &[])?.query(query).body(body)).await.map(|_| ())
}

/// Removes an SVM with its LIFs, routes and name services; one call, polls aside. Gone already is well; refused while
/// it has data volumes or an SMB server.
pub async fn delete(client: &Client, uuid: Uuid) -> Result<(), Error> {
    match client.write::<Value>(Call::to(Endpoint::SvmDelete, &[&uuid.to_string()])?).await {
        Err(error) if error.class() == Class::Absent => Ok(()),
        other => other.map(|_| ()),
    }
}

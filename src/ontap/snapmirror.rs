//! SnapMirror relationships between volumes. Only whether a volume is part of one is asked.
//!
//! How to get it wrong: to ask for those of which it is the destination alone; a source that gets another name breaks its mirror too.

use crate::client::{Call, Client};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::named::Named;
use crate::query::Query;

/// More than a volume can have.
const MOST: usize = 20_000;

/// Whether a volume is the destination of a relationship; one call.
pub async fn has_source(client: &Client, svm: &str, volume: &str) -> Result<bool, Error> {
    let query = Query::new().is("destination.path", &path(svm, volume))?;
    are_any(client, query).await
}

/// Whether a volume is the source of a relationship, wherever its destination is; one call.
pub async fn has_destination(client: &Client, svm: &str, volume: &str) -> Result<bool, Error> {
    let query = Query::new().is("source.path", &path(svm, volume))?.raw("list_destinations_only", "true");
    are_any(client, query).await
}

fn path(svm: &str, volume: &str) -> String {
    format!("{svm}:{volume}")
}

async fn are_any(client: &Client, query: Query) -> Result<bool, Error> {
    let call = Call::to(Endpoint::SnapmirrorRelationships, &[])?.query(query.fields("uuid"));
    let relationships: Vec<Named> = client.list(call, MOST).await?;
    Ok(!relationships.is_empty())
}

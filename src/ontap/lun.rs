//! LUNs: block devices in volumes. Only whether there are any is asked.
//!
//! How to get it wrong: to export a volume with a LUN in it; who writes to the file damages the file system of a host.

use crate::client::{Call, Client};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::named::Named;
use crate::query::Query;

/// More than a volume can have.
const MOST: usize = 20_000;

/// Whether a volume holds a LUN; one call.
pub async fn are_in(client: &Client, svm: &str, volume: &str) -> Result<bool, Error> {
    let query = Query::new().is("svm.name", svm)?.is("location.volume.name", volume)?.fields("uuid");
    let luns: Vec<Named> = client.list(Call::to(Endpoint::Luns, &[])?.query(query), MOST).await?;
    Ok(!luns.is_empty())
}

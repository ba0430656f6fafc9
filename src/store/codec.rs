//! Values on disk: `{"v":1,"r":{…}}`, a record's JSON under the version it was written with.
//!
//! JSON bears added fields, and a damaged store can be read with the eyes. Old versions are brought up one step at a
//! time when they are read. How to get it wrong: quoting the value in an error (it may hold an access key).

use manilad_domain::Record;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::Error;

/// Bytes that one value may have.
pub(crate) const VALUE_LIMIT: usize = 1 << 20;
/// Bytes that one key may have, of a record or of an index row: what other engines take too.
pub(crate) const KEY_LIMIT: usize = 2560;

#[derive(Serialize)]
struct Sealed<'a, R> {
    v: u16,
    r: &'a R,
}

#[derive(Deserialize)]
struct Opened<'a> {
    v: u64,
    #[serde(borrow)]
    r: &'a RawValue,
}

pub(crate) fn encode<R: Record>(record: &R) -> Result<Vec<u8>, Error> {
    let what = || format!("the {} record {:?}", R::KIND, record.key());
    let value = serde_json::to_vec(&Sealed { v: R::VERSION, r: record })
        .map_err(|error| Error::io(format!("write {} as JSON", what()), error))?;
    if value.len() > VALUE_LIMIT {
        return Err(Error::TooLarge { what: what(), size: value.len(), limit: VALUE_LIMIT });
    }
    Ok(value)
}

pub(crate) fn decode<R: Record>(key: &str, value: &[u8]) -> Result<R, Error> {
    let damaged = |reason: String| Error::Damaged { kind: R::KIND.to_owned(), key: key.to_owned(), reason };
    if let Some(record) = current::<R>(value) {
        return serde_json::from_slice(record).map_err(|error| damaged(position(&error)));
    }
    let opened: Opened = serde_json::from_slice(value).map_err(|error| damaged(position(&error)))?;
    let version = match u16::try_from(opened.v) {
        Ok(version) if version <= R::VERSION => version,
        _ => {
            let what = format!("the {} record {key:?}", R::KIND);
            return Err(Error::Newer { what, found: opened.v, supported: R::VERSION });
        }
    };
    let mut old: Value = serde_json::from_str(opened.r.get()).map_err(|error| damaged(position(&error)))?;
    for from in version..R::VERSION {
        old = R::upgraded(from, old).map_err(&damaged)?;
    }
    serde_json::from_value(old)
        .map_err(|error| damaged(format!("after its upgrade from version {version}: {}", position(&error))))
}

/// The record's JSON, where the value is what [`encode`] writes today: saves reading it twice.
fn current<R: Record>(value: &[u8]) -> Option<&[u8]> {
    let version = format!("{{\"v\":{},\"r\":", R::VERSION);
    value.strip_prefix(version.as_bytes())?.strip_suffix(b"}")
}

/// Where JSON was not as expected, without quoting it.
pub(crate) fn position(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let what = match error.classify() {
        Category::Io => "not readable",
        Category::Syntax => "not JSON",
        Category::Data => "JSON, but not of the form that this kind has",
        Category::Eof => "cut short",
    };
    match error.column() {
        0 => what.to_owned(),
        column => format!("{what} (line {}, column {column})", error.line()),
    }
}

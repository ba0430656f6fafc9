//! Scheduler hints: what a client says about where a share is to live, besides its type.
//!
//! They stand in the intent that the scheduler settles. Those about neighbours are also remembered in the metadata of all
//! shares of the project that are involved, so that they hold when one is placed again; a share of another project is
//! named and not written to. How to get it wrong: heeding `only_host` from somebody who may not see hosts, or
//! remembering a neighbour of the same project on one side only. Source: scheduler.md §5, resources.md §1.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::fault::Fault;
use crate::ids::ShareId;

/// Characters that a list of neighbours may have: as many as metadata holds.
pub const NEIGHBOURS_LIMIT: usize = 1023;
/// Characters that the name of a pool may have.
const HOST_LIMIT: usize = 255;
/// Characters that a query may have.
const QUERY_LIMIT: usize = 4096;

/// How a share is to live with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Affinity {
    /// On a pool where all of them are.
    Same,
    /// On a pool where none of them is.
    Different,
}

impl Affinity {
    pub const ALL: [Self; 2] = [Affinity::Same, Affinity::Different];

    /// Its name among the hints.
    pub const fn hint(self) -> &'static str {
        match self {
            Affinity::Same => "same_host",
            Affinity::Different => "different_host",
        }
    }

    /// The metadata key under which shares remember it.
    pub const fn metadata_key(self) -> &'static str {
        match self {
            Affinity::Same => "__affinity_same_host",
            Affinity::Different => "__affinity_different_host",
        }
    }

    /// Adds a neighbour to those that the metadata of a share remembers, unless it is there.
    ///
    /// # Errors
    /// Invalid where metadata holds no more.
    pub fn remember(self, metadata: &mut BTreeMap<String, String>, neighbour: ShareId) -> Result<(), Fault> {
        let existing = metadata.get(self.metadata_key()).map_or("", String::as_str);
        if parts(existing).any(|part| part.parse() == Ok(neighbour)) {
            return Ok(());
        }
        let list = if existing.is_empty() { neighbour.to_string() } else { format!("{existing},{neighbour}") };
        if list.chars().count() > NEIGHBOURS_LIMIT {
            return Err(Fault::invalid(format!(
                "{} can't name the share: a list of neighbours has at most {NEIGHBOURS_LIMIT} characters.",
                self.hint()
            )));
        }
        metadata.insert(self.metadata_key().to_owned(), list);
        Ok(())
    }

    /// Takes a neighbour out of the metadata of a share, and the key with the last one.
    pub fn forget(self, metadata: &mut BTreeMap<String, String>, neighbour: ShareId) {
        let Some(existing) = metadata.get_mut(self.metadata_key()) else { return };
        let left: Vec<&str> = parts(existing).filter(|part| part.parse() != Ok(neighbour)).collect();
        if left.is_empty() {
            metadata.remove(self.metadata_key());
        } else {
            *existing = left.join(",");
        }
    }
}

/// The shares that the metadata of one remembers as its neighbours, of either kind. What is no id names nobody.
pub fn remembered(metadata: &BTreeMap<String, String>) -> BTreeSet<ShareId> {
    let lists = Affinity::ALL.into_iter().filter_map(|affinity| metadata.get(affinity.metadata_key()));
    lists.flat_map(|list| parts(list)).filter_map(|part| part.parse().ok()).collect()
}

/// What was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hints {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub same_host: Vec<ShareId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub different_host: Vec<ShareId>,
    /// Full name of a pool. Counts only if a host administrator asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_host: Option<String>,
    /// A condition on pools: a JSON list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Whether the asker satisfied `context_is_host_admin`.
    pub by_host_admin: bool,
    /// No configured filter heeded `same_host` when the share was placed. Whoever judges the place again leaves it out
    /// too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub same_host_unheeded: bool,
    /// The same of `different_host`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub different_host_unheeded: bool,
    /// The request was of a microversion in which the zones of a share type play no part.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ignores_type_zones: bool,
}

impl Hints {
    /// Reads the `scheduler_hints` of a request. Null and the empty text say nothing; names that are no hint are passed
    /// over, as Manila does. Whether the neighbours exist is the caller's to find out: [`Hints::neighbours`] names them.
    ///
    /// # Errors
    /// Invalid, telling the hint and what was expected.
    pub fn read(given: &Map<String, Value>, by_host_admin: bool) -> Result<Self, Fault> {
        let neighbours = |affinity: Affinity| {
            let list = text(given, affinity.hint(), NEIGHBOURS_LIMIT)?.unwrap_or_default();
            ids(list).map_err(|part| {
                Fault::invalid(format!(
                    "Scheduler hint {} must be share ids separated by commas; {part:?} is none.",
                    affinity.hint()
                ))
            })
        };
        let query = text(given, "query", QUERY_LIMIT)?;
        if query.is_some_and(|query| serde_json::from_str::<Vec<Value>>(query).is_err()) {
            return Err(Fault::invalid("Scheduler hint query must be the text of a JSON list."));
        }
        Ok(Hints {
            same_host: neighbours(Affinity::Same)?,
            different_host: neighbours(Affinity::Different)?,
            only_host: text(given, "only_host", HOST_LIMIT)?.map(str::to_owned),
            query: query.map(str::to_owned),
            by_host_admin,
            same_host_unheeded: false,
            different_host_unheeded: false,
            ignores_type_zones: false,
        })
    }

    /// Whether nothing is hinted.
    pub fn is_empty(&self) -> bool {
        *self == Hints { by_host_admin: self.by_host_admin, ..Hints::default() }
    }

    /// The same hints, for a chain of filters that heeds only some affinities.
    pub fn heeded_by(self, heeds: impl Fn(Affinity) -> bool) -> Self {
        Hints {
            same_host_unheeded: !heeds(Affinity::Same),
            different_host_unheeded: !heeds(Affinity::Different),
            ..self
        }
    }

    /// What is left once the neighbours are remembered. They stand in the metadata alone then: younger shares add to
    /// them there.
    pub fn without_neighbours(self) -> Self {
        Hints { same_host: Vec::new(), different_host: Vec::new(), ..self }
    }

    /// The shares that are named as neighbours.
    pub fn neighbours(&self, affinity: Affinity) -> &[ShareId] {
        match affinity {
            Affinity::Same => &self.same_host,
            Affinity::Different => &self.different_host,
        }
    }

    const fn is_unheeded(&self, affinity: Affinity) -> bool {
        match affinity {
            Affinity::Same => self.same_host_unheeded,
            Affinity::Different => self.different_host_unheeded,
        }
    }

    /// The neighbours that count: those named, or else those that the share's metadata remembers. None where no filter
    /// heeds them.
    ///
    /// # Errors
    /// The text in the metadata that is no share id.
    pub fn neighbours_of(
        &self,
        metadata: &BTreeMap<String, String>,
        affinity: Affinity,
    ) -> Result<Vec<ShareId>, String> {
        match (self.neighbours(affinity), metadata.get(affinity.metadata_key())) {
            _ if self.is_unheeded(affinity) => Ok(Vec::new()),
            ([], Some(remembered)) => ids(remembered).map_err(str::to_owned),
            (named, _) => Ok(named.to_vec()),
        }
    }

    /// The only pool that will do, if the asker may say so.
    pub fn heeded_host(&self) -> Option<&str> {
        self.only_host.as_deref().filter(|_| self.by_host_admin)
    }
}

fn text<'a>(given: &'a Map<String, Value>, hint: &str, limit: usize) -> Result<Option<&'a str>, Fault> {
    match given.get(hint) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) if text.chars().count() <= limit => Ok(Some(text)),
        Some(_) => Err(Fault::invalid(format!("Scheduler hint {hint} must be a text of at most {limit} characters."))),
    }
}

fn parts(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(move |_| !list.is_empty())
}

/// The ids of a list, each once; or the first part that is none.
fn ids(list: &str) -> Result<Vec<ShareId>, &str> {
    let mut ids = Vec::new();
    for part in parts(list) {
        let id = part.parse().map_err(|_| part)?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::fault::Kind;

    fn id(number: u128) -> ShareId {
        ShareId(Uuid::from_u128(number))
    }

    fn read(given: Value) -> Result<Hints, Fault> {
        Hints::read(given.as_object().unwrap(), false)
    }

    #[test]
    fn hints_are_read_as_clients_write_them() {
        let given = json!({
            "same_host": id(1).to_string(),
            "different_host": format!("{}, {},{}", id(2), id(3), id(2)),
            "only_host": "node@alpha#a",
            "query": "[\">=\", \"$free_capacity_gb\", 1]",
            "colour": 5,
        });
        let hints = read(given).unwrap();
        assert_eq!(
            (hints.neighbours(Affinity::Same), hints.neighbours(Affinity::Different)),
            (&[id(1)][..], &[id(2), id(3)][..])
        );
        assert_eq!(hints.query.as_deref(), Some("[\">=\", \"$free_capacity_gb\", 1]"));
        assert!(!hints.is_empty());
        for nothing in [json!({}), json!({ "same_host": "", "different_host": null, "only_host": "", "query": null })] {
            assert_eq!(read(nothing.clone()), Ok(Hints::default()), "{nothing}");
        }
    }

    #[test]
    fn malformed_hints_are_refused_by_name() {
        for (hint, value) in [
            ("same_host", json!("zz")),
            ("same_host", json!(format!("{},", id(1)))),
            ("same_host", json!(" ")),
            ("different_host", json!(5)),
            ("different_host", json!([id(1)])),
            ("different_host", json!(vec![id(1).to_string(); 28].join(","))),
            ("only_host", json!(true)),
            ("only_host", json!("x".repeat(256))),
            ("query", json!(["=", 1, 1])),
            ("query", json!("free > 5")),
            ("query", json!("{}")),
            ("query", json!(format!("[\"{}\"]", "x".repeat(4096)))),
        ] {
            let fault = read(json!({ hint: value })).unwrap_err();
            assert_eq!(fault.kind, Kind::Invalid, "{hint} {value}");
            assert!(fault.text.contains(&format!("Scheduler hint {hint} must be")), "{fault}");
        }
        assert!(read(json!({ "different_host": vec![id(1).to_string(); 27].join(",") })).is_ok());
    }

    #[test]
    fn only_host_counts_for_host_administrators() {
        let given = json!({ "only_host": "node@alpha#a" });
        for (by_host_admin, heeded) in [(false, None), (true, Some("node@alpha#a"))] {
            let hints = Hints::read(given.as_object().unwrap(), by_host_admin).unwrap();
            assert_eq!(hints.heeded_host(), heeded);
        }
    }

    #[test]
    fn neighbours_are_remembered_once_and_forgotten_with_their_key() {
        let mut metadata = BTreeMap::from([("mine".to_owned(), "x".to_owned())]);
        for number in [1, 2, 1] {
            Affinity::Same.remember(&mut metadata, id(number)).unwrap();
        }
        assert_eq!(metadata["__affinity_same_host"], format!("{},{}", id(1), id(2)));
        Affinity::Different.forget(&mut metadata, id(1));
        Affinity::Same.forget(&mut metadata, id(1));
        assert_eq!(metadata["__affinity_same_host"], id(2).to_string());
        assert_eq!(remembered(&metadata), BTreeSet::from([id(2)]));
        Affinity::Same.forget(&mut metadata, id(2));
        assert_eq!(metadata.into_keys().collect::<Vec<_>>(), ["mine"]);
    }

    #[test]
    fn no_more_neighbours_are_remembered_than_metadata_holds() {
        let mut metadata = BTreeMap::new();
        let kept =
            (1..100).take_while(|number| Affinity::Different.remember(&mut metadata, id(*number)).is_ok()).count();
        assert_eq!(kept, 27);
        assert!(metadata["__affinity_different_host"].len() <= NEIGHBOURS_LIMIT);
    }

    #[test]
    fn what_is_remembered_counts_unless_something_is_hinted() {
        let mut metadata = BTreeMap::new();
        Affinity::Same.remember(&mut metadata, id(1)).unwrap();
        let hinted = Hints { same_host: vec![id(9)], ..Hints::default() };
        assert_eq!(Hints::default().neighbours_of(&metadata, Affinity::Same), Ok(vec![id(1)]));
        assert_eq!(hinted.neighbours_of(&metadata, Affinity::Same), Ok(vec![id(9)]));
        assert_eq!(hinted.neighbours_of(&metadata, Affinity::Different), Ok(vec![]));
        metadata.insert("__affinity_different_host".to_owned(), format!("{},mine", id(1)));
        assert_eq!(hinted.neighbours_of(&metadata, Affinity::Different), Err("mine".to_owned()));
        let unheeded = hinted.heeded_by(|_| false);
        for affinity in Affinity::ALL {
            assert_eq!(unheeded.neighbours_of(&metadata, affinity), Ok(vec![]), "{affinity:?} that no filter heeds");
        }
    }
}

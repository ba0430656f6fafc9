//! What the tests put into a store, and how.

use futures::executor::block_on;
use manilad_domain::quota::{Charge, Resource};
use manilad_domain::record::{Addend, Index, Record, Row};
use serde::{Deserialize, Serialize};

use crate::{Draft, Error, Failed, Kind, Store, consistency};

/// A record with an index of one row, an index of several, and charges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) owner: String,
    pub(crate) name: String,
    pub(crate) size: i64,
    pub(crate) tags: Vec<String>,
}

/// owner, name.
pub(crate) const BY_OWNER: Index = Index("owner");
/// tag.
pub(crate) const BY_TAG: Index = Index("tag");

impl Record for Item {
    const KIND: &'static str = "item";

    fn key(&self) -> String {
        self.id.clone()
    }

    fn rows(&self) -> Vec<Row> {
        let mut rows = vec![BY_OWNER.row([self.owner.clone(), self.name.clone()])];
        rows.extend(self.tags.iter().map(|tag| BY_TAG.row([tag.clone()])));
        rows.sort();
        rows.dedup();
        rows
    }

    fn charges(&self) -> Vec<Charge> {
        let charge = |resource, amount| Charge {
            project: self.owner.clone(),
            user: self.name.chars().take(1).collect(),
            share_type: None,
            resource,
            amount,
        };
        vec![charge(Resource::Shares, 1), charge(Resource::Gigabytes, self.size)]
    }

    fn addends(&self) -> Vec<Addend> {
        self.tags.iter().map(|tag| Addend { sum: tag.clone(), amount: self.size }).collect()
    }
}

pub(crate) const ITEMS: &[Kind] = &[Kind::of::<Item>()];

pub(crate) fn item(id: &str, owner: &str, name: &str) -> Item {
    Item { id: id.into(), owner: owner.into(), name: name.into(), size: 1, tags: Vec::new() }
}

/// Commits, waits, and lets errors of the store stand for refusals.
pub(crate) fn commit<T: Send + 'static>(
    store: &Store,
    decision: impl FnOnce(&mut Draft<'_>) -> Result<T, Error> + Send + 'static,
) -> Result<T, Failed<Error>> {
    block_on(store.commit("test", decision))
}

pub(crate) fn put(store: &Store, items: impl IntoIterator<Item = Item>) {
    let items: Vec<_> = items.into_iter().collect();
    commit(store, move |draft| items.iter().try_for_each(|item| draft.put(item))).unwrap();
}

pub(crate) fn ids(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| item.id.as_str()).collect()
}

pub(crate) fn assert_sound(store: &Store) {
    assert_eq!(consistency(store), Vec::<String>::new());
}

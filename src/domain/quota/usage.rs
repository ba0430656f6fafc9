//! What a project uses: in all, by user and by share type.
//!
//! How to get it wrong: to keep entries that have come to nothing; a recount from the records would differ.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::charge::{Charge, Resource};
use super::{Key, QuotaScope};
use crate::ids::ShareTypeId;
use crate::record::Record;

/// Amounts by resource; absent means none.
pub type Amounts = BTreeMap<Resource, i64>;

/// What a project uses: in all, by user and by share type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    pub project: String,
    pub total: Amounts,
    pub by_user: BTreeMap<String, Amounts>,
    pub by_type: BTreeMap<ShareTypeId, Amounts>,
}

impl Record for Usage {
    const KIND: &'static str = "usage";

    fn key(&self) -> String {
        self.project.clone()
    }
}

impl Usage {
    pub fn of(project: &str) -> Self {
        Usage { project: project.to_owned(), ..Usage::default() }
    }

    /// What is in use of a key within a scope. A key that nothing charges is never in use.
    pub fn in_use(&self, scope: &QuotaScope, key: Key) -> i64 {
        let amounts = match scope {
            QuotaScope::Project => Some(&self.total),
            QuotaScope::User(user) => self.by_user.get(user),
            QuotaScope::ShareType(id) => self.by_type.get(id),
        };
        let of_key = |(resource, amount): (&Resource, &i64)| (resource.key() == key).then_some(*amount);
        amounts.and_then(|amounts| amounts.iter().find_map(of_key)).unwrap_or(0)
    }

    /// Books a charge; `sign` is 1 to add and -1 to take away. Entries that come to nothing vanish, so that a
    /// recount from the records equals the stored value.
    pub fn book(&mut self, charge: &Charge, sign: i64) {
        fn add(amounts: &mut Amounts, charge: &Charge, sign: i64) {
            let amount = amounts.entry(charge.resource).or_default();
            *amount += sign * charge.amount;
            if *amount == 0 {
                amounts.remove(&charge.resource);
            }
        }
        add(&mut self.total, charge, sign);
        add(self.by_user.entry(charge.user.clone()).or_default(), charge, sign);
        self.by_user.retain(|_, amounts| !amounts.is_empty());
        if let Some(share_type) = charge.share_type {
            add(self.by_type.entry(share_type).or_default(), charge, sign);
            self.by_type.retain(|_, amounts| !amounts.is_empty());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_booked_is_in_use_on_every_account_and_leaves_no_trace_when_taken_back() {
        let share_type: ShareTypeId = uuid::Uuid::nil().into();
        let charge = Charge {
            project: "p".into(),
            user: "u".into(),
            share_type: Some(share_type),
            resource: Resource::Gigabytes,
            amount: 5,
        };
        let mut usage = Usage::of("p");
        usage.book(&charge, 1);
        for scope in [QuotaScope::Project, QuotaScope::User("u".into()), QuotaScope::ShareType(share_type)] {
            assert_eq!(usage.in_use(&scope, Key::Gigabytes), 5, "{scope:?}");
            assert_eq!(usage.in_use(&scope, Key::Shares), 0, "{scope:?}");
        }
        assert_eq!(usage.in_use(&QuotaScope::User("another".into()), Key::Gigabytes), 0);
        usage.book(&charge, -1);
        assert_eq!(usage, Usage::of("p"));
    }
}

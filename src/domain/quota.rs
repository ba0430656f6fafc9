//! What projects may use, what they use, and how a wish is judged.
//!
//! Usage is never counted up or down by hand: records tell their charges ([`crate::record::Record::charges`]) and the
//! writer books the difference between the old and the new value. How to get it wrong: judging a wish against usage
//! read outside the writer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::ids::ShareTypeId;
use crate::record::Record;

/// A thing that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    Shares,
    Gigabytes,
}

impl Resource {
    /// The name in configuration and in quota bodies.
    pub const fn name(self) -> &'static str {
        match self {
            Resource::Shares => "shares",
            Resource::Gigabytes => "gigabytes",
        }
    }

    /// The name of the refusal, as clients know it.
    const fn refusal(self) -> &'static str {
        match self {
            Resource::Shares => "ShareLimitExceeded",
            Resource::Gigabytes => "ShareSizeExceedsAvailableQuota",
        }
    }
}

/// What one record uses of one resource, and on whose account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    pub project: String,
    pub user: String,
    pub share_type: Option<ShareTypeId>,
    pub resource: Resource,
    pub amount: i64,
}

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

/// The limits that apply where nothing narrower is set; -1 is unlimited. Defaults as in manila.conf `[quota]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub shares: i64,
    pub gigabytes: i64,
    pub per_share_gigabytes: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { shares: 50, gigabytes: 1000, per_share_gigabytes: -1 }
    }
}

impl Limits {
    fn of(&self, resource: Resource) -> i64 {
        match resource {
            Resource::Shares => self.shares,
            Resource::Gigabytes => self.gigabytes,
        }
    }

    /// Whether `wishes` still fit on top of `usage`.
    ///
    /// # Errors
    /// Over limit, naming the resource, the use and the limit.
    pub fn admit(&self, usage: &Usage, wishes: &[Charge]) -> Result<(), Fault> {
        for wish in wishes {
            let (limit, used) = (self.of(wish.resource), usage.total.get(&wish.resource).copied().unwrap_or(0));
            if wish.amount > 0 && limit >= 0 && used.saturating_add(wish.amount) > limit {
                return Err(Fault::over_limit(format!(
                    "{}: asked for {} {}, of which {used} of {limit} are in use.",
                    wish.resource.refusal(),
                    wish.amount,
                    wish.resource.name()
                )));
            }
        }
        Ok(())
    }

    /// Whether one share may be `size` GiB large.
    ///
    /// # Errors
    /// Over limit, naming the size and the limit.
    pub fn admit_size(&self, size: u64) -> Result<(), Fault> {
        match u64::try_from(self.per_share_gigabytes) {
            Ok(limit) if size > limit => Err(Fault::over_limit(format!(
                "ShareSizeExceedsLimit: asked for {size} GiB, a single share may have {limit}."
            ))),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charge(resource: Resource, amount: i64) -> Charge {
        Charge { project: "p".into(), user: "u".into(), share_type: None, resource, amount }
    }

    #[test]
    fn what_is_booked_and_taken_back_leaves_no_trace() {
        let mut usage = Usage::of("p");
        usage.book(&charge(Resource::Gigabytes, 5), 1);
        assert_eq!(usage.total[&Resource::Gigabytes], 5);
        usage.book(&charge(Resource::Gigabytes, 5), -1);
        assert_eq!(usage, Usage::of("p"));
    }

    #[test]
    fn a_wish_is_refused_only_beyond_the_limit() {
        let mut usage = Usage::of("p");
        usage.book(&charge(Resource::Shares, 49), 1);
        let limits = Limits::default();
        assert!(limits.admit(&usage, &[charge(Resource::Shares, 1)]).is_ok());
        assert_eq!(
            limits.admit(&usage, &[charge(Resource::Shares, 2)]).unwrap_err().kind,
            crate::fault::Kind::OverLimit
        );
        let unlimited = Limits { shares: -1, ..limits };
        assert!(unlimited.admit(&usage, &[charge(Resource::Shares, 1000)]).is_ok());
    }
}

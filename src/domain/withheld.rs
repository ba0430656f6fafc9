//! Addresses of networks in the configuration that no server has and that are not given all the same: somebody else is
//! known to have them.
//!
//! The array said so when a server was to have one; that may change, so it counts for a while. Or a server that had it was
//! unmanaged and is still on the array; that counts until an operator says otherwise. How to get it wrong: to choose by
//! allocations alone, so that the same address is chosen and refused for ever.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::record::{Index, Record, Row};
use crate::share_server::Allocation;
use crate::stamp::Stamp;

/// For how long the word of an array counts.
pub const REFUSED_FOR: SignedDuration = SignedDuration::from_hours(24);

/// An address that is not given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    /// As that of an allocation.
    pub scope: String,
    pub address: IpAddr,
    /// From when it may be given again, where nothing else is free; `None`: never by itself.
    pub until: Option<Stamp>,
    pub created_at: Stamp,
}

/// scope: what is not given there?
pub const BY_SCOPE: Index = Index("scope");

impl Record for Withheld {
    const KIND: &'static str = "withheld_address";

    fn key(&self) -> String {
        format!("{}/{}", self.scope, self.address)
    }

    fn rows(&self) -> Vec<Row> {
        vec![BY_SCOPE.row([self.scope.clone()])]
    }
}

impl Withheld {
    /// The array says that somebody has the address of this allocation.
    pub fn refused(allocation: &Allocation, now: Stamp) -> Self {
        let until = now.0.checked_add(REFUSED_FOR).unwrap_or(Timestamp::MAX);
        Withheld { until: Some(until.into()), ..Self::left(allocation, now) }
    }

    /// The allocation is forgotten, and its address stays in use on the array.
    pub fn left(allocation: &Allocation, now: Stamp) -> Self {
        Withheld { scope: allocation.scope.clone(), address: allocation.address, until: None, created_at: now }
    }

    /// Whether it may not be given even where nothing else is free.
    pub fn is_in_force(&self, now: Stamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subnet::Segment;

    #[test]
    fn what_an_array_refused_is_withheld_for_a_day_and_what_was_left_there_for_ever() {
        let at = |text: &str| Stamp::parse(text).unwrap();
        let allocation = Allocation {
            id: uuid::Uuid::from_u128(1).into(),
            server: uuid::Uuid::from_u128(2).into(),
            subnet: None,
            scope: "standalone".to_owned(),
            address: [127, 0, 9, 1].into(),
            prefix: 24,
            segment: Segment::default(),
            created_at: at("2026-01-01"),
        };
        let now = at("2026-01-02");
        let (refused, left) = (Withheld::refused(&allocation, now), Withheld::left(&allocation, now));
        assert_eq!(refused.key(), "standalone/127.0.9.1");
        assert!(refused.is_in_force(at("2026-01-02T23:59:59")) && !refused.is_in_force(at("2026-01-03")));
        assert!(left.is_in_force(at("2999-01-01")));
    }
}

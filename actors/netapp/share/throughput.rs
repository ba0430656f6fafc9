//! Limits of throughput that a share type asks for, and the terms of the QoS policy that they come to.
//!
//! At most one upper and one lower limit, each in operations or in bytes per second, by share or by GiB. How to get it
//! wrong: rounding bytes down to MiB, which gives less than was promised. Source: operations.md §15.

use manilad_ontap::qos::Terms;

const MIB: u64 = 1 << 20;

/// What is counted, each second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Operations,
    Bytes,
}

/// One limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    pub unit: Unit,
    /// Times the size of the share.
    pub per_gib: bool,
    /// More than 0.
    pub amount: u64,
}

impl Limit {
    /// In operations or MiB per second, for a share of so many GiB.
    fn total(self, gib: u64) -> u64 {
        let amount = if self.per_gib { self.amount.saturating_mul(gib) } else { self.amount };
        match self.unit {
            Unit::Operations => amount,
            Unit::Bytes => amount.div_ceil(MIB),
        }
    }
}

/// The limits of a type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Throughput {
    pub most: Option<Limit>,
    pub least: Option<Limit>,
}

impl Throughput {
    pub fn is_none(self) -> bool {
        self.most.is_none() && self.least.is_none()
    }

    /// Whether a share of another size has other terms.
    pub fn follows_size(self) -> bool {
        self.most.into_iter().chain(self.least).any(|limit| limit.per_gib)
    }

    /// The terms for a share of so many GiB.
    pub fn terms(self, gib: u64) -> Terms {
        let of = |limit: Option<Limit>, unit| limit.filter(|limit| limit.unit == unit).map(|limit| limit.total(gib));
        Terms {
            max_iops: of(self.most, Unit::Operations),
            max_mbps: of(self.most, Unit::Bytes),
            min_iops: of(self.least, Unit::Operations),
            min_mbps: of(self.least, Unit::Bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_by_gib_grow_with_the_share_and_bytes_are_rounded_up_to_mib() {
        let limit = |unit, per_gib, amount| Some(Limit { unit, per_gib, amount });
        let both = Throughput { most: limit(Unit::Operations, true, 100), least: limit(Unit::Bytes, false, 1) };
        let terms = Terms { max_iops: Some(500), min_mbps: Some(1), ..Terms::default() };
        assert_eq!(both.terms(5), terms);
        assert!(both.follows_size() && !Throughput { most: None, ..both }.follows_size());
        let bytes = Throughput { most: limit(Unit::Bytes, true, MIB + 1), least: None };
        assert_eq!(bytes.terms(2).max_mbps, Some(3));
        let endless = Throughput { most: limit(Unit::Operations, true, u64::MAX), least: None };
        assert_eq!(endless.terms(9).max_iops, Some(u64::MAX));
        assert!(Throughput::default().is_none());
    }
}

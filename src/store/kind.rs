//! The kinds of records that the store holds, as a table: what must treat all kinds alike (checks, imports, upgrades)
//! reads it. A kind that is missing here can't be written, so none escapes the checks.

use manilad_domain::message::UserMessage;
use manilad_domain::quota::{Charge, QuotaClass, QuotaSet, Usage};
use manilad_domain::service::{Incarnation, Service, Zone};
use manilad_domain::{
    AccessRule, Addend, Allocation, DetachedInstance, EncryptionKeyUse, InFlight, Intent, QosType, Record,
    ResourceLock, SecurityService, ServerIntent, ServiceCheck, Share, ShareNetwork, ShareNetworkSubnet, ShareServer,
    ShareSnapshot, ShareTransfer, ShareType, SnapshotIntent, SubnetCheck, Sum, Withheld,
};

use crate::codec::{self, KEY_LIMIT};
use crate::error::Error;
use crate::key;

/// Every kind of the domain. Usage and sums are not among them: they are the writer's own and follow from these.
pub const KINDS: &[Kind] = &[
    Kind::of::<Share>(),
    Kind::of::<AccessRule>(),
    Kind::of::<ShareType>(),
    Kind::of::<UserMessage>(),
    Kind::of::<Service>(),
    Kind::of::<Zone>(),
    Kind::of::<Incarnation>(),
    Kind::of::<Intent>(),
    Kind::of::<QuotaSet>(),
    Kind::of::<QuotaClass>(),
    Kind::of::<ShareNetwork>(),
    Kind::of::<ShareNetworkSubnet>(),
    Kind::of::<SecurityService>(),
    Kind::of::<ShareServer>(),
    Kind::of::<Allocation>(),
    Kind::of::<ServerIntent>(),
    Kind::of::<SubnetCheck>(),
    Kind::of::<ServiceCheck>(),
    Kind::of::<DetachedInstance>(),
    Kind::of::<InFlight>(),
    Kind::of::<Withheld>(),
    Kind::of::<ShareSnapshot>(),
    Kind::of::<SnapshotIntent>(),
    Kind::of::<ResourceLock>(),
    Kind::of::<ShareTransfer>(),
    Kind::of::<QosType>(),
    Kind::of::<EncryptionKeyUse>(),
];

/// A kind of record, without its type.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    pub name: &'static str,
    pub version: u16,
    derive: fn(&str, &[u8]) -> Result<Derived, Error>,
}

/// Whether records of this kind are the writer's own: they are made anew from the others, and nobody brings them along.
pub(crate) fn is_derived(kind: &str) -> bool {
    [Usage::KIND, Sum::KIND].contains(&kind)
}

impl Kind {
    pub const fn of<R: Record>() -> Self {
        Kind { name: R::KIND, version: R::VERSION, derive: |key, value| Derived::of(&codec::decode::<R>(key, value)?) }
    }

    pub(crate) fn named(kinds: &'static [Kind], name: &str) -> Result<&'static Kind, Error> {
        kinds.iter().find(|kind| kind.name == name).ok_or_else(|| Error::Unregistered { kind: name.to_owned() })
    }

    /// What follows from a stored value; `key` is for the error.
    pub(crate) fn derive(&self, key: &str, value: &[u8]) -> Result<Derived, Error> {
        (self.derive)(key, value)
    }
}

/// All that follows from one record.
pub(crate) struct Derived {
    pub(crate) key: String,
    /// The value as the present release writes it.
    pub(crate) value: Vec<u8>,
    /// Keys of its index rows.
    pub(crate) rows: Vec<Vec<u8>>,
    pub(crate) charges: Vec<Charge>,
    pub(crate) addends: Vec<Addend>,
}

impl Derived {
    pub(crate) fn of<R: Record>(record: &R) -> Result<Self, Error> {
        let key = record.key();
        let rows: Vec<_> = record.rows().iter().map(|row| key::row(R::KIND, row, &key)).collect();
        let longest = rows.iter().map(Vec::len).chain([key::record(R::KIND, &key).len()]).max().unwrap_or(0);
        if longest > KEY_LIMIT {
            let what = format!("a key or index row of a {} record", R::KIND);
            return Err(Error::TooLarge { what, size: longest, limit: KEY_LIMIT });
        }
        let (charges, addends) = (record.charges(), record.addends());
        Ok(Derived { value: codec::encode(record)?, rows, charges, addends, key })
    }
}

#[cfg(test)]
mod tests;

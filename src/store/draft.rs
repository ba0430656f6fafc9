//! The next state, as a decision drafts it.
//!
//! A draft reads the newest state there is: the engine, then what decisions before it in the same group wrote, then
//! its own writes. It is dropped where the decision refuses or panics. With each record its index rows, its
//! project's usage and the sums that it is part of change too, by the difference between the stored and the new value. How to get it wrong: taking the
//! caller's word for what the old value was.

use std::collections::BTreeMap;

use manilad_domain::quota::{Charge, Usage};
use manilad_domain::{Addend, Record, Sum};

use crate::codec;
use crate::engine::{Changes, Engine, Span};
use crate::error::Error;
use crate::key;
use crate::kind::{Derived, Kind};
use crate::range::Range;
use crate::view::View;

/// The note that holds the last serial.
const SERIAL: &str = "serial";

/// A draft of the next state.
pub struct Draft<'a> {
    engine: &'a dyn Engine,
    kinds: &'static [Kind],
    group: &'a Changes,
    own: Changes,
}

impl View for Draft<'_> {
    fn engine(&self) -> &dyn Engine {
        self.engine
    }

    fn layers(&self) -> impl Iterator<Item = &Changes> {
        [&self.own, self.group].into_iter()
    }
}

impl<'a> Draft<'a> {
    pub(crate) fn new(engine: &'a dyn Engine, kinds: &'static [Kind], group: &'a Changes) -> Self {
        Draft::of(engine, kinds, group, Changes::new())
    }

    /// The draft that a decision has made.
    pub(crate) fn of(engine: &'a dyn Engine, kinds: &'static [Kind], group: &'a Changes, own: Changes) -> Self {
        Draft { engine, kinds, group, own }
    }

    pub(crate) fn into_changes(self) -> Changes {
        self.own
    }

    /// # Errors
    /// As [`Store::get`](crate::Store::get).
    pub fn get<R: Record>(&self, key: &str) -> Result<Option<R>, Error> {
        View::get(self, key)
    }

    /// The records of a range, up to its limit.
    ///
    /// # Errors
    /// As [`Store::get`](crate::Store::get).
    pub fn scan<R: Record>(&self, range: Range) -> Result<Vec<R>, Error> {
        View::scan(self, &range).map(|page| page.owned().records)
    }

    /// Writes a record, in place of one with the same key. Writing what is there already costs nothing.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Unregistered`], or what reading the old value met with. The draft is then as it
    /// was before.
    pub fn put<R: Record>(&mut self, record: &R) -> Result<(), Error> {
        self.replace(Kind::named(self.kinds, R::KIND)?, &record.key(), Some(Derived::of(record)?))
    }

    /// Removes the record that is stored under this one's key, if there is one.
    ///
    /// # Errors
    /// As [`Draft::put`].
    pub fn remove<R: Record>(&mut self, record: &R) -> Result<(), Error> {
        self.replace(Kind::named(self.kinds, R::KIND)?, &record.key(), None)
    }

    /// Draws the next of the store's serials: 1, 2, 3 … One drawn by a decision that refuses is drawn again.
    ///
    /// # Errors
    /// As [`Store::get`](crate::Store::get).
    pub fn next_serial(&mut self) -> Result<u64, Error> {
        let next = last_serial(self)? + 1;
        self.set_serial(next);
        Ok(next)
    }

    /// The keys of the records of a kind that this draft writes or removes, in their order.
    pub fn changed<R: Record>(&self) -> Vec<String> {
        let Span { from, to } = key::under(&key::records(R::KIND));
        self.own.range(from..to).filter_map(|(at, _)| key::record_key(at).ok()).collect()
    }

    /// A record as it is without this draft.
    ///
    /// # Errors
    /// As [`Store::get`](crate::Store::get).
    pub fn before<R: Record>(&self, key: &str) -> Result<Option<R>, Error> {
        Draft::new(self.engine, self.kinds, self.group).get(key)
    }

    /// What a project uses, this draft included.
    ///
    /// # Errors
    /// As [`Store::get`](crate::Store::get).
    pub fn usage(&self, project: &str) -> Result<Usage, Error> {
        Ok(View::get(self, project)?.unwrap_or_else(|| Usage::of(project)))
    }

    pub(crate) fn set_serial(&mut self, serial: u64) {
        self.own.insert(key::note(SERIAL), Some(serial.to_string().into_bytes()));
    }

    /// Writes a record of any kind from a value as it is stored; `key` is for the error.
    pub(crate) fn put_stored(&mut self, kind: &str, key: &str, value: &[u8]) -> Result<(), Error> {
        let kind = Kind::named(self.kinds, kind)?;
        let new = kind.derive(key, value)?;
        self.replace(kind, &new.key.clone(), Some(new))
    }

    fn replace(&mut self, kind: &Kind, key: &str, new: Option<Derived>) -> Result<(), Error> {
        let at = key::record(kind.name, key);
        let stored = self.value(&at)?;
        if stored.as_ref() == new.as_ref().map(|new| &new.value) {
            return Ok(());
        }
        let old = stored.map(|value| kind.derive(key, &value)).transpose()?;
        let rows = |derived: &Option<Derived>| derived.as_ref().map_or_else(Vec::new, |derived| derived.rows.clone());
        let charges = |derived: &Option<Derived>| derived.as_ref().map_or_else(Vec::new, |one| one.charges.clone());
        let (old_rows, new_rows) = (rows(&old), rows(&new));
        let addends = |derived: &Option<Derived>| derived.as_ref().map_or_else(Vec::new, |one| one.addends.clone());
        let mut changes = self.book(charges(&old), charges(&new))?;
        changes.extend(self.add_up(addends(&old), addends(&new))?);
        changes.extend(old_rows.iter().filter(|row| !new_rows.contains(row)).map(|row| (row.clone(), None)));
        changes.extend(new_rows.into_iter().filter(|row| !old_rows.contains(row)).map(|row| (row, Some(Vec::new()))));
        changes.insert(at, new.map(|new| new.value));
        self.own.extend(changes);
        Ok(())
    }

    /// The usage records that change when charges do.
    fn book(&self, old: Vec<Charge>, new: Vec<Charge>) -> Result<Changes, Error> {
        if old == new {
            return Ok(Changes::new());
        }
        let mut usages: BTreeMap<String, Usage> = BTreeMap::new();
        for (charges, sign) in [(old, -1), (new, 1)] {
            for charge in charges {
                if !usages.contains_key(&charge.project) {
                    usages.insert(charge.project.clone(), self.usage(&charge.project)?);
                }
                if let Some(usage) = usages.get_mut(&charge.project) {
                    usage.book(&charge, sign);
                }
            }
        }
        usages.values().map(usage_entry).collect()
    }

    /// The sums that change when addends do.
    fn add_up(&self, old: Vec<Addend>, new: Vec<Addend>) -> Result<Changes, Error> {
        if old == new {
            return Ok(Changes::new());
        }
        let mut sums = Sums::default();
        sums.add(old, -1);
        sums.add(new, 1);
        let mut changes = Changes::new();
        for (name, difference) in sums.nonzero() {
            let before = View::get::<Sum>(self, &name)?.map_or(0, |sum| sum.amount);
            let (key, value) = sum_entry(Sum { name, amount: before + difference })?;
            changes.insert(key, value);
        }
        Ok(changes)
    }
}

/// Amounts by the names of their sums.
#[derive(Debug, Default)]
pub(crate) struct Sums(BTreeMap<String, i64>);

impl Sums {
    /// `sign` is 1 to add and -1 to take away.
    pub(crate) fn add(&mut self, addends: Vec<Addend>, sign: i64) {
        for Addend { sum, amount } in addends {
            *self.0.entry(sum).or_default() += sign * amount;
        }
    }

    pub(crate) fn nonzero(self) -> impl Iterator<Item = (String, i64)> {
        self.0.into_iter().filter(|(_, amount)| *amount != 0)
    }
}

/// The stored form of a sum; nothing is stored of one that has come to nothing.
pub(crate) fn sum_entry(sum: Sum) -> Result<(Vec<u8>, Option<Vec<u8>>), Error> {
    let value = if sum.amount == 0 { None } else { Some(codec::encode(&sum)?) };
    Ok((key::record(Sum::KIND, &sum.name), value))
}

/// The stored form of a usage; nothing is stored of one that has come to nothing.
pub(crate) fn usage_entry(usage: &Usage) -> Result<(Vec<u8>, Option<Vec<u8>>), Error> {
    let value = if *usage == Usage::of(&usage.project) { None } else { Some(codec::encode(usage)?) };
    Ok((key::record(Usage::KIND, &usage.project), value))
}

/// The serial that was drawn last; 0 before the first.
pub(crate) fn last_serial(view: &impl View) -> Result<u64, Error> {
    let Some(value) = view.value(&key::note(SERIAL))? else { return Ok(0) };
    std::str::from_utf8(&value).ok().and_then(|text| text.parse().ok()).ok_or_else(|| Error::Damaged {
        kind: "note".to_owned(),
        key: SERIAL.to_owned(),
        reason: "not a number".to_owned(),
    })
}

//! Filter and goodness functions of a pool: what the names in them mean, and what their results mean.
//!
//! `stats.x` and `capabilities.x` are the pool's statistics, `extra.x` the share type's extra specs, `share.x` the
//! request. A text that reads as a number is one. Most functions ask nothing of the request; what has a value without one
//! has that value for every request, and is evaluated once per report. Source: scheduler.md §5 (DriverFilter), §6 (GoodnessWeigher), §7.

use manilad_domain::placement::Placement;

use crate::expression::{Expression, Flaw, Operand};
use crate::statistics::{Keys, Slot, Stat, read_number};

/// Best goodness; the worst is 0.
const BEST: f64 = 100.0;

/// A function as a pool reported it. One that does not parse is kept with its flaw, so that the pool can be refused
/// with the reason.
#[derive(Debug, Clone)]
pub struct Function(Result<Expression<Name>, Flaw>);

/// What a name in a function stands for, with the name as written.
#[derive(Debug, Clone)]
struct Name {
    meaning: Meaning,
    written: String,
}

#[derive(Debug, Clone)]
enum Meaning {
    Stat(Slot),
    Extra(String),
    Share(fn(&Placement) -> Operand<'_>),
}

type ShareName = (&'static str, fn(&Placement) -> Operand<'_>);

/// What a function may ask of the request.
const SHARE: &[ShareName] = &[
    ("size", |placement| Operand::Number(placement.size as f64)),
    ("share_proto", |placement| Operand::Text(placement.protocol.name())),
];

impl Function {
    pub fn read(text: &str, keys: &mut Keys) -> Self {
        let parsed = Expression::parse(text, &mut |written| {
            let meaning = match written.split_once('.') {
                Some(("stats" | "capabilities", name)) => Some(Meaning::Stat(keys.slot(name))),
                Some(("extra", name)) => Some(Meaning::Extra(name.to_owned())),
                Some(("share", name)) => {
                    SHARE.iter().find(|(field, _)| *field == name).map(|(_, value)| Meaning::Share(*value))
                }
                _ => None,
            };
            let meaning = meaning.ok_or_else(|| Flaw::UnknownName(written.to_owned()))?;
            Ok(Name { meaning, written: written.to_owned() })
        });
        Function(parsed)
    }

    /// Whether the pool of which `stat` tells the statistics takes the request, by its own judgement. Without a request:
    /// whether it takes any.
    ///
    /// # Errors
    /// The function is not of the language, has no value here, or is not a boolean.
    pub fn admits<'a>(
        &'a self,
        stat: impl Fn(Slot) -> Option<&'a Stat>,
        placement: Option<&'a Placement>,
    ) -> Result<bool, Flaw> {
        match self.value(stat, placement)? {
            Operand::Bool(yes) => Ok(yes),
            Operand::Number(number) => Err(Flaw::NotABoolean(number.to_string())),
            Operand::Text(text) => Err(Flaw::NotABoolean(format!("{text:?}"))),
        }
    }

    /// How well that pool suits the request, from 0 to 100; 0 for a value that is no such number. Without a request: how
    /// well it suits any.
    ///
    /// # Errors
    /// The function is not of the language, or has no value here.
    pub fn goodness<'a>(
        &'a self,
        stat: impl Fn(Slot) -> Option<&'a Stat>,
        placement: Option<&'a Placement>,
    ) -> Result<f64, Flaw> {
        Ok(match self.value(stat, placement)? {
            Operand::Bool(true) => BEST,
            Operand::Number(number) if (0.0..=BEST).contains(&number) => number,
            _ => 0.0,
        })
    }

    /// Whether it asks for one of these statistics.
    pub fn reads(&self, is_one: impl Fn(Slot) -> bool) -> bool {
        let is_read = |name: &Name| matches!(name.meaning, Meaning::Stat(slot) if is_one(slot));
        self.0.as_ref().is_ok_and(|expression| expression.has_name(&is_read))
    }

    fn value<'a>(
        &'a self,
        stat: impl Fn(Slot) -> Option<&'a Stat>,
        placement: Option<&'a Placement>,
    ) -> Result<Operand<'a>, Flaw> {
        let expression = self.0.as_ref().map_err(Clone::clone)?;
        expression.evaluate(&|name| {
            let value = match &name.meaning {
                Meaning::Share(value) => placement.map(value),
                Meaning::Extra(key) => placement.and_then(|asked| asked.extra_specs.get(key)).map(|text| numeric(text)),
                Meaning::Stat(slot) => stat(*slot).and_then(|stat| {
                    let scalar = stat.scalar()?;
                    Some(match (scalar.boolean, scalar.number) {
                        (Some(yes), _) => Operand::Bool(yes),
                        (None, Some(number)) => Operand::Number(number),
                        (None, None) => Operand::Text(stat.raw().as_str().unwrap_or(&scalar.text)),
                    })
                }),
            };
            value.ok_or_else(|| Flaw::NoValue(name.written.clone()))
        })
    }
}

/// Whether `text` is a function, as far as it shows without the figures of a pool.
///
/// # Errors
/// What it departs from the language in, and where.
pub fn judge_function(text: &str) -> Result<(), Flaw> {
    Function::read(text, &mut Keys::default()).0.map(drop)
}

fn numeric(text: &str) -> Operand<'_> {
    read_number(text).map_or(Operand::Text(text), Operand::Number)
}

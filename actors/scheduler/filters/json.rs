//! A pool must satisfy the hint `query`: a JSON list of an operator and what it is applied to, which may be such lists.
//!
//! A text that begins with `$` stands for a statistic of the pool: `["and", [">=", "$free_capacity_gb", 1024], ["in",
//! "SSD", "$capabilities.disk_type"]]`. What the pool does not report drops out, and a comparison with fewer than
//! two left is false. How to get it wrong: taking a query that can't be read for one that asks nothing.
//! Source: scheduler.md §5.

use std::cmp::Ordering;

use manilad_domain::message::Detail;
use serde_json::Value;

use crate::extra_spec_operators::Relation;
use crate::filters::{BookedFigures, FilterRule, Judge, Reason, spare_after};
use crate::pools::Candidate;
use crate::statistics::{Keys, Slot};

pub const RULE: FilterRule = FilterRule {
    name: "JsonFilter",
    detail: Detail::NoValidHost,
    prepare: |asked| {
        let query = asked.placement.query.as_deref()?;
        Some(Box::new(Query { term: read(query, asked.keys), booked: BookedFigures::of(asked.keys) }))
    },
};

/// The operators. All but the last three compare the first argument with each of the others.
const OPERATORS: &[(&str, Operator)] = &[
    ("=", Operator::Each(Relation::Equal)),
    ("<", Operator::Each(Relation::Less)),
    (">", Operator::Each(Relation::Greater)),
    ("<=", Operator::Each(Relation::LessOrEqual)),
    (">=", Operator::Each(Relation::GreaterOrEqual)),
    ("in", Operator::In),
    ("not", Operator::Not),
    ("or", Operator::Or),
    ("and", Operator::And),
];

#[derive(Debug, Clone, Copy)]
enum Operator {
    Each(Relation),
    /// A list among the others stands for its elements.
    In,
    /// Whether any argument is false.
    Not,
    Or,
    And,
}

struct Query {
    /// What is asked, or why it is no query.
    term: Result<Term, String>,
    booked: BookedFigures,
}

enum Term {
    Constant(Value),
    Statistic {
        /// `None` if no pool ever reported the name.
        slot: Option<Slot>,
        /// Names inside a nested statistic, from the outside in.
        path: Vec<String>,
    },
    Call(Operator, Vec<Term>),
}

/// Reads a query. How deep it nests is bounded by the reader of JSON.
fn read(query: &str, keys: &Keys) -> Result<Term, String> {
    match serde_json::from_str(query) {
        Ok(Value::Array(list)) => call(list, keys),
        Ok(_) => Err("is not a list".to_owned()),
        Err(error) => Err(format!("is not JSON: {error}")),
    }
}

/// An empty list asks nothing.
fn call(list: Vec<Value>, keys: &Keys) -> Result<Term, String> {
    let mut parts = list.into_iter();
    let Some(first) = parts.next() else {
        return Ok(Term::Constant(Value::Bool(true)));
    };
    let named = first.as_str().and_then(|word| OPERATORS.iter().find(|(name, _)| *name == word));
    let Some((_, operator)) = named else {
        let names: Vec<_> = OPERATORS.iter().map(|(name, _)| *name).collect();
        return Err(format!("has {first} where an operator is expected, one of {}", names.join(" ")));
    };
    Ok(Term::Call(*operator, parts.map(|part| term(part, keys)).collect::<Result<_, _>>()?))
}

fn term(part: Value, keys: &Keys) -> Result<Term, String> {
    match part {
        Value::Array(list) => call(list, keys),
        Value::String(text) if text.starts_with('$') => {
            let name = text[1..].strip_prefix("capabilities.").unwrap_or(&text[1..]);
            let mut path = name.split('.').map(str::to_owned);
            let slot = path.next().and_then(|name| keys.find(&name));
            Ok(Term::Statistic { slot, path: path.collect() })
        }
        constant => Ok(Term::Constant(constant)),
    }
}

enum Answer<'a> {
    Truth(bool),
    Value(&'a Value),
}

impl Answer<'_> {
    fn truth(&self) -> bool {
        match self {
            Answer::Truth(yes) => *yes,
            Answer::Value(Value::Null) => false,
            Answer::Value(Value::Bool(yes)) => *yes,
            Answer::Value(Value::Number(number)) => number.as_f64() != Some(0.0),
            Answer::Value(Value::String(text)) => !text.is_empty(),
            Answer::Value(Value::Array(list)) => !list.is_empty(),
            Answer::Value(Value::Object(map)) => !map.is_empty(),
        }
    }

    fn boolean(&self) -> Option<bool> {
        match self {
            Answer::Truth(yes) => Some(*yes),
            Answer::Value(value) => value.as_bool(),
        }
    }

    /// How two answers of one kind stand to each other; `None` for different kinds.
    fn order(&self, other: &Self) -> Option<Ordering> {
        if let (Some(one), Some(other)) = (self.boolean(), other.boolean()) {
            return Some(one.cmp(&other));
        }
        match (self, other) {
            (Answer::Value(Value::String(one)), Answer::Value(Value::String(other))) => Some(one.cmp(other)),
            (Answer::Value(one), Answer::Value(other)) => one.as_f64()?.partial_cmp(&other.as_f64()?),
            _ => None,
        }
    }

    fn stands(&self, relation: Relation, other: &Self) -> bool {
        self.order(other).is_some_and(|order| relation.holds(order))
    }

    fn is_in(&self, other: &Self) -> bool {
        match other {
            Answer::Value(Value::Array(list)) => list.iter().any(|one| self.is_in(&Answer::Value(one))),
            one => self.stands(Relation::Equal, one),
        }
    }
}

impl Term {
    /// Whether it asks for one of these statistics.
    fn reads(&self, is_one: &dyn Fn(Slot) -> bool) -> bool {
        match self {
            Term::Constant(_) => false,
            Term::Statistic { slot, .. } => slot.is_some_and(is_one),
            Term::Call(_, terms) => terms.iter().any(|term| term.reads(is_one)),
        }
    }

    /// `None` for a statistic that the pool does not report.
    fn answer<'a>(&'a self, candidate: Candidate<'a>) -> Option<Answer<'a>> {
        match self {
            Term::Constant(value) => Some(Answer::Value(value)),
            Term::Statistic { slot, path } => {
                let outer = candidate.stat((*slot)?)?;
                path.iter().try_fold(outer, |stat, name| stat.inner(name)).map(|stat| Answer::Value(stat.raw()))
            }
            Term::Call(operator, terms) => {
                let mut answers = terms.iter().filter_map(|term| term.answer(candidate));
                let truth = match operator {
                    Operator::Not => answers.any(|one| !one.truth()),
                    Operator::Or => answers.any(|one| one.truth()),
                    Operator::And => answers.all(|one| one.truth()),
                    Operator::Each(relation) => {
                        with_first(answers, |first, others| others.iter().all(|one| first.stands(*relation, one)))
                    }
                    Operator::In => with_first(answers, |first, others| others.iter().any(|one| first.is_in(one))),
                };
                Some(Answer::Truth(truth))
            }
        }
    }
}

/// Compares the first answer with the others; false where there are none.
fn with_first<'a>(
    mut answers: impl Iterator<Item = Answer<'a>>,
    holds: impl FnOnce(&Answer<'a>, &[Answer<'a>]) -> bool,
) -> bool {
    let first = answers.next();
    let others: Vec<_> = answers.collect();
    first.is_some_and(|first| !others.is_empty() && holds(&first, &others))
}

impl Judge for Query {
    fn judge<'a>(&'a self, candidate: Candidate<'a>) -> Result<(), Reason<'a>> {
        match &self.term {
            Ok(term) if term.answer(candidate).is_some_and(|answer| answer.truth()) => Ok(()),
            Ok(_) => Err(Reason::QueryFalse),
            Err(flaw) => Err(Reason::QueryUnread { flaw }),
        }
    }

    fn spare(&self, _: Candidate<'_>) -> Option<f64> {
        let is_booked = |slot| self.booked.contain(slot);
        spare_after(self.term.as_ref().is_ok_and(|term| term.reads(&is_booked)))
    }
}

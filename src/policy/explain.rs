//! Why a rule allows or denies: every check that has a say, and what it saw.
//!
//! Deciding stops at the first check that settles the matter; an explanation goes on, so that an operator sees all that
//! would have helped. How to get it wrong: to come to another end than [`Engine::allows`]; a property holds the two
//! together.

use crate::check::{Case, Check, Reference};
use crate::credentials::{Credentials, Target};
use crate::engine::{Engine, Verdict};
use crate::template::Template;

/// A decision and everything that had a say in it.
#[derive(Debug)]
pub struct Explanation<'e> {
    pub verdict: Verdict<'e>,
    /// The rule that was asked; none where not even a default rule stands for the name.
    pub rule: Option<&'e str>,
    /// From the rule's whole check down to single comparisons, each before its parts.
    pub steps: Vec<Step<'e>>,
}

/// One check in an explanation.
#[derive(Debug, PartialEq, Eq)]
pub struct Step<'e> {
    /// How deep it stands in the check of the rule that was asked.
    pub depth: usize,
    /// The rule in which it is written.
    pub rule: &'e str,
    pub check: &'e Check,
    pub holds: bool,
    /// What was compared, where something was.
    pub observed: Option<String>,
}

impl Engine {
    /// As [`Engine::allows`], with everything that had a say.
    pub fn explain<'a>(&'a self, rule: &str, target: &'a Target<'a>, credentials: &'a Credentials) -> Explanation<'a> {
        let place = self.place(rule);
        let mut walk = Walk { case: self.case(target, credentials), names: self.names(), steps: Vec::new() };
        if let Some(place) = place {
            walk.check(place, &walk.case.checks[place], 0);
        }
        Explanation {
            verdict: self.allows(rule, target, credentials),
            rule: place.map(|place| self.names()[place].as_str()),
            steps: walk.steps,
        }
    }
}

struct Walk<'a> {
    case: Case<'a>,
    names: &'a [String],
    steps: Vec<Step<'a>>,
}

impl<'a> Walk<'a> {
    /// Notes a check and its parts; whether it holds.
    fn check(&mut self, place: usize, check: &'a Check, depth: usize) -> bool {
        let at = self.steps.len();
        self.steps.push(Step { depth, rule: &self.names[place], check, holds: false, observed: None });
        let (holds, observed) = match check {
            Check::Always => (true, None),
            Check::Never => (false, None),
            Check::Not(inner) => (!self.check(place, inner, depth + 1), None),
            Check::All(parts) => (self.parts(place, parts, depth).into_iter().all(|holds| holds), None),
            Check::Any(parts) => (self.parts(place, parts, depth).into_iter().any(|holds| holds), None),
            Check::Rule(Reference { place: None, .. }) => (false, Some("there is no such rule".to_owned())),
            Check::Rule(Reference { place: Some(next), name }) => {
                let observed =
                    (self.names[*next] != *name).then(|| format!("not defined; {} stands for it", self.names[*next]));
                (self.check(*next, &self.case.checks[*next], depth + 1), observed)
            }
            Check::Role(required) => self
                .compare(required, |who, role| (who.has_role(role), format!("the token has {}", listed(&who.roles)))),
            Check::Constant { value, required, .. } => {
                self.compare(required, |_, text| (text == value, format!("the target has {text:?}")))
            }
            Check::Attribute { attribute, required } => self.compare(required, |who, text| {
                (who.holds(attribute, text), format!("the token has {}, wanted is {text:?}", who.shown(attribute)))
            }),
        };
        (self.steps[at].holds, self.steps[at].observed) = (holds, observed);
        holds
    }

    /// Each part, though an earlier one may have settled the matter.
    fn parts(&mut self, place: usize, parts: &'a [Check], depth: usize) -> Vec<bool> {
        parts.iter().map(|part| self.check(place, part, depth + 1)).collect()
    }

    fn compare(
        &self,
        required: &Template,
        by: impl Fn(&Credentials, &str) -> (bool, String),
    ) -> (bool, Option<String>) {
        match required.fill(self.case.target) {
            None => (false, Some("the target has no such field".to_owned())),
            Some(text) => {
                let (holds, observed) = by(self.case.credentials, &text);
                (holds, Some(observed))
            }
        }
    }
}

fn listed(roles: &[String]) -> String {
    if roles.is_empty() { "no role".to_owned() } else { roles.join(", ") }
}

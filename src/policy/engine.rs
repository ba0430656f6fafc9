//! The rules in force, and the question the daemon asks of them several times per request.
//!
//! An engine never changes; a reload makes a new one. A name that is no rule means the default rule, as in oslo.policy.
//! How to get it wrong: to or the deprecated check to a rule that the operator has overridden, which would give back
//! what they took away.

use std::collections::{BTreeMap, HashMap};

use crate::check::{Case, Check};
use crate::credentials::{Credentials, Target};
use crate::error::{Error, Origin};
use crate::overrides::Overrides;
use crate::parse::parse;
use crate::resolve::{Names, refuse_circles, settle};
use crate::rule::{Rule, Scope};

/// Section `[oslo_policy]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Off: the deprecated check of a rule is or-ed with its new one, unless the operator overrides the rule.
    pub enforce_new_defaults: bool,
    /// On: a token of a scope that the rule does not accept is denied, whatever its roles.
    pub enforce_scope: bool,
    /// The rule that stands for any name that is not defined.
    pub default_rule: String,
}

impl Default for Options {
    fn default() -> Self {
        Options { enforce_new_defaults: true, enforce_scope: true, default_rule: "default".into() }
    }
}

/// The outcome of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict<'e> {
    Allowed,
    Denied(Denial<'e>),
}

impl Verdict<'_> {
    pub fn is_allowed(self) -> bool {
        self == Verdict::Allowed
    }
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial<'e> {
    /// There is neither such a rule nor a default one.
    Undefined,
    /// The token speaks for something that the operation is not about.
    Scope { token: Scope, accepted: &'static [Scope] },
    /// `check`, written in `rule`, does not hold. The innermost one that decided: of an `or`, the whole of it.
    Check { rule: &'e str, check: &'e Check },
}

impl std::fmt::Display for Denial<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Denial::Undefined => f.write_str("no such rule, and no default rule"),
            Denial::Scope { token, accepted } => {
                let accepted: Vec<String> = accepted.iter().map(Scope::to_string).collect();
                write!(f, "the token is {token}-scoped, the rule accepts {}", accepted.join(" or "))
            }
            Denial::Check { rule, check } => write!(f, "\"{check}\" of rule {rule:?} does not hold"),
        }
    }
}

/// What an operator should hear about once; none of it stops the daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// A rule refers to one that is not defined; the reference means the default rule.
    UndefinedReference { rule: String, reference: String },
    /// A policy file defines a rule that the service does not know and no other rule refers to.
    UnusedRule { origin: Origin, rule: String },
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Warning::UndefinedReference { rule, reference } => {
                write!(f, "rule {rule:?} refers to rule {reference:?}, which is not defined")
            }
            Warning::UnusedRule { origin, rule } => {
                write!(f, "{origin}: rule {rule:?} is neither known to the service nor referred to")
            }
        }
    }
}

/// A rule in force, for documentation and for `policy` on the command line.
#[derive(Debug, Clone, Copy)]
pub struct Effective<'e> {
    pub name: &'e str,
    pub check: &'e Check,
    pub origin: &'e Origin,
    pub scopes: &'static [Scope],
}

/// The rules in force. Cheap to ask, not to make.
#[derive(Debug)]
pub struct Engine {
    places: HashMap<String, usize>,
    /// By place, in the order of the names: the checks apart, since that is what deciding walks.
    checks: Vec<Check>,
    names: Vec<String>,
    origins: Vec<Origin>,
    scopes: Vec<&'static [Scope]>,
    default: Option<usize>,
    enforce_scope: bool,
    warnings: Vec<Warning>,
}

struct Entry {
    check: Check,
    origin: Origin,
    scopes: &'static [Scope],
    is_of_service: bool,
}

impl Engine {
    /// Parses and settles `defaults` and what the operator put over them.
    ///
    /// # Errors
    /// A check that can't be understood, a default defined twice, or references that run in a circle.
    pub fn new<'r>(
        defaults: impl IntoIterator<Item = &'r Rule>,
        overrides: &Overrides,
        options: &Options,
    ) -> Result<Self, Error> {
        let mut entries = BTreeMap::new();
        for rule in defaults {
            let entry = Entry {
                check: default_check(rule, options.enforce_new_defaults)?,
                origin: Origin::BuiltIn,
                scopes: rule.scopes,
                is_of_service: true,
            };
            if entries.insert(rule.name.to_owned(), entry).is_some() {
                return Err(Error::Repeated { origin: Origin::BuiltIn, rule: rule.name.to_owned() });
            }
        }
        for (name, (text, path)) in &overrides.rules {
            let origin = Origin::File(path.clone());
            let check = checked(&origin, name, text)?;
            let replaced: Option<&Entry> = entries.get(name);
            let (scopes, is_of_service) = replaced.map_or((&[][..], false), |entry| (entry.scopes, true));
            entries.insert(name.clone(), Entry { check, origin, scopes, is_of_service });
        }
        Self::settled(entries, options)
    }

    fn settled(entries: BTreeMap<String, Entry>, options: &Options) -> Result<Self, Error> {
        let places: HashMap<String, usize> = entries.keys().cloned().zip(0..).collect();
        let default = places.get(&options.default_rule).copied();
        let names: Vec<String> = entries.keys().cloned().collect();
        let is_of_service: Vec<bool> = entries.values().map(|entry| entry.is_of_service).collect();
        let scopes = entries.values().map(|entry| entry.scopes).collect();
        let (mut checks, origins): (Vec<_>, Vec<_>) =
            entries.into_values().map(|entry| (entry.check, entry.origin)).unzip();

        let undefined = settle(&mut checks, &Names { places: &places, default });
        refuse_circles(&checks, &names)?;

        let mut warnings: Vec<Warning> = undefined
            .into_iter()
            .map(|(place, reference)| Warning::UndefinedReference { rule: names[place].clone(), reference })
            .collect();
        let mut references = Vec::new();
        checks.iter().for_each(|check| check.references(&mut references));
        for place in (0..names.len()).filter(|&place| !is_of_service[place] && default != Some(place)) {
            if !references.iter().any(|reference| reference.place == Some(place)) {
                warnings.push(Warning::UnusedRule { origin: origins[place].clone(), rule: names[place].clone() });
            }
        }
        let enforce_scope = options.enforce_scope;
        Ok(Engine { places, checks, names, origins, scopes, default, enforce_scope, warnings })
    }

    /// Whether `rule` lets these credentials touch this target.
    pub fn allows<'a>(&'a self, rule: &str, target: &'a Target<'a>, credentials: &'a Credentials) -> Verdict<'a> {
        let named = self.places.get(rule).copied();
        let Some(place) = named.or(self.default) else {
            return Verdict::Denied(Denial::Undefined);
        };
        if let Some(denial) = named.and_then(|place| self.wrong_scope(place, credentials)) {
            return Verdict::Denied(denial);
        }
        match self.checks[place].decide(place, self.case(target, credentials)) {
            Ok(()) => Verdict::Allowed,
            Err(failed) => Verdict::Denied(Denial::Check { rule: &self.names[failed.place], check: failed.check }),
        }
    }

    /// Sets [`Credentials::is_admin`], which rules may name, by the rule for it.
    pub fn recognise(&self, credentials: &mut Credentials) {
        let target = credentials.as_target().map(|(field, value)| (field, value.to_owned()));
        let fields = target.each_ref().map(|(field, value)| (*field, value.as_str()));
        credentials.is_admin = self.allows("context_is_admin", &Target::new(&fields), credentials).is_allowed();
    }

    pub(crate) fn case<'a>(&'a self, target: &'a Target<'a>, credentials: &'a Credentials) -> Case<'a> {
        Case { checks: &self.checks, target, credentials }
    }

    /// Where the rule stands that is meant by a name.
    pub(crate) fn place(&self, rule: &str) -> Option<usize> {
        self.places.get(rule).copied().or(self.default)
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    fn wrong_scope(&self, place: usize, credentials: &Credentials) -> Option<Denial<'_>> {
        let accepted = self.scopes[place];
        let token = credentials.scope();
        let wrong = self.enforce_scope && !accepted.is_empty() && !accepted.contains(&token);
        wrong.then_some(Denial::Scope { token, accepted })
    }

    /// Every rule in force, by name.
    pub fn rules(&self) -> impl Iterator<Item = Effective<'_>> {
        (0..self.names.len()).map(|place| Effective {
            name: &self.names[place],
            check: &self.checks[place],
            origin: &self.origins[place],
            scopes: self.scopes[place],
        })
    }

    /// What the operator should hear about.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

fn default_check(rule: &Rule, enforce_new_defaults: bool) -> Result<Check, Error> {
    let check = checked(&Origin::BuiltIn, rule.name, rule.check)?;
    match rule.deprecated {
        Some(old) if !enforce_new_defaults && old != rule.check => {
            Ok(Check::Any(vec![check, checked(&Origin::BuiltIn, rule.name, old)?]))
        }
        _ => Ok(check),
    }
}

fn checked(origin: &Origin, rule: &str, text: &str) -> Result<Check, Error> {
    parse(text).map_err(|mistake| Error::Check { origin: origin.clone(), rule: rule.to_owned(), mistake })
}

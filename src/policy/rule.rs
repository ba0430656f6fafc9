//! A row of the table of default rules.
//!
//! Routes name a rule, the table gives its check, and `policy.yaml` may replace the check but not the scopes: what
//! kind of token an operation accepts is the service's business, not the operator's.

/// What a token speaks for. A token has exactly one scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    Project,
    Domain,
    System,
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Scope::Project => "project",
            Scope::Domain => "domain",
            Scope::System => "system",
        })
    }
}

/// A default rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// As operators write it in `policy.yaml`.
    pub name: &'static str,
    /// The check, in oslo.policy's language.
    pub check: &'static str,
    /// The check of earlier releases; it is or-ed with `check` when `enforce_new_defaults` is off.
    pub deprecated: Option<&'static str>,
    /// The scopes a token may have; none given means any.
    pub scopes: &'static [Scope],
}

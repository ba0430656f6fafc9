//! Limits that administrators set: for a project, for one of its users, for a share type within it, or for a class.
//!
//! Projects, users and classes are any text; nobody checks that they exist. How to get it wrong: building a key from
//! two texts so that one project's users can meet another's.

use serde::{Deserialize, Serialize};

use super::{Key, Values};
use crate::ids::ShareTypeId;
use crate::microversion::Microversion;
use crate::record::{Index, Record, Row};

/// The class whose values are everybody's defaults.
pub const DEFAULT_CLASS: &str = "default";

/// Whom within a project a limit is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuotaScope {
    /// All of it.
    Project,
    User(String),
    ShareType(ShareTypeId),
}

impl QuotaScope {
    /// Whether a key can be limited here.
    pub fn has(&self, key: Key) -> bool {
        key.is_of_types() || !matches!(self, QuotaScope::ShareType(_))
    }

    /// The keys that a client of `version` knows here.
    pub fn keys(&self, version: Microversion) -> impl Iterator<Item = Key> {
        Key::ALL.into_iter().filter(move |key| key.since() <= version && self.has(*key))
    }
}

/// Explicit limits of one scope of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaSet {
    pub project: String,
    pub scope: QuotaScope,
    pub values: Values,
}

/// project: a project's sets, those of its users and share types included.
pub const BY_PROJECT: Index = Index("project");
/// share type: the sets that go when it goes.
pub const BY_TYPE: Index = Index("type");

impl QuotaSet {
    /// A set that says nothing yet.
    pub fn empty(project: &str, scope: &QuotaScope) -> Self {
        QuotaSet { project: project.to_owned(), scope: scope.clone(), values: Values::new() }
    }

    /// The key of the set of a scope, whether there is one or not.
    pub fn key_of(project: &str, scope: &QuotaScope) -> String {
        match scope {
            QuotaScope::Project => format!("project/{project}"),
            QuotaScope::User(user) => format!("user/{}/{user}/{project}", user.len()),
            QuotaScope::ShareType(id) => format!("type/{id}/{project}"),
        }
    }
}

impl Record for QuotaSet {
    const KIND: &'static str = "quota_set";

    fn key(&self) -> String {
        QuotaSet::key_of(&self.project, &self.scope)
    }

    fn rows(&self) -> Vec<Row> {
        let mut rows = vec![BY_PROJECT.row([self.project.clone()])];
        if let QuotaScope::ShareType(id) = self.scope {
            rows.push(BY_TYPE.row([id.to_string()]));
        }
        rows
    }
}

/// Explicit limits of a class.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaClass {
    pub name: String,
    pub values: Values,
}

impl Record for QuotaClass {
    const KIND: &'static str = "quota_class";

    fn key(&self) -> String {
        self.name.clone()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["[/0-2a]{0,6}", any::<String>()]
    }

    fn scope() -> impl Strategy<Value = QuotaScope> {
        prop_oneof![
            Just(QuotaScope::Project),
            text().prop_map(QuotaScope::User),
            (0u128..3).prop_map(|id| QuotaScope::ShareType(uuid::Uuid::from_u128(id).into())),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_two_scopes_of_any_two_projects_share_a_key(a in (text(), scope()), b in (text(), scope())) {
            prop_assert_eq!(QuotaSet::key_of(&a.0, &a.1) == QuotaSet::key_of(&b.0, &b.1), a == b);
        }
    }

    #[test]
    fn a_set_is_read_back_as_it_was_written() {
        for scope in
            [QuotaScope::Project, QuotaScope::User("u".into()), QuotaScope::ShareType(uuid::Uuid::nil().into())]
        {
            let set = QuotaSet { values: Values::from([(Key::ShareReplicas, -1)]), ..QuotaSet::empty("p", &scope) };
            let stored = serde_json::to_string(&set).unwrap();
            assert_eq!(serde_json::from_str::<QuotaSet>(&stored).unwrap(), set, "{stored}");
        }
    }
}

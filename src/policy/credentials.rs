//! What a decision is made from: the caller's credentials, and the fields of what they want to touch.
//!
//! Both are flat. Python's spelling of values shows through the language (`is_admin:True`, `domain_id:None`), so a
//! flag reads `True` or `False` and an identifier that is not set reads `None`.

use std::collections::BTreeMap;

use crate::rule::Scope;

/// Who asks. The names are those that rules use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    pub user_id: Option<String>,
    pub user_domain_id: Option<String>,
    pub project_id: Option<String>,
    pub project_domain_id: Option<String>,
    /// Set only when the token speaks for a domain.
    pub domain_id: Option<String>,
    /// Set (to `all`) only when the token speaks for the whole cloud.
    pub system_scope: Option<String>,
    pub roles: Vec<String>,
    /// Whether the service holds the caller for an administrator (rule `context_is_admin`).
    pub is_admin: bool,
    pub is_admin_project: bool,
    pub service_user_id: Option<String>,
    pub service_user_domain_id: Option<String>,
    pub service_project_id: Option<String>,
    pub service_project_domain_id: Option<String>,
    pub service_roles: Vec<String>,
    /// Further attributes that a site's own rules may name.
    pub extra: BTreeMap<String, String>,
}

impl Credentials {
    /// What the token speaks for: the system before a domain before a project.
    pub fn scope(&self) -> Scope {
        let set = |value: &Option<String>| value.as_ref().is_some_and(|text| !text.is_empty());
        if set(&self.system_scope) {
            Scope::System
        } else if set(&self.domain_id) {
            Scope::Domain
        } else {
            Scope::Project
        }
    }

    /// The target of an operation that has no object yet: the caller's own user and project.
    pub fn as_target(&self) -> [(&'static str, &str); 2] {
        [("project_id", text(&self.project_id)), ("user_id", text(&self.user_id))]
    }

    /// Whether the caller is a service of the cloud, as the default rules have it.
    pub fn is_service(&self) -> bool {
        self.has_role("service")
    }

    pub(crate) fn has_role(&self, required: &str) -> bool {
        self.roles.iter().any(|role| match role.is_ascii() && required.is_ascii() {
            true => role.eq_ignore_ascii_case(required),
            false => role.to_lowercase() == required.to_lowercase(),
        })
    }

    /// Whether `attribute` equals `wanted`, or, for a list, holds it. Case matters, unlike for [`Self::has_role`].
    pub(crate) fn holds(&self, attribute: &Attribute, required: &str) -> bool {
        let Some(row) = attribute.row else {
            return self.extra.get(&attribute.name).is_some_and(|value| value == required);
        };
        match (ATTRIBUTES[row].1)(self) {
            Value::Absent => false,
            Value::Text(value) => required == text(value),
            Value::Flag(value) => required == if value { "True" } else { "False" },
            Value::List(values) => values.iter().any(|value| value == required),
        }
    }
}

impl Credentials {
    /// The value of an attribute as people read it.
    pub(crate) fn shown(&self, attribute: &Attribute) -> String {
        let value = attribute.row.map_or(Value::Absent, |row| (ATTRIBUTES[row].1)(self));
        match (value, self.extra.get(&attribute.name)) {
            (Value::Absent, Some(extra)) => format!("{extra:?}"),
            (Value::Absent, None) => "no such attribute".to_owned(),
            (Value::Text(value), _) => format!("{:?}", text(value)),
            (Value::Flag(value), _) => if value { "True" } else { "False" }.to_owned(),
            (Value::List(values), _) => format!("{values:?}"),
        }
    }
}

fn text(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or("None")
}

/// The fields of what the caller wants to touch. Borrowed, so that a question costs nothing to ask.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a>(&'a [(&'a str, &'a str)]);

impl<'a> Target<'a> {
    pub fn new(fields: &'a [(&'a str, &'a str)]) -> Self {
        Target(fields)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(field, _)| *field == name).map(|(_, value)| *value)
    }
}

/// A credential that a check may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    name: String,
    /// In [`ATTRIBUTES`]; a name that is not there is looked for among [`Credentials::extra`].
    row: Option<usize>,
}

impl Attribute {
    pub(crate) fn named(name: &str) -> Self {
        Attribute { name: name.to_owned(), row: ATTRIBUTES.iter().position(|(attribute, _)| *attribute == name) }
    }
}

impl std::fmt::Display for Attribute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

enum Value<'a> {
    Absent,
    Text(&'a Option<String>),
    Flag(bool),
    List(&'a [String]),
}

type Read = fn(&Credentials) -> Value<'_>;

const ATTRIBUTES: [(&str, Read); 15] = [
    ("user_id", |who| Value::Text(&who.user_id)),
    ("user_domain_id", |who| Value::Text(&who.user_domain_id)),
    ("project_id", |who| Value::Text(&who.project_id)),
    ("project_domain_id", |who| Value::Text(&who.project_domain_id)),
    ("domain_id", |who| Value::Text(&who.domain_id)),
    ("system_scope", |who| Value::Text(&who.system_scope)),
    ("system", |who| if who.scope() == Scope::System { Value::Text(&who.system_scope) } else { Value::Absent }),
    ("roles", |who| Value::List(&who.roles)),
    ("is_admin", |who| Value::Flag(who.is_admin)),
    ("is_admin_project", |who| Value::Flag(who.is_admin_project)),
    ("service_user_id", |who| Value::Text(&who.service_user_id)),
    ("service_user_domain_id", |who| Value::Text(&who.service_user_domain_id)),
    ("service_project_id", |who| Value::Text(&who.service_project_id)),
    ("service_project_domain_id", |who| Value::Text(&who.service_project_domain_id)),
    ("service_roles", |who| Value::List(&who.service_roles)),
];

//! How the service user proves to Keystone who it is, as options name it and as Keystone wants it.
//!
//! [`AuthOptions`] is the flat form that `[keystone_authtoken]`, `[neutron]` and `[barbican]` share; [`Credential`] can
//! only hold combinations that Keystone accepts. The mistake to avoid is a name without its domain: names are unique
//! only within one. Formats: Identity API v3, "Password authentication with scoped authorization" and "Authenticating
//! with an Application Credential".

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use crate::error::Error;

/// The values of `auth_type` that are served.
pub const AUTH_TYPES: &[&str] = &["password", "v3password", "v3applicationcredential"];

/// Authentication options as an operator writes them. An empty text counts as absent.
#[derive(Debug, Clone, Default)]
pub struct AuthOptions {
    pub auth_type: Option<String>,
    pub user_id: Option<String>,
    pub username: Option<String>,
    pub user_domain_id: Option<String>,
    pub user_domain_name: Option<String>,
    pub password: Option<SecretString>,
    pub project_id: Option<String>,
    pub project_name: Option<String>,
    pub project_domain_id: Option<String>,
    pub project_domain_name: Option<String>,
    pub domain_id: Option<String>,
    pub domain_name: Option<String>,
    /// `all`, or absent.
    pub system_scope: Option<String>,
    pub application_credential_id: Option<String>,
    pub application_credential_name: Option<String>,
    pub application_credential_secret: Option<SecretString>,
}

/// By id, or by name within a domain.
#[derive(Debug, Clone)]
enum Named {
    Id(String),
    Name { name: String, domain: Domain },
}

#[derive(Debug, Clone)]
enum Domain {
    Id(String),
    Name(String),
}

#[derive(Debug, Clone)]
enum Scope {
    Project(Named),
    Domain(Domain),
    System,
    None,
}

/// A checked way to authenticate.
#[derive(Debug, Clone)]
pub struct Credential(Method);

#[derive(Debug, Clone)]
enum Method {
    Password { user: Named, password: SecretString, scope: Scope },
    ApplicationCredentialId { id: String, secret: SecretString },
    ApplicationCredentialName { name: String, user: Named, secret: SecretString },
}

impl Credential {
    /// The body of `POST /v3/auth/tokens`.
    pub(crate) fn body(&self) -> SecretString {
        let auth = match &self.0 {
            Method::Password { user, password, scope } => {
                let mut user = user.json();
                user.insert("password".into(), password.expose_secret().into());
                let mut auth = json!({"identity": {"methods": ["password"], "password": {"user": user}}});
                if let Some(scope) = scope.json() {
                    auth["scope"] = scope;
                }
                auth
            }
            Method::ApplicationCredentialId { id, secret } => {
                application_credential(json!({"id": id, "secret": secret.expose_secret()}))
            }
            Method::ApplicationCredentialName { name, user, secret } => {
                application_credential(json!({"name": name, "user": user.json(), "secret": secret.expose_secret()}))
            }
        };
        json!({ "auth": auth }).to_string().into()
    }
}

fn application_credential(credential: Value) -> Value {
    json!({"identity": {"methods": ["application_credential"], "application_credential": credential}})
}

impl Named {
    fn json(&self) -> Map<String, Value> {
        let mut map = Map::new();
        match self {
            Named::Id(id) => map.insert("id".into(), id.as_str().into()),
            Named::Name { name, domain } => {
                map.insert("name".into(), name.as_str().into());
                map.insert("domain".into(), domain.json())
            }
        };
        map
    }
}

impl Domain {
    fn json(&self) -> Value {
        match self {
            Domain::Id(id) => json!({ "id": id }),
            Domain::Name(name) => json!({ "name": name }),
        }
    }
}

impl Scope {
    fn json(&self) -> Option<Value> {
        match self {
            Scope::Project(project) => Some(json!({"project": project.json()})),
            Scope::Domain(domain) => Some(json!({"domain": domain.json()})),
            Scope::System => Some(json!({"system": {"all": true}})),
            Scope::None => None,
        }
    }
}

impl TryFrom<AuthOptions> for Credential {
    type Error = Error;

    /// # Errors
    /// [`Error::Option`] naming the option that is missing or contradicts another.
    fn try_from(options: AuthOptions) -> Result<Self, Error> {
        let user = |options: &AuthOptions| {
            named(
                [&options.user_id, &options.username, &options.user_domain_id, &options.user_domain_name],
                Error::Option { option: "username", expected: "a name, or user_id instead" },
                Error::Option { option: "user_domain_name", expected: "a name, or user_domain_id instead" },
            )
        };
        let method = match options.auth_type.as_deref() {
            Some("password" | "v3password") => Method::Password {
                user: user(&options)?,
                password: secret(&options.password, "password")?,
                scope: scope(&options)?,
            },
            Some("v3applicationcredential") => {
                let secret = secret(&options.application_credential_secret, "application_credential_secret")?;
                match (text(&options.application_credential_id), text(&options.application_credential_name)) {
                    (Some(id), _) => Method::ApplicationCredentialId { id, secret },
                    (None, Some(name)) => Method::ApplicationCredentialName { name, user: user(&options)?, secret },
                    (None, None) => {
                        return Err(Error::Option {
                            option: "application_credential_id",
                            expected: "an id, or application_credential_name instead",
                        });
                    }
                }
            }
            _ => {
                let expected = "password, v3password or v3applicationcredential";
                return Err(Error::Option { option: "auth_type", expected });
            }
        };
        Ok(Credential(method))
    }
}

fn scope(options: &AuthOptions) -> Result<Scope, Error> {
    let system = match text(&options.system_scope).as_deref() {
        None => false,
        Some("all") => true,
        Some(_) => return Err(Error::Option { option: "system_scope", expected: "all" }),
    };
    let domain = domain(&options.domain_id, &options.domain_name);
    let wants_project = text(&options.project_id).is_some() || text(&options.project_name).is_some();
    match (wants_project, domain, system) {
        (false, None, false) => Ok(Scope::None),
        (false, None, true) => Ok(Scope::System),
        (false, Some(domain), false) => Ok(Scope::Domain(domain)),
        (true, None, false) => named(
            [&options.project_id, &options.project_name, &options.project_domain_id, &options.project_domain_name],
            Error::Option { option: "project_name", expected: "a name, or project_id instead" },
            Error::Option { option: "project_domain_name", expected: "a name, or project_domain_id instead" },
        )
        .map(Scope::Project),
        _ => Err(Error::Option {
            option: "project_name",
            expected: "one scope only: a project, a domain (domain_id, domain_name) or system_scope",
        }),
    }
}

fn named(
    [id, name, domain_id, domain_name]: [&Option<String>; 4],
    no_name: Error,
    no_domain: Error,
) -> Result<Named, Error> {
    if let Some(id) = text(id) {
        return Ok(Named::Id(id));
    }
    let name = text(name).ok_or(no_name)?;
    let domain = domain(domain_id, domain_name).ok_or(no_domain)?;
    Ok(Named::Name { name, domain })
}

fn domain(id: &Option<String>, name: &Option<String>) -> Option<Domain> {
    text(id).map(Domain::Id).or_else(|| text(name).map(Domain::Name))
}

fn text(value: &Option<String>) -> Option<String> {
    value.clone().filter(|text| !text.is_empty())
}

fn secret(value: &Option<SecretString>, option: &'static str) -> Result<SecretString, Error> {
    let secret = value.clone().filter(|secret| !secret.expose_secret().is_empty());
    secret.ok_or(Error::Option { option, expected: "a secret, because auth_type needs one" })
}

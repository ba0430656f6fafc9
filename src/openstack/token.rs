//! What Keystone says about a token: who, where, with which roles, until when.
//!
//! The reply is read leniently in what is not used and strictly in what is: a token without an end or with a nameless
//! role is malformed, since guessing would grant something. Format: Identity API v3, "Validate and show information
//! for token". No field holds the token itself.

use manilad_clock::Timestamp;
use serde::Deserialize;

use crate::catalog::{self, Entry};

/// A validated token. Fields that do not apply to its scope are `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub user_id: String,
    pub user_name: Option<String>,
    pub user_domain_id: Option<String>,
    /// The project it is scoped to.
    pub project_id: Option<String>,
    pub project_name: Option<String>,
    pub project_domain_id: Option<String>,
    /// The domain it is scoped to.
    pub domain_id: Option<String>,
    /// Scoped to the whole system.
    pub system_scope: bool,
    /// Role names, as Keystone lists them.
    pub roles: Vec<String>,
    /// True unless Keystone says otherwise, as in keystonemiddleware.
    pub is_admin_project: bool,
    pub expires_at: Timestamp,
    /// Role names of the service that passed this token on with a valid service token; else empty.
    pub service_roles: Vec<String>,
    pub service_user_id: Option<String>,
    pub service_project_id: Option<String>,
}

#[derive(Deserialize)]
struct Envelope {
    token: Raw,
}

#[derive(Deserialize)]
struct Raw {
    user: Option<Person>,
    project: Option<Place>,
    domain: Option<Named>,
    system: Option<System>,
    #[serde(default)]
    roles: Vec<Role>,
    #[serde(default = "yes")]
    is_admin_project: bool,
    expires_at: Timestamp,
    #[serde(default, deserialize_with = "catalog::lenient")]
    catalog: Vec<Entry>,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
struct Person {
    #[serde(default)]
    id: String,
    name: Option<String>,
    domain: Option<Named>,
}

#[derive(Deserialize)]
struct Place {
    id: String,
    name: Option<String>,
    domain: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: Option<String>,
}

#[derive(Deserialize)]
struct System {
    #[serde(default)]
    all: bool,
}

#[derive(Deserialize)]
struct Role {
    name: String,
}

/// Why a reply does not make a [`Token`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A valid token of nobody.
    #[error("it names no user")]
    NoUser,
    #[error("it is malformed: {0}")]
    Malformed(String),
}

impl Token {
    /// Reads what Keystone answered about a token: the body of `GET /v3/auth/tokens`.
    ///
    /// # Errors
    /// What is missing or malformed.
    pub fn read(body: &[u8]) -> Result<Self, Unfit> {
        let raw = raw(body)?;
        let user = raw.user.filter(|user| !user.id.is_empty()).ok_or(Unfit::NoUser)?;
        let (project_id, project_name, project_domain) = match raw.project {
            Some(project) => (Some(project.id), project.name, project.domain),
            None => (None, None, None),
        };
        Ok(Token {
            user_id: user.id,
            user_name: user.name,
            user_domain_id: user.domain.and_then(|domain| domain.id),
            project_id,
            project_name,
            project_domain_id: project_domain.and_then(|domain| domain.id),
            domain_id: raw.domain.and_then(|domain| domain.id),
            system_scope: raw.system.is_some_and(|system| system.all),
            roles: raw.roles.into_iter().map(|role| role.name).collect(),
            is_admin_project: raw.is_admin_project,
            expires_at: raw.expires_at,
            service_roles: Vec::new(),
            service_user_id: None,
            service_project_id: None,
        })
    }
}

/// What a service token needs: its end, where it opens doors, and the id of whose it is, where that is told.
pub(crate) fn of_service(body: &[u8]) -> Result<(Timestamp, Vec<Entry>, Option<String>), Unfit> {
    let raw = raw(body)?;
    Ok((raw.expires_at, raw.catalog, raw.user.map(|user| user.id).filter(|id| !id.is_empty())))
}

fn raw(body: &[u8]) -> Result<Raw, Unfit> {
    let envelope: Envelope = serde_json::from_slice(body).map_err(|error| Unfit::Malformed(position(&error)))?;
    Ok(envelope.token)
}

/// The place and kind of a mistake, but not its text: serde quotes what it found.
fn position(error: &serde_json::Error) -> String {
    format!("{:?} error at line {} column {}", error.classify(), error.line(), error.column())
}

//! Who asks. Tokens are taken at face value (`noauth`) or validated by Keystone, and names and passwords are looked up in
//! a file (`http_basic`); all else only sees a [`Caller`].

use std::sync::Arc;

use manilad_domain::Fault;
use manilad_domain::resource_lock::LockContext;
use manilad_openstack::{Refusal, Token, Validator};
use manilad_policy::{Credentials, Engine, Target};
use secrecy::SecretString;

use crate::basic::Users;
use crate::rejection::Rejection;

/// How callers are recognised; `auth_strategy` in manila.conf.
pub enum IdentitySource {
    /// `user:project` at face value, always an administrator.
    NoAuth,
    Keystone {
        validator: Box<Validator>,
        /// `www_authenticate_uri`, for the 401.
        public_uri: String,
    },
    Basic(Users),
}

/// What a request shows of who asks. Secrets, all of them.
#[derive(Clone, Copy)]
pub struct Proof<'a> {
    /// `X-Auth-Token`
    pub token: Option<&'a str>,
    /// `X-Service-Token`
    pub service_token: Option<&'a str>,
    /// `Authorization`
    pub authorization: Option<&'a str>,
}

/// Somebody who is recognised.
#[derive(Debug, Clone)]
pub struct Caller {
    credentials: Credentials,
    /// The context counts as an administrator's (rule `context_is_admin`).
    pub is_admin: bool,
    /// Rule `context_is_host_admin`.
    pub is_host_admin: bool,
    /// What Keystone's word for the caller is, where it is asked.
    token: Option<SecretString>,
}

/// Whose thing it is, for rules that compare owners.
#[derive(Debug, Clone, Copy)]
pub enum Owner<'a> {
    /// No object yet: the caller's own project and user.
    Own,
    Of {
        project: &'a str,
        user: &'a str,
    },
}

impl Caller {
    pub(crate) fn new(mut credentials: Credentials, token: Option<SecretString>, engine: &Engine) -> Self {
        engine.recognise(&mut credentials);
        let own = credentials.as_target();
        let is_host_admin = engine.allows("context_is_host_admin", &Target::new(&own), &credentials).is_allowed();
        Caller { is_admin: credentials.is_admin, is_host_admin, credentials, token }
    }

    /// By which other services of the cloud know the caller; none where Keystone is not asked.
    pub fn token(&self) -> Option<&SecretString> {
        self.token.as_ref()
    }

    /// The project of the token; empty for tokens of a system or a domain.
    pub fn project(&self) -> &str {
        self.credentials.project_id.as_deref().unwrap_or_default()
    }

    pub fn user(&self) -> &str {
        self.credentials.user_id.as_deref().unwrap_or_default()
    }

    /// As what the caller places locks; a service that is an administrator as well does so as a service.
    pub fn lock_context(&self) -> LockContext {
        match (self.credentials.is_service(), self.is_admin) {
            (true, _) => LockContext::Service,
            (false, true) => LockContext::Admin,
            (false, false) => LockContext::User,
        }
    }

    /// Whether what the caller owns can be stored: project and user are parts of keys.
    ///
    /// # Errors
    /// Invalid where one of them is too long.
    pub(crate) fn check_names(&self) -> Result<(), Fault> {
        check_name("project", self.project())?;
        check_name("user", self.user())
    }

    pub(crate) fn passes(&self, engine: &Engine, rule: &str, owner: Owner<'_>) -> bool {
        let fields = match owner {
            Owner::Own => self.credentials.as_target(),
            Owner::Of { project, user } => [("project_id", project), ("user_id", user)],
        };
        engine.allows(rule, &Target::new(&fields), &self.credentials).is_allowed()
    }
}

/// The longest name of a project, a user or a quota class, in bytes: keys of the store have a bound.
const NAME_LIMIT: usize = 255;

/// # Errors
/// Invalid where a name is too long to be stored.
pub fn check_name(noun: &str, name: &str) -> Result<(), Fault> {
    match name.len() {
        0..=NAME_LIMIT => Ok(()),
        length => Err(Fault::invalid(format!("The {noun} may have {NAME_LIMIT} bytes, not {length}."))),
    }
}

impl IdentitySource {
    /// Whether both are of one kind.
    pub fn is_like(&self, other: &IdentitySource) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// Recognises the caller by what the request shows.
    pub async fn recognise(&self, proof: Proof<'_>, engine: &Engine) -> Result<Arc<Caller>, Rejection> {
        let (credentials, token) = match self {
            IdentitySource::NoAuth => (at_face_value(proof.token.ok_or(Rejection::GreetNoAuth)?), None),
            IdentitySource::Basic(users) => {
                let known = match proof.authorization {
                    Some(authorization) => users.recognise(authorization).await,
                    None => None,
                };
                let unauthorised = || Rejection::Unauthorised { challenge: "Basic realm=\"manila\"".to_owned() };
                (known.ok_or_else(unauthorised)?, None)
            }
            IdentitySource::Keystone { validator, public_uri } => {
                let unauthorised = || Rejection::Unauthorised { challenge: format!("Keystone uri=\"{public_uri}\"") };
                let token = SecretString::from(proof.token.ok_or_else(unauthorised)?.to_owned());
                let service = proof.service_token.map(|text| SecretString::from(text.to_owned()));
                let validated = match &service {
                    Some(service) => validator.validate_with_service(&token, service).await,
                    None => validator.validate(&token).await,
                };
                match validated {
                    Ok(validated) => (of_keystone(&validated), Some(token)),
                    Err(Refusal::Unauthorized) => return Err(unauthorised()),
                    Err(refusal) => {
                        tracing::warn!(%refusal, "a token could not be validated");
                        return Err(Rejection::IdentityAway);
                    }
                }
            }
        };
        Ok(Arc::new(Caller::new(credentials, token, engine)))
    }
}

fn at_face_value(token: &str) -> Credentials {
    let (user, project) = token.split_once(':').unwrap_or((token, token));
    let project = if project.is_empty() { user } else { project };
    Credentials {
        user_id: Some(user.to_owned()),
        project_id: Some(project.to_owned()),
        roles: ["admin", "member", "reader"].map(str::to_owned).into(),
        is_admin_project: true,
        ..Credentials::default()
    }
}

/// What a token says, as rules see it.
pub fn of_keystone(token: &Token) -> Credentials {
    Credentials {
        user_id: Some(token.user_id.clone()),
        user_domain_id: token.user_domain_id.clone(),
        project_id: token.project_id.clone(),
        project_domain_id: token.project_domain_id.clone(),
        domain_id: token.domain_id.clone(),
        system_scope: token.system_scope.then(|| "all".to_owned()),
        roles: token.roles.clone(),
        is_admin_project: token.is_admin_project,
        service_user_id: token.service_user_id.clone(),
        service_project_id: token.service_project_id.clone(),
        service_roles: token.service_roles.clone(),
        ..Credentials::default()
    }
}

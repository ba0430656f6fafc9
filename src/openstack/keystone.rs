//! Says whether a caller's token is good, mostly from memory.
//!
//! What is kept of the answers is in [`TokenCache`]. Questions under way are bounded and the surplus is refused at once.
//! How to get it wrong: to take a gateway's 404 for Keystone's; a good token would be refused, and stay so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use manilad_clock::Clock;
use reqwest::header::HeaderName;
use reqwest::{StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use crate::call::Line;
use crate::credential::Credential;
use crate::error::{Error, Refusal};
use crate::session::{ServiceToken, Session, by_keystone, malformed};
use crate::token::{Token, Unfit};
use crate::token_cache::{Expired, TokenCache};
use crate::transport::{Request, Transport};

const WHAT: &str = "validating a token";
const X_AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
const X_SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");

/// Longer tokens are refused unasked. Fernet tokens have some 250 characters, signed (JWS) ones some 1000.
const LONGEST_TOKEN: usize = 8192;

/// How to validate. Names in quotes are options of `[keystone_authtoken]`.
#[derive(Debug, Clone)]
pub struct Options {
    /// `auth_url`, with or without `/v3`. Validation goes here too; the catalogue is not consulted.
    pub auth_url: String,
    pub credential: Credential,
    /// `token_cache_time`.
    pub cache_time: Duration,
    /// How long a refused token stays refused without asking.
    pub refusal_time: Duration,
    /// Tokens remembered.
    pub cache_size: u64,
    /// Questions to Keystone under way at once.
    pub in_flight: usize,
    /// `http_request_max_retries`.
    pub retries: u32,
    /// For one attempt.
    pub attempt_patience: Duration,
    /// For the whole validation, renewals and retries included.
    pub patience: Duration,
    /// `service_token_roles`.
    pub service_token_roles: Vec<String>,
    /// `service_token_roles_required`.
    pub service_token_roles_required: bool,
}

impl Options {
    /// Manila's defaults, and our own where Manila has none.
    pub fn new(auth_url: &str, credential: Credential) -> Self {
        Options {
            auth_url: auth_url.to_owned(),
            credential,
            cache_time: Duration::from_secs(300),
            refusal_time: Duration::from_secs(10),
            cache_size: 4096,
            in_flight: 256,
            retries: 3,
            attempt_patience: Duration::from_secs(10),
            patience: Duration::from_secs(30),
            service_token_roles: vec!["service".to_owned()],
            service_token_roles_required: false,
        }
    }
}

/// Counters since the start, and the gauge of questions under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vitals {
    /// Answered from memory.
    pub hits: u64,
    /// Put to Keystone.
    pub asked: u64,
    /// Refused because too many questions were under way.
    pub turned_away: u64,
    pub in_flight: usize,
    /// Attempts to get a service token.
    pub authentications: u64,
}

/// Validates tokens. Share it behind an `Arc`.
pub struct Validator {
    session: Session,
    line: Line,
    tokens: Url,
    options: Options,
    cache: TokenCache,
    room: Semaphore,
    asked: AtomicU64,
    turned_away: AtomicU64,
}

impl Validator {
    /// Sends nothing yet: the daemon may start before Keystone does.
    ///
    /// # Errors
    /// [`Error::Option`] if `auth_url` is not an http or https address of Identity API v3.
    pub fn new(options: Options, transport: Arc<dyn Transport>, clock: Clock) -> Result<Self, Error> {
        let tokens = tokens_url(&options.auth_url)?;
        let (kept, refusals_kept) = (options.cache_time, options.refusal_time);
        let cache = TokenCache::new(options.cache_size, kept, refusals_kept, clock.clone());
        let line = Line { transport, clock, retries: options.retries, patience: options.attempt_patience };
        Ok(Validator {
            session: Session::new(line.clone(), tokens.clone(), options.credential.clone()),
            line,
            tokens,
            cache,
            room: Semaphore::new(options.in_flight),
            options,
            asked: AtomicU64::new(0),
            turned_away: AtomicU64::new(0),
        })
    }

    /// Who the bearer of `token` (`X-Auth-Token`) is.
    ///
    /// # Errors
    /// [`Refusal::Unauthorized`] if Keystone does not know the token, [`Refusal::Unavailable`] if nobody can tell.
    pub async fn validate(&self, token: &SecretString) -> Result<Arc<Token>, Refusal> {
        self.judge(token, Expired::Refused).await
    }

    /// As [`Validator::validate`], for a request that a service passes on with its own token (`X-Service-Token`). With
    /// one of `service_token_roles` the user's token may have expired meanwhile.
    ///
    /// # Errors
    /// As [`Validator::validate`], for either token; [`Refusal::Unauthorized`] too for a service token without such a
    /// role, if `service_token_roles_required`.
    pub async fn validate_with_service(
        &self,
        token: &SecretString,
        service_token: &SecretString,
    ) -> Result<Arc<Token>, Refusal> {
        let service = self.judge(service_token, Expired::Refused).await?;
        let has_role = service.roles.iter().any(|role| self.options.service_token_roles.contains(role));
        if self.options.service_token_roles_required && !has_role {
            return Err(Refusal::Unauthorized);
        }
        let expired = if has_role { Expired::Allowed } else { Expired::Refused };
        let user = self.judge(token, expired).await?;
        Ok(Arc::new(Token {
            service_roles: service.roles.clone(),
            service_user_id: Some(service.user_id.clone()),
            service_project_id: service.project_id.clone(),
            ..(*user).clone()
        }))
    }

    /// What the operator's page and the metrics show.
    pub fn vitals(&self) -> Vitals {
        Vitals {
            hits: self.cache.hits(),
            asked: self.asked.load(Ordering::Relaxed),
            turned_away: self.turned_away.load(Ordering::Relaxed),
            in_flight: self.options.in_flight - self.room.available_permits(),
            authentications: self.session.attempts(),
        }
    }

    async fn judge(&self, token: &SecretString, expired: Expired) -> Result<Arc<Token>, Refusal> {
        let value = token.expose_secret();
        if value.is_empty() || value.len() > LONGEST_TOKEN || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Refusal::Unauthorized);
        }
        self.cache.answer(value, expired, || self.ask(token, expired)).await
    }

    async fn ask(&self, token: &SecretString, expired: Expired) -> Result<Arc<Token>, Refusal> {
        let patience = self.options.patience;
        match self.room.try_acquire() {
            Ok(_room) => {
                self.asked.fetch_add(1, Ordering::Relaxed);
                let answer = self.line.clock.within(patience, self.look_up(token, expired)).await;
                answer.unwrap_or_else(|_| Err(Error::Late { what: WHAT, patience }.into()))
            }
            Err(_) => {
                self.turned_away.fetch_add(1, Ordering::Relaxed);
                Err(Error::Busy { limit: self.options.in_flight }.into())
            }
        }
    }

    async fn look_up(&self, token: &SecretString, expired: Expired) -> Result<Arc<Token>, Refusal> {
        let mut service = self.session.token().await?;
        let mut renewed = false;
        loop {
            let reply = self.line.call(WHAT, self.question(token, &service, expired)?).await?;
            return match reply.status {
                StatusCode::OK => self.accept(&reply.body, expired),
                StatusCode::NOT_FOUND => {
                    by_keystone(WHAT, &reply)?;
                    Err(Refusal::Unauthorized)
                }
                StatusCode::UNAUTHORIZED => {
                    by_keystone(WHAT, &reply)?;
                    if renewed {
                        return Err(Error::Rejected { what: WHAT }.into());
                    }
                    service = self.session.renewed(&service).await?;
                    renewed = true;
                    continue;
                }
                status => Err(Error::Status { what: WHAT, status: status.as_u16() }.into()),
            };
        }
    }

    fn accept(&self, body: &[u8], expired: Expired) -> Result<Arc<Token>, Refusal> {
        match Token::read(body) {
            Ok(token) if expired == Expired::Refused && token.expires_at <= self.line.clock.now() => {
                Err(Refusal::Unauthorized)
            }
            Ok(token) => Ok(Arc::new(token)),
            Err(Unfit::NoUser) => Err(Refusal::Unauthorized),
            Err(unfit) => Err(malformed(WHAT, unfit).into()),
        }
    }

    fn question(&self, token: &SecretString, service: &ServiceToken, expired: Expired) -> Result<Request, Refusal> {
        let mut url = self.tokens.clone();
        // Without the service catalogue an answer is a tenth as long.
        url.set_query(Some(match expired {
            Expired::Refused => "nocatalog",
            Expired::Allowed => "nocatalog&allow_expired=1",
        }));
        let with_service = Request::get(url).with_secret(X_AUTH_TOKEN, &service.value);
        let request = with_service.ok_or_else(|| malformed(WHAT, Unfit::Malformed("service token".to_owned())))?;
        request.with_secret(X_SUBJECT_TOKEN, token).ok_or(Refusal::Unauthorized)
    }

    /// Entries held, those whose time is up included.
    #[cfg(test)]
    pub(crate) async fn remembered(&self) -> u64 {
        self.cache.entries().await
    }
}

/// `/v3/auth/tokens` below `auth_url`.
pub(crate) fn tokens_url(auth_url: &str) -> Result<Url, Error> {
    let wrong = Error::Option { option: "auth_url", expected: "an http or https address of Identity API v3" };
    let mut url = Url::parse(auth_url).map_err(|_| wrong.clone())?;
    let names_a_user = !url.username().is_empty() || url.password().is_some(); // would end up in errors
    let old = url.path().trim_end_matches('/').ends_with("/v2.0");
    if !matches!(url.scheme(), "http" | "https") || names_a_user || old {
        return Err(wrong);
    }
    let root = url.path().trim_end_matches('/');
    let root = root.strip_suffix("/v3").unwrap_or(root);
    url.set_path(&format!("{root}/v3/auth/tokens"));
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

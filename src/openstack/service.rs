//! A service of the catalogue, asked as the service user.
//!
//! A token that the service does not take although its time is not up is renewed once. What may arrive twice is asked
//! again while the service is away; a POST is not, since the caller alone can tell whether the first one arrived. How to
//! get it wrong: to put what a client named into a path unescaped, which would let it choose what is asked; or to take a
//! gateway's 401 for the service's.

use std::sync::Arc;
use std::time::Duration;

use manilad_clock::Clock;
use reqwest::header::{HeaderName, HeaderValue, WWW_AUTHENTICATE};
use reqwest::{Method, StatusCode, Url};
use secrecy::SecretString;
use serde_json::Value;

use crate::call::Line;
use crate::catalog::EndpointSelector;
use crate::credential::Credential;
use crate::error::Error;
use crate::keystone::tokens_url;
use crate::session::{ServiceToken, Session};
use crate::transport::{Reply, Request, Transport};

const X_AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");

/// Keystone's address, with or without `/v3`.
#[derive(Debug, Clone)]
pub struct AuthUrl {
    tokens: Url,
}

impl std::str::FromStr for AuthUrl {
    type Err = Error;

    /// # Errors
    /// [`Error::Option`] for an address that can't be one.
    fn from_str(text: &str) -> Result<Self, Error> {
        tokens_url(text).map(|tokens| AuthUrl { tokens })
    }
}

/// Which service, who asks, and with how much patience.
#[derive(Debug, Clone)]
pub struct ServiceOptions {
    pub auth_url: AuthUrl,
    pub credential: Credential,
    pub endpoint: EndpointSelector,
    /// Begins the path of each request, such as `v2.0`; left out where the endpoint ends with it.
    pub version: Option<&'static str>,
    /// Sent with each request, such as the microversion.
    pub header: Option<(&'static str, &'static str)>,
    /// Attempts after the first.
    pub retries: u32,
    /// For one attempt.
    pub attempt_patience: Duration,
    /// For one question, with all its attempts and a new token.
    pub patience: Duration,
}

/// A service. Nothing is sent before the first question.
pub struct Service {
    session: Session,
    line: Line,
    options: ServiceOptions,
}

/// A question to a service.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Names the question in errors.
    pub what: &'static str,
    pub method: &'a Method,
    /// Parts of the path, unescaped. Empty ones, `.` and `..` are no names of anything.
    pub path: &'a [&'a str],
    pub query: &'a [(&'a str, &'a str)],
    pub body: Option<&'a Value>,
}

impl Service {
    pub fn new(options: ServiceOptions, transport: Arc<dyn Transport>, clock: Clock) -> Self {
        let line = Line { transport, clock, retries: options.retries, patience: options.attempt_patience };
        let session = Session::new(line.clone(), options.auth_url.tokens.clone(), options.credential.clone());
        Service { session, line, options }
    }

    /// The answer, whatever its status is; failures that pass, and a token that is not taken, are no answers.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn ask(&self, ask: Ask<'_>) -> Result<Reply, Error> {
        let patience = self.options.patience;
        let asked = self.line.clock.within(patience, self.with_token(ask)).await;
        asked.map_err(|_| Error::Late { what: ask.what, patience })?
    }

    /// As [`Service::ask`], by the token of somebody else. That it is not taken is an answer.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn ask_as(&self, token: &SecretString, ask: Ask<'_>) -> Result<Reply, Error> {
        let patience = self.options.patience;
        let asked = self.line.clock.within(patience, async {
            let catalog = self.session.token().await?;
            self.line_for(ask.method).call(ask.what, self.request(&catalog, token, ask)?).await
        });
        asked.await.map_err(|_| Error::Late { what: ask.what, patience })?
    }

    /// Where something of the service is. Nothing is asked of the service itself.
    ///
    /// # Errors
    /// Why it can't be told.
    pub async fn address(&self, path: &[&str]) -> Result<Url, Error> {
        const WHAT: &str = "finding an address";
        let ask = Ask { what: WHAT, method: &Method::GET, path, query: &[], body: None };
        self.url(&*self.session.token().await?, ask)
    }

    /// The id of the service user.
    ///
    /// # Errors
    /// Why it can't be told.
    pub async fn user_id(&self) -> Result<String, Error> {
        const WHAT: &str = "asking for a service token";
        let why = || "expected a user".to_owned();
        self.session.token().await?.user_id.clone().ok_or_else(|| Error::Malformed { what: WHAT, why: why() })
    }

    fn line_for(&self, method: &Method) -> Line {
        let retries = if *method == Method::POST { 0 } else { self.line.retries };
        Line { retries, ..self.line.clone() }
    }

    async fn with_token(&self, ask: Ask<'_>) -> Result<Reply, Error> {
        let line = self.line_for(ask.method);
        let mut token = self.session.token().await?;
        let mut is_renewed = false;
        loop {
            let reply = line.call(ask.what, self.request(&token, &token.value, ask)?).await?;
            if reply.status != StatusCode::UNAUTHORIZED {
                return Ok(reply);
            }
            if is_renewed {
                return Err(turned_away(ask.what, &reply));
            }
            token = self.session.renewed(&token).await?;
            is_renewed = true;
        }
    }

    fn url(&self, token: &ServiceToken, ask: Ask<'_>) -> Result<Url, Error> {
        let mut url = self.options.endpoint.of(&token.catalog)?;
        let why = || Error::Malformed { what: ask.what, why: "expected names in the path".to_owned() };
        address(&mut url, self.options.version, ask).ok_or_else(why)?;
        Ok(url)
    }

    /// What is sent, with the `catalog` of a service token and the value of that or another one.
    fn request(&self, catalog: &ServiceToken, token: &SecretString, ask: Ask<'_>) -> Result<Request, Error> {
        let url = self.url(catalog, ask)?;
        let request = match ask.body {
            None => Request { method: ask.method.clone(), ..Request::get(url) },
            Some(body) => Request { method: ask.method.clone(), ..Request::post(url, body.to_string().into()) },
        };
        let why = || Error::Malformed { what: ask.what, why: "the token does not fit into a header".to_owned() };
        let mut request = request.with_secret(X_AUTH_TOKEN, token).ok_or_else(why)?;
        if let Some((name, value)) = self.options.header {
            request.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        Ok(request)
    }
}

/// Who does not take a fresh token. Keystone's middleware, which guards each service, names Keystone in its challenge; what
/// stands before the service has none, or one of its own, and says nothing of the service user.
fn turned_away(what: &'static str, reply: &Reply) -> Error {
    let of_keystone = |challenge: &HeaderValue| challenge.as_bytes().starts_with(b"Keystone ");
    if reply.headers.get_all(WWW_AUTHENTICATE).iter().any(of_keystone) {
        return Error::Rejected { what };
    }
    Error::Malformed { what, why: "status 401 without WWW-Authenticate: Keystone, for a fresh token".to_owned() }
}

fn address(url: &mut Url, version: Option<&str>, ask: Ask<'_>) -> Option<()> {
    if ask.path.iter().any(|part| matches!(*part, "" | "." | "..")) {
        return None;
    }
    let has_version = version.is_none_or(|version| url.path().trim_end_matches('/').ends_with(&format!("/{version}")));
    url.set_query(None);
    let mut path = url.path_segments_mut().ok()?;
    path.pop_if_empty().extend(version.filter(|_| !has_version)).extend(ask.path);
    drop(path);
    if !ask.query.is_empty() {
        url.query_pairs_mut().extend_pairs(ask.query);
    }
    Some(())
}

//! The root of the API: what is answered outside `/v2`, and how a request becomes [`Incoming`].

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::ConnectionType;
use actix_web::http::header::{
    ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING, UPGRADE,
};
use actix_web::web::{self, Payload};
use actix_web::{HttpRequest, HttpResponse};
use futures::StreamExt;
use manilad_clock::Clock;
use manilad_domain::Microversion;
use manilad_store::Error;
use tracing::Instrument;

use crate::answer;
use crate::app::{AppState, Current};
use crate::bounds::Body;
use crate::dispatch::{Dispatched, Incoming, dispatch};
use crate::query::Query;
use crate::rejection::Rejection;
use crate::router::Router;
use crate::version::Negotiated;
use crate::{catalogue, meter, openapi, version};

/// How long a client may take to send a body.
const BODY_PATIENCE: Duration = Duration::from_secs(30);
/// How long it may take to send more of one.
const CHUNK_PATIENCE: Duration = Duration::from_secs(10);
/// How much of a body that nobody will look at is waited for, and how long: a client that sends its head and its body
/// one after the other would else find the connection closed before it has read its answer.
const DISCARDED: usize = 65_536;
const DISCARD_PATIENCE: Duration = Duration::from_secs(1);

/// Wires the API into an actix-web application; called once per worker.
pub fn configure(current: Current) -> impl Fn(&mut web::ServiceConfig) + Clone {
    let router = Arc::new(Router::new(catalogue()));
    move |config: &mut web::ServiceConfig| {
        let (current, router) = (current.clone(), router.clone());
        config.default_service(web::to(move |request: HttpRequest, payload: Payload| {
            let (app, router) = (current.load_full(), router.clone());
            async move { answer(app, router, request, payload).await }
        }));
    }
}

async fn answer(app: Arc<AppState>, router: Arc<Router>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let request_id: Arc<str> = format!("req-{}", app.clock.id()).into();
    let began = app.clock.running();
    let span = tracing::info_span!("request", %request_id, method = %request.method(), path = %request.path());
    let cors = app.settings.cors.as_ref();
    let Dispatched { mut response, route } = match cors {
        Some(cors) if request.method() == "OPTIONS" => {
            Dispatched { response: cors.preflight(request.headers()), route: "(preflight)" }
        }
        _ => root(&app, &router, &request, payload, request_id.clone()).instrument(span).await,
    };
    if let Some(cors) = cors.filter(|_| request.method() != "OPTIONS") {
        cors.open(request.headers(), response.headers_mut());
    }
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(answer::REQUEST_ID, value);
    }
    meter::note(request.method().as_str(), route, response.status().as_u16(), app.clock.running() - began);
    response
}

async fn root(
    app: &Arc<AppState>,
    router: &Router,
    request: &HttpRequest,
    mut payload: Payload,
    request_id: Arc<str>,
) -> Dispatched {
    let accept = header(request, &ACCEPT).unwrap_or_default();
    let dispatched = |response, route| Dispatched { response, route };
    let base = base(app, request);
    match request.path() {
        "/" if request.method() == "GET" => {
            return dispatched(HttpResponse::MultipleChoices().json(version::document(&base)), "/");
        }
        "/healthcheck" if request.method() == "GET" || request.method() == "HEAD" => {
            let drained = app.settings.drain_file.exists().then_some("DISABLED BY FILE");
            let ailment = if drained.is_some() { drained } else { app.health.ailment().await };
            return dispatched(health(ailment, app.store.shortage(), &accept), "/healthcheck");
        }
        openapi::PATH if request.method() == "GET" => return dispatched(described(request), openapi::PATH),
        "/metrics" if request.method() == "GET" => {
            if let Some(render) = &app.metrics {
                return dispatched(
                    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(render()),
                    "/metrics",
                );
            }
        }
        "/v2" => {
            return dispatched(answer::moved(&format!("{base}/v2/")), "/v2");
        }
        _ => {}
    }
    let Some(path) = request.path().strip_prefix("/v2/") else {
        return dispatched(answer::rejection(&Rejection::NoRoute, &accept, ("", "")), "(none)");
    };
    let named = |name: &'static str| header(request, &HeaderName::from_static(name));
    let incoming = Incoming {
        method: request.method().as_str().to_owned(),
        path: path.to_owned(),
        query: request.query_string().to_owned(),
        token: named("x-auth-token"),
        service_token: named("x-service-token"),
        authorization: named("authorization"),
        noauth_token: format!(
            "{}:{}",
            named("x-auth-user").unwrap_or_else(|| "admin".to_owned()),
            named("x-auth-project-id").unwrap_or_else(|| "admin".to_owned())
        ),
        version: named("x-openstack-manila-api-version"),
        experimental: named("x-openstack-manila-api-experimental"),
        is_json: header(request, &CONTENT_TYPE).is_some_and(|kind| {
            let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            kind == "application/json" || kind == "application/vnd.openstack.volume+json"
        }),
        base,
        accept,
        request_id,
    };
    let announced = Announced::of(request);
    let limit = app.settings.max_body;
    if matches!(announced, Announced::Bytes(length) if length > limit as u64) {
        let mut response = answer::rejection(&Rejection::BodyTooLarge { limit }, &incoming.accept, ("", ""));
        response.head_mut().set_connection_type(ConnectionType::Close);
        return dispatched(response, "(body)");
    }
    let (mut is_read, mut is_broken) = (announced == Announced::Nothing, false);
    let body = async {
        let mut body = app.bounds.body();
        if announced != Announced::Nothing {
            let reading = app.clock.within(BODY_PATIENCE, read(&mut payload, &app.clock, limit, &mut body)).await;
            let read = reading.unwrap_or(Err(Rejection::BodyTooSlow));
            (is_read, is_broken) = (read.is_ok(), read == Err(Rejection::BodyBroken));
            read?;
        }
        Ok(body)
    };
    let mut dispatched = dispatch(app, router, incoming, body).await;
    if !is_read && !is_broken {
        is_read = app.clock.within(DISCARD_PATIENCE, discard(&mut payload)).await.unwrap_or(false);
    }
    // What asks for another protocol has no body, yet its connection counts as one endless body.
    if !is_read || request.headers().contains_key(UPGRADE) {
        dispatched.response.head_mut().set_connection_type(ConnectionType::Close);
    }
    dispatched
}

/// What the head of a request says of its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Announced {
    Nothing,
    Bytes(u64),
    /// As long as it comes.
    Open,
}

impl Announced {
    fn of(request: &HttpRequest) -> Self {
        let headers = request.headers();
        match headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok()) {
            Some(0) => Announced::Nothing,
            Some(length) => Announced::Bytes(length),
            None if headers.contains_key(TRANSFER_ENCODING) => Announced::Open,
            None => Announced::Nothing,
        }
    }
}

/// Passes over the rest of a body; whether it came to its end.
async fn discard(payload: &mut Payload) -> bool {
    let mut passed = 0;
    while let Some(chunk) = payload.next().await {
        let Ok(chunk) = chunk else { return false };
        passed += chunk.len();
        if passed > DISCARDED {
            return false;
        }
    }
    true
}

fn header(request: &HttpRequest, name: &HeaderName) -> Option<String> {
    request.headers().get(name)?.to_str().ok().map(str::to_owned)
}

/// Scheme and authority that the client used, or those of the configuration.
fn base(app: &AppState, request: &HttpRequest) -> String {
    if let Some(url) = &app.settings.base_url {
        return url.trim_end_matches('/').to_owned();
    }
    if app.settings.proxy_headers {
        let connection = request.connection_info();
        let prefix = header(request, &HeaderName::from_static("x-forwarded-prefix")).unwrap_or_default();
        return format!("{}://{}{}", connection.scheme(), connection.host(), prefix.trim_end_matches('/'));
    }
    let scheme = if request.app_config().secure() { "https" } else { "http" };
    let host = header(request, &HOST).unwrap_or_else(|| request.app_config().local_addr().to_string());
    format!("{scheme}://{host}")
}

/// The document of the version that `?version=` or the header names, and of the newest where neither does: this is a
/// text about the API, not a request of it.
fn described(request: &HttpRequest) -> HttpResponse {
    let query = Query::parse(request.query_string());
    let asked = query.get("version").map(str::to_owned);
    let asked = asked.or_else(|| header(request, &HeaderName::from_static("x-openstack-manila-api-version")));
    match asked.map_or(Negotiated::Served(Microversion::MAX), |text| version::negotiate(Some(&text))) {
        Negotiated::Served(version) => {
            HttpResponse::Ok().content_type("application/json").body(openapi::text(version).to_string())
        }
        Negotiated::Malformed(text) => answer::fault(&version::malformed(&text)),
        Negotiated::OutOfRange(text) => answer::fault(&version::out_of_range(&text)),
    }
}

/// The answer of the health check. A store whose disk is short is told of and is no ailment: reads and deletes go on, and another
/// start mends nothing.
fn health(ailment: Option<&str>, shortage: Option<Error>, accept: &str) -> HttpResponse {
    let mut response = match ailment {
        None => HttpResponse::Ok(),
        Some(_) => HttpResponse::ServiceUnavailable(),
    };
    if accept.contains("application/json") {
        let reasons: Vec<String> =
            ailment.map(str::to_owned).into_iter().chain(shortage.map(|shortage| shortage.to_string())).collect();
        return response.json(serde_json::json!({ "detailed": false, "reasons": reasons }));
    }
    response.content_type("text/plain; charset=UTF-8").body(match (ailment, shortage) {
        (Some(ailment), _) => ailment.to_owned(),
        (None, Some(shortage)) => format!("OK, but nothing new is taken: {shortage}"),
        (None, None) => "OK".to_owned(),
    })
}

/// Reads the body, at most `limit` bytes of it.
async fn read(payload: &mut Payload, clock: &Clock, limit: usize, body: &mut Body) -> Result<(), Rejection> {
    while let Some(chunk) = clock.within(CHUNK_PATIENCE, payload.next()).await.map_err(|_| Rejection::BodyTooSlow)? {
        let chunk = chunk.map_err(|_| Rejection::BodyBroken)?;
        if body.bytes().len() + chunk.len() > limit {
            return Err(Rejection::BodyTooLarge { limit });
        }
        if !body.add(&chunk) {
            return Err(Rejection::BodiesTooMany);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;

    use super::*;

    fn drained_answer(drained: bool, accept: &str) -> (u16, String) {
        answered(health(drained.then_some("DISABLED BY FILE"), None, accept))
    }

    fn answered(response: HttpResponse) -> (u16, String) {
        let status = response.status().as_u16();
        let body = futures::executor::block_on(to_bytes(response.into_body())).unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[test]
    fn a_drained_daemon_says_so_in_its_health_check() {
        assert_eq!(drained_answer(false, "*/*"), (200, "OK".into()));
        assert_eq!(drained_answer(true, "*/*"), (503, "DISABLED BY FILE".into()));
        assert_eq!(drained_answer(false, "application/json"), (200, r#"{"detailed":false,"reasons":[]}"#.into()));
        assert_eq!(
            drained_answer(true, "application/json"),
            (503, r#"{"detailed":false,"reasons":["DISABLED BY FILE"]}"#.into())
        );
    }

    #[test]
    fn a_short_disk_is_told_of_and_takes_no_daemon_out() {
        let short = || Some(Error::NoSpace { free: 200 << 20, reserve: 256 << 20 });
        let words = "the disk that holds the store has 200 MiB left, 256 MiB are kept in reserve ([manilad] \
                     free_space_floor_bytes)";
        assert_eq!(answered(health(None, short(), "*/*")), (200, format!("OK, but nothing new is taken: {words}")));
        assert_eq!(answered(health(Some("LATE"), short(), "*/*")), (503, "LATE".into()));
        let json = format!(r#"{{"detailed":false,"reasons":["{words}"]}}"#);
        assert_eq!(answered(health(None, short(), "application/json")), (200, json));
    }
}

//! The way of a request under `/v2`, in the order that errors.md gives: identify → row → version → body (only now read) → project →
//! window → policy → handler → view → fault. Each step has its only place here.

use std::sync::Arc;

use actix_web::HttpResponse;
use manilad_domain::Fault;
use serde_json::Value;

use crate::answer;
use crate::app::AppState;
use crate::bounds::Body;
use crate::call::Call;
use crate::identity::Owner;
use crate::identity::Proof;
use crate::missing;
use crate::query::Query;
use crate::rejection::Rejection;
use crate::route::{Method, Route, UNGUARDED};
use crate::router::{RouteRows, Router};
use crate::version::{self, Negotiated};
use crate::view::Links;

/// A request as it came in; its body is still on its way.
pub struct Incoming {
    pub method: String,
    /// The path as the client wrote it, below the version prefix and without its leading slash.
    pub path: String,
    pub query: String,
    pub token: Option<String>,
    pub service_token: Option<String>,
    pub authorization: Option<String>,
    /// `user:project` that a caller without token calls itself, for noauth's greeting.
    pub noauth_token: String,
    pub version: Option<String>,
    pub experimental: Option<String>,
    pub is_json: bool,
    /// `http://host:port`
    pub base: String,
    pub accept: String,
    pub request_id: Arc<str>,
}

/// What the request came to, for metrics: the row's path, or why there was none.
pub struct Dispatched {
    pub response: HttpResponse,
    pub route: &'static str,
}

/// Answers a request, whose body is read only once the caller is known and the route is there.
pub async fn dispatch(
    app: &Arc<AppState>,
    router: &Router,
    incoming: Incoming,
    body: impl Future<Output = Result<Body, Rejection>>,
) -> Dispatched {
    let ended = |halt: Rejection, route| Dispatched {
        response: answer::rejection(&halt, &incoming.accept, (&incoming.noauth_token, &incoming.base)),
        route,
    };
    let engine = &app.policy;
    let proof = Proof {
        token: incoming.token.as_deref(),
        service_token: incoming.service_token.as_deref(),
        authorization: incoming.authorization.as_deref(),
    };
    let caller = match app.identity.recognise(proof, engine).await {
        Ok(caller) => caller,
        Err(halt) => return ended(halt, "(identity)"),
    };
    let (project, below) = split_project(app, &incoming.path);
    let is_versions = matches!(incoming.path.as_str(), "" | "/");
    let segments: Vec<&str> = below.split('/').collect();
    let method = Method::named(&incoming.method);
    let found = method.and_then(|method| router.find(method, &segments));
    let experimental = version::is_opted_in(incoming.experimental.as_deref());
    let (place, params) = match found {
        Some(found) => found,
        None if is_versions && incoming.method == "GET" => (&*VERSIONS, Vec::new()),
        None => {
            let Negotiated::Served(version) = version::negotiate(incoming.version.as_deref()) else {
                return ended(Rejection::NoRoute, "(none)");
            };
            let Some(fault) = method.and_then(|method| missing::path(method, &segments, version, experimental)) else {
                return ended(Rejection::NoRoute, "(none)");
            };
            let mut response = answer::fault(&fault);
            answer::version_headers(&mut response, &version.to_string(), experimental, &incoming.request_id);
            return Dispatched { response, route: "(none)" };
        }
    };
    let (version, echoed) = match version::negotiate(incoming.version.as_deref()) {
        Negotiated::Served(version) => (version, version.to_string()),
        Negotiated::Malformed(text) => {
            return Dispatched { response: answer::fault(&version::malformed(&text)), route: "(version)" };
        }
        Negotiated::OutOfRange(text) => {
            let mut response = answer::fault(&version::out_of_range(&text));
            answer::version_headers(&mut response, &text, experimental, &incoming.request_id);
            return Dispatched { response, route: "(version)" };
        }
    };
    let body = match body.await {
        Ok(body) => body,
        Err(halt) => return ended(halt, "(body)"),
    };
    let prefix = project.map(|id| format!("/{id}")).unwrap_or_default();
    let call = Call {
        app: app.clone(),
        caller,
        version,
        request_id: incoming.request_id.clone(),
        params: params.into(),
        query: Arc::default(), // until the row is known, whose tables say what is seen of it
        links: Links {
            versioned: format!("{}/v2{prefix}", incoming.base),
            bookmark: format!("{}{prefix}", incoming.base),
        },
        address: format!("{}/v2/{}", incoming.base, incoming.path).into(),
    };
    let (outcome, route) = if is_versions {
        (Ok(HttpResponse::Ok().json(version::document(&incoming.base))), "/")
    } else {
        serve((place, &segments), call, (&incoming, body.bytes()), project, experimental).await
    };
    let mut response = outcome.unwrap_or_else(|fault| {
        answer::log(&incoming.request_id, &fault);
        answer::fault(&fault)
    });
    answer::version_headers(&mut response, &echoed, experimental, &incoming.request_id);
    Dispatched { response, route }
}

static VERSIONS: std::sync::LazyLock<RouteRows> = std::sync::LazyLock::new(RouteRows::default);

async fn serve(
    (place, segments): (&RouteRows, &[&str]),
    call: Call,
    (incoming, body): (&Incoming, &[u8]),
    project: Option<&str>,
    experimental: bool,
) -> (Result<HttpResponse, Fault>, &'static str) {
    let rows_and_body =
        match rows(place, incoming.is_json, body, |key| missing::action(key, segments, call.version, experimental)) {
            Ok(found) => found,
            Err(fault) => return (Err(fault), "(action)"),
        };
    let (rows, body) = rows_and_body;
    let path = rows.first().map_or("(none)", |row| row.path);
    if project.is_some_and(|id| id != call.caller.project()) {
        return (Err(Fault::invalid("Malformed request url: its project is not the project of the token.")), path);
    }
    if let Err(fault) = call.caller.check_names() {
        return (Err(fault), path);
    }
    let Some(row) = rows.iter().find(|row| row.serves(call.version, experimental)) else {
        return (Err(Fault::not_found()), path);
    };
    if row.policy != UNGUARDED && !call.allows(row.policy, Owner::Own) {
        return (Err(Fault::denied()), path);
    }
    if row.body.is_some() && body.is_none() {
        return (Err(Fault::malformed()), path);
    }
    let query = Query::parse(&incoming.query).confined(row.query, call.version);
    let call = Call { query: Arc::new(query), ..call };
    let answered = (row.handle)(call, body.unwrap_or_default()).await;
    (answered.map(|answer| answer::success(answer.status, answer.body)), path)
}

/// The rows that the request names, by its action where the place has actions, and the parsed body. A body that is
/// empty or not declared as JSON counts as none.
fn rows<'a>(
    place: &'a RouteRows,
    is_json: bool,
    body: &[u8],
    not_built: impl Fn(&str) -> Option<Fault>,
) -> Result<(&'a [&'static Route], Option<Value>), Fault> {
    let has_body = is_json && !body.is_empty();
    let parse = || serde_json::from_slice::<Value>(body);
    let body = has_body
        .then(parse)
        .transpose()
        .map_err(|problem| Fault::invalid(format!("The body is not JSON: {problem}.")))?;
    if place.actions.is_empty() {
        return Ok((&place.plain, body));
    }
    let key = match body.as_ref().and_then(Value::as_object) {
        Some(object) if object.len() == 1 => object.keys().next().map(String::as_str),
        Some(_) => return Err(Fault::invalid("The body must hold exactly one action.")),
        None => None,
    };
    let no_such = || {
        let unknown = || Fault::invalid(format!("There is no such action: {}", key.unwrap_or("None")));
        key.and_then(not_built).unwrap_or_else(unknown)
    };
    let rows = key.and_then(|key| place.actions.get(key)).ok_or_else(no_such)?;
    Ok((rows, body))
}

/// Splits a leading project id off the path. A leading empty segment is ignored, a `.json` at the end too.
fn split_project<'a>(app: &AppState, path: &'a str) -> (Option<&'a str>, &'a str) {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix(".json").unwrap_or(path);
    match path.split_once('/') {
        Some((first, rest)) if (app.settings.is_project_id)(first) => (Some(first), rest),
        _ => (None, path),
    }
}

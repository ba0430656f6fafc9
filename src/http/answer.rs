//! From a fault to a response: status, key and headers, in one place. Source: errors.md.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue, RETRY_AFTER, VARY, WWW_AUTHENTICATE};
use manilad_domain::Fault;
use manilad_domain::fault::Kind;
use serde_json::json;

pub const VERSION_HEADER: &str = "X-OpenStack-Manila-API-Version";
pub const EXPERIMENTAL_HEADER: &str = "X-OpenStack-Manila-API-Experimental";
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-openstack-request-id");
pub const COMPUTE_REQUEST_ID: HeaderName = HeaderName::from_static("x-compute-request-id");
const VERSION: HeaderName = HeaderName::from_static("x-openstack-manila-api-version");
const EXPERIMENTAL: HeaderName = HeaderName::from_static("x-openstack-manila-api-experimental");

/// A request that ends before it reaches a route's row, outside the JSON fault form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Halt {
    /// noauth without a token: the client is told how to go on.
    GreetNoAuth,
    Unauthorised {
        uri: String,
    },
    IdentityAway,
    /// No route has this path and method.
    NoRoute,
    BodyTooLarge {
        limit: usize,
    },
}

/// Status and key of each kind of fault.
const fn table(kind: Kind) -> (u16, &'static str) {
    match kind {
        Kind::Invalid => (400, "badRequest"),
        Kind::Unauthorized => (401, "unauthorized"),
        Kind::Forbidden => (403, "forbidden"),
        Kind::Missing => (404, "itemNotFound"),
        Kind::NotAcceptable => (406, "computeFault"),
        Kind::Conflict => (409, "conflictingRequest"),
        Kind::OverLimit => (413, "overLimit"),
        Kind::Unprocessable => (422, "computeFault"),
        Kind::Internal => (500, "computeFault"),
        Kind::NotImplemented => (501, "notImplemented"),
        Kind::Unavailable => (503, "serviceUnavailable"),
    }
}

fn respond(status: u16) -> actix_web::HttpResponseBuilder {
    HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
}

/// The JSON form of a fault.
pub fn fault(fault: &Fault) -> HttpResponse {
    let (status, key) = table(fault.kind);
    let mut inner = json!({ "code": status, "message": fault.text });
    let mut response = respond(status);
    if fault.kind == Kind::OverLimit {
        inner["retryAfter"] = json!("0");
        response.insert_header((RETRY_AFTER, "0"));
    } else if fault.kind == Kind::Unavailable {
        response.insert_header((RETRY_AFTER, "1"));
    }
    response.content_type("application/json").body(json!({ key: inner }).to_string())
}

/// An answer that worked.
pub fn success(status: u16, body: Vec<u8>) -> HttpResponse {
    let kind = if body.is_empty() { "text/html; charset=UTF-8" } else { "application/json" };
    respond(status).content_type(kind).body(body)
}

/// An end before any row.
pub fn halt(halt: &Halt, accept: &str, greeting: (&str, &str)) -> HttpResponse {
    match halt {
        Halt::GreetNoAuth => respond(204)
            .insert_header(("X-Auth-Token", greeting.0))
            .insert_header(("X-Server-Management-Url", greeting.1))
            .finish(),
        Halt::Unauthorised { uri } => respond(401)
            .content_type("application/json")
            .insert_header((WWW_AUTHENTICATE, format!("Keystone uri=\"{uri}\"")))
            .body(identity_body(401, "Unauthorized", "The request you have made requires authentication.")),
        Halt::IdentityAway => respond(503)
            .content_type("application/json")
            .insert_header((RETRY_AFTER, "1"))
            .body(identity_body(503, "Service Unavailable", "The identity service can't be reached; try again.")),
        Halt::NoRoute => no_route(accept),
        Halt::BodyTooLarge { limit } => respond(413)
            .content_type("text/plain; charset=UTF-8")
            .body(format!("413 Request Entity Too Large\n\nA request's body may have {limit} bytes.\n")),
    }
}

fn identity_body(code: u16, title: &str, message: &str) -> String {
    json!({ "error": { "code": code, "title": title, "message": message } }).to_string()
}

fn no_route(accept: &str) -> HttpResponse {
    let text = "The resource could not be found.";
    let mut response = respond(404);
    if accept.contains("application/json") {
        let body = json!({ "message": text, "code": "404 Not Found", "title": "Not Found" });
        response.content_type("application/json").body(body.to_string())
    } else if accept.contains("text/html") {
        response.content_type("text/html; charset=UTF-8").body(format!(
            "<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1>{text}</body></html>"
        ))
    } else {
        response.content_type("text/plain; charset=UTF-8").body(format!("404 Not Found\n\n{text}\n"))
    }
}

/// The headers that every routed answer carries.
pub fn version_headers(response: &mut HttpResponse, version: &str, experimental: bool, request_id: &str) {
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(version) {
        headers.insert(VERSION, value);
    }
    headers.insert(VARY, HeaderValue::from_static(VERSION_HEADER));
    if experimental {
        headers.insert(EXPERIMENTAL, HeaderValue::from_static("True"));
    }
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(COMPUTE_REQUEST_ID, value);
    }
}

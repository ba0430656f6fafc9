//! From a fault to a response: status, key and headers, in one place. Source: errors.md.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue, LOCATION, RETRY_AFTER, VARY, WWW_AUTHENTICATE};
use manilad_domain::Fault;
use manilad_domain::fault::Kind;
use serde_json::json;

use crate::rejection::Rejection;
use crate::stream::Content;

pub const VERSION_HEADER: &str = "X-OpenStack-Manila-API-Version";
pub const EXPERIMENTAL_HEADER: &str = "X-OpenStack-Manila-API-Experimental";
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-openstack-request-id");
pub const COMPUTE_REQUEST_ID: HeaderName = HeaderName::from_static("x-compute-request-id");
const VERSION: HeaderName = HeaderName::from_static("x-openstack-manila-api-version");
const EXPERIMENTAL: HeaderName = HeaderName::from_static("x-openstack-manila-api-experimental");

/// Status and key of each kind of fault.
pub const fn table(kind: Kind) -> (u16, &'static str) {
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

/// Logs a fault that is not the caller's: what failed here, and what has a cause.
pub fn log(request_id: &str, fault: &Fault) {
    let cause = fault.cause.as_deref();
    match (fault.kind, cause) {
        (Kind::Internal, _) => tracing::error!(request_id, %fault, cause, "a request failed"),
        (_, Some(cause)) => tracing::warn!(request_id, %fault, cause, "a request could not be served"),
        (_, None) => {}
    }
}

/// An answer that worked.
pub fn success(status: u16, body: Content) -> HttpResponse {
    let mut response = respond(status);
    match body {
        Content::Whole(body) if body.is_empty() => response.content_type("text/html; charset=UTF-8").body(body),
        Content::Whole(body) => response.content_type("application/json").body(body),
        Content::Pieces(body) => response.content_type("application/json").streaming(body),
    }
}

/// An end before any row.
/// `introduced` and `base` are for noauth's greeting: the token to use, and the address below which `/v2` is.
pub fn rejection(rejection: &Rejection, accept: &str, (noauth_token, base): (&str, &str)) -> HttpResponse {
    match rejection {
        Rejection::GreetNoAuth => respond(204)
            .insert_header(("X-Auth-Token", noauth_token))
            .insert_header(("X-Server-Management-Url", format!("{base}/v2")))
            .finish(),
        Rejection::Unauthorised { challenge } => respond(401)
            .content_type("application/json")
            .insert_header((WWW_AUTHENTICATE, challenge.as_str()))
            .body(identity_body(401, "Unauthorized", "The request you have made requires authentication.")),
        Rejection::IdentityAway => respond(503)
            .content_type("application/json")
            .insert_header((RETRY_AFTER, "1"))
            .body(identity_body(503, "Service Unavailable", "The identity service can't be reached; try again.")),
        Rejection::NoRoute => no_route(accept),
        Rejection::BodyTooSlow => respond(408)
            .content_type("text/plain; charset=UTF-8")
            .body("408 Request Timeout\n\nThe body did not come in time.\n"),
        Rejection::BodyBroken => respond(400)
            .content_type("text/plain; charset=UTF-8")
            .body("400 Bad Request\n\nThe body ended before its end.\n"),
        Rejection::BodiesTooMany => respond(503)
            .content_type("text/plain; charset=UTF-8")
            .insert_header((RETRY_AFTER, "1"))
            .body("503 Service Unavailable\n\nToo many bodies are being received at once; try again.\n"),
        Rejection::BodyTooLarge { limit } => respond(413).content_type("text/plain; charset=UTF-8").body(format!(
            "413 Request Entity Too Large\n\nThe request's body exceeds the {limit} bytes that one may have.\n"
        )),
    }
}

fn identity_body(code: u16, title: &str, message: &str) -> String {
    json!({ "error": { "code": code, "title": title, "message": message } }).to_string()
}

fn no_route(accept: &str) -> HttpResponse {
    let text = "The resource could not be found.";
    let mut response = respond(404);
    match preferred(accept) {
        Some("application/json") => {
            let body = json!({ "message": text, "code": "404 Not Found", "title": "Not Found" });
            response.content_type("application/json").body(body.to_string())
        }
        Some(_) => response.content_type("text/html; charset=UTF-8").body(format!(
            "<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1>{text}</body></html>"
        )),
        None => response.content_type("text/plain; charset=UTF-8").body(format!("404 Not Found\n\n{text}\n")),
    }
}

/// Which of HTML and JSON an Accept header likes best, if it names either; HTML at a tie.
fn preferred(accept: &str) -> Option<&'static str> {
    let quality = |offer: &str| {
        let mut named = accept.split(',').map(|range| range.split(';').map(str::trim));
        let mut parameters = named.find_map(|mut parts| parts.next().filter(|kind| *kind == offer).map(|_| parts))?;
        let given = parameters.find_map(|parameter| parameter.strip_prefix("q="));
        given.map_or(Some(1.0), |text| text.parse::<f32>().ok()).filter(|quality| *quality > 0.0)
    };
    let (html, json) = (quality("text/html"), quality("application/json"));
    match (html, json) {
        (None, None) => None,
        _ if json > html => Some("application/json"),
        _ => Some("text/html"),
    }
}

/// The way from `/v2` to `/v2/`.
pub fn moved(to: &str) -> HttpResponse {
    let text = format!("302 Found\n\nThe resource is at {to}\n");
    respond(302).insert_header((LOCATION, to)).content_type("text/plain; charset=UTF-8").body(text)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accept_header_chooses_between_html_and_json() {
        for (accept, expected) in [
            ("", None),
            ("*/*", None),
            ("text/plain", None),
            ("application/json", Some("application/json")),
            ("application/json, */*;q=0.1", Some("application/json")),
            ("text/html,application/xhtml+xml,application/json;q=0.9", Some("text/html")),
            ("text/html;q=0.8, application/json;q=0.9", Some("application/json")),
            ("application/json;q=0", None),
            ("application/json;q=zz", None),
        ] {
            assert_eq!(preferred(accept), expected, "{accept}");
        }
    }
}

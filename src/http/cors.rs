//! Pages of other sites that use the API from a browser: `[cors]`, as oslo.middleware reads it.
//!
//! What a browser asks beforehand (a preflight) is answered before anybody is identified, because it carries no token.
//! How to get it wrong: to open an answer to an origin that is not listed, or to leave out `Vary`, so that a cache
//! gives one site's answer to another. Source: Fetch standard, "CORS protocol"; oslo.middleware's options.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};

/// Headers that any page may send.
const SIMPLE: &[&str] = &[
    "accept",
    "accept-language",
    "cache-control",
    "content-language",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
];

/// Which pages may do what.
#[derive(Debug, Clone)]
pub struct Cors {
    origins: Vec<String>,
    credentials: bool,
    expose: Option<HeaderValue>,
    methods: Vec<String>,
    /// In lower case.
    headers: Vec<String>,
    /// Seconds; none where browsers are to remember nothing.
    max_age: Option<HeaderValue>,
}

/// What `[cors]` says.
#[derive(Debug, Clone)]
pub struct CorsOptions<'a> {
    /// Origins, or `*` for any.
    pub allowed_origin: &'a [String],
    pub allow_credentials: bool,
    pub expose_headers: &'a [String],
    pub allow_methods: &'a [String],
    pub allow_headers: &'a [String],
    /// Seconds.
    pub max_age: u64,
}

impl Cors {
    /// None where no origin is allowed.
    ///
    /// # Errors
    /// The text that can't stand in a header, and the option that holds it.
    pub fn new(options: &CorsOptions<'_>) -> Result<Option<Self>, String> {
        if options.allowed_origin.is_empty() {
            return Ok(None);
        }
        if let Some(wrong) = options.allowed_origin.iter().find(|origin| HeaderValue::from_str(origin).is_err()) {
            return Err(format!("allowed_origin: {wrong:?} is no origin"));
        }
        for (option, names) in [("expose_headers", options.expose_headers), ("allow_headers", options.allow_headers)] {
            if let Some(wrong) = names.iter().find(|name| name.parse::<HeaderName>().is_err()) {
                return Err(format!("{option}: {wrong:?} is no name of a header"));
            }
        }
        if let Some(wrong) = options.allow_methods.iter().find(|name| Method::from_bytes(name.as_bytes()).is_err()) {
            return Err(format!("allow_methods: {wrong:?} is no method"));
        }
        let expose = options.expose_headers.join(",");
        Ok(Some(Cors {
            origins: options.allowed_origin.to_vec(),
            credentials: options.allow_credentials,
            expose: HeaderValue::from_str(&expose).ok().filter(|_| !expose.is_empty()),
            methods: options.allow_methods.to_vec(),
            headers: options.allow_headers.iter().map(|name| name.to_ascii_lowercase()).collect(),
            max_age: (options.max_age > 0).then(|| options.max_age.into()),
        }))
    }

    /// Answers OPTIONS: 200, and what the page may do if it may do what it asks for.
    pub fn preflight(&self, asked: &HeaderMap) -> HttpResponse {
        let mut response = HttpResponse::new(StatusCode::OK);
        let Some(origin) = self.origin(asked) else { return response };
        let Some(method) = asked.get(header::ACCESS_CONTROL_REQUEST_METHOD) else { return response };
        if !method.to_str().is_ok_and(|method| self.methods.iter().any(|allowed| allowed == method)) {
            return response;
        }
        let headers = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS);
        if !headers.is_none_or(|headers| headers.to_str().is_ok_and(|names| self.takes(names))) {
            return response;
        }
        let answer_headers = response.headers_mut();
        self.tell_origin(origin, answer_headers);
        answer_headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, method.clone());
        if let Some(headers) = headers {
            answer_headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, headers.clone());
        }
        if let Some(seconds) = &self.max_age {
            answer_headers.insert(header::ACCESS_CONTROL_MAX_AGE, seconds.clone());
        }
        response
    }

    /// Lets the page that asked read an answer, errors included.
    pub fn open(&self, asked: &HeaderMap, answer_headers: &mut HeaderMap) {
        let Some(origin) = self.origin(asked) else { return };
        self.tell_origin(origin, answer_headers);
        if let Some(names) = &self.expose {
            answer_headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, names.clone());
        }
    }

    /// The origin as it is answered, if it is allowed.
    fn origin(&self, asked: &HeaderMap) -> Option<HeaderValue> {
        let origin = asked.get(header::ORIGIN)?;
        let is = |origin: &str| self.origins.iter().any(|allowed| allowed == origin);
        match origin.to_str() {
            Ok(text) if is(text) => Some(origin.clone()),
            _ => is("*").then(|| HeaderValue::from_static("*")),
        }
    }

    fn tell_origin(&self, origin: HeaderValue, answer_headers: &mut HeaderMap) {
        answer_headers.append(header::VARY, HeaderValue::from_static("Origin"));
        answer_headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if self.credentials {
            answer_headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
    }

    fn takes(&self, names: &str) -> bool {
        let mut names = names.split(',').map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty());
        names.all(|name| SIMPLE.contains(&name.as_str()) || self.headers.contains(&name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    fn cors(origins: &[&str]) -> Cors {
        let (origins, expose, methods) = (words(origins), words(&["X-A", "X-B"]), words(&["GET", "PUT"]));
        let options = CorsOptions {
            allowed_origin: &origins,
            allow_credentials: true,
            expose_headers: &expose,
            allow_methods: &methods,
            allow_headers: &words(&["X-Auth-Token"]),
            max_age: 60,
        };
        Cors::new(&options).unwrap().unwrap()
    }

    fn asked(headers: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = headers.iter();
        pairs.map(|(name, value)| (HeaderName::from_static(name), value.parse::<HeaderValue>().unwrap())).collect()
    }

    fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
        headers.get(name).map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_preflight_is_granted_only_if_all_of_it_may_be() {
        let cors = cors(&["http://a.example"]);
        let ask = |origin, method, headers| {
            let all = [
                ("origin", origin),
                ("access-control-request-method", method),
                ("access-control-request-headers", headers),
            ];
            cors.preflight(&asked(&all))
        };
        let granted = ask("http://a.example", "PUT", "x-auth-token, Content-Type");
        for (name, value) in [
            ("access-control-allow-origin", "http://a.example"),
            ("access-control-allow-methods", "PUT"),
            ("access-control-allow-headers", "x-auth-token, Content-Type"),
            ("access-control-allow-credentials", "true"),
            ("access-control-max-age", "60"),
            ("vary", "Origin"),
        ] {
            assert_eq!(header_text(granted.headers(), name).as_deref(), Some(value), "{name}");
        }
        for (origin, method, headers) in [
            ("http://b.example", "PUT", "x-auth-token"),
            ("http://a.example", "DELETE", "x-auth-token"),
            ("http://a.example", "put", ""),
            ("http://a.example", "PUT", "x-other"),
        ] {
            let refused = ask(origin, method, headers);
            assert_eq!(refused.status(), 200, "the browser reads the headers, not the status");
            assert!(refused.headers().is_empty(), "{origin} {method} {headers}");
        }
        assert!(cors.preflight(&asked(&[("origin", "http://a.example")])).headers().is_empty(), "no method is named");
    }

    #[test]
    fn an_answer_is_opened_to_those_who_are_listed_or_to_all() {
        let opened = |cors: &Cors, origin| {
            let mut headers = HeaderMap::new();
            cors.open(&asked(&[("origin", origin)]), &mut headers);
            (
                header_text(&headers, "access-control-allow-origin"),
                header_text(&headers, "access-control-expose-headers"),
            )
        };
        let some = |origin: &str| (Some(origin.to_owned()), Some("X-A,X-B".to_owned()));
        assert_eq!(opened(&cors(&["http://a.example"]), "http://a.example"), some("http://a.example"));
        assert_eq!(opened(&cors(&["http://a.example"]), "http://a.example.evil"), (None, None));
        assert_eq!(opened(&cors(&["http://a.example", "*"]), "http://b.example"), some("*"));
    }

    #[test]
    fn what_can_not_stand_in_a_header_is_refused_by_option() {
        let plain = words(&["a"]);
        let empty = Vec::new();
        let options = CorsOptions {
            allowed_origin: &plain,
            allow_credentials: false,
            expose_headers: &empty,
            allow_methods: &empty,
            allow_headers: &empty,
            max_age: 0,
        };
        assert!(Cors::new(&CorsOptions { allowed_origin: &empty, ..options.clone() }).unwrap().is_none());
        let (odd, broken) = (words(&["X A"]), words(&["http://a\n"]));
        for (wrong, option) in [
            (CorsOptions { allowed_origin: &broken, ..options.clone() }, "allowed_origin"),
            (CorsOptions { expose_headers: &odd, ..options.clone() }, "expose_headers"),
            (CorsOptions { allow_headers: &odd, ..options.clone() }, "allow_headers"),
            (CorsOptions { allow_methods: &odd, ..options.clone() }, "allow_methods"),
        ] {
            assert!(Cors::new(&wrong).unwrap_err().starts_with(option));
        }
    }
}

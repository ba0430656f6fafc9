//! One caller of the API, request by request: nothing is implied, and an answer is kept whole, headers included.

use std::sync::LazyLock;
use std::time::Duration;

use serde_json::Value;

/// A caller: where, with which token, at which version, with which further headers.
#[derive(Clone)]
pub struct Client {
    http: reqwest::blocking::Client,
    pub root: String,
    token: Option<String>,
    version: Option<String>,
    headers: Vec<(&'static str, String)>,
}

/// One for all: making a client reads the system's certificates, which takes longer than a request.
static HTTP: LazyLock<reqwest::blocking::Client> = LazyLock::new(|| {
    let _installs_the_crypto_provider = crate::support::http();
    let builder = reqwest::blocking::Client::builder().timeout(Duration::from_secs(300));
    builder.redirect(reqwest::redirect::Policy::none()).build().unwrap()
});

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: reqwest::header::HeaderMap,
    pub text: String,
    /// Method, path and version of the question.
    asked: String,
}

/// What a request carries.
pub enum Sent<'a> {
    Nothing,
    Json(&'a Value),
    /// As it is, with this content type if there is one.
    Bytes(Option<&'a str>, Vec<u8>),
    /// As JSON whose length is not told beforehand.
    Chunked(Vec<u8>),
}

impl Client {
    /// Nobody in particular: without a token and without a version.
    pub fn nobody(address: &str) -> Self {
        Client {
            http: HTTP.clone(),
            root: format!("http://{address}"),
            token: None,
            version: None,
            headers: Vec::new(),
        }
    }

    pub fn with_token(&self, token: &str) -> Self {
        Client { token: Some(token.to_owned()), ..self.clone() }
    }

    pub fn at(&self, version: &str) -> Self {
        Client { version: Some(version.to_owned()), ..self.clone() }
    }

    /// Without a version header.
    pub fn unversioned(&self) -> Self {
        Client { version: None, ..self.clone() }
    }

    pub fn with(&self, header: &'static str, value: &str) -> Self {
        let mut headers = self.headers.clone();
        headers.push((header, value.to_owned()));
        Client { headers, ..self.clone() }
    }

    /// Sends a request; `path` begins with `/v2`, or is one of the root's.
    pub fn send(&self, method: &str, path: &str, sent: Sent<'_>) -> Answer {
        let mut request = self.http.request(method.parse().unwrap(), format!("{}{path}", self.root));
        if let Some(token) = &self.token {
            request = request.header("X-Auth-Token", token);
        }
        if let Some(version) = &self.version {
            request = request.header("X-OpenStack-Manila-API-Version", version);
        }
        for (header, value) in &self.headers {
            request = request.header(*header, value);
        }
        request = match sent {
            Sent::Nothing => request,
            Sent::Json(body) => request.json(body),
            Sent::Bytes(Some(kind), body) => request.header("Content-Type", kind).body(body),
            Sent::Bytes(None, body) => request.body(body),
            Sent::Chunked(body) => {
                let body = reqwest::blocking::Body::new(std::io::Cursor::new(body));
                request.header("Content-Type", "application/json").body(body)
            }
        };
        let version = self.version.as_deref().unwrap_or("-");
        let asked = format!("{method} {path} at {version}");
        let answer = request.send().unwrap_or_else(|problem| panic!("{asked}: {problem:?}"));
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Answer { status, headers, text: answer.text().unwrap(), asked }
    }

    /// As [`Client::send`], below `/v2`, with JSON or without a body.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.send(method, &format!("/v2{path}"), body.map_or(Sent::Nothing, Sent::Json))
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, None)
    }

    pub fn post(&self, path: &str, body: Value) -> Answer {
        self.ask("POST", path, Some(&body))
    }

    pub fn put(&self, path: &str, body: Value) -> Answer {
        self.ask("PUT", path, Some(&body))
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.ask("DELETE", path, None)
    }

    /// An action of a share.
    pub fn act(&self, share: &str, body: Value) -> Answer {
        self.post(&format!("/shares/{share}/action"), body)
    }
}

/// Status and key of each fault. Source: errors.md.
const FAULTS: &[(u16, &str)] = &[
    (400, "badRequest"),
    (403, "forbidden"),
    (404, "itemNotFound"),
    (406, "computeFault"),
    (409, "conflictingRequest"),
    (413, "overLimit"),
    (422, "computeFault"),
    (501, "notImplemented"),
    (503, "serviceUnavailable"),
];

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// JSON, or null where there is none.
    pub fn json_or_null(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// Holds that the request worked.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.asked, self.text);
        self
    }

    /// Holds that the request was refused with this status, in the JSON form of a fault.
    #[track_caller]
    pub fn fails(&self, status: u16) {
        assert_eq!(self.status, status, "{}: {}", self.asked, self.text);
        let (_, key) = FAULTS.iter().find(|(code, _)| *code == status).unwrap();
        let body = self.json();
        let fault = &body[key];
        assert_eq!(body.as_object().unwrap().len(), 1, "{}: {body}", self.asked);
        assert_eq!(fault["code"], status, "{}: {body}", self.asked);
        assert!(!fault["message"].as_str().unwrap().is_empty(), "{}: {body}", self.asked);
        let members = if status == 413 { 3 } else { 2 };
        // Without this word, clients built on Tempest's take it for a limit of rate, wait and repeat it.
        assert!(status != 413 || fault["message"].as_str().unwrap().contains("exceed"), "{}: {body}", self.asked);
        assert_eq!(fault.as_object().unwrap().len(), members, "{}: {body}", self.asked);
        assert_eq!(fault["retryAfter"], if status == 413 { "0".into() } else { Value::Null }, "{}", self.asked);
        assert_eq!(self.header("content-type"), Some("application/json"), "{}", self.asked);
        assert_eq!(self.header("retry-after"), (status == 413).then_some("0"), "{}", self.asked);
    }

    /// A text out of the body.
    #[track_caller]
    pub fn text_at(&self, pointer: &str) -> String {
        let body = self.json();
        let found = body.pointer(pointer).and_then(Value::as_str);
        found.unwrap_or_else(|| panic!("{}: no text at {pointer}: {body}", self.asked)).to_owned()
    }

    /// The texts under `key` of the things in a list.
    #[track_caller]
    pub fn column(&self, list: &str, key: &str) -> Vec<String> {
        let body = self.json();
        let rows = body[list].as_array().unwrap_or_else(|| panic!("{}: no list {list}: {body}", self.asked));
        rows.iter().map(|row| row[key].as_str().unwrap_or_default().to_owned()).collect()
    }
}

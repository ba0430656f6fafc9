//! What came back instead of a result, classified once.
//!
//! Everything above decides by [`Error::class`]; the text is for operators. Classification looks at ONTAP's own error code
//! first and at the HTTP status only when there is no code, because a front end that answers 404 in HTML does not know whether
//! a volume exists. How to get it wrong: letting a half-read answer pass for a result. "No records" would mean "gone".

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::code::{self, Class};
use crate::endpoint::Endpoint;
use crate::query::Unquotable;
use crate::transport::{Broken, Reply, Sent};

/// The longest text kept of what an array says.
const LONGEST: usize = 600;
/// The longest pause an array may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A call that did not give its result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.told())]
pub struct Error {
    class: Class,
    endpoint: Option<Endpoint>,
    status: Option<u16>,
    code: Box<str>,
    meaning: &'static str,
    text: Box<str>,
    retry_after: Option<Duration>,
    /// Turned away before anything was done, so the client may repeat even a write.
    at_door: bool,
    from_job: bool,
}

/// ONTAP's error object, in an answer or in a job.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Fault {
    #[serde(default)]
    code: Value,
    #[serde(default)]
    message: String,
    target: Option<String>,
}

impl Fault {
    pub(crate) fn new(code: &Value, message: &str) -> Self {
        Fault { code: code.clone(), message: message.to_owned(), target: None }
    }

    fn code(&self) -> String {
        match &self.code {
            Value::String(text) => text.chars().take(32).collect(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        }
    }
}

impl Error {
    fn new(class: Class, endpoint: Option<Endpoint>, text: &str) -> Self {
        Error {
            class,
            endpoint,
            status: None,
            code: "".into(),
            meaning: "",
            text: printable(text),
            retry_after: None,
            at_door: false,
            from_job: false,
        }
    }

    /// The call was not made, because what it asks for makes no sense to ONTAP. Never repeated.
    pub fn refused(endpoint: Option<Endpoint>, text: &str) -> Self {
        Error::new(Class::Refused, endpoint, text)
    }

    /// Nothing of that name is there.
    pub fn absent(endpoint: Endpoint, text: &str) -> Self {
        Error::new(Class::Absent, Some(endpoint), text)
    }

    /// This array does not have it.
    pub fn unsupported(endpoint: Endpoint, text: &str) -> Self {
        Error::new(Class::Unsupported, Some(endpoint), text)
    }

    pub(crate) fn busy(endpoint: Endpoint, text: &str) -> Self {
        Error::new(Class::Busy, Some(endpoint), text)
    }

    pub(crate) fn fenced(endpoint: Endpoint, text: &str) -> Self {
        Error::new(Class::Fenced, Some(endpoint), text)
    }

    pub(crate) fn unknown(endpoint: Endpoint, text: &str) -> Self {
        Error::new(Class::Unknown, Some(endpoint), text)
    }

    /// No answer came.
    pub(crate) fn broken(endpoint: Endpoint, broken: &Broken) -> Self {
        let class = match broken.sent {
            Sent::No => Class::Unreachable,
            Sent::Maybe => Class::Unknown,
        };
        Error { at_door: broken.sent == Sent::No, ..Error::new(class, Some(endpoint), &broken.why) }
    }

    /// An answer that is an error: ONTAP's own when `fault` was in it, else the status of whatever answered.
    pub(crate) fn answered(endpoint: Endpoint, reply: &Reply, fault: Option<&Fault>) -> Self {
        let retry_after = reply.header("Retry-After").and_then(|value| value.trim().parse().ok());
        let retry_after = retry_after.map(|seconds| Duration::from_secs(seconds).min(LONGEST_PAUSE));
        let throttled = reply.status == 429 || reply.status == 503 && (fault.is_some() || retry_after.is_some());
        let error = match fault {
            Some(fault) => Error::said(endpoint, Some(reply.status), fault),
            None => Error::new(by_status(endpoint, reply.status, throttled), Some(endpoint), "not an answer of ONTAP"),
        };
        let at_door = error.class == Class::Busy && (throttled || matches!(&*error.code, "7" | "262160"));
        Error { status: Some(reply.status), retry_after, at_door, ..error }
    }

    /// A job that ended badly. It may have left something half made.
    pub(crate) fn job(endpoint: Endpoint, fault: &Fault) -> Self {
        Error { from_job: true, ..Error::said(endpoint, None, fault) }
    }

    /// A job that ended within the call; the answer names both.
    pub(crate) fn of_job(self) -> Self {
        Error { from_job: true, at_door: false, ..self }
    }

    fn said(endpoint: Endpoint, status: Option<u16>, fault: &Fault) -> Self {
        let code = fault.code();
        let row = code::find(&code, &fault.message, fault.target.as_deref());
        let generic = matches!(&*code, "" | "0" | "2");
        let class = match (row, status) {
            (Some(row), _) => row.class,
            (None, Some(status)) if generic || matches!(status, 401 | 429 | 503) => by_status(endpoint, status, true),
            (None, _) => Class::Refused,
        };
        let meaning = row.map_or("", |row| row.meaning);
        Error { code: code.into(), meaning, ..Error::new(class, Some(endpoint), &fault.message) }
    }

    /// What the next step depends on.
    pub fn class(&self) -> Class {
        self.class
    }

    /// ONTAP's error code; empty when there was none.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// What ONTAP said, cut to 600 characters, without control characters.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The call that failed; none when it could not even be written down.
    pub fn endpoint(&self) -> Option<Endpoint> {
        self.endpoint
    }

    /// How long the array asks to be left alone, at most a minute.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Whether the work was begun and failed, so that something may be left half made.
    pub fn from_job(&self) -> bool {
        self.from_job
    }

    /// Whether the login is good but the account lacks this privilege (403), as opposed to a bad login (401).
    pub fn lacks_privilege(&self) -> bool {
        self.class == Class::Unauthorised && self.status != Some(401)
    }

    /// Whether the array turned the call away, or could not be reached: it wants fewer calls at a time.
    pub(crate) fn at_door(&self) -> bool {
        self.at_door
    }

    /// For operators: what was tried, what it means, and what the array said. Without secrets.
    pub fn told(&self) -> String {
        let mut told = match self.endpoint {
            Some(endpoint) => format!("ONTAP {endpoint}: {}", self.class),
            None => format!("ONTAP: {}", self.class),
        };
        let numbers = [
            self.status.map(|s| format!("HTTP {s}")),
            Some(self.code()).filter(|c| !c.is_empty()).map(|c| format!("code {c}")),
        ];
        let numbers: Vec<String> = numbers.into_iter().flatten().collect();
        if !numbers.is_empty() {
            told.push_str(&format!(" ({})", numbers.join(", ")));
        }
        for part in [self.meaning, self.text()] {
            if !part.is_empty() {
                told.push_str(": ");
                told.push_str(part);
            }
        }
        told
    }
}

impl From<Unquotable> for Error {
    fn from(name: Unquotable) -> Self {
        Error::refused(None, &name.to_string())
    }
}

/// What a status says by itself. 404 is no `Absent`: only ONTAP's own code 4 says that the object is gone.
fn by_status(endpoint: Endpoint, status: u16, throttled: bool) -> Class {
    match status {
        401 | 403 => Class::Unauthorised,
        405 => Class::Unsupported,
        429 => Class::Busy,
        503 if throttled || endpoint.reads() => Class::Busy,
        500.. => Class::Unknown,
        _ => Class::Refused,
    }
}

/// One line of at most [`LONGEST`] characters.
fn printable(text: &str) -> Box<str> {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect();
    line.trim().into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reply(status: u16, headers: &[(&str, &str)]) -> Reply {
        let headers = headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Reply { status, headers, body: Vec::new() }
    }

    fn said(status: u16, code: &str, message: &str) -> Error {
        Error::answered(Endpoint::VolumeCreate, &reply(status, &[]), Some(&Fault::new(&json!(code), message)))
    }

    #[test]
    fn the_code_decides_before_the_status() {
        for (status, code, class) in [
            (404, "4", Class::Absent),
            (404, "3", Class::Unsupported),
            (409, "1", Class::Exists),
            (409, "8", Class::Busy),
            (403, "6", Class::Unauthorised),
            (401, "6691623", Class::Unauthorised),
            (429, "262160", Class::Busy),
            (500, "917526", Class::Exists),
            (500, "524615", Class::Refused),
            (400, "262179", Class::Unsupported),
            (400, "99999999", Class::Refused),
            (500, "99999999", Class::Refused),
            (500, "0", Class::Unknown),
        ] {
            assert_eq!(said(status, code, "").class(), class, "{status} {code}");
        }
    }

    #[test]
    fn an_unknown_field_is_unsupported_and_another_bad_value_refused() {
        let fault = |target: &str| {
            serde_json::from_value::<Fault>(json!({"code": "262197", "message": "bad", "target": target}))
        };
        let told = |target: &str| Error::answered(Endpoint::Volumes, &reply(400, &[]), Some(&fault(target).unwrap()));
        assert_eq!(told("fields").class(), Class::Unsupported);
        assert_eq!(told("return_timeout").class(), Class::Refused);
    }

    #[test]
    fn html_is_judged_by_its_status_and_never_absent() {
        let html = |status, endpoint| Error::answered(endpoint, &reply(status, &[]), None).class();
        assert_eq!(html(404, Endpoint::Volume), Class::Refused);
        assert_eq!(html(401, Endpoint::Volume), Class::Unauthorised);
        assert_eq!(html(502, Endpoint::VolumeCreate), Class::Unknown);
        assert_eq!(html(503, Endpoint::Volume), Class::Busy);
        assert_eq!(html(503, Endpoint::VolumeCreate), Class::Unknown, "the front end may have died with our write");
    }

    #[test]
    fn an_array_that_asks_for_a_pause_gets_at_most_a_minute() {
        let asked = |seconds| Error::answered(Endpoint::VolumeCreate, &reply(503, &[("retry-after", seconds)]), None);
        assert_eq!(asked("7").retry_after(), Some(Duration::from_secs(7)));
        assert_eq!(asked("86400").retry_after(), Some(LONGEST_PAUSE));
        assert_eq!((asked("7").class(), asked("7").at_door()), (Class::Busy, true));
        assert_eq!(asked("Wed, 21 Oct 2026 07:28:00 GMT").retry_after(), None);
    }

    #[test]
    fn a_missing_privilege_is_told_from_a_bad_login() {
        assert!(said(403, "6", "").lacks_privilege());
        assert!(!said(401, "6691623", "").lacks_privilege());
    }

    #[test]
    fn operators_are_told_call_class_code_and_text_on_one_line() {
        let error = said(409, "917526", "Duplicate volume\nname \"a\"");
        assert_eq!(
            error.told(),
            "ONTAP POST /storage/volumes: exists (HTTP 409, code 917526): the volume name is in use: Duplicate volume name \"a\""
        );
        assert!(said(400, "2", &"x".repeat(5000)).text().len() <= LONGEST);
    }

    #[test]
    fn codes_are_read_as_text_and_as_numbers() {
        let fault: Fault = serde_json::from_value(json!({"code": 4, "message": "gone"})).unwrap();
        assert_eq!(Error::job(Endpoint::VolumeDelete, &fault).class(), Class::Absent);
    }
}

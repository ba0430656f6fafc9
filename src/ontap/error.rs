//! What came back instead of a result, classified once.
//!
//! Everything above decides by [`Error::class`]; the text is for operators. The class comes from one table, in
//! [`crate::verdict`]. How to get it wrong: letting a half-read answer pass for a result. "No records" would mean "gone".

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::code::{self, Class};
use crate::endpoint::Endpoint;
use crate::query::Unquotable;
use crate::transport::{Broken, Reply, Sent};
use crate::verdict::{self, Response, Verdict};

/// The longest pause that an array may ask for; see [`retries`](crate::retries) for the others.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60);
/// The longest text kept of what an array says.
const LONGEST: usize = 600;

/// A call that did not give its result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message())]
pub struct Error {
    class: Class,
    endpoint: Option<Endpoint>,
    status: Option<u16>,
    code: Box<str>,
    meaning: &'static str,
    text: Box<str>,
    retry_after: Option<Duration>,
    sent: Option<Duration>,
    /// Surely not begun, so the client may repeat even a write.
    not_begun: bool,
    /// The array wants fewer calls at a time.
    turned_away: bool,
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

    /// Whether ONTAP wrote it into an answer: its codes are strings of digits ("ONTAP REST reference"), and none is a status
    /// of HTTP. What else answers for an array writes error objects too.
    fn is_of_ontap(&self) -> bool {
        let is_code =
            |text: &str| !text.is_empty() && text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_status = |text: &str| text.parse().is_ok_and(|code: u64| (100..600).contains(&code));
        self.code.as_str().is_some_and(|text| is_code(text) && !is_status(text))
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
            sent: None,
            not_begun: false,
            turned_away: false,
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
        let not_sent = broken.sent == Sent::No;
        Error { not_begun: not_sent, turned_away: not_sent, ..Error::new(class, Some(endpoint), &broken.why) }
    }

    /// An answer that is an error: ONTAP's own if `fault` is, else that of whatever answered. `names_job`: it names a job,
    /// which then ended within the call.
    pub(crate) fn answered(endpoint: Endpoint, reply: &Reply, fault: Option<&Fault>, names_job: bool) -> Self {
        let own = fault.filter(|fault| fault.is_of_ontap());
        let of_job = names_job && own.is_some();
        let retry_after = reply.header("Retry-After").and_then(|value| value.trim().parse().ok());
        let retry_after = retry_after.map(|seconds| Duration::from_secs(seconds).min(LONGEST_RETRY_AFTER));
        let response = Response { endpoint, status: Some(reply.status), of_job, code: None, row: None };
        let error =
            Error { status: Some(reply.status), retry_after, from_job: of_job, ..Error::of_response(response, own) };
        match fault {
            Some(foreign) if own.is_none() && !foreign.message.is_empty() => {
                Error { text: printable(&format!("{}: {}", error.text, foreign.message)), ..error }
            }
            _ => error,
        }
    }

    /// A job that ended badly. It may have left something half made.
    pub(crate) fn job(endpoint: Endpoint, fault: &Fault) -> Self {
        let response = Response { endpoint, status: None, of_job: true, code: None, row: None };
        Error { from_job: true, ..Error::of_response(response, Some(fault)) }
    }

    fn of_response(response: Response<'_>, fault: Option<&Fault>) -> Self {
        let code = fault.map(Fault::code);
        let row = fault
            .and_then(|fault| code::find(code.as_deref().unwrap_or_default(), &fault.message, fault.target.as_deref()));
        let Verdict { class, not_begun, turned_away } =
            verdict::judge(Response { code: code.as_deref(), row, ..response });
        let meaning = match (class, row) {
            (Class::BadReference, _) => "something that it names is not there",
            (_, Some(row)) if row.class == class => row.meaning,
            _ => "",
        };
        let text = fault.map_or_else(|| foreign(response.status), |fault| &fault.message);
        let code = code.unwrap_or_default().into();
        Error { code, meaning, not_begun, turned_away, ..Error::new(class, Some(response.endpoint), text) }
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

    pub(crate) fn sent_at(self, sent: Option<Duration>) -> Self {
        Error { sent, ..self }
    }

    /// When the write was sent that failed, in running time; none if it was not, or if it is another call that failed.
    pub fn sent(&self) -> Option<Duration> {
        self.sent
    }

    /// Whether the work was begun and failed, so that something may be left half made.
    pub fn from_job(&self) -> bool {
        self.from_job
    }

    /// Whether the login is good but the account lacks this privilege (403), as opposed to a bad login (401).
    pub fn lacks_privilege(&self) -> bool {
        self.class == Class::Unauthorised && self.status != Some(401)
    }

    /// Whether the array surely did not carry the call out, and would not if it were asked again. That an object is absent says no
    /// more than that.
    pub fn is_refusal(&self) -> bool {
        match self.class {
            Class::Exists
            | Class::BadReference
            | Class::Full
            | Class::TooMany
            | Class::Refused
            | Class::Unsupported
            | Class::BadCredentials => true,
            Class::Unauthorised => self.lacks_privilege(),
            Class::Absent | Class::Busy | Class::Unreachable | Class::Fenced | Class::Unknown => false,
        }
    }

    /// Whether what answered wants another login, or lets nobody through. Who repeats such a call at once may lock the account.
    pub(crate) fn is_about_login(&self) -> bool {
        matches!(self.status, Some(401 | 403))
    }

    /// Whether the call was surely not begun, so that even a write may be repeated.
    pub(crate) fn not_begun(&self) -> bool {
        self.not_begun
    }

    /// Whether the array turned the call away, or could not be reached: it wants fewer calls at a time.
    pub(crate) fn turned_away(&self) -> bool {
        self.turned_away
    }

    /// For operators: what was tried, what it means, and what the array said. Without secrets.
    pub fn message(&self) -> String {
        let mut message = match self.endpoint {
            Some(endpoint) => format!("ONTAP {endpoint}: {}", self.class),
            None => format!("ONTAP: {}", self.class),
        };
        let numbers = [
            self.status.map(|s| format!("HTTP {s}")),
            Some(self.code()).filter(|c| !c.is_empty()).map(|c| format!("code {c}")),
        ];
        let numbers: Vec<String> = numbers.into_iter().flatten().collect();
        if !numbers.is_empty() {
            message.push_str(&format!(" ({})", numbers.join(", ")));
        }
        for part in [self.meaning, self.text()] {
            if !part.is_empty() {
                message.push_str(": ");
                message.push_str(part);
            }
        }
        message
    }
}

impl From<Unquotable> for Error {
    fn from(name: Unquotable) -> Self {
        Error::refused(None, &name.to_string())
    }
}

/// What an answer without an error object of ONTAP is called.
fn foreign(status: Option<u16>) -> &'static str {
    match status {
        Some(401 | 403) => {
            "not an answer of ONTAP's API: either what stands before the array turns calls away, or the web server of the array \
             does, where the account lacks access to http or to rest"
        }
        _ => "not an answer of ONTAP",
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
        Error::answered(Endpoint::VolumeChange, &reply(status, &[]), Some(&Fault::new(&json!(code), message)), false)
    }

    #[test]
    fn the_code_decides_before_the_status() {
        for (status, code, class) in [
            (404, "4", Class::Absent),
            (400, "4", Class::Refused),
            (429, "4", Class::Busy),
            (500, "4", Class::Unknown),
            (503, "4", Class::Busy),
            (302, "4", Class::Unknown),
            (429, "524615", Class::Busy),
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
            (500, "99999999", Class::Unknown),
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
        let answered =
            |target: &str| Error::answered(Endpoint::Volumes, &reply(400, &[]), Some(&fault(target).unwrap()), false);
        assert_eq!(answered("fields").class(), Class::Unsupported);
        assert_eq!(answered("return_timeout").class(), Class::Refused);
    }

    #[test]
    fn html_is_judged_by_its_status_and_never_refused_or_absent() {
        let html = |status, endpoint| Error::answered(endpoint, &reply(status, &[]), None, false).class();
        for status in [301, 302, 400, 401, 403, 404, 405, 409, 421, 425, 500, 502, 504] {
            assert_eq!(html(status, Endpoint::VolumeCreate), Class::Unknown, "{status}");
            assert_eq!(html(status, Endpoint::Volume), Class::Unknown, "{status}");
        }
        assert_eq!(html(503, Endpoint::Volume), Class::Busy);
        assert_eq!(html(503, Endpoint::VolumeCreate), Class::Unknown, "the front end may have died with our write");
    }

    #[test]
    fn a_post_that_names_what_is_not_there_is_told_from_an_absent_object() {
        let fault = Fault::new(&json!("4"), "entry doesn't exist");
        let made = Error::answered(Endpoint::VolumeCreate, &reply(404, &[]), Some(&fault), false);
        assert_eq!((made.class(), made.text()), (Class::BadReference, "entry doesn't exist"));
        assert_eq!(Error::job(Endpoint::VolumeCreate, &fault).class(), Class::BadReference);
        assert_eq!(Error::job(Endpoint::VolumeChange, &fault).class(), Class::Absent);
    }

    #[test]
    fn an_array_that_asks_for_a_pause_gets_at_most_a_minute() {
        let fault = Fault::new(&json!("262160"), "too many requests");
        let asked = |seconds| {
            Error::answered(Endpoint::VolumeCreate, &reply(503, &[("retry-after", seconds)]), Some(&fault), false)
        };
        assert_eq!(asked("7").retry_after(), Some(Duration::from_secs(7)));
        assert_eq!(asked("86400").retry_after(), Some(LONGEST_RETRY_AFTER));
        assert_eq!((asked("7").class(), asked("7").not_begun()), (Class::Busy, true));
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
            error.message(),
            "ONTAP PATCH /storage/volumes/{uuid}: exists (HTTP 409, code 917526): the volume name is in use: Duplicate volume name \"a\""
        );
        assert!(said(400, "2", &"x".repeat(5000)).text().len() <= LONGEST);
    }

    #[test]
    fn codes_are_read_as_text_and_as_numbers() {
        let fault: Fault = serde_json::from_value(json!({"code": 4, "message": "gone"})).unwrap();
        assert_eq!(Error::job(Endpoint::VolumeDelete, &fault).class(), Class::Absent);
    }
}

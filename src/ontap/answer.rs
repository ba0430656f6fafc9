//! Reading what the array answered, strictly: a body is a result only if it says so.
//!
//! ONTAP's errors are told by the key `error`, whatever the status ("ONTAP REST reference"), and a list is only a list if it
//! has `records`. A write is done only by an answer that ONTAP gives to it: what stands before the array says 204 and `ok` too,
//! perhaps before the array has begun. How to get it wrong: defaults for what is missing, which turn a broken answer into "nothing there".

use manilad_clock::Uuid;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::endpoint::{Answers, Endpoint};
use crate::error::{Error, Fault};
use crate::transport::{Method, Reply};

/// What the answer to a write has, unless it is empty.
const KEYS_OF_A_WRITE: [&str; 5] = ["num_records", "records", "job", "jobs", "_links"];

/// A reply that is no error.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) reply: Reply,
}

/// One page of a list.
#[derive(Debug, Deserialize)]
pub(crate) struct Page<T> {
    pub(crate) records: Vec<T>,
    #[serde(default, rename = "_links")]
    pub(crate) links: Links,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Links {
    pub(crate) next: Option<Link>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Link {
    pub(crate) href: String,
}

/// A job that an answer names.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct JobRef {
    pub(crate) uuid: Uuid,
}

/// What a write left behind.
#[derive(Debug, Deserialize)]
pub(crate) struct Written<T> {
    #[serde(default = "Vec::new")]
    pub(crate) records: Vec<T>,
    pub(crate) job: Option<JobRef>,
    /// The header of the same name: the path of what was made.
    #[serde(skip)]
    pub(crate) location: Option<String>,
    /// `POST /api/storage/volumes/<uuid>`, of the job that made it.
    #[serde(skip)]
    pub(crate) described: Option<String>,
}

#[derive(Deserialize)]
struct Probe {
    error: Option<Fault>,
    job: Option<Value>,
    state: Option<Value>,
}

impl Answer {
    /// An answer, or the error that the reply is.
    pub(crate) fn judge(endpoint: Endpoint, reply: Reply) -> Result<Answer, Error> {
        let probe = serde_json::from_slice::<Probe>(&reply.body);
        match probe {
            // A failed job is told well: its error is the job's, not of the call that reads it.
            Ok(Probe { state: Some(_), .. }) if endpoint == Endpoint::Job && reply.status == 200 => {
                Ok(Answer { reply })
            }
            Ok(Probe { error: Some(fault), job, .. }) => {
                Err(Error::answered(endpoint, &reply, Some(&fault), job.is_some()))
            }
            _ if !(200..300).contains(&reply.status) => Err(Error::answered(endpoint, &reply, None, false)),
            Err(why) if !reply.body.is_empty() => {
                Err(Error::unknown(endpoint, &format!("the answer is no JSON: {why}")))
            }
            _ => Ok(Answer { reply }),
        }
    }

    /// The body as what it should be.
    pub(crate) fn parse<T: DeserializeOwned>(&self, endpoint: Endpoint) -> Result<T, Error> {
        let parsed = serde_json::from_slice(&self.reply.body);
        parsed.map_err(|why| Error::unknown(endpoint, &format!("the answer is not what was asked for: {why}")))
    }

    /// The body of a write, which may be empty.
    pub(crate) fn written<T: DeserializeOwned>(&self, endpoint: Endpoint) -> Result<Written<T>, Error> {
        let empty = self.reply.body.iter().all(u8::is_ascii_whitespace);
        if !self.is_ontaps_to(endpoint, empty) {
            let status = self.reply.status;
            let text = format!("HTTP {status}, but not with what ONTAP answers when it has carried out such a call");
            return Err(Error::unknown(endpoint, &text));
        }
        let written: Written<T> = if empty {
            Written { records: Vec::new(), job: None, location: None, described: None }
        } else {
            self.parse(endpoint)?
        };
        if self.reply.status == 202 && written.job.is_none() {
            return Err(Error::unknown(endpoint, "accepted, but the answer names no job"));
        }
        Ok(Written { location: self.reply.header("Location").map(str::to_owned), ..written })
    }
}

impl Answer {
    /// Whether it is an answer that ONTAP gives to such a call. An empty one is documented for calls that are done when they
    /// are answered.
    fn is_ontaps_to(&self, endpoint: Endpoint, empty: bool) -> bool {
        let row = endpoint.row();
        let status = self.reply.status;
        let is_plain = status == if row.method == Method::Post { 201 } else { 200 };
        if empty {
            return is_plain && row.answers == Answers::AtOnce;
        }
        match serde_json::from_slice(&self.reply.body) {
            Ok(Value::Object(body)) if body.is_empty() => is_plain,
            Ok(Value::Object(body)) => {
                matches!(status, 200..=202) && KEYS_OF_A_WRITE.iter().any(|key| body.contains_key(*key))
            }
            _ => false,
        }
    }
}

impl<T> Written<T> {
    /// The record that was made, if the array told it.
    pub(crate) fn record(&mut self) -> Option<T> {
        self.records.pop()
    }

    /// The key of what was made below `collection` (as `/api/storage/volumes/`), if the array told it. The address of an
    /// accepted call may be its job's, so only the right collection counts.
    pub(crate) fn key(&self, collection: &str) -> Option<&str> {
        let texts = [self.location.as_deref(), self.described.as_deref()];
        let words = texts.into_iter().flatten().flat_map(|text| text.split(['?', ' ']));
        words.filter_map(|word| word.strip_prefix(collection)).find(|key| !key.is_empty() && !key.contains('/'))
    }
}

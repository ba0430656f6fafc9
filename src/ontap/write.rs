//! Having the array change something, to the end of the job in which it does that.
//!
//! How to get it wrong: to take an answer that began a job for the end of it.

use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::answer::{Answer, Written};
use crate::client::{Call, Client};
use crate::endpoint::Answers;
use crate::error::Error;
use crate::job;
use crate::query::Query;
use crate::term::Term;

/// ONTAP refuses a longer `return_timeout` (code 262197). Seconds.
const LONGEST_RETURN: u64 = 120;
/// What is left of a deadline for the answer to travel after the array has stopped waiting for its job.
const TRAVEL: Duration = Duration::from_secs(5);
impl Client {
    /// Has a write carried out, job included. `T` is what `return_records` gives.
    pub(crate) async fn write<T: DeserializeOwned>(&self, call: Call) -> Result<Written<T>, Error> {
        let mut term = self.term(&call);
        let written = self.carry_out(call, &mut term).await;
        written.map_err(|error| error.sent_at(term.sent))
    }

    async fn carry_out<T: DeserializeOwned>(&self, call: Call, term: &mut Term) -> Result<Written<T>, Error> {
        let mut more = Query::new();
        if call.endpoint.row().answers == Answers::WithJob {
            let left = term.left(self.clock().running()).saturating_sub(TRAVEL);
            more = more.raw("return_timeout", &left.as_secs().min(LONGEST_RETURN).to_string());
        }
        let read = |answer: &Answer| Ok((answer.reply.status, answer.written::<T>(call.endpoint)?));
        let (status, written) = self.exchange(&call, call.path_and_query(more), term, read).await?;
        match &written.job {
            Some(job) if status == 202 => {
                let ended = job::end(self, call.endpoint, job.uuid, term).await?;
                Ok(Written { described: ended.description, ..written })
            }
            _ => Ok(written),
        }
    }
}

//! From a call to its answer: envelope, credentials, procedure, arguments, work, sync; the only place for each.
//!
//! Work is done on a blocking thread, a bounded number at a time. A call that panics is answered with `SYSTEM_ERR` and
//! takes nothing else along. How to get it wrong: answering before what is owed has reached the disk.

use std::sync::Arc;

use nfs3_types::{mount, nfs3};

use crate::call::Call;
use crate::metrics::Outcome;
use crate::procedure::{Fault, MOUNT, NFS, Procedure};
use crate::record;
use crate::refusal::Refusal;
use crate::rpc::{self, Caller, Head};
use crate::service::{Ends, Service};
use crate::xdr::Cursor;

/// A call whose envelope has been read.
pub(crate) struct Request {
    pub head: Head,
    pub record: Vec<u8>,
    arguments: usize,
}

impl Request {
    /// # Errors
    /// `None` if the record is no call: there is nobody to answer.
    pub fn parse(record: Vec<u8>) -> Option<Self> {
        let (head, arguments) = Head::parse(&record).ok()?;
        let arguments = record.len() - arguments.len();
        Some(Request { head, record, arguments })
    }

    pub fn procedure(&self) -> Option<&'static Procedure> {
        let rows: &'static [Procedure] = match (self.head.program, self.head.version) {
            (nfs3::PROGRAM, nfs3::VERSION) => &NFS,
            (mount::PROGRAM, mount::VERSION) => &MOUNT,
            _ => return None,
        };
        rows.get(self.head.procedure as usize)
    }
}

impl Service {
    /// Answers with a marked record.
    pub async fn answer(self: &Arc<Self>, ends: Ends, request: Request) -> Vec<u8> {
        let mut out = record::open();
        if let Some((procedure, caller)) = self.admit(&request, &mut out) {
            let xid = request.head.xid;
            match self.work(ends, request, procedure, caller, out).await {
                Ok(answer) => out = answer,
                Err(lost) => {
                    tracing::error!(procedure = procedure.name, %lost, "an NFS call failed");
                    self.counters.call(procedure.name, Outcome::Failed);
                    out = record::open();
                    rpc::accepted(&mut out, xid, rpc::SYSTEM_ERR);
                }
            }
        }
        record::close(out)
    }

    async fn work(
        self: &Arc<Self>,
        ends: Ends,
        request: Request,
        procedure: &'static Procedure,
        caller: Caller,
        mut out: Vec<u8>,
    ) -> Result<Vec<u8>, Lost> {
        let waiting = self.counters.waiting.hold();
        let slot = self.file_io.clone().acquire_owned().await.map_err(|_| Lost("the server has ended".into()))?;
        drop(waiting);
        let service = self.clone();
        let work = move || {
            let _working = (slot, service.counters.working.hold());
            let call = Call::new(&service, procedure.changes, ends.lif, ends.client, caller);
            perform(&call, procedure, &request, &mut out);
            out
        };
        tokio::task::spawn_blocking(work).await.map_err(|error| Lost(error.to_string()))
    }

    /// Judges the envelope. What is refused here, and a NULL call, is answered at once.
    fn admit(&self, request: &Request, out: &mut Vec<u8>) -> Option<(&'static Procedure, Caller)> {
        let head = &request.head;
        let procedure = request.procedure();
        let name = procedure.map_or("UNKNOWN", |procedure| procedure.name);
        let outcome = match (procedure, &head.caller) {
            _ if !head.speaks_rpc() => {
                rpc::foreign(out, head.xid);
                Outcome::Unknown
            }
            (None, _) => {
                refuse(head, out);
                Outcome::Unknown
            }
            // Asking whether anybody is there needs no credentials, except that a security context can't be had.
            (Some(_), _) if head.procedure == 0 && !head.gss => {
                rpc::accepted(out, head.xid, rpc::SUCCESS);
                Outcome::Status(0)
            }
            (Some(_), Err(auth_status)) => {
                rpc::unauthenticated(out, head.xid, *auth_status);
                Outcome::Unauthenticated
            }
            (Some(procedure), Ok(caller)) => return Some((procedure, caller.clone())),
        };
        self.counters.call(name, outcome);
        None
    }
}

/// Says which of program, version and procedure is not served.
fn refuse(head: &Head, out: &mut Vec<u8>) {
    let only = match head.program {
        nfs3::PROGRAM => nfs3::VERSION,
        mount::PROGRAM => mount::VERSION,
        _ => return rpc::accepted(out, head.xid, rpc::PROG_UNAVAIL),
    };
    if head.version == only {
        rpc::accepted(out, head.xid, rpc::PROC_UNAVAIL);
    } else {
        rpc::mismatched(out, head.xid, only);
    }
}

fn perform(call: &Call<'_>, procedure: &Procedure, request: &Request, out: &mut Vec<u8>) {
    let arguments = request.record.get(request.arguments..).unwrap_or_default();
    let envelope = out.len();
    rpc::accepted(out, request.head.xid, rpc::SUCCESS);
    let results = out.len();
    let done = Cursor::new(arguments)
        .walk(procedure.takes)
        .map_err(Fault::from)
        .and_then(|()| (procedure.run)(call, arguments, out))
        .and_then(|()| Ok(call.settle()?));
    let outcome = match done {
        Ok(()) => Outcome::Status(0),
        Err(Fault::Garbled) => {
            out.truncate(envelope);
            rpc::accepted(out, request.head.xid, rpc::GARBAGE_ARGS);
            Outcome::Garbled
        }
        Err(Fault::Refused(Refusal(status))) => {
            if matches!(status, nfs3::nfsstat3::NFS3ERR_IO | nfs3::nfsstat3::NFS3ERR_SERVERFAULT) {
                tracing::warn!(procedure = procedure.name, client = %call.client, lif = %call.lif, %status, "an NFS call failed");
            }
            out.truncate(results);
            rpc::words(out, &[status as u32]);
            out.resize(results + 4 + procedure.failure, 0);
            Outcome::Status(status as u32)
        }
    };
    call.service.counters.call(procedure.name, outcome);
}

/// A call that came to no end of its own.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Lost(String);

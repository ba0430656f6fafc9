//! What can go wrong when the server is set up, and what its client reports. What goes wrong in a call that the server
//! answers is an RPC or NFS status and goes over the wire.

use std::time::Duration;

use crate::Status;

/// Why a server could not be started, or a client did not get what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A limit lies outside what the protocol or the memory bound allows.
    #[error("limit `{limit}` is {value}, expected {least} to {most}")]
    Limit { limit: &'static str, value: u64, least: u64, most: u64 },
    /// The listener has no local address to know its LIF by.
    #[error("no local address of the listener: {0}")]
    Listener(#[source] std::io::Error),
    /// The connection to the server failed or was closed.
    #[error("the connection to the server failed: {0}")]
    Connection(#[from] std::io::Error),
    /// The server did not answer in time.
    #[error("the server did not answer within {0:?}")]
    Silent(Duration),
    /// The server answered with a status other than OK. MOUNT uses the same numbers as NFS.
    #[error("{procedure} was answered with {status}")]
    Status { procedure: &'static str, status: Status },
    /// The call was not accepted: `accept_stat` or, if `denied`, `reject_stat` of RFC 5531.
    #[error("{procedure} was not accepted: status {status}, denied: {denied}")]
    Rejected { procedure: &'static str, status: u32, denied: bool },
    /// The answer is not what the protocol says.
    #[error("the answer to {procedure} can't be decoded")]
    Garbled { procedure: &'static str },
}

impl Error {
    /// The NFS or MOUNT status, if the server answered with one.
    pub fn status(&self) -> Option<Status> {
        match self {
            Error::Status { status, .. } => Some(*status),
            _ => None,
        }
    }
}

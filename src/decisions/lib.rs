//! What may happen: every change of the store, as a pure function on its newest state.
//!
//! The store's writer runs a decision, whoever asks for it: a request, the scheduler, a back end, housekeeping. It reads and
//! writes records through a [`Draft`](manilad_store::Draft), and says who is to look at the store now. How to get it wrong:
//! to decide by what was read before the decision ran; everything it rests on is read again.

use manilad_domain::Fault;

pub mod access;
mod encryption_key;
pub mod ensuring;
pub mod epoch;
pub mod in_flight;
pub mod instance;
pub mod judged_room;
pub mod message;
pub mod placement;
pub mod promised_capacity;
pub mod qos_type;
pub mod quota;
pub mod resource_lock;
pub mod security_service;
pub mod service;
pub mod settle;
pub mod share;
pub mod share_network;
pub mod share_server;
pub mod share_transfer;
pub mod share_type;
pub mod snapshot;
pub mod subnet;
pub mod sweep;

#[cfg(any(test, feature = "lab"))]
pub mod picture;
#[cfg(test)]
mod promises;

pub use settle::Settling;
pub use share_server::Rules;

/// Who is to look at the store once a decision is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owed {
    Scheduler,
    /// A back end, by the name of its service, `host@backend`.
    Backend(String),
}

/// What a decision for a request comes to: its answer, and whom it concerns; or why it changes nothing.
pub type Decided<T> = Result<(T, Vec<Owed>), Fault>;

//! Everything that crosses a mailbox: plain data, one file per actor that receives it.
//!
//! Work itself never travels in a message: it lies in the store as an intent, and a message only says "look". So a
//! lost message costs latency and nothing else. The exceptions are questions, whose asker waits for the answer.

pub mod api;
pub mod network;
pub mod presence;
pub mod scheduler;

use actix::Message;
pub use scheduler::SchedulerPorts;

/// A nudge: there may be work; look at the store now. Sent to the scheduler, to back ends and to the keeper.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Look;

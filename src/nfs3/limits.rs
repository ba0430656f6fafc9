//! How much the server takes on. Everything a client can make it hold is bounded here.
//!
//! The most memory that requests and replies of one LIF can hold is `connections * in_flight * (transfer + 4 KiB)`; a
//! length that is only claimed sets aside 64 KiB at most.

use std::time::Duration;

use crate::Error;

/// Room in a record beside the data of a READ or WRITE: RPC header, credentials, handle and attributes.
pub(crate) const HEADER: usize = 4096;

const DAY: usize = 86_400;

/// Bounds of the server. The defaults suit one simulated array on a laptop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections per LIF; more are closed at once and counted. 1 to 65,536.
    pub connections: usize,
    /// Requests under way per connection; beyond it the server stops reading from it. 1 to 1,024.
    pub in_flight: usize,
    /// Bytes of one READ or WRITE. 4 KiB to 1 MiB; 64 KiB is what an array says by default.
    pub transfer: usize,
    /// Requests of all connections that do file I/O at the same time, each on a blocking thread. 1 to 256.
    pub file_io: usize,
    /// How long a connection may say nothing. A second to a day. Linux clients leave after five minutes of silence by themselves.
    pub idle: Duration,
    /// How long one record may take to arrive, one reply to be taken, or a closing connection to end. A second to a day.
    pub patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 256,
            in_flight: 32,
            transfer: 64 << 10,
            file_io: 16,
            idle: Duration::from_secs(360),
            patience: Duration::from_secs(30),
        }
    }
}

impl Limits {
    /// Longest record that is read, in bytes.
    pub(crate) fn record(&self) -> usize {
        self.transfer + HEADER
    }

    pub(crate) fn checked(self) -> Result<Self, Error> {
        let bounds = [
            ("connections", self.connections, 1, 65_536),
            ("in_flight", self.in_flight, 1, 1024),
            ("transfer", self.transfer, 4096, 1 << 20),
            ("file_io", self.file_io, 1, 256),
            ("idle (seconds)", self.idle.as_secs() as usize, 1, DAY),
            ("patience (seconds)", self.patience.as_secs() as usize, 1, DAY),
        ];
        for (limit, value, least, most) in bounds {
            if !(least..=most).contains(&value) {
                return Err(Error::Limit { limit, value: value as u64, least: least as u64, most: most as u64 });
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_outside_its_bounds_is_refused_by_name() {
        let refusal = Limits { transfer: 2 << 20, ..Limits::default() }.checked().unwrap_err();
        assert_eq!(refusal.to_string(), "limit `transfer` is 2097152, expected 4096 to 1048576");
        assert!(Limits::default().checked().is_ok());
    }
}

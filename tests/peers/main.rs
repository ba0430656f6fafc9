//! Our readers of foreign languages against the real ones.
//!
//! Each peer is the upstream implementation in a Python environment of its own; `./check` makes these and tells where
//! they are through `MANILAD_PEERS`. How to get it wrong: to skip quietly where a peer is missing, which would prove
//! nothing and look like a proof.

#[cfg(test)]
mod config;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod policy;

//! Foreign, unmodified clients and services against what we serve, and our readers of foreign languages against the
//! real ones.
//!
//! Each peer is the upstream implementation in a Python environment of its own; `./check` makes these and tells where
//! they are through `MANILAD_PEERS`. How to get it wrong: to skip quietly where a peer is missing, which would prove
//! nothing and look like a proof; or to help a client along by anything but what its users can set.

#![cfg(test)]

mod array;
mod authority;
mod barbican;
mod clients;
mod config;
mod keystone;
mod library;
mod networks;
mod neutron;
mod nfs;
mod openapi;
mod oracle;
mod pages;
mod peer;
mod policy;
mod reference;
mod servers;
#[path = "../all/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "made for the tests of the whole, which need more of it")]
mod support;
mod tls;
